use super::personal::personalise;
use super::*;
use crate::base::national::NationalNumber;
use crate::base::random::SeededRandom;
use crate::lab::pki::{Holder, LabPki};

fn personalised(applet: Applet) -> Personalised {
    let now = "2026-03-03T09:00:00Z".parse().unwrap();
    let random = SeededRandom::new(7);
    let pki = LabPki::generate("http://lab.test", &random, now).unwrap();
    let holder = Holder {
        surname: "Spécimen".to_owned(),
        given_names: "An Marie".to_owned(),
        national_number: NationalNumber::parse("70611500188").unwrap(),
    };
    let spec = CardSpec {
        structure_version: true,
        ..CardSpec::new(applet, holder, LabPki::usual_validity(now))
    };
    personalise(&pki, &spec, &random).unwrap()
}

fn send(card: &mut VirtualCard, command: &str) -> String {
    hex::encode_upper(card.answer(&hex::decode(command.replace(' ', "")).unwrap()))
}

const VERIFY: &str = "00 20 00 01 08 24 12 34 FF FF FF FF FF";

/// Runs a row of the mixed-mode table: `V` is VERIFY, `82` and `83` choose the key, `S` signs, `N` is another command.
fn mixed_mode(applet: Applet, row: &str) -> String {
    let mut card = personalised_once(applet);
    let mut seen = Vec::new();
    for step in row.split(' ') {
        let (algorithm, data) = match applet {
            Applet::V18 => ("02", format!("30{}", "A5".repeat(48))),
            _ => ("08", format!("20{}", "A5".repeat(32))),
        };
        let answer = match step {
            "V" => send(&mut card, VERIFY),
            "W" => send(&mut card, "00 20 00 01 08 24 12 35 FF FF FF FF FF"),
            "N" => send(&mut card, "00 A4 08 0C 02 2F 00"),
            "L" => send(&mut card, "80 E6 00 00"),
            "S" => send(&mut card, &format!("002A9E9A{data}")),
            key => send(&mut card, &format!("002241B60504 80{algorithm}84{key}")),
        };
        if step == "S" {
            seen.push(if answer.starts_with("61") { "ok" } else { "no" });
        }
    }
    seen.join(" ")
}

fn personalised_once(applet: Applet) -> VirtualCard {
    use std::sync::OnceLock;
    static MADE: [OnceLock<(CardImage, CardKeys)>; 2] = [OnceLock::new(), OnceLock::new()];
    let slot = usize::from(applet == Applet::V18);
    let (image, keys) = MADE[slot].get_or_init(|| {
        let made = personalised(applet);
        (made.card.image().clone(), made.card.keys().clone())
    });
    VirtualCard::new(image.clone(), keys.clone())
}

#[test]
fn a_pin_given_for_one_purpose_does_not_serve_the_other() {
    for (row, on_17, on_18) in [
        ("82 V S", "ok", "ok"),
        ("82 V S S", "ok ok", "ok ok"),
        ("82 S", "no", "no"),
        ("83 S", "no", "no"),
        ("83 V S", "ok", "ok"),
        ("83 V S S", "ok no", "ok no"),
        ("83 V S 83 V S", "ok ok", "ok ok"),
        ("82 V 83 V S 82 S", "ok ok", "ok ok"),
        ("83 V S 82 S", "ok no", "ok no"),
        ("82 V 83 S 82 S", "no ok", "no ok"),
        ("83 V N S", "no", "ok"),
        ("83 V N N S", "no", "no"),
        ("83 N V S", "ok", "ok"),
        ("82 V W S", "no", "no"),
        ("82 V L S", "no", "no"),
        ("83 V L S", "no", "ok"),
    ] {
        // Logging off takes every right, the window of the signature too.
        let on_18 = if row == "83 V L S" { "no" } else { on_18 };
        assert_eq!(mixed_mode(Applet::V17, row), on_17, "1.7: {row}");
        assert_eq!(mixed_mode(Applet::V18, row), on_18, "1.8: {row}");
    }
}

#[test]
fn wrong_pins_count_down_to_blocked_and_stay_counted() {
    let mut card = personalised_once(Applet::V18);
    let wrong = "00 20 00 01 08 24 99 99 FF FF FF FF FF";
    assert_eq!(send(&mut card, "00 20 00 01"), "63C3");
    assert_eq!(send(&mut card, wrong), "63C2");
    assert_eq!(send(&mut card, VERIFY), "9000");
    assert_eq!(send(&mut card, "00 20 00 01 00"), "9000");
    for left in ["63C2", "63C1", "63C0", "6983"] {
        assert_eq!(send(&mut card, wrong), left);
    }
    card.reset_volatile();
    assert_eq!(send(&mut card, VERIFY), "6983");
    assert!(card.take_changed());
    assert_eq!(card.image().tries_left, 0);
    assert_eq!(send(&mut card, "80 E4 00 01 1F").get(56..60), Some("00FF"));
}

#[test]
fn an_empty_verify_burns_a_try_on_1_1_only() {
    let mut old = VirtualCard::new(CardImage::new(Applet::V11, [1; 16]), CardKeys::default());
    assert_eq!(send(&mut old, "00 20 00 01"), "63C2");
    let mut newer = personalised_once(Applet::V17);
    assert_eq!(send(&mut newer, "00 20 00 01"), "63C3");
    assert_eq!(send(&mut newer, "00 20 00 01"), "63C3");
}

#[test]
fn files_are_read_as_on_a_real_card() {
    let mut card = personalised_once(Applet::V18);
    assert_eq!(send(&mut card, "00 B0 00 00 10"), "6986");
    assert_eq!(send(&mut card, "00 A4 08 0C 06 3F 00 DF 00 50 32"), "9000");
    assert_eq!(send(&mut card, "00 B0 00 00 FC"), "6C29");
    assert_eq!(send(&mut card, "00 B0 00 00 29").len(), (0x29 + 2) * 2);
    assert_eq!(send(&mut card, "00 B0 00 29 01"), "6B00");
    assert_eq!(send(&mut card, "00 A4 02 0C 02 40 31"), "6A82");
    assert_eq!(send(&mut card, "00 A4 02 0C 02 3F 00"), "9000");
    assert_eq!(send(&mut card, "00 A4 02 0C 02 DF 01"), "9000");
    assert_eq!(send(&mut card, "00 A4 02 0C 02 40 31"), "9000");
    assert_eq!(
        send(
            &mut card,
            "00 A4 04 00 0F A0 00 00 00 30 29 05 70 00 AD 13 10 01 01 FF"
        ),
        "9000"
    );
    assert_eq!(send(&mut card, "00 A4 08 00 04 DF 01 40 33"), "9000");
    assert_eq!(send(&mut card, "80 B2 02 02 00"), "0204393939399000");
    assert_eq!(send(&mut card, "80 E4 00 00 10"), "6C1C");
    assert_eq!(send(&mut card, "00 C0 00 00 10"), "6985");
    assert_eq!(send(&mut card, "00 FF 00 00"), "6D00");
    assert_eq!(send(&mut card, "A0 A4 00 00"), "6E00");
    let file = card.image().file("3F00DF005038").unwrap();
    assert!(file.ends_with(&[0; 1100]));
    assert_eq!(card.image().file("3F00DF014040").unwrap().len(), 120);
    assert_eq!(card.image().file("3F00DF014032").unwrap().len(), 128);
}

#[test]
fn get_response_wants_the_right_length_and_loses_nothing() {
    let mut card = personalised_once(Applet::V17);
    send(&mut card, "00 22 41 B6 05 04 80 08 84 82");
    send(&mut card, VERIFY);
    assert_eq!(send(&mut card, &format!("002A9E9A20{}", "11".repeat(32))), "6100");
    assert_eq!(send(&mut card, "00 C0 00 00 10"), "6C00");
    assert_eq!(send(&mut card, "00 C0 00 00 00").len(), 258 * 2);
    assert_eq!(send(&mut card, "00 C0 00 00 00"), "6985");
}

#[test]
fn the_directory_files_have_their_published_sizes() {
    let sizes = |applet| {
        let card = personalised_once(applet);
        ["5031", "5032", "5034", "5035", "5037"]
            .map(|id| card.image().file(&format!("3F00DF00{id}")).unwrap().len())
    };
    assert_eq!(sizes(Applet::V17), [0x24, 41, 53, 0x3C + 0x3B, 163]);
    assert_eq!(sizes(Applet::V18)[4], 0x31 + 0x2C + 0x28 + 0x2A);
    assert_eq!(
        personalised_once(Applet::V17)
            .image()
            .file("3F002F00")
            .unwrap()
            .len(),
        0x25
    );
}

#[test]
fn faults_strike_once_at_the_command_they_name() {
    let mut card = personalised_once(Applet::V18);
    let select = hex::decode("00A4080C063F00DF005038").unwrap();
    let read = hex::decode("00B0000010").unwrap();
    card.add_fault(
        Fault::now(FaultKind::Answer(0x6B00))
            .at_instruction(0xB0)
            .after(1),
    );
    card.transmit(&select).unwrap();
    assert_eq!(card.transmit(&read).unwrap().len(), 18);
    assert_eq!(card.transmit(&read).unwrap(), [0x6B, 0x00]);
    assert_eq!(card.transmit(&read).unwrap().len(), 18);
    for (kind, error) in [
        (FaultKind::Communication, TransportError::Communication),
        (FaultKind::Mute, TransportError::CardMute),
        (FaultKind::Removed, TransportError::CardRemoved),
        (FaultKind::Reset, TransportError::CardReset),
    ] {
        card.set_present(true);
        card.add_fault(Fault::now(kind));
        assert_eq!(card.transmit(&select), Err(error));
    }
    assert_eq!(
        card.transmit(&read).unwrap(),
        [0x69, 0x86],
        "a reset lets the file go"
    );
}

#[test]
fn an_image_and_its_keys_survive_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let card = personalised_once(Applet::V18);
    let path = folder.path().join("an.json");
    card.image().save(&path).unwrap();
    card.keys().save(folder.path(), "an").unwrap();
    assert_eq!(&CardImage::load(&path).unwrap(), card.image());
    let keys = CardKeys::load(folder.path(), "an").unwrap();
    assert_eq!(
        keys.signature.unwrap().public(),
        card.keys().signature.as_ref().unwrap().public()
    );
    let mode = std::fs::metadata(folder.path().join("an.basic.key.pem")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o600
    );
    for (from, to) in [
        ("zegel-test-card/1", "other"),
        ("\"pin\": \"1234\"", "\"pin\": \"123\""),
        ("\"pin\": \"1234\"", "\"pin\": \"12a4\""),
        ("\"tries_left\": 3", "\"tries_left\": 4"),
        ("\"applet\": \"1.8\"", "\"applet\": \"2.0\""),
    ] {
        let text = serde_json::to_string_pretty(card.image()).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(CardImage::load(&path).is_err(), "{to}");
    }
}
