//! The reader daemon with its virtual readers, as the card host runs it inside its namespaces.
//!
//! Two readers each driver: the driver has two slots, and several configurations of one library mix their cards, so
//! every configuration gets a copy of its own (reference virtual-reader §1).

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::LabError;

/// First port; below the range in which a client that retries could connect to itself.
const FIRST_PORT: u16 = 26_000;
/// Most readers: the daemon's limit.
pub const MAX_READERS: usize = 16;

/// Where the daemon keeps its things inside a laboratory's folder.
#[derive(Clone, Debug)]
pub struct ReaderFolder(PathBuf);

impl ReaderFolder {
    /// In the laboratory's folder `lab`.
    pub fn in_lab(lab: &Path) -> Self {
        Self(lab.join("pcsc"))
    }

    /// The socket that clients use: the value of `PCSCLITE_CSOCK_NAME`.
    pub fn socket(&self) -> PathBuf {
        self.run().join("pcscd.comm")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    pub(super) fn empty(&self) -> PathBuf {
        self.0.join("empty")
    }

    fn configuration(&self) -> PathBuf {
        self.0.join("conf")
    }

    fn drivers(&self) -> PathBuf {
        self.0.join("drivers")
    }

    /// What the daemon said.
    pub fn log(&self) -> PathBuf {
        self.0.join("pcscd.log")
    }

    /// Makes the folders, a copy of the driver and a configuration for each pair of readers.
    pub(super) fn prepare(&self, driver: &Path, readers: usize) -> Result<(), LabError> {
        for folder in [self.run(), self.empty(), self.drivers()] {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).map_err(LabError::io(&folder))?;
        }
        let readers = readers.clamp(1, MAX_READERS);
        for pair in 0..readers.div_ceil(2) {
            let library = self.driver_of(pair);
            std::fs::copy(driver, &library).map_err(LabError::io(driver))?;
        }
        self.configure(readers)
    }

    fn driver_of(&self, pair: usize) -> PathBuf {
        self.drivers().join(format!("libifdvpcd-{pair}.so"))
    }

    /// Writes the daemon's configuration of these many readers, which may be none.
    pub(super) fn configure(&self, readers: usize) -> Result<(), LabError> {
        let folder = self.configuration();
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(LabError::io(&folder))?;
        for pair in 0..readers.min(MAX_READERS).div_ceil(2) {
            let library = self.driver_of(pair);
            let port = port(pair * 2);
            let text = format!(
                "FRIENDLYNAME \"Zegel TEST {pair}\"\nDEVICENAME /dev/null:0x{port:04X}\nLIBPATH {}\nCHANNELID 0x{port:04X}\n",
                library.display()
            );
            let file = self.configuration().join(format!("zegel-{pair}"));
            std::fs::write(&file, text).map_err(LabError::io(&file))?;
        }
        Ok(())
    }
}

/// The port on which the driver of the reader number `index` listens.
pub(super) fn port(index: usize) -> u16 {
    FIRST_PORT.saturating_add(u16::try_from(index).unwrap_or(0))
}

/// The name under which clients see the reader number `index`, from 0.
pub fn reader_name(index: usize) -> String {
    format!("Zegel TEST {} 00 {:02}", index / 2, index % 2)
}

/// Finds the driver of the virtual reader: `given`, or where packages and `./dev` put it.
///
/// # Errors
/// `Reader`, saying how to get it.
pub fn find_driver(given: Option<&Path>, cache: &Path) -> Result<PathBuf, LabError> {
    const PACKAGED: &str = "usr/lib/pcsc/drivers/serial/libifdvpcd.so";
    let candidates = match given {
        Some(given) => vec![given.to_owned()],
        None => vec![cache.join("vpcd").join(PACKAGED), Path::new("/").join(PACKAGED)],
    };
    let found = candidates.iter().find(|path| path.is_file());
    found.cloned().ok_or_else(|| {
        let looked = candidates.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        LabError::Reader(format!(
            "the driver libifdvpcd.so was not found (looked for {looked}); ./dev unpacks it, or name it with --vpcd-driver"
        ))
    })
}

/// Finds the reader daemon: `given`, or where it is usually installed.
///
/// # Errors
/// `Reader`, saying how to get it.
pub fn find_daemon(given: Option<&Path>) -> Result<PathBuf, LabError> {
    let candidates = match given {
        Some(given) => vec![given.to_owned()],
        None => ["/usr/sbin/pcscd", "/usr/local/sbin/pcscd", "/sbin/pcscd"]
            .map(PathBuf::from)
            .to_vec(),
    };
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        LabError::Reader("pcscd was not found; install it, or name it with --pcscd".to_owned())
    })
}

/// A running daemon; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Daemon(Child);

impl Daemon {
    /// Starts `program` in the foreground with the configuration in `folder` and waits until it takes clients.
    pub(super) fn start(program: &Path, folder: &ReaderFolder) -> Result<Self, LabError> {
        let log = folder.log();
        let said = std::fs::File::create(&log).map_err(LabError::io(&log))?;
        let also = said.try_clone().map_err(LabError::io(&log))?;
        let child = Command::new(program)
            .arg("--foreground")
            .arg("--config")
            .arg(folder.configuration())
            // WHY: on a desktop it would ask the session who may use readers; nobody outside reaches this one.
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
            .stdin(Stdio::null())
            .stdout(said)
            .stderr(also)
            .spawn()
            .map_err(|error| LabError::Reader(format!("cannot start {}: {error}", program.display())))?;
        let mut daemon = Self(child);
        for _ in 0..400 {
            if UnixStream::connect(folder.socket()).is_ok() {
                return Ok(daemon);
            }
            if let Ok(Some(status)) = daemon.0.try_wait() {
                return Err(LabError::Reader(format!(
                    "pcscd ended ({status}); see {}",
                    log.display()
                )));
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        Err(LabError::Reader(format!(
            "pcscd takes no clients; see {}",
            log.display()
        )))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
