//! Objects and files that are cut, doubled, changed, or made to do harm: the right element is invalid, and nothing else.

use std::io::Write as _;

use zegel::card::CardError;
use zegel::card::family::CardCertificate;
use zegel::card::piv::{PinPolicy, read_certificate, read_chuid, read_pin_policy};
use zegel::card::pkcs15::{
    Value, read_certificates, read_dir, read_keys, read_odf, read_pins, read_token_info,
};
use zegel::lab::card::{TokenCard, TokenImage};

use super::support::{Recorded, on, token, token_with};

fn found(card: TokenCard) -> Result<Vec<CardCertificate>, CardError> {
    on(card, |card| card.certificates()).0
}

fn states(card: TokenCard) -> Vec<(String, bool)> {
    let found = found(card).unwrap();
    found
        .into_iter()
        .map(|one| (one.key.to_string(), one.der.is_ok()))
        .collect()
}

fn row(key: &str, good: bool) -> (String, bool) {
    (key.to_owned(), good)
}

#[test]
fn a_certificate_object_that_is_cut_is_the_only_one_that_is_invalid() {
    for slug in ["piv", "piv-ec"] {
        let object = token(slug).image().object("5FC10A").unwrap().to_vec();
        for length in [1, 2, 3, 4, 9, object.len() / 2, object.len() - 3] {
            let card = token_with(slug, |image| {
                image.set_object("5FC10A", object[..length].to_vec())
            });
            let expected = [
                row("9A", true),
                row("9C", false),
                row("9D", true),
                row("9E", true),
            ];
            assert_eq!(states(card), expected, "{slug}, {length} bytes");
        }
        // Twice the same object: what follows the first one is not looked at.
        let card = token_with(slug, |image| {
            image.set_object("5FC10A", [&object[..], &object[..]].concat())
        });
        assert!(states(card).iter().all(|(_, good)| *good), "{slug}");
    }
}

#[test]
fn a_changed_byte_of_a_compressed_certificate_is_found_by_its_check() {
    let object = token("piv-ec").image().object("5FC10A").unwrap().to_vec();
    let mut refused = 0;
    for at in 0..object.len() {
        let mut changed = object.clone();
        changed[at] ^= 0x40;
        // Header flags, time stamps and the information byte may change without harm; the certificate may not.
        match read_certificate(&changed) {
            Ok(Some(der)) => assert_eq!(Ok(Some(der)), read_certificate(&object), "byte {at}"),
            Ok(None) | Err(CardError::Malformed { .. }) => refused += 1,
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(refused > object.len() / 2, "{refused} of {}", object.len());
}

fn compressed(content: &[u8], gzip: bool) -> Vec<u8> {
    let best = flate2::Compression::best();
    if gzip {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), best);
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    } else {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), best);
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }
}

fn object_of(body: &[u8], information: u8) -> Vec<u8> {
    use zegel::asn1::write::element;
    element(
        0x53,
        &[
            element(0x70, body),
            element(0x71, &[information]),
            element(0xFE, &[]),
        ]
        .concat(),
    )
}

#[test]
fn what_unpacks_to_more_than_a_certificate_is_refused_before_it_is_unpacked() {
    let der = |length: usize| {
        let content = vec![0x04; length];
        zegel::asn1::write::element(0x30, &content)
    };
    for gzip in [true, false] {
        let largest = der(16 * 1024 - 4);
        assert_eq!(largest.len(), 16 * 1024);
        assert_eq!(
            read_certificate(&object_of(&compressed(&largest, gzip), 1)),
            Ok(Some(largest))
        );
        let too_large = der(16 * 1024 - 3);
        let refused = read_certificate(&object_of(&compressed(&too_large, gzip), 1));
        assert!(matches!(refused, Err(CardError::Malformed { .. })), "{refused:?}");
        // Sixty-four megabytes in sixty-four kilobytes.
        let bomb = compressed(&vec![0; 64 << 20], gzip);
        assert!(bomb.len() < 80_000, "{}", bomb.len());
        let refused = read_certificate(&object_of(&bomb, 1));
        assert!(
            matches!(
                refused,
                Err(CardError::Malformed {
                    what: "compressed certificate",
                    at: 16_385
                })
            ),
            "{refused:?}"
        );
    }
    // Packed and not said to be, and the other way round.
    let plain = der(100);
    assert!(read_certificate(&object_of(&compressed(&plain, true), 0)).is_err());
    assert!(read_certificate(&object_of(&plain, 1)).is_err());
}

#[test]
fn objects_say_nothing_more_than_stands_in_them() {
    let empty: [&str; 3] = ["", "5300", "530470007100"];
    for object in empty {
        assert_eq!(
            read_certificate(&hex::decode(object).unwrap()),
            Ok(None),
            "{object}"
        );
    }
    for object in ["7000", "53", "5380", "53027001", "530570030401ff", "530570033001"] {
        assert!(
            read_certificate(&hex::decode(object).unwrap()).is_err(),
            "{object}"
        );
    }
    let chuid = token("piv").image().object("5FC102").unwrap().to_vec();
    let read = read_chuid(&chuid).unwrap().unwrap();
    assert!(read.guid.is_some() && read.expires.is_some());
    assert!(read.fasc_n_digits().unwrap().starts_with("99999999"));
    for (object, what) in [
        ("531a3018".to_owned() + &"00".repeat(24), "a FASC-N of 24 bytes"),
        ("5311340f".to_owned() + &"00".repeat(15), "a UUID of 15 bytes"),
        ("530a35083230323631333031".to_owned(), "month 13"),
        ("530a35083230323630323330".to_owned(), "30 February"),
        ("5309350732303236303233".to_owned(), "seven digits"),
        ("530a350832303236 303261".replace(' ', "") + "61", "letters"),
    ] {
        assert!(read_chuid(&hex::decode(&object).unwrap()).is_err(), "{what}");
    }
    for at in 0..chuid.len() {
        let _ = read_chuid(&chuid[..at]);
    }
    for (object, policy) in [
        ("7e055f2f026020", PinPolicy::Global),
        ("7e055f2f024010", PinPolicy::Application),
        ("7e055f2f026010", PinPolicy::Application),
        // Primary global, and not enabled: nonsense.
        ("7e055f2f024020", PinPolicy::Application),
        ("7e045f2f0160", PinPolicy::Application),
        ("7e00", PinPolicy::Application),
        ("", PinPolicy::Application),
        ("7e80", PinPolicy::Application),
    ] {
        assert_eq!(read_pin_policy(&hex::decode(object).unwrap()), policy, "{object}");
    }
}

/// Changes one object of the PKCS#15 token.
fn with_file(id: &str, change: impl FnOnce(&mut Vec<u8>)) -> TokenCard {
    token_with("pkcs15-ec", |image: &mut TokenImage| {
        let name = format!("3F005015{id}");
        let mut file = image.object(&name).unwrap().to_vec();
        change(&mut file);
        image.set_object(&name, file);
    })
}

#[test]
fn a_certificate_file_that_is_cut_or_gone_is_the_only_one_that_is_invalid() {
    let expected = [row("01", true), row("02", false)];
    for length in [0, 1, 4, 100] {
        assert_eq!(
            states(with_file("4502", |file| file.truncate(length))),
            expected,
            "{length}"
        );
    }
    let card = token_with("pkcs15-ec", |image| drop(image.objects.remove("3F0050154502")));
    assert_eq!(states(card), expected);
    // A length that promises more than a card can hold, and one that promises nothing.
    for head in ["3084ffffffff", "30827fff", "3080", "3000"] {
        let card = with_file("4502", |file| {
            let head = hex::decode(head).unwrap();
            file[..head.len()].copy_from_slice(&head);
        });
        let states = states(card);
        assert_eq!(states[0], row("01", true), "{head}");
        if head != "3000" {
            assert_eq!(states[1], row("02", false), "{head}");
        }
    }
}

#[test]
fn an_object_that_is_malformed_hides_no_other() {
    let directory = token("pkcs15-ec")
        .image()
        .object("3F0050154404")
        .unwrap()
        .to_vec();
    let whole = read_certificates(&directory);
    assert_eq!(whole.len(), 3);
    // The first certificate's identifier becomes a number: that object is left out.
    let at = directory
        .windows(3)
        .position(|part| part == [0x04, 0x01, 0x01])
        .unwrap();
    let mut changed = directory.clone();
    changed[at] = 0x02;
    let left: Vec<Vec<u8>> = read_certificates(&changed)
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(left, [vec![0x02], vec![0x10]]);
    // Cut anywhere: never more than there was, and only from the end.
    for length in 0..directory.len() {
        let some = read_certificates(&directory[..length]);
        assert_eq!(some[..], whole[..some.len()], "{length}");
    }
    // Doubled: the same objects twice, and still a bound.
    let many = directory.trim_ascii_end();
    let many: Vec<u8> = many.iter().copied().take_while(|_| true).collect();
    let objects: Vec<u8> = whole_objects(&many).repeat(100);
    assert!(read_certificates(&objects).len() <= 64);
}

/// The objects of a directory without the zeros behind them.
fn whole_objects(directory: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = directory;
    while rest.first().is_some_and(|first| *first != 0) {
        let length = zegel::asn1::read::der_length(rest).unwrap();
        kept.extend_from_slice(&rest[..length]);
        rest = &rest[length..];
    }
    kept
}

#[test]
fn directories_that_lead_in_circles_are_followed_once() {
    for (what, directory) in [
        ("itself", "a008300604043f005031".to_owned()),
        ("itself by its place", "a40430020402".to_owned() + "5031"),
        (
            "the same file a hundred times",
            "a4063004040244040000".replace("0000", "").repeat(100),
        ),
        (
            "every file of the card",
            (0..60)
                .map(|id| format!("a406300404024{id:03x}"))
                .collect::<String>(),
        ),
        (
            "a path through the master file again",
            "a40e300c040a3f0050153f0050155031".to_owned(),
        ),
        ("a path too deep", "a41630140412".to_owned() + &"5015".repeat(9)),
        ("an odd path", "a4073005040350310a".to_owned()),
    ] {
        let card = token_with("pkcs15-ec", |image| {
            image.set_object("3F0050155031", hex::decode(&directory).unwrap());
        });
        let (card, line) = Recorded::new(card);
        let (result, _) = on(card, |card| card.certificates());
        assert!(result.is_ok(), "{what}: {result:?}");
        let commands = line.lock().unwrap().len();
        assert!(commands < 250, "{what}: {commands} commands");
    }
}

#[test]
fn paths_parts_and_inline_values_are_read_as_they_stand() {
    let inline = "301b 3005 0c03 545354 3003 0401 07 a10d 300b a009 3007 0405 3132333435".replace(' ', "");
    let read = read_certificates(&hex::decode(&inline).unwrap());
    assert_eq!(read.len(), 1);
    assert!(matches!(&read[0].value, Value::Inline(der) if der.starts_with(&[0x30, 0x07])));
    let part =
        "301d 3005 0c03 545354 3003 0401 07 a10f 300d 300b 0402 4501 0201 10 8002 0123".replace(' ', "");
    let read = read_certificates(&hex::decode(&part).unwrap());
    let Value::File(path) = &read[0].value else {
        panic!("{read:?}")
    };
    assert_eq!((path.index, path.length), (0x10, Some(0x123)));
    // The part of a file that is meant is what is read.
    let card = token_with("pkcs15-ec", |image| {
        let certificate = image.object("3F0050154501").unwrap().to_vec();
        image.set_object(
            "3F0050154501",
            [&[0xEE; 16][..], &certificate, &[0xEE; 16]].concat(),
        );
        let length = u16::try_from(certificate.len()).unwrap();
        let directory = format!("301d30050c035453543003040101a10f300d300b0402450102011080 02{length:04x}")
            .replace(' ', "");
        image.set_object("3F0050154404", hex::decode(directory).unwrap());
    });
    assert_eq!(states(card), [row("01", true)]);
}

#[test]
fn what_a_token_says_of_itself_is_bounded() {
    let good = token("pkcs15").image().object("3F0050155032").unwrap().to_vec();
    let info = read_token_info(&good).unwrap();
    assert_eq!(info.algorithms.len(), 2);
    assert_eq!(info.manufacturer.as_deref(), Some("zegel TEST"));
    for length in 0..good.len() {
        assert!(read_token_info(&good[..length]).is_err(), "{length}");
    }
    let forged = zegel::asn1::write::sequence(&[
        &zegel::asn1::write::integer(0),
        &zegel::asn1::write::octet_string(&[1]),
        &zegel::asn1::write::utf8(&format!("a\nPIN ok\r{}", "x".repeat(500))),
    ]);
    let maker = read_token_info(&forged).unwrap().manufacturer.unwrap();
    assert!(maker.len() <= 64 && !maker.contains(['\n', '\r']), "{maker}");
    // A PIN that claims a block of a megabyte is no PIN.
    let pins = token("pkcs15").image().object("3F0050154401").unwrap().to_vec();
    assert_eq!(read_pins(&pins).len(), 2);
    let at = pins
        .windows(3)
        .position(|part| part == [0x02, 0x01, 0x08])
        .unwrap();
    let mut huge = pins.clone();
    huge[at + 2] = 0x7F;
    assert_eq!(read_pins(&huge).len(), 1);
    assert!(read_keys(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]).is_empty());
    assert!(read_odf(&[0xA4, 0x80, 0x00, 0x00]).is_empty());
    assert!(read_dir(&hex::decode("61034f01a0").unwrap()).is_empty());
}
