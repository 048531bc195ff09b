//! A file on its way out: read in pieces as it goes, never held.

use std::io;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody as _, SizedStream};
use actix_web::web::Bytes;
use futures_util::stream::try_unfold;

use crate::base::bytes::ReadAt;

/// How much of a file is held at a time, in bytes.
const PIECE: u64 = 256 * 1024;

/// The body that is all of `source`. One that cannot be read to its end breaks off, so that nobody takes it for whole.
pub(super) fn body(source: Arc<dyn ReadAt>) -> BoxBody {
    let length = source.len();
    let pieces = try_unfold(0_u64, move |at| {
        let source = Arc::clone(&source);
        async move {
            let size = PIECE.min(length.saturating_sub(at));
            if size == 0 {
                return Ok::<_, io::Error>(None);
            }
            let size = usize::try_from(size).map_err(io::Error::other)?;
            let piece = tokio::task::spawn_blocking(move || source.read_vec(at, size)).await??;
            let next = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            Ok(Some((Bytes::from(piece), next)))
        }
    });
    SizedStream::new(length, Box::pin(pieces)).boxed()
}
