//! The data on a card, each element with its own verdict: is it what the national register signed?
//!
//! One boolean would hide which file was tampered with, and that an expired signer is not a forged file. Start
//! from [`check`].

use crate::base::digest::HashAlgorithm;
use crate::base::time::{Day, Timestamp};
use crate::card::CardError;
use crate::card::eid::genuine::{self, HashVerdict};
use crate::card::eid::{Address, File, Identity, RawFiles};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PublicKey};
use crate::crypto::policy::AlgorithmPolicy;
use crate::pki::anchors::{Anchors, TrustData};
use crate::pki::certificate::Certificate;
use crate::pki::path::{Pool, Request, validate};
use crate::pki::purpose::Purpose;
use crate::pki::refusal::Refusal;

/// What is known of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// It is not what was signed or hashed.
    Invalid,
    /// What the check needs was not read, or cannot be used.
    NotChecked,
    /// The card has no such element.
    NotPresent,
    /// It is what was signed or hashed. For the chain: it ends in a pinned root.
    Valid,
}

impl Element {
    /// The word in reports and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotChecked => "not checked",
            Self::NotPresent => "not present",
            Self::Valid => "valid",
        }
    }
}

/// The verdict on each element. The first four say that the bytes are those the register's key on this card
/// signed; `chain` says whether that key is the register's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// The identity file, by the register's signature.
    pub identity: Element,
    /// The address file, by the register's signature over it and the identity's signature.
    pub address: Element,
    /// The photo, by its hash in the identity file.
    pub photo: Element,
    /// The basic key, by its hash in the identity file (1.8).
    pub basic_key: Element,
    /// The chip number of the identity file against the chip itself. Test cards may differ.
    pub chip: Element,
    /// The chip's answer to a challenge, by the basic key (1.8): the files are not a copy on another chip.
    pub chip_proof: Element,
    /// The register's certificate, to a pinned root.
    pub chain: Element,
    /// Why the chain was refused.
    pub refusal: Option<Refusal>,
    /// The moment the chain was judged at: now, or the first day of the card when the register's certificate has
    /// expired since.
    pub judged_at: Option<Timestamp>,
    /// The algorithm that verified the identity.
    pub algorithm: Option<SignatureAlgorithm>,
}

impl Verdicts {
    /// Whether some element is not what was signed.
    pub fn any_invalid(&self) -> bool {
        [
            self.identity,
            self.address,
            self.photo,
            self.basic_key,
            self.chip_proof,
        ]
        .contains(&Element::Invalid)
    }

    /// Whether the identity is proved: signed, by a key that is the register's.
    pub fn identity_is_proved(&self) -> bool {
        self.identity == Element::Valid && self.chain == Element::Valid
    }

    /// Whether the address is proved. It binds the identity's signature, so both must hold.
    pub fn address_is_proved(&self) -> bool {
        self.identity_is_proved() && self.address == Element::Valid
    }

    /// Whether the chip is proved to be the one the register made this identity for: it holds the key whose hash
    /// stands in a proved identity.
    pub fn chip_is_proved(&self) -> bool {
        self.identity_is_proved() && self.basic_key == Element::Valid && self.chip_proof == Element::Valid
    }

    /// Whether the photo is proved: its hash stands in a proved identity.
    pub fn photo_is_proved(&self) -> bool {
        self.identity_is_proved() && self.photo == Element::Valid
    }
}

/// What a card says of its holder, read and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardHolder {
    /// The identity file.
    pub identity: Identity,
    /// The address file, when it was read.
    pub address: Option<Address>,
    /// What holds of them.
    pub verdicts: Verdicts,
}

/// Reads and judges `files`.
///
/// `trust`: the pinned roots; the root on the card serves only when its fingerprint is among them.
/// `algorithms`: what is acceptable for signatures that last. `now`: today; an expired register certificate is
/// judged at the first day of the card instead.
///
/// # Errors
/// `FileMissing` without an identity file, `ShortRead` or `Malformed` when it cannot be read: then there is nobody to
/// say anything of. Any other file that is corrupt or not genuine is no error: its verdict says so.
///
/// Source: reference belgian-eid-card §8.1.
pub fn check(
    files: &RawFiles,
    trust: &TrustData,
    algorithms: &AlgorithmPolicy,
    now: Timestamp,
) -> Result<CardHolder, CardError> {
    let identity_file = files
        .get(File::Identity)
        .ok_or(CardError::FileMissing(File::Identity.name()))?;
    if let Some(flaw) = files.flaw(File::Identity) {
        return Err(flaw.clone());
    }
    let identity = Identity::parse(identity_file)?;
    let address_file = files.get(File::Address);
    // A corrupt address says nothing of the identity; its signature does not verify either.
    let address = address_file.and_then(|file| Address::parse(file).ok());

    let signer = files.get(File::RrnCertificate).map(Certificate::parse);
    let key = match &signer {
        Some(Ok(signer)) => signer.public_key().ok(),
        _ => None,
    };
    let (identity_verdict, algorithm) = signed(key, &identity, files.get(File::IdentitySignature), |_| {
        vec![identity_file.to_vec()]
    });
    let (address_verdict, _) = match address_file {
        Some(address) => signed(key, &identity, files.get(File::AddressSignature), |_| {
            files
                .get(File::IdentitySignature)
                .map(|signature| genuine::address_messages(address, signature))
                .unwrap_or_default()
        }),
        None => (Element::NotPresent, None),
    };
    let (chain, refusal, judged_at) = match &signer {
        Some(Ok(signer)) => judge_chain(signer, files, trust, algorithms, now, identity.valid_from),
        Some(Err(error)) => (Element::Invalid, Some((*error).into()), None),
        None => (Element::NotPresent, None, None),
    };
    let verdicts = Verdicts {
        identity: identity_verdict,
        address: address_verdict,
        photo: hashed(
            genuine::photo(&identity, files.get(File::Photo)),
            files,
            File::Photo,
        ),
        basic_key: hashed(
            genuine::basic_key(&identity, files.get(File::BasicKey)),
            files,
            File::BasicKey,
        ),
        chip: match &files.card_data {
            Some(data) if data.chip_serial == identity.chip_number.as_slice() => Element::Valid,
            Some(_) => Element::Invalid,
            None => Element::NotChecked,
        },
        chip_proof: chip_proof(files),
        chain,
        refusal,
        judged_at,
        algorithm,
    };
    Ok(CardHolder {
        identity,
        address,
        verdicts,
    })
}

/// Old test cards are signed with RSA-512, which anybody can forge: such a value says nothing. The register never
/// used less than 1024 bits.
const WEAKEST_RSA: u32 = 1024;

/// Whether one of `messages` carries `signature` under `key`.
fn signed(
    key: Option<&PublicKey>,
    identity: &Identity,
    signature: Option<&[u8]>,
    messages: impl Fn(&[u8]) -> Vec<Vec<u8>>,
) -> (Element, Option<SignatureAlgorithm>) {
    let Some(signature) = signature else {
        return (Element::NotPresent, None);
    };
    let Some(key) = key else {
        return (Element::NotChecked, None);
    };
    if matches!(key.kind(), KeyKind::Rsa { bits } if bits < WEAKEST_RSA) {
        return (Element::Invalid, None);
    }
    let messages = messages(signature);
    if messages.is_empty() {
        return (Element::NotChecked, None);
    }
    for algorithm in candidates(key.kind(), identity) {
        let value = match algorithm {
            SignatureAlgorithm::Ecdsa(_) => genuine::trimmed_signature(signature),
            _ => signature,
        };
        if messages
            .iter()
            .any(|message| key.verify(algorithm, message, value).is_ok())
        {
            return (Element::Valid, Some(algorithm));
        }
    }
    (Element::Invalid, None)
}

/// The algorithms the register may have used with a key of this kind, the likelier first.
///
/// The key's type decides; for RSA the photo's hash tells what the register used when it made the card. An address
/// may have been written again later with the stronger one.
fn candidates(key: KeyKind, identity: &Identity) -> Vec<SignatureAlgorithm> {
    match key {
        KeyKind::Ec(curve) => vec![SignatureAlgorithm::Ecdsa(curve.natural_hash())],
        KeyKind::Rsa { .. } => {
            let mut hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha1];
            if identity.photo_hash_algorithm() == Some(HashAlgorithm::Sha1) {
                hashes.reverse();
            }
            hashes.into_iter().map(SignatureAlgorithm::RsaPkcs1).collect()
        }
    }
}

/// Whether the chip's answer verifies with the basic key on the card.
fn chip_proof(files: &RawFiles) -> Element {
    let Some(file) = files.get(File::BasicKey) else {
        return Element::NotPresent;
    };
    let Some(answer) = &files.chip_answer else {
        return Element::NotChecked;
    };
    let Ok(key) = PublicKey::from_spki_der(file) else {
        return Element::Invalid;
    };
    let hash = HashAlgorithm::ALL
        .into_iter()
        .find(|hash| hash.output_bytes() == answer.challenge.len());
    let verified = match (key.kind(), hash) {
        (KeyKind::Ec(curve), Some(hash)) => ecdsa::raw_to_der(&answer.value, curve).is_ok_and(|value| {
            key.verify_digest(SignatureAlgorithm::Ecdsa(hash), &answer.challenge, &value)
                .is_ok()
        }),
        _ => false,
    };
    if verified {
        Element::Valid
    } else {
        Element::Invalid
    }
}

fn hashed(verdict: HashVerdict, files: &RawFiles, file: File) -> Element {
    match verdict {
        HashVerdict::Matches => Element::Valid,
        HashVerdict::Differs => Element::Invalid,
        HashVerdict::NotPresent if files.get(file).is_some() => Element::NotChecked,
        HashVerdict::NotPresent => Element::NotPresent,
    }
}

fn judge_chain(
    signer: &Certificate,
    files: &RawFiles,
    trust: &TrustData,
    algorithms: &AlgorithmPolicy,
    now: Timestamp,
    card_from: Option<Day>,
) -> (Element, Option<Refusal>, Option<Timestamp>) {
    let mut anchors = Anchors::new();
    // The root on the card is only a copy: its fingerprint decides.
    if let Some(Ok(root)) = files.get(File::RootCertificate).map(Certificate::parse) {
        anchors.offer(&root, trust);
    }
    let pool = Pool::new();
    let pools = [&pool];
    let at = if now <= signer.not_after() {
        now
    } else {
        card_from.map_or(now, Day::start)
    };
    let request = Request::new(signer, &pools, &anchors, Purpose::Register, algorithms, at);
    match validate(&request) {
        Ok(_) => (Element::Valid, None, Some(at)),
        Err(refusal) => (Element::Invalid, Some(refusal), Some(at)),
    }
}
