//! A board's picture in the visible signatures of its requests: where the board has one and the application wants it,
//! and never at the price of a signature.

use std::sync::Arc;

use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::{self, Context};
use zegel::base::random::SystemRandom;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::journeys::administer::{self, Changes, PictureChange};
use zegel::signing::picture::{BYTE_LIMIT, Picture, PictureError};
use zegel::store::{boards, migrate};

use super::town::{Order, Town, refusal, town, towns};
use crate::cli::database::{installation, zegel_with};
use crate::pdf::make;
use crate::pdf::picturing::two_colours;
use crate::support::TestFolder;

async fn change(town: &Town, picture: PictureChange) {
    let (app, board) = (&town.world.app, town.world.board.id);
    let changes = Changes {
        picture: Some(picture),
        ..Changes::default()
    };
    administer::change_board(&app.db, board, changes, &SystemRandom, town.now())
        .await
        .unwrap();
}

/// How many image XObjects `file` has, and the words for who does not see them.
fn pictures(file: &[u8]) -> (usize, usize) {
    let document = make::open(file).unwrap();
    let view = document.latest();
    let words = format!(
        "/Span <</Alt <{}>>> BDC",
        hex::encode_upper(zegel::pdf::text_string::encode("zegelgem"))
    );
    let (mut images, mut named) = (0, 0);
    for field in view.fields().unwrap() {
        let Some(shown) = view.dictionary(&field.dictionary, "AP").unwrap() else {
            continue;
        };
        let zegel::pdf::object::Object::Stream(form) = view.value(&shown, "N").unwrap() else {
            continue;
        };
        let resources = view.dictionary(&form.dictionary, "Resources").unwrap();
        let Some(resources) = resources else { continue };
        let objects = view
            .dictionary(&resources, "XObject")
            .unwrap()
            .unwrap_or_default();
        for (_, object) in objects.iter() {
            let image = view.resolve(object).unwrap().as_dictionary().unwrap().clone();
            // Nothing shows through: a PDF/A stays one without a word about blending.
            assert!(!image.contains("SMask"));
            images += 1;
        }
        let content = String::from_utf8(view.stream_bytes(&form, 1 << 20).unwrap()).unwrap();
        named += content.matches(&words).count();
    }
    (images, named)
}

async fn completed(town: &Town, order: Order) -> Vec<u8> {
    let id = town.open_with(order).await;
    for slug in ["mayor", "director"] {
        town.signs(slug, &id).await;
    }
    assert_eq!(town.state(&id).await, "completed: done, done");
    town.call(&format!("/{id}/document")).await.bytes
}

#[actix_web::test]
async fn the_signatures_of_a_board_carry_its_picture_unless_the_application_says_no() {
    for town in towns().await {
        let engine = town.world.engine;
        let file = completed(&town, Order::new().key("before-it-was-set")).await;
        assert_eq!(pictures(&file), (0, 0), "{engine}");

        let picture = Picture::parse(two_colours(64, 80, Some(128))).unwrap();
        change(&town, PictureChange::Set(picture.clone())).await;
        let (db, board) = (&town.world.app.db, town.world.board.id);
        assert_eq!(boards::picture(db, board).await.unwrap(), Some(picture));
        assert_eq!(boards::pictured(db).await.unwrap(), [board], "{engine}");
        let other = boards::picture(db, town.world.other.id).await.unwrap();
        assert_eq!(other, None, "{engine}: another board has its own");

        let file = completed(&town, Order::new().key("with-the-picture")).await;
        assert_eq!(pictures(&file), (2, 2), "{engine}");
        make::check_with_qpdf(&file);
        let context = Context {
            trust: &town.world.app.trust,
            algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
            verdict_keys: &[],
            at: town.now(),
        };
        let report = validate::validate(Arc::new(file.clone()), &context);
        assert_eq!(
            report.indication,
            Indication::TotalPassed,
            "{engine}: {report:#?}"
        );
        if let Some(read) = make::text_by_poppler(&file) {
            assert!(
                read.contains("burgemeester, Gemeente Zegelgem"),
                "{engine}: {read}"
            );
        }
        if let Ok(folder) = std::env::var("ZEGEL_SHOW") {
            std::fs::write(format!("{folder}/journey-{engine}.pdf"), &file).unwrap();
        }

        let without = Order::new().member("picture", false).key("without-the-picture");
        let id = town.open_with(without.clone()).await;
        assert_eq!(town.resource(&id).await["picture"], false, "{engine}");
        let file = completed(&town, without).await;
        assert_eq!(pictures(&file), (0, 0), "{engine}");
        // A key stands for what was sent with it.
        let with = Order::new().member("picture", true).key("without-the-picture");
        let seen = town.send(with).await;
        assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{engine}");

        change(&town, PictureChange::Remove).await;
        change(&town, PictureChange::Remove).await;
        let file = completed(&town, Order::new().key("after-it-was-taken")).await;
        assert_eq!(pictures(&file), (0, 0), "{engine}");
    }
}

#[actix_web::test]
async fn a_picture_for_which_there_is_no_room_costs_nobody_a_signature() {
    // A sheet on which the words alone just fit.
    let small = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 160 100]/Resources<<>>>>",
        ],
        "",
    );
    let town = town().await;
    let picture = Picture::parse(two_colours(64, 80, None)).unwrap();
    change(&town, PictureChange::Set(picture)).await;
    let id = town.open_with(Order::new().document(&small)).await;
    town.signs("mayor", &id).await;
    assert_eq!(town.state(&id).await, "open: done, open");
}

#[tokio::test]
async fn the_operator_sets_a_picture_and_is_told_what_is_none() {
    let folder = TestFolder::new("board-picture");
    let folder = folder.path();
    installation(folder, "sqlite:zegel.db");
    assert_eq!(
        zegel_with(folder, &["migrate"]).code,
        Some(0),
        "{:?}",
        migrate::names()
    );
    let add = [
        "board",
        "add",
        "zegelgem",
        "--name",
        "Gemeente Zegelgem",
        "--kbo",
        "0999900150",
    ];
    assert_eq!(zegel_with(folder, &add).code, Some(0));
    std::fs::write(folder.join("wapen.png"), two_colours(64, 80, None)).unwrap();
    std::fs::write(folder.join("wapen.txt"), "a shield").unwrap();
    std::fs::write(folder.join("heavy.png"), vec![0x89; BYTE_LIMIT + 1]).unwrap();
    let set = |picture: &str| {
        zegel_with(
            folder,
            &[
                "board",
                "set",
                "zegelgem",
                "--picture",
                picture,
                "--format",
                "json",
            ],
        )
    };
    let has_picture = || {
        let list = zegel_with(folder, &["board", "list", "--format", "json"]);
        list.json()["items"][0]["picture"].clone()
    };
    for (picture, code) in [
        ("wapen.txt", "PDF_IMAGE_KIND"),
        ("heavy.png", "PDF_IMAGE_LIMIT"),
        ("missing.png", "FILE_READ"),
    ] {
        let refused = set(picture);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.messages.contains(code), "{refused:?}");
        assert_eq!(has_picture(), false, "{picture}");
    }
    let made = set("wapen.png");
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(
        made.json()["picture"].as_str().map(str::len),
        Some(64),
        "{made:?}"
    );
    assert_eq!(has_picture(), true);
    let taken = set("none");
    assert_eq!((taken.code, &taken.json()["picture"]), (Some(0), &"none".into()));
    assert_eq!(has_picture(), false);
}

#[test]
fn a_picture_is_bounded_before_it_is_read() {
    assert_eq!(
        Picture::parse(vec![0x89; BYTE_LIMIT + 1]).unwrap_err(),
        PictureError::TooLarge
    );
    assert!(Picture::parse(two_colours(64, 80, None)).is_ok());
}
