//! What log-ins leave behind, taken away when it can serve nobody any more.

use std::time::Duration;

use crate::oidc::token::{CODE_LIFETIME, LOGIN_TOKEN_LIFETIME};
use crate::store::{grants, login};

use super::LoginError;
use crate::journeys::App;

/// How long an expired visit is kept, so that its page can still say that it expired.
const VISIT_GRACE: Duration = Duration::from_hours(1);

/// Deletes expired visits and access tokens, and wipes the national numbers of grants whose tokens ended.
///
/// Returns how many records were touched.
pub async fn tidy(app: &App) -> Result<u64, LoginError> {
    let now = app.now();
    let visits = login::sweep(&app.db, now.minus(VISIT_GRACE)).await?;
    let tokens = grants::sweep_tokens(&app.db, now).await?;
    let opened_until = CODE_LIFETIME.saturating_add(LOGIN_TOKEN_LIFETIME);
    let numbers = grants::forget_numbers(&app.db, now.minus(opened_until)).await?;
    Ok(visits.saturating_add(tokens).saturating_add(numbers))
}
