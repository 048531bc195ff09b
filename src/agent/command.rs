//! The command line of `zegel-agent`, and how browsers start it.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::base::clock::SystemClock;
use crate::card::readers::Readers;

use super::browser::Browser;
use super::host::{self, World};
use super::install::{Change, Done, Installation, is_extension_id, replace};
use super::settings::{Places, Settings};

const HELP: &str = "\
zegel-agent: lets websites ask the eID card in this computer's reader, through a browser's extension

Usage: zegel-agent COMMAND

  run         serve one command on stdin and stdout, as a browser does
  install     tell this person's browsers about this program
  uninstall   take that back
  status      where this person's browsers know it from
  pinentry    show a PIN window, asked on stdin in the Assuan protocol (Windows)

Options of install, uninstall and status:
  --browser WORD         chrome, chromium, edge or firefox; may be repeated; all four otherwise
  --dir FOLDER           use this folder in place of the home folder
  --user-data-dir FOLDER the profile of a Chromium browser that is started with this option
  --extension ID         a further extension that may use it: your own packing of ours; may be repeated
  --copy                 install: first copy this program to where programs of one person stand;
                         uninstall: remove that copy as well
  --take-over-web-eid    also serve the Web eID extension, in place of the Web eID application
  --silent               say nothing but errors

Other options:
  --help, -h             this page
  --version, -V          the version

Browsers start it without a command. Settings are in `/etc/zegel/agent.json` or `~/.config/zegel/agent.json`
(Windows: `zegel\\agent.json` under LocalAppData); see docs/agent.md.

Example: zegel-agent install --browser firefox

Exit codes: 0 good, 1 failed, 2 wrong usage, 5 card or reader problem, 6 cancelled.
";

/// Wrong usage.
const USAGE: u8 = 2;
/// It did not work.
const FAILED: u8 = 1;

/// Runs the program with these arguments, the program's own name first. Stdout is the protocol, or a command's result;
/// everything else goes to stderr.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<String> = arguments
        .into_iter()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let (first, rest) = match words.split_first() {
        Some((first, rest)) => (first.as_str(), rest),
        None => ("", &[][..]),
    };
    let code = match first {
        "--help" | "-h" | "help" => said(HELP),
        "--version" | "-V" => said(concat!("zegel-agent ", env!("CARGO_PKG_VERSION"), "\n")),
        "run" if rest.is_empty() => serve(),
        "pinentry" => pinentry(),
        "install" | "uninstall" | "status" => match Options::parse(rest) {
            Ok(options) => manage(first, options),
            Err(what) => complain(USAGE, &what, Some("zegel-agent --help")),
        },
        // Chromium's family gives the extension's origin, Firefox the manifest and the extension's identifier.
        started if started.starts_with("chrome-extension://") => serve(),
        started if is_manifest(started) && !rest.is_empty() => serve(),
        "" => complain(USAGE, "a command is needed", Some("zegel-agent --help")),
        other => complain(
            USAGE,
            &format!("there is no command `{other}`"),
            Some("zegel-agent --help"),
        ),
    };
    ExitCode::from(code)
}

fn serve() -> u8 {
    shut_the_lid();
    let places = Places::own();
    let settings = match Settings::load(&places) {
        Ok(settings) => settings,
        // A setting that cannot be read must not end in another one.
        Err(error) => return complain(FAILED, &with_causes(&error), None),
    };
    let world = World {
        settings,
        places,
        program: own_program(),
        clock: Arc::new(SystemClock::new()),
        readers: Box::new(Readers::pcsc),
        is_deaf: Box::new(is_stdout_closed),
    };
    host::serve(std::io::stdin(), std::io::stdout(), world).exit_code()
}

/// No image of the memory is written should this program end badly, and other processes of the same person stay out of
/// it: a PIN may be in it. Where it is refused, nothing else can be done about it.
#[cfg(unix)]
fn shut_the_lid() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
const fn shut_the_lid() {}

/// Whether the reader of what is written is gone.
#[cfg(unix)]
fn is_stdout_closed() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut asked, Some(&now)).is_err()
        || asked
            .iter()
            .any(|one| one.revents().intersects(PollFlags::ERR | PollFlags::HUP))
}

/// Where it cannot be asked, a browser that closed one side closed both.
#[cfg(not(unix))]
const fn is_stdout_closed() -> bool {
    true
}

#[cfg(windows)]
fn pinentry() -> u8 {
    let mut dialogs = super::pin_dialog::NativeDialogs;
    let served = super::pinentry::serve(std::io::stdin().lock(), std::io::stdout(), &mut dialogs);
    u8::from(served.is_err())
}

#[cfg(not(windows))]
fn pinentry() -> u8 {
    complain(
        USAGE,
        "this program has a window of its own on Windows only",
        Some("install pinentry-gnome3, pinentry-qt or pinentry-gtk2"),
    )
}

#[derive(Debug, Default)]
struct Options {
    browsers: Vec<Browser>,
    home: Option<PathBuf>,
    profile: Option<PathBuf>,
    extensions: Vec<String>,
    copy: bool,
    stock: bool,
    silent: bool,
}

impl Options {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                let next = words.next().filter(|next| !next.starts_with("--"));
                next.ok_or_else(|| format!("`{word}` needs a value"))
            };
            match word.as_str() {
                "--browser" => {
                    let named = value()?;
                    let browser = Browser::from_word(named);
                    options
                        .browsers
                        .push(browser.ok_or_else(|| format!("there is no browser `{named}` here"))?);
                }
                "--dir" => options.home = Some(absolute(value()?)?),
                "--user-data-dir" => options.profile = Some(absolute(value()?)?),
                "--extension" => {
                    let id = value()?;
                    if !is_extension_id(id) {
                        return Err(format!("`{id}` is no extension's identifier: 32 letters a to p"));
                    }
                    options.extensions.push(id.clone());
                }
                "--copy" => options.copy = true,
                "--take-over-web-eid" => options.stock = true,
                "--silent" => options.silent = true,
                other => return Err(format!("there is no option `{other}`")),
            }
        }
        if options.browsers.is_empty() {
            options.browsers = if options.profile.is_some() {
                vec![Browser::Chromium]
            } else {
                Browser::ALL.to_vec()
            };
        }
        if options.profile.is_some() && options.browsers.contains(&Browser::Firefox) {
            return Err("`--user-data-dir` is for Chromium's family".to_owned());
        }
        Ok(options)
    }
}

fn absolute(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|error| format!("cannot use `{text}`: {error}"))
}

fn manage(command: &str, options: Options) -> u8 {
    let places = options.home.map_or_else(Places::own, Places::under);
    let mut program = own_program();
    if options.copy && command == "install" {
        match copy(&program, &places) {
            Ok(copied) => program = copied,
            Err(error) => return complain(FAILED, &format!("cannot copy this program: {error}"), None),
        }
    }
    let installation = Installation {
        program,
        browsers: options.browsers,
        places,
        profile: options.profile,
        extensions: options.extensions,
        stock: options.stock,
    };
    let changes = match command {
        "install" => installation.install(),
        "uninstall" => installation.uninstall(),
        _ => installation.status(),
    };
    if options.copy
        && command == "uninstall"
        && changes.is_ok()
        && let Err(error) = remove_copy(&installation.places)
    {
        // Windows removes no program that runs.
        return complain(
            FAILED,
            &format!("cannot remove the copy of this program: {error}"),
            None,
        );
    }
    match changes {
        Ok(changes) if options.silent && command != "status" => u8::from(changes.is_empty()),
        Ok(changes) => said(&report(&changes)),
        Err(error) => complain(FAILED, &with_causes(&error), None),
    }
}

fn report(changes: &[Change]) -> String {
    let lines: Vec<String> = changes
        .iter()
        .filter_map(|change| {
            let done = match change.done {
                Done::Absent => return None,
                Done::Removed => "removed",
                Done::Same => "in place",
                Done::Written => "written",
            };
            Some(format!(
                "{}: {done}: {}\n",
                change.browser.word(),
                change.path.display()
            ))
        })
        .collect();
    if lines.is_empty() {
        return "no browser knows this program\n".to_owned();
    }
    lines.concat()
}

/// Whether this is a manifest's path, as Firefox gives it.
fn is_manifest(word: &str) -> bool {
    std::path::Path::new(word)
        .extension()
        .is_some_and(|extension| extension == "json")
}

/// Where a copy for one person stands.
fn copied(places: &Places) -> std::io::Result<PathBuf> {
    let home = places
        .home()
        .ok_or_else(|| std::io::Error::other("no home folder is known"))?;
    Ok(if cfg!(windows) {
        home.join("zegel").join("zegel-agent.exe")
    } else {
        home.join(".local/bin/zegel-agent")
    })
}

/// Copies this program to where programs of one person stand.
fn copy(program: &std::path::Path, places: &Places) -> std::io::Result<PathBuf> {
    let copied = copied(places)?;
    if copied == program {
        return Ok(copied);
    }
    if let Some(folder) = copied.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = copied.with_extension("new");
    let mut source = std::fs::File::open(program)?;
    replace(&beside, |file| std::io::copy(&mut source, file).map(drop))?;
    std::fs::set_permissions(&beside, source.metadata()?.permissions())?;
    std::fs::rename(&beside, &copied)?;
    Ok(copied)
}

fn remove_copy(places: &Places) -> std::io::Result<()> {
    match std::fs::remove_file(copied(places)?) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// This program's own file, links followed.
fn own_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("zegel-agent"))
}

fn said(text: &str) -> u8 {
    let mut output = std::io::stdout();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    u8::from(written.is_err())
}

fn complain(code: u8, what: &str, hint: Option<&str>) -> u8 {
    let mut errors = std::io::stderr();
    let _ = writeln!(errors, "zegel-agent: error: {what}");
    if let Some(hint) = hint {
        let _ = writeln!(errors, "hint: {hint}");
    }
    code
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn options_are_read_strictly() {
        assert_eq!(parse("").unwrap().browsers, Browser::ALL);
        let read = parse("--browser edge --browser chrome --silent --take-over-web-eid").unwrap();
        assert_eq!(read.browsers, [Browser::Edge, Browser::Chrome]);
        assert!(read.silent && read.stock);
        assert_eq!(parse("--user-data-dir /x").unwrap().browsers, [Browser::Chromium]);
        for text in [
            "--browser",
            "--browser --silent",
            "--browser opera",
            "--extension abc",
            "--dirs x",
            "firefox",
            "--user-data-dir /x --browser firefox",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
