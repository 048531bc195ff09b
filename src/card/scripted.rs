//! Cards for unit tests: one of written transcripts, and a small applet with files, a PIN and faults.

use super::transport::{Transport, TransportError};

/// Plays a list of commands and replies, and counts.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    lines: std::collections::VecDeque<(Vec<u8>, Vec<u8>)>,
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
        self.lines
            .push_back((hex::decode(command).unwrap(), hex::decode(answer).unwrap()));
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
                Ok(reply)
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

/// A small applet 1.8 (or 1.7) with files and a PIN, as unit tests of the driver need it.
#[derive(Debug, Default)]
pub(crate) struct FileCard {
    pub(crate) atr: Vec<u8>,
    pub(crate) version: u8,
    pub(crate) files: std::collections::BTreeMap<[u8; 6], Vec<u8>>,
    pub(crate) tries: u8,
    pub(crate) signature: Vec<u8>,
    /// Faults by the number of the command, counted from 0: answered instead of the card.
    pub(crate) faults: std::collections::BTreeMap<usize, Fault>,
    pub(crate) log: Vec<String>,
    pub(crate) received: usize,
    pub(crate) resets: usize,
    pub(crate) foreign_applet: bool,
    selected: Option<[u8; 6]>,
    key: Option<u8>,
    verified: bool,
    pending: Vec<u8>,
}

/// What happens in place of an answer, or to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Transport(TransportError),
    Status(u16),
    /// The answer arrives with its data cut to this length.
    Cut(usize),
}

pub(crate) const TEST_PIN: [u8; 8] = [0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

impl FileCard {
    pub(crate) fn new(version: u8) -> Self {
        let atr = if version >= 0x18 {
            super::eid::ATR_1_8.to_vec()
        } else {
            hex::decode("3b9813400aa503010101ad1311").unwrap()
        };
        let signature = vec![5; if version >= 0x18 { 96 } else { 256 }];
        Self {
            atr,
            version,
            tries: 3,
            signature,
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, file: super::eid::File, content: Vec<u8>) -> Self {
        self.files.insert(file.path(), content);
        self
    }

    pub(crate) fn with_fault(mut self, command: usize, fault: Fault) -> Self {
        self.faults.insert(command, fault);
        self
    }

    /// Whether the PIN right outlives the last operation.
    pub(crate) const fn is_verified(&self) -> bool {
        self.verified
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let parsed = super::apdu::Command::parse(command).expect("a command");
        let want = parsed.expected().map_or(0, super::apdu::Le::count);
        let data = parsed.data().to_vec();
        let sw = |status: u16| status.to_be_bytes().to_vec();
        if self.foreign_applet && parsed.header() != [0x00, 0xA4, 0x04, 0x00] {
            return sw(0x6E00);
        }
        match parsed.header() {
            [0x00, 0xA4, 0x04, 0x00] => {
                self.foreign_applet = false;
                sw(0x9000)
            }
            [0x00, 0xA4, 0x08, 0x0C] => {
                let path: [u8; 6] = data.try_into().expect("a full path");
                if self.files.contains_key(&path) {
                    self.selected = Some(path);
                    sw(0x9000)
                } else {
                    sw(0x6A82)
                }
            }
            [0x00, 0xB0, high, low] => {
                let Some(file) = self.selected.and_then(|path| self.files.get(&path)) else {
                    return sw(0x6986);
                };
                let offset = usize::from(u16::from_be_bytes([high, low]));
                if offset >= file.len() {
                    return sw(0x6B00);
                }
                let rest = file.len() - offset;
                if want > rest {
                    return sw(0x6C00 | u16::try_from(rest).unwrap());
                }
                [&file[offset..offset + want], &[0x90, 0x00]].concat()
            }
            [0x80, 0xE4, 0x00, long] => {
                let length = match (long, self.version) {
                    (0, _) => 28,
                    (1, 0x18..) => 31,
                    _ => return sw(0x6B00),
                };
                if want != length {
                    return sw(0x6C00 | u16::try_from(length).unwrap());
                }
                let mut bytes = vec![0; length];
                bytes[21] = self.version;
                if length == 31 {
                    bytes[28] = self.tries;
                }
                bytes.extend([0x90, 0x00]);
                bytes
            }
            [0x00, 0x22, 0x41, 0xB6] => {
                self.key = data.last().copied();
                sw(0x9000)
            }
            [0x00, 0x20, 0x00, 0x01] if data.is_empty() => match (self.verified, self.tries) {
                (true, _) => sw(0x9000),
                (false, 0) => sw(0x6983),
                (false, tries) => sw(0x63C0 | u16::from(tries)),
            },
            [0x00, 0x20, 0x00, 0x01] => {
                if self.tries == 0 {
                    return sw(0x6983);
                }
                self.verified = data == TEST_PIN;
                self.tries = if self.verified { 3 } else { self.tries - 1 };
                match (self.verified, self.tries) {
                    (true, _) => sw(0x9000),
                    (false, tries) => sw(0x63C0 | u16::from(tries)),
                }
            }
            [0x00, 0x2A, 0x9E, 0x9A] => match (self.key, self.verified) {
                (None, _) => sw(0x6985),
                (_, false) => sw(0x6982),
                (Some(_), true) => {
                    self.pending = self.signature.clone();
                    sw(0x6100 | u16::try_from(self.pending.len() & 0xFF).unwrap())
                }
            },
            [0x00, 0xC0, 0x00, 0x00] => {
                let mut data = std::mem::take(&mut self.pending);
                data.extend([0x90, 0x00]);
                data
            }
            [0x80, 0xE6, 0x00, 0x00] => {
                self.verified = false;
                sw(0x9000)
            }
            _ => sw(0x6D00),
        }
    }
}

impl Transport for FileCard {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let number = self.log.len();
        self.log.push(hex::encode(&command[..4]));
        let answer = match self.faults.remove(&number) {
            Some(Fault::Transport(error)) => return Err(error),
            Some(Fault::Status(status)) => status.to_be_bytes().to_vec(),
            Some(Fault::Cut(length)) => {
                let full = self.answer(command);
                [&full[..length], &full[full.len() - 2..]].concat()
            }
            None => self.answer(command),
        };
        self.received += answer.len();
        Ok(answer)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.resets += 1;
        self.selected = None;
        self.key = None;
        self.verified = false;
        self.foreign_applet = false;
        Ok(())
    }
}
