//! Name constraints of every form, RFC 5280 §4.2.1.10.

use super::*;
use Purpose::Authentication as Auth;

#[test]
fn names_must_lie_where_the_authorities_above_allow() {
    fn constrain(c: &mut Chain, permitted: &[Vec<u8>], excluded: &[Vec<u8>]) {
        c.issuing()
            .put(CONSTRAINTS, true, value::constraints(permitted, excluded));
    }
    fn called(c: &mut Chain, names: &[Vec<u8>]) {
        let parts: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        c.leaf.put(ALTERNATIVES, false, write::sequence(&parts));
    }
    let belgium = || value::directory(&name(&[(C, "BE")]));
    let france = || value::directory(&name(&[(C, "FR")]));
    let dns = |text: &str| value::general(2, text.as_bytes());
    let mail = |text: &str| value::general(1, text.as_bytes());
    let uri = |text: &str| value::general(6, text.as_bytes());
    let ip = |octets: &[u8]| value::general(7, octets);
    let net = [192, 0, 2, 0, 255, 255, 255, 0];
    type Row = (
        &'static str,
        Vec<Vec<u8>>,
        Vec<Vec<u8>>,
        Vec<Vec<u8>>,
        &'static str,
    );
    let rows: Vec<Row> = vec![
        ("subject within", vec![belgium()], vec![], vec![], "ok"),
        (
            "subject outside",
            vec![france()],
            vec![],
            vec![],
            "NAME_CONSTRAINT",
        ),
        (
            "subject excluded",
            vec![],
            vec![belgium()],
            vec![],
            "NAME_CONSTRAINT",
        ),
        ("subject not excluded", vec![], vec![france()], vec![], "ok"),
        (
            "alternative directory name outside",
            vec![belgium()],
            vec![],
            vec![france()],
            "NAME_CONSTRAINT",
        ),
        (
            "DNS within",
            vec![dns("zegelgem.be")],
            vec![],
            vec![dns("a.zegelgem.be")],
            "ok",
        ),
        (
            "DNS outside",
            vec![dns("zegelgem.be")],
            vec![],
            vec![dns("zegelgem.example")],
            "NAME_CONSTRAINT",
        ),
        (
            "DNS excluded",
            vec![],
            vec![dns("a.zegelgem.be")],
            vec![dns("a.zegelgem.be")],
            "NAME_CONSTRAINT",
        ),
        (
            "DNS wildcard over an excluded host",
            vec![],
            vec![dns("a.zegelgem.be")],
            vec![dns("*.zegelgem.be")],
            "NAME_CONSTRAINT",
        ),
        (
            "a form that is not constrained",
            vec![dns("zegelgem.be")],
            vec![],
            vec![mail("an@x.example")],
            "ok",
        ),
        (
            "mail within",
            vec![mail("zegelgem.be")],
            vec![],
            vec![mail("an@zegelgem.be")],
            "ok",
        ),
        (
            "mail below a host",
            vec![mail(".zegelgem.be")],
            vec![],
            vec![mail("an@a.zegelgem.be")],
            "ok",
        ),
        (
            "mail of the host itself",
            vec![mail(".zegelgem.be")],
            vec![],
            vec![mail("an@zegelgem.be")],
            "NAME_CONSTRAINT",
        ),
        (
            "mail of one box",
            vec![mail("an@zegelgem.be")],
            vec![],
            vec![mail("els@zegelgem.be")],
            "NAME_CONSTRAINT",
        ),
        (
            "mail with two signs",
            vec![mail("zegelgem.be")],
            vec![],
            vec![mail("a@b@zegelgem.be")],
            "NAME_CONSTRAINT",
        ),
        (
            "URI within",
            vec![uri(".zegelgem.be")],
            vec![],
            vec![uri("https://a.zegelgem.be/x")],
            "ok",
        ),
        (
            "URI outside",
            vec![uri(".zegelgem.be")],
            vec![],
            vec![uri("https://zegelgem.be/x")],
            "NAME_CONSTRAINT",
        ),
        (
            "URI of an address",
            vec![],
            vec![uri("zegelgem.be")],
            vec![uri("https://192.0.2.1/")],
            "NAME_CONSTRAINT",
        ),
        (
            "IP within",
            vec![ip(&net)],
            vec![],
            vec![ip(&[192, 0, 2, 9])],
            "ok",
        ),
        (
            "IP outside",
            vec![ip(&net)],
            vec![],
            vec![ip(&[192, 0, 3, 9])],
            "NAME_CONSTRAINT",
        ),
        (
            "IP v6 where v4 is permitted",
            vec![ip(&net)],
            vec![],
            vec![ip(&[0; 16])],
            "NAME_CONSTRAINT",
        ),
        (
            "IP of three octets",
            vec![ip(&net)],
            vec![],
            vec![ip(&[192, 0, 2])],
            "NAME_CONSTRAINT",
        ),
        (
            "mask with a hole",
            vec![ip(&[192, 0, 2, 0, 255, 0, 255, 0])],
            vec![],
            vec![ip(&[192, 0, 2, 9])],
            "NAME_CONSTRAINT",
        ),
        (
            "registeredID constrained and there",
            vec![value::general(8, &[42])],
            vec![],
            vec![value::general(8, &[42])],
            "NAME_CONSTRAINT",
        ),
        (
            "registeredID constrained and not there",
            vec![value::general(8, &[42])],
            vec![],
            vec![],
            "ok",
        ),
        (
            "permitted and excluded",
            vec![belgium()],
            vec![belgium()],
            vec![],
            "NAME_CONSTRAINT",
        ),
    ];
    let mut wrong = Vec::new();
    for (label, permitted, excluded, names, expected) in rows {
        let mut chain = Chain::good(Auth);
        constrain(&mut chain, &permitted, &excluded);
        if !names.is_empty() {
            called(&mut chain, &names);
        }
        let found = chain.cause();
        if found != expected {
            wrong.push(format!("{label}: {found}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    check(&[
        (
            "constraints of the root bind too",
            Auth,
            |c| {
                let france = value::directory(&name(&[(C, "FR")]));
                c.root.put(CONSTRAINTS, true, value::constraints(&[france], &[]));
            },
            "NAME_CONSTRAINT",
        ),
        (
            "constraints not critical",
            Auth,
            |c| {
                let belgium = value::directory(&name(&[(C, "BE")]));
                c.issuing()
                    .put(CONSTRAINTS, false, value::constraints(&[belgium], &[]));
            },
            "CA_CONSTRAINT",
        ),
        (
            "constraints in an end entity",
            Auth,
            |c| {
                let belgium = value::directory(&name(&[(C, "BE")]));
                c.leaf.put(CONSTRAINTS, true, value::constraints(&[belgium], &[]));
            },
            "SUBJECT_PROFILE",
        ),
        (
            "constraints that constrain nothing",
            Auth,
            |c| {
                c.issuing().put(CONSTRAINTS, true, value::constraints(&[], &[]));
            },
            "CERT_PARSE",
        ),
        (
            "a subtree with a minimum",
            Auth,
            |c| {
                let base = value::directory(&name(&[(C, "BE")]));
                let subtree = write::sequence(&[&base, &value::general(0, &[1])]);
                c.issuing().put(
                    CONSTRAINTS,
                    true,
                    write::sequence(&[&write::element(0xA0, &subtree)]),
                );
            },
            "CERT_PARSE",
        ),
        (
            "a subtree with a maximum",
            Auth,
            |c| {
                let base = value::directory(&name(&[(C, "BE")]));
                let subtree = write::sequence(&[&base, &value::general(1, &[9])]);
                c.issuing().put(
                    CONSTRAINTS,
                    true,
                    write::sequence(&[&write::element(0xA0, &subtree)]),
                );
            },
            "CERT_PARSE",
        ),
        (
            "DNS name with an underscore",
            Auth,
            |c| {
                c.leaf.put(
                    ALTERNATIVES,
                    false,
                    write::sequence(&[&value::general(2, b"a_b.zegelgem.be")]),
                );
            },
            "SUBJECT_PROFILE",
        ),
        (
            "DNS name that is an address",
            Auth,
            |c| {
                c.leaf.put(
                    ALTERNATIVES,
                    false,
                    write::sequence(&[&value::general(2, b"192.0.2.1")]),
                );
            },
            "SUBJECT_PROFILE",
        ),
    ]);
}
