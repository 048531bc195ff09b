//! A signed file of whatever format: told by its first bytes, and judged as that.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::file::{self, Context, Inspection, refuse_unused};
use super::future::{self, Later};
use super::general::Basis;
use super::policy::ValidationPolicy;
use super::report::Report;
use super::{asic, cades, jades, xades};
use crate::ades::asic::uri;
use crate::ades::content::{Content, DataObject};
use crate::ades::jades::read::MAX_BYTES;
use crate::ades::xades::data::Datum;
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;
use crate::pdf::error::PdfErrorKind;

/// The formats told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An archive: a container.
    Asic,
    /// A CMS message.
    Cms,
    /// CMS in base64 between lines.
    CmsInPem,
    /// A signature in JSON.
    Jws,
    /// PDF, or nothing that is known.
    Pdf,
    /// An XML document.
    Xml,
    /// XML in an encoding that is not read.
    XmlInUtf16,
}

/// Why a file of none of the formats is refused.
const UNKNOWN: &str =
    "the file is neither PDF, XML, a container, CMS nor a signature in JSON (FILE_TYPE_UNKNOWN)";

/// What a CMS message in PEM begins with, and ends with. RFC 7468 §8 and §9.
const PEM: [(&str, &str); 2] = [
    ("-----BEGIN CMS-----", "-----END CMS-----"),
    ("-----BEGIN PKCS7-----", "-----END PKCS7-----"),
];

/// Judges `source`; `beside`: the content of a signature that does not carry it.
///
/// What looks like none of the formats is looked at as PDF; the report then says that it is none of them.
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
            Err(_) => report_of(format, source, &[], &Basis::new(context, policy)),
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
    // A message is over one content; which of several is meant, nothing says.
    let only = match beside {
        [one] => Some(&one.content),
        _ => None,
    };
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
        Format::Pdf => match Inspection::of(&source) {
            Ok(inspection) => inspection.judge(&basis.context, basis.policy),
            // What looked like none of the others is none of them.
            Err(error) if error.kind == PdfErrorKind::NotPdf => unread(&*source, basis, UNKNOWN),
            Err(error) => unread(&*source, basis, &format!("{error} ({})", error.cause())),
        },
        Format::Cms => cades::report_of(source, only, basis),
        Format::CmsInPem => {
            let Some(message) = unarmoured(&*source) else {
                let why = "no CMS message in base64 between one pair of lines (CMS_PEM)";
                return unread(&*source, basis, why);
            };
            let mut report = cades::report_of(Arc::new(message), only, basis);
            // The file is what was handed in.
            report.document.sha256 = super::file::whole_digest(&*source);
            report.document.length_bytes = source.len();
            report
        }
        Format::XmlInUtf16 => {
            let why = "the XML is in UTF-16, and only UTF-8 is read (XML_ENCODING)";
            return unread(&*source, basis, why);
        }
        Format::Jws => {
            let length = usize::try_from(source.len()).unwrap_or(usize::MAX);
            let bytes = if length <= MAX_BYTES {
                source.read_vec(0, length).ok()
            } else {
                None
            };
            let Some(bytes) = bytes else {
                let why = "too large for a signature in JSON, or not to be read (JWS_MALFORMED)";
                return unread(&*source, basis, why);
            };
            jades::report_of(&bytes, beside, basis)
        }
    };
    // These carry what they sign. A JWS, and a message with one content handed in, tell for themselves.
    let is_unused = match format {
        Format::Asic | Format::Pdf => !beside.is_empty(),
        Format::Cms | Format::CmsInPem => beside.len() > 1,
        Format::Jws | Format::XmlInUtf16 => false,
        Format::Xml => used.borrow().len() < beside.len(),
    };
    if is_unused {
        refuse_unused(&mut report);
    }
    let by_digest = |object: &DataObject| matches!(object.content, Content::Digests(_));
    if !beside.is_empty() && beside.iter().all(by_digest) {
        for signature in &mut report.signatures {
            signature.content_by_digest = true;
        }
    }
    report
}

/// The report of a file that cannot be read, and `why`.
fn unread(source: &dyn ReadAt, basis: &Basis<'_>, why: &str) -> Report {
    file::unread(source, &basis.context, basis.policy, why.to_owned())
}

/// The message in a PEM text; none when there is anything beside it, or more than one. RFC 7468 §3, the strict form but
/// for the width of lines.
pub(in crate::ades) fn unarmoured(source: &dyn ReadAt) -> Option<Vec<u8>> {
    let length = usize::try_from(source.len())
        .ok()
        .filter(|length| *length <= MAX_BYTES)?;
    let bytes = source.read_vec(0, length).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?.trim_ascii();
    let inside = PEM.iter().find_map(|(begin, end)| {
        let inside = text.strip_prefix(begin)?.strip_suffix(end)?;
        inside.starts_with(['\n', '\r']).then_some(inside)
    })?;
    let base64: String = inside.split_ascii_whitespace().collect();
    STANDARD.decode(base64).ok()
}

/// What a reference of an XML signature names: by its decoded name, or the only file where there is one. With its
/// number.
pub fn beside_xml(uri: Option<&str>, beside: &[DataObject]) -> Option<(usize, Datum)> {
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
    let is_utf16 = [
        &b"\xFE\xFF\x00<"[..],
        b"\xFF\xFE<\x00",
        b"\x00<\x00?",
        b"<\x00?\x00",
    ];
    if is_utf16.iter().any(|mark| start.starts_with(mark)) {
        return Format::XmlInUtf16;
    }
    if PEM.iter().any(|(begin, _)| text.starts_with(begin.as_bytes())) {
        return Format::CmsInPem;
    }
    match start.first() {
        Some(0x30) if start.get(1).is_some_and(|length| *length >= 0x80) => Format::Cms,
        _ if text.first() == Some(&b'<') => Format::Xml,
        _ if text.first() == Some(&b'{') => Format::Jws,
        // The base64url text of a JSON object's beginning, `{"`.
        _ if text.starts_with(b"eyJ") => Format::Jws,
        _ => Format::Pdf,
    }
}

/// The moment `years` mean years after `at`: nobody asks to the day.
pub fn in_years(at: Timestamp, years: u16) -> Timestamp {
    const DAY: std::time::Duration = std::time::Duration::from_hours(24);
    let days = u32::from(years).saturating_mul(1461).saturating_div(4);
    at.plus(DAY.saturating_mul(days))
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
            (b"\n-----BEGIN CMS-----\nMA==", Format::CmsInPem),
            (b"-----BEGIN PKCS7-----\r\nMA==", Format::CmsInPem),
            (b"-----BEGIN CERTIFICATE-----\nMA==", Format::Pdf),
            (b"\xFF\xFE<\x00a\x00", Format::XmlInUtf16),
            (b"\xFE\xFF\x00<\x00a", Format::XmlInUtf16),
            (b"<\x00?\x00", Format::XmlInUtf16),
            (b"\x00<\x00?", Format::XmlInUtf16),
        ] {
            assert_eq!(format_of(&start.to_vec()), format, "{start:?}");
        }
    }
}
