//! Who signs the list of lists, as the Official Journal published it: fingerprints, as data.

use serde::Deserialize;

use crate::base::digest::Sha256Digest;
use crate::pki::anchors::{Environment, TrustDataError};

/// The published sets and the addresses of the production lists.
const PRODUCTION: &str = include_str!("../../../certs/lists.toml");

/// Where trusted lists begin, for one environment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAnchors {
    environment: Environment,
    /// Where the fingerprints were taken from.
    #[serde(rename = "source")]
    _source: String,
    /// Address of the list of lists.
    pub url: String,
    /// Territories whose lists are kept.
    pub territories: Vec<String>,
    /// Hosts, and parent domains of hosts, that may be called for the list of lists and its pivots, which are asked for
    /// before anything is verified. Those of national lists follow from the verified list of lists.
    pub hosts: Vec<String>,
    /// Seconds after a next update was due, in which a list may still be taken as new.
    pub grace_seconds: i64,
    /// Published sets, newest first.
    #[serde(rename = "publication")]
    pub publications: Vec<Publication>,
}

/// One publication of signers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Its reference, for people.
    pub name: String,
    /// Texts of which one stands in the publication's address when the list of lists names it. It only says where to begin:
    /// the fingerprints decide.
    pub marks: Vec<String>,
    /// SHA-256 of the certificates.
    pub sha256: Vec<Sha256Digest>,
}

impl ListAnchors {
    /// Those of the European Union.
    ///
    /// # Errors
    /// Never for a program that was tested: the data is a part of it.
    pub fn production() -> Result<Self, TrustDataError> {
        Self::read(PRODUCTION, Environment::Production)
    }

    /// Those of a laboratory.
    ///
    /// # Errors
    /// `Malformed`; `Mixed` when the text is not for tests, or names an anchor or an address of production.
    pub fn test(text: &str) -> Result<Self, TrustDataError> {
        let found = Self::read(text, Environment::Test)?;
        let real = Self::production()?;
        let pinned = |anchors: &Self| -> Vec<Sha256Digest> {
            anchors
                .publications
                .iter()
                .flat_map(|publication| publication.sha256.clone())
                .collect()
        };
        let production = pinned(&real);
        if pinned(&found).iter().any(|own| production.contains(own)) || found.url == real.url {
            return Err(TrustDataError::Mixed);
        }
        Ok(found)
    }

    /// The same with one publication alone, as they were before a later one.
    #[must_use]
    pub fn only(mut self, name: &str) -> Self {
        self.publications.retain(|publication| publication.name == name);
        self
    }

    fn read(text: &str, environment: Environment) -> Result<Self, TrustDataError> {
        let found: Self =
            toml::from_str(text).map_err(|error| TrustDataError::Malformed(error.message().to_owned()))?;
        if found.environment == environment {
            Ok(found)
        } else {
            Err(TrustDataError::Mixed)
        }
    }
}

impl Publication {
    /// Whether `address` is where this was published.
    pub fn is_at(&self, address: &str) -> bool {
        self.marks.iter().any(|mark| address.contains(mark.as_str()))
    }
}
