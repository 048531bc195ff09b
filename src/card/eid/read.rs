//! Reading a file to its end on every generation and through readers that stumble.

use crate::card::apdu::{Command, Le, StatusWord};
use crate::card::error::CardError;
use crate::card::tlv;

use super::file::{End, File};
use super::recognition::Generation;
use super::session::{SPURIOUS_LIMIT, Session, Stop};
use super::status::{Asked, cause};

/// The most a file may hold: offsets have 15 bits, lengths of DER objects on cards fit 16.
const MAX_FILE: usize = 0x8000;

/// How many bytes one READ BINARY asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// 256 bytes: what the card allows, and what costs the fewest commands.
    Full,
    /// 252 bytes, after a reader lost an answer: some cannot carry 256 and a status word.
    Careful,
}

impl Block {
    const fn bytes(self) -> usize {
        match self {
            Self::Full => 256,
            Self::Careful => 252,
        }
    }
}

/// What there is of a file.
pub(super) struct Reading {
    pub(super) content: Vec<u8>,
    /// Why it is not whole: `ShortRead` when the file ends inside its own content.
    pub(super) flaw: Option<CardError>,
}

impl Session<'_> {
    /// Reads `file` as far as its content goes: see [`End`]. An empty file gives no bytes.
    ///
    /// # Errors
    /// `FileMissing` when the card has no such file.
    ///
    /// Source: reference §5.2 and the spurious answers of §3.3: `6B 00`, `69 86`, `6D 00` and empty answers in
    /// the middle of a file are met by selecting it again, at most three times.
    pub(super) fn read(&mut self, file: File, block: Block) -> Result<Reading, Stop> {
        self.select(file)?;
        let mut content = Vec::new();
        let mut spurious = 0_u32;
        loop {
            let Some(want) = wanted(file, &content, block, self.generation) else {
                return Ok(finish(file, content));
            };
            let Ok(offset) = u16::try_from(content.len()) else {
                return Err(too_long(file));
            };
            let [high, low] = offset.to_be_bytes();
            // 256 is coded 00; every other wish fits a byte.
            let expected = Le::from_byte(u8::try_from(want).unwrap_or(0));
            let command = Command::new("READ BINARY", [0x00, 0xB0, high, low]).with_expected(expected);
            let (response, corrected) = self.exchange_noting(&command)?;
            match response.status() {
                StatusWord::OK if !response.data().is_empty() => {
                    content.extend_from_slice(response.data());
                    spurious = 0;
                    if content.len() >= MAX_FILE {
                        return Err(too_long(file));
                    }
                    // Only a card that corrected Le is at its end, and only with as many bytes as it said. A reader
                    // that cuts a long answer gives fewer too; asking on costs one command and loses nothing.
                    if corrected.is_some_and(|length| response.data().len() >= length.count()) {
                        return Ok(finish(file, content));
                    }
                }
                StatusWord::WRONG_OFFSET
                    if spurious >= SPURIOUS_LIMIT
                        || !(is_cut(file, &content) || is_doubtful(file, &content)) =>
                {
                    return Ok(finish(file, content));
                }
                StatusWord::OK
                | StatusWord::WRONG_OFFSET
                | StatusWord::NO_DIAGNOSIS
                | StatusWord::NO_CURRENT_FILE
                | StatusWord::INSTRUCTION_UNKNOWN => {
                    if spurious >= SPURIOUS_LIMIT {
                        let flaw = Some(CardError::ShortRead(file.name()));
                        return Ok(Reading { content, flaw });
                    }
                    spurious = spurious.saturating_add(1);
                    self.stumbled();
                    self.select(file)?;
                }
                status => return Err(cause(Asked::Read(file.name()), status).into()),
            }
        }
    }

    fn select(&mut self, file: File) -> Result<(), Stop> {
        let command = Command::new("SELECT file", [0x00, 0xA4, 0x08, 0x0C]).with_data(file.path());
        let mut spurious = 0_u32;
        loop {
            let status = self.applet_exchange(&command)?.status();
            match status {
                StatusWord::OK => return Ok(()),
                StatusWord::LC_INCONSISTENT | StatusWord::NO_DIAGNOSIS | StatusWord::INSTRUCTION_UNKNOWN
                    if spurious < SPURIOUS_LIMIT =>
                {
                    spurious = spurious.saturating_add(1);
                    self.stumbled();
                }
                status => return Err(cause(Asked::Select(file.name()), status).into()),
            }
        }
    }
}

/// How many bytes to ask for next; `None` when the file is known to be complete.
fn wanted(file: File, content: &[u8], block: Block, generation: Option<Generation>) -> Option<usize> {
    let whole = block.bytes();
    match (file.end(), content.first()) {
        (End::Der, Some(0x30)) => match tlv::der_total(content) {
            Some(total) if is_signature_like(file, content) || file != File::AddressSignature => {
                let rest = total.saturating_sub(content.len());
                (rest > 0).then_some(rest.min(whole))
            }
            _ => Some(whole),
        },
        // An RSA signature is no DER; every other file of this kind that begins otherwise is empty.
        (End::Der, Some(_)) if file != File::AddressSignature => None,
        (_, None) => Some(file.first_read(generation).map_or(whole, usize::from)),
        _ => Some(whole),
    }
}

/// Whether the content of a signature file is an EC signature: `SEQUENCE { INTEGER, INTEGER }` of P-384 or P-521
/// size with zeros behind it, and not an RSA value that happens to begin with `30`.
fn is_signature_like(file: File, content: &[u8]) -> bool {
    file == File::AddressSignature
        && matches!(content, [0x30, length, 0x02, first, ..] if length.checked_sub(*first).is_some_and(|rest| rest >= 10))
        && tlv::der_total(content)
            .and_then(|total| content.get(total..))
            .is_some_and(|tail| tail.iter().all(|byte| *byte == 0))
}

/// Whether the content breaks off inside itself, so that the file cannot end here.
fn is_cut(file: File, content: &[u8]) -> bool {
    match (file.end(), content.first()) {
        (End::Der, Some(0x30)) if file != File::AddressSignature => {
            tlv::der_total(content).is_none_or(|total| content.len() < total)
        }
        (End::Tlv, _) => tlv::is_cut(content),
        _ => false,
    }
}

/// Whether an end here looks like a reader's doing, though nothing proves it: a file without any content, a photo
/// without its end marker, an identity without the photo's hash.
fn is_doubtful(file: File, content: &[u8]) -> bool {
    let is_short = match file {
        File::Photo => !content.ends_with(&[0xFF, 0xD9]),
        File::Identity => tlv::parse(content).is_ok_and(|found| found.iter().all(|tlv| tlv.tag != 0x11)),
        _ => false,
    };
    content.is_empty() || is_short
}

/// The content without what is padding, and whether it is whole.
fn finish(file: File, mut content: Vec<u8>) -> Reading {
    let flaw = is_cut(file, &content).then_some(CardError::ShortRead(file.name()));
    match (file.end(), content.first()) {
        (End::Der, Some(0x30)) if file != File::AddressSignature || is_signature_like(file, &content) => {
            let length = tlv::der_trimmed(&content).len();
            content.truncate(length);
        }
        // A certificate that is not there is a file of zeros. Source: card content v5.4; reference §14.
        (End::Der, Some(0x00)) if file != File::AddressSignature => content.clear(),
        _ => {}
    }
    Reading { content, flaw }
}

fn too_long(file: File) -> Stop {
    CardError::Malformed {
        what: file.name(),
        at: MAX_FILE,
    }
    .into()
}
