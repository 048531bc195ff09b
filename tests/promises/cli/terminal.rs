//! The PIN typed on a terminal: never shown, nowhere left, and the terminal as it was on every way out.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::counter::Desk;
use super::{Ran, ZEGEL};

/// Twelve digits that stand nowhere by chance.
const PIN: &str = "908172635421";
/// The same as the card takes them. Source: Belpic applet manual 1.8, PIN block.
const PIN_BLOCK: [u8; 6] = [0x90, 0x81, 0x72, 0x63, 0x54, 0x21];

/// `zegel sign` with a terminal of its own. A shell in between notes the terminal's settings before and after.
struct Session<'d> {
    desk: &'d Desk,
    child: Child,
    keyboard: std::fs::File,
    screen: Arc<Mutex<String>>,
}

impl<'d> Session<'d> {
    fn sign(desk: &'d Desk, words: &[&str]) -> Self {
        let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let terminal = std::fs::File::options()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let keyboard = std::fs::File::from(master);
        let mut watched = keyboard.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 256];
            while let Ok(count @ 1..) = watched.read(&mut buffer) {
                shown
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let child = Command::new("setsid")
            .args([
                "--ctty",
                "sh",
                "-c",
                "stty -g >before; \"$@\"; code=$?; stty -g >after; exit $code",
                "sh",
            ])
            .args([ZEGEL, "sign", "--config", "zegel.toml"])
            .args(words)
            .envs(
                desk.command()
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .current_dir(desk.folder())
            .stdin(terminal)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            desk,
            child,
            keyboard,
            screen,
        }
    }

    fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits, for as long as a card may take, until the terminal shows `text`.
    fn sees(&mut self, text: &str) {
        for _ in 0..1200 {
            if self.screen().contains(text) {
                return;
            }
            if self.child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        let _ = self.child.kill();
        let mut told = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        panic!(
            "never shown: {text}; the terminal: {}; stderr: {told}",
            self.screen()
        );
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// The process that asks: the shell's child.
    fn program(&self) -> u32 {
        let shell = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        children.trim().parse().unwrap()
    }

    /// Waits for the end, and sees that the terminal is as it was and the PIN stands nowhere.
    fn end(self) -> (Ran, String) {
        let screen = Arc::clone(&self.screen);
        let output = self.child.wait_with_output().unwrap();
        let ran = Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            messages: String::from_utf8(output.stderr).unwrap(),
        };
        let screen = screen.lock().unwrap().clone();
        let settings = |name: &str| std::fs::read_to_string(self.desk.path(name)).unwrap();
        assert_eq!(
            settings("before"),
            settings("after"),
            "the terminal has its settings back"
        );
        for name in ["before", "after"] {
            std::fs::remove_file(self.desk.path(name)).unwrap();
        }
        for place in [&screen, &ran.out, &ran.messages] {
            assert!(!place.contains(&PIN[..4]), "the PIN was shown: {place}");
        }
        (ran, screen)
    }
}

fn desk(cards: &[&str]) -> Option<Desk> {
    let desk = Desk::open(cards)?;
    desk.configure(false);
    for card in cards {
        desk.lab(&["card", "pin", card, "--set", PIN]);
    }
    Some(desk)
}

#[test]
fn the_pin_is_typed_unseen() {
    let Some(desk) = desk(&["mayor"]) else { return };
    let mut session = Session::sign(&desk, &["a.pdf", "--level", "b"]);
    session.sees("PIN (3 tries left): ");
    // A slip of the fingers, taken back.
    session.types(&format!("77\u{7f}\u{7f}{PIN}\r"));
    let (ran, screen) = session.end();
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "a-signed.pdf: B-B\n"),
        "{ran:?}"
    );
    assert_eq!(
        screen, "PIN (3 tries left): \r\n",
        "nothing of what was typed is shown"
    );

    // What is no PIN costs no try and is asked again; a wrong one costs one.
    let mut session = Session::sign(&desk, &["b.pdf", "--level", "b"]);
    session.sees("PIN (3 tries left): ");
    session.types("12\n");
    session.sees("a PIN has 4 to 12 digits; this cost no try");
    session.types("12345678901234567890\n");
    for _ in 0..1200 {
        if session.screen().matches("PIN (3 tries left): ").count() == 3 {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    session.types("1111\n");
    let (ran, _) = session.end();
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(
        ran.messages
            .ends_with("zegel: error: the PIN is wrong, 2 tries left (PIN_WRONG)\n"),
        "{ran:?}"
    );
    assert_eq!(desk.files(), ["a-signed.pdf"]);
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let Some(desk) = desk(&["mayor"]) else { return };
    for (keys, what) in [("90817\u{3}", "Ctrl-C"), ("\u{4}", "Ctrl-D")] {
        let mut session = Session::sign(&desk, &["a.pdf", "--level", "b"]);
        session.sees("PIN (3 tries left): ");
        session.types(keys);
        let (ran, _) = session.end();
        assert_eq!((ran.code, ran.out.as_str()), (Some(6), ""), "{what}: {ran:?}");
        assert!(ran.messages.ends_with("(PIN_CANCELLED)\n"), "{what}: {ran:?}");
    }
    for signal in ["INT", "TERM", "HUP"] {
        let mut session = Session::sign(&desk, &["a.pdf", "--level", "b"]);
        session.sees("PIN (3 tries left): ");
        session.types("9081");
        let told = Command::new("kill")
            .args([&format!("-{signal}"), &session.program().to_string()])
            .status();
        assert!(told.unwrap().success());
        let (ran, _) = session.end();
        assert_eq!((ran.code, ran.out.as_str()), (Some(6), ""), "{signal}: {ran:?}");
    }
    assert_eq!(desk.files(), Vec::<String>::new());
    // None of it cost a try.
    desk.lab(&["card", "pin", "mayor", "--tries", "3"]);
}

#[test]
fn a_signal_after_the_pin_ends_in_order_and_leaves_no_half_file() {
    let Some(desk) = desk(&["mayor"]) else { return };
    desk.lab(&["service", "set", "tsa", "slow=4000"]);
    let mut session = Session::sign(&desk, &["a.pdf", "b.pdf"]);
    session.sees("PIN (3 tries left): ");
    session.types(&format!("{PIN}\n"));
    session.sees("\r\n");
    let program = session.program();
    // The digits go when the card has signed; from then on the slow service is waited for.
    let mut found = None;
    for _ in 0..60 {
        found = places_of_the_pin(program);
        if found == Some(0) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(
        matches!(found, Some(0) | None),
        "the digits are in the program's memory after they were used: {found:?}"
    );
    assert!(
        Command::new("kill")
            .args(["-INT", &program.to_string()])
            .status()
            .unwrap()
            .success()
    );
    let (ran, _) = session.end();
    assert_eq!((ran.code, ran.out.as_str()), (Some(6), ""), "{ran:?}");
    assert_eq!(ran.messages.matches("(INTERRUPTED)\n").count(), 2, "{ran:?}");
    assert_eq!(desk.files(), Vec::<String>::new());
}

/// How often the digits stand in the memory of a process; `None` where this test may not look.
fn places_of_the_pin(program: u32) -> Option<usize> {
    use std::os::unix::fs::FileExt as _;
    let memory = std::fs::File::open(format!("/proc/{program}/mem")).ok()?;
    let map = std::fs::read_to_string(format!("/proc/{program}/maps")).ok()?;
    let mut found = 0;
    let mut read = 0_usize;
    for line in map.lines().filter(|line| line.contains(" rw-p ")) {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let (from, to) = (
            u64::from_str_radix(from, 16).ok()?,
            u64::from_str_radix(to, 16).ok()?,
        );
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        let Ok(count) = memory.read_at(&mut bytes, from) else {
            continue;
        };
        read += count;
        // As a person types it, and as the card takes it: two digits a byte.
        for form in [PIN.as_bytes(), &PIN_BLOCK] {
            found += bytes.windows(form.len()).filter(|part| *part == form).count();
        }
    }
    (read > 0).then_some(found)
}

#[test]
fn another_card_in_the_meantime_is_refused() {
    let Some(desk) = desk(&["mayor", "director"]) else {
        return;
    };
    let mut session = Session::sign(&desk, &["a.pdf", "--level", "b"]);
    session.sees("PIN (3 tries left): ");
    desk.remove("mayor");
    desk.insert("director");
    session.types(&format!("{PIN}\n"));
    let (ran, _) = session.end();
    assert_eq!((ran.code, ran.out.as_str()), (Some(5), ""), "{ran:?}");
    assert!(ran.messages.contains("(CARD_CHANGED)\nhint: "), "{ran:?}");
    assert_eq!(desk.files(), Vec::<String>::new());
}

#[test]
fn without_a_terminal_and_a_program_it_is_said() {
    let Some(desk) = desk(&["mayor"]) else { return };
    let mut command = Command::new("setsid");
    command
        .args([ZEGEL, "sign", "a.pdf", "--level", "b", "--config", "zegel.toml"])
        .envs(
            desk.command()
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(desk.folder())
        .stdin(Stdio::null());
    let ran = super::run(&mut command);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.messages
            .contains("(PIN_NO_TERMINAL)\nhint: run it in a terminal"),
        "{ran:?}"
    );
}
