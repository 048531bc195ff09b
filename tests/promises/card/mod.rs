//! A card is read, judged and made to sign, or the exact cause is said.

mod driver;
mod specimen;
mod support;
