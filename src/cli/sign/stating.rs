//! What a signer states beside the content.

use std::str::FromStr;

use clap::Args;

use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::statement::Place;
use crate::pdf::permission::Certification;

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
    /// annotations.
    #[arg(long, value_name = "1|2|3")]
    pub(super) certify: Option<Allowed>,
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
