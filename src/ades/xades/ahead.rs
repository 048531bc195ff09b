//! The digest that a reference will most likely ask for, made while the document is read for the first time.
//!
//! What a signature in its document asks to be digested is known when the document was read to its end; the digest then
//! takes a second reading. Of a large document the end is looked at first: what stands there like a signature over the
//! whole document tells what to digest beside the first reading. That look decides nothing. The digest is given to a
//! reference only that was read properly since and asks for the very same octets; for any other it is made as always.

use std::io::BufReader;
use std::sync::Arc;

use super::data::CHUNK;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::sequential::Sequential;
use crate::xml::canonical::{Method, Version};
use crate::xml::limits::Limits;
use crate::xml::part::{Part, Without, canonicalize};
use crate::xml::signature::algorithm::digest_from_uri;
use crate::xml::signature::transform::ENVELOPED;

/// Smaller documents are read twice in no time.
const BYTES_AT_LEAST: u64 = 4 << 20;
/// Bytes of the end that are looked at: room for a signature with its evidence.
const END_BYTES: u64 = 1 << 20;
/// Most signatures looked at.
const LOOKED_AT: usize = 8;
/// Bytes of a signature before its reference.
const HEAD_BYTES: usize = 1 << 14;

/// What is digested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) part: Part,
    pub(super) method: Method,
    pub(super) hash: HashAlgorithm,
}

/// A digest made ahead.
pub struct Ahead {
    wanted: Wanted,
    digest: Vec<u8>,
}

impl Ahead {
    /// Does `reading` and, beside it, makes the digest that the end of `file` lets expect.
    pub fn beside<T>(file: &Arc<dyn ReadAt>, reading: impl FnOnce() -> T) -> (T, Option<Self>) {
        let Some(wanted) = expected(&**file) else {
            return (reading(), None);
        };
        std::thread::scope(|scope| {
            let ahead = scope.spawn(|| Self::make(file, wanted));
            let read = reading();
            (read, ahead.join().ok().flatten())
        })
    }

    /// None when there is no such form: whoever asks for it later is told why.
    fn make(file: &Arc<dyn ReadAt>, wanted: Wanted) -> Option<Self> {
        let source = BufReader::with_capacity(CHUNK, Sequential::new(Arc::clone(file)));
        let hasher = Hasher::new(wanted.hash);
        let part = wanted.part.clone();
        let hasher = canonicalize(source, Limits::stream(), part, &wanted.method, hasher)
            .ok()?
            .ok()?;
        Some(Self {
            wanted,
            digest: hasher.finish(),
        })
    }

    /// The digest, when it is of this.
    pub(super) fn digest_of(&self, wanted: &Wanted) -> Option<&[u8]> {
        (self.wanted == *wanted).then_some(self.digest.as_slice())
    }
}

/// What the end of `file` lets expect.
fn expected(file: &dyn ReadAt) -> Option<Wanted> {
    if file.len() < BYTES_AT_LEAST {
        return None;
    }
    let from = file.len().saturating_sub(END_BYTES);
    let end = file.read_vec(from, usize::try_from(END_BYTES).ok()?).ok()?;
    signatures(&end).take(LOOKED_AT).find_map(|at| {
        let head = end.get(at..)?;
        let head = head.get(..HEAD_BYTES.min(head.len()))?;
        read(
            &String::from_utf8_lossy(head),
            from.checked_add(u64::try_from(at).ok()?)?,
        )
    })
}

/// Where something begins that looks like the tag of a signature.
fn signatures(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let tags = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'<');
    tags.map(|(at, _)| at).filter(|at| {
        let name = bytes.get(at.saturating_add(1)..).unwrap_or_default();
        let name = name.get(..64.min(name.len())).unwrap_or_default();
        let end = name.iter().position(|byte| b" \t\r\n>".contains(byte));
        let name = end.and_then(|end| name.get(..end)).unwrap_or_default();
        name == b"Signature" || name.ends_with(b":Signature")
    })
}

/// The reference to the whole document in `head`, the beginning of a signature at `at`.
fn read(head: &str, at: u64) -> Option<Wanted> {
    let (_, reference) = head.split_once("URI=\"\"")?;
    let (reference, _) = reference.split_once("Reference>")?;
    let mut wanted = Wanted {
        part: Part {
            element: None,
            without: Without::Nothing,
            comments: false,
        },
        method: Method::new(Version::Inclusive10),
        hash: HashAlgorithm::Sha256,
    };
    for algorithm in reference.split("Algorithm=\"").skip(1) {
        let (uri, _) = algorithm.split_once('"')?;
        if uri == ENVELOPED {
            wanted.part.without = Without::ElementAt(at);
        } else if let Some(hash) = digest_from_uri(uri) {
            wanted.hash = hash;
        } else {
            // Anything else leaves out every signature: of what is accepted there is nothing else.
            match Method::from_uri(uri) {
                Some(method) => wanted.method = method,
                None => wanted.part.without = Without::Signatures,
            }
        }
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(signature: &str) -> Arc<dyn ReadAt> {
        let text = "x".repeat(usize::try_from(BYTES_AT_LEAST).unwrap());
        Arc::new(format!("<a><b>{text}</b>{signature}</a>").into_bytes())
    }

    const C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";

    fn signature(transforms: &[&str], digest: &str) -> String {
        let transforms: Vec<String> = transforms
            .iter()
            .map(|uri| format!("<t Algorithm=\"{uri}\"/>"))
            .collect();
        let transforms = transforms.concat();
        format!(
            "<ds:Signature xmlns:ds=\"urn:x\"><ds:Reference URI=\"\">{transforms}<d \
             Algorithm=\"{digest}\"/></ds:Reference></ds:Signature>"
        )
    }

    #[test]
    fn what_the_end_of_a_document_says_is_expected() {
        let at = BYTES_AT_LEAST + 10;
        for (transforms, without, method) in [
            (&[ENVELOPED, C14N][..], Without::ElementAt(at), Version::Exclusive),
            (&[ENVELOPED], Without::ElementAt(at), Version::Inclusive10),
            (&["urn:filter", C14N], Without::Signatures, Version::Exclusive),
            (&[], Without::Nothing, Version::Inclusive10),
        ] {
            let wanted = expected(&*document(&signature(transforms, SHA384))).unwrap();
            assert_eq!(
                (wanted.part.without, wanted.method.version, wanted.hash),
                (without, method, HashAlgorithm::Sha384),
                "{transforms:?}"
            );
        }
    }

    #[test]
    fn a_digest_made_ahead_is_given_for_the_same_octets_alone() {
        let file = document(&signature(&[ENVELOPED, C14N], SHA384));
        let ((), ahead) = Ahead::beside(&file, || ());
        let ahead = ahead.unwrap();
        let plain = document("");
        let source = BufReader::new(Sequential::new(Arc::clone(&plain)));
        let whole = Part {
            element: None,
            without: Without::Nothing,
            comments: false,
        };
        let hasher = Hasher::new(HashAlgorithm::Sha384);
        let due = canonicalize(
            source,
            Limits::stream(),
            whole,
            &Method::new(Version::Exclusive),
            hasher,
        );
        let asked = ahead.wanted.clone();
        assert_eq!(
            ahead.digest_of(&asked),
            Some(due.unwrap().unwrap().finish().as_slice())
        );
        let mut other = asked.clone();
        other.hash = HashAlgorithm::Sha512;
        assert_eq!(ahead.digest_of(&other), None);
        let mut other = asked.clone();
        other.part.comments = true;
        assert_eq!(ahead.digest_of(&other), None);
        let mut other = asked;
        other.part.without = Without::ElementAt(3);
        assert_eq!(ahead.digest_of(&other), None);
    }

    #[test]
    fn small_and_unsigned_documents_are_expected_to_ask_for_nothing() {
        let (read, ahead) = Ahead::beside(&document(""), || 7);
        assert!(read == 7 && ahead.is_none());
        let small: Arc<dyn ReadAt> = Arc::new(signature(&[ENVELOPED], SHA384).into_bytes());
        assert!(Ahead::beside(&small, || ()).1.is_none());
    }
}
