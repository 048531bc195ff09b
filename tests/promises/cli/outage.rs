//! `zegel outage`: the switch is thrown for a time, with a reason, and stands in the audit.

use zegel::audit::EventKind;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::store::db::Db;
use zegel::store::{boards, events};

use super::database::{places, zegel_with};

#[tokio::test]
async fn the_switch_is_thrown_shown_taken_back_and_audited() {
    for (folder, engine, url) in places().await {
        let folder = folder.path();
        assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0), "{engine}");
        let board = [
            "board",
            "add",
            "zegelgem",
            "--name",
            "Zegelgem",
            "--kbo",
            "0999900150",
        ];
        assert_eq!(zegel_with(folder, &board).code, Some(0), "{engine}");
        let zegel = |words: &[&str]| zegel_with(folder, &[&["outage"], words].concat());
        assert_eq!(zegel(&["show"]).out, "off\n", "{engine}");

        let now = SystemClock::new().now().truncated_to_second();
        let hour = std::time::Duration::from_secs(3600);
        let until = now.plus(hour).to_string();
        for (bad, why) in [
            (now.minus(hour).to_string(), "past"),
            (now.plus(hour * 24 * 8).to_string(), "more than a week"),
            ("tomorrow".to_owned(), "no time"),
        ] {
            let ran = zegel(&["on", "--until", &bad, "--reason", "x"]);
            assert_eq!(
                (ran.code, ran.out.as_str()),
                (Some(2), ""),
                "{engine}: {why} {ran:?}"
            );
        }
        for missing in [&["on", "--until", &until][..], &["on", "--reason", "x"]] {
            assert_eq!(zegel(missing).code, Some(2), "{engine}: {missing:?}");
        }
        assert_eq!(
            zegel(&["on", "--until", &until, "--reason", " "]).code,
            Some(2),
            "{engine}"
        );
        assert_eq!(zegel(&["show"]).out, "off\n", "{engine}: nothing was thrown");

        let ran = zegel(&["on", "--until", &until, "--reason", "ticket 4711"]);
        assert_eq!(
            (ran.code, ran.out, ran.messages),
            (Some(0), format!("on until {until}: ticket 4711\n"), String::new()),
            "{engine}"
        );
        let shown = zegel(&["show", "--format", "json"]).json();
        assert_eq!(
            (&shown["on"], &shown["reason"]),
            (&true.into(), &"ticket 4711".into()),
            "{engine}"
        );
        assert_eq!(zegel(&["off"]).out, "off\n", "{engine}");
        assert_eq!(zegel(&["show"]).out, "off\n", "{engine}");

        let db = Db::open(&url.replace("sqlite:", &format!("sqlite:{}/", folder.display())))
            .await
            .unwrap();
        let board = boards::find_by_slug(&db, "zegelgem").await.unwrap().unwrap();
        let changes: Vec<_> = events::recent(&db, board.id, 20)
            .await
            .unwrap()
            .into_iter()
            .filter(|event| event.kind == EventKind::StatusOutage)
            .map(|event| event.detail["change"].as_str().unwrap().to_owned())
            .collect();
        let mut changes = changes;
        changes.sort();
        assert_eq!(changes, ["off", "on"], "{engine}");
        db.close().await;
    }
}
