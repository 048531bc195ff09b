//! What validation found, as data: stable JSON, and the source of the text that people read.

use serde::{Deserialize, Serialize};

use super::indication::{Indication, SubIndication};
use crate::ades::level::Level;
use crate::base::cause_words;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
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
    /// Name of the validation policy used.
    pub validation_policy: String,
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
    /// Whether it will still validate at a later moment, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub maintainability: Option<Maintainability>,
    /// How many signatures the authority says the document needs, and how many of them hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plans: Vec<PlanReport>,
}

/// How the file would be judged at a later moment by nothing but what it contains and the pinned roots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintainability {
    /// The moment asked about.
    pub at: Timestamp,
    /// The worst indication of all signatures at that moment.
    pub indication: Indication,
    /// Why that is not TOTAL-PASSED.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sub_indication: Option<SubIndication>,
    /// What would be missing then.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
    /// Whether it passes by its own content now. When not, no later moment was looked for.
    pub passes_now: bool,
    /// The last moment for which every signature passes; none when nothing in the file sets an end. A renewal (newer
    /// revocation data and another archive time-stamp) must come before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub good_until: Option<Timestamp>,
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

impl DocumentFacts {
    /// What is wrong with the file as a whole, as a finding: its text ends with the cause.
    pub fn failure(&self) -> Option<Finding> {
        let failure = self.format_failure.as_deref()?;
        let (detail, cause) = failure.rsplit_once(" (").unwrap_or((failure, "FORMAT"));
        Some(Finding::error(cause.trim_end_matches(')'), detail))
    }
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
    /// The process that gave the result.
    pub process: Process,
    /// The format the signature has.
    pub format: Format,
    /// The baseline level that the file shows for this signature, by what is in it and fits: the same at every moment, and
    /// whomever one trusts. None when it is not even B-B.
    pub level: Option<Level>,
    /// How much of that can be relied upon, at the moment judged for and by whom is trusted: never more than `level`.
    #[serde(default)]
    pub proven_level: Option<Level>,
    /// What may be said of qualification, in English: see [`SignatureReport::qualification_in`]. "Qualified" stands here only by a
    /// trusted list, and with its number and date.
    pub qualification: String,
    /// What the trusted lists say of a signature that passed, when any was at hand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub qualified: Option<Qualified>,
    /// The earliest moment at which the signature is proven to have existed; the moment of validation without proof.
    pub best_signature_time: Option<Timestamp>,
    /// What the certificate says.
    pub certificate: Option<CertificateSays>,
    /// What the signer claimed; nobody checked it.
    pub claimed: SignerClaims,
    /// The signature policy that the signer claims to keep to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signature_policy: Option<SignaturePolicyReport>,
    /// What the signature of a PDF binds: what may change after it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub binds: Option<Binding>,
    /// What the authority attested about the signer's power to sign.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attested: Option<AuthorityAttests>,
    /// The same of a signature over several files: what the authority attested about each of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attested_files: Vec<AttestedFile>,
    /// The others of those files, and whatever else is signed beside them, when there is a verdict about any: no authority
    /// attests anything of them. An object in the document stands by its reference, `#` and its identifier.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unattested_files: Vec<String>,
    /// Time-stamps over the content, made before the signature and signed with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub content_time_stamps: Vec<TimeStampReport>,
    /// The time-stamps inside the signature.
    pub time_stamps: Vec<TimeStampReport>,
    /// Whether the signature covers the file as it was when its revision was written.
    pub covers_whole_revision: bool,
    /// The files that the signature names and covers, by the names or references it gives: of a container, or of what
    /// stands beside it. Empty when it covers the one content that it stands in or with.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub covered_files: Vec<String>,
    /// How the file changed after this signature.
    pub changes: Vec<ChangeReport>,
    /// The algorithms used.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub algorithm: Option<String>,
    /// The path that was judged, signer first, pinned root last; empty when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub chain: Vec<ChainCertificate>,
    /// SHA-256 of each OCSP response and list that the path relies on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub revocation_data: Vec<Sha256Digest>,
    /// Digest of the document's bytes that the signature covers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signed_data: Option<DigestReport>,
    /// Whether only digests of the content were handed in: then nobody here saw what was signed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub content_by_digest: bool,
    /// Digest of what was signed: the signed attributes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to_be_signed: Option<DigestReport>,
    /// The signature value, base64.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
}

/// One certificate of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainCertificate {
    /// Common name of the subject.
    pub common_name: String,
    /// SHA-256 of the certificate.
    pub sha256: Sha256Digest,
}

/// A digest with its algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestReport {
    /// `SHA-256` and so on.
    pub algorithm: HashAlgorithm,
    /// The digest, base64.
    pub value: String,
}

impl DigestReport {
    /// The digest `value` made with `algorithm`.
    pub fn new(algorithm: HashAlgorithm, value: &[u8]) -> Self {
        Self {
            algorithm,
            value: base64(value),
        }
    }
}

/// Standard base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
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
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub object: Option<ObjectReport>,
    /// When asking again may give another answer, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub try_after: Option<Timestamp>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectReport {
    /// What it is.
    pub kind: ObjectKind,
    /// Common name of the certificate, or of the certificate that the data is about; of what is signed its name, reference
    /// or digest.
    pub name: String,
    /// SHA-256 of the certificate, of the token, or of what is signed where that is stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<Sha256Digest>,
}

impl ObjectReport {
    /// Something that is signed, by its name, reference or digest.
    pub(super) fn signed_data(name: impl Into<String>) -> Self {
        Self {
            kind: ObjectKind::SignedData,
            name: name.into(),
            sha256: None,
        }
    }
}

/// A kind of thing that validation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// The certificate of an issuing authority.
    AuthorityCertificate,
    /// Revocation data about the certificate named.
    RevocationData,
    /// Something that is signed: its name or reference, or its digest.
    SignedData,
    /// The signer's certificate.
    SignerCertificate,
    /// A time-stamp.
    TimeStamp,
    /// The certificate of a time-stamping unit.
    TimeStampCertificate,
}

/// The format of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// CAdES.
    #[serde(rename = "CAdES")]
    Cades,
    /// A CMS signature in a PDF that has not the form of PAdES (ISO 32000 `adbe.pkcs7.detached`, `adbe.pkcs7.sha1`), or one
    /// that is encoded in a way not read here.
    #[serde(rename = "PDF-CMS")]
    CmsInPdf,
    /// JAdES.
    #[serde(rename = "JAdES")]
    Jades,
    /// PAdES.
    #[serde(rename = "PAdES")]
    Pades,
    /// XAdES.
    #[serde(rename = "XAdES")]
    Xades,
}

/// The process of EN 319 102-1 that gave the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// §5.3 or §5.4: everything held at the moment of validation.
    Basic,
    /// §5.5: everything held when the signature is first proven.
    LongTerm,
    /// §5.6: with proofs of existence of each object.
    Past,
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

/// What may change after a signature of a PDF, as it says itself. ISO 32000-2 §12.8.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Whether it certifies the document.
    pub certifies: bool,
    /// What it allows afterwards; none when it says nothing of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allows: Option<Allowed>,
    /// The fields that it locks.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub locks: Vec<FieldLock>,
}

/// What a certification or a lock allows afterwards. ISO 32000-2 table 257.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// `/P` 3: the next one, and annotations.
    Annotations,
    /// `/P` 2: filling in forms and signing.
    FormsAndSigning,
    /// `/P` 1: nothing but revocation data and document time-stamps.
    NoChanges,
}

/// Which fields of a form are locked. ISO 32000-2 table 258.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", content = "fields", rename_all = "snake_case")]
pub enum FieldLock {
    /// Every field.
    All,
    /// Every field but those of these full names, and what hangs below them.
    Exclude(Vec<String>),
    /// Those of these full names, and what hangs below them.
    Include(Vec<String>),
}

/// The signature policy that a signer names, and what is known of its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignaturePolicyReport {
    /// Its object identifier, dotted, or its URI; none when it is implied or cannot be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// Whether the signature says that its policy is implied by what is signed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub implied: bool,
    /// Where its document is to be had, as the signer says. Nothing was fetched.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uri: Option<String>,
    /// The digest of its document that was signed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<DigestReport>,
    /// Where the document that was looked at came from.
    pub document: PolicyDocumentSource,
    /// Whether that is the one that was signed for; none without a document, or where nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub matches: Option<bool>,
}

/// Where the document of a signature policy came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyDocumentSource {
    /// There is none.
    Absent,
    /// From whoever asked for the validation.
    Given,
    /// From the signature itself, where it stands unsigned.
    Store,
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

/// What the authority attested about one of the files that a signature is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttestedFile {
    /// Its name; none when the verdict does not verify, or is about no file that the signature covers, or another signer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// What was attested.
    pub attested: AuthorityAttests,
}
/// Gives the words of the capacity in the claims of a verdict; none for one that is not known.
///
/// WHY handed in: the lists of offices stand in a room above this one.
pub type CapacityWords<'a> = dyn Fn(&serde_json::Value) -> Option<String> + 'a;

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
    /// The process that gave the result.
    pub process: Process,
    /// SHA-256 of the token.
    pub sha256: Sha256Digest,
    /// Whether the token itself says that it is qualified; only a trusted list can tell.
    pub claims_qualified: bool,
    /// What the trusted lists say of a time-stamp that passed, when any was at hand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub qualified: Option<StampQualified>,
}

/// What the trusted lists say of a time-stamp's unit for the moment it states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampQualified {
    /// Whether the unit, or an authority above it, was granted the status of a qualified time-stamping service.
    pub is_qualified: bool,
    /// The code of what is missing, if anything is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
    /// The list that decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub list: Option<ListNamed>,
    /// Whether the lists are a laboratory's: then the words say TEST.
    pub is_test: bool,
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
            object: None,
            try_after: None,
        }
    }

    /// A finding worth a look.
    pub fn warning(cause: &str, detail: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            cause: cause.to_owned(),
            detail: detail.into(),
            object: None,
            try_after: None,
        }
    }

    /// What it means for whoever wants to rely on the signature: part of a sentence.
    pub fn words(&self, language: Language) -> Option<&'static str> {
        let mut names = SubIndication::ALL.iter();
        let standard = || {
            names
                .find(|sub| sub.as_str() == self.cause)
                .map(|sub| sub.explanation(language))
        };
        cause_words::words(&self.cause, language).or_else(standard)
    }

    /// The same, about `object`.
    #[must_use]
    pub fn about(mut self, object: ObjectReport) -> Self {
        self.object = Some(object);
        self
    }

    /// The same, deciding nothing.
    #[must_use]
    pub fn into_note(mut self) -> Self {
        self.weight = Weight::Note;
        self
    }

    /// A finding good to know.
    pub fn note(cause: &str, detail: impl Into<String>) -> Self {
        Self {
            weight: Weight::Note,
            cause: cause.to_owned(),
            detail: detail.into(),
            object: None,
            try_after: None,
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

    /// The lowest level that is proven of all signatures; none when there is none or one is below B-B.
    pub fn lowest_level(&self) -> Option<Level> {
        self.signatures
            .iter()
            .map(|signature| signature.proven_level)
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

impl TimeStampReport {
    /// What the trusted lists say of a time-stamp that passed, in `language`; none when they were not asked.
    pub fn qualified_in(&self, language: Language) -> Option<String> {
        let qualified = self.qualified.as_ref()?;
        (self.indication == Indication::TotalPassed)
            .then(|| super::qualified::stamp_sentence(qualified, language))
    }
}
