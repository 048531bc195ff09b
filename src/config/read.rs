//! Reading files and environment, and reporting every problem at once.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Form, KEYS, Key, find};
use super::{Config, Limits, Server, desk};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// The environment variable named.
    Environment(String),
    /// A line of a file.
    File {
        /// The file, as it was given.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
        }
    }
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, if it stands somewhere.
    pub origin: Option<Origin>,
    /// Which key, if it is about one.
    pub key: String,
    /// What was found and what is allowed.
    pub message: String,
    /// A way out, when one is known.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// A value that passed its form, with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The value.
    pub value: toml::Value,
    /// Where it came from.
    pub origin: Origin,
}

/// The merged settings by key path: defaults, then files in order, then environment.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<&'static str, Setting>,
}

impl Settings {
    /// The setting at `path`, if it has a value.
    pub fn get(&self, path: &str) -> Option<&Setting> {
        self.values.get(path)
    }
}

/// Reads `files` in order and then `environment` (name and value pairs) on top of the defaults.
///
/// # Errors
/// Every problem at once: unreadable files, bad TOML, unknown keys, wrong forms, missing keys.
pub fn merge(files: &[PathBuf], environment: &[(String, String)]) -> Result<Settings, Vec<Problem>> {
    merge_needing(files, environment, |key| key.required)
}

/// As [`merge`], where other keys are needed than those a service needs.
pub(super) fn merge_needing(
    files: &[PathBuf],
    environment: &[(String, String)],
    is_needed: impl Fn(&Key) -> bool,
) -> Result<Settings, Vec<Problem>> {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    for key in KEYS {
        if let Some(value) = key.default.and_then(parse_value) {
            settings.values.insert(
                key.path,
                Setting {
                    value,
                    origin: Origin::Default,
                },
            );
        }
    }
    let mut is_whole = true;
    for file in files {
        match std::fs::read_to_string(file) {
            Ok(text) => is_whole &= merge_text(&mut settings, &mut problems, file, &text),
            Err(error) => {
                is_whole = false;
                problems.push(unreadable(file, &error));
            }
        }
    }
    for (name, value) in environment {
        merge_variable(&mut settings, &mut problems, name, value);
    }
    // In the order of the file, as whoever mends it goes through it.
    problems.sort_by_key(|problem: &Problem| match &problem.origin {
        Some(Origin::File { path, line }) => (files.iter().position(|file| file == path), *line),
        _ => (Some(files.len()), 0),
    });
    let wrong: Vec<String> = problems.iter().map(|problem| problem.key.clone()).collect();
    for key in KEYS
        .iter()
        // Of a file that was not read nobody knows what it holds.
        .filter(|key| is_whole && is_needed(key) && !settings.values.contains_key(key.path))
        // One that is there and wrong is not missing too.
        .filter(|key| wrong.iter().all(|wrong| wrong != key.path))
    {
        problems.push(Problem {
            origin: None,
            key: key.path.to_owned(),
            message: "is missing".to_owned(),
            hint: Some(example_of(key)),
        });
    }
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(problems)
    }
}

/// A TOML value on its own, as defaults and variables are written.
fn parse_value(text: &str) -> Option<toml::Value> {
    toml::from_str::<toml::Table>(&format!("value = {text}"))
        .ok()?
        .remove("value")
}

/// Takes what the file says. Returns whether it could be read as TOML.
fn merge_text(settings: &mut Settings, problems: &mut Vec<Problem>, file: &Path, text: &str) -> bool {
    let line_of = |offset: usize| {
        text.get(..offset)
            .unwrap_or(text)
            .bytes()
            .filter(|byte| *byte == b'\n')
            .count()
            .saturating_add(1)
    };
    let at = |offset: usize| Origin::File {
        path: file.to_owned(),
        line: line_of(offset),
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            problems.push(Problem {
                origin: error.span().map(|span| at(span.start)),
                key: String::new(),
                message: error.message().to_owned(),
                hint: None,
            });
            return false;
        }
    };
    for (name, value) in table.get_ref() {
        match value.get_ref() {
            DeValue::Table(section) if KEYS.iter().any(|key| in_section(key, name.get_ref())) => {
                for (inner, value) in section {
                    let path = format!("{}.{}", name.get_ref(), inner.get_ref());
                    take(settings, problems, &path, value, at(inner.span().start));
                }
            }
            _ => take(settings, problems, name.get_ref(), value, at(name.span().start)),
        }
    }
    true
}

fn in_section(key: &Key, section: &str) -> bool {
    key.path
        .split_once('.')
        .is_some_and(|(front, _)| front == section)
}

fn take(
    settings: &mut Settings,
    problems: &mut Vec<Problem>,
    path: &str,
    value: &Spanned<DeValue<'_>>,
    origin: Origin,
) {
    let Some(key) = find(path) else {
        problems.push(unknown(path, origin));
        return;
    };
    let value = parse_value(&plain(value.get_ref()));
    keep(settings, problems, key, value, origin);
}

/// The value as TOML text again; a form nothing accepts when it is a table.
fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()).to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Boolean(word) => word.to_string(),
        DeValue::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| plain(item.get_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Float(number) => number.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Table(_) => "{}".to_owned(),
    }
}

fn unknown(path: &str, origin: Origin) -> Problem {
    let nearest = KEYS
        .iter()
        .map(|key| (distance(key.path, path), key.path))
        .min()
        // Farther than that it is not a slip of the fingers: the section alone makes no likeness.
        .filter(|(distance, nearest)| {
            let name = nearest.split_once('.').map_or(*nearest, |(_, name)| name);
            *distance <= name.len().div_ceil(3)
        })
        .map(|(_, nearest)| nearest);
    Problem {
        origin: Some(origin),
        key: path.to_owned(),
        message: "there is no such setting".to_owned(),
        hint: Some(nearest.map_or_else(
            || "`zegel config reference` lists every setting".to_owned(),
            |nearest| format!("did you mean `{nearest}`?"),
        )),
    }
}

fn merge_variable(settings: &mut Settings, problems: &mut Vec<Problem>, name: &str, value: &str) {
    let Some(rest) = name.strip_prefix("ZEGEL_") else {
        return;
    };
    let path = rest.to_ascii_lowercase().replace("__", ".");
    let origin = Origin::Environment(name.to_owned());
    let Some(key) = find(&path) else {
        // WHY: other programs may own variables that begin alike; only a two-part name is clearly meant for us.
        if rest.contains("__") {
            problems.push(unknown(&path, origin));
        }
        return;
    };
    let value = match key.form {
        Form::Boolean | Form::Number { .. } | Form::Seconds { .. } | Form::List => parse_value(value),
        _ => Some(toml::Value::String(value.to_owned())),
    };
    keep(settings, problems, key, value, origin);
}

fn keep(
    settings: &mut Settings,
    problems: &mut Vec<Problem>,
    key: &'static Key,
    value: Option<toml::Value>,
    origin: Origin,
) {
    match value
        .ok_or_else(|| "is not a TOML value".to_owned())
        .and_then(|value| check(key, &value).map(|()| value))
    {
        Ok(value) => {
            settings.values.insert(key.path, Setting { value, origin });
        }
        Err(message) => problems.push(Problem {
            origin: Some(origin),
            key: key.path.to_owned(),
            message,
            hint: Some(example_of(key)),
        }),
    }
}

/// A line that may stand in the file as it is.
fn example_of(key: &Key) -> String {
    format!("for example: {} = {}  # {}", key.path, key.example, key.meaning)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Problem {
    let (message, hint) = match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "`zegel config example` prints one to begin with; --config names another",
        ),
        std::io::ErrorKind::IsADirectory => {
            ("it is a folder".to_owned(), "name the file in it with --config")
        }
        std::io::ErrorKind::PermissionDenied => (
            "permission denied".to_owned(),
            "run this as the user whom the file lets read, that of the service",
        ),
        _ => (error.to_string(), "--config names another"),
    };
    Problem {
        origin: None,
        key: String::new(),
        message: format!("cannot read `{}`: {message}", file.display()),
        hint: Some(hint.to_owned()),
    }
}

/// Says what is wrong with `value` for `key`, if anything is.
fn check(key: &Key, value: &toml::Value) -> Result<(), String> {
    let text = || {
        value
            .as_str()
            .ok_or_else(|| format!("expected a text in quotes, found `{value}`"))
    };
    let number = |least: i64, most: i64| match value.as_integer() {
        Some(found) if (least..=most).contains(&found) => Ok(()),
        _ => Err(format!(
            "expected a whole number from {least} to {most}, found `{value}`"
        )),
    };
    match key.form {
        Form::Boolean => value
            .as_bool()
            .map(|_| ())
            .ok_or_else(|| format!("expected true or false, found `{value}`")),
        Form::Choice(words) => {
            let found = text()?;
            if words.contains(&found) {
                return Ok(());
            }
            Err(format!("expected one of {}, found `{found}`", words.join(", ")))
        }
        Form::List => value
            .as_array()
            .filter(|items| items.iter().all(toml::Value::is_str))
            .map(|_| ())
            .ok_or_else(|| format!("expected a list of texts, found `{value}`")),
        Form::Number { least, most } | Form::Seconds { least, most } => number(least, most),
        Form::Path | Form::Text => match text()? {
            "" => Err("expected a text that is not empty".to_owned()),
            _ => Ok(()),
        },
        Form::PublicUrl => check_public_url(text()?),
        Form::Socket => {
            let found = text()?;
            found
                .parse::<SocketAddr>()
                .map(|_| ())
                .map_err(|_| format!("expected an address and port like 127.0.0.1:8443, found `{found}`"))
        }
    }
}

/// The address must be exactly what a browser reports as origin: the card signs this text.
fn check_public_url(found: &str) -> Result<(), String> {
    let wrong = || format!("expected https://host or https://host:port in lower case, found `{found}`");
    let url = url::Url::parse(found).map_err(|_| wrong())?;
    let same = url.origin().ascii_serialization() == found;
    if url.scheme() == "https" && same {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// Levenshtein distance, for "did you mean".
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, character) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index.saturating_add(1);
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let cost = diagonal.saturating_add(usize::from(character != *other));
            diagonal = *cell;
            *cell = cost.min(before.saturating_add(1)).min(cell.saturating_add(1));
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = index.saturating_add(1);
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// Collects what is wrong with merged settings, with the origin of each.
pub(super) struct Reader<'s> {
    settings: &'s Settings,
    base: &'s Path,
    pub(super) problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    pub(super) const fn new(settings: &'s Settings, base: &'s Path) -> Self {
        Self {
            settings,
            base,
            problems: Vec::new(),
        }
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.str(key).unwrap_or_default().to_owned()
    }

    fn str(&self, key: &str) -> Option<&'s str> {
        self.settings.get(key).and_then(|setting| setting.value.as_str())
    }

    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.str(key).map(|text| self.base.join(text))
    }

    fn number(&self, key: &str) -> i64 {
        let setting = self.settings.get(key);
        setting
            .and_then(|setting| setting.value.as_integer())
            .unwrap_or_default()
    }

    pub(super) fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(u64::try_from(self.number(key)).unwrap_or_default())
    }

    pub(super) fn yes(&self, key: &str) -> bool {
        let setting = self.settings.get(key);
        setting
            .and_then(|setting| setting.value.as_bool())
            .unwrap_or_default()
    }

    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let items = self
            .settings
            .get(key)
            .and_then(|setting| setting.value.as_array());
        items
            .into_iter()
            .flatten()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    }

    pub(super) fn wrong(&mut self, key: &str, message: String) {
        let origin = self.settings.get(key).map(|setting| setting.origin.clone());
        self.problems.push(Problem {
            origin,
            key: key.to_owned(),
            message,
            hint: None,
        });
    }
}

/// Turns merged settings into a [`Config`], checking what no single key can: combinations and files.
///
/// `base`: the folder that relative paths count from.
///
/// # Errors
/// Every problem at once.
pub fn resolve(settings: &Settings, base: &Path) -> Result<Config, Vec<Problem>> {
    let mut reader = Reader::new(settings, base);
    let desk = desk::read(&mut reader);
    let tls = match (
        reader.path("server.tls_certificate"),
        reader.path("server.tls_key"),
    ) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            reader.wrong(
                "server.tls_key",
                "the certificate and the key are given together or not at all".to_owned(),
            );
            None
        }
    };
    let mut trusted_proxies = Vec::new();
    for proxy in reader.list("server.trusted_proxies") {
        match proxy.parse::<IpAddr>() {
            Ok(address) => trusted_proxies.push(address),
            Err(_) => reader.wrong(
                "server.trusted_proxies",
                format!("`{proxy}` is not an IP address"),
            ),
        }
    }
    // Whoever ends TLS in front of the service brings visitors from anywhere to a socket on loopback.
    if desk.counter.enabled && tls.is_none() && trusted_proxies.is_empty() {
        reader.wrong(
            "counter.enabled",
            "needs server.tls_certificate, or the proxy that does TLS named in server.trusted_proxies: otherwise \
             every visitor behind that proxy counts as sitting at this computer"
                .to_owned(),
        );
    }
    let database_url = anchor_sqlite(reader.text("database.url"), base);
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| database_url.starts_with(scheme)) {
        reader.wrong("database.url", "expected sqlite:PATH or postgres://…".to_owned());
    }
    let key_encryption_key_file = reader.path("keys.encryption_key_file").unwrap_or_default();
    for (key, file) in [
        ("keys.encryption_key_file", Some(&key_encryption_key_file)),
        (
            "server.tls_certificate",
            tls.as_ref().map(|(certificate, _)| certificate),
        ),
        ("server.tls_key", tls.as_ref().map(|(_, key)| key)),
    ] {
        if let Some(file) = file.filter(|file| !file.is_file()) {
            reader.wrong(key, format!("there is no file `{}`", file.display()));
        }
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    Ok(Config {
        environment: desk.environment,
        public_url: reader.text("public_url"),
        server: Server {
            listen: reader
                .text("server.listen")
                .parse()
                .unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 8443))),
            tls,
            trusted_proxies,
        },
        database_url,
        blobs: reader.path("storage.blobs").unwrap_or_default(),
        scratch: reader.path("storage.scratch").unwrap_or_default(),
        key_encryption_key_file,
        test_trust: desk.test_trust,
        outside: desk.outside,
        seals: desk.seals,
        counter: desk.counter,
        limits: Limits {
            upload_bytes: u64::try_from(reader.number("limits.upload_bytes")).unwrap_or_default(),
            documents: u32::try_from(reader.number("limits.documents")).unwrap_or_default(),
            attempts_per_address: u32::try_from(reader.number("limits.attempts_per_address"))
                .unwrap_or_default(),
            attempts: u32::try_from(reader.number("limits.attempts")).unwrap_or_default(),
        },
        log: reader.text("log"),
    })
}

/// A relative SQLite path counts from the folder of the configuration file, as every other path does.
fn anchor_sqlite(url: String, base: &Path) -> String {
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.starts_with('/') && !path.starts_with(':') => {
            format!("sqlite:{}", base.join(path.trim_start_matches("./")).display())
        }
        _ => url,
    }
}

/// Whether a PIN program is the laboratory's: the words `lab` and then `pinentry`, by whatever path, wrapper or shell
/// it is called. What a script on disk does inside is not looked at.
pub fn is_laboratory_program(argv: &[String]) -> bool {
    let is_between_words = |c: char| c.is_whitespace() || "\"'`\\;&|()<>{}$".contains(c);
    argv.iter()
        .flat_map(|argument| argument.split(is_between_words))
        .skip_while(|word| *word != "lab")
        .any(|word| word == "pinentry")
}

/// Reads, merges and resolves in one go. Relative paths count from the folder of the first file.
///
/// # Errors
/// Every problem at once.
pub fn load(files: &[PathBuf], environment: &[(String, String)]) -> Result<Config, Vec<Problem>> {
    let settings = merge(files, environment)?;
    resolve(&settings, base_of(files))
}

/// The folder that relative paths count from.
pub(super) fn base_of(files: &[PathBuf]) -> &Path {
    files
        .first()
        .and_then(|file| file.parent())
        .unwrap_or(Path::new("."))
}

/// The variables of this process that begin `ZEGEL_`.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
pub fn environment() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("ZEGEL_"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str, environment: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("zegel.toml");
        std::fs::write(&file, text).unwrap();
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        merge(&[file], &environment)
    }

    const GOOD: &str = "environment = \"test\"\npublic_url = \"https://localhost:8443\"\n[database]\n\
                        url = \"sqlite:zegel.db\"\n[storage]\nblobs = \"b\"\nscratch = \"s\"\n[keys]\n\
                        encryption_key_file = \"kek\"\n";

    #[test]
    fn files_and_environment_merge_in_that_order() {
        let settings = merged(
            GOOD,
            &[("ZEGEL_DATABASE__URL", "postgres://x/y"), ("ZEGEL_VENV", "x")],
        )
        .unwrap();
        let url = settings.get("database.url").unwrap();
        assert_eq!(url.value.as_str(), Some("postgres://x/y"));
        assert_eq!(url.origin, Origin::Environment("ZEGEL_DATABASE__URL".to_owned()));
        assert_eq!(settings.get("log").unwrap().origin, Origin::Default);
        assert!(matches!(
            settings.get("public_url").unwrap().origin,
            Origin::File { line: 2, .. }
        ));
    }

    #[test]
    fn every_problem_is_reported_at_once_with_its_line() {
        let text = "environment = \"prod\"\npublic_url = \"http://X/\"\n[server]\nlisten = 5\nlisen = \"a\"\n\
                    [limits]\ndocuments = 0\n[nonsense]\na = 1\n";
        let problems = merged(text, &[("ZEGEL_SERVER__LISTN", "x")]).unwrap_err();
        let seen: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let expect = |key: &str, line: Option<usize>| {
            assert!(
                problems.iter().any(|problem| problem.key == key
                    && match (&problem.origin, line) {
                        (Some(Origin::File { line: found, .. }), Some(line)) => *found == line,
                        (_, None) => true,
                        _ => false,
                    }),
                "{key} {line:?} in {seen:#?}"
            );
        };
        expect("environment", Some(1));
        expect("public_url", Some(2));
        expect("server.listen", Some(4));
        expect("server.lisen", Some(5));
        expect("limits.documents", Some(7));
        expect("nonsense", Some(8));
        expect("server.listn", None);
        expect("database.url", None);
        let typo = problems
            .iter()
            .find(|problem| problem.key == "server.lisen")
            .unwrap();
        assert_eq!(typo.hint.as_deref(), Some("did you mean `server.listen`?"));
    }

    #[test]
    fn bad_toml_says_where() {
        let problems = merged("environment = \n", &[]).unwrap_err();
        assert!(
            matches!(problems[0].origin, Some(Origin::File { line: 1, .. })),
            "{problems:?}"
        );
    }

    #[test]
    fn public_urls_are_origins() {
        for (text, good) in [
            ("https://zegel.example", true),
            ("https://localhost:8443", true),
            ("https://zegel.example/", false),
            ("https://zegel.example:443", false),
            ("https://Zegel.example", false),
            ("http://zegel.example", false),
            ("https://zegel.example/path", false),
            ("https://user@zegel.example", false),
            ("zegel.example", false),
        ] {
            assert_eq!(check_public_url(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn production_refuses_the_laboratory() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kek"), [0; 32]).unwrap();
        let text = GOOD.replace("\"test\"", "\"production\"")
            + "[trust]\ntest_folder = \".\"\n[counter]\nenabled = true\npin_program = [\"zegel\", \"lab\", \"pinentry\"]\n\
               [server]\ntrusted_proxies = [\"127.0.0.1\"]\n";
        let file = folder.path().join("zegel.toml");
        std::fs::write(&file, text).unwrap();
        let problems = load(&[file], &[]).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["trust.test_folder", "counter.pin_program"]);
    }

    #[test]
    fn the_laboratorys_pin_program_is_known_behind_a_wrapper_and_others_are_not_taken_for_it() {
        for (argv, expected) in [
            (&["zegel", "lab", "pinentry"][..], true),
            (&["/opt/zegel/bin/zegel", "lab", "pinentry", "--at", "x"], true),
            (&["zegel", "--format", "json", "lab", "pinentry"], true),
            (&["zegel", "lab", "--format", "json", "pinentry"], true),
            (&["timeout", "30", "zegel", "lab", "pinentry"], true),
            (&["sh", "-c", "zegel lab pinentry"], true),
            (&["sh", "-c", "exec zegel 'lab' \"pinentry\""], true),
            (&["sh", "-c", "(zegel lab\tpinentry;true)"], true),
            (&["/usr/bin/pinentry-gnome3"], false),
            (&["/usr/bin/env", "pinentry"], false),
            (&["env", "LAB=1", "pinentry"], false),
            (&["/home/lab/bin/pinentry"], false),
            (&["pinentry", "lab"], false),
            (&[], false),
        ] {
            let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(is_laboratory_program(&argv), expected, "{argv:?}");
        }
    }

    #[test]
    fn a_counter_needs_to_know_who_brings_its_visitors() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["kek", "chain.pem", "key.pem"] {
            std::fs::write(folder.path().join(name), [0; 32]).unwrap();
        }
        let counter = "[counter]\nenabled = true\npin_program = [\"/usr/bin/pinentry\"]\n";
        let tls = "[server]\ntls_certificate = \"chain.pem\"\ntls_key = \"key.pem\"\n";
        let proxy = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";
        for (rest, expected) in [
            (counter.to_owned(), Err(vec!["counter.enabled".to_owned()])),
            (format!("{counter}{tls}"), Ok(())),
            (format!("{counter}{proxy}"), Ok(())),
            (counter.replace("true", "false"), Ok(())),
        ] {
            let file = folder.path().join("zegel.toml");
            std::fs::write(&file, format!("{GOOD}{rest}")).unwrap();
            let outcome = load(&[file], &[]).map(|_| ());
            let keys = |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.key).collect();
            assert_eq!(outcome.map_err(keys), expected, "{rest}");
        }
    }
}
