//! The publication copy: the document as it was before anybody signed, with a page that says who signed it.
//!
//! It holds no personal certificate and no national number: the signatures, which hold both, stay in the signed
//! original. The page names the signers with their capacities and carries the original's SHA-256, so that whoever has
//! the copy can ask for the original and see that it is the one. The organisation's seal covers all of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ades::level::Level;
use crate::ades::pades::stages::Signed;
use crate::base::bytes::ReadAt;
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::base::secret::Secret;
use crate::base::time::Timestamp;
use crate::pdf::append::{self, AppendError};
use crate::pdf::compose::Composition;
use crate::pdf::document::Document;
use crate::pdf::error::PdfError;
use crate::pdf::signature::FieldState;
use crate::pdf::update::{Update, UpdateError};

use super::request::Piece;

/// How far the copy of one request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Publication {
    /// It stands at its level.
    Done {
        /// The bytes: what came, the added page, the seal.
        pieces: Vec<Piece>,
        /// The level that it was read back to show.
        level: Level,
        /// When.
        at: Timestamp,
    },
    /// It can never be made, for a reason that lies in the document.
    Failed {
        /// The stable cause.
        cause: String,
    },
    /// The seal's value is kept; time-stamp and revocation data are missing.
    Sealed {
        /// The bytes that were sealed.
        copy: Vec<Piece>,
        /// The value in its fixed bytes.
        signed: Box<Signed>,
    },
    /// Nothing is made yet.
    Waiting,
}

impl Publication {
    /// The word for interfaces.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Sealed { .. } | Self::Waiting => "waiting",
        }
    }

    /// The blobs it needs.
    pub fn pieces(&self) -> &[Piece] {
        match self {
            Self::Done { pieces, .. } => pieces,
            Self::Sealed { copy, .. } => copy,
            Self::Failed { .. } | Self::Waiting => &[],
        }
    }
}

/// One who signed the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatory {
    /// The name as it stands in the original.
    pub name: String,
    /// In which capacity, where an authority attested one.
    pub capacity: Option<String>,
    /// The mention of a delegation.
    pub mention: Option<String>,
    /// When.
    pub signed_at: Timestamp,
}

/// What the added page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What the document is about.
    pub title: String,
    /// Whose copy it is.
    pub organisation: String,
    /// Who signed, in order.
    pub signatories: Vec<Signatory>,
    /// SHA-256 of the signed original, whole.
    pub original_sha256: Sha256Digest,
    /// The language of the act.
    pub language: Language,
    /// Whether it is laboratory material, which says TEST.
    pub is_test: bool,
}

/// Why no copy can be made.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// The page cannot be added.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The document came with a signature in its first revision: nothing of it is without.
    #[error("the document has never been without a signature")]
    NeverUnsigned,
    /// The document cannot be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The update cannot be written.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

impl PublicationError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Append(error) => error.cause(),
            Self::NeverUnsigned => "PUBLICATION_NEVER_UNSIGNED",
            Self::Pdf(error) => error.cause(),
            Self::Update(error) => error.cause(),
        }
    }
}

/// A copy without seal: so many bytes of the document, then the added page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// How much of the document it begins with: everything, unless signatures stand in it.
    pub length_bytes: u64,
    /// What follows.
    pub tail: Vec<u8>,
}

/// Makes the copy of `document` with the page that `statement` asks for.
///
/// # Errors
/// `NeverUnsigned`; else when the document cannot be read or the page not be added.
pub fn make(document: &Arc<dyn ReadAt>, statement: &Statement) -> Result<Copy, PublicationError> {
    let opened = Document::open(Arc::clone(document))?;
    let length_bytes = unsigned_length(&opened)?;
    let unsigned = if length_bytes == opened.len() {
        opened
    } else {
        Document::open(Arc::new(Beginning {
            of: Arc::clone(document),
            length_bytes,
        }))?
    };
    let mut update = Update::new(&unsigned);
    append::pages(&mut update, &statement.sheet())?;
    let tail = update.finish()?.bytes;
    Ok(Copy { length_bytes, tail })
}

/// How many bytes the document had before its first signature or time-stamp.
fn unsigned_length(document: &Document) -> Result<u64, PublicationError> {
    let first = document
        .latest()
        .signature_fields()?
        .into_iter()
        .filter_map(|field| match field.state {
            FieldState::Signed(signature) => Some(signature.revision),
            // What cannot be read as a signature may hold a certificate all the same.
            FieldState::Faulty(_) => Some(0),
            FieldState::Empty => None,
        })
        .min();
    match first {
        None => Ok(document.len()),
        Some(first) => first
            .checked_sub(1)
            .and_then(|before| document.revisions().get(before))
            .map(|revision| revision.end_with_eol)
            .ok_or(PublicationError::NeverUnsigned),
    }
}

/// The first bytes of something.
struct Beginning {
    of: Arc<dyn ReadAt>,
    length_bytes: u64,
}

impl ReadAt for Beginning {
    fn len(&self) -> u64 {
        self.length_bytes
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        let end = offset.saturating_add(u64::try_from(buffer.len()).unwrap_or(u64::MAX));
        if end > self.length_bytes {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.of.read_exact_at(buffer, offset)
    }

    fn password(&self) -> Option<&Secret<Vec<u8>>> {
        self.of.password()
    }
}

impl Statement {
    /// The page: heading, what it is, every signer, the original's hash, what the seal is.
    fn sheet(&self) -> Composition {
        let words = Words::of(self.language);
        let heading = if self.is_test {
            format!("TEST · {}", words.heading)
        } else {
            words.heading.to_owned()
        };
        let mut paragraphs = vec![
            self.title.clone(),
            words.what.to_owned(),
            words.signed_by.to_owned(),
        ];
        for one in &self.signatories {
            let mut parts = Vec::new();
            parts.extend(one.mention.clone());
            parts.push(one.name.clone());
            parts.extend(one.capacity.clone());
            parts.push(format!("{} {}", words.on, one.signed_at.to_brussels_text()));
            paragraphs.push(format!("– {}", parts.join(", ")));
        }
        paragraphs.push(words.original.to_owned());
        paragraphs.push(self.original_sha256.to_string());
        paragraphs.push(format!("{} {}.", words.sealed_by, self.organisation));
        let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
        Composition::new(&heading, words.tag, &paragraphs)
    }
}

/// The fixed words of the page in one language.
struct Words {
    tag: &'static str,
    heading: &'static str,
    what: &'static str,
    signed_by: &'static str,
    on: &'static str,
    original: &'static str,
    sealed_by: &'static str,
}

impl Words {
    const fn of(language: Language) -> Self {
        match language {
            Language::De => Self {
                tag: "de-BE",
                heading: "Veröffentlichungsfassung",
                what: "Dies ist die Fassung für die Veröffentlichung. Das unterzeichnete Original mit den persönlichen \
                       Unterschriften bleibt bei der Behörde.",
                signed_by: "Das Original wurde elektronisch unterzeichnet von:",
                on: "am",
                original: "SHA-256 des unterzeichneten Originals:",
                sealed_by: "Diese Fassung trägt das elektronische Siegel von",
            },
            Language::En => Self {
                tag: "en",
                heading: "Publication copy",
                what: "This is the copy for publication. The signed original with the personal signatures stays with \
                       the authority.",
                signed_by: "The original was signed electronically by:",
                on: "on",
                original: "SHA-256 of the signed original:",
                sealed_by: "This copy carries the electronic seal of",
            },
            Language::Fr => Self {
                tag: "fr-BE",
                heading: "Version pour publication",
                what: "Ceci est la version destinée à la publication. L’original signé, avec les signatures \
                       personnelles, reste auprès de l’autorité.",
                signed_by: "L’original a été signé électroniquement par :",
                on: "le",
                original: "SHA-256 de l’original signé :",
                sealed_by: "Cette version porte le cachet électronique de",
            },
            Language::Nl => Self {
                tag: "nl-BE",
                heading: "Publicatieversie",
                what: "Dit is de versie voor bekendmaking. Het ondertekende origineel met de persoonlijke \
                       handtekeningen blijft bij het bestuur.",
                signed_by: "Het origineel is elektronisch ondertekend door:",
                on: "op",
                original: "SHA-256 van het ondertekende origineel:",
                sealed_by: "Deze versie draagt het elektronische zegel van",
            },
        }
    }
}
