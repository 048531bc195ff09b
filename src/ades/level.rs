//! The baseline levels. What level a file has is read from the file, never remembered from the order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A baseline level of EN 319 142-1 §6, lowest first, so that levels compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// B-B: the signature with its signed attributes.
    B,
    /// B-T: and a time-stamp that shows when it existed.
    T,
    /// B-LT: and every certificate and revocation answer that a validator needs.
    Lt,
    /// B-LTA: and a document time-stamp over all of that.
    Lta,
}

impl Level {
    /// The name as the standard writes it, `B-LTA`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::B => "B-B",
            Self::T => "B-T",
            Self::Lt => "B-LT",
            Self::Lta => "B-LTA",
        }
    }

    /// Whether the signature needs a time-stamp of its own.
    pub const fn needs_time_stamp(self) -> bool {
        !matches!(self, Self::B)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no baseline level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of b, t, lt, lta")]
pub struct LevelError;

impl FromStr for Level {
    type Err = LevelError;

    /// Reads `b`, `t`, `lt`, `lta` or the standard's `B-LTA`, either case.
    fn from_str(text: &str) -> Result<Self, LevelError> {
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix("b-").unwrap_or(&lower) {
            "b" => Ok(Self::B),
            "lt" => Ok(Self::Lt),
            "lta" => Ok(Self::Lta),
            "t" => Ok(Self::T),
            _ => Err(LevelError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_and_compare_as_the_standard_orders_them() {
        for (text, level) in [
            ("b", Level::B),
            ("B-T", Level::T),
            ("LT", Level::Lt),
            ("lta", Level::Lta),
        ] {
            assert_eq!(text.parse(), Ok(level), "{text}");
            assert_eq!(level.name().parse(), Ok(level));
        }
        assert_eq!("ltx".parse::<Level>(), Err(LevelError));
        assert!(Level::B < Level::T && Level::T < Level::Lt && Level::Lt < Level::Lta);
    }
}
