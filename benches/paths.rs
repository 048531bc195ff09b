//! Whole chains against OpenSSL's own path validation, and reading a certificate.

use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509StoreContext};
use zegel::crypto::key::{Curve, KeyKind, PublicKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::anchors::Anchors;
use zegel::pki::certificate::Certificate;
use zegel::pki::path::{self, Pool, Request};
use zegel::pki::purpose::Purpose;

use crate::laboratory::moment;
use crate::leaf::Made;
use crate::measure::{Samples, micros, timed};
use crate::table::Row;

const TURNS: usize = 600;

pub fn rows() -> Vec<Row> {
    let rsa = Made::of_one_kind(KeyKind::Rsa { bits: 4096 });
    let p384 = Made::of_one_kind(KeyKind::Ec(Curve::P384));
    vec![
        chain("RSA-4096", &rsa, 1.0),
        chain("P-384", &p384, 2.0),
        verification("P-384", &p384),
        verification("RSA-4096", &rsa),
        parsing(&p384),
    ]
}

/// Root, authority and end entity, nothing remembered, every certificate parsed anew by both.
fn chain(name: &str, made: &Made, factor: f64) -> Row {
    let policy = AlgorithmPolicy::live_authentication();
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for _ in 0..TURNS {
        let (took, verified) = timed(|| with_openssl(made));
        assert!(verified);
        theirs.add(took);
        let (took, length) = timed(|| {
            let parse = |der: &[u8]| Certificate::parse(der).unwrap();
            let mut anchors = Anchors::new();
            anchors.insert_plain(parse(&made.root));
            let mut pool = Pool::new();
            pool.insert(parse(&made.issuing));
            let leaf = parse(&made.leaf);
            let pools = [&pool];
            let request = Request::new(
                &leaf,
                &pools,
                &anchors,
                Purpose::Authentication,
                &policy,
                moment(),
            );
            path::validate(&request).unwrap().certificates().len()
        });
        assert_eq!(length, 3);
        ours.add(took);
    }
    let ratio = theirs.median().as_secs_f64() / ours.median().as_secs_f64();
    Row::new(
        format!("whole chain, {name}, nothing cached"),
        format!("{ratio:.2} × OpenSSL"),
    )
    .at_least(format!("≥ {factor:.0} ×"), factor, ratio)
    .beside(format!(
        "medians: ours {:.0} µs, parsing and X509_verify_cert {:.0} µs ({})",
        micros(ours.median()),
        micros(theirs.median()),
        openssl::version::version()
    ))
}

fn with_openssl(made: &Made) -> bool {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(X509::from_der(&made.root).unwrap()).unwrap();
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time(moment().as_seconds());
    store.set_param(&parameters).unwrap();
    let store = store.build();
    let mut others = Stack::new().unwrap();
    others.push(X509::from_der(&made.issuing).unwrap()).unwrap();
    let leaf = X509::from_der(&made.leaf).unwrap();
    X509StoreContext::new()
        .unwrap()
        .init(&store, &leaf, &others, |context| context.verify_cert())
        .unwrap()
}

/// One signature of an authority, by the seam and by OpenSSL: what the choice of library rests on.
fn verification(name: &str, made: &Made) -> Row {
    let leaf = Certificate::parse(made.leaf.clone()).unwrap();
    let key = PublicKey::from_spki_der(made.authority.public().spki_der()).unwrap();
    let openssl: PKey<Private> =
        PKey::private_key_from_pkcs8(made.authority.to_pkcs8_der().unwrap().expose()).unwrap();
    let algorithm = leaf.signature_algorithm().unwrap();
    let digest = match made.authority.public().kind() {
        KeyKind::Rsa { .. } => openssl::hash::MessageDigest::sha256(),
        KeyKind::Ec(_) => openssl::hash::MessageDigest::sha384(),
    };
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for _ in 0..TURNS {
        let (took, verified) = timed(|| {
            openssl::sign::Verifier::new(digest, &openssl)
                .unwrap()
                .verify_oneshot(leaf.signature(), leaf.tbs_der())
                .unwrap()
        });
        assert!(verified);
        theirs.add(took);
        let (took, verified) = timed(|| key.verify(algorithm, leaf.tbs_der(), leaf.signature()));
        assert!(verified.is_ok());
        ours.add(took);
    }
    let ratio = theirs.median().as_secs_f64() / ours.median().as_secs_f64();
    Row::new(
        format!("one verification, {name}"),
        format!("{ratio:.2} × OpenSSL"),
    )
    .beside(format!(
        "medians: the seam {:.1} µs, OpenSSL {:.1} µs",
        micros(ours.median()),
        micros(theirs.median())
    ))
}

/// Reading a certificate of a person.
fn parsing(made: &Made) -> Row {
    const AT_ONCE: u32 = 100;
    let mut samples = Samples::default();
    for _ in 0..200 {
        let copies: Vec<Vec<u8>> = (0..AT_ONCE).map(|_| made.leaf.clone()).collect();
        let (took, read) = timed(|| {
            copies
                .into_iter()
                .map(|der| Certificate::parse(der).unwrap())
                .collect::<Vec<_>>()
        });
        assert_eq!(read.len(), 100);
        samples.add(took / AT_ONCE);
    }
    let median = micros(samples.median());
    Row::new("reading a certificate", format!("{median:.2} µs")).at_most("≤ 5 µs", 5.0, median)
}
