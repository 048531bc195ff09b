//! `zegel extend` and `zegel timestamp`: raise what is signed, or stamp a file, without a signer.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use super::files;
use super::outside::{self, Surroundings};
use super::password::{self, Password};
use super::sign::Written;
use crate::ades::asic;
use crate::ades::augment::error::{AugmentError, CannotChange};
use crate::ades::content::DataObject;
use crate::ades::extend::{self, ExtendError, Extended};
use crate::ades::jades::read::Serialization;
use crate::ades::level::Level;
use crate::ades::pades::completion::{CompletionError, Step};
use crate::ades::pades::extend::{Extension, Target};
use crate::ades::pades::stages::Completed;
use crate::ades::validate::{FileFormat, format_of};
use crate::base::bytes::{ReadAt, copy};
use crate::base::text::one_line;
use crate::fetch::resume;

/// Raise the signatures of a file to a level, or renew their B-LTA: a PDF, a container (asice, asics), a CMS message
/// (p7s, p7m), XML or JSON. Nobody signs, nothing that is signed changes.
///
/// Asks for time-stamps and revocation answers; the result is read back and is not written below the level. One
/// signature can be raised alone, in all but PDF; what is not touched keeps every byte.
///
/// Example: zegel extend decision-signed.pdf --level lta --out decision-lta.pdf
///
/// Example: zegel extend decision.asice --level lta --signature META-INF/signatures001.xml
///
/// Example: zegel extend annex.csv.p7s --detached annex.csv --level lt --signature "signer 2"
#[derive(Args, Debug)]
pub struct ExtendArguments {
    #[command(flatten)]
    common: Common,
    /// The level that every signature must show afterwards; lta on a file that shows it renews it.
    #[arg(long, value_name = "t|lt|lta", default_value = "lta")]
    level: Level,
    /// Only this signature, as zegel verify names it, which may be a counter-signature up to lt; in a container also the
    /// file it stands in [default: all but counter-signatures].
    #[arg(long, value_name = "NAME")]
    signature: Option<String>,
    /// What a detached signature is over; may be repeated for an XML or JSON signature over several files, which are
    /// found by the names it gives.
    #[arg(long, value_name = "CONTENT")]
    detached: Vec<PathBuf>,
    /// Write a signature in compact JSON as an object: it has no place for time-stamps. Nothing that is signed changes.
    #[arg(long, value_name = "flattened|general")]
    serialization: Option<Written>,
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
    let format = format_of(&*document);
    let usage = match format {
        FileFormat::Pdf if arguments.signature.is_some() => {
            Some("--signature names one of several signatures; in a PDF all are raised together")
        }
        FileFormat::Pdf | FileFormat::Asic if !arguments.detached.is_empty() => Some(
            "--detached is what a signature beside its content is over: a PDF and a container carry theirs",
        ),
        FileFormat::Jws => (arguments.serialization.map(|written| written.0) == Some(Serialization::Compact))
            .then_some(
                "--serialization takes flattened or general: compact JSON has no place for time-stamps",
            ),
        _ => arguments
            .serialization
            .is_some()
            .then_some("--serialization says how a signature in JSON goes on"),
    };
    if let Some(usage) = usage {
        console.error(usage);
        return Exit::Usage;
    }
    let done = if format == FileFormat::Pdf {
        run(
            common,
            document,
            Target::Level(arguments.level),
            "extended",
            console,
        )
    } else {
        other(&arguments, format, document, console)
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

/// Extends signatures of what is no PDF.
fn other(
    arguments: &ExtendArguments,
    format: FileFormat,
    document: Arc<dyn ReadAt>,
    console: &mut Console,
) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let ending = common.document.extension().map(|ending| ending.to_string_lossy());
    let usual = match format {
        FileFormat::Asic | FileFormat::Pdf => "asice",
        FileFormat::Cms | FileFormat::CmsInPem => "p7s",
        FileFormat::Jws => "jws",
        FileFormat::Xml | FileFormat::XmlInUtf16 => "xml",
    };
    let named = ("extended", ending.as_deref().unwrap_or(usual));
    let beside = files::beside(&arguments.detached).map_err(|problem| outside::refused(console, &problem))?;
    let output = outside::plan(
        &common.document,
        common.out.as_ref(),
        named,
        common.force,
        console,
    )?;
    let around = Surroundings::open(&common.config, &common.time_stamp_urls, console)?;
    let order = extend::Order {
        name: arguments.signature.as_deref(),
        level: arguments.level,
        compact_as: arguments.serialization.map(|written| written.0),
    };
    let work = raise(&around, document, beside, order);
    let Some(outcome) = around.interrupt.unless_asked(work) else {
        return Err(console.fail(Exit::Cancelled, "INTERRUPTED", "it was cancelled"));
    };
    let extended = outcome.map_err(|error| told(&error, console))?;
    output
        .write_with(|file| copy(&extended.file, file))
        .map_err(|problem| outside::refused(console, &problem))?;
    let shown = output.path().display().to_string();
    console.result(
        format!("{}: {}", one_line(&shown), extended.level),
        &serde_json::json!({"out": shown, "level": extended.level, "signature": arguments.signature}),
    );
    Ok(Exit::Good)
}

fn told(error: &ExtendError, console: &mut Console) -> Exit {
    let exit = if error.is_unknown() {
        Exit::Usage
    } else {
        Exit::Failed
    };
    console.fail_with(exit, error.cause(), error);
    let hint = match error {
        ExtendError::Augment(AugmentError::Content) => Some("name what it is over with --detached"),
        ExtendError::Augment(AugmentError::BelowLevel { .. }) => {
            Some("zegel verify says what is wrong with each signature")
        }
        ExtendError::Compact => {
            Some("--serialization flattened writes it as a JSON object; nothing that is signed changes")
        }
        ExtendError::CannotChange(CannotChange::CounterAtMostLt)
        | ExtendError::Container(asic::extend::ExtendError::CannotChange(CannotChange::CounterAtMostLt)) => {
            Some("name it with --level lt, or the signature that it is on")
        }
        ExtendError::Format => Some("zegel timestamp stamps a PDF that carries no signature"),
        _ => None,
    };
    if let Some(hint) = hint {
        console.hint(hint);
    }
    exit
}

async fn raise(
    around: &Surroundings,
    document: Arc<dyn ReadAt>,
    beside: Vec<DataObject>,
    order: extend::Order<'_>,
) -> Result<Extended, ExtendError> {
    let outside = &around.outside;
    let now = outside.clock.now();
    let mut extension = extend::Extension::new(document, beside, order, outside.settings(), now)?;
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
        Target::Level(_) => (
            format!("{}: {}", one_line(&shown), completed.level),
            Some(completed.level),
        ),
        Target::TimeStamp => (format!("{}: document time-stamp", one_line(&shown)), None),
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
