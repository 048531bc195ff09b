//! Advanced electronic signatures: building them in two steps, levels B-B to B-LTA, validation and its report.
//!
//! Never holds a private key and never claims a level that the file does not show.
