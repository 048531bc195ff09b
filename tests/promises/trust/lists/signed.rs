//! One defect at a time in a list that is otherwise accepted; each has its code, and the twin without it is accepted.

use std::collections::BTreeMap;
use std::process::Command;

use zegel::base::digest::HashAlgorithm;
use zegel::lab::pki::KeyPair;
use zegel::lab::trusted_list::{ListDraft, signed_draft};
use zegel::pki::lists::defect::ListDefect;
use zegel::pki::lists::list::ListKind;
use zegel::pki::lists::lotl;
use zegel::pki::lists::signed::{Expected, Signers as Who, VerifiedList, verify};
use zegel::xml::canonical::{Method, Version};
use zegel::xml::signature::transform::Transform;

use super::made::{DAY, Signers, anchors, certificate, granted, lotl as lotl_draft, national, now};
use crate::support::{TestFolder, judge};

fn expected() -> Expected<'static> {
    Expected {
        territory: "BE",
        kind: ListKind::Services,
        held: Some(7),
        at: Some((now(), 0)),
    }
}

fn judged(bytes: &[u8], signer: &KeyPair) -> Result<VerifiedList, ListDefect> {
    verify(bytes, Who::Named(&[certificate(signer)]), &expected())
}

fn cause(bytes: &[u8], signer: &KeyPair) -> Option<&'static str> {
    judged(bytes, signer).err().map(ListDefect::cause)
}

#[test]
fn what_a_list_says_is_held_against_what_was_expected() {
    let signers = Signers::new();
    let signer = signers.signer("TEST list signer");
    let good = || national(vec![granted(signers.pki.root_der())]);
    let change = |change: fn(&mut ListDraft)| {
        let mut draft = good();
        change(&mut draft);
        cause(&draft.sign(&signer).unwrap(), &signer)
    };
    assert_eq!(change(|_| {}), None);
    assert_eq!(change(|draft| draft.version = 5), None);
    assert_eq!(change(|draft| draft.version = 4), Some("TL_VERSION"));
    assert_eq!(change(|draft| draft.version = 7), Some("TL_VERSION"));
    assert_eq!(change(|draft| draft.sequence = 6), Some("TL_ROLLBACK"));
    assert_eq!(change(|draft| draft.sequence = 8), None);
    assert_eq!(
        change(|draft| draft.territory = "NL".to_owned()),
        Some("TL_SCOPE")
    );
    assert_eq!(change(|draft| draft.kind = "EUlistofthelists"), Some("TL_SCOPE"));
    assert_eq!(change(|draft| draft.kind = "CClist"), Some("TL_SCOPE"));
    assert_eq!(change(|draft| draft.next_update = Some(now())), None);
    assert_eq!(
        change(|draft| draft.next_update = Some(now().minus(std::time::Duration::from_secs(1)))),
        Some("TL_EXPIRED")
    );
    // A closed list has no next update.
    assert_eq!(change(|draft| draft.next_update = None), None);
    // The grace is counted in seconds.
    let mut late = good();
    late.next_update = Some(now().minus(DAY));
    let bytes = late.sign(&signer).unwrap();
    for (grace, refused) in [(86_399, Some("TL_EXPIRED")), (86_400, None)] {
        let with = Expected {
            at: Some((now(), grace)),
            ..expected()
        };
        let answer = verify(&bytes, Who::Named(&[certificate(&signer)]), &with);
        assert_eq!(answer.err().map(ListDefect::cause), refused);
    }
}

#[test]
fn only_a_named_signer_counts_at_the_time_of_the_issue() {
    let signers = Signers::new();
    let (signer, other) = (signers.signer("TEST signer"), signers.signer("TEST other"));
    let draft = national(vec![granted(signers.pki.root_der())]);
    let bytes = draft.sign(&signer).unwrap();
    assert_eq!(cause(&bytes, &signer), None);
    assert_eq!(cause(&bytes, &other), Some("TL_SIGNATURE"));
    assert_eq!(
        verify(
            &bytes,
            Who::Pinned(&[certificate(&other).fingerprint()]),
            &expected()
        )
        .err()
        .map(ListDefect::cause),
        Some("TL_ANCHOR_UNKNOWN")
    );
    // Ended since: normal. Ended before: refused.
    let ended = signers.signer_until("TEST ended", now().minus(DAY / 2));
    assert_eq!(cause(&draft.sign(&ended).unwrap(), &ended), None);
    let before = signers.signer_until("TEST ended before", now().minus(DAY * 2));
    assert_eq!(
        cause(&draft.sign(&before).unwrap(), &before),
        Some("TL_SIGNATURE")
    );
    // The key of one certificate and the name of another.
    let twin = KeyPair {
        certificate_der: other.certificate_der.clone(),
        key: signer.key.clone(),
    };
    assert_eq!(cause(&draft.sign(&twin).unwrap(), &other), Some("TL_SIGNATURE"));
    // Signed properties that name another certificate than the one whose key signed.
    let mut confused = signed_draft(&signer, now());
    confused.objects = signed_draft(&other, now()).objects;
    assert_eq!(
        cause(&draft.sign_with(&confused, &signer).unwrap(), &signer),
        Some("TL_SIGNATURE")
    );
}

#[test]
fn the_signature_has_exactly_the_form_that_the_standard_fixes() {
    let signers = Signers::new();
    let signer = signers.signer("TEST signer");
    let list = national(vec![granted(signers.pki.root_der())]);
    let usual = || signed_draft(&signer, now());
    let exclusive = || Transform::Canonical(Method::new(Version::Exclusive));
    assert_eq!(cause(&list.sign_with(&usual(), &signer).unwrap(), &signer), None);
    let mut swapped = usual();
    swapped.references.reverse();
    assert_eq!(cause(&list.sign_with(&swapped, &signer).unwrap(), &signer), None);

    let mut cases = Vec::new();
    let mut case = |what: &'static str, change: &dyn Fn(&mut zegel::xml::signature::compose::Draft)| {
        let mut draft = usual();
        change(&mut draft);
        cases.push((what, list.sign_with(&draft, &signer).unwrap()));
    };
    case("inclusive canonicalisation", &|draft| {
        draft.canonicalization = Method::new(Version::Inclusive10)
    });
    case("canonicalisation with comments", &|draft| {
        draft.canonicalization = Method::new(Version::Exclusive).with_comments();
    });
    case("canonicalisation with a prefix list", &|draft| {
        draft.canonicalization.inclusive_prefixes = vec!["ds".to_owned()];
    });
    case("the transforms without the last", &|draft| {
        draft.references[0].transforms.truncate(1)
    });
    case("the last transform twice", &|draft| {
        draft.references[0].transforms.push(exclusive())
    });
    case("another canonicalisation of the document", &|draft| {
        draft.references[0].transforms[1] = Transform::Canonical(Method::new(Version::Inclusive11));
    });
    case("without all signatures", &|draft| {
        draft.references[0].transforms[0] = Transform::WithoutSignatures
    });
    case("a pointer to the document", &|draft| {
        draft.references[0].uri = "#xpointer(/)".to_owned()
    });
    case("the root by its identifier", &|draft| {
        draft.references[0].uri = "#TEST-list".to_owned()
    });
    case("the properties without a transform", &|draft| {
        draft.references[1].transforms.clear()
    });
    case("the properties without their type", &|draft| {
        draft.references[1].kind = None
    });
    case("the properties by a pointer", &|draft| {
        draft.references[1].uri = "#xpointer(id('TEST-properties'))".to_owned();
    });
    case("two references to the document", &|draft| {
        let first = draft.references[0].clone();
        draft
            .references
            .push(zegel::xml::signature::compose::DraftReference { id: None, ..first });
    });
    case("no properties", &|draft| {
        draft.references.truncate(1);
    });
    case("the properties of another signature", &|draft| {
        let content = &mut draft.objects[0].content;
        *content = content.replace("Target=\"#TEST-signature\"", "Target=\"#other\"");
    });
    case("two sets of properties", &|draft| {
        let mut more = draft.objects[0].clone();
        more.content = more.content.replace("TEST-properties", "TEST-more");
        draft.objects.push(more);
    });
    case("no signing certificate", &|draft| {
        let object = draft.objects[0].content.clone();
        let (start, end) = (
            object.find("<xades:SigningCertificateV2>").unwrap(),
            object.find("</xades:SigningCertificateV2>").unwrap() + "</xades:SigningCertificateV2>".len(),
        );
        draft.objects[0].content = format!("{}{}", &object[..start], &object[end..]);
    });
    case("SHA-1 for the document", &|draft| {
        draft.references[0].hash = HashAlgorithm::Sha1
    });
    case("SHA-1 in the signature", &|draft| {
        draft.algorithm = zegel::crypto::algorithm::SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1);
    });
    case("no certificate", &|draft| draft.certificates.clear());
    assert_eq!(cases.len(), 20);
    for (what, bytes) in cases {
        assert_eq!(cause(&bytes, &signer), Some("TL_SIGNATURE"), "{what}");
    }
}

/// XML signature wrapping, after its usual numbering, and its relatives. Each is made from a good list without its key.
#[test]
fn no_list_is_wrapped() {
    let signers = Signers::new();
    let signer = signers.signer("TEST signer");
    let good = String::from_utf8(
        national(vec![granted(signers.pki.root_der())])
            .sign(&signer)
            .unwrap(),
    )
    .unwrap();
    assert_eq!(cause(good.as_bytes(), &signer), None);
    let (declaration, root) = good.split_once('\n').unwrap();
    let signature_at = root.find("<ds:Signature ").unwrap();
    let (before, rest) = root.split_at(signature_at);
    let signature = rest.strip_suffix("</TrustServiceStatusList>\n").unwrap();
    let forged_body = before.replace("/CA/QC<", "/TSA/QTST<");
    assert_ne!(forged_body, before);
    let end = "</TrustServiceStatusList>";
    let whole = format!("{before}{signature}{end}");
    let unsigned = format!("{before}{end}");
    let object = |content: &str| {
        signature.replace(
            "</ds:Signature>",
            &format!("<ds:Object>{content}</ds:Object></ds:Signature>"),
        )
    };
    let properties_at = signature.find("<ds:Object>").unwrap();
    let properties =
        &signature[properties_at..signature.find("</ds:Object>").unwrap() + "</ds:Object>".len()];
    let without_properties = signature.replace(properties, "");
    let doctype = "<!DOCTYPE TrustServiceStatusList [<!ENTITY e \"x\">]>";
    let cases = [
        ("1: forged root around, signature outermost", format!("{forged_body}{}{end}", object(&unsigned))),
        ("2: forged root, signature and original beside", format!("{forged_body}{signature}{unsigned}{end}")),
        ("3: the original beside the forged one", format!("<wrap xmlns=\"urn:w\">{forged_body}{end}{whole}</wrap>")),
        ("4: the original inside the forged one", format!("{forged_body}{whole}{end}")),
        ("5: forged root, the original at its end with its signature taken over", format!("{forged_body}{signature}{end}{unsigned}")),
        ("6: the original in the signature's object", format!("{forged_body}{}{end}", object(&whole))),
        ("7: an extension that holds the original", format!("{forged_body}<Extension>{unsigned}</Extension>{signature}{end}")),
        ("8: the original in an object of its own signature", format!("{forged_body}{}{end}", object(&format!("{before}{signature}{end}")))),
        ("a second signature", format!("{before}{signature}{}{end}", signature.replace("TEST-", "MORE-"))),
        ("the same signature twice", format!("{before}{signature}{signature}{end}")),
        ("the signature not in the root", format!("{before}<Extension>{signature}</Extension>{end}")),
        ("no signature", unsigned.clone()),
        ("an identifier twice", format!("{}{signature}{end}", before.replace("<SchemeInformation>", "<SchemeInformation Id=\"TEST-properties\">"))),
        ("properties moved out of the signature", format!("{before}{properties}{without_properties}{end}")),
        ("properties moved into the key information", format!("{before}{}{end}", without_properties.replace("</ds:KeyInfo>", &format!("{properties}</ds:KeyInfo>")))),
        ("an unsigned object first", format!("{before}{}{end}", signature.replacen("<ds:Object>", "<ds:Object><xades:QualifyingProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" Target=\"#TEST-signature\"></xades:QualifyingProperties></ds:Object><ds:Object>", 1))),
        ("a document type", format!("{doctype}{before}{signature}{end}")),
        ("a processing instruction", format!("{}{signature}{end}", before.replace("<SchemeInformation>", "<SchemeInformation><?x y?>"))),
        ("another root", whole.replace("TrustServiceStatusList", "TrustServiceStatusLists")),
        ("another namespace", whole.replace("http://uri.etsi.org/02231/v2#\"", "http://uri.etsi.org/02231/v3#\"")),
        ("a digest that nobody signed", format!("{forged_body}{signature}{end}")),
    ];
    for (what, text) in &cases {
        let answer = cause(format!("{declaration}\n{text}").as_bytes(), &signer);
        assert_eq!(answer, Some("TL_SIGNATURE"), "{what}");
    }
    // A comment is not signed, and cannot part what is read either.
    let commented = good
        .replace("<TSLSequenceNumber>7", "<TSLSequenceNumber><!-- 1 --> <!-- -->7")
        .replace("> <!--", "><!--");
    let read = judged(commented.as_bytes(), &signer).unwrap();
    assert_eq!(read.list.sequence, 7);
    let parted = good.replace("Svcstatus/granted", "Svcstatus/gran<!-- -->ted");
    assert!(
        judged(parted.as_bytes(), &signer).unwrap().list.services[0].periods[0]
            .status
            .is_good()
    );
}

/// Bytes all over a small list, changed one at a time: refused with `TL_SIGNATURE`, or what is read is the very same.
#[test]
fn every_byte_of_a_list_counts_or_changes_nothing() {
    let signers = Signers::new();
    let signer = signers.signer("TEST signer");
    let bytes = national(vec![granted(signers.pki.root_der())])
        .sign(&signer)
        .unwrap();
    let good = format!("{:?}", judged(&bytes, &signer).unwrap().list);
    let (mut refused, mut same) = (0, 0);
    // Every third, so that each byte of each kind of place has its turn; the fuzz target takes all.
    for index in (0..bytes.len()).step_by(3) {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << (index % 7);
        match judged(&changed, &signer) {
            Err(defect) => {
                assert_eq!(defect.cause(), "TL_SIGNATURE", "byte {index}");
                refused += 1;
            }
            Ok(read) => {
                assert_eq!(format!("{:?}", read.list), good, "byte {index}");
                same += 1;
            }
        }
    }
    // White space in tags, the declaration, unused letters of identifiers outside what is signed.
    assert!(refused > same * 20, "{refused} refused, {same} the same");
}

#[test]
fn xmlsec1_accepts_what_we_sign_and_refuses_what_we_refuse() {
    let Some(xmlsec) = judge("xmlsec1") else { return };
    let signers = Signers::new();
    let signer = signers.signer("TEST signer");
    let folder = TestFolder::new("list-xmlsec");
    let key = folder.path().join("signer.der");
    std::fs::write(&key, &signer.certificate_der).unwrap();
    let good = national(vec![granted(signers.pki.root_der())])
        .sign(&signer)
        .unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    for (bytes, accepted) in [
        (good, true),
        (text.replace("granted", "grantee").into_bytes(), false),
        (
            text.replace("SigningTime>2026", "SigningTime>2025").into_bytes(),
            false,
        ),
        (
            text.replace("<TSLType>", "<TSLType><!-- c -->").into_bytes(),
            true,
        ),
    ] {
        let file = folder.path().join("list.xml");
        std::fs::write(&file, &bytes).unwrap();
        let done = Command::new(&xmlsec)
            .args(["--verify", "--pubkey-cert-der"])
            .arg(&key)
            .args([
                "--id-attr:Id",
                "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            ])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(
            done.status.success(),
            accepted,
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(cause(&bytes, &signer).is_none(), accepted);
    }
}

#[test]
fn pivots_lead_from_an_older_publication_and_no_other_way() {
    let signers = Signers::new();
    let pair = |name: &str| signers.signer(name);
    let (old, middle, new, stranger) = (
        pair("TEST old"),
        pair("TEST middle"),
        pair("TEST new"),
        pair("TEST stranger"),
    );
    let belgian = pair("TEST Belgian");
    let uri = |number: u64| format!("https://lists.example/pivot-{number}.xml");
    let journal = |number: u64| format!("https://journal.example/TEST-{number}");
    let pivot = |sequence, by: &KeyPair, names: &KeyPair| {
        lotl_draft(sequence, &[names], &[&belgian]).sign(by).unwrap()
    };
    let list = |information: Vec<String>, by: &KeyPair| {
        let mut draft = lotl_draft(2_000, &[&new], &[&belgian]);
        draft.information = information;
        draft.sign(by).unwrap()
    };
    // 900 and 1000: as texts they stand in the other order.
    let chain = || vec![journal(1), uri(1_000), uri(900), journal(0), uri(5)];
    let pivots: BTreeMap<String, Vec<u8>> = [
        (uri(900), pivot(900, &old, &middle)),
        (uri(1_000), pivot(1_000, &middle, &new)),
    ]
    .into();
    let both = anchors(&[&new], &[&old]);
    let only_old = anchors(&[&stranger], &[&old]);
    let answer = |bytes: &[u8], pivots: &BTreeMap<String, Vec<u8>>, anchors| {
        lotl::verify(bytes, pivots, anchors, None, Some((now(), 0)))
            .map(|found| (found.publication, found.pivots))
            .map_err(ListDefect::cause)
    };
    let good = list(chain(), &new);
    // The newest publication needs no pivot.
    assert_eq!(
        answer(&good, &BTreeMap::new(), &both),
        Ok(("TEST publication TEST-1".to_owned(), vec![]))
    );
    assert_eq!(
        answer(&good, &pivots, &only_old),
        Ok(("TEST publication TEST-0".to_owned(), vec![900, 1_000]))
    );
    assert_eq!(
        answer(&good, &BTreeMap::new(), &only_old),
        Err("TL_ANCHOR_UNKNOWN")
    );
    // Signed by who was replaced, or by a stranger.
    assert_eq!(
        answer(&list(chain(), &middle), &pivots, &only_old),
        Err("TL_ANCHOR_UNKNOWN")
    );
    assert_eq!(
        answer(&list(chain(), &stranger), &pivots, &both),
        Err("TL_ANCHOR_UNKNOWN")
    );
    // A pivot of a stranger, one that is older than the one before it, one that is newer than the list.
    for (number, bytes, code) in [
        (1_000, pivot(1_000, &stranger, &new), "TL_ANCHOR_UNKNOWN"),
        (1_000, pivot(899, &middle, &new), "TL_ROLLBACK"),
        (1_000, pivot(2_001, &middle, &new), "TL_ROLLBACK"),
    ] {
        let mut changed = pivots.clone();
        changed.insert(uri(number), bytes);
        assert_eq!(answer(&good, &changed, &only_old), Err(code));
    }
    // The national list is signed by whom this list names, not by whom a pivot named.
    let verified = lotl::verify(&good, &pivots, &only_old, None, Some((now(), 0))).unwrap();
    let national = national(vec![granted(signers.pki.root_der())]);
    let judge = |by: &KeyPair| {
        verified
            .verify(&national.sign(by).unwrap(), "BE", None, Some((now(), 0)))
            .map(|_| ())
            .map_err(ListDefect::cause)
    };
    assert_eq!(judge(&belgian), Ok(()));
    assert_eq!(judge(&new), Err("TL_SIGNATURE"));
    // A publication on top that is not known: it works as long as the old one does, and says so.
    let mut information = chain();
    information.insert(0, "https://eur-lex.europa.eu/TEST-2".to_owned());
    let announced = lotl::verify(&list(information, &new), &pivots, &both, None, Some((now(), 0))).unwrap();
    assert!(announced.announces_publication);
}

/// Laboratory anchors never hold one of production, and production none of a laboratory.
#[test]
fn anchors_of_production_are_not_taken_for_tests() {
    use zegel::pki::anchors::TrustDataError;
    use zegel::pki::lists::anchors::ListAnchors;
    let real = ListAnchors::production().unwrap();
    let pin = real.publications[0].sha256[0];
    let text = |environment: &str, url: &str, pin: &str| {
        format!(
            "environment = \"{environment}\"\nsource = \"x\"\nurl = \"{url}\"\nterritories = []\nhosts = []\n\
             grace_seconds = 0\n[[publication]]\nname = \"x\"\nmarks = []\nsha256 = [\"{pin}\"]\n"
        )
    };
    let own = "00".repeat(32);
    assert!(ListAnchors::test(&text("test", "http://127.0.0.1/", &own)).is_ok());
    for text in [
        text("production", "http://127.0.0.1/", &own),
        text("test", &real.url, &own),
        text("test", "http://127.0.0.1/", &pin.to_string()),
    ] {
        assert_eq!(ListAnchors::test(&text).unwrap_err(), TrustDataError::Mixed);
    }
}
