//! The files of the card: where they stand and how their end is known.

use super::recognition::Generation;

/// A transparent file of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    /// 4033, address.
    Address,
    /// 4034, the register's signature over the address.
    AddressSignature,
    /// 5038, authentication certificate.
    AuthenticationCertificate,
    /// 4040, basic public key (1.8).
    BasicKey,
    /// 503A, certificate of the issuing CA.
    CaCertificate,
    /// 4031, identity.
    Identity,
    /// 4032, the register's signature over the identity.
    IdentitySignature,
    /// 4035, photo.
    Photo,
    /// 503B, certificate of the root.
    RootCertificate,
    /// 503C, certificate of the national register.
    RrnCertificate,
    /// 5039, signature certificate.
    SignatureCertificate,
    /// 5032, token description.
    TokenInfo,
}

/// How the reader of a file knows that it has all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At the end of the DER object that begins the file; zero padding behind it is not read. A file that begins
    /// with `00` is empty.
    Der,
    /// At the end of the file; its content says where it is incomplete.
    Tlv,
    /// At the end of the file.
    File,
}

impl File {
    /// Path from the master file.
    ///
    /// Source: card content v5.4 §3; reference §4.2.
    pub const fn path(self) -> [u8; 6] {
        let (directory, file) = match self {
            Self::Identity => ([0xDF, 0x01], [0x40, 0x31]),
            Self::IdentitySignature => ([0xDF, 0x01], [0x40, 0x32]),
            Self::Address => ([0xDF, 0x01], [0x40, 0x33]),
            Self::AddressSignature => ([0xDF, 0x01], [0x40, 0x34]),
            Self::Photo => ([0xDF, 0x01], [0x40, 0x35]),
            Self::BasicKey => ([0xDF, 0x01], [0x40, 0x40]),
            Self::TokenInfo => ([0xDF, 0x00], [0x50, 0x32]),
            Self::AuthenticationCertificate => ([0xDF, 0x00], [0x50, 0x38]),
            Self::SignatureCertificate => ([0xDF, 0x00], [0x50, 0x39]),
            Self::CaCertificate => ([0xDF, 0x00], [0x50, 0x3A]),
            Self::RootCertificate => ([0xDF, 0x00], [0x50, 0x3B]),
            Self::RrnCertificate => ([0xDF, 0x00], [0x50, 0x3C]),
        };
        [0x3F, 0x00, directory[0], directory[1], file[0], file[1]]
    }

    /// What errors call this file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::AddressSignature => "address signature",
            Self::AuthenticationCertificate => "authentication certificate",
            Self::BasicKey => "basic key",
            Self::CaCertificate => "CA certificate",
            Self::Identity => "identity",
            Self::IdentitySignature => "identity signature",
            Self::Photo => "photo",
            Self::RootCertificate => "root certificate",
            Self::RrnCertificate => "national register certificate",
            Self::SignatureCertificate => "signature certificate",
            Self::TokenInfo => "token description",
        }
    }

    pub(super) const fn end(self) -> End {
        match self {
            // The address signature is only verified, never an input: an EC one is read up to its DER end. The
            // identity signature is an input of the address signature with all its padding, so it is read whole.
            Self::AddressSignature
            | Self::AuthenticationCertificate
            | Self::BasicKey
            | Self::CaCertificate
            | Self::RootCertificate
            | Self::RrnCertificate
            | Self::SignatureCertificate
            | Self::TokenInfo => End::Der,
            Self::Address | Self::Identity => End::Tlv,
            Self::IdentitySignature | Self::Photo => End::File,
        }
    }

    /// The length that a first read may ask for without being sent back with `6C xx`.
    ///
    /// A P-384 public key is 120 bytes of DER; TokenInfo is 41. A P-384 signature has at most 104 bytes, and its file on
    /// 1.8 is longer: one of RSA would only be read in two pieces instead.
    pub(super) const fn first_read(self, generation: Option<Generation>) -> Option<u8> {
        match (self, generation) {
            (Self::AddressSignature, Some(Generation::Ec)) => Some(104),
            (Self::BasicKey, _) => Some(120),
            (Self::TokenInfo, _) => Some(41),
            _ => None,
        }
    }
}
