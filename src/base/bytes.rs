//! Byte sources that are read at an offset, so that a large document is never held whole.

use std::io;
use std::sync::Arc;

use super::secret::Secret;

/// Something of known length whose bytes can be read at any offset, any number of times, from any thread.
pub trait ReadAt: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Fills `buffer` with the bytes at `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the source ends first; whatever the source itself reports.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// The password that whoever handed in the bytes gave with them; what is encrypted is opened with it.
    fn password(&self) -> Option<&Secret<Vec<u8>>> {
        None
    }

    /// Whether there is nothing to read.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies `length` bytes at `offset` into memory. The caller has bounded `length`.
    fn read_vec(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let end = offset.checked_add(u64::try_from(length).unwrap_or(u64::MAX));
        if end.is_none_or(|end| end > self.len()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut buffer = vec![0; length];
        self.read_exact_at(&mut buffer, offset)?;
        Ok(buffer)
    }
}

impl ReadAt for [u8] {
    fn len(&self) -> u64 {
        u64::try_from(<[u8]>::len(self)).unwrap_or(u64::MAX)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start
            .checked_add(buffer.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let source = self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(source);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn len(&self) -> u64 {
        ReadAt::len(self.as_slice())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.as_slice().read_exact_at(buffer, offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_exact_at(buffer, offset)
    }

    fn password(&self) -> Option<&Secret<Vec<u8>>> {
        (**self).password()
    }
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_exact_at(buffer, offset)
    }

    fn password(&self) -> Option<&Secret<Vec<u8>>> {
        (**self).password()
    }
}

/// A file opened once for reading at offsets; its length is taken when it is opened.
#[derive(Debug)]
pub struct FileAt {
    file: std::fs::File,
    length: u64,
}

impl FileAt {
    /// Opens the file at `path`.
    pub fn open(path: &std::path::Path) -> io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

impl ReadAt for FileAt {
    fn len(&self) -> u64 {
        self.length
    }

    #[cfg(unix)]
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        let mut rest = buffer;
        while !rest.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, rest, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset = offset.saturating_add(u64::try_from(read).unwrap_or(0));
            rest = rest.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Writes all of `source` to `to`, in pieces, and flushes.
pub fn copy(source: &dyn ReadAt, to: &mut dyn io::Write) -> io::Result<()> {
    const CHUNK: u64 = 1024 * 1024;
    let mut at = 0;
    while at < source.len() {
        let length = CHUNK.min(source.len().saturating_sub(at));
        to.write_all(&source.read_vec(at, usize::try_from(length).unwrap_or(0))?)?;
        at = at.saturating_add(length);
    }
    to.flush()
}

/// Bytes with the password that opens what is encrypted in them.
pub struct WithPassword {
    source: Arc<dyn ReadAt>,
    password: Arc<Secret<Vec<u8>>>,
}

impl WithPassword {
    /// `source` as it is, and `password` beside it.
    pub fn new(source: Arc<dyn ReadAt>, password: Arc<Secret<Vec<u8>>>) -> Self {
        Self { source, password }
    }
}

impl ReadAt for WithPassword {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.source.read_exact_at(buffer, offset)
    }

    fn password(&self) -> Option<&Secret<Vec<u8>>> {
        Some(&self.password)
    }
}

/// Several sources one after the other, as a base document and its later revisions are stored.
pub struct Concatenated {
    parts: Vec<Box<dyn ReadAt>>,
}

impl Concatenated {
    /// The parts in order.
    pub fn new(parts: Vec<Box<dyn ReadAt>>) -> Self {
        Self { parts }
    }
}

impl ReadAt for Concatenated {
    fn len(&self) -> u64 {
        self.parts
            .iter()
            .fold(0, |sum, part| sum.saturating_add(part.len()))
    }

    fn password(&self) -> Option<&Secret<Vec<u8>>> {
        self.parts.iter().find_map(|part| part.password())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut rest = buffer;
        let mut skip = offset;
        for part in &self.parts {
            if rest.is_empty() {
                return Ok(());
            }
            if skip >= part.len() {
                skip = skip.saturating_sub(part.len());
                continue;
            }
            let here = usize::try_from(part.len().saturating_sub(skip))
                .unwrap_or(usize::MAX)
                .min(rest.len());
            let (now, later) = rest.split_at_mut(here);
            part.read_exact_at(now, skip)?;
            rest = later;
            skip = 0;
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

/// Ranges of one source read as if they followed each other.
pub struct Slices {
    source: Arc<dyn ReadAt>,
    /// Where each range begins here, and where in the source.
    parts: Vec<(u64, u64)>,
    length: u64,
}

impl Slices {
    /// The ranges `(offset, length)` of `source`, in the order given.
    pub fn new(source: Arc<dyn ReadAt>, ranges: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut parts = Vec::new();
        let mut length = 0_u64;
        for (offset, size) in ranges {
            if size > 0 {
                parts.push((length, offset));
                length = length.saturating_add(size);
            }
        }
        Self {
            source,
            parts,
            length,
        }
    }
}

impl ReadAt for Slices {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut rest = buffer;
        let mut at = offset;
        let mut index = self
            .parts
            .partition_point(|(start, _)| *start <= offset)
            .saturating_sub(1);
        while !rest.is_empty() {
            let (start, source) = *self.parts.get(index).ok_or(io::ErrorKind::UnexpectedEof)?;
            index = index.saturating_add(1);
            let end = self.parts.get(index).map_or(self.length, |(next, _)| *next);
            let size = end.checked_sub(at).ok_or(io::ErrorKind::UnexpectedEof)?;
            let size = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at_mut(size);
            let from = source.saturating_add(at.saturating_sub(start));
            self.source.read_exact_at(now, from)?;
            rest = later;
            at = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_read_as_one() {
        let joined = Concatenated::new(vec![
            Box::new(b"abc".to_vec()),
            Box::new(Vec::new()),
            Box::new(b"defg".to_vec()),
        ]);
        assert_eq!(joined.len(), 7);
        assert_eq!(joined.read_vec(1, 4).unwrap(), b"bcde");
        assert_eq!(joined.read_vec(3, 4).unwrap(), b"defg");
        assert!(joined.read_vec(4, 4).is_err());
        assert!(joined.read_vec(u64::MAX, 1).is_err());
    }

    #[test]
    fn ranges_read_as_one() {
        let source: Arc<dyn ReadAt> = Arc::new(b"0123456789".to_vec());
        let slices = Slices::new(source, [(7, 2), (1, 0), (2, 3)]);
        assert_eq!(slices.len(), 5);
        assert_eq!(slices.read_vec(0, 5).unwrap(), b"78234");
        assert_eq!(slices.read_vec(1, 3).unwrap(), b"823");
        assert_eq!(slices.read_vec(3, 2).unwrap(), b"34");
        assert!(slices.read_vec(3, 3).is_err());
    }
}
