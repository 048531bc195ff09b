//! What the test PKI serves: OCSP, CRLs, CA certificates, time-stamps.
//!
//! Pure functions of the request and the time, with switches that may be turned while they run: a status per
//! certificate, a mode per service. The same functions answer over HTTP (`http`) and in tests with a fixed clock
//! (`Services::answer`). Start from [`Services`].

mod crl;
pub mod csc;
pub mod http;
pub mod lists;
mod ocsp;
mod switch;
mod timestamp;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use switch::{CertificateStatus, RevocationReason, Service, ServiceMode, Switches};

use super::LabError;
use super::pki::{AuthorityKind, LabPki, Serial};
use crate::base::random::Random;
use crate::base::time::Timestamp;

/// What a service answers to one HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content-Type.
    pub content_type: &'static str,
    /// Body.
    pub body: Vec<u8>,
    /// How long the answer is held back; only a service switched to slow has one.
    pub delay: Duration,
    /// Where it points instead of answering.
    pub location: Option<String>,
}

/// The services of one test PKI and their switches.
pub struct Services {
    pki: Arc<LabPki>,
    random: Arc<dyn Random>,
    switches: Mutex<Switches>,
    csc: Mutex<(csc::CscFault, Option<csc::CscProvider>)>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services")
            .field("switches", &self.switches)
            .finish_non_exhaustive()
    }
}

impl Services {
    /// The services of `pki`, all up, every certificate good. `random`: serial numbers of time-stamps.
    pub fn new(pki: Arc<LabPki>, random: Arc<dyn Random>) -> Self {
        Self {
            pki,
            random,
            switches: Mutex::default(),
            csc: Mutex::default(),
        }
    }

    /// The PKI they serve.
    pub const fn pki(&self) -> &Arc<LabPki> {
        &self.pki
    }

    /// The switches, to look at or to turn.
    pub fn switches(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the status of the certificate with this serial number.
    pub fn set_certificate(&self, serial: &Serial, status: CertificateStatus) {
        self.switches().set_certificate(serial.clone(), status);
    }

    /// Sets how the OCSP responder behaves when it is asked about the certificate with this serial number; `None`: as
    /// when asked about any other.
    pub fn set_answer(&self, serial: &Serial, mode: Option<ServiceMode>) {
        self.switches().set_answer(serial.clone(), mode);
    }

    /// Sets the mode of a service.
    pub fn set_service(&self, service: Service, mode: ServiceMode) {
        self.switches().set_service(service, mode);
    }

    /// Sets what the remote signing provider does wrong.
    pub fn set_csc(&self, fault: csc::CscFault) {
        self.csc.lock().unwrap_or_else(PoisonError::into_inner).0 = fault;
    }

    /// Status, body and delay of the remote signing provider for one POST.
    pub fn answer_csc(
        &self,
        path: &str,
        authorization: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> (u16, Vec<u8>, Duration) {
        let mut held = self.csc.lock().unwrap_or_else(PoisonError::into_inner);
        let (fault, provider) = &mut *held;
        let random = self.random.as_ref();
        if provider.is_none() {
            *provider = csc::CscProvider::new(&self.pki, random, now).ok();
        }
        let Some(provider) = provider else {
            return (500, Vec::new(), Duration::ZERO);
        };
        let (status, body) = provider.answer((path, authorization, body), *fault, random, now);
        let delay = match fault {
            csc::CscFault::Slow(millis) => Duration::from_millis(*millis),
            _ => Duration::ZERO,
        };
        (status, body, delay)
    }

    /// The OCSP response of `authority`'s responder to `request_der`.
    ///
    /// Echoes the nonce and is valid for 60 seconds from `now` (reference pki-and-trust §1.8.9). A request that is
    /// none gets `malformedRequest`. The mode is applied, but for down and slow, which are HTTP's.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn ocsp_response(
        &self,
        authority: AuthorityKind,
        request_der: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, LabError> {
        let switches = self.switches().clone();
        ocsp::respond(&self.pki, authority, request_der, &switches, now)
    }

    /// The CRL of `authority` as published at `now`.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn crl(&self, authority: AuthorityKind, now: Timestamp) -> Result<Vec<u8>, LabError> {
        let switches = self.switches().clone();
        crl::publish(&self.pki, authority, &switches, now)
    }

    /// The time-stamp response to `request_der` (RFC 3161).
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn timestamp(&self, request_der: &[u8], now: Timestamp) -> Result<Vec<u8>, LabError> {
        let mode = self.switches().service(Service::TimeStamp);
        timestamp::respond(&self.pki, request_der, mode, self.random.as_ref(), now)
    }

    /// Answers one HTTP request: `path` as in the certificates (`/ocsp/citizen`, `/crl/root.crl`,
    /// `/crt/citizen.crt`, `/tsa`), `body` empty for GET.
    pub fn answer(&self, path: &str, body: &[u8], now: Timestamp) -> ServiceAnswer {
        if path.starts_with("/tl/") {
            return self.list(path, now);
        }
        let Some((service, authority)) = route(path) else {
            return refusal(404);
        };
        let mode = match service {
            Service::Ocsp => ocsp::mode(body, &self.switches()),
            other => self.switches().service(other),
        };
        match mode {
            ServiceMode::Down => return refusal(503),
            ServiceMode::TryLater if matches!(service, Service::Certificates | Service::Crl) => {
                return refusal(404);
            }
            ServiceMode::Redirect => {
                return ServiceAnswer {
                    location: Some(path.to_owned()),
                    ..refusal(302)
                };
            }
            _ => {}
        }
        let kind = authority.unwrap_or(AuthorityKind::Root);
        let (content_type, made) = match service {
            Service::Ocsp => ("application/ocsp-response", self.ocsp_response(kind, body, now)),
            Service::Crl => ("application/pkix-crl", self.crl(kind, now)),
            Service::Certificates => {
                let found = self
                    .pki
                    .authority(kind.slug())
                    .map(|one| one.certificate_der().to_vec());
                let missing = || LabError::Unknown {
                    what: "authority",
                    name: kind.slug().to_owned(),
                };
                ("application/pkix-cert", found.ok_or_else(missing))
            }
            // Answered above: they belong to no authority.
            Service::Lists => return refusal(404),
            Service::TimeStamp => ("application/timestamp-reply", self.timestamp(body, now)),
        };
        let delay = delay(mode);
        let body = replaced(mode, service).map_or(made, Ok);
        body.map_or_else(
            |_| refusal(500),
            |body| ServiceAnswer {
                status: 200,
                content_type,
                body,
                delay,
                location: None,
            },
        )
    }
}

impl Services {
    /// A trusted list, as [`lists`] makes it.
    fn list(&self, path: &str, now: Timestamp) -> ServiceAnswer {
        let mode = self.switches().service(Service::Lists);
        match mode {
            ServiceMode::Down => return refusal(503),
            ServiceMode::Redirect => {
                return ServiceAnswer {
                    location: Some(path.to_owned()),
                    ..refusal(302)
                };
            }
            _ => {}
        }
        match lists::publish(&self.pki, path, mode, now) {
            None => refusal(404),
            Some(Err(_)) => refusal(500),
            Some(Ok(body)) => ServiceAnswer {
                status: 200,
                content_type: "application/vnd.etsi.tsl+xml",
                body: replaced(mode, Service::Lists).unwrap_or(body),
                delay: delay(mode),
                location: None,
            },
        }
    }
}

fn delay(mode: ServiceMode) -> Duration {
    match mode {
        ServiceMode::Slow(millis) => Duration::from_millis(millis),
        _ => Duration::ZERO,
    }
}

/// What comes in place of the right answer.
fn replaced(mode: ServiceMode, service: Service) -> Option<Vec<u8>> {
    match mode {
        ServiceMode::Garbage => Some(b"<html>TEST: not what was asked for</html>".to_vec()),
        ServiceMode::TooLarge => Some(vec![0; too_large(service)]),
        _ => None,
    }
}

fn refusal(status: u16) -> ServiceAnswer {
    ServiceAnswer {
        status,
        content_type: "text/plain",
        body: Vec::new(),
        delay: Duration::ZERO,
        location: None,
    }
}

/// One octet more than is read of a service's answers: 64 MiB of a revocation list, 16 MiB of a trusted list, 64 KiB of
/// everything else.
const fn too_large(service: Service) -> usize {
    match service {
        Service::Crl => 64 * 1024 * 1024 + 1,
        Service::Lists => 16 * 1024 * 1024 + 1,
        Service::Certificates | Service::Ocsp | Service::TimeStamp => 64 * 1024 + 1,
    }
}

fn route(path: &str) -> Option<(Service, Option<AuthorityKind>)> {
    let authority = |slug: &str| {
        [
            AuthorityKind::Citizen,
            AuthorityKind::Organisation,
            AuthorityKind::Root,
            AuthorityKind::Timestamp,
        ]
        .into_iter()
        .find(|kind| kind.slug() == slug)
    };
    if path == "/tsa" {
        return Some((Service::TimeStamp, None));
    }
    let mut parts = path.strip_prefix('/')?.splitn(2, '/');
    let (room, rest) = (parts.next()?, parts.next()?);
    let (service, slug) = match room {
        "ocsp" => (Service::Ocsp, rest),
        "crl" => (Service::Crl, rest.strip_suffix(".crl")?),
        "crt" => (Service::Certificates, rest.strip_suffix(".crt")?),
        _ => return None,
    };
    Some((service, Some(authority(slug)?)))
}
