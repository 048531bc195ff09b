//! The windows of one command: each says who asks, and a log-in never looks like a signature.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::lang::Language;
use crate::base::secret::Pin;
use crate::card::CardError;
use crate::card::assuan::{self, Kind, Reply, Window, one_line};
use crate::card::pin::Earlier;
use crate::webeid::ListedDocument;

use super::origin::Origin;
use super::texts::{Texts, filled, texts};
use super::wording::{Act, Ask, Wording};

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

    fn wording(&self) -> Wording<'_> {
        Wording {
            words: self.words(),
            origin: &self.origin,
        }
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
        let description = self.wording().description(&ask);
        for _ in 0..TYPING_LIMIT {
            let error = self.wording().complaint(&ask);
            let window = Window {
                title: self.wording().title(ask.act),
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
        let error = self.wording().complaint(ask);
        let line = if times == 1 {
            words.keypad_line.to_owned()
        } else {
            filled(words.keypad_times_line, &[("count", &times.to_string())])
        };
        let description = format!("{}\n{line}", self.wording().description(ask));
        let window = Window {
            title: self.wording().title(ask.act),
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
        let wording = self.wording();
        if wording.list_fits(documents) {
            return Ok(());
        }
        let title = format!("{} (1/2)", words.sign_title);
        let mut shown = 0_usize;
        while shown < documents.len() {
            let (description, last) = wording.page(documents, shown);
            let window = Window {
                title: &title,
                description: &description,
                ok: words.next,
                cancel: words.cancel,
                ..Window::default()
            };
            match self.confirm(&window, over)? {
                Reply::Confirmed => shown = last,
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
        let description = format!("{}\n\n{}", self.origin.as_str(), words.last_line);
        let window = Window {
            title: words.last_title,
            description: &description,
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
}
