//! Certificate policies, RFC 5280 §6.1.3 to §6.1.5.

use super::*;
use Purpose::{Any, Authentication as Auth};

#[test]
fn policies_are_processed_when_a_certificate_asks_for_it() {
    const REQUIRED: [u8; 3] = [0x80, 1, 0];
    check(&[
        (
            "required, and every certificate has it",
            Any,
            |c| {
                c.issuing()
                    .put(POLICY_CONSTRAINTS, true, write::sequence(&[&REQUIRED]));
            },
            "ok",
        ),
        (
            "required, and the authority asserts another",
            Any,
            |c| {
                c.issuing()
                    .put(POLICY_CONSTRAINTS, true, write::sequence(&[&REQUIRED]))
                    .put(POLICIES, false, value::policies(&["1.3.6.1.4.1.55555.1"]));
            },
            "POLICY_CONSTRAINT",
        ),
        (
            "required, and mapped to what the end entity has",
            Any,
            |c| {
                c.issuing()
                    .put(POLICY_CONSTRAINTS, true, write::sequence(&[&REQUIRED]))
                    .put(POLICIES, false, value::policies(&["1.3.6.1.4.1.55555.1"]))
                    .put(
                        MAPPINGS,
                        true,
                        value::mappings(&[("1.3.6.1.4.1.55555.1", "2.16.56.13.6.1.1.1000")]),
                    );
            },
            "ok",
        ),
        (
            "asked for, and mapped below anyPolicy to what the end entity has",
            Any,
            |c| {
                c.policies.explicit = true;
                c.policies.initial = Some(vec!["1.3.6.1.4.1.55555.1".parse().unwrap()]);
                c.issuing().put(
                    MAPPINGS,
                    true,
                    value::mappings(&[("1.3.6.1.4.1.55555.1", "2.16.56.13.6.1.1.1000")]),
                );
            },
            "ok",
        ),
        (
            "asked for what the end entity has, and another is mapped to it below anyPolicy",
            Any,
            |c| {
                c.policies.explicit = true;
                c.policies.initial = Some(vec!["2.16.56.13.6.1.1.1000".parse().unwrap()]);
                c.issuing().put(
                    MAPPINGS,
                    true,
                    value::mappings(&[("1.3.6.1.4.1.55555.1", "2.16.56.13.6.1.1.1000")]),
                );
            },
            "POLICY_CONSTRAINT",
        ),
        (
            "anyPolicy mapped",
            Any,
            |c| {
                c.issuing()
                    .put(MAPPINGS, true, value::mappings(&[("2.5.29.32.0", "1.2.3")]));
            },
            "POLICY_CONSTRAINT",
        ),
        (
            "required, and anyPolicy of the end entity inhibited",
            Any,
            |c| {
                c.issuing()
                    .put(POLICY_CONSTRAINTS, true, write::sequence(&[&REQUIRED]))
                    .put(INHIBIT_ANY, true, write::integer(0));
                c.leaf.put(POLICIES, false, value::policies(&["2.5.29.32.0"]));
            },
            "POLICY_CONSTRAINT",
        ),
        (
            "required by the end entity itself",
            Any,
            |c| {
                c.leaf
                    .put(POLICY_CONSTRAINTS, true, write::sequence(&[&REQUIRED]))
                    .remove(POLICIES);
            },
            "POLICY_CONSTRAINT",
        ),
        (
            "the first generations: authority and end entity differ, nothing required",
            Auth,
            |c| {
                c.generation = "rca4";
                c.issuing()
                    .put(POLICIES, false, value::policies(&["2.16.56.12.1.1.2"]));
                c.leaf
                    .put(POLICIES, false, value::policies(&["2.16.56.12.1.1.2.2"]));
            },
            "ok",
        ),
        (
            "policyConstraints not critical",
            Any,
            |c| {
                c.issuing()
                    .put(POLICY_CONSTRAINTS, false, write::sequence(&[&REQUIRED]));
            },
            "CA_CONSTRAINT",
        ),
        (
            "inhibitAnyPolicy not critical",
            Any,
            |c| {
                c.issuing().put(INHIBIT_ANY, false, write::integer(0));
            },
            "CA_CONSTRAINT",
        ),
        (
            "a policy twice",
            Auth,
            |c| {
                let one = "2.16.56.13.6.1.1.1000";
                c.leaf.put(POLICIES, false, value::policies(&[one, one]));
            },
            "CERT_PARSE",
        ),
        (
            "a user notice of UTF-8 under VisibleString",
            Auth,
            |c| {
                let notice = write::sequence(&[&write::element(0x1A, "géén".as_bytes())]);
                let qualifier =
                    write::sequence(&[&write::oid(&"1.3.6.1.5.5.7.2.2".parse().unwrap()), &notice]);
                let policy = write::oid(&"2.16.56.13.6.1.1.1000".parse().unwrap());
                let information = write::sequence(&[&policy, &write::sequence(&[&qualifier])]);
                c.leaf.put(POLICIES, false, write::sequence(&[&information]));
            },
            "ok",
        ),
    ]);
}
