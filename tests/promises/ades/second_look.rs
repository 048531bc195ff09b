//! What a validator may be talked into: tokens that were dated back, answers that a thief made, files and contents that
//! nobody signed beside such that somebody did, hashes that stand for nothing any more. Each beside a twin that holds.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use zegel::ades::asic::create::{cades_manifest, write_cades};
use zegel::ades::asic::manifest::{AsicManifest, Listed};
use zegel::ades::asic::zip::write::Writer;
use zegel::ades::asic::zip::{Archive, Limits, Method};
use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::content::{Content, DataObject};
use zegel::ades::jades::prepare::prepare;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_for};
use zegel::base::digest::HashAlgorithm;
use zegel::base::national::NationalNumber;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{
    AuthorityKind, CertificateBuilder, Extension, Holder, KeyPair, LabPki, LeafPurpose, Name, Validity,
};
use zegel::lab::services::{RevocationReason, Service, ServiceMode, Services};
use zegel::pki::certificate::Certificate;
use zegel::xml::limits::Limits as XmlLimits;
use zegel::xml::signature::DS;
use zegel::xml::signature::read::XmlSignature;
use zegel::xml::tree::{Document as XmlDocument, Selection};

use super::asic_world::{self, Form};
use super::content_world;
use super::evidence::{answer_about, judged, lists, revoke, with_evidence};
use super::jws;
use super::message;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{BASE, P384, Signer, World};
use super::xml_world::{self, Packaging, signed_anew};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const DATA: &[u8] = b"besluit van het college";

fn plain() -> Vec<u8> {
    pdf(Xref::Table, SHAPES[0])
}

fn object(name: Option<&str>, data: &[u8]) -> DataObject {
    DataObject {
        name: name.map(str::to_owned),
        media_type: None,
        content: Content::Bytes(Arc::new(data.to_vec())),
    }
}

#[track_caller]
fn has(name: &str, report: &Report, cause: &str) {
    let findings = report.signatures.iter().flat_map(|one| &one.findings);
    let causes: Vec<&str> = findings.map(|finding| finding.cause.as_str()).collect();
    assert!(causes.contains(&cause), "{name}: {causes:?}");
    assert_ne!(report.indication, Indication::TotalPassed, "{name}");
}

/// The thief of an authority's key says that a certificate was good when it signed. What stands there from before the
/// theft is too old to say so.
#[test]
fn an_answer_from_after_the_theft_of_an_authority_makes_nothing_fresh() {
    for (fresh, expected) in [(true, true), (false, false)] {
        let world = World::new();
        let (signer, second) = (world.signer(P384), world.signer(P384));
        let now = world.now;
        let stamped = world.sealed(&plain(), &signer, Level::T);
        let made = if fresh { now } else { now.minus(HOUR) };
        let before = with_evidence(
            &world,
            &stamped,
            lists(&world, now.minus(HOUR)),
            vec![answer_about(&world, &signer, made)],
        );
        let archived = world.sealed(&before, &second, Level::Lta);
        let authority = world.pki().citizen.certificate_der();
        revoke(&world, authority, now.plus(DAY), RevocationReason::KeyCompromise);
        let forged = answer_about(&world, &signer, now.plus(DAY * 2));
        let root = world
            .services
            .crl(AuthorityKind::Root, now.plus(DAY * 2))
            .unwrap();
        let file = with_evidence(&world, &archived, vec![root], vec![forged]);
        let report = judged(&world, &file, &[], now.plus(DAY * 3));
        let first = &report.signatures[0];
        assert_eq!(
            first.indication == Indication::TotalPassed,
            expected,
            "fresh {fresh}: {first:#?}"
        );
        if !expected {
            assert_eq!(first.sub_indication, Some(SubIndication::RevokedCaNoPoe));
        }
    }
}

#[test]
fn of_two_statements_of_one_moment_the_worse_counts_and_a_revocation_for_good() {
    let world = World::new();
    let signer = world.signer(P384);
    let stamped = world.sealed(&plain(), &signer, Level::T);
    let (made, late) = (world.now.plus(HOUR), world.now.plus(HOUR * 2));
    let good = lists(&world, made);
    let newer = lists(&world, made.plus(HOUR / 2));
    let alone = with_evidence(&world, &stamped, good.clone(), vec![]);
    let report = judged(&world, &alone, &[], late);
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    let own = signer.leaf.certificate_der.clone();
    revoke(
        &world,
        &own,
        world.now.minus(HOUR),
        RevocationReason::KeyCompromise,
    );
    let answer = answer_about(&world, &signer, made);
    for lists in [good, newer] {
        let both = with_evidence(&world, &stamped, lists, vec![answer.clone()]);
        let report = judged(&world, &both, &[], late);
        let found = report.signatures[0].sub_indication;
        assert_eq!(found, Some(SubIndication::RevokedNoPoe), "{report:#?}");
    }
}

#[test]
fn a_counter_signature_in_json_is_not_passed_over_in_silence() {
    let world = World::new();
    let signer = world.signer(P384);
    let text = stamped_jws(&world, &signer, world.now, world.now);
    let mut jws: Value = serde_json::from_str(&text).unwrap();
    let element = URL_SAFE_NO_PAD.encode(json!({"cSig": "e30..AA"}).to_string());
    jws["header"]["etsiU"]
        .as_array_mut()
        .unwrap()
        .push(element.into());
    for (text, expected) in [(text, 0), (jws.to_string(), 1)] {
        let report = jws::validate(&world, &text, &[], world.now);
        let findings = report.signatures.iter().skip(1);
        let causes: Vec<&str> = findings.map(|one| one.findings[0].cause.as_str()).collect();
        assert_eq!(causes, ["JWS_ALGORITHM"][..expected], "{report:#?}");
    }
}

/// The same laboratory with a time-stamping unit that is valid from `from` on.
fn with_unit_from(world: &World, from: Timestamp) -> World {
    let folder = crate::support::TestFolder::new("unit-from");
    world.pki().save(folder.path()).unwrap();
    let mut pki = LabPki::load(folder.path()).unwrap();
    let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let subject = Name::new().country("BE").common_name("TEST Timestamp Unit 3");
    let unit = CertificateBuilder::new(subject, key.public())
        .valid(Validity::around(from, Duration::ZERO, DAY * 1500))
        .with(Extension::key_usage(&[0]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.8"]).critical())
        .with(Extension::crl(BASE, AuthorityKind::Timestamp))
        .issue(&pki.timestamp, &*world.random)
        .unwrap();
    pki.unit = KeyPair {
        certificate_der: unit,
        key,
    };
    let services = Services::new(Arc::new(pki), world.random.clone());
    services.set_service(Service::Ocsp, ServiceMode::Down);
    World {
        services: Arc::new(services),
        base: world.base.clone(),
        trust: world.trust.clone(),
        algorithms: world.algorithms.clone(),
        random: world.random.clone(),
        now: world.now,
    }
}

/// A JWS signed at `signed_at`, time-stamped by `world`, with lists from `at`; nothing of it was looked at before.
fn stamped_jws(world: &World, signer: &Signer, signed_at: Timestamp, at: Timestamp) -> String {
    let (form, packaging) = (Serialization::Flattened, JwsPackaging::Attached);
    let draft = zegel::ades::jades::stages::Draft {
        expires_at: signed_at.plus(HOUR),
        ..jws::draft(world, signer, Level::T, form, packaging)
    };
    let prepared = prepare(&jws::objects(DATA, packaging), &draft, signed_at).unwrap();
    let key = &signer.leaf.key;
    let value = key.sign_digest(prepared.algorithm(), &prepared.digest()).unwrap();
    let text = prepared.finish(&value, signed_at).unwrap().jws().to_text();
    let mut jws: Value = serde_json::from_str(&text).unwrap();
    let encode = |value: &Value| Value::String(URL_SAFE_NO_PAD.encode(value.to_string()));
    let values = |items: Vec<Vec<u8>>| -> Vec<Value> {
        let one = |der: Vec<u8>| json!({"val": STANDARD.encode(der)});
        items.into_iter().map(one).collect()
    };
    let certificates: Vec<Value> = world
        .pki()
        .authorities()
        .iter()
        .map(|authority| json!({"x509Cert": {"val": STANDARD.encode(authority.certificate_der())}}))
        .collect();
    let token = token_over(world, jws["signature"].as_str().unwrap().as_bytes());
    jws["header"] = json!({"etsiU": [
        encode(&json!({"sigTst": {"tstTokens": values(vec![token])}})),
        encode(&json!({"xVals": certificates})),
        encode(&json!({"rVals": {"crlVals": values(lists(world, at))}})),
    ]});
    jws.to_string()
}

#[test]
fn a_unit_shows_no_time_from_before_its_own_certificate() {
    let world = World::new();
    let signer = world.signer(P384);
    let late = world.now.plus(HOUR * 3);
    for (from, passes) in [
        (world.now.minus(HOUR), true),
        (world.now, true),
        (world.now.plus(HOUR * 2), false),
    ] {
        let world = with_unit_from(&world, from);
        let text = stamped_jws(&world, &signer, world.now, late);
        let report = jws::validate(&world, &text, &[], late);
        let signature = &report.signatures[0];
        let stamp = &signature.time_stamps[0];
        if passes {
            assert_eq!(report.indication, Indication::TotalPassed, "{signature:#?}");
            assert_eq!(signature.best_signature_time, Some(world.now));
        } else {
            assert_eq!(
                stamp.sub_indication,
                Some(SubIndication::NotYetValid),
                "{stamp:#?}"
            );
            assert_eq!(signature.best_signature_time, Some(late), "{signature:#?}");
            assert_eq!(signature.proven_level, Some(Level::B));
        }
    }
}

#[test]
fn a_signature_from_before_its_certificate_does_not_come_to_hold() {
    let world = World::new();
    let young = |from: Timestamp| {
        let holder = Holder {
            surname: "Specimen".to_owned(),
            given_names: "Cé".to_owned(),
            national_number: NationalNumber::parse("85073003328").unwrap(),
        };
        let validity = Validity::around(from, Duration::ZERO, DAY * 365);
        let random = &*world.random;
        let leaf = world
            .pki()
            .issue_leaf(&holder, LeafPurpose::Signature, P384, validity, random)
            .unwrap();
        let certificate = Certificate::parse(leaf.certificate_der.clone()).unwrap();
        Signer { leaf, certificate }
    };
    let late = world.now.plus(HOUR * 3);
    for (from, expected) in [
        (world.now, None),
        (world.now.plus(HOUR), Some(SubIndication::NotYetValid)),
    ] {
        let text = stamped_jws(&world, &young(from), from, late);
        let report = jws::validate(&world, &text, &[], late);
        let found = &report.signatures[0];
        assert_eq!(found.sub_indication, expected, "{found:#?}");
    }
}

#[test]
fn a_time_stamp_of_a_stolen_unit_raises_no_level() {
    let world = World::new();
    let signer = world.signer(P384);
    let stamped = world.sealed(&plain(), &signer, Level::T);
    let good = lists(&world, world.now);
    let kept = with_evidence(&world, &stamped, good.clone(), vec![]);
    let honest = judged(&world, &kept, &[], world.now.plus(DAY * 3));
    assert!(honest.signatures[0].level >= Some(Level::T), "{honest:#?}");
    revoke(
        &world,
        &world.pki().unit.certificate_der,
        world.now.plus(DAY),
        RevocationReason::KeyCompromise,
    );
    let revoked = world
        .services
        .crl(AuthorityKind::Timestamp, world.now.plus(DAY * 2))
        .unwrap();
    let known = good.into_iter().take(2).chain([revoked]).collect();
    let file = with_evidence(&world, &stamped, known, vec![]);
    let report = judged(&world, &file, &[], world.now.plus(DAY * 3));
    assert_eq!(report.signatures[0].proven_level, Some(Level::B), "{report:#?}");
}

fn token_over(world: &World, data: &[u8]) -> Vec<u8> {
    let hash = HashAlgorithm::Sha256;
    content_world::token(world, hash, &hash.digest(data), world.now)
}

/// A manifest that says that `signature` is over `files`.
fn manifest(signature: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let listed = |(name, data): &(&str, &[u8])| Listed {
        name: (*name).to_owned(),
        mime_type: None,
        hash: HashAlgorithm::Sha256,
        digest: HashAlgorithm::Sha256.digest(data),
        is_root: false,
    };
    let manifest = AsicManifest {
        signature: signature.to_owned(),
        files: files.iter().map(listed).collect(),
    };
    manifest
        .to_xml("application/vnd.etsi.timestamp-token")
        .into_bytes()
}

const TOKEN: &str = "META-INF/timestamp009.tst";

/// `container` with `files`, of which `stamped` are under a time-stamp.
fn with_stamped(world: &World, container: &[u8], files: &[(&str, &[u8])], stamped: usize) -> Vec<u8> {
    let archive = Archive::open(Arc::new(container.to_vec()), &Limits::default()).unwrap();
    let mut writer = Writer::append_to(&archive, Vec::new(), world.now).unwrap();
    for (name, data) in files {
        writer.add(name, &data.to_vec(), Method::Stored).unwrap();
    }
    let manifest = manifest(TOKEN, &files[..stamped]);
    writer
        .add("META-INF/ASiCManifest009.xml", &manifest, Method::Stored)
        .unwrap();
    let token = token_over(world, &manifest);
    writer.add(TOKEN, &token, Method::Stored).unwrap();
    writer.finish().unwrap()
}

#[test]
fn a_time_stamp_signs_nothing_that_was_added_to_a_container() {
    let world = World::new();
    let signer = world.signer(P384);
    let sealed = asic_world::sealed(&world, Form::ExtendedCades, &signer, Level::Lta);
    assert_eq!(
        asic_world::validate(&world, &sealed).indication,
        Indication::TotalPassed
    );
    let files: [(&str, &[u8]); 1] = [("bijlagen/extra.txt", b"niemand tekende dit")];
    let added = with_stamped(&world, &sealed, &files, 1);
    has(
        "a file under a time-stamp alone",
        &asic_world::validate(&world, &added),
        "ASIC_UNSIGNED_FILE",
    );
}

#[test]
fn a_container_of_time_stamps_holds_no_file_without_one() {
    let world = World::new();
    let mut writer = Writer::new(Vec::new(), world.now);
    writer
        .add(
            "mimetype",
            &b"application/vnd.etsi.asic-e+zip".to_vec(),
            Method::Stored,
        )
        .unwrap();
    let empty = writer.finish().unwrap();
    let files: [(&str, &[u8]); 2] = [("een.txt", b"een"), ("twee.txt", b"twee")];
    let both = asic_world::validate(&world, &with_stamped(&world, &empty, &files, 2));
    assert_eq!(both.document.format_failure, None);
    assert_eq!(both.indication, Indication::Indeterminate, "{both:#?}");
    let one = asic_world::validate(&world, &with_stamped(&world, &empty, &files, 1));
    assert_eq!(one.indication, Indication::TotalFailed);
    let failure = one.document.format_failure.unwrap_or_default();
    assert!(failure.contains("ASIC_UNSIGNED_FILE"), "{failure}");
}

#[test]
fn a_hash_that_stands_for_data_must_be_accepted_as_the_signatures_own() {
    let world = World::new();
    let signer = world.signer(P384);
    let files = asic_world::files(Form::ExtendedCades);
    for (hash, passes) in [(HashAlgorithm::Sha256, true), (HashAlgorithm::Sha1, false)] {
        let manifest = cades_manifest(&files, hash).unwrap();
        let draft = message::draft(&world, &signer, Level::Lta, CmsPackaging::Detached);
        let message = message::sealed_with(&world, &manifest, &signer, &draft);
        let container = write_cades(&files, Some(&manifest), &message, Vec::new(), world.now).unwrap();
        let report = asic_world::validate(&world, &container);
        assert_eq!(report.indication == Indication::TotalPassed, passes, "{hash:?}");
        if !passes {
            has("manifest", &report, "ALG_FORBIDDEN");
        }
    }
    let sealed = xml_world::sealed(&world, Packaging::Detached, &signer, Level::B);
    let sealed = String::from_utf8(sealed).unwrap();
    for (hash, cause) in [
        (HashAlgorithm::Sha256, None),
        (HashAlgorithm::Sha1, Some("ALG_FORBIDDEN")),
    ] {
        let file = with_lists(&world, &with_reference_hash(&signer, &sealed, hash));
        let report = xml_world::validate(&world, file.as_bytes());
        let findings = &report.signatures[0].findings;
        let refused = findings.iter().find(|finding| finding.cause.starts_with("ALG"));
        assert_eq!(
            refused.map(|one| one.cause.as_str()),
            cause,
            "{hash:?}: {findings:#?}"
        );
        assert_ne!(
            report.indication,
            Indication::TotalFailed,
            "{hash:?}: {findings:#?}"
        );
    }
}

/// `text` with lists of all authorities among its unsigned properties.
fn with_lists(world: &World, text: &str) -> String {
    let lists: String = lists(world, world.now)
        .into_iter()
        .map(|der| {
            let der = STANDARD.encode(der);
            format!("<xades:EncapsulatedCRLValue>{der}</xades:EncapsulatedCRLValue>")
        })
        .collect();
    let end = "</xades:SignedProperties>";
    let properties = format!(
        "{end}<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues>\
         <xades:CRLValues>{lists}</xades:CRLValues></xades:RevocationValues>\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    );
    assert_eq!(text.matches(end).count(), 1);
    text.replace(end, &properties)
}

/// `text`, whose first reference is by `hash` now, signed again by `signer`.
fn with_reference_hash(signer: &Signer, text: &str, hash: HashAlgorithm) -> String {
    let things = xml_world::things();
    let Content::Bytes(source) = &things[0].content else {
        panic!("the first thing is at hand");
    };
    let length = usize::try_from(source.len()).unwrap();
    let digest = STANDARD.encode(hash.digest(&source.read_vec(0, length).unwrap()));
    let within = |text: &str, start: &str, end: &str, new: &str| {
        let from = text.find(start).unwrap() + start.len();
        let to = from + text[from..].find(end).unwrap();
        [&text[..from], new, &text[to..]].concat()
    };
    let uri = zegel::xml::signature::algorithm::digest_uri(hash);
    let changed = within(text, "<ds:DigestMethod Algorithm=\"", "\"", uri);
    let changed = within(&changed, "<ds:DigestValue>", "</ds:DigestValue>", &digest);
    signed_anew(signer, &changed)
}

#[test]
fn a_file_that_a_manifest_lists_is_named_as_covered() {
    let world = World::new();
    let signer = world.signer(P384);
    let sealed =
        String::from_utf8(xml_world::sealed(&world, Packaging::Detached, &signer, Level::B)).unwrap();
    let expected = xml_world::validate(&world, sealed.as_bytes()).signatures[0]
        .covered_files
        .clone();
    assert!(!expected.is_empty());
    // The first reference moves into a manifest, and one to the manifest stands in its place.
    let start = sealed.find("<ds:Reference").unwrap();
    let end = start + sealed[start..].find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let (reference, rest) = (&sealed[start..end], &sealed[end..]);
    let method = &sealed[sealed.find("<ds:CanonicalizationMethod").unwrap()..];
    let method = method[..method.find('>').unwrap()].trim_end_matches('/');
    let method = method.replace("CanonicalizationMethod", "Transform");
    let to_manifest = |digest: &str| {
        format!(
            "<ds:Reference Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" URI=\"#listing\"><ds:Transforms>{method}/>\
             </ds:Transforms><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
        )
    };
    let listing = format!(
        "<ds:Object><ds:Manifest Id=\"listing\">{reference}</ds:Manifest></ds:Object></ds:Signature>"
    );
    let rest = rest.replace("</ds:Signature>", &listing);
    let with = |digest: &str| [&sealed[..start], &to_manifest(digest), &rest].concat();
    let draft = with(&STANDARD.encode([0; 32]));
    let document = XmlDocument::parse(draft.as_bytes(), XmlLimits::document()).unwrap();
    let node = |name: &str| {
        document
            .elements()
            .find(|node| document.is(*node, DS, name))
            .unwrap()
    };
    let read = XmlSignature::read(&document, node("Signature")).unwrap();
    let mut hasher = zegel::base::digest::Hasher::new(HashAlgorithm::Sha256);
    let manifest = Selection::subtree(node("Manifest"));
    document.canonicalize(&manifest, &read.canonicalization, &mut hasher);
    let file = signed_anew(&signer, &with(&STANDARD.encode(hasher.finish())));
    let report = xml_world::validate(&world, file.as_bytes());
    assert_ne!(report.indication, Indication::TotalFailed, "{report:#?}");
    assert_eq!(report.signatures[0].covered_files, expected);
}

/// Each costs a reading of the file, so that a small signature could keep a checker busy for hours.
#[test]
fn no_more_references_to_one_file_are_followed_than_anybody_needs() {
    let world = World::new();
    let signer = world.signer(P384);
    let sealed = xml_world::sealed(&world, Packaging::Detached, &signer, Level::B);
    let sealed = String::from_utf8(sealed).unwrap();
    let start = sealed.find("<ds:Reference ").unwrap();
    let end = start + sealed[start..].find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let reference = &sealed[start..end];
    let id = reference.find(" Id=\"").unwrap();
    let id_end = id + 5 + reference[id + 5..].find('"').unwrap() + 1;
    let again = [&reference[..id], &reference[id_end..]].concat();
    for (count, is_refused) in [(29, false), (30, true)] {
        let file = [&sealed[..end], &again.repeat(count), &sealed[end..]].concat();
        let report = xml_world::validate(&world, signed_anew(&signer, &file).as_bytes());
        let findings = &report.signatures[0].findings;
        let found = findings
            .iter()
            .any(|finding| finding.detail.contains("references to the same data"));
        assert_eq!(found, is_refused, "{count}: {findings:#?}");
        let hashes = findings.iter().any(|finding| finding.cause.contains("DIGEST"));
        assert!(!hashes, "{count}: {findings:#?}");
    }
}

/// A name, a file, the content that it is over, and content handed in that it is not over.
type Row<'a> = (&'a str, Vec<u8>, &'a [DataObject], &'a [DataObject]);

#[test]
fn content_that_is_handed_in_is_answered_for() {
    let world = World::new();
    let signer = world.signer(P384);
    let other = object(None, b"another file");
    let both = [object(Some("a"), DATA), object(Some("b"), DATA)];
    let named = jws::objects(DATA, JwsPackaging::ObjectHashes);
    let with_one_more = [named.clone(), vec![object(Some("meer.txt"), b"meer")]].concat();
    let of_jws = |packaging| {
        let form = (Serialization::Flattened, packaging);
        jws::sealed(&world, DATA, &signer, Level::Lta, form).into_bytes()
    };
    let of_message = |packaging| message::sealed(&world, DATA, &signer, Level::Lta, packaging);
    let things: Vec<DataObject> = xml_world::things()
        .into_iter()
        .map(|thing| DataObject {
            name: Some(thing.uri.replace("%20", " ")),
            media_type: None,
            content: thing.content,
        })
        .collect();
    let more_things = [things.clone(), vec![object(Some("meer.txt"), b"meer")]].concat();
    let xml = |packaging| xml_world::sealed(&world, packaging, &signer, Level::Lta);
    let container = asic_world::sealed(&world, Form::ExtendedXades, &signer, Level::Lta);
    let rows: [Row<'_>; 7] = [
        (
            "PDF",
            world.sealed(&plain(), &signer, Level::Lta),
            &[],
            std::slice::from_ref(&other),
        ),
        ("container", container, &[], std::slice::from_ref(&other)),
        (
            "enveloped XML",
            xml(Packaging::Enveloped),
            &[],
            std::slice::from_ref(&other),
        ),
        ("detached XML", xml(Packaging::Detached), &things, &more_things),
        ("message", of_message(CmsPackaging::Attached), &[], &both),
        (
            "JWS of objects",
            of_jws(JwsPackaging::ObjectHashes),
            &named,
            &with_one_more,
        ),
        (
            "JWS",
            of_jws(JwsPackaging::Attached),
            &[],
            std::slice::from_ref(&other),
        ),
    ];
    for (name, file, honest, misused) in rows {
        let passed = judged(&world, &file, honest, world.now);
        assert_eq!(passed.indication, Indication::TotalPassed, "{name}: {passed:#?}");
        let refused = judged(&world, &file, misused, world.now);
        assert_eq!(refused.indication, Indication::TotalFailed, "{name}");
        let cause = if name == "JWS" {
            "JWS_CONTENT_PRESENT"
        } else {
            "CONTENT_NOT_COVERED"
        };
        has(name, &refused, cause);
    }
}

/// What the ETSI report must say of each format: what was signed, the value, and time-stamps under their own names.
#[test]
fn the_etsi_report_tells_what_was_signed_in_every_format() {
    let world = World::new();
    let signer = world.signer(P384);
    let sha384 = STANDARD.encode(HashAlgorithm::Sha384.digest(DATA));
    let sha256 = STANDARD.encode(HashAlgorithm::Sha256.digest(DATA));
    let form = (Serialization::Flattened, JwsPackaging::Attached);
    let jws = jws::sealed(&world, DATA, &signer, Level::Lta, form).into_bytes();
    let cms = message::sealed(&world, DATA, &signer, Level::Lta, CmsPackaging::Attached);
    let xml = xml_world::sealed(&world, Packaging::InternallyDetached, &signer, Level::Lta);
    let container = asic_world::sealed(&world, Form::SimpleCades, &signer, Level::Lta);
    for (name, file, digest) in [
        ("CAdES", cms, Some(&sha384)),
        ("JAdES", jws, Some(&sha256)),
        ("XAdES", xml, None),
        ("ASiC-S", container, None),
    ] {
        let report = judged(&world, &file, &[], world.now);
        assert_eq!(report.indication, Indication::TotalPassed, "{name}");
        let text = report.to_etsi_xml();
        for part in [
            "<SignersDocument>",
            "<ds:SignatureValue>",
            "<SignatureTimeStamp ",
            "<ArchiveTimeStamp ",
        ] {
            assert_eq!(text.matches(part).count(), 1, "{name}: {part}");
        }
        let identifier = text.split("</SignatureIdentifier>").next().unwrap();
        assert!(identifier.contains("<DigestAlgAndValue>"), "{name}");
        assert!(!text.contains("<DocTimeStamp"), "{name}");
        if let Some(digest) = digest {
            assert!(text.contains(digest.as_str()), "{name}: the content's digest");
        }
    }
    let stamped = judged(&world, &asic_world::stamped(&world), &[], world.now).to_etsi_xml();
    assert!(!stamped.contains("PDF_"), "{stamped}");
    let broken = judged(&world, b"<a", &[], world.now).to_etsi_xml();
    assert!(
        !broken.contains("PDF_FORMAT") && broken.contains("urn:zegel:finding:error:XML"),
        "{broken}"
    );
}

/// Without a time-stamp a signature holds only as long as what is known of its signer is fresh, and no certificate
/// tells when that ends.
#[test]
fn the_end_that_is_foretold_is_one() {
    let world = World::new();
    let signer = world.signer(P384);
    let basic = world.sealed(&plain(), &signer, Level::B);
    let answer = answer_about(&world, &signer, world.now);
    let file = with_evidence(&world, &basic, lists(&world, world.now), vec![answer]);
    let at = |at: Timestamp| judged(&world, &file, &[], at).indication;
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    let source = Arc::new(file.clone());
    let policy = ValidationPolicy::strict();
    let report = validate_for(source, &[], &context, &policy, world.now.plus(DAY * 3652));
    let later = report.maintainability.unwrap();
    assert!(later.passes_now, "{later:#?}");
    let until = later.good_until.unwrap();
    assert_eq!(at(until), Indication::TotalPassed, "{until}");
    assert_ne!(
        at(until.plus(Duration::from_secs(3))),
        Indication::TotalPassed,
        "{until}"
    );
}
