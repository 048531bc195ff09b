//! The log: text on a terminal, JSON lines otherwise, always to stderr.
//!
//! What is never logged (PINs, tokens, codes, cookies, names, national numbers, document content) is kept out where
//! the events are made; nothing here could tell it apart any more.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// The filter is not one that `tracing-subscriber` understands.
#[derive(Debug, thiserror::Error)]
#[error("expected a log filter such as `info` or `zegel=debug`, found `{0}`")]
pub struct FilterError(pub String);

/// Says whether `filter` is one, without starting a log.
///
/// # Errors
/// When `filter` does not parse.
pub fn check(filter: &str) -> Result<(), FilterError> {
    parse(filter).map(|_| ())
}

fn parse(filter: &str) -> Result<EnvFilter, FilterError> {
    EnvFilter::try_new(filter).map_err(|_| FilterError(filter.to_owned()))
}

/// Starts the log with `filter`. Does nothing when one was started before.
///
/// # Errors
/// When `filter` does not parse.
pub fn start(filter: &str) -> Result<(), FilterError> {
    let parsed = parse(filter)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr);
    let _ = if std::io::stderr().is_terminal() {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    Ok(())
}
