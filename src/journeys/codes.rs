//! The one table that turns a room's cause into what a person is told.
//!
//! Every function matches its room's errors without a catch-all: a new variant does not compile until somebody
//! decided what the person reads. Several causes share a code where telling them apart would only help an attacker. The
//! log keeps the cause; `docs/codes.md` lists all of them and is made from here.

use std::fmt::Write as _;

use crate::ades::pades::completion::CompletionError;
use crate::ades::pades::finish::FinishError;
use crate::ades::pades::prepare::PrepareError;
use crate::base::cause_words;
use crate::base::code::PersonCode;
use crate::base::code_table::{Section, section};
use crate::card::CardError;
use crate::card::codes::CARD;
use crate::journeys::login::LoginError;
use crate::journeys::sign::SignError;
use crate::login::LoginRefusal;
use crate::mandates::explain::Code as MandateCode;
use crate::mandates::plan::PlanError;
use crate::oidc::authorize::PageError;
use crate::pdf::error::{PdfError, PdfErrorKind};
use crate::pdf::permission::SigningRefusal;
use crate::pdf::signature_field::FieldError;
use crate::pdf::update::UpdateError;
use crate::pki::refusal::Refusal;
use crate::signing::request::StepError;
use crate::store::db::StoreError;

pub use crate::card::codes::of_card;

/// Attempts left before the PIN is blocked, where this cause tells.
pub const fn tries_left(error: &CardError) -> Option<u8> {
    match error {
        CardError::PinWrong { left } => Some(*left),
        CardError::PinLastTry => Some(1),
        CardError::PinBlocked => Some(0),
        _ => None,
    }
}

section! {
    /// What a person reads about a certificate that was refused, when signing.
    of_certificate, CERTIFICATE, Refusal, "Certificates", "src/pki/refusal.rs", {
        AlgorithmForbidden "ALG_FORBIDDEN" CertificateUntrusted,
        AlgorithmUnknown "ALG_FORBIDDEN" CertificateUntrusted,
        AuthorityConstraint "CA_CONSTRAINT" CertificateUntrusted,
        CertificateMalformed "CERT_PARSE" CertificateUntrusted,
        CriticalExtension "CRITICAL_EXT" CertificateUntrusted,
        Expired "TIME_EXPIRED" CertificateExpired,
        NameConstraint "NAME_CONSTRAINT" CertificateUntrusted,
        NoAnchor "PATH_NO_ANCHOR" CertificateUntrusted,
        NotYetValid "TIME_NOT_YET" CertificateNotYetValid,
        PathLimit "PATH_LIMIT" CertificateUntrusted,
        PolicyConstraint "POLICY_CONSTRAINT" CertificateUntrusted,
        PurposeExtendedKeyUsage "PURPOSE_EKU" CertificateUntrusted,
        PurposeKeyUsage "PURPOSE_KU" CertificateUntrusted,
        PurposePolicy "PURPOSE_POLICY" CertificateUntrusted,
        Revoked "REVOKED" CertificateRevoked,
        SignatureInvalid "SIG_INVALID" CertificateUntrusted,
        StatusUnavailable "REV_UNAVAILABLE" RevocationUnavailable,
        StatusUnknown "REV_UNKNOWN" CertificateUntrusted,
        SubjectProfile "SUBJECT_PROFILE" CertificateUntrusted,
        Suspended "SUSPENDED" CertificateSuspended,
    }
}

section! {
    /// What a person reads about an answer of their card that was refused at log-in. Use [`of_login`], which looks
    /// further where nobody told the status.
    login_refusal, LOGIN, LoginRefusal, "Log-in with a card", "src/login/refusal.rs", {
        BadRequest "bad_request" LoginRefused,
        TokenMalformed "token_malformed" LoginRefused,
        TokenFormat "token_format" LoginRefused,
        NonceMissing "nonce_missing" LoginRefused,
        NonceExpired "nonce_expired" LoginExpired,
        AlgorithmNotAllowed "alg_not_allowed" LoginRefused,
        CertificateMalformed "cert_malformed" LoginRefused,
        AlgorithmKeyMismatch "alg_key_mismatch" LoginRefused,
        CertificateExpired "cert_expired" CertificateExpired,
        CertificateNotYetValid "cert_not_yet_valid" CertificateNotYetValid,
        CertificatePurpose "cert_purpose" LoginRefused,
        CertificatePolicy "cert_policy" LoginRefused,
        CertificateUntrusted "cert_untrusted" CertificateUntrusted,
        SignatureInvalid "signature_invalid" LoginRefused,
        CertificateRevoked "cert_revoked" CertificateRevoked,
        CertificateSuspended "cert_suspended" CertificateSuspended,
        StatusUnknown "status_unknown" RevocationUnavailable,
        SubjectInvalid "subject_invalid" LoginRefused,
        NotPermitted "not_permitted" LoginRefused,
    }
}

/// What a person reads about an answer of their card that was refused at log-in.
///
/// A responder that does not know the certificate answered: that is no outage, and waiting does not help.
pub const fn of_login(refusal: &LoginRefusal) -> PersonCode {
    match refusal {
        LoginRefusal::StatusUnknown(Refusal::StatusUnknown { .. }) => PersonCode::CertificateUntrusted,
        other => login_refusal(other),
    }
}

section! {
    /// What a person reads about a file that cannot be read.
    pdf_kind, PDF, PdfErrorKind, "PDF files", "src/pdf/error.rs", {
        Empty "PDF_EMPTY" DocumentEmpty,
        Encrypted "PDF_ENCRYPTED" DocumentProtected,
        Io "PDF_IO" ServerError,
        Limit "PDF_LIMIT" DocumentTooLarge,
        Malformed "PDF_MALFORMED" DocumentDamaged,
        NotPdf "PDF_NOT_PDF" DocumentType,
        Password "PDF_PASSWORD" DocumentPassword,
        PasswordWrong "PDF_PASSWORD_WRONG" DocumentPasswordWrong,
        Unsupported "PDF_UNSUPPORTED" DocumentType,
    }
}

/// What a person reads about a file that cannot be read.
pub const fn of_pdf(error: &PdfError) -> PersonCode {
    pdf_kind(&error.kind)
}

section! {
    /// What a person reads about a file that may not be signed.
    of_permission, PERMISSION, SigningRefusal, "PDF files that may not be signed", "src/pdf/permission.rs", {
        Active "PDF_ACTIVE" DocumentActive,
        Authenticated "PDF_MAC" DocumentProtected,
        CertifiedFinal "PDF_CERTIFIED_FINAL" DocumentFinal,
        FieldLocked "PDF_FIELD_LOCKED" DocumentFinal,
        Permissions "PDF_PERMISSIONS" DocumentProtected,
        SeedValue "PDF_SEED_VALUE" DocumentProtected,
        SignedAlready "PDF_SIGNED_ALREADY" DocumentFinal,
        UsageRights "PDF_USAGE_RIGHTS" DocumentProtected,
        WeakEncryption "PDF_ENCRYPTION_WEAK" DocumentProtected,
        Xfa "PDF_XFA" DocumentType,
    }
}

section! {
    /// What a person reads when a signature cannot be prepared.
    of_prepare, PREPARE, PrepareError, "Preparing a signature", "src/ades/pades/prepare.rs", {
        CertificateTime "ADES_CERTIFICATE_TIME" CertificateExpired,
        ExistingSignature "ADES_EXISTING_SIGNATURE" DocumentSignatureInvalid,
        Io "PDF_IO" ServerError,
        Key "ADES_KEY" CardUnsupported,
        Message "ADES_MESSAGE" ServerError,
        WouldNotHold "ADES_WOULD_NOT_HOLD" DocumentDamaged,
    } handing on {
        PrepareError::Field(error) => of_field(error),
        PrepareError::Pdf(error) => of_pdf(error),
        PrepareError::Update(error) => of_update(error),
    }
}

const fn of_field(error: &FieldError) -> PersonCode {
    match error {
        FieldError::Forbidden(refusal) => of_permission(refusal),
        FieldError::Pdf(error) => of_pdf(error),
        FieldError::Update(error) => of_update(error),
        FieldError::Name | FieldError::Nowhere(_) | FieldError::OutOfBounds | FieldError::Overlap => {
            PersonCode::RequestInvalid
        }
        FieldError::Appearance(_) => PersonCode::ServerError,
    }
}

const fn of_update(error: &UpdateError) -> PersonCode {
    match error {
        UpdateError::Pdf(error) => of_pdf(error),
        UpdateError::Limit(_) => PersonCode::DocumentTooLarge,
        UpdateError::TwoSignatures => PersonCode::ServerError,
        UpdateError::Authenticated | UpdateError::WeakEncryption => PersonCode::DocumentProtected,
    }
}

section! {
    /// What a person reads when the value of a signature is not taken. A value of another key means another card.
    of_finish, FINISH, FinishError, "Signature values", "src/ades/pades/finish.rs", {
        Certificate "CERT_PARSE" ServerError,
        Expired "ADES_PREPARED_EXPIRED" PinTimeout,
        Value "ADES_VALUE_INVALID" CardChanged,
    }
}

section! {
    /// What a signer reads when their signature is kept but cannot be completed.
    of_completion, COMPLETION, CompletionError, "Completing a signature", "src/ades/pades/completion.rs", {
        BelowLevel "ADES_BELOW_LEVEL" SignatureBelowProfile,
        Certificate "CERT_PARSE" ServerError,
        DocumentChanged "ADES_DOCUMENT_CHANGED" DocumentChanged,
        Embed "ADES_EMBED" ServerError,
        Io "PDF_IO" ServerError,
        Room "ADES_ROOM" ServerError,
        TimeStamp "TST_UNAVAILABLE" TimestampUnavailable,
    } handing on {
        CompletionError::Field(_) | CompletionError::Update(_) => PersonCode::ServerError,
        CompletionError::Pdf(error) => of_pdf(error),
        // Whatever the outside did not give: the signature is kept and finished later.
        CompletionError::Refused(Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. }) => {
            PersonCode::TimestampUnavailable
        },
        CompletionError::Refused(refusal) => of_certificate(refusal),
    }
}

section! {
    /// What a person reads, or an application, when the journey of signing does not go on.
    of_sign, SIGN, SignError, "Signing", "src/journeys/sign/error.rs", {
        AlreadyWaiting "SIGNING_ALREADY_WAITING" AlreadyWaiting,
        CardChanged "CARD_CHANGED" CardChanged,
        Certificate "CERT_PARSE" CertificateUntrusted,
        CounterElsewhere "COUNTER_ELSEWHERE" CounterOnlyHere,
        DocumentEmpty "PDF_EMPTY" DocumentEmpty,
        DocumentLost "SIGNING_DOCUMENT_LOST" ServerError,
        DocumentSignature "ADES_EXISTING_SIGNATURE" DocumentSignatureInvalid,
        DocumentTooLarge "SIGNING_DOCUMENT_TOO_LARGE" DocumentTooLarge,
        IdempotencyBusy "IDEMPOTENCY_BUSY" RequestInvalid,
        IdempotencyOther "IDEMPOTENCY_OTHER" RequestInvalid,
        Interrupted "INTERRUPTED" ServerError,
        Invalid "REQUEST_INVALID" RequestInvalid,
        Key "STORE_KEY" ServerError,
        ListChanged "SIGNING_LIST_CHANGED" ListChanged,
        NotPermitted "SIGNING_NOT_PERMITTED" NotAuthorised,
        NotReady "SIGNING_NOT_READY" SignaturesMissing,
        Unknown "SIGNING_UNKNOWN" NotFound,
        WrongPerson "SIGNING_WRONG_PERSON" CertificateWrongPerson,
    } handing on {
        SignError::Authority { .. } => PersonCode::SignerWithoutAuthority,
        SignError::Card(error) => of_card(error),
        SignError::Completion(error) => of_completion(error),
        SignError::Container(_) => PersonCode::ServerError,
        SignError::Finish(error) => of_finish(error),
        SignError::Forbidden(refusal) => of_permission(refusal),
        SignError::Login(error) => of_login_journey(error),
        SignError::Pdf(error) => of_pdf(error),
        SignError::Plan(error) => of_plan(error),
        SignError::Prepare(error) => of_prepare(error),
        SignError::Proof(_) => PersonCode::ServerError,
        SignError::Refused(refusal) => of_certificate(refusal),
        SignError::Seal(_) => PersonCode::SealUnavailable,
        SignError::Step(error) => of_step(error),
        // Somebody else is at the same signature.
        SignError::Store(StoreError::Stale(_)) => PersonCode::AlreadyWaiting,
        SignError::Store(error) => of_store(error),
    }
}

section! {
    /// What a person reads when the journey of log-in does not go on.
    of_login_journey, LOGIN_JOURNEY, LoginError, "Log-in", "src/journeys/login/error.rs", {
        AlreadyWaiting "INTERACTION_WAITING" AlreadyWaiting,
        BoardUnknown "BOARD_UNKNOWN" NotFound,
        CapacityUnknown "CAPACITY_UNKNOWN" MandateExpired,
        CounterElsewhere "COUNTER_ELSEWHERE" CounterOnlyHere,
        CounterOff "COUNTER_OFF" CounterOnlyHere,
        Inconsistent "LOGIN_INCONSISTENT" ServerError,
        InteractionExpired "INTERACTION_EXPIRED" LoginExpired,
        InteractionFinished "INTERACTION_FINISHED" LoginElsewhereFinished,
        InteractionUnknown "INTERACTION_UNKNOWN" LoginExpired,
        WrongStage "INTERACTION_STAGE" LoginElsewhereFinished,
    } handing on {
        LoginError::Card(error) => of_card(error),
        LoginError::Page(error) => of_authorize_page(error),
        LoginError::Refused(refusal) => of_login(refusal),
        // The visit was answered in another window.
        LoginError::Store(StoreError::Stale(_)) => PersonCode::LoginElsewhereFinished,
        LoginError::Store(error) => of_store(error),
    }
}

section! {
    /// What a person reads about an authorization request that cannot be sent back to its application.
    of_authorize_page, AUTHORIZE, PageError, "Authorization requests that end on a page", "src/oidc/authorize.rs", {
        ClientMissing "AUTHORIZE_CLIENT_MISSING" ClientUnknown,
        ClientUnknown "AUTHORIZE_CLIENT_UNKNOWN" ClientUnknown,
        DuplicateParameter "AUTHORIZE_DUPLICATE_PARAMETER" RequestInvalid,
        RedirectUriMissing "AUTHORIZE_REDIRECT_URI_MISSING" RedirectUriUnknown,
        RedirectUriUnknown "AUTHORIZE_REDIRECT_URI_UNKNOWN" RedirectUriUnknown,
        TooLarge "AUTHORIZE_TOO_LARGE" RequestInvalid,
    }
}

section! {
    /// What a person reads when the store fails. A `Stale` means that somebody else was at the same thing: each journey
    /// says itself what that is.
    of_store, STORE, StoreError, "Store", "src/store/db.rs", {
        Conflict "STORE_CONFLICT" ServerError,
        Database "STORE_DATABASE" ServerError,
        Inconsistent "STORE_INCONSISTENT" ServerError,
        Blob "STORE_BLOB" ServerError,
        BlobChanged "STORE_BLOB_CHANGED" DocumentChanged,
        Key "STORE_KEY" ServerError,
        Schema "STORE_SCHEMA" ServerError,
        Stale "STORE_STALE" ServerError,
    }
}

section! {
    /// What a person reads when a step of signing cannot follow.
    of_step, STEP, StepError, "Steps of signing", "src/signing/request.rs", {
        Closed "SIGNING_CLOSED" RequestClosed,
        DocumentChanged "SIGNING_DOCUMENT_CHANGED" DocumentChanged,
        Finishing "SIGNING_FINISHING" SignatureFinishing,
        NotTogether "SIGNING_NOT_TOGETHER" RequestInvalid,
        NotYourTurn "SIGNING_NOT_YOUR_TURN" NotYourTurn,
        SamePerson "SIGNING_SAME_PERSON" SamePerson,
        Stage "SIGNING_STAGE" RequestInvalid,
    }
}

section! {
    /// What an application reads when no plan can be made.
    of_plan, PLAN, PlanError, "Signing plans", "src/mandates/plan.rs", {
        Body "MANDATE_BODY_UNKNOWN" RequestInvalid,
        Rule "MANDATE_RULE_UNKNOWN" RequestInvalid,
    }
}

section! {
    /// What a person reads when the check of authority denies them for this cause. The reasons stand in the verdict;
    /// causes that explain a permit are in the table too, because one code names both.
    of_mandate, MANDATE, MandateCode, "Check of authority", "src/mandates/explain.rs", {
        AbsenceTemporary "MANDATE_ABSENCE_TEMPORARY" SignerWithoutAuthority,
        ActingReplaces "MANDATE_ACTING_REPLACES" SignerWithoutAuthority,
        AgreementAllows "MANDATE_AGREEMENT_ALLOWS" SignerWithoutAuthority,
        AgreementExcludes "MANDATE_AGREEMENT_EXCLUDES" SignerWithoutAuthority,
        AgreementUnknown "MANDATE_AGREEMENT_UNKNOWN" SignerWithoutAuthority,
        BeforeOath "MANDATE_BEFORE_OATH" SignerWithoutAuthority,
        BodyNotInForce "MANDATE_BODY_NOT_IN_FORCE" SignerWithoutAuthority,
        BodyUnknown "MANDATE_BODY_UNKNOWN" RequestInvalid,
        CapacityNotFitting "MANDATE_CAPACITY_NOT_FITTING" SignerWithoutAuthority,
        DelegationForbidden "MANDATE_DELEGATION_FORBIDDEN" SignerWithoutAuthority,
        GrantConfers "MANDATE_GRANT_CONFERS" SignerWithoutAuthority,
        GrantCycle "MANDATE_GRANT_CYCLE" SignerWithoutAuthority,
        GrantLongerThanParent "MANDATE_GRANT_LONGER_THAN_PARENT" SignerWithoutAuthority,
        GrantNotInPeriod "MANDATE_GRANT_NOT_IN_PERIOD" SignerWithoutAuthority,
        GrantNotInWriting "MANDATE_GRANT_NOT_IN_WRITING" SignerWithoutAuthority,
        GrantOutOfScope "MANDATE_GRANT_OUT_OF_SCOPE" SignerWithoutAuthority,
        GrantParentUnknown "MANDATE_GRANT_PARENT_UNKNOWN" SignerWithoutAuthority,
        GrantRevoked "MANDATE_GRANT_REVOKED" SignerWithoutAuthority,
        GrantSuspended "MANDATE_GRANT_SUSPENDED" SignerWithoutAuthority,
        GrantTooDeep "MANDATE_GRANT_TOO_DEEP" SignerWithoutAuthority,
        GrantWiderThanParent "MANDATE_GRANT_WIDER_THAN_PARENT" SignerWithoutAuthority,
        GranteeMember "MANDATE_GRANTEE_MEMBER" SignerWithoutAuthority,
        GranteeNotEligible "MANDATE_GRANTEE_NOT_ELIGIBLE" SignerWithoutAuthority,
        GranteeStaff "MANDATE_GRANTEE_STAFF" SignerWithoutAuthority,
        GrantorHeld "MANDATE_GRANTOR_HELD" SignerWithoutAuthority,
        GrantorReplaced "MANDATE_GRANTOR_REPLACED" SignerWithoutAuthority,
        GrantorSignsToo "MANDATE_GRANTOR_SIGNS_TOO" SignerWithoutAuthority,
        GrantorWithoutCapacity "MANDATE_GRANTOR_WITHOUT_CAPACITY" SignerWithoutAuthority,
        HolderContinues "MANDATE_HOLDER_CONTINUES" SignerWithoutAuthority,
        HolderImpeded "MANDATE_HOLDER_IMPEDED" SignerWithoutAuthority,
        HolderPresent "MANDATE_HOLDER_PRESENT" SignerWithoutAuthority,
        HolderTitular "MANDATE_HOLDER_TITULAR" SignerWithoutAuthority,
        HoldingConfers "MANDATE_HOLDING_CONFERS" SignerWithoutAuthority,
        HoldingDraft "MANDATE_HOLDING_DRAFT" SignerWithoutAuthority,
        HoldingNotInPeriod "MANDATE_HOLDING_NOT_IN_PERIOD" SignerWithoutAuthority,
        HoldingSuspended "MANDATE_HOLDING_SUSPENDED" SignerWithoutAuthority,
        HoldingUnconfirmed "MANDATE_HOLDING_UNCONFIRMED" SignerWithoutAuthority,
        NoCapacity "MANDATE_NO_CAPACITY" SignerWithoutAuthority,
        PersonDeceased "MANDATE_PERSON_DECEASED" SignerWithoutAuthority,
        PersonSuspended "MANDATE_PERSON_SUSPENDED" SignerWithoutAuthority,
        RuleAdopted "MANDATE_RULE_ADOPTED" SignerWithoutAuthority,
        RuleFound "MANDATE_RULE_FOUND" SignerWithoutAuthority,
        RuleNotAdopted "MANDATE_RULE_NOT_ADOPTED" SignerWithoutAuthority,
        RuleUnknown "MANDATE_RULE_UNKNOWN" SignerWithoutAuthority,
        SamePerson "MANDATE_SAME_PERSON" SamePerson,
        SeparationKept "MANDATE_SEPARATION_KEPT" SignerWithoutAuthority,
        SlotFilled "MANDATE_SLOT_FILLED" RequestClosed,
        SlotNotItsTurn "MANDATE_SLOT_NOT_ITS_TURN" NotYourTurn,
        SlotUnknown "MANDATE_SLOT_UNKNOWN" RequestInvalid,
        SnapshotExpired "MANDATE_SNAPSHOT_EXPIRED" MandateSourceUnavailable,
        TooManyHolders "MANDATE_TOO_MANY_HOLDERS" SignerWithoutAuthority,
    }
}

/// All rows that stand in the documentation.
pub const SECTIONS: &[Section] = &[
    CARD,
    CERTIFICATE,
    LOGIN_JOURNEY,
    AUTHORIZE,
    LOGIN,
    SIGN,
    STEP,
    PLAN,
    PDF,
    PERMISSION,
    PREPARE,
    FINISH,
    COMPLETION,
    STORE,
    MANDATE,
];

/// The documentation: what each cause in the log means for a person.
pub fn documentation(heading_of: impl Fn(PersonCode) -> String) -> String {
    let mut text = String::from(
        "# Codes\n\n\
         A person, an application and a metric see the code. The log has the cause. This page is made from\n\
         `src/journeys/codes.rs`; a test proves it fresh.\n",
    );
    for section in SECTIONS {
        let _ = write!(
            text,
            "\n## {}\n\n| cause in the log | code |\n|---|---|\n",
            section.title
        );
        for (_, cause, code) in section.rows {
            let _ = writeln!(text, "| `{cause}` | `{code}` |");
        }
    }
    text.push_str(
        "\n## What a cause in a report means\n\nReports carry causes beside their words; several causes may share them.\n\n\
         | cause | in a report |\n|---|---|\n",
    );
    for (causes, [_, _, _, english]) in cause_words::all() {
        let causes: Vec<String> = causes.iter().map(|cause| format!("`{cause}`")).collect();
        let _ = writeln!(text, "| {} | {english} |", causes.join(", "));
    }
    text.push_str("\n## What each code says\n\n| code | first sentence |\n|---|---|\n");
    for code in PersonCode::ALL {
        let _ = writeln!(text, "| `{code}` | {} |", heading_of(*code));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
    }

    /// Variants and the causes that a room's own `cause()` writes, read from its source.
    fn causes(source: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for body in source.split("fn cause(").skip(1) {
            let body = body.split("\n    }\n").next().unwrap();
            let mut pending = Vec::new();
            for line in body.lines() {
                let (names, outcome) = line
                    .split_once("=>")
                    .map_or((line, None), |(left, right)| (left, Some(right)));
                for name in names.split("Self::").skip(1) {
                    pending.push(
                        name.chars()
                            .take_while(char::is_ascii_alphanumeric)
                            .collect::<String>(),
                    );
                }
                if let Some(outcome) = outcome {
                    let cause = outcome.split('"').nth(1).unwrap_or_default();
                    found.extend(pending.drain(..).map(|name| (name, cause.to_owned())));
                }
            }
        }
        found
    }

    #[test]
    fn every_cause_in_the_table_is_the_one_its_room_writes() {
        for section in SECTIONS {
            let written = causes(&read(section.source));
            for (variant, cause, _) in section.rows {
                assert_eq!(
                    written.get(*variant).map(String::as_str),
                    Some(*cause),
                    "{}: {variant}",
                    section.source
                );
            }
        }
    }

    #[test]
    fn every_cause_that_a_room_writes_stands_in_the_table() {
        for section in SECTIONS {
            for (variant, cause) in causes(&read(section.source)) {
                let handed_on = cause.is_empty();
                let row = section.rows.iter().any(|(name, _, _)| *name == variant);
                let elsewhere = SECTIONS.iter().any(|other| {
                    other.source == section.source
                        && other.title != section.title
                        && other.rows.iter().any(|(name, _, _)| *name == variant)
                });
                assert!(
                    handed_on || row || elsewhere,
                    "{}: {variant} {cause} is missing",
                    section.source
                );
            }
        }
    }

    #[test]
    fn the_documentation_is_fresh() {
        let english = read("web/locales/en.ftl");
        let heading = |code: PersonCode| {
            let key = format!("code-{code} = ");
            let line = english.lines().find_map(|line| line.strip_prefix(&key)).unwrap();
            line.split("{ $").next().unwrap().trim_end().to_owned()
        };
        let fresh = documentation(heading);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes.md");
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if kept != fresh {
            let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/codes.md");
            std::fs::write(&beside, &fresh).unwrap();
            panic!("docs/codes.md is not what src/journeys/codes.rs says now: copy target/codes.md over it");
        }
    }
}
