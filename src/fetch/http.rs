//! The real fetcher.

use std::collections::HashMap;
use std::error::Error as _;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use super::address::is_public;
use super::breaker::Breaker;
use super::lanes::Lanes;
use super::negative::Negative;
use super::resolver::{ResolveError, Resolver, system_lookup};
use super::turns::{Turn, Turns};
use super::{Calling, Fetcher, Fetching};
use crate::ades::device::{Call, Reply};
use crate::base::clock::Clock;
use crate::pki::need::{Answer, FetchFailure, Need};

pub use super::resolver::Lookup;

/// Largest answer of a signing device's provider: a hundred values of RSA-4096 in base64, and room.
const DEVICE_ANSWER_BYTES: usize = 256 * 1024;

/// What may be called, and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRules {
    /// Hosts that may be called, exact names in lower case; `host:port` admits that port of it as well.
    pub hosts: Vec<String>,
    /// Domains whose hosts may be called: `eid.belgium.be` admits itself and `crl.eid.belgium.be`.
    pub domains: Vec<String>,
    /// Whether addresses on this machine and in private ranges may be called, and any port.
    pub private_addresses: bool,
    /// Longest time for a connection.
    pub connect_timeout: Duration,
    /// Longest time for one whole answer; a CRL may take three times as long, an authority's certificate two
    /// seconds at most, since a person waits for it.
    pub deadline: Duration,
}

impl FetchRules {
    /// Rules for `hosts` and `domains` with the usual times: two seconds to connect, five in all.
    pub fn new(hosts: Vec<String>, domains: Vec<String>) -> Self {
        Self {
            hosts,
            domains,
            private_addresses: false,
            connect_timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(5),
        }
    }

    /// Whether `host`, already parsed out of an address, may be called.
    ///
    /// WHY: whole labels are compared. A test of the beginning of the address would let
    /// `http://ocsp.eid.belgium.be.example.org` in.
    pub fn admits_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let named = |known: &String| *known == host || known.strip_prefix(&host).is_some_and(is_port);
        self.hosts.iter().any(named)
            || self.domains.iter().any(|domain| {
                host == *domain || host.strip_suffix(domain).is_some_and(|head| head.ends_with('.'))
            })
    }

    /// Whether `port` of `host` may be called: the scheme's own, or one that is named.
    fn admits_port(&self, host: &str, port: Option<u16>) -> bool {
        let Some(port) = port else { return true };
        self.private_addresses
            || self
                .hosts
                .contains(&format!("{}:{port}", host.to_ascii_lowercase()))
    }

    fn deadline_of(&self, need: &Need) -> Duration {
        match need {
            Need::Crl { .. } | Need::List { .. } | Need::NationalList { .. } => {
                self.deadline.saturating_mul(3)
            }
            Need::Issuer { .. } => self.deadline.min(Duration::from_secs(2)),
            Need::Ocsp { .. } | Need::TimeStamp { .. } => self.deadline,
        }
    }
}

/// `:443` and the like.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':')
        .is_some_and(|digits| digits.parse::<u16>().is_ok())
}

/// Room made for an answer before any of it came.
const FIRST_ROOM: usize = 64 * 1024;

type Flight = Shared<BoxFuture<'static, Arc<Answer>>>;

/// Calls the outside over HTTP: allowed hosts only, no redirect, no proxy, answers capped in size and time, the
/// same address once at a time, and hosts that fail left alone for a while.
#[derive(Clone)]
pub struct HttpFetcher {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    rules: FetchRules,
    clock: Arc<dyn Clock>,
    breaker: Breaker,
    lanes: Lanes,
    negative: Negative,
    turns: Turns,
    flights: Mutex<HashMap<String, Flight>>,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be made")]
pub struct ClientError(#[source] reqwest::Error);

impl HttpFetcher {
    /// A fetcher under `rules`.
    ///
    /// # Errors
    /// When the machine's TLS library cannot be set up.
    pub fn new(rules: FetchRules, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        Self::with_lookup(rules, clock, Arc::new(system_lookup))
    }

    /// The same with names looked up by `lookup`, for tests of what is done with the answers.
    ///
    /// # Errors
    /// As [`Self::new`].
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    pub fn with_lookup(
        rules: FetchRules,
        clock: Arc<dyn Clock>,
        lookup: Lookup,
    ) -> Result<Self, ClientError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(rules.connect_timeout)
            .pool_max_idle_per_host(8)
            .user_agent(concat!("zegel/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Resolver {
                private_addresses: rules.private_addresses,
                lookup,
            }))
            .build()
            .map_err(ClientError)?;
        let inner = Inner {
            client,
            rules,
            clock,
            breaker: Breaker::default(),
            lanes: Lanes::default(),
            negative: Negative::default(),
            turns: Turns::default(),
            flights: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

impl std::fmt::Debug for HttpFetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpFetcher")
            .field("rules", &self.inner.rules)
            .finish_non_exhaustive()
    }
}

impl Fetcher for HttpFetcher {
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a> {
        Box::pin(async move {
            if need.body().is_some() {
                return self.inner.call(need).await;
            }
            // Lists and certificates are the same for everybody: who comes second waits for the first one's answer.
            let flight = {
                let mut flights = self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner);
                let open = flights
                    .get(need.url())
                    .filter(|flight| flight.peek().is_none())
                    .cloned();
                open.unwrap_or_else(|| {
                    let (inner, need) = (Arc::clone(&self.inner), need.clone());
                    let url = need.url().to_owned();
                    let flight = async move { Arc::new(inner.call(&need).await) }.boxed().shared();
                    flights.retain(|_, known| known.peek().is_none());
                    flights.insert(url, flight.clone());
                    flight
                })
            };
            let answer = flight.await;
            Arc::unwrap_or_clone(answer)
        })
    }

    fn turn<'a>(&'a self, need: &'a Need) -> Pin<Box<dyn Future<Output = Turn> + Send + 'a>> {
        Box::pin(self.inner.turns.wait(need))
    }

    fn call<'a>(&'a self, call: &'a Call) -> Calling<'a> {
        Box::pin(self.inner.call_device(call))
    }
}

impl Inner {
    async fn call(&self, need: &Need) -> Answer {
        let started = self.clock.monotonic();
        let (url, host) = self.admitted(need.url(), need.host_is_named())?;
        // One host may have several services, and one that is down says nothing of the others.
        let service = format!(
            "{} {host}:{}",
            need.kind(),
            url.port_or_known_default().unwrap_or_default()
        );
        // What is posted is a question of its own each time; what is got is the same for everybody.
        let is_download = need.body().is_none();
        if is_download && let Some(failure) = self.negative.rests(need.url(), started) {
            return Err(failure);
        }
        let limit = self.rules.deadline_of(need);
        let Ok(place) = tokio::time::timeout(limit, self.lanes.place(&service, is_download)).await else {
            return Err(FetchFailure::CircuitOpen);
        };
        if !self.breaker.admits(&service, self.clock.monotonic()) {
            return Err(FetchFailure::CircuitOpen);
        }
        // Waiting for a place counts: a person waits for both.
        let left = limit.saturating_sub(self.clock.monotonic().saturating_sub(started));
        let answer = match tokio::time::timeout(left, self.exchange(url, need)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchFailure::Timeout),
        };
        drop(place);
        let ended = self.clock.monotonic();
        let host_failed = match &answer {
            Err(FetchFailure::Connect | FetchFailure::Dns | FetchFailure::Timeout) => true,
            Err(FetchFailure::Http(status)) => *status >= 500,
            _ => false,
        };
        self.breaker.note(&service, !host_failed, ended);
        if is_download {
            self.negative
                .note(need.url(), answer.as_ref().err().copied(), ended);
        }
        let outcome = answer.as_ref().map_or_else(|failure| failure.as_str(), |_| "ok");
        let duration_ms = ended.saturating_sub(started).as_millis();
        tracing::debug!(kind = need.kind(), host, outcome, duration_ms, "asked outside");
        answer
    }

    /// One POST to a signing device's provider, under the same rules and the same breaker.
    async fn call_device(&self, call: &Call) -> Reply {
        let started = self.clock.monotonic();
        let (url, host) = self.admitted(&call.url, false)?;
        let service = format!(
            "device {host}:{}",
            url.port_or_known_default().unwrap_or_default()
        );
        if !self.breaker.admits(&service, started) {
            return Err(FetchFailure::CircuitOpen);
        }
        let mut request = self
            .client
            .post(url)
            .header(reqwest::header::CONTENT_TYPE, call.media_type)
            .header(reqwest::header::ACCEPT, "application/json")
            .body(call.body.expose().to_owned());
        if let Some(authorization) = &call.authorization {
            let mut value = reqwest::header::HeaderValue::from_str(authorization.expose())
                .map_err(|_| FetchFailure::Address)?;
            value.set_sensitive(true);
            request = request.header(reqwest::header::AUTHORIZATION, value);
        }
        let exchange = async {
            let response = request.send().await.map_err(|error| failure_of(&error))?;
            let status = response.status().as_u16();
            Ok((status, read_body(response, DEVICE_ANSWER_BYTES).await?))
        };
        let reply = match tokio::time::timeout(self.rules.deadline.saturating_mul(2), exchange).await {
            Ok(reply) => reply,
            Err(_) => Err(FetchFailure::Timeout),
        };
        let ended = self.clock.monotonic();
        let host_failed = match &reply {
            Err(FetchFailure::Connect | FetchFailure::Dns | FetchFailure::Timeout) => true,
            Ok((status, _)) => *status >= 500,
            Err(_) => false,
        };
        self.breaker.note(&service, !host_failed, ended);
        let outcome = reply.as_ref().map_or_else(|failure| failure.as_str(), |_| "ok");
        let duration_ms = ended.saturating_sub(started).as_millis();
        tracing::debug!(kind = "device", host, outcome, duration_ms, "asked outside");
        reply
    }

    /// The parsed address and its host, if both may be called; a host that `is_named` elsewhere needs not stand in the rules.
    fn admitted(&self, url: &str, is_named: bool) -> Result<(reqwest::Url, String), FetchFailure> {
        let refused = FetchFailure::Address;
        let url = reqwest::Url::parse(url).map_err(|_| refused)?;
        let plain =
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        let host = url.host_str().ok_or(refused)?.to_owned();
        let known = is_named || self.rules.admits_host(&host);
        if !plain || !known || !self.rules.admits_port(&host, url.port()) {
            return Err(refused);
        }
        // An address in digits is never resolved, so it is judged here.
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        if literal.is_ok_and(|address| !self.rules.private_addresses && !is_public(address)) {
            return Err(refused);
        }
        Ok((url, host))
    }

    async fn exchange(&self, url: reqwest::Url, need: &Need) -> Answer {
        let request = match need.body() {
            Some((media_type, body)) => self
                .client
                .post(url)
                .header(reqwest::header::CONTENT_TYPE, media_type)
                .body(body.to_vec()),
            None => self.client.get(url),
        };
        let response = request.send().await.map_err(|error| failure_of(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(FetchFailure::Http(status));
        }
        let stated = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if let (Some(wanted), Some(stated)) = (need.media_type(), stated) {
            let stated = stated.split(';').next().unwrap_or_default().trim();
            if !stated.eq_ignore_ascii_case(wanted) {
                return Err(FetchFailure::MediaType);
            }
        }
        read_body(response, need.max_bytes()).await
    }
}

/// Reads the body, no more than `most` bytes of it.
async fn read_body(mut response: reqwest::Response, most: usize) -> Answer {
    // None was asked for, and what unpacks to more than it is would go past the limit below.
    if response
        .headers()
        .get(reqwest::header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(FetchFailure::MediaType);
    }
    let announced = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(0);
    if announced > most {
        return Err(FetchFailure::TooLarge);
    }
    // Room is made as it comes: what is announced costs the sender nothing.
    let mut body = Vec::with_capacity(announced.min(FIRST_ROOM));
    while let Some(chunk) = response.chunk().await.map_err(|error| failure_of(&error))? {
        if body.len().saturating_add(chunk.len()) > most {
            return Err(FetchFailure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure_of(error: &reqwest::Error) -> FetchFailure {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(refused) = inner.downcast_ref::<ResolveError>() {
            return match refused {
                ResolveError::Private => FetchFailure::Address,
                ResolveError::Unknown => FetchFailure::Dns,
            };
        }
        source = inner.source();
    }
    if error.is_timeout() {
        FetchFailure::Timeout
    } else {
        FetchFailure::Connect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_whole() {
        let rules = FetchRules::new(vec!["tsa.belgium.be".into()], vec!["eid.belgium.be".into()]);
        for (host, admitted) in [
            ("tsa.belgium.be", true),
            ("TSA.belgium.be", true),
            ("x.tsa.belgium.be", false),
            ("eid.belgium.be", true),
            ("ocsp.eid.belgium.be", true),
            ("noteid.belgium.be", false),
            ("ocsp.eid.belgium.be.example.org", false),
            ("", false),
        ] {
            assert_eq!(rules.admits_host(host), admitted, "{host}");
        }
    }

    #[test]
    fn a_port_is_the_schemes_own_or_one_that_is_named() {
        let rules = FetchRules::new(
            vec!["tsa.example:318".into(), "ocsp.example".into()],
            vec!["eid.belgium.be".into()],
        );
        assert!(rules.admits_host("tsa.example"));
        for (host, port, admitted) in [
            ("tsa.example", None, true),
            ("tsa.example", Some(318), true),
            ("tsa.example", Some(8080), false),
            ("ocsp.example", None, true),
            ("ocsp.example", Some(22), false),
            ("crl.eid.belgium.be", Some(8080), false),
        ] {
            assert_eq!(rules.admits_port(host, port), admitted, "{host} {port:?}");
        }
    }

    #[test]
    fn an_authoritys_certificate_has_two_seconds_and_a_list_three_times_as_long_as_an_answer() {
        let rules = FetchRules::new(Vec::new(), Vec::new());
        let url = String::new;
        let need = Need::Issuer { url: url() };
        assert_eq!(rules.deadline_of(&need), Duration::from_secs(2));
        assert_eq!(
            rules.deadline_of(&Need::Crl { url: url() }),
            Duration::from_secs(15)
        );
        let request = Vec::new();
        assert_eq!(
            rules.deadline_of(&Need::Ocsp { url: url(), request }),
            Duration::from_secs(5)
        );
    }
}
