//! Lines of a table as they come, each with its number for the report.

use super::report::{Report, Rule};

/// A record with its line as reports name it; one that cannot be read is reported and left out.
pub(super) fn readable(
    record: Result<csv::StringRecord, csv::Error>,
    report: &mut Report,
) -> Option<(String, csv::StringRecord)> {
    match record {
        Ok(record) => {
            let line = record.position().map_or(0, csv::Position::line);
            Some((format!("line {line}"), record))
        }
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            report.reject(Rule::Syntax, format!("line {line}"), "the line cannot be read");
            None
        }
    }
}
