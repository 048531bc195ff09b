//! Counter-signatures: each a JWS of its own in `etsiU`, over the value that it is on. TS 119 182-1 §5.3.2.

use std::borrow::Cow;

use serde_json::Value;

use super::prepare::{PrepareError, algorithm_of, protected};
use super::read::{Jws, JwsSignature, ReadError, Serialization};
use super::stages::{Draft, Packaging, Prepared};
use super::unsigned::{self, Element};
use crate::ades::augment::octets::Octets;
use crate::ades::level::Level;
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::base::digest::Hasher;
use crate::base::time::Timestamp;

/// The member of an element that is a counter-signature.
pub const COUNTER: &str = "cSig";

/// Reads the value of a `cSig`: one signature, in compact form as a text, or as an object.
///
/// # Errors
/// See [`ReadError`]; `Malformed` when it holds another number of signatures.
pub fn read(value: &Value) -> Result<Jws, ReadError> {
    let jws = match value {
        Value::String(text) => Jws::parse_compact(text.as_bytes())?,
        Value::Object(members) => Jws::of_members(members.clone())?,
        _ => return Err(ReadError::Malformed("a counter-signature")),
    };
    if jws.signatures.len() == 1 {
        Ok(jws)
    } else {
        Err(ReadError::Malformed("one counter-signature in a cSig"))
    }
}

/// A signature of a JWS with its place.
#[derive(Clone, Debug)]
pub struct Named {
    /// How reports name it.
    pub name: SignatureName,
    /// Whether an archive time-stamp of a signature around covers it, so that nothing in it can change.
    pub is_archived: bool,
}

/// Every signature of `jws`, each followed by the counter-signatures on it.
pub fn all(jws: &Jws) -> Vec<Named> {
    let mut found = Vec::new();
    for (index, signature) in jws.signatures.iter().enumerate() {
        let outermost = Named {
            name: SignatureName::signer(index),
            is_archived: false,
        };
        let at_most = found.len().saturating_add(COUNTERS_AT_MOST);
        add(signature, outermost, at_most, &mut found);
    }
    found
}

fn add(signature: &JwsSignature, named: Named, at_most: usize, found: &mut Vec<Named>) {
    found.push(named.clone());
    if named.name.counters.len() >= COUNTERS_DEEP_AT_MOST {
        return;
    }
    let elements = unsigned::read(&signature.unsigned).unwrap_or_default();
    let last_archive = elements.iter().rposition(|element| element.name == "arcTst");
    for (number, (place, element)) in places(&elements).enumerate() {
        if found.len() > at_most {
            return;
        }
        let counter = Named {
            name: named.name.counter(number),
            is_archived: named.is_archived || last_archive.is_some_and(|last| place < last),
        };
        match read(&element.value).as_ref().map(|jws| jws.signatures.first()) {
            Ok(Some(inside)) => add(inside, counter, at_most, found),
            _ => found.push(counter),
        }
    }
}

/// The counter-signatures among `elements`, each with its place there.
pub fn places(elements: &[Element]) -> impl Iterator<Item = (usize, &Element)> {
    let all = elements.iter().enumerate();
    all.filter(|(_, element)| element.name == COUNTER)
}

/// The signature `name` of `jws`; none when it is not there.
pub(super) fn at<'j>(jws: &'j Jws, name: &SignatureName) -> Option<Cow<'j, JwsSignature>> {
    let mut found = Cow::Borrowed(jws.signatures.get(name.signer)?);
    for number in &name.counters {
        let elements = unsigned::read(&found.unsigned)?;
        let (_, element) = places(&elements).nth(*number)?;
        found = Cow::Owned(read(&element.value).ok()?.signatures.pop()?);
    }
    Some(found)
}

/// Changes the signature `name` of `jws`, in the signatures around it as well; none, and nothing is changed, when it is
/// not there. A counter-signature in compact form becomes an object: what is signed stays.
pub(super) fn change(
    jws: &mut Jws,
    name: &SignatureName,
    how: &mut dyn FnMut(&mut JwsSignature),
) -> Option<()> {
    let signature = jws.signatures.get_mut(name.signer)?;
    change_inside(signature, &name.counters, how)
}

fn change_inside(
    signature: &mut JwsSignature,
    counters: &[usize],
    how: &mut dyn FnMut(&mut JwsSignature),
) -> Option<()> {
    let Some((number, deeper)) = counters.split_first() else {
        how(signature);
        return Some(());
    };
    let elements = unsigned::read(&signature.unsigned)?;
    let (place, element) = places(&elements).nth(*number)?;
    let mut counter = read(&element.value).ok()?;
    change_inside(counter.signatures.first_mut()?, deeper, how)?;
    if counter.serialization == Serialization::Compact {
        counter.serialization = Serialization::Flattened;
    }
    let value = counter.to_value();
    *signature.unsigned.get_mut(place)? = match element.text {
        Some(_) => unsigned::write(COUNTER, value).into(),
        None => unsigned::object(COUNTER, value),
    };
    Some(())
}

/// Prepares a counter-signature on the signature `name` of `jws`. `draft` says by its serialization how it is written,
/// flattened or, at B-B, compact; its packaging says nothing here.
///
/// # Errors
/// `Form` when there is no such signature, or a signature written so has no place for it; `WouldNotHold` when an archive
/// time-stamp covers the place; see [`PrepareError`].
pub fn prepare_counter(
    jws: &Jws,
    name: &SignatureName,
    draft: &Draft,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    let form = PrepareError::Form;
    match (draft.serialization, draft.level) {
        (_, Level::Lta) => {
            let why = "an archive time-stamp belongs to the signature that is countersigned";
            return Err(form(why));
        }
        (Serialization::Compact, Level::T | Level::Lt) => {
            return Err(form("compact form has no place for more than B-B"));
        }
        (Serialization::General, _) => return Err(form("a counter-signature is one signature")),
        (Serialization::Compact | Serialization::Flattened, _) => {}
    }
    if jws.serialization == Serialization::Compact {
        return Err(form("compact form has no place for a counter-signature"));
    }
    let known = all(jws);
    if !name.takes_counter(known.iter().map(|one| &one.name)) {
        return Err(form("it has as many counter-signatures as are judged"));
    }
    let named = known.into_iter().find(|one| one.name == *name);
    let on = at(jws, name);
    let (named, on) = named.zip(on).ok_or(form("it has no signature of that name"))?;
    if named.is_archived {
        return Err(PrepareError::WouldNotHold);
    }
    let elements = unsigned::read(&on.unsigned);
    let number = elements
        .filter(|elements| elements.iter().all(|element| element.text.is_some()))
        .map(|elements| places(&elements).count())
        .ok_or(form(
            "its unsigned header is not in the form that can be added to",
        ))?;
    let algorithm = algorithm_of(draft, now)?;
    // Neither `sigD` nor `cty` nor `b64`: the payload is the value that it is on, detached.
    let draft = Draft {
        packaging: Packaging::Attached,
        ..draft.clone()
    };
    let protected = protected(&[], &draft, algorithm, now)?;
    let mut hasher = Hasher::new(algorithm.hash());
    for part in [protected.as_str(), ".", &on.signature] {
        hasher.update(part.as_bytes());
    }
    Ok(Prepared {
        level: draft.level,
        certificate: Octets(draft.certificate.der().to_vec()),
        algorithm,
        protected,
        digest: Octets(hasher.finish()),
        counter: Some((name.counter(number), draft.serialization)),
        jws: jws.clone(),
        prepared_at: now,
        expires_at: draft.expires_at,
    })
}

/// Puts `signature` behind the other elements of the signature that `name`, a counter-signature, is on.
pub(super) fn embed(
    jws: &mut Jws,
    name: &SignatureName,
    serialization: Serialization,
    signature: JwsSignature,
) -> Option<()> {
    let mut on = name.clone();
    on.counters.pop()?;
    let counter = Jws {
        serialization,
        payload: None,
        signatures: vec![signature],
        others: serde_json::Map::new(),
    };
    let element = unsigned::write(COUNTER, counter.to_value());
    change(jws, &on, &mut |on| on.unsigned.push(element.clone().into()))
}
