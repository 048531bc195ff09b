//! The reader of this machine: its threads, the program that asks for PINs, and what is going on there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::card::pin::PinProgram;
use crate::card::readers::Readers;

/// This machine's readers, used for people who stand at it.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The readers.
    pub readers: Readers,
    /// Asks for PINs.
    pub pin_program: PinProgram,
    /// What is going on.
    pub running: Running,
}

impl Counter {
    /// The counter with these readers and this program.
    pub fn new(readers: Readers, pin_program: PinProgram) -> Self {
        Self {
            readers,
            pin_program,
            running: Running::default(),
        }
    }
}

/// Card actions that are going on, by what they are for, so that leaving the page closes the PIN window.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<BTreeMap<String, Arc<AtomicBool>>>>);

impl Running {
    /// Notes that an action for `what` begins; the flag turns true when it should stop.
    pub fn begin(&self, what: impl ToString) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        self.lock().insert(what.to_string(), Arc::clone(&flag));
        flag
    }

    /// Asks the action for `what` to stop, if there is one.
    pub fn stop(&self, what: impl ToString) {
        if let Some(flag) = self.lock().get(&what.to_string()) {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that the action for `what` ended.
    pub fn end(&self, what: impl ToString) {
        self.lock().remove(&what.to_string());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<AtomicBool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
