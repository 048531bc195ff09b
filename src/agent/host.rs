//! One run of the program as a browser starts it: greet, one command, its answers, end.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::clock::Clock;
use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::readers::{Options, Readers};
use crate::webeid::frame::{self, FrameError};
use crate::webeid::{Answer, ErrorCode, Request};

use super::choose::Desk;
use super::flow;
use super::origin::Origin;
use super::problem::Problem;
use super::settings::{Places, Settings};
use super::window::Windows;

/// What is said first. The number in front is the protocol's: the stock extension refuses a program whose major number
/// is below its own. This program's own stands behind the `+`.
pub const VERSION: &str = concat!("2.0.0+zegel.", env!("CARGO_PKG_VERSION"));

/// What a run needs of the world.
pub struct World {
    /// Settings of this computer.
    pub settings: Settings,
    /// Where things are.
    pub places: Places,
    /// This program's own file.
    pub program: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Opens the readers. Called only for a command that needs a card.
    pub readers: OpenReaders,
    /// Whether nobody can hear an answer any more, though the input ended only; asked now and then.
    pub is_deaf: Box<dyn Fn() -> bool + Send>,
}

/// Opens the readers.
pub type OpenReaders = Box<dyn FnOnce(Options, Arc<dyn Clock>) -> Result<Readers, CardError>>;

/// How a run ended, as an exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person cancelled, or did nothing.
    Cancelled,
    /// Reader, card or PIN.
    Card,
    /// Done what was asked.
    Good,
    /// The message was none, or could not be answered.
    Malformed,
}

impl Ended {
    /// The exit code. Source: house-style §13.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Malformed => 1,
            Self::Card => 5,
            Self::Cancelled => 6,
        }
    }
}

/// The way out: one message at a time, from whichever thread.
#[derive(Clone)]
struct Output(Arc<Mutex<Box<dyn Write + Send>>>);

impl Output {
    fn send(&self, answer: &Answer) -> std::io::Result<()> {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(&mut *output, &answer.to_json())
    }
}

/// Serves one command read from `input`, with answers to `output`.
///
/// Everything after the command ends it: `quit`, another command, the end of the input once nobody can hear the answer.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static, world: World) -> Ended {
    let output = Output(Arc::new(Mutex::new(Box::new(output))));
    let greeting = Answer::Greeting {
        version: VERSION.to_owned(),
    };
    if output.send(&greeting).is_err() {
        return Ended::Malformed;
    }
    let World {
        settings,
        places,
        program,
        clock,
        readers,
        is_deaf,
    } = world;
    let stop = Arc::new(AtomicBool::new(false));
    let Some(first) = listen(input, Arc::clone(&stop), is_deaf) else {
        return finish(&output, Err(Problem::invalid("no thread for the input")), None);
    };
    let request = match first.recv() {
        // Left before asking anything.
        Err(_) | Ok(Ok(None)) => return Ended::Good,
        Ok(Err(error)) => return finish(&output, Err(Problem::invalid(error.to_string())), None),
        Ok(Ok(Some(message))) => Request::parse(&message).map_err(Problem::from),
    };
    let (origin, language) = match &request {
        Ok(Request::Quit) => return finish(&output, Ok(Answer::Nothing), None),
        Ok(Request::Status) => return finish(&output, Ok(greeting), None),
        Err(problem) => return finish(&output, Err(problem.clone()), None),
        Ok(
            Request::Authenticate { origin, language, .. }
            | Request::Certificate { origin, language }
            | Request::Sign { origin, language, .. }
            | Request::SignList { origin, language, .. },
        ) => (Origin::parse(origin, settings.http_loopback), language.clone()),
    };
    let origin = match origin {
        Ok(origin) => origin,
        Err(error) => return finish(&output, Err(error.into()), None),
    };
    let windows = Windows {
        program: settings.pin_command(&places, &program),
        limit: settings.window_limit(),
        language: language_of(language.as_deref(), &places),
        origin,
        stop: Arc::clone(&stop),
        standing: Arc::default(),
    };
    let mut options = Options::default();
    options.skip.extend(settings.skip_readers);
    let standing = Arc::clone(&windows.standing);
    let desk = readers(options, Arc::clone(&clock)).map(|readers| Desk {
        readers,
        windows,
        clock,
    });
    let (answer, signed) = match desk {
        Ok(desk) => run(&desk, request, &output),
        Err(error) => (Err(error.into()), None),
    };
    // A thread that was given up may have a window still: it closes now, and the program ends after it.
    stop.store(true, Ordering::SeqCst);
    drop(standing.lock().unwrap_or_else(PoisonError::into_inner));
    finish(&output, answer, signed)
}

/// Runs a command. For a list, also how many values were sent.
fn run(
    desk: &Desk,
    request: Result<Request, Problem>,
    output: &Output,
) -> (Result<Answer, Problem>, Option<usize>) {
    let request = match request {
        Ok(request) => request,
        Err(problem) => return (Err(problem), None),
    };
    match request {
        Request::Authenticate { nonce, .. } => (flow::authenticate(desk, &nonce), None),
        Request::Certificate { .. } => (flow::certificate(desk), None),
        Request::Quit => (Ok(Answer::Nothing), None),
        Request::Status => (
            Ok(Answer::Greeting {
                version: VERSION.to_owned(),
            }),
            None,
        ),
        Request::Sign {
            certificate,
            hash,
            digest,
            ..
        } => (flow::sign(desk, &certificate, hash, digest), None),
        Request::SignList {
            certificate,
            hash,
            documents,
            ..
        } => {
            let count = Arc::new(Mutex::new(0_usize));
            let (counted, output) = (Arc::clone(&count), output.clone());
            let sent = move |answer: Answer| {
                if output.send(&answer).is_err() {
                    return ControlFlow::Break(());
                }
                let mut count = counted.lock().unwrap_or_else(PoisonError::into_inner);
                *count = count.saturating_add(1);
                ControlFlow::Continue(())
            };
            let answer = flow::sign_list(desk, &certificate, hash, documents, sent);
            let signed = *count.lock().unwrap_or_else(PoisonError::into_inner);
            (answer, Some(signed))
        }
    }
}

/// Sends the last answer.
fn finish(output: &Output, answer: Result<Answer, Problem>, signed: Option<usize>) -> Ended {
    let (answer, ended) = match answer {
        Ok(answer) => (answer, Ended::Good),
        Err(problem) => {
            let ended = match problem.code {
                ErrorCode::NativeFatal => Ended::Card,
                ErrorCode::NativeInvalidArgument => Ended::Malformed,
                ErrorCode::UserCancelled | ErrorCode::UserTimeout => Ended::Cancelled,
            };
            (problem.answer(signed), ended)
        }
    };
    // Nobody may be there any more to hear it.
    if output.send(&answer).is_err() && ended == Ended::Good {
        return Ended::Malformed;
    }
    ended
}

/// The language of the windows: the page's, the session's, or the usual one.
fn language_of(asked: Option<&str>, places: &Places) -> Language {
    let session = places.language();
    asked
        .and_then(|tag| tag.parse().ok())
        .or_else(|| session.as_deref()?.parse().ok())
        .unwrap_or_default()
}

/// What came from the input.
type Heard = Result<Option<Vec<u8>>, FrameError>;

/// Reads in a thread of its own: what comes first goes to the receiver, whatever comes after it sets `stop`.
fn listen(
    mut input: impl Read + Send + 'static,
    stop: Arc<AtomicBool>,
    is_deaf: Box<dyn Fn() -> bool + Send>,
) -> Option<Receiver<Heard>> {
    let (sender, receiver) = sync_channel(1);
    let run = move || {
        let first = frame::read(&mut input);
        let goes_on = matches!(first, Ok(Some(_)));
        if sender.send(first).is_err() || !goes_on {
            return;
        }
        if matches!(frame::read(&mut input), Ok(None)) {
            // WHY: a caller that writes its command and closes its side may still read. Browsers close both.
            while !is_deaf() {
                std::thread::sleep(DEAF_PAUSE);
            }
        }
        stop.store(true, Ordering::SeqCst);
    };
    std::thread::Builder::new()
        .name("agent-input".to_owned())
        .spawn(run)
        .ok()
        .map(|_| receiver)
}

/// How often it is looked whether somebody can hear the answer, after the input ended.
const DEAF_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
