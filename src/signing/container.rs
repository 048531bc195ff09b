//! One signature over several documents: a container that holds them as they are, beside the signature over all of
//! them.
//!
//! For where one PIN makes one signature alone: a reader with keys, a program that signs one digest a call. The
//! documents stay requests of their own; this is what their last signatures have in common. Each step consumes what was
//! true before it, as those of a request do.

use serde::{Deserialize, Serialize};

use crate::ades::asic::create::FileNames;
use crate::ades::level::Level;
use crate::ades::xades::stages::{Prepared, Signed};
use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, PersonId};
use crate::mandates::Verdict;

use super::attempt::AttemptId;
use super::list::ListId;
use super::request::{Packed, Piece, RequestId, Signer, SigningRequest, Stage, StepError};

crate::id_kinds! {
    /// A container of signed documents.
    pub ContainerMark = "ctn",
}

/// The id of a container.
pub type ContainerId = Id<ContainerMark>;

/// How many documents a container holds at least: one alone is signed where it stands.
pub const FEWEST: usize = 2;

/// The documents of a list that one person signs with one signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningContainer {
    /// Its id.
    pub id: ContainerId,
    /// The board whose documents they are.
    pub board: BoardId,
    /// The application that asked, by its client id.
    pub client: String,
    /// The list they were signed from.
    pub list: ListId,
    /// Who signs.
    pub person: PersonId,
    /// The name to save it under.
    pub name: String,
    /// What stands in it, in the list's order.
    pub documents: Vec<PackedDocument>,
    /// How far it has come.
    pub stage: ContainerStage,
    /// When its bytes were fixed.
    pub created_at: Timestamp,
}

/// One document of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedDocument {
    /// Its request.
    pub request: RequestId,
    /// The signature of its plan that the container's is.
    pub slot: u8,
    /// The try of its signer at it.
    pub attempt: AttemptId,
    /// Its name in the container.
    pub name: String,
    /// SHA-256 of it as it stands in the container.
    pub sha256: Sha256Digest,
}

/// How far a container has come. Each stage carries what is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum ContainerStage {
    /// The bytes to sign are fixed. Nothing is signed yet.
    Prepared {
        /// The fixed bytes.
        prepared: Box<Prepared>,
    },
    /// The card has signed. The value is kept until time-stamp and revocation data are there.
    Signed {
        /// The value in its fixed bytes.
        signed: Box<Signed>,
        /// When the card's value was taken.
        signed_at: Timestamp,
    },
    /// The container stands.
    Done {
        /// Its bytes.
        piece: Piece,
        /// The level it was read back to show.
        level: Level,
        /// When.
        completed_at: Timestamp,
    },
    /// The card signed, and the signature can never stand at the level asked. The value stays kept.
    Failed {
        /// The value in its fixed bytes, as far as it came.
        signed: Box<Signed>,
        /// The stable cause.
        cause: String,
    },
}

impl ContainerStage {
    /// The word for storage and interfaces.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Prepared { .. } => "prepared",
            Self::Signed { .. } => "signed",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Why a document that waits for a person does not go into a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Its application takes signed PDF documents alone.
    Application,
    /// Others sign after this person, each in the document itself.
    LaterSigners,
    /// Its signer must be named in the document, with the mention that a delegate's signature carries.
    Mention,
    /// An earlier signature is raised to its level only with the last, in the document itself.
    RaisedAtEnd,
}

impl LeftOut {
    /// The word for pages and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::LaterSigners => "later_signers",
            Self::Mention => "mention",
            Self::RaisedAtEnd => "raised_at_end",
        }
    }
}

/// Whether slot `number` of `request`, which is its signer's to sign by `verdict`, may be signed in a container.
///
/// WHY: what the container covers is the document as it is. So every other signature must stand in it already, at the
/// level asked; and whatever must be seen in the document itself is signed there.
///
/// # Errors
/// Why not.
pub fn may_pack(request: &SigningRequest, number: u8, verdict: &Verdict) -> Result<(), LeftOut> {
    if !request.takes_container {
        return Err(LeftOut::Application);
    }
    for slot in request.slots.iter().filter(|slot| slot.number != number) {
        match slot.stage {
            Stage::Done { level, .. } if level >= request.level => {}
            Stage::Done { .. } => return Err(LeftOut::RaisedAtEnd),
            _ => return Err(LeftOut::LaterSigners),
        }
    }
    if verdict.mention().is_some() {
        return Err(LeftOut::Mention);
    }
    Ok(())
}

impl SigningContainer {
    /// Keeps the value that the card of `person` put under the prepared bytes.
    ///
    /// # Errors
    /// `Stage` when the bytes were fixed for somebody else, or a value is kept already.
    pub fn sign(mut self, person: PersonId, signed: Signed, now: Timestamp) -> Result<Self, StepError> {
        if self.person != person || !matches!(self.stage, ContainerStage::Prepared { .. }) {
            return Err(StepError::Stage);
        }
        self.stage = ContainerStage::Signed {
            signed: Box::new(signed),
            signed_at: now,
        };
        Ok(self)
    }

    /// The container with its bytes, which show `level`.
    ///
    /// # Errors
    /// `Stage` when no value waits.
    pub fn complete(mut self, piece: Piece, level: Level, now: Timestamp) -> Result<Self, StepError> {
        if !matches!(self.stage, ContainerStage::Signed { .. }) {
            return Err(StepError::Stage);
        }
        self.stage = ContainerStage::Done {
            piece,
            level,
            completed_at: now,
        };
        Ok(self)
    }

    /// Ends it because its signature can never be finished.
    ///
    /// # Errors
    /// `Stage` when no value waits.
    pub fn fail(mut self, cause: &str) -> Result<Self, StepError> {
        let ContainerStage::Signed { signed, .. } = self.stage else {
            return Err(StepError::Stage);
        };
        self.stage = ContainerStage::Failed {
            signed,
            cause: cause.to_owned(),
        };
        Ok(self)
    }
}

impl SigningRequest {
    /// Fixes that `signer` will sign slot `number` in `container`, where the document stands with the bytes of
    /// `document`. An earlier preparation of the same slot is forgotten: no card has signed it.
    ///
    /// # Errors
    /// As [`Self::prepare`], and `NotTogether` when it may not be signed in a container.
    pub fn pack(
        mut self,
        number: u8,
        signer: Signer,
        (container, expires_at): (ContainerId, Timestamp),
        document: Sha256Digest,
        now: Timestamp,
    ) -> Result<Self, StepError> {
        self.check_turn(number, signer.person, now)?;
        may_pack(&self, number, &signer.verdict).map_err(|_| StepError::NotTogether)?;
        let stage = Stage::Packed {
            signer: Box::new(signer),
            container,
            document_sha256: document,
            expires_at,
        };
        self.put(number, stage);
        Ok(self)
    }

    /// Notes that the card of `person` signed `container`, in which slot `number` waits for it.
    ///
    /// # Errors
    /// `Closed`, or `Stage` when the slot was not fixed in it for this person, or was prepared anew since.
    pub fn sign_packed(
        mut self,
        number: u8,
        person: PersonId,
        container: ContainerId,
        now: Timestamp,
    ) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        let signer = match self.slot(number).map(|slot| &slot.stage) {
            Some(Stage::Packed {
                signer,
                container: fixed,
                ..
            }) if signer.person == person && *fixed == container => signer.clone(),
            _ => return Err(StepError::Stage),
        };
        self.put(
            number,
            Stage::PackedSigned {
                signer,
                container,
                signed_at: now,
            },
        );
        Ok(self)
    }

    /// The request with the container in which the signature of slot `number` stands at `level`. The document itself
    /// stays as it is.
    ///
    /// # Errors
    /// `Closed`; `Stage` when no value is kept for the slot there, or for a level below the one asked.
    pub fn complete_packed(
        mut self,
        number: u8,
        packed: Packed,
        level: Level,
        now: Timestamp,
    ) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        let (signer, signed_at) = match self.slot(number).map(|slot| &slot.stage) {
            Some(Stage::PackedSigned {
                signer,
                container,
                signed_at,
            }) if *container == packed.container && level >= self.level => (signer.clone(), *signed_at),
            _ => return Err(StepError::Stage),
        };
        let done = Stage::Done {
            signer,
            level,
            signed_at,
            completed_at: now,
        };
        self.put(number, done);
        self.packed = Some(packed);
        self.complete_at_level(now);
        Ok(self)
    }
}

/// The name to save a container of the list `title` under.
pub fn file_name(title: &str) -> String {
    let plain: String = title
        .chars()
        .map(|sign| if "/\\:*?\"<>|".contains(sign) { '-' } else { sign })
        .collect();
    let plain = plain.trim_matches(['.', ' ']);
    format!("{}.asice", if plain.is_empty() { "documents" } else { plain })
}

/// What documents of these names are called in one container: their own names where each is one of its own, with the
/// place in the list otherwise.
pub fn names<'a>(given: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = FileNames::default();
    (1_u32..)
        .zip(given)
        .map(|(number, name)| {
            let own = [
                name.to_owned(),
                format!("{number}-{name}"),
                format!("document-{number}.pdf"),
            ];
            // Others may be called like that: counting on, one is free.
            let counted = (2_u32..).map(|again| format!("document-{number}-{again}.pdf"));
            let mut candidates = own.into_iter().chain(counted);
            candidates.find(|name| taken.take(name)).unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_a_name_of_its_own_in_the_container() {
        let given = [
            "a.pdf",
            "A.PDF",
            "b/c.pdf",
            "mimetype",
            "a.pdf",
            "META-INF/x",
            "é.pdf",
            "5-a.pdf",
        ];
        let made = names(given.into_iter());
        assert_eq!(
            made,
            [
                "a.pdf",
                "2-A.PDF",
                "b/c.pdf",
                "4-mimetype",
                "5-a.pdf",
                "6-META-INF/x",
                "é.pdf",
                "8-5-a.pdf"
            ]
        );
        assert_eq!(names(["x:y.pdf"].into_iter()), ["document-1.pdf"]);
        // What somebody's program takes for the same name.
        assert_eq!(
            names(["Besluit 1.pdf", "Besluit\u{a0}1.pdf", "20m2.pdf", "20m\u{b2}.pdf"].into_iter()),
            [
                "Besluit 1.pdf",
                "2-Besluit\u{a0}1.pdf",
                "20m2.pdf",
                "4-20m\u{b2}.pdf"
            ]
        );
        // Names that were given as those that are made.
        assert_eq!(
            names(["document-3.pdf", "document-3-2.pdf", "a:b.pdf", "a", "a/b.pdf"].into_iter()),
            [
                "document-3.pdf",
                "document-3-2.pdf",
                "document-3-3.pdf",
                "a",
                "5-a/b.pdf"
            ]
        );
    }

    #[test]
    fn a_list_gives_its_container_a_file_name() {
        for (title, name) in [
            ("College van 3 maart", "College van 3 maart.asice"),
            ("a/b: \"c\"", "a-b- -c-.asice"),
            ("..", "documents.asice"),
        ] {
            assert_eq!(file_name(title), name);
        }
    }
}
