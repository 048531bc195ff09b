//! The table that is printed.

use std::fmt;

/// One thing measured.
pub struct Row {
    what: String,
    measured: String,
    reach: String,
    of_reach: String,
    beside: String,
}

impl Row {
    pub fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            reach: String::new(),
            of_reach: String::new(),
            beside: String::new(),
        }
    }

    /// The reach: at most `limit`. `value` in the same unit.
    pub fn at_most(self, reach: impl Into<String>, limit: f64, value: f64) -> Self {
        self.compared(reach, value / limit, value <= limit)
    }

    /// The reach: at least `limit`.
    pub fn at_least(self, reach: impl Into<String>, limit: f64, value: f64) -> Self {
        self.compared(reach, value / limit, value >= limit)
    }

    fn compared(mut self, reach: impl Into<String>, ratio: f64, within: bool) -> Self {
        self.reach = reach.into();
        self.of_reach = format!("{ratio:.2} {}", if within { "met" } else { "MISSED" });
        self
    }

    /// What it is read beside: the peer or bare operation, or what else helps to read the figure.
    pub fn beside(mut self, text: impl Into<String>) -> Self {
        self.beside = text.into();
        self
    }
}

#[derive(Default)]
pub struct Table(Vec<(String, Vec<Row>)>);

impl Table {
    pub fn add(&mut self, section: &str, rows: Vec<Row>) {
        self.0.push((section.to_owned(), rows));
    }
}

impl Row {
    fn cells(&self) -> [&str; 4] {
        [&self.what, &self.measured, &self.reach, &self.of_reach]
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = ["what", "measured", "reach", "of reach"];
        let widths: [usize; 4] = std::array::from_fn(|column| {
            let rows = self.0.iter().flat_map(|(_, rows)| rows);
            rows.map(|row| row.cells()[column].chars().count())
                .max()
                .unwrap_or(0)
                .max(heading[column].len())
        });
        let line = |cells: [&str; 4]| {
            let padded: Vec<String> = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            padded.join("  ").trim_end().to_owned()
        };
        writeln!(f, "  {}", line(heading))?;
        for (section, rows) in &self.0 {
            writeln!(f, "\n{section}")?;
            for row in rows {
                writeln!(f, "  {}", line(row.cells()))?;
                if !row.beside.is_empty() {
                    writeln!(f, "      {}", row.beside)?;
                }
            }
        }
        Ok(())
    }
}

/// `1234567` as `1 234 567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
