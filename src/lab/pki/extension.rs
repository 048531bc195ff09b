//! Certificate extensions as Belgian certificates have them (reference pki-and-trust §1.4).

use super::super::known_oid;
use super::authority::AuthorityKind;
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;
use crate::crypto::key::PublicKey;

/// id-kp-clientAuth.
pub(super) const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
/// id-kp-emailProtection.
pub(super) const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
/// id-kp-timeStamping.
pub(super) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-OCSPSigning.
pub(super) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// One extension: identifier, criticality, value.
#[derive(Clone, Debug)]
pub struct Extension {
    oid: String,
    critical: bool,
    value: Vec<u8>,
}

impl Extension {
    /// An extension with the DER `value`, not critical.
    pub fn new(oid: &str, value: Vec<u8>) -> Self {
        Self {
            oid: oid.to_owned(),
            critical: false,
            value,
        }
    }

    /// The same, critical.
    #[must_use]
    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// The dotted identifier.
    pub fn oid(&self) -> &str {
        &self.oid
    }

    /// basicConstraints of an authority, critical.
    pub fn authority(path_length: u64) -> Self {
        let value = write::sequence(&[&write::boolean(true), &write::integer(path_length)]);
        Self::new("2.5.29.19", value).critical()
    }

    /// keyUsage with the named bits of RFC 5280 §4.2.1.3 (0 digitalSignature, 1 nonRepudiation, 5 keyCertSign,
    /// 6 cRLSign), critical.
    pub fn key_usage(bits: &[usize]) -> Self {
        let named: Vec<bool> = (0..9).map(|bit| bits.contains(&bit)).collect();
        Self::new("2.5.29.15", write::named_bits(&named)).critical()
    }

    /// extKeyUsage with these purposes.
    pub fn extended_key_usage(purposes: &[&str]) -> Self {
        let oids: Vec<u8> = purposes.iter().flat_map(|purpose| known_oid(purpose)).collect();
        Self::new("2.5.29.37", write::element(write::tag::SEQUENCE, &oids))
    }

    /// certificatePolicies with these identifiers and no qualifiers.
    pub fn policies(policies: &[&str]) -> Self {
        let all: Vec<u8> = policies
            .iter()
            .flat_map(|policy| write::sequence(&[&known_oid(policy)]))
            .collect();
        Self::new("2.5.29.32", write::element(write::tag::SEQUENCE, &all))
    }

    /// authorityInfoAccess: the certificate of `issuer` and its OCSP responder.
    pub fn access(base_url: &str, issuer: AuthorityKind) -> Self {
        let slug = issuer.slug();
        let entry = |method: &str, path: String| {
            write::sequence(&[
                &known_oid(method),
                &write::element(write::tag::context(6), format!("{base_url}{path}").as_bytes()),
            ])
        };
        Self::new(
            "1.3.6.1.5.5.7.1.1",
            write::sequence(&[
                &entry("1.3.6.1.5.5.7.48.2", format!("/crt/{slug}.crt")),
                &entry("1.3.6.1.5.5.7.48.1", format!("/ocsp/{slug}")),
            ]),
        )
    }

    /// cRLDistributionPoints with the one CRL of `issuer`.
    pub fn crl(base_url: &str, issuer: AuthorityKind) -> Self {
        let url = write::element(
            write::tag::context(6),
            format!("{base_url}/crl/{}.crl", issuer.slug()).as_bytes(),
        );
        let full_name = write::explicit(0, &url);
        let point = write::sequence(&[&write::explicit(0, &full_name)]);
        Self::new("2.5.29.31", write::sequence(&[&point]))
    }

    /// qcStatements with QcCompliance, QcSSCD and QcType esign (ETSI EN 319 412-5).
    pub fn qualified_signature() -> Self {
        Self::qualified("0.4.0.1862.1.6.1")
    }

    /// Statements of a qualified certificate for electronic seals with the key in a qualified device.
    pub fn qualified_seal() -> Self {
        Self::qualified("0.4.0.1862.1.6.2")
    }

    fn qualified(kind: &str) -> Self {
        let plain = |oid: &str| write::sequence(&[&known_oid(oid)]);
        let kind = write::sequence(&[&known_oid(kind)]);
        Self::new(
            "1.3.6.1.5.5.7.1.3",
            write::sequence(&[
                &plain("0.4.0.1862.1.1"),
                &plain("0.4.0.1862.1.4"),
                &write::sequence(&[&known_oid("0.4.0.1862.1.6"), &kind]),
            ]),
        )
    }

    /// subjectAltName with an e-mail address, the same as a user principal name, and a card's UUID.
    pub fn staff_names(mail: &str, card: &[u8; 16]) -> Self {
        let principal = write::sequence(&[
            &known_oid("1.3.6.1.4.1.311.20.2.3"),
            &write::explicit(0, &write::utf8(mail)),
        ]);
        // otherName is implicitly tagged: its SEQUENCE tag gives way to [0].
        let mut principal = principal;
        if let Some(tag) = principal.first_mut() {
            *tag = write::tag::context_constructed(0);
        }
        let digits = hex::encode(card);
        let groups = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        let groups = groups.map(|(from, to)| digits.get(from..to).unwrap_or_default());
        let uuid = format!("urn:uuid:{}", groups.join("-"));
        Self::new(
            "2.5.29.17",
            write::sequence(&[
                &write::element(write::tag::context(1), mail.as_bytes()),
                &principal,
                &write::element(write::tag::context(6), uuid.as_bytes()),
            ]),
        )
    }

    /// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
    pub fn no_check() -> Self {
        Self::new("1.3.6.1.5.5.7.48.1.5", write::null())
    }

    /// subjectKeyIdentifier of `key`.
    pub fn subject_key(key: &PublicKey) -> Self {
        Self::new("2.5.29.14", write::octet_string(&key_identifier(key)))
    }

    /// authorityKeyIdentifier naming `key`, key identifier only.
    pub fn authority_key(key: &PublicKey) -> Self {
        let identifier = write::element(write::tag::context(0), &key_identifier(key));
        Self::new("2.5.29.35", write::sequence(&[&identifier]))
    }

    /// The extension in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let critical = if self.critical {
            write::boolean(true)
        } else {
            Vec::new()
        };
        write::sequence(&[
            &known_oid(&self.oid),
            &critical,
            &write::octet_string(&self.value),
        ])
    }
}

/// SHA-1 of the key bits (RFC 5280 §4.2.1.2, method 1; also the OCSP responder's byKey).
pub(in crate::lab) fn key_identifier(key: &PublicKey) -> Vec<u8> {
    HashAlgorithm::Sha1.digest(&key_bits(key))
}

/// The content of the subjectPublicKey BIT STRING.
pub(in crate::lab) fn key_bits(key: &PublicKey) -> Vec<u8> {
    use crate::asn1::read::{Rules, single};
    single(key.spki_der(), Rules::Der)
        .and_then(|spki| spki.inside())
        .and_then(|mut parts| {
            parts.any()?;
            parts.any()
        })
        .and_then(|bits| bits.bit_octets())
        .map(<[u8]>::to_vec)
        .unwrap_or_default()
}
