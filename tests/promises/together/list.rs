//! Ten documents, one PIN, with the card in a real reader; and eighty with a power cut in the middle.

use std::time::{Duration, Instant};

use zegel::lab::card::{Fault, FaultKind};
use zegel::lab::house;
use zegel::lab::pinentry::PinAnswer;
use zegel::lab::walker::Walker;

use super::town::{Town, act, code};
use crate::support::fresh_postgres;

const SIGN: u8 = 0x2A;
const TEN: usize = 10;

fn some(code: &str) -> Option<String> {
    Some(code.to_owned())
}

/// Ten decisions and the list of them: the requests' ids, and the list's address for signers.
async fn ten(town: &Town) -> (Vec<String>, String) {
    decisions(town, TEN).await
}

async fn decisions(town: &Town, count: usize) -> (Vec<String>, String) {
    let provider = town.provider();
    let mut ids = Vec::new();
    for number in 0..count {
        let made = provider
            .send(house::decision(), &format!("decision-{number}"))
            .await
            .unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let list = provider
        .list("Besluiten van 3 maart (TEST)", &ids, "the-one-list")
        .await
        .unwrap();
    (ids, list["signing_url"].as_str().unwrap().to_owned())
}

/// How many signatures of each request of the list at `address` a card has made, and how many of those stand.
async fn signatures(town: &Town, address: &str, member: &str) -> Vec<usize> {
    let id = address.rsplit('/').next().unwrap();
    let list = town.provider().signing_list(id).await.unwrap();
    let requests = list["requests"].as_array().unwrap().iter();
    let counts = requests.map(|request| request["signatures"][member].as_u64().unwrap());
    counts.map(|count| usize::try_from(count).unwrap()).collect()
}

/// How many signatures stand in each request, in order.
async fn standing(town: &Town, address: &str) -> Vec<usize> {
    signatures(town, address, "standing").await
}

/// How long eighty documents may take where both processors are busy with everything else; alone it is half a minute.
const PATIENCE: Duration = Duration::from_mins(5);

/// Waits until `member` of each request's signatures is this.
async fn until(town: &Town, address: &str, member: &str, expected: &[usize]) {
    let started = Instant::now();
    loop {
        let seen = signatures(town, address, member).await;
        if seen == expected {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{seen:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A browser of the person whose card is in the reader, on the page of the list.
async fn signer(town: &Town, address: &str) -> Walker {
    let mut walker = Walker::new(town.house.http().clone());
    walker.go(address).await.unwrap();
    assert_eq!(act(&mut walker, &[]).await, None, "{}", walker.page().html);
    assert_eq!(walker.page().address, address);
    walker
}

/// Ticks every document that waits, confirms, and follows to the end; what the page says when something went wrong.
async fn sign(walker: &mut Walker, address: &str) -> Option<String> {
    walker.go(address).await.unwrap();
    let chosen: Vec<String> = walker
        .page()
        .html
        .split("name=\"only\" value=\"")
        .skip(1)
        .map(|part| format!("only={}", part.split('"').next().unwrap()))
        .collect();
    walker
        .go(&format!("{address}/confirm?{}", chosen.join("&")))
        .await
        .unwrap();
    act(walker, &[]).await
}

#[actix_web::test]
async fn ten_documents_are_signed_with_one_pin_by_each_signer() {
    let Some(town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    let (ids, address) = ten(&town).await;
    for (number, card) in ["mayor", "director"].into_iter().enumerate() {
        town.hold(&[card]);
        let mut walker = signer(&town, &address).await;
        let asked = town.lab.pins_shown().len();
        assert_eq!(sign(&mut walker, &address).await, None, "{}", walker.page().html);
        let shown = town.lab.pins_shown();
        assert_eq!(shown.len(), asked + 1, "one PIN for all of them");
        assert!(
            shown
                .last()
                .unwrap()
                .description
                .contains("10 documenten: Besluiten van 3 maart"),
            "{}",
            shown.last().unwrap().description
        );
        assert_eq!(standing(&town, &address).await, [number + 1; TEN], "{card}");
        // Nothing waits for them any more, and the list says so.
        walker.go(&address).await.unwrap();
        assert!(!walker.page().html.contains("name=\"only\""));
    }
    for id in &ids {
        town.sealed_request(id).await;
    }
}

/// The service is killed while the card is at work on the document after `done` of `count`.
async fn killed_after(done: usize, count: usize, database: Option<String>) {
    let Some(mut town) = Town::open(&["mayor"], database).await else {
        return;
    };
    let (ids, address) = decisions(&town, count).await;
    town.hold(&["mayor"]);
    let mut mayor = signer(&town, &address).await;
    town.fault(
        "mayor",
        Fault::now(FaultKind::Slow(6000))
            .at_instruction(SIGN)
            .after(u32::try_from(done).unwrap()),
    );
    let asked = town.lab.pins_shown().len();
    mayor
        .go(&format!("{address}/confirm?{}", only(&ids)))
        .await
        .unwrap();
    mayor.send("/counter", &[]).await.unwrap();
    let forty: Vec<usize> = (0..count).map(|number| usize::from(number < done)).collect();
    until(&town, &address, "signed", &forty).await;
    town.kill();
    assert_eq!(town.lab.pins_shown().len(), asked + 1, "one PIN for all of them");
    town.clear("mayor");
    town.reopen().await;
    town.make_jobs_due().await;
    until(&town, &address, "standing", &forty).await;
    let sealed = files(&town, &mut mayor, &ids[..done]).await;

    // The same person comes back and signs the rest, with one PIN again.
    let mut mayor = signer(&town, &address).await;
    assert_eq!(mayor.page().html.matches("name=\"only\"").count(), count - done);
    let asked = town.lab.pins_shown().len();
    let mut said = sign(&mut mayor, &address).await;
    for _ in 0..120 {
        if said.as_deref() != Some("already_waiting") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        said = sign(&mut mayor, &address).await;
    }
    assert_eq!(said, None, "{}", mayor.page().html);
    assert_eq!(town.lab.pins_shown().len(), asked + 1);
    // Its page ends when all are signed; the last ones are completed behind it.
    until(&town, &address, "standing", &vec![1; count]).await;
    let all = files(&town, &mut mayor, &ids).await;
    assert_eq!(all[..done], sealed[..], "what was sealed before is what it was");
    town.are_valid(&all, 1);
}

/// Each document as its signer can fetch it now.
async fn files(town: &Town, walker: &mut Walker, ids: &[String]) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for id in ids {
        let request = town.provider().signing_request(id).await.unwrap();
        let address = request["signing_url"].as_str().unwrap();
        files.push(walker.download(&format!("{address}/document")).await.unwrap());
    }
    files
}

#[actix_web::test]
async fn a_power_cut_at_the_forty_first_of_eighty_leaves_forty_sealed_and_the_rest_is_signed_later_on_sqlite()
{
    killed_after(40, 80, None).await;
}

#[actix_web::test]
async fn a_power_cut_at_the_forty_first_of_eighty_leaves_forty_sealed_and_the_rest_is_signed_later_on_postgresql()
 {
    let Some(url) = fresh_postgres().await else { return };
    killed_after(40, 80, Some(url)).await;
}

fn only(ids: &[String]) -> String {
    ids.iter()
        .map(|id| format!("only={id}"))
        .collect::<Vec<_>>()
        .join("&")
}

#[actix_web::test]
async fn what_goes_wrong_in_a_list_costs_nothing_that_was_signed() {
    let Some(town) = Town::open(&["mayor"], None).await else {
        return;
    };
    let (ids, address) = ten(&town).await;
    town.hold(&["mayor"]);
    let mut mayor = signer(&town, &address).await;
    for (answer, code) in [
        (PinAnswer::Cancel, "pin_cancelled"),
        (PinAnswer::Wrong, "pin_wrong"),
    ] {
        town.lab.next_pin(answer);
        assert_eq!(sign(&mut mayor, &address).await, some(code));
        assert_eq!(standing(&town, &address).await, [0; TEN]);
    }
    // The line breaks at the fourth: three stand, seven wait, and the page offers the rest.
    town.fault(
        "mayor",
        Fault::now(FaultKind::Communication)
            .at_instruction(SIGN)
            .after(3)
            .always(),
    );
    assert_eq!(sign(&mut mayor, &address).await, some("card_unreadable"));
    town.clear("mayor");
    assert_eq!(standing(&town, &address).await[..4], [1, 1, 1, 0]);
    assert!(
        mayor.page().html.contains("3 van 10 ondertekend"),
        "{}",
        mayor.page().html
    );
    // One of the rest is taken back meanwhile: the others are signed all the same.
    town.provider().withdraw(&ids[5]).await.unwrap();
    let asked = town.lab.pins_shown().len();
    assert_eq!(sign(&mut mayor, &address).await, None, "{}", mayor.page().html);
    assert_eq!(town.lab.pins_shown().len(), asked + 1);
    let expected: Vec<usize> = (0..TEN).map(|number| usize::from(number != 5)).collect();
    assert_eq!(standing(&town, &address).await, expected);

    // A board that wants a PIN for each document gets it.
    town.operator(&["board", "set", "zegelgem", "--one-pin", "off"]);
    let provider = town.provider();
    let mut ids = Vec::new();
    for number in 0..2 {
        let made = provider
            .send(house::decision(), &format!("another-{number}"))
            .await
            .unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let list = provider
        .list("Twee besluiten (TEST)", &ids, "the-second-list")
        .await
        .unwrap();
    let asked = town.lab.pins_shown().len();
    let address = list["signing_url"].as_str().unwrap();
    assert_eq!(sign(&mut mayor, address).await, None, "{}", mayor.page().html);
    assert_eq!(town.lab.pins_shown().len(), asked + 2, "a PIN for each");
    assert_eq!(standing(&town, address).await, [1, 1]);
    assert_eq!(code(&mayor), None);
}
