//! How a running laboratory is told what to do: one JSON request a line on a Unix socket in its folder.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use super::LabError;
use super::host::{CardRequest, CardState};
use super::persons::PersonRecord;
use super::pinentry::{PinAnswer, PinDialog, PinReply};
use super::pki::{LeafPurpose, Serial};
use super::services::{CertificateStatus, Service, ServiceMode};

/// What a running laboratory is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Something about cards and readers.
    Card(CardRequest),
    /// Set how the OCSP responder behaves when it is asked about a card's certificates.
    Answer {
        /// Which card.
        card: String,
        /// Which of the two; both when absent.
        purpose: Option<LeafPurpose>,
        /// How; as when asked about any other when absent.
        mode: Option<ServiceMode>,
    },
    /// Set the status of a card's certificates.
    Certificate {
        /// Which card.
        card: String,
        /// Which of the two; both when absent.
        purpose: Option<LeafPurpose>,
        /// The new status.
        status: CertificateStatus,
    },
    /// How the next question for a PIN is answered.
    NextPin {
        /// The answer.
        answer: PinAnswer,
    },
    /// The PIN program asks what to answer.
    PinWanted {
        /// What it was told to show.
        dialog: PinDialog,
    },
    /// What the PIN program was told to show so far.
    PinsShown,
    /// Set how a service behaves.
    Service {
        /// Which.
        service: Service,
        /// How.
        mode: ServiceMode,
    },
    /// What there is and how it is.
    Status,
    /// End the laboratory.
    Stop,
}

/// What a running laboratory answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The cards asked about.
    Cards(Vec<CardState>),
    /// It is done.
    Done,
    /// What to answer to the question for a PIN.
    Pin(PinReply),
    /// What the PIN program was told to show, oldest first.
    PinsShown(Vec<PinDialog>),
    /// Everything.
    Status(Box<LabStatus>),
}

/// The state of a laboratory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabStatus {
    /// Its folder.
    pub folder: PathBuf,
    /// What `PCSCLITE_CSOCK_NAME` must be for clients of its readers.
    pub reader_socket: PathBuf,
    /// Names of its readers as clients see them.
    pub readers: Vec<String>,
    /// Where its services answer.
    pub services_url: String,
    /// How each service behaves, by its word.
    pub services: Vec<(String, ServiceMode)>,
    /// Who is who.
    pub persons: Vec<PersonRecord>,
    /// What their cards are doing.
    pub cards: Vec<CardState>,
    /// Certificates whose status was set.
    pub certificates: Vec<(Serial, CertificateStatus)>,
}

/// The socket of the laboratory in `folder`.
pub fn socket_path(folder: &Path) -> PathBuf {
    folder.join("lab.sock")
}

/// Asks the laboratory that runs in `folder`.
///
/// # Errors
/// `Reader` when none runs there or when it refuses, with its words.
pub fn ask(folder: &Path, request: &Request) -> Result<Answer, LabError> {
    let socket = socket_path(folder);
    let stream = UnixStream::connect(&socket).map_err(|_| LabError::NotRunning(folder.to_owned()))?;
    let text = serde_json::to_string(request).map_err(|_| LabError::Malformed("request".to_owned()))?;
    let mut writer = &stream;
    writeln!(writer, "{text}").map_err(LabError::io(&socket))?;
    let mut line = String::new();
    BufReader::new(&stream)
        .read_line(&mut line)
        .map_err(LabError::io(&socket))?;
    let answer: Result<Answer, String> = serde_json::from_str(&line)
        .map_err(|_| LabError::Malformed("answer of the laboratory".to_owned()))?;
    answer.map_err(LabError::Told)
}

/// Answers requests until it is dropped.
#[derive(Debug)]
pub(super) struct ControlServer {
    socket: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ControlServer {
    /// Listens in `folder`; `handle` answers each request.
    pub(super) fn start<F>(folder: &Path, handle: F) -> Result<Self, LabError>
    where
        F: Fn(Request) -> Result<Answer, LabError> + Send + Sync + 'static,
    {
        let socket = socket_path(folder);
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).map_err(LabError::io(&socket))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let handle = Arc::new(handle);
        let thread = std::thread::Builder::new()
            .name("lab-control".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(stream) = stream else { continue };
                    let handle = Arc::clone(&handle);
                    // One thread a client: a question for a PIN may wait while another client turns a switch.
                    let _ = std::thread::Builder::new()
                        .name("lab-client".to_owned())
                        .spawn(move || serve(&stream, handle.as_ref()));
                }
            })
            .map_err(|error| LabError::Reader(format!("control thread: {error}")))?;
        Ok(Self {
            socket,
            stopping,
            thread: Some(thread),
        })
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees the flag.
        let _ = UnixStream::connect(&self.socket);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn serve(stream: &UnixStream, handle: &dyn Fn(Request) -> Result<Answer, LabError>) {
    let mut writer = stream;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let answer: Result<Answer, String> = serde_json::from_str(&line)
            .map_err(|error| error.to_string())
            .and_then(|request| handle(request).map_err(|error| super::host::with_causes(&error)));
        let Ok(text) = serde_json::to_string(&answer) else {
            return;
        };
        if writeln!(writer, "{text}").is_err() {
            return;
        }
    }
}
