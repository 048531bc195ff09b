//! Two boards with their facts, applications, signers with sessions and cards, and the readers of this process.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use zegel::base::clock::{Clock, FixedClock};
use zegel::base::national::NationalNumber;
use zegel::base::time::Timestamp;
use zegel::fetch::{Fetcher, Fetching};
use zegel::http::csrf;
use zegel::identity::{AssuranceLevel, BoardId, Channel, Means, PersonId};
use zegel::journeys::App;
use zegel::journeys::login::SESSION_COOKIE;
use zegel::lab::card::{Personalised, VirtualCard};
use zegel::lab::demo;
use zegel::lab::persons::DemoPerson;
use zegel::lab::pki::Serial;
use zegel::mandates::NewFact;
use zegel::mandates::rules::RuleSet;
use zegel::oidc::secret::Opaque;
use zegel::oidc::session::{Session, SessionId};
use zegel::pki::need::Need;
use zegel::store::blobs::Blobs;
use zegel::store::boards::Board;
use zegel::store::db::Db;
use zegel::store::facts::{self, Snapshots};
use zegel::store::persons::{self, BoardPerson};
use zegel::store::sessions;

use crate::house::visitor::{Seen, Visitor};
use crate::house::world::{CALLBACK, SECRET, World, basic, registration, worlds};

pub(super) const READER: &str = "Reader 1";
pub(super) const RIGHT: &str = "echo 'D 1234'; echo OK";

/// What a [`Door`] waits for before it asks.
type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;
type Before = Box<dyn FnMut(&Need) -> Option<Wait> + Send>;

/// The door to the laboratory's services, at which something can happen before an answer comes.
pub(super) struct Door {
    services: Arc<dyn Fetcher>,
    before: Mutex<Option<Before>>,
}

impl Door {
    /// From now on `before` happens before each answer; when it returns something, that is waited for.
    pub(super) fn before(&self, before: impl FnMut(&Need) -> Option<Wait> + Send + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(before));
    }
}

impl Fetcher for Door {
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a> {
        let wait = self
            .before
            .lock()
            .unwrap()
            .as_mut()
            .and_then(|before| before(need));
        Box::pin(async move {
            if let Some(wait) = wait {
                wait.await;
            }
            self.services.fetch(need).await
        })
    }

    fn call<'a>(&'a self, call: &'a zegel::ades::device::Call) -> zegel::fetch::Calling<'a> {
        self.services.call(call)
    }
}

/// The town's clock as its instances see it: a microsecond passes each time somebody looks, so that what happens
/// later is later.
struct Ticking {
    clock: Arc<FixedClock>,
    ticks: AtomicU64,
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let ticks = self.ticks.fetch_add(1, Ordering::SeqCst);
        self.clock.now().plus(Duration::from_micros(ticks))
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

pub(super) struct Town {
    pub(super) world: World,
    pub(super) door: Arc<Door>,
    clock: Arc<Ticking>,
}

/// A town on each database.
pub(super) async fn towns() -> Vec<Town> {
    let mut towns = Vec::new();
    for world in worlds().await {
        towns.push(Town::of(world).await);
    }
    towns
}

/// One town, for promises that have nothing to do with the database.
pub(super) async fn town() -> Town {
    Town::of(worlds().await.swap_remove(0)).await
}

impl Town {
    async fn of(world: World) -> Self {
        let specimens = demo::specimens().unwrap();
        for board in [&world.board, &world.other] {
            let random = Arc::clone(&world.app.random);
            let (app, now) = (&world.app, world.now());
            demo::load(&app.db, board, &specimens, &app.kek, random, now)
                .await
                .unwrap();
        }
        let door = Arc::new(Door {
            services: world.cards.fetcher(world.clock.clone()),
            before: Mutex::default(),
        });
        world.register("app", registration()).await;
        world.register("other-app", registration()).await;
        world
            .register_at(world.other.id, "ocmw-app", registration())
            .await;
        let clock = Arc::new(Ticking {
            clock: Arc::clone(&world.clock),
            ticks: AtomicU64::new(0),
        });
        Self { world, door, clock }
    }

    /// An instance of the service on this town's store, with its own scratch folder and memory; its PIN program
    /// answers `getpin`, a piece of shell.
    pub(super) fn instance(&self, getpin: &str) -> Arc<App> {
        self.instance_on(self.world.app.db.clone(), getpin)
    }

    /// The same, with connections of its own.
    pub(super) fn instance_on(&self, db: Db, getpin: &str) -> Arc<App> {
        let app = &self.world.app;
        let scratch = tempfile::Builder::new()
            .prefix("scratch-")
            .tempdir_in(self.world.folder.path())
            .unwrap()
            .keep();
        let mut config = zegel::config::Config::clone(&app.config);
        config.scratch.clone_from(&scratch);
        Arc::new(App {
            db,
            clock: self.clock.clone(),
            random: Arc::clone(&app.random),
            kek: Arc::clone(&app.kek),
            config: Arc::new(config),
            trust: Arc::clone(&app.trust),
            fetcher: self.door.clone(),
            counter: Some(self.world.cards.counter(getpin)),
            blobs: Blobs::in_folder(&self.blobs(), &scratch).unwrap(),
            snapshots: Arc::new(Snapshots::new(RuleSet::flanders())),
        })
    }

    /// Where the documents' bytes lie.
    pub(super) fn blobs(&self) -> std::path::PathBuf {
        self.world.folder.path().join("blobs")
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Lets time pass.
    pub(super) fn later(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Records what the board learns now.
    pub(super) async fn learn(&self, fact: NewFact) {
        let app = &self.world.app;
        let random = Arc::clone(&app.random);
        facts::record(&app.db, self.world.board.id, vec![fact], self.now(), random)
            .await
            .unwrap();
    }

    /// The specimen `slug` as `board` knows them; made known when they were not.
    pub(super) async fn person(&self, slug: &str, board: BoardId) -> PersonId {
        let (app, now) = (&self.world.app, self.now());
        let specimen = DemoPerson::find(slug).unwrap();
        let number = NationalNumber::parse(specimen.national_number).unwrap();
        let random = app.random.as_ref();
        let pseudonym = persons::pseudonym(&app.db, board, &number, &app.kek, random, now)
            .await
            .unwrap();
        let known = persons::find_by_pseudonym(&app.db, board, pseudonym)
            .await
            .unwrap();
        if let Some(known) = known {
            return known.id;
        }
        let person = BoardPerson {
            id: PersonId::new(now, random),
            board,
            given_name: specimen.given_names.to_owned(),
            family_name: specimen.surname.to_owned(),
            created_at: now,
        };
        let id = person.id;
        app.db
            .write(move |unit| {
                let person = person.clone();
                Box::pin(async move { persons::add(unit, &person, Some(pseudonym)).await })
            })
            .await
            .unwrap();
        id
    }

    /// A browser at this computer in which the specimen `slug` logged in just now, at the municipality.
    pub(super) async fn seat(&self, slug: &str, app: &Arc<App>) -> Seat {
        self.seat_at(slug, app, &self.world.board).await
    }

    /// The same, known at `board` alone.
    pub(super) async fn seat_at(&self, slug: &str, app: &Arc<App>, board: &Board) -> Seat {
        let (now, random) = (self.now(), app.random.as_ref());
        let specimen = DemoPerson::find(slug).unwrap();
        let cookie = Opaque::generate(random);
        let session = Session {
            id: SessionId::new(now, random),
            surname: specimen.surname.to_owned(),
            given_names: Some(specimen.given_names.to_owned()),
            persons: vec![(board.id, self.person(slug, board.id).await)],
            means: Means::EidCard,
            channel: Channel::Counter,
            level: AssuranceLevel::High,
            authenticated_at: now,
            seen_at: now,
            tolerance: zegel::pki::revocation::Tolerance::HardFail,
        };
        let hash = cookie.hash();
        app.db
            .write(move |unit| {
                let session = session.clone();
                Box::pin(async move { sessions::add(unit, &session, hash).await })
            })
            .await
            .unwrap();
        let seat = Seat::nobody(app);
        let (name, value) = (SESSION_COOKIE.to_owned(), cookie.expose().to_owned());
        seat.0.cookies.lock().unwrap().insert(name, value);
        seat
    }

    /// Puts the card of the specimen `slug` into the reader; returns the serial number of its signature certificate.
    pub(super) fn insert(&self, slug: &str) -> Serial {
        self.insert_changed(slug, |_| ())
    }

    /// The same, changed by `change`.
    pub(super) fn insert_changed(&self, slug: &str, change: impl FnOnce(&mut VirtualCard)) -> Serial {
        let Personalised { card, signature, .. } = self.world.cards.specimen(slug, change);
        self.world.cards.readers.insert(READER, card);
        signature.serial
    }

    /// An Authorization header of `client` at `board`, as its token endpoint gives it.
    pub(super) async fn bearer(&self, board: &Board, client: &str) -> String {
        let seen = Visitor::new(self.world.app.clone())
            .ask(
                TestRequest::post()
                    .uri(&format!("/b/{}/token", board.slug))
                    .insert_header(("authorization", basic(client, SECRET)))
                    .insert_header(("content-type", "application/x-www-form-urlencoded"))
                    .set_payload("grant_type=client_credentials&scope=signing"),
            )
            .await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        format!("Bearer {}", json(&seen)["access_token"].as_str().unwrap())
    }

    /// The application of the municipality calls `path` under `/api/v1/signing_requests`.
    pub(super) async fn call(&self, path: &str) -> Seen {
        let bearer = self.bearer(&self.world.board, "app").await;
        call(&self.world.app, &bearer, path).await
    }

    /// The resource as the application sees it now.
    pub(super) async fn resource(&self, id: &str) -> Value {
        let seen = self.call(&format!("/{id}")).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        json(&seen)
    }

    /// How far the request is: its state, and the stage of each slot.
    pub(super) async fn state(&self, id: &str) -> String {
        let resource = self.resource(id).await;
        let stages = resource["slots"].as_array().unwrap().iter();
        let stages: Vec<&str> = stages.map(|slot| slot["stage"].as_str().unwrap()).collect();
        format!("{}: {}", resource["state"].as_str().unwrap(), stages.join(", "))
    }

    /// Sends `order`; returns the answer.
    pub(super) async fn send(&self, order: Order) -> Seen {
        let bearer = match &order.bearer {
            Some(bearer) => bearer.clone(),
            None => self.bearer(&self.world.board, "app").await,
        };
        Visitor::new(self.world.app.clone())
            .ask(order.request(&bearer))
            .await
    }

    /// A decision of the college to be signed by mayor and general director; its id.
    pub(super) async fn open(&self) -> String {
        self.open_with(Order::new()).await
    }

    pub(super) async fn open_with(&self, order: Order) -> String {
        let seen = self.send(order).await;
        assert_eq!(seen.status, StatusCode::CREATED, "{}", seen.body);
        json(&seen)["id"].as_str().unwrap().to_owned()
    }

    /// The specimen `slug` signs with their card as everybody expects.
    pub(super) async fn signs(&self, slug: &str, id: &str) {
        self.insert(slug);
        let seat = self.seat(slug, &self.instance(RIGHT)).await;
        assert_eq!(seat.sign(id).await, None, "{slug}");
    }
}

/// Calls the interface.
pub(super) async fn call(app: &Arc<App>, bearer: &str, path: &str) -> Seen {
    Visitor::new(app.clone())
        .ask(
            TestRequest::get()
                .uri(&format!("/api/v1/signing_requests{path}"))
                .insert_header(("authorization", bearer)),
        )
        .await
}

/// Takes a request back.
pub(super) async fn withdraw(app: &Arc<App>, bearer: &str, id: &str) -> Seen {
    Visitor::new(app.clone())
        .ask(
            TestRequest::post()
                .uri(&format!("/api/v1/signing_requests/{id}/withdraw"))
                .insert_header(("authorization", bearer)),
        )
        .await
}

/// What an application sends to have a document signed.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) request: Value,
    pub(super) document: Vec<u8>,
    pub(super) key: Option<String>,
    pub(super) bearer: Option<String>,
    /// The parts by name, in order; a part may come twice.
    pub(super) parts: Vec<&'static str>,
}

impl Order {
    /// A decision of the college, as the demo application sends it.
    pub(super) fn new() -> Self {
        Self {
            request: json!({
                "title": "Besluit van het college van 3 maart (TEST)",
                "document_kind": "decision",
                "body": "college",
                "document_name": "besluit-TEST.pdf",
                "return_url": CALLBACK,
            }),
            document: zegel::lab::house::decision(),
            key: Some("a-key-of-the-application".to_owned()),
            bearer: None,
            parts: vec!["request", "document"],
        }
    }

    pub(super) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.request[name] = value.into();
        self
    }

    pub(super) fn document(mut self, document: &[u8]) -> Self {
        self.document = document.to_vec();
        self
    }

    pub(super) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(super) fn bearer(mut self, bearer: &str) -> Self {
        self.bearer = Some(bearer.to_owned());
        self
    }

    pub(super) fn parts(mut self, parts: &[&'static str]) -> Self {
        self.parts = parts.to_vec();
        self
    }

    pub(super) fn request(&self, bearer: &str) -> TestRequest {
        let mut body = Vec::new();
        for part in &self.parts {
            let (kind, bytes) = match *part {
                "document" => ("application/pdf", self.document.clone()),
                _ => ("application/json", self.request.to_string().into_bytes()),
            };
            body.extend_from_slice(
                format!(
                    "--edge\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"x\"\r\n\
                     Content-Type: {kind}\r\n\r\n"
                )
                .as_bytes(),
            );
            body.extend_from_slice(&bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        let mut request = TestRequest::post()
            .uri("/api/v1/signing_requests")
            .insert_header(("content-type", "multipart/form-data; boundary=edge"))
            .set_payload(body);
        if !bearer.is_empty() {
            request = request.insert_header(("authorization", bearer));
        }
        if let Some(key) = &self.key {
            request = request.insert_header(("idempotency-key", key.as_str()));
        }
        request
    }
}

/// A browser, with whoever sits before it.
pub(super) struct Seat(pub(super) Visitor);

impl Seat {
    /// A browser at this computer in which nobody logged in.
    pub(super) fn nobody(app: &Arc<App>) -> Self {
        Self(Visitor::new(app.clone()))
    }

    /// The same person in the same browser, when another instance answers.
    pub(super) fn at(&self, app: &Arc<App>) -> Self {
        let seat = Self::nobody(app);
        let cookies = self.0.cookies.lock().unwrap().clone();
        *seat.0.cookies.lock().unwrap() = cookies;
        seat
    }

    pub(super) async fn get(&self, path: &str) -> Seen {
        self.0.get(path).await
    }

    /// Posts a form of this session's pages.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let cookie = self.0.cookies.lock().unwrap().get(SESSION_COOKIE).cloned();
        let token = csrf::token(&cookie.unwrap_or_default());
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.0.post(path, &all).await
    }

    /// From the document's page to the end of the try; the code of what stopped it.
    pub(super) async fn sign(&self, id: &str) -> Option<String> {
        for page in ["", "/confirm"] {
            let seen = self.get(&format!("/sign/{id}{page}")).await;
            if seen.status != StatusCode::OK {
                return Some(code(&seen));
            }
        }
        self.use_card(id).await
    }

    /// Presses the button that opens the PIN window, and waits for the end of the try.
    pub(super) async fn use_card(&self, id: &str) -> Option<String> {
        match self.start(id, &[]).await {
            Some(code) => Some(code),
            None => self.outcome(id).await,
        }
    }

    /// What a page that confirms shows of each document, as it hands it back; nothing where there is no such page.
    pub(super) async fn shown(&self, page: &str) -> BTreeMap<String, String> {
        let seen = self.get(page).await;
        // A page that failed is not one that confirms nothing.
        assert!(!seen.status.is_server_error(), "{page}: {}", seen.body);
        let shown = seen.body.split("data-seen=\"").nth(1);
        let shown = shown.and_then(|rest| rest.split('"').next()).unwrap_or("{}");
        serde_json::from_str(&shown.replace("&quot;", "\"").replace("&#34;", "\"")).unwrap()
    }

    /// Presses the button alone; the code when nothing began.
    pub(super) async fn start(&self, id: &str, fields: &[(&str, &str)]) -> Option<String> {
        let shown = self.shown(&format!("/sign/{id}/confirm")).await;
        let shown = shown.get(id).cloned().unwrap_or_default();
        let mut all = vec![("seen", shown.as_str())];
        all.extend_from_slice(fields);
        let seen = self.post(&format!("/sign/{id}/counter"), &all).await;
        if seen.status != StatusCode::SEE_OTHER {
            return Some(code(&seen));
        }
        assert_eq!(seen.location, format!("/sign/{id}/progress"));
        None
    }

    /// Waits for the end of the try; the code when it failed.
    pub(super) async fn outcome(&self, id: &str) -> Option<String> {
        match self.until(id, &["done", "failed"]).await.as_str() {
            "done" => None,
            _ => Some(code(&self.get(&format!("/sign/{id}/progress")).await)),
        }
    }

    /// Waits until the try is in one of `states`; which.
    pub(super) async fn until(&self, id: &str, states: &[&str]) -> String {
        let mut last = String::new();
        // The PIN program is a process: what it does takes time.
        for _ in 0..6000 {
            last = self.get(&format!("/sign/{id}/state")).await.body;
            let state: Value = serde_json::from_str(&last).unwrap();
            let state = state["state"].as_str().unwrap_or_default();
            if states.contains(&state) {
                return state.to_owned();
            }
            // What failed waits for a person: it becomes nothing else by itself.
            if state == "failed" {
                let code = code(&self.get(&format!("/sign/{id}/progress")).await);
                panic!("waited for {states:?}: {code}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("waited for {states:?} in vain: {last}")
    }
}

pub(super) fn json(seen: &Seen) -> Value {
    serde_json::from_str(&seen.body).unwrap_or_else(|_| panic!("{}: {}", seen.status, seen.body))
}

/// The code in a problem, or in the small print of a page.
pub(super) fn code(seen: &Seen) -> String {
    if seen.body.starts_with('{') {
        return json(seen)["code"].as_str().unwrap_or_default().to_owned();
    }
    let small = seen.body.split("id=\"small-print\"").nth(1).unwrap_or_default();
    let code = small
        .split("<code>")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    code.map_or_else(
        || {
            format!(
                "no code in {} bytes, {} {}",
                seen.bytes.len(),
                seen.status,
                seen.location
            )
        },
        str::to_owned,
    )
}

/// Status and code of an answer.
pub(super) fn refusal(seen: &Seen) -> (u16, String) {
    (seen.status.as_u16(), code(seen))
}

/// Every file under `folder`.
pub(super) fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
