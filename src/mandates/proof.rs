//! The verdict as claims that somebody else can check later. The caller signs them with the board's key.

use serde::{Deserialize, Serialize};

use super::capacity::{CapacityKind, OrganisationSummary, delegated, held};
use super::codes::Role;
use super::facts::{Decision, FactId, Status};
use super::key::Key;
use super::mention::Mention;
use super::plan::{DocumentKind, Object};
use super::register::Register;
use super::rules::{Citation, RuleSet};
use super::verdict::{Action, Question, Verdict};
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::base::time::{Day, Timestamp};
use crate::identity::BoardId;

/// Largest proof, as a compact JWS: it travels inside a signature.
pub const MAX_SIGNED_BYTES: usize = 8 * 1024;

/// Largest claims whose compact JWS stays under [`MAX_SIGNED_BYTES`]: base64 adds a third, header and signature
/// take at most 512.
pub const MAX_CLAIMS_BYTES: usize = (MAX_SIGNED_BYTES - 512) / 4 * 3;

/// The `typ` of the JWS header.
pub const TYPE: &str = "zegel-verdict+jwt";

/// The claims of a proof. Carries no person: who signed stands in the signature's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Issuer: the board's address.
    pub iss: String,
    /// When it was made, seconds since 1970.
    pub iat: i64,
    /// Version of this form.
    pub version: u8,
    /// The board's id.
    pub board: BoardId,
    /// The organisation for which was signed.
    pub organisation: OrganisationSummary,
    /// As what.
    pub capacity: ProvenCapacity,
    /// What kind of document.
    pub document_kind: DocumentKind,
    /// The body whose document it is.
    pub body: Key,
    /// SHA-256 of the document as the signer saw it, hex.
    pub document_sha256: Sha256Digest,
    /// SHA-256 of the signer's certificate, hex: the verdict speaks of nobody else's signature.
    pub signer_certificate_sha256: Sha256Digest,
    /// The signing request.
    pub request: String,
    /// The place in the plan, from 1.
    pub slot: u8,
    /// How many signatures the plan has: with fewer the document is not what was to be signed.
    pub slots: u8,
    /// The moment the check was about.
    pub at: Timestamp,
    /// As known when.
    pub known_at: Timestamp,
    /// Fingerprint of all facts and rules known then.
    pub snapshot: Sha256Digest,
    /// Fingerprint of the rule file.
    pub rule_set_sha256: Sha256Digest,
    /// The rules used.
    pub rules: Vec<Citation>,
    /// The facts used.
    pub facts: Vec<FactId>,
    /// The decisions these facts rest on.
    pub decisions: Vec<Decision>,
    /// The text above a delegate's signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mention: Option<Mention>,
    /// What this is, so that nobody takes it for more.
    pub statement: String,
}

/// A capacity without the names of persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProvenCapacity {
    /// Signed for the holder of a post.
    Delegate {
        /// The function of the post signed for.
        role: Role,
        /// The post.
        post: Key,
        /// First day of the delegation.
        from: Day,
        /// The day after its last, when known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<Day>,
        /// The writing by which it was given.
        decision: Decision,
    },
    /// Signed as holder of a post.
    Holding {
        /// The function of the post.
        role: Role,
        /// The post.
        post: Key,
        /// In which way it was held.
        status: Status,
        /// First day.
        from: Day,
        /// The day after the last, when known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<Day>,
    },
}

/// What a person is shown of the capacity in the `claims` of a verdict, in `language`: `burgemeester, Gemeente Zegelgem`.
/// None for claims that do not have the form of these.
pub fn capacity_label(claims: &serde_json::Value, language: Language) -> Option<String> {
    let capacity = serde_json::from_value(claims.get("capacity")?.clone()).ok()?;
    let what = match capacity {
        ProvenCapacity::Delegate { role, .. } => delegated(role, language),
        ProvenCapacity::Holding { role, status, .. } => held(role, status, language),
    };
    let organisation = claims.pointer("/organisation/name")?.as_str()?;
    Some(format!("{what}, {organisation}"))
}

/// What a proof is about, beside the verdict.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The board's address, which becomes the issuer.
    pub issuer: &'a str,
    /// SHA-256 of the document as the signer saw it.
    pub document_sha256: Sha256Digest,
    /// SHA-256 of the signer's certificate.
    pub signer_certificate_sha256: Sha256Digest,
    /// The signing request's id.
    pub request: &'a str,
    /// How many signatures its plan has.
    pub slots: u8,
    /// When the proof is made.
    pub now: Timestamp,
}

/// Why no proof can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The verdict does not permit.
    #[error("only a permit can be proven")]
    NotPermitted,
    /// The claims would be over [`MAX_CLAIMS_BYTES`].
    #[error("the proof is {0} bytes, more than fit into a signature")]
    TooLarge(usize),
}

impl ProofError {
    /// The stable cause code.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::NotPermitted => "PROOF_NOT_PERMITTED",
            Self::TooLarge(_) => "PROOF_TOO_LARGE",
        }
    }
}

const STATEMENT: &str = "Check of authority by the board named here, on its facts as known at the moment named. \
                         Not a legal opinion; neither makes an act valid nor void.";

impl Claims {
    /// The claims that prove `verdict` about `subject`, under `rules`.
    ///
    /// # Errors
    /// `NotPermitted` for a refusal; `TooLarge`.
    pub fn new(verdict: &Verdict, subject: &Subject<'_>, rules: &RuleSet) -> Result<Self, ProofError> {
        let capacity = verdict
            .capacity
            .as_ref()
            .filter(|_| verdict.is_permit())
            .ok_or(ProofError::NotPermitted)?;
        let Action::Sign { slot } = verdict.action;
        let proven = match &capacity.kind {
            CapacityKind::Delegate {
                role, post, decision, ..
            } => ProvenCapacity::Delegate {
                role: *role,
                post: post.clone(),
                from: capacity.from,
                to: capacity.to,
                decision: decision.clone(),
            },
            CapacityKind::Holding {
                role, post, status, ..
            } => ProvenCapacity::Holding {
                role: *role,
                post: post.clone(),
                status: *status,
                from: capacity.from,
                to: capacity.to,
            },
            CapacityKind::Employee { .. } => return Err(ProofError::NotPermitted),
        };
        let claims = Self {
            iss: subject.issuer.to_owned(),
            iat: subject.now.as_seconds(),
            version: 1,
            board: verdict.board,
            organisation: capacity.organisation.clone(),
            capacity: proven,
            document_kind: verdict.document,
            body: verdict.body.clone(),
            document_sha256: subject.document_sha256,
            signer_certificate_sha256: subject.signer_certificate_sha256,
            request: subject.request.to_owned(),
            slot,
            slots: subject.slots,
            at: verdict.at,
            known_at: verdict.known_at,
            snapshot: verdict.snapshot,
            rule_set_sha256: rules.sha256,
            rules: verdict.rules.clone(),
            facts: verdict.facts.clone(),
            decisions: verdict.decisions.clone(),
            mention: verdict.mention().cloned(),
            statement: STATEMENT.to_owned(),
        };
        let size = claims.to_json().len();
        if size > MAX_CLAIMS_BYTES {
            return Err(ProofError::TooLarge(size));
        }
        Ok(claims)
    }

    /// The claims as the payload of a JWS.
    pub fn to_json(&self) -> Vec<u8> {
        // INVARIANT: plain structures with text keys; an empty payload would be refused when read.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the payload of a proof whose signature was verified. Unknown members are refused.
    pub fn parse(payload: &[u8]) -> Result<Self, Mismatch> {
        serde_json::from_slice(payload).map_err(|_| Mismatch::Malformed)
    }

    /// Checks the claims against the document they came with.
    pub fn check_document(&self, document_sha256: Sha256Digest) -> Result<(), Mismatch> {
        if self.document_sha256 == document_sha256 {
            Ok(())
        } else {
            Err(Mismatch::Document)
        }
    }

    /// Asks the board's facts again, as known then, and compares the answer. For whoever has the register: the
    /// board itself years later, or an auditor.
    ///
    /// `question`: who, as the certificate tells and the board knows them, and which object; action and moment are
    /// taken from the claims.
    pub fn check_facts(
        &self,
        register: &Register,
        rules: &std::sync::Arc<RuleSet>,
        person: &super::PersonKey,
        object: &Object,
    ) -> Result<(), Mismatch> {
        if register.board() != self.board {
            return Err(Mismatch::Board);
        }
        if rules.sha256 != self.rule_set_sha256 {
            return Err(Mismatch::Rules);
        }
        let snapshot = register.snapshot(self.known_at, rules.clone());
        if snapshot.digest() != self.snapshot {
            return Err(Mismatch::Snapshot);
        }
        let verdict = snapshot.may(&Question {
            person,
            action: Action::Sign { slot: self.slot },
            object,
            capacity: None,
            at: self.at,
        });
        if !verdict.is_permit() {
            return Err(Mismatch::Answer);
        }
        if verdict.facts != self.facts || verdict.rules != self.rules {
            return Err(Mismatch::Reasons);
        }
        Ok(())
    }
}

/// In what a proof differs from what it is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The facts as known then do not permit.
    #[error("the facts known then do not permit it")]
    Answer,
    /// It is another board's.
    #[error("the proof is of another board")]
    Board,
    /// It is about another document.
    #[error("the proof is about another document")]
    Document,
    /// It does not have the form of a proof.
    #[error("the proof cannot be read")]
    Malformed,
    /// Permitted, but by other facts or rules.
    #[error("the proof names other reasons than the facts give")]
    Reasons,
    /// It was made under another text of the rules.
    #[error("the proof was made under another text of the rules")]
    Rules,
    /// The facts known then are not the ones it was made on.
    #[error("the facts known then have another fingerprint")]
    Snapshot,
}

impl Mismatch {
    /// The stable cause code.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Answer => "PROOF_ANSWER",
            Self::Board => "PROOF_BOARD",
            Self::Document => "PROOF_DOCUMENT",
            Self::Malformed => "PROOF_MALFORMED",
            Self::Reasons => "PROOF_REASONS",
            Self::Rules => "PROOF_RULES",
            Self::Snapshot => "PROOF_SNAPSHOT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capacity_in_a_verdict_is_said_in_each_language() {
        let claims = |capacity: serde_json::Value| serde_json::json!({ "capacity": capacity, "organisation": { "name": "Gemeente Zegelgem" } });
        let holding = claims(serde_json::json!({
            "kind": "holding", "role": "mayor", "post": "p", "status": "acting", "from": "2026-01-01",
        }));
        for (language, label) in [
            (
                Language::De,
                "Bürgermeister (vertretungsweise), Gemeente Zegelgem",
            ),
            (Language::En, "acting mayor, Gemeente Zegelgem"),
            (Language::Fr, "bourgmestre faisant fonction, Gemeente Zegelgem"),
            (Language::Nl, "waarnemend burgemeester, Gemeente Zegelgem"),
        ] {
            assert_eq!(capacity_label(&holding, language).as_deref(), Some(label));
        }
        assert_eq!(capacity_label(&claims("mayor".into()), Language::Nl), None);
    }
}
