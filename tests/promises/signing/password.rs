//! A PDF that opens only with a password: judged with it, refused without it in words of its own, and never signed.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use super::town::{Order, RIGHT, Seat, Town, files, json, refusal, town, towns};
use crate::house::visitor::Seen;
use crate::pdf::encrypted::encrypted;

const PASSWORD: &str = "Zegel-geheim-TEST";

/// A decision that opens only with the password; `None`, said aloud, where nothing here makes one.
fn closed() -> Option<Vec<u8>> {
    encrypted(&zegel::lab::house::decision(), PASSWORD, &["256"], &[])
}

/// Sends these parts to the page for checking.
pub(super) async fn check(town: &Town, parts: &[(&str, &[u8])], headers: &[(&str, &str)]) -> Seen {
    let mut seat = Seat::nobody(&town.instance(RIGHT));
    seat.0.upload_bytes = 1_000_000;
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file = if *name == "file" {
            "; filename=\"x.pdf\""
        } else {
            ""
        };
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    let mut request = TestRequest::post()
        .uri("/verify")
        .insert_header(("content-type", "multipart/form-data; boundary=edge"))
        .set_payload(body);
    for header in headers {
        request = request.insert_header(*header);
    }
    seat.0.ask(request).await
}

pub(super) const AS_JSON: &[(&str, &str)] = &[("accept", "application/json")];

#[actix_web::test]
async fn a_closed_pdf_is_judged_with_its_password_whichever_part_comes_first() {
    let Some(closed) = closed() else { return };
    let town = town().await;
    let file = ("file", closed.as_slice());
    let password = ("password", PASSWORD.as_bytes());
    for parts in [[file, password], [password, file]] {
        let seen = check(&town, &parts, AS_JSON).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        assert_eq!(json(&seen)["document"]["revisions"], 1, "{}", seen.body);
        assert!(!seen.body.contains(PASSWORD));
    }
    // One that needs none is judged whatever is typed beside it.
    let decision = zegel::lab::house::decision();
    let seen = check(&town, &[("file", &decision), password], AS_JSON).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
}

#[actix_web::test]
async fn a_password_that_is_missing_or_wrong_is_said_in_four_languages_and_nothing_is_kept() {
    let Some(closed) = closed() else { return };
    let town = town().await;
    let file = ("file", closed.as_slice());
    let long = [b'x'; 1025];
    let rows: [(&[u8], u16, &str); 4] = [
        (b"", 422, "document_password"),
        (b"zegel-geheim-test", 422, "document_password_wrong"),
        (b"\xff\xfe\x00", 422, "document_password_wrong"),
        (&long, 400, "request_invalid"),
    ];
    for (password, status, code) in rows {
        let seen = check(&town, &[file, ("password", password)], AS_JSON).await;
        assert_eq!(refusal(&seen), (status, code.to_owned()), "{}", seen.body);
    }
    assert_eq!(
        refusal(&check(&town, &[file], AS_JSON).await),
        (422, "document_password".to_owned())
    );
    for (language, missing, wrong) in [
        (
            "de",
            "lässt sich nur mit seinem Passwort öffnen",
            "Dieses Passwort öffnet das PDF nicht",
        ),
        (
            "en",
            "opens only with its password",
            "The password does not open this PDF",
        ),
        (
            "fr",
            "ne s&#39;ouvre qu&#39;avec son mot de passe",
            "Ce mot de passe n&#39;ouvre pas ce PDF",
        ),
        (
            "nl",
            "gaat alleen met het wachtwoord open",
            "Dit wachtwoord opent deze pdf niet",
        ),
    ] {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        for (typed, text) in [("", missing), ("Fout-geheim-TEST", wrong)] {
            let seen = check(&town, &[file, ("password", typed.as_bytes())], &headers).await;
            assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", seen.body);
            assert!(seen.body.contains(text), "{language}: {}", seen.body);
            assert!(
                seen.body.contains("href=\"#password\""),
                "{language}: {}",
                seen.body
            );
            assert!(
                typed.is_empty() || !seen.body.contains(typed),
                "{language}: what was typed comes back"
            );
        }
    }
    let left = files(town.world.folder.path());
    for path in left {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(
            !holds(&closed[..64]) && !holds(PASSWORD.as_bytes()),
            "{}",
            path.display()
        );
    }
}

#[actix_web::test]
async fn a_closed_pdf_is_not_taken_for_signing_and_the_application_is_told_why() {
    let Some(closed) = closed() else { return };
    for town in towns().await {
        let seen = town.send(Order::new().document(&closed)).await;
        assert_eq!(
            refusal(&seen),
            (422, "document_password".to_owned()),
            "{}",
            town.world.engine
        );
        assert_eq!(files(&town.blobs()), Vec::<std::path::PathBuf>::new());
        // One that anybody may open is another thing: its signers see what they sign.
        let open = encrypted(&zegel::lab::house::decision(), "", &["256"], &[]).unwrap();
        let made = town.send(Order::new().document(&open)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let id = json(&made)["id"].as_str().unwrap().to_owned();
        for slug in ["mayor", "director"] {
            town.signs(slug, &id).await;
        }
        assert_eq!(
            town.state(&id).await,
            "completed: done, done",
            "{}",
            town.world.engine
        );
    }
}
