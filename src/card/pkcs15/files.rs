//! Finding the application, selecting and reading files on cards that differ in how they let themselves be asked.

use crate::card::apdu::{Command, Le, Response, StatusWord};
use crate::card::error::CardError;
use crate::card::operation::{Operation, Stop};
use crate::card::tlv;

use super::directory::{AID, AID_7816_15, read_dir};
use super::path::{MASTER, Path};

/// Where the application begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// It is selected by its identifier.
    Aid(Vec<u8>),
    /// At this path from the master file.
    Path(Vec<[u8; 2]>),
}

/// The application, and where its object directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) base: Base,
    pub(super) odf: Path,
}

/// How a file's end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The end of the DER object that begins it.
    Der,
    /// The end of the file, or of the part that is meant.
    End,
}

/// The most a file may hold: offsets have 15 bits.
const MAX_FILE: usize = 0x8000;
/// How many reads a file may take: so many, and one more for each so many bytes. Readers carry at least 64 bytes; a card
/// that gives its files byte by byte is broken, and would keep the reader for minutes.
const FREE_READS: usize = 16;
const BYTES_A_READ: usize = 16;
/// Most records of a file. Source: ISO 7816-4 §7.3.1 allows 254; EF(DIR) lists applications of one card.
const MAX_RECORDS: u8 = 32;

/// EF(ODF) and EF(TokenInfo) in the application's directory. Source: ISO 7816-15 §7.5.
pub(super) const ODF: [u8; 2] = [0x50, 0x31];
pub(super) const TOKEN_INFO: [u8; 2] = [0x50, 0x32];
const DIR: [u8; 2] = [0x2F, 0x00];
/// The application's directory where nothing says otherwise. Source: PKCS#15 v1.1 §5.4.1.
const DEFAULT_APPLICATION: [u8; 2] = [0x50, 0x15];

/// The files of a card inside one transaction.
pub(super) struct Files<'o, 't> {
    pub(super) session: &'o mut Operation<'t>,
    /// The card wants one command for each step of a path.
    by_steps: bool,
    /// The card wants to answer a selection with the file's description.
    with_description: bool,
}

impl<'o, 't> Files<'o, 't> {
    pub(super) const fn new(session: &'o mut Operation<'t>) -> Self {
        Self {
            session,
            by_steps: false,
            with_description: false,
        }
    }

    /// Finds the application: by its identifier, in EF(DIR), at its default place.
    ///
    /// # Errors
    /// `CardUnsupported` when it is nowhere.
    pub(super) fn discover(&mut self) -> Result<Found, Stop> {
        for aid in [&AID[..], &AID_7816_15] {
            let found = Found {
                base: Base::Aid(aid.to_vec()),
                odf: Path::of(&[ODF]),
            };
            if self.select_aid(aid)? && self.has_directory(&found)? {
                return Ok(found);
            }
        }
        let listed = self.read(&Base::Path(vec![MASTER]), &Path::of(&[MASTER, DIR]), Until::End)?;
        for application in listed.as_deref().map(read_dir).unwrap_or_default() {
            let base = match application.path {
                Some(path) if path.is_absolute() => Base::Path(path.ids),
                Some(path) => Base::Path([&[MASTER][..], &path.ids].concat()),
                None => Base::Aid(application.aid),
            };
            let odf = application.odf.unwrap_or_else(|| Path::of(&[ODF]));
            let found = Found { base, odf };
            if self.has_directory(&found)? {
                return Ok(found);
            }
        }
        let found = Found {
            base: Base::Path(vec![MASTER, DEFAULT_APPLICATION]),
            odf: Path::of(&[ODF]),
        };
        if self.has_directory(&found)? {
            return Ok(found);
        }
        Err(CardError::CardUnsupported.into())
    }

    /// Whether the object directory can be selected: the proof that the application is there.
    fn has_directory(&mut self, found: &Found) -> Result<bool, Stop> {
        self.select(&found.base, &found.odf)
    }

    fn select_aid(&mut self, aid: &[u8]) -> Result<bool, Stop> {
        let response = self.select_command(0x04, aid)?;
        Ok(is_selected(response.status()))
    }

    /// Selects the application itself.
    pub(super) fn enter(&mut self, base: &Base) -> Result<bool, Stop> {
        match base {
            Base::Aid(aid) => self.select_aid(aid),
            Base::Path(ids) => self.select_ids(ids),
        }
    }

    /// Selects the file or directory at `path`; whether it is there.
    pub(super) fn select(&mut self, base: &Base, path: &Path) -> Result<bool, Stop> {
        if path.is_absolute() {
            return self.select_ids(&path.ids);
        }
        match base {
            Base::Path(ids) => self.select_ids(&[&ids[..], &path.ids].concat()),
            Base::Aid(aid) => {
                if !self.select_aid(aid)? {
                    return Ok(false);
                }
                self.select_steps(&path.ids)
            }
        }
    }

    /// Selects an absolute path: whole where the card takes it so, one step after the other where not.
    fn select_ids(&mut self, ids: &[[u8; 2]]) -> Result<bool, Stop> {
        let inside = ids.strip_prefix(&[MASTER]).unwrap_or(ids);
        if !self.by_steps && !inside.is_empty() {
            let status = self.select_command(0x08, inside.as_flattened())?.status();
            if is_selected(status) {
                return Ok(true);
            }
            if status == StatusWord::NOT_FOUND {
                return Ok(false);
            }
            self.by_steps = true;
        }
        self.select_steps(&[MASTER]).and_then(|there| {
            if there {
                self.select_steps(inside)
            } else {
                Ok(false)
            }
        })
    }

    fn select_steps(&mut self, ids: &[[u8; 2]]) -> Result<bool, Stop> {
        for id in ids {
            let status = self.select_command(0x00, id)?.status();
            if !is_selected(status) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// SELECT without the file's description, and with it where the card insists.
    fn select_command(&mut self, how: u8, data: &[u8]) -> Result<Response, Stop> {
        if !self.with_description {
            let command = Command::new("SELECT", [0x00, 0xA4, how, 0x0C]).with_data(data);
            let response = self.session.exchange(&command)?;
            if response.status() != StatusWord::WRONG_PARAMETERS {
                return Ok(response);
            }
        }
        let command = Command::new("SELECT", [0x00, 0xA4, how, 0x00])
            .with_data(data)
            .with_expected(Le::MAX);
        let response = self.session.exchange(&command)?;
        self.with_description |= response.status().is_ok();
        Ok(response)
    }

    /// The content of the file at `path`, or of the part of it that is meant; `None` when it is not there.
    ///
    /// # Errors
    /// `Malformed` for a file that does not end, `Status` when reading is refused.
    pub(super) fn read(&mut self, base: &Base, path: &Path, until: Until) -> Result<Option<Vec<u8>>, Stop> {
        if !self.select(base, path)? {
            return Ok(None);
        }
        let end = match path.length {
            Some(length) => path.index.saturating_add(length).min(MAX_FILE),
            None => MAX_FILE,
        };
        let mut content = Vec::new();
        let mut reads = 0_usize;
        loop {
            reads = reads.saturating_add(1);
            if reads > FREE_READS.saturating_add(content.len() / BYTES_A_READ) {
                return Err(CardError::Malformed {
                    what: "file",
                    at: content.len(),
                }
                .into());
            }
            let offset = path.index.saturating_add(content.len());
            let limit = match (until, tlv::der_total(&content)) {
                (Until::Der, Some(total)) => path.index.saturating_add(total).min(end),
                _ => end,
            };
            let wanted = limit.saturating_sub(offset).min(256);
            if wanted == 0 {
                return if limit == MAX_FILE {
                    Err(CardError::Malformed {
                        what: "file",
                        at: MAX_FILE,
                    }
                    .into())
                } else {
                    Ok(Some(content))
                };
            }
            let [high, low] = u16::try_from(offset).unwrap_or(u16::MAX).to_be_bytes();
            // 256 is coded 00; every other wish fits a byte.
            let expected = Le::from_byte(u8::try_from(wanted).unwrap_or(0));
            let command = Command::new("READ BINARY", [0x00, 0xB0, high, low]).with_expected(expected);
            let (response, corrected) = self.session.exchange_noting(&command)?;
            let status = response.status();
            match status {
                StatusWord::OK if !response.data().is_empty() => {
                    content.extend_from_slice(response.data());
                    if corrected.is_some_and(|length| response.data().len() >= length.count()) {
                        return Ok(Some(content));
                    }
                }
                // The end of the file came before the end of the answer.
                StatusWord(0x6282) => {
                    content.extend_from_slice(response.data());
                    return Ok(Some(content));
                }
                StatusWord::OK | StatusWord::WRONG_OFFSET => return Ok(Some(content)),
                // Not a transparent file.
                StatusWord(0x6981) if content.is_empty() => return self.read_records().map(Some),
                status => {
                    return Err(CardError::Status {
                        command: "READ BINARY",
                        status,
                    }
                    .into());
                }
            }
        }
    }

    /// The records of the current file, one after the other.
    fn read_records(&mut self) -> Result<Vec<u8>, Stop> {
        let mut content = Vec::new();
        for number in 1..=MAX_RECORDS {
            let command = Command::new("READ RECORD", [0x00, 0xB2, number, 0x04]).with_expected(Le::MAX);
            let response = self.session.exchange(&command)?;
            if !response.status().is_ok() {
                break;
            }
            content.extend_from_slice(response.data());
        }
        Ok(content)
    }
}

/// `62 83` is a file that is there and not activated.
const fn is_selected(status: StatusWord) -> bool {
    matches!(status, StatusWord::OK | StatusWord::FILE_NOT_ACTIVATED)
}
