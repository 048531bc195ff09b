//! Name constraints, RFC 5280 §4.2.1.10.

use super::name::Name;
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::tag;

/// Most subtrees read in one extension; with a path's names this bounds the comparisons made.
const MAX_SUBTREES: usize = 1024;

/// Most comparisons of names with subtrees for one certificate. Real certificates with constraints above them need a
/// few dozen; a certificate of 64 kB holds thousands of names.
const MAX_COMPARISONS: usize = 250_000;

/// Why the names of a certificate do not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// A name lies outside what is permitted, or inside what is excluded, or cannot be compared.
    Outside,
    /// Comparing them all would cost more than 250 000 comparisons.
    TooMany,
}

/// A general name, in the forms that constraints reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// directoryName.
    Directory(Name),
    /// dNSName.
    Dns(String),
    /// iPAddress: 4 or 16 octets in a certificate, with as many octets of mask in a constraint.
    Ip(Vec<u8>),
    /// A form zegel does not compare, by its tag number.
    Other(u8),
    /// rfc822Name.
    Rfc822(String),
    /// uniformResourceIdentifier.
    Uri(String),
}

impl GeneralName {
    /// Reads one GeneralName.
    ///
    /// # Errors
    /// When it has none of the tags of RFC 5280 §4.2.1.6, or its text is no UTF-8.
    pub fn parse(element: &Element<'_>) -> Result<Self, Asn1Error> {
        let text = || {
            std::str::from_utf8(element.content())
                .map(str::to_owned)
                .map_err(|_| Asn1Error::Content(element.offset()))
        };
        Ok(match element.tag() {
            0x81 => Self::Rfc822(text()?),
            0x82 => Self::Dns(text()?),
            0x86 => Self::Uri(text()?),
            0x87 => Self::Ip(element.content().to_vec()),
            0xA4 => {
                let mut inside = element.inside()?;
                let name = Name::parse(inside.expect(tag::SEQUENCE)?.whole())?;
                inside.finish()?;
                Self::Directory(name)
            }
            0x80..=0x88 | 0xA0..=0xA8 => Self::Other(element.tag() & 0x1F),
            _ => return Err(Asn1Error::Content(element.offset())),
        })
    }

    const fn form(&self) -> u8 {
        match self {
            Self::Rfc822(_) => 1,
            Self::Dns(_) => 2,
            Self::Directory(_) => 4,
            Self::Uri(_) => 6,
            Self::Ip(_) => 7,
            Self::Other(number) => *number,
        }
    }

    /// Whether this name lies within the constraint `base` of the same form; `None` when that cannot be told.
    fn is_within(&self, base: &Self) -> Option<bool> {
        match (self, base) {
            (Self::Directory(name), Self::Directory(base)) => Some(name.is_within(base)),
            (Self::Dns(name), Self::Dns(base)) => dns_within(name, base),
            (Self::Rfc822(address), Self::Rfc822(base)) => mail_within(address, base),
            (Self::Uri(uri), Self::Uri(base)) => host_of(uri).and_then(|host| host_within(&host, base)),
            (Self::Ip(address), Self::Ip(base)) => ip_within(address, base),
            _ => None,
        }
    }
}

/// The subtrees that names below an authority must, and must not, lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// Reads the extension's value.
    pub(super) fn parse(value: &[u8]) -> Result<Self, Asn1Error> {
        let whole = read::single(value, Rules::Der)?;
        let mut parts = whole.inside()?;
        let permitted = parts
            .optional(tag::context_constructed(0))?
            .map(|list| subtrees(&list))
            .transpose()?;
        let excluded = parts
            .optional(tag::context_constructed(1))?
            .map(|list| subtrees(&list))
            .transpose()?;
        parts.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(Asn1Error::Content(whole.offset()));
        }
        Ok(Self {
            permitted: permitted.unwrap_or_default(),
            excluded: excluded.unwrap_or_default(),
        })
    }
}

fn subtrees(list: &Element<'_>) -> Result<Vec<GeneralName>, Asn1Error> {
    let mut items = list.inside()?;
    let mut out = Vec::new();
    while let Some(subtree) = items.next()? {
        let mut parts = subtree.inside()?;
        out.push(GeneralName::parse(&parts.any()?)?);
        // RFC 5280 §4.2.1.10: minimum is 0 and maximum absent; DER leaves the default out.
        parts.finish()?;
        if out.len() > MAX_SUBTREES {
            return Err(Asn1Error::Content(list.offset()));
        }
    }
    if out.is_empty() {
        return Err(Asn1Error::Content(list.offset()));
    }
    Ok(out)
}

/// The constraints gathered on the way from the anchor: a name must satisfy each of them.
#[derive(Clone, Debug, Default)]
pub struct Gathered<'a> {
    all: Vec<&'a NameConstraints>,
}

impl<'a> Gathered<'a> {
    /// Adds the constraints of one more authority.
    pub fn add(&mut self, constraints: &'a NameConstraints) {
        self.all.push(constraints);
    }

    /// Checks that the subject and the alternative names of a certificate satisfy all that was gathered.
    ///
    /// # Errors
    /// `Outside`, also for a name of a form that a constraint restricts and zegel cannot compare; `TooMany`.
    ///
    /// Source: RFC 5280 §6.1.3 (b) and (c), §4.2.1.10.
    pub fn check(&self, subject: &Name, alternatives: &[GeneralName]) -> Result<(), Denied> {
        if self.all.is_empty() {
            return Ok(());
        }
        let mut names: Vec<GeneralName> = alternatives.to_vec();
        if !subject.is_empty() {
            names.push(GeneralName::Directory(subject.clone()));
        }
        if !alternatives
            .iter()
            .any(|name| matches!(name, GeneralName::Rfc822(_)))
        {
            names.extend(subject.email_addresses().map(GeneralName::Rfc822));
        }
        let subtrees = self.all.iter().fold(0_usize, |sum, constraints| {
            sum.saturating_add(constraints.permitted.len())
                .saturating_add(constraints.excluded.len())
        });
        if subtrees.saturating_mul(names.len()) > MAX_COMPARISONS {
            return Err(Denied::TooMany);
        }
        let allowed = self
            .all
            .iter()
            .all(|constraints| names.iter().all(|name| allows(constraints, name)));
        if allowed { Ok(()) } else { Err(Denied::Outside) }
    }
}

fn allows(constraints: &NameConstraints, name: &GeneralName) -> bool {
    let mut permitted = constraints
        .permitted
        .iter()
        .filter(|base| base.form() == name.form())
        .peekable();
    let mut excluded = constraints
        .excluded
        .iter()
        .filter(|base| base.form() == name.form());
    let inside = permitted.peek().is_none() || permitted.any(|base| name.is_within(base) == Some(true));
    let outside = excluded.all(|base| name.is_within(base) == Some(false) && !wildcard_reaches(name, base));
    inside && outside
}

/// Whether `name` is a DNS wildcard that stands for a host within `base` too: `*.example.org` for `a.example.org`.
///
/// WHY: RFC 5280 knows no wildcards, so that an excluded host would be let in by the wildcard above it.
fn wildcard_reaches(name: &GeneralName, base: &GeneralName) -> bool {
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => name
            .strip_prefix("*.")
            .is_some_and(|domain| ends_with_label(base, domain)),
        _ => false,
    }
}

/// `host.example.org` is within `example.org`; labels compare whole.
fn dns_within(name: &str, base: &str) -> Option<bool> {
    if base.starts_with('.') {
        // A leading dot is the form of URI constraints, not of this one; it matches nothing but is no reason to
        // guess.
        return None;
    }
    if !plain_host(name) || (!base.is_empty() && !plain_host(base)) {
        return None;
    }
    Some(base.is_empty() || equal(name, base) || ends_with_label(name, base))
}

fn plain_host(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*'))
        })
}

/// A constraint on hosts (URI, or the host part of mail): exact, or any host below when it begins with a dot.
fn host_within(host: &str, base: &str) -> Option<bool> {
    if !plain_host(host) {
        return None;
    }
    Some(match base.strip_prefix('.') {
        Some(domain) => ends_with_label(host, domain),
        None => equal(host, base),
    })
}

fn mail_within(address: &str, base: &str) -> Option<bool> {
    let (local, host) = address.rsplit_once('@')?;
    // A quoted local part may hold anything, an unquoted one no second @; neither is compared.
    if local.is_empty() || local.contains(['@', '"']) {
        return None;
    }
    match base.rsplit_once('@') {
        // The local part compares with case, the host without (RFC 5280 §7.5).
        Some((base_local, base_host)) => Some(local == base_local && equal(host, base_host)),
        None => host_within(host, base),
    }
}

/// The host of a URI; addresses in digits have no host that a constraint could reach (RFC 5280 §4.2.1.10).
fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next()?;
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (!host.is_empty() && !numeric && !host.starts_with('[')).then(|| host.to_owned())
}

fn ip_within(address: &[u8], base: &[u8]) -> Option<bool> {
    if base.len() != address.len().checked_mul(2)? || !matches!(address.len(), 4 | 16) {
        // A v4 address is outside every v6 subtree, and the other way round.
        return matches!((address.len(), base.len()), (4, 32) | (16, 8)).then_some(false);
    }
    let (network, mask) = base.split_at(address.len());
    if !contiguous(mask) {
        return None;
    }
    Some(
        address
            .iter()
            .zip(network)
            .zip(mask)
            .all(|((octet, network), mask)| octet & mask == network & mask),
    )
}

fn contiguous(mask: &[u8]) -> bool {
    let mut ended = false;
    for octet in mask {
        if ended && *octet != 0 {
            return false;
        }
        if octet.leading_ones().saturating_add(octet.trailing_zeros().min(8)) < 8 {
            return false;
        }
        ended = *octet != 0xFF;
    }
    true
}

fn equal(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

/// Whether `name` ends with `.` and `domain`.
fn ends_with_label(name: &str, domain: &str) -> bool {
    let cut = name.len().saturating_sub(domain.len());
    match (name.get(..cut), name.get(cut..)) {
        (Some(head), Some(end)) => head.ends_with('.') && equal(end, domain),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_addresses_and_networks() {
        let dns =
            |name: &str, base: &str| GeneralName::Dns(name.into()).is_within(&GeneralName::Dns(base.into()));
        let mail = |name: &str, base: &str| {
            GeneralName::Rfc822(name.into()).is_within(&GeneralName::Rfc822(base.into()))
        };
        let uri =
            |name: &str, base: &str| GeneralName::Uri(name.into()).is_within(&GeneralName::Uri(base.into()));
        let ip =
            |name: &[u8], base: &[u8]| GeneralName::Ip(name.into()).is_within(&GeneralName::Ip(base.into()));
        for (found, expected) in [
            (dns("a.example.org", "example.org"), Some(true)),
            (dns("EXAMPLE.org", "example.org"), Some(true)),
            (dns("badexample.org", "example.org"), Some(false)),
            (dns("a.example.org", ".example.org"), None),
            (dns("anything.be", ""), Some(true)),
            (mail("an@zegelgem.be", "zegelgem.be"), Some(true)),
            (mail("an@post.zegelgem.be", "zegelgem.be"), Some(false)),
            (mail("an@post.zegelgem.be", ".zegelgem.be"), Some(true)),
            (mail("an@zegelgem.be", "an@ZEGELGEM.be"), Some(true)),
            (mail("An@zegelgem.be", "an@zegelgem.be"), Some(false)),
            (mail("an", "zegelgem.be"), None),
            (uri("https://a.example.org/x", ".example.org"), Some(true)),
            (uri("https://example.org/x", ".example.org"), Some(false)),
            (uri("https://an@example.org:8443", "example.org"), Some(true)),
            (uri("https://192.0.2.1/x", "example.org"), None),
            (ip(&[192, 0, 2, 9], &[192, 0, 2, 0, 255, 255, 255, 0]), Some(true)),
            (
                ip(&[192, 0, 3, 9], &[192, 0, 2, 0, 255, 255, 255, 0]),
                Some(false),
            ),
            (ip(&[192, 0, 2, 9], &[192, 0, 2, 0, 255, 0, 255, 0]), None),
            (ip(&[192, 0, 2, 9], &[0; 32]), Some(false)),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_form_that_cannot_be_compared_is_refused_where_it_is_constrained() {
        let constraints = NameConstraints {
            permitted: vec![GeneralName::Other(0)],
            excluded: Vec::new(),
        };
        let mut gathered = Gathered::default();
        gathered.add(&constraints);
        let subject = Name::parse(&[0x30, 0x00]).unwrap();
        assert_eq!(
            gathered.check(&subject, &[GeneralName::Other(0)]),
            Err(Denied::Outside)
        );
        assert_eq!(
            gathered.check(&subject, &[GeneralName::Dns("a.example".into())]),
            Ok(())
        );
    }

    #[test]
    fn comparing_thousands_of_names_with_a_thousand_subtrees_is_refused_before_it_begins() {
        let dns = |number: usize| GeneralName::Dns(format!("n{number}.example"));
        let constraints = NameConstraints {
            permitted: Vec::new(),
            excluded: (0..1000).map(dns).collect(),
        };
        let mut gathered = Gathered::default();
        gathered.add(&constraints);
        let subject = Name::parse(&[0x30, 0x00]).unwrap();
        let names: Vec<GeneralName> = (2000..2251).map(dns).collect();
        assert_eq!(gathered.check(&subject, &names[..250]), Ok(()));
        assert_eq!(gathered.check(&subject, &names), Err(Denied::TooMany));
    }
}
