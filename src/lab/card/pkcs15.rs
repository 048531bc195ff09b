//! The PKCS#15 files and EF(DIR), byte by byte (reference belgian-eid-card §6).

use super::image::CardImage;
use super::profile::Applet;
use crate::asn1::write;

/// Writes EF(DIR), EF(ODF), EF(TokenInfo), EF(AODF), EF(PrKDF) and EF(CDF) for the certificates on the card.
pub(super) fn write_directory(image: &mut CardImage) {
    let hex = |text: &str| hex::decode(text).unwrap_or_default();
    let directory = "61234F0CA000000177504B43532D3135500642454C50494351043F00DF0073050603603802";
    image.set_file("3F002F00", hex(directory));
    let objects = "A00A300804063F00DF005035A40A300804063F00DF005037A80A300804063F00DF005034";
    image.set_file("3F00DF005031", hex(objects));
    image.set_file("3F00DF005032", token_info(image));
    let pin = "3033300F0C0942617369632050494E030206C03003040101A11B30190302020C0A01000201040201088001010401FF300404023F00";
    image.set_file("3F00DF005034", hex(pin));
    image.set_file("3F00DF005035", private_keys(image.applet));
    let certificates = certificates(image);
    image.set_file("3F00DF005037", certificates);
}

fn token_info(image: &CardImage) -> Vec<u8> {
    let personalisation: [u8; 4] = match image.applet {
        Applet::V10 => [1, 1, 0, 0],
        Applet::V11 => [2, 2, 0, 0],
        Applet::V17 => [3, 3, 0, 0],
        Applet::V18 => [3, 4, 0, 0],
    };
    write::sequence(&[
        &write::integer(0),
        &write::octet_string(&image.chip.0),
        &write::element(0x80, b"BELPIC"),
        &[0x03, 0x02, 0x04, 0x30],
        &write::element(0x9E, &personalisation),
    ])
}

fn private_keys(applet: Applet) -> Vec<u8> {
    let (outer, bits): (u8, [u8; 4]) = match applet {
        Applet::V10 | Applet::V11 => (0x30, [0x02, 0x02, 0x04, 0x00]),
        Applet::V17 => (0x30, [0x02, 0x02, 0x08, 0x00]),
        Applet::V18 => (0xA0, [0x02, 0x02, 0x01, 0x80]),
    };
    let flags = [0x03, 0x02, 0x06, 0xC0];
    let pin = write::octet_string(&[1]);
    let path = write::sequence(&[&write::octet_string(&[0x3F, 0x00, 0xDF, 0x00])]);
    let kind = write::element(0xA1, &write::sequence(&[&path, &bits]));
    let access = [0x03, 0x02, 0x03, 0xB8];
    let authentication = write::element(
        outer,
        &[
            write::sequence(&[&write::utf8("Authentication"), &flags, &pin]),
            // Usage: sign.
            write::sequence(&[
                &write::octet_string(&[2]),
                &[0x03, 0x02, 0x05, 0x20],
                &access,
                &[0x02, 0x02, 0x00, 0x82],
            ]),
            kind.clone(),
        ]
        .concat(),
    );
    let signature = write::element(
        outer,
        &[
            // The PIN is wanted for every use: userConsent 1.
            write::sequence(&[&write::utf8("Signature"), &flags, &pin, &write::integer(1)]),
            // Usage: nonRepudiation.
            write::sequence(&[
                &write::octet_string(&[3]),
                &[0x03, 0x03, 0x06, 0x00, 0x40],
                &access,
                &[0x02, 0x02, 0x00, 0x83],
            ]),
            kind,
        ]
        .concat(),
    );
    [authentication, signature].concat()
}

fn certificates(image: &CardImage) -> Vec<u8> {
    let new = image.applet == Applet::V18;
    let mut all = Vec::new();
    let mut absent = 0_usize;
    for (label, id, file, authority) in [
        ("Authentication", 2_u8, 0x38_u8, false),
        ("Signature", 3, 0x39, false),
        ("CA", 4, 0x3A, true),
        ("Root", 6, 0x3B, true),
    ] {
        let flags = if new {
            [0x03, 0x02, 0x06, 0x40]
        } else {
            [0x03, 0x02, 0x06, 0xC0]
        };
        let mut class = write::octet_string(&[id]);
        if authority {
            class.extend(write::boolean(true));
        }
        if new {
            class.extend_from_slice(&[0x83, 0x01, 0x00]);
        }
        let path = write::sequence(&[&write::octet_string(&[0x3F, 0x00, 0xDF, 0x00, 0x50, file])]);
        let entry = write::sequence(&[
            &write::sequence(&[&write::utf8(label), &flags, &write::octet_string(&[1])]),
            &write::sequence(&[&class]),
            &write::element(0xA1, &write::sequence(&[&path])),
        ]);
        let there = image
            .file(&format!("3F00DF0050{file:02X}"))
            .is_some_and(|content| content.first() == Some(&0x30));
        if there {
            all.extend(entry);
        } else {
            absent += entry.len();
        }
    }
    // Entries of absent certificates are left out, and the file keeps its length.
    all.extend(std::iter::repeat_n(0, absent));
    all
}
