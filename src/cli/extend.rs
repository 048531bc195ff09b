//! `zegel extend` and `zegel timestamp`: raise what is signed, or stamp a file, without a signer.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use super::outside::{self, Surroundings};
use super::password::{self, Password};
use crate::ades::asic::extend::{self, ExtendError, Extended};
use crate::ades::level::Level;
use crate::ades::pades::completion::{CompletionError, Step};
use crate::ades::pades::extend::{Extension, Target};
use crate::ades::pades::stages::Completed;
use crate::base::bytes::{ReadAt, copy};
use crate::fetch::resume;

/// Raise the signatures of a PDF file or a container to a level, or renew their B-LTA. Nobody signs, nothing that is
/// signed changes.
///
/// Asks for time-stamps and revocation answers; the result is read back and is not written below the level. In a
/// container (asice, asics) one signature can be raised alone; files that it does not touch keep every byte.
///
/// Example: zegel extend decision-signed.pdf --level lta --out decision-lta.pdf
///
/// Example: zegel extend decision.asice --level lta --signature META-INF/signatures001.xml
#[derive(Args, Debug)]
pub struct ExtendArguments {
    #[command(flatten)]
    common: Common,
    /// The level that every signature must show afterwards; lta on a file that shows it renews it.
    #[arg(long, value_name = "t|lt|lta", default_value = "lta")]
    level: Level,
    /// In a container, only this signature: as zegel verify names it, or the file it stands in [default: all].
    #[arg(long, value_name = "NAME")]
    signature: Option<String>,
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
    /// Where the result goes [default: beside it, NAME-extended or NAME-stamped, with its ending].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A time-stamping service (RFC 3161) to ask before those configured; may be repeated.
    #[arg(long = "time-stamp-url", value_name = "URL")]
    time_stamp_urls: Vec<String>,
    #[command(flatten)]
    password: Password,
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
    let common = &arguments.common;
    let key = common.password.read();
    let document = match key.and_then(|key| key.open(&common.document)) {
        Ok(document) => document,
        Err(problem) => return outside::refused(console, &problem),
    };
    // Any archive: what is wrong with one that is no container is then said of a container.
    let is_archive = document.read_vec(0, 2).is_ok_and(|start| start == b"PK");
    let done = if is_archive {
        contained(&arguments, document, console)
    } else if arguments.signature.is_some() {
        console.error("--signature names one signature of a container; in a PDF all are raised together");
        Err(Exit::Usage)
    } else {
        run(
            common,
            document,
            Target::Level(arguments.level),
            "extended",
            console,
        )
    };
    done.unwrap_or_else(|exit| exit)
}

/// Runs `zegel timestamp`.
pub fn timestamp(arguments: TimestampArguments, console: &mut Console) -> Exit {
    let common = &arguments.common;
    let key = common.password.read();
    match key.and_then(|key| key.open(&common.document)) {
        Ok(document) => {
            run(common, document, Target::TimeStamp, "stamped", console).unwrap_or_else(|exit| exit)
        }
        Err(problem) => outside::refused(console, &problem),
    }
}

/// Extends signatures of a container.
fn contained(
    arguments: &ExtendArguments,
    document: Arc<dyn ReadAt>,
    console: &mut Console,
) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let ending = common.document.extension().map(|ending| ending.to_string_lossy());
    let named = ("extended", ending.as_deref().unwrap_or("asice"));
    let output = outside::plan(
        &common.document,
        common.out.as_ref(),
        named,
        common.force,
        console,
    )?;
    let around = Surroundings::open(&common.config, &common.time_stamp_urls, console)?;
    let work = raise(&around, document, arguments.signature.as_deref(), arguments.level);
    let Some(outcome) = around.interrupt.unless_asked(work) else {
        return Err(console.fail(Exit::Cancelled, "INTERRUPTED", "it was cancelled"));
    };
    let extended = outcome.map_err(|error| {
        let exit = match error {
            ExtendError::Unknown { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        console.fail_with(exit, error.cause(), &error)
    })?;
    output
        .write_with(|file| copy(&extended.container, file))
        .map_err(|problem| outside::refused(console, &problem))?;
    let shown = output.path().display().to_string();
    console.result(
        format!("{shown}: {}", extended.level),
        &serde_json::json!({"out": shown, "level": extended.level, "signature": arguments.signature}),
    );
    Ok(Exit::Good)
}

async fn raise(
    around: &Surroundings,
    document: Arc<dyn ReadAt>,
    name: Option<&str>,
    level: Level,
) -> Result<Extended, ExtendError> {
    let outside = &around.outside;
    let now = outside.clock.now();
    let mut extension = extend::Extension::new(document, name, level, outside.settings(), now)?;
    resume::asked(&mut extension, &*outside.fetcher, &*outside.clock).await
}

fn run(
    common: &Common,
    document: Arc<dyn ReadAt>,
    target: Target,
    word: &str,
    console: &mut Console,
) -> Result<Exit, Exit> {
    let output = outside::plan(
        &common.document,
        common.out.as_ref(),
        (word, "pdf"),
        common.force,
        console,
    )?;
    let around = Surroundings::open(&common.config, &common.time_stamp_urls, console)?;
    let work = go(&around, Arc::clone(&document), target);
    let Some(outcome) = around.interrupt.unless_asked(work) else {
        return Err(console.fail(Exit::Cancelled, "INTERRUPTED", "it was cancelled"));
    };
    let completed = outcome.map_err(|error| {
        let exit = console.fail_with(Exit::Failed, error.cause(), &error);
        password::tell(error.cause(), console);
        exit
    })?;
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
