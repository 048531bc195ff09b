//! The laboratory's PIN program: speaks the pinentry protocol (Assuan) and types the PIN of the virtual card.
//!
//! It shows no window. What it was told to show is recorded, so that tests can compare the short code with the page's.
//! For specimens only: a production configuration refuses it by [`is_lab_program`].

use std::io::{BufRead, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LabError;
use super::control::{Answer, Request, ask};

/// How a question for a PIN is to be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinAnswer {
    /// As if the person cancelled.
    Cancel,
    /// These digits.
    Digits(String),
    /// The third button of a window with buttons: another card, no more pages.
    Other,
    /// The right PIN, as usual.
    Right,
    /// As if nobody typed anything in time.
    Timeout,
    /// As if the person does nothing: the window stands until whoever asked closes it.
    Wait,
    /// Another PIN than the right one.
    Wrong,
}

impl std::str::FromStr for PinAnswer {
    type Err = LabError;

    /// `right`, `wrong`, `cancel`, `other`, `timeout`, `wait`, or digits.
    fn from_str(text: &str) -> Result<Self, LabError> {
        Ok(match text {
            "cancel" => Self::Cancel,
            "other" => Self::Other,
            "right" => Self::Right,
            "timeout" => Self::Timeout,
            "wait" => Self::Wait,
            "wrong" => Self::Wrong,
            digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Self::Digits(digits.to_owned())
            }
            other => {
                return Err(LabError::Unknown {
                    what: "PIN answer",
                    name: other.to_owned(),
                });
            }
        })
    }
}

/// What the PIN program says back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinReply {
    /// Cancelled.
    Cancel,
    /// The button that goes on, of a window without a field.
    Confirm,
    /// These digits.
    Digits(String),
    /// The third button.
    Other,
    /// Timed out.
    Timeout,
    /// No answer.
    Wait,
}

/// What kind of window the PIN program was told to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowKind {
    /// Buttons; the one that goes on is pressed unless the next answer says otherwise.
    Confirm,
    /// One button, which nobody presses unless the next answer is `cancel`.
    Message,
    /// A field for a PIN.
    #[default]
    Pin,
}

/// What the PIN program was told to show. Texts are decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinDialog {
    /// What kind of window.
    #[serde(default)]
    pub kind: WindowKind,
    /// Title of the window.
    pub title: String,
    /// The text over the field: who asks, what for, the short code.
    pub description: String,
    /// The field's label.
    pub prompt: String,
    /// Why it is asked again.
    pub error: String,
    /// How the question was answered: `digits`, `confirm`, `other`, `cancel`, `timeout`, `wait`.
    #[serde(default)]
    pub answered: String,
}

/// Whether a command line of a PIN program is the laboratory's: its two words stand in it, or one of its arguments
/// is the folder of a laboratory.
pub fn is_lab_program(command: &[String]) -> bool {
    let words = command
        .windows(2)
        .any(|pair| matches!(pair, [room, what] if room == "lab" && what == "pinentry"));
    words
        || command
            .iter()
            .any(|argument| Path::new(argument).join(super::MANIFEST).is_file())
}

/// Serves one run of the program: commands on `input`, answers on `output`, until BYE or the end of input.
///
/// # Errors
/// When `output` cannot be written.
pub fn run(folder: &Path, input: impl BufRead, mut output: impl Write) -> std::io::Result<()> {
    let mut dialog = PinDialog::default();
    writeln!(output, "OK TEST pinentry of the zegel laboratory")?;
    output.flush()?;
    for line in input.lines() {
        let line = line?;
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let text = decoded(rest);
        match command.to_ascii_uppercase().as_str() {
            "BYE" => {
                writeln!(output, "OK closing connection")?;
                return output.flush();
            }
            kind @ ("CONFIRM" | "GETPIN" | "MESSAGE") => {
                dialog.kind = match kind {
                    "CONFIRM" => WindowKind::Confirm,
                    "MESSAGE" => WindowKind::Message,
                    _ => WindowKind::Pin,
                };
                let request = Request::PinWanted {
                    dialog: dialog.clone(),
                };
                let reply = match ask(folder, &request) {
                    Ok(Answer::Pin(PinReply::Digits(digits))) => format!("D {digits}\nOK"),
                    Ok(Answer::Pin(PinReply::Confirm)) => "OK".to_owned(),
                    Ok(Answer::Pin(PinReply::Other)) => "ERR 83886194 Not confirmed <Pinentry>".to_owned(),
                    Ok(Answer::Pin(PinReply::Timeout)) => "ERR 83886142 Timeout <Pinentry>".to_owned(),
                    Ok(Answer::Pin(PinReply::Wait)) => continue,
                    Ok(_) => "ERR 83886179 Operation cancelled <Pinentry>".to_owned(),
                    Err(error) => {
                        let why = error.to_string().replace('\n', " ");
                        format!("ERR 83886179 {why} <Pinentry>")
                    }
                };
                writeln!(output, "{reply}")?;
                // An error text stands for one question only.
                dialog.error.clear();
            }
            "GETINFO" => {
                let said = if rest == "pid" {
                    std::process::id().to_string()
                } else {
                    "zegel-lab".to_owned()
                };
                writeln!(output, "D {said}\nOK")?;
            }
            "RESET" => {
                dialog = PinDialog::default();
                writeln!(output, "OK")?;
            }
            set => {
                match set {
                    "SETTITLE" => dialog.title = text,
                    "SETDESC" => dialog.description = text,
                    "SETPROMPT" => dialog.prompt = text,
                    "SETERROR" => dialog.error = text,
                    _ => {}
                }
                writeln!(output, "OK")?;
            }
        }
        output.flush()?;
    }
    Ok(())
}

/// A parameter with its percent escapes undone.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laboratorys_own_program_is_recognised() {
        let command = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(is_lab_program(&command(
            "/usr/bin/zegel lab pinentry --dir /tmp/x"
        )));
        assert!(!is_lab_program(&command("/usr/bin/pinentry-gnome3")));
        assert!(!is_lab_program(&command("/usr/bin/pinentry --display lab")));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lab.json"), b"{}").unwrap();
        assert!(is_lab_program(&[
            "/opt/wrapper".to_owned(),
            folder.path().display().to_string()
        ]));
    }

    #[test]
    fn the_protocol_is_answered_line_by_line_and_a_missing_laboratory_cancels() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = Vec::new();
        run(
            folder.path(),
            &b"OPTION ttytype=x\nSETDESC Code%3A 42%0A\nGETPIN\nBYE\nGETPIN\n"[..],
            &mut output,
        )
        .unwrap();
        let text = String::from_utf8(output).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("OK TEST"));
        assert_eq!(&lines[1..3], ["OK", "OK"]);
        assert!(lines[3].starts_with("ERR 83886179 "));
        assert_eq!(lines[4..], ["OK closing connection"]);
    }
}
