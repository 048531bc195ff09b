//! The two ways in which a card answers the challenge; both end in the same verifier and the same proof.

use crate::oidc::challenge::{self, Purpose};
use crate::oidc::interaction::InteractionId;
use crate::store::login;

use super::{Browser, LoginError, open_interaction};
use crate::journeys::App;

/// A challenge for a Web eID program beside this browser. An earlier one of the same visit is void from now on.
///
/// Returns the nonce, 44 characters of base64.
pub async fn web_eid_challenge(
    app: &App,
    id: InteractionId,
    browser: &Browser,
) -> Result<String, LoginError> {
    let interaction = open_interaction(app, id, browser).await?;
    let nonce = challenge::nonce(app.random.as_ref());
    let (text, expires_at) = (nonce.clone(), challenge::expiry(app.now()));
    app.db
        .write(move |unit| {
            let text = text.clone();
            Box::pin(async move {
                login::hand_out(unit, id, Purpose::LogIn, interaction.browser, &text, expires_at).await
            })
        })
        .await?;
    Ok(nonce)
}
