//! The laboratory holds up before independent judges.

mod services;
