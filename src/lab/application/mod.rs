//! A small relying application, as a municipality's software supplier would write it: it logs people in through
//! zegel, sends a document to be signed, and shows what it received.
//!
//! It uses nothing of zegel but its published interfaces over HTTP. Start from [`Application`].

mod client;
mod pages;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use openssl::ssl::SslAcceptorBuilder;
use serde::Deserialize;

pub use client::{Answer, ApplicationError, Pending, Provider, Registration};

use crate::base::random::{self, Random};
use crate::http::cookies;

/// What the application keeps about one browser.
#[derive(Clone, Debug, Default)]
struct Visitor {
    pending: Option<client::Pending>,
    claims: Option<serde_json::Value>,
    request: Option<String>,
}

/// The running application's state.
pub struct Application {
    provider: Provider,
    document: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
    random: Arc<dyn Random>,
    visitors: Mutex<BTreeMap<String, Visitor>>,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Application")
    }
}

const COOKIE: &str = "__Host-demo";

impl Application {
    /// An application registered with `provider` that sends what `document` makes.
    pub fn new(
        provider: Provider,
        document: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            provider,
            document,
            random,
            visitors: Mutex::default(),
        }
    }

    /// Serves the application on `listener` with TLS until the handle is stopped.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn serve(
        self,
        listener: TcpListener,
        tls: SslAcceptorBuilder,
    ) -> std::io::Result<actix_web::dev::Server> {
        let state = web::Data::new(self);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .route("/", web::get().to(home))
                .route("/login", web::post().to(log_in))
                .route("/callback", web::get().to(callback))
                .route("/send", web::post().to(send))
                .route("/decision", web::get().to(decision))
                .route("/document", web::get().to(document))
                .route("/proof", web::get().to(proof))
                .route("/publication", web::get().to(publication))
                .route("/style.css", web::get().to(style))
        })
        .workers(1)
        .disable_signals();
        Ok(server.listen_openssl(listener, tls)?.run())
    }

    fn visitor(&self, request: &HttpRequest) -> (String, Visitor) {
        let known = cookies::find(request, COOKIE);
        let visitors = self
            .visitors
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((key, visitor)) =
            known.and_then(|key| visitors.get(&key).map(|found| (key.clone(), found.clone())))
        {
            return (key, visitor);
        }
        (
            hex::encode(random::bytes::<16>(self.random.as_ref())),
            Visitor::default(),
        )
    }

    fn keep(&self, key: &str, visitor: Visitor) {
        let mut visitors = self
            .visitors
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // A demo on one computer: more than a thousand visitors means somebody is playing with it.
        if visitors.len() > 1000 {
            visitors.clear();
        }
        visitors.insert(key.to_owned(), visitor);
    }
}

fn to(address: &str, key: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::SET_COOKIE, cookie(key)))
        .finish()
}

fn cookie(key: &str) -> String {
    format!("{COOKIE}={key}; Path=/; Secure; HttpOnly; SameSite=Lax")
}

fn page(key: &str, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ))
        .insert_header((header::SET_COOKIE, cookie(key)))
        .body(body)
}

fn failed(error: &ApplicationError) -> HttpResponse {
    tracing::warn!(cause = error.cause(), "the demo application failed");
    HttpResponse::BadGateway()
        .content_type("text/html; charset=utf-8")
        .body(pages::failure(&error.to_string()))
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(pages::STYLE)
}

async fn home(state: web::Data<Application>, request: HttpRequest) -> HttpResponse {
    let (key, visitor) = state.visitor(&request);
    let sent = match &visitor.request {
        Some(id) => match state.provider.signing_request(id).await {
            Ok(sent) => Some(sent),
            Err(error) => return failed(&error),
        },
        None => None,
    };
    page(&key, pages::home(visitor.claims.as_ref(), sent.as_ref()))
}

async fn log_in(state: web::Data<Application>, request: HttpRequest) -> HttpResponse {
    let (key, mut visitor) = state.visitor(&request);
    let (address, pending) = match state.provider.authorization(state.random.as_ref()).await {
        Ok(begun) => begun,
        Err(error) => return failed(&error),
    };
    visitor.pending = Some(pending);
    state.keep(&key, visitor);
    to(&address, &key)
}

/// What comes back from the provider.
#[derive(Debug, Deserialize)]
struct Callback {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn callback(
    state: web::Data<Application>,
    request: HttpRequest,
    query: web::Query<Callback>,
) -> HttpResponse {
    let (key, mut visitor) = state.visitor(&request);
    let Some(pending) = visitor.pending.take() else {
        return to("/", &key);
    };
    let outcome = match (&query.code, &query.error) {
        (Some(code), None) => {
            let answer = client::Answer {
                code: code.clone(),
                state: query.state.clone().unwrap_or_default(),
                issuer: query.iss.clone().unwrap_or_default(),
            };
            state.provider.redeem(&answer, &pending).await
        }
        (_, Some(error)) => Err(ApplicationError::Refused(error.clone())),
        _ => Err(ApplicationError::Unexpected("neither code nor error")),
    };
    match outcome {
        Ok(claims) => {
            visitor.claims = Some(claims);
            state.keep(&key, visitor);
            to("/", &key)
        }
        Err(error) => failed(&error),
    }
}

async fn send(state: web::Data<Application>, request: HttpRequest) -> HttpResponse {
    let (key, mut visitor) = state.visitor(&request);
    let idempotency = hex::encode(random::bytes::<16>(state.random.as_ref()));
    let document = (state.document)();
    match state.provider.send(document, &idempotency).await {
        Ok(created) => {
            visitor.request = created
                .get("id")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned);
            state.keep(&key, visitor);
            to("/", &key)
        }
        Err(error) => failed(&error),
    }
}

/// The decision as it is sent, unsigned.
async fn decision(state: web::Data<Application>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/pdf")
        .body((state.document)())
}

async fn document(state: web::Data<Application>, request: HttpRequest) -> HttpResponse {
    fetch(
        &state,
        &request,
        "document",
        "application/pdf",
        "besluit-TEST.pdf",
    )
    .await
}

async fn proof(state: web::Data<Application>, request: HttpRequest) -> HttpResponse {
    fetch(
        &state,
        &request,
        "proof",
        "application/json",
        "besluit-TEST.proof.json",
    )
    .await
}

async fn publication(state: web::Data<Application>, request: HttpRequest) -> HttpResponse {
    fetch(
        &state,
        &request,
        "publication_copy",
        "application/pdf",
        "besluit-TEST.publicatie.pdf",
    )
    .await
}

async fn fetch(
    state: &Application,
    request: &HttpRequest,
    what: &str,
    media_type: &'static str,
    name: &str,
) -> HttpResponse {
    let (key, visitor) = state.visitor(request);
    let Some(id) = visitor.request else {
        return to("/", &key);
    };
    match state.provider.delivery(&id, what).await {
        Ok(bytes) => HttpResponse::Ok()
            .content_type(media_type)
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ))
            .body(bytes),
        Err(error) => failed(&error),
    }
}
