//! The card side of the virtual reader driver: a TCP client that plays a card.
//!
//! Each message is two bytes of big-endian length and the payload; a payload of one byte is a control code. The
//! driver sends length and command in two segments, so without quick acknowledgement every command would wait
//! 44 ms for a delayed ACK (reference virtual-reader §2).

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::LabError;
use super::card::{AnyCard, Exchange};

/// A card shared between the reader it is in and whoever controls it.
pub type SharedCard = Arc<Mutex<AnyCard>>;

/// What the owner of an inserted card hears about it. Called from the card's thread, without the card's lock.
pub trait Observer: Send + Sync {
    /// The card answered a command. `changed`: its lasting state changed.
    fn answered(&self, changed: bool);
    /// The card was told to be reset by another program.
    fn reset_wanted(&self);
    /// The card took itself out of the reader.
    fn removed(&self);
}

/// A card in a virtual reader. Dropping it takes the card out.
#[derive(Debug)]
pub struct InsertedCard {
    stream: Arc<Mutex<Option<TcpStream>>>,
    leaving: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GIVE_ATR: u8 = 4;

/// How often and how long to try until the driver listens.
const ATTEMPTS: u32 = 200;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(25);

impl InsertedCard {
    /// Connects `card` to the reader whose driver listens on the loopback `port`, and plays it in its own thread.
    ///
    /// # Errors
    /// `Reader` when nothing listens there within five seconds.
    pub fn insert(card: SharedCard, port: u16, observer: Arc<dyn Observer>) -> Result<Self, LabError> {
        card.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .set_present(true);
        let first = connect(port)?;
        let stream = Arc::new(Mutex::new(Some(first)));
        let leaving = Arc::new(AtomicBool::new(false));
        let (shared, left) = (Arc::clone(&stream), Arc::clone(&leaving));
        let thread = std::thread::Builder::new()
            .name(format!("lab-card-{port}"))
            .spawn(move || {
                loop {
                    let own = shared
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .as_ref()
                        .map(TcpStream::try_clone);
                    let Some(Ok(own)) = own else { break };
                    let end = play(&own, &card, observer.as_ref());
                    // WHY: taking the card out is the shutdown, not the end of the process that holds the socket.
                    let _ = own.shutdown(Shutdown::Both);
                    if left.load(Ordering::SeqCst) {
                        break;
                    }
                    match end {
                        End::Removed => {
                            observer.removed();
                            break;
                        }
                        End::Broken | End::Closed => match connect(port) {
                            Ok(again) => *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(again),
                            Err(_) => break,
                        },
                    }
                }
                card.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .set_present(false);
            })
            .map_err(|error| LabError::Reader(format!("card thread: {error}")))?;
        Ok(Self {
            stream,
            leaving,
            thread: Some(thread),
        })
    }

    /// Whether the card is still in the reader.
    pub fn is_in(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for InsertedCard {
    fn drop(&mut self) {
        self.leaving.store(true, Ordering::SeqCst);
        if let Some(stream) = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Why a card stopped being played on one connection.
enum End {
    /// The driver closed.
    Closed,
    /// The connection is to break off in the middle of a command.
    Broken,
    /// The card is to leave the reader.
    Removed,
}

fn play(stream: &TcpStream, card: &SharedCard, observer: &dyn Observer) -> End {
    let quick = socket2::SockRef::from(stream);
    let mut reader = stream;
    let mut writer = stream;
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(300);
    loop {
        // Before and after each read: the kernel leaves the mode by itself.
        let _ = quick.set_tcp_quickack(true);
        let mut length = [0_u8; 2];
        if reader.read_exact(&mut length).is_err() {
            return End::Closed;
        }
        let _ = quick.set_tcp_quickack(true);
        buffer.resize(usize::from(u16::from_be_bytes(length)), 0);
        if reader.read_exact(&mut buffer).is_err() {
            return End::Closed;
        }
        let _ = quick.set_tcp_quickack(true);
        let answer = match buffer.as_slice() {
            [POWER_OFF | POWER_ON | RESET] => {
                card.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .reset_volatile();
                continue;
            }
            [GIVE_ATR] => card.lock().unwrap_or_else(PoisonError::into_inner).atr(),
            [] | [_] => continue,
            command => {
                let (exchange, changed) = {
                    let mut card = card.lock().unwrap_or_else(PoisonError::into_inner);
                    let mut exchange = card.exchange(command);
                    if exchange == Exchange::Reset {
                        // Another program can reset a card only between two transactions, so this one goes on.
                        observer.reset_wanted();
                        exchange = card.exchange(command);
                    }
                    (exchange, card.take_changed())
                };
                match exchange {
                    Exchange::Answer { bytes, delay } => {
                        observer.answered(changed);
                        if !delay.is_zero() {
                            std::thread::sleep(delay);
                        }
                        bytes
                    }
                    Exchange::Communication | Exchange::Reset => return End::Broken,
                    Exchange::Mute => continue,
                    Exchange::Removed => return End::Removed,
                }
            }
        };
        let mut message = u16::try_from(answer.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes()
            .to_vec();
        message.extend_from_slice(&answer);
        if writer.write_all(&message).is_err() {
            return End::Closed;
        }
    }
}

fn connect(port: u16) -> Result<TcpStream, LabError> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
        std::thread::sleep(BETWEEN_ATTEMPTS);
    }
    let cause = last.map_or_else(String::new, |error| format!(": {error}"));
    Err(LabError::Reader(format!(
        "the virtual reader does not listen on port {port}{cause}"
    )))
}
