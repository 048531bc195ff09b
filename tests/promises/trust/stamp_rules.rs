//! Every rule about time-stamps, broken alone: one code each, and the untouched twin is believed, by `openssl ts` too.

use std::process::Command;
use std::time::Duration;

use zegel::asn1::write::{self, tag};
use zegel::base::clock::Clock as _;
use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SeededRandom;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{CertificateBuilder, DAY, Extension, LabPki, Name, Serial, Validity};
use zegel::lab::services::{CertificateStatus, RevocationReason};
use zegel::pki::certificate::Certificate;
use zegel::pki::purpose::Purpose;
use zegel::pki::revocation::CheckOptions;
use zegel::pki::timestamp::{self, TimeStampRequest};

use super::forge::{StampParts, general, general_text};
use super::world::World;
use crate::support::judge;

const SKEW: Duration = Duration::from_secs(300);

fn request() -> TimeStampRequest {
    let imprint = HashAlgorithm::Sha256.digest(b"sealed");
    TimeStampRequest::new(HashAlgorithm::Sha256, &imprint, &SeededRandom::new(3))
}

/// The right reply to [`request`].
fn right(world: &World) -> StampParts {
    let der = request().der();
    let mut parts = zegel::asn1::read::single(&der, zegel::asn1::read::Rules::Der)
        .unwrap()
        .inside()
        .unwrap();
    parts.any().unwrap();
    parts.any().unwrap();
    let nonce = parts.any().unwrap().integer_content().unwrap().to_vec();
    StampParts::new(world, &HashAlgorithm::Sha256.digest(b"sealed"), &nonce)
}

/// `good`, or the first rule that refuses: reply, request, policy, signature, path, status.
fn outcome(world: &World, reply: &[u8]) -> &'static str {
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let accepted = ["2.16.56.13.6.3.1.1000".parse().unwrap()];
    let checked = || -> Result<_, timestamp::TimeStampDefect> {
        let token = timestamp::token_of_reply(reply)?;
        token.check_reply(&request(), SKEW, world.clock.now())?;
        token.check_policy(&accepted)?;
        let unit = token.verify(&[], &algorithms)?;
        Ok((token, unit))
    };
    let (token, unit) = match checked() {
        Ok(checked) => checked,
        Err(defect) => return defect.cause(),
    };
    let authority = Certificate::parse(world.pki().timestamp.certificate_der()).unwrap();
    world.trust.add_issuer(&authority).unwrap();
    let path = world.trust.validate(
        &unit,
        &token.certificates,
        Purpose::TimeStamping,
        &algorithms,
        token.gen_time,
    );
    match path.and_then(|path| world.status_of(&path, CheckOptions::default())) {
        Ok(_) => "good",
        Err(refusal) => refusal.cause(),
    }
}

type Change = Box<dyn Fn(&mut StampParts)>;

fn row(
    what: &'static str,
    expected: &'static str,
    change: impl Fn(&mut StampParts) + 'static,
) -> (&'static str, &'static str, Change) {
    (what, expected, Box::new(change))
}

fn table(world: &World, rows: Vec<(&'static str, &'static str, Change)>) {
    for (what, expected, change) in rows {
        let mut parts = right(world);
        change(&mut parts);
        assert_eq!(outcome(world, &parts.der()), expected, "{what}");
    }
}

#[test]
fn the_reply_must_be_granted_and_answer_our_question() {
    let mut rows = vec![
        row("the twin", "good", |_| {}),
        row("granted with changes", "good", |parts| parts.status = 1),
        row("another digest", "TST_IMPRINT", |parts| parts.imprint[0] ^= 1),
        row("another hash", "TST_IMPRINT", |parts| {
            parts.hash = HashAlgorithm::Sha512;
            parts.imprint = HashAlgorithm::Sha512.digest(b"sealed");
        }),
        row(
            "the right octets under another hash's name",
            "TST_IMPRINT",
            |parts| {
                parts.hash = HashAlgorithm::Sha384;
            },
        ),
        row("another nonce", "TST_NONCE", |parts| {
            *parts.nonce.as_mut().unwrap().last_mut().unwrap() ^= 1;
        }),
        row("no nonce", "TST_NONCE", |parts| parts.nonce = None),
        row("another policy", "TST_POLICY", |parts| {
            parts.policy = "2.16.56.13.6.3.1.1001".to_owned();
        }),
    ];
    for status in [2, 3, 4, 5] {
        rows.push(row("not granted", "TST_STATUS", move |parts| {
            parts.status = status
        }));
    }
    table(&World::new(), rows);
}

#[test]
fn the_time_is_that_of_the_request() {
    let world = World::new();
    let at = |seconds: i64| {
        let time = general(&world, seconds);
        move |parts: &mut StampParts| parts.gen_time.clone_from(&time)
    };
    table(
        &world,
        vec![
            row("as far ahead as allowed", "good", at(300)),
            row("further ahead", "TST_TIME", at(301)),
            row("as far back as allowed", "good", at(-300)),
            row("further back", "TST_TIME", at(-301)),
            row("a fraction", "good", |parts| {
                parts.gen_time = general_text("20260303090000.5Z")
            }),
            row("ten months ago, with a fraction", "TST_TIME", |parts| {
                parts.gen_time = general_text("20250503090000.123456Z");
            }),
            row("not to the second", "TST_PARSE", |parts| {
                parts.gen_time = general_text("202603030900Z");
            }),
            row("local time", "TST_PARSE", |parts| {
                parts.gen_time = general_text("20260303090000")
            }),
        ],
    );
}

#[test]
fn the_token_keeps_to_en_319_422() {
    let millis = |number: u8, value: &[u8]| write::element(tag::context(number), value);
    table(
        &World::new(),
        vec![
            row("accurate to a millisecond", "good", move |parts| {
                parts.accuracy = write::sequence(&[&millis(0, &[1])]);
            }),
            row("no accuracy", "TST_PROFILE", |parts| parts.accuracy.clear()),
            row(
                "accurate to a second and a microsecond",
                "TST_PROFILE",
                move |parts| {
                    parts.accuracy = write::sequence(&[&write::integer(1), &millis(1, &[1])]);
                },
            ),
            row("accurate to two seconds", "TST_PROFILE", |parts| {
                parts.accuracy = write::sequence(&[&write::integer(2)]);
            }),
            row("ordering said to be false", "good", |parts| {
                parts.ordering = Some(false)
            }),
            row("ordered", "TST_PROFILE", |parts| parts.ordering = Some(true)),
            row("an extension", "good", |parts| {
                parts.extensions.push(Extension::new("1.2.3.4", vec![5, 0]));
            }),
            row("a critical extension", "TST_PROFILE", |parts| {
                parts
                    .extensions
                    .push(Extension::new("1.2.3.4", vec![5, 0]).critical());
            }),
            row("the certificate named by SHA-1 only", "TST_PROFILE", |parts| {
                (parts.reference, parts.old_reference) = (None, true);
            }),
            row("the certificate named both ways", "good", |parts| {
                parts.old_reference = true
            }),
            row("the certificate named by SHA-512", "good", |parts| {
                parts.reference.as_mut().unwrap().0 = HashAlgorithm::Sha512;
            }),
        ],
    );
    // A token that stands in a file already is held to it too, without the question it answered.
    let world = World::new();
    for (what, expected, change) in [
        row("untouched", "good", |_| {}),
        row("a critical extension", "TST_PROFILE", |parts| {
            parts
                .extensions
                .push(Extension::new("1.2.3.4", vec![5, 0]).critical());
        }),
        row("no certificate named", "TST_SIGNER", |parts| {
            (parts.reference, parts.old_reference) = (None, false);
        }),
        row("an imprint by SHA-1", "ALG_FORBIDDEN", |parts| {
            parts.hash = HashAlgorithm::Sha1;
            parts.imprint = HashAlgorithm::Sha1.digest(b"sealed");
        }),
    ] {
        let mut parts = right(&world);
        change(&mut parts);
        let token = timestamp::token_of_reply(&parts.der()).unwrap();
        let found = token.verify(&[], &AlgorithmPolicy::etsi_ts_119_312());
        let cause = found.map_or_else(|defect| defect.cause(), |_| "good");
        assert_eq!(cause, expected, "in a file: {what}");
    }
}

#[test]
fn the_message_has_one_signer_and_what_it_signs_is_this_token() {
    table(
        &World::new(),
        vec![
            row("another content type", "TST_PARSE", |parts| {
                parts.content_type = "1.2.840.113549.1.7.1".to_owned();
            }),
            row("no signer", "TST_PARSE", |parts| parts.signers = 0),
            row("two signers", "TST_PARSE", |parts| parts.signers = 2),
            row("another content type signed", "TST_SIGNER", |parts| {
                parts.attribute_content_type = "1.2.840.113549.1.7.1".to_owned();
            }),
            row("another digest signed", "TST_SIGNER", |parts| {
                parts.message_digest = Some(vec![7; 32]);
            }),
            row("signature spoilt", "TST_SIGNER", |parts| {
                parts.spoilt_signature = true
            }),
            row("SHA-1", "ALG_FORBIDDEN", |parts| {
                parts.algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1);
            }),
            row("no reference to a certificate", "TST_PROFILE", |parts| {
                parts.reference = None
            }),
            row("a reference to another certificate", "TST_SIGNER", |parts| {
                let other = parts.certificates[1].clone();
                parts.reference = Some((HashAlgorithm::Sha256, other));
            }),
            row("the unit's certificate left out", "TST_SIGNER", |parts| {
                parts.certificates.remove(0);
            }),
            row("certificates in another order", "good", |parts| {
                parts.certificates.reverse()
            }),
        ],
    );
}

#[test]
fn the_name_in_the_token_is_the_units() {
    let world = World::new();
    let other = world.pki().timestamp.name().to_der();
    table(
        &world,
        vec![
            row("no name", "good", |parts| parts.tsa = None),
            row("another name", "TST_SIGNER", move |parts| {
                parts.tsa = Some(write::explicit(4, &other));
            }),
            row("a name of another kind", "TST_SIGNER", |parts| {
                parts.tsa = Some(write::element(tag::context(2), b"tsa.example"));
            }),
        ],
    );
}

/// A unit's certificate by the time-stamping authority, changed by `change`.
fn unit(
    world: &World,
    kind: KeyKind,
    change: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
) -> (Certificate, PrivateKey) {
    let key = PrivateKey::generate(kind).unwrap();
    let subject = Name::new().country("BE").common_name("TEST Unit of a test");
    let base = &world.pki().base_url;
    let kind = zegel::lab::pki::AuthorityKind::Timestamp;
    let builder = CertificateBuilder::new(subject, key.public())
        .valid(LabPki::usual_validity(world.clock.now()))
        .with(Extension::key_usage(&[0]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.8"]).critical())
        .with(Extension::access(base, kind))
        .with(Extension::crl(base, kind));
    let der = change(builder)
        .issue(&world.pki().timestamp, &world.random)
        .unwrap();
    (Certificate::parse(der).unwrap(), key)
}

#[test]
fn the_unit_is_one_for_time_stamps_alone_valid_then_and_not_revoked() {
    let world = World::new();
    let now = world.clock.now();
    let extended = |purposes: &'static [&'static str], critical: bool| {
        move |b: CertificateBuilder| {
            let extension = Extension::extended_key_usage(purposes);
            let extension = if critical { extension.critical() } else { extension };
            b.without("2.5.29.37").with(extension)
        }
    };
    const P256: KeyKind = KeyKind::Ec(Curve::P256);
    const STAMPS: &str = "1.3.6.1.5.5.7.3.8";
    type Build = Box<dyn FnOnce(CertificateBuilder) -> CertificateBuilder>;
    let rows: Vec<(&str, &str, KeyKind, Build)> = vec![
        ("the twin", "good", P256, Box::new(|b| b)),
        ("RSA", "good", KeyKind::Rsa { bits: 2048 }, Box::new(|b| b)),
        (
            "RSA of 1024 bits",
            "ALG_FORBIDDEN",
            KeyKind::Rsa { bits: 1024 },
            Box::new(|b| b),
        ),
        (
            "commits instead of signs",
            "good",
            P256,
            Box::new(|b| b.without("2.5.29.15").with(Extension::key_usage(&[1]))),
        ),
        (
            "does neither",
            "TST_SIGNER",
            P256,
            Box::new(|b| b.without("2.5.29.15").with(Extension::key_usage(&[4]))),
        ),
        (
            "its usage not critical",
            "PURPOSE_EKU",
            P256,
            Box::new(extended(&[STAMPS], false)),
        ),
        (
            "a second usage",
            "PURPOSE_EKU",
            P256,
            Box::new(extended(&[STAMPS, "1.3.6.1.5.5.7.3.2"], true)),
        ),
        (
            "another usage",
            "PURPOSE_EKU",
            P256,
            Box::new(extended(&["1.3.6.1.5.5.7.3.2"], true)),
        ),
        (
            "no usage",
            "PURPOSE_EKU",
            P256,
            Box::new(|b| b.without("2.5.29.37")),
        ),
        (
            "an authority",
            "CA_CONSTRAINT",
            P256,
            Box::new(|b| {
                let key = Extension::new("2.5.29.14", write::octet_string(&[7; 20]));
                b.with(Extension::authority(0)).with(key)
            }),
        ),
        (
            "expired",
            "TIME_EXPIRED",
            P256,
            Box::new(move |b| {
                b.valid(Validity {
                    not_before: now.minus(DAY * 2),
                    not_after: now.minus(DAY),
                })
            }),
        ),
        (
            "of tomorrow",
            "TIME_NOT_YET",
            P256,
            Box::new(move |b| {
                b.valid(Validity {
                    not_before: now.plus(DAY),
                    not_after: now.plus(DAY * 2),
                })
            }),
        ),
    ];
    for (what, expected, kind, build) in rows {
        let (certificate, key) = unit(&world, kind, build);
        let mut parts = right(&world);
        parts.signed_by(&certificate, &key);
        assert_eq!(outcome(&world, &parts.der()), expected, "{what}");
    }
    for (status, expected) in [
        (
            CertificateStatus::Revoked {
                at: now.minus(DAY),
                reason: RevocationReason::KeyCompromise,
            },
            "REVOKED",
        ),
        (
            CertificateStatus::OnHold {
                since: now.minus(DAY),
            },
            "SUSPENDED",
        ),
        (CertificateStatus::Unknown, "REV_UNKNOWN"),
    ] {
        let (certificate, key) = unit(&world, P256, |b| b);
        world
            .services
            .set_certificate(&Serial::from_bytes(certificate.serial()), status);
        let mut parts = right(&world);
        parts.signed_by(&certificate, &key);
        assert_eq!(outcome(&world, &parts.der()), expected);
    }
}

#[test]
fn openssl_agrees_on_what_is_a_time_stamp_and_what_is_none() {
    let Some(openssl) = judge("openssl") else { return };
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let pem = |der: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<String> = text
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    };
    save("root.pem", pem(world.pki().root_der()).as_bytes());
    save("query.tsq", &request().der());
    let moment = world.clock.now().as_seconds().to_string();
    let accepts = |reply: &[u8]| {
        save("reply.tsr", reply);
        let output = Command::new(&openssl)
            .args(["ts", "-verify", "-queryfile", "query.tsq", "-in", "reply.tsr"])
            .args(["-CAfile", "root.pem", "-attime", &moment])
            .current_dir(folder.path())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).contains("Verification: OK")
            || String::from_utf8_lossy(&output.stderr).contains("Verification: OK")
    };
    let (loose, loose_key) = unit(&world, KeyKind::Ec(Curve::P256), |b| {
        b.without("2.5.29.37")
            .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.8"]))
    });
    let other = world.pki().timestamp.name().to_der();
    for (what, expected, change) in [
        row("the twin", "yes", |_| {}),
        row("another digest", "no", |parts| parts.imprint[0] ^= 1),
        row("another nonce", "no", |parts| {
            *parts.nonce.as_mut().unwrap().last_mut().unwrap() ^= 1;
        }),
        row("no nonce", "no", |parts| parts.nonce = None),
        row("signature spoilt", "no", |parts| parts.spoilt_signature = true),
        row("another digest signed", "no", |parts| {
            parts.message_digest = Some(vec![7; 32])
        }),
        row("two signers", "no", |parts| parts.signers = 2),
        row("not granted", "no", |parts| parts.status = 2),
        row("another name", "no", move |parts| {
            parts.tsa = Some(write::explicit(4, &other));
        }),
        row("a reference to another certificate", "no", |parts| {
            let other = parts.certificates[1].clone();
            parts.reference = Some((HashAlgorithm::Sha256, other));
        }),
        row("a unit whose usage is not critical", "no", move |parts| {
            parts.signed_by(&loose, &loose_key);
        }),
    ] {
        let mut parts = right(&world);
        change(&mut parts);
        let reply = parts.der();
        assert_eq!(accepts(&reply), expected == "yes", "OpenSSL: {what}");
        assert_eq!(
            outcome(&world, &reply) == "good",
            expected == "yes",
            "zegel: {what}"
        );
    }
}
