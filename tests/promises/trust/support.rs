//! Certificates of others, and requests about them.

use zegel::base::time::Timestamp;
use zegel::pki::certificate::Certificate;

/// The instant written `text`.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A certificate of the shared test data, or `None` (and the test skips) when it is absent.
pub(crate) fn certificate(path: &str) -> Option<Certificate> {
    let file = crate::support::shared(&format!("pki/{path}.pem"))?;
    Some(
        Certificate::from_pem(&std::fs::read_to_string(file).unwrap())
            .unwrap_or_else(|| panic!("{path} parses")),
    )
}

/// Trust data that pins the root of the Zetes development cards, as a laboratory would write it.
pub(crate) fn development_trust(root: &Certificate) -> String {
    format!(
        r#"
environment = "test"
source = "development cards"
hosts = ["127.0.0.1"]

[[root]]
name = "eID TEST EC Root CA"
sha256 = "{}"
generation = "development"
purposes = ["authentication", "signature", "register"]

[[generation]]
name = "development"
source = "measured on development cards"
personal_issuers = ["eID TEST EC Citizen CA"]
authentication = ["2.16.56.12.1.1.2.2"]
signature = ["2.16.56.12.1.1.2.1"]
register = ["2.16.56.12.1.1.4"]

[[authority]]
common_name = "eID TEST EC Citizen CA"
url = "http://127.0.0.1/citizen.crt"
"#,
        root.fingerprint()
    )
}
