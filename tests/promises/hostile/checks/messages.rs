//! What a browser's extension sends to the program beside the reader, and what that program's own window hears.

use std::io::Write;
use std::sync::{Arc, Mutex};

use zegel::agent::host::{self, World};
use zegel::agent::origin::Origin;
use zegel::agent::pinentry::{self, Dialogs, Pressed, Shown};
use zegel::agent::settings::{Places, Settings};
use zegel::base::clock::FixedClock;
use zegel::card::CardError;
use zegel::card::assuan::Kind;
use zegel::webeid::frame::{self, MAX_BYTES};
use zegel::webeid::{Request, Token};

/// Native messages: frames, requests, and a whole run of the program without readers.
pub fn native(bytes: &[u8]) {
    let mut input = bytes;
    while let Ok(Some(message)) = frame::read(&mut input) {
        assert!((1..=MAX_BYTES).contains(&message.len()));
        request(&message);
    }
    request(bytes);
    program(bytes);
    window(bytes);
}

fn request(message: &[u8]) {
    let Ok(request) = Request::parse(message) else {
        return;
    };
    assert_eq!(Request::parse(message).as_ref(), Ok(&request));
    let origin = match &request {
        Request::Quit | Request::Status => return,
        Request::Authenticate { nonce, origin, .. } => {
            assert!((44..=128).contains(&nonce.len()) && nonce.is_ascii());
            origin
        }
        Request::Certificate { origin, .. } => origin,
        Request::Sign {
            hash, digest, origin, ..
        } => {
            assert_eq!(digest.len(), hash.output_bytes());
            origin
        }
        Request::SignList {
            hash,
            documents,
            origin,
            ..
        } => {
            assert!((1..=Request::MAX_DOCUMENTS).contains(&documents.len()));
            for document in documents {
                assert_eq!(document.digest.len(), hash.output_bytes());
                assert!(document.title.chars().count() <= Request::MAX_TITLE);
            }
            origin
        }
    };
    assert!(origin.len() <= 255);
    if let Ok(known) = Origin::parse(origin, false) {
        assert_eq!(known.as_str(), origin, "what is signed is what the browser said");
        assert!(origin.starts_with("https://") && !origin.ends_with('/'));
    }
}

/// What the program says, whatever it hears: its greeting, at most one answer, and its end.
fn program(bytes: &[u8]) {
    let heard = Shared::default();
    let clock = Arc::new(FixedClock::new(crate::support::moment()));
    let world = World {
        settings: Settings::default(),
        places: Places::own(),
        program: "/nonexistent/zegel-agent".into(),
        clock,
        readers: Box::new(|_, _| Err(CardError::NoService)),
        is_deaf: Box::new(|| true),
    };
    host::serve(std::io::Cursor::new(bytes.to_vec()), heard.clone(), world);
    let said = heard.0.lock().unwrap().clone();
    let mut said = said.as_slice();
    let mut count = 0;
    while let Some(message) = frame::read(&mut said).unwrap() {
        let value: serde_json::Value = serde_json::from_slice(&message).unwrap();
        assert!(value.is_object());
        assert!(
            Token::parse(&String::from_utf8(message).unwrap()).is_err(),
            "no token without a card"
        );
        count += 1;
    }
    assert!((1..=2).contains(&count), "{count} messages");
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The window's own side: every line has one answer, whatever is typed.
fn window(bytes: &[u8]) {
    struct Typing<'b>(&'b [u8]);
    impl Dialogs for Typing<'_> {
        fn show(&mut self, _: &Shown, _: Kind) -> Pressed {
            Pressed::Ok(String::from_utf8_lossy(self.0).into_owned().into())
        }
    }
    let mut said = Vec::new();
    if pinentry::serve(bytes, &mut said, &mut Typing(bytes)).is_ok() {
        let text = String::from_utf8(said).unwrap();
        assert!(
            text.lines().all(|line| ["OK", "D ", "ER"].contains(&&line[..2])),
            "{text}"
        );
    }
}
