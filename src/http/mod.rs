//! Routes, pages, the JSON interface: translate and call a journey.
//!
//! No rule of the two journeys lives here: a handler reads its input, calls one journey and turns the outcome into
//! a page, a redirect or JSON. Start at [`routes`] for what is served, at [`server`] for how, and at
//! [`page::Page`] for how a page is put together.

pub mod api;
pub mod asked;
pub mod assets;
pub mod card_beside;
pub mod cookies;
pub mod csrf;
mod download;
pub mod headers;
pub mod health;
pub mod i18n;
pub mod interaction;
pub mod limiter;
pub mod list;
pub mod middleware;
pub mod oidc;
pub mod page;
pub mod pages;
pub mod problem;
pub mod proxies;
pub mod routes;
pub mod server;
pub mod session;
pub mod sign;
pub mod site;
pub mod together;
pub mod upload;
pub mod verify;
pub mod visit;
