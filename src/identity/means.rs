//! What a person proved themselves with.

use serde::{Deserialize, Serialize};

/// What a person proved themselves with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// The identity card and its PIN.
    EidCard,
}

impl Means {
    /// The authentication methods of RFC 8176 that the `amr` claim names.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::EidCard => &["sc", "pin", "mfa"],
        }
    }

    /// The word for storage, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EidCard => "eid_card",
        }
    }
}

/// The way the card's answer came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The reader connected to the machine that runs this service.
    Counter,
    /// A Web eID extension and program beside the person's browser.
    WebEid,
}

impl Channel {
    /// The word for storage, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::WebEid => "web_eid",
        }
    }
}
