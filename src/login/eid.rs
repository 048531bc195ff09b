//! The card's answer to a challenge, checked in fourteen steps whose order the types fix.
//!
//! [`RequestChecked`] (1) → [`Received`] (2, 3) → [`Challenged`] (4) → [`Verification`] (5 to 13) → [`Verified`] →
//! [`LoginResult`] (14). Cheap checks come first; the nonce is spent before anything is verified, so that a failed
//! attempt burns it too.
//!
//! Source: reference login-and-oidc §2.4.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::LoginRefusal;
use crate::base::digest::Sha256Digest;
use crate::base::national::NationalNumber;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{Curve, KeyKind};
use crate::crypto::policy::AlgorithmPolicy;
use crate::identity::{AssuranceLevel, Channel, Evidence, LoginResult, Means, Person, StatusSource};
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;
use crate::pki::need::{Answer, Need};
use crate::pki::path::Path;
use crate::pki::purpose::{self, Purpose};
use crate::pki::refusal::Refusal;
use crate::pki::revocation::{self, CheckOptions, Checked, Checker, Tolerance};
use crate::pki::trust::Trust;
use crate::webeid::Token;

/// What the service asks of every answer.
#[derive(Clone, Debug)]
pub struct EidRules {
    /// The origin that must have been signed: `https://host[:port]`, lower case, no slash at the end. From the
    /// configuration, never from a header.
    pub origin: String,
    /// Accepted algorithms by their JWA names.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// Which algorithms the certificates may be signed with.
    pub policy: AlgorithmPolicy,
    /// What counts when no source tells whether a certificate is revoked.
    pub tolerance: Tolerance,
}

impl EidRules {
    /// The rules for Belgian cards: `ES384` (applet 1.8) and `RS256` (applet 1.7).
    pub fn belgian(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            algorithms: ["ES384", "RS256"]
                .into_iter()
                .filter_map(SignatureAlgorithm::from_jwa_name)
                .collect(),
            policy: AlgorithmPolicy::live_authentication(),
            tolerance: Tolerance::HardFail,
        }
    }

    /// The same rules with another tolerance.
    #[must_use]
    pub fn tolerating(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }
}

/// What was seen of the request that brought the token.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestForm<'a> {
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `Sec-Fetch-Site` header.
    pub fetch_site: Option<&'a str>,
    /// Whether the CSRF value fits the session.
    pub csrf_valid: bool,
}

/// Step 1 is done.
#[derive(Debug)]
pub struct RequestChecked {
    channel: Channel,
}

impl RequestChecked {
    /// Step 1: the CSRF value fits, the body is JSON, and the post came from a page of `rules.origin`.
    ///
    /// # Errors
    /// `bad_request`.
    pub fn new(form: &RequestForm<'_>, rules: &EidRules) -> Result<Self, LoginRefusal> {
        let json = form.content_type.is_some_and(|value| {
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .eq_ignore_ascii_case("application/json")
        });
        let same_origin = match (form.origin, form.fetch_site) {
            (Some(origin), site) => origin == rules.origin && site.is_none_or(|site| site == "same-origin"),
            (None, Some(site)) => site == "same-origin",
            (None, None) => false,
        };
        if form.csrf_valid && json && same_origin {
            Ok(Self {
                channel: Channel::WebEid,
            })
        } else {
            Err(LoginRefusal::BadRequest)
        }
    }

    /// For a token that this process built itself from the counter's reader: there is no request that brings it.
    /// The page that asked for it was checked by its own form.
    pub const fn counter() -> Self {
        Self {
            channel: Channel::Counter,
        }
    }

    /// Steps 2 and 3: the text is a token of format `web-eid:1.x`.
    ///
    /// # Errors
    /// `token_malformed`, `token_format`.
    pub fn read(self, text: &str) -> Result<Received, LoginRefusal> {
        let token = Token::parse(text).map_err(LoginRefusal::TokenMalformed)?;
        match token.version() {
            Some((1, _)) => Ok(Received {
                token,
                channel: self.channel,
            }),
            _ => Err(LoginRefusal::TokenFormat),
        }
    }
}

/// Steps 1 to 3 are done; the challenge is still to be spent.
#[derive(Debug)]
pub struct Received {
    token: Token,
    channel: Channel,
}

/// What came of spending the challenge: found for this session, interaction and purpose, and removed in the same
/// statement.
#[derive(Debug)]
pub enum SpentNonce {
    /// It was there but had expired. It is removed too.
    Expired,
    /// There was none.
    Missing,
    /// The text handed out, base64 of 32 octets. It cannot be used again.
    Spent(String),
}

impl Received {
    /// Step 4, with the outcome of the store's one statement.
    ///
    /// # Errors
    /// `nonce_missing`, `nonce_expired`.
    pub fn spend(self, nonce: SpentNonce) -> Result<Challenged, LoginRefusal> {
        match nonce {
            SpentNonce::Spent(nonce) => Ok(Challenged {
                token: self.token,
                channel: self.channel,
                nonce,
            }),
            SpentNonce::Missing => Err(LoginRefusal::NonceMissing),
            SpentNonce::Expired => Err(LoginRefusal::NonceExpired),
        }
    }
}

/// Steps 1 to 4 are done: this answer belongs to a challenge that nobody can use again.
#[derive(Debug)]
pub struct Challenged {
    token: Token,
    channel: Channel,
    nonce: String,
}

impl Challenged {
    /// Steps 5 to 9, which need nothing from outside; the rest goes on in the [`Verification`].
    ///
    /// # Errors
    /// `alg_not_allowed`, `cert_malformed`, `alg_key_mismatch`, `cert_expired`, `cert_not_yet_valid`,
    /// `cert_purpose`, `cert_policy`.
    pub fn verify(
        self,
        rules: &EidRules,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Verification, LoginRefusal> {
        let algorithm = SignatureAlgorithm::from_jwa_name(&self.token.algorithm)
            .filter(|algorithm| rules.algorithms.contains(algorithm))
            .ok_or(LoginRefusal::AlgorithmNotAllowed)?;
        let leaf = STANDARD
            .decode(&self.token.unverified_certificate)
            .ok()
            .and_then(|der| Certificate::parse(der).ok())
            .ok_or(LoginRefusal::CertificateMalformed)?;
        let signature = signature_value(&self.token.signature, algorithm, leaf.key_kind())?;
        check_time(&leaf, now)?;
        purpose::check_usage(&leaf, Purpose::Authentication).map_err(LoginRefusal::CertificatePurpose)?;
        purpose::check_policy(&leaf, Purpose::Authentication, trust.data().generations())
            .map_err(LoginRefusal::CertificatePolicy)?;
        let need = trust.missing_issuer(&leaf, now);
        Ok(Verification {
            channel: self.channel,
            to_be_signed: to_be_signed(algorithm, &rules.origin, &self.nonce),
            leaf,
            algorithm,
            signature,
            policy: rules.policy.clone(),
            options: CheckOptions {
                tolerance: rules.tolerance,
                ..CheckOptions::default()
            },
            state: need.map_or(State::Path, State::Issuer),
            learned: None,
        })
    }
}

/// Step 8.
fn check_time(leaf: &Certificate, now: Timestamp) -> Result<(), LoginRefusal> {
    let (certificate, at, moment) = (leaf.fingerprint(), now, now.truncated_to_second());
    if moment < leaf.not_before() {
        let not_before = leaf.not_before();
        return Err(LoginRefusal::CertificateNotYetValid(Refusal::NotYetValid {
            certificate,
            not_before,
            at,
        }));
    }
    if moment > leaf.not_after() {
        let not_after = leaf.not_after();
        return Err(LoginRefusal::CertificateExpired(Refusal::Expired {
            certificate,
            not_after,
            at,
        }));
    }
    Ok(())
}

/// Step 7: the kind of key fits the algorithm and the signature has exactly its length. Returns the value as
/// `crypto` verifies it.
fn signature_value(
    text: &str,
    algorithm: SignatureAlgorithm,
    kind: Option<KeyKind>,
) -> Result<Vec<u8>, LoginRefusal> {
    let mismatch = || LoginRefusal::AlgorithmKeyMismatch;
    let value = STANDARD.decode(text).map_err(|_| mismatch())?;
    match (algorithm, kind.ok_or_else(mismatch)?) {
        (SignatureAlgorithm::Ecdsa(hash), KeyKind::Ec(curve))
            if curve.natural_hash() == hash && value.len() == curve.field_bytes().saturating_mul(2) =>
        {
            ecdsa::raw_to_der(&value, curve).map_err(|_| mismatch())
        }
        (SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::RsaPss(_), KeyKind::Rsa { bits })
            if bits >= 2048 && u32::try_from(value.len()) == Ok(bits.div_ceil(8)) =>
        {
            Ok(value)
        }
        _ => Err(mismatch()),
    }
}

/// The octets a card signs to log in: `H(origin) ‖ H(nonce)`, H being the hash of `algorithm`, which then runs once
/// more over them. `nonce`: the text handed out, not what it decodes to.
pub fn to_be_signed(algorithm: SignatureAlgorithm, origin: &str, nonce: &str) -> Vec<u8> {
    let hash = algorithm.hash();
    [hash.digest(origin.as_bytes()), hash.digest(nonce.as_bytes())].concat()
}

/// The algorithm by which the key of `kind` signs a log-in, if cards with such keys log in at all.
pub const fn algorithm_of(kind: KeyKind) -> Option<SignatureAlgorithm> {
    match kind {
        KeyKind::Ec(Curve::P256 | Curve::P384 | Curve::P521) => Some(kind.default_algorithm()),
        KeyKind::Rsa { bits } if bits >= 2048 => Some(kind.default_algorithm()),
        KeyKind::Rsa { .. } => None,
    }
}

#[derive(Debug)]
enum State {
    /// The issuer's certificate is asked for, once.
    Issuer(Need),
    /// Path and signature come next.
    Path,
    Status(Box<Path>, Box<Checker>),
}

/// Steps 10 to 13: path, signature over origin and challenge, status, subject. Synchronous: asks for what it needs.
#[derive(Debug)]
pub struct Verification {
    channel: Channel,
    leaf: Certificate,
    algorithm: SignatureAlgorithm,
    to_be_signed: Vec<u8>,
    signature: Vec<u8>,
    policy: AlgorithmPolicy,
    options: CheckOptions,
    state: State,
    learned: Option<Certificate>,
}

/// What a [`Verification`] wants next.
#[derive(Debug)]
pub enum Step {
    /// Give it this, by [`Verification::answer`].
    Need(Need),
    /// The outcome.
    Done(Box<Result<Verified, LoginRefusal>>),
}

impl Verification {
    /// What is needed next, or the outcome.
    pub fn step(&mut self, trust: &Trust, random: &dyn Random, now: Timestamp) -> Step {
        loop {
            match &mut self.state {
                // Somebody else may have fetched it meanwhile.
                State::Issuer(_) if trust.knows_issuer(&self.leaf) => self.state = State::Path,
                State::Issuer(need) => return Step::Need(need.clone()),
                State::Path => match self.check_path(trust, now) {
                    Ok(path) => {
                        let checker = Checker::new(&path, self.options, &self.policy, random);
                        self.state = State::Status(Box::new(path), Box::new(checker));
                    }
                    Err(refusal) => return Step::Done(Box::new(Err(refusal))),
                },
                State::Status(path, checker) => {
                    return match checker.step(trust, now) {
                        revocation::Step::Need(need) => Step::Need(need),
                        revocation::Step::Done(Err(refusal)) => {
                            Step::Done(Box::new(Err(LoginRefusal::of_certificate(refusal))))
                        }
                        revocation::Step::Done(Ok(checked)) => {
                            let path = path.clone();
                            Step::Done(Box::new(self.finish(&path, &checked, now)))
                        }
                    };
                }
            }
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    pub fn answer(&mut self, answer: Answer, trust: &Trust, now: Timestamp) {
        match &mut self.state {
            State::Issuer(need) => {
                // WHY: an issuer that cannot be had, or does not chain to a pin, ends in `cert_untrusted` when the
                // path is not found; where it came from says nothing.
                if let Some(authority) = answer.ok().and_then(|der| Certificate::parse(der).ok())
                    && trust.add_issuer(&authority) == Ok(true)
                {
                    self.learned = Some(authority);
                }
                // Some other authority may have come.
                if !trust.knows_issuer(&self.leaf) {
                    trust.note_missing(need, now);
                }
                self.state = State::Path;
            }
            State::Path => {}
            State::Status(_, checker) => checker.answer(answer, trust, now),
        }
    }

    /// The authority learnt on the way, to be kept in the store. There is at most one.
    pub const fn learned(&self) -> Option<&Certificate> {
        self.learned.as_ref()
    }

    /// Steps 10 and 11.
    fn check_path(&self, trust: &Trust, now: Timestamp) -> Result<Path, LoginRefusal> {
        let path = trust
            .validate(&self.leaf, &[], Purpose::Authentication, &self.policy, now)
            .map_err(|refusal| {
                match refusal {
                    // What is wrong with the leaf itself was said before; from here on it is an authority's date.
                    Refusal::Expired { certificate, .. } | Refusal::NotYetValid { certificate, .. }
                        if certificate != self.leaf.fingerprint() =>
                    {
                        LoginRefusal::CertificateUntrusted(refusal)
                    }
                    Refusal::SubjectProfile { .. }
                        if purpose::check_subject(&self.leaf, Purpose::Authentication).is_err() =>
                    {
                        LoginRefusal::SubjectInvalid
                    }
                    refusal => LoginRefusal::of_certificate(refusal),
                }
            })?;
        let key = self
            .leaf
            .public_key()
            .map_err(|_| LoginRefusal::AlgorithmKeyMismatch)?;
        key.verify(self.algorithm, &self.to_be_signed, &self.signature)
            .map_err(|_| LoginRefusal::SignatureInvalid)?;
        Ok(path)
    }

    /// Step 13, and the result.
    fn finish(&self, path: &Path, checked: &[Checked], now: Timestamp) -> Result<Verified, LoginRefusal> {
        let subject = self.leaf.subject();
        let is_belgian = subject.values(AttributeType::Country).eq(["BE".to_owned()]);
        let number = purpose::national_number(&self.leaf).map_err(|_| LoginRefusal::SubjectInvalid)?;
        if !is_belgian {
            return Err(LoginRefusal::SubjectInvalid);
        }
        let common_name = self.leaf.common_name().unwrap_or_default();
        let written = common_name
            .strip_suffix(" (Authentication)")
            .unwrap_or(&common_name);
        let person = Person {
            // Some people have one name only, and then the common name holds it.
            surname: subject
                .find(AttributeType::Surname)
                .unwrap_or_else(|| written.to_owned()),
            given_names: subject.find(AttributeType::GivenName),
            national_number: number,
        };
        let evidence = checked.first().map(|first| &first.evidence);
        Ok(Verified {
            result: LoginResult {
                person,
                means: Means::EidCard,
                level: AssuranceLevel::High,
                authenticated_at: now,
                evidence: Evidence {
                    channel: self.channel,
                    certificate: self.leaf.fingerprint(),
                    issuer: path.issuer().fingerprint(),
                    anchor: path.anchor().fingerprint(),
                    status_source: status_source(evidence),
                    status_at: evidence.and_then(revocation::Evidence::this_update),
                    issuer_status_source: status_source(checked.get(1).map(|issuer| &issuer.evidence)),
                },
            },
        })
    }
}

/// Where `evidence` comes from, as it is recorded.
const fn status_source(evidence: Option<&revocation::Evidence>) -> StatusSource {
    match evidence {
        Some(revocation::Evidence::Crl { overdue: false, .. }) => StatusSource::Crl,
        Some(revocation::Evidence::Crl { overdue: true, .. }) => StatusSource::CrlOverdue,
        Some(revocation::Evidence::Ocsp(_)) => StatusSource::Ocsp,
        // No certificate that logs in is short-term.
        Some(revocation::Evidence::None | revocation::Evidence::ShortTerm) | None => StatusSource::Outage,
    }
}

/// Steps 1 to 13 are done; this service's own rules are still to be asked.
#[derive(Debug)]
pub struct Verified {
    result: LoginResult,
}

impl Verified {
    /// Whom and what step 14 has to be asked about: their number, and the fingerprint of the certificate.
    pub const fn asked_about(&self) -> (&NationalNumber, Sha256Digest) {
        (
            &self.result.person.national_number,
            self.result.evidence.certificate,
        )
    }

    /// Step 14: `is_permitted` asks the local block list and the rules of accounts.
    ///
    /// # Errors
    /// `not_permitted`.
    pub fn permit(
        self,
        is_permitted: impl FnOnce(&LoginResult) -> bool,
    ) -> Result<LoginResult, LoginRefusal> {
        if is_permitted(&self.result) {
            Ok(self.result)
        } else {
            Err(LoginRefusal::NotPermitted)
        }
    }
}
