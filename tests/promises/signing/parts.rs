//! What comes beside the file to be checked is few and small, or refused by its code; nothing of it is kept.

use actix_web::http::StatusCode;

use super::password::{AS_JSON, check};
use super::town::{files, json, refusal, town};

type Parts<'a> = Vec<(&'a str, &'a [u8])>;

#[actix_web::test]
async fn parts_beside_the_file_are_bounded_in_number_and_size() {
    let town = town().await;
    let decision = zegel::lab::house::decision();
    let file = ("file", decision.as_slice());
    let small = [b'x'; 4 * 1024];
    let large = [b'x'; 4 * 1024 + 1];
    let many = |count: usize| -> Parts<'_> { vec![("note", &b"x"[..]); count] };
    let good = [
        vec![file],
        vec![file, ("note", &small[..])],
        [many(15), vec![file]].concat(),
        [vec![file, ("password", &b""[..])], many(14)].concat(),
    ];
    for parts in good {
        let seen = check(&town, &parts, AS_JSON).await;
        assert_eq!(
            seen.status,
            StatusCode::OK,
            "{} parts: {}",
            parts.len(),
            seen.body
        );
    }
    let before = files(&town.instance("exit 1").config.scratch);
    let bad: [(&str, Parts<'_>, &str); 6] = [
        ("a large one behind", vec![file, ("note", &large)], "form"),
        ("a large one before", vec![("note", &large[..]), file], "form"),
        ("one that has no name", vec![file, ("", &large)], "form"),
        ("too many", [vec![file], many(16)].concat(), "form"),
        ("two files", vec![file, file], "file"),
        (
            "two passwords",
            vec![file, ("password", &b"a"[..]), ("password", &b"b"[..])],
            "password",
        ),
    ];
    for (name, parts, field) in bad {
        let seen = check(&town, &parts, AS_JSON).await;
        assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{name}");
        assert_eq!(json(&seen)["errors"][0]["field"], field, "{name}: {}", seen.body);
    }
    assert_eq!(
        files(&town.instance("exit 1").config.scratch),
        before,
        "nothing is kept"
    );
}
