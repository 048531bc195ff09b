//! What zegel believes, and what it refuses to believe.

mod fetching;
mod learning;
mod pins;
mod real;
mod real_token;
mod stamps;
mod status;
mod steps;
mod suites;
mod support;
mod world;
