//! The thread that keeps deadlines, because a card that does not answer cannot be interrupted.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::card::error::CardError;

use super::worker::{Phase, Progress};
use super::{Event, Inside, Shared};

/// How exactly deadlines are kept while jobs run. Nothing is polled while none does.
const TICK: Duration = Duration::from_millis(20);

pub(super) fn run(shared: &Shared) {
    let _inside = Inside(shared);
    let mut state = shared.lock();
    loop {
        if state.stopping {
            let jobs = std::mem::take(&mut state.jobs);
            for slot in state.slots.values_mut() {
                slot.worker = None;
            }
            drop(state);
            for job in jobs {
                job.give_up(CardError::NoService);
            }
            return end_watching(shared);
        }
        state.jobs.retain(|job| job.phase() != Phase::Finished);
        let late: Vec<(Arc<Progress>, CardError)> = state
            .jobs
            .iter()
            .filter_map(|job| Some((Arc::clone(job), verdict(shared, job)?)))
            .collect();
        let mut failed = Vec::new();
        for (job, error) in late {
            if job.phase() == Phase::Queued {
                state.jobs.retain(|other| !Arc::ptr_eq(other, &job));
            } else if job.phase() != Phase::Finished {
                tracing::warn!(target: "zegel::card", cause = error.cause(), "card thread given up");
                // The jobs behind it would wait for ever.
                let behind = |other: &Arc<Progress>| other.worker == job.worker && !Arc::ptr_eq(other, &job);
                failed.extend(
                    state
                        .jobs
                        .iter()
                        .filter(|other| behind(other))
                        .cloned()
                        .map(|other| (other, CardError::ReaderStuck)),
                );
                state.jobs.retain(|other| other.worker != job.worker);
                if let Some(slot) = state.slots.get_mut(&job.reader)
                    && slot.worker.as_ref().is_some_and(|worker| worker.id == job.worker)
                {
                    slot.give_up_worker();
                }
                let event = Event::ReaderStuck(job.reader.clone());
                state.tell(&event);
            }
            failed.push((job, error));
        }
        if !failed.is_empty() {
            // Results go out without the lock: a callback may submit the next job.
            drop(state);
            for (job, error) in failed {
                job.give_up(error);
            }
            state = shared.lock();
            continue;
        }
        state = if state.jobs.is_empty() {
            shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
        } else {
            shared
                .changed
                .wait_timeout(state, TICK)
                .unwrap_or_else(PoisonError::into_inner)
                .0
        };
    }
}

/// Ends the watcher's wait. An interruption that comes between two waits is lost, so it is repeated.
fn end_watching(shared: &Shared) {
    let mut state = shared.lock();
    while let Some(interrupt) = state.interrupt.clone() {
        // Not with the lock: it asks the service.
        drop(state);
        interrupt();
        drop(interrupt);
        state = shared
            .changed
            .wait_timeout_while(shared.lock(), TICK, |state| state.interrupt.is_some())
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}

/// What a job's place at this moment means for it, if it has been there too long.
fn verdict(shared: &Shared, job: &Progress) -> Option<CardError> {
    let now = shared.clock.monotonic();
    let here = now.saturating_sub(job.since());
    let overdue = now > job.deadline_at;
    match job.phase() {
        Phase::Transmitting if overdue || here > shared.options.command_limit => Some(CardError::CardMute),
        // The reader ends an entry by itself; one that does not is as good as mute.
        Phase::Entering if overdue || here > shared.options.entry_limit => Some(CardError::PinTimeout),
        Phase::Waiting if overdue || here > shared.options.busy_limit => Some(CardError::CardBusy),
        Phase::Queued | Phase::Working if overdue => Some(CardError::Deadline),
        _ => None,
    }
}
