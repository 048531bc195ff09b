//! Bad days at log-in.

use zegel::lab::StatusNow;
use zegel::lab::card::{Fault, FaultKind};
use zegel::lab::pinentry::PinAnswer;
use zegel::lab::services::{Service, ServiceMode};
use zegel::lab::walker::Walker;

use super::town::{Town, act, follow};

const READ: u8 = 0xB0;
const SIGN: u8 = 0x2A;
const VERIFY: u8 = 0x20;
/// GET RESPONSE: how a T=0 card hands out the signature.
const ANSWER: u8 = 0xC0;

/// One try in a new browser.
async fn log_in(town: &Town) -> (Option<String>, Walker) {
    let mut walker = town.visitor().await;
    let said = act(&mut walker, &[]).await;
    (said, walker)
}

async fn said(town: &Town) -> Option<String> {
    log_in(town).await.0
}

/// The code that the page of a waiting card shows.
fn short_code(html: &str) -> String {
    let (_, rest) = html.split_once("<p class=\"short-code\">").unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

fn some(code: &str) -> Option<String> {
    Some(code.to_owned())
}

#[actix_web::test]
async fn each_mishap_with_a_card_in_a_real_reader_is_named_and_another_try_works() {
    let cards = ["mayor", "alderman", "blocked", "one-try"];
    let Some(town) = Town::open(&cards, None).await else {
        return;
    };

    assert_eq!(said(&town).await, some("card_missing"));
    town.hold(&["mayor", "alderman"]);
    assert_eq!(said(&town).await, some("several_cards"));
    town.hold(&["mayor"]);
    // The card is read slowly, so the waiting page is there: both sides show the same short code.
    town.fault("mayor", Fault::now(FaultKind::Slow(1500)).at_instruction(READ));
    town.lab.next_pin(PinAnswer::Cancel);
    let mut walker = town.visitor().await;
    walker.send("/counter", &[]).await.unwrap();
    let shown = short_code(&walker.page().html);
    assert_eq!(follow(&mut walker).await, some("pin_cancelled"));
    let dialog = town.lab.pins_shown().pop().unwrap();
    assert!(
        !shown.is_empty() && dialog.description.contains(&shown),
        "{shown}: {}",
        dialog.description
    );
    assert!(
        dialog.description.contains(town.house.service_url()),
        "{}",
        dialog.description
    );
    town.lab.next_pin(PinAnswer::Timeout);
    assert_eq!(said(&town).await, some("pin_timeout"));
    town.lab.next_pin(PinAnswer::Wrong);
    let (failed, mut walker) = log_in(&town).await;
    assert_eq!((failed, town.tries("mayor")), (some("pin_wrong"), 2));
    // The same page offers another try, which works.
    assert_eq!(act(&mut walker, &[]).await, None, "{}", walker.page().html);
    assert_eq!(town.tries("mayor"), 3);

    town.hold(&["one-try"]);
    let (failed, mut walker) = log_in(&town).await;
    assert_eq!((failed, town.tries("one-try")), (some("pin_last_attempt"), 1));
    assert_eq!(act(&mut walker, &[("last_attempt", "yes")]).await, None);
    town.set_tries("one-try", 1);
    town.lab.next_pin(PinAnswer::Wrong);
    let (failed, mut walker) = log_in(&town).await;
    assert_eq!(failed, some("pin_last_attempt"));
    assert_eq!(
        act(&mut walker, &[("last_attempt", "yes")]).await,
        some("pin_blocked")
    );
    town.hold(&["blocked"]);
    assert_eq!(said(&town).await, some("pin_blocked"));

    // Taken out while it is read, while the PIN goes over, and in the middle of the signature.
    for (instruction, skip) in [(READ, 2), (VERIFY, 0), (SIGN, 0)] {
        town.hold(&["mayor"]);
        town.fault(
            "mayor",
            Fault::now(FaultKind::Removed)
                .at_instruction(instruction)
                .after(skip),
        );
        assert_eq!(said(&town).await, some("card_removed"), "{instruction:02x}");
        assert_eq!(town.tries("mayor"), 3, "{instruction:02x}");
        town.clear("mayor");
    }
    // Another program resets the card while it is read: begun again in silence. Each time at the signature: said.
    town.hold(&["mayor"]);
    town.fault(
        "mayor",
        Fault::now(FaultKind::Reset).at_instruction(READ).after(1),
    );
    assert_eq!(said(&town).await, None);
    town.fault("mayor", Fault::now(FaultKind::Truncated).at_instruction(ANSWER));
    assert_eq!(said(&town).await, some("card_unreadable"));
    town.clear("mayor");
    // A card that stays mute: its reader is given up until the card is out.
    town.fault("mayor", Fault::now(FaultKind::Mute).at_instruction(READ));
    assert_eq!(said(&town).await, some("card_unreadable"));
    assert_eq!(said(&town).await, some("card_unreadable"));
    town.hold(&[]);
    town.clear("mayor");
    town.hold(&["mayor"]);
    assert_eq!(said(&town).await, None);
}

#[actix_web::test]
async fn a_certificate_that_is_not_known_to_be_good_does_not_log_in() {
    let cards = ["mayor", "expired", "revoked", "suspended", "untrusted"];
    let Some(town) = Town::open(&cards, None).await else {
        return;
    };
    for (card, code) in [
        ("expired", "certificate_expired"),
        ("revoked", "certificate_revoked"),
        ("suspended", "certificate_suspended"),
        ("untrusted", "certificate_untrusted"),
    ] {
        town.hold(&[card]);
        assert_eq!(said(&town).await, some(code), "{card}");
    }
    town.hold(&["mayor"]);
    let set = |ocsp: ServiceMode, crl: ServiceMode| {
        town.lab.set_service(Service::Ocsp, ocsp);
        town.lab.set_service(Service::Crl, crl);
    };
    // Where neither OCSP nor the list can be used, nobody is let in; where the list can, it answers.
    set(ServiceMode::Down, ServiceMode::Down);
    assert_eq!(said(&town).await, some("revocation_unavailable"));
    let unusable = [
        ServiceMode::Stale,
        ServiceMode::StaleFractional,
        ServiceMode::WrongNonce,
        ServiceMode::WrongSigner,
    ];
    for mode in unusable {
        set(mode, ServiceMode::Stale);
        assert_eq!(said(&town).await, some("revocation_unavailable"), "{mode:?}");
    }
    for mode in unusable {
        set(mode, ServiceMode::Up);
        let mut told = said(&town).await;
        // An address that gave nothing rests for a second, and who comes meanwhile is told to try again.
        for _ in 0..20 {
            if told != some("revocation_unavailable") {
                break;
            }
            told = said(&town).await;
        }
        assert_eq!(told, None, "{mode:?}");
    }
    set(ServiceMode::Up, ServiceMode::Up);
    town.lab.set_certificates("mayor", StatusNow::Revoked).unwrap();
    assert_eq!(said(&town).await, some("certificate_revoked"));
    town.lab.set_certificates("mayor", StatusNow::Unknown).unwrap();
    assert_eq!(said(&town).await, some("certificate_untrusted"));
}

#[actix_web::test]
async fn a_service_with_production_trust_refuses_the_laboratorys_cards() {
    let Some(mut town) = Town::open(&["mayor"], None).await else {
        return;
    };
    // The same house, told to trust what is pinned for real persons alone.
    town.kill();
    let file = town.house.configuration_file();
    let text = std::fs::read_to_string(&file).unwrap();
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("test_folder") && !line.starts_with("[trust]"))
        .collect();
    std::fs::write(&file, without.join("\n")).unwrap();
    town.reopen().await;
    town.hold(&["mayor"]);
    assert_eq!(said(&town).await, some("certificate_untrusted"));
}
