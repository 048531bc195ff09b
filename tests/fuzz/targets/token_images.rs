#![no_main]
zegel_fuzz::target!("token_images");
