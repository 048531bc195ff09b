//! Lists that are signed with one PIN, in a real reader stack.

use serde_json::json;
use zegel::base::digest::HashAlgorithm;
use zegel::lab::card::{Fault, FaultKind};
use zegel::lab::pinentry::{PinAnswer, WindowKind};

use super::turn::{decoded, error, sign_list, text_of, turn, verifies};

#[test]
fn a_list_takes_one_pin_and_each_value_comes_as_soon_as_it_exists() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let certificate = turn.certificate();
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 10).to_string());
    for number in 0..10 {
        let signed = agent.hear().unwrap();
        assert_eq!(signed["index"], number);
        assert!(verifies(
            &certificate,
            HashAlgorithm::Sha384,
            text_of(number).as_bytes(),
            &decoded(&signed["signature"])
        ));
    }
    assert_eq!(agent.hear(), Some(json!({ "signed": 10 })));
    assert_eq!(agent.end(), 0);
    let windows = turn.windows();
    assert_eq!(turn.kinds(), [WindowKind::Confirm, WindowKind::Pin]);
    for number in 0..10 {
        assert!(windows[1].description.contains(&text_of(number)));
    }
}

#[test]
fn a_long_list_is_shown_in_windows_before_the_pin() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let certificate = turn.certificate();
    let before = turn.windows().len();
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&sign_list(&certificate, 40));
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    assert_eq!(answer["signed"], 0);
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 40).to_string());
    let mut signed = 0;
    while agent.hear().unwrap().get("index").is_some() {
        signed += 1;
    }
    assert_eq!((signed, agent.end()), (40, 0));
    let windows = turn.windows().split_off(before + 1);
    let (pin, pages) = windows.split_last().unwrap();
    assert!(pages.len() > 1 && pages.iter().all(|page| page.kind == WindowKind::Confirm));
    assert_eq!(pin.kind, WindowKind::Pin);
    let said: String = pages.iter().map(|page| page.description.as_str()).collect();
    assert!((0..40).all(|number| said.contains(&format!("{}. {} [", number + 1, text_of(number)))));
    // Whoever does not go on through them has not seen the list, and signs nothing.
    let before = turn.windows().len();
    turn.next(&[PinAnswer::Other]);
    let (answer, code) = turn.ask(&sign_list(&certificate, 40));
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    assert_eq!(turn.kinds()[before..], [WindowKind::Confirm]);
}

#[test]
fn a_card_taken_out_at_the_sixth_leaves_five_delivered_and_the_pin_is_gone() {
    let Some(mut turn) = turn() else { return };
    turn.insert("director");
    let certificate = turn.certificate();
    turn.fault(
        "director",
        Fault::now(FaultKind::Removed).at_instruction(0x2A).after(5),
    );
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 10).to_string());
    for number in 0..5 {
        assert_eq!(agent.hear().unwrap()["index"], number);
    }
    let answer = agent.hear().unwrap();
    assert_eq!(error(&answer), ("ERR_WEBEID_NATIVE_FATAL", "card_removed"));
    assert_eq!(answer["signed"], 5);
    assert_eq!(agent.end(), 5);
    turn.cards.clear();
    turn.await_state(": no card");
    // What is left is another list with a PIN of its own.
    turn.insert("director");
    let before = turn.windows().len();
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 5).to_string());
    while agent.hear().unwrap().get("index").is_some() {}
    assert_eq!(agent.end(), 0);
    assert_eq!(turn.kinds()[before..], [WindowKind::Pin]);
}

#[test]
fn a_wrong_pin_for_a_list_costs_one_try_and_is_asked_again() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let certificate = turn.certificate();
    turn.next(&[PinAnswer::Wrong]);
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 3).to_string());
    for number in 0..3 {
        assert_eq!(agent.hear().unwrap()["index"], number);
    }
    assert_eq!(agent.hear(), Some(json!({ "signed": 3 })));
    assert_eq!(agent.end(), 0);
    assert_eq!(
        turn.windows().last().unwrap().error,
        "Wrong PIN code. You have 2 attempts left."
    );
}
