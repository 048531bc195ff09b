//! What a client learns about a person: the claims of the ID token and of userinfo.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::authorize::AuthorizationRequest;
use super::client::Client;
use super::scope::{Scope, Scopes};
use super::session::SessionId;
use crate::base::digest::HashAlgorithm;
use crate::base::national::NationalNumber;
use crate::base::time::Timestamp;
use crate::identity::{AssuranceLevel, Means};

/// How long an ID token lives. A capacity is only as true as the moment it was checked, so minutes, not hours.
pub const ID_TOKEN_LIFETIME: Duration = Duration::from_mins(5);

/// In which capacity a person acts, as a client gets to see it (reference roles-and-mandates §11.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityClaim {
    /// The claim `zegel_capacity`.
    pub zegel_capacity: Value,
    /// The claim `act_for`: on whose behalf and by which grant, for who acts by delegation or in replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act_for: Option<Value>,
}

/// What is known about the log-in when claims are made. Holds names: never logged.
pub struct Known<'a> {
    /// The pairwise subject.
    pub subject: &'a str,
    /// Family name as the card gave it.
    pub surname: &'a str,
    /// Given names as the card gave them.
    pub given_names: Option<&'a str>,
    /// The capacity the person chose.
    pub capacity: Option<&'a CapacityClaim>,
    /// The national number, when the store kept one for this client.
    pub national_number: Option<&'a NationalNumber>,
}

/// Facts of the log-in that only the ID token carries.
pub struct TokenFacts<'a> {
    /// The issuer, the board's own.
    pub issuer: &'a str,
    /// The nonce of the request, if one was sent.
    pub nonce: Option<&'a str>,
    /// When the person proved who they are.
    pub authenticated_at: Timestamp,
    /// How sure that is.
    pub level: AssuranceLevel,
    /// With what.
    pub means: Means,
    /// The browser session.
    pub session: SessionId,
    /// The access token handed out with it.
    pub access_token: &'a str,
}

/// The claims that `scopes` open for `client`: what userinfo answers.
///
/// The national number needs three things at once: scope asked, scope agreed, legal basis filed.
pub fn of_person(client: &Client, scopes: &Scopes, known: &Known<'_>) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(known.subject));
    add_personal(&mut claims, client, scopes, known);
    add_capacity(&mut claims, scopes, known);
    claims
}

/// Whether [`of_person`] would release the national number: the caller writes an audit event for each release.
pub fn releases_number(client: &Client, scopes: &Scopes) -> bool {
    scopes.has(Scope::Rrn) && client.may_know_national_numbers()
}

/// The claims of an ID token made at `now` (OpenID Connect Core §2).
///
/// `nonce` is there only when one was sent: old clients fail on one they did not send. `at_hash` uses SHA-256, the
/// hash of both algorithms we sign with. Names go in only for clients that were registered so.
pub fn of_id_token(
    client: &Client,
    scopes: &Scopes,
    known: &Known<'_>,
    facts: &TokenFacts<'_>,
    now: Timestamp,
) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", json!(facts.issuer));
    put("sub", json!(known.subject));
    put("aud", json!(client.slug.as_str()));
    put("azp", json!(client.slug.as_str()));
    put("iat", json!(now.as_seconds()));
    put("exp", json!(now.plus(ID_TOKEN_LIFETIME).as_seconds()));
    put("auth_time", json!(facts.authenticated_at.as_seconds()));
    put("acr", json!(facts.level.uri()));
    put("amr", json!(facts.means.amr()));
    put("sid", json!(facts.session.to_string()));
    put("at_hash", json!(at_hash(facts.access_token)));
    if let Some(nonce) = facts.nonce {
        put("nonce", json!(nonce));
    }
    add_capacity(&mut claims, scopes, known);
    if client.registration.claims_in_id_token {
        add_personal(&mut claims, client, scopes, known);
    }
    claims
}

/// The left half of the SHA-256 of the access token (OpenID Connect Core §3.1.3.6).
pub fn at_hash(access_token: &str) -> String {
    let digest = HashAlgorithm::Sha256.digest(access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default())
}

/// What the page before the last click says a client will receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// In which capacity the person acts.
    Capacity,
    /// When and how the person logged in, and a name of their own for this application.
    LogIn,
    /// The names.
    Names,
    /// The national number.
    NationalNumber,
}

/// What `client` receives for `request`, in the order the page lists it.
pub fn shared(client: &Client, request: &AuthorizationRequest) -> Vec<Shared> {
    let mut shared = vec![Shared::LogIn];
    shared.extend(request.scopes.has(Scope::Profile).then_some(Shared::Names));
    shared.extend(request.scopes.has(Scope::Capacity).then_some(Shared::Capacity));
    shared.extend(releases_number(client, &request.scopes).then_some(Shared::NationalNumber));
    shared
}

fn add_personal(claims: &mut Map<String, Value>, client: &Client, scopes: &Scopes, known: &Known<'_>) {
    if scopes.has(Scope::Profile) {
        let full = known.given_names.map_or_else(
            || known.surname.to_owned(),
            |given| format!("{given} {}", known.surname),
        );
        claims.insert("name".to_owned(), json!(full));
        claims.insert("family_name".to_owned(), json!(known.surname));
        if let Some(given) = known.given_names {
            claims.insert("given_name".to_owned(), json!(given));
        }
    }
    if let Some(number) = known.national_number.filter(|_| releases_number(client, scopes)) {
        claims.insert("rrn".to_owned(), json!(number.expose()));
    }
}

fn add_capacity(claims: &mut Map<String, Value>, scopes: &Scopes, known: &Known<'_>) {
    let Some(capacity) = known.capacity.filter(|_| scopes.has(Scope::Capacity)) else {
        return;
    };
    claims.insert("zegel_capacity".to_owned(), capacity.zegel_capacity.clone());
    if let Some(act_for) = &capacity.act_for {
        claims.insert("act_for".to_owned(), act_for.clone());
        // RFC 8693 §4.1: who really acts. The represented party is never sent alone.
        claims.insert("act".to_owned(), json!({ "sub": known.subject }));
    }
}
