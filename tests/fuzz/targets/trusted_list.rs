#![no_main]
zegel_fuzz::target!("trusted_list");
