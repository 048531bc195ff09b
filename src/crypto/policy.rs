//! Which algorithms are acceptable until when, as data.

use crate::base::digest::HashAlgorithm;
use crate::base::time::{Day, Timestamp};

use super::algorithm::SignatureAlgorithm;
use super::key::{Curve, KeyKind};

/// A dated set of rules. The engine asks; a policy can be printed, compared and named in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmPolicy {
    name: &'static str,
    hashes: Vec<(HashAlgorithm, Option<Day>)>,
    rsa: Vec<(u32, Option<Day>)>,
    curves: Vec<(Curve, Option<Day>)>,
}

/// Why an algorithm was not accepted at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmRefusal {
    /// The hash was accepted until the day given, or never.
    #[error("{} is not accepted at that time", .0.name())]
    Hash(HashAlgorithm, Option<Day>),
    /// The key was accepted until the day given, or never.
    #[error("the key is not accepted at that time")]
    Key(KeyKind, Option<Day>),
}

impl AlgorithmPolicy {
    /// For signatures that last: ETSI TS 119 312 with the dates of its edition 1.5.1.
    ///
    /// Source: reference pki-and-trust §2.5, ades-signing §14.
    pub fn etsi_ts_119_312() -> Self {
        let day = Day::new;
        Self {
            name: "ETSI TS 119 312 V1.5.1",
            hashes: vec![
                (HashAlgorithm::Sha1, day(2012, 8, 1)),
                (HashAlgorithm::Sha256, None),
                (HashAlgorithm::Sha384, None),
                (HashAlgorithm::Sha512, None),
            ],
            rsa: vec![
                (3000, None),
                (1900, day(2029, 1, 1)),
                (786, day(2019, 10, 1)),
                (512, day(2010, 8, 1)),
            ],
            curves: vec![(Curve::P256, None), (Curve::P384, None), (Curve::P521, None)],
        }
    }

    /// For a log-in now: no SHA-1 and no RSA below 2048 bits, whatever the date.
    pub fn live_authentication() -> Self {
        Self {
            name: "live authentication",
            hashes: vec![
                (HashAlgorithm::Sha256, None),
                (HashAlgorithm::Sha384, None),
                (HashAlgorithm::Sha512, None),
            ],
            rsa: vec![(2048, None)],
            curves: vec![(Curve::P256, None), (Curve::P384, None), (Curve::P521, None)],
        }
    }

    /// The name that goes into reports.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Every day on which the acceptance of something ends.
    pub fn ends(&self) -> impl Iterator<Item = Day> {
        let hashes = self.hashes.iter().filter_map(|(_, end)| *end);
        let rsa = self.rsa.iter().filter_map(|(_, end)| *end);
        let curves = self.curves.iter().filter_map(|(_, end)| *end);
        hashes.chain(rsa).chain(curves)
    }

    /// Whether a signature of `algorithm` by a key of `kind` is acceptable when it existed at `at`.
    ///
    /// # Errors
    /// What is not accepted, with the day its acceptance ended if it ever was.
    pub fn check(
        &self,
        algorithm: SignatureAlgorithm,
        kind: KeyKind,
        at: Timestamp,
    ) -> Result<(), AlgorithmRefusal> {
        self.check_hash(algorithm.hash(), at)?;
        self.check_key(kind, at)
    }

    /// Whether `hash` is acceptable for something that existed at `at`.
    pub fn check_hash(&self, hash: HashAlgorithm, at: Timestamp) -> Result<(), AlgorithmRefusal> {
        let rule = self.hashes.iter().find(|(known, _)| *known == hash);
        Self::judge(rule.map(|(_, end)| *end), at).map_err(|end| AlgorithmRefusal::Hash(hash, end))
    }

    /// Whether a key of `kind` is acceptable for something that existed at `at`.
    pub fn check_key(&self, kind: KeyKind, at: Timestamp) -> Result<(), AlgorithmRefusal> {
        let rule = match kind {
            KeyKind::Ec(curve) => self
                .curves
                .iter()
                .find(|(known, _)| *known == curve)
                .map(|(_, end)| *end),
            KeyKind::Rsa { bits } => self
                .rsa
                .iter()
                .find(|(least, _)| bits >= *least)
                .map(|(_, end)| *end),
        };
        Self::judge(rule, at).map_err(|end| AlgorithmRefusal::Key(kind, end))
    }

    /// `rule`: none when the policy does not know the thing, `Some(None)` when it has no end.
    #[expect(
        clippy::option_option,
        reason = "unknown, endless and ending are three things, and the tables hold two"
    )]
    fn judge(rule: Option<Option<Day>>, at: Timestamp) -> Result<(), Option<Day>> {
        match rule {
            Some(None) => Ok(()),
            Some(Some(end)) if at < end.start() => Ok(()),
            Some(Some(end)) => Err(Some(end)),
            None => Err(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_decide() {
        let policy = AlgorithmPolicy::etsi_ts_119_312();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let sha256 = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
        let sha1 = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1);
        for (algorithm, kind, moment, accepted) in [
            (sha256, KeyKind::Rsa { bits: 2048 }, "2028-12-31T22:59:59Z", true),
            (sha256, KeyKind::Rsa { bits: 2048 }, "2028-12-31T23:00:00Z", false),
            (sha256, KeyKind::Rsa { bits: 4096 }, "2040-01-01T00:00:00Z", true),
            (sha1, KeyKind::Rsa { bits: 4096 }, "2012-01-01T00:00:00Z", true),
            (sha1, KeyKind::Rsa { bits: 4096 }, "2013-01-01T00:00:00Z", false),
            (sha256, KeyKind::Rsa { bits: 1024 }, "2019-01-01T00:00:00Z", true),
            (sha256, KeyKind::Rsa { bits: 1024 }, "2020-01-01T00:00:00Z", false),
            (
                SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
                KeyKind::Ec(Curve::P384),
                "2040-01-01T00:00:00Z",
                true,
            ),
        ] {
            assert_eq!(
                policy.check(algorithm, kind, at(moment)).is_ok(),
                accepted,
                "{algorithm} {kind:?} {moment}"
            );
        }
        let live = AlgorithmPolicy::live_authentication();
        assert!(
            live.check_hash(HashAlgorithm::Sha1, at("2010-01-01T00:00:00Z"))
                .is_err()
        );
        assert!(
            live.check_key(KeyKind::Rsa { bits: 2047 }, at("2010-01-01T00:00:00Z"))
                .is_err()
        );
    }
}
