//! What log-ins leave behind, taken away when it can serve nobody any more.

use std::time::Duration;

use crate::oidc::session::IDLE_LIMIT;
use crate::oidc::token::{CODE_LIFETIME, LOGIN_TOKEN_LIFETIME};
use crate::store::{grants, login, sessions};

use super::LoginError;
use crate::journeys::App;

/// How long an expired visit is kept, so that its page can still say that it expired.
const VISIT_GRACE: Duration = Duration::from_hours(1);

/// How long a session is kept when nobody can use it any more: the tokens that came of it end sooner, and what they
/// open asks for the session's names and level.
const SESSION_GRACE: Duration = Duration::from_hours(1);

/// Deletes expired visits, access tokens and sessions, and wipes the national numbers of grants whose tokens ended.
///
/// Returns how many records were touched.
pub async fn tidy(app: &App) -> Result<u64, LoginError> {
    let now = app.now();
    let visits = login::sweep(&app.db, now.minus(VISIT_GRACE)).await?;
    let tokens = grants::sweep_tokens(&app.db, now).await?;
    let opened_until = CODE_LIFETIME.saturating_add(LOGIN_TOKEN_LIFETIME);
    let numbers = grants::forget_numbers(&app.db, now.minus(opened_until)).await?;
    // Only a session that is not over is ever noted as used, so that the last use tells of every way it can end.
    let unused_since = now.minus(IDLE_LIMIT.saturating_add(SESSION_GRACE));
    let sessions = sessions::sweep(&app.db, unused_since).await?;
    Ok(visits
        .saturating_add(tokens)
        .saturating_add(numbers)
        .saturating_add(sessions))
}
