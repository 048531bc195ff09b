//! Applications that may ask: what was agreed with each, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::redirect::RedirectUri;
use super::scope::{Scope, Scopes};
use super::secret::{Opaque, SecretHash};
use crate::base::id::Id;
use crate::base::lang::Language;
use crate::base::time::{Day, Timestamp};
use crate::identity::{AssuranceLevel, BoardId};
use crate::pki::revocation::Tolerance;

crate::id_kinds! {
    /// A registered application.
    pub ClientKind = "cli",
}

/// The id of a registered application.
pub type ClientId = Id<ClientKind>;

/// An application registered with one board.
#[derive(Clone, Debug)]
pub struct Client {
    /// Our own id of it.
    pub id: ClientId,
    /// The board it belongs to. Its requests are valid at that board's issuer alone.
    pub board: BoardId,
    /// Its `client_id` in the protocol, unique within the board.
    pub slug: ClientSlug,
    /// Hash of its secret.
    pub secret: SecretHash,
    /// What was agreed.
    pub registration: Registration,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Since when it may no longer ask anything.
    pub disabled_at: Option<Timestamp>,
}

/// What was agreed with an application. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Its name as people see it, in four languages.
    pub names: Names,
    /// Who runs it, as people see it.
    pub organisation: String,
    /// Where answers may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Which grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Which scopes it may ask.
    pub scopes: Scopes,
    /// The level of assurance below which it does not want anybody.
    pub minimum_level: AssuranceLevel,
    /// Why it may know national numbers. Without it, it never does.
    #[serde(default)]
    pub legal_basis: Option<LegalBasis>,
    /// What keeps its pairwise subjects apart from other applications': the host of its redirect URIs.
    pub sector: String,
    /// How it proves who it is at the token endpoint.
    pub authentication: ClientAuthentication,
    /// With which of the board's keys its ID tokens are signed.
    pub id_token_algorithm: IdTokenAlgorithm,
    /// Whether names and the national number are put into the ID token too, for clients that never call userinfo.
    pub claims_in_id_token: bool,
    /// What it tolerates when no source tells whether a card's certificate is revoked. Never `Outage`: that is the
    /// operator's, for everybody.
    #[serde(default)]
    pub tolerance: Tolerance,
}

/// Why a client may know national numbers (law of 8 August 1983, article 8), as it was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalBasis {
    /// Reference of the authorisation, decree or royal decree.
    pub reference: String,
    /// Its date.
    pub dated: Day,
}

/// A name in four languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Dutch.
    pub nl: String,
    /// French.
    pub fr: String,
    /// German.
    pub de: String,
    /// English.
    pub en: String,
}

impl Names {
    /// The same name in every language.
    pub fn same(name: &str) -> Self {
        Self {
            nl: name.to_owned(),
            fr: name.to_owned(),
            de: name.to_owned(),
            en: name.to_owned(),
        }
    }

    /// The name in `language`.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::De => &self.de,
            Language::En => &self.en,
            Language::Fr => &self.fr,
            Language::Nl => &self.nl,
        }
    }
}

/// A way to get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A person logs in (RFC 6749 §4.1).
    AuthorizationCode,
    /// The client speaks for itself (RFC 6749 §4.4).
    ClientCredentials,
}

impl GrantType {
    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// The grant type written `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::AuthorizationCode, Self::ClientCredentials]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// How a client proves who it is at the token endpoint. Exactly the one registered is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the Authorization header.
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
}

impl ClientAuthentication {
    /// The value of `token_endpoint_auth_method`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }

    /// The method written `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::ClientSecretBasic, Self::ClientSecretPost]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// The algorithm of a client's ID tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdTokenAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA with SHA-256, the default that every client library expects.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
}

impl IdTokenAlgorithm {
    /// The JOSE name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm named `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// A `client_id`: 1 to 64 of the characters a–z, 0–9, `-`, `.` and `_`, so that it needs no escaping anywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientSlug(String);

/// The text cannot be a `client_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a client id is 1 to 64 of the characters a-z, 0-9, `-`, `.` and `_`")]
pub struct ClientSlugError;

impl ClientSlug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ClientSlug {
    type Err = ClientSlugError;
    fn from_str(text: &str) -> Result<Self, ClientSlugError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClientSlugError)
        }
    }
}

impl TryFrom<String> for ClientSlug {
    type Error = ClientSlugError;
    fn try_from(text: String) -> Result<Self, ClientSlugError> {
        text.parse()
    }
}

impl From<ClientSlug> for String {
    fn from(slug: ClientSlug) -> Self {
        slug.0
    }
}

impl fmt::Display for ClientSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Client {
    /// Whether it may still ask anything at `now`.
    pub fn is_enabled(&self, now: Timestamp) -> bool {
        self.disabled_at.is_none_or(|at| now < at)
    }

    /// Whether `secret` is its secret, in constant time.
    pub fn accepts_secret(&self, secret: &Opaque) -> bool {
        self.secret.is_of(secret)
    }

    /// Whether it may use `grant`.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.registration.grant_types.contains(&grant)
    }

    /// Whether it may know national numbers: scope agreed and legal basis filed.
    pub fn may_know_national_numbers(&self) -> bool {
        self.registration.scopes.has(Scope::Rrn) && self.registration.legal_basis.is_some()
    }
}

/// Why a registration contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The scope `rrn` without the authorisation that allows it.
    #[error("the scope rrn needs the reference and date of a legal basis")]
    LegalBasis,
    /// No grant type at all.
    #[error("a client needs at least one grant type")]
    NoGrantType,
    /// The code flow without anywhere to send the code.
    #[error("the grant authorization_code needs at least one redirect URI")]
    NoRedirectUri,
    /// Redirect URIs on several hosts and no sector that was chosen for them.
    #[error("redirect URIs on several hosts need a sector of their own")]
    Sector,
    /// The scope `signing` without client credentials.
    #[error("the scope signing needs the grant client_credentials")]
    SigningGrant,
    /// An application's own switch for outages.
    #[error("only the operator decides what counts in an outage, for everybody")]
    Tolerance,
}

impl Registration {
    /// Checks that what was agreed fits together.
    ///
    /// # Errors
    /// One variant per contradiction.
    pub fn check(&self) -> Result<(), RegistrationError> {
        if self.grant_types.is_empty() {
            return Err(RegistrationError::NoGrantType);
        }
        let for_people = self.grant_types.contains(&GrantType::AuthorizationCode);
        if for_people && self.redirect_uris.is_empty() {
            return Err(RegistrationError::NoRedirectUri);
        }
        if self.sector.is_empty() && for_people {
            return Err(RegistrationError::Sector);
        }
        if self.scopes.has(Scope::Rrn) && self.legal_basis.is_none() {
            return Err(RegistrationError::LegalBasis);
        }
        if self.tolerance == Tolerance::Outage {
            return Err(RegistrationError::Tolerance);
        }
        if self.scopes.has(Scope::Signing) && !self.grant_types.contains(&GrantType::ClientCredentials) {
            return Err(RegistrationError::SigningGrant);
        }
        Ok(())
    }

    /// The sector that redirect URIs on one host give (OpenID Connect Core §8.1), or an empty text.
    pub fn sector_of(redirect_uris: &[RedirectUri]) -> String {
        let mut hosts: Vec<String> = redirect_uris.iter().map(RedirectUri::host).collect();
        hosts.sort();
        hosts.dedup();
        match hosts.as_slice() {
            [host] => host.clone(),
            _ => String::new(),
        }
    }
}
