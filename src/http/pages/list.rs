//! The views of signing several documents in one go: the list, confirming, progress, what came of it.

use std::collections::BTreeMap;

use askama::Template;

use crate::base::code::PersonCode;
use crate::http::page::Page;
use crate::http::pages::card::{CARD_PROBLEMS, CardSigning, problem_detail, problem_heading};

/// The documents of a list, with those ticked that wait for this person.
#[derive(Debug, Template)]
#[template(path = "list/ask.html")]
pub struct ListAsk<'a> {
    /// The frame, titled with [`super::sign::Ask::title`] or `list-title`.
    pub page: Page<'a>,
    /// Who asks.
    pub requester: String,
    /// What the list is about.
    pub title: String,
    /// How many documents wait for this person.
    pub waiting: usize,
    /// The documents in which they have a part.
    pub items: Vec<ListItem>,
    /// How many are for others alone.
    pub others: usize,
    /// Address of the next page; the field is `only`, once for each document.
    pub next: String,
    /// Name and address of the application to go back to.
    pub back: Option<(String, String)>,
}

/// One document of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListItem {
    /// Its title.
    pub title: String,
    /// Its id, when it waits for this person.
    pub chosen: Option<String>,
    /// Key of the text that says how far it is.
    pub state: &'static str,
    /// In which capacity they sign it.
    pub role: Option<String>,
    /// The mention that the visible text will carry.
    pub mention: Option<String>,
    /// The page of the document.
    pub href: String,
}

/// Exactly what will be signed, and the button that opens the PIN window.
#[derive(Debug, Template)]
#[template(path = "list/confirm.html")]
pub struct ListConfirm<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// What.
    pub documents: Vec<ListDocument>,
    /// One fingerprint for all of them, as the PIN window shows it.
    pub fingerprint: String,
    /// Whether one PIN entry does for all.
    pub one_pin: bool,
    /// The way to sign all of them with one signature.
    pub together: Option<Together>,
    /// Where the form posts; none when this browser is not on this computer.
    pub action: Option<String>,
    /// The way by an extension of this browser.
    pub card: CardSigning,
    /// Whether the person was told that one PIN try is left and goes on.
    pub is_last_attempt: bool,
    /// Address of the list.
    pub back: String,
    /// The session's form token.
    pub csrf: String,
}

impl ListConfirm<'_> {
    /// Whether the card here is known to make one signature a PIN.
    fn is_each(&self) -> bool {
        self.together.as_ref().is_some_and(|together| together.is_needed)
    }
}

/// The way to sign several documents with one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// The page that confirms it.
    pub href: String,
    /// Whether it is known here that the card makes one signature a PIN; the page's script looks where it is not.
    pub is_needed: bool,
}

/// What one signature will be over, and the button that opens the PIN window.
#[derive(Debug, Template)]
#[template(path = "list/together.html")]
pub struct ListTogether<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// What.
    pub documents: Vec<ListDocument>,
    /// What the person chose that does not go into it.
    pub left_out: Vec<LeftOut>,
    /// One fingerprint for all of them, as the PIN window shows it.
    pub fingerprint: String,
    /// Where the form posts; none when this browser is not on this computer.
    pub action: Option<String>,
    /// The way by an extension of this browser.
    pub card: CardSigning,
    /// Whether the person was told that one PIN try is left and goes on.
    pub is_last_attempt: bool,
    /// The page that confirms signing them one by one.
    pub one_by_one: String,
    /// Address of the list.
    pub back: String,
    /// The session's form token.
    pub csrf: String,
}

/// A document that is not signed together with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its title.
    pub title: String,
    /// Key of the text that says why.
    pub why: &'static str,
    /// The page of the document.
    pub href: String,
}

/// What a page shows of each of `documents`, for its script: a JSON object by request.
pub fn seen(documents: &[ListDocument]) -> String {
    let seen: BTreeMap<&str, &str> = documents
        .iter()
        .map(|document| (document.id.as_str(), document.seen.as_str()))
        .collect();
    serde_json::json!(seen).to_string()
}

/// A document that will be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDocument {
    /// The id of its request.
    pub id: String,
    /// Its title.
    pub title: String,
    /// In which capacity.
    pub role: String,
    /// SHA-256 of it as it is now, in lower-case hex.
    pub sha256: String,
    /// What this page shows of it, for the form to hand back.
    pub seen: String,
}

/// The card is at work.
#[derive(Debug, Template)]
#[template(path = "list/progress.html")]
pub struct ListProgress<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The letters that page and PIN window both show, while that stands.
    pub short_code: Option<String>,
    /// The fingerprint that the PIN window shows.
    pub fingerprint: Option<String>,
    /// One of [`ListProgress::STATES`].
    pub state: &'static str,
    /// How many are signed.
    pub signed: usize,
    /// Of how many.
    pub total: usize,
    /// Address of the JSON state.
    pub state_href: String,
    /// This page's own address.
    pub self_href: String,
}

impl ListProgress<'_> {
    /// The words of the JSON state for which the page has a text.
    pub const STATES: [&'static str; 5] = ["beside", "checking", "pin", "signing", "finishing"];

    fn text(&self, state: &str) -> String {
        self.page.t.get(match state {
            "beside" => "card-signing",
            "checking" => "waiting-checking",
            "pin" => "sign-waiting-pin",
            "signing" => "list-signing",
            _ => "list-finishing",
        })
    }
}

/// What came of it, document by document.
#[derive(Debug, Template)]
#[template(path = "list/result.html")]
pub struct ListResult<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Why not everything was signed.
    pub code: Option<PersonCode>,
    /// Its text.
    pub detail: Option<String>,
    /// Whether one PIN try is left.
    pub is_last_attempt: bool,
    /// How many were signed.
    pub signed: usize,
    /// Name and address of the file in which all of them stand, where they were signed together.
    pub container: Option<(String, String)>,
    /// Each document.
    pub results: Vec<ListOutcome>,
    /// The ids of those that still wait for this person.
    pub rest: Vec<String>,
    /// The page that confirms the rest; none when nothing waits.
    pub again: Option<String>,
    /// Address of the list.
    pub list: String,
    /// Name and address of the application to go back to.
    pub back: Option<(String, String)>,
}

/// What came of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOutcome {
    /// Its title.
    pub title: String,
    /// What came of it, in a sentence.
    pub outcome: String,
    /// The page of the document.
    pub href: String,
}
