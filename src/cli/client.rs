//! `zegel client add|list|remove`: the applications of a board.

use clap::{Args, Subcommand, ValueEnum};

use super::config::Files;
use super::console::{Console, Exit};
use super::database::{self, DatabaseProblem, finish};
use super::files::{self, FileProblem};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::random::SystemRandom;
use crate::base::time::Day;
use crate::identity::AssuranceLevel;
use crate::journeys::administer;
use crate::oidc::client::{
    Client, ClientAuthentication, ClientId, ClientSlug, GrantType, IdTokenAlgorithm, LegalBasis, Names,
    Registration,
};
use crate::oidc::redirect::RedirectUri;
use crate::oidc::scope::{Scope, Scopes};
use crate::oidc::secret::Opaque;
use crate::pki::revocation::Tolerance;
use crate::store::clients;

/// What the audit says by which program a change was made.
const HERE: &str = "command line";

/// Register an application with a board, list them, or remove one.
///
/// Example: zegel client list zegelgem
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Add(Box<Add>),
    /// List the applications of a board.
    ///
    /// Example: zegel client list zegelgem
    List {
        #[command(flatten)]
        config: Files,
        /// The board's short name.
        board: String,
    },
    /// Remove an application: it can ask nothing any more, and its tokens are void. Its record stays.
    ///
    /// Example: zegel client remove zegelgem decisions
    Remove {
        #[command(flatten)]
        config: Files,
        /// The board's short name.
        board: String,
        /// The application's client_id.
        client: ClientSlug,
    },
}

/// Register an application; prints its secret, once.
///
/// Example: zegel client add zegelgem decisions --name Besluiten --organisation Zegelgem --redirect-uri URI
#[derive(Args, Debug)]
struct Add {
    #[command(flatten)]
    config: Files,
    /// The board's short name.
    board: String,
    /// The application's client_id: a-z, 0-9, `-`, `.` and `_`.
    client: ClientSlug,
    /// Its name in Dutch, and in every language that is given no other.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its name in French.
    #[arg(long, value_name = "NAME")]
    name_fr: Option<String>,
    /// Its name in German.
    #[arg(long, value_name = "NAME")]
    name_de: Option<String>,
    /// Its name in English.
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    /// Who runs it.
    #[arg(long, value_name = "NAME")]
    organisation: String,
    /// Where answers may go, compared letter by letter. May be repeated.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// openid, profile, capacity, rrn or signing. May be repeated.
    #[arg(long = "scope", value_name = "SCOPE", default_values = ["openid", "profile"])]
    scopes: Vec<Scope>,
    /// Reference of what allows it to know national numbers; the scope rrn needs it.
    #[arg(long, value_name = "REFERENCE", requires = "legal_basis_date")]
    legal_basis: Option<String>,
    /// Date of that, YYYY-MM-DD.
    #[arg(long, value_name = "DAY", requires = "legal_basis")]
    legal_basis_date: Option<Day>,
    /// What keeps its subjects apart from other applications'; default: the host of its redirect URIs.
    #[arg(long, value_name = "TEXT")]
    sector: Option<String>,
    /// How it authenticates: client_secret_basic or client_secret_post.
    #[arg(long, value_name = "METHOD", default_value = "client_secret_basic")]
    authentication: String,
    /// RS256 or ES256.
    #[arg(long, value_name = "ALGORITHM", default_value = "RS256")]
    id_token_algorithm: String,
    /// Put names and number into the ID token too, for applications that never ask userinfo.
    #[arg(long)]
    claims_in_id_token: bool,
    /// What it tolerates when no source tells whether a card is revoked: nothing, or a list that should have been
    /// fetched anew, until that list's own end.
    #[arg(long, value_enum, default_value_t = ToleranceWord::HardFail)]
    revocation: ToleranceWord,
    /// Take the secret from this file instead of making one.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<std::path::PathBuf>,
}

/// What an application may tolerate.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ToleranceWord {
    /// Only a status of the present counts.
    HardFail,
    /// A list that should have been fetched anew counts until its own end.
    Grace,
}

impl From<ToleranceWord> for Tolerance {
    fn from(word: ToleranceWord) -> Self {
        match word {
            ToleranceWord::HardFail => Self::HardFail,
            ToleranceWord::Grace => Self::Grace,
        }
    }
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let config = match &arguments.command {
        Command::Add(add) => add.config.load(console),
        Command::List { config, .. } | Command::Remove { config, .. } => config.load(console),
    };
    let config = match config {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let now = SystemClock::new().now();
    let url = config.database_url;
    match arguments.command {
        Command::Add(add) => {
            let registration = match add.registration() {
                Ok(registration) => registration,
                Err(error) => {
                    console.error(error);
                    return Exit::Usage;
                }
            };
            let secret = match add.secret() {
                Ok(secret) => secret,
                Err(problem) => return console.fail(Exit::Failed, problem.cause(), problem),
            };
            let hash = secret.hash();
            let work = async {
                let db = database::open(&url).await?;
                let board = database::board_id(&db, &add.board).await?;
                let client = Client {
                    id: ClientId::new(now, &SystemRandom),
                    board,
                    slug: add.client.clone(),
                    secret: hash,
                    registration,
                    created_at: now,
                    disabled_at: None,
                };
                administer::register_client(&db, &client, HERE, &SystemRandom)
                    .await
                    .map_err(|error| DatabaseProblem::taken(error, "an application", client.slug.as_str()))?;
                Ok(client)
            };
            finish(console, super::block_on(work), |client| {
                let json = serde_json::json!({
                    "id": client.id, "client_id": client.slug.as_str(), "client_secret": secret.expose(),
                });
                (
                    format!("client_id     {}\nclient_secret {}", client.slug, secret.expose()),
                    json,
                )
            })
        }
        Command::List { board, .. } => {
            let work = async {
                let db = database::open(&url).await?;
                let board = database::board_id(&db, &board).await?;
                Ok(clients::list(&db, board).await?)
            };
            finish(console, super::block_on(work), |clients| {
                let lines: Vec<String> = clients
                    .iter()
                    .map(|client| {
                        let state = if client.disabled_at.is_some() {
                            "removed"
                        } else {
                            "active"
                        };
                        let names = client.registration.names.nl.as_str();
                        format!(
                            "{}\t{state}\t{names}\t{}",
                            client.slug, client.registration.scopes
                        )
                    })
                    .collect();
                let items: Vec<_> = clients
                    .iter()
                    .map(|client| {
                        serde_json::json!({
                            "id": client.id, "client_id": client.slug.as_str(), "created_at": client.created_at,
                            "removed_at": client.disabled_at, "registration": client.registration,
                        })
                    })
                    .collect();
                (lines.join("\n"), serde_json::json!({ "items": items }))
            })
        }
        Command::Remove { board, client, .. } => {
            let work = async {
                let db = database::open(&url).await?;
                let board = database::board_id(&db, &board).await?;
                let found = clients::find_by_slug(&db, board, &client).await?;
                let found = found.ok_or_else(|| DatabaseProblem::ClientUnknown(client.to_string()))?;
                Ok(administer::remove_client(&db, &found, HERE, now, &SystemRandom).await?)
            };
            finish(console, super::block_on(work), |()| {
                (
                    format!("removed {client}"),
                    serde_json::json!({ "client_id": client.as_str() }),
                )
            })
        }
    }
}

impl Add {
    fn registration(&self) -> Result<Registration, String> {
        let mut redirect_uris = Vec::new();
        for text in &self.redirect_uris {
            redirect_uris
                .push(RedirectUri::register(text).map_err(|error| format!("{error}, found `{text}`"))?);
        }
        let scopes: Scopes = self.scopes.iter().copied().collect();
        let mut grant_types = Vec::new();
        if !redirect_uris.is_empty() {
            grant_types.push(GrantType::AuthorizationCode);
        }
        if scopes.has(Scope::Signing) {
            grant_types.push(GrantType::ClientCredentials);
        }
        let other = |name: &Option<String>| name.clone().unwrap_or_else(|| self.name.clone());
        let legal_basis = self.legal_basis.clone().zip(self.legal_basis_date);
        let registration = Registration {
            names: Names {
                nl: self.name.clone(),
                fr: other(&self.name_fr),
                de: other(&self.name_de),
                en: other(&self.name_en),
            },
            organisation: self.organisation.clone(),
            sector: self
                .sector
                .clone()
                .unwrap_or_else(|| Registration::sector_of(&redirect_uris)),
            redirect_uris,
            grant_types,
            scopes,
            minimum_level: AssuranceLevel::High,
            legal_basis: legal_basis.map(|(reference, dated)| LegalBasis { reference, dated }),
            authentication: ClientAuthentication::from_text(&self.authentication)
                .ok_or("expected client_secret_basic or client_secret_post")?,
            id_token_algorithm: IdTokenAlgorithm::from_text(&self.id_token_algorithm)
                .ok_or("expected RS256 or ES256")?,
            claims_in_id_token: self.claims_in_id_token,
            tolerance: self.revocation.into(),
        };
        registration.check().map_err(|error| error.to_string())?;
        Ok(registration)
    }

    fn secret(&self) -> Result<Opaque, FileProblem> {
        match &self.secret_file {
            Some(file) => Ok(Opaque::from_text(
                String::from_utf8_lossy(&files::read(file)?).trim(),
            )),
            None => Ok(Opaque::generate(&SystemRandom)),
        }
    }
}
