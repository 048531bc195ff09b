//! The challenge a card answers: 32 random bytes, for one browser, one interaction and one purpose.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::base::random::{self, Random};
use crate::base::time::Timestamp;

/// How long a Web eID program may take to answer a challenge. At the counter it is as long as the PIN window may stand.
pub const LIFETIME: Duration = Duration::from_mins(3);

/// What an answer to a challenge will be used for. A challenge of one purpose is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A log-in by a Web eID program.
    LogIn,
    /// A log-in at this machine's reader.
    LogInAtCounter,
}

impl Purpose {
    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "log_in",
            Self::LogInAtCounter => "log_in_at_counter",
        }
    }
}

/// A new challenge nonce: standard base64 of 32 bytes, 44 characters. The text itself is what gets signed.
///
/// Source: Web eID architecture document, authentication token; reference login-and-oidc §2.3.
pub fn nonce(random: &dyn Random) -> String {
    STANDARD.encode(random::bytes::<32>(random))
}

/// Until when a challenge handed to a Web eID program at `now` may be answered.
pub fn expiry(now: Timestamp) -> Timestamp {
    now.plus(LIFETIME)
}

/// The letters of a short code: no vowels, so that no words come out, and none that looks like another or a digit.
const LETTERS: &[u8] = b"BCDFGHJKMNPQRTVWXZ";

/// The short code that page and PIN window both show: four letters without ambiguity.
///
/// It protects nobody by being secret; it lets a person see that the window belongs to the page.
pub fn short_code(random: &dyn Random) -> String {
    let mut code = String::with_capacity(4);
    while code.len() < 4 {
        let [byte] = random::bytes::<1>(random);
        // WHY: bytes past the last whole multiple of 18 would make some letters likelier.
        if let Some(letter) = Some(byte)
            .filter(|byte| *byte < 252)
            .and_then(|byte| LETTERS.get(usize::from(byte % 18)))
        {
            code.push(char::from(*letter));
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    #[test]
    fn a_nonce_is_44_characters_and_never_the_same() {
        let random = SeededRandom::new(1);
        let (one, two) = (nonce(&random), nonce(&random));
        assert_eq!((one.len(), STANDARD.decode(&one).unwrap().len()), (44, 32));
        assert_ne!(one, two);
    }

    #[test]
    fn a_short_code_is_four_letters_that_look_like_no_other() {
        let random = SeededRandom::new(1);
        for _ in 0..200 {
            let code = short_code(&random);
            assert_eq!(code.len(), 4);
            assert!(
                !code.contains(['0', '1', 'O', 'I', 'L', 'S', 'A', 'E', 'U', 'Y']),
                "{code}"
            );
        }
    }
}
