//! The code lists of roles, bodies and organisations, read from `codes.toml`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::base::lang::Language;

#[derive(Deserialize)]
struct Lists {
    organisation: List,
    body: List,
    role: List,
}

#[derive(Deserialize)]
struct List {
    base: String,
    codes: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    slug: String,
    code: String,
    nl: String,
    fr: String,
    de: String,
    en: String,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the file is compiled in and a test reads it; without it no rule can be understood"
    )]
    toml::from_str(include_str!("codes.toml")).expect("codes.toml is well formed")
});

/// The code is in none of the lists zegel knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {list} code `{found}`")]
pub struct UnknownCode {
    /// Which list.
    pub list: &'static str,
    /// What came.
    pub found: String,
}

macro_rules! code_lists {
    ($($(#[$doc:meta])* $name:ident = $list:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(&'static str);

        impl $name {
            /// The code whose URI is `uri`, or none when the list has no such code.
            pub fn from_uri(uri: &str) -> Result<Self, UnknownCode> {
                uri.strip_prefix(LISTS.$list.base.as_str())
                    .and_then(|code| LISTS.$list.codes.iter().find(|entry| entry.code == code))
                    .map(|entry| Self(entry.slug.as_str()))
                    .ok_or_else(|| UnknownCode { list: stringify!($list), found: uri.to_owned() })
            }

            /// The code that a person names in Dutch, as upload files do: `Burgemeester`. Case is ignored.
            pub fn from_dutch_name(name: &str) -> Result<Self, UnknownCode> {
                LISTS.$list
                    .codes
                    .iter()
                    .find(|entry| entry.nl.eq_ignore_ascii_case(name.trim()))
                    .map(|entry| Self(entry.slug.as_str()))
                    .ok_or_else(|| UnknownCode { list: stringify!($list), found: name.to_owned() })
            }

            /// Every code of the list.
            pub fn all() -> impl Iterator<Item = Self> {
                LISTS.$list.codes.iter().map(|entry| Self(entry.slug.as_str()))
            }

            /// zegel's word for it.
            pub const fn slug(self) -> &'static str {
                self.0
            }

            fn entry(self) -> Option<&'static Entry> {
                LISTS.$list.codes.iter().find(|entry| entry.slug == self.0)
            }

            /// Its URI in the Flemish code list.
            pub fn uri(self) -> String {
                let code = self.entry().map_or("", |entry| entry.code.as_str());
                format!("{}{code}", LISTS.$list.base)
            }

            /// Its name for people.
            pub fn name(self, language: Language) -> &'static str {
                self.entry().map_or(self.0, |entry| match language {
                    Language::De => entry.de.as_str(),
                    Language::En => entry.en.as_str(),
                    Language::Fr => entry.fr.as_str(),
                    Language::Nl => entry.nl.as_str(),
                })
            }
        }

        impl FromStr for $name {
            type Err = UnknownCode;
            /// Reads zegel's word for the code.
            fn from_str(slug: &str) -> Result<Self, UnknownCode> {
                LISTS.$list
                    .codes
                    .iter()
                    .find(|entry| entry.slug == slug)
                    .map(|entry| Self(entry.slug.as_str()))
                    .ok_or_else(|| UnknownCode { list: stringify!($list), found: slug.to_owned() })
            }
        }
        // WHY by hand: the derive would ask the text to live for ever.
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    )*};
}

code_lists! {
    /// What kind of legal person an organisation is: `municipality`, `ocmw`, … (BestuurseenheidClassificatieCode).
    OrganisationKind = organisation,
    /// What kind of body: `college`, `municipal_council`, … (BestuursorgaanClassificatieCode).
    BodyKind = body,
    /// The function a post carries: `mayor`, `alderman`, `general_director`, … (BestuursfunctieCode).
    Role = role,
}

impl Role {
    /// The alderman and the added alderman.
    pub fn is_alderman(self) -> bool {
        matches!(self.0, "alderman" | "added_alderman")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_mayor_is_the_code_of_the_flemish_list() {
        let role: Role = "mayor".parse().unwrap();
        assert_eq!(
            role.uri(),
            "http://data.vlaanderen.be/id/concept/BestuursfunctieCode/5ab0e9b8a3b2ca7c5e000013"
        );
        assert_eq!(Role::from_uri(&role.uri()), Ok(role));
        assert_eq!(Role::from_dutch_name("Burgemeester"), Ok(role));
        assert_eq!(role.name(Language::Fr), "bourgmestre");
    }

    #[test]
    fn the_chair_of_the_welfare_council_is_not_the_chair_of_the_special_committee() {
        let uri = |slug: &str| slug.parse::<Role>().unwrap().uri();
        assert!(uri("welfare_council_chair").ends_with("5ab0e9b8a3b2ca7c5e000016"));
        assert!(uri("committee_chair").ends_with("5ab0e9b8a3b2ca7c5e00001a"));
    }

    #[test]
    fn an_unknown_code_is_refused_and_every_known_one_reads_back_once() {
        assert!(Role::from_uri("http://data.vlaanderen.be/id/concept/BestuursfunctieCode/nobody").is_err());
        assert!(BodyKind::from_uri(&"mayor".parse::<Role>().unwrap().uri()).is_err());
        let uris: BTreeSet<String> = Role::all().map(Role::uri).collect();
        assert_eq!(uris.len(), Role::all().count());
        for role in Role::all() {
            assert_eq!(Role::from_uri(&role.uri()), Ok(role));
            assert!(
                Language::ALL
                    .iter()
                    .all(|language| !role.name(*language).is_empty())
            );
        }
        for body in BodyKind::all() {
            assert_eq!(BodyKind::from_uri(&body.uri()), Ok(body));
        }
        for kind in OrganisationKind::all() {
            assert_eq!(OrganisationKind::from_uri(&kind.uri()), Ok(kind));
        }
    }
}
