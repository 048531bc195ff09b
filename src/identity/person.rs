//! A person's names and number, as their card or provider gave them.

use std::fmt;

use crate::base::national::NationalNumber;

/// A person as the means they used describes them. Names are kept as they came, never re-cased.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Family name, UTF-8, as registered.
    pub surname: String,
    /// Given names, separated by blanks. Some people have none.
    pub given_names: Option<String>,
    /// The national register or BIS number.
    pub national_number: NationalNumber,
}

impl Person {
    /// Given names and surname in reading order, for pages.
    pub fn full_name(&self) -> String {
        match &self.given_names {
            Some(given) => format!("{given} {}", self.surname),
            None => self.surname.clone(),
        }
    }
}

impl fmt::Debug for Person {
    /// Shows nothing: names are not logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_name_and_no_number() {
        let person = Person {
            surname: "Specimen".to_owned(),
            given_names: None,
            national_number: NationalNumber::parse("71715100070").unwrap(),
        };
        assert_eq!(format!("{person:?}"), "Person");
        assert_eq!(person.full_name(), "Specimen");
    }
}
