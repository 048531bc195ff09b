//! The views of checking a signed document: the form and the result.

use std::fmt::Display;

use askama::Template;

use crate::ades::validate::indication::Indication;
use crate::ades::validate::report::{
    AuthorityAttests, ChangeReport, Finding, Report, SignatureReport, SignerClaims, VerdictStatus, Weight,
};
use crate::base::lang::Language;
use crate::base::text::one_line;
use crate::base::time::Timestamp;
use crate::http::i18n::Texts;
use crate::http::page::Page;
use crate::mandates::proof::capacity_label;

/// The form.
#[derive(Debug, Template)]
#[template(path = "verify/form.html")]
pub struct Form<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Largest file, in bytes.
    pub limit_bytes: u64,
    /// What was wrong with the last try.
    pub error: Option<FormError>,
}

/// What was wrong with a field of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// `file` or `password`.
    pub field: &'static str,
    /// In the reader's language.
    pub text: String,
}

/// The result.
#[derive(Debug, Template)]
#[template(path = "verify/result.html")]
pub struct Outcome<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// File name as the browser gave it.
    pub file_name: Option<String>,
    /// What validation found.
    pub report: &'a Report,
}

/// The three words and the picture that goes with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Key of the word.
    pub key: &'static str,
    /// Class of the style, which draws colour and picture.
    pub class: &'static str,
    /// The picture, as a character hidden from screen readers.
    pub sign: &'static str,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In the reader's language.
    pub words: Option<String>,
    /// The cause with its numbers and names, in English, for who mends it.
    pub technical: String,
}

/// A part of a sentence as a whole one.
fn sentence(part: &str) -> String {
    begun(part) + "."
}

/// A part of a sentence as its beginning.
fn begun(part: &str) -> String {
    let mut letters = part.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

impl Outcome<'_> {
    /// Key of the heading.
    pub const TITLE: &'static str = "verify-result-title";

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates lend what they show")]
    fn word(indication: &Indication) -> Word {
        match indication {
            Indication::TotalPassed => Word {
                key: "outcome-passed",
                class: "passed",
                sign: "✓",
            },
            Indication::Indeterminate => Word {
                key: "outcome-indeterminate",
                class: "undecided",
                sign: "?",
            },
            Indication::TotalFailed => Word {
                key: "outcome-failed",
                class: "failed",
                sign: "✕",
            },
        }
    }

    /// A text from the file so that it shows as what it is: what would turn a line around becomes visible.
    fn plain(text: impl AsRef<str>) -> String {
        one_line(text.as_ref()).into_owned()
    }

    /// What the signer claims, each with what it is a claim of; the claimed time has its own place.
    fn claims(&self, signature: &SignatureReport) -> Vec<String> {
        let claimed = SignerClaims {
            time: None,
            ..signature.claimed.clone()
        };
        let claims = claimed.labelled(self.page.visit.language);
        claims
            .iter()
            .map(|(label, text)| self.labelled(label, text))
            .collect()
    }

    /// One sentence: who, when, and what it is worth.
    fn outcome(&self, signature: &SignatureReport) -> String {
        let t = self.page.t;
        let name = signer(signature, t);
        match signature.indication {
            Indication::TotalFailed => t.with("verdict-failed", "name", name),
            Indication::Indeterminate => t.with("verdict-indeterminate", "name", name),
            Indication::TotalPassed => {
                let at = self.proven(signature).or(signature.claimed.time);
                let at = at.unwrap_or(self.report.validated_at);
                let key = if self.report.laboratory {
                    "verdict-test"
                } else {
                    "verdict-passed"
                };
                t.with2(key, "name", name, "time", at)
            }
        }
    }

    /// For a signature that passed: whether it is qualified, by which list, or that nobody can tell.
    fn qualification(&self, signature: &SignatureReport) -> Option<String> {
        (signature.indication == Indication::TotalPassed)
            .then(|| sentence(&signature.qualification_in(self.page.visit.language)))
    }

    /// When the signature existed, where anything but this check proves it.
    fn proven(&self, signature: &SignatureReport) -> Option<Timestamp> {
        signature
            .best_signature_time
            .filter(|time| *time != self.report.validated_at)
    }

    /// How much of the level that the file shows is proven.
    fn proven_level(&self, signature: &SignatureReport) -> String {
        let t = self.page.t;
        match signature.proven_level {
            Some(level) => t.with("level-proven", "level", level.name()),
            None => t.get("level-proven-none"),
        }
    }

    /// For a signature that is undecided: what is missing, and of what.
    fn missing(&self, signature: &SignatureReport) -> Option<String> {
        let text = signature.missing(self.page.visit.language);
        text.map(|text| sentence(&text))
    }

    /// What happened to the file after this signature, as a key.
    fn changes(signature: &SignatureReport) -> &'static str {
        if signature.changes.iter().any(|change| !change.allowed) {
            "changes-other"
        } else if signature.changes.is_empty() {
            "changes-none"
        } else if signature.changes.iter().any(ChangeReport::is_content) {
            "changes-filled"
        } else {
            "changes-allowed"
        }
    }

    /// Which part of the file the signature covers, as a key.
    fn covers(signature: &SignatureReport) -> &'static str {
        match (signature.covers_whole_revision, signature.changes.is_empty()) {
            (true, true) => "covers-whole",
            (true, false) => "covers-version",
            (false, _) => "covers-part",
        }
    }

    /// The capacity attested, in the reader's language.
    fn capacity(&self, attested: &AuthorityAttests) -> String {
        let claims = attested.claims.as_ref();
        let known = claims.and_then(|claims| capacity_label(claims, self.page.visit.language));
        known.or_else(|| attested.capacity.clone()).unwrap_or_default()
    }

    /// What may change after this signature, each with what it is about.
    fn bindings(&self, signature: &SignatureReport) -> Vec<(String, String)> {
        let found = signature.binds.iter();
        let all = found.flat_map(|binds| binds.labelled(self.page.visit.language));
        all.map(|(label, text)| (begun(label), text)).collect()
    }

    /// What the authority attested, in words: about the file, or about each of several.
    fn attested(&self, signature: &SignatureReport) -> Vec<String> {
        let whole = signature
            .attested
            .iter()
            .map(|attested| self.attestation(attested));
        let each = signature.attested_files.iter().map(|one| match &one.file {
            Some(file) => self.labelled(file, self.attestation(&one.attested)),
            None => self.attestation(&one.attested),
        });
        let others = signature.unattested_files.iter();
        let others = others.map(|file| self.labelled(file, self.page.t.get("attested-none")));
        let lines: Vec<String> = whole.chain(each).chain(others).collect();
        if lines.is_empty() {
            vec![self.page.t.get("attested-none")]
        } else {
            lines
        }
    }

    /// The decisions that whatever is attested rests on, each with its file where there are several.
    fn decisions(signature: &SignatureReport, language: Language) -> Vec<String> {
        let whole = signature.attested.iter().flat_map(|one| one.decisions.clone());
        let each = signature.attested_files.iter().flat_map(|one| {
            let decisions = one.attested.decisions.iter();
            decisions.map(|decision| match &one.file {
                Some(file) => language.labelled(file, decision),
                None => decision.clone(),
            })
        });
        whole.chain(each).collect()
    }

    fn attestation(&self, attested: &AuthorityAttests) -> String {
        let t = self.page.t;
        match attested.status {
            VerdictStatus::Verified => t.with("attested-verified", "capacity", self.capacity(attested)),
            VerdictStatus::OtherTime => t.with("attested-other-time", "capacity", self.capacity(attested)),
            VerdictStatus::KeyMissing => t.get("attested-key-missing"),
            VerdictStatus::Invalid => t.get("attested-invalid"),
            VerdictStatus::OtherSubject => t.get("attested-other"),
        }
    }

    /// For a signature that failed: why, in a sentence.
    fn why(&self, signature: &SignatureReport) -> Option<String> {
        let failed = signature.indication == Indication::TotalFailed;
        let mut findings = signature.findings.iter().filter(|_| failed);
        let decisive = findings.find(|finding| finding.weight == Weight::Error)?;
        decisive.words(self.page.visit.language).map(sentence)
    }

    fn labelled(&self, label: impl Display, value: impl Display) -> String {
        self.page.visit.language.labelled(label, value)
    }

    /// The findings that decide or warn.
    fn reasons(&self, signature: &SignatureReport) -> Vec<Reason> {
        let findings = signature.findings.iter();
        findings
            .filter(|finding| finding.weight != Weight::Note)
            .map(|finding| self.reason(finding))
            .collect()
    }

    fn reason(&self, finding: &Finding) -> Reason {
        Reason {
            words: finding.words(self.page.visit.language).map(sentence),
            technical: format!("{}: {}", finding.cause, finding.detail),
        }
    }

    /// Whether it will still validate at the later moment that was asked about.
    fn later(&self) -> Vec<String> {
        let later = self.report.maintainability.iter();
        let t = self.page.t;
        let lines = later.flat_map(|later| later.lines(self.page.visit.language, &|at| t.show(at)));
        lines.map(|(_, text)| begun(&text)).collect()
    }

    /// What is wrong with the file as a whole.
    fn failure(&self) -> Option<Reason> {
        self.report
            .document
            .failure()
            .map(|failure| self.reason(&failure))
    }
}

/// The signer's name as the certificate says it.
fn signer(signature: &SignatureReport, t: Texts<'_>) -> String {
    let Some(certificate) = &signature.certificate else {
        return t.get("name-unknown");
    };
    match (&certificate.given_name, &certificate.surname) {
        (Some(given), Some(surname)) => format!("{given} {surname}"),
        (None, Some(surname)) => surname.clone(),
        _ => certificate.common_name.clone(),
    }
}

impl Form<'_> {
    /// What was wrong with this field.
    fn wrong(&self, field: &str) -> Option<&str> {
        let error = self.error.as_ref().filter(|error| error.field == field);
        error.map(|error| error.text.as_str())
    }

    /// Key of the heading.
    pub const TITLE: &'static str = "verify-title";
    /// Key of what is said when no file was chosen.
    pub const FILE_MISSING: &'static str = "verify-file-missing";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_decision_is_told_with_the_file_it_is_about() {
        let signature = |attested: &str| -> SignatureReport {
            let report = format!(
                r#"{{
                    "field": "f", "indication": "INDETERMINATE", "findings": [], "process": "basic", "format": "PAdES",
                    "level": null, "proven_level": null, "qualification": "q", "claimed": {{"roles": [], "other_attributes": []}},
                    "covers_whole_revision": true, "changes": [], "time_stamps": [], {attested}
                }}"#
            );
            serde_json::from_str(&report).unwrap()
        };
        let verified = r#"{"status": "verified", "decisions": ["besluit 2026/12"]}"#;
        let whole = signature(&format!(r#""attested": {verified}"#));
        assert_eq!(Outcome::decisions(&whole, Language::Nl), ["besluit 2026/12"]);
        let each = signature(&format!(
            r#""attested_files": [{{"file": "a.pdf", "attested": {verified}}}]"#
        ));
        assert_eq!(
            Outcome::decisions(&each, Language::Nl),
            ["a.pdf: besluit 2026/12"]
        );
        assert_eq!(
            Outcome::decisions(&each, Language::Fr),
            ["a.pdf : besluit 2026/12"]
        );
    }
}
