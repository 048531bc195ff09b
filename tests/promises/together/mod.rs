//! The whole house on real components: cards in a real reader daemon, the service as a process of its own, a demo
//! application, walked as a person without script would. What goes wrong here goes wrong as it would at a counter.

mod boards;
mod crash;
mod list;
mod log_in;
mod profile;
mod protocol;
mod seal;
mod silence;
mod town;
