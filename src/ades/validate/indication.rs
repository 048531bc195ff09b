//! Outcomes of validation under the standard's own names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The main status of a signature or of one check. EN 319 102-1 §5.1.3, table 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Indication {
    /// Every check passed under the policy used.
    TotalPassed,
    /// What is there neither proves nor disproves the signature.
    Indeterminate,
    /// The signature is broken, or was made with a certificate that was no longer good.
    TotalFailed,
}

impl Indication {
    /// The name as the standard writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::TotalFailed => "TOTAL-FAILED",
        }
    }
}

impl Indication {
    /// The identifier of ETSI TS 119 102-2.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::TotalPassed => "urn:etsi:019102:mainindication:total-passed",
            Self::Indeterminate => "urn:etsi:019102:mainindication:indeterminate",
            Self::TotalFailed => "urn:etsi:019102:mainindication:total-failed",
        }
    }
}

impl SubIndication {
    /// The identifier of ETSI TS 119 102-2.
    pub fn urn(self) -> String {
        format!("urn:etsi:019102:subindication:{}", self.as_str())
    }
}

impl fmt::Display for Indication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! sub_indications {
    ($($(#[$doc:meta])* $variant:ident $text:literal $indication:ident,)*) => {
        /// Why a signature is not TOTAL-PASSED. EN 319 102-1 §5.1.3, table 6.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum SubIndication {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl SubIndication {
            /// All of them, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as the standard writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The main status it belongs to.
            pub const fn indication(self) -> Indication {
                match self { $(Self::$variant => Indication::$indication,)* }
            }
        }
    };
}

sub_indications! {
    /// The path to an anchor fails for a reason that has no name of its own.
    CertificateChainGeneralFailure "CERTIFICATE_CHAIN_GENERAL_FAILURE" Indeterminate,
    /// A certificate on the path breaks a constraint: CA flag, path length, policy, name, critical extension.
    ChainConstraintsFailure "CHAIN_CONSTRAINTS_FAILURE" Indeterminate,
    /// An algorithm or key size is not accepted.
    CryptoConstraintsFailure "CRYPTO_CONSTRAINTS_FAILURE" Indeterminate,
    /// An algorithm is no longer accepted and nothing shows that the object existed while it was.
    CryptoConstraintsFailureNoPoe "CRYPTO_CONSTRAINTS_FAILURE_NO_POE" Indeterminate,
    /// The signature was made after the certificate expired.
    Expired "EXPIRED" TotalFailed,
    /// The file or the signature does not have the form of its format.
    FormatFailure "FORMAT_FAILURE" TotalFailed,
    /// A digest of signed data differs: the data was changed.
    HashFailure "HASH_FAILURE" TotalFailed,
    /// No path leads to an anchor.
    NoCertificateChainFound "NO_CERTIFICATE_CHAIN_FOUND" Indeterminate,
    /// A path leads only to an anchor that was withdrawn, and nothing shows existence before.
    NoCertificateChainFoundNoPoe "NO_CERTIFICATE_CHAIN_FOUND_NO_POE" Indeterminate,
    /// Nothing shows that the object existed before the event that compromised it.
    NoPoe "NO_POE" Indeterminate,
    /// The certificate that the signed attributes name is not there.
    NoSigningCertificateFound "NO_SIGNING_CERTIFICATE_FOUND" Indeterminate,
    /// The signature existed before its certificate was valid.
    NotYetValid "NOT_YET_VALID" TotalFailed,
    /// The certificate is expired or not yet valid, and nothing shows that the signature existed within.
    OutOfBoundsNoPoe "OUT_OF_BOUNDS_NO_POE" Indeterminate,
    /// The same, while the certificate is known not to have been revoked.
    OutOfBoundsNotRevoked "OUT_OF_BOUNDS_NOT_REVOKED" Indeterminate,
    /// The signature policy could not be understood.
    PolicyProcessingError "POLICY_PROCESSING_ERROR" Indeterminate,
    /// The certificate of whoever issued revocation data is out of its validity.
    RevocationOutOfBoundsNoPoe "REVOCATION_OUT_OF_BOUNDS_NO_POE" Indeterminate,
    /// The signature was made after the certificate was revoked.
    Revoked "REVOKED" TotalFailed,
    /// A CA on the path is revoked, and nothing shows that the signature existed before.
    RevokedCaNoPoe "REVOKED_CA_NO_POE" Indeterminate,
    /// The certificate is revoked, and nothing shows that the signature existed before.
    RevokedNoPoe "REVOKED_NO_POE" Indeterminate,
    /// The signature's attributes break the policy.
    SigConstraintsFailure "SIG_CONSTRAINTS_FAILURE" Indeterminate,
    /// The signature value does not verify under the certificate.
    SigCryptoFailure "SIG_CRYPTO_FAILURE" TotalFailed,
    /// The signature policy is not to be had.
    SignaturePolicyNotAvailable "SIGNATURE_POLICY_NOT_AVAILABLE" Indeterminate,
    /// The signed data is not to be had.
    SignedDataNotFound "SIGNED_DATA_NOT_FOUND" Indeterminate,
    /// Time-stamps contradict each other.
    TimestampOrderFailure "TIMESTAMP_ORDER_FAILURE" Indeterminate,
    /// Revocation data that is fresh enough may come later.
    TryLater "TRY_LATER" Indeterminate,
}

impl fmt::Display for SubIndication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_standards_and_read_back() {
        assert_eq!(
            serde_json::to_string(&Indication::TotalPassed).unwrap(),
            "\"TOTAL-PASSED\""
        );
        for sub in SubIndication::ALL {
            let json = serde_json::to_string(sub).unwrap();
            assert_eq!(json, format!("\"{}\"", sub.as_str()));
            assert_eq!(serde_json::from_str::<SubIndication>(&json).unwrap(), *sub);
            assert_ne!(sub.indication(), Indication::TotalPassed);
        }
        let failed: Vec<_> = SubIndication::ALL
            .iter()
            .filter(|sub| sub.indication() == Indication::TotalFailed)
            .collect();
        assert_eq!(failed.len(), 6, "{failed:?}");
    }
}
