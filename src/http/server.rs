//! The server: TLS or plain behind a proxy, limits, and an orderly end.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpServer};
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslFiletype, SslMethod, SslVersion};

use super::problem::Failure;
use super::routes;
use super::site::Site;
use super::{middleware, problem};
use crate::base::code::PersonCode;

/// Adds what handlers find in `web::Data`: the journeys' `App`, the documents' room, …
pub type Furnish = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Certificate and key in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then the intermediates.
    pub certificate_chain: PathBuf,
    /// Its private key.
    pub private_key: PathBuf,
}

/// Where and how to listen.
pub struct Listening {
    /// Address and port; port 0 takes any free one.
    pub address: SocketAddr,
    /// With TLS, or plain for a proxy in front.
    pub tls: Option<TlsFiles>,
    /// How long an orderly end waits for requests that are being answered.
    pub shutdown_timeout: Duration,
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Why the server did not start or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Certificate or key could not be used.
    #[error("cannot use the TLS certificate `{certificate}`", certificate = .files.certificate_chain.display())]
    Tls {
        /// The files.
        files: TlsFiles,
        /// Why.
        source: openssl::error::ErrorStack,
    },
    /// The server stopped by itself.
    #[error("the server stopped")]
    Stopped(#[source] std::io::Error),
}

/// The application: every route behind the same middleware, with `furnish`ed data.
pub fn application(
    site: web::Data<Site>,
    furnish: &Furnish,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
    + use<>,
> {
    let limits = site.limits;
    let furnish = Arc::clone(furnish);
    App::new()
        .app_data(site)
        .app_data(web::PayloadConfig::new(limits.json_bytes))
        .app_data(
            web::FormConfig::default()
                .limit(limits.form_bytes)
                .error_handler(|_, _| invalid()),
        )
        .app_data(
            web::JsonConfig::default()
                .limit(limits.json_bytes)
                .error_handler(|error, _| {
                    // The message names keys and positions of the caller's own body, never values.
                    Failure::new(PersonCode::RequestInvalid)
                        .for_developers(error.to_string())
                        .into()
                }),
        )
        .app_data(web::QueryConfig::default().error_handler(|_, _| invalid()))
        .app_data(web::PathConfig::default().error_handler(|_, _| Failure::new(PersonCode::NotFound).into()))
        .wrap(from_fn(middleware::surround))
        .configure(move |config| furnish(config))
        .configure(routes::configure)
}

fn invalid() -> Error {
    problem::Failure::new(PersonCode::RequestInvalid).into()
}

/// A server that is bound and not yet running: its address is known.
pub struct Bound {
    /// The address it listens on, with the port that was taken.
    pub address: SocketAddr,
    server: actix_web::dev::Server,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Binds `listening`. Call inside a tokio runtime; workers start with [`Bound::run`].
///
/// # Errors
/// `Listen` or `Tls`, both before anything is served.
pub fn bind(site: Arc<Site>, furnish: Furnish, listening: &Listening) -> Result<Bound, ServerError> {
    let listen_error = |source| ServerError::Listen {
        address: listening.address,
        source,
    };
    let listener = TcpListener::bind(listening.address).map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let site = web::Data::from(site);
    let server = HttpServer::new(move || application(site.clone(), &furnish))
        .shutdown_timeout(listening.shutdown_timeout.as_secs())
        .client_request_timeout(Duration::from_secs(30))
        .disable_signals();
    let server = match &listening.tls {
        Some(files) => server.listen_openssl(listener, acceptor(files)?),
        None => server.listen(listener),
    };
    Ok(Bound {
        address,
        server: server.map_err(listen_error)?.run(),
    })
}

impl Bound {
    /// Serves until `stop` completes, then stops accepting and lets requests finish; ends at once when `stop_now`
    /// completes too.
    ///
    /// # Errors
    /// `Stopped` when the server fails by itself.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        stop_now: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let handle = self.server.handle();
        let mut server = std::pin::pin!(self.server);
        tokio::select! {
            ended = &mut server => return ended.map_err(ServerError::Stopped),
            () = stop => {}
        }
        tokio::select! {
            () = handle.stop(true) => {}
            () = stop_now => handle.stop(false).await,
            _ = &mut server => {}
        }
        Ok(())
    }
}

/// TLS 1.2 and 1.3 with the ciphers of Mozilla's intermediate profile, version 5.
fn acceptor(files: &TlsFiles) -> Result<SslAcceptorBuilder, ServerError> {
    let build = || {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        builder.set_certificate_chain_file(&files.certificate_chain)?;
        builder.set_private_key_file(&files.private_key, SslFiletype::PEM)?;
        builder.check_private_key()?;
        Ok(builder)
    };
    build().map_err(|source| ServerError::Tls {
        files: files.clone(),
        source,
    })
}
