//! A virtual Belgian eID card: state machine, files, keys, faults.
//!
//! It answers bytes with bytes as the applets 1.0 to 1.8 do, keeps its PIN tries, and can be told to fail. In this process it is a [`Transport`]; behind a real reader stack the
//! room's `vpcd` plays it. Start from [`VirtualCard::new`], or [`personal::personalise`] for a whole person.

mod any;
mod fault;
mod image;
mod machine;
pub mod pad;
pub mod personal;
mod photo;
mod piv;
mod pkcs15;
mod profile;
mod published;
pub mod specimens;
mod token;
pub mod token_files;
mod token_image;
mod token_iso;

use std::time::Duration;

pub use any::AnyCard;
pub use fault::{Exchange, Fault, FaultKind};
pub use image::{CardImage, CardKeys, Hex};
pub use personal::{CardSpec, Certificates, DataSigner, Personalised};
pub use profile::Applet;
pub use token::TokenCard;
pub use token_image::{Manner, SecretCode, TokenFamily, TokenImage, TokenKeys};

use crate::card::transport::{Transport, TransportError};
use machine::Volatile;

/// How much a card was used since it was made: to compare drivers by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Traffic {
    /// Commands answered.
    pub commands: u64,
    /// Bytes of the commands.
    pub command_bytes: u64,
    /// Bytes of the answers.
    pub response_bytes: u64,
}

/// One virtual card.
#[derive(Debug)]
pub struct VirtualCard {
    image: CardImage,
    keys: CardKeys,
    volatile: Volatile,
    faults: fault::Faults,
    present: bool,
    mute: bool,
    changed: bool,
    /// Largest piece that GET RESPONSE gives.
    chunk: Option<u8>,
    traffic: Traffic,
}

impl VirtualCard {
    /// The card with this content and these keys, powered and in a reader.
    pub fn new(image: CardImage, keys: CardKeys) -> Self {
        Self {
            image,
            keys,
            volatile: Volatile::default(),
            faults: fault::Faults::default(),
            present: true,
            mute: false,
            changed: false,
            chunk: None,
            traffic: Traffic::default(),
        }
    }

    /// Its content and lasting state as they are now.
    pub const fn image(&self) -> &CardImage {
        &self.image
    }

    /// The same, to change what is on the card.
    pub const fn image_mut(&mut self) -> &mut CardImage {
        &mut self.image
    }

    /// Its keys.
    pub const fn keys(&self) -> &CardKeys {
        &self.keys
    }

    /// Whether lasting state changed since this was asked last.
    pub const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    /// Gives the card one more fault.
    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Takes all faults away and wakes a mute card.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
        self.chunk = None;
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

    /// Puts the card into its reader, or takes it out.
    pub fn set_present(&mut self, present: bool) {
        self.present = present;
        self.mute = false;
        self.reset_volatile();
    }

    /// Whether the card is in its reader.
    pub const fn is_present(&self) -> bool {
        self.present
    }

    /// Forgets everything a reset makes a card forget.
    pub fn reset_volatile(&mut self) {
        self.volatile = Volatile::default();
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
        let mut truncated = false;
        let mut limit = usize::MAX;
        let mut instead = None;
        for kind in self.faults.strike(command) {
            match kind {
                FaultKind::Answer(status) => instead = Some(status),
                FaultKind::Chunked(most) => self.chunk = Some(most),
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
}

impl Transport for VirtualCard {
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
}

#[cfg(test)]
mod tests;
