//! A thousand operations on four cards whose readers fail at random: nothing hangs, no answer is wrong, and no try of
//! a PIN is lost that nobody typed.
//!
//! The walk is the same in this process and in a real reader daemon. What a fault may lead to is said for each: where
//! it should be cured, an error is a failure of the test.

mod daemon;
mod memory;

use std::time::Duration;

use zegel::base::digest::HashAlgorithm;
use zegel::base::random::{Random as _, SeededRandom};
use zegel::card::CardError;
use zegel::card::eid::{
    CertificateKind, Eid, File, KeyReference, LastTry, ListEntry, PinChange, RawFiles, SignList, SignRequest,
};
use zegel::card::readers::Readers;
use zegel::card::transport::Connection;
use zegel::lab::card::{Fault, FaultKind};

use super::driver::verifies;
use super::support::pin;

/// Where the walk happens.
pub(super) trait Ground: Sync {
    /// The readers.
    fn readers(&self) -> &Readers;
    /// The name of this reader.
    fn reader(&self, number: usize) -> String;
    /// Gives the card in this reader a fault.
    fn fault(&self, number: usize, fault: Fault);
    /// Takes all faults away, and puts the card back where it was taken out or does not answer.
    fn settle(&self, number: usize, kind: Option<FaultKind>);
    /// The tries the card really has.
    fn tries(&self, number: usize) -> u8;
    /// Whether a line that breaks off may show as a card that was taken out for a moment.
    fn breaks_show_as_removal(&self) -> bool;
}

/// Longer than any operation; whatever ends in `Deadline` hung.
const LONG: Duration = Duration::from_secs(60);

/// What is done with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Read,
    Certificate,
    Tries,
    SignRight,
    SignWrong,
    List,
    Change,
    Challenge,
}

const OPERATIONS: [Operation; 8] = [
    Operation::Read,
    Operation::Certificate,
    Operation::Tries,
    Operation::SignRight,
    Operation::SignWrong,
    Operation::List,
    Operation::Change,
    Operation::Challenge,
];

/// Numbers below a limit, from a seed.
struct Dice(SeededRandom);

impl Dice {
    fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_be_bytes(bytes)).unwrap() % limit
    }

    fn of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A fault that readers have been seen to have, somewhere in the next commands. `None` half of the time.
    fn fault(&self) -> Option<Fault> {
        let skip = u32::try_from(self.below(14)).unwrap();
        let reading = |status| {
            Fault::now(FaultKind::Answer(status))
                .at_instruction(0xB0)
                .after(skip)
        };
        let anywhere = |kind| Fault::now(kind).after(skip);
        Some(match self.below(32) {
            0 => reading(0x6B00),
            1 => reading(0x6986),
            2 => reading(0x9000),
            3 => reading(0x6400),
            4 => Fault::now(FaultKind::Answer(0x6A87)).at_instruction(0xA4),
            5 => anywhere(FaultKind::Answer(0x6D00)),
            6 | 7 => anywhere(FaultKind::Communication),
            8 => anywhere(FaultKind::Removed),
            9 | 10 => anywhere(FaultKind::Reset),
            11 => anywhere(FaultKind::Truncated),
            12 => Fault::now(FaultKind::Limited(252)).always(),
            13 => Fault::now(FaultKind::Limited(128)).at_instruction(0xB0).always(),
            14 => anywhere(FaultKind::Chunked(32)),
            15 => anywhere(FaultKind::Slow(20)),
            16 if self.below(4) == 0 => anywhere(FaultKind::Mute),
            _ => return None,
        })
    }
}

/// What one operation gave, in words that can be compared.
fn run(connection: &mut dyn Connection, operation: Operation, tries: u8) -> Result<RawFiles, CardError> {
    let mut eid = Eid::new(connection);
    let hash = |eid: &mut Eid<'_>| {
        Ok::<_, CardError>(match eid.card_data()?.applet_version {
            0x18.. => HashAlgorithm::Sha384,
            _ => HashAlgorithm::Sha256,
        })
    };
    match operation {
        Operation::Read => return eid.read_everything(),
        Operation::Certificate => {
            let der = eid.certificate(CertificateKind::Signature)?;
            let mut files = RawFiles::default();
            files.insert(File::SignatureCertificate, der);
            return Ok(files);
        }
        Operation::Tries => {
            let state = eid.pin_state()?;
            assert_eq!(state.tries_left(), Some(tries), "the tries that are told");
        }
        Operation::SignRight | Operation::SignWrong => {
            let (hash, digits) = (
                hash(&mut eid)?,
                if operation == Operation::SignRight {
                    "1234"
                } else {
                    "9999"
                },
            );
            let certificate = eid.certificate(CertificateKind::Signature)?;
            let digest = hash.digest(b"chaos");
            let request = SignRequest {
                key: KeyReference::Signature,
                hash,
                digest: &digest,
                last_try: if operation == Operation::SignRight {
                    LastTry::Confirmed
                } else {
                    LastTry::NotConfirmed
                },
            };
            eid.sign(&request, &pin(digits), &mut |signature| {
                verifies(&certificate, &digest, signature)
            })?;
        }
        Operation::List => {
            let hash = hash(&mut eid)?;
            let certificate = eid.certificate(CertificateKind::Signature)?;
            let entries: Vec<ListEntry> = (0_u8..3)
                .map(|number| ListEntry {
                    hash,
                    digest: hash.digest(&[number]),
                })
                .collect();
            let list = SignList {
                key: KeyReference::Signature,
                entries: &entries,
                last_try: LastTry::Confirmed,
            };
            let mut handed = Vec::new();
            let ended = eid.sign_list(
                &list,
                pin("1234"),
                &mut |index, signature| verifies(&certificate, &entries[index].digest, signature),
                &mut |index, _| {
                    handed.push(index);
                    std::ops::ControlFlow::Continue(())
                },
            );
            assert!(
                handed.iter().copied().eq(0..handed.len()),
                "handed out in order: {handed:?}"
            );
            assert_eq!(ended.as_ref().ok(), (handed.len() == 3).then_some(&3));
            ended?;
        }
        Operation::Change => {
            // To the same PIN: an outcome that is unknown leaves a card that is known.
            let same = pin("1234");
            eid.change_pin(
                PinChange::Typed {
                    old: &same,
                    new: &same,
                },
                LastTry::Confirmed,
            )?;
        }
        Operation::Challenge => {
            let challenge = HashAlgorithm::Sha384.digest(b"chaos");
            let answer = eid.challenge_chip(&challenge)?;
            if let Some(answer) = &answer {
                assert_eq!(answer.challenge, challenge);
            }
        }
    }
    Ok(RawFiles::default())
}

/// Whether this error may come of this fault during this operation. All else must have been cured.
///
/// `before`: the fault of the step before. A reset by another program takes place when it can, which may be now.
fn is_allowed(
    ground: &dyn Ground,
    [before, fault]: [Option<FaultKind>; 2],
    operation: Operation,
    error: &CardError,
) -> bool {
    use CardError::{
        CardMissing, CardMute, CardRemoved, CardReset, Communication, KeyUnusable, Malformed, OutcomeUnknown,
        PinLastTry, PinRightMissing, PinWrong, ReaderStuck,
    };
    if operation == Operation::SignWrong && matches!(error, PinWrong { .. } | PinLastTry) {
        return true;
    }
    let spends = matches!(
        operation,
        Operation::SignRight | Operation::SignWrong | Operation::List | Operation::Change
    );
    if ground.breaks_show_as_removal() && [before, fault].contains(&Some(FaultKind::Reset)) {
        return spends && matches!(error, OutcomeUnknown | CardReset | KeyUnusable | PinRightMissing);
    }
    match fault {
        Some(FaultKind::Removed) => {
            *error == CardRemoved || (ground.breaks_show_as_removal() && *error == CardMissing)
        }
        Some(FaultKind::Mute) => {
            matches!(error, CardMute | ReaderStuck) || (spends && *error == OutcomeUnknown)
        }
        Some(FaultKind::Communication) => {
            (spends && matches!(error, OutcomeUnknown | Communication))
                || (ground.breaks_show_as_removal() && matches!(error, CardRemoved | CardMissing))
        }
        Some(FaultKind::Reset) => spends && matches!(error, OutcomeUnknown | CardReset),
        Some(FaultKind::Answer(0x6D00)) => spends && *error == Communication,
        Some(FaultKind::Truncated) => {
            spends
                && matches!(
                    error,
                    Malformed {
                        what: "signature",
                        ..
                    }
                )
        }
        Some(FaultKind::Limited(_)) => {
            // An RSA value does not fit through such a reader.
            spends
                && matches!(
                    error,
                    Malformed {
                        what: "signature",
                        ..
                    }
                )
        }
        _ => false,
    }
}

/// Walks `steps` steps on this reader. `whole`: everything on its card, read while nothing failed.
pub(super) fn walk(ground: &dyn Ground, number: usize, steps: usize, seed: u64) {
    let reader = ground.reader(number);
    let submit = |operation, tries| {
        ground
            .readers()
            .submit(&reader, LONG, move |connection| run(connection, operation, tries))
            .wait()
    };
    let whole = submit(Operation::Read, 3).unwrap();
    let dice = Dice(SeededRandom::new(seed));
    let mut errors = 0;
    let mut earlier = None;
    for step in 0..steps {
        let (operation, fault) = (dice.of(&OPERATIONS), dice.fault());
        if let Some(fault) = fault {
            ground.fault(number, fault);
        }
        let before = ground.tries(number);
        let result = submit(operation, before);
        let after = ground.tries(number);
        let kind = fault.map(|fault| fault.kind);
        let about = format!("reader {number}, step {step} of seed {seed}: {operation:?} with {fault:?}");
        match &result {
            Ok(files) => {
                let same = files
                    .iter()
                    .all(|(file, content)| whole.get(file) == Some(content) && files.flaw(file).is_none());
                assert!(same, "{about}: a wrong answer");
                if operation == Operation::Read {
                    assert_eq!(
                        files.iter().count(),
                        whole.iter().count(),
                        "{about}: something was left out"
                    );
                }
                assert_ne!(operation, Operation::SignWrong, "{about}: a wrong PIN signed");
            }
            Err(error) => {
                assert!(
                    is_allowed(ground, [earlier, kind], operation, error),
                    "{about}: {error}"
                );
                errors += 1;
            }
        }
        // A try is lost by a wrong PIN alone, and only one; a right one gives all back.
        match operation {
            Operation::SignWrong => {
                assert!(
                    after == before || after + 1 == before,
                    "{about}: {before} to {after} tries"
                );
                if let Err(CardError::PinWrong { left }) = result {
                    assert_eq!(after, left, "{about}");
                    assert_eq!(before, left + 1, "{about}");
                }
            }
            Operation::SignRight | Operation::List | Operation::Change => {
                assert!(
                    after == before || after == 3,
                    "{about}: {before} to {after} tries"
                );
            }
            _ => assert_eq!(after, before, "{about}"),
        }
        ground.settle(number, kind);
        earlier = kind;
    }
    assert!(errors > 0, "no fault was seen: the walk proves nothing");
    let last = submit(Operation::Read, ground.tries(number)).unwrap();
    assert!(last.iter().eq(whole.iter()), "reader {number}: the card changed");
}
