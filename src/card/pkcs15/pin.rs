//! Coding a PIN as the card says it wants it.

use zeroize::Zeroizing;

use crate::base::secret::Pin;
use crate::card::error::CardError;

use super::object::{PinCoding, PinObject};

/// The block of VERIFY.
///
/// # Errors
/// `PinLength` when the PIN is shorter or longer than the card's; nothing was sent, and no try spent.
///
/// Source: ISO 7816-15 §8.9.2; ISO 9564-1 §9.3.2.
pub(super) fn block(object: &PinObject, pin: &Pin) -> Result<Zeroizing<Vec<u8>>, CardError> {
    let digits = pin.digits();
    let most = match object.coding {
        PinCoding::Iso9564 => object.max.min(12),
        _ => object.max,
    };
    if !(object.min..=most).contains(&digits.len()) {
        return Err(CardError::PinLength {
            min: object.min,
            max: most,
        });
    }
    let value = |place: usize| digits.get(place).map(|digit| digit & 0x0F);
    let filling = object.padding.unwrap_or(0xFF);
    let length = match object.coding {
        PinCoding::Iso9564 => 8,
        PinCoding::Bcd => digits.len().div_ceil(2),
        PinCoding::Ascii | PinCoding::Utf8 | PinCoding::HalfNibble => digits.len(),
    };
    let whole = match (object.coding, object.padding) {
        (PinCoding::Iso9564, _) | (_, None) => length,
        (_, Some(_)) => length.max(object.stored),
    };
    // INVARIANT: reserved whole, so that no copy is left behind by a growing vector.
    let mut block = Zeroizing::new(Vec::with_capacity(whole));
    match object.coding {
        PinCoding::Ascii | PinCoding::Utf8 => block.extend_from_slice(digits),
        PinCoding::HalfNibble => block.extend(digits.iter().map(|digit| 0xF0 | (digit & 0x0F))),
        PinCoding::Bcd => {
            for pair in (0..digits.len()).step_by(2) {
                let low = value(pair.saturating_add(1)).unwrap_or(filling & 0x0F);
                block.push((value(pair).unwrap_or(0x0F) << 4) | low);
            }
        }
        PinCoding::Iso9564 => {
            block.push(0x20 | u8::try_from(digits.len()).unwrap_or(0x0F));
            for pair in (0..14).step_by(2) {
                let high = value(pair).unwrap_or(0x0F);
                let low = value(pair.saturating_add(1)).unwrap_or(0x0F);
                block.push((high << 4) | low);
            }
        }
    }
    block.resize(whole, filling);
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(coding: PinCoding, padding: Option<u8>) -> PinObject {
        PinObject {
            label: "PIN".to_owned(),
            id: vec![1],
            guard: None,
            coding,
            min: 4,
            max: 8,
            stored: 8,
            padding,
            reference: 1,
            flags: std::collections::BTreeSet::new(),
            path: None,
        }
    }

    fn pin(digits: &str) -> Pin {
        Pin::from_digits(Zeroizing::new(digits.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn every_coding_is_written_as_cards_want_it() {
        for (coding, padding, digits, expected) in [
            (PinCoding::Ascii, None, "1234", "31323334"),
            (PinCoding::Ascii, Some(0x00), "12345", "3132333435000000"),
            (PinCoding::Utf8, Some(0xFF), "1234", "31323334ffffffff"),
            (PinCoding::Bcd, None, "1234", "1234"),
            (PinCoding::Bcd, None, "12345", "12345f"),
            (PinCoding::Bcd, Some(0x00), "12345", "1234500000000000"),
            (PinCoding::Bcd, Some(0xFF), "123456", "123456ffffffffff"),
            (PinCoding::HalfNibble, Some(0xFF), "1234", "f1f2f3f4ffffffff"),
            (PinCoding::Iso9564, Some(0x00), "1234", "241234ffffffffff"),
            (PinCoding::Iso9564, None, "12345678", "2812345678ffffff"),
        ] {
            let block = block(&object(coding, padding), &pin(digits)).unwrap();
            assert_eq!(hex::encode(block.as_slice()), expected, "{coding:?} {digits}");
        }
    }

    #[test]
    fn a_pin_of_another_length_is_not_sent() {
        let wrong = Err(CardError::PinLength { min: 4, max: 8 });
        assert_eq!(block(&object(PinCoding::Ascii, None), &pin("123456789")), wrong);
        let mut long = object(PinCoding::Ascii, None);
        long.min = 6;
        assert_eq!(
            block(&long, &pin("1234")),
            Err(CardError::PinLength { min: 6, max: 8 })
        );
    }
}
