//! The few settings of this program, and where the operating system keeps such things.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

/// What an administrator or a person may set. A file that is not there means all defaults.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Command line of a program that speaks the Assuan protocol of pinentry. Empty: the one found on this computer.
    pub pin_program: Vec<String>,
    /// Readers whose name contains one of these are left alone.
    pub skip_readers: Vec<String>,
    /// Whether `http://localhost` is taken for `https://localhost`, for developing a page.
    pub http_loopback: bool,
    /// How many seconds a person has for one window, 10 to 600.
    pub window_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pin_program: Vec::new(),
            skip_readers: Vec::new(),
            http_loopback: false,
            window_seconds: 120,
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read `{0}`")]
    Io(PathBuf, #[source] std::io::Error),
    /// The file's content is no settings.
    #[error("`{0}` is not what settings look like")]
    Form(PathBuf, #[source] serde_json::Error),
    /// A value is out of its range.
    #[error("`{0}`: window_seconds must be 10 to 600")]
    Range(PathBuf),
}

/// Programs that show a PIN window, best first. Those for terminals are left out: a browser has none.
const PIN_PROGRAMS: [&str; 5] = [
    "pinentry-gnome3",
    "pinentry-qt",
    "pinentry-gtk-2",
    "pinentry-mac",
    "pinentry-x11",
];

impl Settings {
    /// Reads the first file that is there: the one named by `ZEGEL_AGENT_SETTINGS`, the machine's, the person's.
    ///
    /// # Errors
    /// When a file is there and cannot be used.
    pub fn load(places: &Places) -> Result<Self, SettingsError> {
        let named = places.variable("ZEGEL_AGENT_SETTINGS").map(PathBuf::from);
        let candidates = match named {
            Some(named) => vec![named],
            None => places.settings_files(),
        };
        for path in candidates {
            match std::fs::read(&path) {
                Ok(bytes) => return Self::parse(&bytes, &path),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(SettingsError::Io(path, error)),
            }
        }
        Ok(Self::default())
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, SettingsError> {
        let malformed = |error| SettingsError::Form(path.to_owned(), error);
        // An object by its names: a list in the order of the fields would be read as well.
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(bytes).map_err(malformed)?;
        let settings = Self::deserialize(serde_json::Value::Object(members)).map_err(malformed)?;
        if !(10..=600).contains(&settings.window_seconds) {
            return Err(SettingsError::Range(path.to_owned()));
        }
        Ok(settings)
    }

    /// How long a person may take for one window.
    pub const fn window_limit(&self) -> Duration {
        Duration::from_secs(self.window_seconds)
    }

    /// The command line of the PIN program: what is set, or what is found. Empty when there is none.
    pub fn pin_command(&self, places: &Places, program: &Path) -> Vec<String> {
        if !self.pin_program.is_empty() {
            return self.pin_program.clone();
        }
        if cfg!(windows) {
            // This very program has a window of its own there, in a process of its own.
            return vec![program.display().to_string(), "pinentry".to_owned()];
        }
        let folders = places.variable("PATH").unwrap_or_default();
        let found = std::env::split_paths(&folders)
            .flat_map(|folder| PIN_PROGRAMS.map(|name| folder.join(name)))
            .filter(|candidate| candidate.is_file())
            .min_by_key(|candidate| {
                let name = candidate.file_name().and_then(std::ffi::OsStr::to_str);
                PIN_PROGRAMS.iter().position(|known| Some(*known) == name)
            });
        found.map(|path| path.display().to_string()).into_iter().collect()
    }
}

/// Where this operating system keeps things.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// In place of the person's home: for tests, and for preparing another one's.
    home: Option<PathBuf>,
}

impl Places {
    /// This person's places.
    pub const fn own() -> Self {
        Self { home: None }
    }

    /// The places under `home` as if it were a person's home folder.
    pub const fn under(home: PathBuf) -> Self {
        Self { home: Some(home) }
    }

    /// Whether they are another home's than this person's.
    pub const fn is_elsewhere(&self) -> bool {
        self.home.is_some()
    }

    /// The home folder; on Windows the folder for programs' own things.
    pub fn home(&self) -> Option<PathBuf> {
        let variable = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
        let own = || self.variable(variable).map(PathBuf::from);
        self.home.clone().or_else(own)
    }

    /// The folder of settings, `~/.config`.
    pub fn configuration(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return self.home();
        }
        let own = match &self.home {
            None => self.variable("XDG_CONFIG_HOME").map(PathBuf::from),
            Some(_) => None,
        };
        own.filter(|path| path.is_absolute())
            .or_else(|| Some(self.home()?.join(".config")))
    }

    fn settings_files(&self) -> Vec<PathBuf> {
        // WHY: these settings name the program that is typed the PIN. On Windows anybody may make a folder under
        // `ProgramData`, so there is no file for the whole machine there.
        let machine = (!cfg!(windows)).then(|| PathBuf::from("/etc/zegel"));
        let own = self.configuration().map(|folder| folder.join("zegel"));
        [machine, own]
            .into_iter()
            .flatten()
            .map(|folder| folder.join("agent.json"))
            .collect()
    }

    /// The language of this session, by the environment.
    pub fn language(&self) -> Option<String> {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| self.variable(name))
            .and_then(|value| value.into_string().ok())
    }

    #[expect(
        clippy::disallowed_methods,
        clippy::unused_self,
        reason = "the one place where this program asks its environment"
    )]
    fn variable(&self, name: &str) -> Option<std::ffi::OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_strictly() {
        let parse = |text: &str| Settings::parse(text.as_bytes(), Path::new("agent.json"));
        assert_eq!(parse("{}").unwrap(), Settings::default());
        let read = parse(r#"{"pin_program":["/usr/bin/pinentry-qt"],"window_seconds":60}"#).unwrap();
        assert_eq!(read.window_limit(), Duration::from_mins(1));
        assert_eq!(
            read.pin_command(&Places::own(), Path::new("x")),
            ["/usr/bin/pinentry-qt"]
        );
        for text in [
            "",
            "[]",
            r#"{"pin":1}"#,
            r#"{"window_seconds":5}"#,
            r#"{"pin_program":"x"}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn another_home_has_its_own_places() {
        let places = Places::under(PathBuf::from("/elsewhere"));
        assert!(places.home().unwrap().starts_with("/elsewhere"));
        assert!(places.configuration().unwrap().starts_with("/elsewhere"));
        assert!(places.is_elsewhere() && !Places::own().is_elsewhere());
    }
}
