//! Five hundred log-ins at the moment when the responder goes down and a list runs out: each ends right, and the
//! services are asked once for what is the same for everybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Barrier;
use zegel::base::clock::{Clock, FixedClock};
use zegel::base::random::{Random, SeededRandom};
use zegel::crypto::key::PrivateKey;
use zegel::fetch::http::{FetchRules, HttpFetcher};
use zegel::fetch::{Fetcher, resume};
use zegel::lab::pki::{DAY, LabPki, LeafPurpose, Serial};
use zegel::lab::services::{CertificateStatus, RevocationReason, Services};
use zegel::login::eid::{EidRules, RequestChecked, SpentNonce};
use zegel::pki::certificate::Certificate;
use zegel::pki::trust::Trust;

use super::world::{BASE, Card, NONCE, ORIGIN, P384, World};

const LOG_INS: usize = 500;

/// The laboratory's services over HTTP, counted. The responder is down; lists and certificates come late enough that
/// everybody waits for them.
struct Counted {
    counts: Mutex<BTreeMap<&'static str, usize>>,
    most_at_once: AtomicUsize,
    at_once: AtomicUsize,
}

async fn serve(services: Arc<Services>, clock: Arc<FixedClock>) -> (u16, Arc<Counted>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counted = Arc::new(Counted {
        counts: Mutex::default(),
        most_at_once: AtomicUsize::new(0),
        at_once: AtomicUsize::new(0),
    });
    let shared = Arc::clone(&counted);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (services, clock, counted) = (Arc::clone(&services), Arc::clone(&clock), Arc::clone(&shared));
            tokio::spawn(async move {
                let mut buffer = vec![0; 8192];
                let length = stream.read(&mut buffer).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
                let kind = [
                    "/ocsp/citizen",
                    "/ocsp/root",
                    "/crl/citizen",
                    "/crl/root",
                    "/crt/citizen",
                ]
                .into_iter()
                .find(|known| path.starts_with(known))
                .unwrap_or("other");
                *counted.counts.lock().unwrap().entry(kind).or_default() += 1;
                let now = counted.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                counted.most_at_once.fetch_max(now, Ordering::SeqCst);
                let (status, body) = if kind.starts_with("/ocsp") {
                    ("503 Down", Vec::new())
                } else {
                    ("200 OK", services.answer(&path, &[], clock.now()).body)
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
                counted.at_once.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (port, counted)
}

/// Cards of which every tenth is revoked and every eleventh suspended. One key for all: making keys takes time.
fn cards(pki: &LabPki, services: &Services, clock: &FixedClock) -> Vec<(Card, &'static str)> {
    let key = PrivateKey::generate(P384).unwrap();
    let random = SeededRandom::new(21);
    let since = clock.now().minus(DAY);
    (0..LOG_INS)
        .map(|number| {
            let validity = LabPki::usual_validity(clock.now());
            let builder = pki.leaf_profile(&World::holder(), LeafPurpose::Authentication, &key, validity);
            let der = builder.issue(&pki.citizen, &random).unwrap();
            let certificate = Certificate::parse(der).unwrap();
            let serial = Serial::from_bytes(certificate.serial());
            let reason = RevocationReason::KeyCompromise;
            let expected = if number % 10 == 0 {
                services.set_certificate(&serial, CertificateStatus::Revoked { at: since, reason });
                "cert_revoked"
            } else if number % 11 == 0 {
                services.set_certificate(&serial, CertificateStatus::OnHold { since });
                "cert_suspended"
            } else {
                "ok"
            };
            let card = Card {
                certificate,
                key: key.clone(),
            };
            (card, expected)
        })
        .collect()
}

async fn outcome(
    token: String,
    trust: Arc<Trust>,
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
) -> &'static str {
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new(22));
    let rules = EidRules::belgian(ORIGIN);
    let received = RequestChecked::counter().read(&token).unwrap();
    let challenged = received.spend(SpentNonce::Spent(NONCE.to_owned())).unwrap();
    let verification = challenged.verify(&rules, &trust, clock.now()).unwrap();
    let (outcome, _) = resume::log_in(verification, &trust, fetcher.as_ref(), &random, &clock).await;
    outcome.map_or_else(|refusal| refusal.cause(), |_| "ok")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_log_ins_in_an_outage_are_one_download_of_each_and_each_ends_right() {
    let clock = Arc::new(FixedClock::new(crate::support::moment()));
    let random = SeededRandom::new(20);
    // Everything is asked under BASE and goes to the counted server by a fetcher that knows where that is.
    let pki = Arc::new(LabPki::generate(BASE, &random, clock.now()).unwrap());
    let services = Arc::new(Services::new(Arc::clone(&pki), Arc::new(SeededRandom::new(23))));
    let (port, counted) = serve(Arc::clone(&services), Arc::clone(&clock)).await;
    let cards = cards(&pki, &services, &clock);

    let root = Certificate::parse(pki.root_der()).unwrap();
    let trust = Trust::new(super::world::pins(&root));
    assert!(trust.add_anchor(&root));
    let trust = Arc::new(trust);
    let mut rules = FetchRules::new(vec!["127.0.0.1".into()], Vec::new());
    rules.private_addresses = true;
    rules.deadline = Duration::from_secs(30);
    let inner = HttpFetcher::new(rules, clock.clone()).unwrap();
    let fetcher: Arc<dyn Fetcher> = Arc::new(Elsewhere { inner, port });

    let barrier = Arc::new(Barrier::new(LOG_INS));
    let world = World::new();
    let all: Vec<_> = cards
        .iter()
        .map(|(card, expected)| {
            let token = world.token(card, ORIGIN, NONCE).to_json();
            let (trust, fetcher, clock) = (Arc::clone(&trust), Arc::clone(&fetcher), clock.clone());
            let (barrier, expected) = (Arc::clone(&barrier), *expected);
            tokio::spawn(async move {
                barrier.wait().await;
                (outcome(token, trust, fetcher, clock).await, expected)
            })
        })
        .collect();
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for one in all {
        let (found, expected) = one.await.unwrap();
        assert_eq!(found, expected);
        *ended.entry(found).or_default() += 1;
    }
    assert_eq!(ended.values().sum::<usize>(), LOG_INS);
    assert!(
        ended["cert_revoked"] == 50 && ended["cert_suspended"] > 30,
        "{ended:?}"
    );

    let counts = counted.counts.lock().unwrap().clone();
    for kind in ["/crt/citizen", "/crl/citizen", "/crl/root"] {
        assert_eq!(counts.get(kind), Some(&1), "{kind}: {counts:?}");
    }
    // Those under way when the third one failed, and no more: a lane has 32 places.
    let questions = counts.get("/ocsp/citizen").copied().unwrap_or(0);
    assert!((3..=3 + 32).contains(&questions), "{counts:?}");
    assert_eq!(counts.get("/ocsp/root"), None, "{counts:?}");
    assert!(counted.most_at_once.load(Ordering::SeqCst) <= 36);
}

/// Sends what is asked under [`BASE`] to another port of this machine.
struct Elsewhere {
    inner: HttpFetcher,
    port: u16,
}

impl Elsewhere {
    fn moved(&self, need: &zegel::pki::need::Need) -> zegel::pki::need::Need {
        use zegel::pki::need::Need;
        let here = format!("http://127.0.0.1:{}", self.port);
        let url = need.url().replace(BASE, &here);
        match need.clone() {
            Need::Crl { .. } => Need::Crl { url },
            Need::Issuer { .. } => Need::Issuer { url },
            Need::List { .. } => Need::List { url },
            Need::NationalList { .. } => Need::NationalList { url },
            Need::Ocsp { request, .. } => Need::Ocsp { url, request },
            Need::TimeStamp { request, .. } => Need::TimeStamp { url, request },
        }
    }
}

impl Fetcher for Elsewhere {
    fn fetch<'a>(&'a self, need: &'a zegel::pki::need::Need) -> zegel::fetch::Fetching<'a> {
        Box::pin(async move { self.inner.fetch(&self.moved(need)).await })
    }

    fn turn<'a>(
        &'a self,
        need: &'a zegel::pki::need::Need,
    ) -> std::pin::Pin<Box<dyn Future<Output = zegel::fetch::turns::Turn> + Send + 'a>> {
        self.inner.turn(need)
    }
}
