//! Certificates, paths, purposes and Belgian profiles, revocation, time-stamps, caches.
//!
//! Never reads the clock and never fetches: what it needs from outside it asks for as a `Need`.
