//! The command line keeps its promise: help, messages, exit codes, JSON. Everything here runs the program itself.

mod adding;
mod blocks;
mod counter;
pub(crate) mod database;
mod extending;
mod guard;
mod help;
mod json;
mod outage;
mod password;
mod placing;
mod sessions;
mod signing;
mod terminal;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub const ZEGEL: &str = env!("CARGO_BIN_EXE_zegel");

/// What a run of a program left.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub messages: String,
}

impl Ran {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// `zegel` in `folder`, with nothing of the caller's environment that it would take for a setting.
pub fn zegel(folder: &Path) -> Command {
    let mut command = Command::new(ZEGEL);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("COLUMNS", "100");
    command
}

/// Longer than any command here takes: one that still runs then was to end and did not.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs it to its end; one that does not end is killed, and has no exit code.
pub fn run(command: &mut Command) -> Ran {
    fn text(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
        std::thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).unwrap();
            text
        })
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = text(child.stdout.take().unwrap());
    let messages = text(child.stderr.take().unwrap());
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Ran {
        code: status.code(),
        out: out.join().unwrap(),
        messages: messages.join().unwrap(),
    }
}

/// A one-page PDF that says `text`.
pub fn pdf(text: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 72 700 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let (at, count) = (file.len(), objects.len() + 1);
    file += &format!(
        "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n"
    );
    file.into_bytes()
}

/// Puts `new` where a committed file is compared with what the program prints now, when the caller asks for it.
///
/// `ZEGEL_BLESS=1 cargo test --all-features --test promises cli` rewrites them; read the difference before committing.
pub fn is_blessing() -> bool {
    std::env::var("ZEGEL_BLESS").is_ok_and(|value| value == "1")
}
