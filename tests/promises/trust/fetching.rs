//! The door to the outside: what it calls, and what it gives up on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zegel::base::clock::{FixedClock, SystemClock};
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

/// A server that accepts and then does `talk` with each connection; counts them and the octets it got rid of.
async fn talker<F>(
    talk: impl Fn(tokio::net::TcpStream, Arc<AtomicUsize>) -> F + Send + Sync + 'static,
) -> Talker
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (connections, sent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, counting) = (Arc::clone(&connections), Arc::clone(&sent));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            tokio::spawn(talk(stream, Arc::clone(&counting)));
        }
    });
    Talker {
        port,
        connections,
        sent,
    }
}

struct Talker {
    port: u16,
    connections: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Talker {
    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

/// Writes `chunk` until the other side has had enough.
async fn pour(stream: &mut tokio::net::TcpStream, sent: &AtomicUsize, chunk: &[u8]) {
    while stream.write_all(chunk).await.is_ok() {
        sent.fetch_add(chunk.len(), Ordering::SeqCst);
    }
}

const LIST_LIMIT: usize = 64 * 1024 * 1024;

#[tokio::test]
async fn what_never_ends_ends_at_its_limit() {
    // A list in pieces without end: given up at 64 MiB, and no more was taken in than that and what lies in buffers.
    let bomb = talker(|mut stream, sent| async move {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let _ = stream.write_all(head).await;
        let mut chunk = b"100000\r\n".to_vec();
        chunk.resize(chunk.len() + 0x10_0000, 0);
        chunk.extend(b"\r\n");
        pour(&mut stream, &sent, &chunk).await;
    })
    .await;
    let mut rules = FetchRules::new(vec!["127.0.0.1".into()], Vec::new());
    rules.private_addresses = true;
    rules.deadline = Duration::from_secs(60);
    let patient = HttpFetcher::new(rules, Arc::new(SystemClock::new())).unwrap();
    assert_eq!(patient.fetch(&crl(bomb.port)).await, Err(FetchFailure::TooLarge));
    assert!(
        (LIST_LIMIT..LIST_LIMIT + 16 * 1024 * 1024).contains(&bomb.sent()),
        "{}",
        bomb.sent()
    );
    // One that announces too much is not begun, and nothing is made ready for it.
    let boast = talker(|mut stream, sent| async move {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", LIST_LIMIT + 1);
        let _ = stream.write_all(head.as_bytes()).await;
        pour(&mut stream, &sent, &[0; 65_536]).await;
    })
    .await;
    assert_eq!(patient.fetch(&crl(boast.port)).await, Err(FetchFailure::TooLarge));
    // One that begins and never goes on: its whole time, no more.
    let stuck = talker(|mut stream, _| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegins")
            .await;
        let _ = stream.read(&mut [0; 16]).await;
    })
    .await;
    assert_eq!(
        fetcher(true).fetch(&ocsp(stuck.port)).await,
        Err(FetchFailure::Timeout)
    );
    // Headers without end.
    let wordy = talker(|mut stream, sent| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        pour(&mut stream, &sent, b"X-More: and more and more and more\r\n").await;
    })
    .await;
    assert_eq!(patient.fetch(&crl(wordy.port)).await, Err(FetchFailure::Connect));
    assert!(wordy.sent() < 8 * 1024 * 1024, "{}", wordy.sent());
}

#[tokio::test]
async fn a_redirect_is_never_followed_wherever_it_points() {
    let (target, reached) = server(reply("200 OK", "", b"x")).await;
    for place in [
        format!("http://127.0.0.1:{target}/"),
        format!("http://localhost:{target}/"),
        "http://169.254.169.254/".to_owned(),
        "file:///etc/hostname".to_owned(),
        "/again".to_owned(),
    ] {
        for status in ["301 Moved", "302 Found", "303 See", "307 Again", "308 Moved"] {
            let (port, count) = server(reply(status, &format!("Location: {place}\r\n"), b"")).await;
            let code = status[..3].parse().unwrap();
            assert_eq!(
                fetcher(true).fetch(&crl(port)).await,
                Err(FetchFailure::Http(code)),
                "{place}"
            );
            assert_eq!(count.load(Ordering::SeqCst), 1, "asked once: {status} {place}");
        }
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_packed_is_not_unpacked() {
    for (coding, expected) in [
        ("gzip", Err(FetchFailure::MediaType)),
        ("br", Err(FetchFailure::MediaType)),
        ("deflate, gzip", Err(FetchFailure::MediaType)),
        ("identity", Ok(b"list".to_vec())),
    ] {
        let (port, _) = server(reply(
            "200 OK",
            &format!("Content-Encoding: {coding}\r\n"),
            b"list",
        ))
        .await;
        assert_eq!(fetcher(true).fetch(&crl(port)).await, expected, "{coding}");
    }
}

#[tokio::test]
async fn no_spelling_of_an_address_gets_past_the_rules() {
    let (port, count) = server(reply("200 OK", "", b"x")).await;
    // Every host below is on the list, so that the address alone decides.
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
    ];
    let mut listed: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    listed.extend(hosts.iter().map(|host| format!("{host}:{port}")));
    let rules = FetchRules::new(listed, vec!["eid.belgium.be".into()]);
    let fetcher = HttpFetcher::new(rules, Arc::new(SystemClock::new())).unwrap();
    let spelled = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
    ];
    let mut urls: Vec<String> = spelled
        .iter()
        .map(|host| format!("http://{host}:{port}/a.crl"))
        .collect();
    let others = [
        // Hosts that only look as if they were on the list.
        "http://crl.eid.belgium.be.example.org/a.crl",
        "http://crl.eid.belgium.be%2eexample.org/a.crl",
        "http://example.org/crl.eid.belgium.be",
        "http://example.org#crl.eid.belgium.be",
        "http://example.org?.eid.belgium.be",
        "http://example.org\\.eid.belgium.be/",
        "http://crl.eid.belgium.be@example.org/",
        "http://crl.eid.belgium.be:80@example.org/",
        "http://noteid.belgium.be/",
        // Somebody's name or password, another port, another protocol.
        "http://user@crl.eid.belgium.be/",
        "http://user:word@crl.eid.belgium.be/",
        "http://:word@crl.eid.belgium.be/",
        "http://crl.eid.belgium.be:8080/",
        "https://crl.eid.belgium.be:22/",
        "http://crl.eid.belgium.be:0/",
        "http://crl.eid.belgium.be:65536/",
        "ldap://crl.eid.belgium.be/cn=x",
        "ldaps://crl.eid.belgium.be/cn=x",
        "ftp://crl.eid.belgium.be/",
        "gopher://crl.eid.belgium.be/",
        "file://crl.eid.belgium.be/etc/hostname",
        "data:application/pkix-crl,x",
        "//crl.eid.belgium.be/",
        "crl.eid.belgium.be/a.crl",
        "http:",
        "http://",
        "",
    ];
    urls.extend(others.iter().map(|url| (*url).to_owned()));
    for url in urls {
        let answer = fetcher.fetch(&Need::Crl { url: url.clone() }).await;
        assert_eq!(answer, Err(FetchFailure::Address), "{url}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

/// The host of a national list is named by the verified list of lists, and needs not stand in the rules (reference
/// pki-and-trust §3.8). Nothing else is let off.
#[tokio::test]
async fn a_host_that_a_verified_list_names_is_called_and_nothing_else_is_let_off() {
    use std::net::IpAddr;
    let (port, count) = server(reply("200 OK", "", b"x")).await;
    let fetcher = |private: bool| {
        let mut rules = FetchRules::new(Vec::new(), Vec::new());
        rules.private_addresses = private;
        rules.deadline = Duration::from_secs(5);
        let lookup = Arc::new(|_: String| {
            let found: Vec<IpAddr> = vec!["127.0.0.1".parse().unwrap()];
            Box::pin(std::future::ready(Ok(found))) as futures_util::future::BoxFuture<'static, _>
        });
        HttpFetcher::with_lookup(rules, Arc::new(SystemClock::new()), lookup).unwrap()
    };
    let url = format!("http://lists.example:{port}/be.xml");
    let national = |url: &str| Need::NationalList { url: url.to_owned() };
    assert_eq!(fetcher(true).fetch(&national(&url)).await, Ok(b"x".to_vec()));
    assert_eq!(
        fetcher(true).fetch(&Need::List { url: url.clone() }).await,
        Err(FetchFailure::Address)
    );
    for (private, refused) in [
        (false, url.as_str()),
        (false, "http://lists.example/be.xml"),
        (false, "http://127.0.0.1/be.xml"),
        (false, "http://[::1]/be.xml"),
        (true, "ftp://lists.example/be.xml"),
        (true, "file:///etc/hostname"),
        (true, "http://somebody@lists.example/be.xml"),
    ] {
        assert_eq!(
            fetcher(private).fetch(&national(refused)).await,
            Err(FetchFailure::Address),
            "{refused}"
        );
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_judged_is_what_is_called() {
    use std::net::IpAddr;
    let (port, count) = server(reply("200 OK", "", b"x")).await;
    let fetcher = |private: bool, answers: Vec<Vec<&'static str>>| {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let mut rules = FetchRules::new(vec![format!("crl.test:{port}")], Vec::new());
        rules.private_addresses = private;
        rules.deadline = Duration::from_secs(5);
        let lookup = Arc::new(move |name: String| {
            assert_eq!(name, "crl.test");
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let found: Vec<IpAddr> = answers[number.min(answers.len() - 1)]
                .iter()
                .map(|text| text.parse().unwrap())
                .collect();
            Box::pin(std::future::ready(Ok(found))) as futures_util::future::BoxFuture<'static, _>
        });
        let made = HttpFetcher::with_lookup(rules, Arc::new(SystemClock::new()), lookup).unwrap();
        (made, asked)
    };
    let need = Need::Crl {
        url: format!("http://crl.test:{port}/a.crl"),
    };
    // A second look would give another machine; there is none.
    let (allowed, asked) = fetcher(true, vec![vec!["127.0.0.1"], vec!["127.0.0.2"]]);
    assert_eq!(allowed.fetch(&need).await, Ok(b"x".to_vec()));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    for inside in [
        vec!["127.0.0.1"],
        vec!["::1", "127.0.0.1"],
        vec!["10.0.0.1", "192.168.0.1", "fd00::1"],
        vec!["::ffff:127.0.0.1"],
        vec!["169.254.169.254"],
    ] {
        let (refused, _) = fetcher(false, vec![inside.clone()]);
        assert_eq!(
            refused.fetch(&need).await,
            Err(FetchFailure::Address),
            "{inside:?}"
        );
    }
    let (nowhere, _) = fetcher(false, vec![vec![]]);
    assert_eq!(nowhere.fetch(&need).await, Err(FetchFailure::Dns));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_address_that_gave_nothing_rests_for_a_moment_that_grows() {
    let clock = Arc::new(FixedClock::new(crate::support::moment()));
    let (port, count) = server(reply("404 Not Found", "", b"")).await;
    let mut rules = FetchRules::new(vec!["127.0.0.1".into()], Vec::new());
    rules.private_addresses = true;
    let fetcher = HttpFetcher::new(rules, clock.clone()).unwrap();
    let mut asked = 0;
    for rest in [1, 2, 4] {
        for _ in 0..3 {
            assert_eq!(fetcher.fetch(&crl(port)).await, Err(FetchFailure::Http(404)));
        }
        asked += 1;
        assert_eq!(count.load(Ordering::SeqCst), asked);
        clock.advance(Duration::from_secs(rest));
    }
    // What is posted is a question of its own each time.
    for _ in 0..2 {
        assert_eq!(fetcher.fetch(&ocsp(port)).await, Err(FetchFailure::Http(404)));
    }
    assert_eq!(count.load(Ordering::SeqCst), asked + 2);
}

#[tokio::test]
async fn a_service_that_was_left_alone_is_tried_by_one_call_and_used_again_when_that_works() {
    let clock = Arc::new(FixedClock::new(crate::support::moment()));
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let service = talker(move |mut stream, _| {
        let status = if state.load(Ordering::SeqCst) {
            "503 Down"
        } else {
            "200 OK"
        };
        let answer = reply(status, "", b"x");
        async move {
            let _ = stream.write_all(&answer).await;
        }
    })
    .await;
    let mut rules = FetchRules::new(vec!["127.0.0.1".into()], Vec::new());
    rules.private_addresses = true;
    let fetcher = HttpFetcher::new(rules, clock.clone()).unwrap();
    let stamp = Need::TimeStamp {
        url: format!("http://127.0.0.1:{}/tsa", service.port),
        request: vec![1],
    };
    for expected in [503, 503, 503]
        .map(FetchFailure::Http)
        .into_iter()
        .chain([FetchFailure::CircuitOpen; 2])
    {
        assert_eq!(fetcher.fetch(&stamp).await, Err(expected));
    }
    assert_eq!(service.connections(), 3);
    clock.advance(Duration::from_secs(20));
    assert_eq!(
        fetcher.fetch(&stamp).await,
        Err(FetchFailure::Http(503)),
        "one tries"
    );
    assert_eq!(fetcher.fetch(&stamp).await, Err(FetchFailure::CircuitOpen));
    clock.advance(Duration::from_secs(20));
    broken.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(fetcher.fetch(&stamp).await, Ok(b"x".to_vec()));
    }
    assert_eq!(service.connections(), 7);
}
