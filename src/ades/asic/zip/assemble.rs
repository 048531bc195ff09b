//! Archives that are put together and not copied: bytes made here, and contents that stay where they are until somebody
//! reads the archive.

use std::io::{self, Write};
use std::sync::Arc;

use super::read::Method;
use super::write::{WriteError, Writer};
use crate::base::bytes::{Concatenated, ReadAt};
use crate::base::time::Timestamp;

/// The pieces so far.
#[derive(Default)]
pub struct Assembly {
    pieces: Vec<Box<dyn ReadAt>>,
    /// What was written since the last piece.
    tail: Vec<u8>,
}

impl Assembly {
    /// Puts `piece` behind what is there.
    pub(super) fn push(&mut self, piece: Box<dyn ReadAt>) {
        let before = std::mem::take(&mut self.tail);
        if !before.is_empty() {
            self.pieces.push(Box::new(before));
        }
        self.pieces.push(piece);
    }

    /// All of it, as one thing to read.
    pub fn into_source(mut self) -> Arc<dyn ReadAt> {
        if !self.tail.is_empty() {
            self.pieces.push(Box::new(std::mem::take(&mut self.tail)));
        }
        Arc::new(Concatenated::new(self.pieces))
    }
}

impl Write for Assembly {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tail.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writer<Assembly> {
    /// An archive with nothing in it. `now`: when its files are said to be of.
    pub fn assemble(now: Timestamp) -> Self {
        Self::new(Assembly::default(), now)
    }

    /// Adds a file as [`Writer::add`] does; a content that is not packed is read when the archive is.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn add_source(
        &mut self,
        name: &str,
        content: &Arc<dyn ReadAt>,
        method: Method,
    ) -> Result<(), WriteError> {
        let (header, packed) = self.describe(name, content, method)?;
        self.write(&header)?;
        match packed {
            Some(bytes) => self.write(&bytes)?,
            None => self.push(Box::new(Arc::clone(content))),
        }
        Ok(())
    }

    pub(super) fn push(&mut self, piece: Box<dyn ReadAt>) {
        self.at = self.at.saturating_add(piece.len());
        self.out.push(piece);
    }

    /// Adds bytes made here as a file.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn add_bytes(&mut self, name: &str, content: &[u8], method: Method) -> Result<(), WriteError> {
        self.add(name, &content, method)
    }
}
