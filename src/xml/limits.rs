//! What one document may cost.

/// Bounds of a reader. Each is checked before the memory or time it guards is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whole document, in bytes.
    pub bytes: u64,
    /// One piece of markup or one run of text, in bytes: what a stream holds in memory at a time.
    pub piece_bytes: u64,
    /// Elements inside one another. libxml2 stops at 256.
    pub depth: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Elements, runs of text, comments and instructions together.
    pub nodes: u64,
    /// Whether processing instructions are read. Where they mean nothing they are refused.
    pub instructions: bool,
}

impl Limits {
    /// For documents that are read whole: 16 MiB, the bound for a trusted list (reference pki-and-trust §5.3).
    pub const fn document() -> Self {
        Self {
            bytes: 16 << 20,
            piece_bytes: 16 << 20,
            depth: 128,
            attributes: 64,
            nodes: 2_000_000,
            instructions: false,
        }
    }

    /// For documents of any size that pass through.
    ///
    /// WHY 64 MiB a piece: content that a signature holds in base64 is one run of text, and is up to 32 MiB.
    pub const fn stream() -> Self {
        Self {
            bytes: u64::MAX,
            piece_bytes: 64 << 20,
            depth: 256,
            attributes: 256,
            nodes: u64::MAX,
            instructions: true,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::document()
    }
}
