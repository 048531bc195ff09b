//! A signed file of whatever format: told by its first bytes, and judged as that.

use std::sync::Arc;

use super::asic::validate_asic;
use super::cades::validate_cms;
use super::file::{Context, blank, validate};
use super::indication::Indication;
use super::jades::validate_jws;
use super::report::Report;
use super::xades::validate_xml;
use crate::ades::asic::uri;
use crate::ades::content::DataObject;
use crate::ades::jades::read::MAX_BYTES;
use crate::ades::xades::data::Datum;
use crate::base::bytes::ReadAt;

/// The formats told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Asic,
    Cms,
    Jws,
    Pdf,
    Xml,
}

/// Judges `source`; `beside`: the content of a signature that does not carry it.
///
/// What looks like none of the formats is judged as PDF, whose report then says that it is none.
pub fn validate_any(source: Arc<dyn ReadAt>, beside: &[DataObject], context: &Context<'_>) -> Report {
    match format_of(&*source) {
        Format::Asic => validate_asic(source, context),
        Format::Xml => validate_xml(source, &|uri| beside_xml(uri, beside), context),
        Format::Pdf => validate(source, context),
        Format::Cms => {
            // A message is over one content; which of several is meant, nothing says.
            let content = match beside {
                [one] => Some(&one.content),
                _ => None,
            };
            validate_cms(source, content, context)
        }
        Format::Jws => {
            let length = usize::try_from(source.len()).unwrap_or(usize::MAX);
            let bytes = if length <= MAX_BYTES {
                source.read_vec(0, length).ok()
            } else {
                None
            };
            let Some(bytes) = bytes else {
                let mut report = blank(context, source.len());
                report.document.sha256 = super::file::whole_digest(&*source);
                report.document.format_failure =
                    Some("too large for a signature in JSON, or not to be read (JWS_MALFORMED)".to_owned());
                report.indication = Indication::TotalFailed;
                return report;
            };
            validate_jws(&bytes, beside, context)
        }
    }
}

/// What a reference of an XML signature names: by its decoded name, or the only file where there is one.
fn beside_xml(uri: Option<&str>, beside: &[DataObject]) -> Option<Datum> {
    let found = match beside {
        [one] if one.name.is_none() => one,
        many => {
            let name = uri::to_name(uri?)?;
            many.iter().find(|object| object.name.as_ref() == Some(&name))?
        }
    };
    Some(Datum::Content(found.content.clone()))
}

fn format_of(source: &dyn ReadAt) -> Format {
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
