//! The part of the settings that work at this computer's reader needs. Start from [`Desk`].

use std::path::PathBuf;

use super::read::{Problem, Reader, base_of, is_laboratory_program, merge_needing};
use super::seals::{self, SealSettings};
use super::{Counter, Environment, Outside};
use crate::base::digest::Sha256Digest;
use crate::fetch::http::FetchRules;
use crate::pki::ocsp::ResponderRules;
use crate::pki::trust::Trust;

/// What a person who signs with the card here needs: no database, no storage, no address of a service.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Production or test.
    pub environment: Environment,
    /// Folder with laboratory trust; only in a test environment.
    pub test_trust: Option<PathBuf>,
    /// How outside services are asked.
    pub outside: Outside,
    /// The reader at this computer.
    pub counter: Counter,
    /// The boards' seals.
    pub seals: Vec<SealSettings>,
}

/// Reads, merges and checks what a desk needs. Without any file it is production with the defaults.
///
/// # Errors
/// Every problem at once, those of keys that only a service needs too: a file with an error is not half-believed.
pub fn load(files: &[PathBuf], environment: &[(String, String)]) -> Result<Desk, Vec<Problem>> {
    let has_file = !files.is_empty();
    // A file says whether it is test or production; without one it is production.
    let settings = merge_needing(files, environment, |key| has_file && key.path == "environment")?;
    let mut reader = Reader::new(&settings, base_of(files));
    let desk = read(&mut reader);
    if reader.problems.is_empty() {
        Ok(desk)
    } else {
        Err(reader.problems)
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Desk {
    let environment = if reader.text("environment") == "test" {
        Environment::Test
    } else {
        Environment::Production
    };
    let test_trust = reader.path("trust.test_folder");
    if test_trust.is_some() && environment == Environment::Production {
        reader.wrong(
            "trust.test_folder",
            "is allowed in a test environment only".to_owned(),
        );
    }
    if let Some(folder) = test_trust.as_ref().filter(|folder| !folder.is_dir()) {
        reader.wrong(
            "trust.test_folder",
            format!("there is no folder `{}`", folder.display()),
        );
    }
    let pin_program = reader.list("counter.pin_program");
    if reader.yes("counter.enabled") && pin_program.is_empty() {
        reader.wrong(
            "counter.pin_program",
            "is needed when the counter's reader is used".to_owned(),
        );
    }
    if environment == Environment::Production && is_laboratory_program(&pin_program) {
        reader.wrong(
            "counter.pin_program",
            "is the laboratory's PIN program, which production refuses".to_owned(),
        );
    }
    let seals = match reader.path("seals.file").map(|file| seals::load(&file)) {
        None => Vec::new(),
        Some(Ok(seals)) => seals,
        Some(Err(error)) => {
            reader.wrong("seals.file", error.to_string());
            Vec::new()
        }
    };
    let mut outside = outside(reader);
    outside.hosts.extend(seals.iter().flat_map(SealSettings::hosts));
    Desk {
        environment,
        test_trust,
        seals,
        outside,
        counter: Counter {
            enabled: reader.yes("counter.enabled"),
            pin_program,
            keypad: reader.yes("counter.keypad"),
            readers_to_skip: reader.list("counter.readers_to_skip"),
            pin_timeout: reader.seconds("counter.pin_timeout_seconds"),
        },
    }
}

impl Outside {
    /// What may be called: the hosts named here, and those of `trust`.
    pub fn fetch_rules(&self, trust: &Trust) -> FetchRules {
        let mut rules = FetchRules::new(self.hosts.clone(), trust.data().hosts().to_vec());
        if let Some(lists) = trust.list_anchors() {
            rules.domains.extend(lists.hosts.iter().cloned());
        }
        rules.private_addresses = self.private_addresses;
        rules.deadline = self.timeout;
        rules
    }
}

fn outside(reader: &mut Reader<'_>) -> Outside {
    let mut hosts = reader.list("outside.hosts");
    let time_stamp_urls = reader.list("outside.time_stamp_urls");
    for address in &time_stamp_urls {
        match time_stamp_host(address) {
            Some(host) => hosts.push(host),
            None => reader.wrong(
                "outside.time_stamp_urls",
                format!("`{address}` is not an http or https address"),
            ),
        }
    }
    hosts.sort();
    hosts.dedup();
    let mut time_stamp_policies = Vec::new();
    for policy in reader.list("outside.time_stamp_policies") {
        match policy.parse() {
            Ok(policy) => time_stamp_policies.push(policy),
            Err(_) => reader.wrong(
                "outside.time_stamp_policies",
                format!("`{policy}` is no object identifier"),
            ),
        }
    }
    Outside {
        hosts,
        private_addresses: reader.yes("outside.private_addresses"),
        timeout: reader.seconds("outside.timeout_seconds"),
        time_stamp_urls,
        time_stamp_policies,
        responders: responders(reader),
    }
}

/// What is said of single OCSP responders.
fn responders(reader: &mut Reader<'_>) -> ResponderRules {
    let without_nonce = reader.list("outside.ocsp_without_nonce");
    let fingerprint = |text: &str| Sha256Digest::from_hex(text.trim());
    let mut configured = Vec::new();
    for pair in reader.list("outside.ocsp_responders") {
        let parsed = pair
            .split_once('=')
            .and_then(|(authority, responder)| Some((fingerprint(authority)?, fingerprint(responder)?)));
        match parsed {
            Some(pair) => configured.push(pair),
            None => reader.wrong(
                "outside.ocsp_responders",
                format!("expected two SHA-256 fingerprints with `=` between them, found `{pair}`"),
            ),
        }
    }
    ResponderRules::new(without_nonce, configured)
}

/// The host of a time-stamping service's address, with its port where that is not the usual one; `None` when it is no
/// http or https address.
pub fn time_stamp_host(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let host = url.host_str()?;
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    ["http", "https"].contains(&url.scheme()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(text: &str) -> Result<Desk, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("trust")).unwrap();
        let file = folder.path().join("zegel.toml");
        std::fs::write(&file, text).unwrap();
        let shown = |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.key).collect();
        load(&[file], &[]).map_err(shown)
    }

    #[test]
    fn without_a_file_it_is_production() {
        let desk = load(&[], &[]).unwrap();
        assert_eq!(desk.environment, Environment::Production);
        assert_eq!(desk.test_trust, None);
        assert!(!desk.outside.private_addresses);
    }

    #[test]
    fn a_file_needs_no_more_than_to_say_what_it_is() {
        assert_eq!(
            desk("environment = \"test\"\n").unwrap().environment,
            Environment::Test
        );
        assert_eq!(desk("log = \"info\"\n").unwrap_err(), ["environment"]);
        assert_eq!(
            desk("environment = \"test\"\n[servr]\n").unwrap_err(),
            ["servr"],
            "an unknown key is an error here too"
        );
    }

    #[test]
    fn production_refuses_the_laboratory_at_the_desk_too() {
        let text = "environment = \"production\"\n[trust]\ntest_folder = \"trust\"\n\
                    [counter]\npin_program = [\"zegel\", \"lab\", \"pinentry\"]\n";
        assert_eq!(
            desk(text).unwrap_err(),
            ["trust.test_folder", "counter.pin_program"]
        );
    }
}
