//! `zegel lab`: the laboratory, its virtual cards, its test PKI.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::console::{Console, Exit};
use crate::base::clock::{Clock, SystemClock};
use crate::base::lang::Language;
use crate::base::random::{Random, SystemRandom};
use crate::lab::card::{Fault, FaultKind};
use crate::lab::control::{Answer, LabStatus, Request, ask};
use crate::lab::host::{self, CardRequest, CardState, HostSettings};
use crate::lab::house::{self, House, HouseSettings};
use crate::lab::once;
use crate::lab::pinentry::{self, PinAnswer};
use crate::lab::pki::LeafPurpose;
use crate::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use crate::lab::{Lab, LabError, LabSettings, StatusNow};

/// The laboratory: virtual cards in a real reader daemon, and a test PKI with its services.
///
/// Everything it makes says TEST.
///
/// Example: zegel lab up --dir demo/lab
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Put virtual cards into readers, take them out, make them fail.
    ///
    /// Example: zegel lab card insert mayor
    #[command(subcommand)]
    Card(CardCommand),
    /// Play the cards inside the readers' namespaces; the laboratory starts this itself.
    #[command(hide = true)]
    Cards(CardsArguments),
    /// Switch the status of a card's certificates.
    ///
    /// Example: zegel lab cert status mayor revoked
    #[command(subcommand)]
    Cert(CertCommand),
    /// Say how the next question for a PIN is answered, or show what was asked.
    ///
    /// Example: zegel lab pin --next wrong
    Pin(PinArguments),
    /// The PIN program: types the virtual card's PIN. Name it as `pin_program` in a test configuration.
    ///
    /// Example: zegel lab pinentry --dir demo/lab
    Pinentry(Where),
    /// Disconnect the readers, or connect them again.
    ///
    /// Example: zegel lab reader disconnect
    #[command(subcommand)]
    Reader(ReaderCommand),
    /// Switch how a service of the test PKI behaves.
    ///
    /// Example: zegel lab service set ocsp stale-fractional
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Show readers, cards, persons, services.
    ///
    /// Example: zegel lab status
    Status(Where),
    /// End a running laboratory.
    ///
    /// Example: zegel lab stop
    Stop(Where),
    /// Start a laboratory and keep it running until Ctrl-C or `zegel lab stop`.
    ///
    /// Example: zegel lab up --insert mayor
    Up(UpArguments),
}

/// Which laboratory.
#[derive(Args, Clone, Debug)]
pub struct Where {
    /// The laboratory's folder.
    #[arg(long, default_value = "demo/lab")]
    dir: PathBuf,
}

/// How to start a laboratory.
#[derive(Args, Clone, Debug)]
pub struct UpArguments {
    #[command(flatten)]
    place: Where,
    /// How many card readers, 1 to 16.
    #[arg(long, default_value_t = 2)]
    readers: usize,
    /// Port of OCSP, CRL and time-stamps on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    services_port: u16,
    /// The reader daemon, when it is not where packages put it.
    #[arg(long)]
    pcscd: Option<PathBuf>,
    /// The virtual reader's driver libifdvpcd.so, when it is not where ./dev unpacks it.
    #[arg(long)]
    vpcd_driver: Option<PathBuf>,
    /// Start the laboratory alone, without the service and the demo application.
    #[arg(long, conflicts_with_all = ["once", "port", "application_port", "database"])]
    only_lab: bool,
    /// Make both journeys without a person, write what comes out, and end.
    #[arg(long)]
    once: bool,
    /// Where `--once` writes the sealed document, its proof and the publication copy [default: the folder `result` in the laboratory's].
    #[arg(long, requires = "once", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Port of the service on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of the demo application on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    application_port: u16,
    /// Database of the service, when not SQLite in the laboratory's folder.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Cards to insert at once, in this order.
    #[arg(long = "insert", value_name = "CARD")]
    insert: Vec<String>,
}

impl UpArguments {
    /// The settings these arguments describe, with this program as the one that plays the cards.
    ///
    /// # Errors
    /// When this program's own path cannot be found.
    pub fn settings(&self) -> Result<LabSettings, LabError> {
        let program = std::env::current_exe().map_err(LabError::io(Path::new("/proc/self/exe")))?;
        let mut settings = LabSettings::new(&self.place.dir, program);
        settings.readers = self.readers;
        settings.services_port = self.services_port;
        settings.pcscd.clone_from(&self.pcscd);
        settings.vpcd_driver.clone_from(&self.vpcd_driver);
        Ok(settings)
    }
}

#[derive(Args, Debug)]
struct CardsArguments {
    #[command(flatten)]
    place: Where,
    #[arg(long)]
    outside: String,
    #[arg(long)]
    readers: usize,
    #[arg(long)]
    pcscd: PathBuf,
    #[arg(long)]
    vpcd_driver: PathBuf,
}

#[derive(Subcommand, Debug)]
enum CardCommand {
    /// Make a card fail.
    ///
    /// Example: zegel lab card fault mayor removed --at 2A
    Fault(FaultArguments),
    /// Put a card into a reader.
    ///
    /// Example: zegel lab card insert mayor
    Insert {
        /// The card: mayor, director, alderman, staff, citizen, revoked, … or one of the rare ones: kid, foreigner,
        /// applet-11, … (`docs/laboratory.md` lists them), which is made when it is first wanted.
        card: String,
        /// Reader number from 0; the first free one when left out.
        #[arg(long)]
        reader: Option<usize>,
        #[command(flatten)]
        place: Where,
    },
    /// Show every card.
    ///
    /// Example: zegel lab card list
    List(Where),
    /// Set PIN or tries of a card.
    ///
    /// Example: zegel lab card pin mayor --tries 1
    Pin {
        /// The card.
        card: String,
        /// The new PIN. Specimens only.
        #[arg(long)]
        set: Option<String>,
        /// Tries left, 0 to 3.
        #[arg(long, value_parser = clap::value_parser!(u8).range(0..=3))]
        tries: Option<u8>,
        #[command(flatten)]
        place: Where,
    },
    /// Take a card out.
    ///
    /// Example: zegel lab card remove mayor
    Remove {
        /// The card.
        card: String,
        #[command(flatten)]
        place: Where,
    },
    /// Have another program reset the card.
    ///
    /// Example: zegel lab card reset mayor
    Reset {
        /// The card.
        card: String,
        #[command(flatten)]
        place: Where,
    },
}

#[derive(Args, Debug)]
struct FaultArguments {
    /// The card.
    card: String,
    /// What goes wrong.
    #[arg(value_enum)]
    kind: FaultWord,
    /// Let so many matching commands through first.
    #[arg(long, default_value_t = 0)]
    after: u32,
    /// Only at commands with this instruction byte, two hex digits: B0 read, 20 PIN, 2A signature.
    #[arg(long, value_parser = hex_byte)]
    at: Option<u8>,
    /// Every time, not once.
    #[arg(long)]
    always: bool,
    /// For `slow`: how long each answer is held back.
    #[arg(long, default_value_t = 2000)]
    millis: u64,
    /// Only at reads from this offset in a file on.
    #[arg(long, value_name = "BYTES")]
    offset: Option<u16>,
    /// For `limited` and `chunked`: how many bytes.
    #[arg(long, default_value_t = 252)]
    bytes: u8,
    /// For `answer`: the status word, four hex digits.
    #[arg(long, value_parser = hex_word, default_value = "6B00")]
    status: u16,
    #[command(flatten)]
    place: Where,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FaultWord {
    /// Answer a status word that does not fit.
    Answer,
    /// Signatures and long answers come in pieces.
    Chunked,
    /// No fault any more.
    Clear,
    /// Reader and card lose each other.
    Communication,
    /// The reader cuts long answers.
    Limited,
    /// No answer from now on.
    Mute,
    /// The card is taken out.
    Removed,
    /// Another program resets the card.
    Reset,
    /// Answers come late.
    Slow,
    /// The answer loses a byte.
    Truncated,
}

#[derive(Subcommand, Debug)]
enum CertCommand {
    /// Set how the OCSP responder behaves when it is asked about this card alone.
    ///
    /// Example: zegel lab cert ocsp mayor stale
    Ocsp {
        /// The card.
        card: String,
        /// A mode as for `zegel lab service set`, or `same`: as when asked about any other card.
        mode: AnswerMode,
        /// Only one of the two certificates.
        #[arg(long, value_enum)]
        purpose: Option<PurposeWord>,
        #[command(flatten)]
        place: Where,
    },
    /// Set the status that OCSP and CRL give.
    ///
    /// Example: zegel lab cert status mayor revoked
    Status {
        /// The card.
        card: String,
        /// The new status, as of now.
        #[arg(value_enum)]
        status: StatusWord,
        /// Why it is revoked: unspecified, key-compromise, ca-compromise, affiliation-changed, superseded,
        /// cessation-of-operation, privilege-withdrawn or aa-compromise.
        #[arg(long, value_name = "REASON")]
        reason: Option<RevocationReason>,
        /// Only one of the two certificates.
        #[arg(long, value_enum)]
        purpose: Option<PurposeWord>,
        #[command(flatten)]
        place: Where,
    },
}

/// A mode of the responder for one card, or none of its own.
#[derive(Clone, Copy, Debug)]
struct AnswerMode(Option<ServiceMode>);

impl std::str::FromStr for AnswerMode {
    type Err = LabError;
    fn from_str(text: &str) -> Result<Self, LabError> {
        if text == "same" {
            return Ok(Self(None));
        }
        text.parse().map(|mode| Self(Some(mode)))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatusWord {
    /// Not revoked.
    Good,
    /// Suspended.
    OnHold,
    /// Revoked for good.
    Revoked,
    /// The responder does not know it.
    Unknown,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PurposeWord {
    /// The authentication certificate.
    Authentication,
    /// The signature certificate.
    Signature,
}

impl From<PurposeWord> for LeafPurpose {
    fn from(word: PurposeWord) -> Self {
        match word {
            PurposeWord::Authentication => Self::Authentication,
            PurposeWord::Signature => Self::Signature,
        }
    }
}

#[derive(Subcommand, Debug)]
enum ReaderCommand {
    /// Connect all readers again, empty.
    ///
    /// Example: zegel lab reader connect
    Connect(Where),
    /// Pull the plug of all readers, with the cards in them.
    ///
    /// Example: zegel lab reader disconnect
    Disconnect(Where),
}

#[derive(Args, Debug)]
struct PinArguments {
    /// right, wrong, cancel, other, timeout, wait, or digits.
    #[arg(long, value_name = "ANSWER")]
    next: Option<PinAnswer>,
    #[command(flatten)]
    place: Where,
}

#[derive(Subcommand, Debug)]
enum ServiceCommand {
    /// Set how a service behaves.
    ///
    /// Example: zegel lab service set tsa down
    Set {
        /// certificates, crl, ocsp or tsa.
        service: Service,
        /// up, down, garbage, redirect, slow=MILLISECONDS, stale, stale-fractional, too-large, try-later, wrong-nonce
        /// or wrong-signer.
        mode: ServiceMode,
        #[command(flatten)]
        place: Where,
    },
}

fn hex_byte(text: &str) -> Result<u8, String> {
    u8::from_str_radix(text, 16).map_err(|_| "expected two hex digits".to_owned())
}

fn hex_word(text: &str) -> Result<u16, String> {
    u16::from_str_radix(text, 16).map_err(|_| "expected four hex digits".to_owned())
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let outcome = match arguments.command {
        Command::Card(command) => card(command, console),
        Command::Cards(arguments) => cards(arguments),
        Command::Cert(CertCommand::Ocsp {
            card,
            mode,
            purpose,
            place,
        }) => {
            let (purpose, mode) = (purpose.map(LeafPurpose::from), mode.0);
            send(&place, &Request::Answer { card, purpose, mode }, console)
        }
        Command::Cert(CertCommand::Status {
            card,
            status,
            reason,
            purpose,
            place,
        }) => {
            let status = match status {
                StatusWord::Good => StatusNow::Good,
                StatusWord::OnHold => StatusNow::OnHold,
                StatusWord::Revoked => StatusNow::Revoked,
                StatusWord::Unknown => StatusNow::Unknown,
            };
            let purpose = purpose.map(LeafPurpose::from);
            let status = match (status.at(SystemClock::new().now()), reason) {
                (CertificateStatus::Revoked { at, .. }, Some(reason)) => {
                    CertificateStatus::Revoked { at, reason }
                }
                (status, _) => status,
            };
            send(
                &place,
                &Request::Certificate {
                    card,
                    purpose,
                    status,
                },
                console,
            )
        }
        Command::Pin(PinArguments {
            next: Some(answer),
            place,
        }) => send(&place, &Request::NextPin { answer }, console),
        Command::Pin(PinArguments { next: None, place }) => send(&place, &Request::PinsShown, console),
        Command::Pinentry(place) => {
            pinentry::run(&place.dir, std::io::stdin().lock(), std::io::stdout().lock())
                .map_err(LabError::io(Path::new("stdout")))
        }
        Command::Reader(command) => {
            let (place, connected) = match command {
                ReaderCommand::Connect(place) => (place, true),
                ReaderCommand::Disconnect(place) => (place, false),
            };
            send(
                &place,
                &Request::Card(CardRequest::Readers { connected }),
                console,
            )
        }
        Command::Service(ServiceCommand::Set { service, mode, place }) => {
            send(&place, &Request::Service { service, mode }, console)
        }
        Command::Status(place) => send(&place, &Request::Status, console),
        Command::Stop(place) => send(&place, &Request::Stop, console),
        Command::Up(arguments) => up(&arguments, console),
    };
    match outcome {
        Ok(()) => Exit::Good,
        Err(error) => {
            let code = match &error {
                LabError::Unknown { .. } => "LAB_UNKNOWN",
                LabError::NotRunning(_) => "LAB_NOT_RUNNING",
                _ => "LAB",
            };
            let exit = console.fail(Exit::Failed, code, host::with_causes(&error));
            if let LabError::NotRunning(_) = &error {
                console.hint("start one with `zegel lab up`, or name its folder with --dir");
            }
            exit
        }
    }
}

fn card(command: CardCommand, console: &mut Console) -> Result<(), LabError> {
    let (place, request) = match command {
        CardCommand::Insert { card, reader, place } => (place, CardRequest::Insert { card, reader }),
        CardCommand::List(place) => (place, CardRequest::List),
        CardCommand::Pin {
            card,
            set,
            tries,
            place,
        } => (
            place,
            CardRequest::Pin {
                card,
                pin: set,
                tries_left: tries,
            },
        ),
        CardCommand::Remove { card, place } => (place, CardRequest::Remove { card }),
        CardCommand::Reset { card, place } => (place, CardRequest::Reset { card }),
        CardCommand::Fault(arguments) => {
            let kind = match arguments.kind {
                FaultWord::Answer => FaultKind::Answer(arguments.status),
                FaultWord::Clear => {
                    let request = Request::Card(CardRequest::ClearFaults { card: arguments.card });
                    return send(&arguments.place, &request, console);
                }
                FaultWord::Chunked => FaultKind::Chunked(arguments.bytes),
                FaultWord::Communication => FaultKind::Communication,
                FaultWord::Limited => FaultKind::Limited(arguments.bytes),
                FaultWord::Mute => FaultKind::Mute,
                FaultWord::Removed => FaultKind::Removed,
                FaultWord::Reset => FaultKind::Reset,
                FaultWord::Slow => FaultKind::Slow(arguments.millis),
                FaultWord::Truncated => FaultKind::Truncated,
            };
            let fault = Fault {
                kind,
                skip: arguments.after,
                instruction: arguments.at,
                offset: arguments.offset,
                times: (!arguments.always).then_some(1),
            };
            (
                arguments.place,
                CardRequest::Fault {
                    card: arguments.card,
                    fault,
                },
            )
        }
    };
    send(&place, &Request::Card(request), console)
}

fn send(place: &Where, request: &Request, console: &mut Console) -> Result<(), LabError> {
    let answer = ask(&place.dir, request)?;
    let json = serde_json::to_value(&answer).unwrap_or_default();
    let text = match &answer {
        Answer::Cards(cards) => cards.iter().map(card_line).collect::<Vec<_>>().join("\n"),
        Answer::Done => "done".to_owned(),
        Answer::Pin(_) => String::new(),
        Answer::PinsShown(dialogs) => dialogs
            .iter()
            .map(|dialog| {
                format!(
                    "{}: {} [{}]",
                    dialog.title,
                    dialog.description.replace('\n', " / "),
                    dialog.answered
                )
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Answer::Status(status) => status_text(status),
    };
    console.result(text, &json);
    Ok(())
}

fn card_line(card: &CardState) -> String {
    let place = card.reader.as_deref().unwrap_or("-");
    format!(
        "{:<10} {:<18} {} tries, PIN {}",
        card.card, place, card.tries_left, card.pin
    )
}

fn status_text(status: &LabStatus) -> String {
    let mut lines = vec![
        format!("laboratory  {}", status.folder.display()),
        format!(
            "readers     PCSCLITE_CSOCK_NAME={}",
            status.reader_socket.display()
        ),
        format!("services    {}", status.services_url),
    ];
    lines.extend(
        status
            .services
            .iter()
            .map(|(word, mode)| format!("            {word}: {mode}")),
    );
    lines.push("cards".to_owned());
    for card in &status.cards {
        let person = status.persons.iter().find(|person| person.card == card.card);
        let about = person.map_or_else(String::new, |person| {
            format!("  {}, {}", person.name, person.part)
        });
        lines.push(format!("  {}{about}", card_line(card)));
    }
    lines.join("\n")
}

fn cards(arguments: CardsArguments) -> Result<(), LabError> {
    let settings = HostSettings {
        folder: arguments.place.dir,
        readers: arguments.readers,
        pcscd: arguments.pcscd,
        driver: arguments.vpcd_driver,
        outside: arguments.outside,
    };
    host::run(&settings, std::io::stdin().lock(), std::io::stdout())
}

fn up(arguments: &UpArguments, console: &mut Console) -> Result<(), LabError> {
    let lab = Lab::start(
        arguments.settings()?,
        Arc::new(SystemClock::new()),
        Arc::new(SystemRandom),
    )?;
    for card in &arguments.insert {
        lab.insert(card)?;
    }
    let Answer::Status(status) = lab.handle(Request::Status)? else {
        return Err(LabError::Malformed("status".to_owned()));
    };
    let json = serde_json::to_value(&status).unwrap_or_default();
    if arguments.only_lab {
        console.result(status_text(&status), &json);
        console.say("the laboratory is up; end it with Ctrl-C or `zegel lab stop`");
        return super::block_on(wait_for_end(&lab)).map_err(|error| LabError::Reader(error.to_string()));
    }
    actix_web::rt::System::new().block_on(demo(&lab, arguments, console))
}

/// The whole demo: laboratory, service, application; with `--once` both journeys too.
async fn demo(lab: &Lab, arguments: &UpArguments, console: &mut Console) -> Result<(), LabError> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
        (Arc::new(SystemClock::new()), Arc::new(SystemRandom));
    let program = std::env::current_exe().map_err(LabError::io(Path::new("/proc/self/exe")))?;
    let settings = HouseSettings {
        folder: lab.folder().join("house"),
        program: program.clone(),
        service_port: arguments.port,
        application_port: arguments.application_port,
        database_url: arguments.database.clone(),
        with_seal: true,
    };
    let house = House::prepare(lab, settings, Arc::clone(&clock), Arc::clone(&random)).await?;
    let _service = house.open().await?;
    let application = house.serve_application(Arc::new(house::decision), random)?;
    let handle = application.handle();
    actix_web::rt::spawn(application);
    let outcome = if arguments.once {
        let folder = arguments
            .out
            .clone()
            .unwrap_or_else(|| lab.folder().join("result"));
        let mut steps = Vec::new();
        let outcome = once::run(lab, &house, &folder, &clock, &mut |step: once::StepMade| {
            console.say(format_args!("{:>6} ms  {}", step.took.as_millis(), step.what));
            steps.push(serde_json::json!({"step": step.what, "milliseconds": step.took.as_millis()}));
        })
        .await;
        outcome.map(|outcome| {
            let publication = outcome.publication.as_ref();
            let json = serde_json::json!({
                "document": outcome.document, "proof": outcome.proof, "steps": steps, "report": outcome.report,
                "publication": publication.map(|copy| serde_json::json!({
                    "file": copy.file, "sealed_by": copy.sealed_by, "level": copy.level, "key": copy.keeper.to_string(),
                })),
            });
            let mut files = format!("document {}\nproof    {}", outcome.document.display(), outcome.proof.display());
            if let Some(copy) = publication {
                let (file, by, level, keeper) = (copy.file.display(), &copy.sealed_by, copy.level, copy.keeper);
                let _ = write!(files, "\nseal     {file}\n         valid, {level}, by {by}: {keeper}");
            }
            console.result(format_args!("{}\n{files}", outcome.report.to_text(Language::En)), &json);
        })
    } else {
        for card in ["mayor"].iter().filter(|_| arguments.insert.is_empty()) {
            lab.insert(card)?;
        }
        let json = serde_json::json!({
            "application": house.application_url(), "service": house.service_url(),
            "authority": house.authority_file(), "folder": lab.folder(),
        });
        console.result(welcome(lab, &house, &program), &json);
        wait_for_end(lab).await;
        Ok(())
    };
    handle.stop(true).await;
    outcome
}

/// What to open and what to try.
fn welcome(lab: &Lab, house: &House, program: &Path) -> String {
    let folder = lab.folder().display();
    // As it can be typed: a program of this build is not on the PATH.
    let here = std::env::current_dir().unwrap_or_default();
    let zegel = program.strip_prefix(&here).unwrap_or(program).display();
    format!(
        "The demo is up. Everything it makes says TEST.\n\n\
         open       {application}\n\
         service    {service}\n\
         trust      the browser will warn; to trust the TEST certificate import\n           {authority}\n           \
         (Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n zegel-TEST -i FILE)\n\n\
         try        log in: the mayor's card is in the reader, its PIN is typed by the laboratory\n           \
         send a decision, sign it as the mayor, then change cards and sign as the general director:\n           \
         {zegel} lab card remove mayor --dir {folder}\n           \
         {zegel} lab card insert director --dir {folder}\n           \
         a wrong PIN:      {zegel} lab pin --next wrong --dir {folder}\n           \
         a revoked card:   {zegel} lab cert status mayor revoked --dir {folder}\n           \
         OCSP down:        {zegel} lab service set ocsp down --dir {folder}\n           \
           all cards:        {zegel} lab card list --dir {folder}\n\n\
         seal       {seal}: each decision that is complete gets a copy for publication under it;\n           \
         the application offers it, and `{zegel} verify FILE --trust {trust}` checks it\n\n\
         end it with Ctrl-C",
        application = house.application_url(),
        service = house.service_url(),
        authority = house.authority_file().display(),
        seal = house
            .seal()
            .map_or_else(|| "none".to_owned(), |keeper| keeper.to_string()),
        trust = house.configuration_file().with_file_name("trust").display(),
    )
}

async fn wait_for_end(lab: &Lab) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return,
            _ = terminate.recv() => return,
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                if lab.is_stopping() {
                    return;
                }
            }
        }
    }
}
