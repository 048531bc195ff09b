//! Two boards with applications, on each database, at a fixed moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use zegel::base::clock::FixedClock;
use zegel::base::random::{Random, SeededRandom};
use zegel::base::time::Timestamp;
use zegel::config::{Config, Counter, Environment, Limits, Outside, Server};
use zegel::crypto::wrap::KeyEncryptionKey;
use zegel::identity::{AssuranceLevel, BoardId, Channel, Means, PersonId};
use zegel::journeys::App;
use zegel::journeys::login::{self, Begun, Browser, Finished};
use zegel::mandates::rules::RuleSet;
use zegel::oidc::client::{
    Client, ClientAuthentication, ClientId, GrantType, IdTokenAlgorithm, LegalBasis, Names, Registration,
};
use zegel::oidc::interaction::InteractionId;
use zegel::oidc::pkce::CodeChallenge;
use zegel::oidc::redirect::RedirectUri;
use zegel::oidc::response::Answer;
use zegel::oidc::scope::Scopes;
use zegel::oidc::secret::Opaque;
use zegel::oidc::session::{Session, SessionId};
use zegel::store::boards::{self, Board};
use zegel::store::db::Db;
use zegel::store::facts::Snapshots;
use zegel::store::migrate::migrate;
use zegel::store::persons::{self, BoardPerson};
use zegel::store::sessions;

use super::cards::Cards;
use crate::support::{TestFolder, database_addresses, moment};

pub(crate) const ORIGIN: &str = "https://login.zegelgem.example";
pub(crate) const CALLBACK: &str = "https://app.zegelgem.example/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-for-tests";
pub(crate) const SECRET: &str = "a secret: with+signs %&";

pub(crate) struct World {
    pub(crate) engine: &'static str,
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) board: Board,
    pub(crate) other: Board,
    pub(crate) cards: Cards,
    pub(crate) folder: TestFolder,
    /// Address of the database, for a second instance.
    pub(crate) database: String,
}

/// A world on each database.
pub(crate) async fn worlds() -> Vec<World> {
    worlds_at(moment(), ORIGIN).await
}

/// A world on each database at `now`, reached at `origin`.
pub(crate) async fn worlds_at(now: Timestamp, origin: &str) -> Vec<World> {
    let mut worlds = Vec::new();
    for (engine, database, folder) in database_addresses().await {
        let db = Db::open(&database).await.unwrap();
        migrate(&db, moment()).await.unwrap();
        let clock = Arc::new(FixedClock::new(now));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
        let kek = Arc::new(KeyEncryptionKey::from_bytes(&[7; 32]).unwrap());
        let mut made: Vec<Board> = Vec::new();
        for (slug, kind, kbo) in [
            ("zegelgem", "municipality", "0999900150"),
            ("ocmw-zegelgem", "ocmw", "0999905197"),
        ] {
            let board = Board {
                id: BoardId::new(now, random.as_ref()),
                slug: slug.to_owned(),
                kind: kind.to_owned(),
                names: boards::Names {
                    nl: Some(slug.to_owned()),
                    fr: None,
                    de: None,
                    en: None,
                },
                enterprise_number: kbo.to_owned(),
                region: "flanders".to_owned(),
                created_at: now,
                one_pin: true,
                profile: zegel::signing::profile::Profile::LtaEach,
            };
            // Making an RSA key takes a while, and the second board signs nothing.
            if made.is_empty() {
                zegel::journeys::administer::add_board(&db, &board, Arc::clone(&kek), Arc::clone(&random))
                    .await
                    .unwrap();
            } else {
                let board = board.clone();
                db.write(move |unit| {
                    let board = board.clone();
                    Box::pin(async move { boards::add(unit, &board).await })
                })
                .await
                .unwrap();
            }
            made.push(board);
        }
        let cards = Cards::new(now);
        let app = App {
            db,
            clock: clock.clone(),
            random,
            kek,
            config: Arc::new(config(origin)),
            trust: cards.trust(),
            fetcher: cards.fetcher(clock.clone()),
            counter: None,
            blobs: zegel::store::blobs::Blobs::in_folder(
                &folder.path().join("blobs"),
                &folder.path().join("scratch"),
            )
            .unwrap(),
            snapshots: Arc::new(Snapshots::new(RuleSet::flanders())),
        };
        let (other, board) = (made.pop().unwrap(), made.pop().unwrap());
        worlds.push(World {
            engine,
            app: Arc::new(app),
            clock,
            board,
            other,
            cards,
            folder,
            database,
        });
    }
    worlds
}

/// One world, for promises that have nothing to do with the database.
pub(crate) async fn world() -> World {
    worlds().await.into_iter().next().unwrap()
}

pub(crate) fn config(origin: &str) -> Config {
    Config {
        environment: Environment::Test,
        public_url: origin.to_owned(),
        server: Server {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            trusted_proxies: Vec::new(),
        },
        database_url: String::new(),
        blobs: "blobs".into(),
        scratch: "scratch".into(),
        key_encryption_key_file: "kek".into(),
        test_trust: None,
        seals: Vec::new(),
        outside: Outside {
            hosts: Vec::new(),
            private_addresses: false,
            timeout: Duration::from_secs(5),
            time_stamp_urls: vec![format!("{}/tsa", super::cards::BASE)],
            time_stamp_policies: Vec::new(),
            responders: zegel::pki::ocsp::ResponderRules::default(),
        },
        counter: Counter {
            keypad: true,
            enabled: true,
            pin_program: Vec::new(),
            readers_to_skip: Vec::new(),
            pin_timeout: Duration::from_secs(60),
        },
        limits: Limits {
            upload_bytes: 1_000_000,
            documents: 10,
            attempts_per_address: 600,
            attempts: 6000,
        },
        log: "info".to_owned(),
    }
}

/// What an ordinary application has agreed.
pub(crate) fn registration() -> Registration {
    let uri = RedirectUri::register(CALLBACK).unwrap();
    Registration {
        names: Names::same("Besluiten"),
        organisation: "Gemeente Zegelgem".to_owned(),
        sector: Registration::sector_of(std::slice::from_ref(&uri)),
        redirect_uris: vec![uri],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::ClientCredentials],
        scopes: Scopes::known_of("openid profile capacity signing"),
        minimum_level: AssuranceLevel::High,
        legal_basis: None,
        authentication: ClientAuthentication::ClientSecretBasic,
        id_token_algorithm: IdTokenAlgorithm::Rs256,
        claims_in_id_token: false,
        tolerance: zegel::pki::revocation::Tolerance::HardFail,
    }
}

/// The same, allowed to know national numbers.
pub(crate) fn registration_with_basis() -> Registration {
    Registration {
        scopes: Scopes::known_of("openid profile rrn"),
        legal_basis: Some(LegalBasis {
            reference: "Beraadslaging RR nr. 01/2026".to_owned(),
            dated: "2026-01-15".parse().unwrap(),
        }),
        ..registration()
    }
}

pub(crate) fn basic(slug: &str, secret: &str) -> String {
    use base64::Engine as _;
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(slug), encode(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

pub(crate) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The request of a well-behaved application, changed by `changes`: a value of `-` takes the parameter away.
pub(crate) fn request(client: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let challenge = CodeChallenge::of_verifier(VERIFIER);
    let mut all: BTreeMap<&str, &str> = BTreeMap::from([
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "st ate&1"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    for (name, value) in changes {
        match *value {
            "-" => all.remove(name),
            value => all.insert(name, value),
        };
    }
    all.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A parameter of an answer's location.
pub(crate) fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let url = url::Url::parse(&answer.location()).unwrap();
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// A browser with a session's cookie.
pub(crate) fn with_session(cookie: &Opaque) -> Browser {
    Browser {
        before: None,
        session: Some(Opaque::from_text(cookie.expose())),
        is_at_this_computer: true,
    }
}

impl World {
    /// The same installation with a counter whose PIN program answers `getpin`, a piece of shell.
    pub(crate) fn with_counter(&self, getpin: &str) -> Arc<App> {
        Arc::new(App {
            db: self.app.db.clone(),
            clock: Arc::clone(&self.app.clock),
            random: Arc::clone(&self.app.random),
            kek: Arc::clone(&self.app.kek),
            config: Arc::clone(&self.app.config),
            trust: Arc::clone(&self.app.trust),
            fetcher: Arc::clone(&self.app.fetcher),
            counter: Some(self.cards.counter(getpin)),
            blobs: self.app.blobs.clone(),
            snapshots: Arc::clone(&self.app.snapshots),
        })
    }

    /// A visit of a new browser on this machine, with an application's request.
    pub(crate) async fn visit(&self, request: Vec<(String, String)>) -> (InteractionId, Browser) {
        match login::authorize(&self.app, &self.board.slug, request, &Browser::default())
            .await
            .unwrap()
        {
            Begun::Pages {
                interaction,
                cookie: Some(cookie),
            } => (
                interaction,
                Browser {
                    before: Some(cookie),
                    session: None,
                    is_at_this_computer: true,
                },
            ),
            begun => panic!("{begun:?}"),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    pub(crate) async fn register(&self, slug: &str, registration: Registration) -> Client {
        self.register_at(self.board.id, slug, registration).await
    }

    /// Removes `client`, as an administrator does.
    pub(crate) async fn remove(&self, client: &Client) {
        let random = self.app.random.as_ref();
        zegel::journeys::administer::remove_client(&self.app.db, client, "test", self.now(), random)
            .await
            .unwrap();
    }

    pub(crate) async fn register_at(&self, board: BoardId, slug: &str, registration: Registration) -> Client {
        let client = Client {
            id: ClientId::new(self.now(), self.app.random.as_ref()),
            board,
            slug: slug.parse().unwrap(),
            secret: Opaque::from_text(SECRET).hash(),
            registration,
            created_at: self.now(),
            disabled_at: None,
        };
        zegel::journeys::administer::register_client(&self.app.db, &client, "test", self.app.random.as_ref())
            .await
            .unwrap();
        client
    }

    /// A person known at the first board alone, and the cookie of their session, authenticated now.
    pub(crate) async fn session(&self) -> (PersonId, Opaque) {
        let (now, random) = (self.now(), self.app.random.as_ref());
        let person = BoardPerson {
            id: PersonId::new(now, random),
            board: self.board.id,
            given_name: "An".to_owned(),
            family_name: "Specimen".to_owned(),
            created_at: now,
        };
        let cookie = Opaque::generate(random);
        let session = Session {
            id: SessionId::new(now, random),
            surname: "Specimen".to_owned(),
            given_names: Some("An Maria".to_owned()),
            persons: vec![(self.board.id, person.id)],
            means: Means::EidCard,
            channel: Channel::Counter,
            level: AssuranceLevel::High,
            authenticated_at: now,
            seen_at: now,
            tolerance: zegel::pki::revocation::Tolerance::HardFail,
        };
        let (id, hash) = (person.id, cookie.hash());
        self.app
            .db
            .write(move |unit| {
                let (person, session) = (person.clone(), session.clone());
                Box::pin(async move {
                    persons::add(unit, &person, None).await?;
                    sessions::add(unit, &session, hash).await
                })
            })
            .await
            .unwrap();
        (id, cookie)
    }

    /// Takes an application's request through the pages with a live session, to the answer.
    pub(crate) async fn confirm(&self, request: Vec<(String, String)>, cookie: &Opaque) -> Answer {
        let browser = with_session(cookie);
        let begun = login::authorize(&self.app, &self.board.slug, request, &browser)
            .await
            .unwrap();
        let interaction = match begun {
            Begun::Answer(answer) => return answer,
            Begun::Pages { interaction, .. } => interaction,
            Begun::There(_) => unreachable!(),
        };
        self.choose(interaction, cookie).await
    }

    pub(crate) async fn choose(&self, interaction: InteractionId, cookie: &Opaque) -> Answer {
        match login::choose(&self.app, interaction, &with_session(cookie), None)
            .await
            .unwrap()
        {
            Finished::Answer(answer) => answer,
            Finished::Own(_) => unreachable!(),
        }
    }

    /// A code for `client`, fresh.
    pub(crate) async fn code(&self, client: &str, changes: &[(&str, &str)], cookie: &Opaque) -> String {
        parameter(&self.confirm(request(client, changes), cookie).await, "code").unwrap()
    }
}

/// The form that exchanges `code`, changed by `changes` as [`request`].
pub(crate) fn exchange(code: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: BTreeMap<&str, &str> = BTreeMap::from([
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    for (name, value) in changes {
        match *value {
            "-" => all.remove(name),
            value => all.insert(name, value),
        };
    }
    all.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> serde_json::Value {
    let token = zegel::crypto::jws::Unverified::parse(token).unwrap();
    serde_json::from_slice(token.unverified_payload()).unwrap()
}
