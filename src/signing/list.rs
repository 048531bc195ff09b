//! Documents that belong together for their signers: each is a request of its own, and a person signs those that wait
//! for them in one go.

use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::identity::BoardId;

use super::request::RequestId;

crate::id_kinds! {
    /// A signing list.
    pub ListMark = "lst",
}

/// The id of a signing list.
pub type ListId = Id<ListMark>;

/// A list, as the application made it. It never changes; how far each document is, its request tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningList {
    /// Its id.
    pub id: ListId,
    /// The board whose documents they are.
    pub board: BoardId,
    /// The application that made it, by its client id.
    pub client: String,
    /// What it is about, for the signers.
    pub title: String,
    /// Its documents, in the order in which they are shown and signed; each once.
    pub requests: Vec<RequestId>,
    /// Where the signers' browsers may go when they are done; an address the client registered.
    pub return_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One fingerprint for several documents, shown beside theirs and in the PIN window, where there is room for one:
/// SHA-256 over their SHA-256 values in order. That of one document is its own.
pub fn fingerprint(documents: &[Sha256Digest]) -> Sha256Digest {
    match documents {
        [one] => *one,
        several => Sha256Digest::of(&several.iter().flat_map(|digest| digest.0).collect::<Vec<u8>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_of_a_list_depends_on_each_document_and_their_order() {
        let (a, b) = (Sha256Digest::of(b"a"), Sha256Digest::of(b"b"));
        assert_eq!(fingerprint(&[a]), a);
        assert_eq!(
            fingerprint(&[a, b]).to_string(),
            "e5a01fee14e0ed5c48714f22180f25ad8365b53f9779f79dc4a3d7e93963f94a"
        );
        assert_ne!(fingerprint(&[b, a]), fingerprint(&[a, b]));
    }
}
