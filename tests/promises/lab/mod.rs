//! The laboratory holds up before independent judges.

pub mod reader;
mod services;
