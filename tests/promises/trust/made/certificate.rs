//! The rules of RFC 5280 for one certificate, from anchor to end entity (reference pki-and-trust §2.3).

use super::*;
use Purpose::{Any, Authentication as Auth};

#[test]
fn rules_of_rfc_5280_for_one_certificate() {
    check(&[
        (
            "signature changed",
            Auth,
            |c| {
                c.leaf.spoil = Some(|mut s| {
                    let n = s.len() - 1;
                    s[n] ^= 1;
                    s
                })
            },
            "SIG_INVALID",
        ),
        (
            "another key signed",
            Auth,
            |c| c.forger = Some(key()),
            "SIG_INVALID",
        ),
        (
            "authority's signature changed",
            Auth,
            |c| {
                c.issuing().spoil = Some(|mut s| {
                    let n = s.len() - 1;
                    s[n] ^= 1;
                    s
                })
            },
            "SIG_INVALID",
        ),
        (
            "algorithms differ",
            Auth,
            |c| {
                c.leaf.outer = Some(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384).algorithm_identifier());
            },
            "SIG_INVALID",
        ),
        (
            "parameters of the algorithms differ",
            Auth,
            |c| {
                let inner = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).algorithm_identifier();
                c.leaf.outer = Some(write::sequence(&[&inner[2..], &write::null()]));
            },
            "SIG_INVALID",
        ),
        (
            "expired",
            Auth,
            |c| c.leaf.not_after = at("2026-03-03T08:59:59Z"),
            "TIME_EXPIRED",
        ),
        ("last second", Auth, |c| c.leaf.not_after = at(MOMENT), "ok"),
        (
            "not yet",
            Auth,
            |c| c.leaf.not_before = at("2026-03-03T09:00:01Z"),
            "TIME_NOT_YET",
        ),
        ("first second", Auth, |c| c.leaf.not_before = at(MOMENT), "ok"),
        (
            "authority expired",
            Auth,
            |c| c.issuing().not_after = at("2026-03-03T08:59:59Z"),
            "TIME_EXPIRED",
        ),
        (
            "authority in its last second",
            Auth,
            |c| c.issuing().not_after = at(MOMENT),
            "ok",
        ),
        (
            "authority not yet",
            Auth,
            |c| c.issuing().not_before = at("2026-03-03T09:00:01Z"),
            "TIME_NOT_YET",
        ),
        (
            "root expired",
            Auth,
            |c| c.root.not_after = at("2026-03-03T08:59:59Z"),
            "TIME_EXPIRED",
        ),
        (
            "root in its last second",
            Auth,
            |c| c.root.not_after = at(MOMENT),
            "ok",
        ),
        (
            "issuer without a name",
            Auth,
            |c| c.leaf.issuer = name(&[]),
            "PATH_NO_ANCHOR",
        ),
        (
            "issuer another",
            Auth,
            |c| c.leaf.issuer = name(&[(C, "BE"), (CN, "Foreigner CA")]),
            "PATH_NO_ANCHOR",
        ),
        (
            "issuer in other letters",
            Auth,
            |c| c.leaf.issuer = name(&[(C, "be"), (CN, "CITIZEN   ca"), (NUMBER, "202601")]),
            "SUBJECT_PROFILE",
        ),
        (
            "issuer's RDNs in another order",
            Auth,
            |c| c.leaf.issuer = name(&[(CN, "Citizen CA"), (C, "BE"), (NUMBER, "202601")]),
            "PATH_NO_ANCHOR",
        ),
        (
            "authority of version 1",
            Auth,
            |c| {
                c.issuing().version = None;
                c.issuing().extensions.clear();
            },
            "CA_CONSTRAINT",
        ),
        (
            "no basicConstraints",
            Auth,
            |c| {
                c.issuing().remove(BASIC);
            },
            "CA_CONSTRAINT",
        ),
        (
            "cA false",
            Auth,
            |c| {
                c.issuing().put(BASIC, true, write::sequence(&[]));
            },
            "CA_CONSTRAINT",
        ),
        (
            "basicConstraints not critical",
            Auth,
            |c| {
                c.issuing().put(BASIC, false, value::authority(Some(0)));
            },
            "CA_CONSTRAINT",
        ),
        (
            "no keyCertSign",
            Auth,
            |c| {
                c.issuing().put(USAGE, true, value::usage(&[6]));
            },
            "CA_CONSTRAINT",
        ),
        (
            "no keyUsage",
            Auth,
            |c| {
                c.issuing().remove(USAGE);
            },
            "CA_CONSTRAINT",
        ),
        (
            "root's path length 0",
            Auth,
            |c| {
                c.root.put(BASIC, true, value::authority(Some(0)));
            },
            "CA_CONSTRAINT",
        ),
        (
            "root without keyCertSign",
            Auth,
            |c| {
                c.root.put(USAGE, true, value::usage(&[6]));
            },
            "CA_CONSTRAINT",
        ),
        (
            "critical extension unknown",
            Auth,
            |c| {
                c.leaf.put("1.2.3.4", true, write::null());
            },
            "CRITICAL_EXT",
        ),
        (
            "the same not critical",
            Auth,
            |c| {
                c.leaf.put("1.2.3.4", false, vec![0xFF]);
            },
            "ok",
        ),
        (
            "critical extension unknown in the authority",
            Auth,
            |c| {
                c.issuing().put("1.2.3.4", true, write::null());
            },
            "CRITICAL_EXT",
        ),
        (
            "critical extension unknown in the root",
            Auth,
            |c| {
                c.root.put("1.2.3.4", true, write::null());
            },
            "CRITICAL_EXT",
        ),
        (
            "extension twice",
            Auth,
            |c| {
                let again = c.leaf.extensions[0].clone();
                c.leaf.extensions.push(again);
            },
            "CERT_PARSE",
        ),
        (
            "used extension malformed",
            Auth,
            |c| {
                c.leaf.put(USAGE, true, vec![4, 1, 0]);
            },
            "CERT_PARSE",
        ),
        (
            "serial number 0",
            Auth,
            |c| c.leaf.serial = vec![0],
            "SUBJECT_PROFILE",
        ),
        (
            "serial number negative",
            Auth,
            |c| c.leaf.serial = vec![0x80, 1],
            "SUBJECT_PROFILE",
        ),
        (
            "serial number of 21 octets",
            Auth,
            |c| c.leaf.serial = vec![0x11; 22],
            "SUBJECT_PROFILE",
        ),
        (
            "serial number of 20 octets",
            Auth,
            |c| c.leaf.serial = vec![0x11; 20],
            "ok",
        ),
        (
            "serial number 0 in the root",
            Auth,
            |c| c.root.serial = vec![0],
            "ok",
        ),
        (
            "octets after the certificate",
            Auth,
            |c| {
                c.leaf.rewrite = Some(|mut der| {
                    der.push(0);
                    der
                })
            },
            "CERT_PARSE",
        ),
        (
            "last octet cut",
            Auth,
            |c| {
                c.leaf.rewrite = Some(|mut der| {
                    der.pop();
                    der
                })
            },
            "CERT_PARSE",
        ),
        (
            "no authority key identifier",
            Auth,
            |c| {
                c.leaf.remove(AUTHORITY_KEY);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "another authority key identifier only orders",
            Auth,
            |c| {
                c.leaf.put(
                    AUTHORITY_KEY,
                    false,
                    write::sequence(&[&write::element(0x80, &[7; 20])]),
                );
            },
            "ok",
        ),
        (
            "authority without subject key identifier",
            Auth,
            |c| {
                c.issuing().remove(SUBJECT_KEY);
            },
            "CA_CONSTRAINT",
        ),
        (
            "authority key identifier critical",
            Auth,
            |c| {
                let same = c
                    .leaf
                    .extensions
                    .iter()
                    .find(|one| one.id == AUTHORITY_KEY)
                    .unwrap()
                    .value
                    .clone();
                c.leaf.put(AUTHORITY_KEY, true, same);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "authorityInfoAccess critical",
            Auth,
            |c| {
                let ocsp = write::oid(&"1.3.6.1.5.5.7.48.1".parse().unwrap());
                let entry = write::sequence(&[&ocsp, &value::general(6, b"http://127.0.0.1/")]);
                c.leaf.put(ACCESS, true, write::sequence(&[&entry]));
            },
            "SUBJECT_PROFILE",
        ),
        (
            "keyCertSign without cA",
            Any,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[0, 5]));
            },
            "SUBJECT_PROFILE",
        ),
    ]);
}
