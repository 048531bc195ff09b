//! X.509 certificates, read strictly and once.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::extensions::Extensions;
use super::name::{AttributeType, Name};
use super::refusal::Refusal;
use crate::asn1::read::{self, Asn1Error, Element, Reader, Rules};
use crate::asn1::write::tag;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{KeyError, KeyKind, PublicKey};

/// A certificate, RFC 5280 §4. Cloning is cheap; two are equal when all their bytes are.
///
/// WHY: equality is never (issuer, serial). Two Root CA4 certificates share both and differ in notAfter.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    fingerprint: Sha256Digest,
    version: u64,
    serial: Range<usize>,
    tbs: Range<usize>,
    spki: Range<usize>,
    key_bits: Range<usize>,
    inner_algorithm: Range<usize>,
    outer_algorithm: Range<usize>,
    signature: Range<usize>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Extensions,
    key_kind: Option<KeyKind>,
    key: OnceLock<Result<PublicKey, KeyError>>,
}

/// Why bytes are not a certificate that zegel reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The bytes are not the DER of a certificate.
    #[error("not a certificate in DER")]
    Asn1(#[from] Asn1Error),
    /// An extension stands twice (RFC 5280 §4.2).
    #[error("an extension stands twice")]
    DuplicateExtension,
    /// An extension that zegel uses breaks its own grammar.
    #[error("malformed extension {0}")]
    Extension(&'static str),
    /// Larger than [`Certificate::MAX_BYTES`].
    #[error("certificate larger than {} bytes", Certificate::MAX_BYTES)]
    TooLarge,
    /// Extensions or unique identifiers in a version that has none, or an unknown version.
    #[error("certificate version does not fit its content")]
    Version,
}

impl Certificate {
    /// Largest certificate read, in bytes. Belgian ones stay under 2.5 kB.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Reads one certificate: DER, complete, nothing after it.
    ///
    /// The signature is not looked at, nor is the key decoded until it is asked for.
    ///
    /// # Errors
    /// See [`CertificateError`]; text that breaks its string type (a VisibleString that holds UTF-8, as the
    /// userNotice of 2016-era signature certificates) is not an error.
    pub fn parse(der: impl Into<Vec<u8>>) -> Result<Self, CertificateError> {
        let der: Vec<u8> = der.into();
        if der.len() > Self::MAX_BYTES {
            return Err(CertificateError::TooLarge);
        }
        let inner = parse(&der)?;
        Ok(Self(Arc::new(Inner {
            fingerprint: Sha256Digest::of(&der),
            der,
            ..inner
        })))
    }

    /// Reads the first certificate of a PEM text, as administrators hand them in.
    pub fn from_pem(pem: &str) -> Option<Self> {
        let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
        let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
        let compact: String = body.split_whitespace().collect();
        let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, compact).ok()?;
        Self::parse(der).ok()
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        // INVARIANT: every range was taken from an element inside `der`.
        self.0.der.get(range.clone()).unwrap_or_default()
    }

    /// The certificate as it came.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the whole certificate: what pins, caches and reports know it by.
    pub fn fingerprint(&self) -> Sha256Digest {
        self.0.fingerprint
    }

    /// 1, 2 or 3.
    pub fn version(&self) -> u64 {
        self.0.version
    }

    /// The serial number's content octets: big-endian two's complement, minimal.
    pub fn serial(&self) -> &[u8] {
        self.part(&self.0.serial)
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Whom it is about.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// First instant of validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// Last second of validity, included.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether issuer and subject are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.0.issuer == self.0.subject
    }

    /// The extensions that zegel knows, parsed.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// The value of the extension whose identifier has the content octets `id`, DER as it came, for extensions that few
    /// callers need and [`Self::extensions`] does not keep.
    pub fn extension(&self, id: &[u8]) -> Option<&[u8]> {
        let mut fields = Reader::new(self.tbs_der(), Rules::Der).sequence().ok()?;
        loop {
            let field = fields.next().ok()??;
            if field.tag() != tag::context_constructed(3) {
                continue;
            }
            let mut list = field.inside().ok()?.sequence().ok()?;
            while let Some(item) = list.next().ok()? {
                let mut parts = item.inside().ok()?;
                if parts.expect(tag::OID).ok()?.content() != id {
                    continue;
                }
                parts.optional(tag::BOOLEAN).ok()?;
                return Some(parts.expect(tag::OCTET_STRING).ok()?.content());
            }
            return None;
        }
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        self.part(&self.0.spki)
    }

    /// SHA-1 of the subjectPublicKey bits: the key hash of OCSP's CertID and responderID (RFC 6960 §4.1.1).
    pub fn key_hash(&self, hash: HashAlgorithm) -> Vec<u8> {
        hash.digest(self.part(&self.0.key_bits))
    }

    /// The public key, decoded on first use.
    ///
    /// # Errors
    /// When the key is of a kind zegel does not know.
    pub fn public_key(&self) -> Result<&PublicKey, KeyError> {
        self.0
            .key
            .get_or_init(|| PublicKey::from_spki_der(self.spki_der()))
            .as_ref()
            .map_err(|error| *error)
    }

    /// What kind of key it holds, told from the encoding without decoding the key; `None` when unknown.
    pub fn key_kind(&self) -> Option<KeyKind> {
        self.0.key_kind
    }

    /// The part that is signed, DER as it came.
    pub fn tbs_der(&self) -> &[u8] {
        self.part(&self.0.tbs)
    }

    /// The signature value's octets.
    pub fn signature(&self) -> &[u8] {
        self.part(&self.0.signature)
    }

    /// The AlgorithmIdentifier outside the signed part, DER.
    pub fn signature_algorithm_der(&self) -> &[u8] {
        self.part(&self.0.outer_algorithm)
    }

    /// Whether the algorithm inside the signed part is the one outside, parameters included.
    pub fn algorithms_agree(&self) -> bool {
        self.part(&self.0.inner_algorithm) == self.part(&self.0.outer_algorithm)
    }

    /// The algorithm it is signed with, if zegel knows it.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::from_identifier(self.signature_algorithm_der())
    }

    /// The person or authority by name, for pages: the common name.
    pub fn common_name(&self) -> Option<String> {
        self.0.subject.find(AttributeType::CommonName)
    }
}

impl TryFrom<&[u8]> for Certificate {
    type Error = Refusal;
    fn try_from(der: &[u8]) -> Result<Self, Refusal> {
        Self::parse(der).map_err(Refusal::CertificateMalformed)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.fingerprint == other.0.fingerprint
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.fingerprint.hash(state);
    }
}

impl fmt::Debug for Certificate {
    /// Shows the beginning of the fingerprint: subjects and serial numbers of persons are not logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.0.fingerprint.to_string();
        write!(f, "Certificate({}…)", hex.get(..16).unwrap_or_default())
    }
}

/// Where `element` stands in the bytes it was read from.
fn range(element: &Element<'_>) -> Range<usize> {
    element.offset()..element.offset().saturating_add(element.whole().len())
}

/// Where the content of `element` stands, less its first `skip` octets.
fn content_range(element: &Element<'_>, skip: usize) -> Range<usize> {
    let end = element.offset().saturating_add(element.whole().len());
    end.saturating_sub(element.content().len()).saturating_add(skip)..end
}

fn parse(der: &[u8]) -> Result<Inner, CertificateError> {
    let whole = read::single(der, Rules::Der)?;
    let mut outer = Reader::new(der, Rules::Der).sequence()?;
    let tbs = outer.expect(tag::SEQUENCE)?;
    let outer_algorithm = outer.expect(tag::SEQUENCE)?;
    let signature = outer.expect(tag::BIT_STRING)?;
    signature.bit_octets()?;
    outer.finish()?;

    let mut fields = tbs.inside()?;
    let version = match fields.optional(tag::context_constructed(0))? {
        Some(explicit) => {
            let mut inside = explicit.inside()?;
            let version = inside.expect(tag::INTEGER)?.unsigned()?;
            inside.finish()?;
            // DER leaves the default (v1) out.
            if version == 0 || version > 2 {
                return Err(CertificateError::Version);
            }
            version.saturating_add(1)
        }
        None => 1,
    };
    let serial = fields.expect(tag::INTEGER)?;
    serial.integer_content()?;
    let inner_algorithm = fields.expect(tag::SEQUENCE)?;
    let issuer = Name::parse(fields.expect(tag::SEQUENCE)?.whole())?;
    let mut validity = fields.sequence()?;
    let not_before = validity.any()?.time()?;
    let not_after = validity.any()?.time()?;
    validity.finish()?;
    let subject = Name::parse(fields.expect(tag::SEQUENCE)?.whole())?;
    let spki = fields.expect(tag::SEQUENCE)?;
    let mut key_info = spki.inside()?;
    key_info.expect(tag::SEQUENCE)?;
    let key_bits = key_info.expect(tag::BIT_STRING)?;
    key_bits.bit_octets()?;
    key_info.finish()?;
    // Unique identifiers: forbidden to issue (RFC 5280 §4.1.2.8), read over, never used.
    let unique = [
        fields.optional(tag::context(1))?,
        fields.optional(tag::context(2))?,
    ];
    if version == 1 && unique.iter().any(Option::is_some) {
        return Err(CertificateError::Version);
    }
    let extensions = match fields.optional(tag::context_constructed(3))? {
        Some(_) if version != 3 => return Err(CertificateError::Version),
        Some(explicit) => {
            let mut inside = explicit.inside()?;
            let list = inside.expect(tag::SEQUENCE)?;
            inside.finish()?;
            Extensions::parse(&list)?
        }
        None => Extensions::default(),
    };
    fields.finish()?;
    debug_assert_eq!(whole.whole().len(), der.len());
    Ok(Inner {
        der: Vec::new(),
        fingerprint: Sha256Digest([0; 32]),
        version,
        serial: content_range(&serial, 0),
        tbs: range(&tbs),
        spki: range(&spki),
        key_bits: content_range(&key_bits, 1),
        inner_algorithm: range(&inner_algorithm),
        outer_algorithm: range(&outer_algorithm),
        signature: content_range(&signature, 1),
        issuer,
        subject,
        not_before,
        not_after,
        extensions,
        key_kind: KeyKind::of_spki_der(spki.whole()),
        key: OnceLock::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::write;

    /// A certificate with this key, of which nothing else matters.
    fn with_key(spki: &[u8]) -> Certificate {
        let algorithm = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256).algorithm_identifier();
        let name = write::sequence(&[]);
        let at = write::time("2026-01-01T00:00:00Z".parse().unwrap());
        let tbs = write::sequence(&[
            &write::integer(1),
            &algorithm,
            &name,
            &write::sequence(&[&at, &at]),
            &name,
            spki,
        ]);
        let value = write::element(tag::BIT_STRING, &[0, 1]);
        Certificate::parse(write::sequence(&[&tbs, &algorithm, &value])).unwrap()
    }

    #[test]
    fn a_key_that_two_readers_read_differently_is_none() {
        let spki = |modulus: &[u8]| {
            let key = write::sequence(&[&write::element(tag::INTEGER, modulus), &write::integer(65_537)]);
            let algorithm = write::sequence(&[
                &write::oid(&"1.2.840.113549.1.1.1".parse().unwrap()),
                &write::null(),
            ]);
            let bits = write::element(tag::BIT_STRING, &[&[0], key.as_slice()].concat());
            write::sequence(&[&algorithm, &bits])
        };
        let digits = [&[0x71][..], &[0x35; 255]].concat();
        let good = with_key(&spki(&digits));
        assert_eq!(good.key_kind(), Some(KeyKind::Rsa { bits: 2047 }));
        assert_eq!(
            good.public_key().map(PublicKey::kind),
            Ok(KeyKind::Rsa { bits: 2047 })
        );
        // The same number with a zero octet too many: OpenSSL takes it, DER does not.
        let padded = spki(&[&[0][..], &digits].concat());
        assert!(openssl::pkey::PKey::public_key_from_der(&padded).is_ok());
        let padded = with_key(&padded);
        assert_eq!(padded.key_kind(), None);
        assert_eq!(padded.public_key().map(PublicKey::kind), Err(KeyError::Malformed));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(data: Vec<u8>) {
            let _ = Certificate::parse(data);
        }
    }
}
