//! The only reader of time and randomness. Everything else is handed a [`Moment`] or a [`Now`].

use std::fmt;
use std::time::Duration;

use crate::names::{Moment, Nonce};

/// One reading of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since 1970-01-01T00:00:00Z, by the wall clock. Can jump.
    pub wall: Duration,
    /// Since the machine started, suspended time included (CLOCK_BOOTTIME). Never jumps.
    pub boot: Duration,
}

/// Where time and nonces come from. Tests hand in a clock of their own.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Reads both clocks.
    fn now(&self) -> Now;

    /// A nonce that was never given out before, by any process.
    fn nonce(&self) -> Nonce;

    /// Time and nonce for one attempt.
    fn moment(&self) -> Moment {
        let unix_seconds = i64::try_from(self.now().wall.as_secs()).unwrap_or(i64::MAX);
        Moment { unix_seconds, nonce: self.nonce() }
    }
}

/// The machine's clocks and the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Now { wall: duration(wall), boot: duration(boot) }
    }

    fn nonce(&self) -> Nonce {
        let mut random = [0; 16];
        // The operating system's generator, asked every time: a copy of it in this process would repeat itself
        // after a fork or a restored snapshot. Where it fails, time stands in, so that a nonce still is new.
        if getrandom::fill(&mut random).is_err() {
            random = self.now().boot.as_nanos().to_le_bytes();
        }
        Nonce::from_bytes(random)
    }
}

fn duration(time: rustix::time::Timespec) -> Duration {
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_nonces_are_alike() {
        let nonces: HashSet<_> = (0..10_000).map(|_| SystemClock.nonce()).collect();
        assert_eq!(nonces.len(), 10_000);
    }

    #[test]
    fn the_wall_clock_is_past_2025_and_the_boot_clock_runs() {
        let (first, second) = (SystemClock.now(), SystemClock.now());
        assert!(first.wall > Duration::from_secs(1_735_689_600));
        assert!(second.boot >= first.boot);
    }
}
