//! The rules as data: each one needed, none a permit before the board adopted it.

use zegel::mandates::DocumentKind;
use zegel::mandates::facts::Content;
use zegel::mandates::plan::PlanError;
use zegel::mandates::verdict::Ground;

use super::town::*;

#[test]
fn each_rule_gives_its_signers_and_without_it_nothing_is_known() {
    for (rule, document, body, first) in [
        ("FL-CBS", DocumentKind::Decision, "college", "mayor"),
        ("FL-CBS", DocumentKind::Letter, "mayor", "mayor"),
        (
            "FL-GR",
            DocumentKind::Regulation,
            "municipal_council",
            "council_chair",
        ),
        ("FL-MIN-CBS", DocumentKind::Minutes, "college", "mayor"),
        (
            "FL-MIN-GR",
            DocumentKind::Minutes,
            "municipal_council",
            "council_chair",
        ),
        (
            "FL-MIN-GR",
            DocumentKind::SessionRecord,
            "municipal_council",
            "council_chair",
        ),
    ] {
        let plan = Town::new()
            .known(now())
            .plan(document, &key(body), now())
            .unwrap();
        assert_eq!(plan.rule.rule, rule, "{document} {body}");
        let roles: Vec<&str> = plan.slots.iter().map(|slot| slot.roles[0].slug()).collect();
        assert_eq!(roles, [first, "general_director"], "{rule}");
        assert!(plan.slots.iter().all(|slot| slot.candidates.len() == 1), "{rule}");
        assert_eq!(
            plan.slots.iter().all(|slot| slot.delegation.is_none()),
            rule.starts_with("FL-MIN"),
            "{rule}"
        );
        // The same town under rules in which this one is not yet in force.
        let marker = format!("id = \"{rule}\"\n");
        let (before, after) = zegel::mandates::rules::RuleSet::FLANDERS_TEXT
            .split_once(&marker)
            .unwrap();
        let text = format!(
            "{before}{marker}{}",
            after.replacen("2019-01-01", "2099-01-01", 1)
        );
        let mut town = Town::new();
        town.rules = std::sync::Arc::new(zegel::mandates::rules::RuleSet::parse(&text).unwrap());
        assert!(
            matches!(
                town.known(now()).plan(document, &key(body), now()),
                Err(PlanError::Rule { .. })
            ),
            "{rule}"
        );
    }
}

#[test]
fn each_delegation_rule_is_needed() {
    for (rule, giver, post, receiver, slot) in [
        ("FL-280", MAYOR, "post-burgemeester", ALDERMAN, 1),
        ("FL-283", DIRECTOR, "post-directeur", STAFF, 2),
    ] {
        let with = Town::new().with(grant("d", giver, post, receiver, since("2025-02-01")));
        assert_eq!(answer(&with.ask(receiver, slot)), "permit", "{rule}");
        let link = format!(", delegation = \"{rule}\"");
        let without = with.under(&[(link.as_str(), "")]);
        assert_eq!(
            answer(&without.ask(receiver, slot)),
            "MANDATE_DELEGATION_FORBIDDEN",
            "{rule}"
        );
    }
}

#[test]
fn a_rule_that_the_board_did_not_adopt_is_advice_and_never_a_permit() {
    let town = Town::new().without("regels");
    let verdict = town.ask(MAYOR, 1);
    assert_eq!(answer(&verdict), "MANDATE_RULE_NOT_ADOPTED");
    assert_eq!(verdict.refusal().unwrap().ground, Ground::RuleNotAdopted);
    // The advice is there all the same: by which capacity it would be.
    assert!(verdict.capacity.is_some());
    let plan = town
        .known(now())
        .plan(DocumentKind::Decision, &key("college"), now())
        .unwrap();
    assert!(plan.adopted_by.is_none());
    assert_eq!(plan.slots[0].candidates.len(), 1);
}

#[test]
fn an_adoption_counts_for_its_rules_its_version_its_text_and_its_time() {
    let adoption = |change: fn(&mut Content)| {
        let town = Town::new().edit("regels", |fact| change(&mut fact.content));
        answer(&town.ask(MAYOR, 1))
    };
    assert_eq!(adoption(|_| {}), "permit");
    let changes: [fn(&mut Content); 5] = [
        |content| {
            if let Content::RuleAdoption { rules, .. } = content {
                *rules = vec!["FL-GR".to_owned()];
            }
        },
        |content| {
            if let Content::RuleAdoption { rules, .. } = content {
                rules.clear();
            }
        },
        |content| {
            if let Content::RuleAdoption { version, .. } = content {
                *version = "2025.1".to_owned();
            }
        },
        |content| {
            if let Content::RuleAdoption { sha256, .. } = content {
                *sha256 = Some(zegel::base::digest::Sha256Digest::of(b"another text"));
            }
        },
        |content| {
            if let Content::RuleAdoption { sha256, .. } = content {
                *sha256 = None;
            }
        },
    ];
    for (place, change) in changes.into_iter().enumerate() {
        assert_eq!(adoption(change), "MANDATE_RULE_NOT_ADOPTED", "{place}");
    }
    let later = Town::new().edit("regels", |fact| fact.valid = since("2026-03-04"));
    assert_eq!(answer(&later.ask(MAYOR, 1)), "MANDATE_RULE_NOT_ADOPTED");
}

#[test]
fn the_rule_of_a_delegation_must_be_adopted_too() {
    let town = Town::new()
        .with(grant(
            "d",
            MAYOR,
            "post-burgemeester",
            ALDERMAN,
            since("2025-02-01"),
        ))
        .edit("regels", |fact| {
            if let Content::RuleAdoption { rules, .. } = &mut fact.content {
                *rules = vec!["FL-CBS".to_owned()];
            }
        });
    assert_eq!(answer(&town.ask(MAYOR, 1)), "permit");
    assert_eq!(answer(&town.ask(ALDERMAN, 1)), "MANDATE_RULE_NOT_ADOPTED");
}

#[test]
fn a_designated_mayor_signs_only_where_the_policy_says_so() {
    let town = Town::new()
        .without("h-burgemeester")
        .edit("post-burgemeester", |fact| {
            if let Content::Post { role, .. } = &mut fact.content {
                *role = "designated_mayor".parse().unwrap();
            }
        })
        .with(holding(
            "h-aangewezen",
            MAYOR,
            "post-burgemeester",
            zegel::mandates::facts::Status::Effective,
            since("2025-01-01"),
        ));
    assert_eq!(answer(&town.ask(MAYOR, 1)), "MANDATE_NO_CAPACITY");
    let lenient = town.under(&[(
        "designated_mayor_may_sign = false",
        "designated_mayor_may_sign = true",
    )]);
    assert_eq!(answer(&lenient.ask(MAYOR, 1)), "permit");
}
