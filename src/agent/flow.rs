//! The acts: what is read, asked and signed, in which order.

use std::ops::ControlFlow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::digest::HashAlgorithm;
use crate::card::CardError;
use crate::card::eid::{CardSignature, LastTry, PinState};
use crate::card::family::Purpose;
use crate::card::pin::Earlier;
use crate::card::readers::ReaderStatus;
use crate::webeid::{Answer, ListedDocument, Token};

use super::card::{Batch, Opened, PinWay};
use super::certificate::{self, Certificate};
use super::choose::Desk;
use super::problem::Problem;
use super::wording::{Act, Ask};

/// How long everything at one card may take, the person's typing included; each window has its own shorter limit.
const CARD_LIMIT: Duration = Duration::from_mins(20);
/// How long a PIN is held for a list at the most. Source: design.md §5.12.
const LIST_LIMIT: Duration = Duration::from_mins(10);

/// A log-in: the card signs this origin and this challenge, nothing a caller chose.
///
/// `nonce`: the text handed out, not what it decodes to.
pub(super) fn authenticate(desk: &Desk, nonce: &str) -> Result<Answer, Problem> {
    let nonce = nonce.to_owned();
    at_card(desk, Purpose::Authentication, None, move |seat, card| {
        let (name, hash) = seat.certificate.key.login();
        // H(origin) ‖ H(nonce), over which the signature hashes once more. Source: reference login-and-oidc §2.2.
        let origin = seat.desk.windows.origin.as_str();
        let message = [hash.digest(origin.as_bytes()), hash.digest(nonce.as_bytes())].concat();
        let digest = hash.digest(&message);
        let mut signature = None;
        let work = Work {
            hash,
            digests: &[&digest],
            act: Act::LogIn,
        };
        seat.sign(card, &work, &mut |_, value| {
            signature = Some(value.value);
            ControlFlow::Continue(())
        })?;
        Ok(Answer::Token(Token {
            format: Token::FORMAT.to_owned(),
            algorithm: name.to_owned(),
            unverified_certificate: STANDARD.encode(&seat.der),
            signature: STANDARD.encode(signature.unwrap_or_default()),
            app_version: Some(concat!("zegel-agent/", env!("CARGO_PKG_VERSION")).to_owned()),
        }))
    })
}

/// The signing certificate, after the person agreed that this site gets it.
pub(super) fn certificate(desk: &Desk) -> Result<Answer, Problem> {
    at_card(desk, Purpose::Signature, None, |seat, card| {
        let shared = seat
            .desk
            .windows
            .share(&seat.certificate.holder, &|| seat.is_gone());
        seat.unless_gone(shared)?;
        let algorithms = card.algorithms(seat.certificate.key);
        Ok(Answer::Certificate(seat.der, algorithms))
    })
}

/// One signature by the card of this certificate.
pub(super) fn sign(desk: &Desk, der: &[u8], hash: HashAlgorithm, digest: Vec<u8>) -> Result<Answer, Problem> {
    at_card(desk, Purpose::Signature, Some(der), move |seat, card| {
        let mut signature = None;
        let work = Work {
            hash,
            digests: &[&digest],
            act: Act::Sign { digest: &digest },
        };
        seat.sign(card, &work, &mut |_, value| {
            signature = Some(value.value);
            ControlFlow::Continue(())
        })?;
        let algorithm = seat.certificate.key.algorithm(hash);
        Ok(Answer::Signature(signature.unwrap_or_default(), algorithm))
    })
}

/// Signs a list with one PIN. `sent` gets each value as soon as it exists and says whether to go on.
///
/// Returns how many were signed.
pub(super) fn sign_list(
    desk: &Desk,
    der: &[u8],
    hash: HashAlgorithm,
    documents: Vec<ListedDocument>,
    mut sent: impl FnMut(Answer) -> ControlFlow<()> + Send + 'static,
) -> Result<Answer, Problem> {
    at_card(desk, Purpose::Signature, Some(der), move |seat, card| {
        let pages = seat.desk.windows.pages(&documents, &|| seat.is_gone());
        seat.unless_gone(pages)?;
        let digests: Vec<&[u8]> = documents.iter().map(|one| one.digest.as_slice()).collect();
        let algorithm = seat.certificate.key.algorithm(hash);
        let work = Work {
            hash,
            digests: &digests,
            act: Act::SignList {
                documents: &documents,
            },
        };
        let mut began = None;
        let signed = seat.sign(card, &work, &mut |index, value| {
            let now = seat.desk.clock.monotonic();
            let since = *began.get_or_insert(now);
            if sent(Answer::Signed(index, value.value, algorithm)).is_break()
                || seat.desk.windows.is_stopped()
            {
                return ControlFlow::Break(());
            }
            if now.saturating_sub(since) >= LIST_LIMIT {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        if signed < digests.len() {
            // Nobody listens, or the time for one PIN is over.
            let cause = if seat.desk.windows.is_stopped() {
                CardError::PinCancelled
            } else {
                CardError::PinTimeout
            };
            return Err(cause.into());
        }
        Ok(Answer::Done(signed))
    })
}

/// A card that is there, with the certificate it has.
struct Seat {
    desk: Desk,
    reader: ReaderStatus,
    der: Vec<u8>,
    certificate: Certificate,
}

/// What is signed with one PIN.
struct Work<'a> {
    hash: HashAlgorithm,
    digests: &'a [&'a [u8]],
    act: Act<'a>,
}

/// Runs `work` at the card, in its reader's thread: certificate, windows and signatures in one connection, which ends
/// with that card.
fn at_card<T: Send + 'static>(
    desk: &Desk,
    purpose: Purpose,
    wanted: Option<&[u8]>,
    work: impl FnOnce(Seat, &mut Opened<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let chosen = desk.choose(purpose, wanted)?;
    let name = chosen.reader.name.clone();
    let desk = desk.clone();
    let ticket = desk.readers.clone().submit(&name, CARD_LIMIT, move |connection| {
        let mut card = Opened::open(connection, purpose)?;
        let der = std::mem::take(&mut card.der);
        if chosen.certificate.is_some_and(|expected| expected != der) {
            return Ok(Err(Problem::other_card()));
        }
        let certificate = certificate::parse(&der).ok_or(CardError::Malformed {
            what: "certificate",
            at: 0,
        })?;
        let seat = Seat {
            desk,
            reader: chosen.reader,
            der,
            certificate,
        };
        Ok(work(seat, &mut card))
    });
    ticket.wait()?
}

impl Seat {
    fn is_gone(&self) -> bool {
        self.desk.is_gone(&self.reader)
    }

    /// Whatever the person did with a window: a card that is gone is the news.
    fn unless_gone<T>(&self, answered: Result<T, CardError>) -> Result<T, CardError> {
        match answered {
            Ok(_) | Err(CardError::PinCancelled) if self.is_gone() => Err(CardError::CardRemoved),
            answered => answered,
        }
    }

    /// Asks for the PIN and signs, and asks again after a wrong one, as long as the card takes one. The tries are known
    /// before asking where the card tells them without spending one. A reader with keys takes the PIN itself.
    ///
    /// Returns how many were signed.
    fn sign(
        &self,
        card: &mut Opened<'_>,
        work: &Work<'_>,
        taken: &mut dyn FnMut(usize, CardSignature) -> ControlFlow<()>,
    ) -> Result<usize, CardError> {
        let windows = &self.desk.windows;
        let batch = Batch {
            key: self.certificate.key,
            hash: work.hash,
            digests: work.digests,
        };
        let mut earlier = None;
        let mut state = card.pin_state()?;
        let has_pad = card.has_pad()?;
        loop {
            let last_try = match state {
                PinState::Blocked => return Err(CardError::PinBlocked),
                PinState::Left(1) => {
                    self.unless_gone(windows.last_try(&|| self.is_gone()))?;
                    LastTry::Confirmed
                }
                PinState::Left(_) | PinState::Unknown => LastTry::NotConfirmed,
            };
            let ask = Ask {
                act: work.act,
                holder: &self.certificate.holder,
                tries_left: state.tries_left(),
                earlier,
            };
            let pin = if has_pad {
                let times = work.digests.len();
                self.unless_gone(windows.keypad(&ask, times, &|| self.is_gone()))?;
                PinWay::Pad(windows.language)
            } else {
                PinWay::Typed(self.unless_gone(windows.pin(&ask, &|| self.is_gone()))?)
            };
            let mut any = false;
            let signed = card.sign(&batch, last_try, pin, &mut |index, value| {
                any = true;
                taken(index, value)
            });
            match signed {
                Err(CardError::PinWrong { left }) if !any => {
                    state = PinState::Left(left);
                    earlier = Some(Earlier::Wrong);
                }
                Err(CardError::PinLastTry) if !any => state = PinState::Left(1),
                signed => return signed,
            }
        }
    }
}
