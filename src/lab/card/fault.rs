//! Faults that a virtual card can be told to have.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A status word that does not fit, instead of the answer: readers do this in the middle of files.
    Answer(u16),
    /// What waits for GET RESPONSE is told in pieces of at most so many bytes, from now on.
    Chunked(u8),
    /// Reader and card lose each other in the middle of the command; the card is still there afterwards.
    Communication,
    /// The reader carries at most so many bytes of data: an answer that is longer arrives cut.
    Limited(u8),
    /// The card answers nothing from now on.
    Mute,
    /// The card is taken out in the middle of the command.
    Removed,
    /// Another program resets the card before the command.
    Reset,
    /// The answer comes after so many milliseconds.
    Slow(u64),
    /// The data of the answer loses its last byte: a signature that does not verify.
    Truncated,
}

/// One fault and when it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many commands that would match are let through first.
    #[serde(default)]
    pub skip: u32,
    /// Only commands with this instruction byte match (`2A` is the signature); all when it is absent.
    #[serde(default)]
    pub instruction: Option<u8>,
    /// Only READ BINARY from this offset on matches.
    #[serde(default)]
    pub offset: Option<u16>,
    /// How often it strikes; `None` is always.
    #[serde(default = "once")]
    pub times: Option<u32>,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional member")]
const fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    /// `kind`, once, at the next command.
    pub const fn now(kind: FaultKind) -> Self {
        Self {
            kind,
            skip: 0,
            instruction: None,
            offset: None,
            times: Some(1),
        }
    }

    /// The same at READ BINARY from `offset` on only.
    #[must_use]
    pub const fn at_offset(mut self, offset: u16) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same after `skip` more commands.
    #[must_use]
    pub const fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// The same at commands with this instruction byte only.
    #[must_use]
    pub const fn at_instruction(mut self, instruction: u8) -> Self {
        self.instruction = Some(instruction);
        self
    }

    /// The same every time.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }
}

/// The faults of one card, and how far each has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// What strikes at this command, in the order the faults were added.
    pub(super) fn strike(&mut self, command: &[u8]) -> Vec<FaultKind> {
        let instruction = command.get(1).copied().unwrap_or(0);
        let offset = match command {
            [_, 0xB0, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        };
        let mut struck = Vec::new();
        for fault in &mut self.0 {
            if fault.instruction.is_some_and(|only| only != instruction) {
                continue;
            }
            if fault.offset.is_some_and(|from| offset.is_none_or(|at| at < from)) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            match &mut fault.times {
                Some(0) => continue,
                Some(left) => *left -= 1,
                None => {}
            }
            struck.push(fault.kind);
        }
        self.0.retain(|fault| fault.times != Some(0));
        struck
    }
}

/// What a card did with a command, faults included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// It answers with these bytes, after this long.
    Answer {
        /// Data and status word.
        bytes: Vec<u8>,
        /// How long the answer is held back.
        delay: Duration,
    },
    /// The connection breaks off in the middle; the card stays in the reader.
    Communication,
    /// It never answers.
    Mute,
    /// It is no longer there.
    Removed,
    /// Another program wants to reset it; the command was not run.
    Reset,
}
