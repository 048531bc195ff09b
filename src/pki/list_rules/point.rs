//! Distribution points: where a certificate says its lists are, and for what a list says it speaks.

use std::ops::{BitAnd, BitOrAssign};

use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::{self, tag};
use crate::pki::certificate::Certificate;
use crate::pki::name::Name;

/// id-ce-cRLDistributionPoints, 2.5.29.31.
const DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1D, 31];

/// Most distribution points read of one certificate; each is tried against every list.
const MAX_POINTS: usize = 32;

/// Most names of one distribution point.
const MAX_NAMES: usize = 64;

/// A set of revocation reasons, RFC 5280 §4.2.1.13: bit `n` of ReasonFlags is bit `n` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reasons(u16);

impl Reasons {
    /// None yet.
    pub(super) const NONE: Self = Self(0);
    /// keyCompromise (1) to aACompromise (8): a list or point that names no reasons speaks of all.
    pub(super) const ALL: Self = Self(0x1FE);

    /// Reads the content of an implicitly tagged BIT STRING.
    fn read(element: &Element<'_>) -> Result<Self, Asn1Error> {
        let bits = write::element(tag::BIT_STRING, element.content());
        let bits = read::single(&bits, Rules::Der)?;
        let mut out = 0_u16;
        for number in 1..9_u8 {
            if bits.named_bit(usize::from(number))? {
                out |= 1 << number;
            }
        }
        Ok(Self(out))
    }

    /// Whether every reason of `other` is among these.
    pub(super) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitAnd for Reasons {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOrAssign for Reasons {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A general name that a point can have: directory names compare by RFC 5280 §7.1, all others by their octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PointName {
    Directory(Name),
    Other(Vec<u8>),
}

impl PointName {
    fn read(name: &Element<'_>) -> Result<Self, Asn1Error> {
        if name.tag() != tag::context_constructed(4) {
            return Ok(Self::Other(name.whole().to_vec()));
        }
        let mut inside = name.inside()?;
        let directory = Name::parse(inside.expect(tag::SEQUENCE)?.whole())?;
        inside.finish()?;
        Ok(Self::Directory(directory))
    }
}

/// Whether one name stands in both lists.
pub(super) fn share_a_name(left: &[PointName], right: &[PointName]) -> bool {
    left.iter().any(|name| right.contains(name))
}

/// Reads GeneralNames: the inside of `list`, whatever its tag.
fn general_names(list: &Element<'_>) -> Result<Vec<PointName>, Asn1Error> {
    let mut items = list.inside()?;
    let mut out = Vec::new();
    while let Some(name) = items.next()? {
        if out.len() >= MAX_NAMES {
            return Err(Asn1Error::Content(list.offset()));
        }
        out.push(PointName::read(&name)?);
    }
    Ok(out)
}

/// Reads a DistributionPointName under its explicit tag. `issuer`: the name that a relative one continues.
fn point_names(explicit: &Element<'_>, issuer: &Name) -> Result<Vec<PointName>, Asn1Error> {
    let mut choice = explicit.inside()?;
    let name = choice.any()?;
    choice.finish()?;
    match name.tag() {
        0xA0 => general_names(&name),
        // nameRelativeToCRLIssuer: one more RDN below the name of the list's issuer.
        0xA1 => {
            let above = read::single(issuer.der(), Rules::Der)?;
            let rdn = write::element(tag::SET, name.content());
            let whole = write::sequence(&[above.content(), &rdn]);
            Ok(vec![PointName::Directory(Name::parse(&whole)?)])
        }
        _ => Err(Asn1Error::Content(name.offset())),
    }
}

/// A DistributionPoint of a certificate, RFC 5280 §4.2.1.13.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// Names of the point; `None` when it has none.
    pub(super) names: Option<Vec<PointName>>,
    /// The reasons that lists from here speak of.
    pub(super) reasons: Reasons,
    /// Who issues lists here, when that is somebody else than the certificate's issuer.
    pub(super) list_issuers: Vec<PointName>,
}

impl Point {
    /// The point that RFC 5280 §6.3.3 assumes for lists that no point of the certificate names.
    pub(super) fn implied(certificate: &Certificate) -> Self {
        Self {
            names: Some(vec![PointName::Directory(certificate.issuer().clone())]),
            reasons: Reasons::ALL,
            list_issuers: Vec::new(),
        }
    }

    /// The points that `certificate` names, in order; none when it has no such extension.
    ///
    /// # Errors
    /// When the extension does not follow its grammar.
    pub(super) fn all_of(certificate: &Certificate) -> Result<Vec<Self>, Asn1Error> {
        let Some(value) = certificate.extension(DISTRIBUTION_POINTS) else {
            return Ok(Vec::new());
        };
        let whole = read::single(value, Rules::Der)?;
        let mut list = whole.inside()?;
        let mut out = Vec::new();
        while let Some(point) = list.next()? {
            if out.len() >= MAX_POINTS {
                return Err(Asn1Error::Content(whole.offset()));
            }
            out.push(Self::read(&point, certificate.issuer())?);
        }
        Ok(out)
    }

    fn read(point: &Element<'_>, issuer: &Name) -> Result<Self, Asn1Error> {
        let mut parts = point.inside()?;
        let names = parts.optional(tag::context_constructed(0))?;
        let reasons = parts.optional(tag::context(1))?;
        let list_issuers = match parts.optional(tag::context_constructed(2))? {
            Some(list) => general_names(&list)?,
            None => Vec::new(),
        };
        parts.finish()?;
        let issuer = list_issuers
            .iter()
            .find_map(|name| match name {
                PointName::Directory(name) => Some(name),
                PointName::Other(_) => None,
            })
            .unwrap_or(issuer);
        Ok(Self {
            names: names.map(|names| point_names(&names, issuer)).transpose()?,
            reasons: reasons
                .map(|reasons| Reasons::read(&reasons))
                .transpose()?
                .unwrap_or(Reasons::ALL),
            list_issuers,
        })
    }
}

/// issuingDistributionPoint of a list, RFC 5280 §5.2.5.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the standard's own flags, each read by name"
)]
pub(super) struct IssuingPoint {
    pub(super) names: Option<Vec<PointName>>,
    pub(super) only_users: bool,
    pub(super) only_authorities: bool,
    pub(super) only_attributes: bool,
    pub(super) indirect: bool,
    pub(super) reasons: Reasons,
}

impl IssuingPoint {
    /// Reads the extension's value. `issuer`: of the list.
    pub(super) fn parse(value: &[u8], issuer: &Name) -> Result<Self, Asn1Error> {
        let mut parts = read::single(value, Rules::Der)?.inside()?;
        let names = parts.optional(tag::context_constructed(0))?;
        let flag = |element: Option<Element<'_>>| match element {
            Some(element) => {
                read::single(&write::element(tag::BOOLEAN, element.content()), Rules::Der)?.boolean()
            }
            None => Ok(false),
        };
        let only_users = flag(parts.optional(tag::context(1))?)?;
        let only_authorities = flag(parts.optional(tag::context(2))?)?;
        let reasons = parts.optional(tag::context(3))?;
        let indirect = flag(parts.optional(tag::context(4))?)?;
        let only_attributes = flag(parts.optional(tag::context(5))?)?;
        parts.finish()?;
        Ok(Self {
            names: names.map(|names| point_names(&names, issuer)).transpose()?,
            only_users,
            only_authorities,
            only_attributes,
            indirect,
            reasons: reasons
                .map(|reasons| Reasons::read(&reasons))
                .transpose()?
                .unwrap_or(Reasons::ALL),
        })
    }
}

/// The directory names in a GeneralNames value, as certificateIssuer of an entry has them.
pub(super) fn directory_names(value: &[u8]) -> Result<Vec<Name>, Asn1Error> {
    let names = general_names(&read::single(value, Rules::Der)?)?;
    Ok(names
        .into_iter()
        .filter_map(|name| match name {
            PointName::Directory(name) => Some(name),
            PointName::Other(_) => None,
        })
        .collect())
}
