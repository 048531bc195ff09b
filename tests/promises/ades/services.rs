//! Several time-stamping services, asked in their order.

use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::pades::completion::{Completion, CompletionError, Settings, Step};
use zegel::lab::services::{Service, ServiceMode};
use zegel::pki::need::{Answer, FetchFailure, Need};

use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};

/// Completes a signature at B-T; `answer` is what the service at that address gives. Returns whether it got a
/// time-stamp, or why not, and which services were asked.
fn complete(
    settings: Settings,
    world: &World,
    answer: impl Fn(&Need) -> Answer,
) -> (Result<(), CompletionError>, Vec<String>) {
    let document = pdf(Xref::Stream, SHAPES[0]);
    let signer = world.signer(P384);
    let signed = world.signed(&document, &world.draft(&signer, Level::T), &signer.leaf.key);
    let mut completion = Completion::new(Arc::new(document), signed, settings).unwrap();
    let mut asked = Vec::new();
    for _ in 0..100 {
        match completion.step(world.now) {
            Ok(Step::Done(_)) => return (Ok(()), asked),
            Ok(Step::Need(need)) => {
                let given = if matches!(need, Need::TimeStamp { .. }) {
                    asked.push(need.url().to_owned());
                    answer(&need)
                } else {
                    world.answer(&need, world.now)
                };
                completion.answer(given, world.now).unwrap();
            }
            Err(error) => return (Err(error), asked),
        }
    }
    panic!("completion does not end");
}

#[test]
fn the_next_service_is_asked_when_one_gives_nothing_usable() {
    let world = World::new();
    let last = format!("{}/tsa", world.base);
    let urls = ["http://first.test/tsa", "http://second.test/tsa", last.as_str()];
    let settings = || Settings {
        time_stamp_urls: urls.map(str::to_owned).to_vec(),
        ..world.settings()
    };
    let by_laboratory = |need: &Need, mode: ServiceMode| {
        world.services.set_service(Service::TimeStamp, mode);
        let Need::TimeStamp { request, .. } = need.clone() else {
            panic!("{need:?}")
        };
        let url = last.clone();
        let answered = world.answer(&Need::TimeStamp { url, request }, world.now);
        world.services.set_service(Service::TimeStamp, ServiceMode::Up);
        answered
    };
    // The first good one ends the search.
    let (outcome, asked) = complete(settings(), &world, |need| by_laboratory(need, ServiceMode::Up));
    assert!(outcome.is_ok());
    assert_eq!(asked, urls[..1]);
    // Each way in which the first two may fail, by the door or by what they say.
    type Fault<'a> = Box<dyn Fn(&Need) -> Answer + 'a>;
    let mut faults: Vec<(&str, Fault<'_>)> = vec![
        ("timeout", Box::new(|_| Err(FetchFailure::Timeout))),
        ("circuit_open", Box::new(|_| Err(FetchFailure::CircuitOpen))),
        ("http", Box::new(|_| Err(FetchFailure::Http(503)))),
        ("TST_PARSE", Box::new(|_| Ok(b"<html>".to_vec()))),
    ];
    for (cause, mode) in [
        ("TST_STATUS", ServiceMode::TryLater),
        ("TST_NONCE", ServiceMode::WrongNonce),
        ("TST_TIME", ServiceMode::Stale),
    ] {
        faults.push((cause, Box::new(move |need| by_laboratory(need, mode))));
    }
    for (cause, fault) in &faults {
        let (outcome, asked) = complete(settings(), &world, |need| {
            if need.url() == last {
                by_laboratory(need, ServiceMode::Up)
            } else {
                fault(need)
            }
        });
        assert!(outcome.is_ok(), "{cause}");
        assert_eq!(asked, urls, "{cause}");
        let (outcome, asked) = complete(settings(), &world, fault);
        assert_eq!(asked, urls, "{cause}: each once");
        match outcome.unwrap_err() {
            CompletionError::TimeStamp(causes) => assert_eq!(causes, [*cause; 3]),
            other => panic!("{cause}: {other:?}"),
        }
    }
}

#[test]
fn a_time_stamp_under_another_policy_is_none() {
    let world = World::new();
    for (policy, good) in [("2.16.56.13.6.3.1.1000", true), ("2.16.56.13.6.3.1.1001", false)] {
        let settings = Settings {
            time_stamp_policies: vec![policy.parse().unwrap()],
            ..world.settings()
        };
        let (outcome, _) = complete(settings, &world, |need| world.answer(need, world.now));
        match outcome {
            Ok(()) => assert!(good),
            Err(CompletionError::TimeStamp(causes)) => {
                assert_eq!((good, causes), (false, vec!["TST_POLICY"]))
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}
