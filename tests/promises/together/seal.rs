//! Bad days at signing, with the card in a real reader.

use zegel::lab::StatusNow;
use zegel::lab::card::{Fault, FaultKind};
use zegel::lab::pinentry::PinAnswer;
use zegel::lab::services::{Service, ServiceMode};

use super::town::{Town, follow};
use crate::support::judge;

const SIGN: u8 = 0x2A;
/// GET RESPONSE: how a T=0 card hands out the signature.
const ANSWER: u8 = 0xC0;

fn some(code: &str) -> Option<String> {
    Some(code.to_owned())
}

#[actix_web::test]
async fn each_mishap_at_signing_leaves_the_request_open_and_the_same_person_signs_in_the_end() {
    let cards = ["mayor", "director", "citizen"];
    let Some(town) = Town::open(&cards, None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;

    // Out of turn, and without any part in it: told before a PIN is asked.
    let asked = town.lab.pins_shown().len();
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, some("not_your_turn"));
    assert_eq!(
        town.sign(&mut director, &address, &[]).await,
        some("not_your_turn")
    );
    town.hold(&["citizen"]);
    assert_eq!(town.signer(&address).await.1, some("signer_without_authority"));
    assert_eq!(
        town.lab.pins_shown().len(),
        asked + 2,
        "two log-ins and no signature"
    );

    // The mayor's session ended with the mayor's card: in that browser it is whoever's card is there now.
    town.logged_out(&mut mayor, &address).await;
    assert_eq!(
        town.sign(&mut mayor, &address, &[]).await,
        some("signer_without_authority")
    );
    town.hold(&[]);
    assert_eq!(
        town.log_in_again(&mut mayor, &address).await,
        some("card_missing")
    );
    town.hold(&["mayor"]);
    assert_eq!(town.log_in_again(&mut mayor, &address).await, None);
    let asked = town.lab.pins_shown().len();
    town.lab.set_certificates("mayor", StatusNow::OnHold).unwrap();
    assert_eq!(
        town.sign(&mut mayor, &address, &[]).await,
        some("certificate_suspended")
    );
    town.lab.set_certificates("mayor", StatusNow::Good).unwrap();
    town.lab.set_service(Service::Ocsp, ServiceMode::Stale);
    town.lab.set_service(Service::Crl, ServiceMode::Stale);
    assert_eq!(
        town.sign(&mut mayor, &address, &[]).await,
        some("revocation_unavailable")
    );
    town.lab.set_service(Service::Ocsp, ServiceMode::Up);
    town.lab.set_service(Service::Crl, ServiceMode::Up);
    assert_eq!(
        town.lab.pins_shown().len(),
        asked,
        "no PIN for what would be refused"
    );

    for (answer, code) in [
        (PinAnswer::Cancel, "pin_cancelled"),
        (PinAnswer::Timeout, "pin_timeout"),
        (PinAnswer::Wrong, "pin_wrong"),
    ] {
        town.lab.next_pin(answer);
        assert_eq!(town.sign(&mut mayor, &address, &[]).await, some(code));
    }
    assert_eq!(town.tries("mayor"), 2);
    // Pulled out while it signs: the page says so, or asks who is there once the session has ended with the card.
    town.fault(
        "mayor",
        Fault::now(FaultKind::Removed).at_instruction(SIGN).always(),
    );
    let said = town.sign(&mut mayor, &address, &[]).await;
    assert!(
        said == some("card_removed") || (said.is_none() && mayor.page().address.contains("/interaction/")),
        "{said:?}"
    );
    town.clear("mayor");
    town.logged_out(&mut mayor, &address).await;
    town.hold(&["mayor"]);
    assert_eq!(town.log_in_again(&mut mayor, &address).await, None);
    for (kind, instruction, code) in [
        (FaultKind::Truncated, ANSWER, "card_unreadable"),
        (FaultKind::Communication, SIGN, "card_unreadable"),
    ] {
        town.fault("mayor", Fault::now(kind).at_instruction(instruction).always());
        assert_eq!(town.sign(&mut mayor, &address, &[]).await, some(code), "{kind:?}");
        town.clear("mayor");
    }
    // Another program that wants to reset the card waits until this one is done with it.
    town.fault("mayor", Fault::now(FaultKind::Reset).at_instruction(SIGN));
    assert_eq!(town.sign(&mut mayor, &address, &[]).await, None);
    // Signed once is signed: not again, and not the director's slot.
    assert!(town.sign(&mut mayor, &address, &[]).await.is_some());

    town.hold(&["director"]);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut mayor).await;
}

#[actix_web::test]
async fn a_time_stamp_service_that_is_down_costs_time_and_not_the_signature() {
    let Some(town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;
    town.lab.set_service(Service::TimeStamp, ServiceMode::Down);
    assert_eq!(
        town.sign(&mut mayor, &address, &[]).await,
        some("timestamp_unavailable")
    );
    // The value is kept; the card is out, and the signer is gone.
    town.hold(&[]);
    assert_eq!(town.state(&mut mayor).await, "finishing");
    town.lab.set_service(Service::TimeStamp, ServiceMode::Up);
    town.make_jobs_due().await;
    town.until(&mut mayor, "open").await;
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut mayor).await;
}

#[actix_web::test]
async fn a_document_that_changed_between_the_two_signers_is_not_signed() {
    let Some(town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;
    assert_eq!(town.sign(&mut mayor, &address, &[]).await, None);
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    let asked = town.lab.pins_shown().len();
    // Somebody with access to the folder of documents changes one letter of what the mayor signed.
    let touched = town.change_documents();
    assert!(touched > 0);
    let said = town.sign(&mut director, &address, &[]).await;
    assert_eq!(said, some("document_changed"));
    assert_eq!(
        town.lab.pins_shown().len(),
        asked,
        "no PIN for a document that is not the one signed"
    );
    assert_eq!(follow(&mut director).await, said);
}

#[actix_web::test]
async fn a_delegate_signs_for_the_mayor_and_the_document_says_so() {
    let Some(town) = Town::open(&["alderman", "director"], None).await else {
        return;
    };
    town.hold(&["alderman"]);
    let mut alderman = town.logged_in().await;
    let address = town.send(&mut alderman).await;
    let (mut delegate, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut delegate, &address, &[]).await, None);
    town.hold(&["director"]);
    let (mut director, said) = town.signer(&address).await;
    assert_eq!(said, None);
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut alderman).await;
    if let Some(reader) = judge("pdftotext") {
        let document = town.folder.path().join("sealed.pdf");
        let text = std::process::Command::new(reader)
            .arg(document)
            .arg("-")
            .output()
            .unwrap()
            .stdout;
        let text = String::from_utf8_lossy(&text)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(text.contains("Namens de burgemeester, bij delegatie"), "{text}");
        assert!(text.contains("Carla"), "{text}");
    }
}
