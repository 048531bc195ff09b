//! Many log-ins at once while the responder is down and no list is at hand yet: how long until the last one has its
//! outcome, and how often the outside was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zegel::base::clock::{Clock, FixedClock};
use zegel::base::random::{Random, SeededRandom};
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::fetch::turns::{Turn, Turns};
use zegel::fetch::{Fetcher, Fetching, resume};
use zegel::lab::pki::{LabPki, LeafPurpose};
use zegel::login::counter::CounterChallenge;
use zegel::login::eid::{EidRules, RequestChecked, SpentNonce};
use zegel::pki::need::{FetchFailure, Need};
use zegel::pki::trust::Trust;

use crate::laboratory::{Laboratory, holder, moment};
use crate::measure::millis;
use crate::table::Row;

const ORIGIN: &str = "https://localhost:8443";
const NONCE: &str = "YPVgYc7Qds0qmK/RilPLffnsIg7IIovM4BAWqGZWwiY=";
const LOG_INS: usize = 500;
/// How long a list takes to come.
const DOWNLOAD: Duration = Duration::from_millis(50);

struct Outside {
    laboratory: Laboratory,
    turns: Turns,
    lists: AtomicUsize,
    others: Mutex<Vec<&'static str>>,
}

impl Fetcher for Outside {
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a> {
        Box::pin(async move {
            if matches!(need, Need::Ocsp { .. }) {
                return Err(FetchFailure::Connect);
            }
            if matches!(need, Need::Crl { .. }) {
                self.lists.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(DOWNLOAD).await;
            } else {
                self.others.lock().unwrap().push(need.kind());
            }
            self.laboratory.answer(need)
        })
    }

    fn turn<'a>(&'a self, need: &'a Need) -> std::pin::Pin<Box<dyn Future<Output = Turn> + Send + 'a>> {
        Box::pin(self.turns.wait(need))
    }
}

pub fn rows() -> Vec<Row> {
    let outside = Arc::new(Outside {
        laboratory: Laboratory::new(),
        turns: Turns::default(),
        lists: AtomicUsize::new(0),
        others: Mutex::default(),
    });
    let tokens = tokens(&outside.laboratory);
    let trust = Arc::new(outside.laboratory.trust());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let started = Instant::now();
    let let_in = runtime.block_on(async {
        let all: Vec<_> = tokens
            .into_iter()
            .map(|token| tokio::spawn(log_in(token, Arc::clone(&trust), Arc::clone(&outside))))
            .collect();
        let mut let_in = 0;
        for one in all {
            let_in += usize::from(one.await.unwrap());
        }
        let_in
    });
    let took = started.elapsed();
    assert_eq!(let_in, LOG_INS);
    let lists = outside.lists.load(Ordering::Relaxed);
    vec![
        Row::new(format!("{LOG_INS} at once, lists downloaded"), format!("{lists}"))
            .at_most("one of each of 2 lists", 2.0, lists as f64)
            .beside(format!(
                "responder down, a list takes {} ms; all {LOG_INS} let in by the lists, the last one after {:.0} ms",
                DOWNLOAD.as_millis(),
                millis(took)
            )),
    ]
}

fn tokens(laboratory: &Laboratory) -> Vec<String> {
    let key = PrivateKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
    (0..LOG_INS)
        .map(|_| {
            let validity = LabPki::usual_validity(moment());
            let certificate = laboratory
                .pki()
                .leaf_profile(&holder(), LeafPurpose::Authentication, &key, validity)
                .issue(&laboratory.pki().citizen, &*laboratory.random)
                .unwrap();
            let challenge = CounterChallenge::new(&certificate, ORIGIN, NONCE).unwrap();
            let signature = key.sign(challenge.algorithm(), challenge.message()).unwrap();
            let raw = ecdsa::der_to_raw(&signature, Curve::P384).unwrap();
            challenge.token(&raw).to_json()
        })
        .collect()
}

async fn log_in(token: String, trust: Arc<Trust>, outside: Arc<Outside>) -> bool {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::new(moment()));
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new(3));
    let rules = EidRules::belgian(ORIGIN);
    let received = RequestChecked::counter().read(&token).unwrap();
    let challenged = received.spend(SpentNonce::Spent(NONCE.to_owned())).unwrap();
    let verification = challenged.verify(&rules, &trust, moment()).unwrap();
    let (outcome, _) = resume::log_in(verification, &trust, outside.as_ref(), &random, &clock).await;
    outcome.is_ok()
}
