//! The baseline levels. What level a file has is read from the file, never remembered from the order.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::digest::Sha256Digest;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Whether it counts. For the level that the file shows: its imprint and its signature hold. For the level that is
    /// proven its unit must chain to a pinned root too, for anybody can make one that merely holds together; whether the
    /// unit's status is known is a matter of the higher levels' material.
    pub(super) whole: bool,
    /// The certificates and evidence for its unit; none while some did not come along.
    pub(super) needs: Option<BTreeSet<Sha256Digest>>,
}

/// What is there of one signature, whatever its format.
pub(super) struct Evidence<'a> {
    /// The signature is intact and has the form of the baseline.
    pub(super) baseline: bool,
    /// The time-stamps inside it.
    pub(super) own_stamps: Vec<Stamp>,
    /// Archive or document time-stamps over it, oldest first, each telling which objects it covers.
    pub(super) covering: Vec<(Stamp, Covers<'a>)>,
    /// The certificates and evidence for the signer; none while some did not come along.
    pub(super) signer_needs: Option<BTreeSet<Sha256Digest>>,
}

/// Tells whether a time-stamp covers the object with this digest.
pub(super) type Covers<'a> = Box<dyn Fn(&Sha256Digest) -> bool + 'a>;

/// The level that `evidence` shows; none below B-B.
///
/// Source: EN 319 142-1 §6.3, EN 319 122-1 §6.3, EN 319 132-1 §6.3. B-LT asks for the material of the time-stamp that
/// shows the time too, and B-LTA for an archive time-stamp after all of that material.
pub(super) fn shown(evidence: &Evidence<'_>) -> Option<Level> {
    if !evidence.baseline {
        return None;
    }
    let covering = evidence.covering.iter().filter(|(stamp, _)| stamp.whole);
    let own = evidence.own_stamps.iter().filter(|stamp| stamp.whole);
    // Whatever shows the time: its own time-stamp, or one over it.
    let times: Vec<&Stamp> = own.chain(covering.clone().map(|(stamp, _)| stamp)).collect();
    if times.is_empty() {
        return Some(Level::B);
    }
    let Some(signer) = &evidence.signer_needs else {
        return Some(Level::T);
    };
    let complete: Vec<&BTreeSet<Sha256Digest>> = times
        .into_iter()
        .filter_map(|stamp| stamp.needs.as_ref())
        .collect();
    if complete.is_empty() {
        return Some(Level::T);
    }
    let archived = covering.clone().any(|(_, covers)| {
        signer.iter().all(covers)
            && complete
                .iter()
                .any(|needs| !needs.is_empty() && needs.iter().all(covers))
    });
    Some(if archived { Level::Lta } else { Level::Lt })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Sha256Digest {
        Sha256Digest::of(text.as_bytes())
    }

    fn set(texts: &[&str]) -> Option<BTreeSet<Sha256Digest>> {
        Some(texts.iter().map(|text| id(text)).collect())
    }

    fn whole(needs: Option<BTreeSet<Sha256Digest>>) -> Stamp {
        Stamp { whole: true, needs }
    }

    fn over(needs: Option<BTreeSet<Sha256Digest>>, texts: &[&str]) -> (Stamp, Covers<'static>) {
        let covered = set(texts).unwrap();
        (whole(needs), Box::new(move |id| covered.contains(id)))
    }

    fn full() -> Evidence<'static> {
        Evidence {
            baseline: true,
            own_stamps: vec![whole(set(&["unit"]))],
            covering: vec![over(set(&["archive unit"]), &["signer", "unit"])],
            signer_needs: set(&["signer"]),
        }
    }

    #[test]
    fn the_level_is_what_is_there() {
        let with = |change: &dyn Fn(&mut Evidence<'static>)| {
            let mut evidence = full();
            change(&mut evidence);
            shown(&evidence)
        };
        assert_eq!(shown(&full()), Some(Level::Lta));
        assert_eq!(with(&|e| e.baseline = false), None);
        assert_eq!(with(&|e| e.covering.clear()), Some(Level::Lt));
        assert_eq!(with(&|e| e.covering[0].0.whole = false), Some(Level::Lt));
        assert_eq!(with(&|e| e.signer_needs = None), Some(Level::T));
        assert_eq!(
            with(&|e| e.signer_needs = set(&["signer", "another"])),
            Some(Level::Lt)
        );
        assert_eq!(
            with(&|e| (e.own_stamps, e.covering) = (vec![whole(None)], vec![])),
            Some(Level::T)
        );
        assert_eq!(
            with(&|e| (e.own_stamps[0].whole, e.covering) = (false, vec![])),
            Some(Level::B)
        );
        assert_eq!(
            with(&|e| (e.own_stamps, e.covering) = (vec![], vec![])),
            Some(Level::B)
        );
        // An archive time-stamp alone shows the time; a second one over its material gives B-LTA.
        assert_eq!(with(&|e| e.own_stamps.clear()), Some(Level::Lt));
        assert_eq!(
            with(&|e| {
                e.own_stamps.clear();
                e.covering.push(over(None, &["signer", "archive unit"]));
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
