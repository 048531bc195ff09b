use super::*;

/// A reader that answers control codes and commands from a list.
#[derive(Default)]
struct Reader {
    name: &'static str,
    firmware: Option<(u8, u8)>,
    controls: Vec<(u32, Result<Vec<u8>, TransportError>)>,
    commands: Vec<(Vec<u8>, Vec<u8>)>,
    sent: Vec<(u32, Vec<u8>)>,
}

impl Transport for Reader {
    fn atr(&self) -> Vec<u8> {
        super::super::eid::ATR_1_8.to_vec()
    }
    fn reader(&self) -> ReaderFacts {
        ReaderFacts {
            name: self.name.to_owned(),
            firmware: self.firmware,
        }
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (expected, answer) = self.commands.remove(0);
        assert_eq!(hex::encode(command), hex::encode(expected));
        Ok(answer)
    }
    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.push((code, input.to_vec()));
        let (expected, answer) = self.controls.remove(0);
        assert_eq!(code, expected);
        answer
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

/// A reader that lists VERIFY_PIN_DIRECT and MODIFY_PIN_DIRECT.
fn direct(name: &'static str, firmware: Option<(u8, u8)>) -> Reader {
    let listed = bytes("06 04 42330006  07 04 42330007  12 04 42330012");
    Reader {
        name,
        firmware,
        controls: vec![(FEATURE_REQUEST, Ok(listed))],
        ..Reader::default()
    }
}

fn found(reader: &mut Reader) -> PinPad {
    PinPad::find(reader).unwrap().unwrap()
}

#[test]
fn the_verify_structure_byte_by_byte() {
    for (language, code) in [
        (Language::Nl, "1308"),
        (Language::Fr, "0C08"),
        (Language::De, "0704"),
        (Language::En, "0904"),
    ] {
        let mut reader = direct("ACS ACR83U", None);
        reader.controls.push((0x4233_0006, Ok(bytes("9000"))));
        let pad = found(&mut reader);
        assert_eq!(pad.verify(&mut reader, language), Ok(StatusWord::OK));
        let expected =
            format!("1E 1E 89 47 04 0C04 02 01 {code} 00 000000 0D000000 00200001 08 20FFFFFFFFFFFFFF");
        assert_eq!(
            hex::encode_upper(&reader.sent[1].1),
            expected.replace(' ', ""),
            "{language:?}"
        );
    }
}

#[test]
fn the_modify_structure_byte_by_byte() {
    let mut reader = direct("ACS ACR83U", None);
    reader.controls.push((0x4233_0007, Ok(bytes("9000"))));
    let pad = found(&mut reader);
    assert!(pad.changes());
    assert_eq!(pad.modify(&mut reader, Language::Nl), Ok(StatusWord::OK));
    let expected = "3C 3C 89 47 04 00 08 0C04 03 02 03 1308 000102 000000 15000000 00240001 10 \
                    20FFFFFFFFFFFFFF 20FFFFFFFFFFFFFF";
    assert_eq!(hex::encode_upper(&reader.sent[1].1), expected.replace(' ', ""));
}

#[test]
fn single_models_get_what_they_want() {
    for (name, firmware, format, most) in [
        ("SPR532 PinPad SmartCard Reader", Some((5, 5)), 0x01, 12),
        ("SPR532 PinPad SmartCard Reader", Some((5, 6)), 0x89, 12),
        ("SPR532 PinPad SmartCard Reader", None, 0x89, 12),
        ("Gemalto GemPC Pinpad 00 00", None, 0x89, 8),
        ("Gemplus GemPC Twin 00 00", None, 0x89, 12),
    ] {
        let mut reader = direct(name, firmware);
        let pad = found(&mut reader);
        let structure = pad.verify_structure(Language::Nl);
        assert_eq!(
            (structure[2], structure[5]),
            (format, most),
            "{name} {firmware:?}"
        );
        assert_eq!(pad.asks_before(), most == 8, "{name}");
    }
}

#[test]
fn each_answer_of_a_reader_has_its_cause() {
    let length = CardError::PinLength { min: 4, max: 12 };
    for (answer, expected) in [
        ("9000", Ok(StatusWord::OK)),
        ("63C1", Ok(StatusWord(0x63C1))),
        ("6983", Ok(StatusWord::PIN_BLOCKED)),
        ("6400", Err(CardError::PinTimeout)),
        ("6401", Err(CardError::PinCancelled)),
        ("6402", Err(CardError::PinsDiffer)),
        ("6403", Err(length)),
        ("6B80", Err(CardError::PinPad("it refused its instructions"))),
        ("", Err(CardError::PinPad("it answered nothing"))),
        ("90", Err(CardError::PinPad("its answer is no status word"))),
        ("009000", Err(CardError::PinPad("its answer is no status word"))),
    ] {
        let mut reader = direct("ACS ACR83U", None);
        reader.controls.push((0x4233_0006, Ok(bytes(answer))));
        let pad = found(&mut reader);
        let result = pad.verify(&mut reader, Language::Nl);
        assert_eq!(result, expected.map_err(PadStop::Card), "{answer}");
    }
}

#[test]
fn a_reader_without_keys_is_one_whatever_it_answers() {
    for answer in [
        Err(TransportError::ControlUnsupported),
        Err(TransportError::Service(0x8010_001F)),
        Ok(Vec::new()),
        Ok(bytes("12 04 42330012")),
        Ok(bytes("06 02 4233")),
        Ok(bytes("06 04 4233")),
        Ok(bytes("06")),
    ] {
        let mut reader = Reader {
            name: "ACS ACR38U",
            controls: vec![(FEATURE_REQUEST, answer.clone())],
            ..Reader::default()
        };
        assert_eq!(PinPad::find(&mut reader), Ok(None), "{answer:?}");
    }
    // It lists a keypad, and has none.
    let mut reader = direct("HID Global OMNIKEY 3x21 Smart Card Reader OMNIKEY 3121", None);
    assert_eq!(PinPad::find(&mut reader), Ok(None));
    assert!(reader.sent.is_empty());
    let mut reader = Reader {
        controls: vec![(FEATURE_REQUEST, Err(TransportError::CardRemoved))],
        ..Reader::default()
    };
    assert_eq!(PinPad::find(&mut reader), Err(TransportError::CardRemoved));
}

#[test]
fn readers_of_the_pseudo_apdu_are_asked_by_it_and_no_others() {
    let mut reader = Reader {
        name: "VASCO DIGIPASS 870",
        controls: vec![(FEATURE_REQUEST, Ok(Vec::new()))],
        commands: vec![
            (bytes("FFC2010000"), bytes("06079000")),
            (
                bytes("FFC20106 20 1E1E8947040C0402011308000000000D0000000020000108 20FFFFFFFFFFFFFF"),
                bytes("63C2"),
            ),
        ],
        ..Reader::default()
    };
    let pad = found(&mut reader);
    assert!(pad.changes());
    assert_eq!(pad.verify(&mut reader, Language::Nl), Ok(StatusWord(0x63C2)));
    assert!(reader.commands.is_empty());

    for answer in ["6D00", "079000"] {
        let mut reader = Reader {
            name: "VASCO DIGIPASS 870",
            controls: vec![(FEATURE_REQUEST, Ok(Vec::new()))],
            commands: vec![(bytes("FFC2010000"), bytes(answer))],
            ..Reader::default()
        };
        assert_eq!(PinPad::find(&mut reader), Ok(None), "{answer}");
    }
    assert!(is_entry(&bytes("FFC2010600")) && !is_entry(&bytes("FFC2010000")) && !is_entry(&[0x00, 0x20]));
}

#[test]
fn a_reader_that_cannot_change_a_pin_says_so() {
    let mut reader = Reader {
        controls: vec![(FEATURE_REQUEST, Ok(bytes("06 04 42330006")))],
        ..Reader::default()
    };
    let pad = found(&mut reader);
    assert!(!pad.changes());
    assert_eq!(
        pad.modify(&mut reader, Language::Nl),
        Err(PadStop::Card(CardError::PinPad("it cannot change a PIN")))
    );
}

proptest::proptest! {
    #[test]
    fn any_list_of_features_is_read_or_ignored(list in proptest::collection::vec(0_u8.., 0..60)) {
        let _ = control_code(&list, VERIFY_PIN_DIRECT);
        let _ = entered(&list);
    }
}
