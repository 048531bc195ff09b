//! The lists that were published, as far as they are at hand.

use std::collections::BTreeMap;
use std::process::Command;

use zegel::base::time::Timestamp;
use zegel::pki::certificate::Certificate;
use zegel::pki::lists::anchors::ListAnchors;
use zegel::pki::lists::defect::ListDefect;
use zegel::pki::lists::list::{Qualifier, ServiceKind, Status, Use};
use zegel::pki::lists::lotl::{self, VerifiedLotl};
use zegel::pki::lists::qualification::{Outcome, determine};
use zegel::pki::lists::trusted::TrustedLists;

use super::super::support::{at, certificate};
use crate::support::{TestFolder, judge, shared};

struct Published {
    lotl: Vec<u8>,
    belgian: Vec<u8>,
    pivots: BTreeMap<String, Vec<u8>>,
}

fn published() -> Option<Published> {
    let read = |name: &str| shared(&format!("pki/tsl/{name}")).map(|path| std::fs::read(path).unwrap());
    let mut pivots = BTreeMap::new();
    for number in [282, 300, 335, 341] {
        pivots.insert(
            format!("https://ec.europa.eu/tools/lotl/eu-lotl-pivot-{number}.xml"),
            read(&format!("eu-lotl-pivot-{number}.xml"))?,
        );
    }
    Some(Published {
        lotl: read("eu-lotl-seq369-v5-20250731.xml")?,
        belgian: read("tsl-be-seq74-v5-20250127.xml")?,
        pivots,
    })
}

/// Those of 2019 alone: with the newer ones no pivot would be needed.
fn anchors() -> ListAnchors {
    ListAnchors::production()
        .unwrap()
        .only("OJ C 276 of 16 August 2019")
}

#[test]
fn the_pins_are_those_of_the_official_journal() {
    let Some(file) = shared("pki/tsl/official-journal-anchors.txt") else {
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let published: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let pinned: Vec<String> = ListAnchors::production()
        .unwrap()
        .publications
        .iter()
        .rev()
        .flat_map(|publication| &publication.sha256)
        .map(ToString::to_string)
        .collect();
    assert_eq!(pinned, published);
}

fn lotl_of(published: &Published) -> VerifiedLotl {
    let moment = Some((at("2025-08-15T00:00:00Z"), 0));
    lotl::verify(&published.lotl, &published.pivots, &anchors(), None, moment).unwrap()
}

#[test]
fn the_list_of_lists_follows_from_the_journal_of_2019_through_four_pivots() {
    let Some(published) = published() else { return };
    let found = lotl_of(&published);
    assert_eq!(found.publication, "OJ C 276 of 16 August 2019");
    assert_eq!(found.pivots, [282, 300, 335, 341]);
    assert_eq!(
        (found.verified.list.sequence, found.verified.list.version),
        (369, 5)
    );
    assert!(!found.announces_publication);
    let moment = |text: &str| Some((at(text), 0));
    let verify = |pivots: &BTreeMap<String, Vec<u8>>, held, moment| {
        lotl::verify(&published.lotl, pivots, &anchors(), held, moment)
            .map(|found| found.verified.list.sequence)
    };
    assert_eq!(
        verify(&published.pivots, Some(369), moment("2025-08-15T00:00:00Z")),
        Ok(369)
    );
    assert_eq!(
        verify(&published.pivots, Some(370), moment("2025-08-15T00:00:00Z"))
            .unwrap_err()
            .cause(),
        "TL_ROLLBACK"
    );
    assert_eq!(
        verify(&published.pivots, None, moment("2026-11-25T00:00:00Z"))
            .unwrap_err()
            .cause(),
        "TL_EXPIRED"
    );
    // One who signed it was published again later, so that the newer publication leads to it without a pivot.
    let newest = ListAnchors::production().unwrap();
    let direct = lotl::verify(
        &published.lotl,
        &BTreeMap::new(),
        &newest,
        None,
        moment("2025-08-15T00:00:00Z"),
    )
    .unwrap();
    assert_eq!(
        (direct.publication.as_str(), direct.pivots.len()),
        ("OJ C/2026/1944", 0)
    );
    // Each pivot is needed: without any of them there is no way.
    for missing in published.pivots.keys() {
        let mut fewer = published.pivots.clone();
        fewer.remove(missing);
        assert_eq!(
            verify(&fewer, None, moment("2025-08-15T00:00:00Z"))
                .unwrap_err()
                .cause(),
            "TL_ANCHOR_UNKNOWN",
            "{missing}"
        );
    }
    // A pivot in the place of another.
    let mut swapped = published.pivots.clone();
    let (first, last) = (
        swapped.keys().next().unwrap().clone(),
        swapped.keys().last().unwrap().clone(),
    );
    let other = swapped.insert(first, published.pivots[&last].clone());
    swapped.insert(last, other.unwrap());
    assert!(verify(&swapped, None, moment("2025-08-15T00:00:00Z")).is_err());
}

fn belgian(published: &Published) -> TrustedLists {
    let lotl = lotl_of(published);
    let list = lotl
        .verify(
            &published.belgian,
            "BE",
            None,
            Some((at("2025-02-01T00:00:00Z"), 0)),
        )
        .unwrap();
    TrustedLists {
        lotl: Some(lotl),
        lists: vec![list],
    }
}

#[test]
fn the_belgian_list_follows_from_the_list_of_lists() {
    let Some(published) = published() else { return };
    let lotl = lotl_of(&published);
    let verify = |territory, held, moment| {
        lotl.verify(&published.belgian, territory, held, moment)
            .map(|found| found.list.sequence)
            .map_err(ListDefect::cause)
    };
    let then = Some((at("2025-02-01T00:00:00Z"), 0));
    assert_eq!(verify("BE", None, then), Ok(74));
    assert_eq!(verify("BE", Some(74), then), Ok(74));
    assert_eq!(verify("BE", Some(75), then), Err("TL_ROLLBACK"));
    assert_eq!(
        verify("BE", None, Some((at("2026-11-25T00:00:00Z"), 0))),
        Err("TL_EXPIRED")
    );
    assert_eq!(verify("NL", None, then), Err("TL_SIGNATURE"));
    assert_eq!(verify("XX", None, then), Err("TL_SCOPE"));
    let list = belgian(&published).lists.remove(0).list;
    assert_eq!((list.territory.as_str(), list.version), ("BE", 5));
    // The services for identity cards, as the list has them in 2025.
    for (root, certificate_path, status, qualifier, policies) in [
        (
            "Belgium Root CA",
            "roots/belgium-root-ca",
            Status::Withdrawn,
            Qualifier::QcQscdStatusAsInCert,
            2,
        ),
        (
            "Belgium Root CA2",
            "roots/belgium-root-ca2-exp2028",
            Status::Granted,
            Qualifier::QcWithQscd,
            2,
        ),
        (
            "Belgium Root CA3",
            "roots/belgium-root-ca3",
            Status::Granted,
            Qualifier::QcQscdStatusAsInCert,
            2,
        ),
        (
            "Belgium Root CA4",
            "roots/belgium-root-ca4-exp2028",
            Status::Granted,
            Qualifier::QcQscdStatusAsInCert,
            2,
        ),
        (
            "Belgium Root CA6",
            "roots/belgium-root-ca6",
            Status::Granted,
            Qualifier::QcWithQscd,
            1,
        ),
    ] {
        let Some(root_certificate) = certificate(certificate_path) else {
            return;
        };
        let services: Vec<_> = list
            .services
            .iter()
            .filter(|service| service.is(&root_certificate))
            .collect();
        assert_eq!(services.len(), 1, "{root}");
        let period = services[0].at(at("2025-02-01T00:00:00Z")).unwrap();
        assert_eq!(period.kind, ServiceKind::QualifiedCertificates, "{root}");
        assert_eq!(period.status, status, "{root}");
        assert_eq!(period.uses, [Use::Signatures], "{root}");
        assert!(!period.has_unknown_critical, "{root}");
        let qualifiers: Vec<Qualifier> = period
            .qualifications
            .iter()
            .flat_map(|element| element.qualifiers.clone())
            .collect();
        assert_eq!(qualifiers, [qualifier], "{root}");
        let parts: usize = period
            .qualifications
            .iter()
            .map(|element| element.criteria.as_ref().unwrap().parts.len())
            .sum();
        assert_eq!(parts, policies, "{root}");
    }
    // The twins of Root CA2 and Root CA4 are the same services: key and name count, not bytes.
    for twin in ["roots/belgium-root-ca2-exp2021", "roots/belgium-root-ca4-exp2032"] {
        let Some(twin) = certificate(twin) else { return };
        assert_eq!(
            list.services.iter().filter(|service| service.is(&twin)).count(),
            1
        );
    }
}

/// Specimens under a root of the list: their certificate says enough or it does not, and the list decides.
#[test]
fn an_authentication_certificate_and_an_authority_are_not_qualified_by_the_list() {
    let Some(published) = published() else { return };
    let lists = belgian(&published);
    let (Some(issuer), Some(root)) = (
        certificate("intermediates/citizen-ca-201803-rca4"),
        certificate("roots/belgium-root-ca4-exp2032"),
    ) else {
        return;
    };
    let found = determine(&lists, &[issuer, root], at("2025-02-01T00:00:00Z"));
    assert_eq!(found.outcome, Outcome::NotQualified);
    assert_eq!(found.list.unwrap().sequence, 74);
    assert!(found.steps.iter().any(|step| step.rule == "qualified"));
    // A path that no listed service stands on.
    let (Some(leaf), Some(ca), Some(test_root)) = (
        certificate("end-entity-specimen/nora-specimen-auth-ecc"),
        certificate("intermediates/TEST-eid-test-ec-citizen-ca"),
        certificate("roots/TEST-eid-test-ec-root-ca"),
    ) else {
        return;
    };
    let found = determine(&lists, &[leaf, ca, test_root], at("2025-02-01T00:00:00Z"));
    assert_eq!(found.outcome.cause(), Some("NOT_QUALIFIED"));
    assert_eq!(found.list, None);
}

/// Bytes of every kind of place, in the real list: each change is refused, or changes nothing that is read.
#[test]
fn a_changed_byte_of_a_published_list_is_refused() {
    let Some(published) = published() else { return };
    let lotl = lotl_of(&published);
    let text = String::from_utf8(published.belgian.clone()).unwrap();
    let then: Timestamp = at("2025-02-01T00:00:00Z");
    for place in [
        "TrustServiceStatusList xmlns=",
        "BE-TL-071",
        "5</TSLVersionIdentifier>",
        "74</TSLSequenceNumber>",
        "EUgeneric",
        "https://tsl.belgium.be/</URI>",
        "BE</SchemeTerritory>",
        "granted</ServiceStatus>",
        "2016-06-30T22:00:00Z</StatusStartingTime>",
        "X509Certificate>",
        "2.16.56.12.1.1.2.1",
        "Critical=\"true\"",
        "assert=\"atLeastOne\"",
        "    <SchemeInformation>",
        "exc-c14n#",
        "rsa-sha256",
        "xml_ref_id",
        "enveloped-signature",
        "DigestValue>",
        "SignatureValue Id=",
        "SigningTime>",
        "Target=\"#id",
        "SignedProperties Id=\"",
    ] {
        let start = text.find(place).unwrap_or_else(|| panic!("{place}"));
        let index = start + place.len() / 2;
        let mut changed = published.belgian.clone();
        changed[index] ^= 1;
        let answer = lotl.verify(&changed, "BE", None, Some((then, 0)));
        assert_eq!(
            answer.map(|_| ()).map_err(ListDefect::cause),
            Err("TL_SIGNATURE"),
            "{place}"
        );
    }
}

#[test]
fn xmlsec1_says_the_same_of_the_published_lists() {
    let Some(published) = published() else { return };
    let Some(xmlsec) = judge("xmlsec1") else { return };
    let folder = TestFolder::new("tsl");
    let list = belgian(&published).lists.remove(0);
    let signer: Certificate = list.signer;
    let key = folder.path().join("signer.der");
    std::fs::write(&key, signer.der()).unwrap();
    let file = folder.path().join("list.xml");
    let mut changed = published.belgian.clone();
    let place = String::from_utf8(changed.clone())
        .unwrap()
        .find("granted")
        .unwrap();
    changed[place] ^= 1;
    for (bytes, accepted) in [(&published.belgian, true), (&changed, false)] {
        std::fs::write(&file, bytes).unwrap();
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
    }
}
