//! Readers inside this process: the same face as PC/SC, with cards handed in as transports.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::card::error::CardError;
use crate::card::transport::{
    Connection, Disposition, MAX_CURES, Protocol, ReaderFacts, Step, Transport, TransportError,
};

use super::{CardPresence, Interrupt, Port, ReaderStatus, Service, Watch};

/// A card that readers of this process can hold.
type MemoryCard = Box<dyn Transport + Send>;

/// Readers of this process. Clones share.
#[derive(Clone, Default)]
pub struct MemoryReaders {
    world: Arc<World>,
}

#[derive(Default)]
struct World {
    state: Mutex<Readers>,
    changed: Condvar,
}

#[derive(Default)]
struct Readers {
    slots: BTreeMap<String, Slot>,
    version: u64,
    away: bool,
}

#[derive(Default)]
struct Slot {
    card: Option<Arc<Mutex<MemoryCard>>>,
    atr: Vec<u8>,
    changes: u32,
    /// Grows when another program resets the card.
    resets: u32,
}

impl MemoryReaders {
    /// No reader yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects an empty reader of this name.
    pub fn add(&self, reader: &str) {
        self.change(|state| {
            state.slots.entry(reader.to_owned()).or_default();
        });
    }

    /// Disconnects the reader.
    pub fn disconnect(&self, reader: &str) {
        self.change(|state| {
            state.slots.remove(reader);
        });
    }

    /// Puts `card` into the reader, connecting the reader when it is not there.
    pub fn insert(&self, reader: &str, card: impl Transport + Send + 'static) {
        let atr = card.atr();
        self.change(|state| {
            let slot = state.slots.entry(reader.to_owned()).or_default();
            slot.card = Some(Arc::new(Mutex::new(Box::new(card))));
            slot.atr = atr;
            slot.changes = slot.changes.saturating_add(1);
        });
    }

    /// Takes the card out.
    pub fn remove(&self, reader: &str) {
        self.change(|state| {
            if let Some(slot) = state.slots.get_mut(reader) {
                slot.card = None;
                slot.changes = slot.changes.saturating_add(1);
            }
        });
    }

    /// Does what another program does that resets the card between two transactions.
    pub fn reset_by_another_program(&self, reader: &str) {
        self.change(|state| {
            if let Some(slot) = state.slots.get_mut(reader) {
                slot.resets = slot.resets.saturating_add(1);
            }
        });
    }

    /// Stops the service, or starts it again.
    pub fn set_away(&self, away: bool) {
        self.change(|state| state.away = away);
    }

    fn change(&self, change: impl FnOnce(&mut Readers)) {
        let mut state = self.world.lock();
        change(&mut state);
        state.version = state.version.saturating_add(1);
        self.world.changed.notify_all();
    }
}

impl std::fmt::Debug for MemoryReaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.world.lock().slots.keys()).finish()
    }
}

impl World {
    fn lock(&self) -> MutexGuard<'_, Readers> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for MemoryReaders {
    fn watch(&self) -> Result<Box<dyn Watch>, CardError> {
        if self.world.lock().away {
            return Err(CardError::NoService);
        }
        Ok(Box::new(MemoryWatch {
            world: Arc::clone(&self.world),
            seen: None,
        }))
    }

    fn port(&self, reader: &str) -> Result<Box<dyn Port>, CardError> {
        Ok(Box::new(MemoryPort {
            world: Arc::clone(&self.world),
            reader: reader.to_owned(),
        }))
    }
}

struct MemoryWatch {
    world: Arc<World>,
    seen: Option<u64>,
}

impl Watch for MemoryWatch {
    fn next(&mut self, limit: Duration) -> Result<Vec<ReaderStatus>, CardError> {
        let state = self.world.lock();
        let same = |state: &mut Readers| Some(state.version) == self.seen;
        let (state, _) = self
            .world
            .changed
            .wait_timeout_while(state, limit, same)
            .unwrap_or_else(PoisonError::into_inner);
        self.seen = Some(state.version);
        if state.away {
            return Err(CardError::NoService);
        }
        Ok(state
            .slots
            .iter()
            .map(|(name, slot)| ReaderStatus {
                name: name.clone(),
                card: match &slot.card {
                    Some(_) => CardPresence::Present(slot.atr.clone()),
                    None => CardPresence::Absent,
                },
                changes: slot.changes,
                stuck: false,
            })
            .collect())
    }

    fn interrupt(&self) -> Interrupt {
        let world = Arc::clone(&self.world);
        Arc::new(move || {
            let mut state = world.lock();
            state.version = state.version.wrapping_add(1);
            world.changed.notify_all();
        })
    }
}

struct MemoryPort {
    world: Arc<World>,
    reader: String,
}

impl Port for MemoryPort {
    fn connect(&mut self) -> Result<Box<dyn Connection + '_>, CardError> {
        let state = self.world.lock();
        if state.away {
            return Err(CardError::NoService);
        }
        let slot = state.slots.get(&self.reader).ok_or(CardError::ReaderGone)?;
        let card = slot.card.as_ref().ok_or(CardError::CardMissing)?;
        Ok(Box::new(MemoryConnection {
            world: &self.world,
            reader: &self.reader,
            card: Arc::clone(card),
            changes: slot.changes,
            resets: slot.resets,
        }))
    }
}

struct MemoryConnection<'p> {
    world: &'p World,
    reader: &'p str,
    card: Arc<Mutex<MemoryCard>>,
    changes: u32,
    resets: u32,
}

impl MemoryConnection<'_> {
    /// Whether the card of this connection is still in its reader.
    fn check(world: &World, reader: &str, changes: u32) -> Result<(), TransportError> {
        let state = world.lock();
        match state.slots.get(reader) {
            _ if state.away => Err(TransportError::NoService),
            None => Err(TransportError::ReaderGone),
            Some(slot) if slot.changes != changes => Err(TransportError::CardRemoved),
            Some(_) => Ok(()),
        }
    }
}

impl Connection for MemoryConnection<'_> {
    fn run(&mut self, step: &mut dyn FnMut(&mut dyn Transport) -> Step) -> Result<(), CardError> {
        let mut cures = 0_u32;
        let mut card = self.card.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            Self::check(self.world, self.reader, self.changes)?;
            let resets = self
                .world
                .lock()
                .slots
                .get(self.reader)
                .map_or(0, |slot| slot.resets);
            if resets != self.resets {
                // What SCARD_W_RESET_CARD means: nothing that was selected or verified is left.
                self.resets = resets;
                card.reset()?;
            }
            let present = Present {
                world: self.world,
                reader: self.reader,
                changes: self.changes,
            };
            match step(&mut Checked {
                card: &mut card,
                present,
            }) {
                Step::Done(Disposition::Leave) => return Ok(()),
                Step::Done(Disposition::Reset) => return Ok(card.reset()?),
                Step::Again(error) if !error.is_curable() || cures >= MAX_CURES => return Err(error.into()),
                Step::Again(_) => {
                    card.reset()?;
                    cures = cures.saturating_add(1);
                }
            }
        }
    }
}

struct Present<'p> {
    world: &'p World,
    reader: &'p str,
    changes: u32,
}

/// A card that is gone as soon as it has left the reader, also in the middle of a command.
struct Checked<'p> {
    card: &'p mut MemoryCard,
    present: Present<'p>,
}

impl Checked<'_> {
    fn check(&self) -> Result<(), TransportError> {
        MemoryConnection::check(self.present.world, self.present.reader, self.present.changes)
    }
}

impl Transport for Checked<'_> {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.check()?;
        let answer = self.card.transmit(command)?;
        self.check()?;
        Ok(answer)
    }

    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.check()?;
        let answer = self.card.transmit_for_person(command)?;
        self.check()?;
        Ok(answer)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.check()?;
        self.card.reset()
    }

    fn reader(&self) -> ReaderFacts {
        let facts = self.card.reader();
        if facts.name.is_empty() {
            ReaderFacts {
                name: self.present.reader.to_owned(),
                ..facts
            }
        } else {
            facts
        }
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.check()?;
        let answer = self.card.control(code, input)?;
        self.check()?;
        Ok(answer)
    }

    fn protocol(&self) -> Protocol {
        self.card.protocol()
    }
}
