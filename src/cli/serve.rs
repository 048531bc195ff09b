//! `zegel serve`: run the service.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use crate::base::clock::SystemClock;
use crate::base::lang::Language;
use crate::base::random::SystemRandom;
use crate::config::Environment;
use crate::http::limiter::Limiter;
use crate::http::proxies::TrustedProxies;
use crate::http::server::{self, Listening, TlsFiles};
use crate::http::site::{Origin, Site};
use crate::jobs;
use crate::journeys::App;
use crate::journeys::open::{self, OpenError};
use crate::journeys::seats;
use crate::telemetry;

/// Run the service.
///
/// Without a configuration it refuses to start: a lost file must never end in test trust. The first SIGTERM or
/// SIGINT lets requests and the current job finish, the second ends at once.
///
/// Example: zegel serve --config /etc/zegel/zegel.toml
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
    /// Refuse to start when the database is not up to date, instead of bringing it up to date.
    #[arg(long)]
    no_migrate: bool,
}

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It could not start.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not listen, or stopped by itself.
    #[error(transparent)]
    Server(#[from] server::ServerError),
    /// The public address is none.
    #[error(transparent)]
    Origin(#[from] crate::http::site::OriginError),
    /// Signals cannot be received.
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let config = match arguments.config.load(console) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    if let Err(error) = telemetry::start(&config.log) {
        return console.fail(Exit::Failed, "LOG_FILTER", error);
    }
    let outcome = actix_web::rt::System::new().block_on(async {
        let app = open::open(
            config,
            Arc::new(SystemClock::new()),
            Arc::new(SystemRandom),
            !arguments.no_migrate,
        )
        .await?;
        let (first, second) = signals()?;
        serve(app, first, second, |_| {}).await
    });
    match outcome {
        Ok(()) => Exit::Good,
        Err(error) => {
            let (cause, hint) = match &error {
                ServeError::Open(error) => (error.cause(), error.hint()),
                ServeError::Server(_) => ("START_SERVER", None),
                ServeError::Origin(_) => ("START_ORIGIN", None),
                ServeError::Signals(_) => ("START_SIGNALS", None),
            };
            let exit = console.fail_with(Exit::Failed, cause, &error);
            if let Some(hint) = hint {
                console.hint(hint);
            }
            exit
        }
    }
}

/// Serves `app` with its jobs and its eye on the readers until `stop` completes. `ready` is told the address.
pub async fn serve(
    app: Arc<App>,
    stop: impl Future<Output = ()>,
    stop_now: impl Future<Output = ()>,
    ready: impl FnOnce(std::net::SocketAddr),
) -> Result<(), ServeError> {
    let config = Arc::clone(&app.config);
    let mut site = Site::new(
        Origin::parse(&config.public_url)?,
        Arc::clone(&app.clock),
        Arc::clone(&app.random),
    );
    site.is_test = config.environment == Environment::Test;
    site.default_language = Language::Nl;
    site.trusted_proxies = TrustedProxies::new(
        config
            .server
            .trusted_proxies
            .iter()
            .filter_map(|address| address.to_string().parse().ok())
            .collect(),
    );
    site.limits.upload_bytes = usize::try_from(config.limits.upload_bytes).unwrap_or(usize::MAX);
    let (each, all) = (config.limits.attempts_per_address, config.limits.attempts);
    site.limiter = Limiter::per_minute(each, all);
    let shared = actix_web::web::Data::from(Arc::clone(&app));
    let furnish: server::Furnish = Arc::new(move |services| {
        services.app_data(shared.clone());
    });
    let listening = Listening {
        address: config.server.listen,
        tls: config
            .server
            .tls
            .clone()
            .map(|(certificate_chain, private_key)| TlsFiles {
                certificate_chain,
                private_key,
            }),
        shutdown_timeout: Duration::from_mins(1),
    };
    let bound = server::bind(Arc::new(site), furnish, &listening)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        address = %bound.address,
        public_url = config.public_url,
        database = ?app.db.kind(),
        environment = ?config.environment,
        anchors = app.trust.material().anchors.count(),
        "zegel serves"
    );
    ready(bound.address);
    let (end_jobs, jobs_end) = tokio::sync::oneshot::channel::<()>();
    let jobs = tokio::spawn(jobs::run(Arc::clone(&app), async move {
        let _ = jobs_end.await;
    }));
    let (end_watch, watch_ends) = tokio::sync::oneshot::channel::<()>();
    let watching = tokio::spawn(seats::watch(Arc::clone(&app), async move {
        let _ = watch_ends.await;
    }));
    let outcome = bound.run(stop, stop_now).await;
    // The job under way is finished; what is left is taken up at the next start.
    drop(end_jobs);
    drop(end_watch);
    let _ = watching.await;
    let _ = tokio::time::timeout(Duration::from_mins(1), jobs).await;
    app.db.close().await;
    Ok(outcome?)
}

/// Two futures: the first SIGTERM or SIGINT, and the second.
fn signals() -> Result<(impl Future<Output = ()>, impl Future<Output = ()>), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    let (first, second) = (tokio::sync::oneshot::channel(), tokio::sync::oneshot::channel());
    tokio::spawn(async move {
        for sender in [first.0, second.0] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let sender: tokio::sync::oneshot::Sender<()> = sender;
            let _ = sender.send(());
        }
    });
    let wait = |receiver: tokio::sync::oneshot::Receiver<()>| async move {
        if receiver.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    Ok((wait(first.1), wait(second.1)))
}
