//! The thread that sees readers and cards come and go, and the service go away and come back.

use std::sync::PoisonError;
use std::time::Duration;

use crate::card::error::CardError;

use super::{CardPresence, Event, Inside, ReaderStatus, Shared, Slot, State, Watch};

/// How long one wait for changes lasts, should nobody be able to end it.
const LIMIT: Duration = Duration::from_millis(500);

pub(super) fn run(shared: &Shared) {
    let _inside = Inside(shared);
    while !shared.lock().stopping {
        let error = match shared.service.watch() {
            Ok(watch) => match watched(shared, watch) {
                Some(error) => error,
                None => return,
            },
            Err(error) => error,
        };
        let mut state = shared.lock();
        if state.stopping {
            return;
        }
        state.lose(error);
        shared.changed.notify_all();
        let stopping = |state: &mut State| !state.stopping;
        drop(
            shared
                .changed
                .wait_timeout_while(state, shared.options.retry, stopping)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}

/// Watches until the service is lost, for the cause returned, or until the end.
fn watched(shared: &Shared, mut watch: Box<dyn Watch>) -> Option<CardError> {
    shared.lock().interrupt = Some(watch.interrupt());
    let lost = loop {
        match watch.next(LIMIT) {
            Ok(seen) => {
                let mut state = shared.lock();
                if state.stopping {
                    break None;
                }
                state.see(shared, seen);
                shared.changed.notify_all();
            }
            Err(error) => break Some(error),
        }
    };
    shared.lock().interrupt = None;
    lost
}

impl State {
    /// Takes over what is seen now, and tells what changed.
    fn see(&mut self, shared: &Shared, seen: Vec<ReaderStatus>) {
        if matches!(self.service, Some(Err(_))) {
            self.tell(&Event::ServiceBack);
        }
        self.service = Some(Ok(()));
        let seen: Vec<ReaderStatus> = seen
            .into_iter()
            .filter(|reader| !shared.options.skips(&reader.name))
            .collect();
        let gone: Vec<String> = self
            .slots
            .keys()
            .filter(|name| !seen.iter().any(|reader| reader.name == **name))
            .cloned()
            .collect();
        for name in gone {
            self.slots.remove(&name);
            self.tell(&Event::ReaderRemoved(name));
        }
        for status in seen {
            self.see_reader(status);
        }
    }

    fn see_reader(&mut self, status: ReaderStatus) {
        let name = status.name.clone();
        let before = if let Some(slot) = self.slots.get_mut(&name) {
            let freed = slot.is_freed_by(&status.card, status.changes);
            let before = std::mem::replace(&mut slot.status, status.clone());
            if freed {
                // The given-up thread keeps its own context; the next job gets a new thread and a new one.
                slot.given_up = None;
                self.tell(&Event::ReaderFreed(name.clone()));
            }
            Some(before)
        } else {
            let slot = Slot {
                status: status.clone(),
                worker: None,
                given_up: None,
            };
            self.slots.insert(name.clone(), slot);
            self.tell(&Event::ReaderAdded(name.clone()));
            None
        };
        self.tell_card(&name, before.as_ref(), &status);
    }

    fn tell_card(&mut self, name: &str, before: Option<&ReaderStatus>, now: &ReaderStatus) {
        let was = before.map_or(&CardPresence::Absent, |before| &before.card);
        let swapped = before.is_some_and(|before| before.changes != now.changes);
        if *was != CardPresence::Absent && (now.card == CardPresence::Absent || swapped || *was != now.card) {
            self.tell(&Event::CardRemoved(name.to_owned()));
        }
        if let CardPresence::Present(atr) = &now.card
            && (*was != now.card || swapped)
        {
            self.tell(&Event::CardInserted(name.to_owned(), atr.clone()));
        }
    }

    fn lose(&mut self, error: CardError) {
        if matches!(&self.service, Some(Err(before)) if *before == error) {
            return;
        }
        tracing::warn!(target: "zegel::card", cause = error.cause(), "smart card service lost");
        for name in std::mem::take(&mut self.slots).into_keys() {
            self.tell(&Event::ReaderRemoved(name));
        }
        self.tell(&Event::ServiceLost(error.clone()));
        self.service = Some(Err(error));
    }
}

impl super::Options {
    fn skips(&self, name: &str) -> bool {
        self.skip
            .iter()
            .any(|part| !part.is_empty() && name.contains(part.as_str()))
    }
}
