//! The provider: who may ask, what they are told, and that codes, challenges and tokens work once.

mod authorize;
mod blocks;
mod capacity;
mod counter;
mod endpoints;
mod interaction;
mod limits;
mod log_out;
mod number;
mod openid_client;
mod outage;
mod pages;
mod pin_window;
mod tokens;
mod web_eid;

use crate::house::{cards, world};
