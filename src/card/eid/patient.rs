//! Time for a reader that has stumbled.
//!
//! Nothing waits as long as a reader answers. One that lost an answer gets, for the rest of the connection, the
//! pauses that other programs make always.

use std::time::Duration;

use crate::card::transport::{Protocol, ReaderFacts, Transport, TransportError};

/// Before each command; without it some readers lose one or answer a stray `6D 00`. Source: reference §3.1.
const BEFORE_EACH: Duration = Duration::from_millis(1);
/// Before a command is repeated with the right length; old cards want 10 to 50 ms. Source: reference §3.1.
const BEFORE_REPEAT: Duration = Duration::from_millis(50);

/// A transport with pauses.
pub(super) struct Patient<'t> {
    inner: &'t mut dyn Transport,
    repeats: bool,
}

impl<'t> Patient<'t> {
    pub(super) fn new(inner: &'t mut dyn Transport) -> Self {
        Self {
            inner,
            repeats: false,
        }
    }
}

impl Transport for Patient<'_> {
    fn atr(&self) -> Vec<u8> {
        self.inner.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner
            .pause(if self.repeats { BEFORE_REPEAT } else { BEFORE_EACH });
        let answer = self.inner.transmit(command);
        self.repeats = matches!(answer.as_deref(), Ok([.., 0x6C, _]));
        answer
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.inner.reset()
    }

    fn reader(&self) -> ReaderFacts {
        self.inner.reader()
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.inner.control(code, input)
    }

    fn pause(&mut self, time: Duration) {
        self.inner.pause(time);
    }

    fn protocol(&self) -> Protocol {
        self.inner.protocol()
    }
}
