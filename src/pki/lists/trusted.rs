//! The lists that are believed at a moment, to be asked about certificates.

use super::lotl::VerifiedLotl;
use super::signed::VerifiedList;
use crate::pki::certificate::Certificate;

/// Verified lists. Replaced as a whole; whoever reads one keeps reading the same.
#[derive(Clone, Debug, Default)]
pub struct TrustedLists {
    /// The list of lists.
    pub lotl: Option<VerifiedLotl>,
    /// National lists.
    pub lists: Vec<VerifiedList>,
}

impl TrustedLists {
    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The list of `territory`.
    pub fn list(&self, territory: &str) -> Option<&VerifiedList> {
        self.lists.iter().find(|one| one.list.territory == territory)
    }
}

/// The certificates above `certificate`, itself first, as far as they are among `candidates`: each by name and by the
/// signature it made on the one below.
///
/// It is no validation: it finds which services of a list stand above a certificate.
pub fn path_above(certificate: &Certificate, candidates: &[Certificate]) -> Vec<Certificate> {
    let mut path = vec![certificate.clone()];
    while path.len() <= DEPTH {
        let Some(below) = path.last() else { break };
        if below.is_self_issued() {
            break;
        }
        let issuer = candidates
            .iter()
            .find(|candidate| candidate.subject() == below.issuer() && issued(candidate, below));
        match issuer {
            Some(issuer) => path.push(issuer.clone()),
            None => break,
        }
    }
    path
}

/// Most authorities above one certificate.
const DEPTH: usize = 6;

fn issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    certificate.signature_algorithm().is_some_and(|algorithm| {
        issuer.public_key().is_ok_and(|key| {
            key.verify(algorithm, certificate.tbs_der(), certificate.signature())
                .is_ok()
        })
    })
}
