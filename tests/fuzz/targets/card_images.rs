#![no_main]
zegel_fuzz::target!("card_images");
