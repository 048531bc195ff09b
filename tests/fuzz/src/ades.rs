//! The laboratory in memory that the ordinary tests use.

#[path = "../../promises/ades/samples.rs"]
pub mod samples;
#[path = "../../promises/ades/world.rs"]
pub mod world;
