//! An organisation seals a document: its key, in a token or at a provider, signs without a person.
//!
//! Certificate and status are asked before the key is used ([`Sealer::open`]); the value is verified before it stands in
//! the document; the level is what the file read back shows. What was signed while a time-stamp service is down is
//! kept by whoever called and completed later ([`complete`]): never delivered below its profile.

pub mod asked;

use std::sync::Arc;
use std::time::Duration;

use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::cms::hash_only::HashError;
use crate::ades::device::{DeviceError, ToSign};
use crate::ades::level::Level;
use crate::ades::pades::completion::{Completion, CompletionError, Settings};
use crate::ades::pades::finish::FinishError;
use crate::ades::pades::prepare::{PrepareError, prepare};
use crate::ades::pades::stages::{Completed, Draft, Signed};
use crate::asn1::oid::Oid;
use crate::base::bytes::ReadAt;
use crate::base::clock::Clock;
use crate::base::random::Random;
use crate::config::seals::{SealSettings, SealsError};
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::device::{self, Device};
use crate::fetch::{Fetcher, resume};
use crate::journeys::App;
use crate::pdf::signature_field::Placement;
use crate::pki::certificate::{Certificate, CertificateError};
use crate::pki::name::AttributeType;
use crate::pki::purpose;
use crate::pki::refusal::Refusal;
use crate::pki::trust::Trust;

/// How long a prepared seal waits for its value: a provider may be asked several times.
const PREPARED_LIFE: Duration = Duration::from_mins(10);

/// What sealing needs of the service or the command it runs in.
#[derive(Clone)]
pub struct Outside {
    /// Pinned roots, known authorities.
    pub trust: Arc<Trust>,
    /// The one door to the outside.
    pub fetcher: Arc<dyn Fetcher>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Time-stamping services, in the order they are tried.
    pub time_stamp_urls: Vec<String>,
    /// Policies of time-stamps that are accepted; an empty list accepts any.
    pub time_stamp_policies: Vec<Oid>,
}

impl Outside {
    /// That of the installation.
    pub fn of(app: &App) -> Self {
        Self {
            trust: Arc::clone(&app.trust),
            fetcher: Arc::clone(&app.fetcher),
            clock: Arc::clone(&app.clock),
            random: Arc::clone(&app.random),
            time_stamp_urls: app.config.outside.time_stamp_urls.clone(),
            time_stamp_policies: app.config.outside.time_stamp_policies.clone(),
        }
    }

    /// The same as completing wants it.
    pub fn settings(&self) -> Settings {
        Settings {
            trust: Arc::clone(&self.trust),
            algorithms: AlgorithmPolicy::etsi_ts_119_312(),
            time_stamp_urls: self.time_stamp_urls.clone(),
            time_stamp_policies: self.time_stamp_policies.clone(),
            random: Arc::clone(&self.random),
        }
    }
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The seal's certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The seal stands, and could not be completed.
    #[error(transparent)]
    Completion(#[from] CompletionError),
    /// The key could not be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The value was not taken.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// The digest cannot be signed alone.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The service is ending.
    #[error("the work was interrupted")]
    Interrupted,
    /// The certificate is a person's: a person's signature is never called a seal.
    #[error("the certificate names no organisation")]
    NotASeal,
    /// The document cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The certificate is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The seal's settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SealsError),
}

impl SealError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "CERT_PARSE",
            Self::Completion(error) => error.cause(),
            Self::Device(error) => error.cause,
            Self::Finish(error) => error.cause(),
            Self::Hash(error) => error.cause(),
            Self::Interrupted => "INTERRUPTED",
            Self::NotASeal => "SEAL_NOT_ORGANISATION",
            Self::Prepare(error) => error.cause(),
            Self::Refused(refusal) => refusal.cause(),
            Self::Settings(_) => "SEAL_SETTINGS",
        }
    }

    /// Whether the same may be tried later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Completion(error) => !error.is_final(),
            Self::Device(error) => error.is_retryable,
            Self::Interrupted => true,
            Self::Refused(refusal) => matches!(
                refusal,
                Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. }
            ),
            Self::Certificate(_)
            | Self::Finish(_)
            | Self::Hash(_)
            | Self::NotASeal
            | Self::Prepare(_)
            | Self::Settings(_) => false,
        }
    }
}

/// How a seal shows, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The level that the result must show.
    pub level: Level,
    /// Where it goes and how it shows.
    pub placement: Placement,
    /// What a screen reader says of the field.
    pub tooltip: Option<String>,
    /// The place, for `/Location`.
    pub location: Option<String>,
    /// What the organisation commits to.
    pub commitment: Option<Commitment>,
    /// What it claims.
    pub claimed: Vec<ClaimedAttribute>,
}

impl Order {
    /// An invisible seal at `level`.
    pub const fn invisible(level: Level) -> Self {
        Self {
            level,
            placement: Placement::Invisible,
            tooltip: None,
            location: None,
            commitment: None,
            claimed: Vec::new(),
        }
    }
}

/// A seal key whose certificate holds now.
pub struct Sealer {
    device: Option<Device>,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.organisation())
    }
}

impl Sealer {
    /// Opens the key that `settings` name and asks whether its certificate holds: an organisation's, its path to a
    /// pinned root, and the status of all on it.
    ///
    /// # Errors
    /// The first thing that refuses it; the key has signed nothing.
    pub async fn open(settings: &SealSettings, outside: &Outside) -> Result<Self, SealError> {
        Self::with(settings.open()?, outside).await
    }

    /// The same for `device`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn with(device: Device, outside: &Outside) -> Result<Self, SealError> {
        let (certificates, device) = device::certificates(device, outside.fetcher.as_ref()).await;
        let mut certificates = certificates?.into_iter().map(Certificate::parse);
        let certificate = certificates
            .next()
            .ok_or(DeviceError::new("DEVICE_CERTIFICATE"))??;
        let issuers: Vec<Certificate> = certificates.filter_map(Result::ok).collect();
        if !purpose::names_organisation(&certificate) {
            return Err(SealError::NotASeal);
        }
        let path = resume::signer_with(
            &outside.trust,
            outside.fetcher.as_ref(),
            outside.clock.as_ref(),
            outside.random.as_ref(),
            &certificate,
            &issuers,
        )
        .await?;
        let chain = path.certificates().iter().skip(1).cloned().collect();
        Ok(Self {
            device,
            certificate,
            chain,
        })
    }

    /// The seal's certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its issuers.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The organisation's name, as the certificate writes it.
    pub fn organisation(&self) -> String {
        let subject = self.certificate.subject();
        subject
            .find(AttributeType::Organization)
            .or_else(|| subject.find(AttributeType::CommonName))
            .unwrap_or_default()
    }

    /// Signs `digests` and checks each value.
    ///
    /// # Errors
    /// What the device says.
    pub async fn values(
        &mut self,
        digests: Vec<ToSign>,
        outside: &Outside,
    ) -> Result<Vec<Vec<u8>>, SealError> {
        let device = self.device.take().ok_or(SealError::Interrupted)?;
        let (values, device) = device::sign(device, digests, outside.fetcher.as_ref()).await;
        self.device = device;
        Ok(values?)
    }

    /// Puts the seal on `document`; what it needs to come to its level is gathered by [`complete`].
    ///
    /// # Errors
    /// When the document allows no seal, or the key cannot be used.
    pub async fn sign(
        &mut self,
        document: Arc<dyn ReadAt>,
        order: Order,
        outside: &Outside,
    ) -> Result<Signed, SealError> {
        let now = outside.clock.now();
        let draft = Draft {
            level: order.level,
            certificate: self.certificate.clone(),
            chain: self.chain.clone(),
            algorithm: None,
            placement: order.placement,
            tooltip: order.tooltip,
            name: Some(self.organisation()),
            location: order.location,
            claimed: order.claimed,
            commitment: order.commitment,
            policy: None,
            certify: None,
            lock: None,
            time_stamp_bytes: None,
            expires_at: now.plus(PREPARED_LIFE),
        };
        let prepared = tokio::task::spawn_blocking(move || prepare(document, &draft, now))
            .await
            .map_err(|_| SealError::Interrupted)??;
        let asked = ToSign {
            algorithm: prepared.algorithm(),
            digest: prepared.digest(),
        };
        let value = self.values(vec![asked], outside).await?.pop();
        let value = value.ok_or(DeviceError::new("DEVICE_COUNT"))?;
        Ok(prepared.finish(value, outside.clock.now())?)
    }
}

/// Brings the seal that `signed` holds on `document` to its level: time-stamp, revocation data, read back.
///
/// # Errors
/// Why not, with the stage as far as it got.
pub async fn complete(
    document: Arc<dyn ReadAt>,
    signed: Signed,
    outside: &Outside,
) -> Result<Completed, (SealError, Box<Signed>)> {
    let before = signed.clone();
    let settings = outside.settings();
    let opened = tokio::task::spawn_blocking(move || Completion::new(document, signed, settings)).await;
    let completion = match opened {
        Ok(Ok(completion)) => completion,
        Ok(Err(error)) => return Err((error.into(), Box::new(before))),
        Err(_) => return Err((SealError::Interrupted, Box::new(before))),
    };
    resume::complete(completion, outside.fetcher.as_ref(), &outside.clock)
        .await
        .map_err(|(error, signed)| (error.into(), signed))
}
