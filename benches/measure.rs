//! Durations and what is said of many of them.

use std::time::{Duration, Instant};

/// How long `work` took, and what it gave.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}

/// Durations of one thing, done many times.
#[derive(Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The value that `percent` per cent of the samples do not exceed (nearest rank).
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted[rank - 1]
    }

    pub fn median(&self) -> Duration {
        self.percentile(50)
    }
}

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(samples: I) -> Self {
        Self(samples.into_iter().collect())
    }
}

pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// `p50 1.23 ms, p99 4.56 ms`.
pub fn spread_in_millis(samples: &Samples) -> String {
    format!(
        "p50 {:.2} ms, p99 {:.2} ms",
        millis(samples.median()),
        millis(samples.percentile(99))
    )
}

/// The same in microseconds.
pub fn spread_in_micros(samples: &Samples) -> String {
    format!(
        "p50 {:.1} µs, p99 {:.1} µs",
        micros(samples.median()),
        micros(samples.percentile(99))
    )
}

/// Processor time of this thread so far: unlike the clock on the wall it does not count what other programs do.
pub fn processor_time() -> Duration {
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("processor time is read from /proc");
    let nanos = text
        .split_whitespace()
        .next()
        .and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("the kernel counts processor time"))
}
