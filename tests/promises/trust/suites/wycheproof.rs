//! Wycheproof: signature values that other libraries were found to judge wrongly, through the seam that everything uses.

use std::collections::BTreeMap;

use wycheproof::{HashFunction, TestResult, ecdsa, rsa_pkcs1_verify, rsa_pss_verify};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa::raw_to_der;
use zegel::crypto::key::{Curve, KeyKind, PublicKey};

use super::Figures;

/// What `acceptable` signatures come to, by the suite's own flag: the reason, and whether they are accepted.
const ACCEPTABLE: [(&str, bool, &str); 1] = [(
    "MissingNull",
    false,
    "DigestInfo without the NULL parameter: RFC 8017 §9.2 encodes and compares, and that encoding has it",
)];

fn hash(function: HashFunction) -> Option<HashAlgorithm> {
    Some(match function {
        HashFunction::Sha1 => HashAlgorithm::Sha1,
        HashFunction::Sha2_256 => HashAlgorithm::Sha256,
        HashFunction::Sha2_384 => HashAlgorithm::Sha384,
        HashFunction::Sha2_512 => HashAlgorithm::Sha512,
        _ => return None,
    })
}

#[derive(Default)]
struct Counts {
    /// valid, invalid, acceptable that were accepted, and that were refused.
    by_set: BTreeMap<String, [usize; 4]>,
    wrong: Vec<String>,
    skipped: BTreeMap<String, usize>,
    acceptable: BTreeMap<String, [usize; 2]>,
}

impl Counts {
    fn add(&mut self, set: &str, id: usize, flags: &str, result: TestResult, accepted: bool) {
        let place = match (result, accepted) {
            (TestResult::Valid, true) => 0,
            (TestResult::Invalid, false) => 1,
            (TestResult::Acceptable, true) => 2,
            (TestResult::Acceptable, false) => 3,
            _ => {
                self.wrong
                    .push(format!("{set} {id} [{flags}]: {result:?}, accepted {accepted}"));
                return;
            }
        };
        self.by_set.entry(set.to_owned()).or_default()[place] += 1;
        if result == TestResult::Acceptable {
            self.acceptable.entry(flags.to_owned()).or_default()[usize::from(!accepted)] += 1;
        }
    }

    fn skip(&mut self, why: impl Into<String>, count: usize) {
        *self.skipped.entry(why.into()).or_default() += count;
    }
}

fn ecdsa_sets(counts: &mut Counts) {
    for name in ecdsa::TestName::all() {
        let label = format!("{name:?}");
        let wanted = ["Secp256r1", "Secp384r1", "Secp521r1"];
        let set = ecdsa::TestSet::load(name).unwrap();
        let tests = || {
            set.test_groups
                .iter()
                .map(|group| group.tests.len())
                .sum::<usize>()
        };
        if !wanted.iter().any(|curve| label.contains(curve)) {
            counts.skip("curve that no policy accepts", tests());
            continue;
        }
        for group in &set.test_groups {
            let Some(hash) = hash(group.hash) else {
                counts.skip(format!("hash {:?}", group.hash), group.tests.len());
                continue;
            };
            let key = PublicKey::from_spki_der(&group.der).unwrap();
            let KeyKind::Ec(curve) = key.kind() else {
                panic!("{label}: not a key on a curve");
            };
            assert!(matches!(curve, Curve::P256 | Curve::P384 | Curve::P521));
            for test in &group.tests {
                let value = if label.ends_with("P1363") {
                    raw_to_der(&test.sig, curve)
                } else {
                    Ok(test.sig.to_vec())
                };
                let accepted = value.is_ok_and(|value| {
                    key.verify(SignatureAlgorithm::Ecdsa(hash), &test.msg, &value)
                        .is_ok()
                });
                counts.add(
                    &label,
                    test.tc_id,
                    &format!("{:?}", test.flags),
                    test.result,
                    accepted,
                );
            }
        }
    }
}

fn pkcs1_sets(counts: &mut Counts) {
    for name in rsa_pkcs1_verify::TestName::all() {
        let label = format!("Pkcs1 {name:?}");
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let Some(hash) = hash(group.hash) else {
                counts.skip(format!("hash {:?}", group.hash), group.tests.len());
                continue;
            };
            let key = PublicKey::from_spki_der(&group.der).unwrap();
            for test in &group.tests {
                let accepted = key
                    .verify(SignatureAlgorithm::RsaPkcs1(hash), &test.msg, &test.sig)
                    .is_ok();
                counts.add(
                    &label,
                    test.tc_id,
                    &format!("{:?}", test.flags),
                    test.result,
                    accepted,
                );
            }
        }
    }
}

fn pss_sets(counts: &mut Counts) {
    for name in rsa_pss_verify::TestName::all() {
        let label = format!("{name:?}");
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let Some(hash) = hash(group.hash) else {
                counts.skip(format!("hash {:?}", group.hash), group.tests.len());
                continue;
            };
            let Ok(key) = PublicKey::from_spki_der(&group.der) else {
                // Parameters in the key (RFC 4055 §1.2): no kind of key zegel knows, and so no signature is taken.
                counts.skip(
                    "key of id-RSASSA-PSS, which zegel does not read",
                    group.tests.len(),
                );
                continue;
            };
            if group.mgf_hash != Some(group.hash) {
                counts.skip("PSS with another mask hash than the hash", group.tests.len());
                continue;
            }
            let algorithm = if group.salt_size == hash.output_bytes() {
                SignatureAlgorithm::RsaPss(hash)
            } else {
                SignatureAlgorithm::RsaPssSalted(hash, u16::try_from(group.salt_size).unwrap())
            };
            for test in &group.tests {
                let accepted = key.verify(algorithm, &test.msg, &test.sig).is_ok();
                counts.add(
                    &label,
                    test.tc_id,
                    &format!("{:?}", test.flags),
                    test.result,
                    accepted,
                );
            }
        }
    }
}

#[test]
fn every_invalid_value_is_refused_and_every_valid_one_accepted() {
    let mut counts = Counts::default();
    ecdsa_sets(&mut counts);
    pkcs1_sets(&mut counts);
    pss_sets(&mut counts);
    let total = |place: usize| counts.by_set.values().map(|set| set[place]).sum::<usize>();
    let mut figures = Figures::new("wycheproof");
    figures.say(format!(
        "{} valid accepted, {} invalid refused, {} acceptable accepted, {} acceptable refused; skipped: {}",
        total(0),
        total(1),
        total(2),
        total(3),
        counts
            .skipped
            .iter()
            .map(|(why, count)| format!("{count} ({why})"))
            .collect::<Vec<_>>()
            .join(", ")
    ));
    figures.say("");
    for (set, [valid, invalid, accepted, refused]) in &counts.by_set {
        figures.say(format!(
            "- {set}: {valid} valid, {invalid} invalid, {} acceptable",
            accepted + refused
        ));
    }
    figures.say("");
    for (flag, [accepted, refused]) in &counts.acceptable {
        figures.say(format!(
            "- acceptable {flag}: {accepted} accepted, {refused} refused"
        ));
    }
    assert!(counts.wrong.is_empty(), "{}", counts.wrong.join("\n"));
    for (flags, [accepted, refused]) in &counts.acceptable {
        let known = ACCEPTABLE.iter().find(|(flag, _, _)| flags.contains(flag));
        let (_, expected, _) = known.unwrap_or_else(|| panic!("acceptable {flags} is not in the table"));
        assert_eq!(
            (*accepted > 0, *refused > 0),
            (*expected, !*expected),
            "acceptable {flags}"
        );
    }
    assert!(total(0) > 2900 && total(1) > 5600, "{} {}", total(0), total(1));
}
