//! The views: one plain struct per page with exactly what its template shows. Handlers fill them from the outcomes
//! of journeys; nothing here decides anything.

pub mod card;
pub mod interaction;
pub mod list;
pub mod problem;
pub mod sign;
pub mod start;
pub mod verify;
