//! B-T for each signer and B-LTA once at the end, from the command that sets it to the judges of what is delivered.

use std::process::Command;

use super::town::Town;
use crate::ades::judges::{pem, text};
use crate::support::judge;

#[actix_web::test]
async fn a_board_has_its_decisions_raised_once_and_every_judge_says_lta_for_both_signers() {
    let Some(town) = Town::open(&["mayor", "director"], None).await else {
        return;
    };
    town.operator(&["board", "set", "zegelgem", "--profile", "lta_at_end"]);
    let provider = town.provider();
    let (mut ids, mut lengths) = (Vec::new(), Vec::new());
    for key in ["raised-once", "raised-each"] {
        let made = provider.send(zegel::lab::house::decision(), key).await.unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
        // The second is sent when the board has changed its mind; the first stays as it was asked.
        town.operator(&["board", "set", "zegelgem", "--profile", "lta_each"]);
    }
    for card in ["mayor", "director"] {
        town.hold(&[card]);
        for id in &ids {
            let request = provider.signing_request(id).await.unwrap();
            let address = request["signing_url"].as_str().unwrap();
            let (mut walker, said) = town.signer(address).await;
            assert_eq!(said, None, "{card}");
            assert_eq!(town.sign(&mut walker, address, &[]).await, None, "{card}");
        }
    }
    for (id, profile) in ids.iter().zip(["lta_at_end", "lta_each"]) {
        let request = provider.signing_request(id).await.unwrap();
        assert_eq!(
            (&request["profile"], &request["state"]),
            (&profile.into(), &"completed".into())
        );
        town.sealed_request(id).await;
        let document = provider.delivery(id, "document").await.unwrap();
        let path = town.folder.path().join(format!("{profile}.pdf"));
        std::fs::write(&path, &document).unwrap();
        lengths.push(document.len());
        let root = town.folder.path().join("root.pem");
        std::fs::write(&root, pem(town.lab.pki().root_der())).unwrap();
        // pyHanko's adesverify runs the validation of signatures with archive data (EN 319 102-1 §5.6.3) on each.
        if let Some(pyhanko) = judge("pyhanko") {
            let output = Command::new(pyhanko)
                .args(["sign", "adesverify", "--trust-replace", "--trust"])
                .args([&root, &path])
                .output()
                .unwrap();
            let told = text(&output);
            assert!(output.status.success(), "{profile}: {told}");
            assert_eq!(
                told.matches(":INTACT:TRUSTED,TIMESTAMP_TOKEN").count(),
                2,
                "{profile}: {told}"
            );
        }
    }
    assert!(lengths[0] < lengths[1], "{lengths:?}");
}
