//! Imports: every record is taken or reported, and no number is kept.

use std::sync::Arc;

use proptest::prelude::*;
use zegel::base::national::{NationalNumber, Pseudonym};
use zegel::mandates::Fact;
use zegel::mandates::facts::{Content, FactId, Publication, Status};
use zegel::mandates::validity::Validity;
use zegel::sources::{Reading, Rule, Severity, municipality_codes, reconcile, turtle, upload};

use super::town::{board, day, now};
use crate::support::shared;

const PREFIXES: &str = r#"
@prefix mandaat: <http://data.vlaanderen.be/ns/mandaat#> .
@prefix besluit: <http://data.vlaanderen.be/ns/besluit#> .
@prefix generiek: <https://data.vlaanderen.be/ns/generiek#> .
@prefix generiekhttp: <http://data.vlaanderen.be/ns/generiek#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix person: <http://www.w3.org/ns/person#> .
@prefix persoon: <http://data.vlaanderen.be/ns/persoon#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix lmb: <http://lblod.data.gift/vocabularies/lmb/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix functie: <http://data.vlaanderen.be/id/concept/BestuursfunctieCode/> .
@prefix orgaan: <http://data.vlaanderen.be/id/concept/BestuursorgaanClassificatieCode/> .
@prefix status: <http://data.vlaanderen.be/id/concept/MandatarisStatusCode/> .
@prefix publicatie: <http://data.lblod.info/id/concept/MandatarisPublicationStatusCode/> .
@prefix z: <http://zegelgem.example/id/> .
"#;

const STRUCTURE: &str = r#"
z:eenheid a besluit:Bestuurseenheid ; skos:prefLabel "Zegelgem" ;
  org:classification <http://data.vlaanderen.be/id/concept/BestuurseenheidClassificatieCode/5ab0e9b8a3b2ca7c5e000001> .
z:college a besluit:Bestuursorgaan ; besluit:bestuurt z:eenheid ; besluit:classificatie orgaan:5ab0e9b8a3b2ca7c5e000006 .
z:college-2025 a besluit:Bestuursorgaan ; generiek:isTijdspecialisatieVan z:college ;
  mandaat:bindingStart "2024-12-02T00:00:00"^^xsd:dateTime ; mandaat:bindingEinde "2030-12-01"^^xsd:date ;
  org:hasPost z:post-bm , z:post-schepen .
z:post-bm a mandaat:Mandaat ; mandaat:aantalHouders 1 ; org:role functie:5ab0e9b8a3b2ca7c5e000013 .
z:post-schepen a mandaat:Mandaat ; lmb:maxAantalHouders 4 ; org:role functie:5ab0e9b8a3b2ca7c5e000014 .
z:an a person:Person ; persoon:gebruikteVoornaam "An" ; foaf:familyName "Voorbeeld" .
z:bert a person:Person ; persoon:gebruikteVoornaam "Bert" ; foaf:familyName "Proefmans" .
"#;

const HOLDINGS: &str = r#"
z:m1 a mandaat:Mandataris ; org:holds z:post-bm ; mandaat:isBestuurlijkeAliasVan z:an ;
  mandaat:start "2024-12-31T23:00:00Z"^^xsd:dateTime ; mandaat:einde "2026-03-31T21:59:59Z"^^xsd:dateTime ;
  mandaat:status status:21063a5b-912c-4241-841c-cc7fb3c73e75 ;
  lmb:hasPublicationStatus publicatie:9d8fd14d-95d0-4f5e-b3a5-a56a126227b6 .
z:m2 a mandaat:Mandataris ; org:holds z:post-bm ; mandaat:isBestuurlijkeAliasVan z:an ;
  mandaat:start "2026-03-31T22:00:00Z"^^xsd:dateTime ; mandaat:status status:c301248f-0199-45ca-b3e5-4c596731d5fe ;
  mandaat:isTijdelijkVervangenDoor z:m3 .
z:m3 a mandaat:Mandataris ; org:holds z:post-bm ; mandaat:isBestuurlijkeAliasVan z:bert ;
  mandaat:start "2026-03-31T22:00:00Z"^^xsd:dateTime ; mandaat:status status:e1ca6edd-55e1-4288-92a5-53f4cf71946a .
z:besluit-12 mandaat:bekrachtigtAanstellingVan z:m1 .
"#;

fn read(body: &str) -> Reading {
    turtle::read(format!("{PREFIXES}{body}").as_bytes(), "test", &[])
}

fn sample() -> String {
    format!("{STRUCTURE}{HOLDINGS}")
}

fn uri(name: &str) -> String {
    format!("http://zegelgem.example/id/{name}")
}

fn found<'a>(reading: &'a Reading, name: &str) -> Option<&'a zegel::mandates::NewFact> {
    reading.facts.iter().find(|fact| fact.key.as_str() == uri(name))
}

fn known(reading: &Reading) -> Vec<Arc<Fact>> {
    reading
        .facts
        .iter()
        .zip(1..)
        .map(|(fact, number)| Arc::new(fact.clone().record(FactId::from_u128(number), board(), now())))
        .collect()
}

#[test]
fn an_export_becomes_facts_with_local_days_inclusive_ends_and_decisions() {
    let reading = read(&sample());
    assert_eq!(reading.report.rejected(), 0, "{:?}", reading.report);
    let m1 = found(&reading, "m1").unwrap();
    assert_eq!(m1.valid, Validity::through(day("2025-01-01"), day("2026-03-31")));
    let Content::Holding(holding) = &m1.content else {
        panic!()
    };
    assert_eq!(
        (holding.status, holding.publication),
        (Status::Effective, Publication::Confirmed)
    );
    assert_eq!(holding.confirmed_by.as_deref(), Some(uri("besluit-12").as_str()));
    let Content::Holding(impeded) = &found(&reading, "m2").unwrap().content else {
        panic!()
    };
    assert_eq!(impeded.replaced_by.as_ref().unwrap().as_str(), uri("m3"));
    // The literal stays with the fact.
    assert!(
        m1.evidence
            .iter()
            .any(|evidence| evidence.reference == "2024-12-31T23:00:00Z")
    );
}

#[test]
fn case_24_both_spellings_of_the_generiek_vocabulary_are_one() {
    let https = read(&sample());
    let http = read(&sample().replace("generiek:isTijd", "generiekhttp:isTijd"));
    assert_eq!(https.facts, http.facts);
}

#[test]
fn case_23_an_unknown_status_is_rejected_and_reported() {
    let reading = read(&sample().replace("status:21063a5b-912c-4241-841c-cc7fb3c73e75", "status:onbekend"));
    assert!(found(&reading, "m1").is_none());
    assert!(reading.report.has(Rule::Q04, &uri("m1")));
    assert_eq!(reading.report.rejected(), 1);
}

/// One change of the sample, and the rule that must notice it about which subject; rejected or only remarked.
#[test]
fn each_quality_rule_notices_its_own_fault() {
    let m1_status = "mandaat:status status:21063a5b-912c-4241-841c-cc7fb3c73e75 ;\n  lmb:hasPublicationStatus publicatie:9d8fd14d-95d0-4f5e-b3a5-a56a126227b6 .";
    let person = "org:holds z:post-bm ; mandaat:isBestuurlijkeAliasVan z:an ;\n  mandaat:start \"2024";
    let alderman = |more: &str| {
        format!(
            "{}\nz:m9 a mandaat:Mandataris ; org:holds z:post-schepen ; mandaat:isBestuurlijkeAliasVan z:bert ; \
             mandaat:start \"2025-01-01\" ; mandaat:status status:21063a5b-912c-4241-841c-cc7fb3c73e75 {more} .",
            sample()
        )
    };
    let sample = sample();
    let cases: Vec<(&str, String, Rule, &str, bool)> = vec![
        ("no person", sample.replacen(person, "org:holds z:post-bm ; mandaat:start \"2024", 1), Rule::Q01, "m1", true),
        (
            "two persons",
            sample.replacen(person, "org:holds z:post-bm ; mandaat:isBestuurlijkeAliasVan z:an , z:bert ;\n  mandaat:start \"2024", 1),
            Rule::Q01,
            "m1",
            true,
        ),
        ("outside the term", sample.replace("2024-12-02T00", "2027-01-01T00"), Rule::Q02, "m1", true),
        ("longer than the term", sample.replace("2024-12-02T00", "2025-06-01T00"), Rule::Q02, "m1", false),
        (
            "two mayors",
            format!(
                "{sample}\nz:m8 a mandaat:Mandataris ; org:holds z:post-bm ; mandaat:isBestuurlijkeAliasVan z:bert ; \
                 mandaat:start \"2025-06-01\" ; mandaat:einde \"2025-06-30\" ; \
                 mandaat:status status:21063a5b-912c-4241-841c-cc7fb3c73e75 ."
            ),
            Rule::Q03,
            "post-bm",
            false,
        ),
        ("no status", sample.replacen(m1_status, "lmb:hasPublicationStatus publicatie:9d8fd14d-95d0-4f5e-b3a5-a56a126227b6 .", 1), Rule::Q04, "m1", true),
        ("acting for oneself", sample.replace("isBestuurlijkeAliasVan z:bert", "isBestuurlijkeAliasVan z:an").replace("2026-03-31T22:00:00Z\"^^xsd:dateTime ; mandaat:status status:e1ca", "2028-03-31T22:00:00Z\"^^xsd:dateTime ; mandaat:status status:e1ca").replace("mandaat:start \"2026-03-31T22:00:00Z\"^^xsd:dateTime ; mandaat:status status:c301", "mandaat:start \"2026-03-31T22:00:00Z\"^^xsd:dateTime ; mandaat:einde \"2027-01-01\" ; mandaat:status status:c301"), Rule::Q05, "m2", false),
        ("overlapping", sample.replace("mandaat:einde \"2026-03-31T21:59:59Z\"^^xsd:dateTime", "mandaat:einde \"2026-05-31\""), Rule::Q06, "m1", true),
        ("confirmed by nothing", sample.replace("z:besluit-12 mandaat:bekrachtigtAanstellingVan z:m1 .", ""), Rule::Q07, "m1", false),
        ("rank missing", alderman(""), Rule::Q10, "m9", false),
        ("unknown role", sample.replace("functie:5ab0e9b8a3b2ca7c5e000013", "functie:onbekend"), Rule::Q11, "post-bm", true),
        ("post in no body", sample.replace("org:hasPost z:post-bm , z:post-schepen", "org:hasPost z:post-schepen"), Rule::Q11, "post-bm", true),
        ("merged persons", sample.replace("\"Proefmans\" .", "\"Proefmans\" ; owl:sameAs z:an ."), Rule::Q13, "bert", false),
        (
            "wrong check number",
            sample.replace("skos:prefLabel \"Zegelgem\" ;", "skos:prefLabel \"Zegelgem\" ; adms:identifier [ skos:notation \"KBO nummer\" ; generiek:gestructureerdeIdentificator [ generiek:lokaleIdentificator \"0999900151\" ] ] ;"),
            Rule::Q15,
            "eenheid",
            false,
        ),
        (
            "died in office",
            sample.replace("\"Proefmans\" .", "\"Proefmans\" ; persoon:heeftOverlijden [ persoon:datum \"2026-06-01\" ] ."),
            Rule::Q16,
            "m3",
            false,
        ),
        ("backwards", sample.replace("mandaat:einde \"2026-03-31T21:59:59Z\"^^xsd:dateTime", "mandaat:einde \"2024-01-01\""), Rule::Time, "m1", true),
        ("partial date", sample.replacen("\"2024-12-31T23:00:00Z\"^^xsd:dateTime", "\"2024-00-00\"", 1), Rule::Time, "m1", true),
    ];
    let clean = read(&sample).report;
    for (name, body, rule, subject, rejected) in cases {
        assert_ne!(body, sample, "{name}");
        let reading = read(&body);
        assert!(
            reading.report.has(rule, &uri(subject)),
            "{name}: {:?}",
            reading.report
        );
        assert!(!clean.has(rule, &uri(subject)), "{name}");
        let gone = found(&reading, subject).is_none();
        assert_eq!(gone, rejected, "{name}");
    }
    // Domains on somebody who governs are fine, on a councillor they are not.
    let domains = alderman("; mandaat:rangorde \"tweede schepen\" ; mandaat:beleidsdomein z:onderwijs");
    assert!(!read(&domains).report.has(Rule::Q09, &uri("m9")));
    let councillor = domains.replace(
        "functie:5ab0e9b8a3b2ca7c5e000014",
        "functie:5ab0e9b8a3b2ca7c5e000011",
    );
    assert!(read(&councillor).report.has(Rule::Q09, &uri("m9")));
    // Seats that come together, and the chair of the special committee.
    let bureau = format!(
        "{sample}\nz:bureau a besluit:Bestuursorgaan ; besluit:bestuurt z:ocmw ; besluit:classificatie orgaan:5ab0e9b8a3b2ca7c5e000008 .\n\
         z:bureau-2025 a besluit:Bestuursorgaan ; generiek:isTijdspecialisatieVan z:bureau ; \
         mandaat:bindingStart \"2024-12-02\" ; org:hasPost z:post-vvb , z:post-vbc .\n\
         z:post-vvb a mandaat:Mandaat ; org:role functie:5ab0e9b8a3b2ca7c5e000018 .\n\
         z:post-vbc a mandaat:Mandaat ; org:role functie:5ab0e9b8a3b2ca7c5e00001a .\n\
         z:m7 a mandaat:Mandataris ; org:holds z:post-vbc ; mandaat:isBestuurlijkeAliasVan z:bert ; \
         mandaat:start \"2025-01-01\" ; mandaat:status status:21063a5b-912c-4241-841c-cc7fb3c73e75 ."
    );
    let report = read(&bureau).report;
    assert!(report.has(Rule::Q08, &uri("m1")), "{report:?}");
    assert!(report.has(Rule::Q12, &uri("m7")));
    let facility = bureau.replace(
        "skos:prefLabel \"Zegelgem\" ;",
        "skos:prefLabel \"Zegelgem\" ; lmb:faciliteitenGemeente true ;",
    );
    assert!(!read(&facility).report.has(Rule::Q08, &uri("m1")));
}

#[test]
fn what_a_deceased_person_held_ends_with_that_day() {
    let reading = read(&sample().replace(
        "\"Proefmans\" .",
        "\"Proefmans\" ; persoon:heeftOverlijden [ persoon:datum \"2026-06-01\" ] .",
    ));
    let (_, to) = found(&reading, "m3").unwrap().valid.days();
    assert_eq!(to, Some(day("2026-06-02")));
}

#[test]
fn broken_syntax_is_reported_with_its_line_and_the_rest_is_read() {
    let reading = read(&format!("{}\nz:broken a ;;; \"\n", sample()));
    assert!(
        reading
            .report
            .findings
            .iter()
            .any(|finding| finding.rule == Rule::Syntax
                && finding.severity == Severity::Error
                && finding.subject.starts_with("line "))
    );
    assert!(found(&reading, "m1").is_some());
}

#[test]
fn reading_the_same_again_changes_nothing_and_a_change_is_a_correction() {
    let first = read(&sample());
    let before = known(&first);
    let again = turtle::read(format!("{PREFIXES}{}", sample()).as_bytes(), "test", &before);
    let changes = reconcile::reconcile(again, &before, now());
    assert_eq!((changes.facts.len(), changes.unchanged), (0, first.facts.len()));
    let changed = sample().replace("2026-03-31T21:59:59Z", "2026-03-30T21:59:59Z");
    let reading = turtle::read(format!("{PREFIXES}{changed}").as_bytes(), "test", &before);
    let changes = reconcile::reconcile(reading, &before, now());
    assert_eq!((changes.facts.len(), changes.corrections), (1, 1));
    let corrected = before
        .iter()
        .find(|fact| fact.stated.key.as_str() == uri("m1"))
        .unwrap();
    assert_eq!(changes.facts[0].supersedes, Some(corrected.id));
}

#[test]
fn what_has_ended_comes_back_only_when_somebody_says_so() {
    // The first holding alone: one that went on would overlap the next.
    let (first, _) = HOLDINGS.split_once("z:m2").unwrap();
    let export = |end: &str| {
        format!(
            "{PREFIXES}{STRUCTURE}{}z:besluit-12 mandaat:bekrachtigtAanstellingVan z:m1 .",
            first.replace("2026-03-31T21:59:59Z", end)
        )
    };
    let before = known(&turtle::read(
        export("2026-02-28T22:59:59Z").as_bytes(),
        "test",
        &[],
    ));
    let again = |text: &str, at: &str| {
        let reading = turtle::read(text.as_bytes(), "test", &before);
        reconcile::reconcile(reading, &before, at.parse().unwrap())
    };
    let open = export("").replace("mandaat:einde \"\"^^xsd:dateTime ;", "");
    let ended = "2026-02-28T23:00:00Z";
    for longer in [open.as_str(), &export("2026-03-31T21:59:59Z")] {
        let mut changes = again(longer, ended);
        assert_eq!((changes.facts.len(), changes.corrections), (0, 0));
        assert_eq!(changes.reopened.len(), 1);
        assert_eq!(changes.reopened[0].key.as_str(), uri("m1"));
        changes.accept_reopened();
        assert_eq!(
            (changes.facts.len(), changes.corrections, changes.reopened.len()),
            (1, 1, 0)
        );
        // Not over yet: the source changed its mind about a day to come.
        let early = again(longer, "2026-02-28T22:59:59.999999Z");
        assert_eq!((early.corrections, early.reopened.len()), (1, 0));
    }
    let shorter = again(&export("2026-01-31T22:59:59Z"), ended);
    assert_eq!((shorter.corrections, shorter.reopened.len()), (1, 0));
}

#[test]
fn holdings_alone_find_their_posts_among_what_is_known() {
    let before = known(&read(STRUCTURE));
    let with = turtle::read(format!("{PREFIXES}{HOLDINGS}").as_bytes(), "test", &before);
    assert!(found(&with, "m1").is_some());
    let without = read(HOLDINGS);
    assert!(found(&without, "m1").is_none());
    assert!(without.report.has(Rule::Q11, &uri("m1")));
}

const UPLOAD: &str = "rrn,firstName,lastName,mandateName,startDateTime,endDateTime,fractieName,rangordeString,beleidsdomeinNames\n\
    70.61.15-001.88,An,Voorbeeld,Burgemeester,2025-01-01T00:00:00,,Lijst Zegel,,Veiligheid|Personeel\n\
    78620301230,Bert,Proefmans,Schepen,2025-01-01T00:00:00,2026-06-30T23:59:59,Lijst Zegel,Eerste schepen,Onderwijs\n";

fn pseudonym(number: &NationalNumber) -> Pseudonym {
    number.pseudonym(b"a key of thirty-two bytes, TEST!", "person_link")
}

fn upload(text: &str, decision: Option<&str>) -> Reading {
    let before = known(&read(STRUCTURE));
    upload::read(
        text.as_bytes(),
        &upload::Settings {
            pseudonym: &pseudonym,
            decision,
            system: "mandaten.csv",
            known: &before,
        },
    )
}

fn holdings(reading: &Reading) -> Vec<&zegel::mandates::NewFact> {
    reading
        .facts
        .iter()
        .filter(|fact| matches!(fact.content, Content::Holding(_)))
        .collect()
}

#[test]
fn an_upload_becomes_facts_and_keeps_no_number() {
    let reading = upload(UPLOAD, Some("TEST-besluit"));
    assert_eq!(reading.report.rejected(), 0, "{:?}", reading.report);
    let found = holdings(&reading);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[1].valid,
        Validity::through(day("2025-01-01"), day("2026-06-30"))
    );
    let Content::Holding(mayor) = &found[0].content else {
        panic!()
    };
    assert_eq!(mayor.post.as_str(), uri("post-bm"));
    assert_eq!(mayor.publication, Publication::Confirmed);
    let an = pseudonym(&NationalNumber::parse("70611500188").unwrap());
    assert_eq!(upload::pseudonym_of(&mayor.person), Some(an));
    let everything = format!(
        "{:?} {}",
        reading.report,
        serde_json::to_string(&reading.facts).unwrap()
    );
    for number in ["70611500188", "70.61.15", "78620301230"] {
        assert!(!everything.contains(number));
    }
    // The same line gives the same holding.
    assert_eq!(
        holdings(&upload(UPLOAD, Some("TEST-besluit")))[0].key,
        found[0].key
    );
}

#[test]
fn an_upload_without_a_decision_confers_no_power_to_sign() {
    let reading = upload(UPLOAD, None);
    let Content::Holding(mayor) = &holdings(&reading)[0].content else {
        panic!()
    };
    assert_eq!(mayor.publication, Publication::Unconfirmed);
}

#[test]
fn wrong_lines_of_an_upload_are_reported_by_number_and_never_show_theirs() {
    for (name, from, to, rule) in [
        ("check number", "78620301230", "78620301231", Rule::Q15),
        ("length", "78620301230", "7862030123", Rule::Q15),
        ("unknown mandate", "Schepen,", "Opperhoofd,", Rule::Q11),
        ("no such post", "Schepen,", "Gouverneur,", Rule::Q11),
        ("no start", "Schepen,2025-01-01T00:00:00", "Schepen,", Rule::Q01),
        ("broken time", "2026-06-30T23:59:59", "30/06/2026", Rule::Time),
        ("no name", "Bert,Proefmans", "Bert,", Rule::Q01),
        (
            "outside the term",
            "Schepen,2025-01-01",
            "Schepen,2020-01-01",
            Rule::Q11,
        ),
    ] {
        let text = UPLOAD.replace(from, to);
        assert_ne!(text, UPLOAD, "{name}");
        let reading = upload(&text, Some("TEST-besluit"));
        assert!(reading.report.has(rule, "line 3"), "{name}: {:?}", reading.report);
        assert_eq!(holdings(&reading).len(), 1, "{name}");
        assert!(!format!("{:?}", reading.report).contains("78620301"), "{name}");
    }
    let headless = upload("rrn,firstName\n1,2\n", None);
    assert!(headless.report.has(Rule::Syntax, "line 1") && headless.facts.is_empty());
}

#[test]
fn the_same_number_with_another_name_is_noticed() {
    let text = format!("{UPLOAD}70611500188,Anna,Anders,Schepen,2025-01-01T00:00:00,,,,\n");
    assert!(upload(&text, None).report.has(Rule::Q13, "line 4"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = turtle::read(&bytes, "test", &[]);
        let _ = municipality_codes::read(&bytes);
        let settings = upload::Settings { pseudonym: &pseudonym, decision: None, system: "test", known: &[] };
        let _ = upload::read(&bytes, &settings);
    }

    #[test]
    fn no_change_of_a_good_file_makes_a_reader_panic(place in 0_usize..6000, byte in any::<u8>(), cut in 0_usize..6000) {
        let mut bytes = format!("{PREFIXES}{}", sample()).into_bytes();
        let length = bytes.len();
        bytes[place % length] = byte;
        bytes.truncate(cut.max(1) % length + 1);
        let _ = turtle::read(&bytes, "test", &[]);
        let mut bytes = UPLOAD.as_bytes().to_vec();
        let length = bytes.len();
        bytes[place % length] = byte;
        bytes.truncate(cut.max(1) % length + 1);
        let settings = upload::Settings { pseudonym: &pseudonym, decision: None, system: "test", known: &[] };
        let _ = upload::read(&bytes, &settings);
    }
}

#[test]
fn real_exports_of_bodies_and_posts_are_read_and_every_record_is_accounted_for() {
    let Some(folder) = shared("roles/lblod") else {
        return;
    };
    let read = |name: &str, known: &[Arc<Fact>]| {
        turtle::read(
            &std::fs::read(folder.join(name)).unwrap(),
            "mandate-database",
            known,
        )
    };
    let syntax = |reading: &Reading| {
        reading
            .report
            .findings
            .iter()
            .filter(|finding| finding.rule == Rule::Syntax)
            .count()
    };
    let kinds = |reading: &Reading, kind: &str| {
        reading
            .facts
            .iter()
            .filter(|fact| fact.content.kind() == kind)
            .count()
    };
    let units = read("20240910102801-new-bestuurseenheden.ttl", &[]);
    assert_eq!(syntax(&units), 0);
    assert_eq!(kinds(&units, "organisation"), 9);
    assert!(kinds(&units, "body") > 20, "{}", kinds(&units, "body"));
    let provinces = read(
        "20240910102838-op-provinces-governing-bodies-mandates.ttl",
        &known(&units),
    );
    assert_eq!(syntax(&provinces), 0);
    assert_eq!(kinds(&provinces, "post"), 60);
    assert!(kinds(&provinces, "body_term") > 40);
    // One holding of 2019 whose post is in no file at hand, and sizes of posts that are not: reported, not taken.
    let one = read("2019-insert-mandataris.ttl", &known(&provinces));
    assert_eq!((one.facts.len(), one.report.rejected()), (0, 1));
    let sizes = read("20241218110529-new-min-max.ttl", &known(&provinces));
    assert_eq!(syntax(&sizes), 0);
    assert!(sizes.report.rejected() + sizes.facts.len() > 1000);
    // Code lists hold nothing that is a fact.
    for name in [
        "20240507134950-bestuursperiodes.ttl",
        "20240326191354-beleidsdomein-code.ttl",
    ] {
        let codes = read(name, &[]);
        assert_eq!((codes.facts.len(), syntax(&codes)), (0, 0), "{name}");
    }
}

#[test]
fn the_real_table_of_municipality_codes_is_read_and_its_junk_reported() {
    let Some(path) = shared("roles/ovo-nis.csv") else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let (taken, report) = municipality_codes::read(&bytes);
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert!(
        taken.len() + report.rejected() >= lines - 1,
        "{} of {lines}",
        taken.len()
    );
    assert!(taken.len() > 80);
    assert!(taken.iter().any(|row| row.valid.end().is_some()));
}
