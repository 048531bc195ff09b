//! The token endpoint and what its tokens open.

use std::time::Duration;

use zegel::audit::EventKind;
use zegel::journeys::login::tokens::{self, AccessFailure, TokenFailure, Tokens};
use zegel::oidc::bearer::BearerError;
use zegel::oidc::client::{ClientAuthentication, GrantType, IdTokenAlgorithm};
use zegel::oidc::token::TokenError;
use zegel::store::events;
use zegel::store::keys::{self, KeyPurpose};

use super::world::{SECRET, World, basic, claims, exchange, pairs, registration, world, worlds};

async fn ask(world: &World, header: Option<&str>, pairs: &[(String, String)]) -> Result<Tokens, TokenError> {
    match tokens::token(&world.app, "zegelgem", header, pairs).await {
        Ok(tokens) => Ok(tokens),
        Err(TokenFailure::Refused(error)) => Err(error),
        Err(TokenFailure::Failed(error)) => panic!("{error:?}"),
    }
}

async fn userinfo(
    world: &World,
    token: &str,
) -> Result<serde_json::Map<String, serde_json::Value>, BearerError> {
    let header = format!("Bearer {token}");
    match tokens::userinfo(&world.app, "zegelgem", Some(&header), None).await {
        Ok(claims) => Ok(claims),
        Err(AccessFailure::Refused(error)) => Err(error),
        Err(AccessFailure::Failed(error)) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_code_becomes_tokens_that_say_who_when_and_how() {
    for world in worlds().await {
        for (slug, algorithm) in [("rsa", IdTokenAlgorithm::Rs256), ("ec", IdTokenAlgorithm::Es256)] {
            let mut agreed = registration();
            agreed.id_token_algorithm = algorithm;
            world.register(slug, agreed).await;
            let (person, cookie) = world.session().await;
            let code = world.code(slug, &[], &cookie).await;
            let tokens = ask(&world, Some(&basic(slug, SECRET)), &exchange(&code, &[]))
                .await
                .unwrap();
            assert_eq!(
                (tokens.token_type, tokens.scope.as_str()),
                ("Bearer", "openid profile")
            );
            let id_token = tokens.id_token.unwrap();
            let token = zegel::crypto::jws::Unverified::parse(&id_token).unwrap();
            let published = keys::published(&world.app.db, world.board.id, KeyPurpose::Token)
                .await
                .unwrap();
            let key = published
                .iter()
                .find(|key| Some(&key.kid) == token.unverified_header().kid.as_ref())
                .unwrap();
            token.verify(&key.public, "JWT").unwrap();
            assert_eq!(token.unverified_header().alg, algorithm.as_str());
            let claims = claims(&id_token);
            let now = world.now().as_seconds();
            assert_eq!(claims["iss"], "https://login.zegelgem.example/b/zegelgem");
            assert_eq!((&claims["aud"], &claims["azp"]), (&slug.into(), &slug.into()));
            assert_eq!((&claims["iat"], &claims["auth_time"]), (&now.into(), &now.into()));
            assert_eq!(claims["exp"], now + 300);
            assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
            assert_eq!(claims["acr"], "urn:zegel:assurance:high");
            assert_eq!(claims["amr"], serde_json::json!(["sc", "pin", "mfa"]));
            assert_eq!(
                claims["at_hash"],
                zegel::oidc::claims::at_hash(&tokens.access_token)
            );
            assert!(claims["sid"].as_str().unwrap().starts_with("ses_"));
            assert!(claims.get("family_name").is_none() && claims.get("rrn").is_none());
            let subject = claims["sub"].as_str().unwrap();
            assert!(!subject.contains(&person.to_string()[4..]));
            let info = userinfo(&world, &tokens.access_token).await.unwrap();
            assert_eq!(info["sub"], subject);
            assert_eq!(
                (&info["given_name"], &info["family_name"]),
                (&"An Maria".into(), &"Specimen".into())
            );
            assert!(!info.contains_key("rrn"));
        }
    }
}

#[tokio::test]
async fn nonce_goes_into_the_token_only_when_one_was_sent_and_names_only_when_agreed() {
    let world = world().await;
    let mut agreed = registration();
    agreed.claims_in_id_token = true;
    world.register("app", agreed).await;
    let (_, cookie) = world.session().await;
    let code = world
        .code("app", &[("nonce", "-"), ("scope", "openid profile")], &cookie)
        .await;
    let tokens = ask(&world, Some(&basic("app", SECRET)), &exchange(&code, &[]))
        .await
        .unwrap();
    let claims = claims(&tokens.id_token.unwrap());
    assert!(claims.get("nonce").is_none());
    assert_eq!(claims["family_name"], "Specimen");
}

#[tokio::test]
async fn subjects_stay_the_same_in_a_sector_and_differ_between_sectors() {
    for world in worlds().await {
        world.register("app", registration()).await;
        world.register("same-sector", registration()).await;
        let mut agreed = registration();
        agreed.sector = "another.example".to_owned();
        world.register("other-sector", agreed).await;
        let (_, cookie) = world.session().await;
        let mut subjects = Vec::new();
        for slug in ["app", "app", "same-sector", "other-sector"] {
            let code = world.code(slug, &[], &cookie).await;
            let tokens = ask(&world, Some(&basic(slug, SECRET)), &exchange(&code, &[]))
                .await
                .unwrap();
            subjects.push(
                claims(&tokens.id_token.unwrap())["sub"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        assert_eq!(subjects[0], subjects[1]);
        assert_eq!(subjects[0], subjects[2]);
        assert_ne!(subjects[0], subjects[3]);
    }
}

#[tokio::test]
async fn each_fault_of_an_exchange_has_its_error() {
    let world = world().await;
    world.register("app", registration()).await;
    world.register("other", registration()).await;
    world
        .register_at(world.other.id, "elsewhere", registration())
        .await;
    let mut posting = registration();
    posting.authentication = ClientAuthentication::ClientSecretPost;
    world.register("posting", posting).await;
    let mut machine = registration();
    machine.grant_types = vec![GrantType::ClientCredentials];
    world.register("machine", machine).await;
    let good = basic("app", SECRET);
    let (_, cookie) = world.session().await;
    for (what, header, changes, error) in [
        (
            "no authentication",
            None,
            &[][..],
            TokenError::ClientAuthentication,
        ),
        (
            "wrong secret",
            Some(basic("app", "wrong")),
            &[],
            TokenError::ClientSecret,
        ),
        (
            "unknown client",
            Some(basic("nobody", SECRET)),
            &[],
            TokenError::ClientSecret,
        ),
        (
            "another board's client",
            Some(basic("elsewhere", SECRET)),
            &[],
            TokenError::ClientSecret,
        ),
        (
            "bearer instead of basic",
            Some("Bearer x".to_owned()),
            &[],
            TokenError::ClientAuthentication,
        ),
        (
            "not the registered method",
            Some(basic("posting", SECRET)),
            &[],
            TokenError::ClientAuthentication,
        ),
        (
            "secret in the form",
            None,
            &[("client_id", "app"), ("client_secret", SECRET)],
            TokenError::ClientAuthentication,
        ),
        (
            "two ways",
            Some(good.clone()),
            &[("client_secret", SECRET)],
            TokenError::ClientAuthenticationTwice,
        ),
        (
            "two names",
            Some(good.clone()),
            &[("client_id", "other")],
            TokenError::ClientAuthentication,
        ),
        (
            "no grant type",
            Some(good.clone()),
            &[("grant_type", "-")],
            TokenError::Missing,
        ),
        (
            "password",
            Some(good.clone()),
            &[("grant_type", "password")],
            TokenError::UnsupportedGrant,
        ),
        (
            "no code",
            Some(good.clone()),
            &[("code", "-")],
            TokenError::Missing,
        ),
        (
            "no redirect URI",
            Some(good.clone()),
            &[("redirect_uri", "-")],
            TokenError::Missing,
        ),
        (
            "unknown code",
            Some(good.clone()),
            &[("code", "x")],
            TokenError::CodeUnknown,
        ),
        (
            "another client's code",
            Some(basic("other", SECRET)),
            &[],
            TokenError::CodeUnknown,
        ),
        (
            "grant not agreed",
            Some(basic("machine", SECRET)),
            &[],
            TokenError::GrantNotAllowed,
        ),
        (
            "other redirect URI",
            Some(good.clone()),
            &[("redirect_uri", "https://app.zegelgem.example/")],
            TokenError::RedirectUri,
        ),
        (
            "no verifier",
            Some(good.clone()),
            &[("code_verifier", "-")],
            TokenError::Verifier,
        ),
        (
            "wrong verifier",
            Some(good.clone()),
            &[("code_verifier", &"x".repeat(50))],
            TokenError::Verifier,
        ),
    ] {
        let code = world.code("app", &[], &cookie).await;
        let found = ask(&world, header.as_deref(), &exchange(&code, changes))
            .await
            .expect_err(what);
        assert_eq!(found, error, "{what}");
    }
    let mut twice = exchange("x", &[]);
    twice.push(("code".to_owned(), "y".to_owned()));
    assert_eq!(
        ask(&world, Some(&good), &twice).await.unwrap_err(),
        TokenError::DuplicateParameter
    );
    let code = world.code("app", &[], &cookie).await;
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(
        ask(&world, Some(&good), &exchange(&code, &[])).await.unwrap_err(),
        TokenError::CodeExpired
    );
}

#[tokio::test]
async fn a_failed_exchange_burns_the_code() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let good = basic("app", SECRET);
        let code = world.code("app", &[], &cookie).await;
        let wrong = exchange(&code, &[("code_verifier", &"x".repeat(50))]);
        assert_eq!(
            ask(&world, Some(&good), &wrong).await.unwrap_err(),
            TokenError::Verifier
        );
        assert_eq!(
            ask(&world, Some(&good), &exchange(&code, &[])).await.unwrap_err(),
            TokenError::CodeReused
        );
    }
}

#[tokio::test]
async fn a_code_used_twice_revokes_what_came_of_it() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let good = basic("app", SECRET);
        let code = world.code("app", &[], &cookie).await;
        let tokens = ask(&world, Some(&good), &exchange(&code, &[])).await.unwrap();
        assert!(
            userinfo(&world, &tokens.access_token).await.is_ok(),
            "{}",
            world.engine
        );
        assert_eq!(
            ask(&world, Some(&good), &exchange(&code, &[])).await.unwrap_err(),
            TokenError::CodeReused
        );
        let refused = userinfo(&world, &tokens.access_token).await.unwrap_err();
        assert_eq!(refused, BearerError::InvalidToken, "{}", world.engine);
        let recent = events::recent(&world.app.db, world.board.id, 10).await.unwrap();
        assert!(
            recent.iter().any(|event| event.kind == EventKind::CodeReused),
            "{}",
            world.engine
        );
    }
}

#[tokio::test]
async fn of_many_exchanges_at_once_one_is_the_first_and_nothing_stays_valid() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let code = world.code("app", &[], &cookie).await;
        let mut running = Vec::new();
        for _ in 0..8 {
            let (app, code) = (world.app.clone(), code.clone());
            running.push(tokio::spawn(async move {
                tokens::token(
                    &app,
                    "zegelgem",
                    Some(&basic("app", SECRET)),
                    &exchange(&code, &[]),
                )
                .await
            }));
        }
        let mut won = Vec::new();
        for one in running {
            match one.await.unwrap() {
                Ok(tokens) => won.push(tokens.access_token),
                Err(TokenFailure::Refused(error)) => {
                    assert_eq!(error, TokenError::CodeReused, "{}", world.engine)
                }
                Err(TokenFailure::Failed(error)) => panic!("{}: {error:?}", world.engine),
            }
        }
        assert_eq!(won.len(), 1, "{}", world.engine);
        let refused = userinfo(&world, &won[0]).await.unwrap_err();
        assert_eq!(refused, BearerError::InvalidToken, "{}", world.engine);
    }
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself_only_for_what_was_agreed() {
    let world = world().await;
    world.register("app", registration()).await;
    let mut people = registration();
    people.grant_types = vec![GrantType::AuthorizationCode];
    people.scopes = zegel::oidc::scope::Scopes::known_of("openid");
    world.register("people", people).await;
    let mut posting = registration();
    posting.authentication = ClientAuthentication::ClientSecretPost;
    world.register("posting", posting).await;
    let good = basic("app", SECRET);
    let form = |scope| pairs(&[("grant_type", "client_credentials"), ("scope", scope)]);
    let tokens = ask(&world, Some(&good), &form("signing")).await.unwrap();
    assert_eq!(
        (tokens.scope.as_str(), tokens.id_token.is_none()),
        ("signing", true)
    );
    let caller = tokens::caller(&world.app, Some(&format!("Bearer {}", tokens.access_token)))
        .await
        .unwrap();
    assert_eq!(
        (caller.client.slug.as_str(), caller.board.id),
        ("app", world.board.id)
    );
    assert_eq!(
        ask(&world, Some(&good), &form("")).await.unwrap().scope,
        "signing"
    );
    assert_eq!(
        ask(&world, Some(&good), &form("openid")).await.unwrap_err(),
        TokenError::Scope
    );
    let people = basic("people", SECRET);
    assert_eq!(
        ask(&world, Some(&people), &form("signing")).await.unwrap_err(),
        TokenError::GrantNotAllowed
    );
    let mut posted = form("signing");
    posted.extend(pairs(&[("client_id", "posting"), ("client_secret", SECRET)]));
    assert_eq!(ask(&world, None, &posted).await.unwrap().scope, "signing");
}

#[tokio::test]
async fn an_access_token_opens_its_own_thing_at_its_own_board_for_its_time() {
    for world in worlds().await {
        let client = world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let good = basic("app", SECRET);
        let code = world.code("app", &[], &cookie).await;
        let person = ask(&world, Some(&good), &exchange(&code, &[]))
            .await
            .unwrap()
            .access_token;
        let form = pairs(&[("grant_type", "client_credentials")]);
        let machine = ask(&world, Some(&good), &form).await.unwrap().access_token;
        let refused = |found: Result<_, AccessFailure>| match found {
            Err(AccessFailure::Refused(error)) => error,
            Err(AccessFailure::Failed(error)) => panic!("{error:?}"),
            Ok(()) => panic!("opened"),
        };
        let bearer = |token: &str| format!("Bearer {token}");
        let at_other = tokens::userinfo(&world.app, &world.other.slug, Some(&bearer(&person)), None).await;
        assert_eq!(refused(at_other.map(|_| ())), BearerError::InvalidToken);
        let person_at_api = tokens::caller(&world.app, Some(&bearer(&person))).await;
        assert_eq!(refused(person_at_api.map(|_| ())), BearerError::InsufficientScope);
        assert_eq!(
            userinfo(&world, &machine).await.unwrap_err(),
            BearerError::InsufficientScope
        );
        assert_eq!(
            userinfo(&world, "unknown").await.unwrap_err(),
            BearerError::InvalidToken
        );
        let none = tokens::userinfo(&world.app, "zegelgem", None, None).await;
        assert_eq!(refused(none.map(|_| ())), BearerError::Missing);
        let twice = tokens::userinfo(&world.app, "zegelgem", Some(&bearer(&person)), Some(&person)).await;
        assert_eq!(refused(twice.map(|_| ())), BearerError::Twice);
        assert!(
            tokens::userinfo(&world.app, "zegelgem", None, Some(&person))
                .await
                .is_ok()
        );
        // A removed client's tokens are void at once.
        world.remove(&client).await;
        assert_eq!(
            userinfo(&world, &person).await.unwrap_err(),
            BearerError::InvalidToken
        );
        let machine_after = tokens::caller(&world.app, Some(&bearer(&machine))).await;
        assert_eq!(refused(machine_after.map(|_| ())), BearerError::InvalidToken);
    }
}

#[tokio::test]
async fn an_access_token_ends() {
    let world = world().await;
    world.register("app", registration()).await;
    let (_, cookie) = world.session().await;
    let code = world.code("app", &[], &cookie).await;
    let tokens = ask(&world, Some(&basic("app", SECRET)), &exchange(&code, &[]))
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(tokens.expires_in));
    assert_eq!(
        userinfo(&world, &tokens.access_token).await.unwrap_err(),
        BearerError::InvalidToken
    );
}
