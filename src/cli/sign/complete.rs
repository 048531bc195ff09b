//! From the card's values to files: time-stamps, revocation data, read-back, and the file written whole.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::console::{Console, Exit};
use super::super::interrupt::Interrupt;
use super::adding::{Added, Existing};
use super::prepared::{self, Prepared, Stage};
use super::problem::Problem;
use super::{Job, Target};
use crate::ades::asic::archive::Archiving;
use crate::ades::asic::container::Container;
use crate::ades::asic::create;
use crate::ades::asic::extend::read_back;
use crate::ades::augment::asking::Asking;
use crate::ades::augment::error::AugmentError;
use crate::ades::augment::settings::Settings;
use crate::ades::cades::completion::Carried;
use crate::ades::content::Content;
use crate::ades::level::Level;
use crate::ades::pades::completion::Completion;
use crate::ades::pades::stages::Completed as Sealed;
use crate::ades::signature_name::SignatureName;
use crate::ades::{cades, jades, xades};
use crate::asn1::oid::Oid;
use crate::base::bytes::{ReadAt, copy};
use crate::base::clock::Clock;
use crate::base::random::SystemRandom;
use crate::base::text::one_line;
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::http::HttpFetcher;
use crate::fetch::resume;
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

/// A result, with the files that were signed.
pub(super) struct Completed {
    documents: Vec<PathBuf>,
    out: PathBuf,
    level: Level,
}

/// What came of each file.
pub(super) struct Outcome {
    completed: Vec<Completed>,
    failed: Vec<(Vec<PathBuf>, Problem)>,
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
                Err(problem) => outcome.failed.push((paths(&job), problem)),
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
                made.write(&job.first.source, console.results())
                    .map_err(Problem::Stdout)?;
                PathBuf::from("-")
            }
            Target::File(output) => {
                output.write_with(|file| made.write(&job.first.source, file))?;
                output.path().to_owned()
            }
        };
        Ok(Completed {
            documents: paths(job),
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
        let order = &job.order;
        match prepared.stage {
            Stage::Pdf(prepared) => {
                let signed = prepared.finish(value.to_vec(), now)?;
                let source = Arc::clone(&job.first.source);
                let completion = Completion::new(source, signed, self.settings())?;
                let completed = resume::complete(completion, &self.fetcher, &self.clock).await;
                Ok(Made::Pdf(Box::new(completed.map_err(|(error, _)| error)?)))
            }
            Stage::Cades { prepared, manifest } => {
                let signed = prepared.finish(value, now)?;
                if let Some(Added {
                    existing: Existing::Message(message),
                    beside,
                    ..
                }) = &job.added
                {
                    let raw = message.raw_content.clone();
                    let carried = match (&raw, beside.first()) {
                        (Some(raw), _) => Carried::Attached(Arc::clone(raw)),
                        (None, Some(object)) => Carried::Detached(object.content.clone()),
                        (None, None) => return Err(AugmentError::Content.into()),
                    };
                    let completion = cades::completion::Completion::new(carried, signed, self.settings());
                    let completed = self.asked(completion).await?;
                    let file = completed.envelope.source(raw);
                    return Ok(Made::Whole {
                        level: completed.level,
                        file: file.map_err(|error| AugmentError::Message(error.to_string()))?,
                    });
                }
                let source = Arc::clone(&job.first.source);
                let carried = match &manifest {
                    Some(manifest) => Carried::Detached(Content::Bytes(Arc::new(manifest.clone()))),
                    None if signed.envelope().is_attached() => Carried::Attached(source),
                    None => Carried::Detached(Content::Bytes(source)),
                };
                let completion = cades::completion::Completion::new(carried, signed, self.settings());
                let completed = self.asked(completion).await?;
                if order.container.is_none() {
                    return Ok(Made::Cades(Box::new(completed)));
                }
                let mut message = Vec::new();
                completed.write(None, &mut message).map_err(AugmentError::Io)?;
                let files = prepared::container_files(job);
                let container = create::cades_container(&files, manifest.as_deref(), &message, now)?;
                let archive = order.level > completed.level;
                self.contained(container, None, order.level, archive).await
            }
            Stage::Further(prepared, further) => {
                let signed = prepared.finish(value, now)?;
                let completion =
                    cades::completion::Completion::new(further.carried(), signed, self.settings());
                let completed = self.asked(completion).await?;
                let (container, name) = further.container(&completed, now)?;
                let archive = order.level > completed.level;
                self.contained(container, Some(&[name]), order.level, archive)
                    .await
            }
            Stage::Jades(prepared) => {
                let signed = prepared.finish(value, now)?;
                let beside = match &job.added {
                    Some(added) => added.beside.clone(),
                    None if signed.jws().payload.is_some() => Vec::new(),
                    None => vec![prepared::object(&job.first)],
                };
                let completion = jades::completion::Completion::new(beside, signed, self.settings());
                Ok(Made::Jades(Box::new(self.asked(completion).await?)))
            }
            Stage::Xades(prepared) => {
                let signed = prepared.finish(value, now)?;
                let counter = job.added.as_ref().filter(|added| added.counter.is_some());
                let base: Arc<dyn ReadAt> = match order.container {
                    Some(_) => create::signatures_file(),
                    None if counter.is_some() => Arc::clone(&job.first.source),
                    None if order.is_in_xml() => Arc::clone(&job.first.source),
                    None => Arc::new(Vec::new()),
                };
                if let Some(Added {
                    existing: Existing::Container(container),
                    ..
                }) = &job.added
                {
                    let outside = create::outside_of(container);
                    let completion =
                        xades::completion::Completion::new(base, outside, signed, self.settings());
                    let completed = self.asked(completion).await?;
                    let (whole, entry) = create::further_container(container, &completed, now)?;
                    let name = format!("{entry}, {}", SignatureName::signer(0));
                    return self.contained(whole, Some(&[name]), order.level, false).await;
                }
                let files = prepared::container_files(job);
                let outside = match counter {
                    Some(added) => added.outside(),
                    None => create::outside_of_files(files.clone()),
                };
                let completion =
                    xades::completion::Completion::new(Arc::clone(&base), outside, signed, self.settings());
                let completed = self.asked(completion).await?;
                match order.container {
                    Some(kind) => {
                        let container = create::xades_container(kind, &files, &completed, now)?;
                        self.contained(container, None, order.level, false).await
                    }
                    None => Ok(Made::Whole {
                        level: completed.level,
                        file: completed.document(&base),
                    }),
                }
            }
        }
    }

    async fn asked<M: Asking>(&self, mut machine: M) -> Result<M::Done, M::Error> {
        resume::asked(&mut machine, &self.fetcher, &*self.clock).await
    }

    /// A container that is done, after a time-stamp over everything in it where the level asks for one: read back, the
    /// signatures `names` or all.
    async fn contained(
        &self,
        container: Arc<dyn ReadAt>,
        names: Option<&[String]>,
        ordered: Level,
        archive: bool,
    ) -> Result<Made, Problem> {
        let container = if archive {
            let open =
                Container::open(container).map_err(|error| AugmentError::Message(error.to_string()))?;
            self.asked(Archiving::new(open, self.settings())?).await?
        } else {
            container
        };
        let settings = self.settings();
        let level = read_back(&container, names, ordered, &settings, self.clock.now())?;
        Ok(Made::Whole {
            level,
            file: container,
        })
    }
}

/// A signature at its level, in its form.
enum Made {
    Cades(Box<cades::completion::Completed>),
    Jades(Box<jades::completion::Completed>),
    Pdf(Box<Sealed>),
    /// A file that is whole: XML with its signature, or a container.
    Whole {
        level: Level,
        file: Arc<dyn ReadAt>,
    },
}

impl Made {
    fn level(&self) -> Level {
        match self {
            Self::Cades(completed) => completed.level,
            Self::Jades(completed) => completed.level,
            Self::Pdf(completed) => completed.level,
            Self::Whole { level, .. } => *level,
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
            Self::Whole { file, .. } => copy(file, to),
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
            .map(|one| format!("{}: {}", one_line(&shown(&one.out)), one.level))
            .collect();
        let mut signed = Vec::new();
        for one in &self.completed {
            for file in &one.documents {
                signed.push(
                    serde_json::json!({ "file": shown(file), "out": shown(&one.out), "level": one.level }),
                );
            }
        }
        let mut failed = Vec::new();
        for (files, problem) in &self.failed {
            for file in files {
                failed.push(serde_json::json!(
                    { "file": shown(file), "code": problem.cause(), "message": problem.to_string() }
                ));
            }
        }
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
        for (files, problem) in &self.failed {
            let found = problem.tell_about(files, console);
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

fn paths(job: &Job) -> Vec<PathBuf> {
    job.documents().map(|given| given.path.clone()).collect()
}

/// A path as JSON carries it.
fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

/// Copies the document and appends the revisions.
pub(in crate::cli) fn write_sealed(
    document: &Arc<dyn ReadAt>,
    completed: &Sealed,
    to: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    copy(document, to)?;
    for tail in &completed.tails {
        to.write_all(&tail.0)?;
    }
    to.flush()
}
