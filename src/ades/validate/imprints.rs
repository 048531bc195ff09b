//! What signatures and time-stamps of a JWS are over: the content is read once for each hash and form, however many of
//! them there are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::ades::content::DataObject;
use crate::ades::jades::completion::imprints;
use crate::ades::jades::header::Header;
use crate::ades::jades::payload;
use crate::ades::jades::read::{Jws, JwsSignature, decoded};
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};

/// What content is to a digest: the hash, whether it is its text, and the objects that are named.
type Form = (HashAlgorithm, bool, Option<Vec<String>>);

/// The content of one JWS, for all its signatures.
pub(super) struct Contents<'a> {
    jws: &'a Jws,
    objects: &'a [DataObject],
    states: RefCell<BTreeMap<Form, Option<Hasher>>>,
    plain: RefCell<BTreeMap<bool, Option<Sha256Digest>>>,
}

impl<'a> Contents<'a> {
    pub(super) const fn new(jws: &'a Jws, objects: &'a [DataObject]) -> Self {
        Self {
            jws,
            objects,
            states: RefCell::new(BTreeMap::new()),
            plain: RefCell::new(BTreeMap::new()),
        }
    }

    /// The digest over the content as far as it goes; none when some of it is not at hand.
    fn state(&self, hash: HashAlgorithm, header: &Header) -> Option<Hasher> {
        let uris = header.objects.as_ref().map(|named| named.uris.clone());
        let form = (hash, header.payload_as_text, uris);
        let mut states = self.states.borrow_mut();
        let state = states.entry(form).or_insert_with(|| {
            let mut hashers = [Hasher::new(hash)];
            let is_whole = payload::add_content(&mut hashers, self.jws, header, self.objects);
            let [hasher] = hashers;
            is_whole.unwrap_or(false).then_some(hasher)
        });
        state.clone()
    }

    /// The imprint of a time-stamp over the content alone. TS 119 182-1 §5.2.6.
    pub(super) fn imprint(&self, hash: HashAlgorithm, header: &Header) -> Option<Vec<u8>> {
        match self.state(hash, header) {
            Some(state) => Some(state.finish()),
            // A digest that was handed in may stand for it.
            None => payload::content_imprint(hash, self.jws, header, self.objects)
                .ok()
                .flatten(),
        }
    }

    /// SHA-256 of the content, when there is one: for the verdict of authority.
    pub(super) fn digest(&self, header: &Header) -> Option<Sha256Digest> {
        let as_text = header.payload_as_text;
        let mut plain = self.plain.borrow_mut();
        *plain.entry(as_text).or_insert_with(|| {
            let hash = HashAlgorithm::Sha256;
            let digest = match (&self.jws.payload, self.objects) {
                (Some(payload), _) if as_text => hash.digest(&decoded(payload).ok()?),
                (Some(payload), _) => hash.digest(payload.as_bytes()),
                (None, [one]) => one.content.digest(hash).ok()??,
                _ => return None,
            };
            Some(Sha256Digest(digest.try_into().ok()?))
        })
    }
}

/// The imprints of the archive time-stamps of one signature.
pub(super) struct Archived {
    /// Where they stand in `etsiU`.
    places: Vec<usize>,
    known: RefCell<BTreeMap<HashAlgorithm, BTreeMap<usize, Vec<u8>>>>,
}

impl Archived {
    pub(super) const fn new(places: Vec<usize>) -> Self {
        Self {
            places,
            known: RefCell::new(BTreeMap::new()),
        }
    }

    /// That of the one at `place`; none when content is not at hand, or an element before it is not a text.
    pub(super) fn imprint(
        &self,
        hash: HashAlgorithm,
        place: usize,
        contents: &Contents<'_>,
        (signature, header): (&JwsSignature, &Header),
    ) -> Option<Vec<u8>> {
        let mut known = self.known.borrow_mut();
        let made = known.entry(hash).or_insert_with(|| {
            let state = contents.state(hash, header);
            state
                .map(|state| imprints(state, signature, &self.places))
                .unwrap_or_default()
        });
        made.get(&place).cloned()
    }
}
