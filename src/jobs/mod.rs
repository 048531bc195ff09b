//! What runs without a visitor: signatures to finish, requests that ended by themselves, what log-ins left behind,
//! the chain of audit events, roots, authorities and revocation lists to fetch, trusted lists to renew.
//!
//! Every instance runs them; a job is taken by one at a time, and each may be run again without harm. Start from
//! [`run`].

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::journeys::App;
use crate::journeys::lists;
use crate::journeys::login;
use crate::journeys::sign::{container, finish, publish, request};
use crate::journeys::trust;
use crate::store::events;
use crate::store::queue::{self, TakenJob};

/// How often the queue is looked at when nothing was due.
const IDLE: Duration = Duration::from_secs(5);
/// How long a job is another instance's when its own ended under it.
const LOCK: Duration = Duration::from_mins(5);
/// How often the things without a queue are done.
const ROUND: Duration = Duration::from_mins(1);
/// How often authorities that are new are looked for, once all that have an address were asked for.
const TRUST_ROUND: Duration = Duration::from_hours(24);
/// How often trusted lists are renewed (reference pki-and-trust §5.5).
const LISTS_ROUND: Duration = Duration::from_hours(6);
/// How soon a renewal that failed is tried again.
const LISTS_AGAIN: Duration = Duration::from_mins(15);
/// How often scratch is swept.
const SCRATCH_ROUND: Duration = Duration::from_hours(1);
/// Longest pause between two tries of one job.
const LONGEST_PAUSE: Duration = Duration::from_mins(30);

/// Runs jobs until `stop` completes; the one under way is finished first.
pub async fn run(app: Arc<App>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut last_round: Option<Duration> = None;
    let (mut next_refresh, mut next_sweep) = (Duration::ZERO, Duration::ZERO);
    let mut lists: Option<JoinHandle<()>> = None;
    let renewing = tokio::spawn(renew_trusted_lists(Arc::clone(&app)));
    loop {
        let now = app.clock.monotonic();
        if last_round.is_none_or(|last| now.saturating_sub(last) >= ROUND) {
            last_round = Some(now);
            round(&app).await;
            if now >= next_sweep {
                sweep(&app).await;
                next_sweep = now.saturating_add(SCRATCH_ROUND);
            }
            // Aside: a source that hangs must not hold up what people wait for.
            if lists.as_ref().is_none_or(JoinHandle::is_finished) {
                let app = Arc::clone(&app);
                lists = Some(tokio::spawn(async move { refresh_lists(&app).await }));
            }
            if now >= next_refresh && refresh_trust(&app).await {
                next_refresh = now.saturating_add(TRUST_ROUND);
            }
        }
        let worked = due(&app).await;
        let pause = if worked { Duration::ZERO } else { IDLE };
        tokio::select! {
            () = &mut stop => {
                if let Some(lists) = lists {
                    lists.abort();
                }
                renewing.abort();
                return;
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Does once what has no queue. Failures are logged; the next round tries again.
pub async fn round(app: &App) {
    if let Err(error) = events::chain_all(&app.db).await {
        tracing::error!(cause = error.cause(), "audit events could not be chained");
    }
    match login::tidy(app).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(count, "what log-ins left behind was taken away"),
        Err(error) => tracing::error!(cause = error.cause(), "what log-ins left behind is still there"),
    }
    match container::tidy(app).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(count, "containers that nobody signed were taken away"),
        Err(error) => tracing::error!(
            cause = error.cause(),
            "containers that nobody signed are still there"
        ),
    }
    match request::expire_overdue(app).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "signing requests ended by themselves"),
        Err(error) => tracing::error!(
            cause = error.cause(),
            "overdue signing requests could not be closed"
        ),
    }
}

/// Clears scratch of what nobody needs.
async fn sweep(app: &App) {
    match app.blobs.sweep(app.now()).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(
            count,
            "copies of documents that nobody needs were taken from scratch"
        ),
        Err(error) => tracing::warn!(cause = error.cause(), "scratch could not be swept"),
    }
}

/// Keeps the revocation lists up to date that log-ins and signatures rest on.
async fn refresh_lists(app: &App) {
    match trust::refresh_lists(&app.db, &app.trust, app.fetcher.as_ref(), app.clock.as_ref()).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "revocation lists were fetched anew"),
        Err(error) => tracing::error!(cause = error.cause(), "revocation lists could not be stored"),
    }
}

/// Looks for roots and authorities that are not at hand. Says whether that may rest for a day.
async fn refresh_trust(app: &App) -> bool {
    match trust::refresh(&app.db, &app.trust, app.fetcher.as_ref(), app.now()).await {
        Ok(refreshed) => {
            if refreshed.learnt > 0 {
                tracing::info!(
                    count = refreshed.learnt,
                    "roots and authorities were fetched and kept"
                );
            }
            if app.trust.material().anchors.count() == 0 {
                tracing::error!(
                    "no pinned root is at hand, so every card is refused; their addresses do not answer"
                );
            }
            refreshed.is_complete
        }
        Err(error) => {
            tracing::error!(
                cause = error.cause(),
                "what was learnt of the PKI could not be stored"
            );
            false
        }
    }
}

/// Renews the trusted lists again and again, aside: soon once more while one of them did not come.
async fn renew_trusted_lists(app: Arc<App>) {
    loop {
        let pause = if trusted_lists(&app).await {
            LISTS_ROUND
        } else {
            LISTS_AGAIN
        };
        tokio::time::sleep(pause).await;
    }
}

/// Renews the trusted lists. Says whether all of them are as new as they can be.
async fn trusted_lists(app: &App) -> bool {
    let Some(anchors) = app.trust.list_anchors() else {
        return true;
    };
    match lists::refresh(&app.db, &app.trust, anchors, app.fetcher.as_ref(), app.now()).await {
        Ok(renewals) => renewals.iter().all(|renewal| renewal.cause.is_none()),
        Err(error) => {
            tracing::error!(cause = error.cause(), "trusted lists could not be stored");
            false
        }
    }
}

/// Takes one job that is due and does it. Says whether there was one.
pub async fn due(app: &App) -> bool {
    let now = app.now();
    let job = match queue::take(&app.db, now, now.plus(LOCK)).await {
        Ok(Some(job)) => job,
        Ok(None) => return false,
        Err(error) => {
            tracing::error!(cause = error.cause(), "the job queue could not be read");
            return false;
        }
    };
    let outcome = perform(app, &job).await;
    let noted = match outcome {
        Ok(()) => queue::finish(&app.db, &job, app.now()).await,
        Err(cause) => {
            tracing::warn!(job.kind, job.attempts, cause, "a job did not work and is put off");
            queue::postpone(&app.db, &job, app.now().plus(pause(job.attempts)), cause).await
        }
    };
    if let Err(error) = noted {
        tracing::error!(cause = error.cause(), "a job's outcome could not be noted");
    }
    true
}

async fn perform(app: &App, job: &TakenJob) -> Result<(), &'static str> {
    match job.kind.as_str() {
        finish::JOB => {
            let id = job.subject.parse().map_err(|_| "JOB_SUBJECT")?;
            let outcome = finish::finish(app, id).await;
            // WHY also when it is put off: a signature may stand while what raises all of them does not come.
            if let Err(error) = finish::tell_pages(app, id).await {
                tracing::warn!(
                    cause = error.cause(),
                    "the page of a finished signature was not told"
                );
            }
            outcome.map_err(|error| error.cause())
        }
        container::JOB => {
            let id = job.subject.parse().map_err(|_| "JOB_SUBJECT")?;
            container::finish(app, id).await.map_err(|error| error.cause())?;
            container::tell_all(app, id).await.map_err(|error| error.cause())
        }
        publish::JOB => {
            let id = job.subject.parse().map_err(|_| "JOB_SUBJECT")?;
            publish::publish(app, id).await.map_err(|error| error.cause())
        }
        _ => Err("JOB_UNKNOWN"),
    }
}

/// 10 seconds, 20, 40, … up to half an hour.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(16);
    Duration::from_secs(10)
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stop_growing() {
        let seconds: Vec<u64> = [1, 2, 3, 9, 100, 0, -5]
            .into_iter()
            .map(|n| pause(n).as_secs())
            .collect();
        assert_eq!(seconds, [10, 20, 40, 1800, 1800, 10, 10]);
    }
}
