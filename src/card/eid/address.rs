//! The address file.

use std::fmt;

use crate::card::error::CardError;
use crate::card::tlv;

use super::identity::text;

/// The holder's address as the municipality wrote it. Citizens abroad may have an empty one.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Street, number and box.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Municipality.
    pub municipality: String,
}

impl Address {
    /// Reads the content of file 4033.
    ///
    /// # Errors
    /// `Malformed` when a length runs past the end.
    ///
    /// Source: ID/Address file v5.0; reference §7.5.
    pub fn parse(file: &[u8]) -> Result<Self, CardError> {
        let found = tlv::parse(file).map_err(|error| CardError::Malformed {
            what: "address",
            at: error.at,
        })?;
        let field = |tag| {
            found
                .iter()
                .find(|tlv| tlv.tag == tag)
                .map(|tlv| text(tlv.value))
                .unwrap_or_default()
        };
        Ok(Self {
            street: field(0x01),
            postal_code: field(0x02),
            municipality: field(0x03),
        })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_inside_and_behind_is_not_part_of_the_address() {
        let mut file = vec![0x01, 0x10];
        file.extend(b"Marktplein 1    ");
        file.extend([0x02, 0x04]);
        file.extend(b"9999");
        file.extend([0x03, 0x08]);
        file.extend(b"Zegelgem");
        file.extend([0; 60]);
        let address = Address::parse(&file).unwrap();
        assert_eq!(
            (address.street.as_str(), address.postal_code.as_str()),
            ("Marktplein 1", "9999")
        );
        assert_eq!(address.municipality, "Zegelgem");
    }

    #[test]
    fn a_version_in_front_and_an_empty_street_are_met() {
        let address = Address::parse(&[0, 2, 0, 2, 1, 0, 2, 0, 3, 0, 0, 0]).unwrap();
        assert_eq!(address.street, "");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_address_or_refused(bytes in proptest::collection::vec(0_u8.., 0..300)) {
            let _ = Address::parse(&bytes);
        }
    }
}
