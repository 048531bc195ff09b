//! What completing a signature needs of the service it runs in.

use std::sync::Arc;

use crate::asn1::oid::Oid;
use crate::base::random::Random;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pki::trust::Trust;

/// What completing needs of the service it runs in.
#[derive(Clone)]
pub struct Settings {
    /// Pins, known authorities, remembered answers.
    pub trust: Arc<Trust>,
    /// Which algorithms count.
    pub algorithms: AlgorithmPolicy,
    /// Time-stamp services in order of preference; the next is asked when one gives nothing usable.
    pub time_stamp_urls: Vec<String>,
    /// Policies of time-stamps that are accepted; an empty list accepts any.
    pub time_stamp_policies: Vec<Oid>,
    /// For nonces.
    pub random: Arc<dyn Random>,
}
