//! Certificate revocation lists: read once, kept small, searched fast.

use std::ops::Range;
use std::sync::Arc;

use super::certificate::Certificate;
use super::extensions::{self, KeyUsage};
use super::name::Name;
use super::status::{CertificateStatus, Reason};
use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Asn1Error, Element, Reader, Rules};
use crate::asn1::write::tag;
use crate::base::digest::HashAlgorithm;
use crate::base::time::{Day, Timestamp};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::policy::AlgorithmPolicy;

/// Most extensions of one list. Each is compared with all before it, and a list may be long.
const MAX_EXTENSIONS: usize = 64;
/// Most octets of a serial number in an entry; RFC 5280 allows 20, and one for the sign.
const MAX_SERIAL: usize = 21;
/// Octets after the serial number in an entry: seconds since 1970 and the reason.
const TAIL: usize = 5;

/// A CRL whose signature was checked. Only [`UnverifiedCrl::verify`] makes one.
///
/// Entries are kept sorted in one block, serial number, date and reason: 21 bytes each for a Belgian authority.
#[derive(Clone, Debug)]
pub struct Crl {
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    scope: Option<Scope>,
    entries: Entries,
    /// The list as it came, if it was kept for embedding.
    der: Option<Arc<[u8]>>,
}

/// Why a CRL is not evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlDefect {
    /// The signature's algorithm is not accepted.
    #[error("list signed with an algorithm that is not accepted")]
    Algorithm,
    /// A critical extension that zegel does not know.
    #[error("unknown critical extension in the list")]
    CriticalExtension,
    /// Not the DER of a CRL.
    #[error("list not readable")]
    Malformed,
    /// Older than one that was seen before.
    #[error("list older than one seen before")]
    Rollback,
    /// It does not cover the certificate asked about: delta, indirect, partial, or of another distribution point.
    #[error("list does not cover the certificate")]
    Scope,
    /// Not signed by the authority asked about.
    #[error("list not signed by the issuing authority")]
    Signer,
    /// The moment lies outside its times, or it names no next update.
    #[error("list not fresh")]
    Stale,
}

impl From<Asn1Error> for CrlDefect {
    fn from(_: Asn1Error) -> Self {
        Self::Malformed
    }
}

impl CrlDefect {
    /// The stable code of the cause.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Algorithm => "ALG_FORBIDDEN",
            Self::CriticalExtension => "CRITICAL_EXT",
            Self::Malformed => "CRL_PARSE",
            Self::Rollback => "CRL_ROLLBACK",
            Self::Scope => "CRL_SCOPE",
            Self::Signer => "CRL_SIGNER",
            Self::Stale => "CRL_STALE",
        }
    }
}

/// issuingDistributionPoint, RFC 5280 §5.2.5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the standard's own flags, each read by name"
)]
struct Scope {
    urls: Vec<String>,
    names_point: bool,
    only_users: bool,
    only_authorities: bool,
    partial: bool,
}

/// A CRL that was read and not yet verified.
#[derive(Debug)]
pub struct UnverifiedCrl<'a> {
    tbs: &'a [u8],
    inner_algorithm: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    issuer: Name,
    unknown_critical: bool,
    is_delta: bool,
    is_v2: bool,
    revoked: Option<Element<'a>>,
    /// Everything but the entries.
    content: Crl,
}

impl<'a> UnverifiedCrl<'a> {
    /// Reads a CRL, version 1 or 2, up to its entries.
    ///
    /// WHY version 1: the published root CRLs of 2013 and 2017 are, without AKI or number.
    ///
    /// WHY no entries yet: in memory they take several times their room on the wire, and a list comes over plain HTTP.
    /// They are read when the authority's signature over them holds.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn parse(der: &'a [u8]) -> Result<Self, CrlDefect> {
        let mut outer = Reader::new(der, Rules::Der);
        let mut parts = outer.sequence()?;
        outer.finish()?;
        let tbs = parts.expect(tag::SEQUENCE)?;
        let algorithm = parts.expect(tag::SEQUENCE)?.whole();
        let signature = parts.expect(tag::BIT_STRING)?.bit_octets()?;
        parts.finish()?;

        let mut fields = tbs.inside()?;
        let is_v2 = match fields.optional(tag::INTEGER)? {
            Some(version) if version.unsigned()? == 1 => true,
            Some(_) => return Err(CrlDefect::Malformed),
            None => false,
        };
        let inner_algorithm = fields.expect(tag::SEQUENCE)?.whole();
        let issuer = Name::parse(fields.expect(tag::SEQUENCE)?.whole())?;
        let this_update = fields.any()?.time()?;
        let next_update = match fields.peek_tag() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.any()?.time()?),
            _ => None,
        };
        let revoked = fields.optional(tag::SEQUENCE)?;
        let mut found = Found::default();
        if let Some(explicit) = fields.optional(tag::context_constructed(0))? {
            if !is_v2 {
                return Err(CrlDefect::Malformed);
            }
            let mut inside = explicit.inside()?;
            found.read(&inside.expect(tag::SEQUENCE)?)?;
            inside.finish()?;
        }
        fields.finish()?;
        Ok(Self {
            tbs: tbs.whole(),
            inner_algorithm,
            algorithm,
            signature,
            issuer,
            unknown_critical: found.unknown_critical,
            is_delta: found.is_delta,
            is_v2,
            revoked,
            content: Crl {
                this_update,
                next_update,
                number: found.number,
                scope: found.scope,
                entries: Entries::default(),
                der: None,
            },
        })
    }

    /// The content without any check of who signed it: for showing and counting, never as evidence.
    ///
    /// # Errors
    /// `Malformed` for an entry that does not read.
    pub fn unverified_content(&self) -> Result<Crl, CrlDefect> {
        let entries = match &self.revoked {
            Some(list) => Entries::parse(list, self.is_v2)?,
            None => Entries::default(),
        };
        Ok(Crl {
            entries,
            ..self.content.clone()
        })
    }

    /// Whose list it says it is. Nothing is checked.
    pub const fn unverified_issuer(&self) -> &Name {
        &self.issuer
    }

    /// The algorithm it says it is signed with; none for one that zegel does not know.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::from_identifier(self.algorithm)
    }

    /// Checks that `issuer` signed the list, with the key it issues with.
    ///
    /// `sha1_until`: a list of a root made before this day may be signed with SHA-1, whatever `algorithms` says;
    /// `None` where the issuer is no pinned root.
    ///
    /// # Errors
    /// `Signer`, `Algorithm`, `CriticalExtension`, `Scope` for a delta list, which never counts as a whole one, or
    /// `Malformed` for an entry that does not read.
    ///
    /// Source: RFC 5280 §6.3.3 (f) and (g), reference pki-and-trust §3.4 and §1.8.
    pub fn verify(
        self,
        issuer: &Certificate,
        algorithms: &AlgorithmPolicy,
        sha1_until: Option<Day>,
    ) -> Result<Crl, CrlDefect> {
        if self.issuer != *issuer.subject()
            || !issuer
                .extensions()
                .key_usage
                .is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN))
            || self.inner_algorithm != self.algorithm
        {
            return Err(CrlDefect::Signer);
        }
        if self.unknown_critical {
            return Err(CrlDefect::CriticalExtension);
        }
        if self.is_delta {
            return Err(CrlDefect::Scope);
        }
        self.check_signature(issuer, Some(algorithms), sha1_until)?;
        self.unverified_content()
    }

    /// Checks the signature alone, under the key of `issuer`; `algorithms` as in [`Self::verify`], `None` accepts all.
    ///
    /// # Errors
    /// `Algorithm` or `Signer`.
    pub(super) fn check_signature(
        &self,
        issuer: &Certificate,
        algorithms: Option<&AlgorithmPolicy>,
        sha1_until: Option<Day>,
    ) -> Result<(), CrlDefect> {
        let algorithm = SignatureAlgorithm::from_identifier(self.algorithm).ok_or(CrlDefect::Algorithm)?;
        let key = issuer.public_key().map_err(|_| CrlDefect::Algorithm)?;
        let at = self.content.this_update;
        let old_root_list =
            algorithm.hash() == HashAlgorithm::Sha1 && sha1_until.is_some_and(|until| at < until.start());
        if let Some(algorithms) = algorithms {
            let accepted = if old_root_list {
                algorithms.check_key(key.kind(), at)
            } else {
                algorithms.check(algorithm, key.kind(), at)
            };
            accepted.map_err(|_| CrlDefect::Algorithm)?;
        }
        key.verify(algorithm, self.tbs, self.signature)
            .map_err(|_| CrlDefect::Signer)
    }

    /// Who says to have issued it.
    pub(super) const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// The signed part, DER, of a list whose grammar was checked.
    pub(super) const fn tbs_der(&self) -> &'a [u8] {
        self.tbs
    }

    /// Whether the algorithm inside the signed part is the one outside, parameters included.
    pub(super) fn algorithms_agree(&self) -> bool {
        self.inner_algorithm == self.algorithm
    }
}

impl Crl {
    /// Keeps the bytes beside the entries, for embedding.
    #[must_use]
    pub fn with_der(mut self, der: &[u8]) -> Self {
        self.der = Some(Arc::from(der));
        self
    }

    /// The list as it came, if it was kept.
    pub fn der(&self) -> Option<&Arc<[u8]>> {
        self.der.as_ref()
    }

    /// When it was issued.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next is due at the latest.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// How many certificates it lists.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Octets of memory the entries take.
    pub fn entry_bytes(&self) -> usize {
        self.entries.rows.len()
    }

    /// How many certificates are on hold.
    pub fn hold_count(&self) -> usize {
        self.entries
            .iter()
            .filter(|(_, _, reason)| *reason == Reason::CertificateHold.code())
            .count()
    }

    /// Checks that the list speaks for the moment `at`: both ends included, and a next update named.
    ///
    /// # Errors
    /// `Stale`.
    pub fn check_fresh(&self, at: Timestamp) -> Result<(), CrlDefect> {
        match self.next_update {
            Some(next) if self.this_update <= at && at <= next => Ok(()),
            _ => Err(CrlDefect::Stale),
        }
    }

    /// Whether this list came before `other` (RFC 5280 §5.2.3: numbers never go down).
    pub fn is_older_than(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(mine), Some(theirs)) => compare_numbers(mine, theirs).is_lt(),
            _ => self.this_update < other.this_update,
        }
    }

    /// What the list says about `certificate`, which the list's issuer must have issued.
    ///
    /// # Errors
    /// `Scope` when the list does not cover it.
    pub fn status_of(&self, certificate: &Certificate) -> Result<CertificateStatus, CrlDefect> {
        if let Some(scope) = &self.scope {
            let is_ca = certificate
                .extensions()
                .basic_constraints
                .is_some_and(|constraints| constraints.is_ca);
            let urls = &certificate.extensions().crl_urls;
            let other_point = scope.names_point && !scope.urls.iter().any(|url| urls.contains(url));
            if scope.partial
                || other_point
                || (scope.only_users && is_ca)
                || (scope.only_authorities && !is_ca)
            {
                return Err(CrlDefect::Scope);
            }
        }
        Ok(self.entries.find(certificate.serial()))
    }
}

/// Compares two numbers by their content octets, leading zeros or none.
pub(super) fn compare_numbers(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    let plain = |number: &[u8]| {
        number
            .iter()
            .skip_while(|octet| **octet == 0)
            .copied()
            .collect::<Vec<u8>>()
    };
    let (left, right) = (plain(left), plain(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
}

/// What the extensions of a list say.
#[derive(Default)]
struct Found {
    number: Option<Vec<u8>>,
    scope: Option<Scope>,
    is_delta: bool,
    unknown_critical: bool,
}

impl Found {
    fn read(&mut self, list: &Element<'_>) -> Result<(), CrlDefect> {
        let mut items = list.inside()?;
        let mut seen: Vec<Oid> = Vec::new();
        while let Some(item) = items.next()? {
            let (id, critical, value) = extension(&item)?;
            if seen.contains(&id) || seen.len() >= MAX_EXTENSIONS {
                return Err(CrlDefect::Malformed);
            }
            match id.content() {
                [0x55, 0x1D, 20] => {
                    self.number = Some(read::single(value, Rules::Der)?.integer_content()?.to_vec());
                }
                [0x55, 0x1D, 27] => self.is_delta = true,
                [0x55, 0x1D, 28] => self.scope = Some(scope(value)?),
                // AKI, freshest list, expired certificates on list: nothing to do.
                [0x55, 0x1D, 35 | 46 | 60] => {}
                _ => self.unknown_critical |= critical,
            }
            seen.push(id);
        }
        Ok(())
    }
}

pub(super) fn extension<'a>(item: &Element<'a>) -> Result<(Oid, bool, &'a [u8]), CrlDefect> {
    let mut parts = item.inside()?;
    let id = parts.expect(tag::OID)?.oid()?;
    let critical = match parts.optional(tag::BOOLEAN)? {
        Some(flag) => flag.boolean()?,
        None => false,
    };
    let value = parts.expect(tag::OCTET_STRING)?.content();
    parts.finish()?;
    Ok((id, critical, value))
}

fn scope(value: &[u8]) -> Result<Scope, CrlDefect> {
    let mut parts = read::single(value, Rules::Der)?.inside()?;
    let mut scope = Scope::default();
    while let Some(part) = parts.next()? {
        let flag = part.content() == [0xFF];
        match part.tag() {
            0xA0 => {
                scope.names_point = true;
                scope.urls = extensions::distribution_point_urls(&part)?;
            }
            0x81 => scope.only_users = flag,
            0x82 => scope.only_authorities = flag,
            // onlySomeReasons, indirectCRL, onlyContainsAttributeCerts: never a whole list for our certificates.
            0x83 => scope.partial = true,
            0x84 | 0x85 => scope.partial |= flag,
            _ => return Err(CrlDefect::Malformed),
        }
    }
    Ok(scope)
}

/// Sorted rows of equal width: serial number padded on the left, seconds since 1970, reason.
#[derive(Clone, Debug, Default)]
struct Entries {
    width: usize,
    rows: Vec<u8>,
}

/// One entry as it stands in the list.
struct Row {
    /// The last 16 octets of the serial number: enough to sort nearly every list by.
    key: u128,
    serial: Range<usize>,
    seconds: u32,
    reason: u8,
}

impl Entries {
    fn parse(list: &Element<'_>, is_v2: bool) -> Result<Self, CrlDefect> {
        let content = list.content();
        let mut items = Reader::new(content, Rules::Der);
        // An entry of a Belgian list takes 36 octets.
        let mut rows: Vec<Row> = Vec::with_capacity(content.len() / 36);
        let mut longest = 1_usize;
        while let Some(item) = items.next()? {
            let row = entry(&item, is_v2)?;
            longest = longest.max(row.serial.len());
            rows.push(row);
        }
        let serial = |row: &Row| content.get(row.serial.clone()).unwrap_or_default();
        if longest <= 16 {
            rows.sort_unstable_by_key(|row| row.key);
        } else {
            rows.sort_unstable_by(|left, right| {
                let (left, right) = (serial(left), serial(right));
                left.len().cmp(&right.len()).then_with(|| left.cmp(right))
            });
        }
        let mut out = Vec::with_capacity(rows.len().saturating_mul(longest.saturating_add(TAIL)));
        for row in &rows {
            let digits = serial(row);
            out.resize(out.len().saturating_add(longest.saturating_sub(digits.len())), 0);
            out.extend_from_slice(digits);
            out.extend_from_slice(&row.seconds.to_be_bytes());
            out.push(row.reason);
        }
        Ok(Self {
            width: longest,
            rows: out,
        })
    }

    const fn stride(&self) -> usize {
        self.width.saturating_add(TAIL)
    }

    fn len(&self) -> usize {
        self.rows.len().checked_div(self.stride()).unwrap_or(0)
    }

    /// Serial number, seconds and reason of each entry.
    fn iter(&self) -> impl Iterator<Item = (&[u8], u32, u8)> {
        self.rows.chunks_exact(self.stride()).map(|row| self.split(row))
    }

    fn split<'r>(&self, row: &'r [u8]) -> (&'r [u8], u32, u8) {
        let (serial, tail) = row.split_at_checked(self.width).unwrap_or_default();
        match tail {
            [a, b, c, d, reason] => (serial, u32::from_be_bytes([*a, *b, *c, *d]), *reason),
            _ => (serial, 0, 0),
        }
    }

    fn row(&self, number: usize) -> &[u8] {
        let from = number.saturating_mul(self.stride());
        self.rows
            .get(from..from.saturating_add(self.stride()))
            .unwrap_or_default()
    }

    fn find(&self, serial: &[u8]) -> CertificateStatus {
        let digits = significant(serial);
        let mut padded = [0_u8; MAX_SERIAL];
        if digits.len() > self.width || self.width > MAX_SERIAL {
            return CertificateStatus::Good;
        }
        let Some(wanted) = padded.get_mut(..self.width) else {
            return CertificateStatus::Good;
        };
        if let Some(end) = wanted.get_mut(self.width.saturating_sub(digits.len())..) {
            end.copy_from_slice(digits);
        }
        let (mut low, mut high) = (0_usize, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let (known, seconds, reason) = self.split(self.row(middle));
            match known.cmp(wanted) {
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let at = Timestamp::from_seconds(i64::from(seconds)).unwrap_or_else(|_| {
                        // INVARIANT: 32 bits of seconds are in range.
                        jiff::Timestamp::UNIX_EPOCH.into()
                    });
                    let reason = Reason::from_code(u64::from(reason)).unwrap_or(Reason::Unspecified);
                    return CertificateStatus::Revoked { at, reason };
                }
            }
        }
        CertificateStatus::Good
    }
}

/// The octets of a serial number without a leading zero.
fn significant(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

fn entry(item: &Element<'_>, is_v2: bool) -> Result<Row, CrlDefect> {
    if item.tag() != tag::SEQUENCE {
        return Err(CrlDefect::Malformed);
    }
    let mut parts = item.inside()?;
    let number = parts.expect(tag::INTEGER)?;
    let digits = significant(number.integer_content()?);
    if digits.len() > MAX_SERIAL {
        return Err(CrlDefect::Malformed);
    }
    let end = number.offset().saturating_add(number.whole().len());
    let key = digits
        .iter()
        .rev()
        .take(16)
        .rev()
        .fold(0_u128, |sum, octet| (sum << 8) | u128::from(*octet));
    let seconds = seconds(&parts.any()?)?;
    let mut reason = Reason::Unspecified.code();
    if let Some(list) = parts.optional(tag::SEQUENCE)? {
        if !is_v2 {
            return Err(CrlDefect::Malformed);
        }
        let mut items = list.inside()?;
        while let Some(item) = items.next()? {
            // Read by hand: this runs once for each entry of long lists.
            let mut parts = item.inside()?;
            let id = parts.expect(tag::OID)?.content();
            let critical = parts
                .optional(tag::BOOLEAN)?
                .map(|flag| flag.boolean())
                .transpose()?
                .unwrap_or(false);
            let value = parts.expect(tag::OCTET_STRING)?.content();
            parts.finish()?;
            match id {
                [0x55, 0x1D, 21] => {
                    let code = read::single(value, Rules::Der)?.unsigned()?;
                    reason = Reason::from_code(code).ok_or(CrlDefect::Malformed)?.code();
                }
                // Hold instruction, invalidity date: say nothing against the entry.
                [0x55, 0x1D, 23 | 24] => {}
                // RFC 5280 §5.3: an entry with an unknown critical extension counts as revoked, whatever it says.
                _ if critical => {
                    reason = Reason::Unspecified.code();
                    break;
                }
                _ => {}
            }
        }
    }
    parts.finish()?;
    Ok(Row {
        key,
        serial: end.saturating_sub(digits.len())..end,
        seconds,
        reason,
    })
}

/// Seconds since 1970 of a UTCTime or GeneralizedTime, 0 to 2³² − 1.
///
/// WHY: the general reader goes through text; lists have thousands of dates of one plain form.
#[cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "each field is bounded before it is used: the sum is under 2^31"
    )
)]
fn seconds(element: &Element<'_>) -> Result<u32, CrlDefect> {
    if element.tag() == tag::UTC_TIME
        && let [y1, y2, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2, b'Z'] = element.content()
    {
        let two = |tens: &u8, units: &u8| -> Option<u32> {
            (tens.is_ascii_digit() && units.is_ascii_digit())
                .then(|| u32::from(tens - b'0') * 10 + u32::from(units - b'0'))
        };
        let fields = (
            two(y1, y2),
            two(m1, m2),
            two(d1, d2),
            two(h1, h2),
            two(n1, n2),
            two(s1, s2),
        );
        if let (
            Some(year),
            Some(month @ 1..=12),
            Some(day @ 1..=31),
            Some(hour @ 0..24),
            Some(minute @ 0..60),
            Some(second @ 0..60),
        ) = fields
            && year < 50
        {
            const BEFORE_MONTH: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
            const LENGTH: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let month = usize::try_from(month.saturating_sub(1)).unwrap_or(0);
            let is_leap = year.is_multiple_of(4);
            let length = LENGTH.get(month).copied().unwrap_or(0) + u32::from(is_leap && month == 1);
            if day > length {
                return Err(CrlDefect::Malformed);
            }
            // 2000-01-01 is day 10 957; each year divisible by four before this one adds a day.
            let days = 10_957
                + year * 365
                + year.div_ceil(4)
                + BEFORE_MONTH.get(month).copied().unwrap_or(0)
                + u32::from(is_leap && month > 1)
                + day
                - 1;
            return Ok(days * 86_400 + hour * 3_600 + minute * 60 + second);
        }
    }
    let at = element.time()?;
    Ok(u32::try_from(at.as_seconds().max(0)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
