//! Levels of assurance, ordered.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How sure zegel is of who logged in. Ordered: a later variant satisfies every earlier one.
///
/// The three words are those of Implementing Regulation (EU) 2015/1502, article 8 of Regulation (EU) 910/2014.
/// Legally a level belongs to a notified scheme, so zegel asserts its own URIs and leaves translation to a
/// setting of each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AssuranceLevel {
    /// One factor.
    Low,
    /// Two factors of different kinds.
    Substantial,
    /// Two factors, protected against copying: the card and its PIN, with revocation checked.
    High,
}

/// The text names no level of assurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown level of assurance")]
pub struct UnknownLevel;

impl AssuranceLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Substantial, Self::High];

    /// The URI by which zegel asserts this level (`acr`).
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Low => "urn:zegel:assurance:low",
            Self::Substantial => "urn:zegel:assurance:substantial",
            Self::High => "urn:zegel:assurance:high",
        }
    }
}

impl fmt::Display for AssuranceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri())
    }
}

impl FromStr for AssuranceLevel {
    type Err = UnknownLevel;
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::ALL
            .into_iter()
            .find(|level| level.uri() == text)
            .ok_or(UnknownLevel)
    }
}

impl TryFrom<String> for AssuranceLevel {
    type Error = UnknownLevel;
    fn try_from(value: String) -> Result<Self, UnknownLevel> {
        value.parse()
    }
}

impl From<AssuranceLevel> for String {
    fn from(value: AssuranceLevel) -> Self {
        value.uri().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(
            AssuranceLevel::Low < AssuranceLevel::Substantial
                && AssuranceLevel::Substantial < AssuranceLevel::High
        );
        for level in AssuranceLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("high".parse::<AssuranceLevel>(), Err(UnknownLevel));
    }
}
