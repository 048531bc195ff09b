//! Private keys in files that only their owner can read.

use std::io::Write as _;
use std::path::Path;

use super::super::LabError;
use crate::crypto::key::PrivateKey;

/// Writes a private key as PEM that only its owner can read.
pub(crate) fn write_key(path: &Path, key: &PrivateKey) -> Result<(), LabError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let pem = key.to_pkcs8_pem()?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(LabError::io(path))?;
    file.write_all(pem.expose()).map_err(LabError::io(path))
}

/// Reads a private key from PEM.
pub(crate) fn read_key(path: &Path) -> Result<PrivateKey, LabError> {
    let pem = zeroize::Zeroizing::new(std::fs::read(path).map_err(LabError::io(path))?);
    Ok(PrivateKey::from_pem(&pem)?)
}
