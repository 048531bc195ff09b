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

/// A time-stamp as far as the level cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Its imprint and its signature hold, and its unit chains to a pinned root: anybody can make one that merely holds
    /// together. Whether the unit's status is known is a matter of the higher levels' material.
    pub(super) whole: bool,
    /// The newest revision whose material its unit's path needs; none while some is missing.
    pub(super) material: Option<usize>,
}

/// What the file shows of one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The signature is intact and has the form of the baseline.
    pub(super) baseline: bool,
    /// The revision that it covers.
    pub(super) revision: usize,
    /// The time-stamps inside it.
    pub(super) own_stamps: Vec<Stamp>,
    /// Document time-stamps over it, with their revisions, oldest first.
    pub(super) covering: Vec<(usize, Stamp)>,
    /// The newest revision whose material the signer's path needs; none while some is missing.
    pub(super) signer_material: Option<usize>,
}

/// The level that `evidence` shows; none below B-B.
///
/// Source: EN 319 142-1 §6.3. B-LT asks for the material of the time-stamp that shows the time too, and B-LTA for a
/// document time-stamp after all of that material.
pub(super) fn shown(evidence: &Evidence) -> Option<Level> {
    if !evidence.baseline {
        return None;
    }
    let own: Vec<&Stamp> = evidence.own_stamps.iter().filter(|stamp| stamp.whole).collect();
    let covering: Vec<&(usize, Stamp)> = evidence
        .covering
        .iter()
        .filter(|(_, stamp)| stamp.whole)
        .collect();
    if own.is_empty() && covering.is_empty() {
        return Some(Level::B);
    }
    // The best of what shows the time: its own time-stamp, or else the first over it.
    let time_material = own
        .iter()
        .map(|stamp| stamp.material)
        .chain(covering.iter().map(|(_, stamp)| stamp.material))
        .flatten()
        .min();
    let (Some(signer), Some(time)) = (evidence.signer_material, time_material) else {
        return Some(Level::T);
    };
    let needed = signer.max(time).max(evidence.revision);
    if covering.iter().any(|(revision, _)| *revision > needed) {
        Some(Level::Lta)
    } else {
        Some(Level::Lt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_what_the_file_shows() {
        let whole = |material| Stamp {
            whole: true,
            material,
        };
        let broken = Stamp {
            whole: false,
            material: Some(0),
        };
        let full = Evidence {
            baseline: true,
            revision: 1,
            own_stamps: vec![whole(Some(2))],
            covering: vec![(3, whole(Some(4)))],
            signer_material: Some(2),
        };
        let with = |change: &dyn Fn(&mut Evidence)| {
            let mut evidence = full.clone();
            change(&mut evidence);
            shown(&evidence)
        };
        assert_eq!(shown(&full), Some(Level::Lta));
        assert_eq!(with(&|e| e.baseline = false), None);
        assert_eq!(with(&|e| e.covering.clear()), Some(Level::Lt));
        assert_eq!(with(&|e| e.covering = vec![(3, broken)]), Some(Level::Lt));
        assert_eq!(with(&|e| e.signer_material = None), Some(Level::T));
        assert_eq!(with(&|e| e.signer_material = Some(3)), Some(Level::Lt));
        assert_eq!(
            with(&|e| (e.own_stamps, e.covering) = (vec![whole(None)], vec![])),
            Some(Level::T)
        );
        assert_eq!(
            with(&|e| (e.own_stamps, e.covering) = (vec![broken], vec![])),
            Some(Level::B)
        );
        assert_eq!(
            with(&|e| (e.own_stamps, e.covering) = (vec![], vec![])),
            Some(Level::B)
        );
        // A document time-stamp alone shows the time; a second one over its material gives B-LTA.
        assert_eq!(with(&|e| e.own_stamps.clear()), Some(Level::Lt));
        assert_eq!(
            with(&|e| {
                e.own_stamps.clear();
                e.covering.push((5, whole(None)));
            }),
            Some(Level::Lta)
        );
    }

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
