//! A source that counts what is read of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zegel::base::bytes::ReadAt;

/// Octets that count how many of them are read.
pub struct Counting {
    octets: Vec<u8>,
    read: AtomicU64,
}

impl Counting {
    pub fn new(octets: Vec<u8>) -> Arc<Self> {
        Arc::new(Self {
            octets,
            read: AtomicU64::new(0),
        })
    }

    /// How many times its length was read.
    pub fn times(&self) -> u64 {
        self.read.load(Ordering::Relaxed) / self.len()
    }
}

impl ReadAt for Counting {
    fn len(&self) -> u64 {
        ReadAt::len(&self.octets)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read
            .fetch_add(u64::try_from(buffer.len()).unwrap(), Ordering::Relaxed);
        self.octets.read_exact_at(buffer, offset)
    }
}
