//! The services over plain HTTP on loopback, as PKI services are.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;

use super::super::LabError;
use super::Services;
use crate::base::clock::Clock;

/// Largest request read: requests of these protocols stay far below.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// Running services; they stop when this is dropped.
#[derive(Debug)]
pub struct ServiceServer {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl ServiceServer {
    /// Takes a free port of the loopback address, so that its number can be written into certificates before the
    /// services start. `port` 0 is any.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn reserve(port: u16) -> Result<TcpListener, LabError> {
        TcpListener::bind(("127.0.0.1", port))
            .map_err(|error| LabError::Reader(format!("port {port} of the services: {error}")))
    }

    /// Serves `services` on `listener` in a thread of its own. `clock` tells the time of each answer.
    ///
    /// # Errors
    /// When the server cannot start.
    pub fn start(
        services: Arc<Services>,
        clock: Arc<dyn Clock>,
        listener: TcpListener,
    ) -> Result<Self, LabError> {
        let failed = |what: &str| LabError::Reader(format!("services: {what}"));
        let address = listener.local_addr().map_err(|_| failed("no address"))?;
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("lab-services".to_owned())
            .spawn(move || {
                let run = async move {
                    let server = HttpServer::new(move || {
                        App::new()
                            .app_data(web::PayloadConfig::new(MAX_REQUEST_BYTES))
                            .app_data(web::Data::from(Arc::clone(&services)))
                            .app_data(web::Data::from(Arc::clone(&clock)))
                            .default_service(web::to(serve))
                    })
                    .workers(1)
                    .disable_signals()
                    .shutdown_timeout(0)
                    .listen(listener)?
                    .run();
                    let _ = sender.send(server.handle());
                    server.await
                };
                if let Err(error) = actix_web::rt::System::new().block_on(run) {
                    tracing::error!(%error, "laboratory services stopped");
                }
            })
            .map_err(|_| failed("no thread"))?;
        let handle = receiver.recv().map_err(|_| failed("could not listen"))?;
        Ok(Self {
            address,
            handle,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ServiceServer {
    fn drop(&mut self) {
        // The request to stop is sent when it is made; the thread then ends by itself.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    request: HttpRequest,
    body: web::Bytes,
    services: web::Data<Services>,
    clock: web::Data<dyn Clock>,
) -> HttpResponse {
    let (path, body) = match ocsp_by_get(request.path()) {
        Some((path, body)) => (path, body),
        None => (request.path().to_owned(), body.to_vec()),
    };
    let now = clock.now();
    let services = services.into_inner();
    if path.starts_with("/csc/") || path == "/oauth2/token" {
        let authorization = request
            .headers()
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let answered =
            web::block(move || services.answer_csc(&path, authorization.as_deref(), &body, now)).await;
        let Ok((status, body, delay)) = answered else {
            return HttpResponse::InternalServerError().finish();
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return HttpResponse::build(status)
            .content_type("application/json")
            .body(body);
    }
    let answer = web::block(move || services.answer(&path, &body, now)).await;
    let Ok(answer) = answer else {
        return HttpResponse::InternalServerError().finish();
    };
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(location) = answer.location {
        response.insert_header((actix_web::http::header::LOCATION, location));
    }
    response.content_type(answer.content_type).body(answer.body)
}

/// `/ocsp/citizen/BASE64` of RFC 6960 appendix A.1 as path and request.
fn ocsp_by_get(path: &str) -> Option<(String, Vec<u8>)> {
    let (slug, encoded) = path.strip_prefix("/ocsp/")?.split_once('/')?;
    let text = percent_encoding::percent_decode_str(encoded).decode_utf8().ok()?;
    let request = base64::engine::general_purpose::STANDARD
        .decode(text.as_bytes())
        .ok()?;
    Some((format!("/ocsp/{slug}"), request))
}
