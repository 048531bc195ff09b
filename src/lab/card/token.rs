//! A virtual token of an organisation: PIV or PKCS#15, in a reader of this process or a real one.

use std::time::Duration;

use super::Traffic;
use super::fault::{Exchange, Fault, FaultKind, Faults};
use super::piv::PivState;
use super::token_image::{TokenFamily, TokenImage, TokenKeys};
use super::token_iso::IsoState;
use crate::card::apdu::{Command, Le, StatusWord};
use crate::card::transport::{Protocol, Transport, TransportError};

/// The answer to a command: data and status word.
pub(super) type Answer = Result<Vec<u8>, StatusWord>;

/// One virtual token.
#[derive(Debug)]
pub struct TokenCard {
    pub(super) image: TokenImage,
    pub(super) keys: TokenKeys,
    pub(super) piv: PivState,
    pub(super) iso: IsoState,
    /// What GET RESPONSE fetches.
    pending: Vec<u8>,
    /// Data of the commands of a chain that is not at its end.
    chain: Vec<u8>,
    /// The most that one answer carries.
    chunk: usize,
    faults: Faults,
    present: bool,
    mute: bool,
    pub(super) changed: bool,
    traffic: Traffic,
}

/// Class bit of a command that more of the same follows.
const MORE_FOLLOWS: u8 = 0x10;
/// The most that a short answer carries.
const LONGEST_ANSWER: usize = 256;
/// The longest chain taken: more than any key's block.
const LONGEST_CHAIN: usize = 2048;

impl TokenCard {
    /// The token with this content and these keys, powered and in a reader.
    pub fn new(image: TokenImage, keys: TokenKeys) -> Self {
        Self {
            image,
            keys,
            piv: PivState::default(),
            iso: IsoState::default(),
            pending: Vec::new(),
            chain: Vec::new(),
            chunk: LONGEST_ANSWER,
            faults: Faults::default(),
            present: true,
            mute: false,
            changed: false,
            traffic: Traffic::default(),
        }
    }

    /// Its content and lasting state as they are now.
    pub const fn image(&self) -> &TokenImage {
        &self.image
    }

    /// The same, to change what is on the token.
    pub const fn image_mut(&mut self) -> &mut TokenImage {
        &mut self.image
    }

    /// Its keys.
    pub const fn keys(&self) -> &TokenKeys {
        &self.keys
    }

    /// Whether lasting state changed since this was asked last.
    pub const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    /// Gives the token one more fault.
    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Takes all faults away and wakes a mute token.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
        self.chunk = LONGEST_ANSWER;
        self.mute = false;
    }

    /// The faults that have not struck yet.
    pub fn faults(&self) -> &[Fault] {
        self.faults.list()
    }

    /// Commands and bytes so far.
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Puts the token into its reader, or takes it out.
    pub fn set_present(&mut self, present: bool) {
        self.present = present;
        self.mute = false;
        self.reset_volatile();
    }

    /// Whether the token is in its reader.
    pub const fn is_present(&self) -> bool {
        self.present
    }

    /// Forgets everything a reset makes a card forget.
    pub fn reset_volatile(&mut self) {
        self.piv = PivState::default();
        self.iso = IsoState::default();
        self.pending.clear();
        self.chain.clear();
    }

    /// Runs one command, with the faults that are due.
    pub fn exchange(&mut self, command: &[u8]) -> Exchange {
        if !self.present {
            return Exchange::Removed;
        }
        if self.mute {
            return Exchange::Mute;
        }
        let mut delay = Duration::ZERO;
        let (mut truncated, mut instead, mut limit) = (false, None, usize::MAX);
        for kind in self.faults.strike(command) {
            match kind {
                FaultKind::Answer(status) => instead = Some(status),
                FaultKind::Chunked(most) => self.chunk = usize::from(most),
                FaultKind::Limited(most) => limit = limit.min(usize::from(most)),
                FaultKind::Communication => {
                    self.reset_volatile();
                    return Exchange::Communication;
                }
                FaultKind::Mute => {
                    self.mute = true;
                    return Exchange::Mute;
                }
                FaultKind::Removed => {
                    self.set_present(false);
                    return Exchange::Removed;
                }
                FaultKind::Reset => return Exchange::Reset,
                FaultKind::Slow(millis) => delay = Duration::from_millis(millis),
                FaultKind::Truncated => truncated = true,
            }
        }
        let mut bytes = match instead {
            Some(status) => status.to_be_bytes().to_vec(),
            None => self.answer(command),
        };
        if truncated && bytes.len() > 2 {
            let at = bytes.len().saturating_sub(3);
            bytes.remove(at);
        }
        let data = bytes.len().saturating_sub(2);
        if data > limit {
            bytes.drain(limit..data);
        }
        let count = |bytes: usize| u64::try_from(bytes).unwrap_or(0);
        self.traffic.commands += 1;
        self.traffic.command_bytes += count(command.len());
        self.traffic.response_bytes += count(bytes.len());
        Exchange::Answer { bytes, delay }
    }

    /// Runs one command without faults and returns data and status word.
    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(command) = Command::parse(bytes) else {
            return StatusWord::WRONG_LENGTH.bytes().to_vec();
        };
        let [class, instruction, p1, p2] = command.header();
        let wanted = command.expected().map(Le::count);
        if instruction == 0xC0 {
            return self.get_response(wanted.unwrap_or(256));
        }
        self.pending.clear();
        let answer = match class {
            0x00 => {
                let data = [&std::mem::take(&mut self.chain)[..], command.data()].concat();
                let whole = Command::new("COMMAND", [class, instruction, p1, p2]).with_data(data);
                match self.image.family {
                    TokenFamily::Piv => self.piv_answer(&whole),
                    TokenFamily::Pkcs15 => self.iso_answer(&whole, wanted),
                }
            }
            MORE_FOLLOWS => {
                self.chain.extend_from_slice(command.data());
                if self.chain.len() > LONGEST_CHAIN {
                    self.chain.clear();
                    Err(StatusWord::WRONG_LENGTH)
                } else {
                    Ok(Vec::new())
                }
            }
            _ => Err(StatusWord::CLASS_UNKNOWN),
        };
        match answer {
            Ok(data) => self.give(data, wanted.unwrap_or(0)),
            Err(status) => status.bytes().to_vec(),
        }
    }

    /// As much of `data` as is wanted; the rest waits for GET RESPONSE.
    fn give(&mut self, mut data: Vec<u8>, wanted: usize) -> Vec<u8> {
        self.pending = data.split_off(data.len().min(wanted).min(self.chunk));
        let status = match self.pending.len() {
            0 => StatusWord::OK,
            more => StatusWord(0x6100 | u16::from(u8::try_from(more).unwrap_or(0))),
        };
        data.extend_from_slice(&status.bytes());
        data
    }

    fn get_response(&mut self, wanted: usize) -> Vec<u8> {
        let ready = self.pending.len().min(256);
        if ready == 0 {
            return StatusWord::CONDITIONS.bytes().to_vec();
        }
        if wanted > ready && wanted != 256 {
            return StatusWord(0x6C00 | u16::from(u8::try_from(ready).unwrap_or(0)))
                .bytes()
                .to_vec();
        }
        let data = std::mem::take(&mut self.pending);
        self.give(data, wanted)
    }
}

impl Transport for TokenCard {
    fn atr(&self) -> Vec<u8> {
        self.image.atr.0.clone()
    }

    /// Delays are left out in this process: nothing here waits.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self.exchange(command) {
            Exchange::Answer { bytes, .. } => Ok(bytes),
            Exchange::Communication => Err(TransportError::Communication),
            Exchange::Mute => Err(TransportError::CardMute),
            Exchange::Removed => Err(TransportError::CardRemoved),
            Exchange::Reset => {
                self.reset_volatile();
                Err(TransportError::CardReset)
            }
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        if !self.present {
            return Err(TransportError::CardRemoved);
        }
        if self.mute {
            return Err(TransportError::CardMute);
        }
        self.reset_volatile();
        Ok(())
    }

    /// The first protocol that the answer to reset offers.
    fn protocol(&self) -> Protocol {
        let [_, format, rest @ ..] = self.image.atr.0.as_slice() else {
            return Protocol::T0;
        };
        if format & 0x80 == 0 {
            return Protocol::T0;
        }
        let before = usize::try_from((format & 0x70).count_ones()).unwrap_or(0);
        match rest.get(before) {
            Some(first) if first & 0x0F == 1 => Protocol::T1,
            _ => Protocol::T0,
        }
    }
}
