//! A further signature in a file that has some: beside them, or on one of them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Given;
use super::device::SignerCard;
use super::form::{Form, Order, Packaging};
use super::prepared::{self, Stage};
use crate::ades::asic::container::{Container, ContainerError, Kind};
use crate::ades::asic::further::{self, takes_cades};
use crate::ades::asic::{self, create};
use crate::ades::augment::error::UnknownSignature;
use crate::ades::cms::open::{self, Message, OpenError};
use crate::ades::content::DataObject;
use crate::ades::jades::header::{Header, HeaderError};
use crate::ades::jades::read::{Jws, MAX_BYTES, ReadError, Serialization};
use crate::ades::signature_name::SignatureName;
use crate::ades::validate::{FileFormat, beside_xml, format_of};
use crate::ades::xades::completion::SharedOutside;
use crate::ades::xades::data::outline_of;
use crate::ades::xades::names::SIGNED_PROPERTIES;
use crate::ades::xades::prepare::Moment;
use crate::ades::{cades, jades, xades};
use crate::base::bytes::ReadAt;
use crate::base::random::SystemRandom;
use crate::base::time::Timestamp;
use crate::xml::error::XmlError;
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::{Target, XmlSignature};

use super::problem::Problem;

/// How a further signature is asked for.
#[derive(Args, Debug)]
pub(super) struct Further {
    /// Add a signature to a file that has some, over the same content and in their form: a container (asics with cades
    /// alone), a CMS message, XML, or JSON in the general form. A PDF takes one without this.
    #[arg(long)]
    pub(super) add: bool,
    /// Sign a signature of a CMS message, XML or JSON, as zegel verify names it, instead of its content; up to level lt.
    #[arg(long, value_name = "NAME", conflicts_with = "add")]
    pub(super) counter: Option<String>,
    /// With --add or --counter: what the signatures of the file are over, when that stays beside them; may be repeated.
    #[arg(long, value_name = "CONTENT")]
    pub(super) detached: Vec<PathBuf>,
}

/// Why a file takes no further signature.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddError {
    #[error("an XML signature that is a document of its own holds no other")]
    Alone,
    #[error("its signatures are over what it carries, and --detached names something beside it")]
    Beside,
    #[error("a signature in it is broken: {0}")]
    Broken(String),
    #[error(transparent)]
    Container(#[from] ContainerError),
    #[error("a counter-signature stands in a CMS message, XML or JSON")]
    Counter,
    #[error("it is a message in PEM, and only the message itself takes another signature")]
    Armoured,
    #[error(transparent)]
    Further(#[from] asic::extend::ExtendError),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("it could not be read")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Jws(#[from] ReadError),
    #[error("JSON in compact form has no place for a counter-signature")]
    Compact,
    #[error("JSON in compact or flattened form holds one signature, only the general form several")]
    JwsForm,
    #[error("its payload is signed in a way that zegel does not sign in")]
    JwsPayload,
    #[error(transparent)]
    Message(#[from] OpenError),
    #[error("a policy in a PDF or CMS message is named by an object identifier")]
    PolicyName,
    #[error("a container of kind ASiC-S takes a further signature in cades alone, and its own is not")]
    Simple,
    #[error("there is no signature in it to sign beside")]
    Unsigned,
    #[error(transparent)]
    Unknown(#[from] UnknownSignature),
    #[error(transparent)]
    Signature(#[from] SignatureDefect),
    #[error("the XML is in UTF-16, and only UTF-8 is read")]
    Utf16,
    #[error(transparent)]
    Xml(#[from] XmlError),
}

impl AddError {
    pub(super) const fn cause(&self) -> &'static str {
        match self {
            Self::Alone
            | Self::Armoured
            | Self::Compact
            | Self::Counter
            | Self::JwsForm
            | Self::JwsPayload
            | Self::Simple
            | Self::Unsigned => "ADES_FORM",
            Self::Beside => "ADES_CONTENT",
            Self::Broken(_) => "ADES_EXISTING_SIGNATURE",
            Self::Container(error) => error.cause(),
            Self::Further(error) => error.cause(),
            Self::Header(_) | Self::Jws(_) => "JWS_MALFORMED",
            Self::Io(_) => "ADES_IO",
            Self::Message(_) => "ADES_MESSAGE",
            Self::PolicyName => "ADES_POLICY_NAME",
            Self::Signature(defect) => defect.cause(),
            Self::Unknown(_) => UnknownSignature::CAUSE,
            Self::Utf16 => "XML_ENCODING",
            Self::Xml(error) => error.kind.cause(),
        }
    }

    /// The way out, where there is one.
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Alone => Some("sign the file itself again, into another --out; or put it into a container"),
            Self::Simple => Some("sign the files themselves again, with --container asic-e"),
            Self::Compact => Some("zegel extend --serialization flattened writes it as an object"),
            Self::Beside => Some("leave --detached out"),
            Self::Counter => Some("sign beside it with --add"),
            Self::JwsForm => Some("sign the file itself again, into another --out"),
            Self::Armoured => Some("openssl cms -cmsout -inform PEM -outform DER takes it out"),
            Self::Broken(_) => Some("zegel verify says what is wrong with it"),
            Self::Unsigned => Some("without --add it is signed as any file: see --signature"),
            _ => None,
        }
    }
}

/// The file that takes one more.
pub(super) enum Existing {
    Container(Box<Container>),
    Jws(Box<Jws>),
    Message(Box<Message>),
    /// PDF and XML: the file as it is.
    Whole,
}

/// What a further signature goes into.
pub(super) struct Added {
    pub(super) existing: Existing,
    /// The content, where it stays beside its signatures.
    pub(super) beside: Vec<DataObject>,
    /// The signature that is countersigned.
    pub(super) counter: Option<SignatureName>,
}

impl Added {
    /// Looks into `source`, and says what is ordered for it: the form that its signatures have.
    pub(super) fn of(
        source: &Arc<dyn ReadAt>,
        beside: Vec<DataObject>,
        order: &Order,
    ) -> Result<(Self, Order), AddError> {
        let format = format_of(&**source);
        if order.counter.is_some() && matches!(format, FileFormat::Pdf | FileFormat::Asic) {
            return Err(AddError::Counter);
        }
        let mut order = order.clone();
        let mut counter = None;
        let existing = match format {
            FileFormat::Pdf => Existing::Whole,
            FileFormat::Asic => {
                let container = Container::open(Arc::clone(source))?;
                order.form = if create::takes_further(&container) {
                    Form::Xades
                } else if takes_cades(&container) {
                    Form::Cades
                } else if container.kind == Kind::Simple {
                    return Err(AddError::Simple);
                } else {
                    return Err(AddError::Unsigned);
                };
                order.container = Some(container.kind);
                Existing::Container(Box::new(container))
            }
            FileFormat::Cms => {
                order.form = Form::Cades;
                let message = open::open(Arc::clone(source))?;
                if let Some(text) = &order.counter {
                    let known = cades::counter::all(&message.envelope).into_iter();
                    counter = Some(named(text, known.map(|one| one.name).collect())?);
                }
                Existing::Message(Box::new(message))
            }
            FileFormat::CmsInPem => return Err(AddError::Armoured),
            FileFormat::XmlInUtf16 => return Err(AddError::Utf16),
            FileFormat::Jws => {
                order.form = Form::Jades;
                let length = usize::try_from(source.len()).unwrap_or(usize::MAX).min(MAX_BYTES);
                let jws = Jws::parse(&source.read_vec(0, length)?)?;
                if let Some(text) = &order.counter {
                    if jws.serialization == Serialization::Compact {
                        return Err(AddError::Compact);
                    }
                    let known = jades::counter::all(&jws).into_iter();
                    counter = Some(named(text, known.map(|one| one.name).collect())?);
                    order.serialization = Serialization::Flattened;
                } else if jws.serialization == Serialization::General {
                    order.serialization = Serialization::General;
                } else {
                    return Err(AddError::JwsForm);
                }
                Existing::Jws(Box::new(jws))
            }
            FileFormat::Xml => {
                order.form = Form::Xades;
                if let Some(text) = &order.counter {
                    let known = xades::counter::all(&outline_of(source)?).into_iter();
                    counter = Some(named(text, known.map(|one| one.name).collect())?);
                } else {
                    (order.packaging, order.element) = xml_packaging(source)?;
                }
                Existing::Whole
            }
        };
        if !order.takes_its_policy() {
            return Err(AddError::PolicyName);
        }
        if !beside.is_empty() && carries_all(&existing, format, source)? {
            return Err(AddError::Beside);
        }
        let added = Self {
            existing,
            beside,
            counter,
        };
        Ok((added, order))
    }

    /// What an XML signature is over that stands outside it.
    pub(super) fn outside(&self) -> SharedOutside {
        let beside = self.beside.clone();
        Arc::new(move |uri| beside_xml(uri, &beside).map(|(_, datum)| datum))
    }

    /// What is signed inside a container.
    pub(super) fn files(&self) -> Vec<String> {
        match &self.existing {
            Existing::Container(container) => container.data().map(|entry| entry.name().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// Prepares the signature; none for what is prepared as any file is.
    pub(super) fn prepare(
        &self,
        given: &Given,
        order: &Order,
        card: &SignerCard,
        now: Timestamp,
    ) -> Result<Option<Stage>, Problem> {
        let path = || given.path.clone();
        let moment = Moment {
            now,
            random: &SystemRandom,
        };
        Ok(Some(match &self.existing {
            Existing::Whole => match &self.counter {
                None => return Ok(None),
                Some(name) => {
                    let draft = prepared::xades_draft(order, card, now);
                    let made = xades::counter::prepare_counter(&given.source, name, &draft, moment)
                        .map_err(|error| Problem::Xades(path(), error))?;
                    Stage::Xades(Box::new(made))
                }
            },
            Existing::Container(container) if order.form == Form::Cades => {
                let draft = prepared::cades_draft(order, card, now);
                let key = card.certificate.public_key().map_err(Problem::Key)?;
                let hash = key.kind().default_algorithm().hash();
                let further = further::Further::new(Container::clone(container), hash)
                    .map_err(|error| Problem::Add(path(), error.into()))?;
                let made = further
                    .prepare(&draft, now)
                    .map_err(|error| Problem::Cades(path(), error))?;
                Stage::Further(Box::new(made), Box::new(further))
            }
            Existing::Container(container) => {
                let draft = prepared::xades_draft(order, card, now);
                let made = create::prepare_further(container, &draft, moment)
                    .map_err(|error| Problem::Xades(path(), error))?;
                Stage::Xades(Box::new(made))
            }
            Existing::Message(message) => {
                let draft = prepared::cades_draft(order, card, now);
                let made = if let Some(name) = &self.counter {
                    cades::prepare::prepare_counter(message, name, &draft, now)
                } else {
                    let content = self.beside.first().map(|object| &object.content);
                    cades::prepare::prepare_parallel(message, content, &draft, now)
                };
                Stage::Cades {
                    prepared: Box::new(made.map_err(|error| Problem::Cades(path(), error))?),
                    manifest: None,
                }
            }
            Existing::Jws(jws) => {
                if let Some(name) = &self.counter {
                    let draft = prepared::jades_draft(order, card, now);
                    let made = jades::counter::prepare_counter(jws, name, &draft, now)
                        .map_err(|error| Problem::Jades(path(), error))?;
                    return Ok(Some(Stage::Jades(Box::new(made))));
                }
                let told = |error: AddError| Problem::Add(path(), error);
                let (packaging, objects) = self.as_in(jws).map_err(told)?;
                let draft = jades::stages::Draft {
                    packaging,
                    ..prepared::jades_draft(order, card, now)
                };
                let made = jades::prepare::prepare_parallel(jws, &objects, &draft, now)
                    .map_err(|error| Problem::Jades(path(), error))?;
                Stage::Jades(Box::new(made))
            }
        }))
    }

    /// How the signatures that are there stand to the content, and the content by the names that they give.
    fn as_in(&self, jws: &Jws) -> Result<(jades::stages::Packaging, Vec<DataObject>), AddError> {
        use jades::stages::Packaging;
        let first = jws.signatures.first().ok_or(AddError::Unsigned)?;
        let header = Header::parse(&first.protected)?;
        let packaging = match (&jws.payload, &header.objects) {
            (Some(_), _) => Packaging::Attached,
            (None, Some(objects)) if objects.by_hash => Packaging::ObjectHashes,
            (None, Some(_)) => Packaging::Objects,
            (None, None) => Packaging::Detached,
        };
        // RFC 7797 §3: all signatures of a JWS have the same b64.
        if header.payload_as_text != (packaging == Packaging::Attached) {
            return Err(AddError::JwsPayload);
        }
        let mut objects = self.beside.clone();
        if let (Some(named), [one]) = (&header.objects, objects.as_mut_slice())
            && let [uri] = named.uris.as_slice()
        {
            one.name = Some(uri.clone());
        }
        Ok((packaging, objects))
    }
}

/// The signature that `text` names among those `known`.
fn named(text: &str, known: Vec<SignatureName>) -> Result<SignatureName, UnknownSignature> {
    let found = known.iter().find(|name| name.to_string() == text).cloned();
    found.ok_or_else(|| UnknownSignature {
        name: text.to_owned(),
        known: known.iter().map(SignatureName::to_string).collect(),
    })
}

/// Whether a file has all that its signatures are over, so that nothing beside it can be meant.
fn carries_all(existing: &Existing, format: FileFormat, source: &Arc<dyn ReadAt>) -> Result<bool, AddError> {
    Ok(match existing {
        Existing::Container(_) => true,
        Existing::Jws(jws) => jws.payload.is_some(),
        Existing::Message(message) => message.content.is_some(),
        Existing::Whole if format == FileFormat::Pdf => true,
        Existing::Whole => {
            let outline = outline_of(source)?;
            for element in &outline.signatures {
                let signature = XmlSignature::read(&outline.document, *element)?;
                let mut targets = signature.references.iter().map(|reference| &reference.target);
                if targets.any(|target| matches!(target, Target::Outside(_) | Target::Unnamed)) {
                    return Ok(false);
                }
            }
            true
        }
    })
}

/// Where the first signature of an XML document stands to what it is over: the next one does as well.
fn xml_packaging(source: &Arc<dyn ReadAt>) -> Result<(Packaging, Option<String>), AddError> {
    let outline = outline_of(source)?;
    let element = *outline.signatures.first().ok_or(AddError::Unsigned)?;
    if element == outline.document.root() {
        return Err(AddError::Alone);
    }
    let signature = XmlSignature::read(&outline.document, element)?;
    let data = signature
        .references
        .iter()
        .find(|reference| reference.kind.as_deref() != Some(SIGNED_PROPERTIES));
    match data.map(|reference| &reference.target) {
        Some(Target::Document { .. }) => Ok((Packaging::Enveloped, None)),
        Some(Target::Element { id, .. }) => Ok((Packaging::InternallyDetached, Some(id.clone()))),
        _ => Err(AddError::Alone),
    }
}
