//! What zegel believes, and what it refuses to believe.

mod real;
mod support;
