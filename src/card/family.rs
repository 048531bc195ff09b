//! Any card in one face: the Belgian eID, PIV tokens, PKCS#15 tokens.
//!
//! Tells which it is, lists its certificates with what they are for, says what is known of a PIN, signs, changes and
//! unblocks PINs. What a family cannot do is an answer with a stable code, never a guess. It does not say who the holder
//! is: only a Belgian card carries a national number, and a token's certificate needs a rule for its issuer.
//!
//! Start from [`Card::recognise`].

use std::fmt;

use crate::base::digest::HashAlgorithm;
use crate::base::secret::Pin;

use super::eid::{
    self, CardSignature, CertificateKind, Eid, KeyReference, LastTry, PinChange, PinState, Puk,
};
use super::error::CardError;
use super::piv::{self, Piv, Slot};
use super::pkcs15::{self, Pkcs15};
use super::public_key;
use super::scheme::Scheme;
use super::transport::{Connection, Disposition, Step};

/// A family of cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The Belgian eID card.
    Belpic,
    /// A token with the PIV application.
    Piv,
    /// A card with a PKCS#15 application.
    Pkcs15,
}

impl Family {
    /// The word for it in results for programs: `eid`, `piv`, `pkcs15`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Belpic => "eid",
            Self::Piv => "piv",
            Self::Pkcs15 => "pkcs15",
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Belpic => "eID card",
            Self::Piv => "PIV token",
            Self::Pkcs15 => "PKCS#15 token",
        }
    }
}

/// What a certificate on a card is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Proves who is at the other end.
    Authentication,
    /// Binds the holder to a document.
    Signature,
    /// Anything else: encryption, the card's own presence.
    Other,
}

impl Purpose {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Signature => "signature",
            Self::Other => "other",
        }
    }
}

/// The name of a key on a card: `authentication` and `signature` on the eID, the slot in hex on PIV (`9C`), the
/// identifier in hex on PKCS#15.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The key that is called `name`. Whether a card has it is told when it is used.
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn missing(&self) -> CardError {
        CardError::KeyUnknown(self.0.clone())
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyName({})", self.0)
    }
}

/// A holder's certificate, and the key that goes with it.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCertificate {
    /// The name of the key.
    pub key: KeyName,
    /// What it is for.
    pub purpose: Purpose,
    /// The certificate, or what is wrong with it.
    pub der: Result<Vec<u8>, CardError>,
}

impl fmt::Debug for CardCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.der.as_ref().map(Vec::len);
        write!(f, "CardCertificate({}, {:?}, {length:?})", self.key, self.purpose)
    }
}

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// With which key.
    pub key: &'a KeyName,
    /// How.
    pub scheme: Scheme<'a>,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: &'a [u8],
    /// Whether a last try may be used up.
    pub last_try: LastTry,
}

/// The code that unblocks a PIN. Families differ in what it is and does.
#[derive(Clone, Copy, Debug)]
pub enum Unblock<'a> {
    /// Both halves of an eID card's PUK; the PIN stays what it was.
    Eid(&'a Puk),
    /// A token's PUK; the PIN gets a new value.
    Token {
        /// The code.
        puk: &'a Pin,
        /// The PIN as it shall be.
        new: &'a Pin,
    },
}

/// A card of any family at the other end of a connection.
#[derive(Debug)]
pub enum Card<'c> {
    /// The Belgian eID card.
    Belpic(Eid<'c>),
    /// A token with the PIV application.
    Piv(Piv<'c>),
    /// A card with a PKCS#15 application.
    Pkcs15(Box<Pkcs15<'c>>),
}

/// Which family the card on this connection is of: the Belgian applet first, then PIV, then PKCS#15.
///
/// A card that proves to be Belgian is never asked for another application: what is selected then would be another.
///
/// # Errors
/// `CardUnsupported` when it is of none; `CardNotActivated` for a Belgian card that refuses every command.
///
/// Source: reference §2.2.
pub fn recognise(connection: &mut dyn Connection) -> Result<Family, CardError> {
    let mut atr = Vec::new();
    connection.run(&mut |transport| {
        atr = transport.atr();
        Step::Done(Disposition::Leave)
    })?;
    let is_other = |result: Result<(), CardError>| match result {
        Ok(()) => Ok(false),
        Err(CardError::CardUnsupported) => Ok(true),
        // A card that says yes to any name and knows nothing of the applet.
        Err(CardError::CardNotActivated) if !eid::is_likely_belgian(&atr) => Ok(true),
        Err(error) => Err(error),
    };
    if !is_other(Eid::new(connection).card_data().map(drop))? {
        return Ok(Family::Belpic);
    }
    if !is_other(Piv::new(connection).recognise())? {
        return Ok(Family::Piv);
    }
    if !is_other(Pkcs15::new(connection).recognise())? {
        return Ok(Family::Pkcs15);
    }
    Err(CardError::CardUnsupported)
}

impl<'c> Card<'c> {
    /// The card on this connection, whatever it is.
    ///
    /// # Errors
    /// As [`recognise`].
    pub fn recognise(connection: &'c mut dyn Connection) -> Result<Self, CardError> {
        let family = recognise(connection)?;
        Ok(Self::of(family, connection))
    }

    /// The driver of this family on this connection. Sends nothing yet.
    pub fn of(family: Family, connection: &'c mut dyn Connection) -> Self {
        match family {
            Family::Belpic => Self::Belpic(Eid::new(connection)),
            Family::Piv => Self::Piv(Piv::new(connection)),
            Family::Pkcs15 => Self::Pkcs15(Box::new(Pkcs15::new(connection))),
        }
    }

    /// Which family it is of.
    pub const fn family(&self) -> Family {
        match self {
            Self::Belpic(_) => Family::Belpic,
            Self::Piv(_) => Family::Piv,
            Self::Pkcs15(_) => Family::Pkcs15,
        }
    }

    /// The holder's certificates. Those of authorities are left out.
    ///
    /// # Errors
    /// What keeps the card from being read; a certificate that is malformed is one with an error.
    pub fn certificates(&mut self) -> Result<Vec<CardCertificate>, CardError> {
        match self {
            Self::Belpic(eid) => {
                let kinds = [
                    (CertificateKind::Authentication, Purpose::Authentication),
                    (CertificateKind::Signature, Purpose::Signature),
                ];
                let mut found = Vec::new();
                for (kind, purpose) in kinds {
                    match eid.certificate(kind) {
                        Err(CardError::CertificateMissing(_)) => {}
                        Err(error @ CardError::Malformed { .. }) => found.push((purpose, Err(error))),
                        other => found.push((purpose, Ok(other?))),
                    }
                }
                Ok(found
                    .into_iter()
                    .map(|(purpose, der)| CardCertificate {
                        key: KeyName::new(purpose.word()),
                        purpose,
                        der,
                    })
                    .collect())
            }
            Self::Piv(piv) => Ok(piv
                .certificates()?
                .into_iter()
                .map(|(slot, der)| CardCertificate {
                    key: KeyName::new(slot.name()),
                    purpose: match slot {
                        Slot::Authentication => Purpose::Authentication,
                        Slot::Signature => Purpose::Signature,
                        Slot::KeyManagement | Slot::CardAuthentication => Purpose::Other,
                    },
                    der,
                })
                .collect()),
            Self::Pkcs15(card) => certificates_of(card),
        }
    }

    /// What is known of the PIN of this key, without using up a try.
    ///
    /// # Errors
    /// `KeyUnknown`, and what keeps the card from being asked.
    pub fn pin_state(&mut self, key: &KeyName) -> Result<PinState, CardError> {
        match self {
            Self::Belpic(eid) => belpic_key(key).and_then(|_| eid.pin_state()),
            Self::Piv(piv) => piv_slot(key).and_then(|_| piv.pin_state()),
            Self::Pkcs15(card) => card.pin_state(&pkcs15_id(key)?),
        }
    }

    /// Signs `request` with the PIN, in one transaction.
    ///
    /// `pin`: left out only for a key that works without one. `verify`: tells whether the value verifies with the
    /// certificate's key over the digest; a value that does not is never handed out.
    ///
    /// # Errors
    /// As the `sign` of the family's driver; `KeyUnknown`, `AlgorithmUnsupported`.
    pub fn sign(
        &mut self,
        request: &SignRequest<'_>,
        pin: Option<&Pin>,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        let SignRequest {
            key,
            scheme,
            hash,
            digest,
            last_try,
        } = *request;
        match self {
            Self::Belpic(eid) => {
                let pin = pin.ok_or(CardError::FunctionUnavailable("sign without a PIN"))?;
                let request = eid::SignRequest {
                    key: belpic_key(key)?,
                    hash,
                    digest,
                    last_try,
                };
                let is_ec = eid.card_data()?.generation() == eid::Generation::Ec;
                match (scheme, is_ec) {
                    (Scheme::Ecdsa, true) | (Scheme::RsaPkcs1, false) => eid.sign(&request, pin, verify),
                    // The card makes its own salt.
                    (Scheme::RsaPss { .. }, false) => eid.sign_pss(&request, pin, verify),
                    _ => Err(CardError::AlgorithmUnsupported(digest.len())),
                }
            }
            Self::Piv(piv) => {
                let request = piv::SignRequest {
                    slot: piv_slot(key)?,
                    scheme,
                    hash,
                    digest,
                    last_try,
                };
                piv.sign(&request, pin, verify)
            }
            Self::Pkcs15(card) => {
                let request = pkcs15::SignRequest {
                    id: &pkcs15_id(key)?,
                    scheme,
                    hash,
                    digest,
                    last_try,
                };
                card.sign(&request, pin, verify)
            }
        }
    }

    /// Changes the PIN of this key.
    ///
    /// # Errors
    /// `FunctionUnavailable` where the family or the card cannot; `PinWrong`, `PinBlocked`, `PinLength`.
    pub fn change_pin(
        &mut self,
        key: &KeyName,
        (old, new): (&Pin, &Pin),
        last_try: LastTry,
    ) -> Result<(), CardError> {
        match (self.pin_state(key)?, last_try) {
            (PinState::Blocked, _) => return Err(CardError::PinBlocked),
            (PinState::Left(1), LastTry::NotConfirmed) => return Err(CardError::PinLastTry),
            _ => {}
        }
        match self {
            Self::Belpic(eid) => {
                belpic_key(key)?;
                eid.change_pin(PinChange::Typed { old, new }, last_try)
            }
            Self::Piv(piv) => piv_slot(key).and_then(|_| piv.change_pin(old, new)),
            Self::Pkcs15(card) => card.change_pin(&pkcs15_id(key)?, old, new),
        }
    }

    /// Gives the PIN of this key back its tries, and on a token a new value.
    ///
    /// # Errors
    /// `FunctionUnavailable` where the family or the card cannot be unblocked with such a code, `PukUnsupported` for an
    /// eID card without one; `PukWrong`, `PukRefused`, `PukBlocked`, `PinLength`.
    pub fn unblock(&mut self, key: &KeyName, code: Unblock<'_>) -> Result<(), CardError> {
        match (self, code) {
            (Self::Belpic(eid), Unblock::Eid(puk)) => belpic_key(key).and_then(|_| eid.unblock(puk)),
            (Self::Piv(piv), Unblock::Token { puk, new }) => {
                piv_slot(key).and_then(|_| piv.unblock(puk, new))
            }
            (Self::Pkcs15(card), Unblock::Token { puk, new }) => card.unblock(&pkcs15_id(key)?, puk, new),
            _ => Err(CardError::FunctionUnavailable(
                "be unblocked with a code of that kind",
            )),
        }
    }

    /// Drops PIN rights that another program may have left behind.
    ///
    /// # Errors
    /// What keeps the card from being asked.
    pub fn log_off(&mut self) -> Result<(), CardError> {
        match self {
            Self::Belpic(eid) => eid.log_off(),
            Self::Piv(piv) => piv.log_off(),
            Self::Pkcs15(card) => card.log_off(),
        }
    }
}

fn certificates_of(card: &mut Pkcs15<'_>) -> Result<Vec<CardCertificate>, CardError> {
    let contents = card.contents()?.clone();
    let holders = contents.certificates.iter().filter(|object| !object.authority);
    let mut found = Vec::new();
    for object in holders {
        let der = match card.certificate(object) {
            Err(error @ (CardError::Malformed { .. } | CardError::FileMissing(_))) => Err(error),
            other => Ok(other?),
        };
        let key = contents.key(&object.id);
        let facts = der
            .as_ref()
            .ok()
            .and_then(|der| public_key::of_certificate(der).ok());
        // The token's word on the key, and the certificate's where the token lists no key.
        let purpose = match (key, facts) {
            (Some(key), _) if key.non_repudiation => Purpose::Signature,
            (Some(key), Some(facts)) if key.signs && facts.non_repudiation == Some(true) => {
                Purpose::Signature
            }
            (Some(key), _) if key.signs => Purpose::Authentication,
            (None, Some(facts)) if facts.non_repudiation == Some(true) => Purpose::Signature,
            (None, Some(facts)) if facts.digital_signature == Some(true) => Purpose::Authentication,
            _ => Purpose::Other,
        };
        found.push(CardCertificate {
            key: KeyName(hex::encode_upper(&object.id)),
            purpose,
            der,
        });
    }
    Ok(found)
}

fn belpic_key(key: &KeyName) -> Result<KeyReference, CardError> {
    match key.as_str() {
        "authentication" => Ok(KeyReference::Authentication),
        "signature" => Ok(KeyReference::Signature),
        _ => Err(key.missing()),
    }
}

fn piv_slot(key: &KeyName) -> Result<Slot, CardError> {
    Slot::ALL
        .into_iter()
        .find(|slot| slot.name().eq_ignore_ascii_case(key.as_str()))
        .ok_or_else(|| key.missing())
}

fn pkcs15_id(key: &KeyName) -> Result<Vec<u8>, CardError> {
    hex::decode(key.as_str())
        .ok()
        .filter(|id| !id.is_empty())
        .ok_or_else(|| key.missing())
}
