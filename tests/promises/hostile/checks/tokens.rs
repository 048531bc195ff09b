//! Texts that carry signatures: Web eID tokens, JWS, verdicts, proof files.

use zegel::ades::validate::report::VerdictStatus;
use zegel::ades::validate::verdict::{self, ProofFile, VerdictKey};
use zegel::base::digest::Sha256Digest;
use zegel::base::time::Timestamp;
use zegel::crypto::jws::{MAX_BYTES, Unverified};
use zegel::mandates::proof::Claims;
use zegel::webeid::Token;

use crate::hostile::specimens::authority;

/// A Web eID token.
pub fn web_eid(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(token) = Token::parse(&text) else { return };
    assert!(Token::LENGTH.contains(&text.len()));
    let written = token.to_json();
    // Escapes may make the same token shorter than any token is; then it is not read again.
    if Token::LENGTH.contains(&written.len()) {
        assert_eq!(Token::parse(&written).as_ref(), Ok(&token));
    }
    let _ = token.version();
    assert_eq!(format!("{token:?}"), "Token");
}

/// A compact JWS, and the claims of a verdict.
pub fn jws(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let board = authority().board();
    if let Ok(unverified) = Unverified::parse(&text) {
        assert!(text.len() <= MAX_BYTES);
        let header = unverified.unverified_header();
        assert!(header.crit.is_none() && !header.alg.eq_ignore_ascii_case("none"));
        if unverified.verify(board.public(), verdict::VERDICT_TYPE).is_ok() {
            assert!(
                authority().made_verdict(&text),
                "a signature that the board did not make"
            );
        }
    }
    let keys = [VerdictKey::trusted(board.public().clone()).unwrap()];
    let proven = Timestamp::from_seconds(1_772_542_800).unwrap();
    let attests = verdict::check(&text, &|_| true, &Sha256Digest([0; 32]), proven, &keys);
    assert!(
        attests.status != VerdictStatus::Verified || authority().made_verdict(&text),
        "a verdict that the board did not give"
    );
    let _ = Claims::parse(bytes).map(|claims| {
        let again = Claims::parse(&claims.to_json()).unwrap();
        assert_eq!(again.to_json(), claims.to_json());
    });
}

/// A proof file.
pub fn proof_file(bytes: &[u8]) {
    let Ok(proof) = ProofFile::parse(bytes) else {
        return;
    };
    assert_eq!(proof.format, ProofFile::FORMAT);
    let _ = proof.keys();
    let proven = Timestamp::from_seconds(1_772_542_800).unwrap();
    for text in &proof.verdicts {
        let _ = verdict::check(text, &|_| true, &Sha256Digest([0; 32]), proven, &[]);
    }
}
