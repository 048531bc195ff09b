//! The windows of one command: each says who asks, and a log-in never looks like a signature.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::lang::Language;
use crate::base::secret::Pin;
use crate::card::CardError;
use crate::card::assuan::{self, Kind, MAX_TEXT, Reply, Window, one_line, sent_bytes};
use crate::card::pin::Earlier;
use crate::webeid::ListedDocument;

use super::origin::Origin;
use super::texts::{Texts, filled, texts};

/// Shows windows through a PIN program.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) program: Vec<String>,
    /// How long a person may take for one window.
    pub(super) limit: Duration,
    pub(super) language: Language,
    pub(super) origin: Origin,
    /// Whoever asked is gone.
    pub(super) stop: Arc<AtomicBool>,
    /// Held while a window stands, so that none outlives the command.
    pub(super) standing: Arc<Mutex<()>>,
}

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

/// What is waited for before a card can be asked anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Card,
    Reader,
    Response,
    Service,
}

/// How often a text that is no PIN is asked again.
const TYPING_LIMIT: u32 = 5;

impl Windows {
    fn words(&self) -> &'static Texts {
        texts(self.language)
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn show(&self, window: &Window<'_>, kind: Kind, over: &dyn Fn() -> bool) -> Result<Reply, CardError> {
        let _standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let stop = || self.is_stopped() || over();
        assuan::show(&self.program, window, kind, self.limit, &stop)
    }

    /// Two buttons. An answer is what the person said, or that there was none.
    fn confirm(&self, window: &Window<'_>, over: &dyn Fn() -> bool) -> Result<Reply, CardError> {
        match self.show(window, Kind::Confirm, over)? {
            Reply::TimedOut => Err(CardError::PinTimeout),
            Reply::Stopped => Err(CardError::PinCancelled),
            reply => Ok(reply),
        }
    }

    /// Asks for the PIN, again as long as what is typed is none.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinLength`, `PinProgram`.
    pub(super) fn pin(&self, ask: &Ask<'_>, over: &dyn Fn() -> bool) -> Result<Pin, CardError> {
        let words = self.words();
        let mut ask = *ask;
        let mut last = CardError::PinCancelled;
        let description = self.description(&ask);
        for _ in 0..TYPING_LIMIT {
            let error = complaint(words, &ask);
            let window = Window {
                title: self.title(ask.act),
                description: &description,
                prompt: words.prompt,
                error: error.as_deref(),
                ok: match ask.act {
                    Act::LogIn => words.login,
                    Act::Sign { .. } | Act::SignList { .. } => words.sign,
                },
                cancel: words.cancel,
                other: None,
            };
            match self.show(&window, Kind::Pin, over)? {
                Reply::Typed(typed) => match Pin::from_digits(typed) {
                    // WHY: typed in the moment in which nobody waits for it any more.
                    Ok(_) if self.is_stopped() => return Err(CardError::PinCancelled),
                    Ok(pin) => return Ok(pin),
                    Err(error) => last = error.into(),
                },
                Reply::TimedOut => return Err(CardError::PinTimeout),
                Reply::Cancelled | Reply::Confirmed | Reply::Other | Reply::Stopped => {
                    return Err(CardError::PinCancelled);
                }
            }
            ask.earlier = Some(Earlier::Length);
        }
        Err(last)
    }

    /// The reader has keys: says what is signed, and how often the PIN is typed there.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinProgram`.
    pub(super) fn keypad(
        &self,
        ask: &Ask<'_>,
        times: usize,
        over: &dyn Fn() -> bool,
    ) -> Result<(), CardError> {
        let words = self.words();
        let error = complaint(words, ask);
        let line = if times == 1 {
            words.keypad_line.to_owned()
        } else {
            filled(words.keypad_times_line, &[("count", &times.to_string())])
        };
        let description = format!("{}\n{line}", self.description(ask));
        let window = Window {
            title: self.title(ask.act),
            description: &description,
            error: error.as_deref(),
            ok: words.go_on,
            cancel: words.cancel,
            ..Window::default()
        };
        match self.confirm(&window, over)? {
            Reply::Confirmed => Ok(()),
            _ => Err(CardError::PinCancelled),
        }
    }

    /// The documents that do not fit the PIN window, in windows before it.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinProgram`.
    pub(super) fn pages(
        &self,
        documents: &[ListedDocument],
        over: &dyn Fn() -> bool,
    ) -> Result<(), CardError> {
        let words = self.words();
        if self.list_fits(documents) {
            return Ok(());
        }
        let count = documents.len().to_string();
        let title = format!("{} (1/2)", words.sign_title);
        let mut shown = 0_usize;
        while let Some(rest) = documents.get(shown..).filter(|rest| !rest.is_empty()) {
            let head = filled(
                words.sign_list_line,
                &[("count", &count), ("origin", self.origin.as_str())],
            );
            // The line of numbers is as long as it will be at the most.
            let widest = filled(
                words.page_line,
                &[("first", &count), ("last", &count), ("count", &count)],
            );
            let room = MAX_TEXT.saturating_sub(sent_bytes(&format!("{head}\n{widest}")));
            let lines = fitting(rest, shown, room);
            // INVARIANT: an origin of 255 letters leaves room for two of the longest lines.
            let last = shown.saturating_add(lines.len().max(1));
            let numbers = filled(
                words.page_line,
                &[
                    ("first", &shown.saturating_add(1).to_string()),
                    ("last", &last.to_string()),
                    ("count", &count),
                ],
            );
            let description = [vec![head, numbers], lines].concat().join("\n");
            let window = Window {
                title: &title,
                description: &description,
                ok: words.next,
                cancel: words.cancel,
                other: (last < documents.len()).then_some(words.straight),
                ..Window::default()
            };
            match self.confirm(&window, over)? {
                Reply::Confirmed => shown = last,
                Reply::Other => return Ok(()),
                _ => return Err(CardError::PinCancelled),
            }
        }
        Ok(())
    }

    /// One try is left: whether the person wants to use it.
    ///
    /// # Errors
    /// `PinCancelled` when not; `PinTimeout`, `PinProgram`.
    pub(super) fn last_try(&self, over: &dyn Fn() -> bool) -> Result<(), CardError> {
        let words = self.words();
        let window = Window {
            title: words.last_title,
            description: words.last_line,
            ok: words.go_on,
            cancel: words.cancel,
            ..Window::default()
        };
        match self.confirm(&window, over)? {
            Reply::Confirmed => Ok(()),
            _ => Err(CardError::PinCancelled),
        }
    }

    /// Whether the site may have the signing certificate.
    ///
    /// # Errors
    /// `PinCancelled` when not; `PinTimeout`, `PinProgram`.
    pub(super) fn share(&self, holder: &str, over: &dyn Fn() -> bool) -> Result<(), CardError> {
        let words = self.words();
        let holder = one_line(holder);
        let description = filled(
            words.certificate_line,
            &[("origin", self.origin.as_str()), ("name", &holder)],
        );
        let window = Window {
            title: words.certificate_title,
            description: &description,
            ok: words.certificate,
            cancel: words.cancel,
            ..Window::default()
        };
        match self.confirm(&window, over)? {
            Reply::Confirmed => Ok(()),
            _ => Err(CardError::PinCancelled),
        }
    }

    /// Whether this is the card to use. Both other answers mean another one: a program that shows two buttons only
    /// must do as well.
    ///
    /// # Errors
    /// `PinCancelled` when whoever asked is gone; `PinTimeout`, `PinProgram`.
    pub(super) fn choose(&self, holder: &str, over: &dyn Fn() -> bool) -> Result<bool, CardError> {
        let words = self.words();
        let holder = one_line(holder);
        let description = filled(words.choose_line, &[("name", &holder)]);
        let window = Window {
            title: words.choose_title,
            description: &description,
            ok: words.this_card,
            cancel: words.other_card,
            ..Window::default()
        };
        Ok(matches!(self.confirm(&window, over)?, Reply::Confirmed))
    }

    /// Says what is missing until `over` says that it changed. The one button cancels.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinProgram`.
    pub(super) fn wait(&self, missing: Missing, over: &dyn Fn() -> bool) -> Result<(), CardError> {
        let words = self.words();
        let window = Window {
            title: words.wait_title,
            description: match missing {
                Missing::Card => words.no_card,
                Missing::Reader => words.no_reader,
                Missing::Response => words.mute_card,
                Missing::Service => words.no_service,
            },
            ok: words.cancel,
            cancel: words.cancel,
            ..Window::default()
        };
        match self.show(&window, Kind::Message, over)? {
            Reply::Stopped if !self.is_stopped() => Ok(()),
            Reply::TimedOut => Err(CardError::PinTimeout),
            _ => Err(CardError::PinCancelled),
        }
    }

    fn title(&self, act: Act<'_>) -> &'static str {
        match act {
            Act::LogIn => self.words().login_title,
            Act::Sign { .. } | Act::SignList { .. } => self.words().sign_title,
        }
    }

    fn description(&self, ask: &Ask<'_>) -> String {
        let words = self.words();
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
        let words = self.words();
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
    fn list_fits(&self, documents: &[ListedDocument]) -> bool {
        let words = self.words();
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

/// The line in red: why it is asked again, or that this is the last try.
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

    fn windows(language: Language) -> Windows {
        Windows {
            program: Vec::new(),
            limit: Duration::from_secs(1),
            language,
            origin: Origin::parse("https://zegelgem.example", false).unwrap(),
            stop: Arc::default(),
            standing: Arc::default(),
        }
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
            let windows = windows(language);
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
            let windows = windows(language);
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
    fn every_document_is_on_some_page() {
        let many = documents(200, &"é".repeat(60));
        let mut shown = 0;
        while shown < many.len() {
            let lines = fitting(&many[shown..], shown, 700);
            assert!(!lines.is_empty());
            shown += lines.len();
        }
        assert_eq!(shown, 200);
    }
}
