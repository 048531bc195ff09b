//! Writing SignedData around a signature value that was made elsewhere.

use super::attributes::attribute;
use super::oids;
use crate::asn1::oid::OidError;
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::{self, tag};
use crate::crypto::algorithm::{self, SignatureAlgorithm};

/// Why a message could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The certificate does not have the form of RFC 5280.
    #[error("the certificate cannot be read: {0}")]
    Certificate(#[from] Asn1Error),
    /// An object identifier is none.
    #[error(transparent)]
    Oid(#[from] OidError),
}

/// All parts of a detached message with one signer.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The signer's certificate, DER.
    pub certificate: &'a [u8],
    /// Issuers that go along, DER.
    pub chain: &'a [Vec<u8>],
    /// How the value was made.
    pub algorithm: SignatureAlgorithm,
    /// Signed attributes as `SET OF`, the bytes that were hashed.
    pub signed_attributes: &'a [u8],
    /// The value: DER for EC, octets for RSA.
    pub signature: &'a [u8],
    /// The time-stamp token over the value, DER.
    pub time_stamp: Option<&'a [u8]>,
}

impl Message<'_> {
    /// The whole ContentInfo in DER.
    ///
    /// # Errors
    /// `Certificate` when issuer and serial number cannot be taken from the signer's certificate.
    ///
    /// Source: RFC 5652 §3, §5.1, §5.3: version 1, since the content is id-data and the signer is named by issuer
    /// and serial number.
    pub fn to_der(self) -> Result<Vec<u8>, BuildError> {
        let digest = algorithm::hash_identifier(self.algorithm.hash());
        let mut certificates = vec![self.certificate.to_vec()];
        certificates.extend(self.chain.iter().filter(|der| *der != self.certificate).cloned());
        certificates.sort();
        let signer = self.signer_info(&digest)?;
        let content = write::sequence(&[&write::oid(&oids::DATA.parse()?)]);
        let signed_data = write::sequence(&[
            &write::integer(1),
            &write::element(tag::SET, &digest),
            &content,
            &write::element(tag::context_constructed(0), &certificates.concat()),
            &write::element(tag::SET, &signer),
        ]);
        Ok(write::sequence(&[
            &write::oid(&oids::SIGNED_DATA.parse()?),
            &write::explicit(0, &signed_data),
        ]))
    }

    fn signer_info(&self, digest: &[u8]) -> Result<Vec<u8>, BuildError> {
        let (issuer, serial) = issuer_and_serial(self.certificate)?;
        let attributes = read::single(self.signed_attributes, Rules::Der)?;
        let mut parts = vec![
            write::integer(1),
            write::sequence(&[issuer, serial]),
            digest.to_vec(),
            write::element(tag::context_constructed(0), attributes.content()),
            self.algorithm.algorithm_identifier(),
            write::octet_string(self.signature),
        ];
        if let Some(token) = self.time_stamp {
            let unsigned = attribute(oids::SIGNATURE_TIME_STAMP, token)?;
            parts.push(write::element(tag::context_constructed(1), &unsigned));
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Ok(write::sequence(&parts))
    }
}

/// Issuer name and serial number of `certificate`, each whole, as they stand in it.
pub(in crate::ades) fn issuer_and_serial(certificate: &[u8]) -> Result<(&[u8], &[u8]), Asn1Error> {
    let mut parts = read::single(certificate, Rules::Ber)?.inside()?.sequence()?;
    parts.optional(tag::context_constructed(0))?;
    let serial = parts.expect(tag::INTEGER)?.whole();
    parts.expect(tag::SEQUENCE)?;
    Ok((parts.expect(tag::SEQUENCE)?.whole(), serial))
}
