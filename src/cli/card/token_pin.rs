//! `zegel card pin` for an organisation's token.

use serde_json::json;

use super::pin::{Keyboard, ask_new_pin, ask_pin, question, tries_text};
use super::{Problem, Reader, with_card};
use crate::base::digest::Sha256Digest;
use crate::card::CardError;
use crate::card::eid::{LastTry, PinState};
use crate::card::family::{Card, Family, KeyName, Purpose, Unblock};
use crate::card::readers::Readers;
use crate::cli::console::{Console, Exit};

/// A token, and the key whose PIN is meant: the one that signs, or the first.
#[derive(Clone)]
pub(super) struct Token {
    family: Family,
    key: KeyName,
    state: PinState,
    /// Of the key's certificate: the token that was looked at, and no other.
    certificate: Sha256Digest,
}

/// The token in the reader; `None` when an eID card is there.
pub(super) fn look(readers: &Readers, reader: &Reader) -> Result<Option<Token>, CardError> {
    with_card(readers, reader, |family, connection| {
        if family == Family::Belpic {
            return Ok(None);
        }
        let mut card = Card::of(family, connection);
        let (key, certificate) = named(&mut card)?;
        let state = card.pin_state(&key)?;
        Ok(Some(Token {
            family,
            key,
            state,
            certificate,
        }))
    })
}

fn named(card: &mut Card<'_>) -> Result<(KeyName, Sha256Digest), CardError> {
    let found = card.certificates()?;
    let signs = found.iter().find(|one| one.purpose == Purpose::Signature);
    let one = signs
        .or(found.first())
        .ok_or(CardError::CertificateMissing("holder's"))?;
    let der = one.der.clone()?;
    Ok((one.key.clone(), Sha256Digest::of(&der)))
}

impl Token {
    pub(super) fn show(&self, console: &mut Console) -> Exit {
        let json = json!({ "tries_left": self.state.tries_left(), "keypad": false });
        console.result(tries_text(self.state), &json);
        Exit::Good
    }

    /// Runs `work` on the token that was looked at, and on no other.
    fn run(
        &self,
        readers: &Readers,
        reader: &Reader,
        work: impl FnOnce(&mut Card<'_>, &KeyName) -> Result<(), CardError> + Send + 'static,
    ) -> Result<(), CardError> {
        let seen = self.clone();
        with_card(readers, reader, move |family, connection| {
            let mut card = Card::of(family, connection);
            if family != seen.family || named(&mut card)? != (seen.key.clone(), seen.certificate) {
                return Err(CardError::CardRemoved);
            }
            work(&mut card, &seen.key)
        })
    }

    pub(super) fn change(
        &self,
        readers: &Readers,
        reader: &Reader,
        last_try: LastTry,
        keyboard: &dyn Keyboard,
    ) -> Result<(), Problem> {
        let old = ask_pin(keyboard, &question(self.state))?;
        let new = ask_new_pin(keyboard)?;
        self.run(readers, reader, move |card, key| {
            card.change_pin(key, (&old, &new), last_try)
        })?;
        Ok(())
    }

    pub(super) fn unblock(
        &self,
        readers: &Readers,
        reader: &Reader,
        keyboard: &dyn Keyboard,
        console: &mut Console,
    ) -> Result<Exit, Problem> {
        if self.state != PinState::Blocked {
            console.warn(format_args!("the PIN is not blocked: {}", tries_text(self.state)));
        }
        let puk = ask_pin(keyboard, "PUK, of the token's issuer: ")?;
        let new = ask_new_pin(keyboard)?;
        self.run(readers, reader, move |card, key| {
            card.unblock(key, Unblock::Token { puk: &puk, new: &new })
        })?;
        console.result(
            "the PIN is unblocked, with all its tries; it is the new one",
            &json!({ "unblocked": true }),
        );
        Ok(Exit::Good)
    }

    pub(super) const fn state(&self) -> PinState {
        self.state
    }
}
