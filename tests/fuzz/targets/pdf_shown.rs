#![no_main]
zegel_fuzz::target!("pdf_shown");
