//! The driver of one token: what a job does with a PIV card.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::secret::Pin;
use crate::card::eid::{CardSignature, LastTry, PinState};
use crate::card::error::CardError;
use crate::card::operation::{self, Operation, Stop};
use crate::card::public_key::{self, KeyKind};
use crate::card::transport::Connection;

use super::object::{CHUID, Chuid, PinPolicy, Slot, read_certificate, read_chuid};
use super::pin::block;
use super::sign::SignRequest;
use super::yubikey::YubiKey;

/// A PIV token at the other end of a connection.
///
/// Each operation is one transaction that begins with the selection of the application; between two operations other
/// programs may use the card. The card itself stays the same one: a connection ends with it.
pub struct Piv<'c> {
    connection: &'c mut dyn Connection,
    keys: BTreeMap<Slot, KeyKind>,
    policy: Option<PinPolicy>,
    pin_state: Option<PinState>,
}

/// A slot, and its certificate in DER or what is wrong with it.
pub type SlotCertificate = (Slot, Result<Vec<u8>, CardError>);

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What the application's maker calls it.
    pub label: Option<String>,
    /// The holder's identifier.
    pub chuid: Option<Chuid>,
    /// Which PIN it wants.
    pub policy: PinPolicy,
    /// What a YubiKey says beyond that.
    pub yubikey: Option<YubiKey>,
}

impl<'c> Piv<'c> {
    /// The driver on this connection. Sends nothing yet.
    pub fn new(connection: &'c mut dyn Connection) -> Self {
        Self {
            connection,
            keys: BTreeMap::new(),
            policy: None,
            pin_state: None,
        }
    }

    /// Whether the card has the application.
    ///
    /// # Errors
    /// `CardUnsupported` when it has not.
    pub fn recognise(&mut self) -> Result<(), CardError> {
        operation::run(self.connection, |session| session.select_piv().map(drop))
    }

    /// What the token says of itself.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind. An identifier that is malformed is no error: it says nothing.
    pub fn token(&mut self) -> Result<Token, CardError> {
        let token = operation::run(self.connection, |session| {
            let application = session.select_piv()?;
            let policy = session.pin_policy()?;
            let chuid = session.get_data(CHUID)?;
            let chuid = chuid.and_then(|object| read_chuid(&object).ok().flatten());
            let yubikey = session.yubikey(policy.reference())?;
            Ok(Token {
                label: application.label,
                chuid,
                policy,
                yubikey,
            })
        })?;
        self.policy = Some(token.policy);
        Ok(token)
    }

    /// The certificates on the token, DER, in the order of the slots. A malformed one is left out with its error.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind, and what keeps any of them from being read.
    pub fn certificates(&mut self) -> Result<Vec<SlotCertificate>, CardError> {
        let found = operation::run(self.connection, |session| {
            session.select_piv()?;
            let mut found = Vec::new();
            for slot in Slot::ALL {
                let object = session.get_data(slot.object())?.unwrap_or_default();
                match read_certificate(&object) {
                    Ok(None) => {}
                    Ok(Some(der)) => found.push((slot, Ok(der))),
                    Err(error) => found.push((slot, Err(error))),
                }
            }
            Ok(found)
        })?;
        for (slot, der) in &found {
            if let Ok(der) = der {
                self.learn(*slot, der);
            }
        }
        Ok(found)
    }

    /// The certificate of this slot, DER.
    ///
    /// # Errors
    /// `KeyUnknown` when the slot has none.
    pub fn certificate(&mut self, slot: Slot) -> Result<Vec<u8>, CardError> {
        let der = operation::run(self.connection, |session| {
            session.select_piv()?;
            session.certificate(slot)
        })?;
        self.learn(slot, &der);
        Ok(der)
    }

    fn learn(&mut self, slot: Slot, der: &[u8]) {
        if let Ok(facts) = public_key::of_certificate(der) {
            self.keys.insert(slot, facts.key);
        }
    }

    /// What is known of the PIN, without using up a try.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind.
    pub fn pin_state(&mut self) -> Result<PinState, CardError> {
        let known = self.policy;
        let (policy, state) = operation::run(self.connection, |session| {
            session.select_piv()?;
            let policy = session.policy(known)?;
            let state = session.state(policy)?;
            Ok((policy, state))
        })?;
        self.policy = Some(policy);
        self.pin_state = Some(state);
        Ok(state)
    }

    /// Signs `request`, in one transaction: SELECT, VERIFY, GENERAL AUTHENTICATE, and the right dropped.
    ///
    /// `pin`: left out only for a key that works without one. `verify`: tells whether the value verifies with the
    /// certificate's key over the digest; a value that does not is never handed out.
    ///
    /// VERIFY is sent at most once, immediately before the signature. A fault after it never starts the operation again.
    ///
    /// # Errors
    /// `KeyUnknown`, `AlgorithmUnsupported`, `PinLength`, `PinBlocked` and `PinLastTry` before any try is spent;
    /// `PinWrong`, `PinRefused`; `TouchMissing`; `OutcomeUnknown` when the card was lost after the command to sign,
    /// `CardRemoved` when it was taken out; `SignatureInvalid`.
    pub fn sign(
        &mut self,
        request: &SignRequest<'_>,
        pin: Option<&Pin>,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        let block = pin.map(block).transpose()?;
        let known_key = self.keys.get(&request.slot).copied();
        let (known_policy, known_state) = (self.policy, self.pin_state);
        let mut after = known_state;
        let mut learned = (known_key, known_policy);
        let result = operation::run(self.connection, |session| {
            session.select_piv()?;
            let key = match known_key {
                Some(key) => key,
                None => public_key::of_certificate(&session.certificate(request.slot)?)?.key,
            };
            learned.0 = Some(key);
            // Refused before a try is spent.
            super::sign::input(key, request)?;
            let Some(block) = &block else {
                return session.piv_sign(key, request);
            };
            let policy = session.policy(known_policy)?;
            learned.1 = Some(policy);
            let state = match known_state {
                Some(state) => state,
                None => session.state(policy)?,
            };
            after = Some(state);
            match state {
                PinState::Blocked => return Err(CardError::PinBlocked.into()),
                PinState::Left(1) if request.last_try == LastTry::NotConfirmed => {
                    return Err(CardError::PinLastTry.into());
                }
                _ => {}
            }
            // Unless the card says otherwise, the tries are asked for again before the next attempt.
            after = None;
            session.piv_verify(policy.reference(), block, &mut after)?;
            let signature = session.piv_sign(key, request);
            session.piv_log_off(policy.reference());
            signature
        });
        self.pin_state = after;
        self.policy = learned.1;
        if let Some(key) = learned.0 {
            self.keys.insert(request.slot, key);
        }
        let signature = result?;
        if verify(&signature) {
            Ok(signature)
        } else {
            Err(CardError::SignatureInvalid)
        }
    }

    /// Changes the PIN.
    ///
    /// # Errors
    /// `PinLength` before anything is sent; `PinWrong`, `PinBlocked`; `OutcomeUnknown` when the card was lost after the
    /// command: either PIN may be the right one.
    pub fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), CardError> {
        let (old, new) = (block(old)?, block(new)?);
        self.with_secret(|session, reference| session.piv_change(reference, &old, &new))
    }

    /// Gives the PIN back its tries and a new value, with the PUK.
    ///
    /// # Errors
    /// `PinLength` before anything is sent; `PukWrong`, `PukBlocked`; `FunctionUnavailable`.
    pub fn unblock(&mut self, puk: &Pin, new: &Pin) -> Result<(), CardError> {
        let (puk, new) = (block(puk)?, block(new)?);
        self.with_secret(|session, reference| session.piv_unblock(reference, &puk, &new))
    }

    /// Drops the PIN right that another program may have left behind.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind.
    pub fn log_off(&mut self) -> Result<(), CardError> {
        self.with_secret(|session, reference| {
            session.piv_log_off(reference);
            Ok(())
        })
    }

    fn with_secret(
        &mut self,
        mut work: impl FnMut(&mut Operation<'_>, u8) -> Result<(), Stop>,
    ) -> Result<(), CardError> {
        let known = self.policy;
        self.pin_state = None;
        operation::run(self.connection, |session| {
            session.select_piv()?;
            let policy = session.policy(known)?;
            work(session, policy.reference())
        })
    }
}

impl Operation<'_> {
    fn certificate(&mut self, slot: Slot) -> Result<Vec<u8>, Stop> {
        let missing = || CardError::KeyUnknown(slot.name().to_owned());
        let object = self.get_data(slot.object())?.ok_or_else(missing)?;
        Ok(read_certificate(&object)?.ok_or_else(missing)?)
    }

    fn policy(&mut self, known: Option<PinPolicy>) -> Result<PinPolicy, Stop> {
        known.map_or_else(|| self.pin_policy(), Ok)
    }

    /// From a YubiKey's metadata where it has any: it answers even when the PIN is verified already.
    fn state(&mut self, policy: PinPolicy) -> Result<PinState, Stop> {
        let yubikey = self.yubikey(policy.reference())?;
        match yubikey.and_then(|yubikey| yubikey.pin) {
            Some(pin) if pin.left == 0 => Ok(PinState::Blocked),
            Some(pin) => Ok(PinState::Left(pin.left)),
            None => self.piv_pin_state(policy.reference()),
        }
    }
}

impl fmt::Debug for Piv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Piv({:?}, {:?}, {:?})", self.keys, self.policy, self.pin_state)
    }
}
