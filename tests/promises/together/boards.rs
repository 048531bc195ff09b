//! Who may sign, what may be signed and whose request it is, with the card in a real reader.

use zegel::base::random::SystemRandom;
use zegel::lab::application::{ApplicationError, Provider, Registration};
use zegel::lab::house;
use zegel::lab::pinentry::PinAnswer;
use zegel::lab::walker::{self, Walker};

use super::town::{Town, act, follow};
use crate::pdf::make;

const DIRECTOR: &str = "http://zegelgem.example/id/houder-directeur";
const MAYOR: &str = "http://zegelgem.example/id/houder-burgemeester";

fn some(code: &str) -> Option<String> {
    Some(code.to_owned())
}

fn report_absent(town: &Town, holding: &str, kind: &str) {
    town.operator(&[
        "mandate",
        "absence",
        "report",
        "--board",
        "zegelgem",
        "--holding",
        holding,
        "--kind",
        kind,
        "--evidence",
        "TEST-besluit",
    ]);
}

#[actix_web::test]
async fn the_alderman_acts_for_an_impeded_mayor_who_signs_nothing_meanwhile() {
    let Some(town) = Town::open(&["mayor", "alderman", "director"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;
    report_absent(&town, MAYOR, "impediment");
    let asked = town.lab.pins_shown().len();
    assert_eq!(town.signer(&address).await.1, some("signer_without_authority"));
    assert_eq!(
        town.lab.pins_shown().len(),
        asked + 1,
        "a log-in and no signature"
    );

    town.hold(&["alderman"]);
    let (mut alderman, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut alderman, &address, &[]).await, None);
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut mayor).await;
    if let Some(reader) = crate::support::judge("pdftotext") {
        let text = std::process::Command::new(reader)
            .arg(town.folder.path().join("sealed.pdf"))
            .arg("-")
            .output()
            .unwrap()
            .stdout;
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains("Carla") && text.contains("waarnemend"), "{text}");
        assert!(!text.contains("delegatie"), "acting is no delegation: {text}");
    }
}

#[actix_web::test]
async fn one_person_never_fills_both_places() {
    let Some(town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    // The director is impeded, and a decision of the council lets the mayor act as director too.
    let export = include_str!("../../../src/lab/demo/municipality.ttl");
    let acting = "z:waarnemer-directeur a lblodlg:Functionaris ; org:holds z:post-directeur ; \
         mandaat:isBestuurlijkeAliasVan p:mayor ; mandaat:start \"2025-01-01T00:00:00\"^^xsd:dateTime ; \
         mandaat:status status:e1ca6edd-55e1-4288-92a5-53f4cf71946a .\n\
         z:TEST-besluit-waarneming mandaat:bekrachtigtAanstellingVan z:waarnemer-directeur .\n";
    let file = town.folder.path().join("export.ttl");
    std::fs::write(&file, format!("{export}\n{acting}")).unwrap();
    town.operator(&[
        "mandate",
        "import",
        "--board",
        "zegelgem",
        &file.display().to_string(),
    ]);
    report_absent(&town, DIRECTOR, "impediment");

    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;
    // Another window of the same person waits at the same question.
    let (mut window, said) = town.signer(&address).await;
    assert_eq!(said, None);
    window.go(&format!("{address}/confirm")).await.unwrap();
    assert_eq!(
        town.sign(&mut mayor, &address, &[]).await,
        None,
        "{}",
        mayor.page().html
    );
    let asked = town.lab.pins_shown().len();
    assert_eq!(act(&mut window, &[]).await, some("same_person"));
    assert_eq!(town.lab.pins_shown().len(), asked, "no second PIN");
    // It is for the director again, who is back.
    assert_eq!(town.state(&mut mayor).await, "open");
    town.operator(&[
        "mandate",
        "absence",
        "back",
        "--board",
        "zegelgem",
        "--holding",
        DIRECTOR,
    ]);
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut mayor).await;
}

#[actix_web::test]
async fn a_request_of_another_board_is_not_there() {
    let Some(town) = Town::open(&["mayor", "citizen"], None).await else {
        return;
    };
    let redirect = "https://localhost:9/callback";
    let added = town.operator(&[
        "client",
        "add",
        "ocmw-zegelgem",
        "ocmw-application",
        "--name",
        "OCMW (TEST)",
        "--organisation",
        "OCMW Zegelgem (TEST)",
        "--redirect-uri",
        redirect,
        "--scope",
        "openid",
        "--scope",
        "profile",
        "--scope",
        "capacity",
        "--scope",
        "signing",
    ]);
    let ours = town.house.registration();
    let theirs = Provider::new(
        Registration {
            issuer: format!("{}/b/ocmw-zegelgem", ours.service),
            service: ours.service.clone(),
            client_id: added["client_id"].as_str().unwrap().to_owned(),
            client_secret: added["client_secret"].as_str().unwrap().to_owned(),
            redirect_uri: redirect.to_owned(),
            scope: "openid profile capacity".to_owned(),
        },
        town.house.http().clone(),
    );
    let request = town
        .provider()
        .send(house::decision(), "the-one-request")
        .await
        .unwrap();
    let (id, address) = (
        request["id"].as_str().unwrap(),
        request["signing_url"].as_str().unwrap().to_owned(),
    );
    assert!(town.provider().signing_request(id).await.is_ok());
    let refused = |answer: Result<serde_json::Value, ApplicationError>| match answer {
        Err(ApplicationError::Refused(code)) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(theirs.signing_request(id).await), "not_found");
    for what in ["document", "proof"] {
        let answer = theirs.delivery(id, what).await;
        assert!(
            matches!(&answer, Err(ApplicationError::Refused(status)) if status.starts_with("404")),
            "{answer:?}"
        );
    }

    // One session serves every board at which the person is known, each with their capacity there: the chair of the
    // other board is mayor here. Who is known at the other board alone is asked who they are.
    for (card, is_known) in [("mayor", true), ("citizen", false)] {
        town.hold(&[card]);
        let (login, _) = theirs.authorization(&SystemRandom).await.unwrap();
        let mut walker = Walker::new(town.house.http().clone());
        walker.go(&login).await.unwrap();
        assert_eq!(act(&mut walker, &[]).await, None, "{}", walker.page().html);
        assert!(walker.form("/capacity").is_some());
        let asked = town.lab.pins_shown().len();
        walker.go(&address).await.unwrap();
        let (at, html) = (walker.page().address.clone(), walker.page().html.clone());
        assert_eq!(at.contains("/interaction/"), !is_known, "{card}: {html}");
        assert_eq!(
            html.contains("burgemeester, Gemeente Zegelgem"),
            is_known,
            "{card}: {html}"
        );
        assert!(!html.contains("OCMW"), "{card}: {html}");
        for page in ["document", "page/1", "proof"] {
            let status = if is_known { 200 } else { 404 };
            walker.go(&format!("{address}/{page}")).await.unwrap();
            assert_eq!(walker.page().status, status, "{card} {page}");
        }
        assert_eq!(town.lab.pins_shown().len(), asked, "{card}");
    }
}

/// Three objects that make a page, and a trailer that says it is encrypted.
fn encrypted() -> Vec<u8> {
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>",
            "<</Filter/Adobe.PubSec/V 5>>",
        ],
        "/ID[(a)(b)]/Encrypt 4 0 R",
    )
}

#[actix_web::test]
async fn what_cannot_be_sealed_is_refused_and_what_can_be_is_sealed() {
    let Some(mut town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    // A house that takes a million bytes.
    town.kill();
    let file = town.house.configuration_file();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}[limits]\nupload_bytes = 1000000\n")).unwrap();
    town.reopen().await;
    let provider = town.provider();
    let decision = house::decision();
    let rows: [(&str, Vec<u8>, &str); 5] = [
        ("nothing", Vec::new(), "document_empty"),
        ("a text", b"Dit is een tekst, geen PDF.".to_vec(), "document_type"),
        ("an encrypted file", encrypted(), "document_protected"),
        (
            "half a file",
            decision[..decision.len() / 2].to_vec(),
            "document_damaged",
        ),
        ("a byte too many", vec![b'x'; 1_000_001], "document_too_large"),
    ];
    for (what, bytes, expected) in rows {
        match provider.send(bytes, "the-one-request").await {
            Err(ApplicationError::Refused(code)) => assert_eq!(code, expected, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    // Nothing of these was kept: the same key makes the request, and it is sealed.
    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;
    assert_eq!(town.sign(&mut mayor, &address, &[]).await, None);
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut mayor).await;
}

#[actix_web::test]
async fn a_reader_that_is_unplugged_is_missed_and_found_again() {
    let Some(town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    town.connect_readers(false);
    let mut walker = town.visitor().await;
    // In the moments before its watcher has seen it, the service says what it then knew.
    let mut said = act(&mut walker, &[]).await;
    for _ in 0..200 {
        match said.as_deref() {
            Some("pcsc_unavailable" | "card_missing" | "card_removed" | "reader_removed") => {}
            _ => break,
        }
        said = act(&mut walker, &[]).await;
    }
    assert_eq!(said, some("reader_missing"), "{}", walker.page().html);
    town.connect_readers(true);
    town.hold(&["mayor"]);
    assert_eq!(act(&mut walker, &[]).await, None, "{}", walker.page().html);
    walker.send("/capacity", &[]).await.unwrap();

    // Unplugged while the PIN window is open: no PIN is taken, the request stays open.
    let address = town.send(&mut walker).await;
    town.lab.next_pin(PinAnswer::Wait);
    let confirm = format!("{address}/confirm");
    walker.go(&confirm).await.unwrap();
    walker.send("/counter", &[]).await.unwrap();
    let shown = town.lab.pins_shown().len();
    town.wait_until("the PIN window opens", || town.lab.pins_shown().len() > shown)
        .await;
    town.connect_readers(false);
    let said = follow(&mut walker).await;
    assert!(
        matches!(
            said.as_deref(),
            Some("card_removed" | "reader_removed" | "pcsc_unavailable")
        ) || walker.page().address.contains("/interaction/"),
        "{said:?}: {}",
        walker::heading(&walker.page().html)
    );
    town.connect_readers(true);
    town.hold(&["mayor"]);
    assert_eq!(town.log_in_again(&mut walker, &address).await, None);
    assert_eq!(town.sign(&mut walker, &address, &[]).await, None);
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut walker).await;
}
