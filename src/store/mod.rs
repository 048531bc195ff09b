//! All SQL and all blobs: domain types in and out, never rows. SQLite and PostgreSQL, one SQL text.
//!
//! Never decides anything: a rule that SQL would enforce alone is written in a room below as well. Writing is one
//! short unit ([`db::Db::write`]); nothing outside is waited for while one is open. Start from [`db::Db`].

pub mod blobs;
pub mod blocks;
pub mod boards;
pub mod clients;
pub mod containers;
pub mod db;
pub mod events;
pub mod facts;
pub mod grants;
pub mod idempotency;
pub mod installation;
pub mod keys;
pub mod lists;
pub mod login;
pub mod migrate;
pub mod outage;
pub mod persons;
pub mod queue;
pub mod row;
pub mod sessions;
pub mod signing;
pub mod trust;
pub mod trusted_lists;
