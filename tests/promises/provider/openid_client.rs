//! An independent client library completes the log-in over real connections, with a card in this process.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::http::server::{Furnish, Listening, bind};
use zegel::http::site::{Origin, Site};
use zegel::lab::card::Applet;
use zegel::oidc::client::{IdTokenAlgorithm, Registration};

use super::world::{SECRET, registration, worlds_at};
use crate::support::judge;

/// A port nobody listens on now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[actix_web::test]
async fn openid_client_logs_in_with_a_card_and_finds_a_reused_code_dead() {
    let Some(node) = judge("node") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/openid-client");
    if !folder.join("node_modules/openid-client").is_dir() {
        crate::support::skip_judge("the npm package openid-client (./dev test installs it)");
        return;
    }
    let port = free_port();
    let origin = format!("http://127.0.0.1:{port}");
    // The judge reads the wall clock.
    let now = SystemClock::new().now();
    let world = worlds_at(now, &origin).await.into_iter().next().unwrap();
    world.cards.insert("Reader 1", Applet::V18);
    let app = world.with_counter("echo 'D 1234'; echo OK");
    for (slug, algorithm) in [("rsa", IdTokenAlgorithm::Rs256), ("ec", IdTokenAlgorithm::Es256)] {
        world
            .register(
                slug,
                Registration {
                    id_token_algorithm: algorithm,
                    ..registration()
                },
            )
            .await;
    }
    let site = Site::new(
        Origin::parse(&origin).unwrap(),
        world.clock.clone(),
        world.app.random.clone(),
    );
    let data = web::Data::from(app);
    let furnish: Furnish = Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(data.clone());
    });
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    let listening = Listening {
        address,
        tls: None,
        shutdown_timeout: Duration::from_secs(1),
    };
    let bound = bind(Arc::new(site), furnish, &listening).unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let stop = async move {
        let _ = ended.await;
    };
    let server = actix_web::rt::spawn(bound.run(stop, std::future::pending()));
    for slug in ["rsa", "ec"] {
        let mut command = Command::new(&node);
        command
            .current_dir(&folder)
            .args(["login.mjs", "--insecure-http", "--signing"]);
        command.args([
            "--issuer",
            &format!("{origin}/b/zegelgem"),
            "--client",
            slug,
            "--secret",
            SECRET,
        ]);
        command.args(["--redirect", "https://app.zegelgem.example/callback"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{slug}: {out}{err}");
        let told: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["info"]["family_name"], "Specimen");
        assert_eq!(told["claims"]["acr"], "urn:zegel:assurance:high");
        assert_eq!(told["signing_scope"], "signing");
    }
    let _ = end.send(());
    let _ = server.await;
}
