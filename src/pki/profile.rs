//! What RFC 5280 §4 asks of whoever issues certificates, as far as a certificate shows it.
//!
//! §6.1 does not ask for these, and other validators let them pass. A certificate that breaks one came from an authority
//! that does not follow its own rules, or from nobody's authority at all.

use super::certificate::Certificate;
use super::extensions::{Extensions, KeyUsage};
use super::name_constraints::GeneralName;
use super::refusal::Refusal;

/// Checks `certificate`, below the anchor; `issues` tells whether it stands as an authority on its path.
///
/// # Errors
/// `CA_CONSTRAINT` for an authority, `SUBJECT_PROFILE` for an end entity.
pub(super) fn check(certificate: &Certificate, issues: bool) -> Result<(), Refusal> {
    defect_of(certificate, issues)
        .or_else(|| serial_defect(certificate))
        .map_or(Ok(()), |defect| Err(refusal(certificate, issues, defect)))
}

/// Checks the certificate of an anchor, whose serial number nobody chose by these rules.
///
/// # Errors
/// `CA_CONSTRAINT`, or `CRITICAL_EXT` for a critical extension that zegel does not know.
pub(super) fn check_anchor(anchor: &Certificate) -> Result<(), Refusal> {
    if let Some(unknown) = anchor.extensions().unknown_critical.first() {
        return Err(Refusal::CriticalExtension {
            certificate: anchor.fingerprint(),
            extension: unknown.to_string(),
        });
    }
    defect_of(anchor, true)
        .or_else(|| authority_defect(anchor))
        .map_or(Ok(()), |defect| Err(refusal(anchor, true, defect)))
}

fn refusal(certificate: &Certificate, issues: bool, defect: &'static str) -> Refusal {
    let certificate = certificate.fingerprint();
    if issues {
        Refusal::AuthorityConstraint { certificate, defect }
    } else {
        Refusal::SubjectProfile { certificate, defect }
    }
}

/// What keeps a certificate of version 3 from issuing: §4.2.1.9 and §4.2.1.3.
pub(super) fn authority_defect(certificate: &Certificate) -> Option<&'static str> {
    let extensions = certificate.extensions();
    if certificate.version() != 3 {
        return Some("an authority's certificate is not version 3");
    }
    match extensions.basic_constraints {
        Some(constraints) if !constraints.is_ca => Some("not an authority"),
        None => Some("not an authority"),
        Some(constraints) if !constraints.critical => Some("basicConstraints not critical"),
        Some(_) => extensions
            .key_usage
            .is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN))
            .then_some("an authority without keyCertSign"),
    }
}

/// A serial number is positive and at most 20 octets (§4.1.2.2).
fn serial_defect(certificate: &Certificate) -> Option<&'static str> {
    let serial = certificate.serial();
    let positive =
        serial.first().is_some_and(|first| first & 0x80 == 0) && serial.iter().any(|octet| *octet != 0);
    // A 20-octet number whose top bit is set takes a 21st for its sign.
    (!positive || serial.len() > 21).then_some("serial number not positive or too long")
}

fn defect_of(certificate: &Certificate, issues: bool) -> Option<&'static str> {
    let extensions = certificate.extensions();
    let is_ca = extensions
        .basic_constraints
        .is_some_and(|constraints| constraints.is_ca);
    key_identifier_defect(certificate, is_ca)
        .or_else(|| criticality_defect(extensions))
        .or_else(|| {
            // §4.2.1.10: for authorities only.
            (extensions.name_constraints.is_some() && !is_ca)
                .then_some("name constraints in a certificate of an end entity")
        })
        .or_else(|| {
            // §4.2.1.9: without cA no keyCertSign. An authority is judged by its own rules.
            (!is_ca
                && !issues
                && extensions
                    .key_usage
                    .is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN)))
            .then_some("keyCertSign in a certificate of an end entity")
        })
        .or_else(|| name_defect(certificate, is_ca))
}

/// §4.2.1.1 and §4.2.1.2: where key identifiers must be.
fn key_identifier_defect(certificate: &Certificate, is_ca: bool) -> Option<&'static str> {
    let extensions = certificate.extensions();
    if extensions.authority_key_identifier.is_none() && !certificate.is_self_issued() {
        return Some("no authority key identifier");
    }
    (is_ca && extensions.subject_key_identifier.is_none())
        .then_some("an authority without subject key identifier")
}

/// Extensions that must be critical, and that must not.
fn criticality_defect(extensions: &Extensions) -> Option<&'static str> {
    const NEVER: [(u8, &str); 3] = [
        (
            Extensions::AUTHORITY_KEY_IDENTIFIER,
            "authorityKeyIdentifier critical",
        ),
        (
            Extensions::SUBJECT_KEY_IDENTIFIER,
            "subjectKeyIdentifier critical",
        ),
        (
            Extensions::AUTHORITY_INFORMATION_ACCESS,
            "authorityInfoAccess critical",
        ),
    ];
    let never = NEVER
        .into_iter()
        .find(|(extension, _)| extensions.is_critical(*extension))
        .map(|(_, defect)| defect);
    let always = [
        (
            extensions.name_constraints.is_some(),
            Extensions::NAME_CONSTRAINTS,
            "nameConstraints not critical",
        ),
        (
            extensions.policy_constraints.is_some(),
            Extensions::POLICY_CONSTRAINTS,
            "policyConstraints not critical",
        ),
        (
            extensions.inhibit_any_policy.is_some(),
            Extensions::INHIBIT_ANY_POLICY,
            "inhibitAnyPolicy not critical",
        ),
    ]
    .into_iter()
    .find(|(present, extension, _)| *present && !extensions.is_critical(*extension))
    .map(|(_, _, defect)| defect);
    never.or(always)
}

/// §4.1.2.6 and §4.2.1.6: a name there must be, and of its form.
fn name_defect(certificate: &Certificate, is_ca: bool) -> Option<&'static str> {
    let extensions = certificate.extensions();
    if certificate.subject().is_empty() {
        if is_ca {
            return Some("an authority without a name");
        }
        if extensions.subject_alternative_names.is_empty()
            || !extensions.is_critical(Extensions::SUBJECT_ALTERNATIVE_NAME)
        {
            return Some("neither a subject nor a critical alternative name");
        }
    }
    extensions
        .subject_alternative_names
        .iter()
        .any(|name| matches!(name, GeneralName::Dns(host) if !is_preferred_syntax(host)))
        .then_some("a DNS name not in the preferred name syntax")
}

/// RFC 1034 §3.5 with RFC 1123 §2.1: letters, digits and hyphens, and not an address in digits. A first label `*` is a
/// form of RFC 9525.
fn is_preferred_syntax(host: &str) -> bool {
    let host = host.strip_prefix("*.").unwrap_or(host);
    let label_is_right = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253
        && host.split('.').all(label_is_right)
        && host
            .rsplit('.')
            .next()
            .is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_preferred_syntax;

    #[test]
    fn dns_names_in_preferred_syntax() {
        for (name, right) in [
            ("zegelgem.be", true),
            ("*.zegelgem.be", true),
            ("xn--zgel-5qa.be", true),
            ("1.zegelgem.be", true),
            ("localhost", true),
            ("a_b.zegelgem.be", false),
            ("-a.be", false),
            ("a-.be", false),
            ("a..be", false),
            (".be", false),
            ("", false),
            ("192.0.2.1", false),
            ("a.*.be", false),
            ("é.be", false),
        ] {
            assert_eq!(is_preferred_syntax(name), right, "{name}");
        }
    }
}
