//! The house that promises about log-in and about signing share: boards, applications, cards, a browser.

pub(crate) mod cards;
pub(crate) mod visitor;
pub(crate) mod world;
