//! The end of a session, before its time: by its person, or because their card is gone.

use super::{Browser, LoginError, current_session};
use crate::audit::EventKind;
use crate::journeys::App;
use crate::oidc::session::SessionId;
use crate::store::{events, sessions};

/// Ends the session of this browser. The cookie should be removed as well.
pub async fn log_out(app: &App, browser: &Browser) -> Result<(), LoginError> {
    match current_session(app, browser).await? {
        Some(session) => end_session(app, session.id, "log_out").await,
        None => Ok(()),
    }
}

/// Ends this session for `reason`, with its event; one that ended before stays as it was. What its person was signing
/// at this machine's reader ends with it.
pub async fn end_session(app: &App, id: SessionId, reason: &'static str) -> Result<(), LoginError> {
    if let Some(counter) = &app.counter {
        counter.running.stop(id);
    }
    let Some(session) = sessions::find(&app.db, id).await? else {
        return Ok(());
    };
    let now = app.now();
    let event = session.persons.first().map(|(board, person)| {
        app.event(
            *board,
            EventKind::SessionEnded,
            Some(person.to_string()),
            Some(id.to_string()),
            "ok",
            serde_json::json!({ "reason": reason }),
        )
    });
    app.db
        .write(move |unit| {
            let event = event.clone();
            Box::pin(async move {
                let ended = sessions::end(unit, id, reason, now).await?;
                match &event {
                    Some(event) if ended => events::record(unit, event).await,
                    _ => Ok(()),
                }
            })
        })
        .await?;
    Ok(())
}
