//! Messages of CMS that others wrote, in BER and larger than memory, are read, judged and taken further as they are.

use std::process::Command;
use std::sync::Arc;

use zegel::ades::cades::extend::extend;
use zegel::ades::cms::envelope::Envelope;
use zegel::ades::cms::open::{OpenError, open};
use zegel::ades::cms::read::SignedData;
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::validate::indication::Indication;
use zegel::base::bytes::{Concatenated, ReadAt};
use zegel::base::clock::{Clock as _, SystemClock};

use super::message::{carried_by, complete, opened, validate, written};
use super::world::{BASE, P384, RSA, World};
use crate::support::{TestFolder, judge};

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[test]
fn a_message_that_openssl_streamed_keeps_its_bytes_on_the_way_to_lta() {
    let Some(openssl) = judge("openssl") else { return };
    let world = World::at(SystemClock::new().now(), BASE);
    let signer = world.signer(P384);
    let folder = TestFolder::new("foreign");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // Long enough that the content comes in several strings.
    let data: Vec<u8> = (0..40_000_u32).flat_map(u32::to_be_bytes).collect();
    std::fs::write(path("data"), &data).unwrap();
    std::fs::write(path("signer.pem"), pem("CERTIFICATE", signer.certificate.der())).unwrap();
    std::fs::write(
        path("ca.pem"),
        pem("CERTIFICATE", world.pki().citizen.certificate_der()),
    )
    .unwrap();
    std::fs::write(path("root.pem"), pem("CERTIFICATE", world.pki().root_der())).unwrap();
    std::fs::write(path("key.pem"), signer.leaf.key.to_pkcs8_pem().unwrap().expose()).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&openssl).args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(&[
        "cms",
        "-sign",
        "-binary",
        "-stream",
        "-nodetach",
        "-cades",
        "-md",
        "sha384",
        "-in",
        &path("data"),
        "-signer",
        &path("signer.pem"),
        "-inkey",
        &path("key.pem"),
        "-certfile",
        &path("ca.pem"),
        "-outform",
        "DER",
        "-out",
        &path("message"),
    ]);
    let mut file = std::fs::read(path("message")).unwrap();
    assert_eq!(file[..2], [0x30, 0x80], "OpenSSL streams with indefinite lengths");
    let original = opened(&file);
    let raw = |message: &zegel::ades::cms::open::Message| {
        let raw = message.raw_content.as_ref().unwrap();
        raw.read_vec(0, usize::try_from(raw.len()).unwrap()).unwrap()
    };
    assert!(raw(&original).len() > data.len(), "the content comes in pieces");
    for level in [Level::B, Level::T, Level::Lt, Level::Lta] {
        let message = opened(&file);
        let carried = carried_by(&message, &data);
        let begun = extend(&message, &SignatureName::signer(0), level).unwrap();
        file = written(&complete(&world, &carried, begun), &carried);
        let report = validate(&world, &file, None, world.now);
        assert_eq!(report.signatures[0].level, Some(level), "{report:#?}");
        let grown = opened(&file);
        assert_eq!(raw(&grown), raw(&original), "the content keeps its pieces");
        for certificate in original.envelope.certificates() {
            assert!(grown.envelope.certificates().any(|known| known == certificate));
        }
        std::fs::write(path("grown"), &file).unwrap();
        run(&[
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            &path("grown"),
            "-CAfile",
            &path("root.pem"),
            "-purpose",
            "any",
            "-out",
            &path("content"),
        ]);
        assert_eq!(std::fs::read(path("content")).unwrap(), data);
    }
    assert_eq!(
        validate(&world, &file, None, world.now).indication,
        Indication::TotalPassed
    );
}

#[test]
fn pss_of_openssl_verifies_with_the_salt_that_its_parameters_say() {
    let Some(openssl) = judge("openssl") else { return };
    let world = World::at(SystemClock::new().now(), BASE);
    let signer = world.signer(RSA);
    let folder = TestFolder::new("foreign-pss");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("data"), b"decision").unwrap();
    std::fs::write(path("signer.pem"), pem("CERTIFICATE", signer.certificate.der())).unwrap();
    std::fs::write(
        path("ca.pem"),
        pem("CERTIFICATE", world.pki().citizen.certificate_der()),
    )
    .unwrap();
    std::fs::write(path("key.pem"), signer.leaf.key.to_pkcs8_pem().unwrap().expose()).unwrap();
    // OpenSSL's own choice is the longest that fits (222); 20 is the default, so its parameters leave it out.
    for (salt, named) in [("digest", 32), ("max", 222), ("20", 20), ("0", 0), ("64", 64)] {
        let output = Command::new(&openssl)
            .args(["cms", "-sign", "-binary", "-nodetach", "-cades", "-md", "sha256"])
            .args(["-in", &path("data"), "-signer", &path("signer.pem")])
            .args(["-inkey", &path("key.pem"), "-certfile", &path("ca.pem")])
            .args(["-keyopt", "rsa_padding_mode:pss"])
            .args(["-keyopt", &format!("rsa_pss_saltlen:{salt}")])
            .args(["-outform", "DER", "-out", &path("message")])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let file = std::fs::read(path("message")).unwrap();
        let algorithm = SignedData::parse(&file).unwrap().signers[0].algorithm().unwrap();
        assert_eq!(algorithm.salt_bytes(), Some(named), "{salt}");
        let mut changed = file.clone();
        *changed.last_mut().unwrap() ^= 1;
        let report = validate(&world, &changed, None, world.now);
        assert_eq!(report.indication, Indication::TotalFailed, "{salt}: {report:#?}");
        let message = opened(&file);
        let carried = carried_by(&message, b"decision");
        let begun = extend(&message, &SignatureName::signer(0), Level::Lt).unwrap();
        let file = written(&complete(&world, &carried, begun), &carried);
        let report = validate(&world, &file, None, world.now);
        assert_eq!(report.indication, Indication::TotalPassed, "{salt}: {report:#?}");
    }
}

/// So many zero octets that take no memory.
struct Zeros(u64);

impl ReadAt for Zeros {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        assert!(buffer.len() <= 1024 * 1024, "content is read in pieces");
        assert!(offset + u64::try_from(buffer.len()).unwrap() <= self.0);
        buffer.fill(0);
        Ok(())
    }
}

#[test]
fn content_longer_than_four_gigabytes_stays_where_it_is() {
    let length = 5 * (1 << 30) + 7;
    let (head, tail) = Envelope::new(Some(length)).unwrap().around_content().unwrap();
    assert!(head.len() + tail.len() < 200);
    let source = |length: u64| -> Arc<dyn ReadAt> {
        Arc::new(Concatenated::new(vec![
            Box::new(head.clone()),
            Box::new(Zeros(length)),
            Box::new(tail.clone()),
        ]))
    };
    let message = open(source(length)).unwrap();
    assert_eq!(message.content.unwrap().len(), length);
    assert_eq!(
        message.envelope.around_content().unwrap(),
        (head.clone(), tail.clone())
    );
    for other in [length - 1, length + 1] {
        assert!(matches!(
            open(source(other)),
            Err(OpenError::Malformed(_) | OpenError::Trailing(_) | OpenError::Truncated(_))
        ));
    }
}
