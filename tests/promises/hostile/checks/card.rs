//! What a card, or something that only looks like one, sends.

use zegel::asn1::read::{Element, Reader, Rules};
use zegel::base::digest::HashAlgorithm;
use zegel::base::lang::Language;
use zegel::base::secret::Pin;
use zegel::card::apdu::{Command, Response};
use zegel::card::eid::{
    self, Address, BirthDate, CardData, DocumentType, Eid, File, Identity, KeyReference, LastTry, ListEntry,
    PinChange, PinSource, SignList, SignRequest,
};
use zegel::card::pad::FEATURE_REQUEST;
use zegel::card::tlv;
use zegel::card::transport::{Connection, Step, Transport, TransportError};
use zegel::lab::card::{CardImage, CardKeys, VirtualCard};

/// TLV, identity and address files, the answers to single commands, and texts on the card.
pub fn files(bytes: &[u8]) {
    if let Ok(found) = tlv::parse(bytes) {
        let taken: usize = found.iter().map(|one| one.value.len() + 2).sum();
        assert!(taken <= bytes.len(), "a file gives no more than it holds");
    }
    assert_eq!(tlv::is_cut(bytes), tlv::parse(bytes).is_err());
    assert!(tlv::der_trimmed(bytes).len() <= bytes.len());
    if let Ok(identity) = Identity::parse(bytes) {
        // What a log may show: the kind of document, and which tags are odd. No name, no number.
        let plain = format!("Identity({:?}, {:?})", identity.document_type, identity.warnings);
        assert_eq!(format!("{identity:?}"), plain);
        let _ = identity.photo_hash_algorithm();
        let residence = identity.residence();
        assert!(residence.employers.len() <= identity.further.len());
        assert!(identity.warnings.iter().all(|warning| !warning.code().is_empty()));
        let _ = eid::genuine::photo(&identity, Some(bytes));
        let _ = eid::genuine::basic_key(&identity, Some(bytes));
    }
    let _ = Address::parse(bytes);
    let _ = CardData::parse(bytes).map(|data| data.generation());
    let _ = eid::is_likely_belgian(bytes);
    assert!(eid::genuine::trimmed_signature(bytes).len() <= bytes.len());
    assert!(eid::genuine::without_trailing_zeros(bytes).len() <= bytes.len());
    if let Some(command) = Command::parse(bytes) {
        let again = Command::parse(&command.to_tpdu()).unwrap();
        assert_eq!((again.header(), again.data()), (command.header(), command.data()));
    }
    if let Some(response) = Response::parse(bytes.to_vec()) {
        assert_eq!(response.to_bytes(), bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let date = BirthDate::parse(&text);
    assert!(date.month.is_none_or(|month| (1..=12).contains(&month)));
    assert!(date.day.is_none_or(|day| (1..=31).contains(&day)));
    let _ = DocumentType::parse(&text).map(DocumentType::name);
}

/// Card images, as JSON and as published XML; what is one is then a card that answers any command.
pub fn images(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let published = CardImage::from_published_xml(&text).ok();
    for image in [CardImage::from_json(bytes), published].into_iter().flatten() {
        let again = serde_json::to_vec(&image).unwrap();
        assert_eq!(
            CardImage::from_json(&again).as_ref(),
            Some(&image),
            "an image is what was saved"
        );
        let (tries, puk) = (image.tries_left, image.unblock_tries);
        let mut card = VirtualCard::new(image, CardKeys::default());
        for command in bytes.chunks(5).take(200) {
            let answer = card.transmit(command).unwrap();
            assert!((2..=258).contains(&answer.len()), "{} bytes", answer.len());
        }
        assert!(
            card.image().tries_left <= tries.max(CardImage::PIN_TRIES) && card.image().unblock_tries <= puk
        );
    }
}

/// DER and BER: what is read lies inside what was given, and inside its own parent.
pub fn asn1(bytes: &[u8]) {
    for rules in [Rules::Der, Rules::Ber] {
        let mut left = 20_000;
        walk(&mut Reader::new(bytes, rules), bytes, &mut left);
    }
}

fn walk(reader: &mut Reader<'_>, all: &[u8], left: &mut usize) {
    while let Ok(Some(element)) = reader.next() {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return;
        }
        let start = element.offset();
        assert_eq!(
            all.get(start..start + element.whole().len()),
            Some(element.whole()),
            "an element is where it says"
        );
        assert!(element.content().len() < element.whole().len());
        values(&element);
        if let Ok(mut inside) = element.inside() {
            walk(&mut inside, all, left);
        }
    }
}

fn values(element: &Element<'_>) {
    if let Ok(oid) = element.oid() {
        assert_eq!(oid.content(), element.content());
        // Arcs past 128 bits have no exact text; all others do.
        if let Ok(again) = oid.to_string().parse::<zegel::asn1::oid::Oid>()
            && element.content().len() < 18
        {
            assert_eq!(again, oid, "the text of an identifier names it");
        }
    }
    if let Ok(number) = element.unsigned() {
        let again = zegel::asn1::write::integer(number);
        let mut reader = Reader::new(&again, Rules::Der);
        assert_eq!(reader.any().unwrap().unsigned(), Ok(number));
    }
    if let Ok(at) = element.time() {
        assert_eq!(at.to_string().parse(), Ok(at));
    }
    let _ = element
        .octets()
        .map(|octets| assert!(octets.len() <= element.content().len()));
    let _ = element.implicit_octets();
    let _ = element.boolean();
    let _ = element.bit_octets();
    let _ = element.named_bit(4);
    let _ = element.text();
}

/// A card whose every answer is the next piece of `bytes`, and silence after them.
pub fn driver(bytes: &[u8]) {
    let mut card = Scripted::new(bytes);
    let mut eid = Eid::new(&mut card);
    if let Ok(read) = eid.read_everything() {
        for (_, content) in read.iter() {
            assert!(content.len() <= 70_000, "no file grows past what a card can hold");
        }
    }
    let _ = eid.read(File::Photo);
    let _ = eid.pin_state();
    let _ = eid.challenge_chip(&[7; 48]);
    assert!(card.commands < 3_000, "{} commands", card.commands);
    with_pin(bytes);
}

/// The same card is given a PIN: it is sent once for each time it was typed, whatever the card answers.
fn with_pin(bytes: &[u8]) {
    let typed = || Pin::from_digits(zeroize::Zeroizing::new(b"271828".to_vec())).unwrap();
    let request = SignRequest {
        key: KeyReference::Signature,
        hash: HashAlgorithm::Sha384,
        digest: &[7; 48],
        last_try: LastTry::NotConfirmed,
    };
    let entries = [(); 3].map(|()| ListEntry {
        hash: HashAlgorithm::Sha384,
        digest: vec![7; 48],
    });
    let list = SignList {
        key: KeyReference::Authentication,
        entries: &entries,
        last_try: LastTry::Confirmed,
    };
    let operations: [&dyn Fn(&mut Eid<'_>) -> usize; 4] = [
        &|eid| {
            let _ = eid.sign(&request, &typed(), &mut |_| false);
            1
        },
        &|eid| {
            let mut handed = 0;
            let _ = eid.sign_list(&list, typed(), &mut |_, _| true, &mut |_, _| {
                handed += 1;
                std::ops::ControlFlow::Continue(())
            });
            handed + 1
        },
        &|eid| {
            let _ = eid.change_pin(PinChange::Pad(Language::Nl), LastTry::NotConfirmed);
            let _ = eid.sign(&request, PinSource::Pad(Language::Nl), &mut |_| true);
            2
        },
        &|eid| {
            let (old, new) = (typed(), typed());
            let _ = eid.change_pin(PinChange::Typed { old: &old, new: &new }, LastTry::NotConfirmed);
            1
        },
    ];
    for operation in operations {
        let mut card = Scripted::new(bytes);
        let typed = operation(&mut Eid::new(&mut card));
        assert!(
            card.pins <= typed,
            "a PIN typed {typed} times was sent {} times",
            card.pins
        );
    }
}

pub(super) struct Scripted<'b> {
    answers: &'b [u8],
    pub(super) commands: usize,
    /// How often a PIN was sent, or was to be typed on the reader.
    pins: usize,
}

impl<'b> Scripted<'b> {
    pub(super) const fn new(answers: &'b [u8]) -> Self {
        Self {
            answers,
            commands: 0,
            pins: 0,
        }
    }
}

impl Connection for Scripted<'_> {
    fn run(
        &mut self,
        step: &mut dyn FnMut(&mut dyn Transport) -> Step,
    ) -> Result<(), zegel::card::error::CardError> {
        for _ in 0..3 {
            match step(self) {
                Step::Done(_) => return Ok(()),
                Step::Again(error) if error.is_curable() => {}
                Step::Again(error) => return Err(error.into()),
            }
        }
        Err(TransportError::CardMute.into())
    }
}

impl Transport for Scripted<'_> {
    fn atr(&self) -> Vec<u8> {
        self.answers.iter().take(33).copied().collect()
    }

    fn control(&mut self, code: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        if code == FEATURE_REQUEST {
            return Ok(vec![6, 4, 0, 0, 0, 1, 7, 4, 0, 0, 0, 2]);
        }
        self.transmit(&[0x00, 0x20, 0x00, 0x01, 0x08])
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands += 1;
        if command.len() > 4 && matches!(command, [0x00, 0x20 | 0x24, ..]) {
            self.pins += 1;
        }
        let Some((length, rest)) = self.answers.split_first() else {
            return Err(TransportError::CardMute);
        };
        // A long answer is announced by FF; short ones are what most faults are made of.
        let length = if *length == 0xFF {
            258
        } else {
            usize::from(*length)
        };
        let (answer, rest) = rest.split_at(length.min(rest.len()));
        self.answers = rest;
        Ok(answer.to_vec())
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}
