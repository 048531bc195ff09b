//! The archive time-stamp of CAdES: which objects it covers, and what its imprint is made of. EN 319 122-1 §5.5.

use std::collections::BTreeSet;

use super::envelope::Envelope;
use super::oids;
use super::parts::SignerParts;
use crate::asn1::oid::OidError;
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm;

/// An ats-hash-index-v3: the digest of every object that the time-stamp covers. EN 319 122-1 §5.5.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashIndex {
    /// The hash of its entries, the same as the imprint's.
    pub hash: HashAlgorithm,
    /// One entry for each CertificateChoices.
    pub certificates: Vec<Vec<u8>>,
    /// One entry for each RevocationInfoChoice.
    pub revocations: Vec<Vec<u8>>,
    /// One entry for each value of an unsigned attribute, its type before it.
    pub unsigned: Vec<Vec<u8>>,
}

impl HashIndex {
    /// The index over everything that is there.
    ///
    /// # Errors
    /// When an unsigned attribute cannot be read.
    pub fn of(hash: HashAlgorithm, envelope: &Envelope, signer: &SignerParts) -> Result<Self, Asn1Error> {
        Ok(Self {
            hash,
            certificates: envelope.certificates().map(|der| hash.digest(der)).collect(),
            revocations: envelope.revocations().map(|der| hash.digest(der)).collect(),
            unsigned: signer
                .unsigned_values()?
                .iter()
                .map(|(_, kind, value)| attribute_entry(hash, kind, value))
                .collect(),
        })
    }

    /// `ATSHashIndexV3` in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let list = |entries: &[Vec<u8>]| {
            let octets: Vec<u8> = entries
                .iter()
                .flat_map(|entry| write::octet_string(entry))
                .collect();
            write::element(tag::SEQUENCE, &octets)
        };
        write::sequence(&[
            &algorithm::hash_identifier(self.hash),
            &list(&self.certificates),
            &list(&self.revocations),
            &list(&self.unsigned),
        ])
    }

    /// Reads one, which must be DER: its bytes are part of the imprint.
    ///
    /// Returns `None` for a hash zegel does not know.
    ///
    /// # Errors
    /// With the offset of what does not fit.
    pub fn parse(der: &[u8]) -> Result<Option<Self>, Asn1Error> {
        let mut parts = read::single(der, Rules::Der)?.inside()?;
        let hash = algorithm::hash_from_identifier(parts.expect(tag::SEQUENCE)?.whole());
        let mut lists = [Vec::new(), Vec::new(), Vec::new()];
        for list in &mut lists {
            let mut entries = parts.sequence()?;
            while let Some(entry) = entries.next()? {
                list.push(entry.octets()?.into_owned());
            }
        }
        parts.finish()?;
        let [certificates, revocations, unsigned] = lists;
        Ok(hash.map(|hash| Self {
            hash,
            certificates,
            revocations,
            unsigned,
        }))
    }

    /// Whether every entry belongs to an object that is there. One that does not makes the time-stamp invalid:
    /// something it covered was taken away or changed.
    ///
    /// # Errors
    /// When an unsigned attribute cannot be read.
    pub fn is_satisfied(&self, envelope: &Envelope, signer: &SignerParts) -> Result<bool, Asn1Error> {
        let there = Self::of(self.hash, envelope, signer)?;
        let within = |wanted: &[Vec<u8>], there: &[Vec<u8>]| {
            let there: BTreeSet<&[u8]> = there.iter().map(Vec::as_slice).collect();
            wanted.iter().all(|entry| there.contains(entry.as_slice()))
        };
        Ok(within(&self.certificates, &there.certificates)
            && within(&self.revocations, &there.revocations)
            && within(&self.unsigned, &there.unsigned))
    }
}

/// The entry of an unsigned attribute's value: the digest of the type, then the value, each as encoded.
pub fn attribute_entry(hash: HashAlgorithm, kind: &[u8], value: &[u8]) -> Vec<u8> {
    hash.digest(&[kind, value].concat())
}

/// The imprint of an archive time-stamp.
///
/// `content_digest`: of the signed content, with `hash`. `index`: the very DER of the hash index.
///
/// Source: EN 319 122-1 §5.5.3: eContentType, the content's digest, the SignerInfo up to its value, the index.
pub fn imprint(
    hash: HashAlgorithm,
    content_type: &[u8],
    content_digest: &[u8],
    signer: &SignerParts,
    index: &[u8],
) -> Vec<u8> {
    let covered = signer.covered();
    hash.digest(&[content_type, content_digest, &covered, index].concat())
}

/// Why an index cannot be put into or taken out of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token is not a message with one signer.
    #[error("the token cannot be taken apart: {0}")]
    Encoding(#[from] Asn1Error),
    /// A constant is no object identifier.
    #[error(transparent)]
    Oid(#[from] OidError),
}

/// The token `token` with `index` among the unsigned attributes of its signer.
///
/// # Errors
/// When the token is no SignedData with one signer.
pub fn with_index(token: &[u8], index: &[u8]) -> Result<Vec<u8>, TokenError> {
    let mut info = read::single(token, Rules::Ber)?.inside()?;
    let kind = info.any()?;
    let mut data = info.expect(tag::context_constructed(0))?.inside()?.sequence()?;
    let mut fields = Vec::new();
    while let Some(field) = data.next()? {
        fields.push(field);
    }
    let set = fields.pop().ok_or(Asn1Error::Truncated(0))?;
    let mut signers = set.inside()?;
    let mut signer = SignerParts::parse(signers.expect(tag::SEQUENCE)?.whole())?;
    signers.finish()?;
    signer.add(oids::ATS_HASH_INDEX_V3, index)?;
    let mut content: Vec<u8> = fields
        .iter()
        .flat_map(|field| field.whole().iter().copied())
        .collect();
    content.extend(write::element(tag::SET, &signer.to_bytes()));
    Ok(write::sequence(&[
        kind.whole(),
        &write::explicit(0, &write::element(tag::SEQUENCE, &content)),
    ]))
}

/// The DER of the one hash index in `token`; none when there is none, or more than one.
///
/// # Errors
/// When the token is no SignedData with one signer.
pub fn index_of(token: &[u8]) -> Result<Option<Vec<u8>>, Asn1Error> {
    let mut info = read::single(token, Rules::Ber)?.inside()?;
    info.any()?;
    let mut data = info.expect(tag::context_constructed(0))?.inside()?.sequence()?;
    let mut last = None;
    while let Some(field) = data.next()? {
        last = Some(field);
    }
    let mut signers = last.ok_or(Asn1Error::Truncated(0))?.inside()?;
    let signer = SignerParts::parse(signers.expect(tag::SEQUENCE)?.whole())?;
    signers.finish()?;
    let mut found = signer
        .unsigned_values()?
        .into_iter()
        .filter(|(oid, ..)| oid.to_string() == oids::ATS_HASH_INDEX_V3);
    Ok(match (found.next(), found.next()) {
        (Some((_, _, value)), None) => Some(value),
        _ => None,
    })
}
