//! The promise of a job's result.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::card::error::CardError;

/// A job's result, when it comes. It always comes: a deadline stands behind every job.
#[derive(Debug)]
pub struct Ticket<T> {
    cell: Arc<Cell<T>>,
}

/// Where the result is put. The first one counts; the later ones of a thread that was given up are dropped.
#[derive(Debug)]
pub(super) struct Cell<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

/// What is called with the result.
type Callback<T> = Box<dyn FnOnce(Result<T, CardError>) + Send>;

enum State<T> {
    Waiting(Option<Callback<T>>),
    Ready(Result<T, CardError>),
    Taken,
}

impl<T> std::fmt::Debug for State<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Waiting(_) => "Waiting",
            Self::Ready(_) => "Ready",
            Self::Taken => "Taken",
        })
    }
}

impl<T: Send + 'static> Ticket<T> {
    pub(super) fn new() -> (Self, Arc<Cell<T>>) {
        let cell = Arc::new(Cell {
            state: Mutex::new(State::Waiting(None)),
            ready: Condvar::new(),
        });
        (
            Self {
                cell: Arc::clone(&cell),
            },
            cell,
        )
    }

    /// Waits for the result. Never on the threads of an async runtime: see [`Ticket::then`].
    ///
    /// # Errors
    /// What the job returned, or what kept it from running.
    pub fn wait(self) -> Result<T, CardError> {
        let state = self.cell.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |state: &mut State<T>| matches!(state, State::Waiting(_));
        let mut state = self
            .cell
            .ready
            .wait_while(state, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Taken) {
            State::Ready(result) => result,
            State::Waiting(_) | State::Taken => Err(CardError::Communication),
        }
    }

    /// Calls `done` with the result, in whichever thread it comes; at once when it is there already. `done` must
    /// be short: an async caller sends the result on.
    pub fn then(self, done: impl FnOnce(Result<T, CardError>) + Send + 'static) {
        let mut state = self.cell.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Taken) {
            State::Ready(result) => {
                drop(state);
                done(result);
            }
            State::Waiting(_) | State::Taken => *state = State::Waiting(Some(Box::new(done))),
        }
    }
}

impl<T> Cell<T> {
    pub(super) fn put(&self, result: Result<T, CardError>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Waiting(done) => {
                if let Some(done) = done.take() {
                    *state = State::Taken;
                    drop(state);
                    done(result);
                } else {
                    *state = State::Ready(result);
                    self.ready.notify_all();
                }
            }
            State::Ready(_) | State::Taken => {}
        }
    }
}
