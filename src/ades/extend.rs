//! Taking the signatures of one file further, whatever its format but PDF: a container, a CMS message, XML or JSON.
//!
//! One signature after the other; what was signed, and every signature that was not asked for, stays as it is. The
//! whole file is judged before and after, and is not delivered when anything in it is broken.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ades::asic;
use crate::ades::augment::error::{AugmentError, CannotChange, Step, UnknownSignature};
use crate::ades::augment::read_back;
use crate::ades::augment::settings::Settings;
use crate::ades::cades::completion::Carried;
use crate::ades::cms::open::{self, Message};
use crate::ades::content::DataObject;
use crate::ades::jades::read::{Jws, MAX_BYTES, Serialization};
use crate::ades::level::Level;
use crate::ades::signature_name::SignatureName;
use crate::ades::validate::indication::{Indication, SubIndication};
use crate::ades::validate::policy::ValidationPolicy;
use crate::ades::validate::report::Report;
use crate::ades::validate::{Context, FileFormat, beside_xml, format_of, unarmoured, validate_any};
use crate::ades::xades::completion::SharedOutside;
use crate::ades::xades::data::outline_of;
use crate::ades::{cades, jades, xades};
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;
use crate::pki::need::Answer;

/// Why a file was not extended. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// What is true of one signature.
    #[error(transparent)]
    Augment(#[from] AugmentError),
    /// A JWS in compact form, and no other form to write it in.
    #[error("a signature in compact JSON has no place for time-stamps")]
    Compact,
    /// What is true of a container.
    #[error(transparent)]
    Container(#[from] asic::extend::ExtendError),
    /// The file is of another format.
    #[error("it is no container, CMS message, XML or JSON that carries a signature")]
    Format,
    /// The signature meant stays as it is.
    #[error(transparent)]
    CannotChange(#[from] CannotChange),
    /// No signature has that name.
    #[error(transparent)]
    Unknown(#[from] UnknownSignature),
}

impl ExtendError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Augment(error) => error.cause(),
            Self::CannotChange(error) => error.cause(),
            Self::Compact | Self::Format => "ADES_FORM",
            Self::Container(error) => error.cause(),
            Self::Unknown(_) => UnknownSignature::CAUSE,
        }
    }

    /// Whether the file has no signature of the name that was asked for.
    pub const fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Unknown(_) | Self::Container(asic::extend::ExtendError::Unknown(_))
        )
    }
}

/// A file whose signatures show the level ordered.
pub struct Extended {
    /// The lowest level among the signatures that were to be extended, read back.
    pub level: Level,
    /// The file. What did not change is read from the one that was handed in.
    pub file: Arc<dyn ReadAt>,
}

/// What is ordered.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Only the signature that a report names so, which may be a counter-signature; in a container also all in the file of
    /// that name. Else every one that is over the content.
    pub name: Option<&'a str>,
    /// The level that each must show afterwards. B-LTA is renewed where it is there.
    pub level: Level,
    /// In which form a JWS in compact form goes on: it has no place for time-stamps. Another keeps its own.
    pub compact_as: Option<Serialization>,
}

enum Running {
    Cades(Box<cades::completion::Completion>, Option<Arc<dyn ReadAt>>),
    Jades(Box<jades::completion::Completion>),
    Xades(Box<xades::completion::Completion>),
}

/// The signatures of a file that is no container.
struct Single {
    file: Arc<dyn ReadAt>,
    format: FileFormat,
    beside: Vec<DataObject>,
    settings: Settings,
    level: Level,
    /// The signatures that are extended, and those still to be.
    places: Vec<SignatureName>,
    work: VecDeque<SignatureName>,
    running: Option<Running>,
}

enum Inner {
    Container(Box<asic::extend::Extension>),
    Single(Box<Single>),
}

/// Extends signatures of one file. Synchronous: asks for what it needs and is resumed.
pub struct Extension(Inner);

impl Extension {
    /// Extends signatures of `source`; `beside`: the content of those that do not carry it.
    ///
    /// # Errors
    /// `BelowLevel` when a signature is not whole, for time-stamps would only preserve that; `Content` when what one is
    /// over is not at hand; see [`ExtendError`].
    pub fn new(
        source: Arc<dyn ReadAt>,
        beside: Vec<DataObject>,
        order: Order<'_>,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, ExtendError> {
        let format = format_of(&*source);
        if format == FileFormat::Asic {
            if !beside.is_empty() {
                // It carries its files; the report says that nothing covers what was handed in.
                let report = judge(&source, &beside, &settings, now);
                return Err(below(order.level, None, report).into());
            }
            let extension = asic::extend::Extension::new(source, order.name, order.level, settings, now)?;
            return Ok(Self(Inner::Container(Box::new(extension))));
        }
        Single::new(source, format, beside, order, settings, now)
            .map(|single| Self(Inner::Single(Box::new(single))))
    }

    /// What is needed next, or the file extended.
    ///
    /// # Errors
    /// See [`ExtendError`]; `BelowLevel` when the result does not show the level ordered.
    pub fn step(&mut self, now: Timestamp) -> Result<Step<Extended>, ExtendError> {
        match &mut self.0 {
            Inner::Single(single) => single.step(now),
            Inner::Container(extension) => Ok(match extension.step(now)? {
                Step::Need(need) => Step::Need(need),
                Step::Done(done) => Step::Done(Box::new(Extended {
                    level: done.level,
                    file: done.container,
                })),
            }),
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    ///
    /// # Errors
    /// When a token that was got cannot be embedded.
    pub fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), ExtendError> {
        match &mut self.0 {
            Inner::Container(extension) => extension.answer(answer, now)?,
            Inner::Single(single) => match &mut single.running {
                None => {}
                Some(Running::Cades(completion, _)) => completion.answer(answer, now)?,
                Some(Running::Jades(completion)) => completion.answer(answer, now)?,
                Some(Running::Xades(completion)) => completion.answer(answer, now)?,
            },
        }
        Ok(())
    }
}

impl Single {
    fn new(
        file: Arc<dyn ReadAt>,
        format: FileFormat,
        beside: Vec<DataObject>,
        order: Order<'_>,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, ExtendError> {
        let (all, file) = named(file, format, order)?;
        let before = judge(&file, &beside, &settings, now);
        let is_broken = before
            .signatures
            .iter()
            .any(|signature| signature.indication == Indication::TotalFailed);
        if is_broken || all.is_empty() || before.document.format_failure.is_some() {
            return Err(below(order.level, None, before).into());
        }
        let places: Vec<&(SignatureName, bool)> = all
            .iter()
            .filter(|(own, _)| match order.name {
                Some(name) => own.to_string() == name,
                None => !own.is_counter(),
            })
            .collect();
        if let (Some(name), true) = (order.name, places.is_empty()) {
            return Err(UnknownSignature {
                name: name.to_owned(),
                known: all.iter().map(|(own, _)| own.to_string()).collect(),
            }
            .into());
        }
        let found = |name: &SignatureName| {
            let name = name.to_string();
            let mut all = before.signatures.iter();
            all.find(|signature| signature.field == name)
        };
        let mut work = VecDeque::new();
        for (name, is_archived) in &places {
            let found = found(name);
            if found.is_some_and(|one| one.sub_indication == Some(SubIndication::SignedDataNotFound)) {
                return Err(AugmentError::Content.into());
            }
            if name.is_counter() && order.level == Level::Lta {
                return Err(CannotChange::CounterAtMostLt.into());
            }
            let shown = found.and_then(|signature| signature.proven_level);
            if order.level < Level::Lta && shown.is_some_and(|shown| shown >= order.level) {
                continue;
            }
            // EN 319 122-1 §5.5.3, EN 319 132-1 §5.5.2.2, TS 119 182-1 §5.3.6.3: it is over the counter-signature whole,
            // with what is unsigned in it.
            if *is_archived {
                return Err(CannotChange::Covered(name.to_string()).into());
            }
            work.push_back(name.clone());
        }
        let places = places.into_iter().map(|(name, _)| name.clone()).collect();
        Ok(Self {
            file,
            format,
            beside,
            settings,
            level: order.level,
            places,
            work,
            running: None,
        })
    }

    fn step(&mut self, now: Timestamp) -> Result<Step<Extended>, ExtendError> {
        loop {
            let Some(name) = self.work.front().cloned() else {
                return Ok(Step::Done(Box::new(self.finish(now)?)));
            };
            let changed = match &mut self.running {
                None => {
                    self.running = Some(self.begin(&name)?);
                    continue;
                }
                Some(Running::Cades(completion, raw)) => completion.step(now).and_then(|step| match step {
                    Step::Need(need) => Ok(Err(need)),
                    Step::Done(completed) => completed
                        .envelope
                        .source(raw.clone())
                        .map(Ok)
                        .map_err(|error| AugmentError::message(&error)),
                }),
                Some(Running::Jades(completion)) => completion.step(now).map(|step| match step {
                    Step::Need(need) => Err(need),
                    Step::Done(completed) => Ok(text(&completed.jws)),
                }),
                Some(Running::Xades(completion)) => completion.step(now).map(|step| match step {
                    Step::Need(need) => Err(need),
                    Step::Done(completed) => Ok(completed.document(&self.file)),
                }),
            };
            match changed.map_err(|error| breaking(error, &name))? {
                Err(need) => return Ok(Step::Need(need)),
                Ok(file) => {
                    if name.is_counter() && self.format == FileFormat::Cms {
                        self.follow(&file)?;
                    }
                    self.file = file;
                }
            }
            self.running = None;
            self.work.pop_front();
        }
    }

    fn begin(&self, name: &SignatureName) -> Result<Running, ExtendError> {
        let settings = self.settings.clone();
        let file = Arc::clone(&self.file);
        Ok(match self.format {
            FileFormat::Cms | FileFormat::CmsInPem => {
                let message = opened(file)?;
                let signed = cades::extend::extend(&message, name, self.level)
                    .map_err(|error| AugmentError::message(&error))?;
                let carried = match (&message.raw_content, self.beside.as_slice()) {
                    (Some(raw), _) => Carried::Attached(Arc::clone(raw)),
                    (None, [one]) => Carried::Detached(one.content.clone()),
                    (None, _) => return Err(AugmentError::Content.into()),
                };
                let completion = cades::completion::Completion::new(carried, signed, settings);
                Running::Cades(Box::new(completion), message.raw_content)
            }
            FileFormat::Jws => {
                let jws = parsed(&*file)?;
                let signed = jades::extend::extend(&jws, name, self.level).ok_or_else(|| {
                    AugmentError::message(&"its unsigned header is not in the form that can be added to")
                })?;
                let beside = self.beside.clone();
                Running::Jades(Box::new(jades::completion::Completion::new(
                    beside, signed, settings,
                )))
            }
            _ => {
                let signed = xades::extend::extend(&file, name, self.level)
                    .map_err(|defect| AugmentError::message(&defect))?;
                let beside = self.beside.clone();
                let outside: SharedOutside =
                    Arc::new(move |uri| beside_xml(uri, &beside).map(|(_, datum)| datum));
                Running::Xades(Box::new(xades::completion::Completion::new(
                    file, outside, signed, settings,
                )))
            }
        })
    }

    /// Names those that are meant as they are named in `changed`.
    fn follow(&mut self, changed: &Arc<dyn ReadAt>) -> Result<(), ExtendError> {
        let before = opened(Arc::clone(&self.file))?.envelope;
        let after = opened(Arc::clone(changed))?.envelope;
        cades::counter::follow(self.places.iter_mut().chain(&mut self.work), &before, &after);
        Ok(())
    }

    /// Reads the whole back, and refuses less than was ordered.
    fn finish(&self, now: Timestamp) -> Result<Extended, ExtendError> {
        let report = judge(&self.file, &self.beside, &self.settings, now);
        let names: Vec<String> = self.places.iter().map(SignatureName::to_string).collect();
        match read_back::lowest(&report, &names, self.level) {
            Ok(level) => Ok(Extended {
                level,
                file: Arc::clone(&self.file),
            }),
            Err(shown) => Err(below(self.level, shown, report).into()),
        }
    }
}

/// The signatures of a file, each with whether an archive time-stamp of one around covers it.
type Known = Vec<(SignatureName, bool)>;

/// The signatures of the file, and the file in the form that can be added to.
fn named(
    file: Arc<dyn ReadAt>,
    format: FileFormat,
    order: Order<'_>,
) -> Result<(Known, Arc<dyn ReadAt>), ExtendError> {
    match format {
        FileFormat::Asic | FileFormat::Pdf | FileFormat::XmlInUtf16 => Err(ExtendError::Format),
        FileFormat::Cms => {
            let all = cades::counter::all(&opened(Arc::clone(&file))?.envelope).into_iter();
            Ok((all.map(|one| (one.name, one.is_archived)).collect(), file))
        }
        // It goes on as the message itself: what is signed are its octets, not their armour.
        FileFormat::CmsInPem => {
            let message =
                unarmoured(&*file).ok_or_else(|| AugmentError::message(&"PEM that holds no message"))?;
            named(Arc::new(message), FileFormat::Cms, order)
        }
        FileFormat::Jws => {
            let mut jws = parsed(&*file)?;
            let all = jades::counter::all(&jws).into_iter();
            let all = all.map(|one| (one.name, one.is_archived)).collect();
            match (jws.serialization, order.compact_as) {
                (Serialization::Compact, None | Some(Serialization::Compact)) => Err(ExtendError::Compact),
                (Serialization::Compact, Some(other)) => {
                    jws.serialization = other;
                    Ok((all, text(&jws)))
                }
                _ => Ok((all, file)),
            }
        }
        FileFormat::Xml => {
            let outline = outline_of(&file).map_err(|error| AugmentError::message(&error))?;
            let all = xades::counter::all(&outline).into_iter();
            Ok((all.map(|one| (one.name, one.is_archived)).collect(), file))
        }
    }
}

fn opened(file: Arc<dyn ReadAt>) -> Result<Message, AugmentError> {
    open::open(file).map_err(|error| AugmentError::message(&error))
}

fn parsed(file: &dyn ReadAt) -> Result<Jws, AugmentError> {
    let length = usize::try_from(file.len()).unwrap_or(usize::MAX);
    if length > MAX_BYTES {
        return Err(AugmentError::message(&"too large for a signature in JSON"));
    }
    Jws::parse(&file.read_vec(0, length)?).map_err(|error| AugmentError::message(&error))
}

fn text(jws: &Jws) -> Arc<dyn ReadAt> {
    Arc::new(jws.to_text().into_bytes())
}

/// Nothing was broken before, so whatever is now was broken by the change of the signature `name`.
fn breaking(error: AugmentError, name: &SignatureName) -> ExtendError {
    let own = name.to_string();
    match &error {
        AugmentError::BelowLevel { report, .. }
            if report
                .signatures
                .iter()
                .any(|other| other.field != own && other.indication == Indication::TotalFailed) =>
        {
            CannotChange::Covered(own).into()
        }
        _ => error.into(),
    }
}

fn judge(file: &Arc<dyn ReadAt>, beside: &[DataObject], settings: &Settings, now: Timestamp) -> Report {
    let context = Context {
        trust: &settings.trust,
        algorithms: &settings.algorithms,
        verdict_keys: &[],
        at: now,
    };
    validate_any(Arc::clone(file), beside, &context, &ValidationPolicy::strict())
}

fn below(ordered: Level, shown: Option<Level>, report: Report) -> AugmentError {
    AugmentError::BelowLevel {
        ordered,
        shown,
        report: Box::new(report),
    }
}
