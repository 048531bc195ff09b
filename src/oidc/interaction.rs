//! One visit of a person to the log-in pages: what it is for, and how far it came.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::authorize::AuthorizationRequest;
use super::secret::SecretHash;
use super::session::SessionId;
use crate::base::code::PersonCode;
use crate::base::id::Id;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::identity::{AssuranceLevel, BoardId, Channel, Means, PersonId};
use crate::pki::revocation::Tolerance;

crate::id_kinds! {
    /// A visit to the log-in pages.
    pub InteractionKind = "int",
    /// One try at the reader of this machine.
    pub CardJobKind = "job",
}

/// The id of a visit. It stands in URLs and opens nothing without the cookie of the browser that began it.
pub type InteractionId = Id<InteractionKind>;
/// The id of one try at the reader: what a try that was given up brings after all is not taken for the next one's.
pub type CardJobId = Id<CardJobKind>;

/// How long a visit may take in all.
pub const LIFETIME: Duration = Duration::from_mins(20);

/// A visit as the store keeps it.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// The board it is for.
    pub board: BoardId,
    /// Hash of the cookie of the browser it belongs to.
    pub browser: SecretHash,
    /// What it is for.
    pub task: Task,
    /// How far it came.
    pub stage: Stage,
    /// The national number, wrapped, while a client with a legal basis waits for it.
    pub wrapped_number: Option<Vec<u8>>,
    /// Counts writes, so that two at once cannot both win.
    pub version: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was answered or cancelled.
    pub finished_at: Option<Timestamp>,
}

/// What a visit is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// An application asked.
    Authorize {
        /// What it asked.
        request: Box<AuthorizationRequest>,
    },
    /// One of our own pages needs to know who is there.
    OwnPage {
        /// Path and query on this service to go back to.
        return_to: OwnPath,
        /// The language of the page that sent the person here.
        language: Option<Language>,
    },
}

impl Task {
    /// The language that was asked for.
    pub fn language(&self) -> Option<Language> {
        match self {
            Self::Authorize { request } => request.language,
            Self::OwnPage { language, .. } => *language,
        }
    }
}

/// A path on this service, to be returned to. Never another site: it begins with one slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnPath(String);

/// The text is no path of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a path of this service")]
pub struct OwnPathError;

impl OwnPath {
    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for OwnPath {
    /// The start page.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl std::str::FromStr for OwnPath {
    type Err = OwnPathError;
    /// Takes `/path?query`. Browsers read `//host` and `/\host` as other sites, so these are refused.
    fn from_str(text: &str) -> Result<Self, OwnPathError> {
        let rest = text.strip_prefix('/').ok_or(OwnPathError)?;
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if rest.starts_with('/') || !plain || text.len() > 1024 {
            Err(OwnPathError)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl TryFrom<String> for OwnPath {
    type Error = OwnPathError;
    fn try_from(text: String) -> Result<Self, OwnPathError> {
        text.parse()
    }
}

impl From<OwnPath> for String {
    fn from(path: OwnPath) -> Self {
        path.0
    }
}

/// How far a visit came. Each stage carries what is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// The page is shown; nothing was tried, or a Web eID program was given a challenge.
    Open,
    /// The reader of this machine is at work.
    Card {
        /// Which try this is.
        job: CardJobId,
        /// The letters that page and PIN window both show.
        short_code: String,
        /// What is being done.
        step: CardStep,
        /// Since when.
        since: Timestamp,
    },
    /// The last try failed; another may be made.
    Failed {
        /// The stable cause, for the log and the small print.
        cause: String,
        /// Attempts left before the PIN is blocked, when the card told.
        tries_left: Option<u8>,
        /// Code of the text a person sees.
        code: String,
    },
    /// Somebody proved who they are, and the browser did not fetch its session yet.
    Proved(Box<Proof>),
    /// The session exists; capacity and sharing are still to be confirmed.
    Choosing {
        /// The session.
        session: SessionId,
    },
}

impl Stage {
    /// The stage of a failed try.
    pub fn failed(code: PersonCode, cause: &str, tries_left: Option<u8>) -> Self {
        Self::Failed {
            cause: cause.to_owned(),
            tries_left,
            code: code.as_str().to_owned(),
        }
    }
}

/// What the reader of this machine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStep {
    /// Reading the certificate, asking the PIN, signing.
    Card,
    /// Checking certificate and revocation.
    Checking,
}

impl CardStep {
    /// The word in the store and for the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Checking => "checking",
        }
    }
}

/// A proof of identity on its way to becoming a session. Holds names and no national number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Family name as the card gave it.
    pub surname: String,
    /// Given names as the card gave them.
    pub given_names: Option<String>,
    /// Who this is at each board that knows them.
    pub persons: Vec<(BoardId, PersonId)>,
    /// With what.
    pub means: Means,
    /// How it came to us.
    pub channel: Channel,
    /// How sure.
    pub level: AssuranceLevel,
    /// When.
    pub authenticated_at: Timestamp,
    /// What was tolerated of its certificate's status.
    #[serde(default)]
    pub tolerance: Tolerance,
}

impl std::fmt::Debug for Proof {
    /// Names are not logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_service_are_returned_to() {
        for (text, expected) in [
            ("/sign/srq_1?lang=nl", true),
            ("/", true),
            ("", false),
            ("sign", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("/a b", false),
            ("/a\r\nb", false),
        ] {
            assert_eq!(text.parse::<OwnPath>().is_ok(), expected, "{text}");
        }
    }
}
