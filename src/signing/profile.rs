//! When the signatures of a document that several persons sign are raised to the level that it must show.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ades::level::Level;

/// When the signatures of a document are raised to B-LTA. Whichever it is, nothing below B-LTA is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Each signature is brought to B-T when it is made, and the whole file to B-LTA once, after the last: three
    /// revisions for all, where [`Self::LtaEach`] writes three for each (reference ades-signing §2.6).
    LtaAtEnd,
    /// Each signature is brought to B-LTA when it is made.
    #[default]
    LtaEach,
}

/// A word that names no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `lta_at_end` or `lta_each`")]
pub struct UnknownProfile;

impl Profile {
    /// The word for storage and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LtaAtEnd => "lta_at_end",
            Self::LtaEach => "lta_each",
        }
    }

    /// What each of `signatures` is brought to when it is made, in a document that must show `level`. Where one
    /// person signs, the end is there at once.
    pub fn level_of_each(self, level: Level, signatures: usize) -> Level {
        match self {
            Self::LtaAtEnd if signatures > 1 => level.min(Level::T),
            Self::LtaAtEnd | Self::LtaEach => level,
        }
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::LtaAtEnd, Self::LtaEach]
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(UnknownProfile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_signer_is_the_end_at_once_and_no_level_is_raised_by_a_profile() {
        for (profile, level, signatures, each) in [
            (Profile::LtaAtEnd, Level::Lta, 1, Level::Lta),
            (Profile::LtaAtEnd, Level::Lta, 2, Level::T),
            (Profile::LtaAtEnd, Level::B, 2, Level::B),
            (Profile::LtaEach, Level::Lta, 2, Level::Lta),
        ] {
            assert_eq!(
                profile.level_of_each(level, signatures),
                each,
                "{profile:?}, {signatures}"
            );
        }
    }
}
