#![no_main]
zegel_fuzz::target!("asic");
