//! The verdict inside a signature: an authority's signed statement that this person may sign this document.
//!
//! Checks that it verifies and that it speaks of this signature; what its rules mean is judged elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::indication::Indication;
use super::report::{AuthorityAttests, KeySource, PlanReport, SignatureReport, VerdictStatus};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::crypto::jws::{self, Unverified};
use crate::crypto::key::PublicKey;

/// `typ` in the header of a verdict, so that no other token signed by the same key passes for one.
pub const VERDICT_TYPE: &str = "zegel-verdict+jwt";

/// Longest verdict that goes into a signature, in bytes of the compact form.
pub const MAX_VERDICT_BYTES: usize = 8 * 1024;

/// Claim with the SHA-256, in hex, of the document before the signature's own revision.
const CLAIM_DOCUMENT: &str = "document_sha256";

/// Claim with the SHA-256, in hex, of the signer's certificate. A verdict without it would speak of any signer.
const CLAIM_CERTIFICATE: &str = "signer_certificate_sha256";

/// Claim with the id of the board that gave the verdict.
const CLAIM_BOARD: &str = "board";

/// How far the check of authority may be from the proven time of the signature: as long as a PIN window stays open,
/// and the clocks' difference.
const NEAR: Duration = Duration::from_mins(15);

/// A key that verdicts may verify under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictKey {
    /// Key id as verdicts name it: the thumbprint of RFC 7638.
    pub id: String,
    /// The key.
    pub key: PublicKey,
    /// Where it came from.
    pub source: KeySource,
    /// The id of the board whose key it is, when that is known: it then verifies no verdict of another.
    pub board: Option<String>,
}

impl VerdictKey {
    /// A key that whoever asks for the validation trusts.
    ///
    /// # Errors
    /// When the key has no JWK form.
    pub fn trusted(key: PublicKey) -> Result<Self, crate::crypto::key::KeyError> {
        Ok(Self {
            id: jws::thumbprint(&key)?,
            key,
            source: KeySource::Trusted,
            board: None,
        })
    }

    /// The same, which verifies verdicts of the board `id` alone.
    #[must_use]
    pub fn of_board(mut self, id: impl std::fmt::Display) -> Self {
        self.board = Some(id.to_string());
        self
    }
}

/// The file delivered beside a sealed document: its verdicts, and the keys that they verify under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofFile {
    /// Always `zegel-proof/1`.
    pub format: String,
    /// SHA-256 of the sealed document as delivered.
    pub document_sha256: Sha256Digest,
    /// Every verdict, compact, in the order of the signatures.
    pub verdicts: Vec<String>,
    /// The authority's keys, each a SubjectPublicKeyInfo in base64.
    pub keys: Vec<String>,
}

/// Why a proof file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not the JSON of a proof file.
    #[error("expected a proof file of format `{}`", ProofFile::FORMAT)]
    Malformed,
    /// A key in it cannot be read.
    #[error("a key in the proof file cannot be read")]
    Key,
}

impl ProofFile {
    /// The value of `format`.
    pub const FORMAT: &'static str = "zegel-proof/1";

    /// The proof file for `document_sha256` with `verdicts` and the keys they verify under.
    pub fn new(document_sha256: Sha256Digest, verdicts: Vec<String>, keys: &[PublicKey]) -> Self {
        use base64::Engine as _;
        let encode = |key: &PublicKey| base64::engine::general_purpose::STANDARD.encode(key.spki_der());
        Self {
            format: Self::FORMAT.to_owned(),
            document_sha256,
            verdicts,
            keys: keys.iter().map(encode).collect(),
        }
    }

    /// Reads the JSON `text`.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn parse(text: &[u8]) -> Result<Self, ProofError> {
        let proof: Self = serde_json::from_slice(text).map_err(|_| ProofError::Malformed)?;
        if proof.format == Self::FORMAT {
            Ok(proof)
        } else {
            Err(ProofError::Malformed)
        }
    }

    /// Its keys, marked as coming from it.
    ///
    /// # Errors
    /// `Key`.
    pub fn keys(&self) -> Result<Vec<VerdictKey>, ProofError> {
        use base64::Engine as _;
        self.keys
            .iter()
            .map(|text| {
                let der = base64::engine::general_purpose::STANDARD
                    .decode(text)
                    .map_err(|_| ProofError::Key)?;
                let key = PublicKey::from_spki_der(&der).map_err(|_| ProofError::Key)?;
                let id = jws::thumbprint(&key).map_err(|_| ProofError::Key)?;
                Ok(VerdictKey {
                    id,
                    key,
                    source: KeySource::ProofFile,
                    board: None,
                })
            })
            .collect()
    }
}

/// What `verdict`, found in the signature made with `certificate` over a document, attests.
///
/// `is_document`: tells whether a SHA-256 is that of the file before the signature's own revision, so that a verdict
/// copied from elsewhere is told. `proven`: when the signature is proven to have existed. `keys`: in order of
/// preference; a trusted one should come before one of a proof file.
pub fn check(
    verdict: &str,
    is_document: &dyn Fn(&Sha256Digest) -> bool,
    certificate: &Sha256Digest,
    proven: Timestamp,
    keys: &[VerdictKey],
) -> AuthorityAttests {
    let mut attests = AuthorityAttests {
        status: VerdictStatus::Invalid,
        key_id: None,
        key_source: None,
        capacity: None,
        decisions: Vec::new(),
        rules: Vec::new(),
        request: None,
        slot: None,
        slots: None,
        claims: None,
    };
    let Ok(unverified) = Unverified::parse(verdict) else {
        return attests;
    };
    attests.key_id.clone_from(&unverified.unverified_header().kid);
    let Some(key) = keys.iter().find(|key| Some(&key.id) == attests.key_id.as_ref()) else {
        attests.status = VerdictStatus::KeyMissing;
        return attests;
    };
    attests.key_source = Some(key.source);
    let claims = unverified.verify(&key.key, VERDICT_TYPE).ok();
    let Some(Ok(claims)) = claims.map(serde_json::from_slice::<Value>) else {
        return attests;
    };
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    let digest = |claim: &str| text(claim).and_then(Sha256Digest::from_hex);
    if key.board.is_some() && key.board.as_deref() != text(CLAIM_BOARD) {
        return attests;
    }
    let right_document = digest(CLAIM_DOCUMENT).as_ref().is_some_and(is_document);
    let right_signer = digest(CLAIM_CERTIFICATE).as_ref() == Some(certificate);
    if !right_document || !right_signer {
        attests.status = VerdictStatus::OtherSubject;
        return attests;
    }
    attests.status = if is_near(&claims, proven) {
        VerdictStatus::Verified
    } else {
        VerdictStatus::OtherTime
    };
    attests.capacity = capacity(&claims);
    attests.decisions = decisions(&claims);
    attests.rules = texts(&claims, "/rules", |rule| text_at(rule, "/article"));
    let small = |pointer: &str| u8::try_from(claims.pointer(pointer)?.as_u64()?).ok();
    attests.request = text_at(&claims, "/request");
    attests.slot = small("/slot");
    attests.slots = small("/slots");
    attests.claims = Some(claims);
    attests
}

/// Whether the check was made, and signed by the authority, about when the signature was made.
fn is_near(claims: &Value, proven: Timestamp) -> bool {
    let at = claims
        .get("at")
        .and_then(|at| serde_json::from_value::<Timestamp>(at.clone()).ok());
    let made = claims.get("iat").and_then(Value::as_i64);
    let made = made.and_then(|made| Timestamp::from_seconds(made).ok());
    let near = |time: Timestamp| proven.since(time) <= NEAR && time.since(proven) <= NEAR;
    at.is_some_and(near) && made.is_some_and(near)
}

/// For each request whose signatures are in the file: how many it needs, and how many are there and hold. Told by the
/// verdicts that verify.
pub(super) fn plans(signatures: &[SignatureReport]) -> Vec<PlanReport> {
    let mut plans: BTreeMap<&str, (u8, Vec<u8>)> = BTreeMap::new();
    let with_each = signatures.iter().flat_map(|signature| {
        let of_files = signature.attested_files.iter().map(|one| &one.attested);
        let attested = signature.attested.iter().chain(of_files);
        attested.map(move |attested| (signature, attested))
    });
    for (signature, attested) in with_each {
        let (Some(request), Some(slot), Some(slots)) = (&attested.request, attested.slot, attested.slots)
        else {
            continue;
        };
        let (required, present) = plans.entry(request).or_default();
        *required = slots.max(*required);
        if signature.indication == Indication::TotalPassed && !present.contains(&slot) {
            present.push(slot);
        }
    }
    plans
        .into_iter()
        .map(|(request, (required, present))| PlanReport {
            request: request.to_owned(),
            required,
            present: u8::try_from(present.len()).unwrap_or(u8::MAX),
        })
        .collect()
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn texts(claims: &Value, pointer: &str, text: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    let items = claims.pointer(pointer).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(text).collect()
}

/// The capacity in a line: role, how it is held when not simply so, organisation.
fn capacity(claims: &Value) -> Option<String> {
    let role = text_at(claims, "/capacity/role").or_else(|| text_at(claims, "/capacity"))?;
    let manner = text_at(claims, "/capacity/status").or_else(|| text_at(claims, "/capacity/kind"));
    let manner = manner.filter(|manner| manner != "effective" && manner != "holding");
    let parts = [Some(role), manner, text_at(claims, "/organisation/name")];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// The decisions relied on: those the check names, and the one that delegated.
fn decisions(claims: &Value) -> Vec<String> {
    let one = |decision: &Value| {
        let reference = decision
            .as_str()
            .map(str::to_owned)
            .or_else(|| text_at(decision, "/reference"))?;
        Some(match text_at(decision, "/date") {
            Some(date) => format!("{reference} ({date})"),
            None => reference,
        })
    };
    let mut found = texts(claims, "/decisions", one);
    let delegated = claims.pointer("/capacity/decision").and_then(one);
    found.extend(delegated.filter(|delegated| !found.contains(delegated)));
    found
}

#[cfg(test)]
mod tests {
    use super::super::report::{AttestedFile, Format};
    use super::*;
    use crate::crypto::key::{Curve, KeyKind, PrivateKey};

    fn signed(key: &PrivateKey, kind: &str, claims: &Value) -> String {
        let id = jws::thumbprint(key.public()).unwrap();
        let algorithm = key.public().kind().default_algorithm();
        jws::sign(key, algorithm, Some(&id), kind, claims.to_string().as_bytes()).unwrap()
    }

    /// So many seconds after the check in the verdicts below.
    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_772_542_798 + seconds).unwrap()
    }

    #[test]
    fn a_verdict_counts_only_with_all_it_must_say_near_its_time_and_under_its_boards_key() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let (document, certificate) = (Sha256Digest::of(b"document"), Sha256Digest::of(b"certificate"));
        let claims = serde_json::json!({
            "document_sha256": document.to_string(),
            "signer_certificate_sha256": certificate.to_string(),
            "board": "brd_1",
            "at": "2026-03-03T12:59:58Z",
            "iat": 1_772_542_798,
        });
        let trusted = VerdictKey::trusted(key.public().clone()).unwrap();
        let check = |claims: &Value, proven: Timestamp, key_: &VerdictKey| {
            let verdict = signed(&key, VERDICT_TYPE, claims);
            let keys = std::slice::from_ref(key_);
            super::check(
                &verdict,
                &|digest| *digest == document,
                &certificate,
                proven,
                keys,
            )
            .status
        };
        for (seconds, status) in [
            (0, VerdictStatus::Verified),
            (900, VerdictStatus::Verified),
            (901, VerdictStatus::OtherTime),
            (-900, VerdictStatus::Verified),
            (-901, VerdictStatus::OtherTime),
        ] {
            assert_eq!(check(&claims, at(seconds), &trusted), status, "{seconds}");
        }
        for (claim, status) in [
            ("document_sha256", VerdictStatus::OtherSubject),
            ("signer_certificate_sha256", VerdictStatus::OtherSubject),
            ("at", VerdictStatus::OtherTime),
            ("iat", VerdictStatus::OtherTime),
        ] {
            let mut without = claims.clone();
            without.as_object_mut().unwrap().remove(claim);
            assert_eq!(check(&without, at(0), &trusted), status, "without {claim}");
        }
        let own = trusted.clone().of_board("brd_1");
        assert_eq!(check(&claims, at(0), &own), VerdictStatus::Verified);
        let of_another = trusted.of_board("brd_2");
        assert_eq!(check(&claims, at(0), &of_another), VerdictStatus::Invalid);
    }

    #[test]
    fn a_verdict_counts_only_for_its_own_signature_under_its_own_key() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let stranger = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let (document, certificate) = (Sha256Digest::of(b"document"), Sha256Digest::of(b"certificate"));
        let claims = serde_json::json!({
            "document_sha256": document.to_string(),
            "signer_certificate_sha256": certificate.to_string(),
            "board": "brd_1",
            "at": "2026-03-03T12:59:58Z",
            "iat": 1_772_542_798,
            "request": "srq_1",
            "slot": 1,
            "slots": 2,
            "capacity": {"kind": "holding", "role": "burgemeester", "status": "acting"},
            "organisation": {"name": "Gemeente Zegelgem"},
            "decisions": [{"reference": "besluit 2026/12", "date": "2026-01-05"}],
            "rules": [{"rule": "FL-CBS", "article": "art. 279 §2 DLB"}],
        });
        let verdict = signed(&key, VERDICT_TYPE, &claims);
        let keys = [VerdictKey::trusted(key.public().clone())
            .unwrap()
            .of_board("brd_1")];
        let check =
            |verdict: &str, document: &Sha256Digest, certificate: &Sha256Digest, keys: &[VerdictKey]| {
                super::check(verdict, &|digest| digest == document, certificate, at(0), keys)
            };
        let good = check(&verdict, &document, &certificate, &keys);
        assert_eq!(good.status, VerdictStatus::Verified);
        assert_eq!(
            good.capacity.as_deref(),
            Some("burgemeester, acting, Gemeente Zegelgem")
        );
        assert_eq!(good.decisions, ["besluit 2026/12 (2026-01-05)"]);
        assert_eq!(good.rules, ["art. 279 §2 DLB"]);
        assert_eq!(good.key_source, Some(KeySource::Trusted));
        assert_eq!((good.slot, good.slots), (Some(1), Some(2)));

        let other = Sha256Digest::of(b"other");
        assert_eq!(
            check(&verdict, &other, &certificate, &keys).status,
            VerdictStatus::OtherSubject
        );
        assert_eq!(
            check(&verdict, &document, &other, &keys).status,
            VerdictStatus::OtherSubject
        );
        assert_eq!(check(&verdict, &other, &certificate, &keys).claims, None);
        let strangers = [VerdictKey::trusted(stranger.public().clone()).unwrap()];
        assert_eq!(
            check(&verdict, &document, &certificate, &strangers).status,
            VerdictStatus::KeyMissing
        );
        let token = signed(&key, "JWT", &claims);
        assert_eq!(
            check(&token, &document, &certificate, &keys).status,
            VerdictStatus::Invalid
        );
        let forged = [VerdictKey {
            key: stranger.public().clone(),
            ..keys[0].clone()
        }];
        assert_eq!(
            check(&verdict, &document, &certificate, &forged).status,
            VerdictStatus::Invalid
        );
        assert_eq!(
            check("not a token", &document, &certificate, &keys).status,
            VerdictStatus::Invalid
        );
    }

    #[test]
    fn a_plan_counts_what_is_attested_of_one_of_several_files_too() {
        let attested = |request: &str, slot: u8| -> AuthorityAttests {
            serde_json::from_value(serde_json::json!({
                "status": "verified", "request": request, "slot": slot, "slots": 2,
            }))
            .unwrap()
        };
        let signed = |whole: Option<AuthorityAttests>, of_files: Vec<AuthorityAttests>| {
            let mut report = SignatureReport::empty("x".to_owned(), Format::Xades);
            report.indication = Indication::TotalPassed;
            report.attested = whole;
            report.attested_files = of_files
                .into_iter()
                .map(|attested| AttestedFile { file: None, attested })
                .collect();
            report
        };
        let signatures = [
            signed(Some(attested("srq_1", 1)), vec![]),
            signed(None, vec![attested("srq_1", 2), attested("srq_2", 2)]),
        ];
        let counted: Vec<(String, u8, u8)> = plans(&signatures)
            .into_iter()
            .map(|plan| (plan.request, plan.required, plan.present))
            .collect();
        assert_eq!(counted, [("srq_1".to_owned(), 2, 2), ("srq_2".to_owned(), 2, 1)]);
    }

    #[test]
    fn a_proof_file_gives_its_keys_marked_as_its_own() {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
        let proof = ProofFile::new(
            Sha256Digest::of(b"x"),
            vec!["a.b.c".into()],
            &[key.public().clone()],
        );
        let read = ProofFile::parse(&serde_json::to_vec(&proof).unwrap()).unwrap();
        assert_eq!(read, proof);
        let keys = read.keys().unwrap();
        assert_eq!(
            (keys[0].source, &keys[0].key),
            (KeySource::ProofFile, key.public())
        );
        assert_eq!(ProofFile::parse(b"{}"), Err(ProofError::Malformed));
        let odd = ProofFile {
            format: "zegel-proof/2".into(),
            ..proof.clone()
        };
        assert_eq!(
            ProofFile::parse(&serde_json::to_vec(&odd).unwrap()),
            Err(ProofError::Malformed)
        );
        let odd = ProofFile {
            keys: vec!["AAAA".into()],
            ..proof
        };
        assert_eq!(odd.keys(), Err(ProofError::Key));
    }
}
