//! PDF files read by range, their revisions, what changed between two, and minimal incremental updates.
//!
//! Never repairs a file: what is not well formed is refused with the offset.
