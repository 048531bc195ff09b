//! How the revisions of a PDF become layers: a document time-stamp covers what stands in the revisions up to its own,
//! itself and other signatures of its own revision apart.

use super::existence::{Below, Placed};
use crate::base::digest::Sha256Digest;
use crate::pdf::signature::Signature;

/// The layer of the objects of the security store written in `revision`.
pub(super) const fn of_store(revision: usize) -> usize {
    revision.saturating_mul(2)
}

/// A signature or document time-stamp.
pub(super) fn of_signature(signature: &Signature) -> Placed {
    Placed {
        id: Sha256Digest::of(&signature.contents),
        layer: of_message(signature.revision),
    }
}

/// The layer of what stands inside the signature of `revision`.
pub(super) const fn of_message(revision: usize) -> usize {
    revision.saturating_mul(2).saturating_add(1)
}

/// What the document time-stamp in `revision` covers.
pub(super) const fn covered_by(revision: usize) -> Below {
    Below(of_message(revision))
}
