//! Whatever a virtual reader plays: an eID card or a token.

use std::path::Path;

use super::super::LabError;
use super::token::TokenCard;
use super::token_image::{TokenImage, TokenKeys};
use super::{CardImage, CardKeys, Exchange, Fault, Traffic, VirtualCard};
use crate::card::transport::Transport as _;

/// A card of any family.
#[derive(Debug)]
pub enum AnyCard {
    /// A Belgian eID card.
    Eid(Box<VirtualCard>),
    /// A token.
    Token(Box<TokenCard>),
}

impl From<VirtualCard> for AnyCard {
    fn from(card: VirtualCard) -> Self {
        Self::Eid(Box::new(card))
    }
}

impl From<TokenCard> for AnyCard {
    fn from(card: TokenCard) -> Self {
        Self::Token(Box::new(card))
    }
}

/// Forwards to whichever card it is.
macro_rules! either {
    ($self:expr, $card:ident => $call:expr) => {
        match $self {
            AnyCard::Eid($card) => $call,
            AnyCard::Token($card) => $call,
        }
    };
}

impl AnyCard {
    /// Reads the card `name` in `folder`, whatever its format, with its keys.
    ///
    /// # Errors
    /// `Malformed` for a file of neither format; when a file cannot be read.
    pub fn load(folder: &Path, name: &str) -> Result<Self, LabError> {
        let path = folder.join(format!("{name}.json"));
        let text = std::fs::read(&path).map_err(LabError::io(&path))?;
        if let Some(image) = TokenImage::parse(&text) {
            return Ok(TokenCard::new(image, TokenKeys::load(folder, name)?).into());
        }
        Ok(VirtualCard::new(CardImage::load(&path)?, CardKeys::load(folder, name)?).into())
    }

    /// Writes content and lasting state, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), LabError> {
        either!(self, card => card.image().save(path))
    }

    /// Answer to reset.
    pub fn atr(&self) -> Vec<u8> {
        either!(self, card => card.atr())
    }

    /// Runs one command, with the faults that are due.
    pub fn exchange(&mut self, command: &[u8]) -> Exchange {
        either!(self, card => card.exchange(command))
    }

    /// Forgets everything a reset makes a card forget.
    pub fn reset_volatile(&mut self) {
        either!(self, card => card.reset_volatile());
    }

    /// Puts the card into its reader, or takes it out.
    pub fn set_present(&mut self, present: bool) {
        either!(self, card => card.set_present(present));
    }

    /// Whether lasting state changed since this was asked last.
    pub fn take_changed(&mut self) -> bool {
        either!(self, card => card.take_changed())
    }

    /// Gives the card one more fault.
    pub fn add_fault(&mut self, fault: Fault) {
        either!(self, card => card.add_fault(fault));
    }

    /// Takes all faults away and wakes a mute card.
    pub fn clear_faults(&mut self) {
        either!(self, card => card.clear_faults());
    }

    /// The faults that have not struck yet.
    pub fn faults(&self) -> &[Fault] {
        either!(self, card => card.faults())
    }

    /// Commands and bytes so far.
    pub fn traffic(&self) -> Traffic {
        either!(self, card => card.traffic())
    }

    /// Its PIN: specimens have no secrets.
    pub fn pin(&self) -> &str {
        match self {
            Self::Eid(card) => &card.image().pin,
            Self::Token(card) => &card.image().pin.value,
        }
    }

    /// PIN tries left.
    pub fn tries_left(&self) -> u8 {
        match self {
            Self::Eid(card) => card.image().tries_left,
            Self::Token(card) => card.image().pin.left,
        }
    }

    /// Sets the PIN.
    ///
    /// # Errors
    /// `Refused` when a card of this family has no such PIN.
    pub fn set_pin(&mut self, pin: String) -> Result<(), LabError> {
        let is_digits = pin.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Eid(card) => {
                if !(4..=12).contains(&pin.len()) || !is_digits {
                    return Err(LabError::Refused("a PIN has 4 to 12 digits"));
                }
                card.image_mut().pin = pin;
            }
            Self::Token(card) => {
                if !(6..=8).contains(&pin.len()) || !is_digits {
                    return Err(LabError::Refused("the PIN of a token has 6 to 8 digits"));
                }
                card.image_mut().pin.value = pin;
            }
        }
        Ok(())
    }

    /// Sets the tries left, at most those of a fresh PIN.
    pub fn set_tries_left(&mut self, left: u8) {
        match self {
            Self::Eid(card) => card.image_mut().tries_left = left.min(CardImage::PIN_TRIES),
            Self::Token(card) => {
                let pin = &mut card.image_mut().pin;
                pin.left = left.min(pin.total);
            }
        }
    }
}
