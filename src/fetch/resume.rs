//! Drives the machines of the lower floors: ask, fetch, resume.

use std::sync::Arc;

use super::Fetcher;
use super::turns::Turn;
use crate::ades::augment::asking::Asking;
use crate::ades::augment::error::Step;
use crate::ades::pades::completion::{self, Completion, CompletionError};
use crate::ades::pades::stages::{Completed, Signed};
use crate::base::clock::Clock;
use crate::base::random::Random;
use crate::crypto::policy::AlgorithmPolicy;
use crate::login::LoginRefusal;
use crate::login::eid::{self, Verification, Verified};
use crate::pki::certificate::Certificate;
use crate::pki::need::{Answer, Need};
use crate::pki::path::Path;
use crate::pki::purpose;
use crate::pki::refusal::Refusal;
use crate::pki::revocation::{self, CheckOptions, Checked, Checker};
use crate::pki::trust::Trust;

/// Runs a check of status to its end.
///
/// # Errors
/// The first certificate of the path that is not known to be good.
pub async fn check(
    mut checker: Checker,
    trust: &Trust,
    fetcher: &dyn Fetcher,
    clock: &dyn Clock,
) -> Result<Vec<Checked>, Refusal> {
    loop {
        match checker.step(trust, clock.now()) {
            revocation::Step::Need(need) => {
                let turn = fetcher.turn(&need).await;
                let is_needed = !turn.has_waited()
                    || matches!(checker.step(trust, clock.now()), revocation::Step::Need(still) if still == need);
                if is_needed {
                    let answer = turn.ask(fetcher, &need).await;
                    checker.answer(answer, trust, clock.now());
                }
            }
            revocation::Step::Done(outcome) => return outcome,
        }
    }
}

/// Whether `certificate` may make a signature now: its path to a pinned root and the status of all on it, before
/// anybody types a PIN. An issuer not known yet is fetched.
///
/// # Errors
/// The first thing that refuses it.
pub async fn signer(
    trust: &Trust,
    fetcher: &dyn Fetcher,
    clock: &dyn Clock,
    random: &dyn Random,
    certificate: &Certificate,
) -> Result<Path, Refusal> {
    signer_with(trust, fetcher, clock, random, certificate, &[]).await
}

/// The same where the device hands over `issuers` of the certificate, which are believed as far as they chain.
///
/// # Errors
/// The first thing that refuses it.
pub async fn signer_with(
    trust: &Trust,
    fetcher: &dyn Fetcher,
    clock: &dyn Clock,
    random: &dyn Random,
    certificate: &Certificate,
    issuers: &[Certificate],
) -> Result<Path, Refusal> {
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let purpose = purpose::of_signer(certificate);
    let handed = trust.validate(certificate, issuers, purpose, &algorithms, clock.now());
    if handed.is_err()
        && let Some(need) = trust.missing_issuer(certificate, clock.now())
    {
        let turn = fetcher.turn(&need).await;
        if !trust.knows_issuer(certificate) {
            if let Ok(der) = turn.ask(fetcher, &need).await
                && let Ok(issuer) = Certificate::parse(der)
            {
                // One that does not chain to a pinned root is not kept; the path then says so.
                let _ = trust.add_issuer(&issuer);
            }
            if !trust.knows_issuer(certificate) {
                trust.note_missing(&need, clock.now());
            }
        }
    }
    let path = trust.validate(certificate, issuers, purpose, &algorithms, clock.now())?;
    let checker = Checker::new(&path, CheckOptions::default(), &algorithms, random);
    check(checker, trust, fetcher, clock).await?;
    Ok(path)
}

/// Runs the verification of a log-in to its end, signatures on a blocking thread.
///
/// Returns the outcome, and the authority learnt on the way, which the caller keeps in the store.
pub async fn log_in(
    mut verification: Verification,
    trust: &Arc<Trust>,
    fetcher: &dyn Fetcher,
    random: &Arc<dyn Random>,
    clock: &Arc<dyn Clock>,
) -> (Result<Verified, LoginRefusal>, Option<Certificate>) {
    // The need of the last step, once its turn came.
    let mut due: Option<(Need, Turn)> = None;
    loop {
        let arrived = match &due {
            Some((need, turn)) => Some(turn.ask(fetcher, need).await),
            None => None,
        };
        // The thread can only fail to answer when the runtime is shutting down; nobody is let in then.
        let Some((resumed, step)) = stepped(verification, arrived, trust, random, clock).await else {
            return (Err(LoginRefusal::NotPermitted), None);
        };
        verification = resumed;
        // What came was taken in: whoever waits for the same finds it.
        due = None;
        let need = match step {
            eid::Step::Need(need) => need,
            eid::Step::Done(outcome) => return (*outcome, verification.learned().cloned()),
        };
        let turn = fetcher.turn(&need).await;
        // Who waited looks again first.
        if !turn.has_waited() {
            due = Some((need, turn));
            continue;
        }
        let Some((resumed, step)) = stepped(verification, None, trust, random, clock).await else {
            return (Err(LoginRefusal::NotPermitted), None);
        };
        verification = resumed;
        match step {
            eid::Step::Need(still) if still == need => due = Some((need, turn)),
            // Another need, or the outcome: the next step says so again.
            eid::Step::Need(_) | eid::Step::Done(_) => {}
        }
    }
}

/// One step on a thread that may take its time: signatures are verified in it.
async fn stepped(
    mut verification: Verification,
    arrived: Option<Answer>,
    trust: &Arc<Trust>,
    random: &Arc<dyn Random>,
    clock: &Arc<dyn Clock>,
) -> Option<(Verification, eid::Step)> {
    let (trust, random, clock) = (Arc::clone(trust), Arc::clone(random), Arc::clone(clock));
    tokio::task::spawn_blocking(move || {
        if let Some(arrived) = arrived {
            verification.answer(arrived, &trust, clock.now());
        }
        let step = verification.step(&trust, random.as_ref(), clock.now());
        (verification, step)
    })
    .await
    .ok()
}

/// Completes a signature: steps on a thread that may block, needs through the one door.
///
/// # Errors
/// Why it did not come to its level, with the stage as far as it got: store it and go on from there later.
pub async fn complete(
    mut completion: Completion,
    fetcher: &dyn Fetcher,
    clock: &Arc<dyn Clock>,
) -> Result<Completed, (CompletionError, Box<Signed>)> {
    let mut answer = None;
    loop {
        let clock = Arc::clone(clock);
        let arrived = answer.take();
        let kept = completion.signed().clone();
        let stepped = tokio::task::spawn_blocking(move || {
            let outcome = match arrived {
                Some(arrived) => completion.answer(arrived, clock.now()),
                None => Ok(()),
            };
            let step = outcome.and_then(|()| completion.step(clock.now()));
            (completion, step)
        })
        .await;
        // The thread fails to answer only when the runtime is shutting down.
        let Ok((resumed, step)) = stepped else {
            let interrupted = std::io::Error::from(std::io::ErrorKind::Interrupted);
            return Err((interrupted.into(), Box::new(kept)));
        };
        completion = resumed;
        match step {
            Ok(completion::Step::Done(completed)) => return Ok(*completed),
            Ok(completion::Step::Need(need)) => answer = Some(fetcher.fetch(&need).await),
            Err(error) => return Err((error, Box::new(completion.into_signed()))),
        }
    }
}

/// As [`asked`], with its steps on a thread that may block; `None` when the runtime is shutting down.
pub async fn asked_aside<M>(
    machine: M,
    fetcher: &dyn Fetcher,
    clock: &Arc<dyn Clock>,
) -> Option<Result<M::Done, M::Error>>
where
    M: Asking + Send + 'static,
    M::Done: Send,
    M::Error: Send,
{
    let outcome = asked_keeping(machine, fetcher, clock).await?;
    Some(outcome.map_err(|(error, _)| error))
}

/// As [`asked_aside`]; what did not come to its end is given back with all that it gained.
pub async fn asked_keeping<M>(
    mut machine: M,
    fetcher: &dyn Fetcher,
    clock: &Arc<dyn Clock>,
) -> Option<Result<M::Done, (M::Error, Box<M>)>>
where
    M: Asking + Send + 'static,
    M::Done: Send,
    M::Error: Send,
{
    let mut answer = None;
    loop {
        let (clock, arrived) = (Arc::clone(clock), answer.take());
        let stepped = tokio::task::spawn_blocking(move || {
            let outcome = match arrived {
                Some(arrived) => machine.answer(arrived, clock.now()),
                None => Ok(()),
            };
            let step = outcome.and_then(|()| machine.step(clock.now()));
            (machine, step)
        });
        let (resumed, step) = stepped.await.ok()?;
        machine = resumed;
        match step {
            Ok(Step::Done(done)) => return Some(Ok(*done)),
            Ok(Step::Need(need)) => answer = Some(fetcher.fetch(&need).await),
            Err(error) => return Some(Err((error, Box::new(machine)))),
        }
    }
}

/// Runs anything that asks to its end, needs through the one door.
///
/// # Errors
/// Why nothing came out.
pub async fn asked<M: Asking>(
    machine: &mut M,
    fetcher: &dyn Fetcher,
    clock: &dyn Clock,
) -> Result<M::Done, M::Error> {
    loop {
        match machine.step(clock.now())? {
            Step::Done(done) => return Ok(*done),
            Step::Need(need) => {
                let answer = fetcher.fetch(&need).await;
                machine.answer(answer, clock.now())?;
            }
        }
    }
}

/// Fetches the pinned roots that are not at hand yet. Returns those that are new, for the store.
///
/// A root that cannot be had is left for the next time; one whose fingerprint is not pinned is not taken.
pub async fn roots(trust: &Trust, fetcher: &dyn Fetcher) -> Vec<Certificate> {
    let mut taken = Vec::new();
    for need in trust.missing_roots() {
        let answer = fetcher.fetch(&need).await;
        if let Some(root) = answer.ok().and_then(|der| Certificate::parse(der).ok())
            && trust.add_anchor(&root)
        {
            taken.push(root);
        }
    }
    taken
}
