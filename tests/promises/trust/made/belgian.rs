//! The Belgian layer and the purposes (reference pki-and-trust §2.1 and §2.4).

use super::*;
use Purpose::{Any, Authentication as Auth, Register, Seal, Signature as Sign, TimeStamping as Stamp};

const PURPOSES: [Purpose; 5] = [
    Purpose::Any,
    Purpose::Authentication,
    Purpose::Signature,
    Purpose::Register,
    Purpose::TimeStamping,
];

#[test]
fn every_purpose_accepts_its_own_certificate_and_refuses_the_others() {
    for made_for in PURPOSES {
        for asked in PURPOSES {
            let mut chain = Chain::good(made_for);
            chain.purpose = asked;
            // A plain certificate of the first row is one for authentication.
            let is_own = asked == Any || asked == made_for || (made_for == Any && asked == Auth);
            assert_eq!(
                chain.cause() == "ok",
                is_own,
                "{made_for:?} as {asked:?}: {}",
                chain.cause()
            );
        }
    }
}

#[test]
fn the_belgian_layer() {
    check(&[
        (
            "policy of an older generation",
            Auth,
            |c| {
                c.leaf
                    .put(POLICIES, false, value::policies(&["2.16.56.12.1.1.2.2"]));
            },
            "PURPOSE_POLICY",
        ),
        (
            "policy of this generation under an older root",
            Auth,
            |c| c.generation = "rca4",
            "PURPOSE_POLICY",
        ),
        (
            "the other policy of this generation",
            Auth,
            |c| {
                c.leaf
                    .put(POLICIES, false, value::policies(&["2.16.56.13.6.1.2.1000"]));
            },
            "PURPOSE_POLICY",
        ),
        (
            "a longer policy that begins like it",
            Auth,
            |c| {
                c.leaf
                    .put(POLICIES, false, value::policies(&["2.16.56.13.6.1.1.1000.1"]));
            },
            "PURPOSE_POLICY",
        ),
        (
            "the policy of the list, an arc shorter",
            Auth,
            |c| {
                c.leaf
                    .put(POLICIES, false, value::policies(&["2.16.56.13.6.1.1000"]));
            },
            "PURPOSE_POLICY",
        ),
        (
            "anyPolicy alone",
            Auth,
            |c| {
                c.leaf.put(POLICIES, false, value::policies(&["2.5.29.32.0"]));
            },
            "PURPOSE_POLICY",
        ),
        (
            "no policy",
            Auth,
            |c| {
                c.leaf.remove(POLICIES);
            },
            "PURPOSE_POLICY",
        ),
        (
            "a foreigner's policy",
            Auth,
            |c| {
                c.leaf
                    .put(POLICIES, false, value::policies(&["2.16.56.13.6.2.1.1000"]));
            },
            "ok",
        ),
        (
            "both usages",
            Auth,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[0, 1]));
            },
            "PURPOSE_KU",
        ),
        (
            "no usage",
            Auth,
            |c| {
                c.leaf.remove(USAGE);
            },
            "PURPOSE_KU",
        ),
        (
            "usage for neither",
            Auth,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[2]));
            },
            "PURPOSE_KU",
        ),
        (
            "usage of a signer for neither",
            Sign,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[2]));
            },
            "PURPOSE_KU",
        ),
        (
            "usage of a stamping unit for neither",
            Stamp,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[2]));
            },
            "PURPOSE_KU",
        ),
        (
            "usage of a list signer too",
            Auth,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[0, 6]));
            },
            "PURPOSE_KU",
        ),
        (
            "extended usage of a server",
            Auth,
            |c| {
                c.leaf.put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.1"]));
            },
            "PURPOSE_EKU",
        ),
        (
            "any extended usage is not this one",
            Auth,
            |c| {
                c.leaf.put(EXTENDED, false, value::oids(&["2.5.29.37.0"]));
            },
            "PURPOSE_EKU",
        ),
        (
            "no extended usage, as before 2017",
            Auth,
            |c| {
                c.leaf.remove(EXTENDED);
            },
            "ok",
        ),
        (
            "an authority as the end entity",
            Auth,
            |c| {
                let own = write::octet_string(&[7; 20]);
                c.leaf
                    .put(BASIC, true, value::authority(None))
                    .put(SUBJECT_KEY, false, own);
            },
            "CA_CONSTRAINT",
        ),
        (
            "common name of the other purpose",
            Auth,
            |c| c.leaf.subject = person("Signature"),
            "SUBJECT_PROFILE",
        ),
        (
            "common name without a purpose",
            Auth,
            |c| c.leaf.subject = name(&[(C, "BE"), (CN, "An Specimen"), (NUMBER, "71715100070")]),
            "SUBJECT_PROFILE",
        ),
        (
            "no country",
            Auth,
            |c| c.leaf.subject = name(&[(CN, "An Specimen (Authentication)"), (NUMBER, "71715100070")]),
            "SUBJECT_PROFILE",
        ),
        (
            "no number",
            Auth,
            |c| c.leaf.subject = name(&[(C, "BE"), (CN, "An Specimen (Authentication)")]),
            "SUBJECT_PROFILE",
        ),
        (
            "wrong check number",
            Auth,
            |c| {
                c.leaf.subject = name(&[
                    (C, "BE"),
                    (CN, "An Specimen (Authentication)"),
                    (NUMBER, "71715100071"),
                ])
            },
            "SUBJECT_PROFILE",
        ),
        (
            "ten digits",
            Auth,
            |c| {
                c.leaf.subject = name(&[
                    (C, "BE"),
                    (CN, "An Specimen (Authentication)"),
                    (NUMBER, "7171510007"),
                ])
            },
            "SUBJECT_PROFILE",
        ),
        (
            "two numbers",
            Auth,
            |c| {
                c.leaf.subject = name(&[
                    (C, "BE"),
                    (CN, "An Specimen (Authentication)"),
                    (NUMBER, "71715100070"),
                    (NUMBER, "71715100070"),
                ])
            },
            "SUBJECT_PROFILE",
        ),
        (
            "no given name, one name only",
            Auth,
            |c| {
                c.leaf.subject = name(&[
                    (C, "BE"),
                    (CN, "Specimen (Authentication)"),
                    (NUMBER, "71715100070"),
                ])
            },
            "ok",
        ),
        (
            "an authority that issues to nobody",
            Auth,
            |c| {
                let other = name(&[(C, "BE"), (CN, "Government CA"), (NUMBER, "202601")]);
                c.issuing().subject.clone_from(&other);
                c.leaf.issuer = other;
            },
            "SUBJECT_PROFILE",
        ),
        (
            "a foreigners' authority",
            Auth,
            |c| {
                let other = name(&[(C, "BE"), (CN, "Foreigner CA"), (NUMBER, "202601")]);
                c.issuing().subject.clone_from(&other);
                c.leaf.issuer = other;
            },
            "ok",
        ),
        (
            "not qualified",
            Sign,
            |c| {
                c.leaf.remove(STATEMENTS);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "a type of signatures without the claim to be qualified",
            Sign,
            |c| {
                let kind = hex::decode("30153013060604008e4601063009060704008e46010601").unwrap();
                c.leaf.put(STATEMENTS, false, kind);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "signer whose common name is for authentication",
            Sign,
            |c| c.leaf.subject = person("Authentication"),
            "SUBJECT_PROFILE",
        ),
        (
            "qualified for seals",
            Sign,
            |c| {
                let mut statements = value::qualified();
                let last = statements.len() - 1;
                statements[last] = 2;
                c.leaf.put(STATEMENTS, false, statements);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "signs and authenticates",
            Sign,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[0, 1]));
            },
            "PURPOSE_KU",
        ),
        (
            "extended usage of a responder alone",
            Sign,
            |c| {
                c.leaf.put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.9"]));
            },
            "PURPOSE_EKU",
        ),
        (
            "RSA statement of 2009: QcCompliance alone",
            Sign,
            |c| {
                let compliance = write::sequence(&[&write::oid(&"0.4.0.1862.1.1".parse().unwrap())]);
                c.leaf.put(STATEMENTS, false, write::sequence(&[&compliance]));
            },
            "ok",
        ),
        (
            "register under another name",
            Register,
            |c| c.leaf.subject = name(&[(C, "BE"), (O, "RRN"), (CN, "RRN2")]),
            "SUBJECT_PROFILE",
        ),
        (
            "register of another organisation",
            Register,
            |c| c.leaf.subject = name(&[(C, "BE"), (O, "RRN2"), (CN, "RRN")]),
            "SUBJECT_PROFILE",
        ),
        (
            "register of another country",
            Register,
            |c| c.leaf.subject = name(&[(C, "NL"), (O, "RRN"), (CN, "RRN")]),
            "SUBJECT_PROFILE",
        ),
        (
            "register with one attribute more",
            Register,
            |c| c.leaf.subject = name(&[(C, "BE"), (O, "RRN"), (CN, "RRN"), (NUMBER, "1")]),
            "SUBJECT_PROFILE",
        ),
        (
            "register that signs only",
            Register,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[0]));
            },
            "PURPOSE_KU",
        ),
        (
            "register below an authority",
            Register,
            |c| {
                let below = Chain::good(Auth);
                let subject = c.leaf.subject.clone();
                let authority = below.issuing.clone().unwrap();
                c.root = below.root.clone();
                c.leaf = Draft::leaf(
                    (&authority.subject, &authority.key),
                    &subject,
                    &[0, 1],
                    "2.16.56.13.6.0.1",
                );
                c.issuing = Some(authority);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "another extended usage than stamping",
            Stamp,
            |c| {
                c.leaf.put(EXTENDED, true, value::oids(&["1.3.6.1.5.5.7.3.3"]));
            },
            "PURPOSE_EKU",
        ),
        (
            "seal for neither usage",
            Seal,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[2]));
            },
            "PURPOSE_KU",
        ),
        (
            "seal of nobody that has a number",
            Seal,
            |c| c.leaf.subject = name(&[(C, "BE"), (O, "TEST Municipality"), (CN, "TEST Seal")]),
            "SUBJECT_PROFILE",
        ),
        (
            "seal without a country",
            Seal,
            |c| {
                c.leaf.subject = name(&[
                    (O, "TEST Municipality"),
                    ("2.5.4.97", "NTRBE-0207500123"),
                    (CN, "TEST Seal"),
                ]);
            },
            "SUBJECT_PROFILE",
        ),
        (
            "extended usage of stamping not critical",
            Stamp,
            |c| {
                c.leaf.put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.8"]));
            },
            "PURPOSE_EKU",
        ),
        (
            "stamping and something else",
            Stamp,
            |c| {
                c.leaf.put(
                    EXTENDED,
                    true,
                    value::oids(&["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.4"]),
                );
            },
            "PURPOSE_EKU",
        ),
        (
            "no extended usage of stamping",
            Stamp,
            |c| {
                c.leaf.remove(EXTENDED);
            },
            "PURPOSE_EKU",
        ),
        (
            "stamping with nonRepudiation",
            Stamp,
            |c| {
                c.leaf.put(USAGE, true, value::usage(&[1]));
            },
            "ok",
        ),
        (
            "extended usages do not nest",
            Stamp,
            |c| {
                c.issuing()
                    .put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.2"]));
            },
            "ok",
        ),
    ]);
}
