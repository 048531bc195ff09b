//! All that the service itself computes for one log-in: token, certificate, OCSP answer. Answers are canned, so that
//! no responder's work is counted; every log-in is of another certificate, so that none is remembered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use zegel::base::random::{Random, SeededRandom};
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{LabPki, LeafPurpose};
use zegel::login::counter::CounterChallenge;
use zegel::login::eid::{EidRules, RequestChecked, RequestForm, SpentNonce, Step};
use zegel::pki::need::{Answer, Need};
use zegel::pki::trust::Trust;

use crate::laboratory::{Laboratory, holder, moment};
use crate::measure::{Samples, millis, processor_time, spread_in_millis, timed};
use crate::table::Row;

const ORIGIN: &str = "https://localhost:8443";
const NONCE: &str = "YPVgYc7Qds0qmK/RilPLffnsIg7IIovM4BAWqGZWwiY=";
const PER_SECOND: usize = 200;
const SECONDS: usize = 5;
const LOG_INS: usize = PER_SECOND * SECONDS;
const THREADS: usize = 2;
/// How long before its turn a thread stops sleeping and watches the clock.
const WATCH: Duration = Duration::from_micros(300);

pub fn rows() -> Vec<Row> {
    let laboratory = Laboratory::new();
    [
        ("1.8 (P-384)", KeyKind::Ec(Curve::P384)),
        ("1.7 (RSA-2048)", KeyKind::Rsa { bits: 2048 }),
    ]
    .into_iter()
    .map(|(name, kind)| row(&laboratory, name, kind))
    .collect()
}

fn row(laboratory: &Laboratory, name: &str, kind: KeyKind) -> Row {
    let cards = cards(laboratory, kind);
    let trust = warm(laboratory, &cards[LOG_INS]);
    let before = processor_time();
    let alone: Samples = cards[..LOG_INS]
        .iter()
        .map(|card| timed(|| card.log_in(&trust, &mut |_| Ok(card.ocsp.clone()))).0)
        .collect();
    let processor = (processor_time() - before) / LOG_INS as u32;
    let loaded = open_loop(&warm(laboratory, &cards[LOG_INS]), &cards[..LOG_INS]);
    let p99 = millis(loaded.percentile(99));
    Row::new(format!("{name}, {PER_SECOND}/s"), spread_in_millis(&loaded))
        .at_most("p99 ≤ 3 ms", 3.0, p99)
        .beside(format!(
            "{THREADS} threads, random arrivals for {SECONDS} s, waiting counted; one after the other: {}, \
         {:.2} ms of processor",
            spread_in_millis(&alone),
            millis(processor)
        ))
}

/// A log-in about to come: what the browser posts, and what the responder will answer.
struct Card {
    token: String,
    ocsp: Vec<u8>,
}

/// A trust that has seen one log-in: the root's list and the responder's certificate are known.
fn warm(laboratory: &Laboratory, first: &Card) -> Trust {
    let trust = laboratory.trust();
    first.log_in(&trust, &mut |need| laboratory.answer(need));
    trust
}

/// One more card than log-ins, for the first one. One key for all of them: RSA keys take long to make.
fn cards(laboratory: &Laboratory, kind: KeyKind) -> Vec<Card> {
    let key = PrivateKey::generate(kind).unwrap();
    let trust = laboratory.trust();
    (0..=LOG_INS)
        .map(|_| {
            let validity = LabPki::usual_validity(moment());
            let certificate = laboratory
                .pki()
                .leaf_profile(&holder(), LeafPurpose::Authentication, &key, validity)
                .issue(&laboratory.pki().citizen, &*laboratory.random)
                .unwrap();
            let challenge = CounterChallenge::new(&certificate, ORIGIN, NONCE).unwrap();
            let signature = key.sign(challenge.algorithm(), challenge.message()).unwrap();
            let signature = match kind {
                KeyKind::Ec(curve) => ecdsa::der_to_raw(&signature, curve).unwrap(),
                KeyKind::Rsa { .. } => signature,
            };
            let mut card = Card {
                token: challenge.token(&signature).to_json(),
                ocsp: Vec::new(),
            };
            let mut asked = Vec::new();
            card.log_in(&trust, &mut |need| {
                let answer = laboratory.answer(need);
                if matches!(need, Need::Ocsp { .. }) {
                    asked.clone_from(answer.as_ref().unwrap());
                }
                answer
            });
            card.ocsp = asked;
            card
        })
        .collect()
}

impl Card {
    /// Every step of a log-in that costs no round trip. Panics when the log-in is refused.
    fn log_in(&self, trust: &Trust, outside: &mut dyn FnMut(&Need) -> Answer) {
        let rules = EidRules::belgian(ORIGIN);
        let form = RequestForm {
            content_type: Some("application/json"),
            origin: Some(ORIGIN),
            fetch_site: Some("same-origin"),
            csrf_valid: true,
        };
        let received = RequestChecked::new(&form, &rules)
            .unwrap()
            .read(&self.token)
            .unwrap();
        let challenged = received.spend(SpentNonce::Spent(NONCE.to_owned())).unwrap();
        let mut verification = challenged.verify(&rules, trust, moment()).unwrap();
        let verified = loop {
            match verification.step(trust, &SameNonce, moment()) {
                Step::Need(need) => verification.answer(outside(&need), trust, moment()),
                Step::Done(outcome) => break outcome.unwrap(),
            }
        };
        verified.permit(|_| true).unwrap();
    }
}

/// The same OCSP nonce every time, so that a canned answer fits.
struct SameNonce;

impl Random for SameNonce {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x5A);
    }
}

/// Log-ins arrive at random moments, whether or not the one before is done: from arrival to outcome, each.
fn open_loop(trust: &Trust, cards: &[Card]) -> Samples {
    let arrivals = arrivals(cards.len());
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let work = || {
        let mut samples = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (Some(card), Some(arrival)) = (cards.get(number), arrivals.get(number)) else {
                return samples;
            };
            let due = started + *arrival;
            std::thread::sleep(
                due.saturating_duration_since(Instant::now())
                    .saturating_sub(WATCH),
            );
            while Instant::now() < due {
                std::hint::spin_loop();
            }
            card.log_in(trust, &mut |_| Ok(card.ocsp.clone()));
            samples.push(due.elapsed());
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Moments with exponential gaps, the same in every run.
fn arrivals(count: usize) -> Vec<Duration> {
    let random = SeededRandom::new(200);
    let mut at = 0.0;
    (0..count)
        .map(|_| {
            let mut bytes = [0; 4];
            random.fill(&mut bytes);
            let uniform = (f64::from(u32::from_be_bytes(bytes)) + 1.0) / (f64::from(u32::MAX) + 2.0);
            at -= uniform.ln() / PER_SECOND as f64;
            Duration::from_secs_f64(at)
        })
        .collect()
}
