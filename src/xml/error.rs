//! Why an XML document was refused, and where.

use std::fmt;

/// What is wrong, one variant per cause a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum XmlErrorKind {
    /// It has a document type declaration: entities, default attributes and outside subsets all begin there.
    DocumentType,
    /// The bytes are not UTF-8, or the document says it is written in something else.
    Encoding,
    /// A processing instruction where the use forbids them.
    Instruction,
    /// The bytes could not be read from where they are kept.
    Io,
    /// A bound of this reader was met: size, depth, number of attributes or nodes.
    Limit,
    /// Not well formed (XML 1.0, fifth edition).
    Malformed,
    /// A prefix that is not declared, or a declaration that is not allowed (Namespaces in XML 1.0).
    Namespace,
}

impl XmlErrorKind {
    /// The stable code for logs and tables, `XML_…`.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::DocumentType => "XML_DOCUMENT_TYPE",
            Self::Encoding => "XML_ENCODING",
            Self::Instruction => "XML_INSTRUCTION",
            Self::Io => "XML_IO",
            Self::Limit => "XML_LIMIT",
            Self::Malformed => "XML_MALFORMED",
            Self::Namespace => "XML_NAMESPACE",
        }
    }
}

/// A refusal with its place. The text never quotes the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlError {
    /// What kind of refusal.
    pub kind: XmlErrorKind,
    /// Byte offset of the piece of markup or text in which it was noticed.
    pub offset: u64,
    /// What was expected there, in words.
    pub expected: &'static str,
}

impl XmlError {
    /// A refusal of `kind` at `offset`.
    pub const fn new(kind: XmlErrorKind, offset: u64, expected: &'static str) -> Self {
        Self {
            kind,
            offset,
            expected,
        }
    }

    pub(super) const fn malformed(offset: u64, expected: &'static str) -> Self {
        Self::new(XmlErrorKind::Malformed, offset, expected)
    }

    pub(super) const fn namespace(offset: u64, expected: &'static str) -> Self {
        Self::new(XmlErrorKind::Namespace, offset, expected)
    }

    pub(super) const fn limit(offset: u64, expected: &'static str) -> Self {
        Self::new(XmlErrorKind::Limit, offset, expected)
    }
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "XML refused at byte {}: expected {}",
            self.offset, self.expected
        )
    }
}

impl std::error::Error for XmlError {}
