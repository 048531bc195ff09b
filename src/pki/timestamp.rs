//! Time-stamps: the request, the reply, and the token's own rules.
//!
//! The path and the status of the unit that signed are the caller's next two steps, for the token's time and purpose
//! [`super::purpose::Purpose::TimeStamping`].

use std::time::Duration;

use super::certificate::Certificate;
use super::extensions::KeyUsage;
use super::name::Name;
use super::name_constraints::GeneralName;
use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, Random};
use crate::base::secret::constant_time_eq;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::{self, SignatureAlgorithm};
use crate::crypto::policy::AlgorithmPolicy;

/// Most certificates looked at in one token.
const MAX_CERTIFICATES: usize = 16;

/// Most signed attributes of one token. Each is compared with all before it.
const MAX_ATTRIBUTES: usize = 64;

/// Content octets of the identifiers met here.
mod id {
    pub(super) const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
    pub(super) const TST_INFO: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 1, 4];
    pub(super) const CONTENT_TYPE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 3];
    pub(super) const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 4];
    pub(super) const SIGNING_CERTIFICATE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 12];
    pub(super) const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 47];
    pub(super) const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
    pub(super) const QC_STATEMENTS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 1, 3];
}

/// A request for a time-stamp, RFC 3161 §2.4.1.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TimeStampRequest {
    hash: HashAlgorithm,
    imprint: Vec<u8>,
    nonce: Vec<u8>,
}

impl TimeStampRequest {
    /// Asks for the time of something whose digest by `hash` is `imprint`, with a fresh nonce of 64 bits and
    /// certReq true.
    pub fn new(hash: HashAlgorithm, imprint: &[u8], random: &dyn Random) -> Self {
        let mut nonce: [u8; 8] = random::bytes(random);
        // A leading bit set keeps the number at its full 64 bits.
        let [first, ..] = &mut nonce;
        *first |= 0x80;
        Self {
            hash,
            imprint: imprint.to_vec(),
            nonce: nonce.to_vec(),
        }
    }

    /// TimeStampReq, DER.
    pub fn der(&self) -> Vec<u8> {
        let imprint = write::sequence(&[
            &algorithm::hash_identifier(self.hash),
            &write::octet_string(&self.imprint),
        ]);
        write::sequence(&[
            &write::integer(1),
            &imprint,
            &write::integer_bytes(&self.nonce),
            &write::boolean(true),
        ])
    }
}

/// Why a reply or a token is not a time-stamp to rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeStampDefect {
    /// The signature's or the imprint's algorithm is not accepted.
    #[error("time-stamp with an algorithm that is not accepted")]
    Algorithm,
    /// Another digest was stamped.
    #[error("time-stamp of another digest")]
    Imprint,
    /// Not the DER of a reply or token, or one that breaks its grammar.
    #[error("time-stamp not readable")]
    Malformed,
    /// The nonce is missing or another one.
    #[error("time-stamp without our nonce")]
    Nonce,
    /// Made under a policy that is not accepted.
    #[error("time-stamp under another policy")]
    Policy,
    /// Against EN 319 422: accuracy missing or above a second, ordering, a critical extension, SHA-1 reference.
    #[error("time-stamp outside its profile")]
    Profile,
    /// Not signed by the unit named in it, or the signature does not verify.
    #[error("time-stamp not signed by the unit it names")]
    Signer,
    /// The service declines; the number is the PKIStatus of RFC 3161 §2.4.2.
    #[error("time-stamp service declines with status {0}")]
    Status(u64),
    /// Its time is not that of the request.
    #[error("time-stamp with another time")]
    Time,
}

impl From<Asn1Error> for TimeStampDefect {
    fn from(_: Asn1Error) -> Self {
        Self::Malformed
    }
}

impl TimeStampDefect {
    /// The stable code of the cause.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Algorithm => "ALG_FORBIDDEN",
            Self::Imprint => "TST_IMPRINT",
            Self::Malformed => "TST_PARSE",
            Self::Nonce => "TST_NONCE",
            Self::Policy => "TST_POLICY",
            Self::Profile => "TST_PROFILE",
            Self::Signer => "TST_SIGNER",
            Self::Status(_) => "TST_STATUS",
            Self::Time => "TST_TIME",
        }
    }
}

/// A token that was read. Nothing in it is believed before [`TimeStampToken::verify`].
#[derive(Clone, Debug)]
pub struct TimeStampToken {
    der: Vec<u8>,
    info: Vec<u8>,
    /// The service's policy.
    pub policy: Oid,
    /// Hash of the imprint.
    pub hash: HashAlgorithm,
    /// What was stamped.
    pub imprint: Vec<u8>,
    /// The time it states.
    pub gen_time: Timestamp,
    /// How far the time may be off, when stated.
    pub accuracy: Option<Duration>,
    /// Whether tokens of this unit are ordered by their times.
    pub ordering: bool,
    /// Certificates that came with it: the unit's, and maybe its authorities'. None is trusted for it.
    pub certificates: Vec<Certificate>,
    nonce: Option<Vec<u8>>,
    tsa: Option<GeneralName>,
    critical_extension: bool,
    /// Whether it carries qcStatements, the claim to be qualified (EN 319 422 §9.1). Lists decide, not this.
    pub claims_qualified: bool,
    signer: Signer,
}

#[derive(Clone, Debug)]
struct Signer {
    sid: SignerId,
    digest: HashAlgorithm,
    algorithm: SignatureAlgorithm,
    /// The signed attributes as they are signed: with the tag of a SET.
    attributes: Vec<u8>,
    content_type_fits: bool,
    message_digest: Vec<u8>,
    references: Vec<(HashAlgorithm, Vec<u8>)>,
    has_v2_reference: bool,
    signature: Vec<u8>,
}

#[derive(Clone, Debug)]
enum SignerId {
    IssuerSerial(Name, Vec<u8>),
    KeyIdentifier(Vec<u8>),
}

/// The token inside a TimeStampResp that says granted.
///
/// # Errors
/// `Status` with the service's status, `Malformed`.
pub fn token_of_reply(reply: &[u8]) -> Result<TimeStampToken, TimeStampDefect> {
    let mut parts = read::single(reply, Rules::Ber)?.inside()?;
    let status = parts.sequence()?.expect(tag::INTEGER)?.unsigned()?;
    // granted, grantedWithMods
    if status > 1 {
        return Err(TimeStampDefect::Status(status));
    }
    let token = parts.expect(tag::SEQUENCE)?;
    parts.finish()?;
    TimeStampToken::parse(token.whole())
}

impl TimeStampToken {
    /// Reads a token: CMS SignedData over a TSTInfo, one signer, signed attributes.
    ///
    /// `der` may be followed by zero octets, as tokens in PDF placeholders are.
    ///
    /// # Errors
    /// `Malformed`, or `Algorithm` for one that zegel does not know.
    ///
    /// Source: RFC 3161 §2.4.2, RFC 5652 §5, RFC 5816.
    pub fn parse(der: &[u8]) -> Result<Self, TimeStampDefect> {
        let mut reader = read::Reader::new(der, Rules::Ber);
        let whole = reader.expect(tag::SEQUENCE)?;
        if der
            .get(whole.whole().len()..)
            .unwrap_or_default()
            .iter()
            .any(|octet| *octet != 0)
        {
            return Err(TimeStampDefect::Malformed);
        }
        let mut content_info = whole.inside()?;
        if content_info.any()?.oid()?.content() != id::SIGNED_DATA {
            return Err(TimeStampDefect::Malformed);
        }
        let mut explicit = content_info.expect(tag::context_constructed(0))?.inside()?;
        let mut signed_data = explicit.sequence()?;
        signed_data.expect(tag::INTEGER)?.unsigned()?;
        signed_data.expect(tag::SET)?;
        let mut encapsulated = signed_data.sequence()?;
        if encapsulated.any()?.oid()?.content() != id::TST_INFO {
            return Err(TimeStampDefect::Malformed);
        }
        let info = encapsulated
            .expect(tag::context_constructed(0))?
            .inside()?
            .any()?
            .octets()?
            .into_owned();
        let mut certificates = Vec::new();
        if let Some(list) = signed_data.optional(tag::context_constructed(0))? {
            let mut items = list.inside()?;
            while let Some(item) = items.next()? {
                certificates.extend(Certificate::parse(item.whole()).ok());
                if certificates.len() > MAX_CERTIFICATES {
                    return Err(TimeStampDefect::Malformed);
                }
            }
        }
        signed_data.optional(tag::context_constructed(1))?;
        let mut signers = signed_data.set()?;
        let signer = Signer::parse(&signers.expect(tag::SEQUENCE)?)?;
        // RFC 3161 §2.4.2: exactly one signer.
        signers.finish()?;
        signed_data.finish()?;
        Self::with_info(whole.whole(), info, certificates, signer)
    }

    fn with_info(
        der: &[u8],
        info: Vec<u8>,
        certificates: Vec<Certificate>,
        signer: Signer,
    ) -> Result<Self, TimeStampDefect> {
        let mut fields = read::single(&info, Rules::Ber)?.inside()?;
        if fields.expect(tag::INTEGER)?.unsigned()? != 1 {
            return Err(TimeStampDefect::Malformed);
        }
        let policy = fields.any()?.oid()?;
        let mut imprint_parts = fields.sequence()?;
        let hash = algorithm::hash_from_identifier(imprint_parts.expect(tag::SEQUENCE)?.whole())
            .ok_or(TimeStampDefect::Algorithm)?;
        let imprint = imprint_parts.any()?.octets()?.into_owned();
        fields.expect(tag::INTEGER)?;
        let gen_time = fields.expect(tag::GENERALIZED_TIME)?.time()?;
        let accuracy = fields
            .optional(tag::SEQUENCE)?
            .map(|element| accuracy(&element))
            .transpose()?;
        let ordering = fields
            .optional(tag::BOOLEAN)?
            .map(|flag| flag.boolean())
            .transpose()?
            .unwrap_or(false);
        let nonce = fields
            .optional(tag::INTEGER)?
            .map(|number| number.integer_content().map(<[u8]>::to_vec))
            .transpose()?;
        let tsa = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => Some(GeneralName::parse(&explicit.inside()?.any()?)?),
            None => None,
        };
        let mut critical_extension = false;
        let mut claims_qualified = false;
        if let Some(list) = fields.optional(tag::context_constructed(1))? {
            let mut items = list.inside()?;
            while let Some(item) = items.next()? {
                let mut parts = item.inside()?;
                let name = parts.any()?.oid()?;
                claims_qualified |= name.content() == id::QC_STATEMENTS;
                critical_extension |= parts
                    .optional(tag::BOOLEAN)?
                    .map(|flag| flag.boolean())
                    .transpose()?
                    .unwrap_or(false);
            }
        }
        fields.finish()?;
        Ok(Self {
            der: der.to_vec(),
            policy,
            hash,
            imprint,
            gen_time,
            accuracy,
            ordering,
            certificates,
            nonce,
            tsa,
            critical_extension,
            claims_qualified,
            signer,
            info,
        })
    }

    /// The token as it came (ContentInfo), for embedding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The algorithm it is signed with.
    pub const fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signer.algorithm
    }

    /// Checks that the token answers `request`, at about `now`, and keeps to EN 319 422.
    ///
    /// # Errors
    /// `Imprint`, `Nonce`, `Time` or `Profile`.
    ///
    /// Source: RFC 3161 §2.4.2, EN 319 422 §5.2.
    pub fn check_reply(
        &self,
        request: &TimeStampRequest,
        skew: Duration,
        now: Timestamp,
    ) -> Result<(), TimeStampDefect> {
        self.check_imprint(request.hash, &request.imprint)?;
        let plain = |number: &[u8]| {
            number
                .iter()
                .skip_while(|octet| **octet == 0)
                .copied()
                .collect::<Vec<u8>>()
        };
        let ours = plain(&request.nonce);
        if !self
            .nonce
            .as_ref()
            .is_some_and(|nonce| constant_time_eq(&plain(nonce), &ours))
        {
            return Err(TimeStampDefect::Nonce);
        }
        if self.gen_time > now.plus(skew) || self.gen_time < now.minus(skew) {
            return Err(TimeStampDefect::Time);
        }
        let accurate = self
            .accuracy
            .is_some_and(|accuracy| accuracy <= Duration::from_secs(1));
        if accurate && !self.ordering && !self.critical_extension && self.signer.has_v2_reference {
            Ok(())
        } else {
            Err(TimeStampDefect::Profile)
        }
    }

    /// Checks that the token was made under one of the policies `accepted`; an empty list accepts any.
    ///
    /// # Errors
    /// `Policy`.
    ///
    /// Source: RFC 3161 §2.4.2.
    pub fn check_policy(&self, accepted: &[Oid]) -> Result<(), TimeStampDefect> {
        if accepted.is_empty() || accepted.contains(&self.policy) {
            Ok(())
        } else {
            Err(TimeStampDefect::Policy)
        }
    }

    /// Checks that the token stamps the digest `imprint` made by `hash`.
    ///
    /// # Errors
    /// `Imprint`.
    pub fn check_imprint(&self, hash: HashAlgorithm, imprint: &[u8]) -> Result<(), TimeStampDefect> {
        if self.hash == hash && self.imprint == imprint {
            Ok(())
        } else {
            Err(TimeStampDefect::Imprint)
        }
    }

    /// Finds the unit that signed, among the token's certificates and `more`, and checks the signature.
    ///
    /// Algorithms are judged at the token's own time. Path, purpose and status of the certificate returned are
    /// still to be checked.
    ///
    /// # Errors
    /// `Signer`, `Algorithm`, `Profile` for a critical extension.
    pub fn verify(
        &self,
        more: &[Certificate],
        algorithms: &AlgorithmPolicy,
    ) -> Result<Certificate, TimeStampDefect> {
        let signer = &self.signer;
        if self.critical_extension {
            return Err(TimeStampDefect::Profile);
        }
        if !signer.content_type_fits || signer.digest.digest(&self.info) != signer.message_digest {
            return Err(TimeStampDefect::Signer);
        }
        let unit = self
            .certificates
            .iter()
            .chain(more)
            .find(|certificate| signer.is(certificate))
            .ok_or(TimeStampDefect::Signer)?;
        let kind = unit.key_kind().ok_or(TimeStampDefect::Algorithm)?;
        algorithms
            .check(signer.algorithm, kind, self.gen_time)
            .and_then(|()| algorithms.check_hash(self.hash, self.gen_time))
            .map_err(|_| TimeStampDefect::Algorithm)?;
        let usage = unit.extensions().key_usage;
        let signs = usage.is_none_or(|usage| {
            usage.contains(KeyUsage::DIGITAL_SIGNATURE) || usage.contains(KeyUsage::NON_REPUDIATION)
        });
        let named = match &self.tsa {
            Some(GeneralName::Directory(name)) => {
                name == unit.subject()
                    || unit
                        .extensions()
                        .subject_alternative_names
                        .iter()
                        .any(|known| matches!(known, GeneralName::Directory(known) if known == name))
            }
            Some(other) => unit.extensions().subject_alternative_names.contains(other),
            None => true,
        };
        let key = unit.public_key().map_err(|_| TimeStampDefect::Algorithm)?;
        if signs
            && named
            && key
                .verify(signer.algorithm, &signer.attributes, &signer.signature)
                .is_ok()
        {
            Ok(unit.clone())
        } else {
            Err(TimeStampDefect::Signer)
        }
    }
}

impl Signer {
    fn parse(element: &Element<'_>) -> Result<Self, TimeStampDefect> {
        let mut parts = element.inside()?;
        parts.expect(tag::INTEGER)?.unsigned()?;
        let sid = parts.any()?;
        let sid = match sid.tag() {
            tag::SEQUENCE => {
                let mut pair = sid.inside()?;
                let name = Name::parse(pair.expect(tag::SEQUENCE)?.whole())?;
                SignerId::IssuerSerial(name, pair.expect(tag::INTEGER)?.integer_content()?.to_vec())
            }
            0x80 => SignerId::KeyIdentifier(sid.content().to_vec()),
            _ => return Err(TimeStampDefect::Malformed),
        };
        let digest = algorithm::hash_from_identifier(parts.expect(tag::SEQUENCE)?.whole())
            .ok_or(TimeStampDefect::Algorithm)?;
        let attributes = parts.expect(tag::context_constructed(0))?;
        let algorithm = parts.expect(tag::SEQUENCE)?;
        let algorithm = match algorithm.inside()?.any()?.oid()?.content() {
            // CMS allows the key's own identifier; the hash is then the digest algorithm (RFC 3370 §3.2).
            id::RSA => SignatureAlgorithm::RsaPkcs1(digest),
            _ => SignatureAlgorithm::from_identifier(algorithm.whole()).ok_or(TimeStampDefect::Algorithm)?,
        };
        if algorithm.hash() != digest {
            return Err(TimeStampDefect::Algorithm);
        }
        let signature = parts.any()?.octets()?.into_owned();
        parts.optional(tag::context_constructed(1))?;
        parts.finish()?;
        let mut signer = Self {
            sid,
            digest,
            algorithm,
            // RFC 5652 §5.4: what is signed has the tag of a SET OF.
            attributes: write::element(tag::SET, attributes.content()),
            content_type_fits: false,
            message_digest: Vec::new(),
            references: Vec::new(),
            has_v2_reference: false,
            signature,
        };
        let mut seen: Vec<Oid> = Vec::new();
        let mut items = attributes.inside()?;
        while let Some(item) = items.next()? {
            let mut pair = item.inside()?;
            let name = pair.any()?.oid()?;
            let mut values = pair.set()?;
            let value = values.any()?;
            if seen.contains(&name) || seen.len() >= MAX_ATTRIBUTES {
                return Err(TimeStampDefect::Malformed);
            }
            match name.content() {
                id::CONTENT_TYPE => signer.content_type_fits = value.oid()?.content() == id::TST_INFO,
                id::MESSAGE_DIGEST => signer.message_digest = value.octets()?.into_owned(),
                id::SIGNING_CERTIFICATE => {
                    let hash = first_reference(&value)?.inside()?.any()?.octets()?.into_owned();
                    signer.references.push((HashAlgorithm::Sha1, hash));
                }
                id::SIGNING_CERTIFICATE_V2 => {
                    let mut reference = first_reference(&value)?.inside()?;
                    let hash = match reference.optional(tag::SEQUENCE)? {
                        Some(named) => algorithm::hash_from_identifier(named.whole())
                            .ok_or(TimeStampDefect::Algorithm)?,
                        None => HashAlgorithm::Sha256,
                    };
                    signer
                        .references
                        .push((hash, reference.any()?.octets()?.into_owned()));
                    signer.has_v2_reference = true;
                }
                _ => {}
            }
            seen.push(name);
        }
        Ok(signer)
    }

    /// Whether `certificate` is the one named by the signer identifier and by every certificate reference, of
    /// which there must be one.
    fn is(&self, certificate: &Certificate) -> bool {
        let identified = match &self.sid {
            SignerId::IssuerSerial(issuer, serial) => {
                certificate.issuer() == issuer && certificate.serial() == serial.as_slice()
            }
            SignerId::KeyIdentifier(key) => {
                certificate.extensions().subject_key_identifier.as_ref() == Some(key)
            }
        };
        identified
            && !self.references.is_empty()
            && self
                .references
                .iter()
                .all(|(hash, value)| hash.digest(certificate.der()) == *value)
    }
}

/// The first ESSCertID of a SigningCertificate: the signer's (RFC 5035 §3).
fn first_reference<'a>(value: &Element<'a>) -> Result<Element<'a>, Asn1Error> {
    value.inside()?.sequence()?.expect(tag::SEQUENCE)
}

fn accuracy(element: &Element<'_>) -> Result<Duration, TimeStampDefect> {
    let mut parts = element.inside()?;
    let seconds = parts
        .optional(tag::INTEGER)?
        .map(|number| number.unsigned())
        .transpose()?
        .unwrap_or(0);
    let mut fraction = |number: u8| -> Result<u64, TimeStampDefect> {
        match parts.optional(tag::context(number))? {
            Some(element) => {
                let value = element.content().iter().fold(0_u64, |sum, octet| {
                    sum.saturating_mul(256).saturating_add(u64::from(*octet))
                });
                if (1..=999).contains(&value) {
                    Ok(value)
                } else {
                    Err(TimeStampDefect::Malformed)
                }
            }
            None => Ok(0),
        }
    };
    let micros = fraction(0)?.saturating_mul(1000).saturating_add(fraction(1)?);
    parts.finish()?;
    Ok(Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    #[test]
    fn a_request_asks_with_nonce_and_certificates() {
        let request = TimeStampRequest::new(HashAlgorithm::Sha256, &[7; 32], &SeededRandom::new(1));
        let der = request.der();
        let mut parts = read::single(&der, Rules::Der).unwrap().inside().unwrap();
        assert_eq!(parts.any().unwrap().unsigned(), Ok(1));
        assert_eq!(
            parts
                .sequence()
                .unwrap()
                .expect(tag::SEQUENCE)
                .unwrap()
                .whole()
                .len(),
            13
        );
        assert_eq!(parts.expect(tag::INTEGER).unwrap().content().len(), 9);
        assert_eq!(parts.any().unwrap().boolean(), Ok(true));
        assert!(parts.is_at_end());
    }

    #[test]
    fn an_accuracy_of_any_length_is_read_or_refused() {
        let with = |millis: &[u8]| {
            let der = write::sequence(&[&write::integer(1), &write::element(tag::context(0), millis)]);
            accuracy(&read::single(&der, Rules::Ber).unwrap())
        };
        assert_eq!(with(&[1]), Ok(Duration::from_millis(1_001)));
        assert_eq!(with(&[3, 0xE7]), Ok(Duration::from_millis(1_999)));
        // Nine octets of ones are more than 64 bits hold.
        for bad in [&[0xFF; 9][..], &[0xFF; 12], &[0], &[3, 0xE8], &[], &[1, 0, 0]] {
            assert_eq!(with(bad), Err(TimeStampDefect::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn attributes_beyond_number_are_refused() {
        let attribute = |number: u64| {
            let name = format!("1.2.3.{number}").parse().unwrap();
            write::sequence(&[&write::oid(&name), &write::element(tag::SET, &write::null())])
        };
        let signer = |count: u64| {
            let attributes: Vec<u8> = (0..count).flat_map(attribute).collect();
            let der = write::sequence(&[
                &write::integer(1),
                &write::element(0x80, &[1]),
                &algorithm::hash_identifier(HashAlgorithm::Sha256),
                &write::element(tag::context_constructed(0), &attributes),
                &SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256).algorithm_identifier(),
                &write::octet_string(&[1]),
            ]);
            Signer::parse(&read::single(&der, Rules::Ber).unwrap()).map(|_| ())
        };
        assert_eq!(signer(64), Ok(()));
        assert_eq!(signer(65), Err(TimeStampDefect::Malformed));
    }

    #[test]
    fn a_refusal_gives_its_status() {
        let reply = write::sequence(&[&write::sequence(&[&write::integer(2)])]);
        assert_eq!(token_of_reply(&reply).unwrap_err(), TimeStampDefect::Status(2));
    }

    #[test]
    fn an_accuracy_longer_than_any_number_is_refused() {
        for length in [8_usize, 9, 200] {
            let der = write::sequence(&[&write::element(tag::context(0), &vec![0xFF; length])]);
            let element = read::single(&der, Rules::Der).unwrap();
            assert!(accuracy(&element).is_err(), "{length}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(data: Vec<u8>) {
            let _ = token_of_reply(&data);
            let _ = TimeStampToken::parse(&data);
        }
    }
}
