//! TEST trusted lists that the laboratory serves: a list of lists and a Belgian list that names its root and its
//! time-stamping unit.
//!
//! The laboratory's root signs the list of lists and the signer of card data the Belgian list: keys that are there, and that
//! nobody trusts for anything but tests.

use super::super::LabError;
use super::super::pki::{DAY, KeyPair, LabPki};
use super::super::trusted_list::{ListDraft, PeriodDraft, PointerDraft, ServiceDraft};
use super::switch::ServiceMode;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

/// Where the list of lists is, after the services' address.
pub const LOTL_PATH: &str = "/tl/lotl.xml";
const BELGIAN_PATH: &str = "/tl/be.xml";

/// Since when services are granted: before every certificate of a laboratory.
const SINCE: &str = "2017-01-01T00:00:00Z";

/// The anchors of the laboratory's lists, as `lists.toml` holds them.
pub fn anchors_text(pki: &LabPki, services_url: &str) -> String {
    format!(
        "environment = \"test\"\nsource = \"made by the laboratory\"\nurl = \"{services_url}{LOTL_PATH}\"\n\
         territories = [\"BE\"]\nhosts = [\"127.0.0.1\"]\ngrace_seconds = 0\n\n[[publication]]\n\
         name = \"TEST publication\"\nmarks = [\"/TEST-publication\"]\nsha256 = [\"{}\"]\n",
        Sha256Digest::of(pki.root_der())
    )
}

/// The list served under `path`, or none.
pub(super) fn publish(
    pki: &LabPki,
    path: &str,
    mode: ServiceMode,
    now: Timestamp,
) -> Option<Result<Vec<u8>, LabError>> {
    let root = KeyPair {
        certificate_der: pki.root_der().to_vec(),
        key: pki.root.key().clone(),
    };
    let draft = match path {
        LOTL_PATH => lotl(pki, mode, now),
        BELGIAN_PATH => belgian(pki, mode, now),
        _ => return None,
    };
    let (right, wrong) = if path == LOTL_PATH {
        (&root, &pki.register)
    } else {
        (&pki.register, &root)
    };
    let signer = if mode == ServiceMode::WrongSigner {
        wrong
    } else {
        right
    };
    Some(draft.sign(signer).map(|signed| {
        if mode == ServiceMode::SecondSignature {
            signed_twice(&signed)
        } else {
            signed
        }
    }))
}

/// The signature once more, under other identifiers, where the first one ends.
fn signed_twice(list: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(list);
    let (Some(start), Some((before, end))) = (
        text.find("<ds:Signature "),
        text.rsplit_once("</TrustServiceStatusList>"),
    ) else {
        return list.to_vec();
    };
    let more = before.get(start..).unwrap_or_default().replace("TEST-", "MORE-");
    format!("{before}{more}</TrustServiceStatusList>{end}").into_bytes()
}

fn draft(kind: &'static str, territory: &str, mode: ServiceMode, now: Timestamp) -> ListDraft {
    // A list a day; one that is rolled back is the first there ever was.
    let day = u64::try_from(now.as_seconds().div_euclid(86_400)).unwrap_or(1);
    let issued_at = now.truncated_to_second();
    let (issued_at, next_update) = if mode == ServiceMode::Stale {
        (issued_at.minus(DAY * 30), issued_at.minus(DAY))
    } else {
        (issued_at, issued_at.plus(DAY * 90))
    };
    ListDraft {
        version: 6,
        sequence: if mode == ServiceMode::RolledBack { 1 } else { day },
        kind,
        territory: territory.to_owned(),
        information: Vec::new(),
        issued_at,
        next_update: Some(next_update),
        pointers: Vec::new(),
        services: Vec::new(),
    }
}

fn lotl(pki: &LabPki, mode: ServiceMode, now: Timestamp) -> ListDraft {
    let mut list = draft("EUlistofthelists", "EU", mode, now);
    let base = &pki.base_url;
    list.information = vec![format!("{base}/TEST-publication")];
    let pointer = |path: &str, territory: &str, kind, signer: &[u8]| PointerDraft {
        location: format!("{base}{path}"),
        territory: territory.to_owned(),
        kind,
        signers: vec![signer.to_vec()],
    };
    list.pointers = vec![
        pointer(LOTL_PATH, "EU", "EUlistofthelists", pki.root_der()),
        pointer(BELGIAN_PATH, "BE", "EUgeneric", &pki.register.certificate_der),
    ];
    list
}

fn belgian(pki: &LabPki, mode: ServiceMode, now: Timestamp) -> ListDraft {
    let mut list = draft("EUgeneric", "BE", mode, now);
    let since = SINCE.parse().unwrap_or(now);
    let service = |der: &[u8], kind| ServiceDraft {
        certificate_der: der.to_vec(),
        periods: vec![PeriodDraft::new(kind, "granted", since)],
    };
    list.services = vec![
        service(pki.root_der(), "CA/QC"),
        service(&pki.unit.certificate_der, "TSA/QTST"),
    ];
    list
}
