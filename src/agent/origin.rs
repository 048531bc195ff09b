//! Who asks, as the browser says it and as it is signed.

use std::fmt;

/// A web origin: `https://host[:port]` in lower case, without default port, path or anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// The text is no origin that a card may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the origin is not `https://host[:port]`")]
pub struct OriginError;

/// Hosts of this computer itself, which development may reach without TLS.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Origin {
    /// Reads an origin. It must stand as browsers write it: what is shown, signed and checked is one text.
    ///
    /// `http_loopback`: whether `http://localhost` is taken for `https://localhost`, as the stock extension can be told
    /// to do while a page is being developed. The https one is then signed.
    ///
    /// # Errors
    /// For every other text.
    pub fn parse(text: &str, http_loopback: bool) -> Result<Self, OriginError> {
        let rest = match text.strip_prefix("https://") {
            Some(rest) => rest,
            None if http_loopback => {
                let rest = text.strip_prefix("http://").ok_or(OriginError)?;
                let (host, _) = split_port(rest)?;
                LOOPBACK.contains(&host).then_some(rest).ok_or(OriginError)?
            }
            None => return Err(OriginError),
        };
        let (host, port) = split_port(rest)?;
        let port_fits = port.is_none_or(|port| {
            let number = port.parse::<u16>().unwrap_or(0);
            number != 0 && number != 443 && number.to_string() == port
        });
        if port_fits && is_host(host) {
            Ok(Self(format!("https://{rest}")))
        } else {
            Err(OriginError)
        }
    }

    /// The text that is signed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn split_port(rest: &str) -> Result<(&str, Option<&str>), OriginError> {
    if rest.starts_with('[') {
        let end = rest.find(']').ok_or(OriginError)?;
        let (host, after) = rest.split_at(end.saturating_add(1));
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(OriginError),
        };
    }
    Ok(match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    })
}

/// A name of lower-case labels, an IPv4 address, or an IPv6 address in brackets. International names come in Punycode.
fn is_host(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside
            .parse::<std::net::Ipv6Addr>()
            .is_ok_and(|address| address.to_string() == inside);
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_stand_as_browsers_write_them() {
        for text in [
            "https://zegelgem.be",
            "https://log-in.zegelgem.be:8443",
            "https://localhost:3000",
            "https://127.0.0.1:1",
            "https://[::1]:8443",
            "https://xn--mnchen-3ya.example",
        ] {
            assert_eq!(Origin::parse(text, false).unwrap().as_str(), text);
        }
        for text in [
            "",
            "null",
            "zegelgem.be",
            "http://zegelgem.be",
            "http://localhost:3000",
            "wss://zegelgem.be",
            "HTTPS://zegelgem.be",
            "https://Zegelgem.be",
            "https://zegelgem.be/",
            "https://zegelgem.be:443",
            "https://zegelgem.be:0",
            "https://zegelgem.be:08443",
            "https://zegelgem.be:",
            "https://zegelgem.be:99999",
            "https://zegelgem.be?x",
            "https://zegelgem.be#x",
            "https://user@zegelgem.be",
            "https://",
            "https://.be",
            "https://zegelgem.be.",
            "https://-a.be",
            "https://[::1",
            "https://[::1]x",
            "https://[0::1]",
            "https://münchen.example",
            "https://a\nb.example",
        ] {
            assert_eq!(Origin::parse(text, false), Err(OriginError), "{text}");
        }
    }

    #[test]
    fn loopback_without_tls_is_signed_as_https_where_it_is_allowed_and_nothing_else_is() {
        for (text, signed) in [
            ("http://localhost:3000", "https://localhost:3000"),
            ("http://127.0.0.1", "https://127.0.0.1"),
            ("http://[::1]:8080", "https://[::1]:8080"),
        ] {
            assert_eq!(Origin::parse(text, true).unwrap().as_str(), signed);
            assert_eq!(Origin::parse(text, false), Err(OriginError));
        }
        for text in [
            "http://localhost.evil.example",
            "http://evil.example",
            "http://127.0.0.2",
        ] {
            assert_eq!(Origin::parse(text, true), Err(OriginError), "{text}");
        }
    }
}
