//! What a person was shown before they signed, as one value that the page hands back: the bytes, the place in the
//! plan, and in which capacity. Whatever of it is another by then, is asked again.

use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::mandates::Verdict;

use super::request::RequestId;

/// The value for `request`: 64 hex digits.
///
/// `document`: SHA-256 of the bytes as they are now. `verdict`: the check of authority for slot `slot`.
pub fn shown(request: RequestId, slot: u8, document: &Sha256Digest, verdict: &Verdict) -> String {
    let parts = serde_json::json!([
        request,
        slot,
        document,
        verdict.capacity,
        verdict.mention().map(|mention| mention.text(Language::Nl)),
    ]);
    Sha256Digest::of(parts.to_string().as_bytes()).to_string()
}
