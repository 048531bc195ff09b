//! The views of signing: what is asked, confirm, finishing, done, declining. Waiting for the PIN is
//! [`super::interaction::Waiting`].

use askama::Template;

use crate::ades::level::Level;
use crate::base::time::Timestamp;
use crate::http::page::Page;
use crate::http::pages::card::{CARD_PROBLEMS, CardSigning, problem_detail, problem_heading};

/// A document as a signer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentView {
    /// Its title or file name.
    pub name: String,
    /// What it is, `besluit van het college`.
    pub kind: Option<String>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of it as it is now, in lower-case hex.
    pub sha256: String,
    /// The same of what the application sent, where signatures were added since.
    pub base_sha256: Option<String>,
    /// Where the original is downloaded.
    pub original: String,
    /// Its pages.
    pub pages: Vec<PageView>,
    /// Who signed before.
    pub signatures: Vec<SignatureLine>,
}

/// One page of a document: a picture with its text beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageView {
    /// Address of the picture, when there is one.
    pub picture: Option<String>,
    /// The text on the page, as read from the file.
    pub text: String,
}

/// A signature that is already there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Who.
    pub name: String,
    /// When, when known.
    pub at: Option<Timestamp>,
}

/// In which capacity a person signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningCapacity {
    /// The role.
    pub role: String,
    /// The body.
    pub body: String,
    /// By which decisions and rules.
    pub basis: Vec<String>,
    /// The mention that the visible text will carry.
    pub mention: Option<String>,
}

/// One place in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// Whose signature is asked, `burgemeester`.
    pub role: String,
    /// How far it is.
    pub state: SlotState,
}

/// How far a place in the plan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// Somebody signed.
    Signed {
        /// Who.
        name: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody has yet to sign.
    Waiting,
    /// This person, now.
    You,
}

/// What a person is asked to sign.
#[derive(Debug, Template)]
#[template(path = "sign/ask.html")]
pub struct Ask<'a> {
    /// The frame, titled with [`Ask::title`].
    pub page: Page<'a>,
    /// Who asks.
    pub requester: String,
    /// Until when.
    pub until: Option<Timestamp>,
    /// In which capacity.
    pub capacity: SigningCapacity,
    /// The plan.
    pub slots: Vec<SlotView>,
    /// What.
    pub documents: Vec<DocumentView>,
    /// Address of the next page.
    pub next: String,
    /// Address of the page for declining.
    pub decline: String,
}

impl Ask<'_> {
    /// The heading for so many documents.
    pub fn title(t: crate::http::i18n::Texts<'_>, documents: usize) -> String {
        t.with("sign-title", "count", documents)
    }
}

/// Exactly what will happen, and the button that opens the PIN window.
#[derive(Debug, Template)]
#[template(path = "sign/confirm.html")]
pub struct Confirm<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// In which capacity.
    pub capacity: SigningCapacity,
    /// Name and SHA-256 of each document.
    pub documents: Vec<(String, String)>,
    /// Where the form posts; none when this browser is not on this computer.
    pub action: Option<String>,
    /// The way by an extension of this browser.
    pub card: CardSigning,
    /// What this page shows, for the form to hand back.
    pub seen: String,
    /// Address of the page before.
    pub back: String,
    /// The session's form token.
    pub csrf: String,
}

/// Time-stamp and revocation data are being added.
#[derive(Debug, Template)]
#[template(path = "sign/finishing.html")]
pub struct Finishing<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Address of the JSON state.
    pub state_href: String,
    /// This page's own address.
    pub self_href: String,
}

/// The signature is in the document.
#[derive(Debug, Template)]
#[template(path = "sign/done.html")]
pub struct Done<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Key of the text that says where this person's signature stands.
    pub lead: &'static str,
    /// The documents: name, where the sealed file is, where its proof is.
    pub documents: Vec<DoneDocument>,
    /// How the request ended, when it did without all its signatures at the level asked.
    pub ended: Option<String>,
    /// Whether every signature stands, at whatever level.
    pub all_stand: bool,
    /// What the signatures that stand show, and what was asked, while that is more.
    pub below: Option<(Level, Level)>,
    /// The role that signs next; none when all signatures are in place.
    pub next: Option<String>,
    /// Name and address of the application to go back to.
    pub back: Option<(String, String)>,
}

/// A document after signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneDocument {
    /// Its name.
    pub name: String,
    /// That the last signature stands over it and others in a container, in a sentence, where it does.
    pub container: Option<String>,
    /// Where the signed file is downloaded.
    pub download: String,
    /// Where the proof is downloaded.
    pub proof: Option<String>,
    /// Where the copy for publication is downloaded, once it stands.
    pub publication: Option<String>,
}

/// Asks whether the person declines, and why.
#[derive(Debug, Template)]
#[template(path = "sign/decline.html")]
pub struct Decline<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Who will be told.
    pub requester: String,
    /// Where the form posts; the field is `reason`.
    pub action: String,
    /// Address of the document page.
    pub back: String,
    /// The session's form token.
    pub csrf: String,
}

/// The person declined. Calm: it is their choice.
#[derive(Debug, Template)]
#[template(path = "sign/declined.html")]
pub struct Declined<'a> {
    /// The frame, titled with the heading of `request_declined`.
    pub page: Page<'a>,
    /// The text of `request_declined`.
    pub detail: String,
    /// Name and address of the application to go back to.
    pub back: Option<(String, String)>,
}

impl Confirm<'_> {
    /// Key of the heading.
    pub const TITLE: &'static str = "confirm-sign-title";
}

impl Decline<'_> {
    /// Key of the heading.
    pub const TITLE: &'static str = "decline-title";
}

impl Finishing<'_> {
    /// Key of the heading.
    pub const TITLE: &'static str = "finishing-title";
}

impl Done<'_> {
    /// Key of the heading.
    pub const TITLE: &'static str = "sign-done-title";
}
