//! What is known of a certificate's revocation.

use serde::{Deserialize, Serialize};

use crate::base::time::Timestamp;

/// What one piece of evidence says about one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Not revoked.
    Good,
    /// Revoked, or on hold when the reason says so.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// The responder does not know the certificate. Not good.
    Unknown,
}

/// Why a certificate was revoked, RFC 5280 §5.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// 0
    Unspecified,
    /// 1
    KeyCompromise,
    /// 2
    CaCompromise,
    /// 3
    AffiliationChanged,
    /// 4
    Superseded,
    /// 5
    CessationOfOperation,
    /// 6: suspended, and may come back. Common: new cards begin so until they are activated.
    CertificateHold,
    /// 8, only in delta lists.
    RemoveFromCrl,
    /// 9
    PrivilegeWithdrawn,
    /// 10
    AaCompromise,
}

impl Reason {
    /// The reason numbered `code`; 7 is not used, nor anything above 10.
    pub const fn from_code(code: u64) -> Option<Self> {
        Some(match code {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }

    /// The number of this reason.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::RemoveFromCrl => 8,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::asn1::write;
    use crate::crypto::key::{Curve, KeyKind, PrivateKey};
    use crate::pki::certificate::Certificate;

    /// A certificate without meaning, for tests that need one somewhere.
    pub(crate) fn any_certificate() -> Certificate {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let algorithm = key.public().kind().default_algorithm();
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let empty = write::sequence(&[]);
        let validity = write::sequence(&[&write::time(at), &write::time(at)]);
        let tbs = write::sequence(&[
            &write::integer(7),
            &algorithm.algorithm_identifier(),
            &empty,
            &validity,
            &empty,
            key.public().spki_der(),
        ]);
        let signature = key.sign(algorithm, &tbs).unwrap();
        let der = write::sequence(&[
            &tbs,
            &algorithm.algorithm_identifier(),
            &write::bit_string(&signature),
        ]);
        Certificate::parse(der).unwrap()
    }

    #[test]
    fn reasons_have_the_numbers_of_the_standard() {
        for code in 0..=20 {
            assert_eq!(
                Reason::from_code(code).map(|reason| u64::from(reason.code())),
                (code <= 10 && code != 7).then_some(code)
            );
        }
    }
}
