//! XML signatures: every packaging and level, claims, further and counter-signatures, extension and renewal, and what is
//! refused before anybody enters a PIN.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::augment::error::AugmentError;
use zegel::ades::cms::attributes::{ClaimedAttribute, Commitment};
use zegel::ades::content::Content;
use zegel::ades::level::Level;
use zegel::ades::pades::finish::FinishError;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::statement::{Place, PolicyIdentifier, SignaturePolicy};
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::xades::extend::extend;
use zegel::ades::xades::names::{COUNTERSIGNED, SIGNED_PROPERTIES, XADES};
use zegel::ades::xades::prepare::{
    Detached, Moment, PrepareError, prepare_detached, prepare_enveloped, prepare_enveloping,
    prepare_internally_detached,
};
use zegel::ades::xades::stages::{CertificateForm, Draft, EnvelopedBy};
use zegel::base::bytes::ReadAt;
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::xml::canonical::{Method, Version};
use zegel::xml::limits::Limits;
use zegel::xml::signature::compose::{self, DraftObject, DraftReference, raw_value};
use zegel::xml::signature::transform::Transform;
use zegel::xml::signature::verify::nothing_outside;

use super::message::told;
use super::world::{Signer, World};
use super::xml_world::{
    Packaging, beside, beside_with, bytes_of, complete_at, draft, outside, prepared, sealed, sealed_with,
    signed, things, validate, validate_at,
};

const P256: KeyKind = KeyKind::Ec(Curve::P256);

fn moment(world: &World) -> Moment<'_> {
    Moment {
        now: world.now,
        random: &*world.random,
    }
}

#[test]
fn every_packaging_shows_the_level_that_was_ordered() {
    let world = World::new();
    let signer = world.signer(P256);
    for packaging in Packaging::ALL {
        for level in [Level::B, Level::T, Level::Lt, Level::Lta] {
            let file = sealed(&world, packaging, &signer, level);
            let report = validate(&world, &file);
            let own = &report.signatures[0];
            assert_eq!(own.level, Some(level), "{packaging:?}");
            let expected = if level >= Level::Lt {
                None
            } else {
                Some(SubIndication::TryLater)
            };
            assert_eq!(own.sub_indication, expected, "{packaging:?} {level}");
        }
    }
}

#[test]
fn what_the_signer_claims_is_read_back() {
    let world = World::new();
    let signer = world.signer(P256);
    for form in [CertificateForm::V1, CertificateForm::V2] {
        let draft = Draft {
            certificate_form: form,
            claimed: vec![
                ClaimedAttribute::role("Burgemeester & voorzitter".to_owned()),
                ClaimedAttribute::verdict("a.b.c".to_owned()),
            ],
            commitment: Some(Commitment::ProofOfApproval),
            place: Some(Place {
                country: Some("BE".to_owned()),
                locality: Some("Zegelgem <1>".to_owned()),
            }),
            policy: Some(SignaturePolicy {
                identifier: PolicyIdentifier::Oid("2.16.56.1".to_owned()),
                hash: HashAlgorithm::Sha256,
                digest: vec![7; 32],
                uri: Some("https://example.test/?a&b".to_owned()),
            }),
            ..draft(&world, &signer, Level::Lt)
        };
        let file = sealed_with(&world, Packaging::Enveloped, &signer, &draft);
        let report = validate(&world, &file);
        let own = &report.signatures[0];
        assert_eq!(own.indication, Indication::TotalPassed, "{own:#?}");
        assert_eq!(own.claimed.roles, ["Burgemeester & voorzitter"]);
        assert_eq!(own.claimed.location.as_deref(), Some("Zegelgem <1>, BE"));
        assert_eq!(
            own.claimed.commitment.as_deref(),
            Some(Commitment::ProofOfApproval.oid())
        );
        assert_eq!(own.claimed.time, Some(world.now.truncated_to_second()));
        assert!(own.attested.is_some(), "the verdict is found");
        assert!(
            own.findings
                .iter()
                .any(|finding| finding.cause == "SIGNATURE_POLICY_NOT_AVAILABLE")
        );
    }
}

#[test]
fn several_sign_side_by_side_and_nobody_breaks_another() {
    let world = World::new();
    let (first, second) = (world.signer(P256), world.signer(P256));
    let once = sealed(&world, Packaging::Enveloped, &first, Level::Lta);
    let both = beside(&world, &once, &second, Level::Lta);
    let report = validate(&world, &both);
    assert_eq!(report.signatures.len(), 2);
    assert_eq!(report.indication, Indication::TotalPassed);
    // One that leaves out itself alone covers the first; after it nobody can sign.
    let plain = Draft {
        enveloped_by: EnvelopedBy::OwnSignature,
        ..draft(&world, &second, Level::Lt)
    };
    let closed = beside_with(&world, &once, &second, &plain);
    assert_eq!(validate(&world, &closed).indication, Indication::TotalPassed);
    let base: Arc<dyn ReadAt> = Arc::new(closed);
    let refused = prepare_enveloped(&base, &draft(&world, &first, Level::B), moment(&world));
    assert!(matches!(refused, Err(PrepareError::WouldNotHold)));
}

#[test]
fn a_signature_goes_up_one_level_after_the_other_and_is_renewed_without_touching_a_byte() {
    let mut world = World::new();
    let signer = world.signer(P256);
    for packaging in Packaging::ALL {
        let base = sealed(&world, packaging, &signer, Level::B);
        let mut file = base.clone();
        for level in [Level::T, Level::Lt, Level::Lta, Level::Lta] {
            let document: Arc<dyn ReadAt> = Arc::new(file.clone());
            let stage = extend(&document, &SignatureName::signer(0), level).unwrap();
            let completed = complete_at(&world, &document, &outside(things()), stage, world.now)
                .unwrap_or_else(|(error, _)| told(error));
            let higher = bytes_of(&completed.document(&document));
            // All bytes before the properties that are added stay.
            let same = file
                .iter()
                .zip(&higher)
                .take_while(|(one, other)| one == other)
                .count();
            let tail = file.len() - same;
            assert_eq!(
                file[same..],
                higher[higher.len() - tail..],
                "{packaging:?} {level}"
            );
            file = higher;
            assert_eq!(
                validate(&world, &file).signatures[0].level,
                Some(level),
                "{packaging:?}"
            );
        }
        let report = validate(&world, &file);
        assert_eq!(report.indication, Indication::TotalPassed);
        assert_eq!(report.signatures[0].time_stamps.len(), 3, "{packaging:?}");
    }
    // And years later, when its certificates are long over, what it holds still proves it.
    let file = sealed(&world, Packaging::Enveloped, &signer, Level::Lta);
    world.now = world.now.plus(Duration::from_hours(24));
    assert_eq!(validate(&world, &file).indication, Indication::TotalPassed);
}

#[test]
fn digests_are_enough_until_an_archive_time_stamp_is_asked_for() {
    let world = World::new();
    let signer = world.signer(P256);
    let by_digest: Vec<Detached> = things()
        .into_iter()
        .map(|thing| Detached {
            content: Content::digest_only(
                HashAlgorithm::Sha256,
                thing.content.digest(HashAlgorithm::Sha256).unwrap().unwrap(),
            ),
            ..thing
        })
        .collect();
    let empty: Arc<dyn ReadAt> = Arc::new(Vec::new());
    for level in [Level::B, Level::Lt] {
        let prepared =
            prepare_detached(&by_digest, (0, 0), &draft(&world, &signer, level), moment(&world)).unwrap();
        let signed = signed(&world, prepared, &signer);
        let completed = complete_at(&world, &empty, &outside(by_digest.clone()), signed, world.now)
            .unwrap_or_else(|(error, _)| told(error));
        let file = bytes_of(&completed.document(&empty));
        // Judged with the bytes themselves.
        assert_eq!(validate(&world, &file).signatures[0].level, Some(level));
    }
    let prepared = prepare_detached(
        &by_digest,
        (0, 0),
        &draft(&world, &signer, Level::Lta),
        moment(&world),
    )
    .unwrap();
    let stage = signed(&world, prepared, &signer);
    let refused = complete_at(&world, &empty, &outside(by_digest), stage, world.now);
    assert!(matches!(refused, Err((AugmentError::Content, _))));
    let other = vec![Detached {
        uri: "a".to_owned(),
        mime_type: None,
        content: Content::digest_only(HashAlgorithm::Sha512, vec![0; 64]),
    }];
    let refused = prepare_detached(&other, (0, 0), &draft(&world, &signer, Level::B), moment(&world));
    assert!(matches!(refused, Err(PrepareError::Content)));
}

#[test]
fn nothing_is_embedded_that_does_not_verify_and_nothing_prepared_that_would_not_hold() {
    let world = World::new();
    let (signer, stranger) = (world.signer(P256), world.signer(P256));
    let draft_ = draft(&world, &signer, Level::B);
    let ready = prepared(&world, Packaging::Enveloped, &draft_);
    let value = stranger
        .leaf
        .key
        .sign_digest(ready.algorithm(), &ready.digest())
        .unwrap();
    assert!(matches!(
        ready.clone().finish(&value, world.now),
        Err(FinishError::Value(_))
    ));
    let value = signer
        .leaf
        .key
        .sign_digest(ready.algorithm(), &ready.digest())
        .unwrap();
    let raw = raw_value(&value, Curve::P256).unwrap();
    assert!(ready.clone().finish(&raw, world.now).is_err());
    let late = ready.finish(&value, world.now.plus(Duration::from_mins(5)));
    assert!(matches!(late, Err(FinishError::Expired { .. })));

    for (document, cause) in [
        ("<a/>", "XADES_PLACE"),
        ("<a>", "XML_MALFORMED"),
        ("<!DOCTYPE a><a></a>", "XML_DOCUMENT_TYPE"),
        ("<a>x<!-- -->y</a>", "XADES_PLACE"),
    ] {
        let base: Arc<dyn ReadAt> = Arc::new(document.as_bytes().to_vec());
        let refused = prepare_enveloped(&base, &draft_, moment(&world)).unwrap_err();
        assert_eq!(refused.cause(), cause, "{document}");
    }
    for (document, id) in [
        ("<a Id=\"a\"></a>", "a"),
        ("<a><b Id=\"b\"/></a>", "c"),
        ("<a><b Id=\"b\"/><c Id=\"b\"/></a>", "b"),
    ] {
        let base: Arc<dyn ReadAt> = Arc::new(document.as_bytes().to_vec());
        let refused = prepare_internally_detached(&base, id, &draft_, moment(&world)).unwrap_err();
        assert_eq!(refused.cause(), "XADES_PLACE", "{document}");
    }
    let mut early = world.now;
    early = early.minus(Duration::from_hours(24 * 365 * 20));
    let before = Moment {
        now: early,
        random: &*world.random,
    };
    let base = Packaging::Enveloped.base();
    let refused = prepare_enveloped(&base, &draft_, before).unwrap_err();
    assert_eq!(refused.cause(), "ADES_CERTIFICATE_TIME");
}

fn identifier<'f>(file: &'f str, start: &str) -> &'f str {
    file.split(start).nth(1).unwrap().split('"').next().unwrap()
}

/// `file` with a counter-signature as another program would make it, over the element `value`.
fn countersigned(world: &World, file: &str, counter: &Signer, value: &str) -> Vec<u8> {
    use base64::Engine as _;
    let digest = base64::engine::general_purpose::STANDARD
        .encode(HashAlgorithm::Sha256.digest(counter.certificate.der()));
    let exclusive = || vec![Transform::Canonical(Method::new(Version::Exclusive))];
    let reference = |kind, uri: String| DraftReference {
        id: None,
        kind: Some(kind),
        uri,
        transforms: exclusive(),
        hash: HashAlgorithm::Sha256,
        digest: None,
    };
    let draft = compose::Draft {
        id: "counter".to_owned(),
        canonicalization: Method::new(Version::Exclusive),
        algorithm: P256.default_algorithm(),
        references: vec![
            reference(COUNTERSIGNED, format!("#{value}")),
            reference(SIGNED_PROPERTIES, "#counter-signed".to_owned()),
        ],
        certificates: vec![counter.certificate.der().to_vec()],
        objects: vec![DraftObject {
            attributes: Vec::new(),
            content: format!(
                "<x:QualifyingProperties xmlns:x=\"{XADES}\" Target=\"#counter\"><x:SignedProperties \
                     Id=\"counter-signed\"><x:SignedSignatureProperties><x:SigningTime>{}</x:SigningTime>\
                     <x:SigningCertificateV2><x:Cert><x:CertDigest><ds:DigestMethod \
                     Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>{digest}</ds:DigestValue>\
                     </x:CertDigest></x:Cert></x:SigningCertificateV2></x:SignedSignatureProperties>\
                     </x:SignedProperties></x:QualifyingProperties>",
                world.now.truncated_to_second()
            ),
        }],
    };
    // Behind the properties that are there.
    let place = |signature: &str| {
        let mark = "</xades:UnsignedSignatureProperties>";
        let property = format!("<xades:CounterSignature>{signature}</xades:CounterSignature>{mark}");
        assert_eq!(file.matches(mark).count(), 1);
        file.replacen(mark, &property, 1).into_bytes()
    };
    let prepared = compose::prepare(draft, &place, &nothing_outside, Limits::document()).unwrap();
    let algorithm = P256.default_algorithm();
    let der = counter
        .leaf
        .key
        .sign_digest(algorithm, &prepared.digest())
        .unwrap();
    place(&prepared.finish(&raw_value(&der, Curve::P256).unwrap()))
}

/// It is judged as a signature of its own.
#[test]
fn a_counter_signature_is_read() {
    let world = World::new();
    let (signer, counter) = (world.signer(P256), world.signer(P256));
    let file = String::from_utf8(sealed(&world, Packaging::Enveloped, &signer, Level::Lt)).unwrap();
    let made = |value: &str| countersigned(&world, &file, &counter, value);
    let value = identifier(&file, "<ds:SignatureValue Id=\"");
    let report = validate(&world, &made(value));
    assert_eq!(report.signatures.len(), 2, "{report:#?}");
    assert_eq!(report.signatures[0].indication, Indication::TotalPassed);
    let own = &report.signatures[1];
    assert_eq!(own.field, "signer 1, counter-signature 1");
    assert_eq!(own.level, Some(Level::B));
    assert_eq!(own.sub_indication, Some(SubIndication::TryLater), "{own:#?}");
    // Over something else than the value it stands at, it is no counter-signature.
    let other = identifier(&file, "<xades:SignedProperties Id=\"");
    let report = validate(&world, &made(other));
    assert!(
        report.signatures[1]
            .findings
            .iter()
            .any(|finding| finding.cause == "XADES_COUNTER_SIGNATURE")
    );
}

/// An archive time-stamp covers every property before it: what a counter-signature rests on, too. One behind it proves
/// nothing of it.
#[test]
fn a_counter_signature_stands_under_later_archive_time_stamps() {
    let world = World::new();
    let (signer, counter) = (world.signer(P256), world.signer(P256));
    let late = world.now.plus(Duration::from_hours(2));
    let archived = |file: Vec<u8>| {
        let document: Arc<dyn ReadAt> = Arc::new(file);
        let stage = extend(&document, &SignatureName::signer(0), Level::Lta).unwrap();
        let completed = complete_at(&world, &document, &outside(things()), stage, world.now);
        let completed = completed.unwrap_or_else(|(error, _)| told(error));
        bytes_of(&completed.document(&document))
    };
    let with_counter = |file: Vec<u8>| {
        let file = String::from_utf8(file).unwrap();
        let value = identifier(&file, "<ds:SignatureValue Id=\"").to_owned();
        countersigned(&world, &file, &counter, &value)
    };
    let base = || sealed(&world, Packaging::Enveloped, &signer, Level::Lt);
    let behind = with_counter(archived(base()));
    for (name, file, proven, stamps) in [
        ("before it", archived(with_counter(base())), world.now, 1),
        ("behind it", behind.clone(), late, 0),
        ("between two", archived(behind), world.now, 1),
    ] {
        let report = validate_at(&world, &file, late);
        let (own, counter) = (&report.signatures[0], &report.signatures[1]);
        assert_eq!(own.indication, Indication::TotalPassed, "{name}: {own:#?}");
        let best = counter.best_signature_time;
        assert_eq!(best, Some(proven), "{name}: {counter:#?}");
        let passed = counter.time_stamps.iter();
        let passed = passed.filter(|stamp| stamp.indication == Indication::TotalPassed);
        assert_eq!(passed.count(), stamps, "{name}");
    }
}

#[test]
fn nothing_of_another_is_fetched_and_what_is_missing_is_named() {
    let world = World::new();
    let signer = world.signer(P256);
    let file = sealed(&world, Packaging::Detached, &signer, Level::Lta);
    let context = zegel::ades::validate::Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    let report = zegel::ades::validate::validate_xml(Arc::new(file.clone()), &|_| None, &context);
    let own = &report.signatures[0];
    assert_eq!(own.sub_indication, Some(SubIndication::SignedDataNotFound));
    let before = world.now.minus(Duration::from_hours(1));
    assert_ne!(
        validate_at(&world, &file, before).indication,
        Indication::TotalPassed
    );
}

#[test]
fn content_of_many_megabytes_inside_a_signature_is_signed_and_read_back() {
    let world = World::new();
    let signer = world.signer(P256);
    // In base64 longer than 16 MiB, one run of text.
    let content = vec![0x5A_u8; 13 << 20];
    let order = draft(&world, &signer, Level::B);
    let prepared = prepare_enveloping(&content, None, &order, moment(&world)).unwrap();
    let made = signed(&world, prepared, &signer);
    let base = Packaging::EnvelopingBytes.base();
    let nothing = outside(Vec::new());
    let completed =
        complete_at(&world, &base, &nothing, made, world.now).unwrap_or_else(|(error, _)| panic!("{error}"));
    let file = bytes_of(&completed.document(&base));
    let report = validate(&world, &file);
    assert_eq!(report.signatures[0].level, Some(Level::B), "{report:#?}");
    let larger = vec![0_u8; (32 << 20) + 1];
    let error = prepare_enveloping(&larger, None, &order, moment(&world)).unwrap_err();
    assert_eq!(error.cause(), "XADES_PLACE");
}
