//! What a person may do: facts on two time axes, rules as data, evaluation, signing plans, proofs.
//!
//! Never treats missing knowledge as permission, never edits a fact (a correction is a new one), and never says
//! that an act is valid or void: it is a check of authority, not a legal opinion. Never reads a clock.
//! Start from [`register::Register`], which gives a [`snapshot::Snapshot`]; ask that one [`snapshot::Snapshot::may`],
//! [`snapshot::Snapshot::plan`] or [`snapshot::Snapshot::capacities`].

pub mod capacity;
pub mod codes;
mod delegation;
mod evaluate;
pub mod explain;
pub mod facts;
pub mod identifiers;
pub mod impact;
pub mod key;
pub mod mention;
pub mod plan;
mod posts;
pub mod proof;
pub mod register;
pub mod rules;
pub mod snapshot;
mod standing;
pub mod validity;
pub mod verdict;

pub use capacity::Capacity;
pub use facts::{Fact, FactId, NewFact};
pub use key::{Key, PersonKey};
pub use plan::{DocumentKind, Object, Signed, SigningPlan};
pub use register::Register;
pub use snapshot::Snapshot;
pub use verdict::{Action, Outcome, Question, Verdict};

crate::id_kinds! {
    /// One recorded statement: a post, a holding, an absence, a grant.
    pub FactKind = "fct",
    /// One run of an import.
    pub ImportKind = "imp",
}
