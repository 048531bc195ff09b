//! The thread of one reader, and the jobs it runs.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::Clock;
use crate::card::error::CardError;
use crate::card::pad;
use crate::card::transport::{Connection, Protocol, ReaderFacts, Step, Transport, TransportError};

use super::ticket::{Cell, Ticket};
use super::{CardPresence, Event, Port, Shared, Slot};

/// The way to a worker.
pub(super) struct Handle {
    pub(super) id: u64,
    queue: Sender<Job>,
}

struct Job {
    progress: Arc<Progress>,
    run: Run,
}

/// A job with its types taken away.
type Run = Box<dyn FnOnce(Result<&mut dyn Connection, CardError>) -> Completion + Send>;

/// Hands out the result, after the connection was let go.
type Completion = Box<dyn FnOnce()>;

/// Where a job's thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Behind other jobs.
    Queued,
    /// In the service, which waits for another program's transaction or for a card to be powered.
    Waiting,
    /// In the job's own code.
    Working,
    /// In one command.
    Transmitting,
    /// At the reader's keypad, where a person types.
    Entering,
    /// Done.
    Finished,
}

/// How far a job is, for the guard.
pub(super) struct Progress {
    pub(super) reader: String,
    pub(super) worker: u64,
    /// On the clock's monotonic time.
    pub(super) deadline_at: Duration,
    phase: AtomicU8,
    since_micros: AtomicU64,
    abandoned: AtomicBool,
    clock: Arc<dyn Clock>,
    fail: Mutex<Option<Fail>>,
}

/// Ends a job for its caller.
type Fail = Box<dyn FnOnce(CardError) + Send>;

impl Progress {
    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Queued,
            1 => Phase::Waiting,
            2 => Phase::Working,
            3 => Phase::Transmitting,
            4 => Phase::Entering,
            _ => Phase::Finished,
        }
    }

    /// When the phase began, on the clock's monotonic time.
    pub(super) fn since(&self) -> Duration {
        Duration::from_micros(self.since_micros.load(Ordering::SeqCst))
    }

    fn enter(&self, phase: Phase) {
        let micros = u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX);
        self.since_micros.store(micros, Ordering::SeqCst);
        let number = match phase {
            Phase::Queued => 0,
            Phase::Waiting => 1,
            Phase::Working => 2,
            Phase::Transmitting => 3,
            Phase::Entering => 4,
            Phase::Finished => 5,
        };
        self.phase.store(number, Ordering::SeqCst);
    }

    /// Ends the job for its caller. Its thread is told to stop at its next command.
    pub(super) fn give_up(&self, error: CardError) {
        self.abandoned.store(true, Ordering::SeqCst);
        let fail = self.fail.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(fail) = fail {
            fail(error);
        }
    }

    fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::SeqCst)
    }
}

pub(super) fn submit<T: Send + 'static>(
    shared: &Arc<Shared>,
    reader: &str,
    deadline: Duration,
    job: impl FnOnce(&mut dyn Connection) -> Result<T, CardError> + Send + 'static,
) -> Ticket<T> {
    let (ticket, cell) = Ticket::new();
    if let Err(error) = enqueue(shared, reader, deadline, Arc::clone(&cell), job) {
        cell.put(Err(error));
    }
    ticket
}

fn enqueue<T: Send + 'static>(
    shared: &Arc<Shared>,
    reader: &str,
    deadline: Duration,
    cell: Arc<Cell<T>>,
    job: impl FnOnce(&mut dyn Connection) -> Result<T, CardError> + Send + 'static,
) -> Result<(), CardError> {
    let mut state = shared.lock();
    match &state.service {
        Some(Ok(())) => {}
        Some(Err(error)) => return Err(error.clone()),
        None => return Err(CardError::NoService),
    }
    let next = state.workers.saturating_add(1);
    let slot = state
        .slots
        .get_mut(reader)
        .ok_or_else(|| CardError::ReaderUnknown(reader.to_owned()))?;
    if slot.given_up.is_some() {
        return Err(CardError::ReaderStuck);
    }
    let mut started = None;
    let id = slot.worker.as_ref().map_or(next, |worker| worker.id);
    let progress = Arc::new(Progress {
        reader: reader.to_owned(),
        worker: id,
        deadline_at: shared.clock.monotonic().saturating_add(deadline),
        phase: AtomicU8::new(0),
        since_micros: AtomicU64::new(0),
        abandoned: AtomicBool::new(false),
        clock: Arc::clone(&shared.clock),
        fail: Mutex::new(Some(Box::new({
            let cell = Arc::clone(&cell);
            move |error| cell.put(Err(error))
        }))),
    });
    progress.enter(Phase::Queued);
    let job = Job {
        progress: Arc::clone(&progress),
        run: Box::new(move |connection| {
            let result = connection.and_then(job);
            Box::new(move || cell.put(result))
        }),
    };
    if let Some(worker) = &slot.worker {
        worker.queue.send(job).map_err(|_| CardError::ReaderStuck)?;
    } else {
        let (queue, jobs) = channel();
        queue.send(job).map_err(|_| CardError::ReaderStuck)?;
        slot.worker = Some(Handle { id, queue });
        started = Some(jobs);
    }
    state.jobs.push(progress);
    if let Some(jobs) = started {
        state.workers = next;
        let thread = Worker {
            shared: Arc::clone(shared),
            reader: reader.to_owned(),
            id,
        };
        let spawned = std::thread::Builder::new()
            .name(format!("card {reader}"))
            .spawn(move || thread.run(&jobs));
        if let Ok(thread) = &spawned {
            state.threads.push(thread.thread().id());
        } else {
            state.jobs.retain(|job| job.worker != id);
            if let Some(slot) = state.slots.get_mut(reader) {
                slot.worker = None;
            }
            return Err(CardError::NoService);
        }
    }
    drop(state);
    shared.changed.notify_all();
    Ok(())
}

/// The thread of one reader. When it ends, however it ends, the reader is free again.
struct Worker {
    shared: Arc<Shared>,
    reader: String,
    id: u64,
}

impl Worker {
    fn run(self, jobs: &Receiver<Job>) {
        let mut port: Option<Box<dyn Port>> = None;
        while let Ok(job) = jobs.recv() {
            if job.progress.is_abandoned() {
                job.progress.enter(Phase::Finished);
                continue;
            }
            job.progress.enter(Phase::Waiting);
            self.serve(&mut port, job);
        }
    }

    fn serve(&self, port: &mut Option<Box<dyn Port>>, job: Job) {
        let progress = Finish(job.progress);
        if port.is_none() {
            match self.shared.service.port(&self.reader) {
                Ok(opened) => *port = Some(opened),
                Err(error) => return (job.run)(Err(error))(),
            }
        }
        let Some(port) = port else { return };
        let completion = match port.connect() {
            Ok(connection) => {
                progress.0.enter(Phase::Working);
                let mut watched = Watched {
                    inner: connection,
                    progress: &progress.0,
                };
                let completion = (job.run)(Ok(&mut watched));
                // Letting go of the card may wait for it as well.
                progress.0.enter(Phase::Transmitting);
                drop(watched);
                completion
            }
            Err(error) => (job.run)(Err(error)),
        };
        completion();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        // Its port is gone already, and with it its context.
        state.ended();
        self.shared.changed.notify_all();
        // What came into the queue while a job panicked would wait for its deadline.
        let left: Vec<_> = state
            .jobs
            .extract_if(.., |job| job.worker == self.id && job.phase() == Phase::Queued)
            .collect();
        if let Some(slot) = state.slots.get_mut(&self.reader) {
            if slot.worker.as_ref().is_some_and(|worker| worker.id == self.id) {
                slot.worker = None;
            }
            if slot.given_up == Some(self.id) {
                slot.given_up = None;
                let event = Event::ReaderFreed(self.reader.clone());
                state.tell(&event);
            }
        }
        drop(state);
        for job in left {
            job.give_up(CardError::Communication);
        }
    }
}

/// Marks a job finished, also when it panicked; its caller gets an answer then too.
struct Finish(Arc<Progress>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.enter(Phase::Finished);
        if std::thread::panicking() {
            self.0.give_up(CardError::Communication);
        }
    }
}

/// A connection that tells the guard where it is, and stops at the next command once the job was given up.
struct Watched<'p, 'c> {
    inner: Box<dyn Connection + 'c>,
    progress: &'p Progress,
}

impl Connection for Watched<'_, '_> {
    fn run(&mut self, step: &mut dyn FnMut(&mut dyn Transport) -> Step) -> Result<(), CardError> {
        let progress = self.progress;
        progress.enter(Phase::Waiting);
        let result = self.inner.run(&mut |transport| {
            progress.enter(Phase::Working);
            let step = step(&mut WatchedTransport {
                inner: transport,
                progress,
            });
            progress.enter(Phase::Waiting);
            step
        });
        progress.enter(Phase::Working);
        result
    }
}

struct WatchedTransport<'t> {
    inner: &'t mut dyn Transport,
    progress: &'t Progress,
}

impl WatchedTransport<'_> {
    fn watched<T>(
        &mut self,
        phase: Phase,
        call: impl FnOnce(&mut dyn Transport) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        if self.progress.is_abandoned() {
            return Err(TransportError::CardMute);
        }
        self.progress.enter(phase);
        let result = call(self.inner);
        self.progress.enter(Phase::Working);
        result
    }
}

impl Transport for WatchedTransport<'_> {
    fn atr(&self) -> Vec<u8> {
        self.inner.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let phase = if pad::is_entry(command) {
            Phase::Entering
        } else {
            Phase::Transmitting
        };
        self.watched(phase, |transport| transport.transmit(command))
    }

    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.watched(Phase::Entering, |transport| {
            transport.transmit_for_person(command)
        })
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.watched(Phase::Transmitting, |transport| transport.reset())
    }

    fn reader(&self) -> ReaderFacts {
        self.inner.reader()
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        // Whatever is not the question for the features makes a person type.
        let phase = if code == pad::FEATURE_REQUEST {
            Phase::Transmitting
        } else {
            Phase::Entering
        };
        self.watched(phase, |transport| transport.control(code, input))
    }

    fn pause(&mut self, time: Duration) {
        self.inner.pause(time);
    }

    fn protocol(&self) -> Protocol {
        self.inner.protocol()
    }
}

impl Slot {
    /// Lets the thread go: it ends by itself once the card lets it.
    pub(super) fn give_up_worker(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.given_up = Some(worker.id);
        }
    }

    /// Whether the card that made the reader stuck has left it.
    pub(super) fn is_freed_by(&self, card: &CardPresence, changes: u32) -> bool {
        self.given_up.is_some() && (*card == CardPresence::Absent || changes != self.status.changes)
    }
}
