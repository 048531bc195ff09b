//! The names by which things and persons are known in the facts.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::identity::PersonId;

/// Longest name taken, in bytes.
pub const MAX_BYTES: usize = 500;

/// The text cannot be a name: empty, over [`MAX_BYTES`], or with blanks or control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of 1 to 500 bytes without blanks")]
pub struct KeyError;

fn checked(text: &str) -> Result<Arc<str>, KeyError> {
    let fits = !text.is_empty() && text.len() <= MAX_BYTES;
    if fits && !text.chars().any(|sign| sign.is_whitespace() || sign.is_control()) {
        Ok(Arc::from(text))
    } else {
        Err(KeyError)
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = KeyError;
            fn from_str(text: &str) -> Result<Self, KeyError> {
                checked(text).map(Self)
            }
        }
        impl TryFrom<String> for $name {
            type Error = KeyError;
            fn try_from(text: String) -> Result<Self, KeyError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0.as_ref().to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

keys! {
    /// The name of an organisation, body, term, post, holding or grant: the source's URI, taken as opaque.
    Key,
    /// The name of a natural person in the facts: a source's URI, or the board's own id `per_…`.
    ///
    /// Two names may mean one person; a link fact says so and the snapshot follows it. Never a national number.
    PersonKey,
}

impl PersonKey {
    /// The board's own id when this name is one.
    pub fn id(&self) -> Option<PersonId> {
        self.0.parse().ok()
    }
}

impl Key {
    /// The name of a thing made here: `urn:zegel:grant:fct_…`. `what`: a word without blanks.
    pub fn own<K: crate::base::id::Kind>(what: &'static str, id: crate::base::id::Id<K>) -> Self {
        Self(Arc::from(format!("urn:zegel:{what}:{id}")))
    }
}

impl From<&PersonKey> for Key {
    /// The person as a thing that facts may be about.
    fn from(person: &PersonKey) -> Self {
        Self(person.0.clone())
    }
}

impl From<PersonId> for PersonKey {
    fn from(person: PersonId) -> Self {
        Self(Arc::from(person.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_opaque_but_bounded() {
        for good in ["http://zegelgem.example/id/m1", "5ab0e9b8", "urn:x:é"] {
            assert_eq!(good.parse::<Key>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\nb", "\u{7f}", &"x".repeat(501)] {
            assert!(bad.parse::<Key>().is_err());
        }
    }

    #[test]
    fn an_own_id_reads_back_from_a_person_key() {
        let id = PersonId::from_u128(7);
        assert_eq!(PersonKey::from(id).id(), Some(id));
        assert_eq!(
            "http://zegelgem.example/id/an".parse::<PersonKey>().unwrap().id(),
            None
        );
    }
}
