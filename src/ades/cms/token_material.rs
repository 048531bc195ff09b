//! Certificates and revocation data that a time-stamp token carries for the path of its own unit.
//!
//! Certificates and lists stand in the fields of SignedData for them. OCSP responses are put into revocation-values among
//! the unsigned attributes (EN 319 122-1 annex A.1): other programs read tokens as PKCS#7, which knows no other kind of
//! revocation data in SignedData. Both places are read.

use std::io;
use std::sync::Arc;

use super::envelope::whole_response;
use super::oids;
use super::open::{self, Message, OpenError};
use super::parts::SignerParts;
use crate::asn1::oid::OidError;
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::{self, tag};
use crate::pdf::dss::Evidence;

/// Why a token can take or give nothing.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// A part of it is not encoded as it must be.
    #[error("the token cannot be taken apart: {0}")]
    Encoding(#[from] Asn1Error),
    /// It cannot be written.
    #[error("the token could not be written")]
    Io(#[from] io::Error),
    /// A constant is no object identifier.
    #[error(transparent)]
    Oid(#[from] OidError),
    /// It is no message.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// What `token` carries.
///
/// # Errors
/// When it cannot be read.
pub fn of(token: &[u8]) -> Result<Evidence, MaterialError> {
    let message = open::open(Arc::new(token.to_vec()))?;
    let envelope = &message.envelope;
    let found = envelope.revocation_items();
    let mut evidence = Evidence {
        certificates: envelope.certificates().map(<[u8]>::to_vec).collect(),
        crls: found.crls.into_iter().map(<[u8]>::to_vec).collect(),
        ocsp_responses: found.ocsp_responses.into_iter().map(|(_, der)| der).collect(),
    };
    for value in values(&signer(&message)?)? {
        let held = Values::parse(&value)?;
        evidence.crls.extend(held.crls);
        for basic in held.responses {
            evidence.ocsp_responses.push(whole_response(&basic)?);
        }
    }
    Ok(evidence)
}

/// `token` with what of `evidence` it does not carry yet. No signature is over these fields.
///
/// # Errors
/// When it cannot be read.
pub fn with(token: &[u8], evidence: &Evidence) -> Result<Vec<u8>, MaterialError> {
    let known = of(token)?;
    let mut message = open::open(Arc::new(token.to_vec()))?;
    let mut fresh = Vec::new();
    for response in &evidence.ocsp_responses {
        let basic = basic_response(response)?;
        // Compared as it is read back: what surrounds the basic response is written anew then.
        if !known.ocsp_responses.contains(&whole_response(&basic)?) && !fresh.contains(&basic) {
            fresh.push(basic);
        }
    }
    let before = message.envelope.clone();
    message
        .envelope
        .add_material(&evidence.certificates, &evidence.crls, &[])?;
    if !fresh.is_empty() {
        let mut parts = signer(&message)?;
        if let Some(old) = values(&parts)?.first() {
            let mut held = Values::parse(old)?;
            held.responses.extend(fresh);
            parts.replace_value(old, &held.to_der())?;
        } else {
            let held = Values {
                crls: Vec::new(),
                responses: fresh,
            };
            parts.add(oids::REVOCATION_VALUES, &held.to_der())?;
        }
        message.envelope.set_signer(0, parts.to_bytes());
    }
    if message.envelope == before {
        return Ok(token.to_vec());
    }
    let mut out = Vec::new();
    message.envelope.write(message.raw_content.as_deref(), &mut out)?;
    Ok(out)
}

fn signer(message: &Message) -> Result<SignerParts, Asn1Error> {
    let whole = message.envelope.signer(0).ok_or(Asn1Error::Truncated(0))?;
    SignerParts::parse(whole)
}

/// The values of revocation-values.
fn values(parts: &SignerParts) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let all = parts.unsigned_values()?.into_iter();
    Ok(all
        .filter(|(oid, ..)| oid.to_string() == oids::REVOCATION_VALUES)
        .map(|(_, _, value)| value)
        .collect())
}

/// RevocationValues, without kinds that are not known.
struct Values {
    crls: Vec<Vec<u8>>,
    /// BasicOCSPResponse each.
    responses: Vec<Vec<u8>>,
}

impl Values {
    fn parse(der: &[u8]) -> Result<Self, Asn1Error> {
        let mut fields = read::single(der, Rules::Ber)?.inside()?;
        let mut list = |number: u8| -> Result<Vec<Vec<u8>>, Asn1Error> {
            let Some(field) = fields.optional(tag::context_constructed(number))? else {
                return Ok(Vec::new());
            };
            let mut items = field.inside()?.sequence()?;
            let mut found = Vec::new();
            while let Some(item) = items.next()? {
                found.push(item.whole().to_vec());
            }
            Ok(found)
        };
        Ok(Self {
            crls: list(0)?,
            responses: list(1)?,
        })
    }

    fn to_der(&self) -> Vec<u8> {
        let list = |number: u8, items: &[Vec<u8>]| {
            if items.is_empty() {
                return Vec::new();
            }
            let items: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
            write::explicit(number, &write::sequence(&items))
        };
        write::sequence(&[&list(0, &self.crls), &list(1, &self.responses)])
    }
}

/// The BasicOCSPResponse in an OCSPResponse. RFC 6960 §4.2.1.
fn basic_response(response: &[u8]) -> Result<Vec<u8>, Asn1Error> {
    let mut whole = read::single(response, Rules::Ber)?.inside()?;
    whole.expect(tag::ENUMERATED)?;
    let mut bytes = whole.expect(tag::context_constructed(0))?.inside()?.sequence()?;
    bytes.any()?;
    Ok(bytes.any()?.octets()?.into_owned())
}
