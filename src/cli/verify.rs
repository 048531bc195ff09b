//! `zegel verify`: judge signed files, offline.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit, Format};
use super::files::{self, FileProblem, Output, Readable};
use super::password::{self, Password};
use super::{trust, trust_lists};
use crate::ades::content::DataObject;
use crate::ades::statement::PolicyIdentifier;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::policy::ValidationPolicy;
use crate::ades::validate::report::Report;
use crate::ades::validate::verdict::{ProofFile, VerdictKey};
use crate::ades::validate::{Context, in_years, validate_any, validate_for};
use crate::base::bytes::ReadAt;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::Language;
use crate::base::text::one_line;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::mandates::proof::capacity_label;
use crate::pki::trust::Trust;

/// Judge the signatures of PDF files, XML documents, containers (asice, asics), CMS messages (p7s, p7m) and JSON
/// signatures, without a network and without a server.
///
/// Exit code 0: every signature of every file passed; 3: one failed, or a file is none of these; 4: one is undecided, or a
/// file has none; 1: a file could not be read, whatever the others are.
///
/// Example: zegel verify decision.pdf --proof decision.proof.json
#[derive(Args, Debug)]
pub struct Arguments {
    /// The files to judge; `-` is stdin.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What a detached signature is over; may be repeated for an XML or JSON signature over several files, which are
    /// found by the names it gives. Only with one file to judge.
    #[arg(long, value_name = "CONTENT")]
    detached: Vec<PathBuf>,
    /// Judge as at this moment (RFC 3339); evidence from later is not used [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Say too whether the files will still validate after so many years from what they contain, and until when.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    in_years: Option<u16>,
    /// How strictly: `strict`, `etsi` (a certificate's status counts until its next update, not for a minute: for files
    /// of others), `archive` (nothing filled in after signing, baseline form asked), or `lenient` (to look into files
    /// that strict refuses; never a ground to rely on one).
    #[arg(long, value_name = "strict|etsi|archive|lenient", default_value = "strict", value_parser = policy)]
    policy: ValidationPolicy,
    /// Ask that every signature names this signature policy, and that its document is at hand and the one signed for: by
    /// `--policy-document`, or, where none is given, in the signature. What stands there shows only that signers agree with
    /// themselves: anybody can name a policy and put another document beside it.
    #[arg(long, value_name = "OID|URI")]
    require_policy: Option<PolicyIdentifier>,
    /// The document of a signature policy that signatures may name; may be repeated. It stands for the policy whose signed
    /// digest it has.
    #[arg(long, value_name = "FILE")]
    policy_document: Vec<PathBuf>,
    /// Write the report to this file too; as JSON, for several files one array.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// How to write that file: `json`, or `etsi` for XML of ETSI TS 119 102-2 (one file at a time).
    #[arg(long, value_name = "json|etsi", default_value = "json", requires = "report")]
    report_format: ReportFormat,
    /// Whom to trust: `production` for the Belgian roots, or the folder of a laboratory's trust.
    #[arg(long, value_name = "production|FOLDER", default_value = "production")]
    trust: String,
    /// A folder with the signed trusted lists (*.xml): the list of lists, national ones, and pivots where needed. Without
    /// lists nothing is called qualified; lists that are not believed, or overdue, are an error.
    #[arg(long, value_name = "FOLDER")]
    lists: Option<PathBuf>,
    /// Trust as the installation with this configuration does, with the trusted lists it holds. May be repeated.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lists", "trust"])]
    config: Vec<PathBuf>,
    /// A proof file beside the documents: it holds the keys that verdicts verify under. May be repeated.
    #[arg(long, value_name = "FILE")]
    proof: Vec<PathBuf>,
    #[command(flatten)]
    password: Password,
    /// Language of the text.
    #[arg(long, value_name = "nl|fr|de|en", default_value = "en")]
    language: Language,
    /// Overwrite the report if it exists.
    #[arg(long)]
    force: bool,
}

/// How a report file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ReportFormat {
    /// XML of ETSI TS 119 102-2 V1.4.1.
    Etsi,
    /// The report's own JSON.
    Json,
}

fn policy(name: &str) -> Result<ValidationPolicy, String> {
    ValidationPolicy::named(name)
        .ok_or_else(|| format!("expected one of {}", ValidationPolicy::NAMES.join(", ")))
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    if arguments.report.as_deref().is_some_and(files::is_standard) {
        console.error("--report names a file");
        console.hint("--format json prints the report to stdout");
        return Exit::Usage;
    }
    if !arguments.detached.is_empty() && arguments.files.len() > 1 {
        console.error("--detached says what one file is over, and several are to be judged");
        return Exit::Usage;
    }
    if arguments.report_format == ReportFormat::Etsi && arguments.files.len() > 1 {
        console.error("--report-format etsi takes one file at a time");
        return Exit::Usage;
    }
    let now = arguments.at.unwrap_or_else(|| SystemClock::new().now());
    let output = match &arguments.report {
        Some(path) => match Output::plan(path, arguments.force, Readable::AsUsual) {
            Ok(output) => Some(output),
            Err(problem) => return refused(console, &problem),
        },
        None => None,
    };
    let trust = match trust_of(&arguments, now, console) {
        Ok(trust) => trust,
        Err(exit) => return exit,
    };
    let mut keys = Vec::new();
    for path in &arguments.proof {
        match load_proof(path) {
            Ok(found) => keys.extend(found),
            Err(problem) => return console.fail(Exit::Failed, "PROOF", problem),
        }
    }
    let beside = match files::beside(&arguments.detached) {
        Ok(beside) => beside,
        Err(problem) => return refused(console, &problem),
    };
    let key = match arguments.password.read() {
        Ok(key) => key,
        Err(problem) => return refused(console, &problem),
    };
    let policy = match judging_by(&arguments) {
        Ok(policy) => policy,
        Err(problem) => return refused(console, &problem),
    };
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let context = Context {
        trust: &trust,
        algorithms: &algorithms,
        verdict_keys: &keys,
        at: now,
    };
    let mut reports = Vec::with_capacity(arguments.files.len());
    let mut unread = Exit::Good;
    for path in &arguments.files {
        // The other files are judged all the same.
        let source = match key.open(path) {
            Ok(source) => source,
            Err(problem) => {
                unread = refused(console, &problem);
                continue;
            }
        };
        let report = judge(
            Arc::clone(&source),
            &beside,
            &context,
            (&policy, arguments.in_years),
        );
        let closed = report
            .document
            .format_failure
            .as_ref()
            .and_then(|_| password::closed(&source));
        match closed {
            // Nothing was looked at, so nothing has failed.
            Some(error) => {
                unread = console.fail(
                    Exit::Failed,
                    error.cause(),
                    format_args!("`{}`: {error}", path.display()),
                );
                password::tell(error.cause(), console);
            }
            None => reports.push((path, report)),
        }
    }
    if !reports.is_empty() {
        print(&reports, arguments.language, console);
    }
    if let Some(output) = output.filter(|_| !reports.is_empty()) {
        let bytes = match (arguments.report_format, reports.as_slice()) {
            (ReportFormat::Etsi, [(_, report)]) => report.to_etsi_xml(),
            _ => format!("{:#}\n", json_of(&reports)),
        };
        if let Err(problem) = output.write(bytes.as_bytes()) {
            return refused(console, &problem);
        }
    }
    match unread {
        Exit::Good => exit(&reports),
        unread => unread,
    }
}

/// Whom the arguments trust at `at`, and by which lists; what is wrong is told.
fn trust_of(arguments: &Arguments, at: Timestamp, console: &mut Console) -> Result<Trust, Exit> {
    if !arguments.config.is_empty() {
        let files = arguments.config.clone();
        return trust_lists::installed(&Files { files }, at, console);
    }
    let opened = trust::named(&arguments.trust).and_then(|trust| match &arguments.lists {
        Some(folder) => trust::add_lists(&trust, folder, at).map(|()| trust),
        None => Ok(trust),
    });
    opened.map_err(|problem| {
        let exit = console.fail_with(Exit::Failed, problem.cause(), &problem);
        if let Some(hint) = problem.hint() {
            console.hint(hint);
        }
        exit
    })
}

/// How the arguments ask to judge.
fn judging_by(arguments: &Arguments) -> Result<ValidationPolicy, FileProblem> {
    let mut policy = arguments.policy.clone();
    for path in &arguments.policy_document {
        policy.policy_documents.push(files::read(path)?.into());
    }
    Ok(match &arguments.require_policy {
        Some(required) => policy.requiring(required),
        None => policy,
    })
}

/// Judges one file under `policy`, and as it will be in so many years where that is asked.
fn judge(
    source: Arc<dyn ReadAt>,
    beside: &[DataObject],
    context: &Context<'_>,
    (policy, years): (&ValidationPolicy, Option<u16>),
) -> Report {
    let Some(years) = years else {
        return validate_any(source, beside, context, policy);
    };
    let later = in_years(context.at, years);
    validate_for(source, beside, context, policy, later)
}

/// Says what is wrong with a file.
fn refused(console: &mut Console, problem: &FileProblem) -> Exit {
    let exit = match problem {
        FileProblem::Exists(_) => Exit::Usage,
        FileProblem::Read(..) | FileProblem::Write(..) => Exit::Failed,
    };
    console.fail_with(exit, problem.cause(), problem);
    if let Some(hint) = problem.hint() {
        console.hint(hint);
    }
    exit
}

/// One report as itself, several as an array, each with its file.
fn json_of(reports: &[(&PathBuf, Report)]) -> serde_json::Value {
    let with_file = |(path, report): &(&PathBuf, Report)| {
        let mut value = serde_json::to_value(report).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.insert("file".to_owned(), path.display().to_string().into());
        }
        value
    };
    match reports {
        [one] => with_file(one),
        many => many.iter().map(with_file).collect(),
    }
}

fn print(reports: &[(&PathBuf, Report)], language: Language, console: &mut Console) {
    let mut text = String::new();
    if console.format() == Format::Text {
        for (path, report) in reports {
            if reports.len() > 1 {
                text.push_str(&one_line(&path.display().to_string()));
                text.push('\n');
            }
            let capacity = |claims: &serde_json::Value| capacity_label(claims, language);
            text.push_str(&report.to_text_naming(language, &capacity));
            text.push('\n');
        }
    }
    console.result(text.trim_end(), &json_of(reports));
}

/// The worst of all files decides.
fn exit(reports: &[(&PathBuf, Report)]) -> Exit {
    match reports.iter().map(|(_, report)| report.indication).max() {
        Some(Indication::TotalPassed) => Exit::Good,
        Some(Indication::TotalFailed) => Exit::NotValid,
        Some(Indication::Indeterminate) | None => Exit::Indeterminate,
    }
}

fn load_proof(path: &Path) -> Result<Vec<VerdictKey>, String> {
    let bytes = files::read(path).map_err(|problem| problem.to_string())?;
    ProofFile::parse(&bytes)
        .and_then(|proof| proof.keys())
        .map_err(|error| format!("`{}` is no proof file: {error}", path.display()))
}
