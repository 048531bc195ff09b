//! A whole laboratory, running: PKI, cards, readers, services, control.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::card::specimens::Specimen;
use super::card::{CardImage, CardKeys};
use super::control::{Answer, ControlServer, LabStatus, Request};
use super::host::{CardAnswer, CardRequest, CardState, image_path};
use super::persons::{self, PersonRecord};
use super::pinentry::{PinAnswer, PinDialog, PinReply, WindowKind};
use super::pki::{LabPki, LeafPurpose};
use super::reader::{MAX_READERS, ReaderFolder, find_daemon, find_driver, reader_name};
use super::services::http::ServiceServer;
use super::services::{CertificateStatus, Service, ServiceMode, Services};
use super::tokens::DemoToken;
use super::{LabError, MANIFEST, namespace};
use crate::base::clock::Clock;
use crate::base::random::Random;

/// How a laboratory is started.
#[derive(Clone, Debug)]
pub struct LabSettings {
    /// Where it keeps everything. Made when it is missing; a laboratory that is there already is taken up again.
    pub folder: PathBuf,
    /// The program `zegel`, which plays the cards inside the readers' namespaces.
    pub program: PathBuf,
    /// How many readers, 1 to 16.
    pub readers: usize,
    /// Port of the services on the loopback address; 0 is any.
    pub services_port: u16,
    /// The reader daemon, when it is not where it usually is.
    pub pcscd: Option<PathBuf>,
    /// The virtual reader's driver, when it is not where `./dev` puts it.
    pub vpcd_driver: Option<PathBuf>,
    /// The folder that `./dev` unpacks into.
    pub cache: PathBuf,
    /// The cards to make, by name; everybody's when empty.
    pub cards: Vec<String>,
}

impl LabSettings {
    /// Two readers, any port, everything where it usually is.
    pub fn new(folder: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            program: program.into(),
            readers: 2,
            services_port: 0,
            pcscd: None,
            vpcd_driver: None,
            cache: PathBuf::from(".cache"),
            cards: Vec::new(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: String,
    notice: String,
    persons: Vec<PersonRecord>,
}

const FORMAT: &str = "zegel-lab/1";

/// A running laboratory. Dropping it ends readers, cards, services and control; the folder stays.
pub struct Lab {
    // Dropped in this order: nobody asks any more, then the services, then readers and cards.
    control: Option<ControlServer>,
    server: ServiceServer,
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    program: PathBuf,
    readers: usize,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    services: Arc<Services>,
    persons: Vec<PersonRecord>,
    host: Mutex<CardHost>,
    next_pin: Mutex<std::collections::VecDeque<PinAnswer>>,
    shown: Mutex<Vec<PinDialog>>,
    stopping: AtomicBool,
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab")
            .field("folder", &self.inner.folder)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lab {
    /// Starts a laboratory: makes or loads its PKI and cards, then starts services, readers and control. No card is
    /// in a reader yet.
    ///
    /// `clock` tells the time of the services' answers, and of what is made. `random`: serial numbers.
    ///
    /// # Errors
    /// When a part cannot be made or started; what was started before it is ended.
    pub fn start(
        settings: LabSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, LabError> {
        use std::os::unix::fs::PermissionsExt as _;
        let driver = find_driver(settings.vpcd_driver.as_deref(), &settings.cache)?;
        let pcscd = find_daemon(settings.pcscd.as_deref())?;
        std::fs::create_dir_all(&settings.folder).map_err(LabError::io(&settings.folder))?;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&settings.folder, private).map_err(LabError::io(&settings.folder))?;
        // Absolute, because the daemon and the card host get these paths too.
        let folder = settings
            .folder
            .canonicalize()
            .map_err(LabError::io(&settings.folder))?;
        if folder.as_os_str().len() > 80 {
            return Err(LabError::Refused(
                "the folder's path is too long for the sockets in it (80 bytes at most)",
            ));
        }
        let readers = settings.readers.clamp(1, MAX_READERS);
        let now = clock.now();

        let pki_folder = folder.join("pki");
        let (pki, persons, listener) = if folder.join(MANIFEST).is_file() {
            let pki = LabPki::load(&pki_folder)?;
            let port = pki.base_url.rsplit(':').next().and_then(|port| port.parse().ok());
            let port = port.ok_or_else(|| LabError::Malformed("address of the services".to_owned()))?;
            (
                pki,
                load_manifest(&folder)?.persons,
                ServiceServer::reserve(port)?,
            )
        } else {
            let listener = ServiceServer::reserve(settings.services_port)?;
            let address = listener
                .local_addr()
                .map_err(|error| LabError::Reader(error.to_string()))?;
            let pki = LabPki::generate(&format!("http://{address}"), random.as_ref(), now)?;
            let persons = persons::make(&pki, &settings.cards, &folder.join("cards"), random.as_ref(), now)?;
            pki.save(&pki_folder)?;
            save_manifest(&folder, &persons)?;
            (pki, persons, listener)
        };
        let services = Arc::new(Services::new(Arc::new(pki), Arc::clone(&random)));
        persons::initial_statuses(&persons, &mut services.switches(), now);

        let program = settings.program;
        let host = CardHost::start(&program, &folder, readers, &pcscd, &driver)?;
        let inner = Arc::new(Inner {
            folder,
            program,
            readers,
            clock: Arc::clone(&clock),
            random,
            services: Arc::clone(&services),
            persons,
            host: Mutex::new(host),
            next_pin: Mutex::default(),
            shown: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let server = ServiceServer::start(services, clock, listener)?;
        let answering = Arc::clone(&inner);
        let control = ControlServer::start(&inner.folder, move |request| answering.handle(request))?;
        Ok(Self {
            control: Some(control),
            server,
            inner,
        })
    }

    /// The laboratory's folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// The environment that a client of the readers needs: name and value.
    pub fn environment(&self) -> (&'static str, PathBuf) {
        (
            "PCSCLITE_CSOCK_NAME",
            ReaderFolder::in_lab(&self.inner.folder).socket(),
        )
    }

    /// The command line of the PIN program that types the virtual card's PIN.
    pub fn pin_program(&self) -> Vec<String> {
        let text = |path: &Path| path.display().to_string();
        let words = ["lab", "pinentry", "--dir"].map(str::to_owned);
        [
            vec![text(&self.inner.program)],
            words.to_vec(),
            vec![text(&self.inner.folder)],
        ]
        .concat()
    }

    /// The PKI.
    pub fn pki(&self) -> &LabPki {
        self.inner.services.pki()
    }

    /// The services and their switches.
    pub fn services(&self) -> &Services {
        &self.inner.services
    }

    /// Where the services answer.
    pub fn services_url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Who is who.
    pub fn persons(&self) -> &[PersonRecord] {
        &self.inner.persons
    }

    /// The person whose card is named `card`.
    ///
    /// # Errors
    /// `Unknown`.
    pub fn person(&self, card: &str) -> Result<&PersonRecord, LabError> {
        self.inner.person(card)
    }

    /// Answers a request as the control socket does.
    ///
    /// # Errors
    /// What keeps it from being done.
    pub fn handle(&self, request: Request) -> Result<Answer, LabError> {
        self.inner.handle(request)
    }

    /// Asks the card host.
    ///
    /// # Errors
    /// What keeps it from being done.
    pub fn cards(&self, request: &CardRequest) -> Result<Vec<CardState>, LabError> {
        self.inner.ask_cards(request)
    }

    /// Puts a card into the first free reader and returns the reader's name.
    ///
    /// # Errors
    /// When there is no such card or no free reader.
    pub fn insert(&self, card: &str) -> Result<String, LabError> {
        let states = self.cards(&CardRequest::Insert {
            card: card.to_owned(),
            reader: None,
        })?;
        states
            .into_iter()
            .find_map(|state| state.reader)
            .ok_or_else(|| LabError::Reader("the card left at once".to_owned()))
    }

    /// Adds a card that somebody else made, to be inserted under `name` (letters, digits and dashes).
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add_card(&self, name: &str, image: &CardImage, keys: &CardKeys) -> Result<(), LabError> {
        let folder = self.inner.folder.join("cards");
        image.save(&image_path(&folder, name))?;
        keys.save(&folder, name)
    }

    /// Takes a card out.
    ///
    /// # Errors
    /// When it is in no reader.
    pub fn remove(&self, card: &str) -> Result<(), LabError> {
        self.cards(&CardRequest::Remove {
            card: card.to_owned(),
        })
        .map(drop)
    }

    /// Says how the next question for a PIN is answered; several are answered in this order.
    pub fn next_pin(&self, answer: PinAnswer) {
        lock(&self.inner.next_pin).push_back(answer);
    }

    /// What the PIN program was told to show, oldest first.
    pub fn pins_shown(&self) -> Vec<PinDialog> {
        lock(&self.inner.shown).clone()
    }

    /// Whether somebody asked it to stop.
    pub fn is_stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::SeqCst)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.control.take());
        lock(&self.inner.host).end();
    }
}

impl Inner {
    fn person(&self, card: &str) -> Result<&PersonRecord, LabError> {
        let found = self.persons.iter().find(|person| person.card == card);
        found.ok_or_else(|| LabError::Unknown {
            what: "person",
            name: card.to_owned(),
        })
    }

    fn handle(&self, request: Request) -> Result<Answer, LabError> {
        match request {
            Request::Answer { card, purpose, mode } => {
                let person = self.person(&card)?;
                for one in [LeafPurpose::Authentication, LeafPurpose::Signature] {
                    if purpose.is_none_or(|only| only == one) {
                        self.services.set_answer(person.serial(one), mode);
                    }
                }
                Ok(Answer::Done)
            }
            Request::Card(request) => self.ask_cards(&request).map(Answer::Cards),
            Request::Certificate {
                card,
                purpose,
                status,
            } => {
                let person = self.person(&card)?;
                for one in [LeafPurpose::Authentication, LeafPurpose::Signature] {
                    if purpose.is_none_or(|only| only == one) {
                        self.services.set_certificate(person.serial(one), status);
                    }
                }
                Ok(Answer::Done)
            }
            Request::NextPin { answer } => {
                lock(&self.next_pin).push_back(answer);
                Ok(Answer::Done)
            }
            Request::PinWanted { dialog } => self.answer_pin(dialog).map(Answer::Pin),
            Request::PinsShown => Ok(Answer::PinsShown(lock(&self.shown).clone())),
            Request::Service { service, mode } => {
                self.services.set_service(service, mode);
                Ok(Answer::Done)
            }
            Request::Status => self.status().map(|status| Answer::Status(Box::new(status))),
            Request::Stop => {
                self.stopping.store(true, Ordering::SeqCst);
                Ok(Answer::Done)
            }
        }
    }

    /// Asks the card host. A rare card or a token that is wanted for the first time is made first.
    fn ask_cards(&self, request: &CardRequest) -> Result<Vec<CardState>, LabError> {
        if let CardRequest::Insert { card, .. } = request {
            self.make_when_wanted(card)?;
        }
        lock(&self.host).ask(request)
    }

    fn make_when_wanted(&self, card: &str) -> Result<(), LabError> {
        let folder = self.folder.join("cards");
        if image_path(&folder, card).exists() {
            return Ok(());
        }
        let (pki, random, now) = (self.services.pki(), self.random.as_ref(), self.clock.now());
        // The keys first: an image that is there is whole.
        if let Some(specimen) = Specimen::find(card) {
            let made = specimen.make_card(pki, random, now)?;
            made.card.keys().save(&folder, card)?;
            made.card.image().save(&image_path(&folder, card))?;
        } else if let Some(token) = DemoToken::find(card) {
            let made = token.make_card(pki, random, now)?;
            made.keys().save(&folder, card)?;
            made.image().save(&image_path(&folder, card))?;
        } else {
            return Ok(());
        }
        // So that the services know the new certificates after the laboratory was started again.
        pki.save_issued(&self.folder.join("pki"))
    }

    fn answer_pin(&self, mut dialog: PinDialog) -> Result<PinReply, LabError> {
        let reply = match (dialog.kind, self.next_answer(dialog.kind)) {
            (WindowKind::Message, PinAnswer::Cancel) | (WindowKind::Confirm, PinAnswer::Right) => {
                PinReply::Confirm
            }
            (WindowKind::Confirm, PinAnswer::Other) => PinReply::Other,
            (_, answer) => self.typed(answer)?,
        };
        let word = match &reply {
            PinReply::Cancel => "cancel",
            PinReply::Confirm => "confirm",
            PinReply::Digits(_) => "digits",
            PinReply::Other => "other",
            PinReply::Timeout => "timeout",
            PinReply::Wait => "wait",
        };
        word.clone_into(&mut dialog.answered);
        let path = self.folder.join("pins-shown.jsonl");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let line =
            serde_json::to_string(&dialog).map_err(|_| LabError::Malformed("PIN dialog".to_owned()))?;
        file.and_then(|mut file| writeln!(file, "{line}"))
            .map_err(LabError::io(&path))?;
        lock(&self.shown).push(dialog);
        Ok(reply)
    }

    /// The next answer that fits such a window. Answers that type wait for a window with a field.
    fn next_answer(&self, kind: WindowKind) -> PinAnswer {
        let mut answers = lock(&self.next_pin);
        let types =
            |answer: &PinAnswer| matches!(answer, PinAnswer::Digits(_) | PinAnswer::Right | PinAnswer::Wrong);
        let usual = match kind {
            WindowKind::Confirm | WindowKind::Pin => PinAnswer::Right,
            WindowKind::Message => PinAnswer::Wait,
        };
        if kind != WindowKind::Pin && answers.front().is_some_and(types) {
            return usual;
        }
        answers.pop_front().unwrap_or(usual)
    }

    fn typed(&self, answer: PinAnswer) -> Result<PinReply, LabError> {
        Ok(match answer {
            PinAnswer::Cancel | PinAnswer::Other => PinReply::Cancel,
            PinAnswer::Timeout => PinReply::Timeout,
            PinAnswer::Wait => PinReply::Wait,
            PinAnswer::Digits(digits) => PinReply::Digits(digits),
            PinAnswer::Right => PinReply::Digits(self.pin_in_use()?),
            PinAnswer::Wrong => {
                let right = self.pin_in_use()?;
                PinReply::Digits(if right == "9999" { "9998" } else { "9999" }.to_owned())
            }
        })
    }

    /// The PIN of the card in a reader that answered last, or of the only one there.
    fn pin_in_use(&self) -> Result<String, LabError> {
        let cards = lock(&self.host).ask(&CardRequest::List)?;
        let mut inserted = cards.into_iter().filter(|card| card.reader.is_some());
        let first = inserted
            .next()
            .ok_or(LabError::Refused("no card is in a reader"))?;
        let card = if first.used_last {
            first
        } else {
            inserted.find(|card| card.used_last).unwrap_or(first)
        };
        Ok(card.pin)
    }

    fn status(&self) -> Result<LabStatus, LabError> {
        let cards = lock(&self.host).ask(&CardRequest::List)?;
        let switches = self.services.switches();
        Ok(LabStatus {
            folder: self.folder.clone(),
            reader_socket: ReaderFolder::in_lab(&self.folder).socket(),
            readers: (0..self.readers).map(reader_name).collect(),
            services_url: self.services.pki().base_url.clone(),
            services: Service::ALL
                .into_iter()
                .map(|(service, word)| (word.to_owned(), switches.service(service)))
                .collect(),
            persons: self.persons.clone(),
            cards,
            certificates: switches
                .certificates()
                .map(|(serial, status)| (serial.clone(), status))
                .collect(),
        })
    }

    /// The time by the laboratory's clock.
    fn now(&self) -> crate::base::time::Timestamp {
        self.clock.now()
    }
}

impl Lab {
    /// Sets the status of a card's two certificates, revoked and suspended as of now.
    ///
    /// # Errors
    /// `Unknown` for a card nobody has.
    pub fn set_certificates(&self, card: &str, status: StatusNow) -> Result<(), LabError> {
        let status = status.at(self.inner.now());
        self.handle(Request::Certificate {
            card: card.to_owned(),
            purpose: None,
            status,
        })
        .map(drop)
    }

    /// Sets how a service behaves.
    pub fn set_service(&self, service: Service, mode: ServiceMode) {
        self.services().set_service(service, mode);
    }
}

/// A certificate status without its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusNow {
    /// Good.
    Good,
    /// Suspended.
    OnHold,
    /// Revoked: key compromise.
    Revoked,
    /// Not known to the responder.
    Unknown,
}

impl StatusNow {
    /// The status as of `now`, whole seconds.
    pub fn at(self, now: crate::base::time::Timestamp) -> CertificateStatus {
        let now = now.truncated_to_second();
        match self {
            Self::Good => CertificateStatus::Good,
            Self::OnHold => CertificateStatus::OnHold { since: now },
            Self::Revoked => CertificateStatus::Revoked {
                at: now,
                reason: super::services::RevocationReason::KeyCompromise,
            },
            Self::Unknown => CertificateStatus::Unknown,
        }
    }
}

/// The process that plays the cards, and its two pipes.
#[derive(Debug)]
struct CardHost {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl CardHost {
    fn start(
        program: &Path,
        folder: &Path,
        readers: usize,
        pcscd: &Path,
        driver: &Path,
    ) -> Result<Self, LabError> {
        let log = folder.join("card-host.log");
        let said = std::fs::File::create(&log).map_err(LabError::io(&log))?;
        let driver = driver.canonicalize().map_err(LabError::io(driver))?;
        let mut child = namespace::wrapper(program)?
            .args([
                "lab",
                "cards",
                "--outside",
                &namespace::identity()?,
                "--readers",
                &readers.to_string(),
            ])
            .arg("--dir")
            .arg(folder)
            .arg("--pcscd")
            .arg(pcscd)
            .arg("--vpcd-driver")
            .arg(driver)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said)
            .spawn()
            .map_err(|error| LabError::Reader(format!("cannot start unshare: {error}")))?;
        let input = child.stdin.take();
        let output = child
            .stdout
            .take()
            .ok_or_else(|| LabError::Reader("no pipe".to_owned()))?;
        let mut host = Self {
            child,
            input,
            output: BufReader::new(output),
        };
        host.read().map_err(|error| match error {
            LabError::Malformed(_) => LabError::Reader(format!(
                "the card host did not start (are namespaces allowed here?); see {}",
                log.display()
            )),
            other => other,
        })?;
        Ok(host)
    }

    fn ask(&mut self, request: &CardRequest) -> Result<Vec<CardState>, LabError> {
        let gone = |_| LabError::Reader("the card host has ended".to_owned());
        let text = serde_json::to_string(request).map_err(|_| LabError::Malformed("request".to_owned()))?;
        let input = self
            .input
            .as_mut()
            .ok_or(LabError::Refused("the laboratory is ending"))?;
        writeln!(input, "{text}")
            .and_then(|()| input.flush())
            .map_err(gone)?;
        self.read()
    }

    fn read(&mut self) -> Result<Vec<CardState>, LabError> {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .map_err(|error| LabError::Reader(format!("card host: {error}")))?;
        let answer: CardAnswer = serde_json::from_str(&line)
            .map_err(|_| LabError::Malformed("answer of the card host".to_owned()))?;
        answer.map_err(LabError::Told)
    }

    /// Closes its input, on which it ends by itself; a stubborn one is killed, and everything in its namespace with it.
    fn end(&mut self) {
        drop(self.input.take());
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for CardHost {
    fn drop(&mut self) {
        self.end();
    }
}

fn save_manifest(folder: &Path, persons: &[PersonRecord]) -> Result<(), LabError> {
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        notice: "TEST material of the zegel laboratory. Nothing here may be trusted in production."
            .to_owned(),
        persons: persons.to_vec(),
    };
    let path = folder.join(MANIFEST);
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|_| LabError::Malformed("manifest".to_owned()))?;
    std::fs::write(&path, text).map_err(LabError::io(&path))
}

fn load_manifest(folder: &Path) -> Result<Manifest, LabError> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read(&path).map_err(LabError::io(&path))?;
    serde_json::from_slice(&text)
        .ok()
        .filter(|manifest: &Manifest| manifest.format == FORMAT)
        .ok_or_else(|| LabError::Malformed(path.display().to_string()))
}
