//! `zegel sign`: sign files with the card in a reader of this computer.
//!
//! Everything that could refuse a signature is asked before the PIN: the files, where the results go, the card, its
//! certificate and status, how many tries are left. After it each file stands for itself: what was completed is
//! written, whatever happens to the others.

mod adding;
mod complete;
mod device;
mod form;
mod placing;
mod prepared;
mod problem;
mod stating;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit, Format};
use super::files::{self, Output, Readable};
use super::interrupt::Interrupt;
use super::password::{Key, Password};
use super::{outside, terminal, trust};
use crate::ades::asic::create::takes_name;
use crate::ades::asic::zip::name::folded;
use crate::ades::level::Level;
use crate::ades::pades::prepare::prepare;
use crate::ades::pades::stages::Draft;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::policy::ValidationPolicy;
use crate::ades::validate::{Context, validate_any};
use crate::ades::xades::data::outline_of;
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
use crate::config::Environment;
use crate::config::desk::Desk;
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::http::HttpFetcher;
use crate::fetch::resume;
use crate::pdf::appearance::{Block, Line};
use crate::pdf::document::Document;
use crate::pdf::image::Image;
use crate::pki::trust::Trust;

use adding::{AddError, Added, Further};
use complete::Work;
pub(super) use complete::write_sealed;
use device::SignerCard;
pub(super) use form::Written;
use form::{Form, Order, Packaging, Words, Wrapping, file_name};
use placing::Placing;
use prepared::Prepared;
use problem::Problem;
use stating::Stating;

/// How long a prepared signature waits for the card.
const PREPARED_TIME: Duration = Duration::from_mins(10);

/// Sign files with the eID card at this computer. The PIN is asked once for all files listed.
///
/// A PDF carries its signature itself, and so can XML. Any file can have one beside or around it: a CMS message (p7s,
/// p7m), JSON or XML. A container holds files and their signature together: asic-e all files in one, asic-s each in
/// its own.
///
/// Needs no service and no database. Without a configuration file it trusts the Belgian roots alone; levels above b
/// need a time-stamping service.
///
/// Example: zegel sign decision.pdf --level lta --out decision-signed.pdf
///
/// Example: zegel sign decision.pdf annex.xml --container asic-e --out decision.asice
///
/// Example: zegel sign decision.asice --add
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
    /// The files to sign; `-` is stdin, and the result then goes to stdout.
    #[arg(value_name = "FILE", required = true)]
    documents: Vec<PathBuf>,
    /// The form of the signature [default: pdf, or xades in a container].
    #[arg(long, value_name = "pdf|cades|jades|xades")]
    signature: Option<Form>,
    /// Where the signature stands: cades and jades can be attached; xades can be enveloped in an XML file, enveloping
    /// any file, or internally-detached beside one element [default: detached].
    #[arg(long, value_name = "PACKAGING")]
    packaging: Option<Packaging>,
    /// Put files and signature, in xades or cades, into a container.
    #[arg(long, value_name = "asic-e|asic-s")]
    container: Option<Wrapping>,
    /// The identifier of the element that an internally detached signature is over.
    #[arg(long, value_name = "ID")]
    element: Option<String>,
    /// How a signature in jades is written [default: flattened].
    #[arg(long, value_name = "compact|flattened|general")]
    serialization: Option<Written>,
    #[command(flatten)]
    further: Further,
    #[command(flatten)]
    stating: Stating,
    #[command(flatten)]
    placing: Placing,
    /// The level that the result must show.
    #[arg(long, value_name = "b|t|lt|lta", default_value = "lta")]
    level: Level,
    /// Where the signed file goes, `-` for stdout; only with one result [default: beside the file, or the first, as
    /// NAME-signed.pdf or -signed.xml, or NAME with .p7s, .p7m, .jws, .xades, .asice or .asics behind it].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The reader by its name; without it the only one that holds a card.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// A time-stamping service (RFC 3161) to ask before those configured; may be repeated.
    #[arg(long = "time-stamp-url", value_name = "URL")]
    time_stamp_urls: Vec<String>,
    #[command(flatten)]
    password: Password,
    /// A PNG or JPEG shown beside the text of a PDF signature, at most 1 MiB.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// What a screen reader says of the image [default: the signer's name].
    #[arg(long, value_name = "TEXT", requires = "image")]
    image_text: Option<String>,
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
    fn order(&self) -> Result<Order, &'static str> {
        Order::of(Words {
            form: self.signature,
            packaging: self.packaging,
            container: self.container.map(|wrapping| wrapping.0),
            element: self.element.as_deref(),
            serialization: self.serialization.map(|written| written.0),
            level: self.level,
            add: self.further.add,
            counter: self.further.counter.as_deref(),
        })
    }
}

/// A file that was handed in.
struct Given {
    path: PathBuf,
    source: Arc<dyn ReadAt>,
}

/// One result: the files it is over, and where it goes.
struct Job {
    first: Given,
    /// What goes into the same container.
    others: Vec<Given>,
    target: Target,
    /// What is made: for a further signature as the file has them.
    order: Order,
    added: Option<Added>,
}

impl Job {
    fn documents(&self) -> impl Iterator<Item = &Given> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// Where a signed file goes.
enum Target {
    File(Output),
    Stdout,
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let mut order = match check_usage(&arguments, console.format()) {
        Ok(order) => order,
        Err(problem) => {
            console.error(problem);
            return Exit::Usage;
        }
    };
    if let Some(option) = order.stating.misleading() {
        return console.fail(
            Exit::Usage,
            "STATEMENT_NOT_PLAIN",
            format_args!("{option} takes one line without control or direction characters"),
        );
    }
    if let Err(problem) = order.stating.read_policy() {
        return Problem::File(problem).tell(console);
    }
    // Both are told: the files first, which are what the person has in mind.
    let jobs = jobs(&arguments, &order, console);
    let desk = load_desk(&arguments, console);
    let (jobs, desk) = match (jobs, desk) {
        (Ok(jobs), Ok(desk)) => (jobs, desk),
        // A word that is wrong stays wrong whatever the files are.
        (_, Err(Exit::Usage)) => return Exit::Usage,
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    tell_of_fields(&jobs, &arguments.placing, console);
    let image = match image(&arguments) {
        Ok(image) => image,
        Err(problem) => return problem.tell(console),
    };
    match sign(&desk, &arguments, &order, jobs, image.as_ref(), console) {
        Ok(done) => done.report(console),
        Err(problem) => problem.tell(console),
    }
}

fn check_usage(arguments: &Arguments, format: Format) -> Result<Order, &'static str> {
    let mut order = arguments.order()?;
    order.stating = arguments.stating.clone();
    if order.stating.certify.is_some() && (order.form != Form::Pdf || order.add) {
        return Err(
            "--certify says what may still change in a PDF that nobody signed yet, and none is to be signed",
        );
    }
    if order.stating.lock.is_some() && (order.form != Form::Pdf || order.add) {
        return Err(
            "--lock binds the fields of a PDF, and none is to be signed; a PDF takes it without --add",
        );
    }
    if arguments.placing.is_given() && (order.form != Form::Pdf || order.add) {
        return Err(
            "--field, --page and --at say where a signature goes in a PDF, and no PDF is to be signed so",
        );
    }
    // Of a file that takes a further signature the form is known when it was looked into.
    if !order.add && !order.takes_its_policy() {
        return Err("a policy in a PDF or CMS message is named by an object identifier");
    }
    order.check_files(&arguments.documents, arguments.out.as_deref())?;
    if arguments.image.is_some() && order.form != Form::Pdf {
        return Err("--image is shown in a PDF, and no PDF is to be signed");
    }
    if !order.add && !arguments.further.detached.is_empty() {
        return Err("--detached goes with --add; a file that is named is signed detached by --packaging");
    }
    if !arguments.further.detached.is_empty() && arguments.documents.len() > 1 {
        return Err("--detached says what one file is over, and several are to be signed");
    }
    let to_stdout = match &arguments.out {
        Some(out) => files::is_standard(out),
        None => arguments.documents.iter().any(|file| files::is_standard(file)),
    };
    if to_stdout && format == Format::Json {
        return Err("the signed file goes to stdout, so the result cannot: name a file with --out");
    }
    Ok(order)
}

/// A field that somebody prepared is not used unasked, and not passed over in silence.
fn tell_of_fields(jobs: &[Job], placing: &Placing, console: &mut Console) {
    if placing.is_given() {
        return;
    }
    for job in jobs
        .iter()
        .filter(|job| job.order.form == Form::Pdf && !job.order.add)
    {
        // What cannot be read is refused where it is prepared.
        let field = Document::open(Arc::clone(&job.first.source))
            .and_then(|document| placing::only_empty_field(&document));
        if let Ok(Some(name)) = field {
            console.hint(format_args!(
                "`{}` has an empty signature field, `{name}`: --field signs in it",
                job.first.path.display()
            ));
        }
    }
}

fn load_desk(arguments: &Arguments, console: &mut Console) -> Result<Desk, Exit> {
    let desk = outside::desk(&arguments.config, &arguments.time_stamp_urls, console)?;
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
fn jobs(arguments: &Arguments, order: &Order, console: &mut Console) -> Result<Vec<Job>, Exit> {
    let mut jobs: Vec<Job> = Vec::with_capacity(arguments.documents.len());
    let mut exit = None;
    let key = arguments
        .password
        .read()
        .map_err(|problem| Problem::from(problem).tell(console))?;
    let together = if order.is_one_result() {
        arguments.documents.len()
    } else {
        1
    };
    for documents in arguments.documents.chunks(together.max(1)) {
        let Some((first, others)) = documents.split_first() else {
            continue;
        };
        let planned = target(first, arguments, order, &jobs);
        let first = given(first, &[], order, &key);
        let mut open: Vec<Given> = Vec::with_capacity(others.len());
        let mut problems = Vec::new();
        for document in others {
            let before: Vec<&Given> = first.iter().chain(&open).collect();
            match given(document, &before, order, &key) {
                Ok(given) => open.push(given),
                Err(problem) => problems.push(problem),
            }
        }
        match (planned, first, problems.is_empty()) {
            (Ok(target), Ok(first), true) => match added(&first, arguments, order) {
                Ok((added, order)) => jobs.push(Job {
                    first,
                    others: open,
                    target,
                    order,
                    added,
                }),
                Err(problem) => exit = exit.or(Some(problem.tell(console))),
            },
            (planned, first, _) => {
                let found = [planned.err(), first.err()].into_iter().flatten();
                for problem in found.chain(problems) {
                    let found = problem.tell(console);
                    exit = exit.or(Some(found));
                }
            }
        }
    }
    exit.map_or(Ok(jobs), Err)
}

/// What a further signature goes into, and its order; the order as it is for any other.
fn added(first: &Given, arguments: &Arguments, order: &Order) -> Result<(Option<Added>, Order), Problem> {
    if !order.add {
        return Ok((None, order.clone()));
    }
    let beside = files::beside(&arguments.further.detached)?;
    let (added, order) =
        Added::of(&first.source, beside, order).map_err(|error| Problem::Add(first.path.clone(), error))?;
    Ok((Some(added), order))
}

/// No PIN is asked for a signature beside one that is broken.
fn check_existing(job: &Job, trust: &Trust, now: Timestamp) -> Result<(), Problem> {
    let Some(added) = &job.added else {
        return Ok(());
    };
    let context = Context {
        trust,
        algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
        verdict_keys: &[],
        at: now,
    };
    let source = Arc::clone(&job.first.source);
    let report = validate_any(source, &added.beside, &context, &ValidationPolicy::strict());
    let mut all = report.signatures.into_iter();
    match all.find(|one| one.indication == Indication::TotalFailed) {
        Some(broken) => Err(Problem::Add(
            job.first.path.clone(),
            AddError::Broken(broken.field),
        )),
        None => Ok(()),
    }
}

/// Where the result over `document`, and what goes with it, is written.
fn target(document: &Path, arguments: &Arguments, order: &Order, before: &[Job]) -> Result<Target, Problem> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None if files::is_standard(document) => document.to_owned(),
        None => order.beside(document),
    };
    if files::is_standard(&out) {
        return Ok(Target::Stdout);
    }
    let output = Output::plan(&out, arguments.force, Readable::AsUsual)?;
    let taken = before
        .iter()
        .any(|job| matches!(&job.target, Target::File(other) if other.is_same(&output)));
    if taken {
        return Err(Problem::Twice(out));
    }
    Ok(Target::File(output))
}

/// Opens `document` and looks at it before the card is: who hands in what cannot be signed so need not look for a
/// reader. `before`: what goes into the same container.
fn given(document: &Path, before: &[&Given], order: &Order, key: &Key) -> Result<Given, Problem> {
    let source = key.open(document)?;
    if order.form == Form::Pdf && !order.add {
        Document::open(Arc::clone(&source))
            .map_err(|error| Problem::Document(document.to_owned(), error.into()))?;
    }
    if order.is_in_xml() {
        outline_of(&source).map_err(|error| Problem::Xades(document.to_owned(), error.into()))?;
    }
    if order.container.is_some() {
        let name = file_name(document);
        if !takes_name(&name) {
            return Err(Problem::Name(document.to_owned()));
        }
        let is_taken = |other: &&Given| folded(&file_name(&other.path)) == folded(&name);
        if before.iter().any(is_taken) {
            return Err(Problem::SameName(document.to_owned()));
        }
    }
    Ok(Given {
        path: document.to_owned(),
        source,
    })
}

fn sign(
    desk: &Desk,
    arguments: &Arguments,
    order: &Order,
    jobs: Vec<Job>,
    image: Option<&Image>,
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
        check_existing(job, &trust, now)?;
        prepared.push(match job.order.form {
            Form::Pdf => {
                let draft = draft(desk, (arguments, &job.order), image, &card, now);
                let made = prepare(Arc::clone(&job.first.source), &draft, now)
                    .map_err(|error| Problem::Document(job.first.path.clone(), error))?;
                Prepared::pdf(made)
            }
            Form::Cades | Form::Jades | Form::Xades => prepared::prepare(job, &card, now)?,
        });
    }
    tell_what_is_signed(&card, &jobs, &prepared, console);
    if last_try == LastTry::Confirmed {
        console.warn("this is the last try of the PIN: a wrong one blocks the card");
    }
    let pin = ask_pin(desk, arguments, order, &card, (&jobs, &prepared), &interrupt)?;
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

/// The picture that was named, looked at before the card is.
fn image(arguments: &Arguments) -> Result<Option<Image>, Problem> {
    let Some(path) = &arguments.image else {
        return Ok(None);
    };
    let text = arguments.image_text.as_deref().unwrap_or_default();
    let image = Image::parse(&files::read(path)?, text);
    image
        .map(Some)
        .map_err(|error| Problem::Image(path.clone(), error))
}

fn draft(
    desk: &Desk,
    (arguments, order): (&Arguments, &Order),
    image: Option<&Image>,
    card: &SignerCard,
    now: Timestamp,
) -> Draft {
    let name = card.name();
    let image = image.map(|image| match image.alternative.as_str() {
        "" => image.called(&name),
        _ => image.clone(),
    });
    let is_test = desk.environment == Environment::Test;
    Draft {
        level: order.level,
        certificate: card.certificate.clone(),
        // The root stays outside the signature; a field may ask for signers under it.
        chain: card.issuer.iter().chain(&card.root).cloned().collect(),
        algorithm: None,
        placement: arguments.placing.placement(Block {
            lines: vec![Line::bold(name.clone()), Line::regular(now.to_brussels_text())],
            mark: is_test.then(|| "TEST".to_owned()),
            image: image.map(Arc::new),
        }),
        tooltip: Some(name.clone()),
        name: Some(name),
        location: order.stating.location(),
        claimed: order.stating.claimed(),
        commitment: order.stating.commitment(),
        policy: order.stating.policy_in_cms(),
        certify: order.stating.certify.map(|allowed| allowed.0),
        lock: order.stating.lock(),
        time_stamp_bytes: None,
        expires_at: now.plus(PREPARED_TIME),
    }
}

/// What stands in a PIN window as well: the first digits of the first file's fingerprint.
fn short_code(prepared: &[Prepared]) -> String {
    let first = prepared.first().and_then(|one| one.sha256.first());
    let digest = first.map(ToString::to_string);
    digest.unwrap_or_default().chars().take(4).collect()
}

fn tell_what_is_signed(card: &SignerCard, jobs: &[Job], prepared: &[Prepared], console: &mut Console) {
    for (job, prepared) in jobs.iter().zip(prepared) {
        for (given, sha256) in job.documents().zip(&prepared.sha256) {
            console.say(format_args!(
                "{} signs {} (SHA-256 {sha256})",
                card.name(),
                given.path.display()
            ));
        }
        for name in job.added.iter().flat_map(Added::files) {
            console.say(format_args!("{} signs {name} in it", card.name()));
        }
    }
}

fn ask_pin(
    desk: &Desk,
    arguments: &Arguments,
    order: &Order,
    card: &SignerCard,
    (jobs, prepared): (&[Job], &[Prepared]),
    interrupt: &Interrupt,
) -> Result<Pin, Problem> {
    let (tries, limit) = (card.pin.tries_left(), desk.counter.pin_timeout);
    let stop = || interrupt.is_asked();
    if desk.counter.pin_program.is_empty() || arguments.terminal {
        return Ok(terminal::ask_for_pin(tries, limit, &stop)?);
    }
    let program = PinProgram::new(desk.counter.pin_program.clone(), limit)?;
    let mut documents = jobs.iter().flat_map(Job::documents);
    let subject = match (documents.next(), documents.count()) {
        (Some(only), 0) => file_name(&only.path),
        (_, others) => {
            let order = jobs.first().map_or(order, |job| &job.order);
            format!("{} {}", others.saturating_add(1), order.files())
        }
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
