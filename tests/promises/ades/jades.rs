//! Signatures in JSON show the level ordered in every form, and every way to say two things at once is refused.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use zegel::ades::cms::attributes::{ClaimedAttribute, Commitment};
use zegel::ades::content::{Content, DataObject};
use zegel::ades::jades::extend::extend;
use zegel::ades::jades::prepare::prepare;
use zegel::ades::jades::read::{Jws, Serialization};
use zegel::ades::jades::stages::{Draft, Packaging};
use zegel::ades::jades::unsigned;
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::statement::Place;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, KeyKind};

use super::counting::Counting;
use super::jws::{
    PACKAGINGS, beside, complete_at, draft, objects, sealed, sealed_with, signed, validate, with_parallel,
};
use super::message::told;
use super::world::{P384, RSA, Signer, World};

const DATA: &[u8] = b"besluit van het college, 3 maart 2026\n";
const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];

#[test]
fn every_level_ordered_is_the_level_shown() {
    let world = World::new();
    let signer = world.signer(P384);
    for serialization in [
        Serialization::Compact,
        Serialization::Flattened,
        Serialization::General,
    ] {
        for packaging in PACKAGINGS {
            for level in LEVELS {
                let draft = draft(&world, &signer, level, serialization, packaging);
                if serialization == Serialization::Compact && level > Level::B {
                    let refused = prepare(&objects(DATA, packaging), &draft, world.now).unwrap_err();
                    assert_eq!(refused.cause(), "ADES_FORM");
                    continue;
                }
                let text = sealed_with(&world, DATA, &signer, &draft);
                let report = validate(&world, &text, &beside(DATA, packaging), world.now);
                let one = &report.signatures[0];
                let what = format!("{serialization:?} {packaging:?} {level}: {report:#?}");
                assert_eq!(one.level, Some(level), "{what}");
                let due = if level >= Level::Lt {
                    (Indication::TotalPassed, None)
                } else {
                    (Indication::Indeterminate, Some(SubIndication::TryLater))
                };
                assert_eq!((one.indication, one.sub_indication), due, "{what}");
                assert_eq!(one.claimed.time, Some(world.now.truncated_to_second()));
                assert_eq!(Jws::parse(text.as_bytes()).unwrap().to_text(), text);
            }
        }
    }
}

#[test]
fn what_a_signer_states_is_read_back_and_a_hash_is_enough_for_objects() {
    let world = World::new();
    let signer = world.signer(P384);
    let full = Draft {
        claimed: vec![ClaimedAttribute::role("burgemeester".to_owned())],
        commitment: Some(Commitment::ProofOfApproval),
        place: Some(Place {
            country: Some("BE".to_owned()),
            locality: Some("Zegelgem".to_owned()),
        }),
        ..draft(
            &world,
            &signer,
            Level::Lt,
            Serialization::Flattened,
            Packaging::ObjectHashes,
        )
    };
    let hash = HashAlgorithm::Sha384;
    let object = DataObject {
        name: Some("besluit.txt".to_owned()),
        media_type: None,
        content: Content::digest_only(hash, hash.digest(DATA)),
    };
    let known = [object];
    let prepared = prepare(&known, &full, world.now).unwrap();
    let completed = complete_at(&world, &known, signed(&world, prepared, &signer), world.now)
        .unwrap_or_else(|(error, _)| told(error));
    let text = completed.jws.to_text();
    let whole = objects(DATA, Packaging::Attached);
    for given in [&known[..], &whole] {
        let report = validate(&world, &text, given, world.now);
        let one = &report.signatures[0];
        assert_eq!(one.level, Some(Level::Lt), "{report:#?}");
        assert_eq!(one.claimed.roles, ["burgemeester"]);
        assert_eq!(one.claimed.location.as_deref(), Some("Zegelgem, BE"));
        assert_eq!(
            one.claimed.commitment.as_deref(),
            Some("http://uri.etsi.org/01903/v1.2.2#ProofOfApproval")
        );
    }
    // An archive time-stamp is over the octets: without them there is none, and the signature is kept.
    let draft = Draft {
        level: Level::Lta,
        ..full
    };
    let prepared = prepare(&known, &draft, world.now).unwrap();
    let (error, kept) =
        complete_at(&world, &known, signed(&world, prepared, &signer), world.now).unwrap_err();
    assert_eq!((error.cause(), error.is_final()), ("ADES_CONTENT", false));
    let named = [DataObject {
        name: Some("besluit.txt".to_owned()),
        ..whole[0].clone()
    }];
    let completed = complete_at(&world, &named, kept, world.now).unwrap_or_else(|(error, _)| told(error));
    assert_eq!(completed.level, Level::Lta);
}

#[test]
fn each_of_several_signatures_is_judged_for_itself_and_taken_further() {
    let world = World::new();
    let (first, second) = (world.signer(P384), world.signer(RSA));
    for packaging in PACKAGINGS {
        let one = sealed(
            &world,
            DATA,
            &first,
            Level::B,
            (Serialization::General, packaging),
        );
        let mut text = with_parallel(&world, &one, DATA, &second, (Level::Lta, packaging));
        let outside = beside(DATA, packaging);
        for (days, level) in [(0, Level::T), (0, Level::Lt), (0, Level::Lta), (200, Level::Lta)] {
            let now = world.now.plus(Duration::from_hours(24 * days));
            let jws = Jws::parse(text.as_bytes()).unwrap();
            let begun = extend(&jws, &SignatureName::signer(0), level).unwrap();
            let completed =
                complete_at(&world, &outside, begun, now).unwrap_or_else(|(error, _)| told(error));
            text = completed.jws.to_text();
            let report = validate(&world, &text, &outside, now);
            let levels: Vec<_> = report.signatures.iter().map(|one| one.level).collect();
            assert_eq!(
                levels,
                [Some(level), Some(Level::Lta)],
                "{packaging:?}: {report:#?}"
            );
        }
        let report = validate(
            &world,
            &text,
            &outside,
            world.now.plus(Duration::from_hours(24 * 200)),
        );
        assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
        assert_eq!(report.signatures[0].time_stamps.len(), 3);
        assert_eq!(
            report.signatures[0].best_signature_time,
            Some(world.now.truncated_to_second())
        );
    }
}

#[test]
fn a_key_signs_with_the_algorithm_of_its_curve_alone() {
    let world = World::new();
    let form = (Serialization::Flattened, Packaging::Attached);
    for (kind, algorithm, fits) in [
        (P384, SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384), true),
        (P384, SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), false),
        (RSA, SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256), true),
        (RSA, SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), false),
        (RSA, SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1), false),
    ] {
        let signer = world.signer(kind);
        let draft = Draft {
            algorithm: Some(algorithm),
            ..draft(&world, &signer, Level::B, form.0, form.1)
        };
        let made = prepare(&objects(DATA, form.1), &draft, world.now);
        assert_eq!(made.is_ok(), fits, "{kind:?} {algorithm}");
    }
}

/// A flattened JWS over `DATA` whose header went through `change`, signed with the signer's own key: whatever is wrong
/// with it is told by the check meant for it, not by the value.
fn resigned(signer: &Signer, genuine: &str, change: &dyn Fn(&mut Value)) -> Value {
    let mut jws: Value = serde_json::from_str(genuine).unwrap();
    let text = jws["protected"].as_str().unwrap();
    let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    change(&mut header);
    signed_header(signer, &mut jws, &header.to_string());
    jws
}

fn signed_header(signer: &Signer, jws: &mut Value, header: &str) {
    let protected = URL_SAFE_NO_PAD.encode(header);
    let payload = jws["payload"].as_str().unwrap_or_default();
    let input = format!("{protected}.{payload}");
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384);
    let value = signer.leaf.key.sign(algorithm, input.as_bytes()).unwrap();
    let value = ecdsa::der_to_raw(&value, Curve::P384).unwrap();
    jws["protected"] = protected.into();
    jws["signature"] = URL_SAFE_NO_PAD.encode(value).into();
}

#[test]
fn every_way_to_say_two_things_at_once_is_refused_for_its_own_reason() {
    let world = World::new();
    let signer = world.signer(P384);
    let other = world.signer(P384);
    let form = (Serialization::Flattened, Packaging::Attached);
    let genuine = sealed(&world, DATA, &signer, Level::B, form);
    let judged = |jws: &Value| {
        let report = validate(&world, &jws.to_string(), &[], world.now);
        let one = &report.signatures[0];
        let cause = one.findings.first().map(|finding| finding.cause.clone());
        (one.sub_indication, cause.unwrap_or_default(), one.level)
    };
    let untouched = resigned(&signer, &genuine, &|_| ());
    assert_eq!(judged(&untouched).2, Some(Level::B), "the twin is accepted");

    let format = SubIndication::FormatFailure;
    let crypto = SubIndication::CryptoConstraintsFailure;
    let certificate = SubIndication::NoSigningCertificateFound;
    type Change = Box<dyn Fn(&mut Value)>;
    let set = |name: &'static str, value: Value| -> Change {
        Box::new(move |header: &mut Value| header[name] = value.clone())
    };
    let both = |a: Change, b: Change| -> Change {
        Box::new(move |header: &mut Value| {
            a(header);
            b(header);
        })
    };
    let remove = |name: &'static str| -> Change {
        Box::new(move |header: &mut Value| {
            header.as_object_mut().unwrap().remove(name);
        })
    };
    let other_der = base64::engine::general_purpose::STANDARD.encode(other.certificate.der());
    let cases: Vec<(&str, Change, SubIndication, &str)> = vec![
        (
            "no algorithm at all",
            set("alg", json!("none")),
            crypto,
            "JWS_ALGORITHM",
        ),
        ("a MAC", set("alg", json!("HS384")), crypto, "JWS_ALGORITHM"),
        (
            "another curve's",
            set("alg", json!("ES256")),
            crypto,
            "JWS_ALGORITHM",
        ),
        ("an RSA name", set("alg", json!("RS256")), crypto, "JWS_ALGORITHM"),
        ("a number", set("alg", json!(1)), crypto, "JWS_ALGORITHM"),
        ("alg missing", remove("alg"), crypto, "JWS_ALGORITHM"),
        ("empty crit", set("crit", json!([])), format, "JWS_CRITICAL"),
        ("crit no list", set("crit", json!("iat")), format, "JWS_CRITICAL"),
        (
            "unknown critical name",
            both(set("crit", json!(["exp2"])), set("exp2", json!(1))),
            format,
            "JWS_CRITICAL",
        ),
        (
            "critical name absent",
            set("crit", json!(["sigPl"])),
            format,
            "JWS_CRITICAL",
        ),
        (
            "critical name twice",
            set("crit", json!(["iat", "iat"])),
            format,
            "JWS_CRITICAL",
        ),
        (
            "registered critical name",
            set("crit", json!(["alg"])),
            format,
            "JWS_CRITICAL",
        ),
        (
            "b64 not critical",
            set("b64", json!(true)),
            format,
            "JWS_CRITICAL",
        ),
        (
            "sigD not critical",
            set(
                "sigD",
                json!({"mId": "http://uri.etsi.org/19182/ObjectIdByURI", "pars": ["x"]}),
            ),
            format,
            "JWS_CRITICAL",
        ),
        (
            "sigD beside a payload",
            both(
                set(
                    "sigD",
                    json!({"mId": "http://uri.etsi.org/19182/ObjectIdByURI", "pars": ["x"]}),
                ),
                set("crit", json!(["sigD"])),
            ),
            format,
            "JWS_CONTENT_PRESENT",
        ),
        (
            "an unknown mechanism",
            both(
                set(
                    "sigD",
                    json!({"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["x"]}),
                ),
                set("crit", json!(["sigD"])),
            ),
            format,
            "JWS_HEADER",
        ),
        (
            "both times",
            set("sigT", json!("2026-03-03T09:00:00Z")),
            format,
            "JWS_TIME",
        ),
        (
            "a time that is text",
            set("iat", json!("1772528400")),
            format,
            "JWS_HEADER",
        ),
        (
            "a time that is no whole number",
            set("iat", json!(1.5)),
            format,
            "JWS_HEADER",
        ),
        (
            "no reference",
            remove("x5t#S256"),
            certificate,
            "JWS_CERTIFICATE_REFERENCE",
        ),
        (
            "two references",
            set("x5t#o", json!({"digAlg": "S512", "digVal": "AAAA"})),
            certificate,
            "JWS_CERTIFICATE_REFERENCE",
        ),
        (
            "the SHA-1 reference alone",
            both(remove("x5t#S256"), set("x5t", json!("AAAA"))),
            certificate,
            "JWS_CERTIFICATE_REFERENCE",
        ),
        (
            "a short digest",
            set("x5t#S256", json!("AAAA")),
            certificate,
            "JWS_CERTIFICATE_REFERENCE",
        ),
        (
            "no certificate",
            remove("x5c"),
            certificate,
            "JWS_CERTIFICATE_MISSING",
        ),
        (
            "another certificate",
            set("x5c", json!([other_der])),
            certificate,
            "JWS_CERTIFICATE_MISSING",
        ),
        (
            "another certificate first",
            Box::new({
                let other_der = other_der.clone();
                move |header: &mut Value| {
                    header["x5c"]
                        .as_array_mut()
                        .unwrap()
                        .insert(0, other_der.clone().into());
                }
            }),
            certificate,
            "JWS_CERTIFICATE_REFERENCE",
        ),
        (
            "base64url in x5c",
            set("x5c", json!(["_-"])),
            format,
            "JWS_HEADER",
        ),
        (
            "etsiU protected",
            set("etsiU", json!(["e30"])),
            format,
            "JWS_HEADER_SPLIT",
        ),
    ];
    for (name, change, sub, cause) in &cases {
        let (found, why, level) = judged(&resigned(&signer, &genuine, change));
        assert_eq!((found, why.as_str(), level), (Some(*sub), *cause, None), "{name}");
    }

    // A member that stands twice, at any depth of the header.
    for double in [r#","alg":"ES384"}"#, r#","x":{"a":1,"a":2}}"#] {
        let mut jws: Value = serde_json::from_str(&genuine).unwrap();
        let text = jws["protected"].as_str().unwrap().to_owned();
        let header = String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        let header = format!("{}{double}", header.strip_suffix('}').unwrap());
        signed_header(&signer, &mut jws, &header);
        let (found, why, _) = judged(&jws);
        assert_eq!((found, why.as_str()), (Some(format), "JWS_HEADER"), "{double}");
    }
    // What stands outside the protected header is anybody's.
    for (name, value) in [("alg", json!("none")), ("kid", json!("x")), ("x5c", json!([]))] {
        let mut jws = untouched.clone();
        jws["header"] = json!({ name: value });
        let (found, why, _) = judged(&jws);
        assert_eq!(
            (found, why.as_str()),
            (Some(format), "JWS_HEADER_SPLIT"),
            "{name}"
        );
    }
    // Pointers are signed by whoever signs; they are told, and lead nowhere.
    for name in ["jku", "x5u", "jwk"] {
        let jws = resigned(&signer, &genuine, &|header| {
            header[name] = json!("http://127.0.0.1:1/keys");
        });
        let report = validate(&world, &jws.to_string(), &[], world.now);
        assert_eq!(report.signatures[0].level, Some(Level::B));
        assert!(
            report.signatures[0]
                .findings
                .iter()
                .any(|finding| finding.cause == "JWS_POINTER")
        );
    }
}

#[test]
fn a_jws_that_is_none_or_two_at_once_is_a_format_failure() {
    let world = World::new();
    let signer = world.signer(KeyKind::Ec(Curve::P256));
    let genuine: Value = serde_json::from_str(&sealed(
        &world,
        DATA,
        &signer,
        Level::T,
        (Serialization::Flattened, Packaging::Attached),
    ))
    .unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut jws = genuine.clone();
        change(&mut jws);
        jws.to_string()
    };
    let compact = format!(
        "{}.{}.{}",
        genuine["protected"].as_str().unwrap(),
        genuine["payload"].as_str().unwrap(),
        genuine["signature"].as_str().unwrap()
    );
    let report = validate(&world, &compact, &[], world.now);
    assert_eq!(
        report.signatures[0].level,
        Some(Level::B),
        "the same signature, compact"
    );
    for (name, text) in [
        ("nothing", String::new()),
        ("two parts", "a.b".to_owned()),
        ("four parts", format!("{compact}.x")),
        ("padding", format!("{compact}==")),
        ("both forms", with(&|jws| jws["signatures"] = json!([]))),
        ("payload no text", with(&|jws| jws["payload"] = json!(1))),
        (
            "no protected header",
            with(&|jws| drop(jws.as_object_mut().unwrap().remove("protected"))),
        ),
        (
            "no value",
            with(&|jws| drop(jws.as_object_mut().unwrap().remove("signature"))),
        ),
        ("header no object", with(&|jws| jws["header"] = json!([]))),
        ("etsiU empty", with(&|jws| jws["header"]["etsiU"] = json!([]))),
        ("etsiU no list", with(&|jws| jws["header"]["etsiU"] = json!({}))),
        (
            "payload twice",
            genuine.to_string().replacen('{', "{\"payload\":\"eA\",", 1),
        ),
        ("trailing", format!("{genuine} {{}}")),
        (
            "no signatures",
            json!({"payload": "eA", "signatures": []}).to_string(),
        ),
    ] {
        let report = validate(&world, &text, &[], world.now);
        assert_eq!(report.indication, Indication::TotalFailed, "{name}: {report:#?}");
        assert!(report.document.format_failure.is_some(), "{name}");
    }
}

/// What time-stamps are over is read once, and each signature once more: not once for each of them.
#[test]
fn the_content_is_not_read_again_for_every_time_stamp() {
    let world = World::new();
    let signer = world.signer(P384);
    let content = vec![b'z'; 100_000];
    for packaging in [Packaging::Detached, Packaging::Objects, Packaging::ObjectHashes] {
        let form = (Serialization::General, packaging);
        let text = sealed(&world, &content, &signer, Level::Lta, form);
        let mut parsed: Value = serde_json::from_str(&text).unwrap();
        let signatures = parsed["signatures"].as_array_mut().unwrap();
        let elements = signatures[0]["header"]["etsiU"].as_array_mut().unwrap();
        let is_archive = |element: &&Value| {
            let octets = URL_SAFE_NO_PAD.decode(element.as_str().unwrap()).unwrap();
            octets.starts_with(b"{\"arcTst\"")
        };
        let archive = elements.iter().find(is_archive).unwrap().clone();
        elements.extend((0..10).map(|_| archive.clone()));
        let one = signatures[0].clone();
        signatures.extend((0..1).map(|_| one.clone()));
        let mut handed = objects(&content, packaging);
        let counting = Counting::new(content.clone());
        handed[0].content = Content::Bytes(counting.clone());
        let report = validate(&world, &parsed.to_string(), &handed, world.now);
        assert_eq!(report.signatures.len(), 2, "{packaging:?}");
        let stamps = report
            .signatures
            .iter()
            .map(|signature| signature.time_stamps.len());
        assert_eq!(stamps.collect::<Vec<_>>(), [12; 2], "{packaging:?}: {report:#?}");
        // Once for each signature, once for the time-stamps, once for its own digest.
        assert!(counting.times() <= 4, "{packaging:?}: {} times", counting.times());
        let signatures = parsed["signatures"].as_array_mut().unwrap();
        let one = signatures[0].clone();
        signatures.extend((0..300).map(|_| one.clone()));
        let report = validate(&world, &parsed.to_string(), &handed, world.now);
        let failure = report.document.format_failure.unwrap_or_default();
        assert!(failure.ends_with("(JWS_LIMIT)"), "{failure}");
        assert!(counting.times() <= 4, "{packaging:?}");
    }
}

#[test]
fn a_signature_stands_under_no_more_time_stamps_than_anybody_needs() {
    let world = World::new();
    let signer = world.signer(P384);
    let form = (Serialization::Flattened, PACKAGINGS[0]);
    let beside = beside(DATA, PACKAGINGS[0]);
    for (level, at_most, name) in [(Level::T, 32, "sigTst"), (Level::Lta, 128, "arcTst")] {
        let mut jws: Value = serde_json::from_str(&sealed(&world, DATA, &signer, level, form)).unwrap();
        let elements = jws["header"]["etsiU"].as_array_mut().unwrap();
        let read = unsigned::read(elements).unwrap();
        let place = read.iter().position(|element| element.name == name).unwrap();
        let stamp = elements.remove(place);
        let mut told = Vec::new();
        for count in [at_most, at_most + 1] {
            let mut jws = jws.clone();
            let elements = jws["header"]["etsiU"].as_array_mut().unwrap();
            elements.extend(std::iter::repeat_n(stamp.clone(), count));
            let report = validate(&world, &jws.to_string(), &beside, world.now);
            let findings = &report.signatures[0].findings;
            told.push(findings.iter().any(|finding| finding.cause == "TIME_STAMP_LIMIT"));
        }
        assert_eq!(told, [false, true], "{level}");
    }
}
