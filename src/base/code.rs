//! The stable codes of everything that can go wrong for a person. They are part of the interface: pages, JSON
//! answers, metrics and documentation use the same words.

use std::fmt;

/// A state a person can end up in, or an error they can see. Texts in four languages stand in `web/locales`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonCode {
    /// `agent_missing`: see its text.
    AgentMissing,
    /// `agent_outdated`: see its text.
    AgentOutdated,
    /// `agent_stopped`: see its text.
    AgentStopped,
    /// `already_signed`: see its text.
    AlreadySigned,
    /// `already_waiting`: see its text.
    AlreadyWaiting,
    /// `browser_unsupported`: see its text.
    BrowserUnsupported,
    /// `card_busy`: see its text.
    CardBusy,
    /// `card_changed`: see its text.
    CardChanged,
    /// `card_missing`: see its text.
    CardMissing,
    /// `card_not_activated`: see its text.
    CardNotActivated,
    /// `card_removed`: see its text.
    CardRemoved,
    /// `card_unreadable`: see its text.
    CardUnreadable,
    /// `card_unsupported`: see its text.
    CardUnsupported,
    /// `certificate_expired`: see its text.
    CertificateExpired,
    /// `certificate_missing`: see its text.
    CertificateMissing,
    /// `certificate_not_yet_valid`: see its text.
    CertificateNotYetValid,
    /// `certificate_revoked`: see its text.
    CertificateRevoked,
    /// `certificate_suspended`: see its text.
    CertificateSuspended,
    /// `certificate_untrusted`: see its text.
    CertificateUntrusted,
    /// `certificate_wrong_person`: see its text.
    CertificateWrongPerson,
    /// `client_unknown`: see its text.
    ClientUnknown,
    /// The counter reader serves only a browser on the computer it is connected to.
    CounterOnlyHere,
    /// The form did not come from a page of this session.
    CsrfFailed,
    /// The document is not the one that was shown or that the first signer signed.
    DocumentChanged,
    /// `document_damaged`: see its text.
    DocumentDamaged,
    /// The document has no content.
    DocumentEmpty,
    /// `document_active`: see its text.
    DocumentActive,
    /// `document_final`: see its text.
    DocumentFinal,
    /// The document opens only with its password, and none was given.
    DocumentPassword,
    /// The password given does not open the document.
    DocumentPasswordWrong,
    /// `document_protected`: see its text.
    DocumentProtected,
    /// `document_signature_invalid`: see its text.
    DocumentSignatureInvalid,
    /// `document_too_large`: see its text.
    DocumentTooLarge,
    /// `document_type`: see its text.
    DocumentType,
    /// `extension_missing`: see its text.
    ExtensionMissing,
    /// `extension_outdated`: see its text.
    ExtensionOutdated,
    /// What was to be signed together is not all there any more; nothing was signed.
    ListChanged,
    /// `login_elsewhere_finished`: see its text.
    LoginElsewhereFinished,
    /// `login_expired`: see its text.
    LoginExpired,
    /// The token of the card was not accepted; the cause is in the log, the person sees one generic text.
    LoginRefused,
    /// `maintenance`: see its text.
    Maintenance,
    /// `mandate_expired`: see its text.
    MandateExpired,
    /// `mandate_source_unavailable`: see its text.
    MandateSourceUnavailable,
    /// `not_authorised`: see its text.
    NotAuthorised,
    /// There is no such thing here, or not for you.
    NotFound,
    /// Another signer comes first.
    NotYourTurn,
    /// `pcsc_denied`: see its text.
    PcscDenied,
    /// `pcsc_unavailable`: see its text.
    PcscUnavailable,
    /// `pin_blocked`: see its text.
    PinBlocked,
    /// `pin_cancelled`: see its text.
    PinCancelled,
    /// `pin_last_attempt`: see its text.
    PinLastAttempt,
    /// `pin_length`: see its text.
    PinLength,
    /// `pin_on_keypad`: see its text.
    PinOnKeypad,
    /// The program that asks for the PIN could not be started.
    PinProgramMissing,
    /// `pin_timeout`: see its text.
    PinTimeout,
    /// `pin_wrong`: see its text.
    PinWrong,
    /// `reader_missing`: see its text.
    ReaderMissing,
    /// `reader_removed`: see its text.
    ReaderRemoved,
    /// `redirect_uri_unknown`: see its text.
    RedirectUriUnknown,
    /// `request_closed`: see its text.
    RequestClosed,
    /// `request_declined`: see its text.
    RequestDeclined,
    /// A request does not have the form this page or interface takes.
    RequestInvalid,
    /// `revocation_unavailable`: see its text.
    RevocationUnavailable,
    /// One person may not fill two slots of one request.
    SamePerson,
    /// The organisation's seal cannot be used now.
    SealUnavailable,
    /// Too much is under way at once; a moment later it goes on.
    ServerBusy,
    /// `server_error`: see its text.
    ServerError,
    /// `several_cards`: see its text.
    SeveralCards,
    /// The result did not reach the level asked and is not delivered.
    SignatureBelowProfile,
    /// A card signed, and that signature can never be finished: the request ended.
    SignatureFailed,
    /// A card has signed, and that signature is being finished first.
    SignatureFinishing,
    /// The signatures are not all there yet.
    SignaturesMissing,
    /// The check of authority denies this person this signature.
    SignerWithoutAuthority,
    /// `timestamp_unavailable`: see its text.
    TimestampUnavailable,
    /// `too_many_attempts`: see its text.
    TooManyAttempts,
    /// A token that waits for a touch was not touched.
    TouchMissing,
    /// `trust_list_stale`: see its text.
    TrustListStale,
}

impl PersonCode {
    /// All codes, in alphabetical order.
    pub const ALL: &[Self] = &[
        Self::AgentMissing,
        Self::AgentOutdated,
        Self::AgentStopped,
        Self::AlreadySigned,
        Self::AlreadyWaiting,
        Self::BrowserUnsupported,
        Self::CardBusy,
        Self::CardChanged,
        Self::CardMissing,
        Self::CardNotActivated,
        Self::CardRemoved,
        Self::CardUnreadable,
        Self::CardUnsupported,
        Self::CertificateExpired,
        Self::CertificateMissing,
        Self::CertificateNotYetValid,
        Self::CertificateRevoked,
        Self::CertificateSuspended,
        Self::CertificateUntrusted,
        Self::CertificateWrongPerson,
        Self::ClientUnknown,
        Self::CounterOnlyHere,
        Self::CsrfFailed,
        Self::DocumentChanged,
        Self::DocumentDamaged,
        Self::DocumentEmpty,
        Self::DocumentActive,
        Self::DocumentFinal,
        Self::DocumentPassword,
        Self::DocumentPasswordWrong,
        Self::DocumentProtected,
        Self::DocumentSignatureInvalid,
        Self::DocumentTooLarge,
        Self::DocumentType,
        Self::ExtensionMissing,
        Self::ExtensionOutdated,
        Self::ListChanged,
        Self::LoginElsewhereFinished,
        Self::LoginExpired,
        Self::LoginRefused,
        Self::Maintenance,
        Self::MandateExpired,
        Self::MandateSourceUnavailable,
        Self::NotAuthorised,
        Self::NotFound,
        Self::NotYourTurn,
        Self::PcscDenied,
        Self::PcscUnavailable,
        Self::PinBlocked,
        Self::PinCancelled,
        Self::PinLastAttempt,
        Self::PinLength,
        Self::PinOnKeypad,
        Self::PinProgramMissing,
        Self::PinTimeout,
        Self::PinWrong,
        Self::ReaderMissing,
        Self::ReaderRemoved,
        Self::RedirectUriUnknown,
        Self::RequestClosed,
        Self::RequestDeclined,
        Self::RequestInvalid,
        Self::RevocationUnavailable,
        Self::SamePerson,
        Self::SealUnavailable,
        Self::ServerBusy,
        Self::ServerError,
        Self::SeveralCards,
        Self::SignatureBelowProfile,
        Self::SignatureFailed,
        Self::SignatureFinishing,
        Self::SignaturesMissing,
        Self::SignerWithoutAuthority,
        Self::TimestampUnavailable,
        Self::TooManyAttempts,
        Self::TouchMissing,
        Self::TrustListStale,
    ];

    /// The code as it is written everywhere, `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentMissing => "agent_missing",
            Self::AgentOutdated => "agent_outdated",
            Self::AgentStopped => "agent_stopped",
            Self::AlreadySigned => "already_signed",
            Self::AlreadyWaiting => "already_waiting",
            Self::BrowserUnsupported => "browser_unsupported",
            Self::CardBusy => "card_busy",
            Self::CardChanged => "card_changed",
            Self::CardMissing => "card_missing",
            Self::CardNotActivated => "card_not_activated",
            Self::CardRemoved => "card_removed",
            Self::CardUnreadable => "card_unreadable",
            Self::CardUnsupported => "card_unsupported",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateMissing => "certificate_missing",
            Self::CertificateNotYetValid => "certificate_not_yet_valid",
            Self::CertificateRevoked => "certificate_revoked",
            Self::CertificateSuspended => "certificate_suspended",
            Self::CertificateUntrusted => "certificate_untrusted",
            Self::CertificateWrongPerson => "certificate_wrong_person",
            Self::ClientUnknown => "client_unknown",
            Self::CounterOnlyHere => "counter_only_here",
            Self::CsrfFailed => "csrf_failed",
            Self::DocumentChanged => "document_changed",
            Self::DocumentDamaged => "document_damaged",
            Self::DocumentEmpty => "document_empty",
            Self::DocumentActive => "document_active",
            Self::DocumentFinal => "document_final",
            Self::DocumentPassword => "document_password",
            Self::DocumentPasswordWrong => "document_password_wrong",
            Self::DocumentProtected => "document_protected",
            Self::DocumentSignatureInvalid => "document_signature_invalid",
            Self::DocumentTooLarge => "document_too_large",
            Self::DocumentType => "document_type",
            Self::ExtensionMissing => "extension_missing",
            Self::ExtensionOutdated => "extension_outdated",
            Self::ListChanged => "list_changed",
            Self::LoginElsewhereFinished => "login_elsewhere_finished",
            Self::LoginExpired => "login_expired",
            Self::LoginRefused => "login_refused",
            Self::Maintenance => "maintenance",
            Self::MandateExpired => "mandate_expired",
            Self::MandateSourceUnavailable => "mandate_source_unavailable",
            Self::NotAuthorised => "not_authorised",
            Self::NotFound => "not_found",
            Self::NotYourTurn => "not_your_turn",
            Self::PcscDenied => "pcsc_denied",
            Self::PcscUnavailable => "pcsc_unavailable",
            Self::PinBlocked => "pin_blocked",
            Self::PinCancelled => "pin_cancelled",
            Self::PinLastAttempt => "pin_last_attempt",
            Self::PinLength => "pin_length",
            Self::PinOnKeypad => "pin_on_keypad",
            Self::PinProgramMissing => "pin_program_missing",
            Self::PinTimeout => "pin_timeout",
            Self::PinWrong => "pin_wrong",
            Self::ReaderMissing => "reader_missing",
            Self::ReaderRemoved => "reader_removed",
            Self::RedirectUriUnknown => "redirect_uri_unknown",
            Self::RequestClosed => "request_closed",
            Self::RequestDeclined => "request_declined",
            Self::RequestInvalid => "request_invalid",
            Self::RevocationUnavailable => "revocation_unavailable",
            Self::SamePerson => "same_person",
            Self::SealUnavailable => "seal_unavailable",
            Self::ServerBusy => "server_busy",
            Self::ServerError => "server_error",
            Self::SeveralCards => "several_cards",
            Self::SignatureBelowProfile => "signature_below_profile",
            Self::SignatureFailed => "signature_failed",
            Self::SignatureFinishing => "signature_finishing",
            Self::SignaturesMissing => "signatures_missing",
            Self::SignerWithoutAuthority => "signer_without_authority",
            Self::TimestampUnavailable => "timestamp_unavailable",
            Self::TooManyAttempts => "too_many_attempts",
            Self::TouchMissing => "touch_missing",
            Self::TrustListStale => "trust_list_stale",
        }
    }

    /// The code written `text`, if there is one.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for PersonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_holds_every_code_once_in_order() {
        // What a match must name is complete; a list may forget one, and with it its texts.
        let arms: Vec<&str> = include_str!("code.rs")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \""))
            .map(|(_, text)| text.trim_end_matches("\","))
            .collect();
        let all: Vec<&str> = PersonCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(all, arms);
        assert!(PersonCode::ALL.is_sorted());
    }
}
