//! The token endpoint, userinfo, and the check of an application's own token.

use serde_json::{Map, Value};

use crate::audit::{Event, EventKind};
use crate::base::national::NationalNumber;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::jws;
use crate::oidc::bearer::{self, AccessToken, BearerError};
use crate::oidc::claims::{self, Known, TokenFacts};
use crate::oidc::client::{Client, GrantType, IdTokenAlgorithm};
use crate::oidc::discovery;
use crate::oidc::grant::Grant;
use crate::oidc::scope::Scope;
use crate::oidc::secret::{Opaque, SecretHash};
use crate::oidc::session::Session;
use crate::oidc::token::{self, Ask, CLIENT_TOKEN_LIFETIME, LOGIN_TOKEN_LIFETIME, TokenError, TokenRequest};
use crate::store::boards::{self, Board};
use crate::store::db::StoreError;
use crate::store::grants::Presented;
use crate::store::keys::{self, KeyPurpose};
use crate::store::{clients, events, grants, sessions};

use super::codes::grant_context;
use super::{LoginError, board_called};
use crate::journeys::App;

/// What the token endpoint answers (RFC 6749 §5.1).
#[derive(serde::Serialize)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds it lives.
    pub expires_in: u64,
    /// What it opens.
    pub scope: String,
    /// Who logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.scope)
    }
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenFailure {
    /// Something about the request: the client gets its code.
    #[error(transparent)]
    Refused(#[from] TokenError),
    /// Something on our side, or an unknown board.
    #[error(transparent)]
    Failed(#[from] LoginError),
}

impl From<StoreError> for TokenFailure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Answers a token request at the board called `board`.
///
/// `authorization`: the Authorization header. `pairs`: the decoded form.
pub async fn token(
    app: &App,
    board: &str,
    authorization: Option<&str>,
    pairs: &[(String, String)],
) -> Result<Tokens, TokenFailure> {
    let now = app.now();
    let board = board_called(app, board).await?;
    let request = TokenRequest::read(authorization, pairs)?;
    let client = clients::find_by_slug(&app.db, board.id, &request.credentials.slug).await?;
    request.credentials.check(client.as_ref(), now)?;
    let client = client.ok_or(LoginError::Inconsistent)?;
    match request.ask {
        Ask::ClientCredentials { scopes } => {
            let scopes = token::client_scopes(&client, &scopes)?;
            let access = Opaque::generate(app.random.as_ref());
            let stands_for = AccessToken {
                board: board.id,
                client: client.id,
                grant: None,
                scopes,
                expires_at: now.plus(CLIENT_TOKEN_LIFETIME),
                revoked_at: None,
            };
            let detail = serde_json::json!({ "grant_type": "client_credentials", "scopes": stands_for.scopes.to_string() });
            let actor = Some(client.id.to_string());
            let event = app.event(board.id, EventKind::TokenIssued, actor, None, "ok", detail);
            write_token(app, access.hash(), &stands_for, vec![event]).await?;
            Ok(Tokens {
                access_token: access.expose().to_owned(),
                token_type: "Bearer",
                expires_in: CLIENT_TOKEN_LIFETIME.as_secs(),
                scope: stands_for.scopes.to_string(),
                id_token: None,
            })
        }
        Ask::Code {
            code,
            redirect_uri,
            verifier,
        } => {
            if !client.may_use(GrantType::AuthorizationCode) {
                return Err(TokenError::GrantNotAllowed.into());
            }
            let grant = match grants::spend_code(&app.db, client.id, &code, now).await? {
                Presented::First(grant) => *grant,
                Presented::Unknown => return Err(TokenError::CodeUnknown.into()),
                Presented::Again { grant, board } => {
                    let (actor, object) = (Some(client.id.to_string()), Some(grant.to_string()));
                    let result = TokenError::CodeReused.cause();
                    let event = app.event(board, EventKind::CodeReused, actor, object, result, Value::Null);
                    events::record_alone(&app.db, &event).await?;
                    return Err(TokenError::CodeReused.into());
                }
            };
            grant.code.check(&redirect_uri, &verifier, now)?;
            log_in_tokens(app, &board, &client, &grant).await
        }
    }
}

async fn log_in_tokens(
    app: &App,
    board: &Board,
    client: &Client,
    grant: &Grant,
) -> Result<Tokens, TokenFailure> {
    let now = app.now();
    let session = sessions::find(&app.db, grant.session)
        .await?
        .ok_or(LoginError::Inconsistent)?;
    let access = Opaque::generate(app.random.as_ref());
    let number = opened_number(app, client, grant)?;
    let known = known(grant, &session, number.as_ref());
    let facts = TokenFacts {
        issuer: &app.issuer(&board.slug),
        nonce: grant.nonce.as_deref(),
        authenticated_at: session.authenticated_at,
        level: session.level,
        means: session.means,
        session: session.id,
        access_token: access.expose(),
    };
    let claims = claims::of_id_token(client, &grant.scopes, &known, &facts, now);
    let mut written = vec![app.event(
        board.id,
        EventKind::TokenIssued,
        Some(client.id.to_string()),
        Some(grant.id.to_string()),
        "ok",
        serde_json::json!({ "grant_type": "authorization_code", "person": grant.person }),
    )];
    written.extend(
        claims
            .contains_key("rrn")
            .then(|| number_released(app, client, grant, "id_token")),
    );
    let id_token = signed(app, board, client.registration.id_token_algorithm, &claims).await?;
    let stands_for = AccessToken {
        board: board.id,
        client: client.id,
        grant: Some(grant.id),
        scopes: grant.scopes.clone(),
        expires_at: now.plus(LOGIN_TOKEN_LIFETIME),
        revoked_at: None,
    };
    write_token(app, access.hash(), &stands_for, written).await?;
    Ok(Tokens {
        access_token: access.expose().to_owned(),
        token_type: "Bearer",
        expires_in: LOGIN_TOKEN_LIFETIME.as_secs(),
        scope: grant.scopes.to_string(),
        id_token: Some(id_token),
    })
}

/// Why userinfo or the signing interface is closed.
#[derive(Debug, thiserror::Error)]
pub enum AccessFailure {
    /// Something about the token: the answer of RFC 6750.
    #[error(transparent)]
    Refused(#[from] BearerError),
    /// Something on our side, or an unknown board.
    #[error(transparent)]
    Failed(#[from] LoginError),
}

impl From<StoreError> for AccessFailure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// The claims that an access token of a log-in at `board` opens.
///
/// `form_token`: the token of a posted form. A national number in the answer is an audit event.
pub async fn userinfo(
    app: &App,
    board: &str,
    authorization: Option<&str>,
    form_token: Option<&str>,
) -> Result<Map<String, Value>, AccessFailure> {
    let board = board_called(app, board).await?;
    let access = checked(app, authorization, form_token, Scope::Openid).await?;
    // A token of another board's issuer is no token here.
    let grant = access
        .grant
        .filter(|_| access.board == board.id)
        .ok_or(BearerError::InvalidToken)?;
    let grant = grants::find(&app.db, grant)
        .await?
        .ok_or(LoginError::Inconsistent)?;
    let client = enabled_client(app, &access).await?;
    let session = sessions::find(&app.db, grant.session)
        .await?
        .ok_or(LoginError::Inconsistent)?;
    let number = opened_number(app, &client, &grant)?;
    let claims = claims::of_person(&client, &grant.scopes, &known(&grant, &session, number.as_ref()));
    if claims.contains_key("rrn") {
        events::record_alone(&app.db, &number_released(app, &client, &grant, "userinfo")).await?;
    }
    Ok(claims)
}

/// An application that calls the signing interface with its own token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The application.
    pub client: Client,
    /// The board it belongs to: everything it asks is about that board alone.
    pub board: Board,
}

/// Who calls the signing interface: the bearer of a token with the scope `signing`.
pub async fn caller(app: &App, authorization: Option<&str>) -> Result<Caller, AccessFailure> {
    let access = checked(app, authorization, None, Scope::Signing).await?;
    let client = enabled_client(app, &access).await?;
    let board = boards::find(&app.db, access.board)
        .await?
        .ok_or(LoginError::Inconsistent)?;
    Ok(Caller { client, board })
}

/// The discovery document of the board called `board`.
pub async fn discovery_document(app: &App, board: &str) -> Result<Value, LoginError> {
    let board = board_called(app, board).await?;
    Ok(discovery::document(&app.issuer(&board.slug)))
}

/// The key set of the board called `board`.
pub async fn key_set(app: &App, board: &str) -> Result<Value, LoginError> {
    let board = board_called(app, board).await?;
    let keys = keys::published(&app.db, board.id, KeyPurpose::Token).await?;
    let named = keys.iter().map(|key| {
        (
            key.kid.as_str(),
            key.algorithm.jwa_name().unwrap_or_default(),
            &key.public,
        )
    });
    discovery::key_set(named).map_err(|_| LoginError::Inconsistent)
}

async fn checked(
    app: &App,
    authorization: Option<&str>,
    form_token: Option<&str>,
    scope: Scope,
) -> Result<AccessToken, AccessFailure> {
    let token = bearer::token_of(authorization, form_token)?;
    let access = grants::find_token(&app.db, &token)
        .await?
        .ok_or(BearerError::InvalidToken)?;
    access.check(scope, app.now())?;
    Ok(access)
}

async fn enabled_client(app: &App, access: &AccessToken) -> Result<Client, AccessFailure> {
    let client = clients::find(&app.db, access.client).await?;
    let client = client.filter(|client| client.is_enabled(app.now()) && client.board == access.board);
    Ok(client.ok_or(BearerError::InvalidToken)?)
}

fn known<'a>(grant: &'a Grant, session: &'a Session, number: Option<&'a NationalNumber>) -> Known<'a> {
    Known {
        subject: &grant.subject,
        surname: &session.surname,
        given_names: session.given_names.as_deref(),
        capacity: grant.capacity.as_ref().map(|capacity| &capacity.claim),
        national_number: number,
    }
}

/// The national number that waits in the grant, for a client that may know it.
fn opened_number(app: &App, client: &Client, grant: &Grant) -> Result<Option<NationalNumber>, LoginError> {
    let Some(wrapped) = grant
        .wrapped_number
        .as_ref()
        .filter(|_| claims::releases_number(client, &grant.scopes))
    else {
        return Ok(None);
    };
    let digits = app
        .kek
        .unwrap(wrapped, &grant_context(grant.id))
        .map_err(|_| LoginError::Inconsistent)?;
    let digits = std::str::from_utf8(digits.expose()).map_err(|_| LoginError::Inconsistent)?;
    NationalNumber::parse(digits)
        .map(Some)
        .map_err(|_| LoginError::Inconsistent)
}

/// The event of a release: to whom, about whom, on what basis; never the number.
fn number_released(app: &App, client: &Client, grant: &Grant, place: &str) -> Event {
    let basis = client.registration.legal_basis.as_ref();
    let detail = serde_json::json!({
        "grant": grant.id, "in": place,
        "basis": basis.map(|basis| basis.reference.as_str()), "basis_dated": basis.map(|basis| basis.dated),
    });
    let (actor, object) = (Some(client.id.to_string()), Some(grant.person.to_string()));
    app.event(
        grant.board,
        EventKind::NationalNumberReleased,
        actor,
        object,
        "ok",
        detail,
    )
}

async fn write_token(
    app: &App,
    token: SecretHash,
    stands_for: &AccessToken,
    written: Vec<Event>,
) -> Result<(), StoreError> {
    let (stands_for, now) = (stands_for.clone(), app.now());
    app.db
        .write(move |unit| {
            let (stands_for, written) = (stands_for.clone(), written.clone());
            Box::pin(async move {
                grants::add_token(unit, token, &stands_for, now).await?;
                for event in &written {
                    events::record(unit, event).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Signs claims with the newest key of the board that fits the client's algorithm.
async fn signed(
    app: &App,
    board: &Board,
    algorithm: IdTokenAlgorithm,
    claims: &Map<String, Value>,
) -> Result<String, LoginError> {
    let wanted = SignatureAlgorithm::from_jwa_name(algorithm.as_str());
    let keys = keys::active(&app.db, board.id, KeyPurpose::Token).await?;
    let key = keys
        .iter()
        .find(|key| Some(key.algorithm) == wanted)
        .ok_or(LoginError::Inconsistent)?;
    let payload = serde_json::to_vec(claims).map_err(|_| LoginError::Inconsistent)?;
    jws::sign(
        &key.open(&app.kek)?,
        key.algorithm,
        Some(&key.kid),
        "JWT",
        &payload,
    )
    .map_err(|_| LoginError::Inconsistent)
}
