//! The grammar of a basic OCSP response (RFC 6960 §4.2.1). Nothing here is believed yet.

use super::super::certificate::Certificate;
use super::super::name::Name;
use super::super::status::{CertificateStatus, Reason};
use super::{CertId, OcspDefect, PKIX_OCSP};
use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Element, Reader, Rules};
use crate::asn1::write::tag;
use crate::base::time::Timestamp;

/// Most certificates looked at in one answer; real ones carry three.
const MAX_CERTIFICATES: usize = 8;
/// Most single responses looked at.
const MAX_RESPONSES: usize = 64;

/// The BasicOCSPResponse inside an OCSPResponse that says successful.
pub(super) fn basic_response(der: &[u8]) -> Result<&[u8], OcspDefect> {
    let mut outer = Reader::new(der, Rules::Der);
    let mut parts = outer.sequence()?;
    outer.finish()?;
    let status = parts.expect(tag::ENUMERATED)?.unsigned()?;
    if status != 0 {
        return Err(OcspDefect::Status(status));
    }
    let mut explicit = parts.expect(tag::context_constructed(0))?.inside()?;
    parts.finish()?;
    let mut bytes = explicit.sequence()?;
    explicit.finish()?;
    let kind = bytes.any()?.oid()?;
    let basic = bytes.expect(tag::OCTET_STRING)?;
    bytes.finish()?;
    if kind.content().strip_prefix(PKIX_OCSP) != Some(&[1]) {
        return Err(OcspDefect::Malformed);
    }
    Ok(basic.content())
}

pub(super) enum ResponderId {
    Name(Name),
    KeyHash(Vec<u8>),
}

pub(super) struct Single {
    pub(super) cert_id: Option<CertId>,
    pub(super) status: CertificateStatus,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    pub(super) unknown_critical: bool,
}

pub(super) struct Basic<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) responder: ResponderId,
    pub(super) produced_at: Timestamp,
    pub(super) responses: Vec<Single>,
    pub(super) nonce: Option<Vec<u8>>,
    pub(super) unknown_critical: bool,
    pub(super) certificates: Vec<Certificate>,
}

impl<'a> Basic<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, OcspDefect> {
        let mut outer = Reader::new(der, Rules::Der);
        let mut parts = outer.sequence()?;
        outer.finish()?;
        let tbs = parts.expect(tag::SEQUENCE)?;
        let algorithm = parts.expect(tag::SEQUENCE)?.whole();
        let signature = parts.expect(tag::BIT_STRING)?.bit_octets()?;
        let mut certificates = Vec::new();
        if let Some(explicit) = parts.optional(tag::context_constructed(0))? {
            let mut inside = explicit.inside()?;
            let mut list = inside.sequence()?;
            inside.finish()?;
            while let Some(element) = list.next()? {
                // A certificate that does not parse can sign nothing; the others may.
                if let Ok(certificate) = Certificate::parse(element.whole()) {
                    certificates.push(certificate);
                }
                if certificates.len() > MAX_CERTIFICATES {
                    return Err(OcspDefect::Malformed);
                }
            }
        }
        parts.finish()?;

        let mut fields = tbs.inside()?;
        if let Some(explicit) = fields.optional(tag::context_constructed(0))? {
            // The default (v1) is left out in DER, but some write it.
            if explicit.inside()?.any()?.unsigned()? != 0 {
                return Err(OcspDefect::Malformed);
            }
        }
        let id = fields.any()?;
        let responder = match id.tag() {
            0xA1 => ResponderId::Name(Name::parse(id.content())?),
            0xA2 => ResponderId::KeyHash(read::single(id.content(), Rules::Der)?.octets()?.into_owned()),
            _ => return Err(OcspDefect::Malformed),
        };
        let produced_at = fields.expect(tag::GENERALIZED_TIME)?.time()?;
        let mut list = fields.sequence()?;
        let mut responses = Vec::new();
        while let Some(element) = list.next()? {
            responses.push(Single::parse(&element)?);
            if responses.len() > MAX_RESPONSES {
                return Err(OcspDefect::Malformed);
            }
        }
        let mut nonce = None;
        let mut unknown_critical = false;
        if let Some(explicit) = fields.optional(tag::context_constructed(1))? {
            let mut inside = explicit.inside()?;
            unknown_critical = each_extension(&inside.expect(tag::SEQUENCE)?, |id, value| {
                if id.content().strip_prefix(PKIX_OCSP) == Some(&[2]) {
                    // Some responders put the octets there without their own OCTET STRING around them.
                    let inner = read::single(value, Rules::Der)
                        .ok()
                        .filter(|inner| inner.tag() == tag::OCTET_STRING);
                    nonce = Some(inner.map_or(value, |inner| inner.content()).to_vec());
                }
            })?;
            inside.finish()?;
        }
        fields.finish()?;
        Ok(Self {
            tbs: tbs.whole(),
            algorithm,
            signature,
            responder,
            produced_at,
            responses,
            nonce,
            unknown_critical,
            certificates,
        })
    }
}

impl Single {
    fn parse(element: &Element<'_>) -> Result<Self, OcspDefect> {
        let mut parts = element.inside()?;
        let cert_id = CertId::parse(&parts.expect(tag::SEQUENCE)?)?;
        let state = parts.any()?;
        let status = match state.tag() {
            0x80 if state.content().is_empty() => CertificateStatus::Good,
            0x82 if state.content().is_empty() => CertificateStatus::Unknown,
            0xA1 => {
                let mut info = state.inside()?;
                let at = info.expect(tag::GENERALIZED_TIME)?.time()?;
                let reason = match info.optional(tag::context_constructed(0))? {
                    Some(explicit) => {
                        let mut inside = explicit.inside()?;
                        let code = inside.expect(tag::ENUMERATED)?.unsigned()?;
                        inside.finish()?;
                        Reason::from_code(code).ok_or(OcspDefect::Malformed)?
                    }
                    None => Reason::Unspecified,
                };
                info.finish()?;
                CertificateStatus::Revoked { at, reason }
            }
            _ => return Err(OcspDefect::Malformed),
        };
        let this_update = parts.expect(tag::GENERALIZED_TIME)?.time()?;
        let next_update = match parts.optional(tag::context_constructed(0))? {
            Some(explicit) => {
                let mut inside = explicit.inside()?;
                let next = inside.expect(tag::GENERALIZED_TIME)?.time()?;
                inside.finish()?;
                Some(next)
            }
            None => None,
        };
        let unknown_critical = match parts.optional(tag::context_constructed(1))? {
            Some(explicit) => {
                let mut inside = explicit.inside()?;
                let list = inside.expect(tag::SEQUENCE)?;
                inside.finish()?;
                each_extension(&list, |_, _| ())?
            }
            None => false,
        };
        parts.finish()?;
        Ok(Self {
            cert_id,
            status,
            this_update,
            next_update,
            unknown_critical,
        })
    }
}

/// Calls `visit` for each extension; tells whether one is critical and unknown.
fn each_extension(list: &Element<'_>, mut visit: impl FnMut(&Oid, &[u8])) -> Result<bool, OcspDefect> {
    let mut items = list.inside()?;
    let mut unknown_critical = false;
    let mut seen: Vec<Oid> = Vec::new();
    while let Some(item) = items.next()? {
        let mut parts = item.inside()?;
        let id = parts.any()?.oid()?;
        let critical = match parts.optional(tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let value = parts.expect(tag::OCTET_STRING)?;
        parts.finish()?;
        if seen.contains(&id) {
            return Err(OcspDefect::Malformed);
        }
        // Nonce, CRL reference, archive cutoff, preferred algorithms, extended revoked definition.
        let known = matches!(id.content().strip_prefix(PKIX_OCSP), Some([2 | 3 | 6 | 8 | 9]));
        unknown_critical |= critical && !known;
        visit(&id, value.content());
        seen.push(id);
    }
    Ok(unknown_critical)
}
