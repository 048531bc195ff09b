//! Tables of municipality codes and organisation codes: `nis,ovo,valid_from,valid_to`, the last day inclusive.

use super::literal;
use super::report::{Report, Rule, Severity};
use super::table;
use crate::base::time::Day;
use crate::mandates::identifiers::{NisCode, OvoCode};
use crate::mandates::validity::Validity;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The municipality code.
    pub nis: NisCode,
    /// The organisation.
    pub ovo: OvoCode,
    /// When the organisation has that code. Without a first day in the table, from [`FIRST_DAY`].
    pub valid: Validity,
}

/// The day municipal mergers of 1977 took effect; older periods make no difference here.
pub const FIRST_DAY: &str = "1977-01-01";

/// Reads a table; what cannot be read is reported with its line.
pub fn read(bytes: &[u8]) -> (Vec<Assignment>, Report) {
    let mut report = Report::default();
    let mut taken = Vec::new();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    for record in reader.records() {
        let Some((line, record)) = table::readable(record, &mut report) else {
            continue;
        };
        match assignment(&record) {
            Ok(assignment) => taken.push(assignment),
            Err((rule, text)) => report.reject(rule, line, text),
        }
    }
    // One organisation has one code a day. In the order of their beginnings, a period overlaps an earlier one when it
    // begins before the latest end so far.
    let mut periods: Vec<_> = taken.iter().map(|one| (one.ovo, one.valid.span())).collect();
    periods.sort_by_key(|(ovo, span)| (*ovo, span.from, span.to));
    let mut latest: Option<(OvoCode, i64)> = None;
    for (ovo, span) in periods {
        let so_far = latest.filter(|(known, _)| *known == ovo).map(|(_, end)| end);
        if so_far.is_some_and(|end| span.from < end) {
            report.note(
                Rule::Q15,
                Severity::Warning,
                ovo,
                "two municipality codes at one time",
            );
        }
        latest = Some((ovo, so_far.map_or(span.to, |end| end.max(span.to))));
    }
    (taken, report)
}

fn assignment(record: &csv::StringRecord) -> Result<Assignment, (Rule, String)> {
    let field = |place: usize| record.get(place).unwrap_or_default().trim();
    let code =
        |error: &dyn std::fmt::Display, text: &str| (Rule::Q15, format!("{error}, found `{}`", short(text)));
    let nis = field(0).parse().map_err(|error| code(&error, field(0)))?;
    let ovo = field(1).parse().map_err(|error| code(&error, field(1)))?;
    let time = |error: literal::LiteralError| (Rule::Time, error.to_string());
    let from: Day = match field(2) {
        "" => literal::start(FIRST_DAY).map_err(time)?,
        text => literal::start(text).map_err(time)?,
    };
    let last = match field(3) {
        "" => None,
        text => literal::end(text).map_err(time)?,
    };
    let valid = last.map_or(Validity::since(from), |last| Validity::through(from, last));
    if valid.is_empty() {
        return Err((Rule::Time, "the period ends before it begins".to_owned()));
    }
    Ok(Assignment { nis, ovo, valid })
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_rows_are_reported_and_the_rest_is_taken() {
        let table = "nis,ovo,valid_from,valid_to\n49998,OVO999001,1977-01-01,2024-12-31\n49999,OVO999001,2025-01-01,\n\
                     .,OVO999002,,\n0,OVO999003,,\n49997,OVO999004,1977-01-01,1970-01-01\n49996,OVO9,,\n49995\n";
        let (taken, report) = read(table.as_bytes());
        assert_eq!(taken.len(), 2);
        let lines: Vec<&str> = report
            .findings
            .iter()
            .map(|finding| finding.subject.as_str())
            .collect();
        assert_eq!(lines, ["line 4", "line 5", "line 6", "line 7", "line 8"]);
        assert_eq!(report.rejected(), 5);
    }

    #[test]
    fn the_code_changes_and_the_organisation_stays() {
        let table = "nis,ovo,valid_from,valid_to\n49998,OVO999001,1977-01-01,2024-12-31\n49999,OVO999001,2025-01-01,\n";
        let (taken, report) = read(table.as_bytes());
        let on = |day: &str| {
            let at = day.parse::<Day>().unwrap().start();
            let codes: Vec<String> = taken
                .iter()
                .filter(|row| row.valid.contains(at))
                .map(|row| row.nis.to_string())
                .collect();
            codes
        };
        assert_eq!(on("2024-12-31"), ["49998"]);
        assert_eq!(on("2025-01-01"), ["49999"]);
        assert!(report.findings.is_empty());
    }
}
