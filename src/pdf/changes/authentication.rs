//! The message authentication code of an encrypted file, which every revision makes anew. ISO/TS 32004.

use super::step::Step;
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object};

/// What a code says of itself: its value or where it stands, and what it covers.
const KEYS: [&str; 4] = ["ByteRange", "MAC", "MACLocation", "SigObjRef"];

impl Step<'_> {
    /// It covers the file as that was when it was written, so a later revision has another. It never goes away: whoever
    /// holds the password would be told less than before.
    pub(super) fn check_authentication(
        &mut self,
        then: &Dictionary,
        now: &Dictionary,
    ) -> Result<(), PdfError> {
        let (then, now) = (
            self.old.value(then, "AuthCode")?,
            self.new.value(now, "AuthCode")?,
        );
        if then == now {
            return Ok(());
        }
        let is_code = |code: &Dictionary| code.iter().all(|(key, _)| KEYS.iter().any(|known| key.is(known)));
        let why = match (then.is_null(), &now) {
            (false, Object::Dictionary(code)) if is_code(code) => return Ok(()),
            (false, Object::Null) => "the authentication code of the file was taken away",
            (true, _) => "the file got an authentication code that it lacked",
            (false, _) => "the authentication code of the file is none",
        };
        self.undefined(None, why);
        Ok(())
    }
}
