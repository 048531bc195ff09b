//! The discovery document and the key set: everything said, nothing left to a default.

use serde_json::{Value, json};

use super::client::{ClientAuthentication, GrantType, IdTokenAlgorithm};
use super::scope::Scope;
use crate::base::lang::Language;
use crate::crypto::key::{KeyError, PublicKey};
use crate::identity::AssuranceLevel;

/// The issuer of the board with `slug`: the public URL, `/b/` and the slug, without a slash at the end.
pub fn issuer(public_url: &str, slug: &str) -> String {
    format!("{}/b/{slug}", public_url.trim_end_matches('/'))
}

/// The discovery document of `issuer` (OpenID Connect Discovery §3, RFC 8414).
///
/// Some members have defaults that promise more than there is (`request_uri_parameter_supported` is true when left
/// out), so all are said.
pub fn document(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": [GrantType::AuthorizationCode.as_str(), GrantType::ClientCredentials.as_str()],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported":
            [IdTokenAlgorithm::Rs256.as_str(), IdTokenAlgorithm::Es256.as_str()],
        "token_endpoint_auth_methods_supported": [
            ClientAuthentication::ClientSecretBasic.as_str(),
            ClientAuthentication::ClientSecretPost.as_str(),
        ],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": AssuranceLevel::ALL.map(AssuranceLevel::uri),
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
            "name", "given_name", "family_name", "rrn", "zegel_capacity", "act_for", "act",
        ],
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": Language::ALL.map(Language::tag),
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The key set: each key with its RFC 7638 thumbprint as `kid`.
///
/// # Errors
/// When a stored key does not read as a public key.
pub fn key_set<'a>(
    keys: impl IntoIterator<Item = (&'a str, &'a str, &'a PublicKey)>,
) -> Result<Value, KeyError> {
    let mut set = Vec::new();
    for (kid, algorithm, key) in keys {
        let mut members: serde_json::Map<String, Value> = key
            .jwk()?
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        for (name, value) in [("kid", kid), ("alg", algorithm), ("use", "sig")] {
            members.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        set.push(Value::Object(members));
    }
    Ok(json!({ "keys": set }))
}
