//! The readers of this computer: one watcher for all of them, one thread for each that is used.
//!
//! A thread owns its context, card and transaction; callers hand it a job with a deadline and get a [`Ticket`].
//! A mute card cannot be cancelled: its thread is given up, the reader marked stuck, and a new thread with a new
//! context serves the reader once that card is out. Readers are named, never counted: their order changes.
//!
//! Start from [`Readers`].

mod guard;
mod memory;
mod ticket;
mod watcher;
mod worker;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use crate::base::clock::Clock;

use super::error::CardError;
use super::transport::Connection;

pub use memory::MemoryReaders;
pub use ticket::Ticket;

/// A system of readers: PC/SC, or the in-process [`MemoryReaders`].
pub trait Service: Send + Sync {
    /// Begins to watch. Called in the watcher's thread, again after the service was lost.
    ///
    /// # Errors
    /// `NoService`, `AccessDenied`.
    fn watch(&self) -> Result<Box<dyn Watch>, CardError>;

    /// A port to one reader, with its own context. Called in that reader's thread.
    ///
    /// # Errors
    /// As [`Service::watch`].
    fn port(&self, reader: &str) -> Result<Box<dyn Port>, CardError>;
}

/// Sees readers and cards come and go.
pub trait Watch {
    /// Waits until something changed, or for `limit`, and returns all readers as they are.
    ///
    /// # Errors
    /// When the service is lost; the watcher then begins anew.
    fn next(&mut self, limit: Duration) -> Result<Vec<ReaderStatus>, CardError>;

    /// What ends a wait of [`Self::next`] that goes on in another thread; called again until it has.
    fn interrupt(&self) -> Interrupt;
}

/// Ends a wait.
pub type Interrupt = Arc<dyn Fn() + Send + Sync>;

/// Connects to the card in one reader.
pub trait Port {
    /// Connects to the card that is in the reader now. The connection ends with that card. A port outlives the
    /// service: when that went away and came back, this opens a new context.
    ///
    /// # Errors
    /// `CardMissing`, `CardMute`, `CardBusy`, `ReaderGone`, `NoService`.
    fn connect(&mut self) -> Result<Box<dyn Connection + '_>, CardError>;
}

/// A reader as it is seen now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderStatus {
    /// The name by which jobs are submitted.
    pub name: String,
    /// What is in it.
    pub card: CardPresence,
    /// Grows with each insertion and removal, where the service counts them.
    pub changes: u32,
    /// Whether a job was given up on a mute card that is still there.
    pub stuck: bool,
}

/// What is in a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardPresence {
    /// Nothing.
    Absent,
    /// A card that does not answer its reset, or lies the wrong way round.
    Mute,
    /// A card with this answer to reset.
    Present(Vec<u8>),
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A card came into this reader; its answer to reset.
    CardInserted(String, Vec<u8>),
    /// The card left this reader.
    CardRemoved(String),
    /// A reader was connected.
    ReaderAdded(String),
    /// The mute card of this reader is gone, or has answered after all.
    ReaderFreed(String),
    /// A reader was disconnected.
    ReaderRemoved(String),
    /// A job was given up on a mute card in this reader.
    ReaderStuck(String),
    /// The service is back.
    ServiceBack,
    /// The service is away, for this cause.
    ServiceLost(CardError),
}

/// How readers are watched and jobs bounded.
#[derive(Clone, Debug)]
pub struct Options {
    /// Readers whose name contains one of these are left alone.
    pub skip: Vec<String>,
    /// How long one command may take before the card counts as mute.
    pub command_limit: Duration,
    /// How long another program may keep the card.
    pub busy_limit: Duration,
    /// How long a person may take at the reader's keypad; the reader itself gives up sooner.
    pub entry_limit: Duration,
    /// How long to wait between two attempts to reach a service that is away.
    pub retry: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // A virtual reader that blocks or never answers. Source: reference §3.2.
            skip: vec!["Windows Hello for Business".to_owned()],
            command_limit: Duration::from_secs(10),
            busy_limit: Duration::from_secs(10),
            // Three entries of 60 seconds to change a PIN.
            entry_limit: Duration::from_secs(200),
            retry: Duration::from_millis(500),
        }
    }
}

/// How long [`Readers::start`] waits for the first sight of the readers.
const FIRST_SIGHT: Duration = Duration::from_secs(3);

/// How long the last [`Readers`] to go waits for the threads. One that is with a mute card does not end by itself.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The readers of this computer. Clones share; the last one to go ends the threads, and waits for them: the library of
/// the smart card service ends with the process, and no thread may be inside it then.
#[derive(Clone)]
pub struct Readers {
    core: Arc<Core>,
}

struct Core {
    shared: Arc<Shared>,
}

/// What the threads share.
struct Shared {
    service: Arc<dyn Service>,
    options: Options,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// `None` until the first sight.
    service: Option<Result<(), CardError>>,
    slots: BTreeMap<String, Slot>,
    listeners: Vec<Sender<Event>>,
    jobs: Vec<Arc<worker::Progress>>,
    workers: u64,
    /// The threads that may be inside the service.
    threads: Vec<ThreadId>,
    /// Ends the watcher's wait, while it watches.
    interrupt: Option<Interrupt>,
    stopping: bool,
}

struct Slot {
    status: ReaderStatus,
    worker: Option<worker::Handle>,
    /// The worker that was given up, while it is.
    given_up: Option<u64>,
}

impl Readers {
    /// Watches the readers of `service`. Returns when they were seen once, or could not be.
    ///
    /// A service that is away is no error: it is waited for, and jobs end in `NoService` meanwhile.
    ///
    /// # Errors
    /// `NoService` when threads cannot be started.
    pub fn start(
        service: Arc<dyn Service>,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CardError> {
        let shared = Arc::new(Shared {
            service,
            options,
            clock,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let guard: fn(&Shared) = guard::run;
        // Ends the threads started so far when a further one cannot be.
        let core = Arc::new(Core {
            shared: Arc::clone(&shared),
        });
        for (name, run) in [("card-guard", guard), ("card-watcher", watcher::run)] {
            let inside = Arc::clone(&shared);
            let mut state = shared.lock();
            let thread = std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || run(&inside))
                .map_err(|_| CardError::NoService)?;
            state.threads.push(thread.thread().id());
        }
        let state = shared.lock();
        let seen = shared
            .changed
            .wait_timeout_while(state, FIRST_SIGHT, |state| state.service.is_none());
        drop(seen);
        Ok(Self { core })
    }

    /// The readers of this computer's smart card service. `PCSCLITE_CSOCK_NAME` in the environment names the
    /// socket of another one.
    ///
    /// # Errors
    /// As [`Readers::start`]; `NoService` in a build without readers.
    #[cfg(not(feature = "pcsc"))]
    pub fn pcsc(_: Options, _: Arc<dyn Clock>) -> Result<Self, CardError> {
        Err(CardError::NoService)
    }

    /// The readers of this computer's smart card service. `PCSCLITE_CSOCK_NAME` in the environment names the
    /// socket of another one.
    ///
    /// # Errors
    /// As [`Readers::start`].
    #[cfg(feature = "pcsc")]
    pub fn pcsc(options: Options, clock: Arc<dyn Clock>) -> Result<Self, CardError> {
        let service = Arc::new(super::pcsc::PcscService::new(options.skip.clone()));
        Self::start(service, options, clock)
    }

    /// The readers as they were last seen, by name.
    ///
    /// # Errors
    /// Why they cannot be seen: `NoService`, `AccessDenied`.
    pub fn list(&self) -> Result<Vec<ReaderStatus>, CardError> {
        let state = self.core.shared.lock();
        match &state.service {
            Some(Err(error)) => Err(error.clone()),
            None => Err(CardError::NoService),
            Some(Ok(())) => Ok(state.slots.values().map(Slot::status).collect()),
        }
    }

    /// What happens from now on. Ends when the last [`Readers`] goes.
    pub fn events(&self) -> Receiver<Event> {
        let (sender, receiver) = channel();
        self.core.shared.lock().listeners.push(sender);
        receiver
    }

    /// The reader to use: the one named, or the only one with a card.
    ///
    /// # Errors
    /// `ReaderUnknown`; without a name `NoReader`, `CardMissing` or `SeveralCards`.
    pub fn choose(&self, name: Option<&str>) -> Result<String, CardError> {
        let readers = self.list()?;
        if let Some(name) = name {
            return match readers.into_iter().find(|reader| reader.name == name) {
                Some(reader) => Ok(reader.name),
                None => Err(CardError::ReaderUnknown(name.to_owned())),
            };
        }
        if readers.is_empty() {
            return Err(CardError::NoReader);
        }
        let mut present = readers
            .into_iter()
            .filter(|reader| reader.card != CardPresence::Absent);
        match (present.next(), present.next()) {
            (Some(reader), None) => Ok(reader.name),
            (None, _) => Err(CardError::CardMissing),
            (Some(_), Some(_)) => Err(CardError::SeveralCards),
        }
    }

    /// Runs `job` in the thread of `reader`, after the jobs that wait there already.
    ///
    /// `deadline`: counted from now, the wait included. When it passes the ticket ends in `Deadline`, or in what
    /// kept the job: `CardMute`, `CardBusy`.
    ///
    /// Whatever goes wrong comes out of the ticket: `ReaderUnknown`, `ReaderStuck`, `CardMissing`, `NoService`,
    /// and what the job returns.
    pub fn submit<T: Send + 'static>(
        &self,
        reader: &str,
        deadline: Duration,
        job: impl FnOnce(&mut dyn Connection) -> Result<T, CardError> + Send + 'static,
    ) -> Ticket<T> {
        worker::submit(&self.core.shared, reader, deadline, job)
    }
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Readers").field(&self.list()).finish()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        self.shared.changed.notify_all();
        // A callback in one of the threads may hold the last: it cannot wait for itself.
        let own = std::thread::current().id();
        let is_waited_for = |state: &mut State| state.threads.iter().any(|thread| *thread != own);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, LAST_WAIT, is_waited_for);
        drop(waited);
    }
}

/// Held by a thread that may be inside the service; whoever starts one puts it on the list.
struct Inside<'a>(&'a Shared);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.lock().ended();
        self.0.changed.notify_all();
    }
}

impl Shared {
    /// The state; a thread that panicked while holding it left it whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The thread that says so is no longer inside the service.
    fn ended(&mut self) {
        let own = std::thread::current().id();
        self.threads.retain(|thread| *thread != own);
    }

    fn tell(&mut self, event: &Event) {
        self.listeners
            .retain(|listener| listener.send(event.clone()).is_ok());
    }
}

impl Slot {
    fn status(&self) -> ReaderStatus {
        ReaderStatus {
            stuck: self.given_up.is_some(),
            ..self.status.clone()
        }
    }
}

#[cfg(test)]
mod tests;
