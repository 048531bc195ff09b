//! Which proxies are believed about the visitor behind them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses, `10.0.0.0/8` or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// The text is no address block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a block such as `10.0.0.0/8`, found `{0}`")]
pub struct NetworkError(String);

impl Network {
    /// Whether `address` lies in this block. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(self, address: IpAddr) -> bool {
        let (own, own_bits) = bits(self.address);
        let (other, other_bits) = bits(address.to_canonical());
        let shift = own_bits.saturating_sub(self.prefix);
        own_bits == other_bits && own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
    }
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (_, width) = bits(address);
        let prefix = prefix.map_or(Ok(width), |prefix| prefix.parse::<u32>().map_err(|_| wrong()))?;
        if prefix > width {
            Err(wrong())
        } else {
            Ok(Self { address, prefix })
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The proxies whose forwarded headers are believed. Empty, the default, believes nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Believes the given blocks.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Whether `peer` is one of the believed proxies.
    pub fn contains(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(peer))
    }

    /// The visitor's own address: the peer, or, when the peer is believed, the last address of `forwarded_for`
    /// that is not itself a believed proxy.
    ///
    /// `forwarded_for`: the values of `X-Forwarded-For` in their order. Returns `None` when a believed proxy said
    /// nothing or something unreadable: then nothing is known about the visitor.
    pub fn visitor(&self, peer: IpAddr, forwarded_for: &[&str]) -> Option<IpAddr> {
        if !self.contains(peer) {
            return Some(peer);
        }
        let mut seen = None;
        for item in forwarded_for.iter().flat_map(|value| value.split(',')).rev() {
            let address = item.trim().parse::<IpAddr>().ok()?.to_canonical();
            seen = Some(address);
            if !self.contains(address) {
                break;
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn blocks_contain_what_they_say() {
        for (block, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("fd00::/8", "fdab::1", true),
        ] {
            assert_eq!(
                block.parse::<Network>().unwrap().contains(ip(address)),
                expected,
                "{block} {address}"
            );
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "x"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn forwarded_addresses_are_believed_only_from_named_proxies() {
        let nobody = TrustedProxies::default();
        assert_eq!(
            nobody.visitor(ip("10.0.0.1"), &["127.0.0.1"]),
            Some(ip("10.0.0.1"))
        );
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(
            proxies.visitor(ip("10.0.0.1"), &["127.0.0.1, 203.0.113.9, 10.0.0.2"]),
            Some(ip("203.0.113.9"))
        );
        assert_eq!(
            proxies.visitor(ip("10.0.0.1"), &["203.0.113.9", "198.51.100.7"]),
            Some(ip("198.51.100.7"))
        );
        assert_eq!(proxies.visitor(ip("10.0.0.1"), &["unknown"]), None);
        assert_eq!(proxies.visitor(ip("10.0.0.1"), &[""]), None);
        assert_eq!(proxies.visitor(ip("10.0.0.1"), &[]), None);
        assert_eq!(
            proxies.visitor(ip("10.0.0.1"), &["10.0.0.3, 10.0.0.2"]),
            Some(ip("10.0.0.3"))
        );
    }
}
