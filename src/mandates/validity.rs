//! When a fact is true in the world.

use serde::{Deserialize, Serialize};

use crate::base::time::{Day, Timestamp};

/// A half-open period, `[from, to)`; without `to` it has no known end.
///
/// Posts and holdings count in Brussels days; absences, revocations and suspensions in instants, because a mayor
/// may fall ill at noon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "unit", rename_all = "snake_case")]
pub enum Validity {
    /// Whole days in Europe/Brussels.
    Days {
        /// First day.
        from: Day,
        /// The day after the last.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<Day>,
    },
    /// Instants.
    Instants {
        /// From this instant on.
        from: Timestamp,
        /// Up to, not including, this instant.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<Timestamp>,
    },
}

impl Validity {
    /// From `from`, with no known end.
    pub const fn since(from: Day) -> Self {
        Self::Days { from, to: None }
    }

    /// From `from` up to and including `last`.
    pub fn through(from: Day, last: Day) -> Self {
        Self::Days {
            from,
            to: Some(last.next()),
        }
    }

    /// The instant it begins.
    pub fn start(self) -> Timestamp {
        match self {
            Self::Days { from, .. } => from.start(),
            Self::Instants { from, .. } => from,
        }
    }

    /// The first instant after it, if it ends.
    pub fn end(self) -> Option<Timestamp> {
        match self {
            Self::Days { to, .. } => to.map(Day::start),
            Self::Instants { to, .. } => to,
        }
    }

    /// Whether it holds at `at`.
    pub fn contains(self, at: Timestamp) -> bool {
        self.span().contains(at)
    }

    /// Whether it ends before it begins or as it begins, and so never holds.
    pub fn is_empty(self) -> bool {
        self.end().is_some_and(|end| end <= self.start())
    }

    /// The same period as two numbers, for fast comparison.
    pub fn span(self) -> Span {
        Span {
            from: self.start().as_micros(),
            to: self.end().map_or(i64::MAX, Timestamp::as_micros),
        }
    }

    /// First day and the day after the last one, in Brussels; what people and tokens are shown.
    pub fn days(self) -> (Day, Option<Day>) {
        match self {
            Self::Days { from, to } => (from, to),
            Self::Instants { from, to } => (from.day(), to.map(|to| to.day().next())),
        }
    }
}

/// A half-open period in microseconds since 1970; `i64::MAX` is an open end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First microsecond.
    pub from: i64,
    /// The microsecond after the last.
    pub to: i64,
}

impl Span {
    /// Whether `at` lies in it.
    pub const fn contains(self, at: Timestamp) -> bool {
        self.from <= at.as_micros() && at.as_micros() < self.to
    }

    /// Whether the whole of `self` lies in `outer`.
    pub const fn within(self, outer: Self) -> bool {
        outer.from <= self.from && self.to <= outer.to
    }

    /// Whether the two have an instant in common.
    pub const fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to && self.from < self.to && other.from < other.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_hold_from_brussels_midnight_to_brussels_midnight_around_both_clock_changes() {
        // 2026: summer time begins on 29 March and ends on 25 October.
        let spring = Validity::through("2026-03-29".parse().unwrap(), "2026-03-29".parse().unwrap());
        assert!(!spring.contains(at("2026-03-28T22:59:59.999999Z")));
        assert!(spring.contains(at("2026-03-28T23:00:00Z")));
        assert!(spring.contains(at("2026-03-29T21:59:59.999999Z")));
        assert!(!spring.contains(at("2026-03-29T22:00:00Z")));
        let autumn = Validity::through("2026-10-25".parse().unwrap(), "2026-10-25".parse().unwrap());
        assert!(!autumn.contains(at("2026-10-24T21:59:59.999999Z")));
        assert!(autumn.contains(at("2026-10-24T22:00:00Z")));
        assert!(autumn.contains(at("2026-10-25T22:59:59.999999Z")));
        assert!(!autumn.contains(at("2026-10-25T23:00:00Z")));
    }

    #[test]
    fn an_empty_period_never_holds_and_overlaps_nothing() {
        let day: Day = "2026-01-01".parse().unwrap();
        let empty = Validity::Days {
            from: day,
            to: Some(day),
        };
        assert!(empty.is_empty() && !empty.contains(day.start()));
        assert!(!empty.span().overlaps(Validity::since(day).span()));
    }

    #[test]
    fn periods_read_back_from_json() {
        for text in [
            r#"{"unit":"days","from":"2025-01-01"}"#,
            r#"{"unit":"days","from":"2025-01-01","to":"2026-04-01"}"#,
            r#"{"unit":"instants","from":"2026-03-03T12:00:00Z","to":"2026-03-04T00:00:00Z"}"#,
        ] {
            let validity: Validity = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&validity).unwrap(), text);
        }
    }
}
