//! `zegel seal`: put an organisation's seal on a PDF file, or on a digest alone.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use super::files::{Output, Readable};
use super::outside::{self, Surroundings};
use super::password::{self, Password};
use crate::ades::level::Level;
use crate::config::Environment;
use crate::config::seals::SealSettings;
use crate::journeys::seal::SealError;
use crate::journeys::seal::asked::{self, SealPurpose, Sealed};

/// Seal a PDF file with an organisation's key, or a digest alone. No person signs.
///
/// The key is one that `seals.file` names: in a PKCS#11 token, or at a remote provider. With --digest the document
/// stays where it is and a CMS message for its /Contents comes back, at most at level t.
///
/// Example: zegel seal decision.pdf --seal zegelgem --purpose certified-copy
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
    /// The file to seal.
    #[arg(
        value_name = "FILE",
        required_unless_present = "digest",
        conflicts_with = "digest"
    )]
    document: Option<PathBuf>,
    /// Whose seal: the board's name in `seals.file`; without it the only one there.
    #[arg(long, value_name = "BOARD")]
    seal: Option<String>,
    /// What the seal is for; certified-copy shows on the page.
    #[arg(long, value_name = "certified-copy|document|proof|receipt", default_value_t = SealPurpose::Document)]
    purpose: SealPurpose,
    /// The level that the result must show [default: that of the seal, or t with --digest].
    #[arg(long, value_name = "b|t|lt|lta")]
    level: Option<Level>,
    /// Digest of the bytes that /ByteRange names, in hex, by the usual hash of the seal's key.
    #[arg(long, value_name = "HEX")]
    digest: Option<String>,
    /// Where the result goes [default: NAME-sealed.pdf beside it, or seal.p7s].
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

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    go(&arguments, console).unwrap_or_else(|exit| exit)
}

fn go(arguments: &Arguments, console: &mut Console) -> Result<Exit, Exit> {
    let around = Surroundings::open(&arguments.config, &arguments.time_stamp_urls, console)?;
    let settings = chosen(&around.desk.seals, arguments.seal.as_deref(), console)?;
    if let Some(digest) = &arguments.digest {
        return digest_alone(arguments, digest, settings, &around, console);
    }
    let Some(path) = &arguments.document else {
        return Err(Exit::Usage);
    };
    let output = outside::plan(
        path,
        arguments.out.as_ref(),
        ("sealed", "pdf"),
        arguments.force,
        console,
    )?;
    let key = arguments.password.read();
    let document = key.and_then(|key| key.open(path));
    let document = document.map_err(|problem| outside::refused(console, &problem))?;
    let level = arguments.level.unwrap_or(settings.level);
    let is_test = around.desk.environment == Environment::Test;
    let asked_for = (arguments.purpose, level);
    let work = asked::document(
        settings,
        Arc::clone(&document),
        asked_for,
        is_test,
        &around.outside,
    );
    let Some(outcome) = around.interrupt.unless_asked(work) else {
        return Err(console.fail(Exit::Cancelled, "INTERRUPTED", "it was cancelled"));
    };
    let Sealed {
        completed,
        organisation,
    } = outcome.map_err(|error| told(&error, console))?;
    outside::write(&output, &document, &completed, console)?;
    let shown = output.path().display().to_string();
    console.result(
        format!("{shown}: {}, seal of {organisation}", completed.level),
        &serde_json::json!({"out": shown, "level": completed.level, "organisation": organisation}),
    );
    Ok(Exit::Good)
}

fn chosen<'a>(
    seals: &'a [SealSettings],
    name: Option<&str>,
    console: &mut Console,
) -> Result<&'a SealSettings, Exit> {
    let found = match (name, seals) {
        (Some(name), seals) => seals.iter().find(|seal| seal.board == name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let exit = console.fail(
            Exit::Usage,
            "SEAL_UNKNOWN",
            "there is no such seal, or more than one",
        );
        console.hint("seals.file names the seals; --seal says whose");
        exit
    })
}

fn told(error: &SealError, console: &mut Console) -> Exit {
    let exit = match error {
        SealError::Device(_) => Exit::Card,
        _ => Exit::Failed,
    };
    console.fail_with(exit, error.cause(), error);
    password::tell(error.cause(), console);
    exit
}

fn digest_alone(
    arguments: &Arguments,
    digest: &str,
    settings: &SealSettings,
    around: &Surroundings,
    console: &mut Console,
) -> Result<Exit, Exit> {
    let Ok(digest) = hex::decode(digest) else {
        console.error("--digest takes hex digits");
        return Err(Exit::Usage);
    };
    let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from("seal.p7s"));
    let output = Output::plan(&path, arguments.force, Readable::AsUsual)
        .map_err(|problem| outside::refused(console, &problem))?;
    let level = arguments.level.unwrap_or(Level::T);
    let work = asked::digest(settings, digest, (arguments.purpose, level), &around.outside);
    let Some(outcome) = around.interrupt.unless_asked(work) else {
        return Err(console.fail(Exit::Cancelled, "INTERRUPTED", "it was cancelled"));
    };
    let der = outcome.map_err(|error| told(&error, console))?;
    output
        .write(&der)
        .map_err(|problem| outside::refused(console, &problem))?;
    let shown = output.path().display().to_string();
    let json = serde_json::json!({"out": shown, "level": level, "length_bytes": der.len()});
    console.result(format!("{shown}: {level}, {} bytes", der.len()), &json);
    Ok(Exit::Good)
}
