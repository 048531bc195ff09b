//! Names of entries as signatures write them: relative references, percent-encoded (RFC 3986).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what RFC 3986 §2.3 leaves unreserved, and the slash between segments.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The reference to the entry `name`.
pub fn of_name(name: &str) -> String {
    utf8_percent_encode(name, ESCAPED).to_string()
}

/// The entry that `uri` names; none for what leads elsewhere: a scheme, an authority, a root, a query, a fragment, a
/// step upwards, octets that are no UTF-8.
pub fn to_name(uri: &str) -> Option<String> {
    if uri.contains([':', '?', '#', '\\']) || uri.starts_with('/') {
        return None;
    }
    let uri = uri.strip_prefix("./").unwrap_or(uri);
    let name = percent_decode_str(uri).decode_utf8().ok()?.into_owned();
    super::zip::name::is_safe(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{of_name, to_name};

    #[test]
    fn names_survive_and_nothing_leads_out() {
        for name in ["a.pdf", "besluit 1.pdf", "map/é+&%.txt", "100% #1.txt"] {
            assert_eq!(to_name(&of_name(name)).as_deref(), Some(name));
        }
        assert_eq!(of_name("map/a b é.pdf"), "map/a%20b%20%C3%A9.pdf");
        for uri in [
            "",
            "/a",
            "http://a/b",
            "../a",
            "a/../b",
            "a?b",
            "a#b",
            "file:a",
            "%2e%2e/a",
            "%FF",
            "a%00b",
            "a\\b",
            "%2Fetc",
        ] {
            assert_eq!(to_name(uri), None, "{uri}");
        }
    }
}
