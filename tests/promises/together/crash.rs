//! The service is ended without warning in the middle of a signature.

use zegel::lab::card::{Fault, FaultKind};
use zegel::lab::services::{Service, ServiceMode};

use super::town::Town;
use crate::support::fresh_postgres;

/// Kills it twice in one request: while the card is at work, and between the card's value and the time-stamp.
async fn killed_twice(database: Option<String>) {
    let Some(mut town) = Town::open(&["mayor", "director"], database).await else {
        return;
    };
    town.hold(&["mayor"]);
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;

    // Prepared, not signed: the PIN was typed, and the card takes its time.
    let asked = town.lab.pins_shown().len();
    town.fault("mayor", Fault::now(FaultKind::Slow(3000)).at_instruction(0x2A));
    mayor.go(&format!("{address}/confirm")).await.unwrap();
    mayor.send("/counter", &[]).await.unwrap();
    town.wait_until("the PIN is asked", || town.lab.pins_shown().len() > asked)
        .await;
    town.kill();
    town.clear("mayor");
    town.reopen().await;
    // Nothing was signed, so the slot is begun anew once the attempt counts as dead.
    assert_eq!(town.state(&mut mayor).await, "open");
    let mut said = town.sign(&mut mayor, &address, &[]).await;
    for _ in 0..120 {
        if said.as_deref() != Some("already_waiting") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        said = town.sign(&mut mayor, &address, &[]).await;
    }
    assert_eq!(said, None);

    // Signed, not embedded: the time-stamp is on its way.
    town.hold(&["director"]);
    let (mut director, _) = town.signer(&address).await;
    town.lab.set_service(Service::TimeStamp, ServiceMode::Slow(4000));
    director.go(&format!("{address}/confirm")).await.unwrap();
    director.send("/counter", &[]).await.unwrap();
    town.until(&mut mayor, "finishing").await;
    town.kill();
    town.lab.set_service(Service::TimeStamp, ServiceMode::Up);
    town.hold(&[]);
    town.reopen().await;
    town.make_jobs_due().await;
    town.until(&mut mayor, "completed").await;
    town.sealed(&mut mayor).await;
}

#[actix_web::test]
async fn a_power_cut_in_mid_signature_loses_and_doubles_nothing_on_sqlite() {
    killed_twice(None).await;
}

#[actix_web::test]
async fn a_power_cut_in_mid_signature_loses_and_doubles_nothing_on_postgresql() {
    let Some(url) = fresh_postgres().await else { return };
    killed_twice(Some(url)).await;
}
