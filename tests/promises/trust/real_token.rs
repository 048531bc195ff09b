//! A real token of a real test card: it verifies at its time, and every tampering is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::base::random::SeededRandom;
use zegel::login::eid::{EidRules, RequestChecked, SpentNonce, Step};
use zegel::pki::anchors::TrustData;
use zegel::pki::need::FetchFailure;
use zegel::pki::trust::Trust;

use super::support::{at, certificate, development_trust};

struct Recorded {
    token: String,
    origin: String,
    nonce: String,
    moment: String,
}

fn recorded() -> Option<(Recorded, Trust)> {
    let file = crate::support::shared("pki/web-eid/belgian-test-card-rsa.json")?;
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let root = certificate("roots/TEST-eid-test-ec-root-ca")?;
    let authority = certificate("intermediates/TEST-eid-test-ec-citizen-ca")?;
    let trust = Trust::new(TrustData::test(&development_trust(&root)).unwrap());
    assert!(trust.add_anchor(&root));
    assert_eq!(trust.add_issuer(&authority), Ok(true));
    let recorded = Recorded {
        token: json["token"].to_string(),
        origin: text("origin"),
        nonce: text("nonce"),
        moment: text("validation_time"),
    };
    Some((recorded, trust))
}

/// The cause of refusal. The status of this card cannot be asked any more, so that everything before it being
/// right ends in `status_unknown`, with the responder asked.
fn outcome(recorded: &Recorded, trust: &Trust) -> &'static str {
    let rules = EidRules::belgian(recorded.origin.clone());
    let now = at(&recorded.moment);
    let verification = RequestChecked::counter()
        .read(&recorded.token)
        .and_then(|received| received.spend(SpentNonce::Spent(recorded.nonce.clone())))
        .and_then(|challenged| challenged.verify(&rules, trust, now));
    let mut verification = match verification {
        Ok(verification) => verification,
        Err(refusal) => return refusal.cause(),
    };
    let random = SeededRandom::new(1);
    loop {
        match verification.step(trust, &random, now) {
            Step::Need(need) => {
                assert!(
                    need.url().starts_with("http://eiddevcards.zetescards.be"),
                    "{}",
                    need.url()
                );
                verification.answer(Err(FetchFailure::Dns), trust, now);
            }
            Step::Done(outcome) => return outcome.err().map_or("ok", |refusal| refusal.cause()),
        }
    }
}

#[test]
fn it_verifies_up_to_its_status_and_every_tampering_is_refused() {
    let Some((good, trust)) = recorded() else { return };
    assert_eq!(outcome(&good, &trust), "status_unknown");
    let origin = |origin: &str| Recorded {
        origin: origin.to_owned(),
        ..copy(&good)
    };
    let host = good.origin.strip_prefix("https://").unwrap();
    for tampered in [
        origin(&format!("{}/", good.origin)),
        origin(&format!("http://{host}")),
        origin(&format!("{}:443", good.origin)),
        origin(&format!("https://{}", host.to_uppercase())),
        Recorded {
            nonce: String::from_utf8_lossy(&STANDARD.decode(&good.nonce).unwrap()).into_owned(),
            ..copy(&good)
        },
        Recorded {
            nonce: good.nonce.replace('Y', "Z"),
            ..copy(&good)
        },
    ] {
        assert_eq!(
            outcome(&tampered, &trust),
            "signature_invalid",
            "{}",
            tampered.origin
        );
    }
    let token = |from: &str, to: &str| Recorded {
        token: good.token.replace(from, to),
        ..copy(&good)
    };
    for (tampered, cause) in [
        (token("RS256", "ES384"), "alg_key_mismatch"),
        (token("RS256", "RS512"), "alg_not_allowed"),
        (token("web-eid:1.0", "web-eid:10.0"), "token_format"),
        (token("KQsMoSj3", "KQsMoSj4"), "signature_invalid"),
        (token("MIID7zCC", "MIID8DCC"), "cert_malformed"),
        (
            Recorded {
                moment: "2033-09-26T22:00:01Z".to_owned(),
                ..copy(&good)
            },
            "cert_expired",
        ),
        (
            Recorded {
                moment: "2023-09-26T21:59:59Z".to_owned(),
                ..copy(&good)
            },
            "cert_not_yet_valid",
        ),
    ] {
        assert_eq!(outcome(&tampered, &trust), cause);
    }
}

#[test]
fn a_test_card_meets_no_trust_in_production() {
    let Some((good, _)) = recorded() else { return };
    let production = Trust::new(TrustData::production().unwrap());
    assert_eq!(outcome(&good, &production), "cert_untrusted");
}

fn copy(recorded: &Recorded) -> Recorded {
    Recorded {
        token: recorded.token.clone(),
        origin: recorded.origin.clone(),
        nonce: recorded.nonce.clone(),
        moment: recorded.moment.clone(),
    }
}
