//! `zegel sign`: sign PDF files with the card in a reader of this computer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use zeroize::Zeroizing;

use super::config::Files;
use super::console::{Console, Exit};
use super::verify::{certificates, load_trust, write_parts};
use crate::ades::level::Level;
use crate::ades::pades::completion::{Completion, CompletionError, Settings, Step};
use crate::ades::pades::finish::FinishError;
use crate::ades::pades::prepare::{PrepareError, prepare};
use crate::ades::pades::stages::{Completed, Draft, Prepared, Signed};
use crate::base::bytes::{FileAt, ReadAt};
use crate::base::clock::{Clock, SystemClock};
use crate::base::lang::Language;
use crate::base::random::SystemRandom;
use crate::base::secret::Pin;
use crate::card::CardError;
use crate::card::eid::{CertificateKind, Eid, File, KeyReference, LastTry, SignRequest, SignatureScheme};
use crate::card::pin::{PinProgram, PinRequest, Purpose};
use crate::card::readers::{Options, Readers};
use crate::config::{Config, Environment};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PublicKey};
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::Fetcher as _;
use crate::fetch::http::{FetchRules, HttpFetcher};
use crate::pdf::appearance::{Block, Line};
use crate::pdf::signature_field::Placement;
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;
use crate::pki::trust::Trust;

/// How long the card may take for one list.
const CARD_TIME: Duration = Duration::from_mins(5);
/// How long a prepared signature waits for the card.
const PREPARED_TIME: Duration = Duration::from_mins(10);

/// Sign PDF files with the eID card at this computer. The PIN is asked once for all files listed.
///
/// Example: zegel sign decision.pdf --level lta --out decision-signed.pdf
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
    /// The files to sign.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The level that the result must show.
    #[arg(long, value_name = "b|t|lt|lta", default_value = "lta")]
    level: Level,
    /// Where the signed file goes; only with one file [default: NAME-signed.pdf beside it].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The reader by its name; without it the only one that holds a card.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
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

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Card(#[from] CardError),
    #[error(transparent)]
    Completion(#[from] CompletionError),
    #[error(transparent)]
    Finish(#[from] FinishError),
    #[error("{0}")]
    Other(String),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

impl Problem {
    const fn cause(&self) -> &'static str {
        match self {
            Self::Card(error) => error.cause(),
            Self::Completion(error) => error.cause(),
            Self::Finish(error) => error.cause(),
            Self::Other(_) => "SIGN",
            Self::Prepare(error) => error.cause(),
        }
    }

    const fn exit(&self) -> Exit {
        match self {
            Self::Card(CardError::PinCancelled) => Exit::Cancelled,
            Self::Card(_) => Exit::Card,
            _ => Exit::Failed,
        }
    }
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    if arguments.out.is_some() && arguments.files.len() > 1 {
        console.error("--out names one file, and several are to be signed");
        return Exit::Usage;
    }
    let config = match arguments.config.load(console) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let jobs: Vec<(PathBuf, PathBuf)> = arguments
        .files
        .iter()
        .map(|file| {
            (
                file.clone(),
                arguments.out.clone().unwrap_or_else(|| beside(file)),
            )
        })
        .collect();
    if let Some((_, out)) = jobs.iter().find(|(_, out)| !arguments.force && out.exists()) {
        console.error(format_args!(
            "`{}` exists already; --force overwrites it",
            out.display()
        ));
        return Exit::Usage;
    }
    match sign(&config, &arguments, &jobs, console) {
        Ok(()) => Exit::Good,
        Err(problem) => console.fail(problem.exit(), problem.cause(), problem),
    }
}

/// `decision.pdf` → `decision-signed.pdf`.
fn beside(file: &Path) -> PathBuf {
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    file.with_file_name(format!("{stem}-signed.pdf"))
}

struct Card {
    signature: Certificate,
    issuer: Option<Certificate>,
    root: Option<Certificate>,
    tries_left: Option<u8>,
}

fn sign(
    config: &Config,
    arguments: &Arguments,
    jobs: &[(PathBuf, PathBuf)],
    console: &mut Console,
) -> Result<(), Problem> {
    let clock = Arc::new(SystemClock::new());
    let options = Options {
        skip: config.counter.readers_to_skip.clone(),
        ..Options::default()
    };
    let readers = Readers::pcsc(options, clock.clone())?;
    let reader = readers.choose(arguments.reader.as_deref())?;
    let card = read_card(&readers, &reader)?;
    let trust = trust_with(config, &card)?;

    let mut prepared = Vec::with_capacity(jobs.len());
    for (file, _) in jobs {
        let source = open(file)?;
        let draft = draft(config, arguments.level, &card, clock.now());
        prepared.push(prepare(source, &draft, clock.now())?);
    }
    let key = card
        .signature
        .public_key()
        .map_err(|error| Problem::Other(error.to_string()))?
        .clone();
    let pin = ask_pin(config, arguments, &card, jobs, &prepared, console)?;
    let last_try = if arguments.last_try {
        LastTry::Confirmed
    } else {
        LastTry::NotConfirmed
    };
    let values = sign_digests(&readers, &reader, &prepared, key, pin, last_try)?;

    let settings = Settings {
        trust: Arc::new(trust),
        algorithms: AlgorithmPolicy::etsi_ts_119_312(),
        time_stamp_urls: config.outside.time_stamp_urls.clone(),
        random: Arc::new(SystemRandom),
    };
    let fetcher = fetcher(config, &settings.trust, clock.clone())?;
    let mut results = Vec::new();
    for (((file, out), prepared), value) in jobs.iter().zip(prepared).zip(values) {
        let source = open(file)?;
        let signed = prepared.finish(value, clock.now())?;
        let completed = complete(source.clone(), signed, &settings, &fetcher, &*clock)?;
        write_sealed(&source, &completed, out)
            .map_err(|error| Problem::Other(format!("`{}`: {error}", out.display())))?;
        results.push((out.display().to_string(), completed.level));
    }
    let text: Vec<String> = results
        .iter()
        .map(|(out, level)| format!("{out}: {level}"))
        .collect();
    let json: Vec<_> = results
        .iter()
        .map(|(out, level)| serde_json::json!({ "file": out, "level": level }))
        .collect();
    console.result(text.join("\n"), &serde_json::json!({ "signed": json }));
    Ok(())
}

fn open(file: &Path) -> Result<Arc<dyn ReadAt>, Problem> {
    match FileAt::open(file) {
        Ok(source) => Ok(Arc::new(source)),
        Err(error) => Err(Problem::Other(format!("`{}`: {error}", file.display()))),
    }
}

fn read_card(readers: &Readers, reader: &str) -> Result<Card, Problem> {
    let files = readers
        .submit(reader, CARD_TIME, |connection| {
            let mut eid = Eid::new(connection);
            let state = eid.pin_state()?;
            let files = eid.read_files(&[
                CertificateKind::Signature.file(),
                File::CaCertificate,
                File::RootCertificate,
            ])?;
            Ok((files, state.tries_left()))
        })
        .wait()?;
    let (files, tries_left) = files;
    let find = |file: File| certificates(files.get(file)).into_iter().next();
    Ok(Card {
        signature: find(CertificateKind::Signature.file())
            .ok_or(CardError::FileMissing(CertificateKind::Signature.file().name()))?,
        issuer: find(File::CaCertificate),
        root: find(File::RootCertificate),
        tries_left,
    })
}

/// The trust configured; root and authority of the card go in only where a pin lets them.
fn trust_with(config: &Config, card: &Card) -> Result<Trust, Problem> {
    let named = match (&config.test_trust, config.environment) {
        (Some(folder), Environment::Test) => folder.display().to_string(),
        _ => "production".to_owned(),
    };
    let trust = load_trust(&named).map_err(Problem::Other)?;
    if let Some(root) = &card.root {
        trust.add_anchor(root);
    }
    if let Some(issuer) = &card.issuer {
        // One that does not chain is not kept; the path then says why.
        let _ = trust.add_issuer(issuer);
    }
    Ok(trust)
}

fn draft(config: &Config, level: Level, card: &Card, now: crate::base::time::Timestamp) -> Draft {
    let subject = card.signature.subject();
    let given = subject.find(AttributeType::GivenName);
    let first = given
        .as_deref()
        .and_then(|names| names.split_whitespace().next())
        .map(str::to_owned);
    let surname = subject.find(AttributeType::Surname);
    let name = [first, surname]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let is_test = config.environment == Environment::Test;
    Draft {
        level,
        certificate: card.signature.clone(),
        chain: card.issuer.iter().cloned().collect(),
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
        time_stamp_bytes: None,
        expires_at: now.plus(PREPARED_TIME),
    }
}

fn ask_pin(
    config: &Config,
    arguments: &Arguments,
    card: &Card,
    jobs: &[(PathBuf, PathBuf)],
    prepared: &[Prepared],
    console: &mut Console,
) -> Result<Pin, Problem> {
    for ((file, _), prepared) in jobs.iter().zip(prepared) {
        console.say(format_args!(
            "to sign: {} (SHA-256 {})",
            file.display(),
            prepared.document_sha256()
        ));
    }
    if config.counter.pin_program.is_empty() || arguments.terminal {
        return pin_from_terminal();
    }
    let program = PinProgram::new(config.counter.pin_program.clone(), config.counter.pin_timeout)?;
    let subject = match jobs {
        [(file, _)] => file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        many => format!("{} PDF", many.len()),
    };
    let code: String = prepared
        .first()
        .map(|one| one.document_sha256().to_string())
        .unwrap_or_default();
    let request = PinRequest {
        purpose: Purpose::Sign,
        subject: &subject,
        short_code: code.get(..4).unwrap_or_default(),
        language: Language::default(),
        tries_left: card.tries_left,
        earlier: None,
    };
    Ok(program.ask_for_pin(&request, &|| false)?)
}

/// Asks on the terminal, the typing not shown.
fn pin_from_terminal() -> Result<Pin, Problem> {
    use std::io::{BufRead as _, Write as _};
    let problem = |error: std::io::Error| Problem::Other(format!("no terminal to ask for the PIN: {error}"));
    let mut terminal = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(problem)?;
    let echo = |mode: &str| -> std::io::Result<()> {
        let input = std::fs::File::open("/dev/tty")?;
        std::process::Command::new("stty")
            .arg(mode)
            .stdin(input)
            .status()
            .map(|_| ())
    };
    write!(terminal, "PIN: ").map_err(problem)?;
    echo("-echo").map_err(problem)?;
    let mut line = Zeroizing::new(String::new());
    let read = std::io::BufReader::new(terminal.try_clone().map_err(problem)?).read_line(&mut line);
    echo("echo").map_err(problem)?;
    let _ = writeln!(terminal);
    read.map_err(problem)?;
    let digits = Zeroizing::new(line.trim().as_bytes().to_vec());
    Pin::from_digits(digits).map_err(|error| Problem::Other(error.to_string()))
}

/// Signs all digests with one PIN in one session of the card, each value verified before the next is asked.
fn sign_digests(
    readers: &Readers,
    reader: &str,
    prepared: &[Prepared],
    key: PublicKey,
    pin: Pin,
    last_try: LastTry,
) -> Result<Vec<Vec<u8>>, Problem> {
    let digests: Vec<(SignatureAlgorithm, Vec<u8>)> = prepared
        .iter()
        .map(|one| (one.algorithm(), one.digest()))
        .collect();
    let values = readers.submit(reader, CARD_TIME, move |connection| {
        let mut eid = Eid::new(connection);
        let mut values = Vec::with_capacity(digests.len());
        for (algorithm, digest) in &digests {
            let request = SignRequest {
                key: KeyReference::Signature,
                hash: algorithm.hash(),
                digest,
                last_try,
            };
            let mut made = None;
            eid.sign(&request, &pin, &mut |signature| {
                let value = encoded(signature.scheme, &signature.value, &key);
                let fits = value
                    .as_ref()
                    .is_some_and(|value| key.verify_digest(*algorithm, digest, value).is_ok());
                made = value;
                fits
            })?;
            values.extend(made);
        }
        Ok(values)
    });
    Ok(values.wait()?)
}

/// The card's value as CMS carries it.
fn encoded(scheme: SignatureScheme, value: &[u8], key: &PublicKey) -> Option<Vec<u8>> {
    match (scheme, key.kind()) {
        (SignatureScheme::Ecdsa, KeyKind::Ec(curve)) => ecdsa::raw_to_der(value, curve).ok(),
        (SignatureScheme::RsaPkcs1, KeyKind::Rsa { .. }) => Some(value.to_vec()),
        _ => None,
    }
}

fn fetcher(config: &Config, trust: &Trust, clock: Arc<dyn Clock>) -> Result<HttpFetcher, Problem> {
    let mut hosts = config.outside.hosts.clone();
    hosts.extend(config.outside.time_stamp_urls.iter().filter_map(|address| {
        url::Url::parse(address)
            .ok()
            .and_then(|address| address.host_str().map(str::to_owned))
    }));
    let mut rules = FetchRules::new(hosts, trust.data().hosts().to_vec());
    rules.private_addresses = config.outside.private_addresses;
    rules.deadline = config.outside.timeout;
    HttpFetcher::new(rules, clock).map_err(|error| Problem::Other(error.to_string()))
}

fn complete(
    document: Arc<dyn ReadAt>,
    signed: Signed,
    settings: &Settings,
    fetcher: &HttpFetcher,
    clock: &dyn Clock,
) -> Result<Completed, Problem> {
    let mut completion = Completion::new(document, signed, settings.clone())?;
    let work = async {
        loop {
            match completion.step(clock.now())? {
                Step::Done(completed) => return Ok(*completed),
                Step::Need(need) => {
                    let answer = fetcher.fetch(&need).await;
                    completion.answer(answer, clock.now())?;
                }
            }
        }
    };
    let outcome: Result<Completed, CompletionError> =
        super::block_on(work).map_err(|error| Problem::Other(error.to_string()))?;
    Ok(outcome?)
}

/// Copies the document and appends the revisions.
fn write_sealed(document: &Arc<dyn ReadAt>, completed: &Completed, out: &Path) -> std::io::Result<()> {
    use std::io::Write as _;
    const CHUNK: u64 = 1024 * 1024;
    write_parts(out, |file| {
        let mut at = 0;
        while at < document.len() {
            let length = CHUNK.min(document.len().saturating_sub(at));
            let part = document.read_vec(at, usize::try_from(length).unwrap_or(0))?;
            file.write_all(&part)?;
            at = at.saturating_add(length);
        }
        completed
            .tails
            .iter()
            .try_for_each(|tail| file.write_all(&tail.0))
    })
}
