#![no_main]
zegel_fuzz::target!("pkcs15_files");
