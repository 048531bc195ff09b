//! The text that stands above a delegate's signature.

use serde::{Deserialize, Serialize};

use crate::base::lang::Language;
use crate::base::time::Day;

/// The texts of a delegation rule, with `{date}` and `{article}` to fill in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MentionTemplate {
    nl: String,
    fr: String,
    de: String,
    en: String,
}

/// A filled-in mention in four languages. It belongs in the visible block and in the record of the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    nl: String,
    fr: String,
    de: String,
    en: String,
}

impl MentionTemplate {
    /// The mention for a grant decided on `date` under `article` (`art. 280 DLB`).
    pub fn fill(&self, date: Day, article: &str) -> Mention {
        let fill =
            |template: &str, date: String| template.replace("{date}", &date).replace("{article}", article);
        Mention {
            nl: fill(&self.nl, in_words(date, Language::Nl)),
            fr: fill(&self.fr, in_words(date, Language::Fr)),
            de: fill(&self.de, in_words(date, Language::De)),
            en: fill(&self.en, in_words(date, Language::En)),
        }
    }
}

impl Mention {
    /// The text in one language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::De => &self.de,
            Language::En => &self.en,
            Language::Fr => &self.fr,
            Language::Nl => &self.nl,
        }
    }
}

/// The day as a person writes it: `3 maart 2026`.
pub fn in_words(day: Day, language: Language) -> String {
    const MONTHS: [(Language, [&str; 12]); 4] = [
        (
            Language::De,
            [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
        ),
        (
            Language::En,
            [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        ),
        (
            Language::Fr,
            [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
        ),
        (
            Language::Nl,
            [
                "januari",
                "februari",
                "maart",
                "april",
                "mei",
                "juni",
                "juli",
                "augustus",
                "september",
                "oktober",
                "november",
                "december",
            ],
        ),
    ];
    let date = day.date();
    let month = MONTHS
        .iter()
        .find(|(known, _)| *known == language)
        .and_then(|(_, names)| {
            usize::try_from(date.month())
                .ok()
                .and_then(|month| names.get(month.saturating_sub(1)))
        })
        .copied()
        .unwrap_or_default();
    let number = match language {
        Language::De => format!("{}.", date.day()),
        Language::Fr if date.day() == 1 => "1er".to_owned(),
        _ => date.day().to_string(),
    };
    format!("{number} {month} {}", date.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mandates::rules::RuleSet;

    #[test]
    fn the_mention_names_the_day_and_the_article_in_each_language() {
        let rules = RuleSet::flanders();
        let rule = rules.delegations.iter().find(|rule| rule.id == "FL-280").unwrap();
        let mention = rule.mention.fill("2025-03-01".parse().unwrap(), "art. 280 DLB");
        assert_eq!(
            mention.text(Language::Nl),
            "Namens de burgemeester, bij delegatie (besluit van 1 maart 2025, art. 280 DLB)"
        );
        assert_eq!(
            mention.text(Language::Fr),
            "Au nom du bourgmestre, par délégation (décision du 1er mars 2025, art. 280 DLB)"
        );
        assert!(mention.text(Language::De).contains("1. März 2025"));
        assert!(mention.text(Language::En).contains("1 March 2025"));
    }

    #[test]
    fn every_mention_of_the_rules_leaves_nothing_to_fill_in() {
        for rule in &RuleSet::flanders().delegations {
            let mention = rule.mention.fill("2026-12-31".parse().unwrap(), "art. 1");
            for language in Language::ALL {
                let text = mention.text(language);
                assert!(
                    text.contains("2026") && text.contains("art. 1") && !text.contains('{'),
                    "{text}"
                );
            }
        }
    }
}
