//! Makes answers, lists and time-stamps that are right in everything but the one thing that a test changes.
//!
//! Written apart from the laboratory's own services, field by field, so that each field can be spoilt alone.

use zegel::asn1::read::{self, Rules};
use zegel::asn1::write::{self, tag};
use zegel::base::clock::Clock as _;
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::crypto::algorithm::{SignatureAlgorithm, hash_identifier};
use zegel::crypto::key::PrivateKey;
use zegel::lab::pki::Extension;
use zegel::pki::certificate::Certificate;

use super::world::World;

/// OBJECT IDENTIFIER.
pub(crate) fn oid(text: &str) -> Vec<u8> {
    write::oid(&text.parse().unwrap())
}

/// `seconds` before (negative) or after the world's moment.
pub(crate) fn moment(world: &World, seconds: i64) -> Timestamp {
    let by = std::time::Duration::from_secs(seconds.unsigned_abs());
    let now = world.clock.now();
    if seconds < 0 { now.minus(by) } else { now.plus(by) }
}

/// GeneralizedTime, `seconds` from the world's moment.
pub(crate) fn general(world: &World, seconds: i64) -> Vec<u8> {
    write::generalized_time(moment(world, seconds))
}

/// GeneralizedTime of that text, whatever it is.
pub(crate) fn general_text(text: &str) -> Vec<u8> {
    write::element(tag::GENERALIZED_TIME, text.as_bytes())
}

/// `SEQUENCE { to be signed, algorithm, BIT STRING }`, one bit of the signature turned when `spoilt`.
fn signed(
    to_be_signed: &[u8],
    key: &PrivateKey,
    algorithm: SignatureAlgorithm,
    written: &[u8],
    spoilt: bool,
) -> Vec<Vec<u8>> {
    let mut signature = key.sign(algorithm, to_be_signed).unwrap();
    if spoilt {
        // The last octet of s: still a well-formed value.
        *signature.last_mut().unwrap() ^= 1;
    }
    vec![
        to_be_signed.to_vec(),
        written.to_vec(),
        write::bit_string(&signature),
    ]
}

fn concat(parts: &[Vec<u8>]) -> Vec<u8> {
    write::element(tag::SEQUENCE, &parts.concat())
}

// ---------------------------------------------------------------------------------------------------------- OCSP

/// CertID of `certificate` under `issuer`; fields to be spoilt.
#[derive(Clone)]
pub(crate) struct CertIdParts {
    pub(crate) hash: HashAlgorithm,
    pub(crate) name_hash: Vec<u8>,
    pub(crate) key_hash: Vec<u8>,
    pub(crate) serial: Vec<u8>,
}

impl CertIdParts {
    pub(crate) fn new(certificate: &Certificate, issuer: &Certificate, hash: HashAlgorithm) -> Self {
        Self {
            hash,
            name_hash: hash.digest(issuer.subject().der()),
            key_hash: issuer.key_hash(hash),
            serial: certificate.serial().to_vec(),
        }
    }

    fn der(&self) -> Vec<u8> {
        // AlgorithmIdentifier with NULL, as requests have it.
        let identifier = hash_identifier(self.hash);
        let oid = read::single(&identifier, Rules::Der).unwrap().content().to_vec();
        write::sequence(&[
            &write::sequence(&[&oid, &write::null()]),
            &write::octet_string(&self.name_hash),
            &write::octet_string(&self.key_hash),
            &write::integer_bytes(&self.serial),
        ])
    }
}

/// One SingleResponse.
#[derive(Clone)]
pub(crate) struct SingleParts {
    pub(crate) id: CertIdParts,
    /// CertStatus, DER.
    pub(crate) status: Vec<u8>,
    pub(crate) this_update: Vec<u8>,
    pub(crate) next_update: Option<Vec<u8>>,
    pub(crate) extensions: Vec<Extension>,
}

/// CertStatus good.
pub(crate) fn good() -> Vec<u8> {
    write::element(tag::context(0), &[])
}

/// CertStatus unknown.
pub(crate) fn unknown() -> Vec<u8> {
    write::element(tag::context(2), &[])
}

/// CertStatus revoked.
pub(crate) fn revoked(at: &[u8], reason: Option<u8>) -> Vec<u8> {
    let reason = reason.map(|code| write::explicit(0, &write::element(tag::ENUMERATED, &[code])));
    write::constructed(
        tag::context_constructed(1),
        &[at, reason.as_deref().unwrap_or_default()],
    )
}

impl SingleParts {
    fn der(&self) -> Vec<u8> {
        let next = self.next_update.as_ref().map(|next| write::explicit(0, next));
        write::sequence(&[
            &self.id.der(),
            &self.status,
            &self.this_update,
            next.as_deref().unwrap_or_default(),
            &extensions(1, &self.extensions),
        ])
    }
}

/// `[number] EXPLICIT Extensions`, nothing when there are none.
fn extensions(number: u8, list: &[Extension]) -> Vec<u8> {
    if list.is_empty() {
        return Vec::new();
    }
    let all: Vec<u8> = list.iter().flat_map(Extension::to_der).collect();
    write::explicit(number, &write::element(tag::SEQUENCE, &all))
}

/// A whole answer.
#[derive(Clone)]
pub(crate) struct OcspParts {
    pub(crate) response_status: u8,
    pub(crate) response_type: String,
    /// ResponderID, DER.
    pub(crate) responder: Vec<u8>,
    pub(crate) produced_at: Vec<u8>,
    pub(crate) singles: Vec<SingleParts>,
    /// The nonce sent, to be echoed.
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) key: PrivateKey,
    pub(crate) algorithm: SignatureAlgorithm,
    /// AlgorithmIdentifier as written, when not that of `algorithm`.
    pub(crate) algorithm_written: Option<Vec<u8>>,
    pub(crate) spoilt_signature: bool,
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Octets behind the BasicOCSPResponse, inside its OCTET STRING.
    pub(crate) behind_basic: Vec<u8>,
    /// Octets behind everything.
    pub(crate) behind: Vec<u8>,
}

/// ResponderID byKey of `certificate`.
pub(crate) fn by_key(certificate: &Certificate) -> Vec<u8> {
    write::explicit(
        2,
        &write::octet_string(&certificate.key_hash(HashAlgorithm::Sha1)),
    )
}

/// ResponderID byName of `certificate`.
pub(crate) fn by_name(certificate: &Certificate) -> Vec<u8> {
    write::explicit(1, certificate.subject().der())
}

impl OcspParts {
    /// The right answer to `request` about `certificate`: good, signed by the citizen authority's responder.
    pub(crate) fn new(world: &World, certificate: &Certificate, request: &[u8]) -> Self {
        let authority = &world.pki().citizen;
        let issuer = Certificate::parse(authority.certificate_der()).unwrap();
        let responder = Certificate::parse(authority.responder().certificate_der.clone()).unwrap();
        let key = authority.responder().key.clone();
        Self {
            response_status: 0,
            response_type: "1.3.6.1.5.5.7.48.1.1".to_owned(),
            responder: by_key(&responder),
            produced_at: general(world, 0),
            singles: vec![SingleParts {
                id: CertIdParts::new(certificate, &issuer, HashAlgorithm::Sha1),
                status: good(),
                this_update: general(world, 0),
                next_update: Some(general(world, 60)),
                extensions: Vec::new(),
            }],
            nonce: nonce_of(request),
            extensions: Vec::new(),
            algorithm: key.public().kind().default_algorithm(),
            algorithm_written: None,
            key,
            spoilt_signature: false,
            certificates: vec![responder.der().to_vec()],
            behind_basic: Vec::new(),
            behind: Vec::new(),
        }
    }

    /// Signed by `key` with `certificate`, which is named by its key and comes along.
    pub(crate) fn signed_by(&mut self, certificate: &Certificate, key: &PrivateKey) {
        self.responder = by_key(certificate);
        self.key = key.clone();
        self.algorithm = key.public().kind().default_algorithm();
        self.certificates = vec![certificate.der().to_vec()];
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        if self.response_status != 0 {
            return write::sequence(&[&write::element(tag::ENUMERATED, &[self.response_status])]);
        }
        let mut all = self.extensions.clone();
        if let Some(nonce) = &self.nonce {
            all.push(Extension::new("1.3.6.1.5.5.7.48.1.2", nonce.clone()));
        }
        let singles: Vec<u8> = self.singles.iter().flat_map(SingleParts::der).collect();
        let data = write::sequence(&[
            &self.responder,
            &self.produced_at,
            &write::element(tag::SEQUENCE, &singles),
            &extensions(1, &all),
        ]);
        let written = self
            .algorithm_written
            .clone()
            .unwrap_or_else(|| self.algorithm.algorithm_identifier());
        let mut basic = signed(&data, &self.key, self.algorithm, &written, self.spoilt_signature);
        if !self.certificates.is_empty() {
            basic.push(write::explicit(
                0,
                &write::element(tag::SEQUENCE, &self.certificates.concat()),
            ));
        }
        let basic = [concat(&basic), self.behind_basic.clone()].concat();
        let bytes = write::sequence(&[&oid(&self.response_type), &write::octet_string(&basic)]);
        let whole = write::sequence(&[
            &write::element(tag::ENUMERATED, &[0]),
            &write::explicit(0, &bytes),
        ]);
        [whole, self.behind.clone()].concat()
    }
}

/// The extnValue of the nonce in an OCSPRequest.
pub(crate) fn nonce_of(request: &[u8]) -> Option<Vec<u8>> {
    let mut whole = read::single(request, Rules::Der).ok()?.inside().ok()?;
    let mut request = whole.sequence().ok()?;
    request.sequence().ok()?;
    let mut list = request
        .optional(tag::context_constructed(2))
        .ok()??
        .inside()
        .ok()?
        .sequence()
        .ok()?;
    let mut nonce = list.sequence().ok()?;
    nonce.any().ok()?;
    Some(nonce.expect(tag::OCTET_STRING).ok()?.content().to_vec())
}

// ----------------------------------------------------------------------------------------------------------- CRL

/// A whole list.
#[derive(Clone)]
pub(crate) struct CrlParts {
    /// The version's number as written; none is version 1.
    pub(crate) version: Option<u64>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) this_update: Vec<u8>,
    pub(crate) next_update: Option<Vec<u8>>,
    /// Entries, DER.
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) key: PrivateKey,
    pub(crate) algorithm: SignatureAlgorithm,
    /// AlgorithmIdentifier outside, when not the one inside.
    pub(crate) outer_algorithm: Option<Vec<u8>>,
    /// What it is signed with, when not what it says inside.
    pub(crate) signed_with: Option<SignatureAlgorithm>,
    pub(crate) spoilt_signature: bool,
    pub(crate) behind: Vec<u8>,
}

/// An entry: serial number, when, extensions.
pub(crate) fn entry(serial: &[u8], at: &[u8], list: &[Extension]) -> Vec<u8> {
    let all: Vec<u8> = list.iter().flat_map(Extension::to_der).collect();
    let all = if list.is_empty() {
        Vec::new()
    } else {
        write::element(tag::SEQUENCE, &all)
    };
    write::sequence(&[&write::integer_bytes(serial), at, &all])
}

/// reasonCode.
pub(crate) fn reason(code: u8) -> Extension {
    Extension::new("2.5.29.21", write::element(tag::ENUMERATED, &[code]))
}

/// cRLNumber.
pub(crate) fn number(value: u64) -> Extension {
    Extension::new("2.5.29.20", write::integer(value))
}

/// issuingDistributionPoint, critical, of these fields (DER).
pub(crate) fn scope(fields: &[&[u8]]) -> Extension {
    Extension::new("2.5.29.28", write::sequence(fields)).critical()
}

/// The field distributionPoint with one address.
pub(crate) fn point(url: &str) -> Vec<u8> {
    let name = write::explicit(0, &write::element(tag::context(6), url.as_bytes()));
    write::explicit(0, &name)
}

impl CrlParts {
    /// A right list of the citizen authority, nobody on it.
    pub(crate) fn new(world: &World) -> Self {
        let authority = &world.pki().citizen;
        Self {
            version: Some(1),
            issuer: authority.name().to_der(),
            this_update: write::time(moment(world, 0)),
            next_update: Some(write::time(moment(world, 7 * 86_400))),
            entries: Vec::new(),
            extensions: vec![number(17)],
            key: authority.key().clone(),
            algorithm: authority.key().public().kind().default_algorithm(),
            outer_algorithm: None,
            signed_with: None,
            spoilt_signature: false,
            behind: Vec::new(),
        }
    }

    /// A right list of the root.
    pub(crate) fn of_root(world: &World) -> Self {
        let root = &world.pki().root;
        Self {
            issuer: root.name().to_der(),
            key: root.key().clone(),
            algorithm: root.key().public().kind().default_algorithm(),
            ..Self::new(world)
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let entries = if self.entries.is_empty() {
            Vec::new()
        } else {
            write::element(tag::SEQUENCE, &self.entries.concat())
        };
        let list = write::sequence(&[
            &self.version.map(write::integer).unwrap_or_default(),
            &self.algorithm.algorithm_identifier(),
            &self.issuer,
            &self.this_update,
            self.next_update.as_deref().unwrap_or_default(),
            &entries,
            &extensions(0, &self.extensions),
        ]);
        let written = self
            .outer_algorithm
            .clone()
            .unwrap_or_else(|| self.algorithm.algorithm_identifier());
        let algorithm = self.signed_with.unwrap_or(self.algorithm);
        let parts = signed(&list, &self.key, algorithm, &written, self.spoilt_signature);
        [concat(&parts), self.behind.clone()].concat()
    }
}

// ---------------------------------------------------------------------------------------------------- Time-stamps

/// A whole TimeStampResp.
#[derive(Clone)]
pub(crate) struct StampParts {
    pub(crate) status: u64,
    pub(crate) policy: String,
    pub(crate) hash: HashAlgorithm,
    pub(crate) imprint: Vec<u8>,
    pub(crate) gen_time: Vec<u8>,
    /// Accuracy, DER.
    pub(crate) accuracy: Vec<u8>,
    pub(crate) ordering: Option<bool>,
    /// INTEGER, DER.
    pub(crate) nonce: Option<Vec<u8>>,
    /// GeneralName, DER.
    pub(crate) tsa: Option<Vec<u8>>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) content_type: String,
    pub(crate) signers: usize,
    pub(crate) unit: Certificate,
    pub(crate) key: PrivateKey,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) attribute_content_type: String,
    pub(crate) message_digest: Option<Vec<u8>>,
    /// ESSCertIDv2's hash of this certificate, by this algorithm; none leaves the attribute out.
    pub(crate) reference: Option<(HashAlgorithm, Vec<u8>)>,
    /// ESSCertID with the SHA-1 of the unit.
    pub(crate) old_reference: bool,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) spoilt_signature: bool,
}

const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

impl StampParts {
    /// A right reply about `imprint` (SHA-256) with `nonce` (INTEGER content), by the laboratory's unit.
    pub(crate) fn new(world: &World, imprint: &[u8], nonce: &[u8]) -> Self {
        let unit = Certificate::parse(world.pki().unit.certificate_der.clone()).unwrap();
        let key = world.pki().unit.key.clone();
        Self {
            status: 0,
            policy: "2.16.56.13.6.3.1.1000".to_owned(),
            hash: HashAlgorithm::Sha256,
            imprint: imprint.to_vec(),
            gen_time: general(world, 0),
            accuracy: write::sequence(&[&write::integer(1)]),
            ordering: None,
            nonce: Some(write::integer_bytes(nonce)),
            tsa: Some(write::explicit(4, unit.subject().der())),
            extensions: Vec::new(),
            content_type: TST_INFO.to_owned(),
            signers: 1,
            certificates: vec![
                unit.der().to_vec(),
                world.pki().timestamp.certificate_der().to_vec(),
            ],
            reference: Some((HashAlgorithm::Sha256, unit.der().to_vec())),
            old_reference: false,
            attribute_content_type: TST_INFO.to_owned(),
            message_digest: None,
            algorithm: key.public().kind().default_algorithm(),
            unit,
            key,
            spoilt_signature: false,
        }
    }

    /// Signed by another unit, which is named everywhere.
    pub(crate) fn signed_by(&mut self, unit: &Certificate, key: &PrivateKey) {
        self.tsa = Some(write::explicit(4, unit.subject().der()));
        self.reference = Some((HashAlgorithm::Sha256, unit.der().to_vec()));
        if let Some(first) = self.certificates.first_mut() {
            *first = unit.der().to_vec();
        }
        self.algorithm = key.public().kind().default_algorithm();
        self.unit = unit.clone();
        self.key = key.clone();
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        if self.status > 1 {
            return write::sequence(&[&write::sequence(&[&write::integer(self.status)])]);
        }
        let ordering = self.ordering.map(write::boolean).unwrap_or_default();
        let tsa = self.tsa.as_ref().map(|name| write::explicit(0, name));
        let extra: Vec<u8> = self.extensions.iter().flat_map(Extension::to_der).collect();
        let extra = if extra.is_empty() {
            Vec::new()
        } else {
            write::element(tag::context_constructed(1), &extra)
        };
        let info = write::sequence(&[
            &write::integer(1),
            &oid(&self.policy),
            &write::sequence(&[&hash_identifier(self.hash), &write::octet_string(&self.imprint)]),
            &write::integer(7),
            &self.gen_time,
            &self.accuracy,
            &ordering,
            self.nonce.as_deref().unwrap_or_default(),
            tsa.as_deref().unwrap_or_default(),
            &extra,
        ]);
        let signer = self.signer(&info);
        let signed = write::sequence(&[
            &write::integer(3),
            &write::set_of(vec![hash_identifier(self.algorithm.hash())]),
            &write::sequence(&[
                &oid(&self.content_type),
                &write::explicit(0, &write::octet_string(&info)),
            ]),
            &write::element(tag::context_constructed(0), &self.certificates.concat()),
            &write::element(tag::SET, &signer.repeat(self.signers)),
        ]);
        let token = write::sequence(&[&oid("1.2.840.113549.1.7.2"), &write::explicit(0, &signed)]);
        write::sequence(&[&write::sequence(&[&write::integer(self.status)]), &token])
    }

    fn signer(&self, info: &[u8]) -> Vec<u8> {
        let hash = self.algorithm.hash();
        let attribute =
            |name: &str, value: Vec<u8>| write::sequence(&[&oid(name), &write::set_of(vec![value])]);
        let digest = self.message_digest.clone().unwrap_or_else(|| hash.digest(info));
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", oid(&self.attribute_content_type)),
            attribute("1.2.840.113549.1.9.4", write::octet_string(&digest)),
        ];
        if let Some((by, certificate)) = &self.reference {
            let algorithm = if *by == HashAlgorithm::Sha256 {
                Vec::new()
            } else {
                hash_identifier(*by)
            };
            let one = write::sequence(&[&algorithm, &write::octet_string(&by.digest(certificate))]);
            attributes.push(attribute(
                "1.2.840.113549.1.9.16.2.47",
                write::sequence(&[&write::sequence(&[&one])]),
            ));
        }
        if self.old_reference {
            let one = write::sequence(&[&write::octet_string(&HashAlgorithm::Sha1.digest(self.unit.der()))]);
            attributes.push(attribute(
                "1.2.840.113549.1.9.16.2.12",
                write::sequence(&[&write::sequence(&[&one])]),
            ));
        }
        let attributes = write::set_of(attributes);
        let mut signature = self.key.sign(self.algorithm, &attributes).unwrap();
        if self.spoilt_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        let content = read::single(&attributes, Rules::Der).unwrap().content().to_vec();
        write::sequence(&[
            &write::integer(1),
            &write::sequence(&[
                self.unit.issuer().der(),
                &write::integer_bytes(self.unit.serial()),
            ]),
            &hash_identifier(hash),
            &write::element(tag::context_constructed(0), &content),
            &self.algorithm.algorithm_identifier(),
            &write::octet_string(&signature),
        ])
    }
}
