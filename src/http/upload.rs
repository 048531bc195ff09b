//! A document on its way in: spooled to scratch as it arrives, never held in memory, gone when it is dropped.

use std::path::{Path, PathBuf};

use actix_multipart::{Field, Multipart};
use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;
use zeroize::Zeroizing;

use super::i18n::Value;
use super::problem::Failure;
use crate::base::bytes::FileAt;
use crate::base::code::PersonCode;
use crate::base::random::{self, Random};
use crate::base::secret::Secret;
use crate::store::blobs::UPLOAD;

/// Most bytes of a password: PDF takes 127.
const PASSWORD_BYTES: usize = 1024;
/// Most bytes of the document of a signature policy.
const POLICY_BYTES: usize = 1 << 20;
/// The parts that are read beside the file.
const READ: [&str; 2] = ["password", "policy_document"];
/// Most parts of a form: the three that are read, and what a browser or an application sends along.
const MOST_PARTS: usize = 16;
/// Most bytes of a part that is passed over.
const OTHER_BYTES: usize = 4 * 1024;

/// A file in scratch that ends with its owner.
#[derive(Debug)]
pub struct Upload {
    path: PathBuf,
    /// Name as the browser gave it: for showing only, never for a path.
    pub name: Option<String>,
    /// Bytes that arrived.
    pub length: u64,
}

impl Upload {
    /// Opens what arrived for reading.
    ///
    /// # Errors
    /// When scratch is gone.
    pub fn open(&self) -> std::io::Result<FileAt> {
        FileAt::open(&self.path)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Nobody is told: the upload itself went as it went. What stays is swept from scratch later.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What a form brought.
#[derive(Debug)]
pub struct Taken {
    /// The file; none when the form has no such part or it names no file.
    pub upload: Option<Upload>,
    /// The password beside it, where one was typed.
    pub password: Option<Secret<Vec<u8>>>,
    /// The document of a signature policy beside it.
    pub policy_document: Option<Vec<u8>>,
}

/// Takes the parts `field`, into `scratch`, `password`, into memory that is wiped, and `policy_document`, of a form; in any
/// order, each once. Other parts are passed over, as far as they are few and small: what is sent along costs reading.
///
/// # Errors
/// `DocumentTooLarge` beyond `limit_bytes`; `RequestInvalid` for a broken form, a part that comes twice, too many parts or
/// one that is too large, or a password that is none;
/// `ServerError` when scratch is full.
pub async fn take(
    mut form: Multipart,
    field: &str,
    scratch: &Path,
    limit_bytes: usize,
    random: &dyn Random,
) -> Result<Taken, Failure> {
    let mut taken = Taken {
        upload: None,
        password: None,
        policy_document: None,
    };
    let (mut parts, mut seen) = (0_usize, Vec::new());
    while let Some(part) = form
        .try_next()
        .await
        .map_err(|_| Failure::new(PersonCode::RequestInvalid))?
    {
        parts = parts.saturating_add(1);
        if parts > MOST_PARTS {
            return Err(invalid("form", "expected fewer parts"));
        }
        let name = part.name().unwrap_or_default().to_owned();
        if seen.contains(&name) && (name == field || READ.contains(&name.as_str())) {
            return Err(invalid(&name, "expected it once"));
        }
        if name == field {
            let path = scratch.join(format!("{UPLOAD}{}", hex::encode(random::bytes::<16>(random))));
            let upload = spool(part, path, limit_bytes).await?;
            // A browser sends an empty part without a name when no file was chosen.
            taken.upload = (upload.length > 0 || upload.name.is_some()).then_some(upload);
        } else if name == "password" {
            let password = typed(part).await?;
            taken.password = (!password.expose().is_empty()).then_some(password);
        } else if name == "policy_document" {
            let document = whole(part).await?;
            taken.policy_document = (!document.is_empty()).then_some(document);
        } else {
            pass_over(part).await?;
        }
        seen.push(name);
    }
    Ok(taken)
}

fn invalid(field: &str, message: &str) -> Failure {
    Failure::new(PersonCode::RequestInvalid).field(field, message)
}

/// Reads a part that nobody asked for to its end.
async fn pass_over(mut part: Field) -> Result<(), Failure> {
    let mut length = 0_usize;
    while let Some(chunk) = part
        .try_next()
        .await
        .map_err(|_| Failure::new(PersonCode::RequestInvalid))?
    {
        length = length.saturating_add(chunk.len());
        if length > OTHER_BYTES {
            return Err(invalid("form", "expected no large part beside the file"));
        }
    }
    Ok(())
}

/// The document of a signature policy.
async fn whole(mut part: Field) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part
        .try_next()
        .await
        .map_err(|_| Failure::new(PersonCode::RequestInvalid))?
    {
        if bytes.len().saturating_add(chunk.len()) > POLICY_BYTES {
            return Err(invalid("policy_document", "expected at most 1 MiB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A password, read into a place that never grows, so that no copy of it stays behind here.
async fn typed(mut part: Field) -> Result<Secret<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES));
    while let Some(chunk) = part
        .try_next()
        .await
        .map_err(|_| Failure::new(PersonCode::RequestInvalid))?
    {
        if bytes.len().saturating_add(chunk.len()) > PASSWORD_BYTES {
            return Err(invalid("password", "expected at most 1024 bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Secret::new(std::mem::take(&mut *bytes)))
}

async fn spool(mut part: Field, path: PathBuf, limit_bytes: usize) -> Result<Upload, Failure> {
    let name = part
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .map(|name| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
        .filter(|name| !name.is_empty());
    let broken = |error: std::io::Error| {
        tracing::error!(%error, "an upload could not be spooled");
        Failure::new(PersonCode::ServerError)
    };
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    let mut file = tokio::fs::File::create_new(&path).await.map_err(broken)?;
    let mut upload = Upload {
        path,
        name,
        length: 0,
    };
    while let Some(chunk) = part
        .try_next()
        .await
        .map_err(|_| Failure::new(PersonCode::RequestInvalid))?
    {
        upload.length = upload
            .length
            .saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if upload.length > limit {
            return Err(Failure::new(PersonCode::DocumentTooLarge).with("limit", Value::Bytes(limit)));
        }
        file.write_all(&chunk).await.map_err(broken)?;
    }
    file.flush().await.map_err(broken)?;
    Ok(upload)
}
