//! `zegel card readers|read|certificates|pin|watch`: the card at this computer.

mod pin;
mod report;
mod token;
mod token_pin;

pub use pin::Keyboard;
pub(super) use report::hint;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::console::{Console, Exit, chain};
use super::files::{self, FileProblem, Output, Readable};
use super::terminal::AskError;
use super::trust;
use crate::base::clock::{Clock, SystemClock};
use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, SystemRandom};
use crate::base::time::Timestamp;
use crate::card::CardError;
use crate::card::eid::{CertificateKind, Eid, File, RawFiles};
use crate::card::family::{self, Family};
use crate::card::readers::{CardPresence, Event, Options, Readers};
use crate::card::transport::Connection;
use crate::crypto::policy::AlgorithmPolicy;
use crate::identity::card_data;

/// Look at the card readers and the card at this computer: eID, PIV or PKCS#15.
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
    ///
    /// Example: zegel card readers --format json
    Readers,
    /// Read identity and address, with the verdict on each element.
    ///
    /// Exit code 3 when an element is not what the national register signed, 4 when its signer is not trusted here. Of
    /// an organisation's token, which carries no identity, it tells what the token says of itself.
    ///
    /// Example: zegel card read --photo holder.jpg
    Read(Read),
    /// List the certificates, or write them out.
    ///
    /// Example: zegel card certificates --out certificates
    Certificates(Certificates),
    /// Change or unblock the PIN, or show the tries left.
    ///
    /// Example: zegel card pin tries
    #[command(subcommand)]
    Pin(pin::PinCommand),
    /// Tell what happens: readers and cards that come and go. It begins with what is there.
    ///
    /// With --format json each line is one object. It ends with Ctrl-C, or when nobody reads its output.
    ///
    /// Example: zegel card watch --events 1
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
    /// Whom to trust: `production` for the Belgian roots, or the folder of a laboratory's trust.
    #[arg(long, value_name = "production|FOLDER", default_value = "production")]
    trust: String,
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
    /// Print the certificates as PEM, in JSON as the member `pem`. They hold the national number.
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
    /// Stop after so many events. What is there at the start is not one.
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
        Ok(readers) => run_on(&readers, arguments, now, &pin::Terminal, console),
        Err(error) => fail(console, &error),
    }
}

/// Runs the command on `readers`. `now`: the day that card and certificates are judged at. `keyboard`: where a PIN is
/// typed.
pub fn run_on(
    readers: &Readers,
    arguments: Arguments,
    now: Timestamp,
    keyboard: &dyn Keyboard,
    console: &mut Console,
) -> Exit {
    let done = match arguments.command {
        Command::Readers => list(readers, console),
        Command::Read(read) => read_card(readers, &read, now, console),
        Command::Certificates(certificates) => list_certificates(readers, &certificates, console),
        Command::Pin(command) => pin::run(readers, &command, keyboard, console),
        Command::Watch(watch) => follow(readers, &watch, console),
    };
    match done {
        Ok(exit) => exit,
        Err(Problem::Card(error)) => fail(console, &error),
        Err(Problem::Terminal(error)) => {
            let exit = console.fail(Exit::Failed, "TERMINAL", chain(&error));
            console.hint("run it in a terminal, or with a reader that has keys of its own");
            exit
        }
        Err(Problem::File(error)) => {
            let exit = match error {
                FileProblem::Exists(_) => Exit::Usage,
                FileProblem::Read(..) | FileProblem::Write(..) => Exit::Failed,
            };
            console.fail_with(exit, error.cause(), &error);
            if let Some(hint) = error.hint() {
                console.hint(hint);
            }
            exit
        }
        Err(Problem::Trust(error)) => {
            let exit = console.fail(Exit::Failed, error.cause(), chain(&error));
            console.hint(
                "--trust takes `production`, or the folder of a laboratory's trust with its trust.toml",
            );
            exit
        }
    }
}

/// Why a command did not end well.
enum Problem {
    Card(CardError),
    File(FileProblem),
    Terminal(AskError),
    Trust(trust::TrustProblem),
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Card(error) => Self::Card(error),
            AskError::Terminal(_) => Self::Terminal(error),
        }
    }
}

impl From<FileProblem> for Problem {
    fn from(error: FileProblem) -> Self {
        Self::File(error)
    }
}

impl From<trust::TrustProblem> for Problem {
    fn from(error: trust::TrustProblem) -> Self {
        Self::Trust(error)
    }
}

impl From<CardError> for Problem {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

fn list(readers: &Readers, console: &mut Console) -> Result<Exit, Problem> {
    let found = readers.list()?;
    let families = token::families(readers, &found);
    let with_family = || found.iter().zip(&families);
    let text: Vec<String> = with_family()
        .map(|(reader, family)| report::reader_line(reader, *family))
        .collect();
    let json: Vec<_> = with_family()
        .map(|(reader, family)| report::reader_json(reader, *family))
        .collect();
    let json = serde_json::json!({ "readers": json });
    if found.is_empty() {
        console.say("no card reader is connected");
    }
    console.result(text.join("\n"), &json);
    Ok(Exit::Good)
}

fn read_card(readers: &Readers, read: &Read, now: Timestamp, console: &mut Console) -> Result<Exit, Problem> {
    let trust = trust::named(&read.trust)?;
    let planned = |path: &Option<PathBuf>| {
        let path = path.as_deref().filter(|path| !files::is_standard(path));
        path.map(|path| Output::plan(path, read.force, Readable::ByOwner))
            .transpose()
    };
    // Before the card is read: nobody waits for a result that has no place.
    let (out, photo) = (planned(&read.out)?, planned(&read.photo)?);
    // Fresh and ours: whoever copied the card's files cannot have signed it before.
    let challenge = HashAlgorithm::Sha384.digest(&random::bytes::<32>(&SystemRandom));
    let found = with_card(readers, &read.reader, move |family, connection| {
        if family != Family::Belpic {
            return token::read(family, connection).map(Found::Token);
        }
        let mut eid = Eid::new(connection);
        eid.card_data()?;
        let mut files = eid.read_files(&[
            File::Identity,
            File::IdentitySignature,
            File::Address,
            File::AddressSignature,
            File::Photo,
            File::RrnCertificate,
            File::RootCertificate,
            File::BasicKey,
        ])?;
        if files.get(File::BasicKey).is_some() {
            files.chip_answer = match eid.challenge_chip(&challenge) {
                // A key that was used too often without a PIN proves nothing, and nothing against the card.
                Err(CardError::KeyUnusable | CardError::KeyMissing) => None,
                answer => answer?,
            };
        }
        Ok(Found::Eid(files))
    })?;
    let files = match found {
        Found::Eid(files) => files,
        Found::Token(token) => {
            if photo.is_some() {
                return Err(CardError::FileMissing(File::Photo.name()).into());
            }
            return put(out, token.text(), &token.json(), console);
        }
    };
    let holder = card_data::check(&files, trust.data(), &AlgorithmPolicy::etsi_ts_119_312(), now)?;
    if let Some(output) = photo {
        let photo = files
            .get(File::Photo)
            .ok_or(CardError::FileMissing(File::Photo.name()))?;
        output.write(photo)?;
    }
    let text = report::holder_text(&holder, read.national_number);
    let json = report::holder_json(&holder, read.national_number);
    put(out, text, &json, console)?;
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

/// What was read: the files of an eID card, or a token's word on itself.
enum Found {
    Eid(RawFiles),
    Token(token::Report),
}

/// Puts a result where it was asked for.
fn put(
    out: Option<Output>,
    text: String,
    json: &serde_json::Value,
    console: &mut Console,
) -> Result<Exit, Problem> {
    match out {
        Some(output) => {
            let content = match console.format() {
                super::Format::Json => format!("{json:#}\n"),
                super::Format::Text => text,
            };
            output.write(content.as_bytes())?;
        }
        None => console.result(text, json),
    }
    Ok(Exit::Good)
}

fn list_certificates(
    readers: &Readers,
    wanted: &Certificates,
    console: &mut Console,
) -> Result<Exit, Problem> {
    let found = with_card(readers, &wanted.reader, |family, connection| {
        if family != Family::Belpic {
            return token::certificates(family, connection);
        }
        let files = Eid::new(connection).read_files(&[
            CertificateKind::Authentication.file(),
            CertificateKind::Signature.file(),
            File::CaCertificate,
            File::RootCertificate,
            File::RrnCertificate,
        ])?;
        report::certificates(&files)
    })?;
    if let Some(folder) = &wanted.out {
        std::fs::create_dir_all(folder).map_err(|error| FileProblem::Write(folder.clone(), error))?;
        let outputs: Vec<Output> = found
            .iter()
            .map(|entry| {
                let path = folder.join(format!("{}.pem", entry.kind.replace(' ', "-")));
                Output::plan(&path, wanted.force, Readable::ByOwner)
            })
            .collect::<Result<_, _>>()?;
        for (entry, output) in found.iter().zip(outputs) {
            output.write(entry.pem().as_bytes())?;
        }
    }
    let entries: Vec<_> = found.iter().map(|entry| entry.json(wanted.pem)).collect();
    let json = serde_json::json!({ "certificates": entries });
    let text: Vec<String> = if wanted.pem {
        found.iter().map(report::Entry::pem).collect()
    } else {
        found.iter().map(report::Entry::text).collect()
    };
    console.result(text.join(if wanted.pem { "" } else { "\n\n" }), &json);
    Ok(Exit::Good)
}

fn follow(readers: &Readers, watch: &Watch, console: &mut Console) -> Result<Exit, Problem> {
    let events = readers.events();
    for reader in readers.list()? {
        let event = match reader.card {
            CardPresence::Present(atr) => Event::CardInserted(reader.name, atr),
            CardPresence::Absent | CardPresence::Mute => Event::ReaderAdded(reader.name),
        };
        if report::tell(&event, console).is_err() {
            return Ok(Exit::Good);
        }
    }
    let idle = watch.idle.map_or(Duration::MAX, Duration::from_secs);
    let mut told = 0_usize;
    while watch.events.is_none_or(|limit| told < limit) {
        let Ok(event) = events.recv_timeout(idle) else {
            break;
        };
        if report::tell(&event, console).is_err() {
            break;
        }
        told = told.saturating_add(1);
    }
    Ok(Exit::Good)
}

/// Runs `work` on the eID card that the arguments name.
fn on_card<T: Send + 'static>(
    readers: &Readers,
    reader: &Reader,
    work: impl FnOnce(&mut Eid<'_>) -> Result<T, CardError> + Send + 'static,
) -> Result<T, CardError> {
    with_card(readers, reader, |family, connection| match family {
        Family::Belpic => work(&mut Eid::new(connection)),
        _ => Err(CardError::CardUnsupported),
    })
}

/// Runs `work` on the card that the arguments name, with its family.
fn with_card<T: Send + 'static>(
    readers: &Readers,
    reader: &Reader,
    work: impl FnOnce(Family, &mut dyn Connection) -> Result<T, CardError> + Send + 'static,
) -> Result<T, CardError> {
    let name = readers.choose(reader.reader.as_deref())?;
    let deadline = Duration::from_secs(reader.timeout);
    readers
        .submit(&name, deadline, move |connection| {
            let family = family::recognise(connection)?;
            work(family, connection)
        })
        .wait()
}

fn fail(console: &mut Console, error: &CardError) -> Exit {
    let exit = match error {
        CardError::PinCancelled => Exit::Cancelled,
        _ => Exit::Card,
    };
    console.fail(exit, error.cause(), error);
    if let Some(hint) = hint(error) {
        console.hint(hint);
    }
    exit
}

#[cfg(test)]
mod tests;
