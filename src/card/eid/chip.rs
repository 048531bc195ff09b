//! Is the chip the genuine one? INTERNAL AUTHENTICATE with the basic key (applet 1.8 and later).

use crate::card::apdu::Command;
use crate::card::error::CardError;

use super::driver::Eid;
use super::recognition::Generation;
use super::status::{Asked, cause};

/// What the chip answered to a challenge. Not verified: that needs the basic key of the card's own file.
#[derive(Clone, PartialEq, Eq)]
pub struct ChipAnswer {
    /// The 32, 48 or 64 bytes that were signed as they are, without a hash of the card's.
    pub challenge: Vec<u8>,
    /// `r ‖ s`.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for ChipAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChipAnswer({} bytes)", self.value.len())
    }
}

impl Eid<'_> {
    /// Lets the chip sign `challenge` with its basic key: no copy of the card's files can.
    ///
    /// `challenge`: the digest of something fresh and ours, as long as the key wants: 48 bytes for P-384, 32 for
    /// P-256, 64 for larger ones. No PIN is needed. The card does it 5 000 times between two PINs.
    ///
    /// Returns `None` for a card that has no basic key to verify with: all before 1.8.
    ///
    /// # Errors
    /// `AlgorithmUnsupported` for another length; `KeyUnusable` when the key was used too often.
    ///
    /// Source: Belpic applet manual 1.8, INTERNAL AUTHENTICATE; reference §8.2.
    pub fn challenge_chip(&mut self, challenge: &[u8]) -> Result<Option<ChipAnswer>, CardError> {
        if self.card_data()?.generation() != Generation::Ec {
            return Ok(None);
        }
        let (algorithm, length) = match challenge.len() {
            32 => (0x01, 0x20),
            48 => (0x02, 0x30),
            64 => (0x04, 0x40),
            other => return Err(CardError::AlgorithmUnsupported(other)),
        };
        let data = [&[0x94, length], challenge].concat();
        self.run(|session, _| {
            let command = Command::new(Asked::InternalAuthenticate.name(), [0x00, 0x88, algorithm, 0x81])
                .with_data(data.clone());
            let response = session.applet_exchange(&command)?;
            if response.status().is_ok() {
                Ok(Some(ChipAnswer {
                    challenge: challenge.to_vec(),
                    value: response.into_data(),
                }))
            } else {
                Err(cause(Asked::InternalAuthenticate, response.status()).into())
            }
        })
    }
}
