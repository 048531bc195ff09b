#![no_main]
zegel_fuzz::target!("signed_message");
