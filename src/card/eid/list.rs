//! A list of documents signed with one PIN.
//!
//! The card wants VERIFY before each signature; the person types the PIN once for the list that was shown. Here it
//! lives for one call: it is moved in, and wiped when the call ends, whichever way it ends.

use std::ops::ControlFlow;

use crate::base::digest::HashAlgorithm;
use crate::base::lang::Language;
use crate::base::secret::Pin;
use crate::card::error::CardError;

use super::algorithm::KeyReference;
use super::driver::Eid;
use super::pin::{LastTry, PinSource};
use super::sign::{CardSignature, SignRequest};

/// One document of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: Vec<u8>,
}

/// What is signed with one PIN.
#[derive(Clone, Copy, Debug)]
pub struct SignList<'a> {
    /// With which key.
    pub key: KeyReference,
    /// The documents, in the order they were shown in.
    pub entries: &'a [ListEntry],
    /// Whether a last try may be used up. It concerns the first signature: a PIN that was good gives all tries back.
    pub last_try: LastTry,
}

/// Where the PIN of a list comes from.
#[derive(Debug)]
pub enum ListPin {
    /// The reader's keypad, where the person types it for each document.
    Pad(Language),
    /// It was typed once at this computer, for the whole list.
    Typed(Pin),
}

impl ListPin {
    /// How often a person types the PIN for a list of `documents`: to be said before the first time.
    pub const fn entries_for(&self, documents: usize) -> usize {
        match self {
            Self::Pad(_) => documents,
            Self::Typed(_) if documents == 0 => 0,
            Self::Typed(_) => 1,
        }
    }

    /// The same for one signature.
    pub const fn source(&self) -> PinSource<'_> {
        match self {
            Self::Pad(language) => PinSource::Pad(*language),
            Self::Typed(pin) => PinSource::Typed(pin),
        }
    }
}

impl From<Pin> for ListPin {
    fn from(pin: Pin) -> Self {
        Self::Typed(pin)
    }
}

impl Eid<'_> {
    /// Signs the entries of `list` one after the other, each as [`Eid::sign`] does: MSE, VERIFY, PSO, LOG OFF in a
    /// transaction of its own, so that other programs may use the card between two and none inherits a right.
    ///
    /// `pin` is wiped when this returns: at the end, on removal of the card, on the first error, and when `taken`
    /// says to stop. How long that may take is the caller's to bound, by the job's deadline and by `taken`.
    ///
    /// `verify`: as for [`Eid::sign`], with the entry's index. `taken`: gets each value as soon as it exists, between
    /// two transactions; nothing that was handed out is lost with what follows. [`ControlFlow::Break`] ends the list.
    ///
    /// Returns how many entries were signed: all, or fewer when `taken` stopped.
    ///
    /// # Errors
    /// As [`Eid::sign`], for the entry after those that were handed out. Nothing is sent after an error: a PIN that
    /// the card refused costs one try, however long the list is.
    pub fn sign_list(
        &mut self,
        list: &SignList<'_>,
        pin: impl Into<ListPin>,
        verify: &mut dyn FnMut(usize, &CardSignature) -> bool,
        taken: &mut dyn FnMut(usize, CardSignature) -> ControlFlow<()>,
    ) -> Result<usize, CardError> {
        // INVARIANT: owned here, so that every way out of this function wipes it.
        let pin = pin.into();
        let mut signed = 0_usize;
        for (index, entry) in list.entries.iter().enumerate() {
            let request = SignRequest {
                key: list.key,
                hash: entry.hash,
                digest: &entry.digest,
                last_try: list.last_try,
            };
            let signature = self.sign(&request, pin.source(), &mut |signature| verify(index, signature))?;
            signed = signed.saturating_add(1);
            if taken(index, signature).is_break() {
                break;
            }
        }
        Ok(signed)
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::card::scripted::{Fault, FileCard};
    use crate::card::transport::{InProcess, TransportError};

    fn entries(count: u8) -> Vec<ListEntry> {
        (0..count)
            .map(|number| ListEntry {
                hash: HashAlgorithm::Sha384,
                digest: vec![number; 48],
            })
            .collect()
    }

    /// Signs a list of ten on `card`: the indexes handed out, how it ended, and the card.
    fn sign(
        card: FileCard,
        digits: &str,
        last_try: LastTry,
        stop_after: usize,
    ) -> (Vec<usize>, Result<usize, CardError>, FileCard) {
        let entries = entries(10);
        let list = SignList {
            key: KeyReference::Signature,
            entries: &entries,
            last_try,
        };
        let pin = Pin::from_digits(Zeroizing::new(digits.as_bytes().to_vec())).unwrap();
        let mut connection = InProcess::new(card);
        let mut handed = Vec::new();
        let result = Eid::new(&mut connection).sign_list(
            &list,
            pin,
            &mut |_, signature| signature.value == [5; 96],
            &mut |index, _| {
                handed.push(index);
                if handed.len() == stop_after {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        (handed, result, std::mem::take(connection.transport()))
    }

    #[test]
    fn a_keypad_wants_the_pin_for_each_document() {
        let typed = Pin::from_digits(Zeroizing::new(b"1234".to_vec())).unwrap();
        let typed = ListPin::from(typed);
        assert_eq!(
            [0, 1, 80].map(|documents| typed.entries_for(documents)),
            [0, 1, 1]
        );
        let pad = ListPin::Pad(Language::Nl);
        assert_eq!([0, 1, 80].map(|documents| pad.entries_for(documents)), [0, 1, 80]);
    }

    fn verifies_sent(card: &FileCard) -> usize {
        card.log.iter().filter(|command| *command == "00200001").count()
    }

    #[test]
    fn ten_documents_take_one_pin_and_each_its_own_verify() {
        let (handed, result, card) = sign(FileCard::new(0x18), "1234", LastTry::NotConfirmed, 99);
        assert_eq!((handed, result), ((0..10).collect(), Ok(10)));
        let one = ["002241b6", "00200001", "002a9e9a", "00c00000", "80e60000"];
        assert_eq!(card.log.len(), 1 + 10 * one.len(), "{:?}", card.log);
        for signature in card.log[1..].chunks(one.len()) {
            assert_eq!(signature, one);
        }
        assert!(!card.is_verified(), "nobody inherits the right");
    }

    #[test]
    fn what_was_signed_before_the_card_went_is_handed_out_and_nothing_is_sent_after() {
        // The sixth PSO: GET CARD DATA, then five signatures of five commands, MSE, VERIFY.
        let removed = Fault::Transport(TransportError::CardRemoved);
        let card = FileCard::new(0x18).with_fault(1 + 5 * 5 + 2, removed);
        let (handed, result, card) = sign(card, "1234", LastTry::NotConfirmed, 99);
        assert_eq!(handed, [0, 1, 2, 3, 4]);
        assert_eq!(result, Err(CardError::CardRemoved));
        assert_eq!(verifies_sent(&card), 6);
    }

    #[test]
    fn a_wrong_pin_costs_one_try_and_the_last_one_only_when_confirmed() {
        let (handed, result, card) = sign(FileCard::new(0x18), "0000", LastTry::NotConfirmed, 99);
        assert_eq!((handed.len(), result), (0, Err(CardError::PinWrong { left: 2 })));
        assert_eq!((card.tries, verifies_sent(&card)), (2, 1));

        let mut card = FileCard::new(0x18);
        card.tries = 1;
        let (handed, result, card) = sign(card, "1234", LastTry::NotConfirmed, 99);
        assert_eq!((handed.len(), result), (0, Err(CardError::PinLastTry)));
        assert_eq!((card.tries, verifies_sent(&card)), (1, 0));
        let (handed, result, card) = sign(card, "1234", LastTry::Confirmed, 99);
        assert_eq!((handed.len(), result, card.tries), (10, Ok(10), 3));
    }

    #[test]
    fn a_value_that_does_not_verify_ends_the_list_and_so_does_the_caller() {
        let mut card = FileCard::new(0x18);
        card.signature = vec![6; 96];
        let (handed, result, card) = sign(card, "1234", LastTry::NotConfirmed, 99);
        assert_eq!((handed.len(), result), (0, Err(CardError::SignatureInvalid)));
        assert_eq!(verifies_sent(&card), 1);

        let (handed, result, card) = sign(FileCard::new(0x18), "1234", LastTry::NotConfirmed, 3);
        assert_eq!((handed.len(), result), (3, Ok(3)));
        assert_eq!(verifies_sent(&card), 3);
    }

    #[test]
    fn a_reset_by_another_program_between_two_signatures_is_taken_over() {
        let reset = Fault::Transport(TransportError::CardReset);
        let card = FileCard::new(0x18).with_fault(1 + 3 * 5, reset);
        let (handed, result, _) = sign(card, "1234", LastTry::NotConfirmed, 99);
        assert_eq!((handed.len(), result), (10, Ok(10)));
    }
}
