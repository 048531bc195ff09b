//! The ways in which sources write days.

use crate::base::time::{Day, Timestamp};

/// Why a time of a source cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiteralError {
    /// Month or day is `00`: only a part of the date is known.
    #[error("`{0}` is a partial date")]
    Partial(String),
    /// In no form that sources use.
    #[error("`{0}` is no time")]
    Malformed(String),
}

/// The first day that a start means.
///
/// A plain day, local midnight without zone, UTC midnight, or UTC 22:00 or 23:00 of the day before: the local
/// midnight of the next day, whatever the season the source believed in.
///
/// Source: reference roles-and-mandates §5.
pub fn start(text: &str) -> Result<Day, LiteralError> {
    match parse(text)? {
        Moment::Local(day) => Ok(day),
        Moment::Utc {
            day,
            time: "22:00:00" | "23:00:00",
            ..
        } => Ok(day.next()),
        Moment::Utc { instant, .. } => Ok(instant.day()),
    }
}

/// The last day that an end means, inclusively; none for the open end `9999-12-31`.
///
/// An end means the end of its day: 23:59:59 local, or 21:59:59 and 22:59:59 UTC, belong to their local day.
pub fn end(text: &str) -> Result<Option<Day>, LiteralError> {
    let day = match parse(text)? {
        Moment::Local(day)
        | Moment::Utc {
            day,
            time: "21:59:59" | "22:59:59" | "23:59:59",
            ..
        } => day,
        Moment::Utc { instant, .. } => instant.day(),
    };
    Ok((day.date().year() < 9999).then_some(day))
}

enum Moment<'a> {
    /// A day, or a local time of that day.
    Local(Day),
    /// With a zone.
    Utc {
        /// The day as written, when the zone is UTC.
        day: Day,
        /// `HH:MM:SS` as written, when the zone is UTC; empty otherwise.
        time: &'a str,
        instant: Timestamp,
    },
}

fn parse(text: &str) -> Result<Moment<'_>, LiteralError> {
    let malformed = || LiteralError::Malformed(text.chars().take(40).collect());
    let text = text.trim();
    let date = text.get(..10).ok_or_else(malformed)?;
    let shape = date.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !shape {
        return Err(malformed());
    }
    if date.get(5..7) == Some("00") || date.get(8..) == Some("00") {
        return Err(LiteralError::Partial(date.to_owned()));
    }
    let day: Day = date.parse().map_err(|_| malformed())?;
    let rest = text.get(10..).ok_or_else(malformed)?;
    if rest.is_empty() {
        return Ok(Moment::Local(day));
    }
    let time = rest.strip_prefix(['T', ' ']).ok_or_else(malformed)?;
    let clock = time.get(..8).ok_or_else(malformed)?;
    if clock.parse::<jiff::civil::Time>().is_err() || clock.len() != 8 {
        return Err(malformed());
    }
    let after = time.get(8..).unwrap_or_default();
    let zone = after.strip_prefix('.').map_or(after, |fraction| {
        fraction.trim_start_matches(|sign: char| sign.is_ascii_digit())
    });
    if zone.is_empty() {
        return Ok(Moment::Local(day));
    }
    let instant: Timestamp = text.replacen(' ', "T", 1).parse().map_err(|_| malformed())?;
    Ok(Moment::Utc {
        day,
        time: if matches!(zone, "Z" | "+00:00") { clock } else { "" },
        instant,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_of_a_start_means_its_local_day() {
        for text in [
            "2025-01-01",
            "2025-01-01T00:00:00",
            "2025-01-01T00:00:00Z",
            "2024-12-31T23:00:00Z",
            "2024-12-31T23:00:00.000Z",
            "2024-12-31T22:00:00Z",
            "2025-01-01T00:00:00+01:00",
        ] {
            assert_eq!(start(text).unwrap().to_string(), "2025-01-01", "{text}");
        }
        assert_eq!(start("2026-03-31T22:00:00Z").unwrap().to_string(), "2026-04-01");
    }

    #[test]
    fn every_written_form_of_an_end_means_its_local_day() {
        for text in [
            "2026-03-31",
            "2026-03-31T00:00:00",
            "2026-03-31T23:59:59",
            "2026-03-31T21:59:59Z",
            "2026-03-31T22:59:59Z",
            "2026-03-31T23:59:59.999Z",
            "2026-03-31T00:00:00Z",
            "2026-03-31T23:59:59+02:00",
        ] {
            assert_eq!(end(text).unwrap().unwrap().to_string(), "2026-03-31", "{text}");
        }
        assert_eq!(end("9999-12-31"), Ok(None));
    }

    #[test]
    fn partial_and_broken_times_are_told_apart_and_never_guessed() {
        assert!(matches!(start("2000-00-00"), Err(LiteralError::Partial(_))));
        assert!(matches!(
            end("2000-05-00T00:00:00"),
            Err(LiteralError::Partial(_))
        ));
        for bad in [
            "",
            "2025",
            "2025-13-01",
            "01-01-2025",
            "2025-01-01X",
            "2025-01-01T25:00:00",
            "2025-01-01T00:00:00Q",
            "€€€€",
        ] {
            assert!(matches!(start(bad), Err(LiteralError::Malformed(_))), "{bad}");
        }
    }
}
