//! The views of logging in: start, waiting for the PIN, a failed try, capacity and sharing.

use askama::Template;

use crate::base::code::PersonCode;
use crate::base::time::{Day, Timestamp};
use crate::http::i18n::Texts;
use crate::http::page::Page;
use crate::http::pages::card::{CARD_PROBLEMS, problem_detail, problem_heading};
use crate::http::pages::problem::Retry as _;
use crate::oidc::claims::Shared;

/// The application a person logs in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientView {
    /// Its name in the reader's language.
    pub name: String,
    /// Who runs it.
    pub organisation: String,
}

/// What `shared` is called in the reader's language.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates lend what they show")]
fn shared_text(page: &Page<'_>, shared: &Shared) -> String {
    page.t.get(match shared {
        Shared::Capacity => "shared-capacity",
        Shared::LogIn => "shared-log-in",
        Shared::Names => "shared-name",
        Shared::NationalNumber => "shared-national-number",
    })
}

/// First page: who asks, what will be shared, and the button that opens the PIN window.
#[derive(Debug, Template)]
#[template(path = "interaction/start.html")]
pub struct Start<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Who asks; none when one of our own pages does.
    pub client: Option<ClientView>,
    /// What the application will see.
    pub shared: Vec<Shared>,
    /// Where the counter's form posts; none when this browser is not on this computer.
    pub counter: Option<String>,
    /// The way by an extension of this browser.
    pub card: CardWay,
    /// Where the way out posts.
    pub cancel: String,
    /// The session's form token.
    pub csrf: String,
}

/// Where the script posts that logs in by an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardWay {
    /// For a challenge.
    pub challenge: String,
    /// With the card's answer.
    pub token: String,
}

impl Start<'_> {
    /// The heading: the application's name, or that we need to know who is there.
    pub fn title(t: Texts<'_>, client: Option<&ClientView>) -> String {
        client.map_or_else(
            || t.get("login-own"),
            |client| t.with("login-to", "client", &client.name),
        )
    }
}

/// Waiting for the card and its PIN. Shared by logging in and signing.
#[derive(Debug, Template)]
#[template(path = "interaction/waiting.html")]
pub struct Waiting<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The letters that page and PIN window both show.
    pub short_code: String,
    /// Whether a signature is asked rather than a log-in.
    pub is_signing: bool,
    /// What is waited for at the moment the page is made.
    pub state: WaitingState,
    /// Address of the JSON state.
    pub state_href: String,
    /// This page's own address, for reloading without script.
    pub self_href: String,
    /// Until when the person has time.
    pub until: Option<Timestamp>,
    /// Where the way out posts, when there is one.
    pub cancel: Option<String>,
    /// The session's form token.
    pub csrf: String,
    /// Names and fingerprints of what is being signed, repeated from the page before.
    pub documents: Vec<(String, String)>,
}

/// What a waiting page waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingState {
    /// A card in the reader.
    Card,
    /// Certificate and revocation.
    Checking,
    /// The PIN.
    Pin,
}

impl WaitingState {
    /// All of them, in the order they come.
    pub const ALL: [Self; 3] = [Self::Card, Self::Pin, Self::Checking];

    /// The word in the JSON state and in `data-state`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Checking => "checking",
            Self::Pin => "pin",
        }
    }
}

impl Waiting<'_> {
    fn text(&self, state: WaitingState) -> String {
        self.page.t.get(match (state, self.is_signing) {
            (WaitingState::Card, _) => "waiting-card",
            (WaitingState::Checking, _) => "waiting-checking",
            (WaitingState::Pin, false) => "waiting-pin",
            (WaitingState::Pin, true) => "sign-waiting-pin",
        })
    }
}

/// The JSON that a waiting page asks for every second.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct State {
    /// `card`, `pin` or `checking`; `failed` and `ready` on the page of a failed try; another word means that the page
    /// should be loaded again.
    pub state: &'static str,
    /// Where to go now, when waiting is over. A path of this service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A try that failed, with another one offered where that makes sense.
#[derive(Debug, Template)]
#[template(path = "interaction/failed.html")]
pub struct Failed<'a> {
    /// The frame; its title is the code's first sentence.
    pub page: Page<'a>,
    /// What happened.
    pub code: PersonCode,
    /// What to do.
    pub detail: String,
    /// Where another try posts.
    pub again: Option<String>,
    /// What was shown before, for the form of another try to hand back.
    pub seen: Option<String>,
    /// Whether one PIN try is left and using it has to be confirmed.
    pub is_last_attempt: bool,
    /// Where the way out posts.
    pub cancel: String,
    /// The session's form token.
    pub csrf: String,
    /// Address of the JSON state, for states that go on by themselves once reader and card are there.
    pub state_href: Option<String>,
    /// This page's own address.
    pub self_href: String,
}

/// Whether the page of `code` goes on by itself once reader and card are there.
pub const fn goes_on_by_itself(code: PersonCode) -> bool {
    matches!(code, PersonCode::CardMissing | PersonCode::ReaderMissing)
}

impl Failed<'_> {
    /// Whether the same step may end better when tried again.
    pub fn can_retry(&self) -> bool {
        self.again.is_some() && self.code.can_be_retried()
    }

    /// Whether this is the person's own choice rather than an error.
    pub fn is_neutral(&self) -> bool {
        self.code == PersonCode::PinCancelled
    }
}

/// One capacity in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityOption {
    /// Value of the radio button.
    pub key: String,
    /// The role, `burgemeester`.
    pub role: String,
    /// The body or board, `Gemeente Zegelgem`.
    pub body: String,
    /// Last day, when there is one.
    pub until: Option<Day>,
    /// Whom the person stands in for, and how.
    pub standing_in: Option<StandingIn>,
    /// Whether this was the last choice.
    pub is_preselected: bool,
}

/// How a person comes to act in somebody else's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandingIn {
    /// Acting for an absent holder.
    Acting {
        /// Name or role of the holder.
        holder: String,
    },
    /// By delegation of signature.
    Delegated {
        /// Name or role of who delegated.
        holder: String,
    },
}

/// Choice of capacity, and what will be shared.
#[derive(Debug, Template)]
#[template(path = "interaction/capacity.html")]
pub struct Capacity<'a> {
    /// The frame: `capacity-title` with several capacities, `share-title` otherwise.
    pub page: Page<'a>,
    /// The person's name as their card says it.
    pub name: String,
    /// The application.
    pub client: ClientView,
    /// What the application will see.
    pub shared: Vec<Shared>,
    /// The capacities; with fewer than two there is nothing to choose.
    pub options: Vec<CapacityOption>,
    /// Whether the form came back without a choice.
    pub is_choice_missing: bool,
    /// Where the form posts.
    pub action: String,
    /// Where the way out posts.
    pub cancel: String,
    /// The session's form token.
    pub csrf: String,
}

impl Capacity<'_> {
    /// The key of the heading for so many capacities.
    pub const fn title_key(options: usize) -> &'static str {
        if options > 1 {
            "capacity-title"
        } else {
            "share-title"
        }
    }
}

impl Waiting<'_> {
    /// Key of the heading.
    pub const TITLE: &'static str = "waiting-title";
}
