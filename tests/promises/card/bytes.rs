//! One byte changed, a file cut, a file doubled: exactly the right element is invalid, and nothing else.

use std::collections::BTreeSet;

use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::card::CardError;
use zegel::card::eid::{File, RawFiles};
use zegel::identity::card_data::{Element, Verdicts};
use zegel::pki::anchors::TrustData;

use super::rare;
use super::support::{alice, judge, on, read_all, trust_in};

/// The elements of a verdict.
const NAMES: [&str; 7] = [
    "identity",
    "address",
    "photo",
    "basic key",
    "chip",
    "chip proof",
    "chain",
];

fn elements(verdicts: &Verdicts) -> [Element; 7] {
    [
        verdicts.identity,
        verdicts.address,
        verdicts.photo,
        verdicts.basic_key,
        verdicts.chip,
        verdicts.chip_proof,
        verdicts.chain,
    ]
}

/// What a change of `file` must make invalid, and what it may besides: the elements whose proof stands in it.
fn consequences(file: File) -> (&'static [&'static str], &'static [&'static str]) {
    match file {
        // Chip number and the hashes of photo and basic key stand in the identity.
        File::Identity => (&["identity"], &["photo", "basic key", "chip"]),
        // The address binds the identity's signature.
        File::IdentitySignature => (&["identity", "address"], &[]),
        File::Address | File::AddressSignature => (&["address"], &[]),
        File::Photo => (&["photo"], &[]),
        // The chip's answer is verified with the key.
        File::BasicKey => (&["basic key"], &["chip proof"]),
        // Its key verifies identity and address; without it nothing is.
        File::RrnCertificate => (&["chain"], &["identity", "address"]),
        File::RootCertificate => (&["chain"], &[]),
        _ => (&[], &[]),
    }
}

/// Judges `files` with one file changed, against what held before.
fn check(name: &str, what: &str, file: File, changed: &RawFiles, before: [Element; 7], trust: &TrustData) {
    let after = match judge(changed, trust) {
        Ok(holder) => elements(&holder.verdicts),
        Err(CardError::Malformed { what: "identity", .. } | CardError::ShortRead("identity"))
            if file == File::Identity =>
        {
            return;
        }
        Err(CardError::FileMissing("identity")) if file == File::Identity => return,
        Err(error) => panic!("{name}, {file:?}, {what}: {error}"),
    };
    let moved: BTreeSet<&str> = (0..NAMES.len())
        .filter(|at| after[*at] != before[*at])
        .map(|at| NAMES[at])
        .collect();
    let (must, may) = consequences(file);
    for element in must {
        let at = NAMES.iter().position(|known| known == element).unwrap();
        // What was invalid before stays so.
        assert_ne!(after[at], Element::Valid, "{name}, {file:?}, {what}: {element}");
    }
    let allowed: BTreeSet<&str> = must.iter().chain(may).copied().collect();
    assert!(
        moved.is_subset(&allowed),
        "{name}, {file:?}, {what}: {moved:?} moved, only {allowed:?} may"
    );
}

/// Runs every change of every file of a card. `stride`: every how many bytes one is changed, in short files.
fn all_changes(name: &str, files: &RawFiles, trust: &TrustData, stride: usize) {
    let before = elements(&judge(files, trust).unwrap().verdicts);
    let mut changes = 0;
    for (file, content) in files.iter().filter(|(_, content)| !content.is_empty()) {
        if consequences(file).0.is_empty() {
            continue;
        }
        let with = |content: Vec<u8>| {
            let mut changed = files.clone();
            changed.insert(file, content);
            changed
        };
        let stride = if content.len() > 1500 { stride * 16 } else { stride };
        for at in (0..content.len()).step_by(stride) {
            for bit in [0x01, 0x80] {
                let mut other = content.to_vec();
                other[at] ^= bit;
                check(
                    name,
                    &format!("byte {at} ^ {bit:02x}"),
                    file,
                    &with(other),
                    before,
                    trust,
                );
                changes += 1;
            }
            if at > 0 {
                let cut = with(content[..at].to_vec());
                // Zeros at the end of an address or a signature belong to the file, and to nothing that was signed;
                // but the address binds the identity's signature with its zeros.
                let is_padding = content[at..].iter().all(|byte| *byte == 0);
                if is_padding && file == File::IdentitySignature {
                    check(name, "cut in its zeros", File::Address, &cut, before, trust);
                } else if !is_padding {
                    check(name, &format!("cut at {at}"), file, &cut, before, trust);
                }
            }
        }
        // A certificate is read up to its end: what follows is not part of it.
        let is_der = matches!(file, File::RrnCertificate | File::RootCertificate);
        if !is_der {
            check(name, "doubled", file, &with(content.repeat(2)), before, trust);
        }
    }
    assert!(changes > 200, "{name}: {changes}");
}

#[test]
fn each_generation_of_the_laboratory() {
    for name in ["applet-11", "applet-17", "rekeyed", "tag-00"] {
        let files = rare::read(rare::card(name)).unwrap();
        let root = Sha256Digest::of(files.get(File::RootCertificate).unwrap());
        all_changes(name, &files, &trust_in(&root, "2.16.56.13.6.0.1"), 13);
    }
}

#[test]
fn the_published_specimen() {
    let Some(card) = alice() else { return };
    let files = read_all(card);
    all_changes("alice", &files, &TrustData::production().unwrap(), 3);
}

/// The same on the card itself: what the driver reads of a file that is cut does not hide the others.
#[test]
fn a_file_cut_on_the_card_hides_no_other() {
    let whole = rare::read(rare::card("tag-00")).unwrap();
    let root = Sha256Digest::of(whole.get(File::RootCertificate).unwrap());
    let trust = trust_in(&root, "2.16.56.13.6.0.1");
    let before = elements(&judge(&whole, &trust).unwrap().verdicts);
    for (path, file) in [
        ("3F00DF014031", File::Identity),
        ("3F00DF014032", File::IdentitySignature),
        ("3F00DF014033", File::Address),
        ("3F00DF014034", File::AddressSignature),
        ("3F00DF014035", File::Photo),
        ("3F00DF014040", File::BasicKey),
        ("3F00DF00503B", File::RootCertificate),
        ("3F00DF00503C", File::RrnCertificate),
    ] {
        let content = rare::card("tag-00").image().file(path).unwrap().to_vec();
        for length in [1, 7, 20, 30] {
            let mut card = rare::card("tag-00");
            card.image_mut().set_file(path, content[..length].to_vec());
            let challenge = HashAlgorithm::Sha384.digest(b"a fresh challenge");
            let files = on(card, |eid| {
                let mut files = eid.read_everything()?;
                files.chip_answer = eid.challenge_chip(&challenge)?;
                Ok::<_, CardError>(files)
            })
            .0
            .unwrap();
            check(
                "tag-00",
                &format!("{length} bytes on the card"),
                file,
                &files,
                before,
                &trust,
            );
        }
    }
}
