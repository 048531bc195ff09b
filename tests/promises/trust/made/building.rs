//! Finding the path: twins, loops, cross-certificates, dead ends, and what a search may cost.

use zegel::asn1::write;
use zegel::base::digest::Sha256Digest;
use zegel::crypto::policy::{AlgorithmPolicy, AlgorithmRefusal};
use zegel::pki::links::VerifiedLinks;
use zegel::pki::refusal::Refusal;

use super::*;

/// Validates `leaf` for a log-in with `others` at hand and `roots` pinned.
fn validate(leaf: &Certificate, others: &[Certificate], roots: &[&Certificate]) -> Result<Path, Refusal> {
    let pool: Pool = others.iter().cloned().collect();
    let anchors = pinned(roots, "rca6");
    path::validate(&Request::new(
        leaf,
        &[&pool],
        &anchors,
        Purpose::Authentication,
        &AlgorithmPolicy::live_authentication(),
        at(MOMENT),
    ))
}

fn parsed(draft: &Draft, signer: &PrivateKey) -> Certificate {
    Certificate::parse(draft.sign(signer)).unwrap()
}

/// Certificates of the untouched chain: root, authority, end entity.
fn built(chain: &Chain) -> (Certificate, Certificate, Certificate) {
    let issuing = chain.issuing.as_ref().unwrap();
    (
        parsed(&chain.root, &chain.root.key),
        parsed(issuing, &chain.root.key),
        parsed(&chain.leaf, &issuing.key),
    )
}

/// The attributes of one RDN are a set, whatever their order in the encoding (RFC 5280 §7.1).
#[test]
fn the_attributes_of_one_rdn_have_no_order() {
    let pair =
        |kind: &str, text: &str| write::sequence(&[&write::oid(&kind.parse().unwrap()), &write::utf8(text)]);
    let (name_of, number_of) = (pair(CN, "Citizen CA"), pair(NUMBER, "202601"));
    let in_order = |pairs: [&[u8]; 2]| write::sequence(&[&write::element(write::tag::SET, &pairs.concat())]);
    let mut chain = Chain::good(Purpose::Any);
    chain.issuing().subject = in_order([&name_of, &number_of]);
    chain.leaf.issuer = in_order([&number_of, &name_of]);
    assert_eq!(chain.cause(), "ok");
    chain.leaf.issuer = write::sequence(&[&write::set_of(vec![name_of]), &write::set_of(vec![number_of])]);
    assert_eq!(chain.cause(), "PATH_NO_ANCHOR", "two RDNs are another name");
}

#[test]
fn two_roots_of_one_name_key_and_number_are_two_certificates() {
    let chain = Chain::good(Purpose::Authentication);
    let (second, issuing, leaf) = built(&chain);
    let mut old = chain.root.clone();
    old.not_after = at("2026-01-01T00:00:00Z");
    let first = parsed(&old, &old.key);
    assert_eq!(first.serial(), second.serial());
    assert_eq!(first.issuer(), second.issuer());
    let others = [issuing];
    for roots in [[&first, &second], [&second, &first]] {
        let path = validate(&leaf, &others, &roots).unwrap();
        assert_eq!(path.anchor(), &second);
    }
    assert_eq!(
        validate(&leaf, &others, &[&first]).unwrap_err().cause(),
        "TIME_EXPIRED"
    );
}

#[test]
fn a_parent_that_fails_does_not_end_the_search() {
    let chain = Chain::good(Purpose::Authentication);
    let (root, good, leaf) = built(&chain);
    let authority = chain.issuing.as_ref().unwrap();
    let foreign = key();
    let changed = |change: fn(&mut Draft)| {
        let mut draft = authority.clone();
        change(&mut draft);
        parsed(&draft, &chain.root.key)
    };
    let expired = changed(|draft| draft.not_after = at("2026-01-01T00:00:00Z"));
    let constrained = changed(|draft| {
        let france = value::directory(&name(&[(C, "FR")]));
        draft.put(CONSTRAINTS, true, value::constraints(&[france], &[]));
    });
    let forbidden = changed(|draft| {
        draft.put(USAGE, true, value::usage(&[6]));
    });
    let other_key = {
        let mut draft = authority.clone();
        draft.key = foreign.clone();
        parsed(&draft, &chain.root.key)
    };
    let unsigned = parsed(authority, &foreign);
    let bad = [expired, constrained, forbidden, other_key, unsigned];
    for (label, certificate) in [
        "expired",
        "constrained",
        "no keyCertSign",
        "another key",
        "unsigned",
    ]
    .iter()
    .zip(&bad)
    {
        assert!(
            validate(&leaf, std::slice::from_ref(certificate), &[&root]).is_err(),
            "{label}"
        );
        for order in [[certificate, &good], [&good, certificate]] {
            let others = order.map(Clone::clone);
            assert!(validate(&leaf, &others, &[&root]).is_ok(), "{label}");
        }
    }
    let mut all = bad.to_vec();
    all.push(good);
    assert!(validate(&leaf, &all, &[&root]).is_ok());
}

#[test]
fn loops_and_cross_certificates_end() {
    let chain = Chain::good(Purpose::Authentication);
    let (root, issuing, leaf) = built(&chain);
    let world = key();
    let world_name = name(&[(C, "US"), (CN, "TEST World Root")]);
    // The root certified by another, and that other by the root: a loop beside the way.
    let cross = parsed(
        &Draft::authority((&world_name, &world), (&root_name(), &chain.root.key), None),
        &world,
    );
    let back = parsed(
        &Draft::authority((&root_name(), &chain.root.key), (&world_name, &world), None),
        &chain.root.key,
    );
    let others = [cross.clone(), back.clone(), issuing.clone()];
    let path = validate(&leaf, &others, &[&root]).unwrap();
    assert_eq!(path.certificates().len(), 3);
    // Without the root nothing of it is an anchor.
    let elsewhere = Chain::good(Purpose::Authentication);
    let stranger = parsed(&elsewhere.root, &elsewhere.root.key);
    assert_eq!(
        validate(&leaf, &others, &[&stranger]).unwrap_err().cause(),
        "SIG_INVALID",
        "a root of that name is pinned, and its key is another"
    );
    // A path may not be longer because of a cross-certificate: a person's authority stands right below a root.
    let own_world = parsed(
        &Draft::authority((&world_name, &world), (&world_name, &world), None),
        &world,
    );
    assert_eq!(
        validate(&leaf, &others, &[&own_world]).unwrap_err().cause(),
        "SUBJECT_PROFILE"
    );
}

/// Each is certified by the other: the way through both comes back to where it was, and is none.
#[test]
fn a_path_passes_an_authority_once() {
    let (root_key, a, b) = (key(), key(), key());
    let (r, an, bn) = (
        root_name(),
        name(&[(C, "BE"), (CN, "TEST A")]),
        name(&[(C, "BE"), (CN, "TEST B")]),
    );
    let root = parsed(
        &Draft::authority((&r, &root_key), (&r, &root_key), None),
        &root_key,
    );
    // The detour is tried first.
    let pool: Pool = [
        parsed(&Draft::authority((&bn, &b), (&an, &a), None), &b),
        parsed(&Draft::authority((&an, &a), (&bn, &b), None), &a),
        parsed(&Draft::authority((&r, &root_key), (&an, &a), None), &root_key),
    ]
    .into_iter()
    .collect();
    let leaf = parsed(
        &Draft::leaf((&an, &a), &person("Authentication"), &[0], "1.2.3"),
        &a,
    );
    let mut anchors = Anchors::new();
    anchors.insert_plain(root);
    let algorithms = AlgorithmPolicy::live_authentication();
    let path = path::validate(&Request::new(
        &leaf,
        &[&pool],
        &anchors,
        Purpose::Any,
        &algorithms,
        at(MOMENT),
    ))
    .unwrap();
    assert_eq!(path.certificates().len(), 3);
}

/// A root that is pinned for one thing is none for another.
#[test]
fn a_root_serves_the_purposes_it_is_pinned_for() {
    let chain = Chain::good(Purpose::Authentication);
    let (root, issuing, leaf) = built(&chain);
    let pool: Pool = [issuing].into_iter().collect();
    for (purposes, expected) in [
        ("\"authentication\"", "ok"),
        ("\"signature\", \"register\", \"time_stamping\"", "PATH_NO_ANCHOR"),
    ] {
        let text = format!(
            "environment = \"test\"\nsource = \"made by this test\"\nhosts = [\"127.0.0.1\"]\n[[root]]\n\
             name = \"TEST\"\nsha256 = \"{}\"\ngeneration = \"rca6\"\npurposes = [{purposes}]\n",
            root.fingerprint()
        );
        let mut anchors = Anchors::new();
        assert!(anchors.offer(&root, &TrustData::test(&text).unwrap()));
        let found = path::validate(&Request::new(
            &leaf,
            &[&pool],
            &anchors,
            Purpose::Authentication,
            &AlgorithmPolicy::live_authentication(),
            at(MOMENT),
        ));
        assert_eq!(
            found.map_or_else(|refusal| refusal.cause(), |_| "ok"),
            expected,
            "{purposes}"
        );
    }
}

#[test]
fn nothing_that_came_along_is_an_anchor() {
    let chain = Chain::good(Purpose::Authentication);
    let (root, issuing, leaf) = built(&chain);
    let stranger = {
        let mut other = Chain::good(Purpose::Authentication).root;
        other.issuer = name(&[(CN, "TEST Other Root")]);
        other.subject.clone_from(&other.issuer);
        parsed(&other, &other.key)
    };
    assert_eq!(
        validate(&leaf, &[root, issuing], &[&stranger])
            .unwrap_err()
            .cause(),
        "PATH_NO_ANCHOR"
    );
}

#[test]
fn what_an_address_names_is_only_a_hint() {
    let mut chain = Chain::good(Purpose::Authentication);
    let issuers = write::oid(&"1.3.6.1.5.5.7.48.2".parse().unwrap());
    let entry = write::sequence(&[
        &issuers,
        &value::general(6, b"http://certs.eid.belgium.be/belgiumrca4.crt"),
    ]);
    chain.leaf.put(ACCESS, false, write::sequence(&[&entry]));
    let path = chain.validate().unwrap();
    assert_eq!(path.certificates().len(), 3);
    assert_eq!(
        path.leaf().extensions().ca_issuers_urls,
        ["http://certs.eid.belgium.be/belgiumrca4.crt"]
    );
}

#[test]
fn path_lengths_count_authorities_that_others_issued() {
    // Root (length n) → A → A' (self-issued, another key) → B → end entity.
    let build = |root_length: Option<u64>, a_length: Option<u64>, self_issued: bool| {
        let (root_key, a, a_new, b) = (key(), key(), key(), key());
        let (r, an, bn) = (
            root_name(),
            name(&[(C, "BE"), (CN, "TEST A")]),
            name(&[(C, "BE"), (CN, "TEST B")]),
        );
        let root = parsed(
            &Draft::authority((&r, &root_key), (&r, &root_key), root_length),
            &root_key,
        );
        let mut others = vec![parsed(
            &Draft::authority((&r, &root_key), (&an, &a), a_length),
            &root_key,
        )];
        let mut above = &a;
        if self_issued {
            others.push(parsed(&Draft::authority((&an, &a), (&an, &a_new), None), &a));
            above = &a_new;
        }
        others.push(parsed(&Draft::authority((&an, above), (&bn, &b), None), above));
        let leaf = parsed(
            &Draft::leaf((&bn, &b), &person("Authentication"), &[0], "1.2.3"),
            &b,
        );
        let pool: Pool = others.into_iter().collect();
        let mut anchors = Anchors::new();
        anchors.insert_plain(root);
        let algorithms = AlgorithmPolicy::live_authentication();
        path::validate(&Request::new(
            &leaf,
            &[&pool],
            &anchors,
            Purpose::Any,
            &algorithms,
            at(MOMENT),
        ))
        .map_or_else(|refusal| refusal.cause(), |_| "ok")
    };
    for (root_length, a_length, self_issued, expected) in [
        (None, None, false, "ok"),
        (Some(2), Some(1), false, "ok"),
        (Some(1), None, false, "CA_CONSTRAINT"),
        (None, Some(0), false, "CA_CONSTRAINT"),
        (Some(2), Some(1), true, "ok"),
        (Some(2), Some(0), true, "CA_CONSTRAINT"),
        (Some(0), None, true, "CA_CONSTRAINT"),
    ] {
        assert_eq!(
            build(root_length, a_length, self_issued),
            expected,
            "{root_length:?} {a_length:?} {self_issued}"
        );
    }
}

#[test]
fn two_hundred_cross_certificates_of_one_name_end_within_the_budget() {
    let chain = Chain::good(Purpose::Authentication);
    let (root, issuing, leaf) = built(&chain);
    let citizen = citizen_name();
    // Each certifies a key of its own under the authority's name, signed by another of them: none leads anywhere.
    let keys: Vec<PrivateKey> = (0..200).map(|_| key()).collect();
    let mesh: Vec<Certificate> = (0..200)
        .map(|number| {
            let (own, above) = (&keys[number], &keys[(number + 1) % 200]);
            let mut draft = Draft::authority((&citizen, above), (&citizen, own), None);
            draft.serial = vec![0x20, u8::try_from(number).unwrap()];
            parsed(&draft, above)
        })
        .collect();
    assert_eq!(
        validate(&leaf, &mesh, &[&root]).unwrap_err().cause(),
        "PATH_LIMIT"
    );
    // The likely parent is tried first, so that an honest path is found beside them.
    let mut all = mesh;
    all.push(issuing);
    assert!(validate(&leaf, &all, &[&root]).is_ok());
}

/// Where no signature costs anything any more, the steps are counted: five certificates of each of five authorities make
/// three thousand ways.
#[test]
fn ways_without_end_end_within_the_budget_of_steps() {
    let keys: Vec<PrivateKey> = (0..7).map(|_| key()).collect();
    let names: Vec<Vec<u8>> = (0..7)
        .map(|number| name(&[(C, "BE"), (CN, &format!("TEST {number}"))]))
        .collect();
    let mut pool = Pool::new();
    for level in 0..6 {
        for number in 0..5 {
            let mut draft = Draft::authority(
                (&names[level + 1], &keys[level + 1]),
                (&names[level], &keys[level]),
                None,
            );
            draft.serial = vec![0x20, number];
            pool.insert(parsed(&draft, &keys[level + 1]));
        }
    }
    let leaf = parsed(
        &Draft::leaf((&names[0], &keys[0]), &person("Authentication"), &[0], "1.2.3"),
        &keys[0],
    );
    let chain = Chain::good(Purpose::Authentication);
    let anchors = pinned(&[&parsed(&chain.root, &chain.root.key)], "rca6");
    let algorithms = AlgorithmPolicy::live_authentication();
    let pools = [&pool];
    let mut request = Request::new(&leaf, &pools, &anchors, Purpose::Any, &algorithms, at(MOMENT));
    // A certificate counts under each of those above it, once.
    let links = VerifiedLinks::default();
    request.links = Some(&links);
    request.limits.signatures = 200;
    assert_eq!(path::validate(&request).unwrap_err().cause(), "PATH_LIMIT");
    request.limits.steps = usize::MAX;
    assert_eq!(path::validate(&request).unwrap_err().cause(), "PATH_NO_ANCHOR");
}

#[test]
fn a_certificate_of_nothing_but_depth_is_no_certificate() {
    let mut chain = Chain::good(Purpose::Authentication);
    let deep = (0..500).fold(write::null(), |inside, _| write::sequence(&[&inside]));
    chain.leaf.subject = write::sequence(&[&deep]);
    assert_eq!(chain.cause(), "CERT_PARSE");
    chain = Chain::good(Purpose::Authentication);
    chain.leaf.put(POLICIES, false, deep);
    assert_eq!(chain.cause(), "CERT_PARSE");
    let huge = vec![0x30; Certificate::MAX_BYTES + 1];
    assert!(Certificate::parse(huge).is_err());
    // Right in everything but its size.
    for (octets, expected) in [(60_000, "ok"), (70_000, "CERT_PARSE")] {
        let mut chain = Chain::good(Purpose::Authentication);
        let value = write::octet_string(&vec![0; octets]);
        chain.leaf.put("1.3.6.1.4.1.55555.8", false, value);
        assert_eq!(chain.cause(), expected, "{octets}");
    }
}

#[test]
fn the_most_telling_cause_is_reported() {
    let certificate = Sha256Digest::of(b"x");
    let moment = at(MOMENT);
    // In the order in which one outdoes the others; each row is met by one wrong parent beside the one before it.
    let order = [
        Refusal::NoAnchor,
        Refusal::SignatureInvalid { certificate },
        Refusal::AlgorithmUnknown { certificate },
        Refusal::AuthorityConstraint {
            certificate,
            defect: "",
        },
        Refusal::CriticalExtension {
            certificate,
            extension: String::new(),
        },
        Refusal::NameConstraint { certificate },
        Refusal::AlgorithmForbidden {
            certificate,
            reason: AlgorithmRefusal::Hash(HashAlgorithm::Sha1, None),
        },
        Refusal::Expired {
            certificate,
            not_after: moment,
            at: moment,
        },
        Refusal::PurposeKeyUsage { certificate },
        Refusal::PathLimit,
    ];
    for pair in order.windows(2) {
        assert!(pair[0].rank() < pair[1].rank(), "{pair:?}");
    }
    // Two parents with two defects: what is told is the same whichever was tried first.
    let chain = Chain::good(Purpose::Authentication);
    let (root, _, leaf) = built(&chain);
    let authority = chain.issuing.as_ref().unwrap();
    let mut expired = authority.clone();
    expired.not_after = at("2026-01-01T00:00:00Z");
    let mut weak = authority.clone();
    weak.put(USAGE, true, value::usage(&[6]));
    let (expired, weak) = (parsed(&expired, &chain.root.key), parsed(&weak, &chain.root.key));
    for others in [[expired.clone(), weak.clone()], [weak, expired]] {
        assert_eq!(
            validate(&leaf, &others, &[&root]).unwrap_err().cause(),
            "TIME_EXPIRED"
        );
    }
}
