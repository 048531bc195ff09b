//! One run of the program, spoken to as a browser does.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

pub const AGENT: &str = env!("CARGO_BIN_EXE_zegel-agent");

/// Settings that let nothing of this machine in: no PIN program is started, whichever is installed.
pub fn no_settings() -> &'static Path {
    static FILE: std::sync::OnceLock<tempfile::NamedTempFile> = std::sync::OnceLock::new();
    FILE.get_or_init(|| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(br#"{"pin_program":["/nonexistent/pinentry"]}"#)
            .unwrap();
        file
    })
    .path()
}

/// A run of the program. It ends with the value.
pub struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
}

impl Agent {
    /// Starts it as Chromium does; `prepare` sets its environment.
    pub fn start(prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(AGENT);
        command
            .arg("chrome-extension://idhdgglmkaobonmheolepglilcfobnnm/")
            .env("ZEGEL_AGENT_SETTINGS", no_settings())
            .env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take());
        Self { child, input, output }
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        // The program may have ended before it read everything.
        let _ = self.input.as_mut().unwrap().write_all(bytes);
    }

    /// Sends one message.
    pub fn send(&mut self, json: &str) {
        self.send_bytes(&framed(json));
    }

    /// Closes the way in.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes both ways, as a browser does when the page is left.
    pub fn leave(&mut self) {
        self.input = None;
        self.output = None;
    }

    /// What it says next; `None` when it ends.
    pub fn hear(&mut self) -> Option<Value> {
        let output = self.output.as_mut().unwrap();
        let mut head = [0; 4];
        output.read_exact(&mut head).ok()?;
        let length = usize::try_from(u32::from_le_bytes(head)).unwrap();
        let mut message = vec![0; length];
        output.read_exact(&mut message).unwrap();
        Some(serde_json::from_slice(&message).unwrap())
    }

    /// Waits for its end: the exit code. Nothing more may come, and stderr is quiet.
    pub fn end(mut self) -> i32 {
        if let Some(mut output) = self.output.take() {
            let mut rest = Vec::new();
            output.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"", "more than one answer");
        }
        let code = self.child.wait().unwrap().code().unwrap();
        let mut errors = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut errors).unwrap();
        assert_eq!(errors, "");
        code
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message with its length in front.
pub fn framed(json: &str) -> Vec<u8> {
    let length = u32::try_from(json.len()).unwrap();
    [&length.to_le_bytes()[..], json.as_bytes()].concat()
}
