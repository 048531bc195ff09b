//! Frames of native messaging: four bytes of length, lowest first, and as many bytes of JSON.

use std::io::{Read, Write};

/// The longest message read, in bytes: a list of documents with their titles. Everything else is far shorter.
pub const MAX_BYTES: usize = 256 * 1024;

/// Why bytes are not a frame. Nothing can be read after any of these.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The input ended inside a frame.
    #[error("the input ended inside a message")]
    Cut,
    /// The input could not be read.
    #[error("the input cannot be read")]
    Io(#[source] std::io::Error),
    /// A message of no bytes, or of more than [`MAX_BYTES`].
    #[error("a message of {0} bytes is not read")]
    Length(u32),
}

/// Reads one message; `None` at the end of the input.
///
/// # Errors
/// `Cut`, `Io`, `Length`. A length that is refused costs no memory: nothing is read after it.
pub fn read(input: &mut impl Read) -> Result<Option<Vec<u8>>, FrameError> {
    let mut head = [0; 4];
    let mut first = [0; 1];
    loop {
        match input.read(&mut first) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FrameError::Io(error)),
        }
    }
    let [lowest] = first;
    let mut rest = [0; 3];
    input.read_exact(&mut rest).map_err(cut)?;
    let [second, third, highest] = rest;
    head.copy_from_slice(&[lowest, second, third, highest]);
    let length = u32::from_le_bytes(head);
    let count = usize::try_from(length).map_err(|_| FrameError::Length(length))?;
    if count == 0 || count > MAX_BYTES {
        return Err(FrameError::Length(length));
    }
    let mut message = vec![0; count];
    input.read_exact(&mut message).map_err(cut)?;
    Ok(Some(message))
}

fn cut(error: std::io::Error) -> FrameError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        FrameError::Cut
    } else {
        FrameError::Io(error)
    }
}

/// Writes one message in one piece.
///
/// # Errors
/// When the output cannot be written, or `json` is longer than a frame can say.
pub fn write(output: &mut impl Write, json: &str) -> std::io::Result<()> {
    let length = u32::try_from(json.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut frame = Vec::with_capacity(json.len().saturating_add(4));
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(json.as_bytes());
    output.write_all(&frame)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut bytes = Vec::new();
        write(&mut bytes, "{}").unwrap();
        write(&mut bytes, "{\"a\":1}").unwrap();
        assert_eq!(bytes[..6], [2, 0, 0, 0, b'{', b'}']);
        let mut input = bytes.as_slice();
        assert_eq!(read(&mut input).unwrap().unwrap(), b"{}");
        assert_eq!(read(&mut input).unwrap().unwrap(), b"{\"a\":1}");
        assert!(read(&mut input).unwrap().is_none());
    }

    #[test]
    fn cut_and_oversize_frames_are_told_apart() {
        for cut in [&[2][..], &[2, 0, 0], &[2, 0, 0, 0], &[2, 0, 0, 0, b'{']] {
            assert!(matches!(read(&mut &cut[..]), Err(FrameError::Cut)), "{cut:?}");
        }
        for (length, size) in [([0; 4], 0), ([1, 0, 4, 0], 0x4_0001), ([0xFF; 4], u32::MAX)] {
            assert!(matches!(read(&mut &length[..]), Err(FrameError::Length(found)) if found == size));
        }
    }
}
