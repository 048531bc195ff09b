#![no_main]
zegel_fuzz::target!("native_messages");
