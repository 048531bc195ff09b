//! Names of hosts, looked up once.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::address::is_public;

/// Resolves once and hands out public addresses only, so that what was judged is what is connected to.
pub(super) struct Resolver {
    pub(super) private_addresses: bool,
    pub(super) lookup: Lookup,
}

/// Looks a host's name up: its addresses, in order of preference.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The machine's own way to look names up.
pub(super) fn system_lookup(name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
    async move {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
    .boxed()
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("name resolves to private addresses only")]
    Private,
    #[error("name does not resolve")]
    Unknown,
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let private_addresses = self.private_addresses;
        let looked_up = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let found = looked_up.await.map_err(|_| ResolveError::Unknown)?;
            if found.is_empty() {
                return Err(ResolveError::Unknown.into());
            }
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| private_addresses || is_public(*address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if allowed.is_empty() {
                return Err(ResolveError::Private.into());
            }
            let addresses: reqwest::dns::Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
