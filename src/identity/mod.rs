//! Who a person is: means, level of assurance, and the result every way to log in ends in.
//!
//! Never decides what a person may do, and never shows a national number. Start from [`LoginResult`].

pub mod card_data;
mod level;
mod means;
mod person;
mod result;

pub use level::AssuranceLevel;
pub use means::{Channel, Means};
pub use person::Person;
pub use result::{Evidence, LoginResult, StatusSource};

use crate::base::id::Id;

crate::id_kinds! {
    /// A board: a municipality, an OCMW, any legal person that has its own tenant here.
    pub BoardKind = "brd",
    /// A person as one board knows them.
    pub PersonKind = "per",
}

/// The id of a board.
pub type BoardId = Id<BoardKind>;

/// The id of a person within one board.
pub type PersonId = Id<PersonKind>;
