//! The reader of this machine: its threads, the program that asks for PINs, and what is going on there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::seats::Seats;
use crate::base::secret::Pin;
use crate::card::CardError;
use crate::card::eid::{Eid, ListPin};
use crate::card::pin::{PinProgram, PinRequest};
use crate::card::readers::{CardPresence, ReaderStatus, Readers};
use crate::config::Config;

/// How long everything at the reader may take beside the person's typing.
const CARD_TIME: Duration = Duration::from_secs(30);
/// How long everything behind the reader may take beside outside services: checks, and writing what came of them.
const CHECK_TIME: Duration = Duration::from_secs(30);
/// How often one check may ask outside: for the issuer, for OCSP, for the CRL.
const ASKED_OUTSIDE: u32 = 3;

/// When a job at the reader is given up: the person's time to type, and what the card needs.
pub(super) fn reader_deadline(config: &Config) -> Duration {
    config.counter.pin_timeout.saturating_add(CARD_TIME)
}

/// After how long a card action that never answered counts as lost: longer than any that goes on can take.
pub(super) fn action_limit(config: &Config) -> Duration {
    let outside = config.outside.timeout.saturating_mul(ASKED_OUTSIDE);
    reader_deadline(config)
        .saturating_add(outside)
        .saturating_add(CHECK_TIME)
}

/// This machine's readers, used for people who stand at it.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The readers.
    pub readers: Readers,
    /// Asks for PINs.
    pub pin_program: PinProgram,
    /// What is going on.
    pub running: Running,
    /// Whose card is where.
    pub seats: Seats,
    /// Whether the PIN is typed on the reader's own keys where it has them.
    pub keypad: bool,
}

impl Counter {
    /// The counter with these readers and this program.
    pub fn new(readers: Readers, pin_program: PinProgram) -> Self {
        Self {
            readers,
            pin_program,
            running: Running::default(),
            seats: Seats::default(),
            keypad: true,
        }
    }

    /// The PIN window of `action`, for the card that is in `reader` now.
    pub(super) fn window(&self, action: &Action, reader: &str) -> PinWindow {
        PinWindow {
            program: self.pin_program.clone(),
            stop: Arc::clone(&action.stop),
            readers: self.readers.clone(),
            seen: find(&self.readers, reader),
            keypad: self.keypad,
        }
    }
}

/// Asks for the PIN, as long as somebody waits for it and the card it is for stays in its reader.
pub(super) struct PinWindow {
    program: PinProgram,
    stop: Arc<AtomicBool>,
    readers: Readers,
    /// The reader as it was when the action came to it.
    seen: Option<ReaderStatus>,
    keypad: bool,
}

impl PinWindow {
    /// Asks for the PIN of `times` signatures, or says that it is typed on the reader's keys, where it has them.
    ///
    /// # Errors
    /// As [`PinWindow::ask`], and what the card says while the reader is asked for its keys.
    pub(super) fn pin(
        &self,
        eid: &mut Eid<'_>,
        request: &PinRequest<'_>,
        times: usize,
    ) -> Result<ListPin, CardError> {
        if !self.keypad || eid.pin_pad()?.is_none() {
            return self.ask(request).map(ListPin::Typed);
        }
        let pad = ListPin::Pad(request.language);
        let times = pad.entries_for(times);
        let announced = self.program.announce_keypad(request, times, &|| self.is_over());
        match announced {
            Ok(()) | Err(CardError::PinCancelled) if self.is_card_gone() => Err(CardError::CardRemoved),
            announced => announced.map(|()| pad),
        }
    }

    /// Asks. The window closes when the action ended, whatever ended it, and when the card leaves the reader.
    ///
    /// # Errors
    /// `CardRemoved`, and as [`PinProgram::ask_for_pin`].
    pub(super) fn ask(&self, request: &PinRequest<'_>) -> Result<Pin, CardError> {
        let answered = self.program.ask_for_pin(request, &|| self.is_over());
        match answered {
            // Whatever the person did with the window: there is no card left to give a PIN to.
            Ok(_) | Err(CardError::PinCancelled) if self.is_card_gone() => Err(CardError::CardRemoved),
            // WHY: typed in the moment in which the action ended, and nobody waits for it any more.
            Ok(_) if self.stop.load(Ordering::SeqCst) => Err(CardError::PinCancelled),
            answered => answered,
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || self.is_card_gone()
    }

    fn is_card_gone(&self) -> bool {
        match (
            &self.seen,
            self.seen
                .as_ref()
                .and_then(|seen| find(&self.readers, &seen.name)),
        ) {
            (Some(seen), Some(now)) => now.card == CardPresence::Absent || now.changes != seen.changes,
            _ => true,
        }
    }
}

fn find(readers: &Readers, name: &str) -> Option<ReaderStatus> {
    readers
        .list()
        .ok()?
        .into_iter()
        .find(|reader| reader.name == name)
}

/// Card actions that are going on, by what they are for, so that leaving the page closes the PIN window.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<BTreeMap<String, Vec<Arc<AtomicBool>>>>>);

/// One card action. It is over when this is dropped, and then its PIN window closes.
#[derive(Debug)]
pub struct Action {
    running: Running,
    whats: Vec<String>,
    stop: Arc<AtomicBool>,
}

impl Action {
    /// The same action, stopped by `what` as well.
    #[must_use]
    pub fn also(mut self, what: impl ToString) -> Self {
        let what = what.to_string();
        self.running.note(&what, &self.stop);
        self.whats.push(what);
        self
    }

    /// Whether somebody asked it to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

impl Running {
    /// Notes that an action for `what` begins, beside others that may still be going on.
    pub fn begin(&self, what: impl ToString) -> Action {
        let action = Action {
            running: self.clone(),
            whats: Vec::new(),
            stop: Arc::new(AtomicBool::new(false)),
        };
        action.also(what)
    }

    fn note(&self, what: &str, stop: &Arc<AtomicBool>) {
        self.lock()
            .entry(what.to_owned())
            .or_default()
            .push(Arc::clone(stop));
    }

    /// Asks every action for `what` to stop.
    pub fn stop(&self, what: impl ToString) {
        for flag in self.lock().get(&what.to_string()).into_iter().flatten() {
            flag.store(true, Ordering::SeqCst);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Arc<AtomicBool>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Action {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let mut running = self.running.lock();
        for what in &self.whats {
            if let Some(flags) = running.get_mut(what) {
                flags.retain(|flag| !Arc::ptr_eq(flag, &self.stop));
                if flags.is_empty() {
                    running.remove(what);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_one_action_leaves_the_other_for_the_same_visit_alone() {
        let running = Running::default();
        let (first, second) = (running.begin("visit"), running.begin("visit"));
        let elsewhere = running.begin("elsewhere");
        drop(first);
        assert!(!second.is_stopped());
        running.stop("visit");
        assert!(second.is_stopped(), "it can still be stopped");
        assert!(!elsewhere.is_stopped());
        let third = running.begin("list").also("session");
        running.stop("session");
        assert!(third.is_stopped() && !elsewhere.is_stopped());
        drop(third);
        drop((second, elsewhere));
        assert!(running.lock().is_empty(), "nothing is left behind");
    }

    #[test]
    fn whoever_holds_the_flag_of_an_action_that_ended_sees_it() {
        let action = Running::default().begin("visit");
        let held = Arc::clone(&action.stop);
        drop(action);
        assert!(held.load(Ordering::SeqCst));
    }
}
