//! The field's own suites, read from their files, each with its figures.

mod limbo;
mod pkits;
mod wycheproof;

use std::io::Write as _;
use std::path::Path;

/// What came out of one suite, printed and kept as `target/suites/NAME.md`.
pub(crate) struct Figures {
    name: &'static str,
    lines: Vec<String>,
}

impl Figures {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            lines: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}

impl Drop for Figures {
    /// WHY on drop: figures are wanted of a suite that fails most of all.
    fn drop(&mut self) {
        let text = self.lines.join("\n");
        // To the real stderr: the test harness hides what passing tests print.
        let _ = writeln!(
            std::io::stderr(),
            "{}: {}",
            self.name,
            self.lines.first().map_or("", String::as_str)
        );
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/suites");
        let _ = std::fs::create_dir_all(&folder);
        let _ = std::fs::write(
            folder.join(format!("{}.md", self.name)),
            format!("# {}\n\n{text}\n", self.name),
        );
    }
}
