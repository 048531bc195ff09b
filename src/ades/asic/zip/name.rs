//! What an entry may be called.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// Longest name, in bytes.
const LONGEST: usize = 1024;

/// Whether `name` is a relative path of ordinary segments: no root, no drive, no `.` or `..`, no empty segment, no
/// backslash, no control or direction-changing character. A folder's ends with one slash.
pub fn is_safe(name: &str) -> bool {
    let path = name.strip_suffix('/').unwrap_or(name);
    !path.is_empty()
        && name.len() <= LONGEST
        && !name.chars().any(is_hidden)
        && !name.contains(['\\', ':', '\u{FFFD}'])
        && path
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | "..") && !segment.ends_with(['.', ' ']))
}

/// Characters that a person does not see, or that change what they see.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// The form in which two names are one file to somebody: Unicode's composed form, without case. Windows and macOS keep
/// one file for both.
pub fn folded(name: &str) -> String {
    let name = name.strip_suffix('/').unwrap_or(name);
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Whether `name` may be written: what is safe, and the same to every program.
pub fn is_writable(name: &str) -> bool {
    is_safe(name) && !name.ends_with('/') && name.nfc().eq(name.chars())
}

/// Names that must not meet: each file once, and no file where another has a folder.
#[derive(Debug, Default)]
pub struct Names {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    /// Takes a name; `false` when it meets another.
    pub fn take(&mut self, name: &str) -> bool {
        let folded = folded(name);
        for (at, _) in folded.match_indices('/') {
            let folder = folded.get(..at).unwrap_or_default();
            if self.files.contains(folder) {
                return false;
            }
            self.folders.insert(folder.to_owned());
        }
        if name.ends_with('/') {
            let is_free = !self.files.contains(&folded);
            self.folders.insert(folded);
            return is_free;
        }
        !self.folders.contains(&folded) && self.files.insert(folded)
    }
}
