//! Certificates, lists, answers, time-stamps and messages.

use std::time::Duration;

use zegel::ades::cms::attributes::{CertificateReference, ClaimedAttributes, read_commitment};
use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::asn1::read::der_length;
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::{self, SignatureAlgorithm};
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, PublicKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::certificate::Certificate;
use zegel::pki::crl::UnverifiedCrl;
use zegel::pki::list_rules::{self, List};
use zegel::pki::name::Name;
use zegel::pki::ocsp::{self, CertId, Expected, OcspPolicy};
use zegel::pki::path::{self, Pool, Request};
use zegel::pki::purpose::{self, Purpose};
use zegel::pki::timestamp::{self, TimeStampToken};

use crate::hostile::specimens::{authority, moment};

/// A certificate, its extensions and names, its key; and the text form.
pub fn certificate(bytes: &[u8]) {
    let _ = Certificate::from_pem(&String::from_utf8_lossy(bytes));
    let _ = PublicKey::from_spki_der(bytes);
    if let Ok(name) = Name::parse(bytes) {
        name_holds(&name);
    }
    let Ok(certificate) = Certificate::parse(bytes.to_vec()) else {
        return;
    };
    assert_eq!(certificate.der(), bytes, "a certificate is its bytes");
    for part in [
        certificate.tbs_der(),
        certificate.spki_der(),
        certificate.serial(),
        certificate.signature(),
        certificate.signature_algorithm_der(),
    ] {
        assert!(bytes.windows(part.len().max(1)).any(|window| window == part) || part.is_empty());
    }
    name_holds(certificate.subject());
    name_holds(certificate.issuer());
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
    );
    assert_eq!(Certificate::from_pem(&pem).as_ref(), Some(&certificate));
    if let Ok(key) = certificate.public_key() {
        // The two readings of the key must not differ, or policy would judge one and OpenSSL use another.
        assert_eq!(certificate.key_kind(), Some(key.kind()));
        let _ = key.verify(
            key.kind().default_algorithm(),
            certificate.tbs_der(),
            certificate.signature(),
        );
    }
    for purpose in [Purpose::Authentication, Purpose::Signature, Purpose::TimeStamping] {
        let _ = purpose::check_usage(&certificate, purpose);
        let _ = purpose::check_subject(&certificate, purpose);
    }
    let shown = format!("{certificate:?} {:?}", certificate.subject());
    assert!(shown.len() < 200, "no person in the log");
    let trust = authority().trust();
    assert!(!trust.add_anchor(&certificate) || certificate.der() == authority().root());
    let _ = trust.validate(
        &certificate,
        &[],
        Purpose::Signature,
        &AlgorithmPolicy::etsi_ts_119_312(),
        moment(),
    );
}

fn name_holds(name: &Name) {
    assert_eq!(Name::parse(name.der()).as_ref(), Ok(name));
    assert!(name.is_within(name));
    let _ = name.authority_text();
    assert_eq!(
        name.email_addresses().count() + name.attribute_count() > 0,
        !name.is_empty()
    );
}

/// A search among whatever certificates and lists the bytes hold, and the general rules for lists over what it found.
pub fn paths(bytes: &[u8]) {
    let mut rest = bytes;
    let (mut certificates, mut lists) = (Vec::new(), Vec::new());
    while let Some((one, after)) = der_length(rest).and_then(|length| rest.split_at_checked(length)) {
        match Certificate::parse(one.to_vec()) {
            Ok(certificate) => certificates.push(certificate),
            Err(_) => lists.extend(List::parse(one).ok()),
        }
        if one.is_empty() {
            break;
        }
        rest = after;
    }
    let Some((leaf, above)) = certificates.split_first() else {
        return;
    };
    let trust = authority().trust();
    let material = trust.material();
    let pool: Pool = above.iter().cloned().collect();
    let pools = [&pool, &material.issuers];
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let mut request = Request::new(
        leaf,
        &pools,
        &material.anchors,
        Purpose::Any,
        &algorithms,
        moment(),
    );
    for strict in [true, false] {
        request.strict = strict;
        if let Ok(path) = path::validate(&request) {
            assert!(
                material.anchors.contains(path.anchor()),
                "a path ends in what is pinned"
            );
            let _ = list_rules::check(&path, &lists, &request);
        }
    }
}

/// A revocation list.
pub fn crl(bytes: &[u8]) {
    let Ok(list) = UnverifiedCrl::parse(bytes) else {
        return;
    };
    let Ok(content) = list.unverified_content() else {
        let (signer, policy) = (authority().certificate(), AlgorithmPolicy::etsi_ts_119_312());
        assert!(
            list.verify(signer, &policy, None).is_err(),
            "a list that does not read was believed"
        );
        return;
    };
    assert!(content.hold_count() <= content.len());
    assert!(
        content.entry_bytes() <= bytes.len() * 2,
        "a list takes no more room than it took on the wire, twice"
    );
    assert!(!content.is_older_than(&content));
    let _ = content.status_of(authority().certificate());
    let _ = content.check_fresh(moment());
    let verified = list.verify(
        authority().certificate(),
        &AlgorithmPolicy::etsi_ts_119_312(),
        None,
    );
    assert!(
        verified.is_err() || authority().made_lists(bytes),
        "a list nobody signed was believed"
    );
}

/// An answer about a certificate.
pub fn ocsp(bytes: &[u8]) {
    let authority = authority();
    let id = CertId::new(authority.leaf(), authority.certificate(), HashAlgorithm::Sha1);
    let policy = OcspPolicy {
        nonce_optional: true,
        ..OcspPolicy::default()
    };
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let expected = Expected {
        cert_id: &id,
        nonce: None,
        issuer: authority.certificate(),
        policy: &policy,
        algorithms: Some(&algorithms),
        links: None,
        configured: &[],
    };
    if let Ok(answer) = ocsp::verify(bytes, &expected) {
        assert!(
            authority.made_answer(bytes),
            "an answer nobody signed was believed"
        );
        let _ = answer.check_fresh(&policy, moment());
    }
    let strict = OcspPolicy::default();
    let asked = Expected {
        nonce: Some(&[7; 32]),
        policy: &strict,
        ..expected
    };
    let _ = ocsp::verify_fresh(bytes, &asked, moment())
        .map(|_| panic!("an answer without our nonce was believed"));
}

/// A time-stamp token, and a reply with one inside.
pub fn time_stamp(bytes: &[u8]) {
    let tokens = [TimeStampToken::parse(bytes), timestamp::token_of_reply(bytes)];
    for token in tokens.into_iter().flatten() {
        assert!(
            token
                .accuracy
                .is_none_or(|accuracy| accuracy > Duration::ZERO || bytes.len() > 4)
        );
        assert!(token.der().len() <= bytes.len());
        let again = TimeStampToken::parse(token.der()).unwrap();
        assert_eq!((again.gen_time, &again.imprint), (token.gen_time, &token.imprint));
        let _ = token.check_imprint(HashAlgorithm::Sha256, &[0; 32]);
        if token.verify(&[], &AlgorithmPolicy::etsi_ts_119_312()).is_ok() {
            assert_eq!(again.policy, token.policy);
        }
    }
}

/// A CMS message with its signed attributes.
pub fn cms(bytes: &[u8]) {
    attributes(bytes);
    let Ok(message) = SignedData::parse(bytes) else {
        return;
    };
    assert!(message.length <= bytes.len());
    assert_eq!(
        SignedData::parse(&bytes[..message.length]).as_ref(),
        Ok(&message),
        "a message ends where it says"
    );
    for signer in &message.signers {
        let _ = signer.digest_hash();
        let _ = signer.algorithm();
        let _ = signer.find_certificate(message.certificates.iter().map(Vec::as_slice));
        assert!(
            signer.check_content(oids::DATA, &[0; 32]).is_err(),
            "a digest nobody signed"
        );
        for oid in [
            oids::SIGNER_ATTRIBUTES_V2,
            oids::SIGNING_CERTIFICATE_V2,
            oids::COMMITMENT_TYPE,
        ] {
            if let Some(value) = signer.single_signed(oid) {
                attributes(value);
            }
        }
        let _ = signer.check_value(authority().certificate().public_key().unwrap());
    }
    let _ = message.detached_signer().map(|signer| signer.signature.len());
}

fn attributes(bytes: &[u8]) {
    if let Ok(claims) = ClaimedAttributes::parse(bytes) {
        let texts: usize = claims
            .claims
            .iter()
            .flat_map(|(_, texts)| texts)
            .map(String::len)
            .sum();
        assert!(texts <= bytes.len());
    }
    for v2 in [false, true] {
        let _ = CertificateReference::parse(bytes, v2).map(|one| one.names(bytes));
    }
    let _ = read_commitment(bytes);
    if let Some(hash) = algorithm::hash_from_identifier(bytes) {
        assert_eq!(
            algorithm::hash_from_identifier(&algorithm::hash_identifier(hash)),
            Some(hash)
        );
    }
    if let Some(found) = SignatureAlgorithm::from_identifier(bytes) {
        assert_eq!(
            SignatureAlgorithm::from_identifier(&found.algorithm_identifier()),
            Some(found)
        );
    }
    for curve in [Curve::P256, Curve::P384, Curve::P521] {
        if let Ok(raw) = ecdsa::der_to_raw(bytes, curve)
            && let Ok(der) = ecdsa::raw_to_der(&raw, curve)
        {
            assert_eq!(der, bytes, "one encoding of one value");
        }
    }
}
