//! The program's side of the Assuan protocol, for the window that this program brings itself (on Windows).
//!
//! It runs as a process of its own, as any pinentry does, and ends with its input. What is shown and typed goes through
//! [`Dialogs`]; nothing is written anywhere but to whoever started it.

use std::io::{BufRead, Write};

use zeroize::Zeroizing;

use crate::card::assuan::Kind;

/// What is to be shown, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Title of the window.
    pub title: String,
    /// The text.
    pub description: String,
    /// The field's label.
    pub prompt: String,
    /// Why it is asked again.
    pub error: String,
    /// The button that goes on.
    pub ok: String,
    /// The button that stops.
    pub cancel: String,
    /// The third button.
    pub other: String,
    /// How many seconds a person has; 0 means no limit.
    pub seconds: u64,
}

/// What a person did with a window.
#[derive(Debug)]
pub enum Pressed {
    /// Stopped, or closed the window.
    Cancel,
    /// Went on; what was typed, for a window with a field.
    Ok(Zeroizing<String>),
    /// The third button.
    Other,
    /// Nothing in time.
    Nothing,
}

/// Shows windows.
pub trait Dialogs {
    /// Shows one window and waits for what the person does.
    fn show(&mut self, shown: &Shown, kind: Kind) -> Pressed;
}

/// Longest line read, its end included. Source: Assuan manual, "Client requests".
const MAX_LINE: usize = 1002;

/// Serves one run: commands on `input`, answers on `output`, until BYE or the end of input.
///
/// # Errors
/// When input or output fail.
pub fn serve(
    mut input: impl BufRead,
    mut output: impl Write,
    dialogs: &mut dyn Dialogs,
) -> std::io::Result<()> {
    let mut shown = Shown::default();
    answer(&mut output, "OK zegel-agent")?;
    let mut line = String::new();
    loop {
        line.clear();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        if std::io::Read::take(&mut input, limit).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let text = line.trim_end_matches(['\r', '\n']);
        let (command, rest) = text.split_once(' ').unwrap_or((text, ""));
        let value = decoded(rest);
        match command.to_ascii_uppercase().as_str() {
            "BYE" => return answer(&mut output, "OK closing connection"),
            "SETTITLE" => shown.title = value,
            "SETDESC" => shown.description = value,
            "SETPROMPT" => shown.prompt = value,
            "SETERROR" => shown.error = value,
            "SETOK" => shown.ok = value,
            "SETCANCEL" => shown.cancel = value,
            "SETNOTOK" => shown.other = value,
            "SETTIMEOUT" => shown.seconds = value.parse().unwrap_or(0),
            "RESET" => shown = Shown::default(),
            kind @ ("CONFIRM" | "GETPIN" | "MESSAGE") => {
                let kind = match kind {
                    "CONFIRM" => Kind::Confirm,
                    "MESSAGE" => Kind::Message,
                    _ => Kind::Pin,
                };
                reply(&mut output, dialogs.show(&shown, kind), kind)?;
                // An error text stands for one question only.
                shown.error.clear();
                continue;
            }
            // Options and questions about the program change nothing here.
            _ => {}
        }
        answer(&mut output, "OK")?;
    }
}

fn reply(output: &mut impl Write, pressed: Pressed, kind: Kind) -> std::io::Result<()> {
    match pressed {
        Pressed::Ok(typed) if kind == Kind::Pin => {
            let escaped: Zeroizing<String> = Zeroizing::new(typed.replace('%', "%25"));
            let printable = escaped.chars().all(|letter| !letter.is_control());
            if printable && !escaped.is_empty() {
                output.write_all(b"D ")?;
                output.write_all(escaped.as_bytes())?;
                output.write_all(b"\n")?;
            }
            answer(output, "OK")
        }
        Pressed::Ok(_) => answer(output, "OK"),
        // The numbers of libgpg-error, source 5: pinentry.
        Pressed::Cancel => answer(output, "ERR 83886179 Operation cancelled <Pinentry>"),
        Pressed::Other => answer(output, "ERR 83886194 Not confirmed <Pinentry>"),
        Pressed::Nothing => answer(output, "ERR 83886142 Timeout <Pinentry>"),
    }
}

fn answer(output: &mut impl Write, line: &str) -> std::io::Result<()> {
    output.write_all(line.as_bytes())?;
    output.write_all(b"\n")?;
    output.flush()
}

/// A parameter with its percent escapes undone. A `%` without two hex digits stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let mut one = [0_u8];
        if byte == b'%'
            && let Some((digits, tail)) = after.split_at_checked(2)
            && hex::decode_to_slice(digits, &mut one).is_ok()
        {
            bytes.extend_from_slice(&one);
            rest = tail;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scripted(Vec<Pressed>, Vec<(Shown, Kind)>);

    impl Dialogs for Scripted {
        fn show(&mut self, shown: &Shown, kind: Kind) -> Pressed {
            self.1.push((shown.clone(), kind));
            if self.0.is_empty() {
                Pressed::Cancel
            } else {
                self.0.remove(0)
            }
        }
    }

    fn run(input: &str, pressed: Vec<Pressed>) -> (Vec<String>, Vec<(Shown, Kind)>) {
        let mut dialogs = Scripted(pressed, Vec::new());
        let mut output = Vec::new();
        serve(input.as_bytes(), &mut output, &mut dialogs).unwrap();
        let text = String::from_utf8(output).unwrap();
        (text.lines().map(str::to_owned).collect(), dialogs.1)
    }

    #[test]
    fn settings_are_shown_and_what_is_typed_comes_back() {
        let typed = Pressed::Ok(Zeroizing::new("12%4".to_owned()));
        let (lines, shown) = run(
            "OPTION lc-ctype=C.UTF-8\nSETTITLE Log in\nSETDESC a%0Ab %25 %zz\nSETERROR no\nSETTIMEOUT 60\nGETPIN\nGETPIN\nBYE\nGETPIN\n",
            vec![typed],
        );
        assert_eq!(
            lines[6..],
            [
                "D 12%254",
                "OK",
                "ERR 83886179 Operation cancelled <Pinentry>",
                "OK closing connection"
            ]
        );
        let (first, kind) = &shown[0];
        assert_eq!(
            (first.title.as_str(), *kind, first.seconds),
            ("Log in", Kind::Pin, 60)
        );
        assert_eq!(first.description, "a\nb % %zz");
        assert_eq!((first.error.as_str(), shown[1].0.error.as_str()), ("no", ""));
    }

    #[test]
    fn each_button_has_its_answer_and_an_answer_cannot_forge_a_line() {
        let forged = Pressed::Ok(Zeroizing::new("1\nOK".to_owned()));
        let (lines, shown) = run(
            "CONFIRM\nMESSAGE\nCONFIRM\nCONFIRM\nGETPIN\n",
            vec![
                Pressed::Ok(Zeroizing::default()),
                Pressed::Ok(Zeroizing::default()),
                Pressed::Other,
                Pressed::Nothing,
                forged,
            ],
        );
        assert_eq!(lines[1..3], ["OK", "OK"]);
        assert!(lines[3].starts_with("ERR 83886194") && lines[4].starts_with("ERR 83886142"));
        assert_eq!(lines[5..], ["OK"]);
        assert_eq!(shown[1].1, Kind::Message);
    }
}
