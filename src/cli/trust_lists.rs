//! `zegel trust`: look at trusted lists, and at what they say of a certificate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use super::config::Files;
use super::console::{Console, Exit};
use super::database::{self, DatabaseProblem};
use super::files::{self, FileProblem};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::time::Timestamp;
use crate::config::{Config, Environment};
use crate::fetch::http::{ClientError, HttpFetcher};
use crate::journeys::lists;
use crate::pki::anchors::TrustDataError;
use crate::pki::certificate::Certificate;
use crate::pki::lists::anchors::ListAnchors;
use crate::pki::lists::defect::ListDefect;
use crate::pki::lists::files::{ListFile, ListFiles, ListFilesDefect};
use crate::pki::lists::list::{Service, ServiceKind};
use crate::pki::lists::lotl::VerifiedLotl;
use crate::pki::lists::qualification::{Outcome, Qualification, determine};
use crate::pki::lists::signed::VerifiedList;
use crate::pki::lists::trusted::TrustedLists;
use crate::pki::trust::Trust;
use crate::store::trust::{self, LABORATORY_LISTS, TrustError};

/// Look at trusted lists, and at what they say of a certificate.
///
/// The lists are those of the installation, or files, and are verified from the fingerprints that the Official Journal
/// published.
///
/// Example: zegel trust list --lotl eu-lotl.xml --list tsl-be-v6.xml
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Say step by step why a certificate is, or is not, qualified.
    ///
    /// Exit code 0: qualified, with its key in a qualified device; 3: not; 4: undecided; 1: a file could not be used.
    ///
    /// Example: zegel trust explain signer.crt --lotl eu-lotl.xml --list tsl-be-v6.xml --chain issuer.crt
    Explain(Explain),
    /// Verify lists and say how old they are and who signed them.
    ///
    /// Exit code 0: verified; 3: a list is refused.
    ///
    /// Example: zegel trust list --lotl eu-lotl.xml --list tsl-be-v6.xml
    List(Source),
    /// Fetch newer lists into the installation; what is held stays in use when nothing better comes.
    ///
    /// Exit code 0: all are as new as they can be; 7: one could not be renewed.
    ///
    /// Example: zegel trust refresh --config /etc/zegel/zegel.toml
    Refresh(Refresh),
    /// Show the services of the lists with their state at the moment asked about.
    ///
    /// Example: zegel trust show --lotl eu-lotl.xml --list tsl-be-v6.xml
    Show(Source),
}

#[derive(Args, Debug)]
struct Explain {
    /// The certificate, PEM or DER.
    #[arg(value_name = "CERT")]
    certificate: PathBuf,
    /// A certificate between it and a listed authority. May be repeated.
    #[arg(long, value_name = "FILE")]
    chain: Vec<PathBuf>,
    /// When the signature was made (RFC 3339) [default: --at].
    #[arg(long, value_name = "TIME")]
    signed: Option<Timestamp>,
    #[command(flatten)]
    source: Source,
}

#[derive(Args, Debug)]
struct Refresh {
    #[command(flatten)]
    config: Files,
}

#[derive(Args, Debug)]
struct Source {
    #[command(flatten)]
    config: Files,
    /// The list of lists [default: those that the installation holds].
    #[arg(long, value_name = "FILE")]
    lotl: Option<PathBuf>,
    /// A pivot list of lists, for anchors older than the newest publication. May be repeated.
    #[arg(long, value_name = "FILE", requires = "lotl")]
    pivot: Vec<PathBuf>,
    /// A national list. May be repeated.
    #[arg(long, value_name = "FILE", requires = "lotl")]
    list: Vec<PathBuf>,
    /// Judge as at this moment (RFC 3339) [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Whom to trust: `production`, or the folder of a laboratory's trust.
    #[arg(long, value_name = "production|FOLDER", default_value = "production")]
    trust: String,
}

/// Why lists could not be used.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    List(#[from] ListFilesDefect),
    #[error("the list of {0} that is held is not used")]
    Overdue(String, #[source] ListDefect),
    #[error("`{}` is no certificate", .0.display())]
    Certificate(PathBuf),
    #[error("no trusted list is at hand")]
    Nothing,
    #[error(transparent)]
    File(#[from] FileProblem),
    #[error(transparent)]
    Database(#[from] DatabaseProblem),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the program cannot work here")]
    Runtime(#[from] std::io::Error),
    /// Said already.
    #[error("the settings are refused")]
    Settings(Exit),
    #[error(transparent)]
    Anchors(#[from] TrustDataError),
}

impl Problem {
    const fn cause(&self) -> &'static str {
        match self {
            Self::List(defect) => defect.cause(),
            Self::Overdue(_, defect) => defect.cause(),
            Self::Certificate(_) => "CERT_PARSE",
            Self::Nothing => "QUAL_NOT_DETERMINED",
            Self::File(problem) => problem.cause(),
            Self::Database(problem) => problem.cause(),
            Self::Trust(TrustError::Store(error)) => error.cause(),
            Self::Client(_) => "START_HTTP_CLIENT",
            Self::Runtime(_) => "START_RUNTIME",
            Self::Settings(_) => "START_SETTINGS",
            Self::Anchors(_) | Self::Trust(_) => "START_TRUST",
        }
    }

    const fn exit(&self) -> Exit {
        match self {
            Self::List(_) | Self::Overdue(..) => Exit::NotValid,
            Self::Nothing => Exit::Indeterminate,
            Self::Settings(exit) => *exit,
            _ => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => {
                Some("fetch them with: zegel trust refresh, or name files with --lotl and --list")
            }
            Self::Database(problem) => problem.hint(),
            Self::List(defect) => hint(defect),
            Self::Overdue(..) => {
                Some("renew it with: zegel trust refresh, or judge as at an earlier moment with --at")
            }
            _ => None,
        }
    }
}

/// The way out for lists in files that are not believed.
pub(super) const fn hint(defect: &ListFilesDefect) -> Option<&'static str> {
    match defect {
        ListFilesDefect::List {
            defect: ListDefect::AnchorUnknown,
            ..
        } => Some("an older anchor needs the pivots that the list names: give them too"),
        ListFilesDefect::List {
            defect: ListDefect::Expired { .. },
            ..
        } => Some("fetch the newest list, or judge as at an earlier moment with --at"),
        _ => None,
    }
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let done = match &arguments.command {
        Command::Explain(arguments) => explain(arguments, console),
        Command::List(source) => list(source, console),
        Command::Refresh(arguments) => refresh(arguments, console),
        Command::Show(source) => show(source, console),
    };
    done.unwrap_or_else(|problem| {
        if let Problem::Settings(exit) = problem {
            if !matches!(arguments.command, Command::Refresh(_)) {
                console.hint("lists in files need no installation: name them with --lotl and --list");
            }
            return exit;
        }
        let exit = console.fail_with(problem.exit(), problem.cause(), &problem);
        if let Some(hint) = problem.hint() {
            console.hint(hint);
        }
        exit
    })
}

struct Opened {
    at: Timestamp,
    lotl: VerifiedLotl,
    lists: TrustedLists,
}

impl Source {
    fn anchors(&self) -> Result<ListAnchors, Problem> {
        if self.trust == "production" {
            return Ok(ListAnchors::production()?);
        }
        let text = files::read(&Path::new(&self.trust).join(LABORATORY_LISTS))?;
        Ok(ListAnchors::test(&String::from_utf8_lossy(&text))?)
    }

    fn open(&self, console: &mut Console) -> Result<Opened, Problem> {
        let at = self.at.unwrap_or_else(|| SystemClock::new().now());
        let Some(path) = &self.lotl else {
            let config = self.config.load(console).map_err(Problem::Settings)?;
            let lists = super::block_on(held(&config))??;
            let lotl = lists.lotl.clone().ok_or(Problem::Nothing)?;
            return Ok(Opened { at, lotl, lists });
        };
        let anchors = self.anchors()?;
        let read = |path: &PathBuf| {
            Ok::<_, FileProblem>(ListFile {
                name: path.display().to_string(),
                bytes: files::read(path)?,
            })
        };
        let files = ListFiles {
            lotl: read(path)?,
            pivots: self.pivot.iter().map(read).collect::<Result<_, _>>()?,
            national: self.list.iter().map(read).collect::<Result<_, _>>()?,
        };
        let lists = files.verify(&anchors, at)?;
        let lotl = lists.lotl.clone().ok_or(Problem::Nothing)?;
        Ok(Opened { at, lotl, lists })
    }
}

/// The lists that an installation holds, verified again.
async fn held(config: &Config) -> Result<TrustedLists, Problem> {
    let trust = learnt(config).await?;
    trust.list_anchors().ok_or(Problem::Nothing)?;
    Ok(TrustedLists::clone(&trust.lists()))
}

/// The trust of an installation with all it learnt, its lists among it, verified again.
async fn learnt(config: &Config) -> Result<Trust, Problem> {
    let db = database::open(&config.database_url).await?;
    let trust = trust::open(&db, laboratory(config), SystemClock::new().now()).await?;
    let trust = trust.with_responders(config.outside.responders.clone());
    if let Some(anchors) = trust.list_anchors() {
        trust.set_lists(lists::load(&db, anchors).await.map_err(DatabaseProblem::from)?);
    }
    Ok(trust)
}

/// The trust of the installation that `config` names, for judging at `at`; every problem is told.
///
/// A list that is overdue at `at` is refused: a service goes on with it and raises an alarm, and here nobody would see
/// that.
pub(super) fn installed(config: &Files, at: Timestamp, console: &mut Console) -> Result<Trust, Exit> {
    let config = config.load(console)?;
    let trust = super::block_on(learnt(&config))
        .map_err(Problem::from)
        .and_then(|trust| trust)
        .and_then(|trust| match overdue(&trust, at) {
            Some(problem) => Err(problem),
            None => Ok(trust),
        })
        .map_err(|problem| {
            let exit = console.fail_with(Exit::Failed, problem.cause(), &problem);
            if let Some(hint) = problem.hint() {
                console.hint(hint);
            }
            exit
        })?;
    if trust.lists().is_empty() {
        console.hint("no trusted list is at hand, so nothing is called qualified: fetch them with: zegel trust refresh");
    }
    Ok(trust)
}

/// The first list that was to be renewed before `at`.
fn overdue(trust: &Trust, at: Timestamp) -> Option<Problem> {
    let grace = trust.list_anchors()?.grace_seconds;
    let lists = trust.lists();
    let of_lists = lists.lotl.iter().map(|lotl| &lotl.verified);
    of_lists.chain(&lists.lists).find_map(|found| {
        let next_update = found.list.is_overdue(at, grace)?;
        let defect = ListDefect::Expired { next_update, at };
        Some(Problem::Overdue(found.list.territory.clone(), defect))
    })
}

/// The folder of a laboratory's trust, where an installation may use one.
fn laboratory(config: &Config) -> Option<&Path> {
    match config.environment {
        Environment::Test => config.test_trust.as_deref(),
        Environment::Production => None,
    }
}

fn refresh(arguments: &Refresh, console: &mut Console) -> Result<Exit, Problem> {
    let config = arguments.config.load(console).map_err(Problem::Settings)?;
    let renewals = super::block_on(renew(&config))??;
    let mut text = String::new();
    for renewal in &renewals {
        let held = renewal
            .held
            .map_or_else(|| "none".to_owned(), |number| format!("number {number}"));
        let _ = match renewal.cause {
            None => writeln!(text, "{}: {held}", renewal.territory),
            Some(cause) => writeln!(text, "{}: not renewed ({cause}); held: {held}", renewal.territory),
        };
    }
    let items: Vec<_> = renewals
        .iter()
        .map(|renewal| json!({"territory": renewal.territory, "held": renewal.held, "code": renewal.cause}))
        .collect();
    console.result(text.trim_end(), &json!({ "items": items }));
    if renewals.iter().all(|renewal| renewal.cause.is_none()) {
        Ok(Exit::Good)
    } else {
        Ok(Exit::ProblemsFound)
    }
}

async fn renew(config: &Config) -> Result<Vec<lists::Renewal>, Problem> {
    let clock = Arc::new(SystemClock::new());
    let db = database::open(&config.database_url).await?;
    let trust = trust::open(&db, laboratory(config), clock.now()).await?;
    let anchors = trust.list_anchors().ok_or(Problem::Nothing)?;
    trust.set_lists(lists::load(&db, anchors).await.map_err(DatabaseProblem::from)?);
    let now = clock.now();
    let fetcher = HttpFetcher::new(config.outside.fetch_rules(&trust), clock)?;
    Ok(lists::refresh(&db, &trust, anchors, &fetcher, now)
        .await
        .map_err(DatabaseProblem::from)?)
}

fn about(list: &VerifiedList) -> serde_json::Value {
    json!({
        "territory": list.list.territory,
        "version": list.list.version,
        "sequence": list.list.sequence,
        "issued_at": list.list.issued_at,
        "next_update": list.list.next_update,
        "signer_sha256": list.signer.fingerprint().to_string(),
        "signer_not_after": list.signer.not_after(),
        "sha256": list.fingerprint.to_string(),
        "services": list.list.services.len(),
    })
}

fn list(source: &Source, console: &mut Console) -> Result<Exit, Problem> {
    let opened = source.open(console)?;
    let mut text = String::new();
    let mut items = Vec::new();
    let all = std::iter::once(&opened.lotl.verified).chain(&opened.lists.lists);
    for found in all {
        let list = &found.list;
        let next = list
            .next_update
            .map_or_else(|| "none: the list is closed".to_owned(), |next| next.to_string());
        let _ = writeln!(
            text,
            "{}: number {}, version {}, issued {}, next update {next}\n    signed by the certificate {} (until {})",
            list.territory,
            list.sequence,
            list.version,
            list.issued_at,
            found.signer.fingerprint(),
            found.signer.not_after(),
        );
        items.push(about(found));
    }
    let pivots: Vec<String> = opened.lotl.pivots.iter().map(ToString::to_string).collect();
    let _ = writeln!(
        text,
        "believed from {}{}",
        opened.lotl.publication,
        if pivots.is_empty() {
            String::new()
        } else {
            format!(", through the pivots {}", pivots.join(", "))
        }
    );
    if opened.lotl.announces_publication {
        console.warn(
            "the list of lists names a publication that is not pinned; compare it with the Official Journal",
        );
    }
    console.result(
        text.trim_end(),
        &json!({
            "items": items,
            "publication": opened.lotl.publication,
            "pivots": opened.lotl.pivots,
            "announces_publication": opened.lotl.announces_publication,
        }),
    );
    Ok(Exit::Good)
}

fn show(source: &Source, console: &mut Console) -> Result<Exit, Problem> {
    let opened = source.open(console)?;
    let mut text = String::new();
    let mut items = Vec::new();
    for found in &opened.lists.lists {
        let _ = writeln!(
            text,
            "{}, number {}, at {}:",
            found.list.territory, found.list.sequence, opened.at
        );
        for service in &found.list.services {
            let Some(period) = service.at(opened.at) else {
                continue;
            };
            let kind = kind_of(&period.kind);
            let _ = writeln!(
                text,
                "  {kind}  {} since {}  {} ({})",
                period.status.as_str(),
                period.from.day(),
                period.name,
                service.provider
            );
            let pins: Vec<String> = service
                .certificates
                .iter()
                .map(|certificate| certificate.fingerprint().to_string())
                .collect();
            items.push(json!({
                "territory": found.list.territory,
                "kind": kind,
                "status": period.status.as_str(),
                "since": period.from,
                "name": period.name,
                "provider": service.provider,
                "sha256": pins,
                "qualifiers": period
                    .qualifications
                    .iter()
                    .map(|element| element.qualifiers.iter().map(|one| one.as_str()).collect::<Vec<_>>())
                    .collect::<Vec<_>>(),
            }));
        }
    }
    console.result(text.trim_end(), &json!({ "items": items }));
    Ok(Exit::Good)
}

fn kind_of(kind: &ServiceKind) -> &str {
    match kind {
        ServiceKind::QualifiedCertificates => "CA/QC",
        ServiceKind::QualifiedTimeStamps => "TSA/QTST",
        ServiceKind::Other(other) => other,
    }
}

fn certificate(path: &Path) -> Result<Certificate, Problem> {
    let bytes = files::read(path)?;
    std::str::from_utf8(&bytes)
        .ok()
        .and_then(Certificate::from_pem)
        .or_else(|| Certificate::parse(bytes).ok())
        .ok_or_else(|| Problem::Certificate(path.to_owned()))
}

fn explain(arguments: &Explain, console: &mut Console) -> Result<Exit, Problem> {
    let subject = certificate(&arguments.certificate)?;
    let mut above = Vec::new();
    for path in &arguments.chain {
        above.push(certificate(path)?);
    }
    let opened = arguments.source.open(console)?;
    let listed = opened
        .lists
        .lists
        .iter()
        .flat_map(|list| &list.list.services)
        .flat_map(|service: &Service| service.certificates.iter().cloned());
    above.extend(listed);
    let path = crate::pki::lists::trusted::path_above(&subject, &above);
    let signed = arguments.signed.unwrap_or(opened.at);
    let found = determine(&opened.lists, &path, signed);
    let text = words(&subject, &path, &found, signed);
    console.result(
        &text,
        &json!({
            "sha256": subject.fingerprint().to_string(),
            "path": path.iter().map(|one| one.fingerprint().to_string()).collect::<Vec<_>>(),
            "signed_at": signed,
            "qualified": matches!(found.outcome, Outcome::QualifiedSignature | Outcome::QualifiedSeal),
            "code": found.outcome.cause(),
            "result": found,
        }),
    );
    Ok(match found.outcome {
        Outcome::QualifiedSignature | Outcome::QualifiedSeal => Exit::Good,
        Outcome::NotDetermined | Outcome::Conflict => Exit::Indeterminate,
        Outcome::NotQualified
        | Outcome::QualifiedCertificateForSeals
        | Outcome::QualifiedCertificateForSignatures
        | Outcome::QualifiedCertificateForWebSites => Exit::NotValid,
    })
}

/// The certificate's subject is not in it: it may be a person's.
fn words(subject: &Certificate, path: &[Certificate], found: &Qualification, signed: Timestamp) -> String {
    let mut text = format!(
        "Certificate {}\nissued {} by {}\nFor a signature made at {signed}.\n",
        subject.fingerprint(),
        subject.not_before(),
        subject.issuer().authority_text()
    );
    for (index, authority) in path.iter().skip(1).enumerate() {
        let _ = writeln!(
            text,
            "{}above it: {}",
            "  ".repeat(index.saturating_add(1)),
            authority.subject().authority_text()
        );
    }
    if path.len() < 2 {
        text.push_str("  nobody above it is at hand: give the certificates between with --chain\n");
    }
    text.push('\n');
    for (number, step) in found.steps.iter().enumerate() {
        let when = match step.at {
            None => String::new(),
            Some(at) if at == subject.not_before() => "when it was issued: ".to_owned(),
            Some(_) => "at the signature: ".to_owned(),
        };
        let _ = writeln!(text, "{:>2}. {when}{}", number.saturating_add(1), step.says);
    }
    let outcome = match found.outcome {
        Outcome::NotDetermined => "not determined: no list is at hand",
        Outcome::Conflict => "undecided: the list contradicts itself",
        Outcome::NotQualified => "not a qualified certificate",
        Outcome::QualifiedCertificateForSignatures => {
            "a qualified certificate for signatures, but no qualified device: not a qualified signature"
        }
        Outcome::QualifiedCertificateForSeals => {
            "a qualified certificate for seals, but no qualified device: not a qualified seal"
        }
        Outcome::QualifiedCertificateForWebSites => {
            "a qualified certificate for web sites, not for signatures"
        }
        Outcome::QualifiedSignature => "a valid signature with it is a qualified signature",
        Outcome::QualifiedSeal => "a valid seal with it is a qualified seal",
    };
    let _ = write!(text, "\nOutcome: {outcome}");
    if let Some(list) = &found.list {
        let _ = write!(
            text,
            ", by the list of {} number {} of {}",
            list.territory, list.sequence, list.issued_at
        );
    }
    if let Some(code) = found.outcome.cause() {
        let _ = write!(text, " ({code})");
    }
    text
}
