//! Ids: 128 bits of time and randomness, written as a kind prefix and 26 characters.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use super::random::Random;
use super::time::Timestamp;

/// What an id names; the prefix keeps ids of different things apart in logs, URLs and types.
pub trait Kind {
    /// Short lower-case prefix without the underscore, as `sig`.
    const PREFIX: &'static str;
}

/// Declares marker types for ids: `id_kinds! { /// doc  pub Board = "brd", … }`.
#[macro_export]
macro_rules! id_kinds {
    ($($(#[$doc:meta])* $visibility:vis $name:ident = $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name {}
        impl $crate::base::id::Kind for $name {
            const PREFIX: &'static str = $prefix;
        }
    )*};
}

/// The id of a `K`: 48 bits of milliseconds since 1970 and 80 random bits, so ids sort by creation time.
///
/// Text: prefix, `_`, 26 characters of Crockford's base 32 in lower case.
pub struct Id<K> {
    value: u128,
    kind: PhantomData<fn() -> K>,
}

/// The text is not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins `{0}_`")]
pub struct IdError(pub &'static str);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<K: Kind> Id<K> {
    /// A new id made at `now`.
    pub fn new(now: Timestamp, random: &dyn Random) -> Self {
        let millis = u64::try_from(now.as_micros().div_euclid(1000)).unwrap_or(0) & 0xFFFF_FFFF_FFFF;
        let mut bytes = [0_u8; 16];
        random.fill(&mut bytes);
        let noise = u128::from_be_bytes(bytes) & ((1_u128 << 80) - 1);
        Self::from_u128((u128::from(millis) << 80) | noise)
    }

    /// The id whose 128 bits are `value`.
    pub const fn from_u128(value: u128) -> Self {
        Self {
            value,
            kind: PhantomData,
        }
    }

    /// The 128 bits.
    pub const fn as_u128(self) -> u128 {
        self.value
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; 26];
        let mut rest = self.value;
        for slot in text.iter_mut().rev() {
            let index = usize::try_from(rest & 31).unwrap_or(0);
            *slot = ALPHABET.get(index).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        write!(f, "{}_{}", K::PREFIX, String::from_utf8_lossy(&text))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = IdError(K::PREFIX);
        let rest = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(wrong)?;
        if rest.len() != 26 {
            return Err(wrong);
        }
        let mut value = 0_u128;
        for byte in rest.bytes() {
            let digit = ALPHABET.iter().position(|known| *known == byte).ok_or(wrong)?;
            let digit = u128::try_from(digit).map_err(|_| wrong)?;
            value = value
                .checked_mul(32)
                .and_then(|value| value.checked_add(digit))
                .ok_or(wrong)?;
        }
        Ok(Self::from_u128(value))
    }
}

impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    id_kinds! {
        /// Test kind.
        Seal = "sea",
        /// Another.
        Other = "oth",
    }

    #[test]
    fn ids_read_back_and_do_not_mix() {
        let id = Id::<Seal>::new("2026-03-03T09:00:00Z".parse().unwrap(), &SeededRandom::new(1));
        let text = id.to_string();
        assert_eq!(text.len(), 3 + 1 + 26);
        assert_eq!(text.parse::<Id<Seal>>(), Ok(id));
        assert!(text.parse::<Id<Other>>().is_err());
        for bad in [
            "",
            "sea_",
            "sea_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "sea_0123456789012345678901234U",
        ] {
            assert!(bad.parse::<Id<Seal>>().is_err(), "{bad}");
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let random = SeededRandom::new(2);
        let early = Id::<Seal>::new("2026-03-03T09:00:00Z".parse().unwrap(), &random);
        let late = Id::<Seal>::new("2026-03-03T09:00:00.002Z".parse().unwrap(), &random);
        assert!(early < late && early.to_string() < late.to_string());
    }
}
