//! The document security store: certificates and revocation data kept in the file for later proof.
//! EN 319 142-1 §5.4.2; ISO 32000-2 §12.8.4.3.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::document::View;
use super::error::PdfError;
use super::object::{Dictionary, Name, Object, ObjectId};
use super::update::{Update, compressed};
use crate::base::digest::Sha256Digest;

/// Largest single item, decoded: the largest Belgian CRL is a tenth of it.
pub(super) const ITEM_LIMIT: usize = 20 * 1024 * 1024;
/// Most items of a kind.
const COUNT_LIMIT: usize = 10_000;
/// Most bytes of all items together.
pub(super) const TOTAL_LIMIT: usize = 64 * 1024 * 1024;

/// Certificates and revocation data, each item DER.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Certificates.
    pub certificates: Vec<Vec<u8>>,
    /// Certificate revocation lists.
    pub crls: Vec<Vec<u8>>,
    /// Whole OCSP responses.
    pub ocsp_responses: Vec<Vec<u8>>,
}

impl Evidence {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsp_responses.is_empty()
    }
}

/// What a document security store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentSecurityStore {
    /// Everything.
    pub evidence: Evidence,
    /// What belongs to which signature, by [`super::signature::vri_key`].
    pub per_signature: BTreeMap<String, Evidence>,
}

/// Names of the three arrays in the store and in `/VRI`.
const KINDS: [(&str, &str); 3] = [("Certs", "Cert"), ("OCSPs", "OCSP"), ("CRLs", "CRL")];

fn parts(evidence: &Evidence) -> [&Vec<Vec<u8>>; 3] {
    [&evidence.certificates, &evidence.ocsp_responses, &evidence.crls]
}

/// Reads the store of `view`; `None` when there is none.
///
/// # Errors
/// When an item cannot be read, or the store exceeds its limits.
pub fn read(view: &View) -> Result<Option<DocumentSecurityStore>, PdfError> {
    let catalog = view.catalog()?;
    let Some(store) = view.dictionary(&catalog, "DSS")? else {
        return Ok(None);
    };
    let mut left = TOTAL_LIMIT;
    let evidence = evidence(view, &store, &mut left, |kind| kind.0)?;
    let mut per_signature = BTreeMap::new();
    if let Some(entries) = view.dictionary(&store, "VRI")? {
        for (key, value) in entries.iter().take(COUNT_LIMIT) {
            if let Object::Dictionary(entry) = view.resolve(value)? {
                let key = String::from_utf8_lossy(key.as_bytes()).into_owned();
                per_signature.insert(key, self::evidence(view, &entry, &mut left, |kind| kind.1)?);
            }
        }
    }
    Ok(Some(DocumentSecurityStore {
        evidence,
        per_signature,
    }))
}

/// One item of the store, and the revision since which its bytes have stood in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// DER.
    pub der: Vec<u8>,
    /// The revision that last wrote it.
    pub revision: usize,
}

/// The store's own arrays in the newest revision, each item dated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatedEvidence {
    /// Certificates.
    pub certificates: Vec<Dated>,
    /// Certificate revocation lists.
    pub crls: Vec<Dated>,
    /// Whole OCSP responses.
    pub ocsp_responses: Vec<Dated>,
}

/// Reads the newest store of `document` with the revision of each item. Reads each item once, however many revisions
/// the file has.
///
/// WHY not the revision in which the store first named it: what a time-stamp covers is the bytes, and those stand
/// since the revision that wrote the stream.
///
/// # Errors
/// As [`read`].
pub fn read_dated(document: &super::document::Document) -> Result<DatedEvidence, PdfError> {
    let view = document.latest();
    let catalog = view.catalog()?;
    let Some(store) = view.dictionary(&catalog, "DSS")? else {
        return Ok(DatedEvidence::default());
    };
    let mut left = TOTAL_LIMIT;
    let mut found = KINDS.map(|_| Vec::new());
    for (kind, items) in KINDS.into_iter().zip(&mut found) {
        for item in view.array(&store, kind.0)?.iter().take(COUNT_LIMIT) {
            let der = item_bytes(&view, item)?;
            left = left
                .checked_sub(der.len())
                .ok_or(PdfError::limit(0, "a smaller security store"))?;
            let revision = written_in(document, &view, item)?;
            items.push(Dated { der, revision });
        }
    }
    let [certificates, ocsp_responses, crls] = found;
    Ok(DatedEvidence {
        certificates,
        crls,
        ocsp_responses,
    })
}

/// The revision that wrote the stream `item`. One whose dictionary refers to other objects may have changed with
/// them: it is as young as the file.
fn written_in(document: &super::document::Document, view: &View, item: &Object) -> Result<usize, PdfError> {
    let last = document.last_revision();
    let Some(id) = item.as_reference() else {
        return Ok(last);
    };
    let resolved = view.get(id)?;
    let own = |stream: &super::object::Stream| {
        stream.dictionary.iter().all(|(_, value)| {
            !matches!(
                value,
                Object::Reference(_) | Object::Array(_) | Object::Dictionary(_)
            )
        })
    };
    if !resolved.as_stream().is_some_and(own) {
        return Ok(last);
    }
    Ok(document
        .entry(id.number, last)
        .map_or(last, |(revision, _)| revision))
}

fn evidence(
    view: &View,
    from: &Dictionary,
    left: &mut usize,
    key: impl Fn((&'static str, &'static str)) -> &'static str,
) -> Result<Evidence, PdfError> {
    let mut found = KINDS.map(|_| Vec::new());
    for (kind, items) in KINDS.into_iter().zip(&mut found) {
        for item in view.array(from, key(kind))?.iter().take(COUNT_LIMIT) {
            let bytes = item_bytes(view, item)?;
            *left = left
                .checked_sub(bytes.len())
                .ok_or(PdfError::limit(0, "a smaller security store"))?;
            items.push(bytes);
        }
    }
    let [certificates, ocsp_responses, crls] = found;
    Ok(Evidence {
        certificates,
        crls,
        ocsp_responses,
    })
}

fn item_bytes(view: &View, item: &Object) -> Result<Vec<u8>, PdfError> {
    let item = view.resolve(item)?;
    let stream = item
        .as_stream()
        .ok_or(PdfError::malformed(0, "streams in the security store"))?;
    view.stream_bytes(stream, ITEM_LIMIT)
}

/// Adds `per_signature` (by [`super::signature::vri_key`]) and `further` to the store in `update`.
///
/// Items that are there already are not written again; nothing is taken out. Everything in an entry of a signature is
/// in the store's own arrays too.
///
/// # Errors
/// When the present store cannot be read.
pub fn add(
    update: &mut Update,
    per_signature: &BTreeMap<String, Evidence>,
    further: &Evidence,
) -> Result<(), PdfError> {
    let mut catalog = update.catalog()?;
    let place = update.place(catalog.get("DSS"))?;
    let present = match catalog.get("DSS") {
        Some(value) => update
            .resolve(value)?
            .as_dictionary()
            .cloned()
            .unwrap_or_default(),
        None => Dictionary::new(),
    };
    let mut store = present.clone();
    store.set("Type", Object::name("DSS"));
    let mut known: [HashMap<Sha256Digest, ObjectId>; 3] = [HashMap::new(), HashMap::new(), HashMap::new()];
    for (index, (kind, known)) in KINDS.into_iter().zip(&mut known).enumerate() {
        let mut items = resolved_array(update, &store, kind.0)?;
        for item in &items {
            if let Some(id) = item.as_reference() {
                let bytes = item_bytes(update.view(), item);
                // WHY: an item of this same update is not in the view; it is known by construction below.
                if let Ok(bytes) = bytes {
                    known.entry(Sha256Digest::of(&bytes)).or_insert(id);
                }
            }
        }
        let before = items.len();
        let all = per_signature.values().chain([further]);
        for bytes in all.flat_map(|evidence| parts(evidence).get(index).copied().into_iter().flatten()) {
            let digest = Sha256Digest::of(bytes);
            if let Entry::Vacant(place) = known.entry(digest) {
                let id = update.add(compressed(Dictionary::new(), bytes.clone()));
                place.insert(id);
                items.push(id.into());
            }
        }
        if items.len() > before {
            put_array(update, &mut store, kind.0, items)?;
        }
    }
    add_entries(update, &mut store, per_signature, &known)?;
    if let Some(id) = place {
        update.put(id, store)
    } else {
        let id = update.add(store);
        catalog.set("DSS", id);
        update.put_catalog(catalog)
    }
}

fn add_entries(
    update: &mut Update,
    store: &mut Dictionary,
    per_signature: &BTreeMap<String, Evidence>,
    known: &[HashMap<Sha256Digest, ObjectId>; 3],
) -> Result<(), PdfError> {
    if per_signature.is_empty() {
        return Ok(());
    }
    let place = update.place(store.get("VRI"))?;
    let mut entries = match store.get("VRI") {
        Some(value) => update
            .resolve(value)?
            .as_dictionary()
            .cloned()
            .unwrap_or_default(),
        None => Dictionary::new(),
    };
    let encrypted = update.view().document().is_encrypted();
    for (key, evidence) in per_signature {
        let entry_place = update.place(entries.get(key))?;
        let mut entry = match entries.get(key) {
            Some(value) => update
                .resolve(value)?
                .as_dictionary()
                .cloned()
                .unwrap_or_default(),
            None => Dictionary::new().with("Type", Object::name("VRI")),
        };
        for ((kind, known), items) in KINDS.into_iter().zip(known).zip(parts(evidence)) {
            let mut listed = resolved_array(update, &entry, kind.1)?;
            let before = listed.len();
            for bytes in items {
                if let Some(id) = known.get(&Sha256Digest::of(bytes))
                    && !listed.contains(&Object::Reference(*id))
                {
                    listed.push((*id).into());
                }
            }
            if listed.len() > before {
                put_array(update, &mut entry, kind.1, listed)?;
            }
        }
        match entry_place {
            Some(id) => update.put(id, entry)?,
            // WHY: pyHanko compares an entry with its earlier self before it decrypts one of the two, and finds them
            // different; entries that are objects of their own it compares by number.
            None if encrypted && !entries.contains(key) => {
                let id = update.add(entry);
                entries.set_name(Name::from(key.as_str()), id.into());
            }
            None => entries.set_name(Name::from(key.as_str()), entry.into()),
        }
    }
    if let Some(id) = place {
        return update.put(id, entries);
    }
    store.set("VRI", entries);
    Ok(())
}

fn resolved_array(update: &Update, dictionary: &Dictionary, key: &str) -> Result<Vec<Object>, PdfError> {
    let Some(value) = dictionary.get(key) else {
        return Ok(Vec::new());
    };
    Ok(update
        .resolve(value)?
        .as_array()
        .map(<[Object]>::to_vec)
        .unwrap_or_default())
}

/// Sets an array where it stands: in its own object when it has one, else in the dictionary.
fn put_array(
    update: &mut Update,
    dictionary: &mut Dictionary,
    key: &str,
    items: Vec<Object>,
) -> Result<(), PdfError> {
    if let Some(id) = update.place(dictionary.get(key))? {
        return update.put(id, Object::Array(items));
    }
    dictionary.set(key, Object::Array(items));
    Ok(())
}
