//! What a signer states beside the content.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::cms::policy::document_digest;
use crate::ades::statement::{Place, PolicyIdentifier, SignaturePolicy};
use crate::base::digest::HashAlgorithm;
use crate::base::text::is_plain;
use crate::pdf::permission::{Certification, Lock};

use super::super::files::{self, FileProblem};

/// What the signer states, signed with the content.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Stating {
    /// A role in which the signer says to sign; may be repeated. Nobody checks it.
    #[arg(long = "role", value_name = "TEXT")]
    pub(super) roles: Vec<String>,
    /// What the signature means: the signer approves the content, made it, answers for it, or received it.
    #[arg(long, value_name = "approval|creation|origin|receipt")]
    pub(super) commitment: Option<Meaning>,
    /// Where the signer says to sign: a municipality, and a country behind a comma.
    #[arg(long, value_name = "PLACE[, COUNTRY]")]
    pub(super) place: Option<Where>,
    /// Certify a PDF that nobody signed yet: afterwards 1 nothing may change, 2 only forms and signatures, 3 also
    /// annotations, which others accept and `zegel verify` does not.
    #[arg(long, value_name = "1|2|3")]
    pub(super) certify: Option<Allowed>,
    /// Which fields of a PDF form nobody may change afterwards; names separated by commas.
    #[arg(long, value_name = "all|include:NAME,..|exclude:NAME,..")]
    pub(super) lock: Option<Locked>,
    /// The policy under which the signer signs: an object identifier, or in XML and JSON also a URI.
    #[arg(long, value_name = "OID|URI", requires = "policy_digest")]
    pub(super) policy: Option<PolicyIdentifier>,
    /// The document of the policy: its SHA-256 is signed.
    #[arg(long, value_name = "FILE", requires = "policy", group = "policy_digest")]
    pub(super) policy_document: Option<PathBuf>,
    /// The digest of that document instead of the file.
    #[arg(
        long,
        value_name = "sha256|sha384|sha512:HEX",
        requires = "policy",
        group = "policy_digest"
    )]
    pub(super) policy_hash: Option<PolicyHash>,
    /// Where the document of the policy is to be had, signed too.
    #[arg(long, value_name = "URL", requires = "policy")]
    pub(super) policy_uri: Option<PolicyUri>,
    /// What the options say of the policy, once its document was read.
    #[arg(skip)]
    read_policy: Option<SignaturePolicy>,
    /// The digest of that document where CMS makes another of it.
    #[arg(skip)]
    digest_in_cms: Option<Vec<u8>>,
}

impl Stating {
    pub(super) fn claimed(&self) -> Vec<ClaimedAttribute> {
        self.roles.iter().cloned().map(ClaimedAttribute::role).collect()
    }

    pub(super) fn commitment(&self) -> Option<Commitment> {
        self.commitment.map(|meaning| meaning.0)
    }

    pub(super) fn place(&self) -> Option<Place> {
        self.place.clone().map(|place| place.0)
    }

    pub(super) fn lock(&self) -> Option<Lock> {
        self.lock.clone().map(|locked| locked.0)
    }

    /// Reads the document of the policy, where one is named.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read_policy(&mut self) -> Result<(), FileProblem> {
        let Some(identifier) = self.policy.clone() else {
            return Ok(());
        };
        let (hash, digest) = match (&self.policy_document, &self.policy_hash) {
            (Some(path), _) => {
                let (hash, document) = (HashAlgorithm::Sha256, files::read(path)?);
                self.digest_in_cms = Some(document_digest(hash, &document));
                (hash, hash.digest(&document))
            }
            (None, Some(given)) => (given.hash, given.digest.clone()),
            // One of them is required.
            (None, None) => return Ok(()),
        };
        self.read_policy = Some(SignaturePolicy {
            identifier,
            hash,
            digest,
            uri: self.policy_uri.clone().map(|uri| uri.0),
        });
        Ok(())
    }

    /// The option whose text would show as something else to whoever reads a report: it is signed for good.
    pub(super) fn misleading(&self) -> Option<&'static str> {
        let place = self.location();
        if !self.roles.iter().all(|role| is_plain(role)) {
            Some("--role")
        } else if !place.as_deref().is_none_or(is_plain) {
            Some("--place")
        } else {
            None
        }
    }

    /// The policy as XML and JSON name it.
    pub(super) fn policy(&self) -> Option<SignaturePolicy> {
        self.read_policy.clone()
    }

    /// The policy as CMS names it, in a PDF too: the digest of a document in ASN.1 is another there.
    pub(super) fn policy_in_cms(&self) -> Option<SignaturePolicy> {
        let policy = self.policy()?;
        let digest = self.digest_in_cms.clone().unwrap_or(policy.digest);
        Some(SignaturePolicy { digest, ..policy })
    }

    /// The place as a PDF has it: in a line.
    pub(super) fn location(&self) -> Option<String> {
        let place = self.place()?;
        let parts: Vec<String> = [place.locality, place.country].into_iter().flatten().collect();
        Some(parts.join(", "))
    }
}

/// What a signature means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning(Commitment);

impl FromStr for Meaning {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "approval" => Ok(Self(Commitment::ProofOfApproval)),
            "creation" => Ok(Self(Commitment::ProofOfCreation)),
            "origin" => Ok(Self(Commitment::ProofOfOrigin)),
            "receipt" => Ok(Self(Commitment::ProofOfReceipt)),
            _ => Err("expected one of approval, creation, origin, receipt"),
        }
    }
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Where(Place);

impl FromStr for Where {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (locality, country) = match text.rsplit_once(',') {
            Some((locality, country)) => (locality.trim(), Some(country.trim())),
            None => (text.trim(), None),
        };
        if locality.is_empty() || country.is_some_and(str::is_empty) {
            return Err("expected a municipality, and a country behind a comma");
        }
        Ok(Self(Place {
            locality: Some(locality.to_owned()),
            country: country.map(str::to_owned),
        }))
    }
}

/// What a certification allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed(pub(super) Certification);

impl FromStr for Allowed {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "1" => Ok(Self(Certification::NoChanges)),
            "2" => Ok(Self(Certification::FormsAndSigning)),
            "3" => Ok(Self(Certification::Annotations)),
            _ => Err("expected one of 1, 2, 3"),
        }
    }
}

/// What a lock covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Locked(Lock);

impl FromStr for Locked {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = |list: &str| -> Option<Vec<String>> {
            let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
            names.iter().all(|name| !name.is_empty()).then_some(names)
        };
        let lock = match text.split_once(':') {
            None if text == "all" => Some(Lock::All),
            Some(("include", list)) => names(list).map(Lock::Include),
            Some(("exclude", list)) => names(list).map(Lock::Exclude),
            _ => None,
        };
        lock.map(Self)
            .ok_or("expected all, or include: or exclude: with names of fields separated by commas")
    }
}

/// The digest of a policy's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PolicyHash {
    hash: HashAlgorithm,
    digest: Vec<u8>,
}

impl FromStr for PolicyHash {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, digits) = text.split_once(':').unwrap_or_default();
        let hash = match name {
            "sha256" => HashAlgorithm::Sha256,
            "sha384" => HashAlgorithm::Sha384,
            "sha512" => HashAlgorithm::Sha512,
            _ => return Err("expected sha256:, sha384: or sha512: and the digest in hex digits"),
        };
        match hex::decode(digits) {
            Ok(digest) if digest.len() == hash.output_bytes() => Ok(Self { hash, digest }),
            _ => Err("expected as many hex digits as the hash has"),
        }
    }
}

/// Where the document of a policy is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PolicyUri(String);

impl FromStr for PolicyUri {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(PolicyIdentifier::Uri(uri)) => Ok(Self(uri)),
            _ => Err("expected a URI"),
        }
    }
}
