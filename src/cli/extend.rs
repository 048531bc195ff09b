//! `zegel extend` and `zegel timestamp`: raise what is signed, or stamp a file, without a signer.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use super::files;
use super::outside::{self, Surroundings};
use crate::ades::level::Level;
use crate::ades::pades::completion::{CompletionError, Step};
use crate::ades::pades::extend::{Extension, Target};
use crate::ades::pades::stages::Completed;
use crate::base::bytes::ReadAt;

/// Raise the signatures of a PDF file to a level, or renew their B-LTA. Nobody signs, nothing that is there changes.
///
/// Asks for time-stamps and revocation answers; the result is read back and is not written below the level.
///
/// Example: zegel extend decision-signed.pdf --level lta --out decision-lta.pdf
#[derive(Args, Debug)]
pub struct ExtendArguments {
    #[command(flatten)]
    common: Common,
    /// The level that every signature must show afterwards; lta on a file that shows it renews it.
    #[arg(long, value_name = "t|lt|lta", default_value = "lta")]
    level: Level,
}

/// Put a document time-stamp on a PDF file, signed or not.
///
/// Example: zegel timestamp report.pdf
#[derive(Args, Debug)]
pub struct TimestampArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct Common {
    #[command(flatten)]
    config: Files,
    /// The file.
    #[arg(value_name = "FILE")]
    document: PathBuf,
    /// Where the result goes [default: NAME-extended.pdf or NAME-stamped.pdf beside it].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A time-stamping service (RFC 3161) to ask before those configured; may be repeated.
    #[arg(long = "time-stamp-url", value_name = "URL")]
    time_stamp_urls: Vec<String>,
    /// Overwrite the file if it exists.
    #[arg(long)]
    force: bool,
}

/// Runs `zegel extend`.
pub fn extend(arguments: ExtendArguments, console: &mut Console) -> Exit {
    if arguments.level == Level::B {
        console.error("a signature has B-B from the start: expected one of t, lt, lta");
        return Exit::Usage;
    }
    run(
        &arguments.common,
        Target::Level(arguments.level),
        "extended",
        console,
    )
    .unwrap_or_else(|exit| exit)
}

/// Runs `zegel timestamp`.
pub fn timestamp(arguments: TimestampArguments, console: &mut Console) -> Exit {
    run(&arguments.common, Target::TimeStamp, "stamped", console).unwrap_or_else(|exit| exit)
}

fn run(common: &Common, target: Target, word: &str, console: &mut Console) -> Result<Exit, Exit> {
    let output = outside::plan(&common.document, common.out.as_ref(), word, common.force, console)?;
    let document = files::open(&common.document).map_err(|problem| outside::refused(console, &problem))?;
    let around = Surroundings::open(&common.config, &common.time_stamp_urls, console)?;
    let work = go(&around, Arc::clone(&document), target);
    let Some(outcome) = around.interrupt.unless_asked(work) else {
        return Err(console.fail(Exit::Cancelled, "INTERRUPTED", "it was cancelled"));
    };
    let completed = outcome.map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))?;
    outside::write(&output, &document, &completed, console)?;
    let shown = output.path().display().to_string();
    let (text, level) = match target {
        Target::Level(_) => (format!("{shown}: {}", completed.level), Some(completed.level)),
        Target::TimeStamp => (format!("{shown}: document time-stamp"), None),
    };
    console.result(
        text,
        &serde_json::json!({"out": shown, "level": level, "field": completed.field}),
    );
    Ok(Exit::Good)
}

async fn go(
    around: &Surroundings,
    document: Arc<dyn ReadAt>,
    target: Target,
) -> Result<Completed, CompletionError> {
    let outside = &around.outside;
    let mut extension = Extension::new(document, target, outside.settings(), outside.clock.now())?;
    loop {
        match extension.step(outside.clock.now())? {
            Step::Done(completed) => return Ok(*completed),
            Step::Need(need) => {
                let answer = outside.fetcher.fetch(&need).await;
                extension.answer(answer, outside.clock.now())?;
            }
        }
    }
}
