//! What each stable cause means for whoever reads a report, in words of the four languages.
//!
//! Several causes share words where the difference helps only who mends it: the cause stands beside the words, and its
//! numbers and names with it, in English. A test reads the rooms' sources and fails for a cause without words.

mod judging;
mod making;
#[cfg(test)]
mod tests;

use super::lang::Language;

/// Causes, and what they mean: nl, fr, de, en. Part of a sentence, without a full stop.
pub type Words = (&'static [&'static str], [&'static str; 4]);

/// What `cause` means in `language`; none for a cause that only who runs the service meets.
pub fn words(cause: &str, language: Language) -> Option<&'static str> {
    let (_, [nl, fr, de, en]) = all().find(|(causes, _)| causes.contains(&cause))?;
    Some(match language {
        Language::De => de,
        Language::En => en,
        Language::Fr => fr,
        Language::Nl => nl,
    })
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Words> {
    judging::WORDS.iter().chain(making::WORDS)
}
