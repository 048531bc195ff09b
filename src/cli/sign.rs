//! `zegel sign`: sign files with the card in a reader of this computer.
//!
//! Everything that could refuse a signature is asked before the PIN: the files, where the results go, the card, its
//! certificate and status, how many tries are left. After it each file stands for itself: what was completed is
//! written, whatever happens to the others.

mod complete;
mod device;
mod form;
mod problem;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit, Format};
use super::files::{self, Output, Readable};
use super::interrupt::Interrupt;
use super::{terminal, trust};
use crate::ades::level::Level;
use crate::ades::pades::prepare::prepare;
use crate::ades::pades::stages::Draft;
use crate::base::bytes::ReadAt;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::Language;
use crate::base::random::SystemRandom;
use crate::base::secret::Pin;
use crate::base::time::Timestamp;
use crate::card::CardError;
use crate::card::eid::{LastTry, PinState};
use crate::card::pin::{PinProgram, PinRequest, Purpose};
use crate::card::readers::{Options, Readers};
use crate::config::desk::{Desk, time_stamp_host};
use crate::config::{Environment, desk, read};
use crate::fetch::http::HttpFetcher;
use crate::fetch::resume;
use crate::pdf::appearance::{Block, Line};
use crate::pdf::document::Document;
use crate::pdf::signature_field::Placement;
use crate::pki::trust::Trust;

use complete::Work;
pub(super) use complete::write_sealed;
use device::SignerCard;
use form::{Form, Order, Packaging, Prepared};
use problem::Problem;

/// How long a prepared signature waits for the card.
const PREPARED_TIME: Duration = Duration::from_mins(10);

/// Sign files with the eID card at this computer. The PIN is asked once for all files listed.
///
/// A PDF carries its signature itself. Any file can have one beside or around it: a CMS message (p7s, p7m) or JSON.
///
/// Needs no service and no database. Without a configuration file it trusts the Belgian roots alone; levels above b
/// need a time-stamping service.
///
/// Example: zegel sign decision.pdf --level lta --out decision-signed.pdf
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
    /// The files to sign; `-` is stdin, and the result then goes to stdout.
    #[arg(value_name = "FILE", required = true)]
    documents: Vec<PathBuf>,
    /// The form of the signature.
    #[arg(long, value_name = "pdf|cades|jades", default_value = "pdf")]
    signature: Form,
    /// Whether a signature in cades or jades carries the file or stands beside it.
    #[arg(long, value_name = "attached|detached", default_value = "detached")]
    packaging: Packaging,
    /// The level that the result must show.
    #[arg(long, value_name = "b|t|lt|lta", default_value = "lta")]
    level: Level,
    /// Where the signed file goes, `-` for stdout; only with one file [default: beside it, NAME-signed.pdf, or
    /// NAME with .p7s, .p7m or .jws behind it].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The reader by its name; without it the only one that holds a card.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// A time-stamping service (RFC 3161) to ask before those configured; may be repeated.
    #[arg(long = "time-stamp-url", value_name = "URL")]
    time_stamp_urls: Vec<String>,
    /// Ask for the PIN on this terminal, not by the program configured.
    #[arg(long)]
    terminal: bool,
    /// Sign although only one try of the PIN is left.
    #[arg(long)]
    last_try: bool,
    /// Overwrite files that exist.
    #[arg(long)]
    force: bool,
}

impl Arguments {
    const fn order(&self) -> Order {
        Order {
            form: self.signature,
            packaging: self.packaging,
            level: self.level,
        }
    }
}

/// One file to sign.
struct Job {
    document: PathBuf,
    source: Arc<dyn ReadAt>,
    target: Target,
}

/// Where a signed file goes.
enum Target {
    File(Output),
    Stdout,
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    if let Err(problem) = check_usage(&arguments, console.format()) {
        console.error(problem);
        return Exit::Usage;
    }
    let desk = match load_desk(&arguments, console) {
        Ok(desk) => desk,
        Err(exit) => return exit,
    };
    let jobs = match jobs(&arguments, console) {
        Ok(jobs) => jobs,
        Err(exit) => return exit,
    };
    match sign(&desk, &arguments, jobs, console) {
        Ok(done) => done.report(console),
        Err(problem) => problem.tell(console),
    }
}

fn check_usage(arguments: &Arguments, format: Format) -> Result<(), &'static str> {
    let several = arguments.documents.len() > 1;
    if several && arguments.out.is_some() {
        return Err("--out names one file, and several are to be signed");
    }
    if several && arguments.documents.iter().any(|file| files::is_standard(file)) {
        return Err("stdin is one file, and several are to be signed");
    }
    let to_stdout = match &arguments.out {
        Some(out) => files::is_standard(out),
        None => arguments.documents.iter().any(|file| files::is_standard(file)),
    };
    if to_stdout && format == Format::Json {
        return Err("the signed file goes to stdout, so the result cannot: name a file with --out");
    }
    Ok(())
}

fn load_desk(arguments: &Arguments, console: &mut Console) -> Result<Desk, Exit> {
    let mut desk = desk::load(&arguments.config.paths_that_exist(), &read::environment())
        .map_err(|problems| super::config::print(console, &problems, Exit::Failed))?;
    let mut urls = Vec::new();
    for url in &arguments.time_stamp_urls {
        let Some(host) = time_stamp_host(url) else {
            console.error(format_args!("`{url}` is not an http or https address"));
            return Err(Exit::Usage);
        };
        desk.outside.hosts.push(host);
        urls.push(url.clone());
    }
    urls.append(&mut desk.outside.time_stamp_urls);
    desk.outside.time_stamp_urls = urls;
    if arguments.level >= Level::T && desk.outside.time_stamp_urls.is_empty() {
        let exit = console.fail(
            Exit::Failed,
            "TST_UNAVAILABLE",
            format_args!(
                "level {} needs a time-stamping service and none is set",
                arguments.level
            ),
        );
        console.hint("name one with --time-stamp-url, or set outside.time_stamp_urls; --level b needs none");
        return Err(exit);
    }
    Ok(desk)
}

/// Opens what is to be signed and looks where the results will go; every problem is told, then none is signed.
fn jobs(arguments: &Arguments, console: &mut Console) -> Result<Vec<Job>, Exit> {
    let mut jobs: Vec<Job> = Vec::with_capacity(arguments.documents.len());
    let mut exit = None;
    for document in &arguments.documents {
        match job(document, arguments, &jobs) {
            Ok(job) => jobs.push(job),
            Err(problem) => {
                let found = problem.tell(console);
                exit = exit.or(Some(found));
            }
        }
    }
    exit.map_or(Ok(jobs), Err)
}

fn job(document: &Path, arguments: &Arguments, before: &[Job]) -> Result<Job, Problem> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None if files::is_standard(document) => document.to_owned(),
        None => arguments.order().beside(document),
    };
    let target = if files::is_standard(&out) {
        Target::Stdout
    } else {
        let output = Output::plan(&out, arguments.force, Readable::AsUsual)?;
        let taken = before
            .iter()
            .any(|job| matches!(&job.target, Target::File(other) if other.is_same(&output)));
        if taken {
            return Err(Problem::Twice(out));
        }
        Target::File(output)
    };
    let source = files::open(document)?;
    if arguments.signature == Form::Pdf {
        // Looked at before the card is: who hands in what is no PDF need not look for a reader.
        Document::open(Arc::clone(&source))
            .map_err(|error| Problem::Document(document.to_owned(), error.into()))?;
    }
    Ok(Job {
        document: document.to_owned(),
        source,
        target,
    })
}

fn sign(
    desk: &Desk,
    arguments: &Arguments,
    jobs: Vec<Job>,
    console: &mut Console,
) -> Result<complete::Outcome, Problem> {
    let interrupt = Interrupt::watch().map_err(Problem::Runtime)?;
    let clock = Arc::new(SystemClock::new());
    let options = Options {
        skip: desk.counter.readers_to_skip.clone(),
        ..Options::default()
    };
    let readers = Readers::pcsc(options, clock.clone())?;
    let reader = readers.choose(arguments.reader.as_deref())?;
    let card = device::read(&readers, &reader)?;
    let last_try = check_tries(&card, arguments)?;

    let trust = trust_with(desk, &card)?.with_responders(desk.outside.responders.clone());
    let trust = Arc::new(trust);
    let fetcher = HttpFetcher::new(desk.outside.fetch_rules(&trust), clock.clone())?;
    interrupt
        .unless_asked(resume::signer(
            &trust,
            &fetcher,
            &*clock,
            &SystemRandom,
            &card.certificate,
        ))
        .ok_or(Problem::Interrupted)??;

    let mut prepared = Vec::with_capacity(jobs.len());
    for job in &jobs {
        let now = clock.now();
        let (document, source, order) = (&job.document, &job.source, arguments.order());
        prepared.push(match order.form {
            Form::Cades => form::prepare_cades(document, source, order, &card, now)?,
            Form::Jades => form::prepare_jades(document, source, order, &card, now)?,
            Form::Pdf => {
                let draft = draft(desk, arguments.level, &card, now);
                let made = prepare(Arc::clone(source), &draft, now)
                    .map_err(|error| Problem::Document(document.clone(), error))?;
                Prepared::Pdf(Box::new(made))
            }
        });
    }
    tell_what_is_signed(&card, &jobs, &prepared, console);
    if last_try == LastTry::Confirmed {
        console.warn("this is the last try of the PIN: a wrong one blocks the card");
    }
    let pin = ask_pin(desk, arguments, &card, &jobs, &prepared, &interrupt)?;
    if interrupt.is_asked() {
        return Err(Problem::Interrupted);
    }
    let (values, lost) = match device::sign(&readers, &reader, &card, &prepared, pin, last_try) {
        (values, Some(problem)) if values.is_empty() => return Err(problem),
        made => made,
    };
    let work = Work {
        trust,
        fetcher,
        clock,
        time_stamp_urls: desk.outside.time_stamp_urls.clone(),
        time_stamp_policies: desk.outside.time_stamp_policies.clone(),
        interrupt,
    };
    Ok(work.complete_all(jobs, prepared, values, lost, console))
}

/// No PIN is asked that could not be used, and the last try is not used unasked.
fn check_tries(card: &SignerCard, arguments: &Arguments) -> Result<LastTry, Problem> {
    match card.pin {
        PinState::Blocked => Err(CardError::PinBlocked.into()),
        PinState::Left(1) if arguments.last_try => Ok(LastTry::Confirmed),
        PinState::Left(1) => Err(CardError::PinLastTry.into()),
        // An applet that cannot be asked says so only when the PIN is sent; --last-try then covers it.
        PinState::Left(_) | PinState::Unknown if arguments.last_try => Ok(LastTry::Confirmed),
        PinState::Left(_) | PinState::Unknown => Ok(LastTry::NotConfirmed),
    }
}

/// The trust configured; root and authority of the card go in only where a pin lets them.
fn trust_with(desk: &Desk, card: &SignerCard) -> Result<Trust, Problem> {
    let folder = match desk.environment {
        Environment::Test => desk.test_trust.as_deref(),
        Environment::Production => None,
    };
    let trust = trust::open(folder)?;
    if let Some(root) = &card.root {
        trust.add_anchor(root);
    }
    if let Some(issuer) = &card.issuer {
        // One that does not chain is not kept; the path then says why.
        let _ = trust.add_issuer(issuer);
    }
    Ok(trust)
}

fn draft(desk: &Desk, level: Level, card: &SignerCard, now: Timestamp) -> Draft {
    let name = card.name();
    let is_test = desk.environment == Environment::Test;
    Draft {
        level,
        certificate: card.certificate.clone(),
        chain: card.issuer.iter().cloned().collect(),
        algorithm: None,
        placement: Placement::Automatic {
            block: Block {
                lines: vec![Line::bold(name.clone()), Line::regular(now.to_brussels_text())],
                mark: is_test.then(|| "TEST".to_owned()),
            },
            width: 200.0,
            height: 64.0,
        },
        tooltip: Some(name.clone()),
        name: Some(name),
        location: None,
        claimed: Vec::new(),
        commitment: None,
        policy: None,
        certify: None,
        time_stamp_bytes: None,
        expires_at: now.plus(PREPARED_TIME),
    }
}

/// What stands in a PIN window as well: the first digits of the first file's fingerprint.
fn short_code(prepared: &[Prepared]) -> String {
    let first = prepared.first();
    let digest = first.map(|one| one.document_sha256().to_string());
    digest.unwrap_or_default().chars().take(4).collect()
}

fn tell_what_is_signed(card: &SignerCard, jobs: &[Job], prepared: &[Prepared], console: &mut Console) {
    for (job, prepared) in jobs.iter().zip(prepared) {
        console.say(format_args!(
            "{} signs {} (SHA-256 {})",
            card.name(),
            job.document.display(),
            prepared.document_sha256()
        ));
    }
}

fn ask_pin(
    desk: &Desk,
    arguments: &Arguments,
    card: &SignerCard,
    jobs: &[Job],
    prepared: &[Prepared],
    interrupt: &Interrupt,
) -> Result<Pin, Problem> {
    let (tries, limit) = (card.pin.tries_left(), desk.counter.pin_timeout);
    let stop = || interrupt.is_asked();
    if desk.counter.pin_program.is_empty() || arguments.terminal {
        return Ok(terminal::ask_for_pin(tries, limit, &stop)?);
    }
    let program = PinProgram::new(desk.counter.pin_program.clone(), limit)?;
    let subject = match jobs {
        [job] => job
            .document
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        many => format!("{} {}", many.len(), arguments.order().files()),
    };
    let request = PinRequest {
        purpose: Purpose::Sign,
        subject: &subject,
        short_code: &short_code(prepared),
        language: Language::default(),
        tries_left: tries,
        earlier: None,
    };
    Ok(program.ask_for_pin(&request, &stop)?)
}
