//! What validation found, as data: stable JSON, and the source of the text that people read.

use serde::{Deserialize, Serialize};

use super::indication::{Indication, SubIndication};
use crate::ades::level::Level;
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::pki::lists::qualification::{ListNamed, Outcome};

/// The outcome for one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The software that judged, with its version.
    pub validator: String,
    /// The moment the file was judged for; later evidence was not used.
    pub validated_at: Timestamp,
    /// Name of the algorithm policy used.
    pub algorithm_policy: String,
    /// Whether laboratory anchors were trusted: then nothing here counts outside the laboratory.
    pub laboratory: bool,
    /// The file that was judged.
    pub document: DocumentFacts,
    /// The worst indication of all signatures; `INDETERMINATE` when there is none.
    pub indication: Indication,
    /// Every signature, in the order they were made.
    pub signatures: Vec<SignatureReport>,
    /// Every document time-stamp, in the order they were made.
    pub document_time_stamps: Vec<TimeStampReport>,
    /// How many signatures the authority says the document needs, and how many of them hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plans: Vec<PlanReport>,
}

/// What verdicts that verify say about the signatures that a document needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReport {
    /// The signing request.
    pub request: String,
    /// How many signatures it needs.
    pub required: u8,
    /// How many of them are in the file and pass.
    pub present: u8,
}

impl PlanReport {
    /// Whether every signature needed is there.
    pub const fn is_complete(&self) -> bool {
        self.present >= self.required
    }
}

/// The file that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentFacts {
    /// SHA-256 of the whole file.
    pub sha256: Sha256Digest,
    /// Its length in bytes.
    pub length_bytes: u64,
    /// How many revisions it consists of.
    pub revisions: usize,
    /// What is wrong with the file as a whole, when it could not be read strictly.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub format_failure: Option<String>,
}

/// The outcome for one signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignatureReport {
    /// Full name of the signature field.
    pub field: String,
    /// Main status.
    pub indication: Indication,
    /// Why it is not TOTAL-PASSED.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sub_indication: Option<SubIndication>,
    /// Every finding that led there, and warnings beside it.
    pub findings: Vec<Finding>,
    /// The baseline level that the file shows for this signature; none when it is not even B-B.
    pub level: Option<Level>,
    /// What may be said of qualification, in English: see [`SignatureReport::qualification_in`]. "Qualified" stands here only by a
    /// trusted list, and with its number and date.
    pub qualification: String,
    /// What the trusted lists say, when any was at hand and a path was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub qualified: Option<Qualified>,
    /// The earliest moment at which the signature is proven to have existed; the moment of validation without proof.
    pub best_signature_time: Option<Timestamp>,
    /// What the certificate says.
    pub certificate: Option<CertificateSays>,
    /// What the signer claimed; nobody checked it.
    pub claimed: SignerClaims,
    /// What the authority attested about the signer's power to sign.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attested: Option<AuthorityAttests>,
    /// The time-stamps inside the signature.
    pub time_stamps: Vec<TimeStampReport>,
    /// Whether the signature covers the file as it was when its revision was written.
    pub covers_whole_revision: bool,
    /// How the file changed after this signature.
    pub changes: Vec<ChangeReport>,
    /// The algorithms used.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub algorithm: Option<String>,
}

/// One finding, with its stable cause code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// The stable code, `PATH_NO_ANCHOR`, `PDF_CHANGE_NOT_ALLOWED` and so on.
    pub cause: String,
    /// The numbers and names behind it, in English. Holds no national number.
    pub detail: String,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It decides the indication.
    Error,
    /// Good to know.
    Note,
    /// Worth a look, decides nothing.
    Warning,
}

/// What the signer's certificate says. Its serial number attribute, the national number, is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSays {
    /// Common name of the subject.
    pub common_name: String,
    /// Given names, when there are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub given_name: Option<String>,
    /// Surname, when there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub surname: Option<String>,
    /// Common name of the issuer.
    pub issuer: String,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// SHA-256 of the certificate.
    pub sha256: Sha256Digest,
}

/// What the signer put into the signature about himself and the act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerClaims {
    /// The time of signing that the file states.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<Timestamp>,
    /// The name in the signature dictionary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The reason in the signature dictionary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The place in the signature dictionary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    /// Object identifier of the commitment type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commitment: Option<String>,
    /// Claimed roles, as text.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub roles: Vec<String>,
    /// Object identifiers of other claimed attributes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_attributes: Vec<String>,
}

/// The verdict found in the signature: what an authority attested when the signature was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorityAttests {
    /// What checking the verdict gave.
    pub status: VerdictStatus,
    /// Key id in the verdict.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// Where the key came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_source: Option<KeySource>,
    /// In which capacity the signer acted, when the verdict verifies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capacity: Option<String>,
    /// By which decisions, when the verdict verifies.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub decisions: Vec<String>,
    /// Under which articles, when the verdict verifies.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rules: Vec<String>,
    /// The signing request, when the verdict verifies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<String>,
    /// The place of this signature in its plan, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slot: Option<u8>,
    /// How many signatures the plan has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slots: Option<u8>,
    /// All claims of the verdict, when it verifies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claims: Option<serde_json::Value>,
}

/// What checking a verdict gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictStatus {
    /// Its signature does not verify, or it is no verdict.
    Invalid,
    /// No key of the authority was at hand.
    KeyMissing,
    /// It verifies, but speaks of another document or another signer.
    OtherSubject,
    /// It verifies and speaks of this signature, but the check was not made within minutes of the time that is proven
    /// for it: whether the power was still there then is not attested.
    OtherTime,
    /// It verifies and speaks of this signature.
    Verified,
}

/// Where the key came from that a verdict verified under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// From the proof file beside the document: it shows that both fit, not who wrote them.
    ProofFile,
    /// From whoever asked for the validation.
    Trusted,
}

/// The outcome for one time-stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeStampReport {
    /// Field name of a document time-stamp; none inside a signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// Main status of the token.
    pub indication: Indication,
    /// Why it is not TOTAL-PASSED.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sub_indication: Option<SubIndication>,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// The time it states.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gen_time: Option<Timestamp>,
    /// Common name of the time-stamping unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<String>,
}

/// One difference between the signed revision and the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeReport {
    /// Whether a signed file may change so.
    pub allowed: bool,
    /// Stable name of the kind of change.
    pub kind: String,
    /// The object or field concerned.
    pub detail: String,
}

impl ChangeReport {
    /// Whether it may have changed what the document says, rather than added a signature or evidence.
    pub fn is_content(&self) -> bool {
        matches!(self.kind.as_str(), "form_filled" | "metadata")
    }
}

impl Finding {
    /// A finding that decides.
    pub fn error(cause: &str, detail: impl Into<String>) -> Self {
        Self {
            weight: Weight::Error,
            cause: cause.to_owned(),
            detail: detail.into(),
        }
    }

    /// A finding worth a look.
    pub fn warning(cause: &str, detail: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            cause: cause.to_owned(),
            detail: detail.into(),
        }
    }

    /// A finding good to know.
    pub fn note(cause: &str, detail: impl Into<String>) -> Self {
        Self {
            weight: Weight::Note,
            cause: cause.to_owned(),
            detail: detail.into(),
        }
    }
}

/// What the trusted lists say of a signature's certificate, at its issue and at the best signature time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qualified {
    /// The outcome, as [`crate::pki::lists::qualification::Outcome`] names it.
    pub outcome: Outcome,
    /// The code of what is missing, if anything is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
    /// The list that decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub list: Option<ListNamed>,
    /// Whether the lists are a laboratory's: then the words say TEST.
    pub is_test: bool,
}

/// What zegel says about qualification when no trusted list decided, or the signature did not pass.
pub const QUALIFICATION: &str = "advanced; qualification not determined";

impl Report {
    /// Exit code of the command line: 0 all passed, 3 one failed, 4 one indeterminate or none there.
    pub fn exit_code(&self) -> u8 {
        match self.indication {
            Indication::TotalPassed => 0,
            Indication::TotalFailed => 3,
            Indication::Indeterminate => 4,
        }
    }

    /// The lowest level of all signatures; none when there is none or one is below B-B.
    pub fn lowest_level(&self) -> Option<Level> {
        self.signatures
            .iter()
            .map(|signature| signature.level)
            .min()
            .flatten()
    }
}

impl SignatureReport {
    /// The sentence about qualification in `language`: the outcome of the lists for a signature that passed, and that
    /// it is not determined for any other.
    pub fn qualification_in(&self, language: Language) -> String {
        match &self.qualified {
            Some(qualified) if self.indication == Indication::TotalPassed => {
                super::qualified::sentence(qualified, language)
            }
            _ => super::qualified::not_determined(language).to_owned(),
        }
    }
}
