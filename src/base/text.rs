//! Texts from elsewhere that a person reads before they decide something.

/// Whether `sign` changes how its neighbours show without showing itself: with one of these a title reads otherwise
/// than it is, on the page and in the PIN window.
///
/// Source: Unicode 16, general category Cf, with the line and paragraph separators.
pub const fn is_unseen(sign: char) -> bool {
    matches!(
        sign,
        '\u{85}'
            | '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether `text` can be shown as it is: one line, and nothing in it that shows as something else.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|sign| sign.is_control() || is_unseen(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forges_a_line_or_turns_it_around_is_not_plain() {
        assert!(is_plain("Besluit 1 – speelstraten (é, ß, Ÿ)"));
        for sign in [
            "\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{200b}", "\u{feff}", "\u{0}",
        ] {
            assert!(!is_plain(&format!("a{sign}b")), "{sign:?}");
        }
    }
}
