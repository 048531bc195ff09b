#![no_main]
zegel_fuzz::target!("time_stamp");
