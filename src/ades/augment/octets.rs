//! Bytes of a stored stage.

use serde::{Deserialize, Serialize};

/// Bytes that are written as base64 in JSON.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Octets(pub Vec<u8>);

impl std::fmt::Debug for Octets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Octets({} bytes)", self.0.len())
    }
}

impl From<Octets> for String {
    fn from(value: Octets) -> Self {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(value.0)
    }
}

impl TryFrom<String> for Octets {
    type Error = base64::DecodeError;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(value).map(Self)
    }
}
