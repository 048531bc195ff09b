//! The form of every table that turns a room's cause into what a person is told.
//!
//! Each matches its room's errors without a catch-all: a new variant does not compile until somebody decided what the
//! person reads. The rows are the documentation: `docs/codes.md` is made from them.

use super::code::PersonCode;

/// One row of the table: variant, its stable cause, what the person reads.
pub type Row = (&'static str, &'static str, PersonCode);

/// The rows of one room.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// What these causes are about.
    pub title: &'static str,
    /// The file whose `cause()` writes them.
    pub source: &'static str,
    /// The rows, in the order of the room's enum.
    pub rows: &'static [Row],
}

/// Declares a function from an error to its person code, and the same as rows for the documentation.
///
/// `handing on`: patterns for which another room's table decides; their causes stand in that room's section.
macro_rules! section {
    ($(#[$doc:meta])* $function:ident, $rows:ident, $kind:ty, $title:literal, $source:literal,
     { $($variant:ident $cause:literal $code:ident,)* }) => {
        $(#[$doc])*
        pub const fn $function(error: &$kind) -> $crate::base::code::PersonCode {
            type Kind = $kind;
            match error { $(Kind::$variant { .. } => $crate::base::code::PersonCode::$code,)* }
        }
        /// The same as rows.
        pub const $rows: $crate::base::code_table::Section = $crate::base::code_table::Section {
            title: $title,
            source: $source,
            rows: &[$((stringify!($variant), $cause, $crate::base::code::PersonCode::$code),)*],
        };
    };
    ($(#[$doc:meta])* $function:ident, $rows:ident, $kind:ty, $title:literal, $source:literal,
     { $($variant:ident $cause:literal $code:ident,)* } handing on { $($handed:pat => $to:expr,)* }) => {
        $(#[$doc])*
        pub fn $function(error: &$kind) -> $crate::base::code::PersonCode {
            type Kind = $kind;
            match error {
                $($handed => $to,)*
                $(Kind::$variant { .. } => $crate::base::code::PersonCode::$code,)*
            }
        }
        /// The same as rows.
        pub const $rows: $crate::base::code_table::Section = $crate::base::code_table::Section {
            title: $title,
            source: $source,
            rows: &[$((stringify!($variant), $cause, $crate::base::code::PersonCode::$code),)*],
        };
    };
}

pub(crate) use section;
