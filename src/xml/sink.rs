//! Where canonical bytes go.

use crate::base::digest::Hasher;

/// Takes bytes in order.
pub trait Sink {
    /// Takes the next piece.
    fn take(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for Hasher {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn take(&mut self, bytes: &[u8]) {
        (**self).take(bytes);
    }
}

/// Both get every byte: a digest and a copy in one pass.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn take(&mut self, bytes: &[u8]) {
        self.0.take(bytes);
        self.1.take(bytes);
    }
}
