//! What zegel believes, and what it refuses to believe.

mod crl_rules;
mod fetching;
mod forge;
mod learning;
mod ocsp_rules;
mod ocsp_suite;
mod pins;
mod real;
mod real_token;
mod stamp_rules;
mod stamps;
mod status;
mod steps;
mod suites;
mod support;
mod world;
