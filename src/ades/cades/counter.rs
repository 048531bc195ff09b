//! Counter-signatures: where they stand in a message, however deep, and how one changes. RFC 5652 §11.4.

use crate::ades::augment::octets::Octets;
use crate::ades::cms::archive::{HashIndex, attribute_entry, index_of};
use crate::ades::cms::envelope::Envelope;
use crate::ades::cms::oids;
use crate::ades::cms::parts::SignerParts;
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::asn1::oid::OidError;
use crate::asn1::read::Asn1Error;
use crate::asn1::write;
use serde::{Deserialize, Serialize};

/// Which signature of a message is meant, also while others come and go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerPath {
    /// Number of the SignerInfo, from 0.
    pub signer: usize,
    /// From there inward each counter-signature on the one before: its fields but the unsigned attributes, which change
    /// and move it.
    pub counters: Vec<Octets>,
}

/// Each counter-signature on a signature, whole SignerInfos.
///
/// # Errors
/// When an unsigned attribute cannot be read.
pub fn counter_signatures(parts: &SignerParts) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let values = parts.unsigned_values()?.into_iter();
    Ok(values
        .filter(|(oid, ..)| oid.to_string() == oids::COUNTER_SIGNATURE)
        .map(|(_, _, value)| value)
        .collect())
}

/// A signature of a message with its place.
#[derive(Clone, Debug)]
pub struct Named {
    /// How reports name it.
    pub name: SignatureName,
    /// The same for a stage that is stored.
    pub path: SignerPath,
    /// Its fields.
    pub parts: SignerParts,
    /// Whether an archive time-stamp of a signature around covers it, so that nothing in it can change.
    pub is_archived: bool,
}

/// Every signature of the message, each followed by the counter-signatures on it. What cannot be read is left out.
pub fn all(envelope: &Envelope) -> Vec<Named> {
    let mut found = Vec::new();
    for signer in 0..envelope.signer_count() {
        let whole = envelope.signer(signer).unwrap_or_default();
        if let Ok(parts) = SignerParts::parse(whole) {
            let at_most = found.len().saturating_add(COUNTERS_AT_MOST);
            let outermost = Named {
                name: SignatureName::signer(signer),
                path: SignerPath {
                    signer,
                    counters: Vec::new(),
                },
                parts,
                is_archived: false,
            };
            add(outermost, at_most, &mut found);
        }
    }
    found
}

/// Renames `names` of the message `before` as they are called in `after`, the same message with something added.
/// Counter-signatures stand in a SET, which DER sorts by their encoding: one that grew may stand behind its neighbour
/// (X.690 §11.6).
pub(in crate::ades) fn follow<'n>(
    names: impl Iterator<Item = &'n mut SignatureName>,
    before: &Envelope,
    after: &Envelope,
) {
    let (before, after) = (all(before), all(after));
    for name in names {
        let path = before.iter().find(|one| one.name == *name).map(|one| &one.path);
        if let Some(now) = after.iter().find(|one| Some(&one.path) == path) {
            *name = now.name.clone();
        }
    }
}

fn add(named: Named, at_most: usize, found: &mut Vec<Named>) {
    found.push(named.clone());
    if named.name.counters.len() >= COUNTERS_DEEP_AT_MOST {
        return;
    }
    let inside = counter_signatures(&named.parts).unwrap_or_default();
    for (number, whole) in inside.iter().enumerate() {
        if found.len() > at_most {
            return;
        }
        let Ok(parts) = SignerParts::parse(whole) else {
            continue;
        };
        let mut path = named.path.clone();
        path.counters.push(Octets(parts.covered()));
        let counter = Named {
            name: named.name.counter(number),
            path,
            is_archived: named.is_archived || is_archived(&named.parts, whole),
            parts,
        };
        add(counter, at_most, found);
    }
}

/// Whether an archive time-stamp of the signature `parts` covers its counter-signature `whole`. One whose index cannot be
/// read may.
fn is_archived(parts: &SignerParts, whole: &[u8]) -> bool {
    let Ok(kind) = kind() else { return true };
    let values = parts.unsigned_values().unwrap_or_default();
    let mut stamps = values
        .iter()
        .filter(|(oid, ..)| oid.to_string() == oids::ARCHIVE_TIME_STAMP_V3);
    stamps.any(|(_, _, token)| {
        let der = index_of(token).ok().flatten();
        let index = der.and_then(|der| HashIndex::parse(&der).ok().flatten());
        index.is_none_or(|index| {
            let entry = attribute_entry(index.hash, &kind, whole);
            index.unsigned.contains(&entry)
        })
    })
}

/// The type of the attribute, as encoded.
///
/// # Errors
/// Never in practice: only when a constant of this room is no object identifier.
pub fn kind() -> Result<Vec<u8>, OidError> {
    Ok(write::oid(&oids::COUNTER_SIGNATURE.parse()?))
}

/// The signature at `path` inward of `outer`; none when one on the way is gone.
///
/// # Errors
/// When one cannot be read.
pub(super) fn innermost(outer: &SignerParts, path: &[Octets]) -> Result<Option<SignerParts>, Asn1Error> {
    let Some((next, deeper)) = path.split_first() else {
        return Ok(Some(outer.clone()));
    };
    match counter_at(outer, next)? {
        Some((_, counter)) => innermost(&counter, deeper),
        None => Ok(None),
    }
}

/// `outer` with the signature at `path` inward of it changed to `new`; as it is when one on the way is gone. Everything
/// else stays as it was encoded.
///
/// # Errors
/// When one cannot be read.
pub(super) fn with_innermost(
    outer: &SignerParts,
    path: &[Octets],
    new: SignerParts,
) -> Result<SignerParts, Asn1Error> {
    let Some((next, deeper)) = path.split_first() else {
        return Ok(new);
    };
    let mut changed = outer.clone();
    if let Some((old, counter)) = counter_at(outer, next)? {
        let counter = with_innermost(&counter, deeper, new)?;
        changed.replace_value(&old, &counter.to_bytes())?;
    }
    Ok(changed)
}

/// The counter-signature on `outer` whose fields are `covered`: whole, and taken apart.
fn counter_at(outer: &SignerParts, covered: &Octets) -> Result<Option<(Vec<u8>, SignerParts)>, Asn1Error> {
    for whole in counter_signatures(outer)? {
        let counter = SignerParts::parse(&whole)?;
        if counter.covered() == covered.0 {
            return Ok(Some((whole, counter)));
        }
    }
    Ok(None)
}
