//! What an installation learns of the real PKI by itself, with the published certificates at their addresses.

use zegel::base::time::Timestamp;
use zegel::fetch::table::TableFetcher;
use zegel::journeys::trust::{Refreshed, refresh};
use zegel::pki::anchors::TrustData;
use zegel::pki::certificate::Certificate;
use zegel::pki::need::FetchFailure;
use zegel::pki::trust::Trust;
use zegel::store;

use super::support::certificate;
use crate::support::databases;

const OLD: &str = "http://certs.eid.belgium.be";
const NEW: &str = "http://crt.eidpki.belgium.be/eid";

fn now() -> Timestamp {
    "2025-12-01T09:00:00Z".parse().unwrap()
}

fn published(path: &str) -> Option<Vec<u8>> {
    Some(certificate(path)?.der().to_vec())
}

/// The addresses of the PKI as far as test data has their files; every other one is not there.
fn addresses() -> Option<TableFetcher> {
    let table = TableFetcher::new();
    table.fail("http://", FetchFailure::Http(404));
    for (url, file) in [
        (format!("{OLD}/belgiumrca.crt"), "roots/belgium-root-ca"),
        (format!("{OLD}/belgiumrca2.crt"), "roots/belgium-root-ca2-exp2028"),
        (format!("{OLD}/belgiumrca3.crt"), "roots/belgium-root-ca3"),
        (format!("{OLD}/belgiumrca4.crt"), "roots/belgium-root-ca4-exp2032"),
        (format!("{NEW}/brca6.crt"), "roots/belgium-root-ca6"),
        (
            format!("{NEW}/eidc202001.crt"),
            "intermediates/citizen-ca-202001-rca6",
        ),
        (
            format!("{NEW}/eidc202510.crt"),
            "intermediates/citizen-ca-202510-rca6",
        ),
        (
            format!("{NEW}/eidf202501.crt"),
            "intermediates/foreigner-ca-202501-rca6",
        ),
    ] {
        table.give(&url, published(file)?);
    }
    Some(table)
}

fn nothing_at_hand() -> Trust {
    Trust::new(TrustData::production().unwrap())
}

fn asked(table: &TableFetcher, part: &str) -> usize {
    table
        .asked()
        .iter()
        .filter(|need| need.url().contains(part))
        .count()
}

#[tokio::test]
async fn an_installation_fetches_its_pinned_roots_and_new_authorities_and_keeps_them() {
    for (engine, db, _folder) in databases().await {
        let Some(table) = addresses() else { return };
        let trust = nothing_at_hand();
        let refreshed = refresh(&db, &trust, &table, now()).await.unwrap();
        // Five roots have an address. 202501 of the citizens is not there, so 202510 is not looked for.
        assert_eq!(
            refreshed,
            Refreshed {
                learnt: 7,
                is_complete: true
            },
            "{engine}"
        );
        assert_eq!(trust.material().anchors.count(), 5, "{engine}");
        assert_eq!(
            (asked(&table, "eidc202501"), asked(&table, "eidc202510")),
            (1, 0),
            "{engine}"
        );
        assert_eq!(
            asked(&table, "eidc202002"),
            1,
            "{engine}: a year is walked past what it gave"
        );
        assert_eq!(asked(&table, "202601"), 0, "{engine}: no year that has not begun");

        // A restart needs no network, and looks on where it stopped.
        let restarted = nothing_at_hand();
        store::trust::load(&db, &restarted, now()).await.unwrap();
        assert_eq!(restarted.authorities().len(), 7, "{engine}");
        let again = addresses().unwrap();
        let refreshed = refresh(&db, &restarted, &again, now()).await.unwrap();
        assert_eq!(
            refreshed,
            Refreshed {
                learnt: 0,
                is_complete: true
            },
            "{engine}"
        );
        assert_eq!(
            (asked(&again, "rca"), asked(&again, "eidc202001")),
            (0, 0),
            "{engine}"
        );
    }
}

#[tokio::test]
async fn what_stands_at_an_address_is_believed_only_when_a_pin_says_so() {
    let (_, db, _folder) = databases().await.remove(0);
    let Some(table) = addresses() else { return };
    let test_root = published("roots/TEST-eid-test-ec-root-ca").unwrap();
    table.give(&format!("{NEW}/brca6.crt"), test_root);
    table.give(&format!("{NEW}/eidf202501.crt"), b"<html>moved</html>".to_vec());
    let trust = nothing_at_hand();
    let refreshed = refresh(&db, &trust, &table, now()).await.unwrap();
    // Without Root CA6 nothing below it is kept, and the next round asks again.
    assert_eq!(
        refreshed,
        Refreshed {
            learnt: 4,
            is_complete: false
        }
    );
    let names: Vec<String> = trust
        .authorities()
        .iter()
        .filter_map(Certificate::common_name)
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.contains("TEST") || name.contains("CA6")),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_source_that_does_not_answer_is_left_for_the_next_round() {
    let (_, db, _folder) = databases().await.remove(0);
    let Some(table) = addresses() else { return };
    table.fail(NEW, FetchFailure::Timeout);
    let trust = nothing_at_hand();
    let refreshed = refresh(&db, &trust, &table, now()).await.unwrap();
    assert_eq!(
        refreshed,
        Refreshed {
            learnt: 4,
            is_complete: false
        }
    );
    assert_eq!(asked(&table, "/eid/eid"), 1, "one try, not one for each year");
}

#[tokio::test]
async fn a_first_start_does_not_knock_without_pause() {
    let (_, db, _folder) = databases().await.remove(0);
    let Some(table) = addresses() else { return };
    let trust = nothing_at_hand();
    let later = "2060-12-01T09:00:00Z".parse().unwrap();
    let refreshed = refresh(&db, &trust, &table, later).await.unwrap();
    assert!(!refreshed.is_complete);
    assert_eq!(
        asked(&table, "http://") - trust.data().roots().len() + 2,
        60,
        "two roots have no address"
    );
}
