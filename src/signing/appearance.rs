//! The lines of the visible signature: what a person reading the paper sees.

use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::mandates::verdict::Verdict;

/// The lines for `name` signing by `verdict` at `now`, in `language`: that of the act, not of the signer.
///
/// A delegate's mention comes first: the law wants it above signature, name and function (art. 280 and 283 of the
/// Decree on Local Government).
pub fn lines(name: &str, verdict: &Verdict, language: Language, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(verdict.mention().map(|mention| mention.text(language).to_owned()));
    lines.push(name.to_owned());
    lines.extend(verdict.capacity.as_ref().map(|capacity| capacity.label(language)));
    let at = now.to_brussels_text();
    lines.push(match language {
        Language::De => format!("elektronisch unterschrieben am {at}"),
        Language::En => format!("signed electronically on {at}"),
        Language::Fr => format!("signé électroniquement le {at}"),
        Language::Nl => format!("elektronisch ondertekend op {at}"),
    });
    lines
}
