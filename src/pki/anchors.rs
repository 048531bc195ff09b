//! Pinned roots and accepted policies: trust as data.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::certificate::Certificate;
use super::name::{AttributeType, Name};
use super::purpose::Purpose;
use crate::asn1::oid::Oid;
use crate::base::digest::Sha256Digest;
use crate::base::time::Day;

/// The pinned production roots and the addresses of their PKI.
const PRODUCTION: &str = include_str!("../../certs/production.toml");
/// The accepted policies of each generation.
const POLICIES: &str = include_str!("../../certs/policies.toml");

/// Production or test: a trust set is wholly one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The real Belgian PKI.
    Production,
    /// Laboratory or development cards.
    Test,
}

/// Why trust data was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustDataError {
    /// The data says it is for the other environment, or names a root or generation of the other.
    #[error("test and production trust are never loaded together")]
    Mixed,
    /// The text does not have the form of trust data.
    #[error("trust data not readable: {0}")]
    Malformed(String),
    /// A root names a generation that is not defined.
    #[error("root `{root}` names the unknown generation `{generation}`")]
    UnknownGeneration {
        /// Name of the root.
        root: String,
        /// What it names.
        generation: String,
    },
}

/// One generation of the PKI: which leaf policies mean what under its roots.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Short name, as `rca6`.
    pub name: String,
    /// Where the identifiers were taken from.
    pub source: String,
    /// Common names of the authorities that issue to persons.
    personal_issuers: Vec<String>,
    /// Common name and organisation of the register's signer of card data.
    #[serde(default = "register_name")]
    register_name: String,
    #[serde(deserialize_with = "oids")]
    authentication: Vec<Oid>,
    #[serde(deserialize_with = "oids")]
    signature: Vec<Oid>,
    #[serde(deserialize_with = "oids")]
    register: Vec<Oid>,
}

fn register_name() -> String {
    "RRN".to_owned()
}

fn oids<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Oid>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|_| serde::de::Error::custom(format!("`{text}` is no object identifier")))
        })
        .collect()
}

impl Generation {
    /// The leaf policies accepted for `purpose`; `None` when this purpose is not judged by policy.
    pub fn policies(&self, purpose: Purpose) -> Option<&[Oid]> {
        match purpose {
            Purpose::Authentication => Some(&self.authentication),
            Purpose::Signature => Some(&self.signature),
            Purpose::Register => Some(&self.register),
            Purpose::Any | Purpose::Seal | Purpose::TimeStamping => None,
        }
    }

    /// Common name and organisation of the register's signer of card data.
    pub fn register_name(&self) -> &str {
        &self.register_name
    }

    /// Whether an authority of that common name issues to persons.
    pub fn is_personal_issuer(&self, common_name: &str) -> bool {
        self.personal_issuers.iter().any(|known| known == common_name)
    }
}

/// One pinned root.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// For people.
    pub name: String,
    /// SHA-256 of the whole certificate.
    pub sha256: Sha256Digest,
    /// Name of its [`Generation`].
    pub generation: String,
    /// Where the certificate can be fetched; the fingerprint decides, not the address.
    #[serde(default)]
    pub url: Option<String>,
    /// What paths to it may be used for.
    pub purposes: Vec<Purpose>,
}

/// How the address of an issuing authority's certificate is built from its own name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityAddress {
    /// The common name it must have.
    pub common_name: String,
    /// The organisation it must have; `None` asks that the name begins with none of those listed elsewhere.
    #[serde(default)]
    pub organization: Option<String>,
    /// `{serial}` stands for the serialNumber of its name.
    pub url: String,
    /// The first year of the series, where the serialNumber is a year and a sequence of two digits within it
    /// (`202510`). The addresses of authorities that no card has shown yet follow from it.
    #[serde(default)]
    pub series_since: Option<i16>,
}

/// Authorities of one year that stand under one address pattern, numbered from 1 without gaps as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    url: String,
    year: i16,
}

impl Series {
    /// Where the certificate of the `number`th authority of this year is; a year has 99 at most.
    pub fn url(&self, number: u8) -> String {
        self.url
            .replace("{serial}", &format!("{:04}{number:02}", self.year))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    environment: Environment,
    /// Where the fingerprints were taken from.
    #[serde(rename = "source")]
    _source: String,
    /// Hosts and parent domains that may be called.
    hosts: Vec<String>,
    /// CRLs of the roots made before this day may be signed with SHA-1.
    #[serde(default)]
    sha1_root_crl_until: Option<Day>,
    root: Vec<Root>,
    #[serde(default)]
    authority: Vec<AuthorityAddress>,
    #[serde(default)]
    generation: Vec<Generation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    generation: Vec<Generation>,
}

/// Everything pinned for one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustData {
    environment: Environment,
    roots: Vec<Root>,
    authorities: Vec<AuthorityAddress>,
    hosts: Vec<String>,
    sha1_root_crl_until: Option<Day>,
    generations: Vec<Generation>,
}

/// Trust data for a laboratory, as [`TrustData::test`] reads it.
///
/// `root`: its root; `host`: where its services are, exact; `personal_issuer`: common name of the authority that
/// issues to persons, and `issuer_url` where that authority's certificate is; `register_name`: of its signer of
/// card data. Policies are those of the newest generation.
pub fn laboratory_text(
    root: &Certificate,
    host: &str,
    personal_issuer: &str,
    issuer_url: &str,
    register_name: &str,
) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        r#"# TEST trust of a laboratory. Never for real persons.
environment = "test"
source = "made by the laboratory beside it"
hosts = [{host}]

[[root]]
name = {name}
sha256 = "{fingerprint}"
generation = "laboratory"
purposes = ["authentication", "signature", "register", "seal", "time_stamping"]

[[authority]]
common_name = {issuer}
url = {url}

[[generation]]
name = "laboratory"
source = "the identifiers of Root CA6, under a root that says TEST"
personal_issuers = [{issuer}]
register_name = {register}
authentication = ["2.16.56.13.6.1.1.1000"]
signature = ["2.16.56.13.6.1.2.1000"]
register = ["2.16.56.13.6.0.1"]
"#,
        host = quoted(host),
        name = quoted(&root.common_name().unwrap_or_default()),
        fingerprint = root.fingerprint(),
        issuer = quoted(personal_issuer),
        url = quoted(issuer_url),
        register = quoted(register_name),
    )
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, TrustDataError> {
    toml::from_str(text).map_err(|error| TrustDataError::Malformed(error.message().to_owned()))
}

impl TrustData {
    /// What is pinned for the real Belgian PKI.
    ///
    /// # Errors
    /// When the data built in is broken, which a test rules out.
    pub fn production() -> Result<Self, TrustDataError> {
        let file: TrustFile = read(PRODUCTION)?;
        let policies: PolicyFile = read(POLICIES)?;
        Self::new(file, policies.generation, Environment::Production)
    }

    /// What a laboratory pins. Only a service whose configuration says `environment = "test"` may call this.
    ///
    /// `text`: TOML of the same form as `certs/production.toml`; `environment = "test"`; it may define generations
    /// of its own beside those of `certs/policies.toml`.
    ///
    /// # Errors
    /// `Mixed` when the text says production or pins a production root.
    pub fn test(text: &str) -> Result<Self, TrustDataError> {
        let file: TrustFile = read(text)?;
        let production = Self::production()?;
        if file
            .root
            .iter()
            .any(|root| production.root(root.sha256).is_some())
        {
            return Err(TrustDataError::Mixed);
        }
        Self::new(file, production.generations, Environment::Test)
    }

    fn new(file: TrustFile, shared: Vec<Generation>, expected: Environment) -> Result<Self, TrustDataError> {
        if file.environment != expected {
            return Err(TrustDataError::Mixed);
        }
        // A generation defined beside the roots takes the place of a shared one with its name.
        let mut generations = file.generation;
        for generation in shared {
            if !generations.iter().any(|known| known.name == generation.name) {
                generations.push(generation);
            }
        }
        for root in &file.root {
            if !generations.iter().any(|known| known.name == root.generation) {
                return Err(TrustDataError::UnknownGeneration {
                    root: root.name.clone(),
                    generation: root.generation.clone(),
                });
            }
        }
        Ok(Self {
            environment: expected,
            roots: file.root,
            authorities: file.authority,
            hosts: file.hosts,
            sha1_root_crl_until: file.sha1_root_crl_until,
            generations,
        })
    }

    /// Production or test.
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Every pinned root.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The pinned root with that fingerprint.
    pub fn root(&self, fingerprint: Sha256Digest) -> Option<&Root> {
        self.roots.iter().find(|root| root.sha256 == fingerprint)
    }

    /// Every generation, for checks made before the root of a path is known.
    pub fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// Hosts and parent domains that may be called for this PKI's data.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The day before which a root's CRL may be signed with SHA-1, if any.
    pub const fn sha1_root_crl_until(&self) -> Option<Day> {
        self.sha1_root_crl_until
    }

    /// Where the certificate of the authority called `name` can be fetched, built from that name alone.
    ///
    /// `None` when no pattern fits, or the serial number in the name is not plain digits.
    pub fn authority_url(&self, name: &Name) -> Option<String> {
        let common_name = name.find(AttributeType::CommonName)?;
        let organization = name.find(AttributeType::Organization);
        let serial = name.find(AttributeType::SerialNumber).unwrap_or_default();
        if serial.len() > 12 || !serial.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.authorities
            .iter()
            .find(|known| {
                known.common_name == common_name
                    && known
                        .organization
                        .as_ref()
                        .is_none_or(|wanted| Some(wanted) == organization.as_ref())
                    && (!serial.is_empty() || !known.url.contains("{serial}"))
            })
            .map(|known| known.url.replace("{serial}", &serial))
    }

    /// The series whose authorities may be fetched before a card shows them, up to and including `year`.
    pub fn series_until(&self, year: i16) -> Vec<Series> {
        self.authorities
            .iter()
            .filter_map(|pattern| Some((pattern, pattern.series_since?)))
            .flat_map(|(pattern, since)| {
                (since..=year).map(|year| Series {
                    url: pattern.url.clone(),
                    year,
                })
            })
            .collect()
    }
}

/// A root that is pinned and whose certificate is at hand.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The root's own certificate.
    pub certificate: Certificate,
    /// The policies of its generation; `None` in suites that have no Belgian layer.
    pub generation: Option<Arc<Generation>>,
    purposes: Option<Vec<Purpose>>,
}

/// The anchors that paths may end in, by name.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    by_name: HashMap<Name, Vec<Anchor>>,
}

impl Anchors {
    /// No anchor: every path is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `certificate` if `data` pins its fingerprint. Tells whether it does.
    pub fn offer(&mut self, certificate: &Certificate, data: &TrustData) -> bool {
        let Some(root) = data.root(certificate.fingerprint()) else {
            return false;
        };
        let generation = data
            .generations
            .iter()
            .find(|known| known.name == root.generation)
            .cloned();
        self.insert(Anchor {
            certificate: certificate.clone(),
            generation: generation.map(Arc::new),
            purposes: Some(root.purposes.clone()),
        });
        true
    }

    /// Adds an anchor for every purpose, without a Belgian layer: for conformance suites and other PKIs that an
    /// administrator pins for [`Purpose::Any`].
    pub fn insert_plain(&mut self, certificate: Certificate) {
        self.insert(Anchor {
            certificate,
            generation: None,
            purposes: None,
        });
    }

    fn insert(&mut self, anchor: Anchor) {
        let same_name = self
            .by_name
            .entry(anchor.certificate.subject().clone())
            .or_default();
        if !same_name
            .iter()
            .any(|known| known.certificate == anchor.certificate)
        {
            same_name.push(anchor);
        }
    }

    /// The anchors called `name` that serve `purpose`.
    pub fn named<'a>(&'a self, name: &Name, purpose: Purpose) -> impl Iterator<Item = &'a Anchor> + use<'a> {
        self.by_name
            .get(name)
            .into_iter()
            .flatten()
            .filter(move |anchor| {
                purpose == Purpose::Any
                    || anchor
                        .purposes
                        .as_ref()
                        .is_none_or(|purposes| purposes.contains(&purpose))
            })
    }

    /// Whether that very certificate is an anchor.
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.by_name
            .get(certificate.subject())
            .is_some_and(|anchors| anchors.iter().any(|anchor| anchor.certificate == *certificate))
    }

    /// Every anchor's certificate, in no particular order.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.by_name.values().flatten().map(|anchor| &anchor.certificate)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_name.values().map(Vec::len).sum()
    }
}
