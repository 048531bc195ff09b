//! How strictly signatures are judged, as data that a report can name. EN 319 102-1 §5.1.4.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::report::Weight;
use crate::ades::statement::PolicyIdentifier;
use crate::base::time::Timestamp;

/// Rules of one validation policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationPolicy {
    /// The name that goes into reports.
    pub name: String,
    /// How much older than the proven time of a signature the status of its signer may be.
    pub signer_freshness: Freshness,
    /// The same for an issuing authority.
    pub authority_freshness: Freshness,
    /// The same for a time-stamping unit.
    pub time_stamp_freshness: Freshness,
    /// How far the clocks of two time-stamping units may differ before their order is a contradiction, in seconds.
    pub order_tolerance_seconds: u64,
    /// How long after the claimed time of signing the first proof of it may come, in seconds. `null` asks nothing.
    pub time_stamp_delay_seconds: Option<u64>,
    /// What a change weighs that nobody can explain, or that a certification or a lock forbids.
    pub undefined_change: ChangeWeight,
    /// What it weighs that form fields were filled after signing, where certification and locks allow it.
    pub form_filled: ChangeWeight,
    /// What it weighs that the metadata was changed after signing.
    pub metadata_changed: ChangeWeight,
    /// Whether a signature must have the form of the AdES baseline.
    pub baseline_required: bool,
    /// The signature policy that every signature must name, as [`PolicyIdentifier::name`] writes it, and whose document must
    /// be at hand and be the one meant: one of `policy_documents`, or, where there are none, the one that stands in the
    /// signature. `null` takes any policy, and none.
    pub signature_policy: Option<String>,
    /// Documents of signature policies that are at hand. They say nothing of how strictly is judged.
    #[serde(skip)]
    pub policy_documents: Vec<Arc<[u8]>>,
}

/// How much older than the moment in question the status of a certificate may be. EN 319 102-1 §5.2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Of any age: nothing is asked.
    Any,
    /// As long as its own interval, from `thisUpdate` to `nextUpdate`: what the clause asks where a policy names no age.
    /// Evidence that names no `nextUpdate` has no interval, and may not be older at all.
    OwnInterval,
    /// So many seconds.
    Seconds(u64),
}

impl Freshness {
    /// Whether evidence of `this_update`, to be renewed by `next_update`, is fresh for `moment`.
    pub(super) fn allows(
        self,
        this_update: Timestamp,
        next_update: Option<Timestamp>,
        moment: Timestamp,
    ) -> bool {
        let moment = moment.truncated_to_second();
        match self {
            Self::Any => true,
            Self::OwnInterval => this_update.max(next_update.unwrap_or(this_update)) >= moment,
            Self::Seconds(seconds) => this_update.plus(Duration::from_secs(seconds)) >= moment,
        }
    }
}

/// What a finding of a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeWeight {
    /// The signature fails.
    Fail,
    /// It is shown, and weighs nothing.
    Ignore,
    /// It is shown with a warning.
    Warn,
}

impl Default for ValidationPolicy {
    fn default() -> Self {
        Self::strict()
    }
}

impl ValidationPolicy {
    /// The default: what cannot be explained fails, what is allowed and visible is pointed at.
    ///
    /// Source of the ages: the Belgian signing service's validation policy (reference ades-signing §9): its
    /// responders answer for a minute, its roots publish every few months.
    pub fn strict() -> Self {
        Self {
            name: "zegel strict 1".to_owned(),
            signer_freshness: Freshness::Seconds(70),
            authority_freshness: Freshness::Seconds(210 * 24 * 3600),
            time_stamp_freshness: Freshness::Seconds(24 * 3600),
            order_tolerance_seconds: 1,
            time_stamp_delay_seconds: None,
            undefined_change: ChangeWeight::Fail,
            form_filled: ChangeWeight::Warn,
            metadata_changed: ChangeWeight::Warn,
            baseline_required: false,
            signature_policy: None,
            policy_documents: Vec::new(),
        }
    }

    /// The same for signatures that were all made under the signature policy `identifier`; the name says so.
    #[must_use]
    pub fn requiring(mut self, identifier: &PolicyIdentifier) -> Self {
        let id = identifier.name();
        self.name = format!("{}, signature policy {id}", self.name);
        self.signature_policy = Some(id.to_owned());
        self
    }

    /// For looking into files that the strict policy refuses: changes that cannot be explained only warn. Never a
    /// ground to rely on a document.
    pub fn lenient() -> Self {
        Self {
            name: "zegel lenient 1".to_owned(),
            undefined_change: ChangeWeight::Warn,
            ..Self::strict()
        }
    }

    /// Like strict, and nothing may be filled in or changed after signing, and every signature must be baseline.
    pub fn archive() -> Self {
        Self {
            name: "zegel archive 1".to_owned(),
            form_filled: ChangeWeight::Fail,
            metadata_changed: ChangeWeight::Fail,
            baseline_required: true,
            ..Self::strict()
        }
    }

    /// Like strict, with the ages that EN 319 102-1 §5.2.5 gives where a policy names none: evidence counts as fresh until
    /// its own `nextUpdate`. For signatures whose authority publishes a list a day, as most of Europe does.
    pub fn etsi() -> Self {
        Self {
            name: "zegel etsi 1".to_owned(),
            signer_freshness: Freshness::OwnInterval,
            authority_freshness: Freshness::OwnInterval,
            time_stamp_freshness: Freshness::OwnInterval,
            ..Self::strict()
        }
    }

    /// The names of the built-in policies.
    pub const NAMES: [&'static str; 4] = ["strict", "etsi", "archive", "lenient"];

    /// The built-in policy called `name`, one of [`Self::NAMES`].
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "archive" => Some(Self::archive()),
            "etsi" => Some(Self::etsi()),
            "lenient" => Some(Self::lenient()),
            "strict" => Some(Self::strict()),
            _ => None,
        }
    }

    /// How far two units' clocks may differ.
    pub const fn order_tolerance(&self) -> Duration {
        Duration::from_secs(self.order_tolerance_seconds)
    }

    /// How a change of `kind` weighs; none for one that is shown only.
    pub(super) fn weight_of(&self, kind: &str, is_allowed: bool) -> Option<Weight> {
        let weight = match kind {
            _ if !is_allowed => self.undefined_change,
            "form_filled" => self.form_filled,
            "metadata" => self.metadata_changed,
            _ => ChangeWeight::Ignore,
        };
        match weight {
            ChangeWeight::Fail => Some(Weight::Error),
            ChangeWeight::Ignore => None,
            ChangeWeight::Warn => Some(Weight::Warning),
        }
    }
}
