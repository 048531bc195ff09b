//! PIN state and signatures: MSE, VERIFY, PSO and LOG OFF in one transaction, VERIFY never sent twice.

use std::fmt;

use zeroize::Zeroizing;

use crate::base::digest::HashAlgorithm;
use crate::base::secret::Pin;
use crate::card::apdu::{Command, StatusWord};
use crate::card::error::CardError;
use crate::card::transport::{Disposition, TransportError};

use super::driver::Eid;
use super::recognition::{CardData, Generation};
use super::session::{Session, Stop};

/// Tries of the cardholder's PIN when none was used up. Source: reference §10.1.
const ALL_TRIES: u8 = 3;

/// A key of the card that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReference {
    /// Key 82: proves presence.
    Authentication,
    /// Key 83: binds the holder; the card wants the PIN immediately before each use.
    Signature,
}

impl KeyReference {
    const fn byte(self) -> u8 {
        match self {
            Self::Authentication => 0x82,
            Self::Signature => 0x83,
        }
    }
}

/// Whether the person was told that one try is left, and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTry {
    /// They know, and confirmed.
    Confirmed,
    /// Nobody asked them.
    NotConfirmed,
}

/// What is known of the PIN before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// No try is left; the municipality can help.
    Blocked,
    /// So many tries are left.
    Left(u8),
    /// This applet cannot be asked without using up a try.
    Unknown,
}

impl PinState {
    const fn of(tries: u8) -> Self {
        match tries {
            0 => Self::Blocked,
            left => Self::Left(left),
        }
    }

    /// Tries left, where known.
    pub const fn tries_left(self) -> Option<u8> {
        match self {
            Self::Blocked => Some(0),
            Self::Left(left) => Some(left),
            Self::Unknown => None,
        }
    }
}

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// With which key.
    pub key: KeyReference,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: &'a [u8],
    /// Whether a last try may be used up.
    pub last_try: LastTry,
}

/// How a signature value is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// ECDSA: `r ‖ s`, each as long as the curve's order (96 bytes together for P-384).
    Ecdsa,
    /// RSA PKCS#1 v1.5: one big-endian integer as long as the modulus.
    RsaPkcs1,
}

/// A signature value from the card, verified with the certificate's key by the closure that [`Eid::sign`] got.
#[derive(Clone, PartialEq, Eq)]
pub struct CardSignature {
    /// How `value` is coded.
    pub scheme: SignatureScheme,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The value.
    pub value: Vec<u8>,
}

impl fmt::Debug for CardSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CardSignature({:?}, {}, {} bytes)",
            self.scheme,
            self.hash.name(),
            self.value.len()
        )
    }
}

/// The last command that may have had its effect when the card was lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Verify,
    Sign,
}

impl Eid<'_> {
    /// What is known of the PIN, without using up a try: from GET CARD DATA on 1.8, by an empty VERIFY on 1.7,
    /// not at all on older applets, where an empty VERIFY burns a try.
    ///
    /// # Errors
    /// As [`Eid::card_data`].
    pub fn pin_state(&mut self) -> Result<PinState, CardError> {
        let (data, state) = self.run(|session, _| {
            let data = session.card_data()?;
            let state = session.pin_state(&data)?;
            Ok((data, state))
        })?;
        self.data = Some(data);
        self.pin_state = Some(state);
        Ok(state)
    }

    /// Signs `request` with the PIN, in one transaction: MSE, VERIFY, PSO, LOG OFF.
    ///
    /// `verify`: tells whether the value verifies with the certificate's key over the digest; a value that does
    /// not is never handed out. It runs after the transaction has ended.
    ///
    /// VERIFY is sent at most once. A fault after it never starts the operation again: the PIN was typed for one
    /// attempt.
    ///
    /// # Errors
    /// `PinBlocked` and `PinLastTry` before anything is sent; `PinWrong`; `OutcomeUnknown` when the card was lost
    /// after the command to sign, `CardRemoved` when it was taken out; `SignatureInvalid`.
    ///
    /// Source: Belpic applet manuals 1.7 and 1.8; reference §10.3, §11.
    pub fn sign(
        &mut self,
        request: &SignRequest<'_>,
        pin: &Pin,
        verify: &mut dyn FnMut(&CardSignature) -> bool,
    ) -> Result<CardSignature, CardError> {
        let known_data = self.data.clone();
        let known_state = self.pin_state;
        let mut sent = Sent::Nothing;
        let mut after = None;
        let mut data = None;
        let result = self.run(|session, _| {
            let (card, state) = if let (Some(data), Some(state)) = (&known_data, known_state) {
                (data.clone(), state)
            } else {
                // Card data of before an attempt says nothing about the tries left now.
                let card = session.card_data()?;
                let state = session.pin_state(&card)?;
                (card, state)
            };
            match state {
                PinState::Blocked => return Err(CardError::PinBlocked.into()),
                PinState::Left(1) if request.last_try == LastTry::NotConfirmed => {
                    after = Some(state);
                    return Err(CardError::PinLastTry.into());
                }
                _ => {}
            }
            let signature = session.sign(&card, request, pin, &mut sent, &mut after);
            data = Some(card);
            // From VERIFY on, no fault may lead to a second run.
            signature.map_err(|stop| match (stop, sent) {
                (stop, Sent::Nothing) => stop,
                (Stop::Transport(error), sent) => {
                    session.disposition = Disposition::Reset;
                    lost(error, sent).into()
                }
                (stop, _) => stop,
            })
        });
        self.data = data.or(known_data);
        // Unknown tries are read again before the PIN is asked again.
        self.pin_state = after;
        let signature = result?;
        if verify(&signature) {
            Ok(signature)
        } else {
            Err(CardError::SignatureInvalid)
        }
    }
}

/// What it means that the card was lost at this point.
fn lost(error: TransportError, sent: Sent) -> CardError {
    match (CardError::from(error), sent) {
        (CardError::CardRemoved | CardError::CardMissing, _) => CardError::CardRemoved,
        (CardError::ReaderGone, _) => CardError::ReaderGone,
        (_, Sent::Sign) => CardError::OutcomeUnknown,
        (error, _) => error,
    }
}

impl Session<'_> {
    fn pin_state(&mut self, data: &CardData) -> Result<PinState, Stop> {
        match (data.generation(), data.tries_left) {
            (_, Some(tries)) => Ok(PinState::of(tries)),
            (Generation::Early, None) => Ok(PinState::Unknown),
            (_, None) => {
                let query = Command::new("VERIFY status", [0x00, 0x20, 0x00, 0x01]);
                let status = self.applet_exchange(&query)?.status();
                match (status, status.tries_left()) {
                    // Already verified, perhaps for another program: then no try is missing.
                    (StatusWord::OK, _) => Ok(PinState::Left(ALL_TRIES)),
                    (StatusWord::PIN_BLOCKED, _) => Ok(PinState::Blocked),
                    (_, Some(tries)) => Ok(PinState::of(tries)),
                    _ => Ok(PinState::Unknown),
                }
            }
        }
    }

    fn sign(
        &mut self,
        data: &CardData,
        request: &SignRequest<'_>,
        pin: &Pin,
        sent: &mut Sent,
        after: &mut Option<PinState>,
    ) -> Result<CardSignature, Stop> {
        let generation = data.generation();
        let (algorithm, input) = algorithm(generation, request.hash, request.digest)?;
        let environment = Command::new("MSE SET", [0x00, 0x22, 0x41, 0xB6]).with_data([
            0x04,
            0x80,
            algorithm,
            0x84,
            request.key.byte(),
        ]);
        expect_ok(environment.name(), self.applet_exchange(&environment)?.status())?;

        let verify = Command::new("VERIFY", [0x00, 0x20, 0x00, 0x01]).with_data(pin_block(pin).to_vec());
        *sent = Sent::Verify;
        // Until the card said otherwise the rights must not outlive this transaction.
        self.disposition = Disposition::Reset;
        let status = self.exchange(&verify)?.status();
        match (status, status.tries_left()) {
            (StatusWord::OK, _) => *after = Some(PinState::Left(ALL_TRIES)),
            (StatusWord::PIN_BLOCKED | StatusWord(0x6984), _) | (_, Some(0)) => {
                self.disposition = Disposition::Leave;
                *after = Some(PinState::Blocked);
                return Err(CardError::PinBlocked.into());
            }
            (_, Some(left)) => {
                self.disposition = Disposition::Leave;
                *after = Some(PinState::Left(left));
                return Err(CardError::PinWrong { left }.into());
            }
            _ => {
                return Err(CardError::Status {
                    command: "VERIFY",
                    status,
                }
                .into());
            }
        }

        let compute = Command::new("PSO", [0x00, 0x2A, 0x9E, 0x9A]).with_data(input);
        *sent = Sent::Sign;
        let response = self.exchange(&compute)?;
        self.log_off();
        expect_ok(compute.name(), response.status())?;
        let scheme = check_length(generation, response.data())?;
        Ok(CardSignature {
            scheme,
            hash: request.hash,
            value: response.into_data(),
        })
    }

    /// Drops the PIN right. When the card does not confirm, the transaction ends with a reset.
    fn log_off(&mut self) {
        let command = Command::new("LOG OFF", [0x80, 0xE6, 0x00, 0x00]);
        if self
            .exchange(&command)
            .is_ok_and(|response| response.status().is_ok())
        {
            self.disposition = Disposition::Leave;
        }
    }
}

fn expect_ok(command: &'static str, status: StatusWord) -> Result<(), Stop> {
    if status.is_ok() {
        Ok(())
    } else {
        Err(CardError::Status { command, status }.into())
    }
}

/// The 8 bytes of VERIFY: nibble 2, nibble length, the digits, and `F` to the end.
///
/// WHY on the heap: an array is copied when it is returned, and the copy left on the stack is wiped by nobody.
///
/// Source: reference §10.1.
fn pin_block(pin: &Pin) -> Zeroizing<Vec<u8>> {
    let digits = pin.digits();
    let mut block = Zeroizing::new(vec![0xFF_u8; 8]);
    let nibbles = [2, u8::try_from(digits.len()).unwrap_or(0)];
    let values = nibbles.into_iter().chain(digits.iter().map(|digit| digit & 0x0F));
    for (index, value) in values.enumerate() {
        if let Some(byte) = block.get_mut(index / 2) {
            *byte = if index % 2 == 0 {
                (value << 4) | 0x0F
            } else {
                (*byte & 0xF0) | value
            };
        }
    }
    block
}

/// The algorithm byte of MSE SET and the data of PSO. Chosen by generation, never by trial: the numbers exist on
/// both families with different meanings.
///
/// Source: reference §11.2.
fn algorithm(generation: Generation, hash: HashAlgorithm, digest: &[u8]) -> Result<(u8, Vec<u8>), CardError> {
    let unsupported = CardError::AlgorithmUnsupported(digest.len());
    if digest.len() != hash.output_bytes() {
        return Err(unsupported);
    }
    let byte = match (generation, hash) {
        (Generation::Ec, HashAlgorithm::Sha1) => return Err(unsupported),
        (Generation::Ec, HashAlgorithm::Sha256) => 0x01,
        (Generation::Ec, HashAlgorithm::Sha384) | (_, HashAlgorithm::Sha1) => 0x02,
        (Generation::Ec, HashAlgorithm::Sha512) => 0x04,
        (Generation::Rsa, HashAlgorithm::Sha256) => 0x08,
        (Generation::Early | Generation::Rsa, _) => {
            let mut input = digest_info(hash).to_vec();
            input.extend_from_slice(digest);
            return Ok((0x01, input));
        }
    };
    Ok((byte, digest.to_vec()))
}

/// The head of a DigestInfo; the digest follows. Source: RFC 8017 §9.2, note 1.
const fn digest_info(hash: HashAlgorithm) -> &'static [u8] {
    match hash {
        HashAlgorithm::Sha1 => &[48, 33, 48, 9, 6, 5, 43, 14, 3, 2, 26, 5, 0, 4, 20],
        HashAlgorithm::Sha256 => &[48, 49, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 1, 5, 0, 4, 32],
        HashAlgorithm::Sha384 => &[48, 65, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 2, 5, 0, 4, 48],
        HashAlgorithm::Sha512 => &[48, 81, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 3, 5, 0, 4, 64],
    }
}

fn check_length(generation: Generation, value: &[u8]) -> Result<SignatureScheme, Stop> {
    match (generation, value.len()) {
        (Generation::Ec, 64 | 96 | 128 | 132) => Ok(SignatureScheme::Ecdsa),
        (Generation::Early, 128) | (Generation::Rsa, 256) => Ok(SignatureScheme::RsaPkcs1),
        (_, at) => Err(CardError::Malformed {
            what: "signature",
            at,
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(digits: &str) -> Pin {
        Pin::from_digits(Zeroizing::new(digits.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn pin_blocks_are_bcd_with_a_length_nibble() {
        for (digits, block) in [
            ("1234", "241234ffffffffff"),
            ("12345", "2512345fffffffff"),
            ("123456", "26123456ffffffff"),
            ("123456789012", "2c123456789012ff"),
        ] {
            assert_eq!(hex::encode(pin_block(&pin(digits)).as_slice()), block);
        }
    }

    #[test]
    fn the_algorithm_follows_the_generation() {
        for (generation, hash, byte, length) in [
            (Generation::Ec, HashAlgorithm::Sha256, 0x01, 32),
            (Generation::Ec, HashAlgorithm::Sha384, 0x02, 48),
            (Generation::Ec, HashAlgorithm::Sha512, 0x04, 64),
            (Generation::Rsa, HashAlgorithm::Sha1, 0x02, 20),
            (Generation::Rsa, HashAlgorithm::Sha256, 0x08, 32),
            (Generation::Rsa, HashAlgorithm::Sha384, 0x01, 67),
            (Generation::Rsa, HashAlgorithm::Sha512, 0x01, 83),
            (Generation::Early, HashAlgorithm::Sha256, 0x01, 51),
        ] {
            let digest = vec![7; hash.output_bytes()];
            let (found, input) = algorithm(generation, hash, &digest).unwrap();
            assert_eq!((found, input.len()), (byte, length), "{generation:?} {hash:?}");
        }
        assert_eq!(
            algorithm(Generation::Ec, HashAlgorithm::Sha1, &[0; 20]),
            Err(CardError::AlgorithmUnsupported(20))
        );
        assert_eq!(
            algorithm(Generation::Ec, HashAlgorithm::Sha384, &[0; 32]),
            Err(CardError::AlgorithmUnsupported(32))
        );
    }
}
