//! The clock that handlers, jobs and commands own and pass on as a [`Timestamp`].

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::time::Timestamp;

/// Tells the time. Domain functions never take a clock, only a [`Timestamp`].
pub trait Clock: Send + Sync {
    /// The time now, UTC.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment that never goes backwards, for ages of cached things and for measuring.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts at zero now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where ambient time enters"
    )]
    pub fn new() -> Self {
        Self {
            started: std::time::Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where ambient time enters"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from(jiff::Timestamp::now())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until it is moved, for tests and for replaying a moment.
#[derive(Debug)]
pub struct FixedClock {
    micros: AtomicI64,
    start: i64,
}

impl FixedClock {
    /// A clock that stands at `at`.
    pub fn new(at: Timestamp) -> Self {
        Self {
            micros: AtomicI64::new(at.as_micros()),
            start: at.as_micros(),
        }
    }

    /// Moves the clock on by `by`.
    pub fn advance(&self, by: Duration) {
        self.micros
            .store(self.now().plus(by).as_micros(), Ordering::SeqCst);
    }

    /// Sets the clock to `at`.
    pub fn set(&self, at: Timestamp) {
        self.micros.store(at.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
            .unwrap_or_else(|_| jiff::Timestamp::UNIX_EPOCH.into())
    }

    fn monotonic(&self) -> Duration {
        u64::try_from(self.micros.load(Ordering::SeqCst).saturating_sub(self.start))
            .map_or(Duration::ZERO, Duration::from_micros)
    }
}
