//! What was noticed about imported data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything noticed about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// In the order noticed.
    pub findings: Vec<Finding>,
}

/// One thing noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// How bad.
    pub severity: Severity,
    /// The subject's URI, or `line 7`.
    pub subject: String,
    /// What was found, for the person who will mend it. Never a national number.
    pub text: String,
    /// Whether the record was left out.
    pub rejected: Taken,
}

/// Whether a record was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Left out.
    Rejected,
    /// Taken, with this remark.
    Taken,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Probably wrong; taken.
    Warning,
    /// Wrong.
    Error,
}

/// The quality rules of reference roles-and-mandates §6, and what precedes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rule {
    /// The file's syntax is broken there.
    #[serde(rename = "SYNTAX")]
    Syntax,
    /// The record has no shape that is known here.
    #[serde(rename = "SHAPE")]
    Shape,
    /// A time cannot be read.
    #[serde(rename = "TIME")]
    Time,
    /// An authority that has ended would come back.
    #[serde(rename = "REOPENED")]
    Reopened,
    /// A holding has exactly one person, post and start.
    Q01,
    /// A holding lies inside the term of its body.
    Q02,
    /// The number of holders lies between the least and the most.
    Q03,
    /// A holding has one known status.
    Q04,
    /// Somebody acts for an absent holder.
    Q05,
    /// One person's records for one post do not overlap.
    Q06,
    /// A confirmed holding names its decision.
    Q07,
    /// Seats that come with other seats are there.
    Q08,
    /// Policy domains belong to mayors, aldermen and deputies.
    Q09,
    /// Aldermen and councillors have a rank.
    Q10,
    /// A post has a known role and hangs in a body.
    Q11,
    /// The chair of the special committee sits in the welfare council or the permanent bureau.
    Q12,
    /// One person, one identifier.
    Q13,
    /// The name of the source is the name on the card.
    Q14,
    /// Identifiers pass their check digits.
    Q15,
    /// Nobody holds a post after death.
    Q16,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("SYNTAX"),
            Self::Shape => f.write_str("SHAPE"),
            Self::Time => f.write_str("TIME"),
            Self::Reopened => f.write_str("REOPENED"),
            rule => fmt::Debug::fmt(rule, f),
        }
    }
}

impl Report {
    /// Notes that the record of `subject` was left out.
    pub fn reject(&mut self, rule: Rule, subject: impl ToString, text: impl Into<String>) {
        self.findings.push(Finding {
            rule,
            severity: Severity::Error,
            subject: subject.to_string(),
            text: text.into(),
            rejected: Taken::Rejected,
        });
    }

    /// Notes something about a record that was taken.
    pub fn note(&mut self, rule: Rule, severity: Severity, subject: impl ToString, text: impl Into<String>) {
        self.findings.push(Finding {
            rule,
            severity,
            subject: subject.to_string(),
            text: text.into(),
            rejected: Taken::Taken,
        });
    }

    /// How many records were left out.
    pub fn rejected(&self) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.rejected == Taken::Rejected)
            .count()
    }

    /// Whether `rule` was noted about `subject`.
    pub fn has(&self, rule: Rule, subject: &str) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.rule == rule && finding.subject == subject)
    }
}
