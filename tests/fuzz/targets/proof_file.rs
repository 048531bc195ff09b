#![no_main]
zegel_fuzz::target!("proof_file");
