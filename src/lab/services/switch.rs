//! What can be switched while the services run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::LabError;
use super::super::pki::Serial;
use crate::base::time::Timestamp;

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// No reason given.
    Unspecified,
    /// The key may be in other hands.
    KeyCompromise,
    /// The authority's key may be.
    CaCompromise,
    /// Name or data changed.
    AffiliationChanged,
    /// A new certificate took its place.
    Superseded,
    /// Not needed any more.
    CessationOfOperation,
    /// A right in it was taken back.
    PrivilegeWithdrawn,
    /// The attribute authority's key may be in other hands.
    AaCompromise,
}

impl RevocationReason {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }
}

impl FromStr for RevocationReason {
    type Err = LabError;

    /// The words of RFC 5280 in lower case, with dashes: `key-compromise`.
    fn from_str(text: &str) -> Result<Self, LabError> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| LabError::Unknown {
            what: "reason",
            name: text.to_owned(),
        })
    }
}

/// What OCSP and CRL say of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateStatus {
    /// Not revoked.
    Good,
    /// Suspended: reason certificateHold.
    OnHold {
        /// Since when.
        since: Timestamp,
    },
    /// Revoked.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// The responder does not know it; the CRL says nothing.
    Unknown,
}

impl CertificateStatus {
    /// When and with which reason code it stands on the CRL, if it does.
    pub(super) const fn revocation(self) -> Option<(Timestamp, u8)> {
        match self {
            Self::Good | Self::Unknown => None,
            Self::OnHold { since } => Some((since, 6)),
            Self::Revoked { at, reason } => Some((at, reason.code())),
        }
    }
}

/// A service of the PKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// CA certificates.
    Certificates,
    /// Revocation lists.
    Crl,
    /// TEST trusted lists.
    Lists,
    /// Status of one certificate.
    Ocsp,
    /// Time-stamps.
    #[serde(rename = "tsa")]
    TimeStamp,
}

impl Service {
    /// All of them, with the word for each.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Certificates, "certificates"),
        (Self::Crl, "crl"),
        (Self::Lists, "lists"),
        (Self::Ocsp, "ocsp"),
        (Self::TimeStamp, "tsa"),
    ];
}

impl FromStr for Service {
    type Err = LabError;
    fn from_str(text: &str) -> Result<Self, LabError> {
        let found = Self::ALL.into_iter().find(|(_, word)| *word == text);
        found
            .map(|(service, _)| service)
            .ok_or_else(|| LabError::Unknown {
                what: "service",
                name: text.to_owned(),
            })
    }
}

/// How a service behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceMode {
    /// It answers 503 to everything.
    Down,
    /// It answers 200 and octets that are none of the protocol's.
    Garbage,
    /// It points to itself, without end.
    Redirect,
    /// Trusted lists: the sequence number is the first there ever was.
    RolledBack,
    /// Trusted lists: a second signature stands beside the first.
    SecondSignature,
    /// It answers after so many milliseconds.
    Slow(u64),
    /// Its answers are 300 days old (a time-stamp: one day).
    Stale,
    /// The same, and its times have fractions of a second, which some validators take as leave to skip the check.
    StaleFractional,
    /// It answers with more than anybody should read.
    TooLarge,
    /// It declines: tryLater of OCSP, a rejection of a time-stamp; a list or a certificate is not there.
    TryLater,
    /// As it should.
    #[default]
    Up,
    /// It echoes another nonce than the one sent.
    WrongNonce,
    /// Another certificate of the same PKI signs, which is not entitled to.
    WrongSigner,
}

impl FromStr for ServiceMode {
    type Err = LabError;

    /// `up`, `down`, `garbage`, `redirect`, `rolled-back`, `second-signature`, `stale`, `stale-fractional`, `too-large`,
    /// `try-later`, `wrong-nonce`, `wrong-signer`, or `slow=MILLISECONDS`.
    fn from_str(text: &str) -> Result<Self, LabError> {
        let unknown = || LabError::Unknown {
            what: "service mode",
            name: text.to_owned(),
        };
        Ok(match text {
            "down" => Self::Down,
            "garbage" => Self::Garbage,
            "redirect" => Self::Redirect,
            "rolled-back" => Self::RolledBack,
            "second-signature" => Self::SecondSignature,
            "stale" => Self::Stale,
            "stale-fractional" => Self::StaleFractional,
            "too-large" => Self::TooLarge,
            "try-later" => Self::TryLater,
            "up" => Self::Up,
            "wrong-nonce" => Self::WrongNonce,
            "wrong-signer" => Self::WrongSigner,
            other => Self::Slow(
                other
                    .strip_prefix("slow=")
                    .and_then(|millis| millis.parse().ok())
                    .ok_or_else(unknown)?,
            ),
        })
    }
}

impl fmt::Display for ServiceMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("down"),
            Self::Garbage => f.write_str("garbage"),
            Self::Redirect => f.write_str("redirect"),
            Self::RolledBack => f.write_str("rolled-back"),
            Self::SecondSignature => f.write_str("second-signature"),
            Self::Slow(millis) => write!(f, "slow={millis}"),
            Self::Stale => f.write_str("stale"),
            Self::StaleFractional => f.write_str("stale-fractional"),
            Self::TooLarge => f.write_str("too-large"),
            Self::TryLater => f.write_str("try-later"),
            Self::Up => f.write_str("up"),
            Self::WrongNonce => f.write_str("wrong-nonce"),
            Self::WrongSigner => f.write_str("wrong-signer"),
        }
    }
}

/// All switches: what is not set is good and up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    certificates: BTreeMap<Serial, CertificateStatus>,
    services: BTreeMap<Service, ServiceMode>,
    /// How the responder behaves when asked about one certificate.
    answers: BTreeMap<Serial, ServiceMode>,
}

impl Switches {
    /// The status of a certificate.
    pub fn certificate(&self, serial: &Serial) -> CertificateStatus {
        self.certificates
            .get(serial)
            .copied()
            .unwrap_or(CertificateStatus::Good)
    }

    /// Sets the status of a certificate.
    pub fn set_certificate(&mut self, serial: Serial, status: CertificateStatus) {
        self.certificates.insert(serial, status);
    }

    /// The certificates whose status was set.
    pub fn certificates(&self) -> impl Iterator<Item = (&Serial, CertificateStatus)> {
        self.certificates.iter().map(|(serial, status)| (serial, *status))
    }

    /// How the OCSP responder behaves when it is asked about this certificate.
    pub fn answer(&self, serial: &Serial) -> ServiceMode {
        self.answers
            .get(serial)
            .copied()
            .unwrap_or_else(|| self.service(Service::Ocsp))
    }

    /// Sets how the OCSP responder behaves when it is asked about this certificate; `None`: as when asked about any
    /// other.
    pub fn set_answer(&mut self, serial: Serial, mode: Option<ServiceMode>) {
        match mode {
            Some(mode) => self.answers.insert(serial, mode),
            None => self.answers.remove(&serial),
        };
    }

    /// The mode of a service.
    pub fn service(&self, service: Service) -> ServiceMode {
        self.services.get(&service).copied().unwrap_or_default()
    }

    /// Sets the mode of a service.
    pub fn set_service(&mut self, service: Service, mode: ServiceMode) {
        self.services.insert(service, mode);
    }
}

/// GeneralizedTime of an answer in `mode`: with a fraction when the mode asks for one.
pub(super) fn answer_time(at: Timestamp, mode: ServiceMode) -> Vec<u8> {
    use crate::asn1::write;
    if mode == ServiceMode::StaleFractional {
        let text = at.to_jiff().strftime("%Y%m%d%H%M%S.123456Z").to_string();
        write::element(write::tag::GENERALIZED_TIME, text.as_bytes())
    } else {
        write::generalized_time(at)
    }
}
