//! Instants in UTC microseconds and calendar days in Europe/Brussels.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// An instant in UTC, whole microseconds, as every store and every rule of zegel keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// A text or number that is no instant or day zegel can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is not RFC 3339 (or, for a day, not `YYYY-MM-DD`).
    #[error("expected a {expected}, found `{found}`")]
    Malformed {
        /// What was expected, in words.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// The value lies outside the years -9999 to 9999.
    #[error("time out of range")]
    OutOfRange,
}

impl Timestamp {
    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z; negative is before.
    ///
    /// # Errors
    /// `OutOfRange` outside the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Result<Self, TimeError> {
        jiff::Timestamp::from_microsecond(micros).map_err(|_| TimeError::OutOfRange)?;
        Ok(Self(micros))
    }

    /// The instant `seconds` whole seconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// `OutOfRange` outside the years -9999 to 9999.
    pub fn from_seconds(seconds: i64) -> Result<Self, TimeError> {
        Self::from_micros(seconds.checked_mul(1_000_000).ok_or(TimeError::OutOfRange)?)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant with its fraction of a second cut off.
    #[must_use]
    pub const fn truncated_to_second(self) -> Self {
        Self(self.as_seconds().saturating_mul(1_000_000))
    }

    /// `self + duration`, stopping at the last instant that can be held.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
            .unwrap_or(Self(jiff::Timestamp::MAX.as_microsecond()))
    }

    /// `self - duration`, stopping at the first instant that can be held.
    #[must_use]
    pub fn minus(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
            .unwrap_or(Self(jiff::Timestamp::MIN.as_microsecond()))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        u64::try_from(self.0.saturating_sub(earlier.0))
            .map_or(std::time::Duration::ZERO, std::time::Duration::from_micros)
    }

    /// The calendar day in Brussels that this instant falls on.
    pub fn day(self) -> Day {
        Day::of(self)
    }

    /// The instant as jiff knows it, for calendar arithmetic and formatting.
    pub fn to_jiff(self) -> jiff::Timestamp {
        // INVARIANT: every constructor checked the range, so the fallback is never reached.
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// This instant's local date and time in Brussels, for people: `2026-03-03 14:05`.
    pub fn to_brussels_text(self) -> String {
        self.to_jiff()
            .to_zoned_datetime(brussels())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(value: jiff::Timestamp) -> Self {
        Self(value.as_microsecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    /// Reads RFC 3339 with any offset; digits past the microsecond are cut.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>()
            .map(Self::from)
            .map_err(|_| TimeError::Malformed {
                expected: "RFC 3339 time",
                found: text.to_owned(),
            })
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimeError;
    fn try_from(value: String) -> Result<Self, TimeError> {
        value.parse()
    }
}

impl From<Timestamp> for String {
    fn from(value: Timestamp) -> Self {
        value.to_string()
    }
}

/// A calendar day in Europe/Brussels, as posts and holdings are dated.
///
/// Periods of days are half-open, `[from, to)`: a source that names its last day inclusively is read as the
/// day after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// The day in Brussels that `at` falls on, whatever the season's offset.
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_jiff().to_zoned_datetime(brussels()).date())
    }

    /// The day `year`-`month`-`day`, or `None` when the calendar has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// The first instant of this day in Brussels.
    pub fn start(self) -> Timestamp {
        self.0
            .to_zoned_datetime(brussels())
            .map_or(Timestamp(jiff::Timestamp::MAX.as_microsecond()), |zoned| {
                Timestamp::from(zoned.timestamp())
            })
    }

    /// The day after this one; the last day that can be held stays itself.
    #[must_use]
    pub fn next(self) -> Self {
        self.0.tomorrow().map_or(self, Self)
    }

    /// The day before this one; the first day that can be held stays itself.
    #[must_use]
    pub fn previous(self) -> Self {
        self.0.yesterday().map_or(self, Self)
    }

    /// This day as a plain calendar date.
    pub fn date(self) -> Date {
        self.0
    }
}

impl From<Date> for Day {
    fn from(value: Date) -> Self {
        Self(value)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<Date>()
            .ok()
            .filter(|date| date.to_string() == text)
            .map(Self)
            .ok_or_else(|| TimeError::Malformed {
                expected: "day `YYYY-MM-DD`",
                found: text.to_owned(),
            })
    }
}

impl TryFrom<String> for Day {
    type Error = TimeError;
    fn try_from(value: String) -> Result<Self, TimeError> {
        value.parse()
    }
}

impl From<Day> for String {
    fn from(value: Day) -> Self {
        value.to_string()
    }
}

/// The law's clock: Europe/Brussels. The table is compiled in when the machine has none.
pub fn brussels() -> TimeZone {
    TimeZone::get("Europe/Brussels").unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_brussels_midnight_on_both_sides_of_the_clock_change() {
        let winter: Day = "2026-01-01".parse().unwrap();
        assert_eq!(winter.start().to_string(), "2025-12-31T23:00:00Z");
        let summer: Day = "2026-07-01".parse().unwrap();
        assert_eq!(summer.start().to_string(), "2026-06-30T22:00:00Z");
        let changing: Day = "2026-03-29".parse().unwrap();
        assert_eq!(
            changing.next().start().since(changing.start()).as_secs(),
            23 * 3600
        );
    }

    #[test]
    fn an_instant_late_in_the_evening_utc_belongs_to_the_next_brussels_day() {
        let at: Timestamp = "2024-12-31T23:00:00Z".parse().unwrap();
        assert_eq!(at.day().to_string(), "2025-01-01");
    }

    #[test]
    fn days_are_read_in_one_form_only() {
        for bad in ["2026-3-1", "20260301", "2026-02-30", "2026-03-01T00:00:00", ""] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_keep_microseconds_and_cut_the_rest() {
        let at: Timestamp = "2026-03-03T10:00:00.1234567+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-03-03T09:00:00.123456Z");
        assert_eq!(at.truncated_to_second().to_string(), "2026-03-03T09:00:00Z");
    }
}
