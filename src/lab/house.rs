//! The demo house around a running laboratory: settings, TLS certificate, boards, application, and the service as a
//! process of its own.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslFiletype, SslMethod};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

use super::application::{Application, Provider, Registration as Registered};
use super::demo;
use super::seal::{DemoSeal, Keeper};
use super::{Lab, LabError};
use crate::base::clock::Clock;
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::wrap::KeyEncryptionKey;
use crate::identity::{AssuranceLevel, BoardId};
use crate::journeys::administer;
use crate::oidc::client::{
    Client, ClientAuthentication, ClientId, GrantType, IdTokenAlgorithm, Names as ClientNames, Registration,
};
use crate::oidc::redirect::RedirectUri;
use crate::oidc::scope::{Scope, Scopes};
use crate::oidc::secret::Opaque;
use crate::pki::anchors::laboratory_text;
use crate::pki::certificate::Certificate;
use crate::signing::profile::Profile;
use crate::store::boards::{self, Board, Names};
use crate::store::db::Db;
use crate::store::migrate;

/// Name of the demo application at its board.
const CLIENT: &str = "demo-application";

/// Slug of the demo municipality.
const MUNICIPALITY: &str = "zegelgem";

/// Where the demo house stands.
#[derive(Clone, Debug)]
pub struct HouseSettings {
    /// Folder of settings, keys, database and documents.
    pub folder: PathBuf,
    /// The program `zegel`.
    pub program: PathBuf,
    /// Port of the service; 0 takes a free one.
    pub service_port: u16,
    /// Port of the application; 0 takes a free one.
    pub application_port: u16,
    /// The database; SQLite in the folder when absent.
    pub database_url: Option<String>,
    /// Whether the municipality has a seal, so that each completed decision gets a publication copy.
    pub with_seal: bool,
}

/// The demo house, prepared and not yet open.
pub struct House {
    settings: HouseSettings,
    service: SocketAddr,
    listener: TcpListener,
    registered: Registered,
    http: reqwest::Client,
    environment: Vec<(&'static str, PathBuf)>,
    seal: Option<Keeper>,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "House({})", self.registered.service)
    }
}

fn tls(error: ErrorStack) -> LabError {
    LabError::Malformed(format!("TLS certificate: {error}"))
}

fn failed(error: impl std::error::Error) -> LabError {
    LabError::Malformed(error.to_string())
}

impl House {
    /// Prepares the house in its folder: what is there from an earlier time is taken up again.
    ///
    /// # Errors
    /// What cannot be made.
    pub async fn prepare(
        lab: &Lab,
        settings: HouseSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, LabError> {
        let folder = &settings.folder;
        for name in ["", "trust", "tls"] {
            let path = folder.join(name);
            std::fs::create_dir_all(&path).map_err(LabError::io(&path))?;
        }
        let now = clock.now();
        let authority = tls_files(&folder.join("tls"), now)?;
        let service = free_address(settings.service_port)?;
        let listener = TcpListener::bind(("127.0.0.1", settings.application_port))
            .map_err(LabError::io(Path::new("application port")))?;
        let application = listener
            .local_addr()
            .map_err(LabError::io(Path::new("application port")))?;
        write_trust(lab, &folder.join("trust"))?;
        let kek_file = folder.join("kek");
        if !kek_file.exists() {
            write_private(
                &kek_file,
                hex::encode(random::bytes::<32>(random.as_ref())).as_bytes(),
            )?;
        }
        let service_url = format!("https://localhost:{}", service.port());
        let database = settings
            .database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}/zegel.db", folder.display()));
        let seal = if settings.with_seal {
            let made = DemoSeal::make(lab, &folder.join("seal"), MUNICIPALITY, random.as_ref(), now)?;
            Some(made)
        } else {
            None
        };
        let mut config = configuration(lab, folder, &service_url, service, &database);
        if let Some(seal) = &seal {
            let file = toml::Value::String(seal.file.display().to_string());
            // INVARIANT: writing to a String does not fail.
            let _ = write!(config, "[seals]\nfile = {file}\n");
        }
        std::fs::write(folder.join("zegel.toml"), config).map_err(LabError::io(folder))?;

        let kek = std::fs::read(&kek_file).map_err(LabError::io(&kek_file))?;
        let kek = Arc::new(KeyEncryptionKey::from_bytes(&kek).map_err(failed)?);
        let db = Db::open(&database).await.map_err(failed)?;
        migrate::migrate(&db, now).await.map_err(failed)?;
        let board = furnish(lab, &db, &kek, &random, now).await?;
        let redirect_uri = format!("https://localhost:{}/callback", application.port());
        let secret = register(&db, &board, &redirect_uri, folder, &random, now).await?;
        db.close().await;

        let pem = std::fs::read(&authority).map_err(LabError::io(&authority))?;
        let registered = Registered {
            issuer: format!("{service_url}/b/{}", board.slug),
            service: service_url,
            client_id: CLIENT.to_owned(),
            client_secret: secret,
            redirect_uri,
            scope: "openid profile capacity".to_owned(),
        };
        let mut environment = vec![lab.environment()];
        environment.extend(seal.as_ref().and_then(|seal| seal.environment.clone()));
        Ok(Self {
            service,
            listener,
            registered,
            http: client(&pem)?,
            environment,
            seal: seal.map(|seal| seal.keeper),
            settings,
        })
    }

    /// Who keeps the key of the municipality's seal, where it has one.
    pub const fn seal(&self) -> Option<Keeper> {
        self.seal
    }

    /// The service's public address.
    pub fn service_url(&self) -> &str {
        &self.registered.service
    }

    /// The application's address.
    pub fn application_url(&self) -> String {
        self.registered
            .redirect_uri
            .trim_end_matches("/callback")
            .to_owned()
    }

    /// What the application was given.
    pub const fn registration(&self) -> &Registered {
        &self.registered
    }

    /// An HTTP client that trusts the house's TLS certificate and nobody else's.
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The certificate that browsers must trust, PEM.
    pub fn authority_file(&self) -> PathBuf {
        self.settings.folder.join("tls/authority.pem")
    }

    /// The settings of the service.
    pub fn configuration_file(&self) -> PathBuf {
        self.settings.folder.join("zegel.toml")
    }

    /// Starts the service and waits until it answers.
    ///
    /// # Errors
    /// When it does not come up; its log says why.
    pub async fn open(&self) -> Result<Service, LabError> {
        let log = self.settings.folder.join("zegel.log");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(LabError::io(&log))?;
        let child = Command::new(&self.settings.program)
            .arg("serve")
            .arg("--config")
            .arg(self.configuration_file())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(LabError::io(&self.settings.program))?;
        let mut service = Service { child };
        let health = format!("{}/healthz", self.registered.service);
        for _ in 0..300 {
            if let Ok(Some(status)) = service.child.try_wait() {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                let last = said.lines().last().unwrap_or_default().to_owned();
                return Err(LabError::Reader(format!(
                    "the service ended with {status}: {last}"
                )));
            }
            if self
                .http
                .get(&health)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(service);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(LabError::Reader(format!(
            "the service did not come up, see {}",
            log.display()
        )))
    }

    /// Serves the application; await the server to serve, stop its handle to end.
    ///
    /// # Errors
    /// When the port or the certificate cannot be used.
    pub fn serve_application(
        &self,
        document: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
        random: Arc<dyn Random>,
    ) -> Result<actix_web::dev::Server, LabError> {
        let provider = Provider::new(self.registered.clone(), self.http.clone());
        let listener = self
            .listener
            .try_clone()
            .map_err(LabError::io(Path::new("application port")))?;
        let acceptor = acceptor(&self.settings.folder.join("tls"))?;
        Application::new(provider, document, random)
            .serve(listener, acceptor)
            .map_err(LabError::io(Path::new("application port")))
    }

    /// The address the service listens on.
    pub const fn service_address(&self) -> SocketAddr {
        self.service
    }
}

/// The service as a process. Dropping it ends it.
#[derive(Debug)]
pub struct Service {
    child: Child,
}

impl Service {
    /// Ends it without warning, as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended already has no process id any more: it may be somebody else's by now.
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // SIGTERM lets the job under way finish; by process id, never by name.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..50 {
            if asked.is_err() || matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address(port: u16) -> Result<SocketAddr, LabError> {
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(LabError::io(Path::new("service port")))?;
    listener
        .local_addr()
        .map_err(LabError::io(Path::new("service port")))
}

fn configuration(lab: &Lab, folder: &Path, url: &str, address: SocketAddr, database: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let path = |name: &str| quoted(&folder.join(name).display().to_string());
    let program: Vec<String> = lab.pin_program().iter().map(|word| quoted(word)).collect();
    format!(
        "# Settings of the demo. TEST: never copy them to a real installation.\n\
         environment = \"test\"\npublic_url = {url}\nlog = \"info\"\n\
         [server]\nlisten = {listen}\ntls_certificate = {certificate}\ntls_key = {key}\n\
         [database]\nurl = {database}\n\
         [storage]\nblobs = {blobs}\nscratch = {scratch}\n\
         [keys]\nencryption_key_file = {kek}\n\
         [trust]\ntest_folder = {trust}\n\
         [outside]\nhosts = [\"127.0.0.1\"]\nprivate_addresses = true\ntime_stamp_urls = [{stamps}]\n\
         [counter]\nenabled = true\npin_program = [{program}]\n",
        url = quoted(url),
        listen = quoted(&address.to_string()),
        certificate = path("tls/chain.pem"),
        key = path("tls/key.pem"),
        database = quoted(database),
        blobs = path("blobs"),
        scratch = path("scratch"),
        kek = path("kek"),
        trust = path("trust"),
        stamps = quoted(&format!("{}/tsa", lab.services_url())),
        program = program.join(", "),
    )
}

/// Boards, persons and facts; what is there already stays. Returns the municipality.
async fn furnish(
    lab: &Lab,
    db: &Db,
    kek: &Arc<KeyEncryptionKey>,
    random: &Arc<dyn Random>,
    now: Timestamp,
) -> Result<Board, LabError> {
    let mut municipality = None;
    for (slug, kind, name, number) in [
        (MUNICIPALITY, "municipality", "Gemeente Zegelgem", "0999900150"),
        ("ocmw-zegelgem", "ocmw", "OCMW Zegelgem", "0999900249"),
    ] {
        let board = if let Some(known) = boards::find_by_slug(db, slug).await.map_err(failed)? {
            known
        } else {
            let board = Board {
                id: BoardId::new(now, random.as_ref()),
                slug: slug.to_owned(),
                kind: kind.to_owned(),
                names: Names {
                    nl: Some(format!("{name} (TEST)")),
                    fr: None,
                    de: None,
                    en: None,
                },
                enterprise_number: number.to_owned(),
                region: "flanders".to_owned(),
                created_at: now,
                one_pin: true,
                profile: Profile::LtaEach,
            };
            administer::add_board(db, &board, kek.clone(), random.clone())
                .await
                .map_err(failed)?;
            board
        };
        let people: Vec<demo::Specimen> = lab.persons().iter().filter_map(specimen).collect();
        demo::load(db, &board, &people, kek, random.clone(), now)
            .await
            .map_err(failed)?;
        municipality.get_or_insert(board);
    }
    municipality.ok_or(LabError::Refused("the demo has no municipality"))
}

fn specimen(person: &super::persons::PersonRecord) -> Option<demo::Specimen> {
    let known = super::persons::PERSONS
        .iter()
        .find(|known| known.slug == person.card)?;
    Some(demo::Specimen {
        slug: known.slug.to_owned(),
        given_names: known.given_names.to_owned(),
        surname: known.surname.to_owned(),
        national_number: crate::base::national::NationalNumber::parse(known.national_number).ok()?,
    })
}

/// Registers the application once; its secret stays in the folder.
async fn register(
    db: &Db,
    board: &Board,
    redirect_uri: &str,
    folder: &Path,
    random: &Arc<dyn Random>,
    now: Timestamp,
) -> Result<String, LabError> {
    let file = folder.join("application.secret");
    // Ports may differ at each start, and so the redirect URI: an application of an earlier start is replaced.
    let slug = CLIENT
        .parse()
        .map_err(|_| LabError::Refused("the application's name is no client id"))?;
    if let Some(known) = crate::store::clients::find_by_slug(db, board.id, &slug)
        .await
        .map_err(failed)?
    {
        if known
            .registration
            .redirect_uris
            .iter()
            .any(|uri| uri.as_str() == redirect_uri)
        {
            return std::fs::read_to_string(&file).map_err(LabError::io(&file));
        }
        return Err(LabError::Refused(
            "the application was registered with another port; give the same ports as before, or another folder",
        ));
    }
    let secret = Opaque::generate(random.as_ref());
    let redirect = RedirectUri::register(redirect_uri).map_err(failed)?;
    let registration = Registration {
        names: ClientNames::same("Demotoepassing Zegelgem (TEST)"),
        organisation: "Gemeente Zegelgem (TEST)".to_owned(),
        sector: Registration::sector_of(std::slice::from_ref(&redirect)),
        redirect_uris: vec![redirect],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::ClientCredentials],
        scopes: [Scope::Openid, Scope::Profile, Scope::Capacity, Scope::Signing]
            .into_iter()
            .collect::<Scopes>(),
        minimum_level: AssuranceLevel::High,
        legal_basis: None,
        authentication: ClientAuthentication::from_text("client_secret_basic")
            .ok_or(LabError::Refused("client authentication"))?,
        id_token_algorithm: IdTokenAlgorithm::from_text("RS256")
            .ok_or(LabError::Refused("ID token algorithm"))?,
        claims_in_id_token: false,
        tolerance: crate::pki::revocation::Tolerance::HardFail,
    };
    let client = Client {
        id: ClientId::new(now, random.as_ref()),
        board: board.id,
        slug,
        secret: secret.hash(),
        registration,
        created_at: now,
        disabled_at: None,
    };
    administer::register_client(db, &client, "laboratory", random.as_ref())
        .await
        .map_err(failed)?;
    write_private(&file, secret.expose().as_bytes())?;
    Ok(secret.expose().to_owned())
}

/// The laboratory's trust as the service reads it: `trust.toml` and the authorities' certificates.
pub fn write_trust(lab: &Lab, folder: &Path) -> Result<(), LabError> {
    let pki = lab.pki();
    let root = Certificate::parse(pki.root_der().to_vec()).map_err(failed)?;
    let issuer = format!("{}/crt/citizen.crt", lab.services_url());
    let text = laboratory_text(&root, "127.0.0.1", "TEST Citizen CA", &issuer, "TEST RRN");
    let path = folder.join(crate::store::trust::LABORATORY_FILE);
    std::fs::write(&path, text).map_err(LabError::io(&path))?;
    let path = folder.join(crate::store::trust::LABORATORY_LISTS);
    let text = super::services::lists::anchors_text(pki, &lab.services_url());
    std::fs::write(&path, text).map_err(LabError::io(&path))?;
    for authority in pki.authorities() {
        let path = folder.join(format!("{}.crt", authority.kind().slug()));
        std::fs::write(&path, authority.certificate_der()).map_err(LabError::io(&path))?;
    }
    Ok(())
}

pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(LabError::io(path))?;
    file.write_all(bytes).map_err(LabError::io(path))
}

fn client(authority_pem: &[u8]) -> Result<reqwest::Client, LabError> {
    let authority = reqwest::Certificate::from_pem(authority_pem).map_err(failed)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the demo application is a program of its own, outside the service"
    )]
    let builder = reqwest::Client::builder();
    builder
        .add_root_certificate(authority)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .map_err(failed)
}

fn acceptor(folder: &Path) -> Result<SslAcceptorBuilder, LabError> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).map_err(tls)?;
    builder
        .set_certificate_chain_file(folder.join("chain.pem"))
        .map_err(tls)?;
    builder
        .set_private_key_file(folder.join("key.pem"), SslFiletype::PEM)
        .map_err(tls)?;
    Ok(builder)
}

/// The decision that the demo application sends: one page, in Dutch, TEST.
pub fn decision() -> Vec<u8> {
    let paragraphs = [
        "TEST. Dit is een besluit van de demogemeente Zegelgem. Het heeft geen enkele rechtskracht.",
        "Zitting van het college van burgemeester en schepenen van 3 maart.",
        "Gelet op het decreet over het lokaal bestuur van 22 december 2017, artikel 279 §2;",
        "Overwegende dat een laboratorium iets te ondertekenen nodig heeft;",
        "Besluit. Artikel 1. Het college keurt de proefopstelling goed. Artikel 2. De burgemeester en de algemeen \
         directeur ondertekenen dit besluit.",
    ];
    crate::pdf::compose::Composition::new("Besluit van het college (TEST)", "nl-BE", &paragraphs)
        .write()
        .unwrap_or_default()
}

/// A TEST authority for TLS on localhost and the service's certificate under it, made once. Returns the authority's
/// file.
fn tls_files(folder: &Path, now: Timestamp) -> Result<PathBuf, LabError> {
    let authority_file = folder.join("authority.pem");
    if authority_file.exists() && folder.join("key.pem").exists() {
        return Ok(authority_file);
    }
    let make = || -> Result<(X509, X509, PKey<Private>), ErrorStack> {
        let (authority_key, key) = (tls_key()?, tls_key()?);
        let authority = tls_certificate("Zegel TEST TLS authority", &authority_key, None, now)?;
        let issuer = Some((&authority, &authority_key));
        let certificate = tls_certificate("localhost", &key, issuer, now)?;
        Ok((authority, certificate, key))
    };
    let (authority, certificate, key) = make().map_err(tls)?;
    let pem = |certificate: &X509| certificate.to_pem().map_err(tls);
    let write = |name: &str, bytes: Vec<u8>| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(LabError::io(&path))
    };
    write("chain.pem", [pem(&certificate)?, pem(&authority)?].concat())?;
    write_private(
        &folder.join("key.pem"),
        &key.private_key_to_pem_pkcs8().map_err(tls)?,
    )?;
    write("authority.pem", pem(&authority)?)?;
    Ok(authority_file)
}

fn tls_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

/// The authority's private key is forgotten at once: nobody can make another certificate that this demo's browsers
/// would trust.
fn tls_certificate(
    name: &str,
    key: &PKey<Private>,
    issuer: Option<(&X509, &PKey<Private>)>,
    now: Timestamp,
) -> Result<X509, ErrorStack> {
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_text("O", "Zegel TEST")?;
    subject.append_entry_by_text("CN", name)?;
    let subject = subject.build();
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(issuer.map_or(&*subject, |(authority, _)| authority.subject_name()))?;
    builder.set_not_before(&*Asn1Time::from_unix(now.as_seconds().saturating_sub(3600))?)?;
    builder.set_not_after(&*Asn1Time::from_unix(
        now.as_seconds().saturating_add(90 * 24 * 3600),
    )?)?;
    builder.set_pubkey(key)?;
    match issuer {
        None => {
            builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
            builder.append_extension(KeyUsage::new().critical().key_cert_sign().build()?)?;
        }
        Some((authority, _)) => {
            builder.append_extension(BasicConstraints::new().critical().build()?)?;
            builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
            builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
            let names = SubjectAlternativeName::new()
                .dns("localhost")
                .ip("127.0.0.1")
                .build(&builder.x509v3_context(Some(authority), None))?;
            builder.append_extension(names)?;
        }
    }
    builder.sign(issuer.map_or(key, |(_, key)| key), MessageDigest::sha256())?;
    Ok(builder.build())
}
