//! Taking a JWS that exists further: to a higher level, or to one more archive time-stamp.

use super::counter;
use super::read::{Jws, Serialization};
use super::stages::Signed;
use super::unsigned;
use crate::ades::augment::machine::Progress;
use crate::ades::level::Level;
use crate::ades::signature_name::SignatureName;

/// The signature `name` of `jws` on its way to `level`; where it already has an archive time-stamp and B-LTA is
/// ordered, one more is due. A JWS in compact form becomes a flattened one: nothing that is signed changes by that.
///
/// None when there is no such signature, or its `etsiU` is not in the form that can be added to: base64url texts.
pub fn extend(jws: &Jws, name: &SignatureName, level: Level) -> Option<Signed> {
    let mut jws = jws.clone();
    let elements = unsigned::read(&counter::at(&jws, name)?.unsigned)?;
    if elements.iter().any(|element| element.text.is_none()) {
        return None;
    }
    let is_archived = elements.iter().any(|element| element.name == "arcTst");
    if jws.serialization == Serialization::Compact && level > Level::B {
        jws.serialization = Serialization::Flattened;
    }
    Some(Signed {
        jws,
        name: name.clone(),
        progress: Progress {
            renew: level == Level::Lta && is_archived,
            ..Progress::to(level)
        },
    })
}
