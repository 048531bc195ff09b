//! The laboratory in memory that the ordinary tests use.

#[path = "../../promises/ades/asic_world.rs"]
pub mod asic_world;
#[path = "../../promises/ades/content_world.rs"]
pub mod content_world;
#[path = "../../promises/ades/counter_world.rs"]
pub mod counter_world;
#[path = "../../promises/ades/jws.rs"]
pub mod jws;
#[path = "../../promises/ades/message.rs"]
pub mod message;
#[path = "../../promises/ades/samples.rs"]
pub mod samples;
#[path = "../../promises/ades/world.rs"]
pub mod world;
#[path = "../../promises/ades/xml_world.rs"]
pub mod xml_world;
