//! `zegel trust`: look at trusted lists, and at what they say of a certificate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::console::{Console, Exit};
use super::files::{self, FileProblem};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::time::Timestamp;
use crate::pki::anchors::TrustDataError;
use crate::pki::certificate::Certificate;
use crate::pki::lists::anchors::ListAnchors;
use crate::pki::lists::defect::ListDefect;
use crate::pki::lists::list::{Service, ServiceKind};
use crate::pki::lists::lotl::{self, VerifiedLotl};
use crate::pki::lists::qualification::{Outcome, Qualification, determine};
use crate::pki::lists::signed::VerifiedList;
use crate::pki::lists::trusted::TrustedLists;

/// Name of the file with a laboratory's list anchors in its folder.
const LABORATORY_FILE: &str = "lists.toml";

/// Look at trusted lists, and at what they say of a certificate.
///
/// The lists are files, and are verified from the fingerprints that the Official Journal published.
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
struct Source {
    /// The list of lists.
    #[arg(long, value_name = "FILE")]
    lotl: PathBuf,
    /// A pivot list of lists, for anchors older than the newest publication. May be repeated.
    #[arg(long, value_name = "FILE")]
    pivot: Vec<PathBuf>,
    /// A national list. May be repeated.
    #[arg(long, value_name = "FILE")]
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
    #[error("`{}` is not believed", .0.display())]
    List(PathBuf, #[source] ListDefect),
    #[error("`{}` is no certificate", .0.display())]
    Certificate(PathBuf),
    #[error("`{}` is for a territory that the list of lists does not name", .0.display())]
    Territory(PathBuf),
    #[error(transparent)]
    File(#[from] FileProblem),
    #[error(transparent)]
    Anchors(#[from] TrustDataError),
}

impl Problem {
    const fn cause(&self) -> &'static str {
        match self {
            Self::List(_, defect) => defect.cause(),
            Self::Certificate(_) => "CERT_PARSE",
            Self::Territory(_) => "TL_SCOPE",
            Self::File(problem) => problem.cause(),
            Self::Anchors(_) => "START_TRUST",
        }
    }

    const fn exit(&self) -> Exit {
        match self {
            Self::List(..) | Self::Territory(_) => Exit::NotValid,
            Self::Certificate(_) | Self::File(_) | Self::Anchors(_) => Exit::Failed,
        }
    }

    const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::List(_, ListDefect::AnchorUnknown) => {
                Some("an older anchor needs the pivots that the list names: give each with --pivot")
            }
            Self::List(_, ListDefect::Expired { .. }) => {
                Some("fetch the newest list, or judge as at an earlier moment with --at")
            }
            _ => None,
        }
    }
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let done = match &arguments.command {
        Command::Explain(arguments) => explain(arguments, console),
        Command::List(source) => list(source, console),
        Command::Show(source) => show(source, console),
    };
    done.unwrap_or_else(|problem| {
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
        let text = files::read(&Path::new(&self.trust).join(LABORATORY_FILE))?;
        Ok(ListAnchors::test(&String::from_utf8_lossy(&text))?)
    }

    fn open(&self) -> Result<Opened, Problem> {
        let anchors = self.anchors()?;
        let at = self.at.unwrap_or_else(|| SystemClock::new().now());
        let moment = Some((at, anchors.grace_seconds));
        let bytes = files::read(&self.lotl)?;
        let mut pivots = Vec::new();
        for path in &self.pivot {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            pivots.push((name, files::read(path)?));
        }
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |defect| Problem::List(path, defect)
        };
        let pivots = lotl::by_address(&bytes, &anchors, pivots).map_err(refused(&self.lotl))?;
        let lotl = lotl::verify(&bytes, &pivots, &anchors, None, moment).map_err(refused(&self.lotl))?;
        let mut lists = Vec::new();
        for path in &self.list {
            let bytes = files::read(path)?;
            let territory = lotl::territory_of(&bytes).map_err(refused(path))?;
            if lotl.pointer(&territory).is_none() {
                return Err(Problem::Territory(path.clone()));
            }
            lists.push(
                lotl.verify(&bytes, &territory, None, moment)
                    .map_err(refused(path))?,
            );
        }
        let lists = TrustedLists {
            lotl: Some(lotl.clone()),
            lists,
        };
        Ok(Opened { at, lotl, lists })
    }
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
    let opened = source.open()?;
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
    let opened = source.open()?;
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
    let opened = arguments.source.open()?;
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
