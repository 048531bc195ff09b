//! What the log-in pages show at each stage.

use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::oidc::claims::{self, Shared};
use crate::oidc::client::Names;
use crate::oidc::interaction::{CardStep, Interaction, InteractionId, Stage, Task};
use crate::oidc::redirect::RedirectUri;
use crate::oidc::scope::Scope;
use crate::store::boards::{self, Board};
use crate::store::clients;

use super::{Browser, Capacity, LoginError, capacities, current_session, is_given_up, open_interaction};
use crate::base::time::Timestamp;
use crate::journeys::App;

/// What a visit's page shows now.
#[derive(Debug)]
pub enum View {
    /// How to log in.
    Choice(ChoiceView),
    /// The card is at work.
    Waiting(WaitingView),
    /// The last try failed.
    Failed(FailedView),
    /// Somebody proved who they are: fetch the session with [`super::arrive`].
    Arriving,
    /// Capacity, and who receives what.
    Capacity(CapacityView),
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The board for which the person logs in.
    pub board: Board,
    /// Name and organisation of the application; none when a page of ours asks.
    pub client: Option<(Names, String)>,
    /// Origin of the application's redirect URI, which the page's form may lead to.
    pub form_target: Option<String>,
    /// What it will receive.
    pub shared: Vec<Shared>,
    /// The language it asked for.
    pub language: Option<Language>,
    /// When the visit ends by itself.
    pub expires_at: Timestamp,
}

/// How to log in.
#[derive(Debug)]
pub struct ChoiceView {
    /// Who asks.
    pub asker: Asker,
    /// Whether this machine's reader is offered: in use here, and the browser is on this machine.
    pub counter: bool,
}

/// The card is at work.
#[derive(Debug)]
pub struct WaitingView {
    /// Who asks.
    pub asker: Asker,
    /// The letters that the PIN window shows as well.
    pub short_code: String,
    /// What is being done.
    pub step: CardStep,
}

/// The last try failed.
#[derive(Debug)]
pub struct FailedView {
    /// Who asks.
    pub asker: Asker,
    /// The text to show.
    pub code: PersonCode,
    /// Attempts left before the PIN is blocked, when the card told.
    pub tries_left: Option<u8>,
    /// Whether this machine's reader is offered.
    pub counter: bool,
}

/// Capacity, and who receives what.
#[derive(Debug)]
pub struct CapacityView {
    /// Who asks.
    pub asker: Asker,
    /// The person's names in reading order.
    pub full_name: String,
    /// The capacities to choose from; empty when none is asked or there is none.
    pub capacities: Vec<Capacity>,
    /// Key of the capacity to preselect.
    pub preselected: Option<String>,
}

/// What the page of the visit shows now.
pub async fn view(app: &App, id: InteractionId, browser: &Browser) -> Result<View, LoginError> {
    let interaction = open_interaction(app, id, browser).await?;
    let asker = asker(app, &interaction).await?;
    let counter = browser.is_at_this_computer && app.counter.is_some();
    Ok(match interaction.stage {
        Stage::Open => View::Choice(ChoiceView { asker, counter }),
        Stage::Card { since, .. } if is_given_up(app, since) => View::Failed(FailedView {
            asker,
            code: PersonCode::PinTimeout,
            tries_left: None,
            counter,
        }),
        Stage::Card { short_code, step, .. } => View::Waiting(WaitingView {
            asker,
            short_code,
            step,
        }),
        Stage::Failed { tries_left, code, .. } => {
            let code = PersonCode::from_text(&code).unwrap_or(PersonCode::ServerError);
            View::Failed(FailedView {
                asker,
                code,
                tries_left,
                counter,
            })
        }
        Stage::Proved(_) => View::Arriving,
        Stage::Choosing { session: expected } => {
            let session = current_session(app, browser)
                .await?
                .filter(|session| session.id == expected);
            let session = session.ok_or(LoginError::InteractionUnknown)?;
            let person = session
                .person_at(interaction.board)
                .ok_or(LoginError::Inconsistent)?;
            let asked = match &interaction.task {
                Task::Authorize { request } => request.scopes.has(Scope::Capacity),
                Task::OwnPage { .. } => false,
            };
            let capacities = if asked {
                capacities(app, interaction.board, person).await?
            } else {
                Vec::new()
            };
            let preselected = capacities.first().map(|capacity| capacity.key.clone());
            View::Capacity(CapacityView {
                asker,
                full_name: session.full_name(),
                capacities,
                preselected,
            })
        }
    })
}

/// The state of a visit, for the page that waits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Nothing is going on: show the page again.
    Open,
    /// The card is at work.
    Card {
        /// The letters that the PIN window shows as well.
        short_code: String,
    },
    /// Certificate and revocation are being checked.
    Checking,
    /// The try failed: show the text of this code.
    Failed {
        /// The code.
        code: String,
    },
    /// Somebody proved who they are: go on.
    Arriving,
    /// The session exists: go on.
    Choosing,
}

/// Where the visit stands, for the page that waits.
pub async fn state(app: &App, id: InteractionId, browser: &Browser) -> Result<State, LoginError> {
    let interaction = open_interaction(app, id, browser).await?;
    Ok(match interaction.stage {
        Stage::Open => State::Open,
        Stage::Card { since, .. } if is_given_up(app, since) => State::Failed {
            code: PersonCode::PinTimeout.as_str().to_owned(),
        },
        Stage::Card {
            short_code,
            step: CardStep::Card,
            ..
        } => State::Card { short_code },
        Stage::Card {
            step: CardStep::Checking,
            ..
        } => State::Checking,
        Stage::Failed { code, .. } => State::Failed { code },
        Stage::Proved(_) => State::Arriving,
        Stage::Choosing { .. } => State::Choosing,
    })
}

async fn asker(app: &App, interaction: &Interaction) -> Result<Asker, LoginError> {
    let board = boards::find(&app.db, interaction.board)
        .await?
        .ok_or(LoginError::Inconsistent)?;
    let (client, form_target, shared) = match &interaction.task {
        Task::OwnPage { .. } => (None, None, Vec::new()),
        Task::Authorize { request } => {
            let client = clients::find(&app.db, request.client)
                .await?
                .ok_or(LoginError::Inconsistent)?;
            let shared = claims::shared(&client, request);
            let target = RedirectUri::register(&request.target.redirect_uri)
                .map(|uri| uri.origin())
                .ok();
            (
                Some((client.registration.names, client.registration.organisation)),
                target,
                shared,
            )
        }
    };
    Ok(Asker {
        board,
        client,
        form_target,
        shared,
        language: interaction.task.language(),
        expires_at: interaction.expires_at,
    })
}
