//! One at a time for each thing that is the same for everybody: a list, an authority's certificate, the status of one
//! certificate.
//!
//! Who comes second waits, and then looks first whether what it wanted is there by now: five hundred log-ins at the
//! moment a list runs out are one download, and one reading of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::Fetcher;
use crate::pki::need::{Answer, FetchFailure, Need};

/// The queues of one fetcher.
#[derive(Debug, Default)]
pub struct Turns {
    queues: Mutex<HashMap<Vec<u8>, Arc<Queue>>>,
}

#[derive(Debug, Default)]
struct Queue {
    turn: Arc<tokio::sync::Mutex<()>>,
    record: Mutex<Record>,
}

/// What came of the turns so far.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    asked: u64,
    last_failed: bool,
}

impl Queue {
    fn record(&self) -> Record {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's turn. Held until what came was taken in, so that who waits finds it.
#[derive(Debug, Default)]
pub struct Turn {
    /// None where nobody queues.
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    queue: Arc<Queue>,
    asked_at_arrival: u64,
    waited: bool,
    _guard: OwnedMutexGuard<()>,
}

impl Turns {
    /// Waits until nobody else asks for what `need` asks for.
    pub async fn wait(&self, need: &Need) -> Turn {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            Arc::clone(queues.entry(need.sameness()).or_default())
        };
        let asked_at_arrival = queue.record().asked;
        let (guard, waited) = match Arc::clone(&queue.turn).try_lock_owned() {
            Ok(guard) => (guard, false),
            Err(_) => (Arc::clone(&queue.turn).lock_owned().await, true),
        };
        Turn {
            held: Some(Held {
                queue,
                asked_at_arrival,
                waited,
                _guard: guard,
            }),
        }
    }
}

impl Turn {
    /// Whether somebody else had it before, so that what is needed may be there by now.
    pub fn has_waited(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.waited)
    }

    /// Asks for `need`, unless somebody did in vain while this one waited.
    ///
    /// WHY a status is asked for again when somebody got one: a good answer is remembered and found before this. What
    /// is not found may say revoked, and then nobody may be sent to another source.
    pub async fn ask(&self, fetcher: &dyn Fetcher, need: &Need) -> Answer {
        let Some(held) = &self.held else {
            return fetcher.fetch(need).await;
        };
        let record = held.queue.record();
        let asked_meanwhile = record.asked > held.asked_at_arrival;
        if asked_meanwhile && (record.last_failed || need.body().is_none()) {
            return Err(FetchFailure::CircuitOpen);
        }
        let answer = fetcher.fetch(need).await;
        let mut record = held.queue.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.asked = record.asked.saturating_add(1);
        record.last_failed = answer.is_err();
        answer
    }
}
