//! The door to the outside: what it calls, and what it gives up on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zegel::base::clock::SystemClock;
use zegel::fetch::Fetcher as _;
use zegel::fetch::http::{FetchRules, HttpFetcher};
use zegel::pki::need::{FetchFailure, Need};

/// A server on loopback that answers every request with `reply`; counts them.
async fn server(reply: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let reply = reply.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(&reply).await;
                if reply.is_empty() {
                    // Never answers: holds the connection until the other side gives up.
                    let _ = stream.read(&mut buffer).await;
                }
            });
        }
    });
    (port, count)
}

fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn fetcher(private_addresses: bool) -> HttpFetcher {
    let mut rules = FetchRules::new(vec!["127.0.0.1".into(), "localhost".into()], Vec::new());
    rules.private_addresses = private_addresses;
    rules.deadline = Duration::from_millis(400);
    HttpFetcher::new(rules, Arc::new(SystemClock::new())).unwrap()
}

fn crl(port: u16) -> Need {
    Need::Crl {
        url: format!("http://127.0.0.1:{port}/a.crl"),
    }
}

fn ocsp(port: u16) -> Need {
    Need::Ocsp {
        url: format!("http://127.0.0.1:{port}/"),
        request: vec![1],
    }
}

#[tokio::test]
async fn answers_come_back_whole_and_each_fault_has_its_word() {
    let ok = "Content-Type: application/ocsp-response\r\n";
    for (sent, expected) in [
        (reply("200 OK", ok, b"der"), Ok(b"der".to_vec())),
        (reply("200 OK", "", b"der"), Ok(b"der".to_vec())),
        (
            reply("200 OK", "Content-Type: text/html\r\n", b"<html>"),
            Err(FetchFailure::MediaType),
        ),
        (reply("503 Down", ok, b""), Err(FetchFailure::Http(503))),
        (
            reply("302 Found", "Location: http://127.0.0.1:1/\r\n", b""),
            Err(FetchFailure::Http(302)),
        ),
        (
            reply("200 OK", ok, &vec![0; 65 * 1024]),
            Err(FetchFailure::TooLarge),
        ),
        (Vec::new(), Err(FetchFailure::Timeout)),
        (b"nonsense\r\n\r\n".to_vec(), Err(FetchFailure::Connect)),
    ] {
        let (port, _) = server(sent.clone()).await;
        let answer = fetcher(true).fetch(&ocsp(port)).await;
        assert_eq!(
            answer,
            expected,
            "{}",
            String::from_utf8_lossy(&sent[..sent.len().min(60)])
        );
    }
}

#[tokio::test]
async fn addresses_that_may_not_be_called_are_not_called() {
    let (port, count) = server(reply("200 OK", "", b"x")).await;
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://127.0.0.1.nip.example:{port}/"),
        format!("http://user@127.0.0.1:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://2130706433:{port}/"),
        "ldap://127.0.0.1/cn=x".to_owned(),
        "file:///etc/hostname".to_owned(),
        "not an address".to_owned(),
    ] {
        let answer = fetcher(false).fetch(&Need::Crl { url: url.clone() }).await;
        assert_eq!(answer, Err(FetchFailure::Address), "{url}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_list_asked_for_by_many_at_once_is_fetched_once() {
    let (port, count) = server(reply("200 OK", "", b"list")).await;
    let fetcher = fetcher(true);
    let need = crl(port);
    let answers = futures_util::future::join_all((0..20).map(|_| fetcher.fetch(&need))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_deref() == Ok(b"list".as_slice()))
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
    fetcher.fetch(&need).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2, "later callers fetch anew");
}

#[tokio::test]
async fn a_service_that_fails_three_times_is_left_alone_and_others_of_its_host_are_not() {
    let (port, count) = server(reply("500 Broken", "", b"")).await;
    let fetcher = fetcher(true);
    for _ in 0..3 {
        assert_eq!(fetcher.fetch(&ocsp(port)).await, Err(FetchFailure::Http(500)));
    }
    assert_eq!(fetcher.fetch(&ocsp(port)).await, Err(FetchFailure::CircuitOpen));
    assert_eq!(count.load(Ordering::SeqCst), 3);
    assert_eq!(fetcher.fetch(&crl(port)).await, Err(FetchFailure::Http(500)));
    let (other, _) = server(reply(
        "200 OK",
        "Content-Type: application/ocsp-response\r\n",
        b"x",
    ))
    .await;
    assert_eq!(fetcher.fetch(&ocsp(other)).await, Ok(b"x".to_vec()));
}
