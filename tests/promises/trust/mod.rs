//! What zegel believes, and what it refuses to believe.

mod caches;
mod crl_rules;
mod delta_rules;
mod faults;
mod fetching;
mod forge;
mod learning;
mod lists;
mod made;
mod modes;
mod ocsp_rules;
mod ocsp_suite;
mod pins;
mod real;
mod real_token;
mod stamp_rules;
mod stampede;
mod stamps;
mod status;
mod steps;
mod suites;
mod support;
mod world;
