//! Certificate extensions that zegel knows.

use super::certificate::CertificateError;
use super::name_constraints::{GeneralName, NameConstraints};
use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::tag;

/// Most extensions read in one certificate; real ones have at most a dozen.
const MAX_EXTENSIONS: usize = 64;

/// Most policies read of one certificate. Each is compared with all before it, and a file may hold thousands of
/// certificates.
const MAX_POLICIES: usize = 128;

/// The extensions of one certificate, each parsed if zegel knows it. Absent ones are `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// 2.5.29.35, the keyIdentifier of it.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// 2.5.29.19.
    pub basic_constraints: Option<BasicConstraints>,
    /// Addresses of the issuer's certificate, 1.3.6.1.5.5.7.1.1 with caIssuers. A hint: some name the root.
    pub ca_issuers_urls: Vec<String>,
    /// 2.5.29.31, the URIs of all distribution points in order.
    pub crl_urls: Vec<String>,
    /// 2.5.29.37.
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// 2.5.29.54, skipCerts.
    pub inhibit_any_policy: Option<u64>,
    /// 2.5.29.15.
    pub key_usage: Option<KeyUsage>,
    /// 2.5.29.30.
    pub name_constraints: Option<NameConstraints>,
    /// 1.3.6.1.5.5.7.48.1.5: the responder's own status need not be asked.
    pub ocsp_nocheck: bool,
    /// OCSP addresses of 1.3.6.1.5.5.7.1.1.
    pub ocsp_urls: Vec<String>,
    /// 2.5.29.32, identifiers in order.
    pub policies: Vec<Oid>,
    /// 2.5.29.36.
    pub policy_constraints: Option<PolicyConstraints>,
    /// 2.5.29.33, (issuerDomainPolicy, subjectDomainPolicy).
    pub policy_mappings: Vec<(Oid, Oid)>,
    /// 1.3.6.1.5.5.7.1.3.
    pub qc_statements: Option<QcStatements>,
    /// 2.5.29.17.
    pub subject_alternative_names: Vec<GeneralName>,
    /// 2.5.29.14.
    pub subject_key_identifier: Option<Vec<u8>>,
    /// Identifiers of critical extensions that zegel does not know: one of them refuses the path.
    pub unknown_critical: Vec<Oid>,
    /// Which of the known ones are critical; see [`Self::is_critical`].
    critical: u64,
    /// 0.4.0.194121.2.1: a short-term certificate, for which no status is published (EN 319 412-1 §5.2).
    pub validity_assured_short_term: bool,
}

/// basicConstraints, RFC 5280 §4.2.1.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// Whether the subject is an authority.
    pub is_ca: bool,
    /// Most non-self-issued authorities that may stand between this one and the end entity.
    pub path_length: Option<u64>,
}

/// keyUsage, RFC 5280 §4.2.1.3: bit `n` of the standard is bit `n` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Bit 0.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Bit 1, also called contentCommitment.
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// Bit 5.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Bit 6.
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// The bit with that number in the standard, 0 to 8.
    pub const fn bit(number: u8) -> Option<Self> {
        match number {
            0..=8 => Some(Self(1 << number)),
            _ => None,
        }
    }

    /// Whether every bit of `wanted` is set.
    pub const fn contains(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

impl std::ops::BitOr for KeyUsage {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// extKeyUsage, RFC 5280 §4.2.1.12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// The purposes, in order.
    pub purposes: Vec<Oid>,
}

impl ExtendedKeyUsage {
    /// id-kp-clientAuth.
    pub const CLIENT_AUTH: &'static [u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];
    /// id-kp-timeStamping.
    pub const TIME_STAMPING: &'static [u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 8];
    /// id-kp-OCSPSigning.
    pub const OCSP_SIGNING: &'static [u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 9];

    /// Whether `purpose` (content octets of its identifier) is named. anyExtendedKeyUsage does not count.
    pub fn contains(&self, purpose: &[u8]) -> bool {
        self.purposes.iter().any(|known| known.content() == purpose)
    }
}

/// policyConstraints, RFC 5280 §4.2.1.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit_policy: Option<u64>,
    /// inhibitPolicyMapping.
    pub inhibit_policy_mapping: Option<u64>,
}

/// qcStatements, RFC 3739 §3.2.6 with the statements of ETSI EN 319 412-5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QcStatements {
    /// Every statement's identifier, in order.
    pub statements: Vec<Oid>,
    /// Purposes named by QcType.
    pub types: Vec<Oid>,
}

impl QcStatements {
    /// 0.4.0.1862.1.1: claims to be a qualified certificate.
    pub fn claims_compliance(&self) -> bool {
        self.has("0.4.0.1862.1.1")
    }

    /// 0.4.0.1862.1.4: claims that the key lives in a qualified device.
    pub fn claims_device(&self) -> bool {
        self.has("0.4.0.1862.1.4")
    }

    /// Whether the type, when one is stated, is that of electronic signatures (0.4.0.1862.1.6.1).
    pub fn fits_signatures(&self) -> bool {
        self.types.is_empty()
            || self
                .types
                .iter()
                .any(|kind| kind.to_string() == "0.4.0.1862.1.6.1")
    }

    fn has(&self, statement: &str) -> bool {
        self.statements.iter().any(|known| known.to_string() == statement)
    }
}

const PKIX: &[u8] = &[0x2B, 6, 1, 5, 5, 7];

impl Extensions {
    /// id-ce-subjectKeyIdentifier, the last arc below 2.5.29, as the following.
    pub const SUBJECT_KEY_IDENTIFIER: u8 = 14;
    /// id-ce-subjectAltName.
    pub const SUBJECT_ALTERNATIVE_NAME: u8 = 17;
    /// id-ce-nameConstraints.
    pub const NAME_CONSTRAINTS: u8 = 30;
    /// id-ce-authorityKeyIdentifier.
    pub const AUTHORITY_KEY_IDENTIFIER: u8 = 35;
    /// id-ce-policyConstraints.
    pub const POLICY_CONSTRAINTS: u8 = 36;
    /// id-ce-inhibitAnyPolicy.
    pub const INHIBIT_ANY_POLICY: u8 = 54;
    /// id-pe-authorityInfoAccess, which is not below 2.5.29; no extension there has this number.
    pub const AUTHORITY_INFORMATION_ACCESS: u8 = 63;

    /// Whether `extension`, one of the numbers above, is there and marked critical.
    pub const fn is_critical(&self, extension: u8) -> bool {
        extension < 64 && self.critical & (1 << extension) != 0
    }

    /// Reads the SEQUENCE OF Extension `list`.
    pub(super) fn parse(list: &Element<'_>) -> Result<Self, CertificateError> {
        let mut out = Self::default();
        let mut seen: Vec<Oid> = Vec::new();
        let mut items = list.inside()?;
        if items.is_at_end() {
            return Err(Asn1Error::Content(list.offset()).into());
        }
        while let Some(item) = items.next()? {
            if item.tag() != tag::SEQUENCE {
                return Err(Asn1Error::Content(item.offset()).into());
            }
            let mut parts = item.inside()?;
            let id = parts.expect(tag::OID)?.oid()?;
            // WHY: DER leaves `critical FALSE` out, yet certificates that write it are in the field.
            let critical = match parts.optional(tag::BOOLEAN)? {
                Some(flag) => flag.boolean()?,
                None => false,
            };
            let value = parts.expect(tag::OCTET_STRING)?;
            parts.finish()?;
            if seen.contains(&id) {
                return Err(CertificateError::DuplicateExtension);
            }
            if seen.len() >= MAX_EXTENSIONS {
                return Err(CertificateError::TooLarge);
            }
            if critical {
                let number = match id.content() {
                    [0x55, 0x1D, number @ 0..63] => Some(*number),
                    [0x2B, 6, 1, 5, 5, 7, 1, 1] => Some(Self::AUTHORITY_INFORMATION_ACCESS),
                    _ => None,
                };
                out.critical |= number.map_or(0, |number| 1 << number);
            }
            out.take(&id, critical, value.content())?;
            seen.push(id);
        }
        Ok(out)
    }

    fn take(&mut self, id: &Oid, critical: bool, value: &[u8]) -> Result<(), CertificateError> {
        let named = |name: &'static str| move |_: Asn1Error| CertificateError::Extension(name);
        match id.content() {
            [0x55, 0x1D, number] => match number {
                14 => {
                    let octets = read::single(value, Rules::Der)
                        .and_then(|element| element.octets().map(|o| o.to_vec()));
                    self.subject_key_identifier = Some(octets.map_err(named("subjectKeyIdentifier"))?);
                }
                15 => self.key_usage = Some(key_usage(value).map_err(named("keyUsage"))?),
                17 => {
                    self.subject_alternative_names = general_names(value).map_err(named("subjectAltName"))?;
                }
                19 => {
                    self.basic_constraints =
                        Some(basic_constraints(value, critical).map_err(named("basicConstraints"))?);
                }
                30 => {
                    self.name_constraints =
                        Some(NameConstraints::parse(value).map_err(named("nameConstraints"))?);
                }
                31 => self.crl_urls = crl_urls(value).map_err(named("cRLDistributionPoints"))?,
                32 => self.policies = policies(value).map_err(named("certificatePolicies"))?,
                33 => self.policy_mappings = policy_mappings(value).map_err(named("policyMappings"))?,
                35 => {
                    self.authority_key_identifier =
                        authority_key(value).map_err(named("authorityKeyIdentifier"))?;
                }
                36 => {
                    self.policy_constraints =
                        Some(policy_constraints(value).map_err(named("policyConstraints"))?);
                }
                37 => {
                    let purposes = oids(value).map_err(named("extKeyUsage"))?;
                    self.extended_key_usage = Some(ExtendedKeyUsage { critical, purposes });
                }
                54 => {
                    let skip = read::single(value, Rules::Der).and_then(|element| element.unsigned());
                    self.inhibit_any_policy = Some(skip.map_err(named("inhibitAnyPolicy"))?);
                }
                _ if critical => self.unknown_critical.push(id.clone()),
                _ => {}
            },
            [0x2B, 6, 1, 5, 5, 7, 1, 1] => {
                self.access(value).map_err(named("authorityInfoAccess"))?;
            }
            [0x2B, 6, 1, 5, 5, 7, 1, 3] => {
                self.qc_statements = Some(qc_statements(value).map_err(named("qcStatements"))?);
            }
            [0x2B, 6, 1, 5, 5, 7, 48, 1, 5] => self.ocsp_nocheck = true,
            _ if id.to_string() == "0.4.0.194121.2.1" => self.validity_assured_short_term = true,
            _ if critical => self.unknown_critical.push(id.clone()),
            _ => {}
        }
        Ok(())
    }

    /// authorityInfoAccess, RFC 5280 §4.2.2.1: URIs of caIssuers and OCSP, other forms read over.
    fn access(&mut self, value: &[u8]) -> Result<(), Asn1Error> {
        let mut list = read::single(value, Rules::Der)?.inside()?;
        while let Some(description) = list.next()? {
            let mut parts = description.inside()?;
            let method = parts.any()?.oid()?;
            let location = parts.any()?;
            parts.finish()?;
            let Some(url) = uri(&location) else { continue };
            match method.content().strip_prefix(PKIX) {
                Some([48, 1]) => self.ocsp_urls.push(url),
                Some([48, 2]) => self.ca_issuers_urls.push(url),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The text of a uniformResourceIdentifier, if that is what `name` is.
fn uri(name: &Element<'_>) -> Option<String> {
    (name.tag() == tag::context(6))
        .then(|| std::str::from_utf8(name.content()).ok().map(str::to_owned))
        .flatten()
}

fn key_usage(value: &[u8]) -> Result<KeyUsage, Asn1Error> {
    let element = read::single(value, Rules::Der)?;
    let mut bits = 0_u16;
    for number in 0..9_u8 {
        if element.named_bit(usize::from(number))? {
            bits |= 1 << number;
        }
    }
    Ok(KeyUsage(bits))
}

fn basic_constraints(value: &[u8], critical: bool) -> Result<BasicConstraints, Asn1Error> {
    let mut parts = read::single(value, Rules::Der)?.inside()?;
    let is_ca = match parts.optional(tag::BOOLEAN)? {
        Some(flag) => flag.boolean()?,
        None => false,
    };
    let path_length = parts
        .optional(tag::INTEGER)?
        .map(|number| number.unsigned())
        .transpose()?;
    parts.finish()?;
    Ok(BasicConstraints {
        critical,
        is_ca,
        path_length,
    })
}

fn oids(value: &[u8]) -> Result<Vec<Oid>, Asn1Error> {
    let whole = read::single(value, Rules::Der)?;
    let mut list = whole.inside()?;
    let mut out = Vec::new();
    while let Some(element) = list.next()? {
        out.push(element.oid()?);
    }
    if out.is_empty() {
        return Err(Asn1Error::Content(whole.offset()));
    }
    Ok(out)
}

fn policies(value: &[u8]) -> Result<Vec<Oid>, Asn1Error> {
    let whole = read::single(value, Rules::Der)?;
    let mut list = whole.inside()?;
    let mut out: Vec<Oid> = Vec::new();
    while let Some(information) = list.next()? {
        let mut parts = information.inside()?;
        let policy = parts.expect(tag::OID)?.oid()?;
        // WHY: qualifiers are not used, and real ones hold VisibleString text that is not visible ASCII; only
        // their outer frame is read.
        parts.optional(tag::SEQUENCE)?;
        parts.finish()?;
        if out.contains(&policy) || out.len() >= MAX_POLICIES {
            return Err(Asn1Error::Content(information.offset()));
        }
        out.push(policy);
    }
    if out.is_empty() {
        return Err(Asn1Error::Content(whole.offset()));
    }
    Ok(out)
}

fn policy_mappings(value: &[u8]) -> Result<Vec<(Oid, Oid)>, Asn1Error> {
    let mut list = read::single(value, Rules::Der)?.inside()?;
    let mut out = Vec::new();
    while let Some(mapping) = list.next()? {
        let mut parts = mapping.inside()?;
        out.push((parts.any()?.oid()?, parts.any()?.oid()?));
        parts.finish()?;
    }
    Ok(out)
}

fn policy_constraints(value: &[u8]) -> Result<PolicyConstraints, Asn1Error> {
    let mut parts = read::single(value, Rules::Der)?.inside()?;
    let mut skip = |number: u8| -> Result<Option<u64>, Asn1Error> {
        // The numbers are INTEGER under an implicit tag.
        parts
            .optional(tag::context(number))?
            .map(|element| {
                read::single(
                    &crate::asn1::write::element(tag::INTEGER, element.content()),
                    Rules::Der,
                )?
                .unsigned()
            })
            .transpose()
    };
    let constraints = PolicyConstraints {
        require_explicit_policy: skip(0)?,
        inhibit_policy_mapping: skip(1)?,
    };
    parts.finish()?;
    Ok(constraints)
}

fn authority_key(value: &[u8]) -> Result<Option<Vec<u8>>, Asn1Error> {
    let mut parts = read::single(value, Rules::Der)?.inside()?;
    let key = parts
        .optional(tag::context(0))?
        .map(|element| element.content().to_vec());
    // authorityCertIssuer and authorityCertSerialNumber only order candidates elsewhere; not used here.
    parts.optional(tag::context_constructed(1))?;
    parts.optional(tag::context(2))?;
    parts.finish()?;
    Ok(key)
}

fn general_names(value: &[u8]) -> Result<Vec<GeneralName>, Asn1Error> {
    let mut list = read::single(value, Rules::Der)?.inside()?;
    let mut out = Vec::new();
    while let Some(name) = list.next()? {
        out.push(GeneralName::parse(&name)?);
    }
    Ok(out)
}

fn crl_urls(value: &[u8]) -> Result<Vec<String>, Asn1Error> {
    let mut list = read::single(value, Rules::Der)?.inside()?;
    let mut out = Vec::new();
    while let Some(point) = list.next()? {
        let mut parts = point.inside()?;
        if let Some(name) = parts.optional(tag::context_constructed(0))? {
            out.extend(distribution_point_urls(&name)?);
        }
    }
    Ok(out)
}

fn qc_statements(value: &[u8]) -> Result<QcStatements, Asn1Error> {
    let mut list = read::single(value, Rules::Der)?.inside()?;
    let mut out = QcStatements::default();
    while let Some(statement) = list.next()? {
        let mut parts = statement.inside()?;
        let id = parts.expect(tag::OID)?.oid()?;
        let info = parts.next()?;
        parts.finish()?;
        if id.to_string() == "0.4.0.1862.1.6"
            && let Some(info) = info
        {
            let mut types = info.inside()?;
            while let Some(kind) = types.next()? {
                out.types.push(kind.oid()?);
            }
        }
        out.statements.push(id);
    }
    Ok(out)
}

/// A distributionPoint's general names as an issuingDistributionPoint or a CDP writes them, URIs only.
pub(super) fn distribution_point_urls(name: &Element<'_>) -> Result<Vec<String>, Asn1Error> {
    let mut out = Vec::new();
    let mut choice = name.inside()?;
    if let Some(full) = choice.optional(tag::context_constructed(0))? {
        let mut names = full.inside()?;
        while let Some(name) = names.next()? {
            out.extend(uri(&name));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_beyond_number_are_refused() {
        let list = |count: u64| {
            let items: Vec<u8> = (0..count)
                .flat_map(|number| {
                    let name = format!("1.2.3.{number}").parse().unwrap();
                    crate::asn1::write::sequence(&[&crate::asn1::write::oid(&name)])
                })
                .collect();
            policies(&crate::asn1::write::sequence(&[&items])).map(|found| found.len())
        };
        assert_eq!(list(128), Ok(128));
        assert!(list(129).is_err());
    }

    #[test]
    fn statements_of_a_qualified_signature_certificate_are_read() {
        let der = hex::decode(
            "30293008060604008e4601013008060604008e4601043013060604008e4601063009060704008e46010601",
        )
        .unwrap();
        let statements = qc_statements(&der).unwrap();
        assert!(statements.claims_compliance() && statements.claims_device() && statements.fits_signatures());
        assert_eq!(statements.statements.len(), 3);
    }

    #[test]
    fn key_usage_bits_are_those_of_the_standard() {
        let usage = key_usage(&[0x03, 0x02, 0x06, 0xC0]).unwrap();
        assert!(usage.contains(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION));
        assert!(!usage.contains(KeyUsage::KEY_CERT_SIGN));
        let ca = key_usage(&[0x03, 0x02, 0x01, 0x06]).unwrap();
        assert!(ca.contains(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN));
    }
}
