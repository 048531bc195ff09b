//! PDF files: what is read, what is refused, what is appended, and what counts as a change after a signature.

mod appending;
mod authenticated;
mod certifying;
mod changing;
mod covering;
pub(crate) mod encrypted;
mod extensions;
mod filling;
mod filling_before;
mod hostile;
pub(crate) mod make;
mod opening;
pub(crate) mod picturing;
mod seeds;
mod showing;
mod storing;
mod structure;
mod structure_shadows;
pub(crate) mod tagged;
pub(crate) mod updating;
