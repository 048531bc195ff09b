//! The code: a grant is written, its code goes to the application, once.

use crate::audit::EventKind;
use crate::oidc::authorize::AuthorizationRequest;
use crate::oidc::client::Client;
use crate::oidc::grant::{ChosenCapacity, Grant, GrantId};
use crate::oidc::interaction::Interaction;
use crate::oidc::response::{Answer, ErrorCode};
use crate::oidc::secret::Opaque;
use crate::oidc::session::Session;
use crate::oidc::subject;
use crate::oidc::token::{CODE_LIFETIME, CodeBinding};
use crate::store::{events, grants, keys, login};

use super::{LoginError, is_subject, number_context};
use crate::journeys::App;

/// Writes the grant of `session` to `client`, finishes the visit it came of, and makes the answer with its code.
///
/// `visit`: the visit with its end noted, and the wrapped national number that waited in it.
pub(super) async fn issue(
    app: &App,
    request: &AuthorizationRequest,
    client: &Client,
    session: &Session,
    capacity: Option<ChosenCapacity>,
    visit: Option<(Interaction, Option<Vec<u8>>)>,
) -> Result<Answer, LoginError> {
    let now = app.now();
    let person = session.person_at(request.board).ok_or(LoginError::Inconsistent)?;
    // Whoever logged in for this request may be another than the one the application means: that must be an error
    // (OpenID Connect Core §3.1.2.1, id_token_hint).
    if let Some(hinted) = &request.hinted_subject
        && !is_subject(app, request.board, client, person, hinted).await?
    {
        return somebody_else(app, request, visit.map(|(visit, _)| visit)).await;
    }
    let secret = keys::secret(
        &app.db,
        request.board,
        "subject",
        &app.kek,
        app.random.as_ref(),
        now,
    )
    .await?;
    let sector = client.registration.sector.as_str();
    let fresh = subject::pairwise(secret.expose(), request.board, sector, person);
    let subject = grants::subject(&app.db, request.board, sector, person, &fresh, now).await?;
    let id = GrantId::new(now, app.random.as_ref());
    let wrapped_number = match &visit {
        Some((visit, Some(wrapped))) => Some(rewrap(
            app,
            wrapped,
            &number_context(visit.id),
            &grant_context(id),
        )?),
        _ => None,
    };
    let code = Opaque::generate(app.random.as_ref());
    let grant = Grant {
        id,
        board: request.board,
        client: client.id,
        person,
        session: session.id,
        subject,
        scopes: request.scopes.clone(),
        nonce: request.nonce.clone(),
        capacity,
        wrapped_number,
        code: CodeBinding {
            redirect_uri: request.target.redirect_uri.clone(),
            challenge: request.code_challenge.clone(),
            expires_at: now.plus(CODE_LIFETIME),
        },
        created_at: now,
        revoked_at: None,
    };
    let detail =
        serde_json::json!({ "client": client.id, "scopes": grant.scopes.to_string(), "session": session.id });
    let (actor, object) = (Some(person.to_string()), Some(id.to_string()));
    let event = app.event(request.board, EventKind::CodeIssued, actor, object, "ok", detail);
    let (hash, visit) = (code.hash(), visit.map(|(visit, _)| visit));
    app.db
        .write(move |unit| {
            let (grant, visit, event) = (grant.clone(), visit.clone(), event.clone());
            Box::pin(async move {
                if let Some(visit) = &visit {
                    login::advance(unit, visit).await?;
                }
                grants::add(unit, &grant, hash).await?;
                events::record(unit, &event).await
            })
        })
        .await?;
    Ok(Answer::code(request.target.clone(), code.expose()))
}

/// The answer when the request's hint names another than the person of the session. The visit is over.
async fn somebody_else(
    app: &App,
    request: &AuthorizationRequest,
    visit: Option<Interaction>,
) -> Result<Answer, LoginError> {
    tracing::info!(client.id = %request.client, "the person who logged in is not the one of the hint");
    if let Some(visit) = visit {
        app.db
            .write(move |unit| {
                let visit = visit.clone();
                Box::pin(async move { login::advance(unit, &visit).await })
            })
            .await?;
    }
    Ok(Answer::error(
        request.target.clone(),
        ErrorCode::LoginRequired,
        "the person who logged in is not the one of id_token_hint",
    ))
}

/// What a wrapped national number is bound to in its grant.
pub(super) fn grant_context(id: GrantId) -> String {
    format!("national_number:{id}")
}

fn rewrap(app: &App, wrapped: &[u8], from: &str, to: &str) -> Result<Vec<u8>, LoginError> {
    let number = app
        .kek
        .unwrap(wrapped, from)
        .map_err(|_| LoginError::Inconsistent)?;
    app.kek
        .wrap(number.expose(), to, app.random.as_ref())
        .map_err(|_| LoginError::Inconsistent)
}
