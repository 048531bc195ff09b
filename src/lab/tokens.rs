//! The tokens of Zegelgem's staff: PIV and PKCS#15, and the ones with something wrong.

use super::LabError;
use super::card::token_files::{TokenEntry, empty, put_piv_certificate, put_piv_objects, put_pkcs15};
use super::card::{Manner, TokenCard, TokenFamily, TokenKeys};
use super::pki::{DAY, Employee, LabPki, TokenPurpose, Validity};
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::key::{Curve, KeyKind};

/// A token of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoToken {
    /// The name of the card: `piv`.
    pub slug: &'static str,
    /// Its family.
    pub family: TokenFamily,
    /// Kinds of its keys by reference, in order.
    pub keys: &'static [(u8, KeyKind)],
    /// What is special about it.
    pub special: Special,
    /// What it is for, for people.
    pub part: &'static str,
}

/// What is special about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The PIN is blocked.
    Blocked,
    /// It wants the card's global PIN.
    Global,
    /// Nothing.
    None,
    /// One PIN try is left.
    OneTry,
    /// ECDSA values come as `r ‖ s`.
    Raw,
    /// A YubiKey with firmware 5.7, compressed certificates, PIN and PUK of the factory.
    YubiKey,
}

const RSA: KeyKind = KeyKind::Rsa { bits: 2048 };
const P256: KeyKind = KeyKind::Ec(Curve::P256);
const P384: KeyKind = KeyKind::Ec(Curve::P384);

/// All of them.
pub const TOKENS: [DemoToken; 7] = [
    DemoToken {
        slug: "piv",
        family: TokenFamily::Piv,
        keys: &[(0x9A, RSA), (0x9C, RSA), (0x9D, P256), (0x9E, P256)],
        special: Special::None,
        part: "PIV token, RSA-2048",
    },
    DemoToken {
        slug: "piv-ec",
        family: TokenFamily::Piv,
        keys: &[(0x9A, P256), (0x9C, P384), (0x9D, P384), (0x9E, P256)],
        special: Special::YubiKey,
        part: "YubiKey, EC P-256 and P-384, compressed certificates, PIN from the factory",
    },
    DemoToken {
        slug: "piv-global",
        family: TokenFamily::Piv,
        keys: &[(0x9A, P256), (0x9C, P384)],
        special: Special::Global,
        part: "PIV token that wants its global PIN",
    },
    DemoToken {
        slug: "piv-blocked",
        family: TokenFamily::Piv,
        keys: &[(0x9A, P256), (0x9C, P256)],
        special: Special::Blocked,
        part: "PIV token, PIN blocked",
    },
    DemoToken {
        slug: "piv-one-try",
        family: TokenFamily::Piv,
        keys: &[(0x9A, P256), (0x9C, P256)],
        special: Special::OneTry,
        part: "PIV token, one PIN try left",
    },
    DemoToken {
        slug: "pkcs15",
        family: TokenFamily::Pkcs15,
        keys: &[(0x01, RSA), (0x02, RSA)],
        special: Special::None,
        part: "PKCS#15 token, RSA-2048",
    },
    DemoToken {
        slug: "pkcs15-ec",
        family: TokenFamily::Pkcs15,
        keys: &[(0x01, P256), (0x02, P256)],
        special: Special::Raw,
        part: "PKCS#15 token, EC P-256, raw ECDSA values",
    },
];

/// The specimen whose tokens they are. No national number stands in an organisation's certificates.
pub fn employee() -> Employee {
    Employee {
        name: "Dirk Specimen".to_owned(),
        mail: "dirk.specimen@zegelgem.test".to_owned(),
        number: "TEST-0042".to_owned(),
    }
}

impl DemoToken {
    /// The token whose card is named `slug`.
    pub fn find(slug: &str) -> Option<&'static Self> {
        TOKENS.iter().find(|token| token.slug == slug)
    }

    /// Makes the token with certificates of `pki`'s organisation.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn make_card(
        &self,
        pki: &LabPki,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<TokenCard, LabError> {
        let serial: [u8; 16] = random::bytes(random);
        let validity = Validity::around(now, DAY * 30, DAY * 1095);
        let yubikey = (self.special == Special::YubiKey).then_some([5, 7, 1]);
        let mut image = empty(self.family, serial, yubikey);
        // One card on P-384 refuses less; every card of the laboratory does, so that nobody gets used to it.
        image.adopt(Manner::WholeField);
        match self.special {
            Special::Blocked => image.pin.left = 0,
            Special::Global => image.adopt(Manner::GlobalPin),
            Special::OneTry => image.pin.left = 1,
            Special::Raw => image.adopt(Manner::RawEcdsa),
            Special::None | Special::YubiKey => {}
        }
        let mut keys = TokenKeys::default();
        let mut issued = Vec::new();
        for (reference, kind) in self.keys {
            let purpose = match reference {
                0x01 | 0x9A => TokenPurpose::Authentication,
                0x02 | 0x9C => TokenPurpose::Signature,
                0x9D => TokenPurpose::KeyManagement,
                _ => TokenPurpose::Card,
            };
            let leaf = pki.issue_token(&employee(), &serial, (purpose, *kind), validity, random)?;
            keys.0.insert(*reference, leaf.key.clone());
            issued.push((*reference, *kind, leaf));
        }
        match self.family {
            TokenFamily::Piv => {
                let compressed = self.special == Special::YubiKey;
                for (reference, _, leaf) in &issued {
                    put_piv_certificate(&mut image, *reference, &leaf.certificate_der, compressed);
                }
                let discovery = !matches!(self.special, Special::YubiKey);
                put_piv_objects(&mut image, validity.not_after.day(), discovery);
            }
            TokenFamily::Pkcs15 => {
                let entries: Vec<TokenEntry<'_>> = issued
                    .iter()
                    .map(|(reference, kind, leaf)| TokenEntry {
                        label: if *reference == 0x01 {
                            "Authentication"
                        } else {
                            "Signature"
                        },
                        reference: *reference,
                        certificate: &leaf.certificate_der,
                        kind: *kind,
                    })
                    .collect();
                put_pkcs15(&mut image, &entries, pki.organisation.certificate_der());
            }
        }
        Ok(TokenCard::new(image, keys))
    }
}
