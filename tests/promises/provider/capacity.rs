//! A person acts in one capacity, which today's facts give; a token carries that one and no other.

use std::sync::Arc;

use zegel::base::national::NationalNumber;
use zegel::identity::PersonId;
use zegel::journeys::login::{self, Begun, Finished, View, tokens};
use zegel::lab::demo::{self, Specimen};
use zegel::login::eid::RequestForm;
use zegel::oidc::secret::Opaque;

use super::cards::{NUMBER, token};
use super::world::{
    ORIGIN, SECRET, World, basic, claims, exchange, parameter, registration, request, with_session, world,
    worlds,
};

const SCOPE: (&str, &str) = ("scope", "openid capacity");

/// The demo municipality's facts, with An Specimen as `slug`.
async fn appoint(world: &World, slug: &str) {
    let specimen = Specimen {
        slug: slug.to_owned(),
        given_names: "An Maria".to_owned(),
        surname: "Specimen".to_owned(),
        national_number: NationalNumber::parse(NUMBER).unwrap(),
    };
    let random = Arc::clone(&world.app.random);
    demo::load(
        &world.app.db,
        &world.board,
        &[specimen],
        &world.app.kek,
        random,
        world.now(),
    )
    .await
    .unwrap();
}

/// Logs An Specimen in for an application that asks in which capacity.
async fn log_in(
    world: &World,
) -> (
    zegel::oidc::interaction::InteractionId,
    Opaque,
    login::CapacityView,
) {
    let (id, browser) = world.visit(request("app", &[SCOPE])).await;
    let nonce = login::card::web_eid_challenge(&world.app, id, &browser)
        .await
        .unwrap();
    let form = RequestForm {
        content_type: Some("application/json"),
        origin: Some(ORIGIN),
        fetch_site: Some("same-origin"),
        csrf_valid: true,
    };
    let text = token(&world.cards.usual(), ORIGIN, &nonce);
    let arrived = login::card::web_eid_token(&world.app, id, &browser, &form, &text)
        .await
        .unwrap();
    match login::view(&world.app, id, &with_session(&arrived.cookie))
        .await
        .unwrap()
    {
        View::Capacity(view) => (id, arrived.cookie, view),
        view => panic!("{view:?}"),
    }
}

async fn id_token(world: &World, finished: Finished) -> serde_json::Value {
    let Finished::Answer(answer) = finished else {
        panic!("no answer")
    };
    let code = parameter(&answer, "code").unwrap();
    let header = basic("app", SECRET);
    let made = tokens::token(&world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
        .await
        .unwrap();
    let bearer = format!("Bearer {}", made.access_token);
    let info = tokens::userinfo(&world.app, "zegelgem", Some(&bearer), None)
        .await
        .unwrap();
    let claims = claims(&made.id_token.unwrap());
    for name in ["zegel_capacity", "act_for", "act"] {
        assert_eq!(
            info.get(name),
            claims.get(name),
            "userinfo says the same about {name}"
        );
    }
    claims
}

#[tokio::test]
async fn who_has_several_capacities_picks_one_and_the_tokens_carry_that_one() {
    for world in worlds().await {
        world.register("app", registration()).await;
        appoint(&world, "alderman").await;
        let mut kinds = Vec::new();
        let (_, _, view) = log_in(&world).await;
        assert!(
            view.capacities.len() > 1,
            "{}: {:?}",
            world.engine,
            view.capacities
        );
        for capacity in &view.capacities {
            let (id, cookie, _) = log_in(&world).await;
            let browser = with_session(&cookie);
            let nothing = login::choose(&world.app, id, &browser, None).await.unwrap_err();
            assert_eq!(
                nothing.cause(),
                "CAPACITY_UNKNOWN",
                "with several, one must be chosen"
            );
            let finished = login::choose(&world.app, id, &browser, Some(&capacity.key))
                .await
                .unwrap();
            let claims = id_token(&world, finished).await;
            let carried = &claims["zegel_capacity"];
            assert_eq!(carried["id"], capacity.key.as_str());
            let kind = carried["kind"].as_str().unwrap().to_owned();
            if kind == "delegate" {
                assert!(claims["act_for"]["grant"].is_string() && claims["act"]["sub"] == claims["sub"]);
            } else {
                assert!(claims.get("act_for").is_none() && claims.get("act").is_none());
            }
            assert!(!claims.to_string().contains(NUMBER));
            kinds.push(kind);
        }
        assert!(
            kinds.contains(&"delegate".to_owned()) && kinds.contains(&"holding".to_owned()),
            "{kinds:?}"
        );
    }
}

#[tokio::test]
async fn who_did_not_ask_for_the_capacity_does_not_get_it() {
    let world = world().await;
    world.register("app", registration()).await;
    appoint(&world, "mayor").await;
    let (id, cookie, view) = log_in(&world).await;
    let key = view.capacities.first().unwrap().key.clone();
    login::choose(&world.app, id, &with_session(&cookie), Some(&key))
        .await
        .unwrap();
    let code = world.code("app", &[("scope", "openid")], &cookie).await;
    let header = basic("app", SECRET);
    let made = tokens::token(&world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
        .await
        .unwrap();
    assert!(claims(&made.id_token.unwrap()).get("zegel_capacity").is_none());
}

#[tokio::test]
async fn a_remembered_capacity_is_given_silently_while_it_lasts_and_another_persons_never() {
    let world = world().await;
    world.register("app", registration()).await;
    appoint(&world, "mayor").await;
    let (id, cookie, view) = log_in(&world).await;
    let browser = with_session(&cookie);
    login::choose(
        &world.app,
        id,
        &browser,
        Some(&view.capacities.first().unwrap().key),
    )
    .await
    .unwrap();
    let silent = request("app", &[SCOPE, ("prompt", "none")]);
    let begun = login::authorize(&world.app, "zegelgem", silent, &browser)
        .await
        .unwrap();
    let Begun::Answer(answer) = begun else {
        panic!("{begun:?}")
    };
    let claims = id_token(&world, Finished::Answer(answer)).await;
    assert_eq!(
        claims["zegel_capacity"]["id"],
        view.capacities.first().unwrap().key.as_str()
    );
    // Somebody without any role cannot take it.
    let (_, stranger) = world.session().await;
    let begun = login::authorize(
        &world.app,
        "zegelgem",
        request("app", &[SCOPE]),
        &with_session(&stranger),
    )
    .await;
    let Ok(Begun::Pages { interaction, .. }) = begun else {
        panic!("{begun:?}")
    };
    let key = &view.capacities.first().unwrap().key;
    let error = login::choose(&world.app, interaction, &with_session(&stranger), Some(key))
        .await
        .unwrap_err();
    assert_eq!(error.cause(), "CAPACITY_UNKNOWN");
    let nobody = PersonId::from_u128(1);
    assert!(
        login::capacities(&world.app, world.board.id, nobody)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        login::capacities(&world.app, world.other.id, nobody)
            .await
            .unwrap()
            .is_empty()
    );
}
