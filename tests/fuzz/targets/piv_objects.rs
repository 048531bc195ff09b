#![no_main]
zegel_fuzz::target!("piv_objects");
