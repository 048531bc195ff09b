//! A card of written transcripts for unit tests: for each expected command its answer, or a fault.

use super::transport::{Transport, TransportError};

/// What the card does with a command.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Bytes(Vec<u8>),
    Fault(TransportError),
}

/// Plays a list of commands and replies, and counts.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    lines: std::collections::VecDeque<(Vec<u8>, Reply)>,
    always: Option<Vec<u8>>,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) resets: usize,
    pub(crate) atr: Vec<u8>,
}

impl Scripted {
    pub(crate) fn new(lines: &[(&str, &str)]) -> Self {
        let mut card = Self {
            atr: super::eid::ATR_1_8.to_vec(),
            ..Self::default()
        };
        for (command, answer) in lines {
            card = card.then(command, answer);
        }
        card
    }

    pub(crate) fn then(mut self, command: &str, answer: &str) -> Self {
        self.lines.push_back((
            hex::decode(command).unwrap(),
            Reply::Bytes(hex::decode(answer).unwrap()),
        ));
        self
    }

    pub(crate) fn then_fault(mut self, command: &str, error: TransportError) -> Self {
        self.lines
            .push_back((hex::decode(command).unwrap(), Reply::Fault(error)));
        self
    }

    pub(crate) fn then_always(&mut self, answer: &str) {
        self.always = Some(hex::decode(answer).unwrap());
    }

    pub(crate) fn assert_finished(&self) {
        assert!(self.lines.is_empty(), "never sent: {:?}", self.lines);
    }
}

impl Transport for Scripted {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.push(command.to_vec());
        match self.lines.pop_front() {
            Some((expected, reply)) => {
                assert_eq!(
                    hex::encode(command),
                    hex::encode(&expected),
                    "command {}",
                    self.sent.len()
                );
                match reply {
                    Reply::Bytes(bytes) => Ok(bytes),
                    Reply::Fault(error) => Err(error),
                }
            }
            None => match &self.always {
                Some(bytes) => Ok(bytes.clone()),
                None => panic!("unexpected command {}", hex::encode(command)),
            },
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.resets += 1;
        Ok(())
    }
}
