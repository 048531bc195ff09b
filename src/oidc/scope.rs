//! Scopes: what a client may ask to know or to do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A scope zegel knows. Unknown ones in a request are ignored (RFC 6749 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// In which capacity the person acts: the claim `zegel_capacity`.
    Capacity,
    /// An ID token.
    Openid,
    /// Names.
    Profile,
    /// The national number, for a client with a recorded legal basis alone.
    Rrn,
    /// The signing interface, for the client itself (client credentials) and never for a person's login.
    Signing,
}

impl Scope {
    /// All scopes, in the order they are published.
    pub const ALL: [Self; 5] = [
        Self::Openid,
        Self::Profile,
        Self::Capacity,
        Self::Rrn,
        Self::Signing,
    ];

    /// The scope as it is written in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capacity => "capacity",
            Self::Openid => "openid",
            Self::Profile => "profile",
            Self::Rrn => "rrn",
            Self::Signing => "signing",
        }
    }

    /// Whether it can be asked at a person's login. The others are for client credentials.
    pub const fn is_for_people(self) -> bool {
        !matches!(self, Self::Signing)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no scope zegel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of openid, profile, capacity, rrn, signing")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(ScopeError)
    }
}

/// A set of scopes, written with single blanks between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// The scopes of `text` that zegel knows; others are left out.
    pub fn known_of(text: &str) -> Self {
        text.split(' ').filter_map(|word| word.parse().ok()).collect()
    }

    /// Whether `scope` is in the set.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.into_iter().filter(|scope| self.has(*scope))
    }

    /// The first scope of `self` that is not in `allowed`.
    pub fn first_outside(&self, allowed: &Self) -> Option<Scope> {
        self.iter().find(|scope| !allowed.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_left_out_and_the_rest_reads_back() {
        let scopes = Scopes::known_of("profile  openid offline_access OPENID openid");
        assert_eq!(scopes.to_string(), "openid profile");
        assert_eq!(
            scopes.first_outside(&Scopes::known_of("openid")),
            Some(Scope::Profile)
        );
        assert_eq!(serde_json::to_string(&scopes).unwrap(), r#"["openid","profile"]"#);
    }
}
