//! A laboratory with its house open, and the steps a person makes in it.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zegel::base::clock::{Clock, SystemClock};
use zegel::base::random::{Random, SystemRandom};
use zegel::lab::Lab;
use zegel::lab::application::Provider;
use zegel::lab::card::Fault;
use zegel::lab::host::CardRequest;
use zegel::lab::house::{self, House, HouseSettings, Service};
use zegel::lab::walker::{self, Walker};
use zegel::store::db::Db;

use crate::ades::judges::text;
use crate::lab::reader;
use crate::support::{TestFolder, judge};

/// Longer than anything here may take; a wait that ends this way is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Fields are dropped in this order: service, application, laboratory, folder.
pub(super) struct Town {
    service: Option<Service>,
    application: actix_web::dev::ServerHandle,
    pub(super) house: House,
    pub(super) lab: Lab,
    pub(super) folder: TestFolder,
}

impl Drop for Town {
    fn drop(&mut self) {
        drop(self.service.take());
        // The server's own future ends with the runtime; nobody waits for it here.
        drop(self.application.stop(false));
    }
}

impl Town {
    /// A town with these cards, on `database` or on SQLite; `None`, said aloud, without a reader daemon.
    pub(super) async fn open(cards: &[&str], database: Option<String>) -> Option<Self> {
        let folder = TestFolder::new("house");
        let settings = reader::settings(&folder.path().join("lab"), cards)?;
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (Arc::new(SystemClock::new()), Arc::new(SystemRandom));
        let lab = Lab::start(settings, clock.clone(), random.clone()).unwrap();
        let settings = HouseSettings {
            folder: folder.path().join("house"),
            program: env!("CARGO_BIN_EXE_zegel").into(),
            service_port: 0,
            application_port: 0,
            with_seal: false,
            database_url: database,
        };
        let house = House::prepare(&lab, settings, clock, random.clone())
            .await
            .unwrap();
        let service = house.open().await.unwrap();
        let application = house
            .serve_application(Arc::new(house::decision), random)
            .unwrap();
        let handle = application.handle();
        actix_web::rt::spawn(application);
        Some(Self {
            service: Some(service),
            application: handle,
            house,
            lab,
            folder,
        })
    }

    /// Ends the service as a power cut would.
    pub(super) fn kill(&mut self) {
        self.service.take().unwrap().kill();
    }

    /// Starts it again in its folder.
    pub(super) async fn reopen(&mut self) {
        self.service = Some(self.house.open().await.unwrap());
    }

    /// Waits until clients of the reader daemon see exactly these many cards: it looks every 400 ms.
    fn settle(&self, cards: usize) {
        let (name, socket) = self.lab.environment();
        let started = Instant::now();
        loop {
            let output = Command::new(env!("CARGO_BIN_EXE_zegel"))
                .args(["card", "readers", "--format", "json"])
                .env(name, &socket)
                .output()
                .unwrap();
            let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let count = seen["readers"]
                .as_array()
                .map(|readers| readers.iter().filter(|one| one["card"] == "eid").count());
            if count == Some(cards) {
                // The service watches the same daemon; it was told in the same moment.
                std::thread::sleep(Duration::from_millis(100));
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{cards} cards expected: {seen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// These cards and no others are in the readers, and everybody has seen it.
    pub(super) fn hold(&self, cards: &[&str]) {
        let states = self.lab.cards(&CardRequest::List).unwrap();
        let inside: Vec<&str> = states
            .iter()
            .filter(|state| state.reader.is_some())
            .map(|state| state.card.as_str())
            .collect();
        for card in inside.iter().filter(|card| !cards.contains(card)) {
            self.lab.remove(card).unwrap();
        }
        self.settle(inside.iter().filter(|card| cards.contains(card)).count());
        for card in cards.iter().filter(|card| !inside.contains(card)) {
            self.lab.insert(card).unwrap();
        }
        self.settle(cards.len());
    }

    /// Disconnects all readers, or connects them again, and waits until the service's watcher must have seen it.
    pub(super) fn connect_readers(&self, connected: bool) {
        self.lab.cards(&CardRequest::Readers { connected }).unwrap();
        if connected {
            self.settle(0);
        }
    }

    /// `zegel` with the house's settings and its readers, as an operator at its machine runs it; must succeed.
    pub(super) fn operator(&self, arguments: &[&str]) -> serde_json::Value {
        let (name, socket) = self.lab.environment();
        let output = Command::new(env!("CARGO_BIN_EXE_zegel"))
            .args(arguments)
            .arg("--config")
            .arg(self.house.configuration_file())
            .args(["--format", "json"])
            .env(name, &socket)
            .output()
            .unwrap();
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {messages}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What the application was given, for a client that does what the application would not.
    pub(super) fn provider(&self) -> Provider {
        Provider::new(self.house.registration().clone(), self.house.http().clone())
    }

    pub(super) fn fault(&self, card: &str, fault: Fault) {
        let card = card.to_owned();
        self.lab.cards(&CardRequest::Fault { card, fault }).unwrap();
    }

    pub(super) fn clear(&self, card: &str) {
        let card = card.to_owned();
        self.lab.cards(&CardRequest::ClearFaults { card }).unwrap();
    }

    pub(super) fn set_tries(&self, card: &str, tries: u8) {
        let (card, pin, tries_left) = (card.to_owned(), None, Some(tries));
        self.lab
            .cards(&CardRequest::Pin {
                card,
                pin,
                tries_left,
            })
            .unwrap();
    }

    pub(super) fn tries(&self, card: &str) -> u8 {
        let states = self.lab.cards(&CardRequest::List).unwrap();
        states.iter().find(|state| state.card == card).unwrap().tries_left
    }

    /// The cookies of a browser: whoever has them is that person.
    pub(super) fn secrets(&self, walker: &Walker) -> Vec<String> {
        let values: Vec<String> = walker
            .cookies()
            .map(str::to_owned)
            .filter(|value| value.len() >= 20)
            .collect();
        assert!(!values.is_empty());
        values
    }

    /// A new browser on the application's page, sent to log in.
    pub(super) async fn visitor(&self) -> Walker {
        let mut walker = Walker::new(self.house.http().clone());
        walker.go(&self.house.application_url()).await.unwrap();
        walker.send("/login", &[]).await.unwrap();
        walker
    }

    /// A browser logged in to the application with the card in the reader, in the first capacity offered.
    pub(super) async fn logged_in(&self) -> Walker {
        let mut walker = self.visitor().await;
        assert_eq!(act(&mut walker, &[]).await, None, "{}", walker.page().html);
        walker.send("/capacity", &[]).await.unwrap();
        assert!(
            walker.page().html.contains("id=\"welcome\""),
            "{}",
            walker.page().html
        );
        walker
    }

    /// The application sends a decision; its address for signers.
    pub(super) async fn send(&self, walker: &mut Walker) -> String {
        walker.go(&self.house.application_url()).await.unwrap();
        walker.send("/send", &[]).await.unwrap();
        walker::link(&walker.page().html, "sign").unwrap()
    }

    /// A browser of the person whose card is in the reader, on the page of the document, and what that page says when
    /// they may not sign.
    pub(super) async fn signer(&self, address: &str) -> (Walker, Option<String>) {
        let mut walker = Walker::new(self.house.http().clone());
        walker.go(address).await.unwrap();
        let said = act(&mut walker, &[]).await;
        assert!(
            walker.page().address.starts_with(address),
            "{}",
            walker.page().html
        );
        (walker, said)
    }

    /// Waits until the session of this browser has ended with its card: the document's page asks who is there.
    pub(super) async fn logged_out(&self, walker: &mut Walker, address: &str) {
        let started = Instant::now();
        loop {
            walker.go(address).await.unwrap();
            if walker.page().address.contains("/interaction/") {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "the session never ended");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Logs a browser in again whose session ended with its card; what the page says when that goes wrong.
    pub(super) async fn log_in_again(&self, walker: &mut Walker, address: &str) -> Option<String> {
        self.logged_out(walker, address).await;
        act(walker, &[]).await
    }

    /// The state of its request that the application's page shows.
    pub(super) async fn state(&self, walker: &mut Walker) -> String {
        walker.go(&self.house.application_url()).await.unwrap();
        let shown = walker.page().html.split_once("<dd id=\"state\">");
        let (_, rest) = shown.unwrap_or_else(|| panic!("{}", walker.page().html));
        rest.split_once('<').unwrap().0.to_owned()
    }

    /// Waits until the application's page shows this state.
    pub(super) async fn until(&self, walker: &mut Walker, state: &str) {
        let started = Instant::now();
        loop {
            let seen = self.state(walker).await;
            if seen == state {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "`{seen}` and never `{state}`");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let started = Instant::now();
        while !is_so() {
            assert!(started.elapsed() < PATIENCE, "never: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As if time had passed: jobs that wait for their moment run at the next look.
    pub(super) async fn make_jobs_due(&self) {
        let config = std::fs::read_to_string(self.house.configuration_file()).unwrap();
        let config: toml::Table = config.parse().unwrap();
        let db = Db::open(config["database"]["url"].as_str().unwrap())
            .await
            .unwrap();
        db.script_for_tests("UPDATE job SET next_run_at = 0 WHERE done_at IS NULL")
            .await
            .unwrap();
        db.close().await;
    }

    /// Changes a letter in each stored document; how many.
    pub(super) fn change_documents(&self) -> usize {
        let house = self.folder.path().join("house");
        let mut folders = vec![house.join("blobs"), house.join("scratch")];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let mut bytes = std::fs::read(&path).unwrap();
                if let Some(at) = bytes.windows(9).position(|part| part == b"endstream") {
                    bytes[at - 2] ^= 1;
                    std::fs::write(&path, bytes).unwrap();
                    count += 1;
                }
            }
        }
        count
    }

    /// The application fetches what was sealed, and the command line judges it offline: two signatures at B-LTA with
    /// their verdicts, and poppler's own opinion of them.
    pub(super) async fn sealed(&self, walker: &mut Walker) {
        assert_eq!(self.state(walker).await, "completed");
        let document = walker.download("/document").await.unwrap();
        let proof = walker.download("/proof").await.unwrap();
        self.is_sealed(&document, &proof);
    }

    /// As [`Self::sealed`], for any request of the application.
    pub(super) async fn sealed_request(&self, id: &str) {
        let provider = self.provider();
        let document = provider.delivery(id, "document").await.unwrap();
        let proof = provider.delivery(id, "proof").await.unwrap();
        self.is_sealed(&document, &proof);
    }

    /// The command line finds each of `files` valid, with so many signatures, all at B-LTA.
    pub(super) fn are_valid(&self, files: &[Vec<u8>], signatures: usize) {
        let paths: Vec<_> = (0..files.len())
            .map(|number| self.folder.path().join(format!("valid-{number}.pdf")))
            .collect();
        for (path, file) in paths.iter().zip(files) {
            std::fs::write(path, file).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_zegel"))
            .args(["verify", "--format", "json", "--trust"])
            .arg(self.folder.path().join("house/trust"))
            .args(&paths)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let reports: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(reports.len(), files.len());
        for report in reports {
            let shown = report["signatures"].as_array().unwrap().iter();
            let shown: Vec<_> = shown.map(|signature| signature["level"].as_str()).collect();
            assert_eq!(shown, vec![Some("lta"); signatures], "{report:#}");
            assert_eq!(report["indication"], "TOTAL-PASSED", "{report:#}");
        }
    }

    fn is_sealed(&self, sealed: &[u8], proven: &[u8]) {
        let (document, proof) = (
            self.folder.path().join("sealed.pdf"),
            self.folder.path().join("proof.json"),
        );
        std::fs::write(&document, sealed).unwrap();
        std::fs::write(&proof, proven).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_zegel"))
            .args(["verify", "--format", "json", "--trust"])
            .arg(self.folder.path().join("house/trust"))
            .arg("--proof")
            .arg(&proof)
            .arg(&document)
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{report:#}");
        let signatures = report["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2, "{report:#}");
        for signature in signatures {
            assert_eq!(
                (
                    signature["level"].as_str(),
                    signature["attested"]["status"].as_str()
                ),
                (Some("lta"), Some("verified")),
                "{report:#}"
            );
        }
        if let Some(pdfsig) = judge("pdfsig") {
            let text = Command::new(pdfsig).arg(&document).output().unwrap().stdout;
            let text = String::from_utf8_lossy(&text).into_owned();
            assert_eq!(
                text.matches("Signature Validation: Signature is Valid.").count(),
                2,
                "{text}"
            );
        }
    }

    /// Presses through to the card from the page of the document; what the page says when it went wrong.
    pub(super) async fn sign(
        &self,
        walker: &mut Walker,
        address: &str,
        more: &[(&str, &str)],
    ) -> Option<String> {
        let confirm = format!("{address}/confirm");
        walker.go(&confirm).await.unwrap();
        if walker.page().address.contains("/interaction/") {
            // The session ended with its card: whoever's card is there now logs in first.
            if let Some(code) = act(walker, &[]).await {
                return Some(code);
            }
            walker.go(&confirm).await.unwrap();
        }
        if walker.form("/counter").is_none() {
            return Some(code(walker).unwrap_or_else(|| walker::heading(&walker.page().html)));
        }
        act(walker, more).await
    }
}

/// Asks for the card on this page and follows until something is decided: the code on the page, or `None`.
pub(super) async fn act(walker: &mut Walker, more: &[(&str, &str)]) -> Option<String> {
    walker.send("/counter", more).await.unwrap();
    follow(walker).await
}

/// Follows a waiting page to its end.
pub(super) async fn follow(walker: &mut Walker) -> Option<String> {
    while code(walker).is_none() && walker::attribute(&walker.page().html, "data-wait").is_some() {
        walker.wait().await.unwrap();
    }
    code(walker)
}

/// The code in the small print of a page that says what went wrong.
pub(super) fn code(walker: &Walker) -> Option<String> {
    let (_, rest) = walker.page().html.split_once("id=\"small-print\"")?;
    let (_, rest) = rest.split_once("<code>")?;
    Some(rest.split_once("</code>")?.0.to_owned())
}
