//! A message without its content: what is kept while a signature is made, and what is written around the content.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::oids;
use super::parts::SignerParts;
use crate::ades::augment::octets::Octets;
use crate::asn1::oid::OidError;
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::{self, tag};
use crate::base::bytes::{Concatenated, ReadAt};

/// The octets around attached content, as they stand or will stand in the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Body {
    /// From the header of encapContentInfo up to the content.
    pub(super) before: Octets,
    /// Length of the content with whatever headers stand inside it.
    pub(super) length: u64,
    /// End marks, when lengths are indefinite.
    pub(super) after: Octets,
}

/// Everything of a SignedData but the content. Elements that came from elsewhere stay as they were encoded.
///
/// Source: RFC 5652 §5.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub(super) version: u64,
    /// The whole SET OF AlgorithmIdentifier.
    pub(super) digest_algorithms: Octets,
    /// The whole OBJECT IDENTIFIER.
    pub(super) content_type: Octets,
    pub(super) body: Option<Body>,
    /// Every CertificateChoices, whole.
    pub(super) certificates: Vec<Octets>,
    /// Every RevocationInfoChoice, whole.
    pub(super) revocations: Vec<Octets>,
    /// Every SignerInfo, whole.
    pub(super) signers: Vec<Octets>,
}

/// The revocation data of a message by its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationItems<'a> {
    /// CRLs, whole.
    pub crls: Vec<&'a [u8]>,
    /// The whole RevocationInfoChoice of each OCSP response, and the OCSPResponse in it.
    pub ocsp_responses: Vec<(&'a [u8], Vec<u8>)>,
}

impl Envelope {
    /// A message nobody signed yet, over content of the type id-data.
    ///
    /// `attached`: length of the content when the message carries it.
    ///
    /// # Errors
    /// Never in practice: only when a constant of this room is no object identifier.
    pub fn new(attached: Option<u64>) -> Result<Self, OidError> {
        let content_type = write::oid(&oids::DATA.parse()?);
        let body = attached.map(|length| {
            let octets = write::header(tag::OCTET_STRING, length);
            let explicit = write::header(tag::context_constructed(0), plus(length, &[octets.len()]));
            let whole = write::header(
                tag::SEQUENCE,
                plus(length, &[octets.len(), explicit.len(), content_type.len()]),
            );
            Body {
                before: Octets([whole, content_type.clone(), explicit, octets].concat()),
                length,
                after: Octets::default(),
            }
        });
        Ok(Self {
            version: 1,
            digest_algorithms: Octets(write::element(tag::SET, &[])),
            content_type: Octets(content_type),
            body,
            certificates: Vec::new(),
            revocations: Vec::new(),
            signers: Vec::new(),
        })
    }

    /// Whether the message carries its content.
    pub const fn is_attached(&self) -> bool {
        self.body.is_some()
    }

    /// The type of the content: the whole OBJECT IDENTIFIER.
    pub fn content_type(&self) -> &[u8] {
        &self.content_type.0
    }

    /// The version stated.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// How many signed.
    pub const fn signer_count(&self) -> usize {
        self.signers.len()
    }

    /// The SignerInfo number `index`, whole.
    pub fn signer(&self, index: usize) -> Option<&[u8]> {
        self.signers.get(index).map(|signer| signer.0.as_slice())
    }

    /// Every CertificateChoices, whole.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().map(|item| item.0.as_slice())
    }

    /// Every RevocationInfoChoice, whole.
    pub fn revocations(&self) -> impl Iterator<Item = &[u8]> {
        self.revocations.iter().map(|item| item.0.as_slice())
    }

    /// The CRLs among them, and the OCSP responses, each whole.
    ///
    /// A basic response that stands alone is wrapped as RFC 6960 §4.2.1 does: only so it can be read.
    pub fn revocation_items(&self) -> RevocationItems<'_> {
        let mut found = RevocationItems::default();
        for item in self.revocations() {
            if item.first() == Some(&tag::SEQUENCE) {
                found.crls.push(item);
            } else if let Some(answer) = ocsp_of(item) {
                found.ocsp_responses.push((item, answer));
            }
        }
        found
    }

    /// Whether the digest algorithm `identifier` is among those the message lists.
    pub fn lists_digest(&self, identifier: &[u8]) -> bool {
        use crate::crypto::algorithm::hash_from_identifier;
        let wanted = hash_from_identifier(identifier);
        let listed = || -> Result<bool, Asn1Error> {
            let mut items = read::single(&self.digest_algorithms.0, Rules::Ber)?.inside()?;
            while let Some(item) = items.next()? {
                if item.whole() == identifier
                    || (wanted.is_some() && hash_from_identifier(item.whole()) == wanted)
                {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        listed().unwrap_or(false)
    }

    /// Adds a signer, its digest algorithm, and certificates that are not there yet.
    ///
    /// # Errors
    /// When the SignerInfo or the list of algorithms cannot be read.
    pub fn add_signer(&mut self, signer: Vec<u8>, certificates: &[Vec<u8>]) -> Result<usize, Asn1Error> {
        self.list_digest(&signer)?;
        // Behind the others: who points to a signer by its number keeps meaning the same one.
        self.signers.push(Octets(signer));
        for certificate in certificates {
            add(&mut self.certificates, certificate);
        }
        Ok(self.signers.len().saturating_sub(1))
    }

    /// Lists the digest algorithm of `signer`, a signer or a counter-signer, unless it is listed.
    ///
    /// # Errors
    /// As [`Self::add_signer`].
    pub fn list_digest(&mut self, signer: &[u8]) -> Result<(), Asn1Error> {
        let digest = SignerParts::parse(signer)?.digest_algorithm().to_vec();
        if self.lists_digest(&digest) {
            return Ok(());
        }
        let set = read::single(&self.digest_algorithms.0, Rules::Ber)?;
        let mut items = vec![digest];
        let mut known = set.inside()?;
        while let Some(item) = known.next()? {
            items.push(item.whole().to_vec());
        }
        self.digest_algorithms = Octets(write::set_of(items));
        Ok(())
    }

    /// Puts `signer` in the place of number `index`.
    pub fn set_signer(&mut self, index: usize, signer: Vec<u8>) {
        if let Some(place) = self.signers.get_mut(index) {
            *place = Octets(signer);
        }
    }

    /// Adds certificates and revocation data that are not there yet.
    ///
    /// # Errors
    /// Never in practice: only when a constant of this room is no object identifier.
    pub fn add_material(
        &mut self,
        certificates: &[Vec<u8>],
        lists: &[Vec<u8>],
        ocsp_responses: &[Vec<u8>],
    ) -> Result<(), OidError> {
        for der in certificates {
            add(&mut self.certificates, der);
        }
        for der in lists {
            add(&mut self.revocations, der);
        }
        for der in ocsp_responses {
            // OtherRevocationInfoFormat, RFC 5652 §10.2.1 and RFC 5940 §2.1.
            let content = [write::oid(&oids::OCSP_RESPONSE.parse()?), der.clone()].concat();
            add(
                &mut self.revocations,
                &write::element(tag::context_constructed(1), &content),
            );
        }
        if self
            .revocations
            .iter()
            .any(|item| item.0.first() == Some(&tag::context_constructed(1)))
        {
            self.version = self.version.max(5);
        }
        Ok(())
    }

    /// What stands before the content and what after it. Detached messages are the two together.
    ///
    /// # Errors
    /// Never in practice: only when a constant of this room is no object identifier.
    pub fn around_content(&self) -> Result<(Vec<u8>, Vec<u8>), OidError> {
        let set = |number: u8, items: &[Octets]| {
            if items.is_empty() {
                Vec::new()
            } else {
                write::element(tag::context_constructed(number), &joined(items))
            }
        };
        let mut front = [write::integer(self.version), self.digest_algorithms.0.clone()].concat();
        let (before, length, after) = match &self.body {
            Some(body) => (body.before.0.clone(), body.length, body.after.0.clone()),
            None => (write::sequence(&[&self.content_type.0]), 0, Vec::new()),
        };
        front.extend(before);
        let tail = [
            after,
            set(0, &self.certificates),
            set(1, &self.revocations),
            write::element(tag::SET, &joined(&self.signers)),
        ]
        .concat();
        let inner = write::header(tag::SEQUENCE, plus(length, &[front.len(), tail.len()]));
        let signed_data = plus(length, &[front.len(), tail.len(), inner.len()]);
        let explicit = write::header(tag::context_constructed(0), signed_data);
        let kind = write::oid(&oids::SIGNED_DATA.parse()?);
        let whole = write::header(tag::SEQUENCE, plus(signed_data, &[explicit.len(), kind.len()]));
        Ok(([whole, kind, explicit, inner, front].concat(), tail))
    }

    /// The message as it would be written; `raw` as for [`Self::write`]. Content is read when the message is.
    ///
    /// # Errors
    /// As [`Self::around_content`].
    pub fn source(&self, raw: Option<Arc<dyn ReadAt>>) -> Result<Arc<dyn ReadAt>, OidError> {
        let (head, tail) = self.around_content()?;
        let mut parts: Vec<Box<dyn ReadAt>> = vec![Box::new(head)];
        parts.extend(raw.map(|raw| -> Box<dyn ReadAt> { Box::new(raw) }));
        parts.push(Box::new(tail));
        Ok(Arc::new(Concatenated::new(parts)))
    }

    /// Writes the message, taking attached content from `raw`: what [`super::open::Message::raw_content`] gives, or
    /// the document itself.
    ///
    /// # Errors
    /// What reading and writing report; `InvalidInput` when the content has another length than it had.
    pub fn write(&self, raw: Option<&dyn ReadAt>, to: &mut dyn io::Write) -> io::Result<()> {
        const CHUNK: u64 = 1024 * 1024;
        let (head, tail) = self.around_content().map_err(io::Error::other)?;
        to.write_all(&head)?;
        if let Some(body) = &self.body {
            let raw = raw
                .filter(|raw| raw.len() == body.length)
                .ok_or(io::ErrorKind::InvalidInput)?;
            let mut at = 0;
            while at < body.length {
                let size = CHUNK.min(body.length.saturating_sub(at));
                to.write_all(&raw.read_vec(at, usize::try_from(size).unwrap_or(0))?)?;
                at = at.saturating_add(size);
            }
        }
        to.write_all(&tail)?;
        to.flush()
    }
}

fn plus(length: u64, parts: &[usize]) -> u64 {
    parts.iter().fold(length, |sum, part| {
        sum.saturating_add(u64::try_from(*part).unwrap_or(u64::MAX))
    })
}

fn joined(items: &[Octets]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        out.extend_from_slice(&item.0);
    }
    out
}

/// Adds `der` unless it is there; in sorted place when all were sorted, as DER wants, else behind the others.
fn add(items: &mut Vec<Octets>, der: &[u8]) {
    if items.iter().any(|known| known.0 == der) {
        return;
    }
    let sorted = items.is_sorted_by(|left, right| left.0 <= right.0);
    items.push(Octets(der.to_vec()));
    if sorted {
        items.sort_by(|left, right| left.0.cmp(&right.0));
    }
}

fn ocsp_of(item: &[u8]) -> Option<Vec<u8>> {
    let element = read::single(item, Rules::Ber).ok()?;
    if element.tag() != tag::context_constructed(1) {
        return None;
    }
    let mut parts = element.inside().ok()?;
    let kind = parts.any().ok()?.oid().ok()?;
    let value = parts.any().ok()?;
    parts.finish().ok()?;
    match kind.to_string().as_str() {
        oids::OCSP_RESPONSE => Some(value.whole().to_vec()),
        oids::OCSP_BASIC => whole_response(value.whole()).ok(),
        _ => None,
    }
}

/// The OCSPResponse around a BasicOCSPResponse that stands alone: only so it can be read. RFC 6960 §4.2.1.
///
/// # Errors
/// Never in practice: only when a constant of this room is no object identifier.
pub(super) fn whole_response(basic: &[u8]) -> Result<Vec<u8>, OidError> {
    let kind = write::oid(&oids::OCSP_BASIC.parse()?);
    let bytes = write::sequence(&[&kind, &write::octet_string(basic)]);
    Ok(write::sequence(&[
        &write::element(tag::ENUMERATED, &[0]),
        &write::explicit(0, &bytes),
    ]))
}
