//! Reading a message from a source that may be far larger than memory: everything but the content is read, the
//! content stays where it is.

use std::io;
use std::sync::Arc;

use super::envelope::{Body, Envelope};
use super::oids;
use crate::ades::augment::octets::Octets;
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::tag;
use crate::base::bytes::{ReadAt, Slices};

/// Most bytes of a message besides its content: the largest revocation lists known take a tenth of it.
const REST_LIMIT: u64 = 128 * 1024 * 1024;
/// Most bytes before the content.
const FRONT_LIMIT: u64 = 64 * 1024;
/// Most pieces of content in a message that was written as it came; at the usual 8 KiB they hold 32 GB.
const PIECE_LIMIT: usize = 4_000_000;
/// Most certificates, lists or signers.
const COUNT_LIMIT: usize = 10_000;
/// How deep pieces of content may nest.
const DEPTH_LIMIT: u8 = 8;

/// Why a source is no message that can be judged.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The encoding is broken at this offset of the file.
    #[error("malformed message at offset {0}")]
    Malformed(u64),
    /// Reading failed.
    #[error("the message could not be read")]
    Io(#[from] io::Error),
    /// It is another kind of message.
    #[error("expected signed data")]
    NotSignedData,
    /// It is larger than zegel reads.
    #[error("the message has too much of something at offset {0}")]
    TooLarge(u64),
    /// The file ends at this offset, within the message.
    #[error("the message is cut off at offset {0}")]
    Truncated(u64),
    /// Something follows the message.
    #[error("bytes follow the message at offset {0}")]
    Trailing(u64),
}

/// A message whose content stays in its source.
pub struct Message {
    /// Everything but the content.
    pub envelope: Envelope,
    /// The content, when attached.
    pub content: Option<Arc<dyn ReadAt>>,
    /// The content as encoded, for writing the message again.
    pub raw_content: Option<Arc<dyn ReadAt>>,
}

/// An element's header at an offset of the source.
#[derive(Clone, Copy)]
struct Header {
    tag: u8,
    /// Where its content begins.
    start: u64,
    /// Where its content ends; none for an indefinite length.
    end: Option<u64>,
}

struct Source<'a>(&'a dyn ReadAt);

impl Source<'_> {
    /// The header at `at`, which must end by `limit`.
    fn header(&self, at: u64, limit: u64) -> Result<Header, OpenError> {
        let bad = || OpenError::Malformed(at);
        // What goes beyond the file itself was there once.
        let cut = || {
            if limit == self.0.len() {
                OpenError::Truncated(limit)
            } else {
                bad()
            }
        };
        let room = limit.checked_sub(at).ok_or_else(bad)?;
        let size = usize::try_from(room.min(10)).unwrap_or(0);
        let bytes = self.0.read_vec(at, size)?;
        let [tag, first, more @ ..] = bytes.as_slice() else {
            return Err(cut());
        };
        if tag & 0x1F == 0x1F {
            return Err(bad());
        }
        let (octets, length) = match *first {
            short @ 0..=0x7F => (0_u64, Some(u64::from(short))),
            0x80 if tag & 0x20 != 0 => (0, None),
            long @ 0x81..=0x88 => {
                let count = usize::from(long & 0x7F);
                let octets = more.get(..count).ok_or_else(cut)?;
                let length = octets
                    .iter()
                    .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
                (u64::from(long & 0x7F), Some(length))
            }
            _ => return Err(bad()),
        };
        let start = at.checked_add(2).and_then(|at| at.checked_add(octets));
        let start = start.filter(|start| *start <= limit).ok_or_else(cut)?;
        let end = match length {
            Some(length) => Some(
                start
                    .checked_add(length)
                    .filter(|end| *end <= limit)
                    .ok_or_else(cut)?,
            ),
            None => None,
        };
        Ok(Header {
            tag: *tag,
            start,
            end,
        })
    }

    /// The header at `at`, which must have the tag `tag`.
    fn expect(&self, tag: u8, at: u64, limit: u64) -> Result<Header, OpenError> {
        let header = self.header(at, limit)?;
        if header.tag == tag {
            Ok(header)
        } else {
            Err(OpenError::Malformed(at))
        }
    }

    /// The whole element at `at`, which has a definite length, and where it ends.
    fn whole(&self, tag: u8, at: u64, limit: u64) -> Result<(Vec<u8>, u64), OpenError> {
        let end = self.expect(tag, at, limit)?.end.ok_or(OpenError::Malformed(at))?;
        let size = end.saturating_sub(at);
        if size > FRONT_LIMIT {
            return Err(OpenError::TooLarge(at));
        }
        Ok((self.0.read_vec(at, usize::try_from(size).unwrap_or(0))?, end))
    }

    /// Whether an end mark stands at `at`.
    fn is_end_mark(&self, at: u64, limit: u64) -> Result<bool, OpenError> {
        if limit.saturating_sub(at) < 2 {
            return Err(if limit == self.0.len() {
                OpenError::Truncated(limit)
            } else {
                OpenError::Malformed(at)
            });
        }
        Ok(self.0.read_vec(at, 2)? == [0, 0])
    }

    /// Where the element `header` ends once its content was read up to `at`: an end mark is due after an indefinite
    /// length, nothing else may stand before the end of a definite one.
    fn close(&self, header: Header, at: u64, limit: u64) -> Result<u64, OpenError> {
        match header.end {
            Some(end) if end == at => Ok(end),
            None if self.is_end_mark(at, limit)? => Ok(at.saturating_add(2)),
            _ => Err(OpenError::Malformed(at)),
        }
    }

    /// The pieces of the OCTET STRING `header`; returns where it ends, end mark included.
    fn pieces(
        &self,
        header: Header,
        limit: u64,
        depth: u8,
        found: &mut Vec<(u64, u64)>,
    ) -> Result<u64, OpenError> {
        if header.tag == tag::OCTET_STRING {
            let end = header.end.ok_or(OpenError::Malformed(header.start))?;
            if found.len() >= PIECE_LIMIT {
                return Err(OpenError::TooLarge(header.start));
            }
            found.push((header.start, end.saturating_sub(header.start)));
            return Ok(end);
        }
        if header.tag != (tag::OCTET_STRING | 0x20) || depth >= DEPTH_LIMIT {
            return Err(OpenError::Malformed(header.start));
        }
        let mut at = header.start;
        let within = header.end.unwrap_or(limit);
        loop {
            let done = match header.end {
                Some(end) => at >= end,
                None => self.is_end_mark(at, limit)?,
            };
            if done {
                return self.close(header, at, limit);
            }
            let piece = self.header(at, within)?;
            at = self.pieces(piece, within, depth.saturating_add(1), found)?;
        }
    }
}

/// `error` in a part of the source that begins at `start`, of which the first `added` octets were put before it here.
fn placed(error: Asn1Error, start: u64, added: u64) -> OpenError {
    let (Asn1Error::Truncated(offset)
    | Asn1Error::Length(offset)
    | Asn1Error::Depth(offset)
    | Asn1Error::Tag { offset, .. }
    | Asn1Error::Content(offset)
    | Asn1Error::Trailing(offset)) = error;
    let offset = u64::try_from(offset).unwrap_or(u64::MAX).saturating_sub(added);
    OpenError::Malformed(start.saturating_add(offset))
}

/// Reads the message that `source` is, from its first byte to its last.
///
/// # Errors
/// See [`OpenError`].
///
/// Source: RFC 5652 §3, §5.1; X.690 §8 for indefinite lengths and strings in pieces.
pub fn open(source: Arc<dyn ReadAt>) -> Result<Message, OpenError> {
    let from = Source(&*source);
    let length = source.len();
    let info = from.expect(tag::SEQUENCE, 0, length)?;
    let limit = info.end.unwrap_or(length);
    let (kind, at) = from.whole(tag::OID, info.start, limit)?;
    let in_kind = |error| placed(error, info.start, 0);
    let oid = read::single(&kind, Rules::Ber).and_then(|kind| kind.oid());
    if oid.map_err(in_kind)?.to_string() != oids::SIGNED_DATA {
        return Err(OpenError::NotSignedData);
    }
    let explicit = from.expect(tag::context_constructed(0), at, limit)?;
    let limit = explicit.end.unwrap_or(limit);
    let data = from.expect(tag::SEQUENCE, explicit.start, limit)?;
    let limit = data.end.unwrap_or(limit);
    let (version, at) = from.whole(tag::INTEGER, data.start, limit)?;
    let version = read::single(&version, Rules::Ber).and_then(|version| version.unsigned());
    let version = version.map_err(|error| placed(error, data.start, 0))?;
    let (digest_algorithms, at) = from.whole(tag::SET, at, limit)?;
    let (content_type, body, pieces, at) = encapsulated(&from, at, limit)?;

    // The rest is small enough to hold; an indefinite length is closed in memory like any other.
    let rest_end = data.end.unwrap_or(length);
    let size = rest_end.saturating_sub(at);
    if size > REST_LIMIT {
        return Err(OpenError::TooLarge(at));
    }
    let mut rest = vec![tag::SEQUENCE, 0x80];
    rest.extend(source.read_vec(at, usize::try_from(size).unwrap_or(0))?);
    if data.end.is_some() {
        rest.extend([0, 0]);
    }
    let in_rest = |error| match error {
        Asn1Error::Truncated(_) if data.end.is_none() => OpenError::Truncated(length),
        other => placed(other, at, 2),
    };
    let mut reader = read::Reader::new(&rest, Rules::Ber);
    let sets = reader.any().map_err(in_rest)?;
    let used = u64::try_from(sets.whole().len())
        .unwrap_or(u64::MAX)
        .saturating_sub(2);
    let end = match data.end {
        Some(end) if used == size.saturating_add(2) => end,
        Some(_) => return Err(OpenError::Malformed(at)),
        None => at.saturating_add(used),
    };
    let end = from.close(explicit, end, length)?;
    let end = from.close(info, end, length)?;
    if end != length {
        return Err(OpenError::Trailing(end));
    }
    let mut parts = sets.inside().map_err(in_rest)?;
    let items = |element: Option<read::Element<'_>>| -> Result<Vec<Octets>, OpenError> {
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let mut items = element.inside().map_err(in_rest)?;
        while let Some(item) = items.next().map_err(in_rest)? {
            if found.len() >= COUNT_LIMIT {
                return Err(OpenError::TooLarge(at));
            }
            found.push(Octets(item.whole().to_vec()));
        }
        Ok(found)
    };
    let certificates = items(parts.optional(tag::context_constructed(0)).map_err(in_rest)?)?;
    let revocations = items(parts.optional(tag::context_constructed(1)).map_err(in_rest)?)?;
    let signers = items(Some(parts.expect(tag::SET).map_err(in_rest)?))?;
    parts.finish().map_err(in_rest)?;
    let slices =
        |ranges: Vec<(u64, u64)>| -> Arc<dyn ReadAt> { Arc::new(Slices::new(Arc::clone(&source), ranges)) };
    let raw_content = body
        .as_ref()
        .map(|(body, start)| slices(vec![(*start, body.length)]));
    let content = body.as_ref().map(|_| slices(pieces));
    Ok(Message {
        envelope: Envelope {
            version,
            digest_algorithms: Octets(digest_algorithms),
            content_type: Octets(content_type),
            body: body.map(|(body, _)| body),
            certificates,
            revocations,
            signers,
        },
        content,
        raw_content,
    })
}

/// Type of the content as encoded, what stands around it, where it begins, its pieces, and where the rest begins.
type Encapsulated = (Vec<u8>, Option<(Body, u64)>, Vec<(u64, u64)>, u64);

fn encapsulated(from: &Source<'_>, at: u64, limit: u64) -> Result<Encapsulated, OpenError> {
    let begins = at;
    let whole = from.expect(tag::SEQUENCE, at, limit)?;
    let within = whole.end.unwrap_or(limit);
    let (content_type, at) = from.whole(tag::OID, whole.start, within)?;
    let is_detached = match whole.end {
        Some(end) => at == end,
        None => from.is_end_mark(at, within)?,
    };
    if is_detached {
        let at = from.close(whole, at, within)?;
        return Ok((content_type, None, Vec::new(), at));
    }
    let explicit = from.expect(tag::context_constructed(0), at, within)?;
    let within = explicit.end.unwrap_or(within);
    let octets = from.header(explicit.start, within)?;
    let mut pieces = Vec::new();
    let ends = from.pieces(octets, within, 0, &mut pieces)?;
    let at = from.close(explicit, ends, within)?;
    let at = from.close(whole, at, whole.end.unwrap_or(limit))?;
    // What is between the first header and the end of the string is content with its own headers and end marks.
    let size = |from: u64, to: u64| usize::try_from(to.saturating_sub(from)).unwrap_or(0);
    let before = from.0.read_vec(begins, size(begins, octets.start))?;
    let after = from.0.read_vec(ends, size(ends, at))?;
    let body = Body {
        before: Octets(before),
        length: ends.saturating_sub(octets.start),
        after: Octets(after),
    };
    Ok((content_type, Some((body, octets.start)), pieces, at))
}
