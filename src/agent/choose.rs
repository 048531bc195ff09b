//! Which card: the one that is there, the one a certificate names, or the one the person chooses. Waits for a card.

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::Clock;
use crate::card::CardError;
use crate::card::family::Purpose;
use crate::card::readers::{CardPresence, ReaderStatus, Readers};

use super::card::Opened;
use super::certificate;
use super::problem::Problem;
use super::window::{Missing, Windows};

/// Readers and windows of one command.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) readers: Readers,
    pub(super) windows: Windows,
    pub(super) clock: Arc<dyn Clock>,
}

/// A card that was found.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Its reader, as it was seen then.
    pub(super) reader: ReaderStatus,
    /// The certificate that card must have; none where it is the only card and was not read yet.
    pub(super) certificate: Option<Vec<u8>>,
}

/// How long reading a certificate may take.
const READ_LIMIT: Duration = Duration::from_secs(20);

impl Desk {
    /// Finds the card for one act, and waits for it in a window while there is none.
    ///
    /// `wanted`: DER of the certificate that the card must have.
    pub(super) fn choose(&self, purpose: Purpose, wanted: Option<&[u8]>) -> Result<Chosen, Problem> {
        let give_up = self.clock.monotonic().saturating_add(self.windows.limit);
        loop {
            if self.windows.is_stopped() {
                return Err(CardError::PinCancelled.into());
            }
            if self.clock.monotonic() >= give_up {
                return Err(CardError::PinTimeout.into());
            }
            let present = match self.seen() {
                Ok(present) => present,
                Err(Hindrance::Error(error)) => return Err(error.into()),
                Err(Hindrance::Missing(missing)) => {
                    let changed = || {
                        self.clock.monotonic() >= give_up
                            || !matches!(self.seen(), Err(Hindrance::Missing(now)) if now == missing)
                    };
                    self.windows.wait(missing, &changed)?;
                    continue;
                }
            };
            if let [only] = present.as_slice() {
                return Ok(Chosen {
                    reader: only.clone(),
                    certificate: wanted.map(<[u8]>::to_vec),
                });
            }
            if let Some(chosen) = self.among(&present, purpose, wanted)? {
                return Ok(chosen);
            }
        }
    }

    /// The readers with a card that answers.
    fn seen(&self) -> Result<Vec<ReaderStatus>, Hindrance> {
        let readers = match self.readers.list() {
            Ok(readers) => readers,
            Err(CardError::NoService) => return Err(Hindrance::Missing(Missing::Service)),
            Err(error) => return Err(Hindrance::Error(error)),
        };
        if readers.is_empty() {
            return Err(Hindrance::Missing(Missing::Reader));
        }
        let is_mute = |reader: &ReaderStatus| reader.card == CardPresence::Mute || reader.stuck;
        let any_mute = readers.iter().any(is_mute);
        let present: Vec<ReaderStatus> = readers
            .into_iter()
            .filter(|reader| matches!(reader.card, CardPresence::Present(_)) && !reader.stuck)
            .collect();
        match (present.is_empty(), any_mute) {
            (false, _) => Ok(present),
            (true, true) => Err(Hindrance::Missing(Missing::Response)),
            (true, false) => Err(Hindrance::Missing(Missing::Card)),
        }
    }

    /// One of several cards; `None` when they changed meanwhile.
    fn among(
        &self,
        present: &[ReaderStatus],
        purpose: Purpose,
        wanted: Option<&[u8]>,
    ) -> Result<Option<Chosen>, Problem> {
        let mut usable = Vec::new();
        let mut hindrance = None;
        for reader in present {
            let read = self.readers.submit(&reader.name, READ_LIMIT, move |connection| {
                Opened::open(connection, purpose).map(|opened| opened.der)
            });
            match read.wait() {
                Ok(der) => usable.push((reader, der)),
                Err(CardError::CardMissing | CardError::CardRemoved | CardError::ReaderGone) => {
                    return Ok(None);
                }
                Err(error) => hindrance = Some(error),
            }
        }
        if let Some(wanted) = wanted {
            let found = usable.iter().find(|(_, der)| der.as_slice() == wanted);
            let found = found.map(|(reader, der)| chosen(reader, der));
            return found.map(Some).ok_or_else(Problem::other_card);
        }
        match usable.as_slice() {
            [] => Err(hindrance.unwrap_or(CardError::CardMissing).into()),
            [(reader, der)] => Ok(Some(chosen(reader, der))),
            several => {
                for (reader, der) in several {
                    let holder = certificate::parse(der).map(|found| found.holder);
                    let moved = || self.is_gone(reader);
                    let taken = self.windows.choose(&holder.unwrap_or_default(), &moved);
                    match taken {
                        Err(CardError::PinCancelled) if moved() => return Ok(None),
                        Ok(true) => return Ok(Some(chosen(reader, der))),
                        Ok(false) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(CardError::PinCancelled.into())
            }
        }
    }

    /// Whether the card that was seen in this reader has left it.
    pub(super) fn is_gone(&self, seen: &ReaderStatus) -> bool {
        let now = self
            .readers
            .list()
            .ok()
            .and_then(|readers| readers.into_iter().find(|reader| reader.name == seen.name));
        now.is_none_or(|now| now.card == CardPresence::Absent || now.changes != seen.changes)
    }
}

fn chosen(reader: &ReaderStatus, der: &[u8]) -> Chosen {
    Chosen {
        reader: reader.clone(),
        certificate: Some(der.to_vec()),
    }
}

/// Why there is no card.
enum Hindrance {
    Error(CardError),
    Missing(Missing),
}
