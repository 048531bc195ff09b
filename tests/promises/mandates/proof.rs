//! A verdict that somebody else checks later.

use zegel::base::digest::Sha256Digest;
use zegel::mandates::proof::{Claims, MAX_CLAIMS_BYTES, Mismatch, ProofError, Subject};
use zegel::mandates::{DocumentKind, Object, Signed};

use super::town::*;

fn subject() -> Subject<'static> {
    Subject {
        issuer: "https://zegel.example/b/zegelgem",
        document_sha256: Sha256Digest::of(b"%PDF TEST"),
        signer_certificate_sha256: Sha256Digest::of(b"TEST certificate"),
        request: "srq_TEST",
        slots: 2,
        now: now(),
    }
}

fn object() -> Object {
    Object {
        document: DocumentKind::Decision,
        body: key("college"),
        domain: None,
        signed: vec![Signed {
            slot: 1,
            person: person(501),
            on_behalf_of: None,
        }],
    }
}

fn town() -> Town {
    Town::new().with(grant(
        "d-283",
        DIRECTOR,
        "post-directeur",
        STAFF,
        since("2025-02-01"),
    ))
}

#[test]
fn a_proof_is_small_and_names_no_person() {
    let town = town();
    let claims = Claims::new(&town.ask(STAFF, 2), &subject(), &town.rules).unwrap();
    let json = String::from_utf8(claims.to_json()).unwrap();
    assert!(json.len() < MAX_CLAIMS_BYTES, "{}", json.len());
    for who in [STAFF, DIRECTOR, MAYOR] {
        assert!(!json.contains(person(who).as_str()));
    }
    assert!(!json.contains("per_"));
    for part in [
        "FL-CBS",
        "FL-283",
        "art. 283 DLB",
        "TEST-besluit d-283",
        "srq_TEST",
        "fct_",
    ] {
        assert!(json.contains(part), "{part}");
    }
    assert_eq!(Claims::parse(json.as_bytes()), Ok(claims));
}

#[test]
fn only_a_permit_can_be_proven() {
    let town = town();
    assert_eq!(
        Claims::new(&town.ask(CITIZEN, 2), &subject(), &town.rules),
        Err(ProofError::NotPermitted)
    );
}

#[test]
fn somebody_else_checks_the_proof_years_later() {
    let mut town = town();
    let claims = Claims::new(&town.ask(STAFF, 2), &subject(), &town.rules).unwrap();
    // Facts recorded since make no difference: the question is what was known then.
    town.add_at(
        grant("later", DIRECTOR, "post-directeur", CITIZEN, since("2027-01-01")),
        "2027-01-01T00:00:00Z",
    );
    let check =
        |town: &Town, who: u128| claims.check_facts(&town.register(), &town.rules, &person(who), &object());
    assert_eq!(check(&town, STAFF), Ok(()));
    assert_eq!(check(&town, CITIZEN), Err(Mismatch::Answer));
    // The holder signed in person instead: permitted too, by other reasons.
    assert_eq!(check(&town, DIRECTOR), Err(Mismatch::Reasons));
    assert_eq!(claims.check_document(Sha256Digest::of(b"%PDF TEST")), Ok(()));
    assert_eq!(
        claims.check_document(Sha256Digest::of(b"%PDF CHANGED")),
        Err(Mismatch::Document)
    );
    let tampered = town
        .clone()
        .edit("d-283", |fact| fact.valid = since("2025-01-15"));
    assert_eq!(check(&tampered, STAFF), Err(Mismatch::Snapshot));
    let other_rules = town.under(&[("version = \"2026.1\"", "version = \"2026.2\"")]);
    assert_eq!(check(&other_rules, STAFF), Err(Mismatch::Rules));
}
