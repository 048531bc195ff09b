//! Lists as RFC 5280 §6.3 takes them, for PKIs beside the Belgian one: each condition broken alone.
//!
//! The card stands on the delta and not on the complete list, so that what becomes of it tells whether the delta counted.

use zegel::asn1::write::{self, tag};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::Extension;
use zegel::pki::certificate::Certificate;
use zegel::pki::list_rules::{self, List};
use zegel::pki::path::{Pool, Request};
use zegel::pki::purpose::Purpose;

use super::forge::{CrlParts, entry, moment, number, point, reason, scope};
use super::made::{Draft, key};
use super::world::{BASE, World};

/// deltaCRLIndicator.
fn base(value: u64) -> Extension {
    Extension::new("2.5.29.27", write::integer(value)).critical()
}

/// authorityKeyIdentifier with this key identifier.
fn authority_key(identifier: u8) -> Extension {
    let identifier = write::element(tag::context(0), &[identifier; 20]);
    Extension::new("2.5.29.35", write::sequence(&[&identifier]))
}

/// issuingDistributionPoint with onlyContainsUserCerts.
fn users() -> Extension {
    scope(&[&write::element(tag::context(1), &[0xFF])])
}

/// An extension that nobody knows, critical.
fn unknown() -> Extension {
    Extension::new("1.3.6.1.4.1.55555.9", write::null()).critical()
}

/// What is at hand about one card.
struct Case<'a> {
    world: &'a World,
    serial: &'a [u8],
    /// Its authority's complete list, number 17.
    complete: CrlParts,
    /// A delta to it, number 18.
    delta: CrlParts,
    /// What came along.
    pool: Pool,
}

impl Case<'_> {
    fn listed(&self, list: &[Extension]) -> Vec<u8> {
        entry(self.serial, &write::time(moment(self.world, -60)), list)
    }
}

type Change = fn(&mut Case<'_>);

fn outcome(change: Change) -> &'static str {
    let world = World::new();
    let card = world.card();
    let path = world.path(&card.certificate, Purpose::Authentication).unwrap();
    let mut case = Case {
        world: &world,
        serial: card.certificate.serial(),
        complete: CrlParts::new(&world),
        delta: CrlParts::new(&world),
        pool: Pool::new(),
    };
    case.delta.extensions = vec![number(18), base(17)];
    case.delta.entries = vec![case.listed(&[reason(1)])];
    change(&mut case);
    let ders = [
        CrlParts::of_root(&world).der(),
        case.complete.der(),
        case.delta.der(),
    ];
    let lists: Vec<List<'_>> = ders.iter().map(|der| List::parse(der).unwrap()).collect();
    let material = world.trust.material();
    let pools = [&material.issuers, &case.pool];
    let algorithms = AlgorithmPolicy::live_authentication();
    let request = Request::new(
        &card.certificate,
        &pools,
        &material.anchors,
        Purpose::Authentication,
        &algorithms,
        moment(&world, 0),
    );
    match list_rules::check(&path, &lists, &request) {
        Ok(()) => "good",
        Err(refusal) => refusal.cause(),
    }
}

fn table(rows: &[(&str, &str, Change)]) {
    for (what, expected, change) in rows {
        assert_eq!(outcome(*change), *expected, "{what}");
    }
}

#[test]
fn a_delta_counts_only_where_it_continues_the_complete_list() {
    table(&[
        ("untouched", "REVOKED", |_| {}),
        ("on top of an earlier list", "REVOKED", |case| {
            case.delta.extensions = vec![number(18), base(3)];
        }),
        ("on top of a later list", "good", |case| {
            case.delta.extensions = vec![number(19), base(18)];
        }),
        ("of the complete list's own number", "good", |case| {
            case.delta.extensions = vec![number(17), base(16)];
        }),
        ("of another scope", "good", |case| {
            let point = point(&format!("{BASE}/crl/citizen"));
            case.delta.extensions.push(scope(&[&point]));
        }),
        ("of the same scope", "REVOKED", |case| {
            case.complete.extensions.push(users());
            case.delta.extensions.push(users());
        }),
        ("of another key identifier", "good", |case| {
            case.complete.extensions.push(authority_key(1));
            case.delta.extensions.push(authority_key(2));
        }),
        ("of the same key identifier", "REVOKED", |case| {
            case.complete.extensions.push(authority_key(1));
            case.delta.extensions.push(authority_key(1));
        }),
        ("under another name, by the authority's key", "good", |case| {
            case.delta.issuer = case.world.pki().root.name().to_der();
        }),
        ("signed by another key", "good", |case| {
            case.delta.key = case.world.pki().root.key().clone();
        }),
        ("overdue", "good", |case| {
            case.delta.this_update = write::time(moment(case.world, -86_400));
            case.delta.next_update = Some(write::time(moment(case.world, -1)));
        }),
        ("of an unknown critical extension", "good", |case| {
            case.delta.extensions.push(unknown());
        }),
        ("taking the card off the complete list", "good", |case| {
            case.complete.entries = std::mem::take(&mut case.delta.entries);
            case.delta.entries = vec![case.listed(&[reason(8)])];
        }),
        ("saying nothing new of the card", "REVOKED", |case| {
            case.complete.entries = std::mem::take(&mut case.delta.entries);
        }),
    ]);
}

#[test]
fn a_complete_list_speaks_when_it_was_signed_by_who_may() {
    /// The complete list alone tells.
    fn alone(case: &mut Case<'_>) {
        case.delta.extensions = vec![number(1), base(1)];
        case.delta.entries = Vec::new();
    }
    table(&[
        ("untouched", "good", alone),
        ("the card on it", "REVOKED", |case| {
            alone(case);
            case.complete.entries = vec![case.listed(&[reason(1)])];
        }),
        ("the card on it, on hold", "SUSPENDED", |case| {
            alone(case);
            case.complete.entries = vec![case.listed(&[reason(6)])];
        }),
        ("signature changed", "REV_UNAVAILABLE", |case| {
            alone(case);
            case.complete.spoilt_signature = true;
        }),
        ("algorithms differ", "REV_UNAVAILABLE", |case| {
            alone(case);
            let other = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
            case.complete.algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384);
            let outer = other.algorithm_identifier();
            // Signed with what stands outside, so that only the difference is wrong.
            case.complete.outer_algorithm = Some(outer);
            case.complete.signed_with = Some(other);
        }),
        (
            "signed by a namesake that came along",
            "REV_UNAVAILABLE",
            |case| {
                alone(case);
                let (own, name) = (key(), case.world.pki().citizen.name().to_der());
                let draft = Draft::authority((&name, &own), (&name, &own), None);
                case.pool.insert(Certificate::parse(draft.sign(&own)).unwrap());
                case.complete.algorithm = own.public().kind().default_algorithm();
                case.complete.key = own;
            },
        ),
        ("an unknown critical extension", "REV_UNAVAILABLE", |case| {
            alone(case);
            case.complete.extensions.push(unknown());
        }),
        (
            "an unknown critical extension of another's entry",
            "REV_UNAVAILABLE",
            |case| {
                alone(case);
                let at = write::time(moment(case.world, -60));
                case.complete.entries = vec![entry(&[0x11, 0x22], &at, &[unknown()])];
            },
        ),
        (
            "an unknown critical extension of the card's entry",
            "REVOKED",
            |case| {
                alone(case);
                case.complete.entries = vec![case.listed(&[unknown()])];
            },
        ),
    ]);
}
