//! Algorithms that are not worked with are undecided by their name, not a certificate that is missing or a key that is
//! broken. Made by OpenSSL.

use std::process::Command;

use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::base::clock::{Clock as _, SystemClock};

use super::message::validate;
use super::world::{BASE, RSA, World};
use crate::support::{TestFolder, judge};

#[test]
fn an_unknown_hash_or_curve_is_named() {
    let Some(openssl) = judge("openssl") else { return };
    let world = World::at(SystemClock::new().now(), BASE);
    let folder = TestFolder::new("unknown-algorithms");
    let run = |arguments: &str| {
        let output = Command::new(&openssl)
            .current_dir(folder.path())
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments}: {told}");
    };
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("data", b"Besluit 7");
    let signer = world.signer(RSA);
    write("rsa.crt", super::judges::pem(signer.certificate.der()).as_bytes());
    write("rsa.key", signer.leaf.key.to_pkcs8_pem().unwrap().expose());
    for (curve, name) in [("brainpoolP256r1", "bp"), ("secp256k1", "k1")] {
        run(&format!("ecparam -name {curve} -genkey -noout -out {name}.key"));
        run(&format!(
            "req -x509 -new -key {name}.key -subj /CN=TEST -days 2 -out {name}.crt"
        ));
    }
    for (key, hash, named) in [
        ("rsa", "sha224", "SHA-224"),
        ("rsa", "md5", "MD5"),
        ("rsa", "sha3-256", "SHA3-256"),
        ("bp", "sha256", "brainpoolP256r1"),
        ("k1", "sha256", "secp256k1"),
    ] {
        run(&format!(
            "cms -sign -binary -nodetach -cades -md {hash} -in data -signer {key}.crt -inkey {key}.key -outform DER \
             -out {key}-{hash}.p7m"
        ));
        let file = std::fs::read(folder.path().join(format!("{key}-{hash}.p7m"))).unwrap();
        let report = validate(&world, &file, None, world.now);
        let judged = &report.signatures[0];
        let case = format!("{key} {hash}: {judged:#?}");
        assert_eq!(judged.indication, Indication::Indeterminate, "{case}");
        assert_eq!(
            judged.sub_indication,
            Some(SubIndication::CryptoConstraintsFailure),
            "{case}"
        );
        assert!(
            judged.findings[0].detail.ends_with(&format!(": {named}")),
            "{case}"
        );
    }
    // The twin with what is worked with gets further.
    run(
        "cms -sign -binary -nodetach -cades -md sha256 -in data -signer rsa.crt -inkey rsa.key -outform DER -out good.p7m",
    );
    let file = std::fs::read(folder.path().join("good.p7m")).unwrap();
    let good = validate(&world, &file, None, world.now);
    assert_ne!(
        good.signatures[0].sub_indication,
        Some(SubIndication::CryptoConstraintsFailure)
    );
}
