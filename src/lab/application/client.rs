//! The calls a relying application makes: discovery, code flow with PKCE, client credentials, signing requests.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header;
use serde_json::Value;

use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, Random};
use crate::crypto::jws::Unverified;
use crate::crypto::key::PublicKey;

/// What the application was given when it was registered.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The board's issuer.
    pub issuer: String,
    /// The service's public address.
    pub service: String,
    /// Client id.
    pub client_id: String,
    /// Client secret, a laboratory one.
    pub client_secret: String,
    /// Where people come back to.
    pub redirect_uri: String,
    /// Scopes asked at log-in.
    pub scope: String,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// The provider could not be reached.
    #[error("zegel does not answer")]
    Http(#[from] reqwest::Error),
    /// The provider refused, with its error code.
    #[error("zegel refused: {0}")]
    Refused(String),
    /// The answer is not what the standards say.
    #[error("unexpected answer: {0}")]
    Unexpected(&'static str),
}

impl ApplicationError {
    /// A stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Http(_) => "APPLICATION_HTTP",
            Self::Refused(_) => "APPLICATION_REFUSED",
            Self::Unexpected(_) => "APPLICATION_UNEXPECTED",
        }
    }
}

/// What must be remembered between sending a person away and their return.
#[derive(Clone, Debug)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
}

/// What came back with the person.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Authorization code.
    pub code: String,
    /// The state, as it came.
    pub state: String,
    /// The issuer, as it came (RFC 9207).
    pub issuer: String,
}

/// The provider as this application sees it.
#[derive(Clone, Debug)]
pub struct Provider {
    registration: Registration,
    http: reqwest::Client,
}

impl Provider {
    /// A provider reached with `http`, which must trust its TLS certificate.
    pub const fn new(registration: Registration, http: reqwest::Client) -> Self {
        Self { registration, http }
    }

    async fn json(&self, request: reqwest::RequestBuilder) -> Result<Value, ApplicationError> {
        let answer = request.send().await?;
        let good = answer.status().is_success();
        let body: Value = serde_json::from_slice(&answer.bytes().await?)
            .map_err(|_| ApplicationError::Unexpected("the body is not JSON"))?;
        if good {
            return Ok(body);
        }
        let code = ["code", "error"]
            .iter()
            .find_map(|name| body.get(name).and_then(Value::as_str));
        Err(ApplicationError::Refused(code.unwrap_or("no code").to_owned()))
    }

    async fn metadata(&self, member: &str) -> Result<String, ApplicationError> {
        let address = format!("{}/.well-known/openid-configuration", self.registration.issuer);
        let document = self.json(self.http.get(address)).await?;
        if document.get("issuer").and_then(Value::as_str) != Some(&self.registration.issuer) {
            return Err(ApplicationError::Unexpected("the issuer differs"));
        }
        document
            .get(member)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or(ApplicationError::Unexpected("discovery lacks an endpoint"))
    }

    /// Where to send a person to log in, and what to remember.
    pub async fn authorization(&self, random: &dyn Random) -> Result<(String, Pending), ApplicationError> {
        let text = || URL_SAFE_NO_PAD.encode(random::bytes::<32>(random));
        let pending = Pending {
            state: text(),
            nonce: text(),
            verifier: text(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(HashAlgorithm::Sha256.digest(pending.verifier.as_bytes()));
        let endpoint = self.metadata("authorization_endpoint").await?;
        let mut address = url::Url::parse(&endpoint)
            .map_err(|_| ApplicationError::Unexpected("the endpoint is no address"))?;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.registration.client_id)
            .append_pair("redirect_uri", &self.registration.redirect_uri)
            .append_pair("scope", &self.registration.scope)
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok((address.into(), pending))
    }

    fn credentials(&self) -> String {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!(
            "{}:{}",
            encode(&self.registration.client_id),
            encode(&self.registration.client_secret)
        );
        format!("Basic {}", STANDARD.encode(pair))
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<Value, ApplicationError> {
        let endpoint = self.metadata("token_endpoint").await?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self
            .http
            .post(endpoint)
            .header(header::AUTHORIZATION, self.credentials())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.json(request).await
    }

    /// Redeems a code, checks the ID token, and adds what userinfo says. Returns the claims.
    pub async fn redeem(&self, answer: &Answer, pending: &Pending) -> Result<Value, ApplicationError> {
        if answer.state != pending.state {
            return Err(ApplicationError::Unexpected("the state differs"));
        }
        if answer.issuer != self.registration.issuer {
            return Err(ApplicationError::Unexpected("the issuer differs"));
        }
        let tokens = self
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", &answer.code),
                ("redirect_uri", &self.registration.redirect_uri),
                ("code_verifier", &pending.verifier),
            ])
            .await?;
        let member = |name: &'static str| {
            tokens
                .get(name)
                .and_then(Value::as_str)
                .ok_or(ApplicationError::Unexpected("a token is missing"))
        };
        let claims = self.verified(member("id_token")?).await?;
        let is = |name: &str, expected: &str| claims.get(name).and_then(Value::as_str) == Some(expected);
        if !is("iss", &self.registration.issuer)
            || !is("aud", &self.registration.client_id)
            || !is("nonce", &pending.nonce)
        {
            return Err(ApplicationError::Unexpected("the ID token is for another log-in"));
        }
        let endpoint = self.metadata("userinfo_endpoint").await?;
        let bearer = format!("Bearer {}", member("access_token")?);
        let userinfo = self
            .json(self.http.get(endpoint).header(header::AUTHORIZATION, bearer))
            .await?;
        if userinfo.get("sub") != claims.get("sub") {
            return Err(ApplicationError::Unexpected("userinfo is about somebody else"));
        }
        Ok(serde_json::json!({"id_token": claims, "userinfo": userinfo}))
    }

    async fn verified(&self, id_token: &str) -> Result<Value, ApplicationError> {
        let wrong = |_| ApplicationError::Unexpected("the ID token does not verify");
        let token = Unverified::parse(id_token).map_err(wrong)?;
        let keys = self.json(self.http.get(self.metadata("jwks_uri").await?)).await?;
        let kid = token.unverified_header().kid.clone();
        let key = keys
            .get("keys")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|key| key.get("kid").and_then(Value::as_str) == kid.as_deref())
            .and_then(public_key)
            .ok_or(ApplicationError::Unexpected("no such key is published"))?;
        let payload = token.verify(&key, "JWT").map_err(wrong)?;
        serde_json::from_slice(payload).map_err(|_| ApplicationError::Unexpected("the ID token is not JSON"))
    }

    async fn bearer(&self) -> Result<String, ApplicationError> {
        let token = self
            .token(&[("grant_type", "client_credentials"), ("scope", "signing")])
            .await?;
        let value = token.get("access_token").and_then(Value::as_str);
        value
            .map(|value| format!("Bearer {value}"))
            .ok_or(ApplicationError::Unexpected("a token is missing"))
    }

    /// Sends `document` to be signed as a decision of the college.
    pub async fn send(&self, document: Vec<u8>, idempotency_key: &str) -> Result<Value, ApplicationError> {
        let request = serde_json::json!({
            "title": "Besluit van het college van 3 maart (TEST)",
            "document_kind": "decision",
            "body": "college",
            "document_name": "besluit-TEST.pdf",
        });
        let boundary = format!("zegel-demo-{idempotency_key}");
        let body = multipart(&boundary, &request.to_string(), &document);
        let call = self
            .http
            .post(format!("{}/api/v1/signing_requests", self.registration.service))
            .header(header::AUTHORIZATION, self.bearer().await?)
            .header("Idempotency-Key", idempotency_key)
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={boundary}"),
            )
            .body(body);
        self.json(call).await
    }

    /// Puts requests into a list, to be signed in one go. Returns it.
    pub async fn list(
        &self,
        title: &str,
        requests: &[String],
        idempotency_key: &str,
    ) -> Result<Value, ApplicationError> {
        let call = self
            .http
            .post(format!("{}/api/v1/signing_lists", self.registration.service))
            .header(header::AUTHORIZATION, self.bearer().await?)
            .header("Idempotency-Key", idempotency_key)
            .header(header::CONTENT_TYPE, "application/json")
            .body(serde_json::json!({"title": title, "requests": requests}).to_string());
        self.json(call).await
    }

    /// A list as it is now, with how far each of its documents is.
    pub async fn signing_list(&self, id: &str) -> Result<Value, ApplicationError> {
        let address = format!("{}/api/v1/signing_lists/{id}", self.registration.service);
        let bearer = self.bearer().await?;
        self.json(self.http.get(address).header(header::AUTHORIZATION, bearer))
            .await
    }

    /// Takes a signing request back.
    pub async fn withdraw(&self, id: &str) -> Result<Value, ApplicationError> {
        let address = format!(
            "{}/api/v1/signing_requests/{id}/withdraw",
            self.registration.service
        );
        let bearer = self.bearer().await?;
        self.json(self.http.post(address).header(header::AUTHORIZATION, bearer))
            .await
    }

    /// A signing request as it is now.
    pub async fn signing_request(&self, id: &str) -> Result<Value, ApplicationError> {
        let address = format!("{}/api/v1/signing_requests/{id}", self.registration.service);
        self.json(
            self.http
                .get(address)
                .header(header::AUTHORIZATION, self.bearer().await?),
        )
        .await
    }

    /// The sealed document or the proof of a completed request.
    pub async fn delivery(&self, id: &str, what: &str) -> Result<Vec<u8>, ApplicationError> {
        let address = format!(
            "{}/api/v1/signing_requests/{id}/{what}",
            self.registration.service
        );
        let answer = self
            .http
            .get(address)
            .header(header::AUTHORIZATION, self.bearer().await?)
            .send()
            .await?;
        if !answer.status().is_success() {
            return Err(ApplicationError::Refused(answer.status().to_string()));
        }
        Ok(answer.bytes().await?.to_vec())
    }
}

/// A multipart body of the parts `request` (JSON) and `document` (PDF), RFC 7578.
fn multipart(boundary: &str, request: &str, document: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"request\"\r\nContent-Type: application/json\r\n\r\n\
         {request}\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"document\"; filename=\"document.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(document);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

/// The key of a JWK of kind RSA or EC.
fn public_key(jwk: &Value) -> Option<PublicKey> {
    use openssl::bn::BigNum;
    let number = |name: &str| {
        let text = jwk.get(name)?.as_str()?;
        BigNum::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let spki = match jwk.get("kty")?.as_str()? {
        "RSA" => {
            let rsa = openssl::rsa::Rsa::from_public_components(number("n")?, number("e")?).ok()?;
            openssl::pkey::PKey::from_rsa(rsa)
                .ok()?
                .public_key_to_der()
                .ok()?
        }
        "EC" if jwk.get("crv")?.as_str()? == "P-256" => {
            let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).ok()?;
            let (x, y) = (number("x")?, number("y")?);
            let key = openssl::ec::EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok()?;
            openssl::pkey::PKey::from_ec_key(key)
                .ok()?
                .public_key_to_der()
                .ok()?
        }
        _ => return None,
    };
    PublicKey::from_spki_der(&spki).ok()
}
