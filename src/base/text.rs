//! Texts from elsewhere that a person reads before they decide something.

use std::borrow::Cow;
use std::fmt::Write as _;

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

/// `text` on one line, with each sign that [`is_plain`] refuses as a visible escape, `\u{202e}`: whoever wrote it can end
/// no line, colour nothing, and turn nothing around.
pub fn one_line(text: &str) -> Cow<'_, str> {
    visible(text, |sign| sign.is_control() || is_unseen(sign))
}

/// The same for a text of several lines of our own: ends of lines, and tabs between columns, stay.
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    visible(text, |sign| {
        !matches!(sign, '\n' | '\t') && (sign.is_control() || is_unseen(sign))
    })
}

fn visible(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_add(8));
    for sign in text.chars() {
        if is_hidden(sign) {
            // INVARIANT: writing to a String does not fail.
            let _ = write!(shown, "{}", sign.escape_unicode());
        } else {
            shown.push(sign);
        }
    }
    Cow::Owned(shown)
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

    #[test]
    fn what_is_not_plain_is_shown_as_an_escape() {
        assert_eq!(one_line("schepen é"), "schepen é");
        assert_eq!(
            one_line("a\n\u{1b}[31m\u{9b}\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}b\t"),
            "a\\u{a}\\u{1b}[31m\\u{9b}\\u{7f}\\u{202e}\\u{2066}\\u{200f}\\u{2028}b\\u{9}"
        );
        assert_eq!(plain_lines("a\nb\rc\u{2029}"), "a\nb\\u{d}c\\u{2029}");
    }
}
