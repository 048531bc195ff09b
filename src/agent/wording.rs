//! What the windows say of one command: who asks, whose card, what is signed. Nothing from elsewhere can forge a line.

use crate::base::secret::Pin;
use crate::card::assuan::{MAX_TEXT, one_line, sent_bytes};
use crate::card::pin::Earlier;
use crate::webeid::ListedDocument;

use super::origin::Origin;
use super::texts::{Texts, filled};

/// What a PIN is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act<'a> {
    LogIn,
    Sign { digest: &'a [u8] },
    SignList { documents: &'a [ListedDocument] },
}

/// What a PIN window shows beside the act.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) act: Act<'a>,
    pub(super) holder: &'a str,
    pub(super) tries_left: Option<u8>,
    pub(super) earlier: Option<Earlier>,
}

/// The words of one command.
pub(super) struct Wording<'a> {
    pub(super) words: &'static Texts,
    pub(super) origin: &'a Origin,
}

impl Wording<'_> {
    /// Its title.
    pub(super) fn title(&self, act: Act<'_>) -> &'static str {
        match act {
            Act::LogIn => self.words.login_title,
            Act::Sign { .. } | Act::SignList { .. } => self.words.sign_title,
        }
    }

    /// The text of a PIN window.
    pub(super) fn description(&self, ask: &Ask<'_>) -> String {
        let words = self.words;
        let mut lines = self.head(ask.act, ask.holder);
        match ask.act {
            Act::LogIn => {}
            Act::Sign { digest } => {
                lines.push(filled(words.print_line, &[("print", &fingerprint(digest))]));
            }
            Act::SignList { documents } if self.list_fits(documents) => {
                lines.extend(documents.iter().enumerate().map(|(index, one)| line(index, one)));
            }
            Act::SignList { .. } => lines.push(words.shown_line.to_owned()),
        }
        if let Some(left @ 2..) = ask.tries_left
            && left < 3
            && ask.earlier != Some(Earlier::Wrong)
        {
            lines.push(filled(words.tries_line, &[("left", &left.to_string())]));
        }
        lines.join("\n")
    }

    fn head(&self, act: Act<'_>, holder: &str) -> Vec<String> {
        let words = self.words;
        let origin = ("origin", self.origin.as_str());
        let first = match act {
            Act::LogIn => filled(words.login_line, &[origin]),
            Act::Sign { .. } => filled(words.sign_line, &[origin]),
            Act::SignList { documents } => {
                let count = documents.len().to_string();
                filled(words.sign_list_line, &[origin, ("count", &count)])
            }
        };
        // A name has at most so many letters. Source: X.520, ub-common-name.
        let holder: String = one_line(holder).chars().take(MAX_NAME).collect();
        let holder = filled(words.holder_line, &[("name", &holder)]);
        vec![first, holder]
    }

    /// Whether all documents fit the PIN window. Counted with the longest name a card can hold, so that it does not
    /// depend on the card.
    pub(super) fn list_fits(&self, documents: &[ListedDocument]) -> bool {
        let words = self.words;
        let head = self
            .head(Act::SignList { documents }, &"é".repeat(MAX_NAME))
            .join("\n");
        // Under the documents there may be a line on the tries left, or on the reader's keys.
        let below = sent_bytes(words.tries_line).max(sent_bytes(words.keypad_times_line));
        let used = sent_bytes(&head)
            .saturating_add(below.saturating_mul(2))
            .saturating_add(8);
        let room = MAX_TEXT.saturating_sub(used);
        fitting(documents, 0, room).len() == documents.len()
    }

    /// The text of a window that shows documents from the one with index `shown`, and the index behind its last.
    pub(super) fn page(&self, documents: &[ListedDocument], shown: usize) -> (String, usize) {
        let words = self.words;
        let count = documents.len().to_string();
        let head = filled(
            words.sign_list_line,
            &[("count", &count), ("origin", self.origin.as_str())],
        );
        let numbers = |first: &str, last: &str| {
            filled(
                words.page_line,
                &[("first", first), ("last", last), ("count", &count)],
            )
        };
        // The line of numbers is as long as it will be at the most.
        let widest = numbers(&count, &count);
        let room = MAX_TEXT.saturating_sub(sent_bytes(&format!("{head}\n{widest}")));
        let lines = fitting(documents.get(shown..).unwrap_or_default(), shown, room);
        // INVARIANT: an origin of 255 letters leaves room for two of the longest lines.
        let last = shown.saturating_add(lines.len().max(1));
        let numbers = numbers(&shown.saturating_add(1).to_string(), &last.to_string());
        ([vec![head, numbers], lines].concat().join("\n"), last)
    }

    /// The line in red: why it is asked again, or that this is the last try.
    pub(super) fn complaint(&self, ask: &Ask<'_>) -> Option<String> {
        complaint(self.words, ask)
    }
}

/// As many lines as fit `room`, from the first of `documents`, whose index is `first`.
fn fitting(documents: &[ListedDocument], first: usize, room: usize) -> Vec<String> {
    let mut used = 0_usize;
    documents
        .iter()
        .enumerate()
        .map(|(index, document)| line(first.saturating_add(index), document))
        .take_while(|line| {
            // The break before it takes three.
            used = used.saturating_add(sent_bytes(line)).saturating_add(3);
            used <= room
        })
        .collect()
}

/// How many letters of a holder's name a window shows.
const MAX_NAME: usize = 64;
/// How much of a title a window shows.
const TITLE_LETTERS: usize = 60;

fn line(index: usize, document: &ListedDocument) -> String {
    let title = one_line(&document.title);
    let title: String = if title.chars().count() > TITLE_LETTERS {
        title
            .chars()
            .take(TITLE_LETTERS.saturating_sub(1))
            .chain(['…'])
            .collect()
    } else {
        title
    };
    let number = index.saturating_add(1);
    format!("{number}. {title} [{}]", fingerprint(&document.digest))
}

/// The first eight octets of a digest, as pages show fingerprints: enough to compare by eye.
fn fingerprint(digest: &[u8]) -> String {
    let pairs: Vec<String> = digest.chunks(2).take(4).map(hex::encode_upper).collect();
    pairs.join(" ")
}

fn complaint(words: &Texts, ask: &Ask<'_>) -> Option<String> {
    if ask.tries_left == Some(1) {
        return Some(words.last_line.to_owned());
    }
    match (ask.earlier, ask.tries_left) {
        (Some(Earlier::Length), _) => {
            let (min, max) = (Pin::MIN_DIGITS.to_string(), Pin::MAX_DIGITS.to_string());
            Some(filled(words.length_line, &[("min", &min), ("max", &max)]))
        }
        (Some(Earlier::Wrong), Some(left)) => Some(filled(words.wrong_line, &[("left", &left.to_string())])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::texts::texts;
    use crate::base::lang::Language;

    fn wording(language: Language, origin: &Origin) -> Wording<'_> {
        let words = texts(language);
        Wording { words, origin }
    }

    fn origin() -> Origin {
        Origin::parse("https://zegelgem.example", false).unwrap()
    }

    fn documents(count: usize, title: &str) -> Vec<ListedDocument> {
        (0..count)
            .map(|number| ListedDocument {
                title: format!("{title} {number}"),
                digest: vec![u8::try_from(number).unwrap(); 48],
            })
            .collect()
    }

    fn ask(act: Act<'_>) -> Ask<'_> {
        Ask {
            act,
            holder: "An Specimen",
            tries_left: Some(3),
            earlier: None,
        }
    }

    #[test]
    fn origin_holder_and_what_is_signed_stand_in_the_window() {
        for language in Language::ALL {
            let origin = origin();
            let windows = wording(language, &origin);
            let log_in = windows.description(&ask(Act::LogIn));
            let sign = windows.description(&ask(Act::Sign { digest: &[0xAB; 48] }));
            for text in [&log_in, &sign] {
                assert!(text.contains("https://zegelgem.example\n") && text.contains("An Specimen"));
                assert!(!text.contains('{'), "{text}");
            }
            assert!(sign.contains("ABAB ABAB ABAB ABAB") && !log_in.contains("ABAB"));
        }
    }

    #[test]
    fn a_short_list_stands_in_the_pin_window_and_a_long_one_before_it() {
        for language in Language::ALL {
            let origin = origin();
            let windows = wording(language, &origin);
            let few = documents(8, "Besluit van het college");
            assert!(windows.list_fits(&few), "{language}");
            let text = windows.description(&ask(Act::SignList { documents: &few }));
            assert!(
                text.contains("8. Besluit van het college 7 [0707 0707 0707 0707]"),
                "{text}"
            );
            assert!(sent_bytes(&text) <= MAX_TEXT, "{language}");
            let many = documents(200, "Besluit van het college");
            assert!(!windows.list_fits(&many));
            let text = windows.description(&ask(Act::SignList { documents: &many }));
            assert!(text.contains("200") && !text.contains("Besluit"), "{text}");
        }
    }

    #[test]
    fn a_title_cannot_forge_a_line_and_is_cut_where_it_would_hide_the_rest() {
        let forged = ListedDocument {
            title: format!("a\n2. b {}", "x".repeat(190)),
            digest: vec![1; 32],
        };
        let line = line(0, &forged);
        assert!(
            line.starts_with("1. a 2. b xxx") && line.ends_with("… [0101 0101 0101 0101]"),
            "{line}"
        );
        assert!(!line.contains('\n'));
    }

    #[test]
    fn every_document_is_on_some_page_and_every_page_is_sent_whole() {
        let long = format!(
            "https://{}.example",
            ["x".repeat(60), "y".repeat(60), "z".repeat(60)].join(".")
        );
        let origin = Origin::parse(&long, false).unwrap();
        let many = documents(200, &"é".repeat(60));
        for language in Language::ALL {
            let wording = wording(language, &origin);
            let mut shown = 0;
            while shown < many.len() {
                let (text, last) = wording.page(&many, shown);
                assert!(sent_bytes(&text) <= MAX_TEXT, "{language}: {text}");
                for number in shown..last {
                    assert!(
                        text.contains(&format!("\n{}. ", number + 1)),
                        "{language}: {number}"
                    );
                }
                shown = last;
            }
        }
    }
}
