//! The browsers that can start this program, and where each looks for its manifest.

use std::path::PathBuf;

use super::settings::Places;

/// A browser that can start this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Google Chrome.
    Chrome,
    /// Chromium.
    Chromium,
    /// Microsoft Edge.
    Edge,
    /// Mozilla Firefox.
    Firefox,
}

impl Browser {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Chrome, Self::Chromium, Self::Edge, Self::Firefox];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Chromium => "chromium",
            Self::Edge => "edge",
            Self::Firefox => "firefox",
        }
    }

    /// The browser with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|browser| browser.word() == word)
    }

    /// The folder where it looks for manifests. On Windows the registry names them, and they may stand anywhere.
    pub(super) fn folder(self, places: &Places) -> Option<PathBuf> {
        if cfg!(windows) {
            let ours = places.home()?.join("zegel").join("native-messaging");
            return Some(ours.join(self.word()));
        }
        if cfg!(target_os = "macos") {
            let support = places.home()?.join("Library/Application Support");
            return Some(match self {
                Self::Chrome => support.join("Google/Chrome/NativeMessagingHosts"),
                Self::Chromium => support.join("Chromium/NativeMessagingHosts"),
                Self::Edge => support.join("Microsoft Edge/NativeMessagingHosts"),
                Self::Firefox => support.join("Mozilla/NativeMessagingHosts"),
            });
        }
        let configuration = places.configuration();
        match self {
            Self::Chrome => Some(configuration?.join("google-chrome/NativeMessagingHosts")),
            Self::Chromium => Some(configuration?.join("chromium/NativeMessagingHosts")),
            Self::Edge => Some(configuration?.join("microsoft-edge/NativeMessagingHosts")),
            Self::Firefox => Some(places.home()?.join(".mozilla/native-messaging-hosts")),
        }
    }

    /// The registry key under the current user that names a host's manifest.
    #[cfg_attr(not(windows), expect(dead_code, reason = "only Windows has a registry"))]
    pub(super) fn registry_key(self, host: &str) -> String {
        let vendor = match self {
            Self::Chrome => "Google\\Chrome",
            Self::Chromium => "Chromium",
            Self::Edge => "Microsoft\\Edge",
            Self::Firefox => "Mozilla",
        };
        format!("Software\\{vendor}\\NativeMessagingHosts\\{host}")
    }
}
