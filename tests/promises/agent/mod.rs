//! The program beside the reader, as a process over pipes: what it says to a browser's extension, whatever it is told.

mod acts;
mod hostile;
mod installing;
mod lists;
mod process;
mod transcripts;
mod turn;
