//! `zegel card readers|read|certificates|watch`: the card at this computer.

mod output;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::console::{Console, Exit};
use crate::base::clock::{Clock, SystemClock};
use crate::base::time::Timestamp;
use crate::card::CardError;
use crate::card::eid::{CertificateKind, Eid, File, RawFiles};
use crate::card::readers::{CardPresence, Event, Options, Readers};
use crate::crypto::policy::AlgorithmPolicy;
use crate::identity::card_data;
use crate::pki::anchors::TrustData;

/// Look at the card readers and the eID card at this computer.
///
/// Example: zegel card read --reader "ACS ACR38U 00 00"
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List the readers and what is in them.
    Readers,
    /// Read identity and address, with the verdict on each element.
    Read(Read),
    /// List the certificates, or write them out.
    Certificates(Certificates),
    /// Tell what happens: readers and cards that come and go.
    Watch(Watch),
}

/// Which reader.
#[derive(Args, Debug)]
struct Reader {
    /// The reader by its name; without it the only one that holds a card.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// Seconds the card may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

#[derive(Args, Debug)]
struct Read {
    #[command(flatten)]
    reader: Reader,
    /// Print the national number too. Only with a legal basis.
    #[arg(long)]
    national_number: bool,
    /// Judge against the roots of this test trust file instead of the Belgian roots.
    #[arg(long, value_name = "FILE")]
    test_trust: Option<PathBuf>,
    /// Write the result to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the photo to this file.
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// Overwrite files that exist.
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
struct Certificates {
    #[command(flatten)]
    reader: Reader,
    /// Print the certificates as PEM. They hold the national number.
    #[arg(long)]
    pem: bool,
    /// Write each certificate as a PEM file into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite files that exist.
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
struct Watch {
    /// Stop after so many events.
    #[arg(long, value_name = "COUNT")]
    events: Option<usize>,
    /// Stop after so many seconds without an event.
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
}

/// Runs the command on the readers of this computer.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let clock = Arc::new(SystemClock::new());
    let now = clock.now();
    match Readers::pcsc(Options::default(), clock) {
        Ok(readers) => run_on(&readers, arguments, now, console),
        Err(error) => fail(console, &error),
    }
}

/// Runs the command on `readers`. `now`: the day that card and certificates are judged at.
pub fn run_on(readers: &Readers, arguments: Arguments, now: Timestamp, console: &mut Console) -> Exit {
    let done = match arguments.command {
        Command::Readers => list(readers, console),
        Command::Read(read) => read_card(readers, &read, now, console),
        Command::Certificates(certificates) => list_certificates(readers, &certificates, console),
        Command::Watch(watch) => Ok(follow(readers, &watch, console)),
    };
    match done {
        Ok(exit) => exit,
        Err(Problem::Card(error)) => fail(console, &error),
        Err(Problem::Output(message)) => console.fail(Exit::Failed, "OUTPUT", message),
    }
}

/// Why a command did not end well.
enum Problem {
    Card(CardError),
    Output(String),
}

impl From<CardError> for Problem {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

fn list(readers: &Readers, console: &mut Console) -> Result<Exit, Problem> {
    let found = readers.list()?;
    let text: Vec<String> = found.iter().map(report::reader_line).collect();
    let json = serde_json::json!({ "readers": found.iter().map(report::reader_json).collect::<Vec<_>>() });
    if found.is_empty() {
        console.say("no card reader is connected");
    }
    console.result(text.join("\n"), &json);
    Ok(Exit::Good)
}

fn read_card(readers: &Readers, read: &Read, now: Timestamp, console: &mut Console) -> Result<Exit, Problem> {
    let trust = load_trust(read.test_trust.as_ref())?;
    let files = with_card(readers, &read.reader, |eid| {
        eid.card_data()?;
        eid.read_files(&[
            File::Identity,
            File::IdentitySignature,
            File::Address,
            File::AddressSignature,
            File::Photo,
            File::RrnCertificate,
            File::RootCertificate,
            File::BasicKey,
        ])
    })?;
    let holder = card_data::check(&files, &trust, &AlgorithmPolicy::etsi_ts_119_312(), now)?;
    if let Some(path) = &read.photo {
        let photo = files
            .get(File::Photo)
            .ok_or(CardError::FileMissing(File::Photo.name()))?;
        output::write(path, photo, read.force).map_err(Problem::Output)?;
    }
    let text = report::holder_text(&holder, read.national_number);
    let json = report::holder_json(&holder, read.national_number);
    match &read.out {
        Some(path) => {
            let content = match console.format() {
                super::Format::Json => format!("{json:#}\n"),
                super::Format::Text => text,
            };
            output::write(path, content.as_bytes(), read.force).map_err(Problem::Output)?;
        }
        None => console.result(text, &json),
    }
    if holder.verdicts.any_invalid() {
        console.warn("an element of this card is not what the national register signed");
        return Ok(Exit::NotValid);
    }
    if !holder.verdicts.identity_is_proved() {
        let cause = holder
            .verdicts
            .refusal
            .as_ref()
            .map_or("NOT_CHECKED", crate::pki::refusal::Refusal::cause);
        console.warn(format_args!(
            "the signer of this card's data is not trusted here ({cause})"
        ));
        return Ok(Exit::Indeterminate);
    }
    Ok(Exit::Good)
}

fn list_certificates(
    readers: &Readers,
    wanted: &Certificates,
    console: &mut Console,
) -> Result<Exit, Problem> {
    let files = with_card(readers, &wanted.reader, |eid| {
        eid.read_files(&[
            CertificateKind::Authentication.file(),
            CertificateKind::Signature.file(),
            File::CaCertificate,
            File::RootCertificate,
            File::RrnCertificate,
        ])
    })?;
    let found = report::certificates(&files)?;
    if let Some(folder) = &wanted.out {
        std::fs::create_dir_all(folder).map_err(|error| Problem::Output(error.to_string()))?;
        for entry in &found {
            let path = folder.join(format!("{}.pem", entry.kind.replace(' ', "-")));
            output::write(&path, entry.pem().as_bytes(), wanted.force).map_err(Problem::Output)?;
        }
    }
    if wanted.pem {
        let all: String = found.iter().map(report::Entry::pem).collect();
        console
            .raw(all.as_bytes())
            .map_err(|error| Problem::Output(error.to_string()))?;
        return Ok(Exit::Good);
    }
    let text: Vec<String> = found.iter().map(report::Entry::text).collect();
    let json =
        serde_json::json!({ "certificates": found.iter().map(report::Entry::json).collect::<Vec<_>>() });
    console.result(text.join("\n\n"), &json);
    Ok(Exit::Good)
}

fn follow(readers: &Readers, watch: &Watch, console: &mut Console) -> Exit {
    let events = readers.events();
    let mut told = 0_usize;
    for reader in readers.list().unwrap_or_default() {
        let event = match reader.card {
            CardPresence::Present(atr) => Event::CardInserted(reader.name, atr),
            CardPresence::Absent | CardPresence::Mute => Event::ReaderAdded(reader.name),
        };
        report::tell(&event, console);
        told = told.saturating_add(1);
    }
    let idle = watch.idle.map_or(Duration::MAX, Duration::from_secs);
    while watch.events.is_none_or(|limit| told < limit) {
        let Ok(event) = events.recv_timeout(idle) else {
            break;
        };
        report::tell(&event, console);
        told = told.saturating_add(1);
    }
    Exit::Good
}

/// Runs `work` on the card that the arguments name.
fn with_card(
    readers: &Readers,
    reader: &Reader,
    work: impl FnOnce(&mut Eid<'_>) -> Result<RawFiles, CardError> + Send + 'static,
) -> Result<RawFiles, CardError> {
    let name = readers.choose(reader.reader.as_deref())?;
    let deadline = Duration::from_secs(reader.timeout);
    readers
        .submit(&name, deadline, move |connection| work(&mut Eid::new(connection)))
        .wait()
}

fn load_trust(test: Option<&PathBuf>) -> Result<TrustData, Problem> {
    let loaded = match test {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Problem::Output(format!("`{}`: {error}", path.display())))?;
            TrustData::test(&text)
        }
        None => TrustData::production(),
    };
    loaded.map_err(|error| Problem::Output(error.to_string()))
}

fn fail(console: &mut Console, error: &CardError) -> Exit {
    let exit = match error {
        CardError::PinCancelled => Exit::Cancelled,
        _ => Exit::Card,
    };
    console.fail(exit, error.cause(), error);
    if let Some(hint) = report::hint(error) {
        console.hint(hint);
    }
    exit
}

#[cfg(test)]
mod tests;
