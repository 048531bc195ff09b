//! What a certificate may be used for: the Belgian layer above RFC 5280.
//!
//! Each rule is its own function, so that a caller with an order of its own (the log-in) can call them one by one.

use serde::{Deserialize, Serialize};

use super::anchors::Generation;
use super::certificate::Certificate;
use super::extensions::{ExtendedKeyUsage, KeyUsage};
use super::name::AttributeType;
use super::refusal::Refusal;
use crate::base::national::NationalNumber;

/// What a path is validated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// RFC 5280 alone: authorities, and suites that know no Belgian profile.
    Any,
    /// Proving at log-in that the holder is there.
    Authentication,
    /// Signing the identity and address files of a card (the RRN signer).
    Register,
    /// Electronic seals of organisations (EN 319 412-3).
    Seal,
    /// Electronic signatures of persons.
    Signature,
    /// Time-stamp tokens.
    TimeStamping,
}

impl Purpose {
    /// Whether the status of an end entity may stay unasked because its certificate says that it lives too short to be
    /// revoked (EN 319 412-1 §5.2).
    ///
    /// WHY not at log-in: a card lives for years, and whoever holds it must be able to stop it within minutes. Nor do
    /// the register's signer and time-stamping units have such certificates.
    pub(super) const fn allows_short_term(self) -> bool {
        match self {
            Self::Any | Self::Seal | Self::Signature => true,
            Self::Authentication | Self::Register | Self::TimeStamping => false,
        }
    }
}

/// Checks everything the Belgian layer asks of the end entity `leaf`, issued by `issuer` under a root of
/// `generation`.
///
/// Source: reference pki-and-trust §2.1 and §2.4.
pub(super) fn check(
    leaf: &Certificate,
    path_above: &[Certificate],
    purpose: Purpose,
    generation: Option<&Generation>,
) -> Result<(), Refusal> {
    if purpose == Purpose::Any {
        return Ok(());
    }
    check_usage(leaf, purpose)?;
    if let Some(generation) = generation {
        check_policy(leaf, purpose, std::slice::from_ref(generation))?;
    }
    check_issuer(leaf, path_above, purpose, generation)?;
    if purpose == Purpose::Seal {
        return check_organisation(leaf);
    }
    if purpose == Purpose::Register {
        return check_register(leaf, generation.map_or("RRN", Generation::register_name));
    }
    check_subject(leaf, purpose)
}

/// Checks that `leaf` is no authority, and its key usages.
///
/// # Errors
/// `CA_CONSTRAINT`, `PURPOSE_KU` or `PURPOSE_EKU`.
pub fn check_usage(leaf: &Certificate, purpose: Purpose) -> Result<(), Refusal> {
    let certificate = leaf.fingerprint();
    let extensions = leaf.extensions();
    if purpose == Purpose::Any {
        return Ok(());
    }
    if extensions
        .basic_constraints
        .is_some_and(|constraints| constraints.is_ca)
    {
        return Err(Refusal::AuthorityConstraint {
            certificate,
            defect: "an authority where an end entity is due",
        });
    }
    let usage = extensions
        .key_usage
        .ok_or(Refusal::PurposeKeyUsage { certificate })?;
    let signs = usage.contains(KeyUsage::DIGITAL_SIGNATURE);
    let commits = usage.contains(KeyUsage::NON_REPUDIATION);
    let issues = usage.contains(KeyUsage::KEY_CERT_SIGN) || usage.contains(KeyUsage::CRL_SIGN);
    let fits = match purpose {
        Purpose::Any => true,
        Purpose::Authentication => signs && !commits,
        Purpose::Signature => commits && !signs,
        Purpose::Register => signs && commits,
        Purpose::Seal | Purpose::TimeStamping => signs || commits,
    };
    if !fits || issues {
        return Err(Refusal::PurposeKeyUsage { certificate });
    }
    let fits = match (purpose, &extensions.extended_key_usage) {
        (Purpose::Authentication, Some(extended)) => extended.contains(ExtendedKeyUsage::CLIENT_AUTH),
        (Purpose::Seal | Purpose::Signature, Some(extended)) => !extended.purposes.iter().all(|purpose| {
            [ExtendedKeyUsage::OCSP_SIGNING, ExtendedKeyUsage::TIME_STAMPING].contains(&purpose.content())
        }),
        // RFC 3161 §2.3: exactly this one, and critical.
        (Purpose::TimeStamping, Some(extended)) => {
            extended.critical
                && extended.purposes.len() == 1
                && extended.contains(ExtendedKeyUsage::TIME_STAMPING)
        }
        (Purpose::TimeStamping, None) => false,
        (Purpose::Any | Purpose::Register, _)
        | (Purpose::Authentication | Purpose::Seal | Purpose::Signature, None) => true,
    };
    if fits {
        Ok(())
    } else {
        Err(Refusal::PurposeExtendedKeyUsage { certificate })
    }
}

/// Checks that one of `leaf`'s own policies is in the set of `purpose` of one of `generations`. Whole
/// identifiers are compared.
///
/// WHY: not the policy processing of RFC 5280: the issuing authorities of four generations assert a policy that no
/// leaf has, so that an explicit policy never holds for them.
///
/// # Errors
/// `PURPOSE_POLICY`.
pub fn check_policy(leaf: &Certificate, purpose: Purpose, generations: &[Generation]) -> Result<(), Refusal> {
    let accepted = generations
        .iter()
        .any(|generation| match generation.policies(purpose) {
            Some(set) => leaf
                .extensions()
                .policies
                .iter()
                .any(|policy| set.contains(policy)),
            None => true,
        });
    if accepted {
        Ok(())
    } else {
        Err(Refusal::PurposePolicy {
            certificate: leaf.fingerprint(),
        })
    }
}

/// Checks where in the hierarchy the issuer stands and what it is called.
fn check_issuer(
    leaf: &Certificate,
    path_above: &[Certificate],
    purpose: Purpose,
    generation: Option<&Generation>,
) -> Result<(), Refusal> {
    let refuse = |defect| {
        Err(Refusal::SubjectProfile {
            certificate: leaf.fingerprint(),
            defect,
        })
    };
    match purpose {
        Purpose::Register if path_above.len() != 1 => refuse("issued by something else than a root"),
        Purpose::Authentication | Purpose::Signature => {
            let Some(generation) = generation else {
                return Ok(());
            };
            if path_above.len() != 2 {
                return refuse("not issued by an authority directly below a root");
            }
            let name = leaf.issuer().find(AttributeType::CommonName).unwrap_or_default();
            if generation.is_personal_issuer(&name) {
                Ok(())
            } else {
                refuse("issuer is no authority for persons")
            }
        }
        _ => Ok(()),
    }
}

/// Checks the subject: country, national number, and the purpose named in the common name.
///
/// # Errors
/// `SUBJECT_PROFILE`, or `PURPOSE_*` for a signature certificate that does not claim to be qualified.
pub fn check_subject(leaf: &Certificate, purpose: Purpose) -> Result<(), Refusal> {
    let subject = leaf.subject();
    let refuse = |defect| {
        Err(Refusal::SubjectProfile {
            certificate: leaf.fingerprint(),
            defect,
        })
    };
    let common_name = subject.find(AttributeType::CommonName).unwrap_or_default();
    match purpose {
        Purpose::Any | Purpose::Register | Purpose::Seal | Purpose::TimeStamping => return Ok(()),
        Purpose::Authentication if !common_name.ends_with(" (Authentication)") => {
            return refuse("common name does not end in (Authentication)");
        }
        Purpose::Signature if !common_name.ends_with(" (Signature)") => {
            return refuse("common name does not end in (Signature)");
        }
        Purpose::Authentication | Purpose::Signature => {}
    }
    if subject.find(AttributeType::Country).is_none() {
        return refuse("subject has no country");
    }
    national_number(leaf)?;
    if purpose == Purpose::Signature
        && !leaf
            .extensions()
            .qc_statements
            .as_ref()
            .is_some_and(|statements| statements.claims_compliance() && statements.fits_signatures())
    {
        return refuse("certificate does not claim to be qualified for signatures");
    }
    Ok(())
}

/// Checks that the subject is exactly the register's: country BE, organisation and common name `name`.
fn check_register(leaf: &Certificate, name: &str) -> Result<(), Refusal> {
    let subject = leaf.subject();
    let is = |kind, value: &str| subject.values(kind).eq([value.to_owned()]);
    let exact = is(AttributeType::CommonName, name)
        && is(AttributeType::Organization, name)
        && is(AttributeType::Country, "BE")
        && subject.attribute_count() == 3;
    if exact {
        return Ok(());
    }
    Err(Refusal::SubjectProfile {
        certificate: leaf.fingerprint(),
        defect: "subject is not that of the register",
    })
}

/// Whether the subject is that of a legal person: an organisation's identifier and no natural person's names.
///
/// Source: EN 319 412-3 §4.2.1; a natural person's certificate has givenName and surname, or a pseudonym
/// (EN 319 412-2 §4.2.4), also where it names the organisation the person belongs to.
pub fn names_organisation(leaf: &Certificate) -> bool {
    let subject = leaf.subject();
    let has = |kind| subject.find(kind).is_some();
    has(AttributeType::OrganizationIdentifier)
        && !has(AttributeType::GivenName)
        && !has(AttributeType::Surname)
}

/// What a path of the signer's certificate `leaf` is validated for: a seal when it names an organisation, else a
/// person's signature.
pub fn of_signer(leaf: &Certificate) -> Purpose {
    if names_organisation(leaf) {
        Purpose::Seal
    } else {
        Purpose::Signature
    }
}

/// Checks that the subject is an organisation's, whole.
fn check_organisation(leaf: &Certificate) -> Result<(), Refusal> {
    let subject = leaf.subject();
    let needed = [
        AttributeType::Country,
        AttributeType::Organization,
        AttributeType::CommonName,
    ];
    if names_organisation(leaf) && needed.into_iter().all(|kind| subject.find(kind).is_some()) {
        return Ok(());
    }
    Err(Refusal::SubjectProfile {
        certificate: leaf.fingerprint(),
        defect: "subject is not that of an organisation",
    })
}

/// The national number in the subject of a person's certificate: exactly one serialNumber, eleven digits with a
/// right check number.
///
/// # Errors
/// `SUBJECT_PROFILE`, never with the value.
pub fn national_number(leaf: &Certificate) -> Result<NationalNumber, Refusal> {
    let refuse = |defect| Refusal::SubjectProfile {
        certificate: leaf.fingerprint(),
        defect,
    };
    let mut values = leaf.subject().values(AttributeType::SerialNumber);
    let text = zeroize::Zeroizing::new(values.next().ok_or(refuse("subject has no national number"))?);
    if values.next().is_some() {
        return Err(refuse("subject has two serial numbers"));
    }
    if text.len() != 11 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse("national number in the subject is not 11 digits"));
    }
    NationalNumber::parse(&text)
        .map_err(|_| refuse("national number in the subject has a wrong check number"))
}
