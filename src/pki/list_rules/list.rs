//! One list, read for everything that RFC 5280 §6.3 asks of it.

use std::cmp::Ordering;

use super::point::{self, IssuingPoint, Point, PointName, Reasons};
use crate::asn1::read::{self, Element, Reader, Rules};
use crate::asn1::write::tag;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;
use crate::pki::crl::{CrlDefect, UnverifiedCrl, compare_numbers, extension};
use crate::pki::name::Name;
use crate::pki::status::Reason;

/// A list that was read and not yet verified: complete or delta, direct or indirect.
///
/// Keeps the bytes and walks its entries for each question: a validation asks few, and partial lists are short.
#[derive(Debug)]
pub struct List<'a> {
    pub(super) signed: UnverifiedCrl<'a>,
    pub(super) scope: Option<IssuingPoint>,
    /// The issuingDistributionPoint as it came: a delta's must be its complete list's.
    scope_der: Option<&'a [u8]>,
    number: Option<&'a [u8]>,
    number_critical: bool,
    is_v2: bool,
    /// BaseCRLNumber, of a delta list.
    base: Option<&'a [u8]>,
    authority_key: Option<&'a [u8]>,
    pub(super) unknown_critical: bool,
    entries: Option<Element<'a>>,
}

impl<'a> List<'a> {
    /// Reads a list, version 1 or 2, DER.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn parse(der: &'a [u8]) -> Result<Self, CrlDefect> {
        let signed = UnverifiedCrl::parse(der)?;
        let mut list = Self {
            scope: None,
            scope_der: None,
            number: None,
            number_critical: false,
            is_v2: false,
            base: None,
            authority_key: None,
            unknown_critical: false,
            entries: None,
            signed,
        };
        let mut fields = Reader::new(list.signed.tbs_der(), Rules::Der).sequence()?;
        // Version, algorithm, issuer and times were read and checked with the rest of the grammar.
        list.is_v2 = fields.optional(tag::INTEGER)?.is_some();
        fields.expect(tag::SEQUENCE)?;
        fields.expect(tag::SEQUENCE)?;
        while matches!(fields.peek_tag(), Some(tag::UTC_TIME | tag::GENERALIZED_TIME)) {
            fields.any()?;
        }
        list.entries = fields.optional(tag::SEQUENCE)?;
        if let Some(explicit) = fields.optional(tag::context_constructed(0))? {
            let mut items = explicit.inside()?.sequence()?;
            while let Some(item) = items.next()? {
                list.take(&item)?;
            }
        }
        Ok(list)
    }

    fn take(&mut self, item: &Element<'a>) -> Result<(), CrlDefect> {
        let (id, critical, value) = extension(item)?;
        let number =
            |value: &'a [u8]| read::single(value, Rules::Der).and_then(|number| number.integer_content());
        match id.content() {
            [0x55, 0x1D, 20] => {
                self.number = Some(number(value)?);
                self.number_critical = critical;
            }
            [0x55, 0x1D, 27] => self.base = Some(number(value)?),
            [0x55, 0x1D, 28] => {
                self.scope = Some(IssuingPoint::parse(value, self.signed.issuer())?);
                self.scope_der = Some(value);
            }
            [0x55, 0x1D, 35] => self.authority_key = Some(value),
            // Freshest list, expired certificates on list: nothing to do.
            [0x55, 0x1D, 46 | 60] => {}
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }

    /// Whether it lists only changes since another.
    pub(super) const fn is_delta(&self) -> bool {
        self.base.is_some()
    }

    /// Which reasons it speaks of.
    pub(super) fn reasons(&self) -> Reasons {
        self.scope.as_ref().map_or(Reasons::ALL, |scope| scope.reasons)
    }

    /// Whether it speaks of `certificate` at its distribution point `point`: RFC 5280 §6.3.3 (b).
    pub(super) fn covers(&self, certificate: &Certificate, point: &Point) -> bool {
        let issuer = self.signed.issuer();
        let is_indirect = self.scope.as_ref().is_some_and(|scope| scope.indirect);
        let right_issuer = if point.list_issuers.is_empty() {
            issuer == certificate.issuer()
        } else {
            is_indirect && point.list_issuers.contains(&PointName::Directory(issuer.clone()))
        };
        let Some(scope) = &self.scope else {
            return right_issuer;
        };
        let right_point = match (&scope.names, &point.names) {
            (None, _) => true,
            (Some(offered), Some(wanted)) => point::share_a_name(offered, wanted),
            (Some(offered), None) => point::share_a_name(offered, &point.list_issuers),
        };
        let is_ca = certificate
            .extensions()
            .basic_constraints
            .is_some_and(|constraints| constraints.is_ca);
        right_issuer
            && right_point
            && !(scope.only_users && is_ca)
            && (is_ca || !scope.only_authorities)
            && !scope.only_attributes
    }

    /// Whether this delta list carries `complete` further: RFC 5280 §5.2.4 and §6.3.3 (c).
    pub(super) fn continues(&self, complete: &Self) -> bool {
        let (Some(base), Some(number), Some(complete_number)) = (self.base, self.number, complete.number)
        else {
            return false;
        };
        self.signed.issuer() == complete.signed.issuer()
            && self.scope_der == complete.scope_der
            && self.authority_key == complete.authority_key
            && compare_numbers(base, complete_number).is_le()
            && compare_numbers(complete_number, number).is_lt()
    }

    /// Compares the numbers of two lists; without numbers they are equal.
    pub(super) fn compare_age(&self, other: &Self) -> Ordering {
        match (self.number, other.number) {
            (Some(mine), Some(theirs)) => compare_numbers(mine, theirs),
            _ => Ordering::Equal,
        }
    }

    /// Whether it may be used for the moment `at`: no critical extension unknown, both times included.
    ///
    /// `strict`: a list of version 2 has a number too, not critical (RFC 5280 §5.2.3). Version 1 has none: the root lists
    /// of 2013 and 2017 are such.
    ///
    /// # Errors
    /// `CriticalExtension`, `Malformed` or `Stale`.
    pub(super) fn check_usable(&self, at: Timestamp, strict: bool) -> Result<(), CrlDefect> {
        if self.unknown_critical {
            return Err(CrlDefect::CriticalExtension);
        }
        if strict && self.is_v2 && (self.number.is_none() || self.number_critical) {
            return Err(CrlDefect::Malformed);
        }
        self.signed
            .unverified_content()?
            .check_fresh(at.truncated_to_second())
    }

    /// The entry of `certificate`: since when, and why. `None` when it is not listed.
    ///
    /// # Errors
    /// `CriticalExtension` when some entry has a critical extension that zegel does not know, unless it is that of
    /// the certificate asked about, which then counts as revoked.
    pub(super) fn find(&self, certificate: &Certificate) -> Result<Option<(Timestamp, Reason)>, CrlDefect> {
        let Some(entries) = &self.entries else {
            return Ok(None);
        };
        let is_indirect = self.scope.as_ref().is_some_and(|scope| scope.indirect);
        // RFC 5280 §5.3.3: an entry that names no issuer is of the issuer of the entry before it.
        let mut is_ours = self.signed.issuer() == certificate.issuer();
        let mut unknown_critical = false;
        let mut found = None;
        let mut items = entries.inside()?;
        while let Some(item) = items.next()? {
            let entry = Entry::read(&item)?;
            if let Some(issuers) = &entry.issuers {
                is_ours = is_indirect && issuers.contains(certificate.issuer());
            }
            unknown_critical |= entry.unknown_critical;
            // Numbers are minimal in DER, so that octets decide; a negative one is another number.
            if is_ours && entry.serial == certificate.serial() {
                found = Some((entry.at, entry.reason));
            }
        }
        if unknown_critical && found.is_none() {
            return Err(CrlDefect::CriticalExtension);
        }
        Ok(found)
    }
}

struct Entry<'a> {
    serial: &'a [u8],
    at: Timestamp,
    reason: Reason,
    issuers: Option<Vec<Name>>,
    unknown_critical: bool,
}

impl<'a> Entry<'a> {
    fn read(item: &Element<'a>) -> Result<Self, CrlDefect> {
        let mut parts = item.inside()?;
        let mut entry = Self {
            serial: parts.expect(tag::INTEGER)?.integer_content()?,
            at: parts.any()?.time()?,
            reason: Reason::Unspecified,
            issuers: None,
            unknown_critical: false,
        };
        if let Some(list) = parts.optional(tag::SEQUENCE)? {
            let mut items = list.inside()?;
            while let Some(item) = items.next()? {
                let (id, critical, value) = extension(&item)?;
                match id.content() {
                    [0x55, 0x1D, 21] => {
                        let code = read::single(value, Rules::Der)?.unsigned()?;
                        entry.reason = Reason::from_code(code).ok_or(CrlDefect::Malformed)?;
                    }
                    [0x55, 0x1D, 23 | 24] => {}
                    [0x55, 0x1D, 29] => entry.issuers = Some(point::directory_names(value)?),
                    _ => entry.unknown_critical |= critical,
                }
            }
        }
        Ok(entry)
    }
}
