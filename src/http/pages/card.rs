//! What every page shares that asks the card beside the person's own browser.

use crate::base::code::PersonCode;
use crate::http::page::Page;

/// Where the script posts that signs by an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSigning {
    /// The pages of what is signed, `/sign/srq_…` or `/list/lst_…`: certificate, alive and failure below it.
    pub base: String,
    /// What the page shows of each document, as a JSON object by request.
    pub seen: String,
}

/// What may go wrong between script, extension and card, and is said in the page's language without asking the
/// service. `server_error` stands for everything else.
pub const CARD_PROBLEMS: &[PersonCode] = &[
    PersonCode::AgentMissing,
    PersonCode::AgentOutdated,
    PersonCode::AgentStopped,
    PersonCode::AlreadyWaiting,
    PersonCode::BrowserUnsupported,
    PersonCode::CardBusy,
    PersonCode::CardChanged,
    PersonCode::CardMissing,
    PersonCode::CardNotActivated,
    PersonCode::CardRemoved,
    PersonCode::CardUnreadable,
    PersonCode::CardUnsupported,
    PersonCode::CertificateMissing,
    PersonCode::ExtensionMissing,
    PersonCode::ExtensionOutdated,
    PersonCode::PcscDenied,
    PersonCode::PcscUnavailable,
    PersonCode::PinBlocked,
    PersonCode::PinCancelled,
    PersonCode::PinLastAttempt,
    PersonCode::PinLength,
    PersonCode::PinProgramMissing,
    PersonCode::PinTimeout,
    PersonCode::PinWrong,
    PersonCode::ReaderMissing,
    PersonCode::ReaderRemoved,
    PersonCode::ServerError,
    PersonCode::SeveralCards,
    PersonCode::TouchMissing,
];

/// The first sentence of a problem between script, extension and card.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates lend what they show")]
pub(super) fn problem_heading(page: &Page<'_>, problem: &PersonCode) -> String {
    page.t.heading(*problem, &[])
}

/// What to do about it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates lend what they show")]
pub(super) fn problem_detail(page: &Page<'_>, problem: &PersonCode) -> String {
    page.t.detail(*problem, &[])
}
