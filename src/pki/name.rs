//! Distinguished names and their comparison.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use crate::asn1::read::{self, Asn1Error, Reader, Rules};
use crate::asn1::write::{self, tag};

/// Most attributes read in one name. The Belgian names with most have seven; X.520 upper bounds are not enforced.
const MAX_ATTRIBUTES: usize = 64;

/// An X.501 distinguished name. Two are equal when RFC 5280 §7.1 says so, whatever their encodings.
#[derive(Clone)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
    comparable: OnceLock<Vec<Vec<u8>>>,
}

/// One attribute of a name, with the number of the RDN it stands in.
#[derive(Clone, PartialEq, Eq)]
struct Attribute {
    rdn: usize,
    kind: Vec<u8>,
    tag: u8,
    value: Vec<u8>,
}

/// Attribute types that zegel asks for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// 2.5.4.3
    CommonName,
    /// 2.5.4.6
    Country,
    /// 2.5.4.42
    GivenName,
    /// 2.5.4.7
    Locality,
    /// 2.5.4.10
    Organization,
    /// 2.5.4.97, ETSI EN 319 412-1.
    OrganizationIdentifier,
    /// 2.5.4.5
    SerialNumber,
    /// 2.5.4.4
    Surname,
}

impl AttributeType {
    const fn content(self) -> &'static [u8] {
        match self {
            Self::CommonName => &[0x55, 4, 3],
            Self::Country => &[0x55, 4, 6],
            Self::GivenName => &[0x55, 4, 42],
            Self::Locality => &[0x55, 4, 7],
            Self::Organization => &[0x55, 4, 10],
            Self::OrganizationIdentifier => &[0x55, 4, 97],
            Self::SerialNumber => &[0x55, 4, 5],
            Self::Surname => &[0x55, 4, 4],
        }
    }
}

impl Name {
    /// Reads a Name: exactly one DER `SEQUENCE OF RelativeDistinguishedName`.
    ///
    /// # Errors
    /// When it is no DER name, an RDN is empty, or it has more than 64 attributes.
    pub fn parse(der: &[u8]) -> Result<Self, Asn1Error> {
        let whole = read::single(der, Rules::Der)?;
        let mut rdns = Reader::new(der, Rules::Der).sequence()?;
        let mut attributes = Vec::new();
        let mut number = 0_usize;
        while let Some(rdn) = rdns.next()? {
            if rdn.tag() != 0x31 || rdn.content().is_empty() {
                return Err(Asn1Error::Content(rdn.offset()));
            }
            let mut set = rdn.inside()?;
            while let Some(pair) = set.next()? {
                if pair.tag() != 0x30 {
                    return Err(Asn1Error::Content(pair.offset()));
                }
                let mut parts = pair.inside()?;
                let kind = parts.any()?.oid()?;
                let value = parts.any()?;
                parts.finish()?;
                attributes.push(Attribute {
                    rdn: number,
                    kind: kind.content().to_vec(),
                    tag: value.tag(),
                    value: value.content().to_vec(),
                });
                if attributes.len() > MAX_ATTRIBUTES {
                    return Err(Asn1Error::Content(whole.offset()));
                }
            }
            number = number.saturating_add(1);
        }
        Ok(Self {
            der: der.to_vec(),
            attributes,
            comparable: OnceLock::new(),
        })
    }

    /// One octet string an RDN; the attributes of one RDN are a set, the RDNs of a name a sequence (RFC 5280 §7.1).
    ///
    /// WHY: made on first use. Most comparisons end with equal encodings and never need it.
    fn comparable(&self) -> &Vec<Vec<u8>> {
        self.comparable.get_or_init(|| {
            let mut rdns: Vec<Vec<Vec<u8>>> = Vec::new();
            for attribute in &self.attributes {
                if rdns.len() <= attribute.rdn {
                    rdns.push(Vec::new());
                }
                if let Some(members) = rdns.last_mut() {
                    members.push(comparable_attribute(
                        &attribute.kind,
                        attribute.tag,
                        &attribute.value,
                    ));
                }
            }
            let mut whole = Vec::with_capacity(rdns.len());
            for mut members in rdns {
                members.sort();
                whole.push(members.concat());
            }
            whole
        })
    }

    /// The name as it was encoded.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether the name has no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The first value of `kind` as text, if there is one and it is text.
    pub fn find(&self, kind: AttributeType) -> Option<String> {
        self.values(kind).next()
    }

    /// Every value of `kind` that is text, in order.
    pub fn values(&self, kind: AttributeType) -> impl Iterator<Item = String> + '_ {
        self.attributes
            .iter()
            .filter(move |attribute| attribute.kind == kind.content())
            .filter_map(|attribute| text(attribute.tag, &attribute.value))
    }

    /// The attributes that are text: object identifier in dotted form, and value. For comparing, never for a log.
    pub fn texts(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.attributes.iter().filter_map(|attribute| {
            let oid = write::element(tag::OID, &attribute.kind);
            let oid = read::single(&oid, Rules::Der).and_then(|oid| oid.oid()).ok()?;
            Some((oid.to_string(), text(attribute.tag, &attribute.value)?))
        })
    }

    /// Whether an attribute of the type `oid`, in dotted form, stands in the name.
    pub fn has_attribute(&self, oid: &str) -> bool {
        oid.parse::<crate::asn1::oid::Oid>()
            .is_ok_and(|oid| self.attributes.iter().any(|own| own.kind == oid.content()))
    }

    /// How many attributes the name has.
    pub fn attribute_count(&self) -> usize {
        self.attributes.len()
    }

    /// Whether this name lies in the subtree under `base`: its first RDNs are those of `base`.
    ///
    /// Source: RFC 5280 §4.2.1.10, directoryName constraints.
    pub fn is_within(&self, base: &Self) -> bool {
        self.comparable().starts_with(base.comparable())
    }

    /// E-mail addresses standing in the name (PKCS#9 emailAddress), which name constraints reach too.
    ///
    /// Source: RFC 5280 §4.2.1.10, for certificates without a rfc822Name.
    pub fn email_addresses(&self) -> impl Iterator<Item = String> + '_ {
        const EMAIL: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1];
        self.attributes
            .iter()
            .filter(|attribute| attribute.kind == EMAIL)
            .filter_map(|attribute| text(attribute.tag, &attribute.value))
    }

    /// The name as RFC 4514 writes it, last RDN first: how XML signatures name an issuer.
    ///
    /// A value that is no text is written as its type's number and the encoding in hexadecimal. Never for a person's
    /// name.
    pub fn to_rfc4514(&self) -> String {
        // RFC 4514 §3, the types that every reader knows.
        const LABELS: [(&[u8], &str); 6] = [
            (&[0x55, 4, 3], "CN"),
            (&[0x55, 4, 6], "C"),
            (&[0x55, 4, 7], "L"),
            (&[0x55, 4, 8], "ST"),
            (&[0x55, 4, 10], "O"),
            (&[0x55, 4, 11], "OU"),
        ];
        let mut text = String::new();
        let mut before = None;
        for attribute in self.attributes.iter().rev() {
            match before {
                None => {}
                Some(rdn) if rdn == attribute.rdn => text.push('+'),
                Some(_) => text.push(','),
            }
            before = Some(attribute.rdn);
            let label = LABELS.iter().find(|(kind, _)| *kind == attribute.kind);
            let value = self::text(attribute.tag, &attribute.value);
            if let (Some((_, label)), Some(value)) = (label, value) {
                text.push_str(label);
                text.push('=');
                text.push_str(&escaped_rfc4514(&value));
                continue;
            }
            let oid = write::element(tag::OID, &attribute.kind);
            let number = read::single(&oid, Rules::Der)
                .and_then(|oid| oid.oid())
                .map(|oid| oid.to_string())
                .unwrap_or_default();
            text.push_str(&number);
            text.push_str("=#");
            for byte in write::element(attribute.tag, &attribute.value) {
                let _ = fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
            }
        }
        text
    }

    /// `C=…, O=…, CN=…, serialNumber=…` of an authority, for reports and logs about issuers.
    ///
    /// WHY: never call it on a person's name; a person's subject is not logged, and holds the national number.
    pub fn authority_text(&self) -> String {
        let known = [
            ("C", AttributeType::Country),
            ("O", AttributeType::Organization),
            ("CN", AttributeType::CommonName),
            ("serialNumber", AttributeType::SerialNumber),
        ];
        let parts: Vec<String> = known
            .into_iter()
            .filter_map(|(label, kind)| self.find(kind).map(|value| format!("{label}={value}")))
            .collect();
        parts.join(", ")
    }
}

/// RFC 4514 §2.4.
fn escaped_rfc4514(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::new();
    for (index, character) in value.chars().enumerate() {
        let at_start = index == 0 && matches!(character, ' ' | '#');
        let at_end = index == last && character == ' ';
        if at_start || at_end || matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der || self.comparable() == other.comparable()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.comparable().hash(state);
    }
}

impl fmt::Debug for Name {
    /// Shows how much there is, not what: names of persons are not logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({} attributes)", self.attributes.len())
    }
}

/// The octets by which an attribute is compared: type, then the prepared text or the value as it came.
fn comparable_attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    let prepared = match (tag, text(tag, value)) {
        // WHY: the strings of DirectoryString compare with one another whatever their type (a CA that moved from
        // PrintableString to UTF8String keeps its name).
        (_, Some(text)) => (0_u8, prepare(&text).into_bytes()),
        (tag, None) => (tag, value.to_vec()),
    };
    let mut out = Vec::with_capacity(prepared.1.len().saturating_add(16));
    for part in [kind, &[prepared.0], &prepared.1] {
        // Lengths keep two attributes from running into one another.
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// Case folded, blanks at the ends cut, inner blanks folded to one.
///
/// Source: RFC 5280 §7.1 by way of RFC 4518. Unicode normalisation (step 3 there) is left out: issuers copy the
/// name of their authority, so two normal forms of one name are not met, and a mismatch only ends in a refusal.
fn prepare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.is_ascii() {
            out.push_str(&word.to_ascii_lowercase());
        } else {
            out.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    out
}

/// The text of a string value, or `None` when the type is no string or the octets do not fit it.
pub(crate) fn text(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        // UTF8String, NumericString, PrintableString, IA5String, VisibleString.
        // WHY: real certificates hold UTF-8 under the narrower tags too; it is read as what it is.
        0x0C | 0x12 | 0x13 | 0x16 | 0x1A => std::str::from_utf8(value).ok().map(str::to_owned),
        // TeletexString: in certificates this is Latin-1 in all but name.
        0x14 => Some(value.iter().map(|byte| char::from(*byte)).collect()),
        // BMPString: UCS-2 big-endian.
        0x1E => {
            let units: Vec<u16> = value
                .chunks(2)
                .map(|pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes))
                .collect::<Option<_>>()?;
            String::from_utf16(&units).ok()
        }
        // UniversalString: UCS-4 big-endian.
        0x1C => value
            .chunks(4)
            .map(|four| {
                <[u8; 4]>::try_from(four)
                    .ok()
                    .and_then(|four| char::from_u32(u32::from_be_bytes(four)))
            })
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::write;

    fn attribute(kind: &str, tag: u8, value: &[u8]) -> Vec<u8> {
        write::sequence(&[&write::oid(&kind.parse().unwrap()), &write::element(tag, value)])
    }

    fn name(rdns: &[&[(&str, u8, &[u8])]]) -> Name {
        let sets: Vec<Vec<u8>> = rdns
            .iter()
            .map(|rdn| {
                write::set_of(
                    rdn.iter()
                        .map(|(kind, tag, value)| attribute(kind, *tag, value))
                        .collect(),
                )
            })
            .collect();
        let parts: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        Name::parse(&write::sequence(&parts)).unwrap()
    }

    const C: &str = "2.5.4.6";
    const CN: &str = "2.5.4.3";

    #[test]
    fn names_compare_as_rfc_5280_7_1_asks() {
        let base = name(&[&[(C, 0x13, b"BE")], &[(CN, 0x13, b"Citizen CA")]]);
        for (other, equal) in [
            (name(&[&[(C, 0x13, b"BE")], &[(CN, 0x0C, b"Citizen CA")]]), true),
            (
                name(&[&[(C, 0x13, b"be")], &[(CN, 0x0C, b"  citizen   ca ")]]),
                true,
            ),
            (name(&[&[(CN, 0x13, b"Citizen CA")], &[(C, 0x13, b"BE")]]), false),
            (name(&[&[(C, 0x13, b"BE"), (CN, 0x13, b"Citizen CA")]]), false),
            (name(&[&[(C, 0x13, b"BE")], &[(CN, 0x13, b"CitizenCA")]]), false),
            (name(&[&[(C, 0x13, b"BE")], &[(CN, 0x04, b"Citizen CA")]]), false),
            (name(&[&[(C, 0x13, b"BE")]]), false),
            (
                name(&[
                    &[(C, 0x13, b"BE")],
                    &[(CN, 0x1E, b"\0C\0i\0t\0i\0z\0e\0n\0 \0C\0A")],
                ]),
                true,
            ),
        ] {
            assert_eq!(base == other, equal, "{}", hex::encode(other.der()));
        }
    }

    #[test]
    fn one_rdn_is_a_set() {
        let der = |order: [usize; 2]| {
            let both = [attribute(C, 0x13, b"BE"), attribute(CN, 0x13, b"x")];
            let set = write::element(0x31, &[both[order[0]].clone(), both[order[1]].clone()].concat());
            Name::parse(&write::sequence(&[&set])).unwrap()
        };
        assert_eq!(der([0, 1]), der([1, 0]));
    }

    #[test]
    fn accents_fold_too() {
        let upper = name(&[&[(CN, 0x0C, "ÉLODIE".as_bytes())]]);
        assert_eq!(upper, name(&[&[(CN, 0x0C, "élodie".as_bytes())]]));
        assert_ne!(upper, name(&[&[(CN, 0x0C, "elodie".as_bytes())]]));
    }

    #[test]
    fn subtrees_are_whole_rdns_from_the_top() {
        let long = name(&[&[(C, 0x13, b"BE")], &[(CN, 0x13, b"a")]]);
        assert!(long.is_within(&name(&[&[(C, 0x13, b"be")]])));
        assert!(long.is_within(&name(&[])));
        assert!(!long.is_within(&name(&[&[(CN, 0x13, b"a")]])));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(
            format!("{:?}", name(&[&[(CN, 0x13, b"An Specimen")]])),
            "Name(1 attributes)"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(data: Vec<u8>) {
            let _ = Name::parse(&data);
        }
    }
}
