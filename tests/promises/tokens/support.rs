//! Tokens of the laboratory in this process, what goes over their line, and who verifies what they sign.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SeededRandom;
use zegel::base::secret::Pin;
use zegel::card::eid::{CardSignature, LastTry, SignatureScheme};
use zegel::card::family::{Card, CardCertificate, KeyName, SignRequest, Unblock};
use zegel::card::transport::{InProcess, Protocol, Transport, TransportError};
use zegel::card::{CardError, Scheme};
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa::raw_to_der;
use zegel::crypto::key::{KeyKind, PublicKey};
use zegel::lab::card::{TokenCard, TokenImage, TokenKeys};
use zegel::lab::pki::LabPki;
use zegel::lab::tokens::TOKENS;
use zegel::pki::certificate::Certificate;

use crate::support::{TestFolder, judge, moment};

/// Images and keys by name; made once, for an RSA key takes a while.
type Made = BTreeMap<&'static str, (TokenImage, TokenKeys)>;

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let random = SeededRandom::new(19);
        let pki = LabPki::generate("http://127.0.0.1:9", &random, moment()).unwrap();
        let tokens = TOKENS.iter().map(|token| {
            let card = token.make_card(&pki, &random, moment()).unwrap();
            (token.slug, (card.image().clone(), card.keys().clone()))
        });
        tokens.collect()
    })
}

/// A fresh token of this name.
pub(crate) fn token(slug: &str) -> TokenCard {
    let (image, keys) = &made()[slug];
    TokenCard::new(image.clone(), keys.clone())
}

/// The same with its image changed.
pub(crate) fn token_with(slug: &str, change: impl FnOnce(&mut TokenImage)) -> TokenCard {
    let mut card = token(slug);
    change(card.image_mut());
    card
}

pub(crate) fn pin(digits: &str) -> Pin {
    Pin::from_digits(zeroize::Zeroizing::new(digits.as_bytes().to_vec())).unwrap()
}

/// A token's code that unblocks, and the PIN as it shall be.
pub(crate) fn token_code<'a>(puk: &'a Pin, new: &'a Pin) -> Unblock<'a> {
    Unblock::Token { puk, new }
}

/// What went over the line: commands and answers.
pub(crate) type Line = Arc<Mutex<Vec<(Vec<u8>, Vec<u8>)>>>;

/// A card whose line is written down.
pub(crate) struct Recorded<T> {
    pub(crate) card: T,
    pub(crate) line: Line,
}

impl<T> Recorded<T> {
    pub(crate) fn new(card: T) -> (Self, Line) {
        let line = Line::default();
        let recorded = Self {
            card,
            line: Arc::clone(&line),
        };
        (recorded, line)
    }
}

impl<T: Transport> Transport for Recorded<T> {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.card.transmit(command)?;
        self.line.lock().unwrap().push((command.to_vec(), answer.clone()));
        Ok(answer)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset()
    }
    fn protocol(&self) -> Protocol {
        self.card.protocol()
    }
}

/// Runs `work` on whatever card this is, and gives it back.
pub(crate) fn on<C: Transport, T>(
    card: C,
    work: impl FnOnce(&mut Card<'_>) -> Result<T, CardError>,
) -> (Result<T, CardError>, C) {
    let mut connection = InProcess::new(card);
    let result = Card::recognise(&mut connection).and_then(|mut card| work(&mut card));
    (result, connection.into_transport())
}

/// The certificate of this key.
pub(crate) fn certificate(card: &mut Card<'_>, key: &str) -> Result<Vec<u8>, CardError> {
    let found: Option<CardCertificate> = card
        .certificates()?
        .into_iter()
        .find(|one| one.key.as_str() == key);
    found.expect("a certificate of this key").der
}

/// How a test asks for a signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) key: &'static str,
    pub(crate) scheme: SignatureScheme,
    pub(crate) hash: HashAlgorithm,
}

pub(crate) const MESSAGE: &[u8] = b"what is signed";
/// Salts are random; this one is written down so that transcripts can be replayed.
pub(crate) const SALT: [u8; 64] = [0x5A; 64];

/// Signs [`MESSAGE`] with the PIN and checks the value with the certificate that is on the card.
pub(crate) fn sign(card: &mut Card<'_>, wish: Wish, code: Option<&str>) -> Result<CardSignature, CardError> {
    let certificate = certificate(card, wish.key)?;
    let digest = wish.hash.digest(MESSAGE);
    let scheme = match wish.scheme {
        SignatureScheme::Ecdsa => Scheme::Ecdsa,
        SignatureScheme::RsaPkcs1 => Scheme::RsaPkcs1,
        SignatureScheme::RsaPss => Scheme::RsaPss {
            salt: &SALT[..wish.hash.output_bytes()],
        },
    };
    let name = KeyName::new(wish.key);
    let request = SignRequest {
        key: &name,
        scheme,
        hash: wish.hash,
        digest: &digest,
        last_try: LastTry::NotConfirmed,
    };
    let code = code.map(pin);
    card.sign(&request, code.as_ref(), &mut |signature| {
        verifies(&certificate, &digest, signature)
    })
}

/// Whether a value verifies with the key of the certificate.
pub(crate) fn verifies(certificate: &[u8], digest: &[u8], signature: &CardSignature) -> bool {
    let certificate = Certificate::parse(certificate).unwrap();
    let key = certificate.public_key().unwrap();
    let (algorithm, value) = encoded(key, signature);
    value.is_some_and(|value| key.verify_digest(algorithm, digest, &value).is_ok())
}

fn encoded(key: &PublicKey, signature: &CardSignature) -> (SignatureAlgorithm, Option<Vec<u8>>) {
    match (signature.scheme, key.kind()) {
        (SignatureScheme::Ecdsa, KeyKind::Ec(curve)) => (
            SignatureAlgorithm::Ecdsa(signature.hash),
            raw_to_der(&signature.value, curve).ok(),
        ),
        (SignatureScheme::RsaPss, _) => (
            SignatureAlgorithm::RsaPss(signature.hash),
            Some(signature.value.clone()),
        ),
        _ => (
            SignatureAlgorithm::RsaPkcs1(signature.hash),
            Some(signature.value.clone()),
        ),
    }
}

/// Whether the program `openssl` says that the value signs [`MESSAGE`]; `None` when it is not here.
pub(crate) fn openssl_says(certificate: &[u8], signature: &CardSignature) -> Option<bool> {
    let program = judge("openssl")?;
    let folder = TestFolder::new("token");
    let certificate = Certificate::parse(certificate).unwrap();
    let key = certificate.public_key().unwrap();
    let (_, value) = encoded(key, signature);
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let message = write("message", MESSAGE);
    let value = write("value", &value.unwrap());
    let key = pem(&program, &write("key.der", key.spki_der()));
    let key = write("key.pem", &key);
    let mut command = Command::new(program);
    command
        .arg("dgst")
        .arg(format!(
            "-{}",
            signature.hash.name().replace('-', "").to_lowercase()
        ))
        .arg("-verify")
        .arg(key)
        .arg("-signature")
        .arg(value);
    if signature.scheme == SignatureScheme::RsaPss {
        command.args([
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:digest",
        ]);
    }
    let output = command.arg(message).output().unwrap();
    Some(output.status.success() && output.stdout.starts_with(b"Verified OK"))
}

fn pem(openssl: &Path, der: &Path) -> Vec<u8> {
    let output = Command::new(openssl)
        .args(["pkey", "-pubin", "-inform", "DER", "-in"])
        .arg(der)
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}
