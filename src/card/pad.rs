//! Readers with keys of their own for the PIN (PC/SC part 10): the PIN never enters this computer.
//!
//! A reader says what it can by control codes, a few by a pseudo-APDU. What it lists it may still not do: an answer
//! counts only when it is exactly a status word. Start from [`PinPad::find`].

use crate::base::lang::Language;
use crate::base::secret::Pin;

use super::apdu::StatusWord;
use super::error::CardError;
use super::transport::{ReaderFacts, Transport, TransportError};

/// The control code that asks for the reader's features.
///
/// Source: PC/SC part 10 §2.2, `CM_IOCTL_GET_FEATURE_REQUEST`; the coding of control codes is the platform's.
pub const FEATURE_REQUEST: u32 = if cfg!(windows) {
    (0x31 << 16) | (3400 << 2)
} else {
    0x4200_0000 + 3400
};

/// Feature tags. Source: PC/SC part 10 §2.3.
const VERIFY_PIN_DIRECT: u8 = 0x06;
const MODIFY_PIN_DIRECT: u8 = 0x07;

/// The pseudo-APDU that asks for features (P2 = 0) or uses one (P2 = its tag).
const PSEUDO: [u8; 3] = [0xFF, 0xC2, 0x01];

/// How long a person may take for one entry, seconds.
const ENTRY_SECONDS: u8 = 30;
/// The same for the three entries of a change.
const CHANGE_SECONDS: u8 = 60;

/// A reader's keypad, and how this reader wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinPad {
    verify: Way,
    modify: Option<Way>,
    habits: Habits,
}

/// How a feature is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By this control code.
    Direct(u32),
    /// By the pseudo-APDU.
    Pseudo,
}

/// What single models want otherwise. Source: reference §12.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Habits {
    /// bmFormatString.
    format: u8,
    /// Most digits the keys take.
    most_digits: u8,
    /// It sends an empty VERIFY of its own, which burns a try on applets before 1.7.
    asks_before: bool,
}

/// Readers that know the pseudo-APDU only. Asked of any other reader it would go to the card.
const PSEUDO_READERS: [&str; 10] = [
    "digipass840",
    "digipass870",
    "digipass875",
    "digipass876",
    "digipass920",
    "ingshieldpro",
    "pinphab",
    "ekryptopinpad",
    "dioss",
    "vascodp",
];

/// Readers that list a keypad they do not have.
const FALSE_READERS: [&str; 3] = ["omnikey3021", "omnikey3121", "omnikey6121"];

impl Habits {
    fn of(facts: &ReaderFacts, name: &str) -> Self {
        // Firmware before 5.06 counts the position of the PIN in bits of the template.
        let old_spr = name.contains("spr532") && facts.firmware.is_some_and(|version| version < (5, 6));
        let gem = name.contains("gempc") && name.contains("pinpad");
        Self {
            format: if old_spr { 0x01 } else { 0x89 },
            most_digits: if gem { 8 } else { 12 },
            asks_before: gem,
        }
    }
}

impl PinPad {
    /// Asks the reader whether it has keys for the PIN. Nothing reaches the card.
    ///
    /// # Errors
    /// When reader or card are gone. A reader that does not understand the question has no keypad.
    ///
    /// Source: PC/SC part 10 §2.2; reference §12.1.
    pub fn find(transport: &mut dyn Transport) -> Result<Option<Self>, TransportError> {
        let facts = transport.reader();
        let name: String = facts
            .name
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        if FALSE_READERS.iter().any(|known| name.contains(known)) {
            return Ok(None);
        }
        let habits = Habits::of(&facts, &name);
        let listed = match transport.control(FEATURE_REQUEST, &[]) {
            Ok(listed) => listed,
            Err(
                TransportError::ControlUnsupported
                | TransportError::Service(_)
                | TransportError::Malformed(_),
            ) => Vec::new(),
            Err(gone) => return Err(gone),
        };
        if let Some(code) = control_code(&listed, VERIFY_PIN_DIRECT) {
            return Ok(Some(Self {
                verify: Way::Direct(code),
                modify: control_code(&listed, MODIFY_PIN_DIRECT).map(Way::Direct),
                habits,
            }));
        }
        if !PSEUDO_READERS.iter().any(|known| name.contains(known)) {
            return Ok(None);
        }
        let answer = transport.transmit(&[&PSEUDO[..], &[0x00, 0x00]].concat())?;
        let Some(features) = answer.strip_suffix(&StatusWord::OK.bytes()) else {
            return Ok(None);
        };
        let way = |feature| features.contains(&feature).then_some(Way::Pseudo);
        Ok(way(VERIFY_PIN_DIRECT).map(|verify| Self {
            verify,
            modify: way(MODIFY_PIN_DIRECT),
            habits,
        }))
    }

    /// Whether it can change a PIN too.
    pub const fn changes(&self) -> bool {
        self.modify.is_some()
    }

    /// Whether it sends an empty VERIFY of its own accord.
    pub const fn asks_before(&self) -> bool {
        self.habits.asks_before
    }

    /// Lets the person type the PIN on the reader, which sends VERIFY to the Belgian applet. The card's answer.
    ///
    /// # Errors
    /// `PinCancelled`, `PinTimeout`, `PinLength`; `PinPad` when the reader did not do what it lists. All of them cost
    /// no try that is known; the tries must be read again.
    pub fn verify(&self, transport: &mut dyn Transport, language: Language) -> Result<StatusWord, PadStop> {
        let structure = self.verify_structure(language);
        enter(transport, self.verify, VERIFY_PIN_DIRECT, &structure)
    }

    /// Lets the person type the old PIN and twice the new one on the reader, which sends CHANGE REFERENCE DATA.
    ///
    /// # Errors
    /// As [`PinPad::verify`], and `PinsDiffer`; `PinPad` when the reader has no such feature.
    pub fn modify(&self, transport: &mut dyn Transport, language: Language) -> Result<StatusWord, PadStop> {
        let way = self.modify.ok_or(CardError::PinPad("it cannot change a PIN"))?;
        let structure = self.modify_structure(language);
        enter(transport, way, MODIFY_PIN_DIRECT, &structure)
    }

    /// PIN_VERIFY_STRUCTURE for the Belgian applet. Source: PC/SC part 10 §2.5.2; reference §12.2.
    fn verify_structure(&self, language: Language) -> Vec<u8> {
        let mut bytes = vec![ENTRY_SECONDS, ENTRY_SECONDS];
        bytes.extend(self.pin_form());
        bytes.extend(self.digits());
        // Ends with the validation key; one message.
        bytes.extend([0x02, 0x01]);
        bytes.extend(language_code(language));
        bytes.extend([0x00; 4]);
        with_template(bytes, &[0x00, 0x20, 0x00, 0x01, 0x08], 1)
    }

    /// PIN_MODIFY_STRUCTURE for the Belgian applet. Source: PC/SC part 10 §2.5.3; reference §12.3.
    fn modify_structure(&self, language: Language) -> Vec<u8> {
        let mut bytes = vec![CHANGE_SECONDS, CHANGE_SECONDS];
        bytes.extend(self.pin_form());
        // The old block stands at 0, the new one at 8.
        bytes.extend([0x00, 0x08]);
        bytes.extend(self.digits());
        // The old PIN is asked and the new one confirmed; ends with the validation key; three messages.
        bytes.extend([0x03, 0x02, 0x03]);
        bytes.extend(language_code(language));
        bytes.extend([0x00, 0x01, 0x02]);
        bytes.extend([0x00; 3]);
        with_template(bytes, &[0x00, 0x24, 0x00, 0x01, 0x10], 2)
    }

    /// The PIN from byte 1 on, left-justified BCD; a length of four bits at bit 4; seven bytes of digits.
    const fn pin_form(&self) -> [u8; 3] {
        [self.habits.format, 0x47, 0x04]
    }

    /// wPINMaxExtraDigit, little-endian: most digits in the low byte, fewest in the high one.
    fn digits(&self) -> [u8; 2] {
        [
            self.habits.most_digits,
            u8::try_from(Pin::MIN_DIGITS).unwrap_or(4),
        ]
    }
}

/// Uses a feature in the reader's own way.
fn enter(
    transport: &mut dyn Transport,
    way: Way,
    feature: u8,
    structure: &[u8],
) -> Result<StatusWord, PadStop> {
    let answer = match way {
        Way::Direct(code) => transport.control(code, structure)?,
        Way::Pseudo => {
            let length = u8::try_from(structure.len()).unwrap_or(u8::MAX);
            transport.transmit(&[&PSEUDO[..], &[feature, length], structure].concat())?
        }
    };
    Ok(entered(&answer)?)
}

/// Why nothing was entered: below the card, or by what the reader said.
#[derive(Debug, PartialEq, Eq)]
pub enum PadStop {
    /// Reader or card were lost.
    Transport(TransportError),
    /// The person or the reader said no.
    Card(CardError),
}

impl From<TransportError> for PadStop {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<CardError> for PadStop {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

/// Whether a command of this start makes a person type, so that its answer may take as long as that.
pub fn is_entry(command: &[u8]) -> bool {
    matches!(command, [0xFF, 0xC2, 0x01, feature, ..] if *feature != 0)
}

/// What a reader answered to an entry: the card's status word, or its own.
///
/// Source: PC/SC part 10 §2.5.2.1; reference §12.1: an empty answer is a driver that did nothing.
fn entered(answer: &[u8]) -> Result<StatusWord, CardError> {
    let Ok(status) = <[u8; 2]>::try_from(answer) else {
        return Err(CardError::PinPad(if answer.is_empty() {
            "it answered nothing"
        } else {
            "its answer is no status word"
        }));
    };
    Err(match u16::from_be_bytes(status) {
        0x6400 => CardError::PinTimeout,
        0x6401 => CardError::PinCancelled,
        0x6402 => CardError::PinsDiffer,
        0x6403 => CardError::PinLength {
            min: Pin::MIN_DIGITS,
            max: Pin::MAX_DIGITS,
        },
        0x6B80 => CardError::PinPad("it refused its instructions"),
        other => return Ok(StatusWord(other)),
    })
}

/// The control code of a feature in a list of `tag 04 code`, the code big-endian.
fn control_code(list: &[u8], feature: u8) -> Option<u32> {
    let mut rest = list;
    while let [tag, length, more @ ..] = rest {
        let (value, after) = more.split_at_checked(usize::from(*length))?;
        if *tag == feature {
            return Some(u32::from_be_bytes(value.try_into().ok()?));
        }
        rest = after;
    }
    None
}

/// wLangId, little-endian. Source: reference §12.2; the official middleware writes it the wrong way round.
const fn language_code(language: Language) -> [u8; 2] {
    let code: u16 = match language {
        Language::De => 0x0407,
        Language::En => 0x0409,
        Language::Fr => 0x080C,
        Language::Nl => 0x0813,
    };
    code.to_le_bytes()
}

/// `bytes`, ulDataLength, and the command with `blocks` empty PIN blocks.
fn with_template(mut bytes: Vec<u8>, head: &[u8], blocks: usize) -> Vec<u8> {
    let block = [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    let template = [head, &block.repeat(blocks)].concat();
    let length = u32::try_from(template.len()).unwrap_or(0);
    bytes.extend(length.to_le_bytes());
    bytes.extend(template);
    bytes
}

#[cfg(test)]
mod tests;
