//! Tells browsers about this program: manifests of native messaging, for one person.
//!
//! A file is written or removed only when it is ours or not there. The name of the stock application is taken over
//! only when asked to. Start from [`Installation`].

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::browser::Browser;
use super::settings::Places;

/// Our own host name, for our own extension.
pub const HOST: &str = "be.zegel.agent";
/// The stock application's, which its extension looks for.
pub const STOCK_HOST: &str = "eu.webeid";

/// Identifier of our extension in browsers of Chromium's family: of the key in `web/extension/manifest.json`.
pub const EXTENSION: &str = "idhdgglmkaobonmheolepglilcfobnnm";
/// Identifier of our extension in Firefox.
pub const FIREFOX_EXTENSION: &str = "agent@zegel.be";

/// The stock extension's identifiers. Source: reference login-and-oidc §2.6.
const STOCK_EXTENSIONS: [&str; 2] = [
    "ncibgoaomkmdpilpocfeponihegamlic",
    "gnmckgbandlkacikdndelhfghdejfido",
];
const STOCK_FIREFOX_EXTENSION: &str = "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}";

/// How our files begin their description: the mark by which they are known as ours.
const MARK: &str = "zegel-agent";

/// What is to be installed, or removed.
#[derive(Clone, Debug)]
pub struct Installation {
    /// This program's file, which the manifests name.
    pub program: PathBuf,
    /// For which browsers.
    pub browsers: Vec<Browser>,
    /// Whose.
    pub places: Places,
    /// In place of the usual folders: a Chromium profile (`--user-data-dir`).
    pub profile: Option<PathBuf>,
    /// Further extensions of Chromium's family that may start it: an authority's own packing of ours.
    pub extensions: Vec<String>,
    /// Whether to take over the stock application's name for its extension.
    pub stock: bool,
}

/// Why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A file or folder.
    #[error("cannot use `{0}`")]
    Io(PathBuf, #[source] std::io::Error),
    /// The file is somebody else's.
    #[error("`{0}` was not written by this program and was left alone")]
    NotOurs(PathBuf),
    /// No home folder is known.
    #[error("no home folder is known")]
    NoHome,
    /// The registry refused.
    #[error("the registry refused `{0}`: {1}")]
    Registry(String, String),
}

/// One manifest and what was done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// For which browser.
    pub browser: Browser,
    /// Where the manifest is.
    pub path: PathBuf,
    /// What was done.
    pub done: Done,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not there.
    Absent,
    /// It was there and is removed.
    Removed,
    /// It was there as it should be.
    Same,
    /// It was written.
    Written,
}

impl Installation {
    /// Writes the manifests. Twice is the same as once.
    ///
    /// # Errors
    /// The first thing that did not work; a file of somebody else is left alone and named.
    pub fn install(&self) -> Result<Vec<Change>, InstallError> {
        // Nothing is written when something would have to be left alone.
        for (_, _, path) in self.manifests()? {
            is_ours(&path)?;
        }
        let mut changes = Vec::new();
        for (browser, host, path) in self.manifests()? {
            let text = self.manifest(browser, host);
            let done = if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
                Done::Same
            } else {
                write(&path, &text)?;
                Done::Written
            };
            self.register(browser, host, &path)?;
            changes.push(Change { browser, path, done });
        }
        Ok(changes)
    }

    /// Removes what [`Installation::install`] wrote, under both names. Twice is the same as once.
    ///
    /// # Errors
    /// The first thing that did not work. Files of others are no error: they are left alone.
    pub fn uninstall(&self) -> Result<Vec<Change>, InstallError> {
        let both = Self {
            stock: true,
            ..self.clone()
        };
        let mut changes = Vec::new();
        for (browser, host, path) in both.manifests()? {
            let done = match is_ours(&path) {
                Ok(true) => {
                    std::fs::remove_file(&path).map_err(|error| InstallError::Io(path.clone(), error))?;
                    Done::Removed
                }
                Ok(false) => Done::Absent,
                Err(InstallError::NotOurs(_)) => continue,
                Err(error) => return Err(error),
            };
            self.unregister(browser, host, &path)?;
            changes.push(Change { browser, path, done });
        }
        Ok(changes)
    }

    /// Which manifests are there and ours.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn status(&self) -> Result<Vec<Change>, InstallError> {
        let both = Self {
            stock: true,
            ..self.clone()
        };
        let mut changes = Vec::new();
        for (browser, _, path) in both.manifests()? {
            match is_ours(&path) {
                Ok(true) => changes.push(Change {
                    browser,
                    path,
                    done: Done::Same,
                }),
                Ok(false) | Err(InstallError::NotOurs(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(changes)
    }

    fn manifests(&self) -> Result<Vec<(Browser, &'static str, PathBuf)>, InstallError> {
        let hosts: &[&str] = if self.stock { &[HOST, STOCK_HOST] } else { &[HOST] };
        let mut all = Vec::new();
        for browser in &self.browsers {
            let folder = match &self.profile {
                Some(profile) => profile.join("NativeMessagingHosts"),
                None => browser.folder(&self.places).ok_or(InstallError::NoHome)?,
            };
            for &host in hosts {
                all.push((*browser, host, folder.join(format!("{host}.json"))));
            }
        }
        Ok(all)
    }

    fn manifest(&self, browser: Browser, host: &str) -> String {
        let is_stock = host == STOCK_HOST;
        let mut manifest = json!({
            "name": host,
            "description": format!("{MARK}: cards of this computer for websites"),
            "path": self.program,
            "type": "stdio",
        });
        let (key, allowed) = if browser == Browser::Firefox {
            let id = if is_stock {
                STOCK_FIREFOX_EXTENSION
            } else {
                FIREFOX_EXTENSION
            };
            ("allowed_extensions", json!([id]))
        } else {
            let own = std::iter::once(EXTENSION).chain(self.extensions.iter().map(String::as_str));
            let ids: Vec<&str> = if is_stock {
                STOCK_EXTENSIONS.to_vec()
            } else {
                own.collect()
            };
            let origins: Vec<String> = ids.iter().map(|id| format!("chrome-extension://{id}/")).collect();
            ("allowed_origins", json!(origins))
        };
        if let Some(members) = manifest.as_object_mut() {
            members.insert(key.to_owned(), allowed);
        }
        format!("{manifest:#}\n")
    }

    #[cfg(windows)]
    fn register(&self, browser: Browser, host: &str, path: &Path) -> Result<(), InstallError> {
        if self.places.is_elsewhere() || self.profile.is_some() {
            return Ok(());
        }
        super::registry::set(&browser.registry_key(host), path)
    }

    #[cfg(not(windows))]
    #[expect(clippy::unused_self, reason = "Windows needs it")]
    const fn register(&self, _: Browser, _: &str, _: &Path) -> Result<(), InstallError> {
        Ok(())
    }

    #[cfg(windows)]
    fn unregister(&self, browser: Browser, host: &str, path: &Path) -> Result<(), InstallError> {
        if self.places.is_elsewhere() || self.profile.is_some() {
            return Ok(());
        }
        super::registry::remove(&browser.registry_key(host), path)
    }

    #[cfg(not(windows))]
    #[expect(clippy::unused_self, reason = "Windows needs it")]
    const fn unregister(&self, _: Browser, _: &str, _: &Path) -> Result<(), InstallError> {
        Ok(())
    }
}

/// Whether a manifest is there and was written by this program.
fn is_ours(path: &Path) -> Result<bool, InstallError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(InstallError::Io(path.to_owned(), error)),
    };
    let manifest: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let is_ours = manifest
        .as_ref()
        .and_then(|manifest| manifest.get("description")?.as_str())
        .is_some_and(|description| description.starts_with(MARK));
    if is_ours {
        Ok(true)
    } else {
        Err(InstallError::NotOurs(path.to_owned()))
    }
}

/// Writes beside and renames: a browser never reads half a file.
fn write(path: &Path, text: &str) -> Result<(), InstallError> {
    let failed = |error| InstallError::Io(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let beside = path.with_extension("json.new");
    replace(&beside, |file| file.write_all(text.as_bytes())).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}

/// Makes the file at `path` anew. What stood there goes, a link as such: what it points to is left alone.
pub(super) fn replace(
    path: &Path,
    fill: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    fill(&mut file)?;
    file.sync_all()
}

/// Whether a text is the identifier of an extension in Chromium's family.
pub fn is_extension_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| (b'a'..=b'p').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(home: &Path) -> Installation {
        Installation {
            program: PathBuf::from("/opt/zegel/zegel-agent"),
            browsers: Browser::ALL.to_vec(),
            places: Places::under(home.to_owned()),
            profile: None,
            extensions: Vec::new(),
            stock: false,
        }
    }

    fn read(path: &Path) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn twice_is_the_same_as_once_and_nothing_is_left_behind() {
        let home = tempfile::tempdir().unwrap();
        let wanted = installation(home.path());
        let first = wanted.install().unwrap();
        assert_eq!(first.len(), 4);
        assert!(first.iter().all(|change| change.done == Done::Written));
        assert!(
            wanted
                .install()
                .unwrap()
                .iter()
                .all(|change| change.done == Done::Same)
        );
        assert_eq!(wanted.status().unwrap().len(), 4);
        for change in &first {
            let manifest = read(&change.path);
            assert_eq!(manifest["name"], HOST);
            assert_eq!(manifest["path"], "/opt/zegel/zegel-agent");
            let allowed = if change.browser == Browser::Firefox {
                &manifest["allowed_extensions"]
            } else {
                &manifest["allowed_origins"]
            };
            assert_eq!(allowed.as_array().unwrap().len(), 1, "{manifest}");
        }
        let gone = wanted.uninstall().unwrap();
        assert_eq!(
            gone.iter().filter(|change| change.done == Done::Removed).count(),
            4
        );
        assert!(
            wanted
                .uninstall()
                .unwrap()
                .iter()
                .all(|change| change.done == Done::Absent)
        );
        assert!(wanted.status().unwrap().is_empty());
    }

    #[test]
    fn files_of_others_are_never_touched() {
        let home = tempfile::tempdir().unwrap();
        let mut wanted = installation(home.path());
        wanted.stock = true;
        let stock = home.path().join(".mozilla/native-messaging-hosts/eu.webeid.json");
        std::fs::create_dir_all(stock.parent().unwrap()).unwrap();
        let theirs = r#"{"name":"eu.webeid","description":"Web eID application","path":"/usr/bin/web-eid"}"#;
        std::fs::write(&stock, theirs).unwrap();
        assert!(matches!(wanted.install(), Err(InstallError::NotOurs(path)) if path == stock));
        assert!(wanted.status().unwrap().is_empty(), "nothing was written at all");
        wanted.uninstall().unwrap();
        assert_eq!(std::fs::read_to_string(&stock).unwrap(), theirs);
        // Not asked to take over, it is not even looked at.
        wanted.stock = false;
        assert_eq!(wanted.install().unwrap().len(), 4);
        assert_eq!(std::fs::read_to_string(&stock).unwrap(), theirs);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_where_we_write_is_replaced_and_never_followed() {
        let home = tempfile::tempdir().unwrap();
        let wanted = installation(home.path());
        let theirs = home.path().join("theirs");
        std::fs::write(&theirs, "theirs").unwrap();
        let folder = home.path().join(".config/chromium/NativeMessagingHosts");
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(&theirs, folder.join("be.zegel.agent.json.new")).unwrap();
        wanted.install().unwrap();
        assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
        assert_eq!(read(&folder.join("be.zegel.agent.json"))["name"], HOST);
    }

    #[test]
    fn the_stock_name_goes_to_the_stock_extension_and_ours_to_ours() {
        let home = tempfile::tempdir().unwrap();
        let mut wanted = installation(home.path());
        wanted.stock = true;
        wanted.browsers = vec![Browser::Edge];
        wanted.extensions = vec!["a".repeat(32)];
        let changes = wanted.install().unwrap();
        let (own, stock) = (read(&changes[0].path), read(&changes[1].path));
        assert_eq!(own["allowed_origins"].as_array().unwrap().len(), 2);
        assert_eq!(stock["name"], STOCK_HOST);
        let origins = stock["allowed_origins"].to_string();
        assert!(STOCK_EXTENSIONS.iter().all(|id| origins.contains(id)) && !origins.contains(EXTENSION));
    }

    #[test]
    fn the_extensions_identifier_is_that_of_its_key() {
        use base64::Engine as _;
        let manifest: serde_json::Value =
            serde_json::from_str(include_str!("../../web/extension/manifest.json")).unwrap();
        let key = base64::engine::general_purpose::STANDARD
            .decode(manifest["key"].as_str().unwrap())
            .unwrap();
        let hash = crate::base::digest::Sha256Digest::of(&key).to_string();
        let id: String = hash
            .chars()
            .take(32)
            .map(|digit| char::from(b'a' + u8::try_from(digit.to_digit(16).unwrap()).unwrap()))
            .collect();
        assert_eq!(id, EXTENSION);
        assert!(is_extension_id(EXTENSION) && !is_extension_id("z"));
        let firefox = &manifest["browser_specific_settings"]["gecko"]["id"];
        assert_eq!(firefox, FIREFOX_EXTENSION);
    }
}
