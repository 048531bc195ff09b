//! The walk through a real reader daemon.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zegel::base::clock::SystemClock;
use zegel::card::readers::{CardPresence, Event, Options, ReaderStatus};
use zegel::lab::control::{Answer, Request, ask};
use zegel::lab::host::{CardRequest, CardState};

use super::*;
use crate::card::pcscd::{handed, insert, inside, stack, start, tell};

const CARDS: [&str; 4] = ["eu-plus", "applet-17", "rekeyed", "long-names"];

#[test]
fn a_thousand_operations_on_four_failing_readers() {
    if !stack() {
        return;
    }
    let folder = tempfile::Builder::new().prefix("zx").tempdir().unwrap();
    let lab = start(folder.path(), CARDS.len(), &["mayor"]);
    let readers = CARDS.map(|card| insert(&lab, card));
    inside(&lab, "chaos::daemon::inside_walk", &readers.join("|"), "");
}

struct Daemon {
    folder: PathBuf,
    readers: Readers,
    names: Vec<String>,
}

impl Daemon {
    fn state(&self, number: usize) -> CardState {
        let Answer::Cards(cards) = ask(&self.folder, &Request::Card(CardRequest::List)).unwrap() else {
            panic!("no list of cards");
        };
        cards.into_iter().find(|card| card.card == CARDS[number]).unwrap()
    }

    fn tell(&self, request: CardRequest) {
        tell(&self.folder, request);
    }

    /// Waits until the daemon shows what `wanted` says of this reader.
    fn wait(&self, number: usize, wanted: impl Fn(&ReaderStatus) -> bool) {
        assert!(
            self.is_seen(number, wanted),
            "reader {number} never got there: {:?}, {:?}",
            self.readers,
            self.state(number)
        );
    }

    /// Whether the daemon shows it within some seconds.
    fn is_seen(&self, number: usize, wanted: impl Fn(&ReaderStatus) -> bool) -> bool {
        let events = self.readers.events();
        for _ in 0..80 {
            let readers = self.readers.list().unwrap();
            let reader = readers.iter().find(|reader| reader.name == self.names[number]);
            if reader.is_some_and(&wanted) {
                return true;
            }
            // What comes is of no interest, only that something did.
            let _: Result<Event, _> = events.recv_timeout(Duration::from_millis(100));
        }
        false
    }
}

impl Ground for Daemon {
    fn readers(&self) -> &Readers {
        &self.readers
    }

    fn reader(&self, number: usize) -> String {
        self.names[number].clone()
    }

    fn fault(&self, number: usize, fault: Fault) {
        self.tell(CardRequest::Fault {
            card: CARDS[number].to_owned(),
            fault,
        });
    }

    fn settle(&self, number: usize, kind: Option<FaultKind>) {
        let card = || CARDS[number].to_owned();
        self.tell(CardRequest::ClearFaults { card: card() });
        let is_in = self.state(number).reader.is_some();
        if kind == Some(FaultKind::Mute) && is_in {
            self.tell(CardRequest::Remove { card: card() });
        }
        // The virtual reader's driver now and then keeps a connection that it no longer serves: then the card is taken
        // out and put in once more, as a person would.
        for _ in 0..3 {
            if self.state(number).reader.is_none() {
                self.wait(number, |reader| {
                    reader.card == CardPresence::Absent && !reader.stuck
                });
                // The laboratory's number of the reader stands in its name: two slots a driver.
                let digits: Vec<usize> = self.names[number]
                    .split(' ')
                    .filter_map(|part| part.parse().ok())
                    .collect();
                self.tell(CardRequest::Insert {
                    card: card(),
                    reader: Some(digits[0] * 2 + digits[2]),
                });
            }
            if self.is_seen(number, |reader| {
                matches!(reader.card, CardPresence::Present(_)) && !reader.stuck
            }) {
                return;
            }
            if self.state(number).reader.is_some() {
                self.tell(CardRequest::Remove { card: card() });
            }
        }
        panic!("reader {number} lost its card: {:?}", self.state(number));
    }

    fn tries(&self, number: usize) -> u8 {
        self.state(number).tries_left
    }

    fn breaks_show_as_removal(&self) -> bool {
        true
    }
}

#[test]
#[ignore = "runs inside another test"]
fn inside_walk() {
    let (folder, readers, _) = handed();
    let options = Options {
        // A card that does not answer costs this long.
        command_limit: Duration::from_secs(2),
        ..Options::default()
    };
    let ground = Daemon {
        folder,
        readers: Readers::pcsc(options, Arc::new(SystemClock::new())).unwrap(),
        names: readers.split('|').map(str::to_owned).collect(),
    };
    std::thread::scope(|scope| {
        for number in 0..CARDS.len() {
            let ground = &ground;
            let seed = 200 + u64::try_from(number).unwrap();
            scope.spawn(move || walk(ground, number, 250, seed));
        }
    });
}
