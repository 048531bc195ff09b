//! From a verified card to a session: who is this at the boards, and what the browser gets.

use crate::audit::{Event, EventKind};
use crate::card::CardError;
use crate::identity::{BoardId, Channel, LoginResult, PersonId};
use crate::oidc::claims;
use crate::oidc::interaction::{Interaction, InteractionId, Proof, Stage, Task};
use crate::oidc::secret::Opaque;
use crate::oidc::session::{Session, SessionId};
use crate::store::db::StoreError;
use crate::store::persons::{self, BoardPerson};
use crate::store::{boards, clients, events, login, sessions};

use super::{Arrived, Browser, LoginError, Next, end_session, number_context, open_interaction};
use crate::journeys::{App, is_blocked};

/// Takes a finished proof of identity into the visit as it was read: who is this at the boards, and what must be kept
/// of it. The browser fetches its session afterwards, with [`arrive`].
///
/// # Errors
/// `Stale` when the visit moved on since.
pub(super) async fn prove(app: &App, visit: Interaction, result: LoginResult) -> Result<(), LoginError> {
    let (mut interaction, proof, event) = known(app, visit, result).await?;
    interaction.stage = Stage::Proved(Box::new(proof));
    app.db
        .write(move |unit| {
            let (interaction, event) = (interaction.clone(), event.clone());
            Box::pin(async move {
                login::advance(unit, &interaction).await?;
                events::record(unit, &event).await
            })
        })
        .await?;
    Ok(())
}

/// Takes a proof that `browser` itself brought, and gives it its session, all in one write: between the two, whoever
/// planted this browser's old cookie could have fetched the session first.
pub(super) async fn prove_and_arrive(
    app: &App,
    id: InteractionId,
    browser: &Browser,
    result: LoginResult,
) -> Result<Arrived, LoginError> {
    let visit = open_interaction(app, id, browser).await?;
    let (visit, proof, event) = known(app, visit, result).await?;
    Arriving::new(app, visit, proof)
        .write(app, browser, Some(event))
        .await
}

/// The visit with what must be kept of `result`, who this is at each board, and the event of it.
async fn known(
    app: &App,
    mut interaction: Interaction,
    result: LoginResult,
) -> Result<(Interaction, Proof, Event), LoginError> {
    let id = interaction.id;
    let person = known_person(app, interaction.board, &result).await?;
    let mut persons = vec![(interaction.board, person)];
    for board in boards::list(&app.db)
        .await?
        .iter()
        .filter(|board| board.id != interaction.board)
    {
        let number = &result.person.national_number;
        if is_blocked(app, board.id, number, result.evidence.certificate).await? {
            continue;
        }
        persons.extend(
            find_person(app, board.id, &result)
                .await?
                .map(|person| (board.id, person)),
        );
    }
    // An earlier card of the same visit may have been another person's.
    interaction.wrapped_number = None;
    if let Task::Authorize { request } = &interaction.task {
        let client = clients::find(&app.db, request.client)
            .await?
            .ok_or(LoginError::Inconsistent)?;
        if claims::releases_number(&client, &request.scopes) {
            let digits = result.person.national_number.expose().as_bytes();
            let wrapped = app.kek.wrap(digits, &number_context(id), app.random.as_ref());
            interaction.wrapped_number = Some(wrapped.map_err(|_| LoginError::Inconsistent)?);
        }
    }
    let evidence = serde_json::json!({
        "means": result.means.as_str(), "level": result.level.uri(), "evidence": result.evidence,
    });
    let event = app.event(
        interaction.board,
        EventKind::LoginSucceeded,
        Some(person.to_string()),
        Some(id.to_string()),
        "ok",
        evidence,
    );
    let proof = Proof {
        surname: result.person.surname,
        given_names: result.person.given_names,
        persons,
        means: result.means,
        channel: result.evidence.channel,
        level: result.level,
        authenticated_at: result.authenticated_at,
        tolerance: result.evidence.tolerance(),
    };
    Ok((interaction, proof, event))
}

/// The browser fetches the session of a proof: a new id and a new cookie, whatever it had before is dead.
///
/// Works once; only for the browser that the visit belongs to. Both its old cookies should be removed.
pub async fn arrive(app: &App, id: InteractionId, browser: &Browser) -> Result<Arrived, LoginError> {
    let interaction = open_interaction(app, id, browser).await?;
    let Stage::Proved(proof) = interaction.stage.clone() else {
        return Err(LoginError::WrongStage);
    };
    let arriving = Arriving::new(app, interaction, *proof);
    let (id, session) = (arriving.interaction.id, arriving.session.id);
    let seats = app.counter.as_ref().map(|counter| &counter.seats);
    let Some(seats) = seats.filter(|_| arriving.session.channel == Channel::Counter) else {
        return arriving.write(app, browser, None).await;
    };
    if !seats.sit(id, session, app.now()) {
        arriving.fail(app).await?;
        return Err(LoginError::Card(CardError::CardRemoved));
    }
    let arrived = arriving.write(app, browser, None).await?;
    if seats.has_left(session) {
        // It left while the session was written, and whoever watches found none to end.
        end_session(app, session, "card_removed").await?;
    }
    Ok(arrived)
}

/// A proof on its way to being a session.
#[derive(Clone)]
struct Arriving {
    /// The visit, moved on.
    interaction: Interaction,
    session: Session,
}

impl Arriving {
    fn new(app: &App, mut interaction: Interaction, proof: Proof) -> Self {
        let now = app.now();
        let session = Session {
            id: SessionId::new(now, app.random.as_ref()),
            surname: proof.surname,
            given_names: proof.given_names,
            persons: proof.persons,
            means: proof.means,
            channel: proof.channel,
            level: proof.level,
            authenticated_at: proof.authenticated_at,
            seen_at: now,
            tolerance: proof.tolerance,
        };
        if matches!(interaction.task, Task::OwnPage { .. }) {
            interaction.finished_at = Some(now);
        }
        interaction.stage = Stage::Choosing { session: session.id };
        Self { interaction, session }
    }

    /// The card left before the browser came for its session: the visit takes another try.
    async fn fail(self, app: &App) -> Result<(), LoginError> {
        let error = LoginError::Card(CardError::CardRemoved);
        let mut interaction = self.interaction;
        interaction.stage = Stage::failed(error.code(), error.cause(), None);
        interaction.finished_at = None;
        interaction.wrapped_number = None;
        app.db
            .write(move |unit| {
                let interaction = interaction.clone();
                Box::pin(async move { login::advance(unit, &interaction).await })
            })
            .await?;
        Ok(())
    }

    /// Writes the session with a new cookie. The browser's other visits come along to it: its cookie from before the
    /// log-in opens nothing any more.
    async fn write(
        mut self,
        app: &App,
        browser: &Browser,
        event: Option<Event>,
    ) -> Result<Arrived, LoginError> {
        let now = app.now();
        let cookie = Opaque::generate(app.random.as_ref());
        let new = cookie.hash();
        self.interaction.browser = new;
        let next = match &self.interaction.task {
            Task::Authorize { .. } => Next::Interaction(self.interaction.id),
            Task::OwnPage { return_to, .. } => Next::Own(return_to.clone()),
        };
        let before = browser.before.as_ref().map(Opaque::hash);
        let old = browser.session.as_ref().map(Opaque::hash);
        app.db
            .write(move |unit| {
                let (arriving, event) = (self.clone(), event.clone());
                Box::pin(async move {
                    login::advance(unit, &arriving.interaction).await?;
                    if let Some(before) = before {
                        login::rebind(unit, before, new).await?;
                    }
                    if let Some(old) = old {
                        sessions::end_by_cookie(unit, old, "replaced", now).await?;
                    }
                    sessions::add(unit, &arriving.session, new).await?;
                    match &event {
                        Some(event) => events::record(unit, event).await,
                        None => Ok(()),
                    }
                })
            })
            .await?;
        Ok(Arrived { cookie, next })
    }
}

async fn find_person(
    app: &App,
    board: BoardId,
    result: &LoginResult,
) -> Result<Option<PersonId>, LoginError> {
    let number = &result.person.national_number;
    let pseudonym =
        persons::pseudonym(&app.db, board, number, &app.kek, app.random.as_ref(), app.now()).await?;
    let found = persons::find_by_pseudonym(&app.db, board, pseudonym).await?;
    Ok(found.map(|person| person.id))
}

/// The person at `board`, added there when this is the first time they log in.
async fn known_person(app: &App, board: BoardId, result: &LoginResult) -> Result<PersonId, LoginError> {
    if let Some(person) = find_person(app, board, result).await? {
        return Ok(person);
    }
    let now = app.now();
    let number = &result.person.national_number;
    let pseudonym = persons::pseudonym(&app.db, board, number, &app.kek, app.random.as_ref(), now).await?;
    let person = BoardPerson {
        id: PersonId::new(now, app.random.as_ref()),
        board,
        given_name: result.person.given_names.clone().unwrap_or_default(),
        family_name: result.person.surname.clone(),
        created_at: now,
    };
    let id = person.id;
    let added = app
        .db
        .write(move |unit| {
            let person = person.clone();
            Box::pin(async move { persons::add(unit, &person, Some(pseudonym)).await })
        })
        .await;
    match added {
        Ok(()) => Ok(id),
        // Somebody added them at the same moment: two cards of one person, or two tabs.
        Err(StoreError::Conflict(_)) => find_person(app, board, result)
            .await?
            .ok_or(LoginError::Inconsistent),
        Err(error) => Err(error.into()),
    }
}
