//! The driver of one card: what a job does with a Belgian eID card.

use std::collections::BTreeMap;
use std::fmt;

use crate::card::error::CardError;
use crate::card::transport::{Connection, Step, TransportError};

use super::chip::ChipAnswer;
use super::file::File;
use super::patient::Patient;
use super::pin::{Keypad, PinState};
use super::read::Block;
use super::recognition::{CardData, Generation};
use super::session::{Session, Stop};

/// A Belgian eID card at the other end of a connection.
///
/// Each operation is one transaction; between two operations other programs may use the card, so nothing about
/// its selection or PIN rights is carried over. The card itself stays the same one: a connection ends with it.
pub struct Eid<'c> {
    pub(super) connection: &'c mut dyn Connection,
    pub(super) data: Option<CardData>,
    pub(super) pin_state: Option<PinState>,
    pub(super) keypad: Keypad,
    block: Block,
}

/// The two certificates of the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// Proves who is at the other end; key 82.
    Authentication,
    /// Binds the holder to a document; key 83.
    Signature,
}

impl CertificateKind {
    /// The file that holds it.
    pub const fn file(self) -> File {
        match self {
            Self::Authentication => File::AuthenticationCertificate,
            Self::Signature => File::SignatureCertificate,
        }
    }
}

/// Files as they were read: DER files cut at their end, all others whole. Nothing here has been verified.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawFiles {
    /// GET CARD DATA, when it was asked.
    pub card_data: Option<CardData>,
    /// What the chip answered to a challenge, when it was given one.
    pub chip_answer: Option<ChipAnswer>,
    files: BTreeMap<File, Vec<u8>>,
    flaws: BTreeMap<File, CardError>,
}

impl RawFiles {
    /// The content of `file`; `None` when it was not read, is not on the card, or is empty.
    pub fn get(&self, file: File) -> Option<&[u8]> {
        self.files
            .get(&file)
            .filter(|content| !content.is_empty())
            .map(Vec::as_slice)
    }

    /// Puts `content` in the place of `file`, for files that come from elsewhere than a card.
    pub fn insert(&mut self, file: File, content: Vec<u8>) {
        self.flaws.remove(&file);
        self.files.insert(file, content);
    }

    /// Why the content of `file` is not whole: `ShortRead` when it ends inside itself.
    pub fn flaw(&self, file: File) -> Option<&CardError> {
        self.flaws.get(&file)
    }

    /// The files that were read and found on the card.
    pub fn iter(&self) -> impl Iterator<Item = (File, &[u8])> {
        self.files
            .iter()
            .map(|(file, content)| (*file, content.as_slice()))
    }
}

impl fmt::Debug for RawFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.files.iter().map(|(file, content)| (file, content.len())))
            .finish()
    }
}

impl<'c> Eid<'c> {
    /// The driver on this connection. Sends nothing yet.
    pub fn new(connection: &'c mut dyn Connection) -> Self {
        Self {
            connection,
            data: None,
            pin_state: None,
            keypad: Keypad::NotLooked,
            block: Block::Full,
        }
    }

    /// What the chip and the applet say of themselves. Asked once for a connection.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind, `CardNotActivated` for one that refuses every command.
    pub fn card_data(&mut self) -> Result<CardData, CardError> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let data = self.run(|session, _| session.card_data())?;
        self.data = Some(data.clone());
        Ok(data)
    }

    /// Reads one file.
    ///
    /// # Errors
    /// `FileMissing` when the card has no such file, `ShortRead` when it ends inside its own content. An empty file
    /// is no error: it gives no bytes.
    pub fn read(&mut self, file: File) -> Result<Vec<u8>, CardError> {
        let reading = self.run(|session, block| session.read(file, block))?;
        match reading.flaw {
            Some(flaw) => Err(flaw),
            None => Ok(reading.content),
        }
    }

    /// Reads these files in one transaction; a file that is not on the card is left out. A file that ends inside its
    /// own content is kept as far as it goes, with its [`RawFiles::flaw`]: it must not hide the others.
    ///
    /// After a fault that can be cured, files already read are kept and the others read again.
    ///
    /// # Errors
    /// The first that is not a missing file.
    pub fn read_files(&mut self, files: &[File]) -> Result<RawFiles, CardError> {
        let mut found = RawFiles {
            card_data: self.data.clone(),
            ..RawFiles::default()
        };
        self.run(|session, block| {
            for &file in files {
                if found.files.contains_key(&file) {
                    continue;
                }
                match session.read(file, block) {
                    Ok(reading) => {
                        found.insert(file, reading.content);
                        if let Some(flaw) = reading.flaw {
                            found.flaws.insert(file, flaw);
                        }
                    }
                    Err(Stop::Card(CardError::FileMissing(_))) => {}
                    Err(stop) => return Err(stop),
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Reads everything that proves and describes the holder: identity, address, photo, their signatures, all
    /// five certificates and, where the card has one, the basic key.
    ///
    /// # Errors
    /// As [`Eid::read_files`].
    pub fn read_everything(&mut self) -> Result<RawFiles, CardError> {
        let generation = self.card_data()?.generation();
        let mut files = vec![
            File::Identity,
            File::IdentitySignature,
            File::Address,
            File::AddressSignature,
            File::Photo,
            File::RrnCertificate,
            File::AuthenticationCertificate,
            File::SignatureCertificate,
            File::CaCertificate,
            File::RootCertificate,
        ];
        if generation == Generation::Ec {
            files.push(File::BasicKey);
        }
        self.read_files(&files)
    }

    /// The holder's certificate of this kind, DER.
    ///
    /// # Errors
    /// `CertificateMissing` when the card has none: children, and holders who declined.
    pub fn certificate(&mut self, kind: CertificateKind) -> Result<Vec<u8>, CardError> {
        let name = match kind {
            CertificateKind::Authentication => "authentication",
            CertificateKind::Signature => "signature",
        };
        match self.read(kind.file()) {
            Ok(der) if der.first() == Some(&0x30) => Ok(der),
            Ok(der) if der.is_empty() => Err(CardError::CertificateMissing(name)),
            Err(CardError::FileMissing(_)) => Err(CardError::CertificateMissing(name)),
            Ok(_) => Err(CardError::Malformed {
                what: kind.file().name(),
                at: 0,
            }),
            Err(error) => Err(error),
        }
    }

    /// Runs `operation` in one transaction, and again from its first command after a fault that can be cured.
    pub(super) fn run<T>(
        &mut self,
        mut operation: impl FnMut(&mut Session<'_>, Block) -> Result<T, Stop>,
    ) -> Result<T, CardError> {
        let mut outcome = None;
        let block = &mut self.block;
        let generation = self.data.as_ref().map(CardData::generation);
        let ended = self.connection.run(&mut |transport| {
            let mut patient;
            let mut session = match *block {
                Block::Full => Session::new(transport),
                Block::Careful => {
                    patient = Patient::new(transport);
                    Session::new(&mut patient)
                }
            };
            session.generation = generation;
            match operation(&mut session, *block) {
                Err(Stop::Transport(error)) if error.is_curable() => {
                    if error != TransportError::CardReset {
                        *block = Block::Careful;
                    }
                    Step::Again(error)
                }
                result => {
                    outcome = Some(result.map_err(Stop::into_error));
                    Step::Done(session.disposition)
                }
            }
        });
        // WHY: a card taken out right after its last answer has answered.
        match (outcome, ended) {
            (Some(outcome), _) => outcome,
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(CardError::Communication),
        }
    }
}

impl fmt::Debug for Eid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Eid({:?}, {:?})", self.data, self.pin_state)
    }
}
