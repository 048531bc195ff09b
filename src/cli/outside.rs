//! What the commands that seal and extend have in common: settings, trust, the door, the result as a file.

use std::path::PathBuf;
use std::sync::Arc;

use super::config::Files;
use super::console::{Console, Exit};
use super::files::{FileProblem, Output, Readable};
use super::interrupt::Interrupt;
use super::trust;
use crate::ades::pades::stages::Completed;
use crate::base::bytes::ReadAt;
use crate::base::clock::SystemClock;
use crate::base::random::SystemRandom;
use crate::config::desk::{Desk, time_stamp_host};
use crate::config::{Environment, desk, read};
use crate::fetch::http::HttpFetcher;
use crate::journeys::seal::Outside;

/// A command's surroundings.
pub(super) struct Surroundings {
    pub(super) desk: Desk,
    pub(super) outside: Outside,
    pub(super) interrupt: Interrupt,
}

impl Surroundings {
    /// Reads the settings and opens trust and door. `urls`: time-stamping services to ask before those configured.
    pub(super) fn open(config: &Files, urls: &[String], console: &mut Console) -> Result<Self, Exit> {
        let desk = desk(config, urls, console)?;
        let folder = match desk.environment {
            Environment::Test => desk.test_trust.as_deref(),
            Environment::Production => None,
        };
        let trust = trust::open(folder)
            .map_err(|problem| console.fail_with(Exit::Failed, problem.cause(), &problem))?;
        let trust = Arc::new(trust.with_responders(desk.outside.responders.clone()));
        let clock = Arc::new(SystemClock::new());
        let fetcher = HttpFetcher::new(desk.outside.fetch_rules(&trust), clock.clone())
            .map_err(|error| console.fail_with(Exit::Failed, "START_HTTP_CLIENT", &error))?;
        let interrupt =
            Interrupt::watch().map_err(|error| console.fail_with(Exit::Failed, "START_RUNTIME", &error))?;
        let outside = Outside {
            trust,
            fetcher: Arc::new(fetcher),
            clock,
            random: Arc::new(SystemRandom),
            time_stamp_urls: desk.outside.time_stamp_urls.clone(),
            time_stamp_policies: desk.outside.time_stamp_policies.clone(),
        };
        Ok(Self {
            desk,
            outside,
            interrupt,
        })
    }
}

/// Reads the settings of this computer. `urls`: time-stamping services to ask before those configured.
pub(super) fn desk(config: &Files, urls: &[String], console: &mut Console) -> Result<Desk, Exit> {
    let mut desk = desk::load(&config.paths_that_exist(), &read::environment())
        .map_err(|problems| super::config::print(console, &problems, Exit::Failed))?;
    let mut first = Vec::new();
    for url in urls {
        let Some(host) = time_stamp_host(url) else {
            console.error(format_args!("`{url}` is not an http or https address"));
            return Err(Exit::Usage);
        };
        desk.outside.hosts.push(host);
        first.push(url.clone());
    }
    first.append(&mut desk.outside.time_stamp_urls);
    desk.outside.time_stamp_urls = first;
    Ok(desk)
}

/// Plans `out`, or `NAME-WORD.ENDING` beside `file`.
pub(super) fn plan(
    file: &std::path::Path,
    out: Option<&PathBuf>,
    (word, ending): (&str, &str),
    force: bool,
    console: &mut Console,
) -> Result<Output, Exit> {
    let beside = || {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        file.with_file_name(format!("{}-{word}.{ending}", stem.unwrap_or_default()))
    };
    let path = out.cloned().unwrap_or_else(beside);
    Output::plan(&path, force, Readable::AsUsual).map_err(|problem| refused(console, &problem))
}

/// Writes `document` with what `completed` appends.
pub(super) fn write(
    output: &Output,
    document: &Arc<dyn ReadAt>,
    completed: &Completed,
    console: &mut Console,
) -> Result<(), Exit> {
    output
        .write_with(|file| super::sign::write_sealed(document, completed, file))
        .map_err(|problem| refused(console, &problem))
}

/// Says what is wrong with a file.
pub(super) fn refused(console: &mut Console, problem: &FileProblem) -> Exit {
    let exit = match problem {
        FileProblem::Exists(_) => Exit::Usage,
        FileProblem::Read(..) | FileProblem::Write(..) => Exit::Failed,
    };
    console.fail_with(exit, problem.cause(), problem);
    if let Some(hint) = problem.hint() {
        console.hint(hint);
    }
    exit
}
