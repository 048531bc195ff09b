//! Why a PDF file was refused, and where.

use std::fmt;

/// What is wrong with a file, one variant per cause a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PdfErrorKind {
    /// Zero bytes.
    Empty,
    /// Encrypted in a way that is not read here: for certificates, or by a scheme of one maker.
    Encrypted,
    /// The bytes could not be read from where they are kept.
    Io,
    /// A bound of this reader was met: depth, size, number of objects, a loop.
    Limit,
    /// Not well formed: damaged, cut off, or contradicting itself.
    Malformed,
    /// No `%PDF-` header at offset 0.
    NotPdf,
    /// Encrypted, and neither the empty password opens it nor was one handed in.
    Password,
    /// Encrypted, and the password handed in is none of its two.
    PasswordWrong,
    /// Well formed as far as seen, but it needs something this reader does not do.
    Unsupported,
}

impl PdfErrorKind {
    /// The stable code for logs and tables, `PDF_…`.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Empty => "PDF_EMPTY",
            Self::Encrypted => "PDF_ENCRYPTED",
            Self::Io => "PDF_IO",
            Self::Limit => "PDF_LIMIT",
            Self::Malformed => "PDF_MALFORMED",
            Self::NotPdf => "PDF_NOT_PDF",
            Self::Password => "PDF_PASSWORD",
            Self::PasswordWrong => "PDF_PASSWORD_WRONG",
            Self::Unsupported => "PDF_UNSUPPORTED",
        }
    }
}

/// A refusal with its place. The text never quotes the document's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdfError {
    /// What kind of refusal.
    pub kind: PdfErrorKind,
    /// Byte offset in the file (or in the decoded object stream) where it was noticed.
    pub offset: u64,
    /// What was expected there, in words.
    pub expected: &'static str,
}

impl PdfError {
    /// A refusal of `kind` at `offset`.
    pub const fn new(kind: PdfErrorKind, offset: u64, expected: &'static str) -> Self {
        Self {
            kind,
            offset,
            expected,
        }
    }

    pub(crate) const fn malformed(offset: u64, expected: &'static str) -> Self {
        Self::new(PdfErrorKind::Malformed, offset, expected)
    }

    pub(crate) const fn limit(offset: u64, expected: &'static str) -> Self {
        Self::new(PdfErrorKind::Limit, offset, expected)
    }

    pub(crate) const fn unsupported(offset: u64, expected: &'static str) -> Self {
        Self::new(PdfErrorKind::Unsupported, offset, expected)
    }

    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        self.kind.cause()
    }
}

impl fmt::Display for PdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            PdfErrorKind::Empty => "the file is empty",
            PdfErrorKind::Encrypted => "the PDF is encrypted in a way that is not read here",
            PdfErrorKind::Io => "the PDF could not be read",
            PdfErrorKind::Limit => "the PDF exceeds a limit",
            PdfErrorKind::Malformed => "the PDF is malformed",
            PdfErrorKind::NotPdf => "the file is not a PDF",
            PdfErrorKind::Password => "the PDF needs a password",
            PdfErrorKind::PasswordWrong => "the password does not open the PDF",
            PdfErrorKind::Unsupported => "the PDF uses something not supported",
        };
        write!(f, "{what} at offset {}: expected {}", self.offset, self.expected)
    }
}

impl std::error::Error for PdfError {}
