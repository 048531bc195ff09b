//! Values that must not be printed, copied by accident or left in memory.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret of bytes or text: wiped on drop, never cloned, never serialised, and shown as nothing.
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into custody.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Lends the value. The caller must not copy it anywhere that outlives the loan.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Compares two byte strings in a time that depends on their lengths alone.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Why a typed text is no PIN. It cost no attempt: nothing was sent to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// A PIN of these cards has `min` to `max` digits.
    #[error("a PIN has {min} to {max} digits")]
    Length {
        /// Fewest digits.
        min: usize,
        /// Most digits.
        max: usize,
    },
    /// Only the digits 0 to 9 are allowed.
    #[error("a PIN has digits only")]
    NotDigits,
}

/// A PIN of 4 to 12 digits as the Belgian applet takes it, wiped on drop and never shown.
///
/// While it lives its page stays out of swap, where the system lets a program say so: one entry may do for the ten
/// minutes of a list. A program that may lock no memory goes on without; its PIN is as short-lived.
///
/// Source: Belpic applet manual 1.8, PIN block; reference §10.1.
pub struct Pin {
    // Dropped in this order: wiped first, let go afterwards.
    digits: Zeroizing<Box<[u8]>>,
    lock: Option<region::LockGuard>,
}

impl Pin {
    /// Fewest digits of a PIN.
    pub const MIN_DIGITS: usize = 4;
    /// Most digits of a PIN.
    pub const MAX_DIGITS: usize = 12;

    /// Takes the ASCII digits a person typed. The argument is wiped whatever the outcome.
    ///
    /// # Errors
    /// `Length` or `NotDigits`; neither says what was typed.
    pub fn from_digits(digits: Zeroizing<Vec<u8>>) -> Result<Self, PinError> {
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits.len()) {
            return Err(PinError::Length {
                min: Self::MIN_DIGITS,
                max: Self::MAX_DIGITS,
            });
        }
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(PinError::NotDigits);
        }
        // Moved once, into a block of its own size; what it came in is wiped.
        let digits: Zeroizing<Box<[u8]>> = Zeroizing::new(digits.as_slice().into());
        let lock = region::lock(digits.as_ptr(), digits.len()).ok();
        Ok(Self { digits, lock })
    }

    /// Whether its memory is kept out of swap.
    pub const fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Lends the ASCII digits.
    pub fn digits(&self) -> &[u8] {
        &self.digits
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_and_a_secret_never_show_themselves() {
        let pin = Pin::from_digits(Zeroizing::new(b"1234".to_vec())).unwrap();
        assert_eq!(format!("{pin:?}"), "Pin");
        assert_eq!(format!("{:?}", Secret::new("swordfish".to_owned())), "Secret");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pin_is_kept_out_of_swap_while_it_lives() {
        let pin = Pin::from_digits(Zeroizing::new(b"1234".to_vec())).unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let locked = status.lines().find(|line| line.starts_with("VmLck:")).unwrap();
        assert!(pin.is_locked() && !locked.contains(" 0 kB"), "{locked}");
    }

    #[test]
    fn pin_rules() {
        let make = |text: &[u8]| Pin::from_digits(Zeroizing::new(text.to_vec())).map(|_| ());
        assert_eq!(make(b"1234"), Ok(()));
        assert_eq!(make(b"123456789012"), Ok(()));
        for (text, error) in [
            (&b"123"[..], PinError::Length { min: 4, max: 12 }),
            (b"1234567890123", PinError::Length { min: 4, max: 12 }),
            (b"", PinError::Length { min: 4, max: 12 }),
            (b"12a4", PinError::NotDigits),
            ("12³4".as_bytes(), PinError::NotDigits),
        ] {
            assert_eq!(make(text), Err(error), "{text:?}");
        }
    }
}
