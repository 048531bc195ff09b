//! The list of lists, from the Official Journal through pivots (TS 119 615 §4.1, reference pki-and-trust §5.4).

use std::collections::BTreeMap;

use super::anchors::ListAnchors;
use super::defect::ListDefect;
use super::list::{ListKind, Pointer, TrustedList};
use super::signed::{Expected, Signers, VerifiedList, peek, verify as verify_list};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;

/// Most pivots followed; the Union publishes one or two a year.
const PIVOTS_AT_MOST: usize = 32;
/// The territory of the list of lists.
pub const UNION: &str = "EU";

/// A way from a publication to the list of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Name of the publication.
    pub publication: String,
    /// Its fingerprints.
    pub pinned: Vec<Sha256Digest>,
    /// Addresses of the pivots after it, oldest first.
    pub pivots: Vec<String>,
}

/// The list of lists, verified.
#[derive(Clone, Debug)]
pub struct VerifiedLotl {
    /// The list.
    pub verified: VerifiedList,
    /// The publication it rests on.
    pub publication: String,
    /// The pivots that were followed, by their sequence numbers.
    pub pivots: Vec<u64>,
    /// Whether it names a newer publication that is not pinned: a person should compare it and pin it.
    pub announces_publication: bool,
}

/// The ways in which a list of lists may be believed, the shortest first. Nothing is verified.
///
/// # Errors
/// When it cannot be read at all.
pub fn routes(bytes: &[u8], anchors: &ListAnchors) -> Result<Vec<Route>, ListDefect> {
    Ok(routes_of(&peek(bytes)?, anchors))
}

fn routes_of(list: &TrustedList, anchors: &ListAnchors) -> Vec<Route> {
    let mut found: Vec<Route> = anchors
        .publications
        .iter()
        .map(|publication| {
            let place = list.information.iter().position(|uri| publication.is_at(uri));
            // Newest first in the list. What stands after the publication belongs to older ones.
            let mut pivots: Vec<String> = place
                .and_then(|place| list.information.get(..place))
                .unwrap_or_default()
                .iter()
                .filter(|uri| is_pivot(uri))
                .take(PIVOTS_AT_MOST)
                .cloned()
                .collect();
            pivots.reverse();
            // By number where they have one: as texts, 1000 would come before 282.
            pivots.sort_by_key(|uri| number_of(uri));
            Route {
                publication: publication.name.clone(),
                pinned: publication.sha256.clone(),
                pivots,
            }
        })
        .collect();
    found.sort_by_key(|route| route.pivots.len());
    found
}

fn is_pivot(uri: &str) -> bool {
    uri.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("xml"))
}

fn number_of(uri: &str) -> Option<u64> {
    let name = uri.rsplit('/').next()?.split('.').next()?;
    name.rsplit('-').next()?.parse().ok()
}

/// Verifies the list of lists.
///
/// `pivots`: the files at hand, by address. `held`: the highest sequence number ever accepted. `at` with the seconds of
/// grace; none judges it at the time it was made.
///
/// # Errors
/// `AnchorUnknown` when no publication leads to it with the pivots at hand; else what the list itself fails.
pub fn verify(
    bytes: &[u8],
    pivots: &BTreeMap<String, Vec<u8>>,
    anchors: &ListAnchors,
    held: Option<u64>,
    at: Option<(Timestamp, i64)>,
) -> Result<VerifiedLotl, ListDefect> {
    let mut first = None;
    for route in routes(bytes, anchors)? {
        match follow(bytes, pivots, &route, held, at) {
            Ok((verified, followed)) => {
                // The ways were taken from the list before it was verified: what was verified must give the same.
                if !routes_of(&verified.list, anchors).contains(&route) {
                    return Err(ListDefect::Format("the same pivots"));
                }
                let announces_publication = verified
                    .list
                    .information
                    .iter()
                    .take_while(|uri| !anchors.publications.iter().any(|known| known.is_at(uri)))
                    .any(|uri| uri.contains("eur-lex.europa.eu") || uri.contains("data.europa.eu"));
                return Ok(VerifiedLotl {
                    verified,
                    publication: route.publication,
                    pivots: followed,
                    announces_publication,
                });
            }
            // What the list itself fails says more than that one of the ways does not lead to it.
            Err(ListDefect::AnchorUnknown) => {}
            Err(defect) => first = first.or(Some(defect)),
        }
    }
    Err(first.unwrap_or(ListDefect::AnchorUnknown))
}

fn follow(
    bytes: &[u8],
    pivots: &BTreeMap<String, Vec<u8>>,
    route: &Route,
    held: Option<u64>,
    at: Option<(Timestamp, i64)>,
) -> Result<(VerifiedList, Vec<u64>), ListDefect> {
    let mut named: Option<Vec<Certificate>> = None;
    let mut followed = Vec::new();
    for uri in &route.pivots {
        let pivot = pivots.get(uri).ok_or(ListDefect::AnchorUnknown)?;
        let found = signed_by(
            pivot,
            named.as_deref(),
            route,
            &Expected {
                territory: UNION,
                kind: ListKind::ListOfLists,
                held: followed.last().copied(),
                at: None,
            },
        )?;
        named = Some(signers_of_lotl(&found.list));
        followed.push(found.list.sequence);
    }
    let expected = Expected {
        territory: UNION,
        kind: ListKind::ListOfLists,
        // A pivot newer than the list itself would say that the list is an old one.
        held: held.max(followed.last().copied()),
        at,
    };
    Ok((signed_by(bytes, named.as_deref(), route, &expected)?, followed))
}

fn signed_by(
    bytes: &[u8],
    named: Option<&[Certificate]>,
    route: &Route,
    expected: &Expected<'_>,
) -> Result<VerifiedList, ListDefect> {
    match named {
        None => verify_list(bytes, Signers::Pinned(&route.pinned), expected),
        Some(named) => verify_list(bytes, Signers::Named(named), expected).map_err(|defect| match defect {
            ListDefect::Signature("its signer is not among those named for it") => ListDefect::AnchorUnknown,
            other => other,
        }),
    }
}

/// The signers that a list of lists names for the next one: the pointer to itself.
fn signers_of_lotl(list: &TrustedList) -> Vec<Certificate> {
    pointers(list, UNION, ListKind::ListOfLists)
        .flat_map(|pointer| pointer.signers.clone())
        .collect()
}

fn pointers<'a>(
    list: &'a TrustedList,
    territory: &'a str,
    kind: ListKind,
) -> impl Iterator<Item = &'a Pointer> + 'a {
    list.pointers
        .iter()
        .filter(move |pointer| pointer.is_xml && pointer.territory == territory && pointer.kind == Some(kind))
}

impl VerifiedLotl {
    /// Where the list of `territory` is and who signs it.
    pub fn pointer(&self, territory: &str) -> Option<&Pointer> {
        self.verified.list.pointers.iter().find(|pointer| {
            pointer.is_xml && pointer.territory == territory && pointer.kind == Some(ListKind::Services)
        })
    }

    /// Verifies the list of `territory` by what this list says of it.
    ///
    /// # Errors
    /// `Scope` when it names no such list; else see [`ListDefect`].
    pub fn verify(
        &self,
        bytes: &[u8],
        territory: &str,
        held: Option<u64>,
        at: Option<(Timestamp, i64)>,
    ) -> Result<VerifiedList, ListDefect> {
        let pointer = self.pointer(territory).ok_or(ListDefect::Scope)?;
        verify_list(
            bytes,
            Signers::Named(&pointer.signers),
            &Expected {
                territory,
                kind: ListKind::Services,
                held,
                at,
            },
        )
    }
}

/// Which of `files` (name and content) is the pivot at which address: by its file name, else by its sequence number.
///
/// # Errors
/// When the list of lists cannot be read.
pub fn by_address(
    bytes: &[u8],
    anchors: &ListAnchors,
    files: Vec<(String, Vec<u8>)>,
) -> Result<BTreeMap<String, Vec<u8>>, ListDefect> {
    let wanted: Vec<String> = routes(bytes, anchors)?
        .into_iter()
        .flat_map(|route| route.pivots)
        .collect();
    let mut found = BTreeMap::new();
    for (name, content) in files {
        let sequence = peek(&content).ok().map(|list| list.sequence);
        let address = wanted
            .iter()
            .find(|uri| uri.rsplit('/').next() == Some(name.as_str()))
            .or_else(|| {
                wanted
                    .iter()
                    .find(|uri| sequence.is_some() && number_of(uri) == sequence)
            });
        if let Some(address) = address {
            found.insert(address.clone(), content);
        }
    }
    Ok(found)
}

/// The territory that a list names, not verified: to know what to hold it against.
///
/// # Errors
/// When it cannot be read.
pub fn territory_of(bytes: &[u8]) -> Result<String, ListDefect> {
    peek(bytes).map(|list| list.territory)
}
