//! What a seal may be asked for: a document with a purpose, or a digest whose document stays where it is.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::{Order, Outside, SealError, Sealer, complete};
use crate::ades::cms::attributes::Commitment;
use crate::ades::cms::hash_only::{self, HashDraft, HashSigned, HashStep};
use crate::ades::device::ToSign;
use crate::ades::level::Level;
use crate::ades::pades::completion::CompletionError;
use crate::ades::pades::stages::Completed;
use crate::base::bytes::ReadAt;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::config::seals::SealSettings;
use crate::pdf::appearance::{Block, Line};
use crate::pdf::signature_field::Placement;

/// How long a digest waits for its value.
const PREPARED_LIFE: Duration = Duration::from_mins(10);

/// What a seal is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SealPurpose {
    /// The organisation says that the copy is true; the page shows it.
    CertifiedCopy,
    /// The organisation says no more than that the document is its own.
    #[default]
    Document,
    /// The organisation says what it holds proof of.
    Proof,
    /// The organisation says that it received the document.
    Receipt,
}

impl SealPurpose {
    const ALL: [Self; 4] = [Self::CertifiedCopy, Self::Document, Self::Proof, Self::Receipt];

    /// The word for it on the command line and in the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CertifiedCopy => "certified-copy",
            Self::Document => "document",
            Self::Proof => "proof",
            Self::Receipt => "receipt",
        }
    }

    /// What the organisation commits to by it (EN 319 122-1 §5.2.3).
    pub const fn commitment(self) -> Option<Commitment> {
        match self {
            Self::CertifiedCopy | Self::Proof => Some(Commitment::ProofOfOrigin),
            Self::Document => None,
            Self::Receipt => Some(Commitment::ProofOfReceipt),
        }
    }
}

impl fmt::Display for SealPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SealPurpose {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or("expected one of certified-copy, document, proof, receipt")
    }
}

/// A document that was sealed.
#[derive(Debug)]
pub struct Sealed {
    /// What to append to it.
    pub completed: Completed,
    /// Whose seal it is.
    pub organisation: String,
}

/// Seals `document` at `level` with the key that `settings` name.
///
/// # Errors
/// Nothing comes out below the level; the key can seal again.
pub async fn document(
    settings: &SealSettings,
    document: Arc<dyn ReadAt>,
    (purpose, level): (SealPurpose, Level),
    is_test: bool,
    outside: &Outside,
) -> Result<Sealed, SealError> {
    let mut sealer = Sealer::open(settings, outside).await?;
    let organisation = sealer.organisation();
    let placement = match purpose {
        SealPurpose::CertifiedCopy => Placement::Automatic {
            block: Block {
                lines: copy_lines(&organisation, Language::Nl, outside.clock.now()),
                mark: is_test.then(|| "TEST".to_owned()),
                image: None,
            },
            width: 200.0,
            height: 64.0,
        },
        SealPurpose::Document | SealPurpose::Proof | SealPurpose::Receipt => Placement::Invisible,
    };
    let order = Order {
        placement,
        tooltip: Some(organisation.clone()),
        commitment: purpose.commitment(),
        ..Order::invisible(level)
    };
    let signed = sealer.sign(Arc::clone(&document), order, outside).await?;
    let completed = complete(document, signed, outside)
        .await
        .map_err(|(error, _)| error)?;
    Ok(Sealed {
        completed,
        organisation,
    })
}

/// The lines of a certified copy, in the language of the act.
fn copy_lines(organisation: &str, language: Language, now: Timestamp) -> Vec<Line> {
    let words = match language {
        Language::De => "Gleichlautende Abschrift",
        Language::En => "Certified copy",
        Language::Fr => "Copie certifiée conforme",
        Language::Nl => "Eensluidend afschrift",
    };
    vec![
        Line::bold(words),
        Line::regular(organisation),
        Line::regular(now.to_brussels_text()),
    ]
}

/// Seals `digest` alone: the message comes back, B-B or B-T.
///
/// # Errors
/// `Hash` for a digest of another length than the key's hash, or a higher level.
pub async fn digest(
    settings: &SealSettings,
    digest: Vec<u8>,
    (purpose, level): (SealPurpose, Level),
    outside: &Outside,
) -> Result<Vec<u8>, SealError> {
    let mut sealer = Sealer::open(settings, outside).await?;
    let now = outside.clock.now();
    let draft = HashDraft {
        level,
        certificate: sealer.certificate().clone(),
        chain: sealer.chain().to_vec(),
        algorithm: None,
        digest,
        claimed: Vec::new(),
        commitment: purpose.commitment(),
        expires_at: now.plus(PREPARED_LIFE),
    };
    let prepared = hash_only::prepare(&draft, now)?;
    let asked = ToSign {
        algorithm: prepared.algorithm(),
        digest: prepared.to_sign(),
    };
    let value = sealer
        .values(vec![asked], outside)
        .await?
        .pop()
        .unwrap_or_default();
    let signed = prepared.finish(value, outside.clock.now())?;
    Ok(message(signed, outside).await?)
}

/// Brings a value over a digest to its message, with a time-stamp where its level wants one.
///
/// # Errors
/// When no time-stamp is to be had.
pub async fn message(mut signed: HashSigned, outside: &Outside) -> Result<Vec<u8>, CompletionError> {
    let settings = outside.settings();
    loop {
        match signed.step(&settings)? {
            HashStep::Done(der) => return Ok(der),
            HashStep::Need(need) => {
                let answer = outside.fetcher.fetch(&need).await;
                signed.answer(answer, &settings, outside.clock.now());
            }
        }
    }
}
