//! A document that must be signed by several persons in order, and how far that has come.
//!
//! Each step consumes what was true before it and checks that it may follow; whoever stores a request stores the
//! whole of it, under the version that was read.

use serde::{Deserialize, Serialize};

use crate::ades::level::Level;
use crate::ades::pades::stages::{Prepared, Signed};
use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, PersonId};
use crate::mandates::key::{Key, PersonKey};
use crate::mandates::plan::{DocumentKind, Object, SigningPlan};
use crate::mandates::verdict::Verdict;

use super::container::ContainerId;
use super::profile::Profile;
use super::publication::Publication;

crate::id_kinds! {
    /// A signing request.
    pub RequestMark = "srq",
}

/// The id of a signing request.
pub type RequestId = Id<RequestMark>;

/// One document with the signatures it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningRequest {
    /// Its id.
    pub id: RequestId,
    /// The board whose document it is.
    pub board: BoardId,
    /// The application that asked, by its client id.
    pub client: String,
    /// What it is about, for the signers.
    pub title: String,
    /// What the signers are asked to sign.
    pub document: Document,
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// The body whose document it is.
    pub body: Key,
    /// The policy domain, where delegations are limited by one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domain: Option<String>,
    /// The level the result must show.
    pub level: Level,
    /// When each signature is raised to it.
    #[serde(default)]
    pub profile: Profile,
    /// Whether visible signatures carry the board's picture, where it has one.
    #[serde(default = "with_picture")]
    pub picture: bool,
    /// Whether the application takes the document signed in a container with others of a list.
    #[serde(default)]
    pub takes_container: bool,
    /// The plan as it was when the request was made. Who may sign is asked again at each signature.
    pub plan: SigningPlan,
    /// How far each signature of the plan has come, in the plan's order.
    pub slots: Vec<Slot>,
    /// Where the signers' browsers may go when they are done; an address the client registered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub return_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it closes by itself.
    pub expires_at: Timestamp,
    /// How it ended, when it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed: Option<Closed>,
    /// The publication copy, where the board had a seal when the last signature came to stand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub publication: Option<Publication>,
    /// The container in which the last signature stands, where it stands in one: what is delivered then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub packed: Option<Packed>,
}

/// The container that is delivered for a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its id.
    pub container: ContainerId,
    /// Who signed it.
    pub by: PersonId,
    /// The name to save it under.
    pub name: String,
    /// Its bytes.
    pub piece: Piece,
}

/// Requests from before the choice have the board's picture like those that make none.
const fn with_picture() -> bool {
    true
}

/// The bytes to sign: the document as it came, and one tail for each finished signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The file's name as the application gave it, for the signers and for delivery.
    pub name: String,
    /// Number of pages.
    pub pages: u32,
    /// The document as it came.
    pub base: Piece,
    /// What each finished signature appended, in order, and what raised them all where that is done once.
    pub tails: Vec<Piece>,
}

impl Document {
    /// Length of the whole as it is now.
    pub fn length_bytes(&self) -> u64 {
        self.tails.iter().fold(self.base.length_bytes, |sum, tail| {
            sum.saturating_add(tail.length_bytes)
        })
    }
}

/// Immutable bytes, kept under their address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// SHA-256 of the bytes.
    pub sha256: Sha256Digest,
    /// Their length.
    pub length_bytes: u64,
}

/// One signature of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its place in the plan, from 1.
    pub number: u8,
    /// How far it has come.
    pub stage: Stage,
}

/// How far one signature has come. Each stage carries what is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Nobody has begun.
    Open,
    /// The bytes to sign are fixed; a card may be at work on them. Nothing is signed yet, so it may be begun anew.
    Prepared {
        /// Who signs, with what right.
        signer: Box<Signer>,
        /// The fixed bytes.
        prepared: Box<Prepared>,
    },
    /// The card has signed. The value is kept until time-stamp and revocation data are there.
    Signed {
        /// Who signed, with what right.
        signer: Box<Signer>,
        /// The value in its fixed bytes.
        signed: Box<Signed>,
        /// When the card's value was taken.
        signed_at: Timestamp,
    },
    /// As `Prepared`, but in a container: the bytes to sign are fixed together with those of other documents.
    Packed {
        /// Who signs, with what right.
        signer: Box<Signer>,
        /// The container.
        container: ContainerId,
        /// SHA-256 of the document as it stands in it.
        document_sha256: Sha256Digest,
        /// From when on a value is no longer taken.
        expires_at: Timestamp,
    },
    /// As `Signed`, but in a container, where the value is kept.
    PackedSigned {
        /// Who signed, with what right.
        signer: Box<Signer>,
        /// The container.
        container: ContainerId,
        /// When the card's value was taken.
        signed_at: Timestamp,
    },
    /// The signature stands in the document, or in the container beside it.
    Done {
        /// Who signed, with what right.
        signer: Box<Signer>,
        /// The level the file was read back to show: the one asked, or B-T until all of them are raised at once.
        level: Level,
        /// When the card's value was taken.
        signed_at: Timestamp,
        /// When that level was reached.
        completed_at: Timestamp,
    },
}

/// Who signs, and the check of authority that allows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The person as the board knows them.
    pub person: PersonId,
    /// Their name as it stands in the document.
    pub name: String,
    /// The check of authority at the moment of signing.
    pub verdict: Verdict,
    /// The same, signed by the board's key: what goes into the signature and into the proof.
    pub proof: String,
}

impl std::fmt::Debug for Signer {
    /// Names stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.person)
    }
}

impl Stage {
    /// The word for storage and interfaces.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Prepared { .. } | Self::Packed { .. } => "prepared",
            Self::Signed { .. } | Self::PackedSigned { .. } => "signed",
            Self::Done { .. } => "done",
        }
    }

    /// Who signs or signed, once somebody has begun.
    pub fn signer(&self) -> Option<&Signer> {
        match self {
            Self::Open => None,
            Self::Prepared { signer, .. }
            | Self::Signed { signer, .. }
            | Self::Packed { signer, .. }
            | Self::PackedSigned { signer, .. }
            | Self::Done { signer, .. } => Some(signer),
        }
    }

    /// Until when a card may sign the bytes that are fixed, where they are and no card has.
    pub const fn fixed_until(&self) -> Option<Timestamp> {
        match self {
            Self::Prepared { prepared, .. } => Some(prepared.expires_at()),
            Self::Packed { expires_at, .. } => Some(*expires_at),
            Self::Open | Self::Signed { .. } | Self::PackedSigned { .. } | Self::Done { .. } => None,
        }
    }

    /// SHA-256 of the document in the bytes that are fixed, where they are and no card has signed.
    pub fn fixed_document(&self) -> Option<Sha256Digest> {
        match self {
            Self::Prepared { prepared, .. } => Some(*prepared.document_sha256()),
            Self::Packed { document_sha256, .. } => Some(*document_sha256),
            Self::Open | Self::Signed { .. } | Self::PackedSigned { .. } | Self::Done { .. } => None,
        }
    }

    /// Whether a card has signed, so that its signer counts as one of the document's signers.
    pub const fn is_signed(&self) -> bool {
        matches!(
            self,
            Self::Signed { .. } | Self::PackedSigned { .. } | Self::Done { .. }
        )
    }
}

/// How and when a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: Ending,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// Every signature stands.
    Completed,
    /// A signer said no.
    Declined {
        /// Who.
        by: PersonId,
        /// Why, in their words; may be empty.
        reason: String,
    },
    /// Nobody finished it in time.
    Expired,
    /// A card signed, and that signature can never stand in the document at the level asked. What was made stays in
    /// its slot.
    Failed {
        /// Which slot; none when all signatures stand and the file cannot be raised.
        slot: Option<u8>,
        /// The stable cause.
        cause: String,
    },
    /// The application took it back.
    Withdrawn,
}

/// Why a step cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The request has ended.
    #[error("the request is closed")]
    Closed,
    /// The bytes prepared do not belong to the document as it is now.
    #[error("the document is not the one that was prepared")]
    DocumentChanged,
    /// A card has signed, and that signature is finished first.
    #[error("a signature is being finished")]
    Finishing,
    /// The document cannot be signed in a container with others.
    #[error("the document cannot be signed together with others")]
    NotTogether,
    /// Another signature comes first, or is being finished.
    #[error("another signature comes first")]
    NotYourTurn,
    /// The person signed this document already, in another slot.
    #[error("the same person cannot fill two slots")]
    SamePerson,
    /// The signature was prepared for somebody else, or not at all.
    #[error("the signature is not at that stage")]
    Stage,
}

impl StepError {
    /// The stable cause code.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Closed => "SIGNING_CLOSED",
            Self::DocumentChanged => "SIGNING_DOCUMENT_CHANGED",
            Self::Finishing => "SIGNING_FINISHING",
            Self::NotTogether => "SIGNING_NOT_TOGETHER",
            Self::NotYourTurn => "SIGNING_NOT_YOUR_TURN",
            Self::SamePerson => "SIGNING_SAME_PERSON",
            Self::Stage => "SIGNING_STAGE",
        }
    }
}

impl SigningRequest {
    /// Whether the request takes signatures at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closed.is_none() && now < self.expires_at
    }

    /// Whether a card has signed and that signature is being finished, or all of them are being raised.
    pub fn is_finishing(&self) -> bool {
        self.closed.is_none() && (self.keeps_value() || self.is_raising())
    }

    /// Whether a card's value waits to stand in the document.
    fn keeps_value(&self) -> bool {
        let mut slots = self.slots.iter();
        slots.any(|slot| matches!(slot.stage, Stage::Signed { .. } | Stage::PackedSigned { .. }))
    }

    /// Whether every signature stands, and what is left is to raise all of them at once.
    pub fn is_raising(&self) -> bool {
        self.closed.is_none() && self.all_stand()
    }

    /// Whether every signature stands in the document, at whatever level.
    pub fn all_stand(&self) -> bool {
        let mut slots = self.slots.iter();
        !self.slots.is_empty() && slots.all(|slot| matches!(slot.stage, Stage::Done { .. }))
    }

    /// The level to which one signature is brought when it is made.
    pub fn level_of_each(&self) -> Level {
        self.profile.level_of_each(self.level, self.slots.len())
    }

    /// The lowest level that a signature of it shows so far.
    pub fn lowest_level(&self) -> Option<Level> {
        let levels = self.slots.iter().filter_map(|slot| match &slot.stage {
            Stage::Done { level, .. } => Some(*level),
            _ => None,
        });
        levels.min()
    }

    /// The number of the signature that comes next: the first that no card has signed, when every earlier one stands
    /// in the document.
    pub fn turn(&self) -> Option<u8> {
        let first = self
            .slots
            .iter()
            .find(|slot| !matches!(slot.stage, Stage::Done { .. }))?;
        (!first.stage.is_signed()).then_some(first.number)
    }

    /// The slot with this number.
    pub fn slot(&self, number: u8) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.number == number)
    }

    /// What the check of authority is asked about, with the signatures that are there.
    pub fn object(&self) -> Object {
        let signed = self
            .slots
            .iter()
            .filter(|slot| slot.stage.is_signed())
            .filter_map(|slot| {
                let signer = slot.stage.signer()?;
                Some(crate::mandates::plan::Signed {
                    slot: slot.number,
                    person: PersonKey::from(signer.person),
                    on_behalf_of: signer
                        .verdict
                        .capacity
                        .as_ref()
                        .and_then(|capacity| capacity.on_behalf_of().cloned()),
                })
            })
            .collect();
        Object {
            document: self.kind,
            body: self.body.clone(),
            domain: self.domain.clone(),
            signed,
        }
    }

    /// Fixes the bytes that `signer` will sign as slot `number`. An earlier preparation of the same slot is
    /// forgotten: no card has signed it.
    ///
    /// # Errors
    /// `Closed`, `NotYourTurn`, `SamePerson`, or `DocumentChanged` when `prepared` belongs to other bytes.
    pub fn prepare(
        mut self,
        number: u8,
        signer: Signer,
        prepared: Prepared,
        current: &Sha256Digest,
        now: Timestamp,
    ) -> Result<Self, StepError> {
        self.check_turn(number, signer.person, now)?;
        if prepared.document_sha256() != current || prepared.document_length() != self.document.length_bytes()
        {
            return Err(StepError::DocumentChanged);
        }
        let stage = Stage::Prepared {
            signer: Box::new(signer),
            prepared: Box::new(prepared),
        };
        self.put(number, stage);
        Ok(self)
    }

    /// Says whether `person` may begin slot `number` at `now`, as far as the request itself decides.
    ///
    /// # Errors
    /// `Closed`, `NotYourTurn` or `SamePerson`.
    pub fn check_turn(&self, number: u8, person: PersonId, now: Timestamp) -> Result<(), StepError> {
        if !self.is_open(now) {
            return Err(StepError::Closed);
        }
        let elsewhere = self.slots.iter().any(|slot| {
            slot.number != number
                && slot.stage.is_signed()
                && slot.stage.signer().is_some_and(|signer| signer.person == person)
        });
        if elsewhere {
            return Err(StepError::SamePerson);
        }
        if self.turn() == Some(number) {
            Ok(())
        } else {
            Err(StepError::NotYourTurn)
        }
    }

    /// Keeps the value that the card of `person` put under the prepared bytes of slot `number`.
    ///
    /// # Errors
    /// `Closed`, or `Stage` when the slot was not prepared for this person, or was prepared anew since.
    pub fn sign(
        mut self,
        number: u8,
        person: PersonId,
        signed: Signed,
        now: Timestamp,
    ) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        let slot = self.slot(number).ok_or(StepError::Stage)?;
        let Stage::Prepared { signer, prepared } = &slot.stage else {
            return Err(StepError::Stage);
        };
        if signer.person != person || **prepared != *signed.prepared() {
            return Err(StepError::Stage);
        }
        let signer = signer.clone();
        self.put(
            number,
            Stage::Signed {
                signer,
                signed: Box::new(signed),
                signed_at: now,
            },
        );
        Ok(self)
    }

    /// Puts the finished signature of slot `number` into the document: `tail` follows what is there.
    ///
    /// The last one completes the request, when all show the level asked; otherwise they wait for [`Self::raise`].
    ///
    /// # Errors
    /// `Closed`; `Stage` when no value is kept for the slot.
    pub fn complete(
        mut self,
        number: u8,
        tail: Piece,
        level: Level,
        now: Timestamp,
    ) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        let slot = self.slot(number).ok_or(StepError::Stage)?;
        let Stage::Signed {
            signer, signed_at, ..
        } = &slot.stage
        else {
            return Err(StepError::Stage);
        };
        let done = Stage::Done {
            signer: signer.clone(),
            level,
            signed_at: *signed_at,
            completed_at: now,
        };
        self.put(number, done);
        self.document.tails.push(tail);
        self.complete_at_level(now);
        Ok(self)
    }

    /// Raises every signature to `level`: `tail` follows what is there, and completes the request.
    ///
    /// # Errors
    /// `Closed`; `Stage` while a signature is missing, or for a level below the one asked.
    pub fn raise(mut self, tail: Piece, level: Level, now: Timestamp) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        if !self.is_raising() || level < self.level {
            return Err(StepError::Stage);
        }
        for slot in &mut self.slots {
            if let Stage::Done {
                level: shown,
                completed_at,
                ..
            } = &mut slot.stage
            {
                (*shown, *completed_at) = (level, now);
            }
        }
        self.document.tails.push(tail);
        self.complete_at_level(now);
        Ok(self)
    }

    /// Completes the request once every signature stands and shows the level asked.
    pub(super) fn complete_at_level(&mut self, now: Timestamp) {
        if self.all_stand() && self.lowest_level().is_some_and(|shown| shown >= self.level) {
            self.closed = Some(Closed {
                at: now,
                how: Ending::Completed,
            });
        }
    }

    /// Ends the request without its signatures. A request in which a card has signed an unfinished slot is first
    /// finished, so that no signature is lost; one whose signatures all stand waits to be raised, unless the
    /// application takes it back.
    ///
    /// # Errors
    /// `Closed`, or `Finishing`.
    pub fn close(mut self, how: Ending, now: Timestamp) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        if self.keeps_value() || (self.is_raising() && how != Ending::Withdrawn) {
            return Err(StepError::Finishing);
        }
        self.closed = Some(Closed { at: now, how });
        Ok(self)
    }

    /// Ends the request because the signature of slot `number` can never be finished. The value stays kept.
    ///
    /// # Errors
    /// `Closed`, or `Stage` when no value is kept for the slot.
    pub fn fail(mut self, number: u8, cause: &str, now: Timestamp) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        if !matches!(
            self.slot(number).map(|slot| &slot.stage),
            Some(Stage::Signed { .. } | Stage::PackedSigned { .. })
        ) {
            return Err(StepError::Stage);
        }
        let how = Ending::Failed {
            slot: Some(number),
            cause: cause.to_owned(),
        };
        self.closed = Some(Closed { at: now, how });
        Ok(self)
    }

    /// Ends the request because its signatures stand and can never be raised. They stay where they are.
    ///
    /// # Errors
    /// `Closed`, or `Stage` while a signature is missing.
    pub fn fail_raising(mut self, cause: &str, now: Timestamp) -> Result<Self, StepError> {
        if self.closed.is_some() {
            return Err(StepError::Closed);
        }
        if !self.is_raising() {
            return Err(StepError::Stage);
        }
        let how = Ending::Failed {
            slot: None,
            cause: cause.to_owned(),
        };
        self.closed = Some(Closed { at: now, how });
        Ok(self)
    }

    pub(super) fn put(&mut self, number: u8, stage: Stage) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.number == number) {
            slot.stage = stage;
        }
    }
}
