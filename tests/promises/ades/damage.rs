//! More than forty kinds of damage to a CMS message and to a JSON signature of each level: none passes, each is told with
//! a code, and the untouched twin is accepted.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::cms::archive::{self, HashIndex};
use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::Report;
use zegel::asn1::read::{self, Rules};
use zegel::asn1::write;
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::{SignatureAlgorithm, hash_identifier};
use zegel::crypto::ecdsa;
use zegel::crypto::key::Curve;

use super::world::{P384, World};
use super::{jws, message};

const DATA: &[u8] = b"besluit van het college, 3 maart 2026\n";
const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];

/// What a report says, as far as an acceptance depends on it.
type Outcome = (
    Indication,
    Option<String>,
    Vec<(Option<SubIndication>, Option<Level>)>,
);

fn outcome(report: &Report) -> Outcome {
    (
        report.indication,
        report.document.format_failure.clone(),
        report
            .signatures
            .iter()
            .map(|one| (one.sub_indication, one.level))
            .collect(),
    )
}

/// The twin shows its level; every damaged one is refused with a code, and is told from the twin. Returns what is not.
///
/// Below B-LTA nothing covers the revocation data. Damage to what proves a time-stamp's unit takes the time-stamp's force
/// away and no more (EN 319 102-1 §5.5.4 step b): the signature may then stand by itself, at a lower level and with a
/// finding.
fn not_refused(level: Level, twin: &Report, damaged: &[(String, Report)]) -> Vec<String> {
    let accepted = if level >= Level::Lt {
        Indication::TotalPassed
    } else {
        Indication::Indeterminate
    };
    assert_eq!(twin.indication, accepted, "{twin:#?}");
    assert_eq!(twin.signatures[0].level, Some(level));
    assert!(damaged.len() >= 40, "{} kinds of damage", damaged.len());
    let is_refused = |name: &str, report: &Report| {
        let has_code = report.document.format_failure.is_some()
            || report.signatures.is_empty()
            || report.signatures.iter().any(|one| one.sub_indication.is_some());
        let loses_time = || {
            let one = &report.signatures[0];
            level == Level::Lt
                && (name.starts_with("revocation data") || name.starts_with("rVals"))
                && one.level < Some(Level::Lt)
                && one.findings.iter().any(|finding| finding.cause == "TST_IGNORED")
        };
        if report.indication == Indication::TotalPassed {
            loses_time()
        } else {
            has_code && outcome(report) != outcome(twin)
        }
    };
    damaged
        .iter()
        .filter(|(name, report)| !is_refused(name, report))
        .map(|(name, _)| format!("{level}: {name}"))
        .collect()
}

fn children(der: &[u8]) -> Vec<Vec<u8>> {
    let mut inside = read::single(der, Rules::Ber).unwrap().inside().unwrap();
    let mut found = Vec::new();
    while let Some(one) = inside.next().unwrap() {
        found.push(one.whole().to_vec());
    }
    found
}

/// `der` with the elements at `path` changed, every header around them written anew.
fn edit(der: &[u8], path: &[usize], change: &dyn Fn(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut inside = children(der);
    match path {
        [] => change(&mut inside),
        [first, rest @ ..] => inside[*first] = edit(&inside[*first], rest, change),
    }
    write::element(der[0], &inside.concat())
}

fn flip(der: &mut [u8]) {
    *der.last_mut().unwrap() ^= 0x01;
}

fn oid(text: &str) -> Vec<u8> {
    write::oid(&text.parse().unwrap())
}

fn cms_damages(world: &World, file: &[u8], level: Level) -> Vec<(String, Vec<u8>)> {
    let other = world.signer(P384);
    let stranger = message::sealed(world, b"another decision", &other, level, CmsPackaging::Attached);
    let signers = children(&children(&children(file)[1])[0]).len() - 1;
    let data: &[usize] = &[1, 0];
    let signer: &[usize] = &[1, 0, signers, 0];
    let signed: &[usize] = &[1, 0, signers, 0, 3];
    let in_data = |change: &dyn Fn(&mut Vec<Vec<u8>>)| edit(file, data, change);
    let in_signer = |change: &dyn Fn(&mut Vec<Vec<u8>>)| edit(file, signer, change);
    let in_signed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| edit(file, signed, change);
    let info = SignedData::parse(file).unwrap().signers.remove(0);
    let value = |der: Vec<u8>| in_signer(&|fields| fields[5].clone_from(&der));
    let raw = ecdsa::der_to_raw(&info.signature, Curve::P384).unwrap();
    let fields = children(&children(&children(&children(&children(file)[1])[0])[signers])[0]);
    let attributes = children(&fields[3]).len();
    let in_content = |change: &dyn Fn(&mut Vec<Vec<u8>>)| edit(file, &[1, 0, 2], change);
    let mut list: Vec<(String, Vec<u8>)> = vec![
        (
            "content changed".into(),
            edit(file, &[1, 0, 2, 1], &|inside| flip(&mut inside[0])),
        ),
        (
            "content emptied".into(),
            edit(file, &[1, 0, 2, 1], &|inside| {
                inside[0] = write::octet_string(&[])
            }),
        ),
        (
            "content taken out".into(),
            in_content(&|inside| inside.truncate(1)),
        ),
        (
            "content type changed".into(),
            in_content(&|inside| inside[0] = oid(oids::SIGNED_DATA)),
        ),
        (
            "signed attributes as content".into(),
            edit(
                &in_signer(&|fields| {
                    fields.remove(3);
                }),
                &[1, 0, 2, 1],
                &|inside| inside[0] = write::octet_string(info.signed_bytes.as_deref().unwrap()),
            ),
        ),
        (
            "value changed at its end".into(),
            in_signer(&|fields| flip(&mut fields[5])),
        ),
        (
            "value changed at its start".into(),
            in_signer(&|fields| fields[5][8] ^= 0x40),
        ),
        ("value emptied".into(), value(write::octet_string(&[]))),
        ("value as raw r and s".into(), value(write::octet_string(&raw))),
        (
            "value cut".into(),
            value(write::octet_string(&info.signature[..info.signature.len() - 1])),
        ),
        (
            "value with a byte behind it".into(),
            value(write::octet_string(&[&info.signature[..], &[0]].concat())),
        ),
        (
            "value padded inside".into(),
            value(write::octet_string(&padded_value(&raw))),
        ),
        (
            "value as a bit string".into(),
            value(write::bit_string(&info.signature)),
        ),
        (
            "signed attributes taken out".into(),
            in_signer(&|fields| drop(fields.remove(3))),
        ),
        (
            "signed attributes emptied".into(),
            in_signed(&|inside| inside.clear()),
        ),
        (
            "signed attributes in another order".into(),
            in_signed(&|inside| inside.reverse()),
        ),
        (
            "an attribute added".into(),
            in_signed(&|inside| {
                let time = write::time("2026-03-03T09:00:00Z".parse().unwrap());
                inside.push(write::sequence(&[&oid("1.2.3.4"), &write::element(0x31, &time)]));
            }),
        ),
        (
            "another digest algorithm of the signer".into(),
            in_signer(&|fields| fields[2] = hash_identifier(HashAlgorithm::Sha256)),
        ),
        (
            "another signature algorithm".into(),
            in_signer(&|fields| {
                fields[4] = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).algorithm_identifier();
            }),
        ),
        (
            "plain RSA as signature algorithm".into(),
            in_signer(&|fields| {
                fields[4] = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha384).algorithm_identifier();
            }),
        ),
        (
            "no digest algorithms".into(),
            in_data(&|fields| fields[1] = write::element(0x31, &[])),
        ),
        (
            "a version that does not exist".into(),
            in_data(&|fields| fields[0] = write::integer(2)),
        ),
        (
            "another serial number".into(),
            edit(file, &[1, 0, signers, 0, 1], &|pair| flip(&mut pair[1])),
        ),
        (
            "another issuer".into(),
            edit(file, &[1, 0, signers, 0, 1], &|pair| flip(&mut pair[0])),
        ),
        (
            "named by a key identifier".into(),
            in_signer(&|fields| fields[1] = write::element(0x80, &[7; 20])),
        ),
        (
            "no certificates".into(),
            in_data(&|fields| drop(fields.remove(3))),
        ),
        (
            "signer's certificate taken out".into(),
            edit(file, &[1, 0, 3], &|all| {
                all.retain(|der| !info.certificate_reference().unwrap().names(der))
            }),
        ),
        (
            "signer's certificate changed".into(),
            edit(file, &[1, 0, 3], &|all| {
                for der in all.iter_mut() {
                    if info.certificate_reference().unwrap().names(der) {
                        flip(der);
                    }
                }
            }),
        ),
        (
            "another's certificate in its place".into(),
            edit(file, &[1, 0, 3], &|all| {
                for der in all.iter_mut() {
                    if info.certificate_reference().unwrap().names(der) {
                        *der = other.certificate.der().to_vec();
                    }
                }
            }),
        ),
        (
            "no signers".into(),
            edit(file, &[1, 0, signers], &|all| all.clear()),
        ),
        (
            "a second signer whose value does not hold".into(),
            edit(file, &[1, 0, signers], &|all| {
                let second = edit(&all[0], &[], &|fields| flip(&mut fields[5]));
                all.push(second);
            }),
        ),
        (
            "the signer of another message".into(),
            edit(file, &[1, 0, signers], &|all| {
                let theirs = children(&children(&children(&stranger)[1])[0]);
                all[0] = children(theirs.last().unwrap()).remove(0);
            }),
        ),
        (
            "a length written longer inside a signed attribute".into(),
            in_signed(&|inside| {
                let content = read::single(&inside[0], Rules::Ber).unwrap().content().to_vec();
                inside[0] = [&[0x30, 0x81, u8::try_from(content.len()).unwrap()], &content[..]].concat();
            }),
        ),
        (
            "an indefinite length inside a signed attribute".into(),
            in_signed(&|inside| {
                let content = read::single(&inside[0], Rules::Ber).unwrap().content().to_vec();
                inside[0] = [&[0x30, 0x80], &content[..], &[0, 0]].concat();
            }),
        ),
        (
            "another kind of message".into(),
            edit(file, &[], &|info| info[0] = oid("1.2.840.113549.1.7.3")),
        ),
        ("cut in the middle".into(), file[..file.len() / 2].to_vec()),
        ("cut by one byte".into(), file[..file.len() - 1].to_vec()),
        ("a byte behind it".into(), [file, &[0]].concat()),
        ("nothing".into(), Vec::new()),
    ];
    for index in 0..attributes {
        let within = |name: &str, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            (format!("signed attribute {index} {name}"), in_signed(change))
        };
        list.push(within("taken out", &|inside| drop(inside.remove(index))));
        list.push(within("doubled", &|inside| {
            inside.insert(index, inside[index].clone())
        }));
        list.push(within("changed", &|inside| flip(&mut inside[index])));
        list.push(within("with a second value", &|inside| {
            inside[index] = edit(&inside[index], &[1], &|values| values.push(values[0].clone()));
        }));
    }
    if level >= Level::T {
        list.extend(stamp_damages(
            file,
            &stranger,
            signers,
            oids::SIGNATURE_TIME_STAMP,
        ));
        if level == Level::T {
            // From B-LT on, the unit's certificate stands in the message too.
            list.push((
                "time-stamp without certificates".to_owned(),
                without_stamp_certificates(file, signers),
            ));
        }
    }
    if level >= Level::Lt {
        list.extend(material_damages(file, level, signers));
    }
    if level == Level::Lta {
        list.extend(stamp_damages(
            file,
            &stranger,
            signers,
            oids::ARCHIVE_TIME_STAMP_V3,
        ));
    }
    list
}

/// The value with a zero before r that DER does not allow.
fn padded_value(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(raw.len() / 2);
    let r = write::element(0x02, &[&[0, 0], r].concat());
    write::sequence(&[&r, &write::integer_bytes(s)])
}

/// Damage to the time-stamp in the unsigned attribute `kind`.
fn stamp_damages(file: &[u8], stranger: &[u8], signers: usize, kind: &str) -> Vec<(String, Vec<u8>)> {
    let token_of = |file: &[u8]| {
        let info = SignedData::parse(file).unwrap().signers.remove(0);
        info.unsigned_values(kind).next().unwrap().to_vec()
    };
    let with = |name: &str, token: &[u8]| {
        let changed = edit(file, &[1, 0, signers, 0, 6], &|attributes| {
            for attribute in attributes.iter_mut() {
                if children(attribute)[0] == oid(kind) {
                    *attribute = write::sequence(&[&oid(kind), &write::element(0x31, token)]);
                }
            }
        });
        (format!("{kind}: {name}"), changed)
    };
    let token = token_of(file);
    let fields = children(&children(&token)[1]).remove(0);
    let last = children(&fields).len() - 1;
    let mut flipped = token.clone();
    flip(&mut flipped);
    let mut list = vec![
        with("changed at its end", &flipped),
        with("another's", &token_of(stranger)),
        with("emptied", &write::sequence(&[])),
        with(
            "statement changed",
            &edit(&token, &[1, 0, 2, 1], &|inside| flip(&mut inside[0])),
        ),
        with(
            "value changed",
            &edit(&token, &[1, 0, last, 0], &|fields| flip(&mut fields[5])),
        ),
        with("no signer", &edit(&token, &[1, 0, last], &|all| all.clear())),
    ];
    if kind == oids::ARCHIVE_TIME_STAMP_V3 {
        let index = archive::index_of(&token).unwrap().unwrap();
        let in_index = |name: &str, change: &dyn Fn(&mut HashIndex)| {
            let mut changed = HashIndex::parse(&index).unwrap().unwrap();
            change(&mut changed);
            let attribute = write::sequence(&[
                &oid(oids::ATS_HASH_INDEX_V3),
                &write::element(0x31, &changed.to_der()),
            ]);
            with(
                name,
                &edit(&token, &[1, 0, last, 0, 6], &|attributes| {
                    attributes[0].clone_from(&attribute)
                }),
            )
        };
        list.push(in_index("index without a certificate", &|index| {
            drop(index.certificates.pop())
        }));
        list.push(in_index("index without revocation data", &|index| {
            index.revocations.clear()
        }));
        list.push(in_index("index without attributes", &|index| {
            index.unsigned.clear()
        }));
        list.push(in_index("index with an entry of nothing", &|index| {
            index.certificates.push(vec![7; 48])
        }));
        list.push(in_index("index of another hash", &|index| {
            index.hash = HashAlgorithm::Sha256
        }));
        list.push(with(
            "no index",
            &edit(&token, &[1, 0, last, 0], &|fields| fields.truncate(6)),
        ));
        list.push(with(
            "two indexes",
            &edit(&token, &[1, 0, last, 0, 6], &|attributes| {
                attributes.push(attributes[0].clone())
            }),
        ));
    }
    list
}

fn without_stamp_certificates(file: &[u8], signers: usize) -> Vec<u8> {
    edit(file, &[1, 0, signers, 0, 6, 0, 1, 0, 1, 0], &|fields| {
        drop(fields.remove(3))
    })
}

/// Damage to certificates and revocation data, of which only what a time-stamp covers or the level needs counts.
fn material_damages(file: &[u8], level: Level, signers: usize) -> Vec<(String, Vec<u8>)> {
    let mut list = vec![(
        "no revocation data".to_owned(),
        edit(file, &[1, 0], &|fields| drop(fields.remove(4))),
    )];
    let opened = message::opened(file);
    let info = SignedData::parse(file).unwrap().signers.remove(0);
    let index = info
        .unsigned_values(oids::ARCHIVE_TIME_STAMP_V3)
        .next()
        .map(|token| {
            HashIndex::parse(&archive::index_of(token).unwrap().unwrap())
                .unwrap()
                .unwrap()
        });
    for (number, item) in opened.envelope.revocations().enumerate() {
        let counts = index
            .as_ref()
            .is_none_or(|index| index.revocations.contains(&index.hash.digest(item)));
        if counts {
            list.push((
                format!("revocation data {number} changed"),
                edit(file, &[1, 0, 4], &|all| flip(&mut all[number])),
            ));
        }
    }
    if level == Level::Lta {
        for (number, item) in opened.envelope.certificates().enumerate() {
            if index
                .as_ref()
                .is_some_and(|index| index.certificates.contains(&index.hash.digest(item)))
            {
                list.push((
                    format!("covered certificate {number} taken out"),
                    edit(file, &[1, 0, 3], &|all| drop(all.remove(number))),
                ));
            }
        }
        list.push((
            "covered signature time-stamp taken out".to_owned(),
            edit(file, &[1, 0, signers, 0, 6], &|attributes| {
                attributes.retain(|one| children(one)[0] != oid(oids::SIGNATURE_TIME_STAMP));
            }),
        ));
    }
    list
}

#[test]
fn no_damaged_message_passes() {
    let world = World::new();
    let signer = world.signer(P384);
    let mut passed = Vec::new();
    for level in LEVELS {
        let file = message::sealed(&world, DATA, &signer, level, CmsPackaging::Attached);
        let judged = |file: &[u8]| message::validate(&world, file, None, world.now);
        let damaged: Vec<(String, Report)> = cms_damages(&world, &file, level)
            .into_iter()
            .map(|(name, file)| (name, judged(&file)))
            .collect();
        passed.extend(not_refused(level, &judged(&file), &damaged));
    }
    assert!(passed.is_empty(), "not refused: {passed:?}");
}

/// A change of a JSON value.
type Change<'a> = &'a dyn Fn(&mut Value);

fn header_of(jws: &Value) -> Value {
    let text = jws["protected"].as_str().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn flip_text(value: &mut Value, at: usize) {
    let mut text = value.as_str().unwrap().as_bytes().to_vec();
    text[at] = if text[at] == b'A' { b'B' } else { b'A' };
    *value = String::from_utf8(text).unwrap().into();
}

fn jws_damages(world: &World, genuine: &str, level: Level) -> Vec<(String, String)> {
    let signer = world.signer(P384);
    let form = (Serialization::Flattened, JwsPackaging::Attached);
    let stranger: Value =
        serde_json::from_str(&jws::sealed(world, b"another decision", &signer, level, form)).unwrap();
    let genuine: Value = serde_json::from_str(genuine).unwrap();
    let mut list: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, change: Change<'_>| {
        let mut jws = genuine.clone();
        change(&mut jws);
        list.push((name.to_owned(), jws.to_string()));
    };
    add("payload changed", &|jws| flip_text(&mut jws["payload"], 5));
    add("payload emptied", &|jws| jws["payload"] = json!(""));
    add("payload taken out", &|jws| {
        drop(jws.as_object_mut().unwrap().remove("payload"))
    });
    add("another's payload", &|jws| {
        jws["payload"] = stranger["payload"].clone()
    });
    add("payload padded", &|jws| {
        jws["payload"] = format!("{}=", jws["payload"].as_str().unwrap()).into()
    });
    add("payload in clear", &|jws| {
        jws["payload"] = std::str::from_utf8(DATA).unwrap().into()
    });
    add("payload an object", &|jws| jws["payload"] = json!({}));
    for name in ["alg", "iat", "x5t#S256", "x5c", "typ", "cty"] {
        add(&format!("{name} taken out"), &|jws| {
            let mut header = header_of(jws);
            header.as_object_mut().unwrap().remove(name).unwrap();
            jws["protected"] = URL_SAFE_NO_PAD.encode(header.to_string()).into();
        });
        add(&format!("{name} changed"), &|jws| {
            let mut header = header_of(jws);
            header[name] = match name {
                "iat" => json!(1_772_528_401),
                "x5c" => json!([STANDARD.encode(signer.certificate.der())]),
                "x5t#S256" => {
                    json!(URL_SAFE_NO_PAD.encode(HashAlgorithm::Sha256.digest(signer.certificate.der())))
                }
                "alg" => json!("ES512"),
                _ => json!("application/octet-stream"),
            };
            jws["protected"] = URL_SAFE_NO_PAD.encode(header.to_string()).into();
        });
    }
    for (name, member, value) in [
        ("no algorithm", "alg", json!("none")),
        ("a MAC", "alg", json!("HS256")),
        ("unencoded payload", "b64", json!(false)),
        ("a critical name", "crit", json!(["iat"])),
        (
            "a role",
            "srAts",
            json!({"claimed": [{"qVals": ["burgemeester"]}]}),
        ),
    ] {
        add(&format!("{name} added to the header"), &|jws| {
            let mut header = header_of(jws);
            header[member] = value.clone();
            jws["protected"] = URL_SAFE_NO_PAD.encode(header.to_string()).into();
        });
    }
    add("header written with other spaces", &|jws| {
        let header = serde_json::to_string_pretty(&header_of(jws)).unwrap();
        jws["protected"] = URL_SAFE_NO_PAD.encode(header).into();
    });
    add("another's header", &|jws| {
        jws["protected"] = stranger["protected"].clone()
    });
    add("header padded", &|jws| {
        jws["protected"] = format!("{}=", jws["protected"].as_str().unwrap()).into()
    });
    add("header emptied", &|jws| jws["protected"] = json!(""));
    add("value changed at its start", &|jws| {
        flip_text(&mut jws["signature"], 0)
    });
    add("value changed at its end", &|jws| {
        flip_text(&mut jws["signature"], 127)
    });
    add("value emptied", &|jws| jws["signature"] = json!(""));
    add("value cut", &|jws| {
        jws["signature"] = jws["signature"].as_str().unwrap()[..124].into()
    });
    add("another's value", &|jws| {
        jws["signature"] = stranger["signature"].clone()
    });
    let value = URL_SAFE_NO_PAD
        .decode(genuine["signature"].as_str().unwrap())
        .unwrap();
    let (r, s) = value.split_at(48);
    for (name, value) in [
        ("as DER", ecdsa::raw_to_der(&value, Curve::P384).unwrap()),
        ("twice", [&value[..], &value].concat()),
        ("with r and s exchanged", [s, r].concat()),
        ("of zeros", vec![0; 96]),
    ] {
        add(&format!("value {name}"), &|jws| {
            jws["signature"] = URL_SAFE_NO_PAD.encode(&value).into()
        });
    }
    add("an algorithm outside the protected header", &|jws| {
        jws["header"]["alg"] = json!("none")
    });
    add("a key outside the protected header", &|jws| {
        jws["header"]["jwk"] = json!({})
    });
    add("flattened and general", &|jws| jws["signatures"] = json!([{}]));
    add("an element that is no text of an object", &|jws| {
        jws["header"]["etsiU"] = json!(["!!!"])
    });
    add("an element with two members", &|jws| {
        jws["header"]["etsiU"] = json!([URL_SAFE_NO_PAD.encode(r#"{"a":1,"b":2}"#)]);
    });
    add("elements of two kinds", &|jws| {
        jws["header"]["etsiU"] = json!(["e30", {"a": 1}])
    });
    add("a time-stamp that is none", &|jws| {
        let text = URL_SAFE_NO_PAD.encode(r#"{"sigTst":{"tstTokens":[{"val":"AAAA"}]}}"#);
        jws["header"]["etsiU"] = json!([text]);
    });
    let text = genuine.to_string();
    list.push(("cut in the middle".to_owned(), text[..text.len() / 2].to_owned()));
    list.push(("something behind it".to_owned(), format!("{text}x")));
    list.push((
        "payload twice".to_owned(),
        text.replacen('{', "{\"payload\":\"eA\",", 1),
    ));
    list.push(("nothing".to_owned(), String::new()));
    let mut second = genuine.clone();
    flip_text(&mut second["signature"], 3);
    let both = json!({"payload": genuine["payload"], "signatures": [without_payload(&genuine), without_payload(&second)]});
    list.push((
        "a second signature whose value does not hold".to_owned(),
        both.to_string(),
    ));
    if level >= Level::T {
        list.extend(element_damages(&genuine, &stranger, level));
    }
    list
}

fn without_payload(jws: &Value) -> Value {
    let mut jws = jws.clone();
    jws.as_object_mut().unwrap().remove("payload");
    jws
}

/// Damage to the elements of `etsiU` that count for the level.
fn element_damages(genuine: &Value, stranger: &Value, level: Level) -> Vec<(String, String)> {
    let elements = |jws: &Value| -> Vec<(String, Value)> {
        let list = jws["header"]["etsiU"].as_array().unwrap();
        list.iter()
            .map(|text| {
                let octets = URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
                let value: Value = serde_json::from_slice(&octets).unwrap();
                let (name, value) = value.as_object().unwrap().iter().next().unwrap();
                (name.clone(), value.clone())
            })
            .collect()
    };
    let written = |list: &[(String, Value)]| -> String {
        let texts: Vec<Value> = list
            .iter()
            .map(|(name, value)| URL_SAFE_NO_PAD.encode(json!({ name: value }).to_string()).into())
            .collect();
        let mut jws = genuine.clone();
        jws["header"]["etsiU"] = texts.into();
        jws.to_string()
    };
    let (own, theirs) = (elements(genuine), elements(stranger));
    assert_eq!(written(&own), genuine.to_string());
    let mut list = Vec::new();
    let archive = own.iter().position(|(name, _)| name == "arcTst");
    for (place, (name, value)) in own.iter().enumerate() {
        // What stands after the newest archive time-stamp spares the next one a question and proves nothing yet.
        if archive.is_some_and(|archive| place > archive) {
            continue;
        }
        let mut add = |what: &str, changed: Value| {
            let mut all = own.clone();
            all[place].1 = changed;
            list.push((format!("{name} {what}"), written(&all)));
        };
        let flipped = |text: &Value| {
            let mut der = STANDARD.decode(text.as_str().unwrap()).unwrap();
            flip(&mut der);
            Value::from(STANDARD.encode(der))
        };
        if name.ends_with("Tst") {
            let mut changed = value.clone();
            changed["tstTokens"][0]["val"] = flipped(&value["tstTokens"][0]["val"]);
            add("changed", changed);
            let token = &value["tstTokens"][0];
            add("of two tokens", json!({ "tstTokens": [token, token] }));
            add("of no token", json!({ "tstTokens": [] }));
            add("emptied", json!({}));
            let other = theirs.iter().find(|(theirs, _)| theirs == name).unwrap();
            add("another's", other.1.clone());
        }
        if name == "arcTst" {
            let mut changed = value.clone();
            changed["timeStamped"] = json!("previousArcTst");
            add("over a part", changed);
        }
        if name == "rVals" {
            for kind in ["crlVals", "ocspVals"] {
                for number in 0..value[kind].as_array().map_or(0, Vec::len) {
                    let mut changed = value.clone();
                    changed[kind][number]["val"] = flipped(&value[kind][number]["val"]);
                    add(&format!("{kind} {number} changed"), changed);
                }
            }
            add("emptied", json!({}));
        }
        // From B-LT to B-LTA, who takes the time-stamp away leaves a signature that stands by itself at B-B.
        let is_needed = name == "rVals" || level == Level::Lta || (name == "sigTst" && level == Level::T);
        if is_needed && name != "arcTst" {
            let mut all = own.clone();
            all.remove(place);
            list.push((format!("{name} taken out"), written(&all)));
        }
        if level == Level::Lta && name != "arcTst" {
            let mut jws = genuine.clone();
            let spaced = serde_json::to_string_pretty(&json!({ name: value })).unwrap();
            jws["header"]["etsiU"][place] = URL_SAFE_NO_PAD.encode(spaced).into();
            list.push((format!("{name} written with other spaces"), jws.to_string()));
        }
    }
    if level == Level::Lta {
        let mut all = own.clone();
        all.swap(0, 1);
        list.push(("elements in another order".to_owned(), written(&all)));
        let mut all = own.clone();
        let moved = all.remove(archive.unwrap());
        all.insert(0, moved);
        list.push(("the archive time-stamp first".to_owned(), written(&all)));
    }
    list
}

#[test]
fn no_damaged_signature_in_json_passes() {
    let world = World::new();
    let signer = world.signer(P384);
    let mut passed = Vec::new();
    for level in LEVELS {
        let form = (Serialization::Flattened, JwsPackaging::Attached);
        let text = jws::sealed(&world, DATA, &signer, level, form);
        let judged = |text: &str| jws::validate(&world, text, &[], world.now);
        let damaged: Vec<(String, Report)> = jws_damages(&world, &text, level)
            .into_iter()
            .map(|(name, text)| (name, judged(&text)))
            .collect();
        passed.extend(not_refused(level, &judged(&text), &damaged));
    }
    assert!(passed.is_empty(), "not refused: {passed:?}");
}
