use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A PIN program of a few lines of shell: greets, writes what it hears to a file, answers GETPIN as told.
fn program(folder: &std::path::Path, getpin: &str) -> PinProgram {
    let script = format!(
        "echo 'OK ready'; while IFS= read -r line; do printf '%s\\n' \"$line\" >> '{}'; case \"$line\" in \
         GETPIN) {getpin} ;; BYE) exit 0 ;; *) echo OK ;; esac; done",
        folder.join("heard").display()
    );
    PinProgram::new(
        vec!["/bin/sh".to_owned(), "-c".to_owned(), script],
        Duration::from_secs(20),
    )
    .unwrap()
}

fn request(purpose: Purpose) -> PinRequest<'static> {
    PinRequest {
        purpose,
        subject: "Zegelgem",
        short_code: "4F7K",
        language: Language::Nl,
        tries_left: Some(3),
        earlier: None,
    }
}

fn never() -> bool {
    false
}

#[test]
fn a_typed_pin_comes_back_and_the_window_shows_purpose_and_code() {
    let folder = tempfile::tempdir().unwrap();
    let asked = program(folder.path(), "echo 'S ignored'; echo 'D 12%334'; echo OK");
    let outcome = asked.ask(&request(Purpose::Login), &never).unwrap();
    assert!(matches!(outcome, PinOutcome::Typed(pin) if pin.digits() == b"1234"));
    let heard = std::fs::read_to_string(folder.path().join("heard")).unwrap();
    assert!(heard.contains("SETTITLE Aanmelden\n"), "{heard}");
    let line = "SETDESC U meldt zich aan bij: Zegelgem%0AControleer de code op uw scherm: 4F7K\n";
    assert!(heard.contains(line), "{heard}");
    assert!(!heard.contains("SETERROR"), "{heard}");

    asked.ask(&request(Purpose::Sign), &never).unwrap();
    let heard = std::fs::read_to_string(folder.path().join("heard")).unwrap();
    assert!(
        heard.contains("SETTITLE Ondertekenen\n") && heard.contains("U ONDERTEKENT"),
        "{heard}"
    );
}

#[test]
fn each_end_of_the_dialogue_has_its_outcome() {
    let folder = tempfile::tempdir().unwrap();
    for (getpin, expected) in [
        ("echo 'ERR 83886179 Operation cancelled <Pinentry>'", "Cancelled"),
        ("echo 'ERR 83886278 fully cancelled'", "Cancelled"),
        ("echo 'ERR 83886142 Timeout <Pinentry>'", "TimedOut"),
        ("echo 'D 12'; echo OK", "NoPin(Length { min: 4, max: 12 })"),
        ("echo 'D 12ab'; echo OK", "NoPin(NotDigits)"),
        ("echo OK", "NoPin(Length { min: 4, max: 12 })"),
    ] {
        let outcome = program(folder.path(), getpin)
            .ask(&request(Purpose::Login), &never)
            .unwrap();
        assert_eq!(format!("{outcome:?}"), expected, "{getpin}");
    }
    for (getpin, expected) in [
        ("exit 1", "it ended"),
        ("echo 'HELLO'", "it does not speak Assuan"),
        ("echo 'ERR 83886433 no display'", "it refused"),
    ] {
        let error = program(folder.path(), getpin)
            .ask(&request(Purpose::Login), &never)
            .unwrap_err();
        assert_eq!(error, CardError::PinProgram(expected), "{getpin}");
    }
}

#[test]
fn a_program_that_is_not_there_or_not_configured_is_named() {
    assert_eq!(
        PinProgram::new(Vec::new(), Duration::from_secs(1)),
        Err(CardError::PinProgram("no program is configured"))
    );
    let missing = PinProgram::new(vec!["/nonexistent/pinentry".to_owned()], Duration::from_secs(1)).unwrap();
    let error = missing.ask(&request(Purpose::Login), &never).unwrap_err();
    assert_eq!(error, CardError::PinProgram("it cannot be started"));
}

#[test]
fn a_person_who_types_nothing_times_out_and_the_program_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = program(folder.path(), "exec sleep 600");
    asked.limit = Duration::from_millis(60);
    assert!(matches!(
        asked.ask(&request(Purpose::Login), &never),
        Ok(PinOutcome::TimedOut)
    ));
}

#[test]
fn leaving_the_page_ends_the_question() {
    let folder = tempfile::tempdir().unwrap();
    let asked = program(folder.path(), "exec sleep 600");
    let looks = AtomicUsize::new(0);
    // The settings look once or twice each; then the person is awaited.
    let stop = || looks.fetch_add(1, Ordering::SeqCst) > 60;
    assert!(matches!(
        asked.ask(&request(Purpose::Login), &stop),
        Ok(PinOutcome::Cancelled)
    ));
}

#[test]
fn a_text_that_is_no_pin_is_asked_again_and_costs_no_try() {
    let folder = tempfile::tempdir().unwrap();
    let flag = folder.path().join("asked");
    let getpin = format!(
        "if [ -e '{0}' ]; then echo 'D 4321'; else echo 'D 1'; : > '{0}'; fi; echo OK",
        flag.display()
    );
    let pin = program(folder.path(), &getpin)
        .ask_for_pin(&request(Purpose::Login), &never)
        .unwrap();
    assert_eq!(pin.digits(), b"4321");
    let heard = std::fs::read_to_string(folder.path().join("heard")).unwrap();
    assert!(
        heard.contains("SETERROR De pincode heeft 4 tot 12 cijfers."),
        "{heard}"
    );
}

#[test]
fn the_last_try_and_a_wrong_pin_are_said_in_every_language() {
    for language in Language::ALL {
        let words = texts(language);
        let mut asked = request(Purpose::Login);
        asked.language = language;
        asked.tries_left = Some(1);
        assert_eq!(complaint(words, &asked).as_deref(), Some(words.last_line));
        asked.tries_left = Some(2);
        assert_eq!(complaint(words, &asked), None);
        assert!(description(words, &asked).contains('2'), "{language}");
        asked.earlier = Some(Earlier::Wrong);
        assert!(complaint(words, &asked).is_some_and(|text| text.contains('2') && !text.contains('{')));
        for text in [
            words.title(Purpose::Login),
            words.line(Purpose::Login),
            words.button(Purpose::Login),
        ] {
            assert!(!text.is_empty());
        }
        assert_ne!(words.title(Purpose::Login), words.title(Purpose::Sign));
    }
}

#[test]
fn a_subject_cannot_forge_a_line_or_a_command() {
    let mut asked = request(Purpose::Login);
    asked.subject = "evil\nSETPROMPT x%0Ay";
    let text = description(texts(Language::En), &asked);
    assert_eq!(text.lines().count(), 2);
}
