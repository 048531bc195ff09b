//! `zegel verify`: judge signed PDF files, offline.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::console::{Console, Exit, Format};
use crate::ades::validate::indication::Indication;
use crate::ades::validate::report::Report;
use crate::ades::validate::verdict::{ProofFile, VerdictKey};
use crate::ades::validate::{Context, validate};
use crate::base::bytes::{FileAt, ReadAt};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pki::anchors::TrustData;
use crate::pki::certificate::Certificate;
use crate::pki::trust::Trust;

/// Judge the signatures of PDF files, without a network and without a server.
///
/// Exit code 0: every signature of every file passed; 3: one failed; 4: one is undecided, or a file has none.
///
/// Example: zegel verify decision.pdf --proof decision.proof.json
#[derive(Args, Debug)]
pub struct Arguments {
    /// The files to judge.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Judge as at this moment (RFC 3339); evidence from later is not used [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Write the report as JSON to this file too; for several files, one array.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Whom to trust: `production` for the Belgian roots, or the folder of a laboratory's trust.
    #[arg(long, value_name = "production|FOLDER", default_value = "production")]
    trust: String,
    /// A proof file beside the documents: it holds the keys that verdicts verify under.
    #[arg(long, value_name = "FILE")]
    proof: Vec<PathBuf>,
    /// Language of the text.
    #[arg(long, value_name = "nl|fr|de|en", default_value = "en")]
    language: Language,
    /// Overwrite the report if it exists.
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let now = arguments.at.unwrap_or_else(|| SystemClock::new().now());
    if let Some(path) = arguments
        .report
        .as_ref()
        .filter(|path| !arguments.force && path.exists())
    {
        console.error(format_args!(
            "`{}` exists already; --force overwrites it",
            path.display()
        ));
        return Exit::Usage;
    }
    let trust = match load_trust(&arguments.trust) {
        Ok(trust) => trust,
        Err(problem) => return console.fail(Exit::Failed, "TRUST", problem),
    };
    let mut keys = Vec::new();
    for path in &arguments.proof {
        match load_proof(path) {
            Ok(found) => keys.extend(found),
            Err(problem) => return console.fail(Exit::Failed, "PROOF", problem),
        }
    }
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let context = Context {
        trust: &trust,
        algorithms: &algorithms,
        verdict_keys: &keys,
        at: now,
    };
    let mut reports = Vec::with_capacity(arguments.files.len());
    for path in &arguments.files {
        let source: Arc<dyn ReadAt> = match FileAt::open(path) {
            Ok(file) => Arc::new(file),
            Err(error) => {
                return console.fail(
                    Exit::Failed,
                    "FILE",
                    format_args!("`{}`: {error}", path.display()),
                );
            }
        };
        reports.push((path, validate(source, &context)));
    }
    print(&reports, arguments.language, console);
    if let Some(path) = &arguments.report {
        let written = serde_json::to_vec_pretty(&json_of(&reports))
            .map_err(std::io::Error::other)
            .and_then(|bytes| write_whole(path, &bytes));
        if let Err(error) = written {
            return console.fail(
                Exit::Failed,
                "FILE",
                format_args!("`{}`: {error}", path.display()),
            );
        }
    }
    exit(&reports)
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
                text.push_str(&path.display().to_string());
                text.push('\n');
            }
            text.push_str(&report.to_text(language));
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
    let problem = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| problem(&error))?;
    ProofFile::parse(&bytes)
        .and_then(|proof| proof.keys())
        .map_err(|error| problem(&error))
}

/// The trust named: the built-in Belgian pins, or a folder with `trust.toml` and certificates in DER (`*.crt`).
///
/// The built-in pins need no certificates at hand: a sealed file carries its roots, and the pin decides.
pub(super) fn load_trust(named: &str) -> Result<Trust, String> {
    if named == "production" {
        return TrustData::production()
            .map(Trust::new)
            .map_err(|error| error.to_string());
    }
    let folder = Path::new(named);
    let problem = |path: &Path, error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
    let file = folder.join("trust.toml");
    let text = std::fs::read_to_string(&file).map_err(|error| problem(&file, &error))?;
    let trust = TrustData::test(&text)
        .map(Trust::new)
        .map_err(|error| problem(&file, &error))?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .map_err(|error| problem(folder, &error))?
        .flatten()
    {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "crt")
        {
            found.extend(std::fs::read(entry.path()));
        }
    }
    let found = certificates(found.iter().map(Vec::as_slice));
    for certificate in &found {
        trust.add_anchor(certificate);
    }
    for certificate in &found {
        // What does not chain to a pin is not kept.
        let _ = trust.add_issuer(certificate);
    }
    Ok(trust)
}

/// Writes `bytes` to a temporary file beside `path` and renames it.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_parts(path, |file| std::io::Write::write_all(file, bytes))
}

/// Has `write` fill a temporary file beside `path`, and renames it.
pub(super) fn write_parts(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    let draft = path.with_file_name(format!(".{}.new", name.to_string_lossy()));
    let written = std::fs::File::create(&draft).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    written
        .and_then(|()| std::fs::rename(&draft, path))
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&draft);
        })
}

/// Reads certificates that came in DER; what is none is left out.
pub(super) fn certificates<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Vec<Certificate> {
    ders.into_iter()
        .filter_map(|der| Certificate::parse(der.to_vec()).ok())
        .collect()
}
