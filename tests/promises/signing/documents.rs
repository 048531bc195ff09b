//! Documents that cannot be sealed are refused when they are sent: each says why, and nothing of it is kept.

use actix_web::http::StatusCode;

use super::town::{Order, RIGHT, files, json, refusal, town, towns};
use crate::pdf::make;

/// A file with a signature field whose signature certifies it: nothing may change any more.
fn certified_final() -> Vec<u8> {
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>/Perms<</DocMDP 5 0 R>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Open)/Rect[0 0 0 0]/P 3 0 R>>",
            "<</Type/Sig/ByteRange[0 1 2 3]/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>",
        ],
        "",
    )
}

fn encrypted() -> Vec<u8> {
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>",
            "<</Filter/Adobe.PubSec/V 5>>",
        ],
        "/ID[(a)(b)]/Encrypt 4 0 R",
    )
}

/// A readable page, and beside it one object that nothing refers to: `extra`, or a row that points nowhere.
fn with_a_stray(extra: Option<&str>) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>",
    ];
    objects.push(extra.unwrap_or("null"));
    let mut file = make::by_hand(&objects, "");
    if extra.is_none() {
        let text = String::from_utf8(file).unwrap();
        let at = text.find("4 0 obj").unwrap();
        file = text
            .replace(&format!("{at:010} 00000 n"), "0000000003 00000 n")
            .into_bytes();
    }
    file
}

#[actix_web::test]
async fn a_document_in_which_no_signature_would_hold_is_refused_before_anybody_is_asked() {
    let town = town().await;
    let strays = [
        ("a row that points nowhere", with_a_stray(None)),
        ("a key that comes twice", with_a_stray(Some("<</A 1/A 2>>"))),
    ];
    for (name, bytes) in strays {
        let seen = town.send(Order::new().document(&bytes)).await;
        assert_eq!(refusal(&seen), (422, "document_damaged".to_owned()), "{name}");
        assert!(
            json(&seen)["developer"].as_str().unwrap().contains("object 4"),
            "{}",
            seen.body
        );
    }
    assert_eq!(files(&town.blobs()), Vec::<std::path::PathBuf>::new());
    // The same file without the fault is taken.
    let made = town
        .send(Order::new().document(&with_a_stray(Some("<</A 1>>"))))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
}

#[actix_web::test]
async fn a_document_that_cannot_be_sealed_says_why_and_nothing_is_kept() {
    for town in towns().await {
        let engine = town.world.engine;
        let decision = zegel::lab::house::decision();
        // A document that somebody changed after a signature: made by signing one and changing a byte of its text.
        let id = town.open_with(Order::new().key("the-signed-one")).await;
        town.signs("mayor", &id).await;
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        let signed = mayor.get(&format!("/sign/{id}/document")).await.bytes;
        let mut broken = signed.clone();
        let at = broken
            .windows(7)
            .position(|window| window == b"stream\n")
            .unwrap()
            + 17;
        broken[at] ^= 0x01;
        let before = files(&town.blobs());

        let damaged = decision[..decision.len() / 2].to_vec();
        let rows: [(&str, &[u8], u16, &str); 8] = [
            ("nothing", b"", 422, "document_empty"),
            ("a text", b"Dit is een tekst, geen PDF.", 415, "document_type"),
            ("an encrypted file", &encrypted(), 422, "document_protected"),
            ("half a file", &damaged, 422, "document_damaged"),
            ("a final file", &certified_final(), 422, "document_final"),
            ("a broken signature", &broken, 422, "document_signature_invalid"),
            (
                "one byte too many",
                &vec![b'x'; 1_000_001],
                413,
                "document_too_large",
            ),
            ("as many as allowed", &vec![b'x'; 1_000_000], 415, "document_type"),
        ];
        for (name, bytes, status, code) in rows {
            let seen = town.send(Order::new().document(bytes)).await;
            assert_eq!(refusal(&seen), (status, code.to_owned()), "{engine}: {name}");
        }
        assert_eq!(files(&town.blobs()), before, "{engine}: no bytes are kept");
        let list = json(&town.call("").await);
        assert_eq!(
            list["items"].as_array().unwrap().len(),
            1,
            "{engine}: no row is kept"
        );
        // The key was never used up, and a good signature of somebody is no obstacle.
        let made = town.send(Order::new().document(&signed)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{engine}: {}", made.body);
    }
}
