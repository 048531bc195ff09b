//! A reader with keys of its own, in this process: the virtual reader of the daemon cannot show one.

use std::collections::VecDeque;

use super::machine::pin_block;
use crate::card::pad::FEATURE_REQUEST;
use crate::card::transport::{Protocol, ReaderFacts, Transport, TransportError};

/// What a person does at the keys, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Presses the red key.
    Cancel,
    /// Types the old PIN, the new one, and the new one again.
    Changed {
        /// The PIN as it is.
        old: String,
        /// The new PIN.
        new: String,
        /// The new PIN once more.
        again: String,
    },
    /// The driver answers "done" and nothing else, without asking anybody.
    Deaf,
    /// Reader and computer lose each other while the person types.
    Lost(TransportError),
    /// Presses nothing.
    Nothing,
    /// Types these digits and the green key.
    Typed(String),
}

const VERIFY_CODE: u32 = 0x4233_0006;
const MODIFY_CODE: u32 = 0x4233_0007;

/// A card in a reader with keys. What the reader is told is read as a real one would: a structure of another form is
/// refused with `6B 80`.
#[derive(Debug)]
pub struct PadReader<T> {
    card: T,
    name: String,
    presses: VecDeque<Keys>,
    pressed: usize,
}

impl<T: Transport> PadReader<T> {
    /// `card` in such a reader, and what a person will do at its keys. When that list ends, nothing is pressed.
    pub fn new(card: T, presses: Vec<Keys>) -> Self {
        Self {
            card,
            name: "TEST reader with keys".to_owned(),
            presses: presses.into(),
            pressed: 0,
        }
    }

    /// The same reader as another model.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// How often a person was asked.
    pub const fn pressed(&self) -> usize {
        self.pressed
    }

    /// The card.
    pub const fn card(&self) -> &T {
        &self.card
    }

    fn enter(&mut self, code: u32, structure: &[u8]) -> Result<Vec<u8>, TransportError> {
        let Some(command) = template(code, structure) else {
            return Ok(vec![0x6B, 0x80]);
        };
        self.pressed += 1;
        let blocks: Vec<String> = match self.presses.pop_front().unwrap_or(Keys::Nothing) {
            Keys::Cancel => return Ok(vec![0x64, 0x01]),
            Keys::Nothing => return Ok(vec![0x64, 0x00]),
            Keys::Deaf => return Ok(Vec::new()),
            Keys::Lost(error) => return Err(error),
            Keys::Changed { new, again, .. } if new != again => return Ok(vec![0x64, 0x02]),
            Keys::Changed { old, new, .. } => vec![old, new],
            Keys::Typed(digits) => vec![digits],
        };
        if blocks.len() != command.blocks {
            return Ok(vec![0x64, 0x00]);
        }
        let fits = |digits: &String| (command.fewest..=command.most).contains(&digits.len());
        if !blocks.iter().all(fits) {
            return Ok(vec![0x64, 0x03]);
        }
        let filled: Vec<u8> = blocks.iter().flat_map(|digits| pin_block(digits)).collect();
        self.card.transmit(&[&command.head[..], &filled].concat())
    }
}

/// What a structure asks for.
struct Entry {
    head: [u8; 5],
    blocks: usize,
    fewest: usize,
    most: usize,
}

/// Reads PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE. Source: PC/SC part 10 §2.5.2 and §2.5.3.
fn template(code: u32, structure: &[u8]) -> Option<Entry> {
    let (limits, before, blocks) = match code {
        VERIFY_CODE => (5, 15, 1),
        MODIFY_CODE => (7, 20, 2),
        _ => return None,
    };
    // The same form of the PIN for both: byte 1 on, left-justified BCD, a length of four bits at bit 4.
    if structure.get(2..5)? != [0x89, 0x47, 0x04] {
        return None;
    }
    let [most, fewest] = *structure.get(limits..)?.first_chunk::<2>()?;
    let length = u32::from_le_bytes(*structure.get(before..)?.first_chunk::<4>()?);
    let command = structure.get(before.checked_add(4)?..)?;
    let (head, empty) = command.split_first_chunk::<5>()?;
    let whole = usize::try_from(length).ok()? == command.len() && usize::from(head[4]) == empty.len();
    let block = [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    (whole && empty == block.repeat(blocks)).then_some(Entry {
        head: *head,
        blocks,
        fewest: usize::from(fewest),
        most: usize::from(most),
    })
}

impl<T: Transport> Transport for PadReader<T> {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.card.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset()
    }

    fn protocol(&self) -> Protocol {
        self.card.protocol()
    }

    fn reader(&self) -> ReaderFacts {
        ReaderFacts {
            name: self.name.clone(),
            firmware: Some((1, 0)),
        }
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        if code != FEATURE_REQUEST {
            return self.enter(code, input);
        }
        let listed = [(0x06, VERIFY_CODE), (0x07, MODIFY_CODE)];
        Ok(listed
            .into_iter()
            .flat_map(|(tag, code)| {
                let [a, b, c, d] = code.to_be_bytes();
                [tag, 0x04, a, b, c, d]
            })
            .collect())
    }
}
