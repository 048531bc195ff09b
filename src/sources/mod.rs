//! Foreign data about offices and organisations, turned into facts with their provenance.
//!
//! Never drops a record in silence: what is not taken stands in the report with its rule, its line or subject, and
//! why. Never keeps a national number. Never waits and never stores. Start from [`turtle::read`] or
//! [`upload::read`]; [`reconcile::reconcile`] then tells what is new.

pub mod literal;
pub mod municipality_codes;
pub mod quality;
pub mod reconcile;
pub mod report;
mod table;
pub mod turtle;
pub mod upload;
mod vocabulary;
pub mod world;

pub use report::{Finding, Report, Rule, Severity};

use crate::mandates::{NewFact, PersonKey};

/// What reading one file gave.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The statements taken.
    pub facts: Vec<NewFact>,
    /// Everything noticed, and every record not taken.
    pub report: Report,
}

impl Reading {
    /// The same with every name of a person put through `rename`.
    #[must_use]
    pub fn with_persons(mut self, rename: &dyn Fn(&PersonKey) -> PersonKey) -> Self {
        use crate::mandates::facts::Content;
        for fact in &mut self.facts {
            match &mut fact.content {
                Content::Holding(holding) => holding.person = rename(&holding.person),
                Content::Death { person }
                | Content::Employment { person, .. }
                | Content::PersonName { person, .. } => *person = rename(person),
                Content::Grant(grant) => {
                    grant.grantor = rename(&grant.grantor);
                    grant.grantee = rename(&grant.grantee);
                }
                _ => {}
            }
        }
        self
    }
}
