#![no_main]
zegel_fuzz::target!("web_eid");
