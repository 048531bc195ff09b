//! The program beside the reader: a browser's extension asks, a window shows who asks and for what, the card answers.
//!
//! Native messaging in the Web eID protocol, and one message of our own for lists. One process serves one command.
//! Never listens on a socket, never signs a caller's digest with the authentication key, never sees a page's PIN field:
//! the PIN is typed into a window of another process. Start from [`host::serve`].

pub mod browser;
mod card;
mod certificate;
mod choose;
pub mod command;
mod flow;
pub mod host;
pub mod install;
pub mod origin;
#[cfg(windows)]
mod pin_dialog;
pub mod pinentry;
mod problem;
#[cfg(windows)]
mod registry;
pub mod settings;
mod texts;
mod window;
mod wording;
