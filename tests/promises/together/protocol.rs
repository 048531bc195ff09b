//! The protocol's rules with the card in a real reader: an independent client, and everything that is not in order.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use zegel::base::clock::SystemClock;
use zegel::base::random::SystemRandom;
use zegel::card::eid::{CertificateKind, Eid, KeyReference, LastTry, SignRequest};
use zegel::card::readers::{Options, Readers};
use zegel::lab::application::{Answer, ApplicationError};
use zegel::lab::walker::{self, Walker};
use zegel::login::counter::CounterChallenge;

use super::town::{Town, act, code};
use crate::card::support::pin;
use crate::house::cards::changed;
use crate::support::judge;

/// Follows a whole log-in of the demo application's own making; the answer that came to its redirect URI.
async fn answer(town: &Town, address: &str) -> Answer {
    let mut walker = Walker::new(town.house.http().clone());
    walker.go(address).await.unwrap();
    assert_eq!(act(&mut walker, &[]).await, None, "{}", walker.page().html);
    walker.send("/capacity", &[]).await.unwrap();
    let callback = walker
        .passed()
        .iter()
        .find(|passed| passed.contains("/callback?"))
        .unwrap();
    let callback = url::Url::parse(callback).unwrap();
    let member = |name: &str| {
        let found = callback.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name}")).1.into_owned()
    };
    Answer {
        code: member("code"),
        state: member("state"),
        issuer: member("iss"),
    }
}

#[actix_web::test]
async fn an_independent_client_logs_the_mayor_in() {
    let (Some(node), Some(town)) = (judge("node"), Town::open(&["mayor"], None).await) else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/openid-client");
    if !folder.join("node_modules/openid-client").is_dir() {
        crate::support::skip_judge("the npm package openid-client (./dev test installs it)");
        return;
    }
    town.hold(&["mayor"]);
    let registered = town.house.registration();
    let mut command = Command::new(node);
    command
        .current_dir(&folder)
        .env("NODE_EXTRA_CA_CERTS", town.house.authority_file())
        .args(["login.mjs", "--signing", "--issuer", &registered.issuer])
        .args(["--client", &registered.client_id])
        // In one word: a secret may begin with a dash.
        .arg(format!("--secret={}", registered.client_secret))
        .args(["--redirect", &registered.redirect_uri])
        .args(["--scope", &registered.scope]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["info"]["family_name"], "Specimen", "{told:#}");
    assert_eq!(told["claims"]["acr"], "urn:zegel:assurance:high", "{told:#}");
    assert!(told["info"]["zegel_capacity"].is_object(), "{told:#}");
    assert!(!out.contains("\"rrn\""), "no number without a legal basis");
    assert_eq!(told["signing_scope"], "signing");
}

#[actix_web::test]
async fn a_request_of_an_unknown_client_or_for_another_address_never_leaves_the_house() {
    let Some(town) = Town::open(&["mayor"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let provider = town.provider();
    let (good, _) = provider.authorization(&SystemRandom).await.unwrap();
    let registered = town.house.registration();
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let redirect = encoded(&registered.redirect_uri);
    for (from, to, expected) in [
        ("client_id=demo-application", "client_id=nobody", "client_unknown"),
        ("client_id=demo-application", "client_id=", "client_unknown"),
        (
            redirect.as_str(),
            "https%3A%2F%2Fevil.example%2Fcallback",
            "redirect_uri_unknown",
        ),
        (
            redirect.as_str(),
            &format!("{redirect}%2F"),
            "redirect_uri_unknown",
        ),
        (
            redirect.as_str(),
            &redirect.replace("localhost", "LOCALHOST"),
            "redirect_uri_unknown",
        ),
    ] {
        assert!(good.contains(from), "{good}");
        let mut walker = Walker::new(town.house.http().clone());
        walker.go(&good.replace(from, to)).await.unwrap();
        let page = walker.page();
        assert_eq!(
            (page.status, code(&walker).as_deref()),
            (400, Some(expected)),
            "{to}"
        );
        assert_eq!(walker.passed().len(), 1, "{to}: nobody was sent anywhere");
        assert!(walker.form("/counter").is_none());
    }
    assert!(town.lab.pins_shown().is_empty());
    // The same request as it was registered is answered.
    assert!(!answer(&town, &good).await.code.is_empty());
}

#[actix_web::test]
async fn a_code_is_worth_one_set_of_tokens_however_many_ask_at_once() {
    let Some(town) = Town::open(&["mayor"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let provider = town.provider();
    for parallel in [1, 8] {
        let (address, pending) = provider.authorization(&SystemRandom).await.unwrap();
        let answer = answer(&town, &address).await;
        let all = (0..parallel).map(|_| provider.redeem(&answer, &pending));
        let got = futures_util::future::join_all(all).await;
        // Whoever won may find the tokens dead: another came with the same code, which voids them.
        let refused = got
            .iter()
            .filter(|one| matches!(one, Err(ApplicationError::Refused(code)) if code == "invalid_grant"))
            .count();
        if parallel == 1 {
            assert!(got[0].is_ok(), "{got:?}");
        } else {
            assert_eq!(refused, parallel - 1, "{got:?}");
        }
        let again = provider.redeem(&answer, &pending).await;
        assert!(
            matches!(&again, Err(ApplicationError::Refused(code)) if code == "invalid_grant"),
            "{again:?}"
        );
    }
}

/// The page of a new log-in, and the challenge it was given.
async fn challenged(town: &Town) -> (Walker, String) {
    let mut walker = town.visitor().await;
    let nonce = challenge(&mut walker).await;
    (walker, nonce)
}

async fn challenge(walker: &mut Walker) -> String {
    let address = format!("{}/web-eid/challenge", walker.page().address);
    let (status, said) = walker.call(&address, String::new(), None).await.unwrap();
    assert_eq!(status, 200, "{said}");
    said["nonce"].as_str().unwrap().to_owned()
}

/// Posts `token` from the page; the code of the refusal, or `None`.
async fn post(walker: &mut Walker, token: &str, origin: Option<&str>) -> Option<String> {
    let address = format!("{}/web-eid/token", walker.page().address);
    let (status, said) = walker.call(&address, token.to_owned(), origin).await.unwrap();
    if status == 200 {
        let next = said["next"].as_str().unwrap().to_owned();
        walker.go(&next).await.unwrap();
        return None;
    }
    Some(
        said["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{status} {said}"))
            .to_owned(),
    )
}

/// What the card in the town's reader answers to `nonce` for `origin`, as any Web eID program would ask it.
fn card_answers(town: &Town, origin: &str, nonce: &str) -> String {
    let (name, socket) = town.lab.environment();
    let out = town.folder.path().join("answer.json");
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "together::protocol::inside_answer",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(name, socket)
        .env("ZEGEL_TEST_ORIGIN", origin)
        .env("ZEGEL_TEST_NONCE", nonce)
        .env("ZEGEL_TEST_OUT", &out)
        .output()
        .unwrap();
    assert!(output.status.success(), "the card gave no answer");
    std::fs::read_to_string(out).unwrap()
}

#[test]
#[ignore = "runs inside another test"]
fn inside_answer() {
    let setting = |name| std::env::var(name).unwrap();
    let (origin, nonce) = (setting("ZEGEL_TEST_ORIGIN"), setting("ZEGEL_TEST_NONCE"));
    let readers = Readers::pcsc(Options::default(), Arc::new(SystemClock::new())).unwrap();
    let reader = readers.choose(None).unwrap();
    let job = move |connection: &mut dyn zegel::card::transport::Connection| {
        let mut eid = Eid::new(connection);
        eid.pin_state()?;
        let certificate = eid.certificate(CertificateKind::Authentication)?;
        let challenge = CounterChallenge::new(&certificate, &origin, &nonce).unwrap();
        let digest = challenge.digest();
        let request = SignRequest {
            key: KeyReference::Authentication,
            hash: challenge.hash(),
            digest: &digest,
            last_try: LastTry::NotConfirmed,
        };
        let signature = eid.sign(&request, &pin("1234"), &mut |_| true)?;
        Ok(challenge.token(&signature.value).to_json())
    };
    let token = readers
        .submit(&reader, Duration::from_secs(60), job)
        .wait()
        .unwrap();
    // Into a file of the test's own folder: what a card proved is not printed, also where a test fails.
    std::fs::write(setting("ZEGEL_TEST_OUT"), token).unwrap();
}

#[actix_web::test]
async fn an_answer_of_a_real_card_counts_once_here_and_nowhere_else() {
    let Some(town) = Town::open(&["mayor"], None).await else {
        return;
    };
    town.hold(&["mayor"]);
    let origin = town.house.service_url().to_owned();
    let some = |code: &str| Some(code.to_owned());

    let (mut walker, nonce) = challenged(&town).await;
    let good = card_answers(&town, &origin, &nonce);
    // From another site's page: refused before it is read, so the challenge still stands.
    assert_eq!(
        post(&mut walker, &good, Some("https://evil.example")).await,
        some("login_refused")
    );
    // In another browser's visit with a challenge of its own.
    let (mut other, _) = challenged(&town).await;
    assert_eq!(post(&mut other, &good, None).await, some("login_refused"));
    assert_eq!(
        post(&mut walker, &good, None).await,
        None,
        "{}",
        walker.page().html
    );
    assert!(walker.form("/capacity").is_some(), "{}", walker.page().html);
    // Replayed in its own visit, and in a new one.
    walker.send("/capacity", &[]).await.unwrap();
    let (mut new, _) = challenged(&town).await;
    assert_eq!(post(&mut new, &good, None).await, some("login_refused"));

    // A challenge is burnt by whatever answer came, and by the next one.
    let (mut walker, nonce) = challenged(&town).await;
    let good = card_answers(&town, &origin, &nonce);
    let signature = serde_json::from_str::<Value>(&good).unwrap()["signature"]
        .as_str()
        .unwrap()
        .to_owned();
    let swapped = if signature.starts_with('A') { 'B' } else { 'A' };
    let tampered = format!("{swapped}{}", &signature[1..]);
    assert_eq!(
        post(&mut walker, &changed(&good, &[("signature", &tampered)]), None).await,
        some("login_refused")
    );
    assert_eq!(post(&mut walker, &good, None).await, some("login_refused"));
    let nonce = challenge(&mut walker).await;
    let good = card_answers(&town, &origin, &nonce);
    challenge(&mut walker).await;
    assert_eq!(post(&mut walker, &good, None).await, some("login_refused"));

    // The card answered a page of another origin, or with another key's algorithm.
    let nonce = challenge(&mut walker).await;
    let foreign = card_answers(&town, "https://evil.example", &nonce);
    assert_eq!(post(&mut walker, &foreign, None).await, some("login_refused"));
    for (member, value) in [
        ("algorithm", "RS256"),
        ("algorithm", "none"),
        ("format", "web-eid:2.0"),
        ("unverifiedCertificate", "AAAA"),
    ] {
        let nonce = challenge(&mut walker).await;
        let answer = card_answers(&town, &origin, &nonce);
        assert_eq!(
            post(&mut walker, &changed(&answer, &[(member, value)]), None).await,
            some("login_refused"),
            "{member} {value}"
        );
    }
    // And in the end, in the same visit, the answer that is due.
    let nonce = challenge(&mut walker).await;
    let answer = card_answers(&town, &origin, &nonce);
    assert_eq!(post(&mut walker, &answer, None).await, None);
    assert!(walker::heading(&walker.page().html).len() > 3);
}
