//! The full read through a real reader daemon and a virtual reader: what commons-eid's figure was measured with.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use zegel::base::clock::SystemClock;
use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SystemRandom;
use zegel::card::eid::Eid;
use zegel::card::readers::{Options, Readers};
use zegel::lab::card::VirtualCard;
use zegel::lab::reader::{find_daemon, find_driver};
use zegel::lab::{Lab, LabSettings};

use crate::measure::{Samples, timed};

/// The argument of a process that reads the card in the reader named after it. libpcsclite finds the daemon by its
/// environment, which a process gets at its start.
pub const CHILD: &str = "--read-card";

const ZEGEL: &str = env!("CARGO_BIN_EXE_zegel");
const REPEATS: usize = 9;
/// How long one read may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How long the daemon may take to see the card.
const SEEN: Duration = Duration::from_secs(10);

/// The median time of a full read of `card`, the chip challenged; why not where there is no reader daemon.
pub fn full_read(card: &VirtualCard) -> Result<Duration, String> {
    find_daemon(None)
        .and_then(|_| find_driver(None, std::path::Path::new(".cache")))
        .map_err(|error| error.to_string())?;
    let folder = tempfile::Builder::new().prefix("zb").tempdir().unwrap();
    let mut settings = LabSettings::new(folder.path(), ZEGEL);
    settings.readers = 1;
    settings.cards = vec!["mayor".to_owned()];
    let lab = Lab::start(settings, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap();
    lab.add_card("measured", card.image(), card.keys()).unwrap();
    let reader = lab.insert("measured").unwrap();
    let (name, socket) = lab.environment();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, &reader])
        .env(name, socket)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let micros: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    Ok(Duration::from_micros(micros))
}

/// Reads the card in `reader` several times and prints the median in microseconds.
pub fn child(reader: &str) {
    let readers = Readers::pcsc(Options::default(), Arc::new(SystemClock::new())).unwrap();
    let started = std::time::Instant::now();
    while readers.choose(Some(reader)).is_err() || read(&readers, reader).is_err() {
        assert!(started.elapsed() < SEEN, "the daemon does not see the card");
        std::thread::sleep(Duration::from_millis(50));
    }
    let times: Samples = (0..REPEATS)
        .map(|_| timed(|| read(&readers, reader).unwrap()).0)
        .collect();
    println!("{}", times.median().as_micros());
}

/// As at a counter: a connection of its own for each read.
fn read(readers: &Readers, reader: &str) -> Result<(), zegel::card::CardError> {
    let challenge = HashAlgorithm::Sha384.digest(b"a challenge");
    let job = move |connection: &mut dyn zegel::card::transport::Connection| {
        let mut eid = Eid::new(connection);
        eid.read_everything()?;
        eid.challenge_chip(&challenge).map(drop)
    };
    readers.submit(reader, LIMIT, job).wait()
}
