//! Who may sign what: the cases every build should survive.

mod cases;
mod delegation;
mod demo;
mod proof;
mod rules;
mod sources;
mod store;
mod time;
mod town;
