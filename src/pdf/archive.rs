//! What a document says of being a PDF/A, and which part. ISO 19005.

use super::document::View;
use super::error::PdfError;
use super::object::Object;

/// Most bytes of a document's metadata that are looked at.
const METADATA_LIMIT: usize = 4 * 1024 * 1024;

/// Whether the document says that it is a PDF/A-1, or has metadata that cannot be read to know. ISO 19005-1 §6.7.11.
pub(super) fn is_pdf_a_1(view: &View) -> bool {
    let stated = || -> Result<Option<Vec<u8>>, PdfError> {
        match view.value(&view.catalog()?, "Metadata")? {
            Object::Stream(metadata) => view.stream_bytes(&metadata, METADATA_LIMIT).map(Some),
            _ => Ok(None),
        }
    };
    let Ok(stated) = stated() else { return true };
    let text = String::from_utf8_lossy(stated.as_deref().unwrap_or_default()).into_owned();
    // As an element or as an attribute: `pdfaid:part>1`, `pdfaid:part="1"`.
    text.match_indices("pdfaid:part").any(|(at, name)| {
        let rest = text.get(at.saturating_add(name.len())..).unwrap_or_default();
        let value = rest.trim_start_matches(|letter: char| {
            letter.is_whitespace() || matches!(letter, '=' | '>' | '"' | '\'')
        });
        value.starts_with('1')
    })
}
