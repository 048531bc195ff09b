#![no_main]
zegel_fuzz::target!("xml_signature");
