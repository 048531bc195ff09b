//! The document is not the one that was shown or signed: nobody signs it, nobody is given it.

use std::path::{Path, PathBuf};

use super::town::{RIGHT, Town, files, refusal, town};

/// Changes one bit in the middle of a file.
fn change(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x01;
    std::fs::write(path, bytes).unwrap();
}

/// The stored bytes of the document as it came, and of what each signature appended.
fn pieces(town: &Town) -> (PathBuf, Vec<PathBuf>) {
    let original = zegel::lab::house::decision();
    let (base, tails): (Vec<_>, Vec<_>) = files(&town.blobs())
        .into_iter()
        .partition(|path| std::fs::read(path).unwrap() == original);
    (base.into_iter().next().unwrap(), tails)
}

/// The director, at a fresh instance, is told that the document changed, on every page and before the PIN.
async fn is_noticed_by_the_second_signer(town: &Town, id: &str, what: &str) {
    let asked = town.world.cards.heard();
    town.insert("director");
    for page in ["", "/document", "/page/1"] {
        let director = town.seat("director", &town.instance(RIGHT)).await;
        let seen = director.get(&format!("/sign/{id}{page}")).await;
        assert_eq!(
            refusal(&seen),
            (409, "document_changed".to_owned()),
            "{what} {page}"
        );
    }
    let director = town.seat("director", &town.instance(RIGHT)).await;
    assert_eq!(
        director.use_card(id).await.as_deref(),
        Some("document_changed"),
        "{what}"
    );
    assert_eq!(town.world.cards.heard(), asked, "{what}: no PIN was asked");
    assert_eq!(town.state(id).await, "open: done, open", "{what}");
}

#[actix_web::test]
async fn stored_bytes_that_changed_between_two_signers_are_noticed_and_not_signed() {
    for what in ["the document as it came", "what the first signature appended"] {
        let town = town().await;
        let id = town.open().await;
        town.signs("mayor", &id).await;
        let (base, tails) = pieces(&town);
        assert_eq!(tails.len(), 1);
        let touched = if what.starts_with("the document") {
            &base
        } else {
            &tails[0]
        };
        let good = std::fs::read(touched).unwrap();
        change(touched);
        is_noticed_by_the_second_signer(&town, &id, what).await;
        std::fs::write(touched, &good[..good.len() - 1]).unwrap();
        is_noticed_by_the_second_signer(&town, &id, "cut short").await;
        std::fs::write(touched, good).unwrap();
        town.signs("director", &id).await;
        assert_eq!(town.state(&id).await, "completed: done, done");
    }
}

#[actix_web::test]
async fn a_local_copy_that_changed_is_not_signed_and_not_handed_out() {
    let town = town().await;
    let id = town.open().await;
    town.signs("mayor", &id).await;
    let (base, tails) = pieces(&town);
    for piece in [&base, &tails[0]] {
        town.insert("director");
        let app = town.instance(RIGHT);
        let asked = town.world.cards.heard();
        let director = town.seat("director", &app).await;
        // Seen once, so that the copy is there; then somebody touches the copy.
        assert_eq!(director.get(&format!("/sign/{id}/document")).await.status, 200);
        let copy = files(&app.config.scratch)
            .into_iter()
            .find(|path| std::fs::read(path).unwrap() == std::fs::read(piece).unwrap());
        change(&copy.unwrap());
        let seen = director.get(&format!("/sign/{id}/document")).await;
        assert_eq!(refusal(&seen), (409, "document_changed".to_owned()));
        assert_eq!(director.use_card(&id).await.as_deref(), Some("document_changed"));
        assert_eq!(town.world.cards.heard(), asked, "no PIN was asked");
        assert_eq!(town.state(&id).await, "open: done, open");
    }
}

#[actix_web::test]
async fn a_sealed_document_that_changed_in_the_store_is_not_delivered() {
    let town = town().await;
    let id = town.open().await;
    town.signs("mayor", &id).await;
    town.signs("director", &id).await;
    let (base, tails) = pieces(&town);
    assert_eq!(tails.len(), 2);
    for piece in tails.iter().chain([&base]) {
        change(piece);
        let app = town.instance(RIGHT);
        let bearer = town.bearer(&town.world.board, "app").await;
        for path in ["document", "proof"] {
            let seen = super::town::call(&app, &bearer, &format!("/{id}/{path}")).await;
            assert_eq!(refusal(&seen), (409, "document_changed".to_owned()), "{path}");
        }
        let mayor = town.seat("mayor", &app).await;
        for path in ["document", "proof"] {
            let seen = mayor.get(&format!("/sign/{id}/{path}")).await;
            assert_eq!(refusal(&seen), (409, "document_changed".to_owned()), "{path}");
        }
        change(piece);
    }
    assert_eq!(town.call(&format!("/{id}/document")).await.status, 200);
}
