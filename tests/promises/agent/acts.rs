//! What the card is asked, in a real reader stack: log-in, certificate, signatures, and everything that goes wrong on the
//! way. The windows are the laboratory's PIN program.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::lab::host::CardRequest;
use zegel::lab::pinentry::{PinAnswer, WindowKind};
use zegel::login::eid::to_be_signed;
use zegel::pki::certificate::Certificate;

use super::turn::{
    NONCE, ORIGIN, authenticate, command, decoded, error, sign, sign_list, text_of, turn, verifies,
};

#[test]
fn a_log_in_signs_this_origin_and_this_challenge_by_cards_of_both_families() {
    let Some(mut turn) = turn() else { return };
    for (card, name, holder) in [("mayor", "ES384", "Specimen"), ("citizen", "RS256", "Specimen")] {
        turn.insert(card);
        let shown = turn.windows().len();
        let (token, code) = turn.ask(&authenticate());
        assert_eq!(code, 0, "{token}");
        assert_eq!(
            (token["format"].as_str(), token["algorithm"].as_str()),
            (Some("web-eid:1.0"), Some(name))
        );
        let certificate = decoded(&token["unverifiedCertificate"]);
        let algorithm = SignatureAlgorithm::from_jwa_name(name).unwrap();
        let signature = decoded(&token["signature"]);
        let signed = |origin: &str, nonce: &str| {
            let message = to_be_signed(algorithm, origin, nonce);
            verifies(&certificate, algorithm.hash(), &message, &signature)
        };
        assert!(signed(ORIGIN, NONCE));
        assert!(!signed("https://zegelgem.example", NONCE) && !signed(ORIGIN, &NONCE[1..]));
        let parsed = Certificate::parse(certificate.clone()).unwrap();
        assert!(parsed.common_name().unwrap().ends_with("(Authentication)"));
        let windows = turn.windows().split_off(shown);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].title, "Log in");
        let description = &windows[0].description;
        assert!(
            description.contains(ORIGIN) && description.contains(holder),
            "{description}"
        );
        turn.remove(card);
        turn.await_state(": no card");
    }
}

#[test]
fn signatures_verify_with_each_hash_and_the_window_says_sign() {
    let Some(mut turn) = turn() else { return };
    turn.insert("director");
    let certificate = turn.certificate();
    for hash in [
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
    ] {
        let (answer, code) = turn.ask(&sign(&certificate, hash, b"one"));
        assert_eq!(code, 0, "{answer}");
        assert!(verifies(
            &certificate,
            hash,
            b"one",
            &decoded(&answer["signature"])
        ));
        assert_eq!(
            answer["signatureAlgorithm"],
            json!({ "cryptoAlgorithm": "ECC", "hashFunction": hash.name(), "paddingScheme": "NONE" })
        );
    }
    let windows = turn.windows();
    assert_eq!(
        (windows[0].kind, windows[0].title.as_str()),
        (WindowKind::Confirm, "Share data")
    );
    assert!(
        windows[1..]
            .iter()
            .all(|window| window.title == "Sign" && window.kind == WindowKind::Pin)
    );
}

#[test]
fn civil_servants_tokens_log_in_and_sign_too() {
    let Some(mut turn) = turn() else { return };
    for (card, name) in [("piv", "RS256"), ("piv-ec", "ES256"), ("pkcs15", "RS256")] {
        turn.insert(card);
        let (token, code) = turn.ask(&authenticate());
        assert_eq!(
            (code, token["algorithm"].as_str()),
            (0, Some(name)),
            "{card}: {token}"
        );
        let algorithm = SignatureAlgorithm::from_jwa_name(name).unwrap();
        let message = to_be_signed(algorithm, ORIGIN, NONCE);
        let certificate = decoded(&token["unverifiedCertificate"]);
        let value = decoded(&token["signature"]);
        assert!(
            verifies(&certificate, algorithm.hash(), &message, &value),
            "{card}"
        );

        let (answer, _) = turn.ask(&command("get-signing-certificate", json!({})));
        let certificate = decoded(&answer["certificate"]);
        let usual = &answer["supportedSignatureAlgorithms"][0]["hashFunction"];
        let hash = HashAlgorithm::ALL
            .into_iter()
            .find(|hash| hash.name() == usual)
            .unwrap();
        let (answer, code) = turn.ask(&sign(&certificate, hash, b"one"));
        assert_eq!(code, 0, "{card}: {answer}");
        assert!(
            verifies(&certificate, hash, b"one", &decoded(&answer["signature"])),
            "{card}"
        );
        let before = turn.windows().len();
        let mut list = sign_list(&certificate, 3);
        list["arguments"]["hashFunction"] = json!(hash.name());
        for (number, document) in list["arguments"]["documents"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .enumerate()
        {
            document["hash"] = json!(STANDARD.encode(hash.digest(text_of(number).as_bytes())));
        }
        let mut agent = turn.agent();
        agent.send(&list.to_string());
        for number in 0..3 {
            let signed = agent.hear().unwrap();
            let value = decoded(&signed["signature"]);
            assert!(
                verifies(&certificate, hash, text_of(number).as_bytes(), &value),
                "{card}: {signed}"
            );
        }
        assert_eq!(agent.hear(), Some(json!({ "signed": 3 })));
        assert_eq!((agent.end(), turn.windows().len() - before), (0, 1));
        turn.remove(card);
        turn.await_state(": no card");
    }
}

#[test]
fn a_certificate_is_given_only_when_the_person_agrees() {
    let Some(mut turn) = turn() else { return };
    turn.insert("staff");
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&command("get-signing-certificate", json!({})));
    assert_eq!(error(&answer), ("ERR_WEBEID_USER_CANCELLED", "pin_cancelled"));
    assert_eq!(code, 6);
    let (answer, _) = turn.ask(&command("get-signing-certificate", json!({})));
    let hashes: Vec<&str> = answer["supportedSignatureAlgorithms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["hashFunction"].as_str().unwrap())
        .collect();
    assert_eq!(hashes, ["SHA-384", "SHA-256", "SHA-512"]);
}

#[test]
fn another_cards_certificate_is_refused_before_anything_is_shown() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let theirs = turn.certificate();
    turn.remove("mayor");
    turn.await_state(": no card");
    turn.insert("director");
    let shown = turn.windows().len();
    let (answer, code) = turn.ask(&sign(&theirs, HashAlgorithm::Sha384, b"x"));
    assert_eq!(
        error(&answer),
        ("ERR_WEBEID_NATIVE_INVALID_ARGUMENT", "card_changed")
    );
    assert_eq!((code, turn.windows().len() - shown), (1, 0));
    // With both in readers, the right one is found without a question.
    turn.insert("mayor");
    let (answer, code) = turn.ask(&sign(&theirs, HashAlgorithm::Sha384, b"x"));
    assert_eq!(code, 0, "{answer}");
    assert!(verifies(
        &theirs,
        HashAlgorithm::Sha384,
        b"x",
        &decoded(&answer["signature"])
    ));
    assert_eq!(turn.windows().len() - shown, 1);
}

#[test]
fn with_several_cards_the_person_chooses_by_name() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    turn.insert("director");
    // Not the first one offered, by the button of programs that have two.
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(code, 0, "{answer}");
    let windows = turn.windows();
    assert_eq!(
        turn.kinds(),
        [WindowKind::Confirm, WindowKind::Confirm, WindowKind::Pin]
    );
    assert!(windows[..2].iter().all(|window| window.title == "Choose a card"));
    assert_ne!(windows[0].description, windows[1].description);
    let chosen = Certificate::parse(decoded(&answer["unverifiedCertificate"])).unwrap();
    let name = chosen.common_name().unwrap();
    let name = name.strip_suffix(" (Authentication)").unwrap();
    assert!(windows[1].description.contains(name) && windows[2].description.contains(name));
    // Neither.
    turn.next(&[PinAnswer::Cancel, PinAnswer::Other]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(error(&answer), ("ERR_WEBEID_USER_CANCELLED", "pin_cancelled"));
    assert_eq!(code, 6);
}

#[test]
fn tries_are_known_before_asking_and_the_last_one_is_confirmed() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    turn.next(&[PinAnswer::Digits("12".to_owned()), PinAnswer::Wrong]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(code, 0, "{answer}");
    let errors: Vec<String> = turn.windows().into_iter().map(|window| window.error).collect();
    assert!(
        errors[0].is_empty() && errors[1].contains("did not cost an attempt"),
        "{errors:?}"
    );
    assert_eq!(errors[2], "Wrong PIN code. You have 2 attempts left.");

    let before = turn.windows().len();
    turn.next(&[PinAnswer::Wrong, PinAnswer::Wrong, PinAnswer::Wrong]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(error(&answer), ("ERR_WEBEID_NATIVE_FATAL", "pin_blocked"));
    assert_eq!(code, 5);
    assert_eq!(
        turn.kinds()[before..],
        [
            WindowKind::Pin,
            WindowKind::Pin,
            WindowKind::Confirm,
            WindowKind::Pin
        ]
    );
    // A blocked card is not asked at all.
    let before = turn.windows().len();
    let (answer, _) = turn.ask(&authenticate());
    assert_eq!(error(&answer).1, "pin_blocked");
    assert_eq!(turn.windows().len(), before);

    turn.tell(CardRequest::Pin {
        card: "mayor".to_owned(),
        pin: None,
        tries_left: Some(1),
    });
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    let state = turn.lab.cards(&CardRequest::List).unwrap();
    let mayor = state.iter().find(|card| card.card == "mayor").unwrap();
    assert_eq!(
        mayor.tries_left, 1,
        "a last try that was not confirmed is not spent"
    );
}

#[test]
fn cancelling_and_doing_nothing_are_told_apart() {
    let Some(mut turn) = turn() else { return };
    turn.insert("citizen");
    for (answer, expected) in [
        (PinAnswer::Cancel, ("ERR_WEBEID_USER_CANCELLED", "pin_cancelled")),
        (PinAnswer::Timeout, ("ERR_WEBEID_USER_TIMEOUT", "pin_timeout")),
    ] {
        turn.next(&[answer]);
        let (answer, code) = turn.ask(&authenticate());
        assert_eq!((error(&answer), code), (expected, 6));
    }
}

#[test]
fn without_a_card_it_waits_and_goes_on_by_itself() {
    let Some(mut turn) = turn() else { return };
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    let mut agent = turn.agent();
    agent.send(&authenticate().to_string());
    turn.await_windows(2);
    turn.insert("mayor");
    let token = agent.hear().unwrap();
    assert_eq!(token["algorithm"], "ES384", "{token}");
    assert_eq!(agent.end(), 0);
    assert_eq!(
        turn.kinds(),
        [WindowKind::Message, WindowKind::Message, WindowKind::Pin]
    );
    assert!(turn.windows()[1].description.contains("chip first"));
}

#[test]
fn whoever_leaves_or_quits_closes_the_window() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    for leave in [true, false] {
        turn.next(&[PinAnswer::Wait]);
        let before = turn.windows().len();
        let mut agent = turn.agent();
        agent.send(&authenticate().to_string());
        turn.await_windows(before + 1);
        if leave {
            agent.leave();
        } else {
            agent.send(r#"{"command":"quit","arguments":{}}"#);
            assert_eq!(error(&agent.hear().unwrap()).0, "ERR_WEBEID_USER_CANCELLED");
        }
        assert_eq!(agent.end(), 6);
    }
    // The card is free for the next.
    assert_eq!(turn.ask(&authenticate()).1, 0);
}

#[test]
fn a_caller_that_closes_its_side_and_listens_gets_its_answer() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let mut agent = turn.agent();
    agent.send(&authenticate().to_string());
    agent.close_input();
    assert_eq!(agent.hear().unwrap()["format"], "web-eid:1.0");
    assert_eq!(agent.end(), 0);
}

#[test]
fn a_card_taken_out_under_the_window_is_the_news() {
    let Some(mut turn) = turn() else { return };
    turn.insert("director");
    turn.next(&[PinAnswer::Wait]);
    let mut agent = turn.agent();
    agent.send(&authenticate().to_string());
    turn.await_windows(1);
    turn.remove("director");
    let answer = agent.hear().unwrap();
    assert_eq!(error(&answer), ("ERR_WEBEID_NATIVE_FATAL", "card_removed"));
    assert_eq!(agent.end(), 5);
    turn.await_state(": no card");
}
