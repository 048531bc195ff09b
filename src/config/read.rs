//! Reading files and environment, and reporting every problem at once.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Form, KEYS, Key, find};
use super::{Config, Counter, Environment, Limits, Outside, Server};

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
    for file in files {
        match std::fs::read_to_string(file) {
            Ok(text) => merge_text(&mut settings, &mut problems, file, &text),
            Err(error) => problems.push(Problem {
                origin: None,
                key: String::new(),
                message: format!("cannot read `{}`: {error}", file.display()),
                hint: None,
            }),
        }
    }
    for (name, value) in environment {
        merge_variable(&mut settings, &mut problems, name, value);
    }
    for key in KEYS
        .iter()
        .filter(|key| key.required && !settings.values.contains_key(key.path))
    {
        problems.push(Problem {
            origin: None,
            key: key.path.to_owned(),
            message: "is missing".to_owned(),
            hint: Some(format!("{} For example: {}", key.meaning, key.example)),
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

fn merge_text(settings: &mut Settings, problems: &mut Vec<Problem>, file: &Path, text: &str) {
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
            return;
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
        .min_by_key(|key| distance(key.path, path))
        .map(|key| key.path);
    Problem {
        origin: Some(origin),
        key: path.to_owned(),
        message: "there is no such setting".to_owned(),
        hint: nearest.map(|nearest| format!("did you mean `{nearest}`?")),
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
            hint: Some(format!("{} For example: {}", key.meaning, key.example)),
        }),
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

/// Turns merged settings into a [`Config`], checking what no single key can: combinations and files.
///
/// `base`: the folder that relative paths count from.
///
/// # Errors
/// Every problem at once.
pub fn resolve(settings: &Settings, base: &Path) -> Result<Config, Vec<Problem>> {
    let text = |path: &str| {
        settings
            .get(path)
            .and_then(|s| s.value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let path = |key: &str| {
        settings
            .get(key)
            .and_then(|s| s.value.as_str())
            .map(|text| base.join(text))
    };
    let number = |key: &str| {
        settings
            .get(key)
            .and_then(|s| s.value.as_integer())
            .unwrap_or_default()
    };
    let seconds = |key: &str| Duration::from_secs(u64::try_from(number(key)).unwrap_or_default());
    let yes = |key: &str| {
        settings
            .get(key)
            .and_then(|s| s.value.as_bool())
            .unwrap_or_default()
    };
    let list = |key: &str| -> Vec<String> {
        let items = settings.get(key).and_then(|s| s.value.as_array());
        items
            .into_iter()
            .flatten()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    let mut problems = Vec::new();
    let mut wrong = |key: &str, message: String| {
        let origin = settings.get(key).map(|setting| setting.origin.clone());
        problems.push(Problem {
            origin,
            key: key.to_owned(),
            message,
            hint: None,
        });
    };

    let environment = if text("environment") == "test" {
        Environment::Test
    } else {
        Environment::Production
    };
    let test_trust = path("trust.test_folder");
    if test_trust.is_some() && environment == Environment::Production {
        wrong(
            "trust.test_folder",
            "is allowed in a test environment only".to_owned(),
        );
    }
    let tls = match (path("server.tls_certificate"), path("server.tls_key")) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            wrong(
                "server.tls_key",
                "the certificate and the key are given together or not at all".to_owned(),
            );
            None
        }
    };
    let mut trusted_proxies = Vec::new();
    for proxy in list("server.trusted_proxies") {
        match proxy.parse::<IpAddr>() {
            Ok(address) => trusted_proxies.push(address),
            Err(_) => wrong(
                "server.trusted_proxies",
                format!("`{proxy}` is not an IP address"),
            ),
        }
    }
    let database_url = anchor_sqlite(text("database.url"), base);
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| database_url.starts_with(scheme)) {
        wrong("database.url", "expected sqlite:PATH or postgres://…".to_owned());
    }
    let pin_program = list("counter.pin_program");
    if yes("counter.enabled") && pin_program.is_empty() {
        wrong(
            "counter.pin_program",
            "is needed when the counter's reader is used".to_owned(),
        );
    }
    if environment == Environment::Production && is_laboratory_program(&pin_program) {
        wrong(
            "counter.pin_program",
            "is the laboratory's PIN program, which production refuses".to_owned(),
        );
    }
    let mut hosts = list("outside.hosts");
    let time_stamp_urls = list("outside.time_stamp_urls");
    for address in &time_stamp_urls {
        match url::Url::parse(address)
            .ok()
            .filter(|url| ["http", "https"].contains(&url.scheme()))
        {
            Some(url) => hosts.extend(url.host_str().map(str::to_owned)),
            None => wrong(
                "outside.time_stamp_urls",
                format!("`{address}` is not an http or https address"),
            ),
        }
    }
    hosts.sort();
    hosts.dedup();
    let key_encryption_key_file = path("keys.encryption_key_file").unwrap_or_default();
    for (key, file) in [
        ("keys.encryption_key_file", Some(&key_encryption_key_file)),
        (
            "server.tls_certificate",
            tls.as_ref().map(|(certificate, _)| certificate),
        ),
        ("server.tls_key", tls.as_ref().map(|(_, key)| key)),
    ] {
        if let Some(file) = file.filter(|file| !file.is_file()) {
            wrong(key, format!("there is no file `{}`", file.display()));
        }
    }
    if let Some(folder) = test_trust.as_ref().filter(|folder| !folder.is_dir()) {
        wrong(
            "trust.test_folder",
            format!("there is no folder `{}`", folder.display()),
        );
    }

    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Config {
        environment,
        public_url: text("public_url"),
        server: Server {
            listen: text("server.listen")
                .parse()
                .unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 8443))),
            tls,
            trusted_proxies,
        },
        database_url,
        blobs: path("storage.blobs").unwrap_or_default(),
        scratch: path("storage.scratch").unwrap_or_default(),
        key_encryption_key_file,
        test_trust,
        outside: Outside {
            hosts,
            private_addresses: yes("outside.private_addresses"),
            timeout: seconds("outside.timeout_seconds"),
            time_stamp_urls,
        },
        counter: Counter {
            enabled: yes("counter.enabled"),
            pin_program,
            readers_to_skip: list("counter.readers_to_skip"),
            pin_timeout: seconds("counter.pin_timeout_seconds"),
        },
        limits: Limits {
            upload_bytes: u64::try_from(number("limits.upload_bytes")).unwrap_or_default(),
            documents: u32::try_from(number("limits.documents")).unwrap_or_default(),
        },
        log: text("log"),
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

/// Whether a PIN program is the laboratory's: `zegel lab pinentry …`, by whatever path it is called.
pub fn is_laboratory_program(argv: &[String]) -> bool {
    argv.iter()
        .skip(1)
        .any(|argument| argument == "pinentry" || argument == "lab")
}

/// Reads, merges and resolves in one go. Relative paths count from the folder of the first file.
///
/// # Errors
/// Every problem at once.
pub fn load(files: &[PathBuf], environment: &[(String, String)]) -> Result<Config, Vec<Problem>> {
    let settings = merge(files, environment)?;
    let base = files
        .first()
        .and_then(|file| file.parent())
        .unwrap_or(Path::new("."))
        .to_owned();
    resolve(&settings, &base)
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
            + "[trust]\ntest_folder = \".\"\n[counter]\nenabled = true\npin_program = [\"zegel\", \"lab\", \"pinentry\"]\n";
        let file = folder.path().join("zegel.toml");
        std::fs::write(&file, text).unwrap();
        let problems = load(&[file], &[]).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["trust.test_folder", "counter.pin_program"]);
    }
}
