//! Lists read, searched and refused.

use super::*;
use crate::asn1::write;

#[test]
fn extensions_beyond_number_are_refused() {
    let list = |count: u64| {
        let items: Vec<u8> = (0..count)
            .flat_map(|number| {
                let name = format!("1.2.3.{number}").parse().unwrap();
                write::sequence(&[&write::oid(&name), &write::octet_string(&[])])
            })
            .collect();
        let der = write::sequence(&[&items]);
        Found::default().read(&read::single(&der, Rules::Der).unwrap())
    };
    assert_eq!(list(64), Ok(()));
    assert_eq!(list(65), Err(CrlDefect::Malformed));
}

#[test]
fn fast_dates_agree_with_the_calendar() {
    let mut at: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
    let end: Timestamp = "2050-01-01T00:00:00Z".parse().unwrap();
    while at < end {
        let der = write::time(at);
        let element = read::single(&der, Rules::Der).unwrap();
        assert_eq!(i64::from(seconds(&element).unwrap()), at.as_seconds(), "{at}");
        at = at.plus(std::time::Duration::from_secs(86_400 * 7 / 3 + 4_321));
    }
    for bad in [
        "230230120000Z",
        "231301000000Z",
        "230100000000Z",
        "230101240000Z",
        "23010112000AZ",
    ] {
        let der = write::element(tag::UTC_TIME, bad.as_bytes());
        assert!(
            seconds(&read::single(&der, Rules::Der).unwrap()).is_err(),
            "{bad}"
        );
    }
}

fn list(entries: &[(&[u8], Option<u8>)]) -> Entries {
    let at: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    let rows: Vec<Vec<u8>> = entries
        .iter()
        .map(|(serial, reason)| {
            let extensions = reason.map(|code| {
                let value = write::octet_string(&write::element(tag::ENUMERATED, &[code]));
                write::sequence(&[&write::sequence(&[
                    &write::oid(&"2.5.29.21".parse().unwrap()),
                    &value,
                ])])
            });
            write::sequence(&[
                &write::integer_bytes(serial),
                &write::time(at),
                extensions.as_deref().unwrap_or_default(),
            ])
        })
        .collect();
    let der = write::sequence(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
    Entries::parse(&read::single(&der, Rules::Der).unwrap(), true).unwrap()
}

#[test]
fn entries_are_found_whatever_the_length_and_order_of_serial_numbers() {
    let long = [0x9A; 20];
    for serials in [
        vec![&[5_u8][..], &[1, 0], &[0x10; 16], &[3]],
        vec![&[5_u8][..], &long, &[1, 0], &[0x10; 16]],
    ] {
        let entries = list(
            &serials
                .iter()
                .map(|serial| (*serial, Some(6)))
                .collect::<Vec<_>>(),
        );
        for serial in &serials {
            assert!(
                matches!(
                    entries.find(serial),
                    CertificateStatus::Revoked {
                        reason: Reason::CertificateHold,
                        ..
                    }
                ),
                "{serial:?}"
            );
        }
        for absent in [
            &[4_u8][..],
            &[0x10; 15],
            &[0xFF; 20],
            &[0xFF; 21],
            &[0xFF; 40],
            &[],
        ] {
            assert_eq!(entries.find(absent), CertificateStatus::Good, "{absent:?}");
        }
    }
    assert_eq!(list(&[]).find(&[1]), CertificateStatus::Good);
    let revoked = list(&[(&[9], None)]).find(&[9]);
    assert!(matches!(
        revoked,
        CertificateStatus::Revoked {
            reason: Reason::Unspecified,
            ..
        }
    ));
}

#[test]
fn numbers_compare_as_numbers() {
    assert!(compare_numbers(&[0, 0xFF], &[1, 0]).is_lt());
    assert!(compare_numbers(&[2], &[2]).is_eq());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_survived(data: Vec<u8>) {
        let _ = UnverifiedCrl::parse(&data).and_then(|list| list.unverified_content());
    }
}
