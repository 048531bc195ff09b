//! The card host: the process inside the namespaces that runs the reader daemon and plays the cards.
//!
//! It reads one JSON request a line from stdin, answers one a line on stdout, and ends with its input.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::LabError;
use super::card::{AnyCard, Fault, Traffic};
use super::namespace;
use super::reader::{Daemon, ReaderFolder, port, reader_name};
use super::vpcd::{InsertedCard, Observer, SharedCard};

/// What the card host is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CardRequest {
    /// Put a card into a reader: the named one, or the first free one.
    Insert {
        /// Which card.
        card: String,
        /// Reader number, from 0.
        reader: Option<usize>,
    },
    /// Take a card out.
    Remove {
        /// Which card.
        card: String,
    },
    /// Give a card a fault.
    Fault {
        /// Which card.
        card: String,
        /// What goes wrong and when.
        fault: Fault,
    },
    /// Take all faults of a card away.
    ClearFaults {
        /// Which card.
        card: String,
    },
    /// Set PIN and tries of a card.
    Pin {
        /// Which card.
        card: String,
        /// The new PIN, when it is to change.
        pin: Option<String>,
        /// Tries left, 0 to 3.
        tries_left: Option<u8>,
    },
    /// Have another program reset a card now.
    Reset {
        /// Which card.
        card: String,
    },
    /// Connect the readers again, or disconnect them all with the cards in them.
    Readers {
        /// Whether there are readers from now on.
        connected: bool,
    },
    /// What every card is doing.
    List,
}

/// What a card is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardState {
    /// Its name.
    pub card: String,
    /// The reader it is in, as clients see it.
    pub reader: Option<String>,
    /// PIN tries left.
    pub tries_left: u8,
    /// Its PIN: specimens have no secrets.
    pub pin: String,
    /// Faults still to come.
    pub faults: Vec<Fault>,
    /// How much it was used.
    pub traffic: Traffic,
    /// Whether it is the one that answered last.
    pub used_last: bool,
}

/// What the card host answers: the state of the cards asked about, or why not.
pub type CardAnswer = Result<Vec<CardState>, String>;

/// How the card host is started.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// The laboratory's folder.
    pub folder: PathBuf,
    /// How many readers.
    pub readers: usize,
    /// The reader daemon.
    pub pcscd: PathBuf,
    /// The virtual reader's driver.
    pub driver: PathBuf,
    /// The namespaces of whoever starts it.
    pub outside: String,
}

/// Runs the card host until its input ends. The first line it writes is the answer to the start.
///
/// # Errors
/// When the daemon cannot be started; it is also written as that first line.
pub fn run(settings: &HostSettings, input: impl BufRead, mut output: impl Write) -> Result<(), LabError> {
    let started = Host::start(settings);
    let greeting: CardAnswer = match &started {
        Ok(_) => Ok(Vec::new()),
        Err(error) => Err(with_causes(error)),
    };
    answer(&mut output, &greeting)?;
    let mut host = started?;
    for line in input.lines() {
        let Ok(line) = line else { break };
        let said: CardAnswer = serde_json::from_str(&line)
            .map_err(|error| error.to_string())
            .and_then(|request| host.handle(request).map_err(|error| with_causes(&error)));
        answer(&mut output, &said)?;
    }
    Ok(())
}

fn answer(output: &mut impl Write, answer: &CardAnswer) -> Result<(), LabError> {
    let text = serde_json::to_string(answer).map_err(|_| LabError::Malformed("answer".to_owned()))?;
    writeln!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(|error| LabError::Reader(format!("card host output: {error}")))
}

/// An error and its causes in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

struct Host {
    folder: PathBuf,
    settings: HostSettings,
    cards: BTreeMap<String, SharedCard>,
    inserted: BTreeMap<usize, (String, InsertedCard)>,
    last: Arc<Mutex<Option<String>>>,
    connected: bool,
    // Last, so that cards leave before the daemon does.
    daemon: Option<Daemon>,
}

impl Host {
    fn start(settings: &HostSettings) -> Result<Self, LabError> {
        let folder = ReaderFolder::in_lab(&settings.folder);
        folder.prepare(&settings.driver, settings.readers)?;
        namespace::settle(&settings.outside, &folder.run(), &folder.empty())?;
        let daemon = Daemon::start(&settings.pcscd, &folder)?;
        Ok(Self {
            folder: settings.folder.join("cards"),
            settings: settings.clone(),
            cards: BTreeMap::new(),
            inserted: BTreeMap::new(),
            last: Arc::default(),
            connected: true,
            daemon: Some(daemon),
        })
    }

    fn handle(&mut self, request: CardRequest) -> Result<Vec<CardState>, LabError> {
        self.inserted.retain(|_, (_, card)| card.is_in());
        match request {
            CardRequest::Readers { connected } => {
                self.connect_readers(connected)?;
                self.handle(CardRequest::List)
            }
            CardRequest::List => {
                for name in card_names(&self.folder)? {
                    self.card(&name)?;
                }
                Ok(self.cards.keys().map(|name| self.state(name)).collect())
            }
            CardRequest::Insert { card, reader } => {
                self.insert(&card, reader)?;
                Ok(vec![self.state(&card)])
            }
            CardRequest::Remove { card } => {
                let number = self.reader_of(&card).ok_or_else(|| not_inserted(&card))?;
                self.inserted.remove(&number);
                Ok(vec![self.state(&card)])
            }
            CardRequest::Fault { card, fault } => {
                lock(self.card(&card)?.as_ref()).add_fault(fault);
                Ok(vec![self.state(&card)])
            }
            CardRequest::ClearFaults { card } => {
                lock(self.card(&card)?.as_ref()).clear_faults();
                Ok(vec![self.state(&card)])
            }
            CardRequest::Pin {
                card,
                pin,
                tries_left,
            } => {
                let shared = self.card(&card)?;
                {
                    let mut held = lock(&shared);
                    if let Some(pin) = pin {
                        held.set_pin(pin)?;
                    }
                    if let Some(left) = tries_left {
                        held.set_tries_left(left);
                    }
                    held.save(&image_path(&self.folder, &card))?;
                }
                Ok(vec![self.state(&card)])
            }
            CardRequest::Reset { card } => {
                let number = self.reader_of(&card).ok_or_else(|| not_inserted(&card))?;
                // WHY: it waits for a running transaction, which may wait for a PIN, which is asked through here.
                reset_soon(&reader_name(number));
                Ok(vec![self.state(&card)])
            }
        }
    }

    /// The driver's readers cannot leave a running daemon, so that begins anew with or without them.
    fn connect_readers(&mut self, connected: bool) -> Result<(), LabError> {
        if self.connected == connected {
            return Ok(());
        }
        self.inserted.clear();
        self.daemon = None;
        let folder = ReaderFolder::in_lab(&self.settings.folder);
        folder.configure(if connected { self.settings.readers } else { 0 })?;
        self.daemon = Some(Daemon::start(&self.settings.pcscd, &folder)?);
        self.connected = connected;
        Ok(())
    }

    fn insert(&mut self, name: &str, reader: Option<usize>) -> Result<(), LabError> {
        if !self.connected {
            return Err(LabError::Refused("the readers are disconnected"));
        }
        if self.reader_of(name).is_some() {
            return Err(LabError::Refused("the card is in a reader already"));
        }
        let number = match reader {
            Some(number) if number >= self.settings.readers => {
                return Err(LabError::Unknown {
                    what: "reader",
                    name: number.to_string(),
                });
            }
            Some(number) if self.inserted.contains_key(&number) => {
                return Err(LabError::Refused("there is another card in that reader"));
            }
            Some(number) => number,
            None => (0..self.settings.readers)
                .find(|number| !self.inserted.contains_key(number))
                .ok_or(LabError::Refused("every reader has a card"))?,
        };
        let card = self.card(name)?;
        let watcher = Watcher {
            name: name.to_owned(),
            reader: reader_name(number),
            path: image_path(&self.folder, name),
            card: Arc::downgrade(&card),
            last: Arc::clone(&self.last),
        };
        let inserted = InsertedCard::insert(card, port(number), Arc::new(watcher))?;
        self.inserted.insert(number, (name.to_owned(), inserted));
        Ok(())
    }

    fn reader_of(&self, card: &str) -> Option<usize> {
        self.inserted
            .iter()
            .find(|(_, (name, _))| name == card)
            .map(|(number, _)| *number)
    }

    fn card(&mut self, name: &str) -> Result<SharedCard, LabError> {
        if let Some(card) = self.cards.get(name) {
            return Ok(Arc::clone(card));
        }
        let unknown = || LabError::Unknown {
            what: "card",
            name: name.to_owned(),
        };
        let plain = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let path = image_path(&self.folder, name);
        if !plain || !path.is_file() {
            return Err(unknown());
        }
        let mut card = AnyCard::load(&self.folder, name)?;
        card.set_present(false);
        let card = Arc::new(Mutex::new(card));
        self.cards.insert(name.to_owned(), Arc::clone(&card));
        Ok(card)
    }

    fn state(&self, name: &str) -> CardState {
        let reader = self.reader_of(name).map(reader_name);
        let used_last = lock(&self.last).as_deref() == Some(name);
        let card = self.cards.get(name).map(|card| lock(card));
        CardState {
            card: name.to_owned(),
            reader,
            tries_left: card.as_ref().map_or(0, |card| card.tries_left()),
            pin: card
                .as_ref()
                .map_or_else(String::new, |card| card.pin().to_owned()),
            faults: card.as_ref().map_or_else(Vec::new, |card| card.faults().to_vec()),
            traffic: card.as_ref().map_or_else(Traffic::default, |card| card.traffic()),
            used_last,
        }
    }
}

fn not_inserted(card: &str) -> LabError {
    LabError::Unknown {
        what: "inserted card",
        name: card.to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the image of the card `name` stands.
pub(super) fn image_path(cards: &Path, name: &str) -> PathBuf {
    cards.join(format!("{name}.json"))
}

/// Names of the cards in a folder, in order.
pub(super) fn card_names(cards: &Path) -> Result<Vec<String>, LabError> {
    let mut names: Vec<String> = std::fs::read_dir(cards)
        .map_err(LabError::io(cards))?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_suffix(".json")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    Ok(names)
}

/// Keeps a card's lasting state in its file, notes which card was used last, and resets it when it asks for that.
struct Watcher {
    name: String,
    reader: String,
    path: PathBuf,
    card: std::sync::Weak<Mutex<AnyCard>>,
    last: Arc<Mutex<Option<String>>>,
}

impl Observer for Watcher {
    fn answered(&self, changed: bool) {
        *lock(&self.last) = Some(self.name.clone());
        if let Some(card) = self.card.upgrade().filter(|_| changed)
            && let Err(error) = lock(&card).save(&self.path)
        {
            tracing::warn!(%error, "card state not saved");
        }
    }

    fn reset_wanted(&self) {
        reset_soon(&self.reader);
    }

    fn removed(&self) {}
}

/// Resets the card in `reader` as soon as no transaction holds it, in a thread of its own.
fn reset_soon(reader: &str) {
    let reader = reader.to_owned();
    let _ = std::thread::Builder::new()
        .name("lab-other-program".to_owned())
        .spawn(move || {
            if let Err(error) = reset_by_another_program(&reader) {
                tracing::warn!(%error, "card not reset");
            }
        });
}

/// Does what another program does that resets the card in `reader`: it waits for the running transaction to end.
fn reset_by_another_program(reader: &str) -> Result<(), LabError> {
    let failed = |error: pcsc::Error| LabError::Reader(format!("reset by another program: {error}"));
    let context = pcsc::Context::establish(pcsc::Scope::User).map_err(failed)?;
    let name = std::ffi::CString::new(reader).map_err(|_| LabError::Malformed("reader name".to_owned()))?;
    let card = context
        .connect(&name, pcsc::ShareMode::Shared, pcsc::Protocols::ANY)
        .map_err(failed)?;
    card.disconnect(pcsc::Disposition::ResetCard)
        .map_err(|(_, error)| failed(error))
}
