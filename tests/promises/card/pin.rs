//! The PIN: changed, unblocked, and typed on a reader's own keys.

use std::sync::{Arc, Mutex};

use zegel::base::digest::HashAlgorithm;
use zegel::base::lang::Language;
use zegel::card::CardError;
use zegel::card::eid::{
    Eid, KeyReference, LastTry, ListEntry, ListPin, PinChange, PinSource, PinState, Puk, SignList,
    SignRequest,
};
use zegel::card::transport::{InProcess, TransportError};
use zegel::lab::card::pad::{Keys, PadReader};
use zegel::lab::card::{Applet, Fault, FaultKind, VirtualCard};

use super::rare;
use super::support::{cards, on, pin};

fn digits(text: &str) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(text.as_bytes().to_vec())
}

fn puk(holder: &str, municipality: &str) -> Puk {
    Puk::new(digits(holder), digits(municipality)).unwrap()
}

fn change(eid: &mut Eid<'_>, old: &str, new: &str, last_try: LastTry) -> Result<(), CardError> {
    let (old, new) = (pin(old), pin(new));
    eid.change_pin(PinChange::Typed { old: &old, new: &new }, last_try)
}

/// Whether the card signs with this PIN, and what keeps it from it.
fn sign<'p>(eid: &mut Eid<'_>, source: impl Into<PinSource<'p>>) -> Result<(), CardError> {
    let hash = match eid.card_data()?.applet_version {
        0x18.. => HashAlgorithm::Sha384,
        _ => HashAlgorithm::Sha256,
    };
    let digest = hash.digest(b"signed");
    let request = SignRequest {
        key: KeyReference::Signature,
        hash,
        digest: &digest,
        last_try: LastTry::NotConfirmed,
    };
    eid.sign(&request, source, &mut |_| true).map(drop)
}

/// A card of each generation.
fn generations() -> [VirtualCard; 4] {
    [
        rare::card("applet-10"),
        rare::card("applet-11"),
        rare::card("applet-17"),
        rare::card("eu-plus"),
    ]
}

#[test]
fn the_pin_is_changed_and_the_old_one_is_wrong_afterwards() {
    for card in generations() {
        let applet = card.image().applet;
        let (results, mut connection) = on(card, |eid| {
            [
                change(eid, "1234", "98765432", LastTry::NotConfirmed),
                sign(eid, &pin("98765432")),
                change(eid, "1234", "1111", LastTry::NotConfirmed),
            ]
        });
        let expected = [Ok(()), Ok(()), Err(CardError::PinWrong { left: 2 })];
        assert_eq!(results, expected, "{applet:?}");
        let image = connection.transport().image();
        assert_eq!(
            (image.pin.as_str(), image.tries_left),
            ("98765432", 2),
            "{applet:?}"
        );
        // Nobody inherits the right that a change gives.
        let refused = connection
            .transport()
            .exchange(&[0x00, 0x2A, 0x9E, 0x9A, 0x01, 0x00]);
        assert!(
            format!("{refused:?}").contains("[105, 13"),
            "{applet:?}: {refused:?}"
        );
    }
}

#[test]
fn a_change_lost_in_the_middle_has_an_unknown_outcome_and_is_sent_once() {
    for (kind, expected) in [
        (FaultKind::Communication, CardError::OutcomeUnknown),
        (FaultKind::Reset, CardError::OutcomeUnknown),
        (FaultKind::Removed, CardError::CardRemoved),
    ] {
        let mut card = cards().card(Applet::V18, 0);
        card.add_fault(Fault::now(kind).at_instruction(0x24));
        let (result, mut connection) = on(card, |eid| change(eid, "1234", "4321", LastTry::NotConfirmed));
        assert_eq!(result, Err(expected), "{kind:?}");
        assert_eq!(connection.transport().image().tries_left, 3);
    }
}

#[test]
fn the_puk_unblocks_up_to_1_7_and_later_cards_have_none() {
    for card in generations() {
        let mut card = card;
        let applet = card.image().applet;
        card.image_mut().tries_left = 0;
        card.image_mut().unblock = Some("111222333444".to_owned());
        let (results, mut connection) = on(card, |eid| {
            [
                eid.unblock(&puk("000000", "111222")),
                // PUK1 is the holder's, PUK2 the municipality's; the card gets PUK2 first.
                eid.unblock(&puk("111222", "333444")),
                eid.unblock(&puk("333444", "111222")),
                sign(eid, &pin("1234")),
            ]
        });
        let expected = match applet {
            Applet::V18 => [
                Err(CardError::PukUnsupported),
                Err(CardError::PukUnsupported),
                Err(CardError::PukUnsupported),
                Err(CardError::PinBlocked),
            ],
            _ => [
                Err(CardError::PukWrong { left: 11 }),
                Err(CardError::PukWrong { left: 10 }),
                Ok(()),
                Ok(()),
            ],
        };
        assert_eq!(results, expected, "{applet:?}");
        let left = if applet == Applet::V18 { 0 } else { 3 };
        assert_eq!(connection.transport().image().tries_left, left, "{applet:?}");
    }
    let mut card = rare::card("applet-17");
    card.image_mut().unblock_tries = 1;
    let (results, _) = on(card, |eid| {
        [
            eid.unblock(&puk("000000", "000000")),
            eid.unblock(&puk("000000", "000000")),
        ]
    });
    assert_eq!(results, [Err(CardError::PukBlocked), Err(CardError::PukBlocked)]);
}

/// A reader with keys, and a person who presses these.
fn pad(card: VirtualCard, presses: Vec<Keys>) -> InProcess<PadReader<VirtualCard>> {
    InProcess::new(PadReader::new(card, presses))
}

fn typed(digits: &str) -> Keys {
    Keys::Typed(digits.to_owned())
}

#[test]
fn a_pin_typed_on_the_reader_signs_on_every_generation() {
    for card in generations() {
        let applet = card.image().applet;
        let mut connection = pad(card, vec![typed("1234"), typed("9999"), typed("1234")]);
        let mut eid = Eid::new(&mut connection);
        assert!(eid.pin_pad().unwrap().is_some_and(|pad| pad.changes()));
        let results = [(); 3].map(|()| sign(&mut eid, PinSource::Pad(Language::Nl)));
        let expected = [Ok(()), Err(CardError::PinWrong { left: 2 }), Ok(())];
        assert_eq!(results, expected, "{applet:?}");
    }
}

#[test]
fn what_happens_at_the_keys_has_its_cause_and_costs_no_try() {
    for (keys, expected) in [
        (Keys::Cancel, CardError::PinCancelled),
        (Keys::Nothing, CardError::PinTimeout),
        (typed("123"), CardError::PinLength { min: 4, max: 12 }),
        (Keys::Deaf, CardError::PinPad("it answered nothing")),
    ] {
        let mut connection = pad(cards().card(Applet::V18, 0), vec![keys.clone()]);
        let mut eid = Eid::new(&mut connection);
        assert_eq!(
            sign(&mut eid, PinSource::Pad(Language::Fr)),
            Err(expected),
            "{keys:?}"
        );
        assert_eq!(eid.pin_state(), Ok(PinState::Left(3)), "{keys:?}");
    }
    // No keys: nothing is sent.
    let (results, mut connection) = on(cards().card(Applet::V18, 0), |eid| {
        (eid.pin_pad(), sign(eid, PinSource::Pad(Language::Nl)))
    });
    assert_eq!(results, (Ok(None), Err(CardError::PinPad("the reader has none"))));
    assert_eq!(connection.transport().image().tries_left, 3);
}

#[test]
fn the_pin_is_changed_on_the_reader() {
    let new = |again: &str| Keys::Changed {
        old: "1234".to_owned(),
        new: "4321".to_owned(),
        again: again.to_owned(),
    };
    let mut connection = pad(cards().card(Applet::V18, 0), vec![new("4322"), new("4321")]);
    let mut eid = Eid::new(&mut connection);
    let results = [(); 2].map(|()| eid.change_pin(PinChange::Pad(Language::De), LastTry::NotConfirmed));
    assert_eq!(results, [Err(CardError::PinsDiffer), Ok(())]);
    assert_eq!(connection.transport().card().image().pin, "4321");
}

#[test]
fn the_last_try_is_not_used_on_a_keypad_either() {
    let mut card = cards().card(Applet::V17, 0);
    card.image_mut().tries_left = 1;
    let mut connection = pad(card, vec![typed("1234")]);
    let mut eid = Eid::new(&mut connection);
    assert_eq!(
        sign(&mut eid, PinSource::Pad(Language::Nl)),
        Err(CardError::PinLastTry)
    );
    assert_eq!(connection.transport().pressed(), 0, "nobody was asked");
}

#[test]
fn a_keypad_that_asks_on_its_own_is_not_used_with_cards_that_count_it() {
    for (name, is_used) in [("applet-11", false), ("applet-17", true), ("eu-plus", true)] {
        let mut connection =
            InProcess::new(PadReader::new(rare::card(name), Vec::new()).named("Gemalto GemPC Pinpad 00 00"));
        assert_eq!(
            Eid::new(&mut connection).pin_pad().map(|pad| pad.is_some()),
            Ok(is_used),
            "{name}"
        );
    }
}

#[test]
fn a_list_on_a_keypad_takes_as_many_entries_as_were_said() {
    let entries: Vec<ListEntry> = (0..4)
        .map(|number| ListEntry {
            hash: HashAlgorithm::Sha384,
            digest: vec![number; 48],
        })
        .collect();
    let list = SignList {
        key: KeyReference::Signature,
        entries: &entries,
        last_try: LastTry::NotConfirmed,
    };
    let from = ListPin::Pad(Language::Nl);
    assert_eq!(from.entries_for(entries.len()), 4);
    // Cancelled at the third: two exist.
    let presses = vec![typed("1234"), typed("1234"), Keys::Cancel];
    let mut connection = pad(cards().card(Applet::V18, 0), presses);
    let handed = Arc::new(Mutex::new(Vec::new()));
    let result = Eid::new(&mut connection).sign_list(&list, from, &mut |_, _| true, &mut |index, _| {
        handed.lock().unwrap().push(index);
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(result, Err(CardError::PinCancelled));
    assert_eq!(*handed.lock().unwrap(), [0, 1]);
    assert_eq!(connection.transport().card().image().tries_left, 3);
}

#[test]
fn a_reader_lost_at_the_keys_never_asks_twice() {
    let mut connection = pad(
        cards().card(Applet::V18, 0),
        vec![Keys::Lost(TransportError::Communication), typed("1234")],
    );
    let mut eid = Eid::new(&mut connection);
    assert_eq!(
        sign(&mut eid, PinSource::Pad(Language::Nl)),
        Err(CardError::Communication)
    );
    assert_eq!(connection.transport().pressed(), 1);
}
