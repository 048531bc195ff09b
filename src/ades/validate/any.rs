//! A signed file of whatever format: told by its first bytes, and judged as that.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::file::{Context, Inspection, empty, refuse_unused, validate_with};
use super::future::{self, Later};
use super::general::Basis;
use super::indication::Indication;
use super::policy::ValidationPolicy;
use super::report::Report;
use super::{asic, cades, jades, xades};
use crate::ades::asic::uri;
use crate::ades::content::DataObject;
use crate::ades::jades::read::MAX_BYTES;
use crate::ades::xades::data::Datum;
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;

/// The formats told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An archive: a container.
    Asic,
    /// A CMS message.
    Cms,
    /// A signature in JSON.
    Jws,
    /// PDF, or nothing that is known.
    Pdf,
    /// An XML document.
    Xml,
}

/// Judges `source`; `beside`: the content of a signature that does not carry it.
///
/// What looks like none of the formats is judged as PDF, whose report then says that it is none.
pub fn validate_any(
    source: Arc<dyn ReadAt>,
    beside: &[DataObject],
    context: &Context<'_>,
    policy: &ValidationPolicy,
) -> Report {
    report_of(format_of(&*source), source, beside, &Basis::new(context, policy))
}

/// Whether `source` is judged as PDF: it is one, or looks like none of the other formats.
pub fn is_taken_for_pdf(source: &dyn ReadAt) -> bool {
    format_of(source) == Format::Pdf
}

/// The same, and how it would be judged at `at_later` by its own content.
pub fn validate_for(
    source: Arc<dyn ReadAt>,
    beside: &[DataObject],
    context: &Context<'_>,
    policy: &ValidationPolicy,
    at_later: Timestamp,
) -> Report {
    let format = format_of(&*source);
    if format == Format::Pdf {
        let mut report = match Inspection::of(&source) {
            Ok(inspection) => inspection.judge_for(context, policy, at_later),
            Err(_) => validate_with(source, context, policy),
        };
        if !beside.is_empty() {
            refuse_unused(&mut report);
        }
        return report;
    }
    let points = RefCell::new(BTreeSet::new());
    let mut basis = Basis::new(context, policy);
    basis.turning_points = Some(&points);
    let mut report = report_of(format, Arc::clone(&source), beside, &basis);
    let later = Later {
        points: points.take(),
        judge_at: &|at| {
            let mut basis = Basis::new(&Context { at, ..*context }, policy);
            basis.embedded_only = true;
            report_of(format, Arc::clone(&source), beside, &basis)
        },
    };
    report.maintainability = Some(future::maintainability(&later, context.at, at_later));
    report
}

fn report_of(format: Format, source: Arc<dyn ReadAt>, beside: &[DataObject], basis: &Basis<'_>) -> Report {
    let used = RefCell::new(BTreeSet::new());
    let mut report = match format {
        Format::Asic => asic::report_of(source, basis),
        Format::Xml => {
            let outside = |uri: Option<&str>| {
                let (number, content) = beside_xml(uri, beside)?;
                used.borrow_mut().insert(number);
                Some(content)
            };
            xades::report_of(source, &outside, basis)
        }
        Format::Pdf => validate_with(source, &basis.context, basis.policy),
        Format::Cms => {
            // A message is over one content; which of several is meant, nothing says.
            let content = match beside {
                [one] => Some(&one.content),
                _ => None,
            };
            cades::report_of(source, content, basis)
        }
        Format::Jws => {
            let length = usize::try_from(source.len()).unwrap_or(usize::MAX);
            let bytes = if length <= MAX_BYTES {
                source.read_vec(0, length).ok()
            } else {
                None
            };
            let Some(bytes) = bytes else {
                let mut report = empty(source.len(), &basis.context, basis.policy);
                report.document.sha256 = super::file::whole_digest(&*source);
                report.document.format_failure =
                    Some("too large for a signature in JSON, or not to be read (JWS_MALFORMED)".to_owned());
                report.indication = Indication::TotalFailed;
                return report;
            };
            jades::report_of(&bytes, beside, basis)
        }
    };
    // These carry what they sign. A JWS, and a message with one content handed in, tell for themselves.
    let is_unused = match format {
        Format::Asic | Format::Pdf => !beside.is_empty(),
        Format::Cms => beside.len() > 1,
        Format::Jws => false,
        Format::Xml => used.borrow().len() < beside.len(),
    };
    if is_unused {
        refuse_unused(&mut report);
    }
    report
}

/// What a reference of an XML signature names: by its decoded name, or the only file where there is one. With its
/// number.
pub(in crate::ades) fn beside_xml(uri: Option<&str>, beside: &[DataObject]) -> Option<(usize, Datum)> {
    let (number, found) = match beside {
        [one] if one.name.is_none() => (0, one),
        many => {
            let name = uri::to_name(uri?)?;
            let mut numbered = many.iter().enumerate();
            numbered.find(|(_, object)| object.name.as_ref() == Some(&name))?
        }
    };
    Some((number, Datum::Content(found.content.clone())))
}

/// Which format `source` looks like by its first bytes.
pub fn format_of(source: &dyn ReadAt) -> Format {
    const LOOK: u64 = 1024;
    let length = usize::try_from(source.len().min(LOOK)).unwrap_or(0);
    let start = source.read_vec(0, length).unwrap_or_default();
    let text = start
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(&start)
        .trim_ascii_start();
    if start.starts_with(b"PK") {
        return Format::Asic;
    }
    if text.first() == Some(&b'<') {
        return Format::Xml;
    }
    match start.first() {
        Some(0x30) if start.get(1).is_some_and(|length| *length >= 0x80) => Format::Cms,
        _ if text.first() == Some(&b'{') => Format::Jws,
        // The base64url text of a JSON object's beginning, `{"`.
        _ if text.starts_with(b"eyJ") => Format::Jws,
        _ => Format::Pdf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_the_first_bytes() {
        for (start, format) in [
            (&b"\x30\x82\x01\x00"[..], Format::Cms),
            (b"\x30\x80\x06\x09", Format::Cms),
            (b"0123", Format::Pdf),
            (b" \n{\"payload\":\"\"}", Format::Jws),
            (b"eyJhbGciOiJFUzM4NCJ9..x", Format::Jws),
            (b"%PDF-1.7", Format::Pdf),
            (b"PK\x03\x04", Format::Asic),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\"?>", Format::Xml),
            (b"\n<a/>", Format::Xml),
            (b"", Format::Pdf),
        ] {
            assert_eq!(format_of(&start.to_vec()), format, "{start:?}");
        }
    }
}
