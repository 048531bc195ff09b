//! Object identifiers.

use std::fmt;
use std::str::FromStr;

/// An object identifier, kept as its DER content octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Vec<u8>);

/// The text or bytes are no object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed object identifier")]
pub struct OidError;

impl Oid {
    /// Longest content accepted, in octets; real ones stay far below.
    pub const MAX_OCTETS: usize = 128;

    /// The identifier with the content octets `content` (without tag and length).
    ///
    /// # Errors
    /// When empty, too long, cut in the middle of an arc, or an arc is padded (X.690 §8.19.2).
    pub fn from_content(content: &[u8]) -> Result<Self, OidError> {
        let ends = content.last().is_some_and(|last| last & 0x80 == 0);
        let mut starts_arc = true;
        for byte in content {
            if starts_arc && *byte == 0x80 {
                return Err(OidError);
            }
            starts_arc = byte & 0x80 == 0;
        }
        if !ends || content.len() > Self::MAX_OCTETS {
            return Err(OidError);
        }
        Ok(Self(content.to_vec()))
    }

    /// The content octets, without tag and length.
    pub fn content(&self) -> &[u8] {
        &self.0
    }

    /// The identifier with these arcs; two at least. Arcs may be as large as 128 bits (the 2.25 arc needs it).
    ///
    /// # Errors
    /// With fewer than two arcs, a first arc above 2, or a second above 39 under 0 or 1.
    pub fn from_arcs(arcs: &[u128]) -> Result<Self, OidError> {
        let [first, second, rest @ ..] = arcs else {
            return Err(OidError);
        };
        if *first > 2 || (*first < 2 && *second > 39) {
            return Err(OidError);
        }
        let mut content = Vec::new();
        push_arc(
            &mut content,
            first
                .checked_mul(40)
                .and_then(|base| base.checked_add(*second))
                .ok_or(OidError)?,
        );
        for arc in rest {
            push_arc(&mut content, *arc);
        }
        Ok(Self(content))
    }
}

fn push_arc(content: &mut Vec<u8>, arc: u128) {
    let mut groups = [0_u8; 19];
    let mut rest = arc;
    let mut used = 0_usize;
    for slot in groups.iter_mut().rev() {
        *slot = u8::try_from(rest & 0x7F).unwrap_or(0) | 0x80;
        used = used.saturating_add(1);
        rest >>= 7;
        if rest == 0 {
            break;
        }
    }
    if let Some(last) = groups.last_mut() {
        *last &= 0x7F;
    }
    content.extend_from_slice(
        groups
            .get(groups.len().saturating_sub(used)..)
            .unwrap_or_default(),
    );
}

impl FromStr for Oid {
    type Err = OidError;
    fn from_str(text: &str) -> Result<Self, OidError> {
        let arcs: Result<Vec<u128>, _> = text
            .split('.')
            .map(|arc| {
                let plain = !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
                if plain {
                    arc.parse().map_err(|_| OidError)
                } else {
                    Err(OidError)
                }
            })
            .collect();
        Self::from_arcs(&arcs?)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arc: u128 = 0;
        let mut first = true;
        for byte in &self.0 {
            // INVARIANT: arcs past 128 bits are shown truncated; they are compared by their octets, never by this text.
            arc = arc.wrapping_shl(7) | u128::from(byte & 0x7F);
            if byte & 0x80 != 0 {
                continue;
            }
            if first {
                let root = (arc / 40).min(2);
                write!(f, "{root}.{}", arc.saturating_sub(root.saturating_mul(40)))?;
                first = false;
            } else {
                write!(f, ".{arc}")?;
            }
            arc = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_octets_agree() {
        for (text, octets) in [
            ("2.5.4.5", "550405"),
            ("1.2.840.113549.1.9.16.2.47", "2a864886f70d010910022f"),
            ("2.16.56.12.1.1.2.2", "60380c01010202"),
            ("2.999", "8837"),
            (
                "2.25.329800735698586629295641978511506172918",
                "6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776",
            ),
        ] {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(hex::encode(oid.content()), octets, "{text}");
            assert_eq!(oid.to_string(), text);
            assert_eq!(Oid::from_content(oid.content()), Ok(oid));
        }
    }

    #[test]
    fn malformed_ones_are_refused() {
        for text in [
            "",
            "1",
            "3.1",
            "1.40",
            "1..2",
            "1.2.x",
            "1.+2",
            "2.25.340282366920938463463374607431768211456",
        ] {
            assert!(text.parse::<Oid>().is_err(), "{text}");
        }
        for octets in [&[][..], &[0x80], &[0x55, 0x80, 0x01], &[0x55, 0x84], &[0x01; 129]] {
            assert!(Oid::from_content(octets).is_err());
        }
    }
}
