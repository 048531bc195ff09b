//! The program `zegel`: the service and its tools.

fn main() {}
