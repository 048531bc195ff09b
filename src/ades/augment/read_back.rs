//! What was made, judged before it is delivered.

use crate::ades::level::Level;
use crate::ades::validate::indication::{Indication, SubIndication};
use crate::ades::validate::report::Report;

/// The level that `report` finds proven for the signature named `field`, when it is at least `ordered` and everything in the
/// file holds.
///
/// Below B-LT the revocation data that validation asks for is not in the file by definition: there, a signature that
/// misses only that passes.
///
/// # Errors
/// The level shown, when it is too low or something does not hold.
pub(in crate::ades) fn shown(report: &Report, field: &str, ordered: Level) -> Result<Level, Option<Level>> {
    let own = report
        .signatures
        .iter()
        .find(|signature| signature.field == field);
    let shown = own.and_then(|signature| signature.proven_level);
    let holds = own.is_some_and(|signature| {
        signature.indication == Indication::TotalPassed
            || (ordered < Level::Lt && signature.sub_indication == Some(SubIndication::TryLater))
    });
    // An older signature may be undecided for reasons of its own; none may have been broken.
    let none_broken = report
        .signatures
        .iter()
        .all(|signature| signature.indication != Indication::TotalFailed);
    match shown {
        Some(level) if level >= ordered && holds && none_broken => Ok(level),
        other => Err(other),
    }
}

/// The lowest level that `report` finds among the signatures named `fields`, when each shows at least `ordered`.
///
/// # Errors
/// As [`shown`]; no level where no signature is named.
pub(in crate::ades) fn lowest(
    report: &Report,
    fields: &[String],
    ordered: Level,
) -> Result<Level, Option<Level>> {
    let levels: Result<Vec<Level>, Option<Level>> =
        fields.iter().map(|field| shown(report, field, ordered)).collect();
    levels?.into_iter().min().ok_or(None)
}
