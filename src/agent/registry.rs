//! Where browsers on Windows look for manifests: a key for each host, under the current user.

use std::path::Path;

use winsafe::{HKEY, RegistryValue, co};

use super::install::InstallError;

/// Names the manifest at `path` under `key`.
pub(super) fn set(key: &str, path: &Path) -> Result<(), InstallError> {
    let refused = |error: co::ERROR| InstallError::Registry(key.to_owned(), error.to_string());
    let (made, _) = HKEY::CURRENT_USER
        .RegCreateKeyEx(
            key,
            None,
            co::REG_OPTION::default(),
            co::KEY::READ | co::KEY::WRITE,
            None,
        )
        .map_err(refused)?;
    let value = RegistryValue::Sz(path.display().to_string());
    made.RegSetValueEx(None, value).map_err(refused)
}

/// Removes `key` when it names the manifest at `path`; a key of somebody else stays.
pub(super) fn remove(key: &str, path: &Path) -> Result<(), InstallError> {
    if named(key).is_none_or(|there| !there.eq_ignore_ascii_case(&path.display().to_string())) {
        return Ok(());
    }
    HKEY::CURRENT_USER
        .RegDeleteKey(key)
        .map_err(|error| InstallError::Registry(key.to_owned(), error.to_string()))
}

/// The manifest that `key` names.
fn named(key: &str) -> Option<String> {
    match HKEY::CURRENT_USER.RegGetValue(Some(key), None, co::RRF::RT_REG_SZ) {
        Ok(RegistryValue::Sz(path)) => Some(path),
        _ => None,
    }
}
