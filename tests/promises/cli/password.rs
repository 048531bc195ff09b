//! The password of an encrypted file comes from a file, and what it does not open is told apart from what failed.

use std::path::Path;

use super::{Ran, pdf, run, zegel};
use crate::pdf::encrypted::encrypted;
use crate::support::TestFolder;

fn ran(folder: &Path, words: &[&str]) -> Ran {
    run(zegel(folder).args(words))
}

#[test]
fn a_file_that_needs_a_password_asks_for_it() {
    let place = TestFolder::new("password");
    let folder = place.path();
    let Some(closed) = encrypted(&pdf("TEST"), "welkom", &["256"], &[]) else {
        return;
    };
    std::fs::write(folder.join("closed.pdf"), closed).unwrap();
    std::fs::write(folder.join("right"), "welkom\r\nnot read\n").unwrap();
    std::fs::write(folder.join("wrong"), "Welkom").unwrap();
    let needs = "hint: --password-file names a file whose first line is the password\n";
    let unsigned = "indeterminate (INDETERMINATE)\n  no signature\n";
    for (words, code, cause, out) in [
        (&["verify", "closed.pdf"][..], 1, "(PDF_PASSWORD)", ""),
        (
            &["verify", "closed.pdf", "--password-file", "wrong"],
            1,
            "(PDF_PASSWORD_WRONG)",
            "",
        ),
        (
            &["verify", "closed.pdf", "--password-file", "right"],
            4,
            "",
            unsigned,
        ),
        (
            &["verify", "closed.pdf", "--password-file", "missing"],
            1,
            "(FILE_READ)",
            "",
        ),
        (&["sign", "closed.pdf", "--level", "b"], 1, "(PDF_PASSWORD)", ""),
        (
            &["sign", "closed.pdf", "--level", "b", "--password-file", "wrong"],
            1,
            "(PDF_PASSWORD_WRONG)",
            "",
        ),
    ] {
        let ran = ran(folder, words);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(code), out),
            "{words:?}: {ran:?}"
        );
        assert!(ran.messages.contains(cause), "{words:?}: {ran:?}");
        assert_eq!(
            ran.messages.contains(needs),
            cause == "(PDF_PASSWORD)",
            "{words:?}: {ran:?}"
        );
        assert!(!ran.messages.contains("elkom"), "{words:?}: {ran:?}");
    }
    // Another file of the same call is judged all the same.
    std::fs::write(folder.join("open.pdf"), pdf("TEST")).unwrap();
    let ran = ran(folder, &["verify", "closed.pdf", "open.pdf"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), unsigned), "{ran:?}");
}
