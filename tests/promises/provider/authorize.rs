//! The checks of the authorization endpoint: one row each, where only that check fails.

use zegel::journeys::login::{self, Begun, Browser, LoginError};
use zegel::oidc::client::GrantType;
use zegel::oidc::scope::Scopes;
use zegel::store::clients;

use super::world::{CALLBACK, World, parameter, registration, request, with_session, world, worlds};

async fn asked(world: &World, pairs: Vec<(String, String)>) -> Result<Begun, LoginError> {
    login::authorize(&world.app, &world.board.slug, pairs, &Browser::default()).await
}

#[tokio::test]
async fn an_error_about_client_or_redirect_uri_is_never_redirected() {
    let world = world().await;
    world.register("app", registration()).await;
    world
        .register_at(world.other.id, "elsewhere", registration())
        .await;
    let gone = world.register("gone", registration()).await;
    world.remove(&gone).await;
    let twice = || {
        let mut all = request("app", &[]);
        all.push(("state".to_owned(), "again".to_owned()));
        all
    };
    for (what, pairs, cause) in [
        (
            "no client",
            request("app", &[("client_id", "-")]),
            "AUTHORIZE_CLIENT_MISSING",
        ),
        (
            "unknown client",
            request("nobody", &[]),
            "AUTHORIZE_CLIENT_UNKNOWN",
        ),
        (
            "impossible client",
            request("NO BODY", &[]),
            "AUTHORIZE_CLIENT_UNKNOWN",
        ),
        (
            "another board's client",
            request("elsewhere", &[]),
            "AUTHORIZE_CLIENT_UNKNOWN",
        ),
        ("removed client", request("gone", &[]), "AUTHORIZE_CLIENT_UNKNOWN"),
        (
            "no redirect URI",
            request("app", &[("redirect_uri", "-")]),
            "AUTHORIZE_REDIRECT_URI_MISSING",
        ),
        (
            "empty redirect URI",
            request("app", &[("redirect_uri", "")]),
            "AUTHORIZE_REDIRECT_URI_MISSING",
        ),
        (
            "other redirect URI",
            request("app", &[("redirect_uri", "https://evil.example/cb")]),
            "AUTHORIZE_REDIRECT_URI_UNKNOWN",
        ),
        (
            "longer redirect URI",
            request(
                "app",
                &[("redirect_uri", "https://app.zegelgem.example/callback/")],
            ),
            "AUTHORIZE_REDIRECT_URI_UNKNOWN",
        ),
        ("a parameter twice", twice(), "AUTHORIZE_DUPLICATE_PARAMETER"),
        (
            "too large",
            request("app", &[("state", &"x".repeat(3000))]),
            "AUTHORIZE_TOO_LARGE",
        ),
    ] {
        let error = asked(&world, pairs).await.expect_err(what);
        assert_eq!(error.cause(), cause, "{what}");
    }
}

#[tokio::test]
async fn an_unregistered_redirect_wins_over_every_other_fault() {
    let world = world().await;
    world.register("app", registration()).await;
    let everything = [
        ("redirect_uri", "https://evil.example/cb"),
        ("response_type", "token"),
        ("scope", "signing"),
        ("prompt", "none login"),
        ("code_challenge_method", "plain"),
    ];
    let error = asked(&world, request("app", &everything)).await.unwrap_err();
    assert_eq!(error.cause(), "AUTHORIZE_REDIRECT_URI_UNKNOWN");
}

#[tokio::test]
async fn every_other_error_goes_to_the_client_with_state_and_issuer() {
    let world = world().await;
    world.register("app", registration()).await;
    let mut machine = registration();
    machine.grant_types = vec![GrantType::ClientCredentials];
    world.register("machine", machine).await;
    for (what, client, changes, code) in [
        (
            "request object",
            "app",
            &[("request", "x.y.z")][..],
            "request_not_supported",
        ),
        (
            "request_uri",
            "app",
            &[("request_uri", "urn:x")],
            "request_uri_not_supported",
        ),
        (
            "no response type",
            "app",
            &[("response_type", "-")],
            "invalid_request",
        ),
        (
            "implicit",
            "app",
            &[("response_type", "id_token")],
            "unsupported_response_type",
        ),
        (
            "hybrid",
            "app",
            &[("response_type", "code id_token")],
            "unsupported_response_type",
        ),
        ("no code flow", "machine", &[], "unauthorized_client"),
        (
            "response mode",
            "app",
            &[("response_mode", "fragment")],
            "invalid_request",
        ),
        (
            "scope not agreed",
            "app",
            &[("scope", "openid rrn")],
            "invalid_scope",
        ),
        (
            "scope for machines",
            "app",
            &[("scope", "openid signing")],
            "invalid_scope",
        ),
        ("without openid", "app", &[("scope", "profile")], "invalid_scope"),
        ("no scope", "app", &[("scope", "-")], "invalid_scope"),
        (
            "no challenge",
            "app",
            &[("code_challenge", "-")],
            "invalid_request",
        ),
        (
            "plain",
            "app",
            &[("code_challenge_method", "plain")],
            "invalid_request",
        ),
        (
            "no method",
            "app",
            &[("code_challenge_method", "-")],
            "invalid_request",
        ),
        (
            "short challenge",
            "app",
            &[("code_challenge", "abc")],
            "invalid_request",
        ),
        (
            "prompt none and login",
            "app",
            &[("prompt", "none login")],
            "invalid_request",
        ),
        (
            "unknown prompt",
            "app",
            &[("prompt", "create")],
            "invalid_request",
        ),
        ("negative age", "app", &[("max_age", "-1")], "invalid_request"),
        ("claims no JSON", "app", &[("claims", "{")], "invalid_request"),
        (
            "foreign hint",
            "app",
            &[("id_token_hint", "e30.e30.AAAA")],
            "invalid_request",
        ),
        ("nobody logged in", "app", &[("prompt", "none")], "login_required"),
        (
            "unknown essential level",
            "app",
            &[(
                "claims",
                r#"{"id_token":{"acr":{"essential":true,"value":"urn:other"}}}"#,
            )],
            "unmet_authentication_requirements",
        ),
    ] {
        let begun = asked(&world, request(client, changes)).await.unwrap();
        let Begun::Answer(answer) = begun else {
            panic!("{what}: {begun:?}");
        };
        assert!(answer.location().starts_with(CALLBACK), "{what}");
        assert_eq!(parameter(&answer, "error").as_deref(), Some(code), "{what}");
        assert_eq!(parameter(&answer, "state").as_deref(), Some("st ate&1"), "{what}");
        let issuer = "https://login.zegelgem.example/b/zegelgem";
        assert_eq!(parameter(&answer, "iss").as_deref(), Some(issuer), "{what}");
        assert_eq!(parameter(&answer, "code"), None, "{what}");
    }
}

#[tokio::test]
async fn hints_locales_and_unknown_parameters_never_cause_an_error() {
    let world = world().await;
    world.register("app", registration()).await;
    for changes in [
        &[("login_hint", "eyJjYXBfaGludCI6IkxCIn0")][..],
        &[("login_hint", "\u{0}\u{1}")],
        &[("ui_locales", "xx-YY ;;; nl")],
        &[("claims_locales", "??")],
        &[("display", "hologram")],
        &[("acr_values", "urn:be:fedict:iam:fas:Level500 nonsense")],
        &[("resource", "https://x.example"), ("whatever", "1")],
        &[("scope", "openid offline_access unknown")],
        &[("state", "-"), ("nonce", "-")],
        &[("claims", r#"{"userinfo":{"email":null}}"#)],
        &[("prompt", "consent login")],
    ] {
        let begun = asked(&world, request("app", changes)).await.unwrap();
        assert!(
            matches!(begun, Begun::Pages { cookie: Some(_), .. }),
            "{changes:?}"
        );
    }
}

#[tokio::test]
async fn a_board_that_is_not_there_is_not_found() {
    let world = world().await;
    let error = login::authorize(&world.app, "nowhere", request("app", &[]), &Browser::default())
        .await
        .unwrap_err();
    assert_eq!(error.cause(), "BOARD_UNKNOWN");
}

#[tokio::test]
async fn a_live_session_is_used_until_age_level_or_prompt_say_otherwise() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let browser = with_session(&cookie);
        let ask = async |changes: &[(&str, &str)]| {
            login::authorize(&world.app, &world.board.slug, request("app", changes), &browser)
                .await
                .unwrap()
        };
        let error_of = |begun: &Begun| match begun {
            Begun::Answer(answer) => parameter(answer, "error"),
            _ => None,
        };
        // Nothing was confirmed yet: not silently.
        let begun = ask(&[("prompt", "none")]).await;
        assert_eq!(
            error_of(&begun).as_deref(),
            Some("consent_required"),
            "{}",
            world.engine
        );
        world.code("app", &[], &cookie).await;
        // Confirmed once in this session: silently, and without being asked.
        for changes in [
            &[("prompt", "none")][..],
            &[],
            &[("max_age", "60")],
            &[("scope", "openid")],
        ] {
            let begun = ask(changes).await;
            assert!(
                matches!(&begun, Begun::Answer(answer) if parameter(answer, "code").is_some()),
                "{changes:?}"
            );
        }
        // More than was confirmed: a page.
        assert!(matches!(
            ask(&[("scope", "openid profile capacity")]).await,
            Begun::Pages { cookie: None, .. }
        ));
        assert!(matches!(
            ask(&[("prompt", "consent")]).await,
            Begun::Pages { cookie: None, .. }
        ));
        // A fresh log-in.
        for changes in [&[("prompt", "login")][..], &[("prompt", "select_account")]] {
            assert!(
                matches!(ask(changes).await, Begun::Pages { cookie: Some(_), .. }),
                "{changes:?}"
            );
        }
        world.clock.advance(std::time::Duration::from_secs(61));
        assert_eq!(
            error_of(&ask(&[("prompt", "none"), ("max_age", "60")]).await).as_deref(),
            Some("login_required")
        );
        assert!(matches!(
            ask(&[("max_age", "60")]).await,
            Begun::Pages { cookie: Some(_), .. }
        ));
        assert!(matches!(ask(&[("max_age", "3600")]).await, Begun::Answer(_)));
        // Too long unused.
        world.clock.advance(std::time::Duration::from_secs(31 * 60));
        assert_eq!(
            error_of(&ask(&[("prompt", "none")]).await).as_deref(),
            Some("login_required")
        );
    }
}

#[tokio::test]
async fn a_session_says_nothing_at_a_board_that_does_not_know_the_person() {
    let world = world().await;
    world
        .register_at(world.other.id, "elsewhere", registration())
        .await;
    let (_, cookie) = world.session().await;
    let asked = request("elsewhere", &[("prompt", "none")]);
    let begun = login::authorize(&world.app, &world.other.slug, asked, &with_session(&cookie))
        .await
        .unwrap();
    let Begun::Answer(answer) = begun else {
        panic!("{begun:?}")
    };
    assert_eq!(parameter(&answer, "error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_hint_that_names_somebody_else_wants_a_fresh_log_in() {
    let world = world().await;
    world.register("app", registration()).await;
    let (_, an) = world.session().await;
    let (_, bo) = world.session().await;
    let code = world.code("app", &[], &an).await;
    world.code("app", &[], &bo).await;
    let header = super::world::basic("app", super::world::SECRET);
    let tokens = login::tokens::token(
        &world.app,
        "zegelgem",
        Some(&header),
        &super::world::exchange(&code, &[]),
    )
    .await
    .unwrap();
    let hint = tokens.id_token.unwrap();
    let ask = async |cookie| {
        let asked = request("app", &[("prompt", "none"), ("id_token_hint", &hint)]);
        match login::authorize(&world.app, "zegelgem", asked, &with_session(cookie))
            .await
            .unwrap()
        {
            Begun::Answer(answer) => parameter(&answer, "error"),
            begun => panic!("{begun:?}"),
        }
    };
    assert_eq!(ask(&an).await, None);
    assert_eq!(ask(&bo).await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn the_scope_for_numbers_is_refused_without_a_legal_basis_even_if_the_record_says_scope() {
    let world = world().await;
    let mut wrong = registration();
    wrong.scopes = Scopes::known_of("openid rrn");
    assert!(wrong.check().is_err());
    // Written past the check, as by hand in the database.
    world.register("app", wrong).await;
    let client = clients::find_by_slug(&world.app.db, world.board.id, &"app".parse().unwrap())
        .await
        .unwrap();
    assert!(!client.unwrap().may_know_national_numbers());
    let begun = asked(&world, request("app", &[("scope", "openid rrn")]))
        .await
        .unwrap();
    assert!(
        matches!(begun, Begun::Answer(answer) if parameter(&answer, "error").as_deref() == Some("invalid_scope"))
    );
}
