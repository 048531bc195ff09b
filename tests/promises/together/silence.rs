//! What a person brings along is in no log, at any level, and a national number is in no file of the installation.

use std::path::{Path, PathBuf};

use zegel::lab::StatusNow;
use zegel::lab::host::CardRequest;
use zegel::lab::persons::DemoPerson;
use zegel::lab::pinentry::PinAnswer;
use zegel::lab::pki::LeafPurpose;

use super::town::{Town, act};

/// Not the usual PIN: these digits stand nowhere by chance.
const PIN: &str = "918273645";

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[actix_web::test]
async fn no_number_name_pin_or_secret_is_logged_and_no_number_is_stored_in_the_clear() {
    let Some(mut town) = Town::open(&["mayor", "director", "revoked"], None).await else {
        return;
    };
    // The same house, saying everything it can say.
    town.kill();
    let file = town.house.configuration_file();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("log = \"info\"", "log = \"trace\"")).unwrap();
    let log = town.folder.path().join("house/zegel.log");
    std::fs::remove_file(&log).unwrap();
    town.reopen().await;
    for card in ["mayor", "director"] {
        let (card, pin, tries_left) = (card.to_owned(), Some(PIN.to_owned()), None);
        town.lab
            .cards(&CardRequest::Pin {
                card,
                pin,
                tries_left,
            })
            .unwrap();
    }

    // Both journeys, with a wrong PIN, a refused card and a suspended one on the way.
    town.hold(&["revoked"]);
    let mut stranger = town.visitor().await;
    assert_eq!(
        act(&mut stranger, &[]).await.as_deref(),
        Some("certificate_revoked")
    );
    town.hold(&["mayor"]);
    town.lab.next_pin(PinAnswer::Wrong);
    let mut wrong = town.visitor().await;
    assert_eq!(act(&mut wrong, &[]).await.as_deref(), Some("pin_wrong"));
    let mut mayor = town.logged_in().await;
    let address = town.send(&mut mayor).await;
    town.lab.set_certificates("mayor", StatusNow::OnHold).unwrap();
    assert_eq!(
        town.sign(&mut mayor, &address, &[]).await.as_deref(),
        Some("certificate_suspended")
    );
    town.lab.set_certificates("mayor", StatusNow::Good).unwrap();
    assert_eq!(town.sign(&mut mayor, &address, &[]).await, None);
    town.hold(&["director"]);
    let (mut director, _) = town.signer(&address).await;
    assert_eq!(town.sign(&mut director, &address, &[]).await, None);
    town.sealed(&mut mayor).await;

    let logged = std::fs::read(&log).unwrap();
    assert!(
        logged.len() > 100_000 && contains(&logged, "TRACE"),
        "the log says little: {}",
        logged.len()
    );
    let persons: Vec<&DemoPerson> = ["mayor", "director", "revoked"]
        .iter()
        .filter_map(|slug| DemoPerson::find(slug))
        .collect();
    assert_eq!(persons.len(), 3);
    let mut words: Vec<String> = vec![
        PIN.to_owned(),
        town.house.registration().client_secret.clone(),
        "Specimen".to_owned(),
        "Spécimen".to_owned(),
        "besluit.pdf".to_owned(),
        "Besluit van het college".to_owned(),
    ];
    words.extend(persons.iter().map(|person| person.national_number.to_owned()));
    // Nor what names their certificates: a serial number leads to the person through whoever issued it.
    for slug in ["mayor", "director", "revoked"] {
        let record = town.lab.person(slug).unwrap();
        for purpose in [LeafPurpose::Authentication, LeafPurpose::Signature] {
            let serial = record.serial(purpose).to_string();
            words.extend([serial.to_uppercase(), serial]);
        }
    }
    words.extend(["(Authentication)", "(Signature)"].map(str::to_owned));
    words.extend(town.secrets(&mayor));
    words.extend(town.secrets(&director));
    for word in &words {
        if let Some(at) = logged
            .windows(word.len())
            .position(|part| part == word.as_bytes())
        {
            let around = &logged[at.saturating_sub(300)..(at + 100).min(logged.len())];
            panic!("`{word}` is logged: {}", String::from_utf8_lossy(around));
        }
    }

    // The number stands in certificates, and those in signed documents; nowhere else.
    town.kill();
    let mut found = Vec::new();
    files(&town.folder.path().join("house"), &mut found);
    assert!(found.iter().any(|path| path.ends_with("zegel.db")), "{found:?}");
    for path in found.iter().filter(|path| {
        !path.to_string_lossy().contains("/blobs/") && !path.to_string_lossy().contains("/scratch/")
    }) {
        let bytes = std::fs::read(path).unwrap();
        for person in &persons {
            assert!(
                !contains(&bytes, person.national_number),
                "{} holds a national number",
                path.display()
            );
        }
        assert!(!contains(&bytes, PIN), "{} holds a PIN", path.display());
    }
}
