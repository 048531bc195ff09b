//! A byte source read from its first byte to its last.

use std::io::{self, Read};

use super::bytes::ReadAt;

/// Reads a [`ReadAt`] in order. Give it a buffer around itself: each read asks the source.
pub struct Sequential<S> {
    source: S,
    at: u64,
}

impl<S: ReadAt> Sequential<S> {
    /// At the first byte of `source`.
    pub const fn new(source: S) -> Self {
        Self { source, at: 0 }
    }
}

impl<S: ReadAt> Read for Sequential<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.at);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(now) = buffer.get_mut(..count) else {
            return Ok(0);
        };
        self.source.read_exact_at(now, self.at)?;
        self.at = self.at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}
