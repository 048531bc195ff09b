//! The walk in this process.

use std::sync::{Arc, Mutex};

use zegel::base::clock::SystemClock;
use zegel::card::readers::{MemoryReaders, Options};
use zegel::card::transport::{Transport, TransportError};
use zegel::lab::card::VirtualCard;

use super::*;
use crate::card::rare;

/// A card that the test keeps a hand on.
#[derive(Clone)]
struct Held(Arc<Mutex<VirtualCard>>);

impl Transport for Held {
    fn atr(&self) -> Vec<u8> {
        self.0.lock().unwrap().atr()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.lock().unwrap().transmit(command)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        self.0.lock().unwrap().reset()
    }
}

struct Memory {
    world: MemoryReaders,
    readers: Readers,
    cards: Vec<Held>,
}

impl Ground for Memory {
    fn readers(&self) -> &Readers {
        &self.readers
    }
    fn reader(&self, number: usize) -> String {
        format!("Zegel {number}")
    }
    fn fault(&self, number: usize, fault: Fault) {
        self.cards[number].0.lock().unwrap().add_fault(fault);
    }
    fn settle(&self, number: usize, kind: Option<FaultKind>) {
        self.cards[number].0.lock().unwrap().clear_faults();
        match kind {
            Some(FaultKind::Removed) => {
                self.cards[number].0.lock().unwrap().set_present(true);
                self.world
                    .insert(&self.reader(number), self.cards[number].clone());
            }
            Some(FaultKind::Slow(_)) => self.world.reset_by_another_program(&self.reader(number)),
            _ => {}
        }
    }
    fn tries(&self, number: usize) -> u8 {
        self.cards[number].0.lock().unwrap().image().tries_left
    }
    fn breaks_show_as_removal(&self) -> bool {
        false
    }
}

#[test]
fn a_thousand_operations_on_four_failing_readers() {
    let world = MemoryReaders::new();
    let names = ["eu-plus", "applet-17", "rekeyed", "long-names"];
    let cards = names.map(|name| Held(Arc::new(Mutex::new(rare::card(name)))));
    for (number, card) in cards.iter().enumerate() {
        world.insert(&format!("Zegel {number}"), card.clone());
    }
    let service = Arc::new(world.clone());
    let ground = Memory {
        world,
        readers: Readers::start(service, Options::default(), Arc::new(SystemClock::new())).unwrap(),
        cards: cards.to_vec(),
    };
    std::thread::scope(|scope| {
        for number in 0..names.len() {
            let ground = &ground;
            let seed = 100 + u64::try_from(number).unwrap();
            scope.spawn(move || walk(ground, number, 250, seed));
        }
    });
}
