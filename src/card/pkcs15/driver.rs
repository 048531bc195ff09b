//! The driver of one card: what a job does with a PKCS#15 token.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use zeroize::Zeroizing;

use crate::base::secret::Pin;
use crate::card::eid::{CardSignature, LastTry, PinState};
use crate::card::error::CardError;
use crate::card::operation::{self, Operation, Stop};
use crate::card::public_key::{self, KeyKind};
use crate::card::tlv;
use crate::card::transport::Connection;

use super::directory::{Entry, ObjectKind, Place, TokenInfo, read_odf, read_token_info};
use super::files::{Base, Files, Found, TOKEN_INFO, Until};
use super::object::{
    CertificateObject, KeyObject, PinFlag, PinObject, Value, read_certificates, read_keys, read_pins,
};
use super::path::Path;
use super::pin::block;
use super::profile;
use super::sign::{SignRequest, readings};

/// A PKCS#15 token at the other end of a connection.
///
/// Each operation is one transaction that begins with the selection of the application; between two operations other
/// programs may use the card. The card itself stays the same one: a connection ends with it.
pub struct Pkcs15<'c> {
    connection: &'c mut dyn Connection,
    found: Option<Found>,
    contents: Option<Contents>,
    keys: BTreeMap<Vec<u8>, KeyKind>,
    pin_states: BTreeMap<Vec<u8>, PinState>,
}

/// What a token lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// What it says of itself.
    pub token: TokenInfo,
    /// Certificates, the holder's first.
    pub certificates: Vec<CertificateObject>,
    /// Private keys.
    pub keys: Vec<KeyObject>,
    /// PINs.
    pub pins: Vec<PinObject>,
}

impl Contents {
    fn add(&mut self, kind: ObjectKind, file: &[u8]) {
        match kind {
            ObjectKind::Authentication => self.pins.extend(read_pins(file)),
            ObjectKind::Certificates => self.certificates.extend(read_certificates(file)),
            ObjectKind::OtherCertificates => {
                let others = read_certificates(file).into_iter();
                self.certificates.extend(others.map(|other| CertificateObject {
                    authority: true,
                    ..other
                }));
            }
            ObjectKind::PrivateKeys => self.keys.extend(read_keys(file)),
        }
    }

    /// The key with this identifier.
    pub fn key(&self, id: &[u8]) -> Option<&KeyObject> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The holder's certificate with this identifier.
    pub fn certificate(&self, id: &[u8]) -> Option<&CertificateObject> {
        self.certificates
            .iter()
            .find(|certificate| certificate.id == id && !certificate.authority)
    }

    /// The PIN that `key` wants; the only user's PIN when it does not say.
    pub fn pin_of(&self, key: &KeyObject) -> Option<&PinObject> {
        key.pin.as_ref().and_then(|id| self.pin(id))
    }

    fn pin(&self, id: &[u8]) -> Option<&PinObject> {
        self.pins.iter().find(|pin| pin.id == id)
    }
}

impl<'c> Pkcs15<'c> {
    /// The driver on this connection. Sends nothing yet.
    pub fn new(connection: &'c mut dyn Connection) -> Self {
        Self {
            connection,
            found: None,
            contents: None,
            keys: BTreeMap::new(),
            pin_states: BTreeMap::new(),
        }
    }

    /// Whether the card has the application.
    ///
    /// # Errors
    /// `CardUnsupported` when it has not.
    pub fn recognise(&mut self) -> Result<(), CardError> {
        if self.found.is_none() {
            self.found = Some(operation::run(self.connection, |session| {
                Files::new(session).discover()
            })?);
        }
        Ok(())
    }

    /// What the token lists. Read once for a connection.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind. A directory that cannot be read or is malformed lists nothing.
    pub fn contents(&mut self) -> Result<&Contents, CardError> {
        if self.contents.is_none() {
            let known = self.found.take();
            let (found, contents) = operation::run(self.connection, |session| {
                let mut files = Files::new(session);
                let found = match &known {
                    Some(found) => found.clone(),
                    None => files.discover()?,
                };
                let contents = files.contents(&found)?;
                Ok((found, contents))
            })?;
            self.found = Some(found);
            self.contents = Some(contents);
        }
        self.contents.as_ref().ok_or(CardError::Communication)
    }

    /// The certificate that `object` describes, DER.
    ///
    /// # Errors
    /// `FileMissing` when its file is not there, `Malformed` when it is no certificate.
    pub fn certificate(&mut self, object: &CertificateObject) -> Result<Vec<u8>, CardError> {
        self.recognise()?;
        let base = self.base()?;
        let der = match &object.value {
            Value::Inline(der) => der.clone(),
            Value::File(path) => operation::run(self.connection, |session| {
                Files::new(session).read(&base, path, Until::Der)
            })?
            .ok_or(CardError::FileMissing("certificate"))?,
        };
        let der = tlv::der_trimmed(&der).to_vec();
        if tlv::der_total(&der) != Some(der.len()) {
            return Err(CardError::Malformed {
                what: "certificate",
                at: der.len(),
            });
        }
        if !object.authority
            && let Ok(facts) = public_key::of_certificate(&der)
        {
            self.keys.insert(object.id.clone(), facts.key);
        }
        Ok(der)
    }

    fn base(&self) -> Result<Base, CardError> {
        let found = self.found.as_ref().ok_or(CardError::CardUnsupported)?;
        Ok(found.base.clone())
    }

    /// What is known of the PIN of the key with this identifier, without using up a try.
    ///
    /// # Errors
    /// `KeyUnknown`; `CardUnsupported` for a card of another kind.
    pub fn pin_state(&mut self, id: &[u8]) -> Result<PinState, CardError> {
        let (_, pin) = self.key_and_pin(id)?;
        let Some(pin) = pin else {
            return Ok(PinState::Unknown);
        };
        if let Some(state) = self.pin_states.get(&pin.id) {
            return Ok(*state);
        }
        if !profile::asks_tries(&self.contents()?.token) {
            return Ok(PinState::Unknown);
        }
        let base = self.base()?;
        let state = operation::run(self.connection, |session| {
            Files::new(session).enter_for(&base, Some(&pin))?;
            session.pkcs15_tries(&pin)
        })?;
        self.pin_states.insert(pin.id, state);
        Ok(state)
    }

    fn key_and_pin(&mut self, id: &[u8]) -> Result<(KeyObject, Option<PinObject>), CardError> {
        let contents = self.contents()?;
        let key = contents
            .key(id)
            .ok_or_else(|| CardError::KeyUnknown(hex::encode_upper(id)))?;
        Ok((key.clone(), contents.pin_of(key).cloned()))
    }

    /// Signs `request`, in one transaction: SELECT, MSE, VERIFY, PSO, and the right dropped.
    ///
    /// `pin`: left out only for a key that wants none. `verify`: tells whether the value verifies with the certificate's
    /// key over the digest; a value that does not is never handed out.
    ///
    /// VERIFY is sent at most once, immediately before the signature. A fault after it never starts the operation again.
    ///
    /// # Errors
    /// `KeyUnknown`, `FunctionUnavailable`, `AlgorithmUnsupported`, `PinLength`, `PinBlocked` and `PinLastTry` before any
    /// try is spent; `PinWrong`, `PinRefused`; `OutcomeUnknown` when the card was lost after the command to sign,
    /// `CardRemoved` when it was taken out; `SignatureInvalid`.
    pub fn sign(
        &mut self,
        request: &SignRequest<'_>,
        pin: Option<&Pin>,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        let (key, object) = self.key_and_pin(request.id)?;
        let kind = self.kind(request.id)?;
        let what = (request.scheme, request.hash, request.digest);
        let plan = profile::plan(&self.contents()?.token, &key, kind, what)?;
        let secret = match (object, pin) {
            (Some(object), Some(pin)) => {
                let block = block(&object, pin)?;
                match (self.pin_state(request.id)?, request.last_try) {
                    (PinState::Blocked, _) => return Err(CardError::PinBlocked),
                    (PinState::Left(1), LastTry::NotConfirmed) => return Err(CardError::PinLastTry),
                    _ => {}
                }
                Some((object, block))
            }
            _ => None,
        };
        let base = self.base()?;
        let mut after = None;
        let result = operation::run(self.connection, |session| {
            let pin = secret.as_ref().map(|(object, _)| object);
            let mut files = Files::new(session);
            files.enter_for(&base, pin)?;
            if let Some(path) = &key.path {
                // Some cards have the key's directory there, some a file that cannot be selected: either is well.
                files.select(&base, path)?;
            }
            session.pkcs15_environment(&plan)?;
            let Some((object, block)) = &secret else {
                return session.pkcs15_compute(&plan);
            };
            session.pkcs15_verify(object, block, &mut after)?;
            let value = session.pkcs15_compute(&plan);
            session.pkcs15_log_off(object);
            value
        });
        if let Some((object, _)) = secret {
            self.pin_states.remove(&object.id);
            if let Some(state) = after {
                self.pin_states.insert(object.id, state);
            }
        }
        readings(kind, request, result?)?
            .into_iter()
            .find(|signature| verify(signature))
            .ok_or(CardError::SignatureInvalid)
    }

    /// The kind of the key, from its certificate.
    fn kind(&mut self, id: &[u8]) -> Result<KeyKind, CardError> {
        if let Some(kind) = self.keys.get(id) {
            return Ok(*kind);
        }
        let missing = || CardError::KeyUnknown(hex::encode_upper(id));
        let object = self.contents()?.certificate(id).cloned().ok_or_else(missing)?;
        let der = self.certificate(&object)?;
        Ok(public_key::of_certificate(&der)?.key)
    }

    /// Changes the PIN of the key with this identifier.
    ///
    /// # Errors
    /// `PinLength` before anything is sent; `FunctionUnavailable` when the card does not allow it; `PinWrong`,
    /// `PinBlocked`; `OutcomeUnknown` when the card was lost after the command: either PIN may be the right one.
    pub fn change_pin(&mut self, id: &[u8], old: &Pin, new: &Pin) -> Result<(), CardError> {
        let object = self.pin_for(id, "change this PIN", PinFlag::ChangeDisabled)?;
        let both = joined(&block(&object, old)?, &block(&object, new)?);
        self.with_pin(&object, |session| session.pkcs15_change(&object, &both))
    }

    /// Gives the PIN of the key with this identifier back its tries and a new value, with the code that unblocks it.
    ///
    /// # Errors
    /// `PinLength` before anything is sent; `FunctionUnavailable` when the card lists no such code or does not allow it;
    /// `PukWrong`, `PukBlocked`.
    pub fn unblock(&mut self, id: &[u8], puk: &Pin, new: &Pin) -> Result<(), CardError> {
        let object = self.pin_for(id, "unblock this PIN", PinFlag::UnblockDisabled)?;
        let contents = self.contents()?;
        let guard = object
            .guard
            .as_ref()
            .and_then(|guard| contents.pin(guard))
            .filter(|guard| guard.has(PinFlag::Unblocks))
            .ok_or(CardError::FunctionUnavailable("unblock this PIN"))?;
        let both = joined(&block(guard, puk)?, &block(&object, new)?);
        self.with_pin(&object, |session| session.pkcs15_unblock(&object, &both))
    }

    /// Drops the rights that another program may have left behind: the application is entered anew, and each PIN's right
    /// dropped; a card that does not know how is reset.
    ///
    /// # Errors
    /// `CardUnsupported` for a card of another kind.
    pub fn log_off(&mut self) -> Result<(), CardError> {
        let pins = self.contents()?.pins.clone();
        let base = self.base()?;
        operation::run(self.connection, |session| {
            for pin in pins.iter().filter(|pin| !pin.has(PinFlag::Unblocks)) {
                Files::new(session).enter_for(&base, Some(pin))?;
                session.pkcs15_log_off(pin);
            }
            Ok(())
        })
    }

    fn pin_for(&mut self, id: &[u8], what: &'static str, disabled: PinFlag) -> Result<PinObject, CardError> {
        let (_, pin) = self.key_and_pin(id)?;
        pin.filter(|pin| !pin.has(disabled))
            .ok_or(CardError::FunctionUnavailable(what))
    }

    fn with_pin(
        &mut self,
        pin: &PinObject,
        mut work: impl FnMut(&mut Operation<'_>) -> Result<(), Stop>,
    ) -> Result<(), CardError> {
        self.pin_states.remove(&pin.id);
        let base = self.base()?;
        operation::run(self.connection, |session| {
            Files::new(session).enter_for(&base, Some(pin))?;
            work(session)
        })
    }
}

impl Files<'_, '_> {
    /// Reads the directories that the object directory lists, each file once.
    fn contents(&mut self, found: &Found) -> Result<Contents, Stop> {
        let mut contents = Contents::default();
        if let Some(file) = self.read_directory(&found.base, &Path::of(&[TOKEN_INFO]))? {
            // A token that does not describe itself is read all the same; it will not sign.
            contents.token = read_token_info(&file).unwrap_or_default();
        }
        let entries = self.read_directory(&found.base, &found.odf)?;
        let mut seen = BTreeSet::new();
        for Entry { kind, place } in entries.as_deref().map(read_odf).unwrap_or_default() {
            match place {
                Place::Here(objects) => contents.add(kind, &objects),
                // An object directory that names itself, or the same file again, is not followed.
                Place::File(path)
                    if path.ids == found.odf.ids || !seen.insert((kind, path.ids.clone(), path.index)) => {}
                Place::File(path) => {
                    if let Some(file) = self.read_directory(&found.base, &path)? {
                        contents.add(kind, &file);
                    }
                }
            }
        }
        Ok(contents)
    }

    /// A directory that the card refuses to show lists nothing: other directories may still be read.
    fn read_directory(&mut self, base: &Base, path: &Path) -> Result<Option<Vec<u8>>, Stop> {
        match self.read(base, path, Until::End) {
            Err(Stop::Card(CardError::Status { .. } | CardError::Malformed { .. })) => Ok(None),
            other => other,
        }
    }

    /// Enters the application, and the directory that a local PIN belongs to.
    fn enter_for(&mut self, base: &Base, pin: Option<&PinObject>) -> Result<(), Stop> {
        if !self.enter(base)? {
            return Err(CardError::CardUnsupported.into());
        }
        if let Some(path) = pin
            .filter(|pin| pin.has(PinFlag::Local))
            .and_then(|pin| pin.path.as_ref())
            && !self.select(base, path)?
        {
            return Err(CardError::FileMissing("directory of the PIN").into());
        }
        Ok(())
    }
}

/// Two blocks one after the other, in memory that is wiped.
fn joined(first: &[u8], second: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut both = Zeroizing::new(Vec::with_capacity(first.len().saturating_add(second.len())));
    both.extend_from_slice(first);
    both.extend_from_slice(second);
    both
}

impl fmt::Debug for Pkcs15<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pkcs15({:?}, {:?})", self.found, self.pin_states)
    }
}
