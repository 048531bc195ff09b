//! The four languages zegel speaks to people.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language of the pages and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Deutsch.
    De,
    /// English.
    En,
    /// Français.
    Fr,
    /// Nederlands, the default.
    #[default]
    Nl,
}

impl Language {
    /// All four, in the order the pages show them.
    pub const ALL: [Self; 4] = [Self::Nl, Self::Fr, Self::De, Self::En];

    /// The two-letter tag of BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Fr => "fr",
            Self::Nl => "nl",
        }
    }

    /// The language's own name for itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::De => "Deutsch",
            Self::En => "English",
            Self::Fr => "Français",
            Self::Nl => "Nederlands",
        }
    }

    /// `value` behind what it is called. French puts a space before the colon.
    pub fn labelled(self, label: impl fmt::Display, value: impl fmt::Display) -> String {
        let space = if self == Self::Fr { " " } else { "" };
        format!("{label}{space}: {value}")
    }

    /// The first language of a list such as `ui_locales` or `Accept-Language` that zegel speaks.
    ///
    /// Takes tags separated by blanks or commas, with optional `;q=` weights; a weight of zero excludes.
    pub fn best_of(list: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for item in list.split([',', ' ']).filter(|item| !item.is_empty()) {
            let mut parts = item.split(';');
            let Some(Ok(language)) = parts.next().map(|tag| tag.trim().parse::<Self>()) else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1000, |weight| weight.parse::<f32>().map_or(0, thousandths));
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

fn thousandths(weight: f32) -> u16 {
    let mut count = 0_u16;
    while count < 1000 && f32::from(count) < weight * 1000.0 {
        count = count.saturating_add(1);
    }
    count
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The tag names no language zegel speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of nl, fr, de, en")]
pub struct LanguageError;

impl FromStr for Language {
    type Err = LanguageError;

    /// Reads a BCP 47 tag by its primary part: `nl-BE` is Dutch.
    fn from_str(tag: &str) -> Result<Self, LanguageError> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|known| known.tag().eq_ignore_ascii_case(primary))
            .ok_or(LanguageError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_best_known_language_wins() {
        for (list, expected) in [
            ("nl-BE,nl;q=0.9,en;q=0.8", Some(Language::Nl)),
            ("en;q=0.3, fr-BE;q=0.7", Some(Language::Fr)),
            ("es, it", None),
            ("de;q=0", None),
            ("es de", Some(Language::De)),
            ("", None),
        ] {
            assert_eq!(Language::best_of(list), expected, "{list}");
        }
    }
}
