//! Pairwise subjects: each sector knows a person by another name, and none of them tells who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::identity::{BoardId, PersonId};

/// The `sub` of `person` for the applications of `sector` at `board`: 43 characters of base64url.
///
/// Made once and then stored, so that it survives a change of key. It comes from our own id of the person, which
/// is random; never from the national number, whose space is small enough to try out.
///
/// `key`: the board's secret for subjects, 32 bytes. Source: OpenID Connect Core §8.1.
pub fn pairwise(key: &[u8], board: BoardId, sector: &str, person: PersonId) -> String {
    // HMAC takes a key of any length, so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    for part in [&board.to_string(), sector, &person.to_string()] {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_differ_by_sector_board_person_and_key() {
        let (board, person) = (BoardId::from_u128(1), PersonId::from_u128(2));
        let one = pairwise(&[1; 32], board, "app.example", person);
        assert_eq!(one.len(), 43);
        assert_eq!(one, pairwise(&[1; 32], board, "app.example", person));
        for other in [
            pairwise(&[2; 32], board, "app.example", person),
            pairwise(&[1; 32], BoardId::from_u128(3), "app.example", person),
            pairwise(&[1; 32], board, "other.example", person),
            pairwise(&[1; 32], board, "app.example", PersonId::from_u128(3)),
        ] {
            assert_ne!(one, other);
        }
    }
}
