//! Will it still validate later, from what it contains? The file is judged again for later moments with nothing but
//! itself and the pinned roots. No new time-stamp is assumed.

use std::collections::BTreeSet;

use super::indication::Indication;
use super::report::{Maintainability, Report};
use crate::base::time::Timestamp;

/// A file as it may be judged later.
pub(super) struct Later<'a> {
    /// Moments at which the outcome may change: ends of certificates and of algorithms.
    pub(super) points: BTreeSet<Timestamp>,
    /// Judges it by its own content for a moment.
    pub(super) judge_at: &'a dyn Fn(Timestamp) -> Report,
}

/// Judges `file` for `later` by its own content, and finds the last moment for which it passes, from `from` on.
pub(super) fn maintainability(file: &Later<'_>, from: Timestamp, later: Timestamp) -> Maintainability {
    let judge_at = file.judge_at;
    let then = judge_at(later);
    // Each end is the last moment that still counts, or the first that does not: the second after decides.
    let points: Vec<Timestamp> = file
        .points
        .iter()
        .map(|point| point.plus(std::time::Duration::from_secs(1)))
        .filter(|point| *point > from)
        .collect();
    let passes = |at: Timestamp| judge_at(at).indication == Indication::TotalPassed;
    let passes_now = passes(from);
    let good_until = if passes_now {
        // What ends does not come back, so the moments that pass are the first ones.
        let passing = points.partition_point(|point| passes(*point));
        let good = passing.checked_sub(1).and_then(|last| points.get(last));
        let bad = points.get(passing).copied();
        let bad = bad.or_else(|| (then.indication != Indication::TotalPassed).then_some(later));
        bad.map(|bad| last_passing(&passes, good.copied().unwrap_or(from), bad))
    } else {
        None
    };
    Maintainability {
        at: later,
        indication: then.indication,
        sub_indication: first_reason(&then),
        findings: then
            .signatures
            .iter()
            .filter(|signature| signature.indication != Indication::TotalPassed)
            .flat_map(|signature| &signature.findings)
            .filter(|finding| finding.weight == super::report::Weight::Error)
            .cloned()
            .collect(),
        passes_now,
        good_until,
    }
}

/// The last moment that passes, between `good`, which does, and `bad`, which does not.
///
/// Nearly always an end is the reason, and lies two seconds before `bad`. Without a time-stamp it may be that revocation
/// data is no longer fresh, which no certificate tells.
fn last_passing(passes: &dyn Fn(Timestamp) -> bool, mut good: Timestamp, mut bad: Timestamp) -> Timestamp {
    let end = bad.minus(std::time::Duration::from_secs(2));
    if end <= good {
        return good;
    }
    if passes(end) {
        return end;
    }
    bad = end;
    loop {
        let half = bad.since(good).checked_div(2).unwrap_or_default();
        let middle = good.plus(half).truncated_to_second();
        if middle <= good {
            return good;
        }
        if passes(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
}

fn first_reason(report: &Report) -> Option<super::indication::SubIndication> {
    report
        .signatures
        .iter()
        .find(|signature| signature.indication == report.indication)
        .and_then(|signature| signature.sub_indication)
}
