//! PIN and PUK: their blocks, their tries, and what the card says of them.

use zeroize::Zeroizing;

use crate::base::secret::Pin;
use crate::card::apdu::{Command, StatusWord};
use crate::card::eid::PinState;
use crate::card::error::CardError;
use crate::card::operation::{Operation, Sent, Stop};
use crate::card::transport::Disposition;

/// Fewest and most digits of a PIN; a PUK has eight. Source: SP 800-73-4 part 2, §2.4.3.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=8;

/// Reference of the PUK.
pub(super) const PUK: u8 = 0x81;

/// The block of a PIN: its ASCII digits, and `FF` up to eight bytes.
///
/// # Errors
/// `PinLength`: nothing was sent, and no try spent.
pub(super) fn block(pin: &Pin) -> Result<Zeroizing<Vec<u8>>, CardError> {
    let digits = pin.digits();
    if !DIGITS.contains(&digits.len()) {
        return Err(CardError::PinLength {
            min: *DIGITS.start(),
            max: *DIGITS.end(),
        });
    }
    let mut block = Zeroizing::new(vec![0xFF_u8; 8]);
    for (place, digit) in block.iter_mut().zip(digits) {
        *place = *digit;
    }
    Ok(block)
}

/// Two blocks one after the other, in memory that is wiped.
pub(super) fn pair(first: &[u8], second: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut both = Zeroizing::new(Vec::with_capacity(first.len().saturating_add(second.len())));
    both.extend_from_slice(first);
    both.extend_from_slice(second);
    both
}

/// What a status word says of the tries of a secret that was just tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// It was right.
    Right,
    /// It was wrong; so many tries are left, where the card says so.
    Wrong(Option<u8>),
    /// No try is left.
    Blocked,
    /// Its form was refused; no try was spent.
    Form,
    /// The card has no such secret.
    Absent,
    /// Something else.
    Other,
}

/// Reads the answer to VERIFY, CHANGE REFERENCE DATA or RESET RETRY COUNTER.
///
/// Most cards count in `63 Cx`, some in `63 0x`; `63 00` says only that it was wrong.
///
/// Source: SP 800-73-4 part 2, §3.2; ISO 7816-4 §5.6; reference §19.1.
pub(super) const fn tried(status: StatusWord) -> Tried {
    match status.bytes() {
        [0x90, 0x00] => Tried::Right,
        [0x63, 0xC0] | [0x69, 0x83 | 0x84] => Tried::Blocked,
        [0x63, 0x00] => Tried::Wrong(None),
        [0x63, counter] if matches!(counter & 0xF0, 0x00 | 0xC0) => Tried::Wrong(Some(counter & 0x0F)),
        [0x6A, 0x80] => Tried::Form,
        [0x6A, 0x81 | 0x82 | 0x86 | 0x88] => Tried::Absent,
        _ => Tried::Other,
    }
}

impl Operation<'_> {
    /// What is known of the PIN without a try: the answer to VERIFY without data. A card that says the PIN is verified
    /// already does not say how many tries there are.
    ///
    /// Cards exist that answer something else altogether: then nothing is known, and nothing depends on it.
    pub(super) fn piv_pin_state(&mut self, reference: u8) -> Result<PinState, Stop> {
        let query = Command::new("VERIFY status", [0x00, 0x20, 0x00, reference]);
        let status = self.exchange(&query)?.status();
        Ok(match tried(status) {
            Tried::Blocked => PinState::Blocked,
            Tried::Wrong(Some(left)) => PinState::Left(left),
            _ => PinState::Unknown,
        })
    }

    /// Sends VERIFY once. From here on the rights must not outlive the transaction.
    pub(super) fn piv_verify(
        &mut self,
        reference: u8,
        block: &[u8],
        after: &mut Option<PinState>,
    ) -> Result<(), Stop> {
        let command =
            Command::new("VERIFY", [0x00, 0x20, 0x00, reference]).with_secret(block.to_vec().into());
        self.sent = Sent::Pin;
        self.disposition = Disposition::Reset;
        let status = self.exchange(&command)?.status();
        let tried = tried(status);
        if !matches!(tried, Tried::Right | Tried::Other) {
            self.disposition = Disposition::Leave;
        }
        match tried {
            Tried::Right => {
                // All tries are back; how many that is only the issuer knows.
                *after = None;
                Ok(())
            }
            Tried::Wrong(Some(left)) => {
                *after = Some(PinState::Left(left));
                Err(CardError::PinWrong { left }.into())
            }
            Tried::Wrong(None) => match self.piv_pin_state(reference)? {
                PinState::Left(left) => {
                    *after = Some(PinState::Left(left));
                    Err(CardError::PinWrong { left }.into())
                }
                PinState::Blocked => {
                    *after = Some(PinState::Blocked);
                    Err(CardError::PinBlocked.into())
                }
                PinState::Unknown => Err(CardError::PinRefused.into()),
            },
            Tried::Blocked => {
                *after = Some(PinState::Blocked);
                Err(CardError::PinBlocked.into())
            }
            Tried::Form => Err(CardError::PinLength {
                min: *DIGITS.start(),
                max: *DIGITS.end(),
            }
            .into()),
            Tried::Absent => Err(CardError::FunctionUnavailable("check this PIN").into()),
            Tried::Other => Err(CardError::Status {
                command: "VERIFY",
                status,
            }
            .into()),
        }
    }

    /// Drops the PIN right. When the card does not confirm, the transaction ends with a reset.
    ///
    /// Source: SP 800-73-4 part 2, §3.2.1: P1 `FF`. Older applications do not know it.
    pub(super) fn piv_log_off(&mut self, reference: u8) {
        let command = Command::new("VERIFY log off", [0x00, 0x20, 0xFF, reference]);
        if self
            .exchange(&command)
            .is_ok_and(|response| response.status().is_ok())
        {
            self.disposition = Disposition::Leave;
        } else {
            self.disposition = Disposition::Reset;
        }
    }

    /// CHANGE REFERENCE DATA.
    pub(super) fn piv_change(&mut self, reference: u8, old: &[u8], new: &[u8]) -> Result<(), Stop> {
        let command =
            Command::new("CHANGE REFERENCE DATA", [0x00, 0x24, 0x00, reference]).with_secret(pair(old, new));
        self.sent = Sent::Effect;
        self.disposition = Disposition::Reset;
        let status = self.exchange(&command)?.status();
        match tried(status) {
            Tried::Right => Ok(()),
            Tried::Wrong(Some(left)) => Err(CardError::PinWrong { left }.into()),
            Tried::Wrong(None) => Err(CardError::PinRefused.into()),
            Tried::Blocked => Err(CardError::PinBlocked.into()),
            other => Err(refused("CHANGE REFERENCE DATA", "change this PIN", other, status)),
        }
    }

    /// RESET RETRY COUNTER with the PUK.
    pub(super) fn piv_unblock(&mut self, reference: u8, puk: &[u8], new: &[u8]) -> Result<(), Stop> {
        let command =
            Command::new("RESET RETRY COUNTER", [0x00, 0x2C, 0x00, reference]).with_secret(pair(puk, new));
        self.sent = Sent::Effect;
        self.disposition = Disposition::Reset;
        let status = self.exchange(&command)?.status();
        match tried(status) {
            Tried::Right => Ok(()),
            Tried::Wrong(Some(left)) => Err(CardError::PukWrong { left }.into()),
            Tried::Wrong(None) => Err(CardError::PukRefused.into()),
            Tried::Blocked => Err(CardError::PukBlocked.into()),
            other => Err(refused("RESET RETRY COUNTER", "unblock this PIN", other, status)),
        }
    }
}

fn refused(command: &'static str, what: &'static str, tried: Tried, status: StatusWord) -> Stop {
    match (tried, status) {
        (Tried::Form, _) => CardError::PinLength {
            min: *DIGITS.start(),
            max: *DIGITS.end(),
        },
        (Tried::Absent, _) | (_, StatusWord::INSTRUCTION_UNKNOWN) => CardError::FunctionUnavailable(what),
        _ => CardError::Status { command, status },
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(digits: &str) -> Pin {
        Pin::from_digits(Zeroizing::new(digits.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn blocks_are_ascii_filled_with_ff() {
        for (digits, expected) in [
            ("123456", "313233343536ffff"),
            ("1234567", "31323334353637ff"),
            ("12345678", "3132333435363738"),
        ] {
            assert_eq!(hex::encode(block(&pin(digits)).unwrap().as_slice()), expected);
        }
        for digits in ["1234", "12345", "123456789"] {
            assert_eq!(
                block(&pin(digits)),
                Err(CardError::PinLength { min: 6, max: 8 }),
                "no try is spent on {} digits",
                digits.len()
            );
        }
    }

    #[test]
    fn every_status_word_says_one_thing() {
        for (status, expected) in [
            (0x9000, Tried::Right),
            (0x63C3, Tried::Wrong(Some(3))),
            (0x63C1, Tried::Wrong(Some(1))),
            (0x6302, Tried::Wrong(Some(2))),
            (0x6300, Tried::Wrong(None)),
            (0x63C0, Tried::Blocked),
            (0x6983, Tried::Blocked),
            (0x6984, Tried::Blocked),
            (0x6A80, Tried::Form),
            (0x6A81, Tried::Absent),
            (0x6A82, Tried::Absent),
            (0x6A86, Tried::Absent),
            (0x6A88, Tried::Absent),
            (0x6982, Tried::Other),
            (0x6985, Tried::Other),
            (0x6700, Tried::Other),
            (0x6D00, Tried::Other),
            (0x63F2, Tried::Other),
        ] {
            assert_eq!(tried(StatusWord(status)), expected, "{status:04X}");
        }
    }
}
