//! From the card's values to files: time-stamps, revocation data, read-back, and the file written whole.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::console::{Console, Exit};
use super::super::interrupt::Interrupt;
use super::form::{self, Prepared};
use super::problem::Problem;
use super::{Job, Target};
use crate::ades::augment::{self, settings::Settings};
use crate::ades::cades::completion::Carried;
use crate::ades::content::Content;
use crate::ades::level::Level;
use crate::ades::pades::completion::Completion;
use crate::ades::pades::stages::Completed as Stage;
use crate::ades::{cades, jades};
use crate::asn1::oid::Oid;
use crate::base::bytes::ReadAt;
use crate::base::clock::Clock;
use crate::base::random::SystemRandom;
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::http::HttpFetcher;
use crate::fetch::{Fetcher as _, resume};
use crate::pki::trust::Trust;

/// What completing needs.
pub(super) struct Work {
    pub(super) trust: Arc<Trust>,
    pub(super) fetcher: HttpFetcher,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) time_stamp_urls: Vec<String>,
    pub(super) time_stamp_policies: Vec<Oid>,
    pub(super) interrupt: Interrupt,
}

/// A file that was signed.
pub(super) struct Completed {
    document: PathBuf,
    out: PathBuf,
    level: Level,
}

/// What came of each file.
pub(super) struct Outcome {
    completed: Vec<Completed>,
    failed: Vec<(PathBuf, Problem)>,
}

impl Work {
    /// Completes each file that has a value and writes it; the others end in what stopped the card.
    pub(super) fn complete_all(
        &self,
        jobs: Vec<Job>,
        prepared: Vec<Prepared>,
        values: Vec<Vec<u8>>,
        lost: Option<Problem>,
        console: &mut Console,
    ) -> Outcome {
        let mut outcome = Outcome {
            completed: Vec::new(),
            failed: Vec::new(),
        };
        let mut values = values.into_iter();
        let mut lost = lost;
        for (job, prepared) in jobs.into_iter().zip(prepared) {
            let done = match values.next() {
                Some(value) => self.complete(&job, prepared, value, console),
                // The first one is what the card was lost at; those after it were not begun.
                None => Err(lost.take().unwrap_or(Problem::NotSigned)),
            };
            match done {
                Ok(completed) => outcome.completed.push(completed),
                Err(problem) => outcome.failed.push((job.document, problem)),
            }
        }
        outcome
    }

    fn complete(
        &self,
        job: &Job,
        prepared: Prepared,
        value: Vec<u8>,
        console: &mut Console,
    ) -> Result<Completed, Problem> {
        let made = self
            .interrupt
            .unless_asked(self.extend(job, prepared, &value))
            .ok_or(Problem::Interrupted)??;
        let out = match &job.target {
            Target::Stdout => {
                made.write(&job.source, console.results())
                    .map_err(Problem::Stdout)?;
                PathBuf::from("-")
            }
            Target::File(output) => {
                output.write_with(|file| made.write(&job.source, file))?;
                output.path().to_owned()
            }
        };
        Ok(Completed {
            document: job.document.clone(),
            out,
            level: made.level(),
        })
    }

    fn settings(&self) -> Settings {
        Settings {
            trust: Arc::clone(&self.trust),
            algorithms: AlgorithmPolicy::etsi_ts_119_312(),
            time_stamp_urls: self.time_stamp_urls.clone(),
            time_stamp_policies: self.time_stamp_policies.clone(),
            random: Arc::new(SystemRandom),
        }
    }

    async fn extend(&self, job: &Job, prepared: Prepared, value: &[u8]) -> Result<Made, Problem> {
        let now = self.clock.now();
        match prepared {
            Prepared::Pdf(prepared) => {
                let signed = prepared.finish(value.to_vec(), now)?;
                let completion = Completion::new(Arc::clone(&job.source), signed, self.settings())?;
                let completed = resume::complete(completion, &self.fetcher, &self.clock).await;
                Ok(Made::Pdf(Box::new(completed.map_err(|(error, _)| error)?)))
            }
            Prepared::Cades(prepared, _) => {
                let signed = prepared.finish(value, now)?;
                let source = Arc::clone(&job.source);
                let carried = if signed.envelope().is_attached() {
                    Carried::Attached(source)
                } else {
                    Carried::Detached(Content::Bytes(source))
                };
                let mut completion = cades::completion::Completion::new(carried, signed, self.settings());
                loop {
                    match completion.step(self.clock.now())? {
                        augment::error::Step::Done(completed) => return Ok(Made::Cades(completed)),
                        augment::error::Step::Need(need) => {
                            let answer = self.fetcher.fetch(&need).await;
                            completion.answer(answer, self.clock.now())?;
                        }
                    }
                }
            }
            Prepared::Jades(prepared, _) => {
                let signed = prepared.finish(value, now)?;
                let beside = if signed.jws().payload.is_some() {
                    Vec::new()
                } else {
                    vec![form::object(&job.document, &job.source)]
                };
                let mut completion = jades::completion::Completion::new(beside, signed, self.settings());
                loop {
                    match completion.step(self.clock.now())? {
                        augment::error::Step::Done(completed) => return Ok(Made::Jades(completed)),
                        augment::error::Step::Need(need) => {
                            let answer = self.fetcher.fetch(&need).await;
                            completion.answer(answer, self.clock.now())?;
                        }
                    }
                }
            }
        }
    }
}

/// A signature at its level, in its form.
enum Made {
    Cades(Box<cades::completion::Completed>),
    Jades(Box<jades::completion::Completed>),
    Pdf(Box<Stage>),
}

impl Made {
    const fn level(&self) -> Level {
        match self {
            Self::Cades(completed) => completed.level,
            Self::Jades(completed) => completed.level,
            Self::Pdf(completed) => completed.level,
        }
    }

    fn write(&self, document: &Arc<dyn ReadAt>, to: &mut dyn std::io::Write) -> std::io::Result<()> {
        match self {
            Self::Cades(completed) => completed.write(Some(document), to),
            Self::Jades(completed) => {
                to.write_all(completed.jws.to_text().as_bytes())?;
                to.flush()
            }
            Self::Pdf(completed) => write_sealed(document, completed, to),
        }
    }
}

impl Outcome {
    /// Prints what was signed as the result and each failure with its code. The gravest failure is the exit code.
    pub(super) fn report(&self, console: &mut Console) -> Exit {
        let to_stdout = self.completed.iter().any(|one| one.out.as_os_str() == "-");
        let lines: Vec<String> = self
            .completed
            .iter()
            .map(|one| format!("{}: {}", one.out.display(), one.level))
            .collect();
        let signed: Vec<_> = self
            .completed
            .iter()
            .map(|one| serde_json::json!({ "file": shown(&one.document), "out": shown(&one.out), "level": one.level }))
            .collect();
        let failed: Vec<_> = self
            .failed
            .iter()
            .map(|(file, problem)| {
                serde_json::json!({ "file": shown(file), "code": problem.cause(), "message": problem.to_string() })
            })
            .collect();
        if to_stdout {
            // The file itself is the result.
            for line in lines {
                console.say(line);
            }
        } else {
            let json = serde_json::json!({ "signed": signed, "failed": failed });
            console.result(lines.join("\n"), &json);
        }
        let mut exit = Exit::Good;
        for (file, problem) in &self.failed {
            let found = problem.tell_about(file, console);
            exit = match (exit, found) {
                (Exit::Good, found) => found,
                // Whoever cancelled knows why; a card at fault says more than a service that is away.
                (Exit::Cancelled, _) | (_, Exit::Cancelled) => Exit::Cancelled,
                (Exit::Card, _) | (_, Exit::Card) => Exit::Card,
                (first, _) => first,
            };
        }
        exit
    }
}

/// A path as JSON carries it.
fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

/// Copies the document and appends the revisions.
pub(in crate::cli) fn write_sealed(
    document: &Arc<dyn ReadAt>,
    completed: &Stage,
    to: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    const CHUNK: u64 = 1024 * 1024;
    let mut at = 0;
    while at < document.len() {
        let length = CHUNK.min(document.len().saturating_sub(at));
        let part = document.read_vec(at, usize::try_from(length).unwrap_or(0))?;
        to.write_all(&part)?;
        at = at.saturating_add(length);
    }
    for tail in &completed.tails {
        to.write_all(&tail.0)?;
    }
    to.flush()
}
