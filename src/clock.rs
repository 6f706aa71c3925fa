//! The only reader of time and randomness. Everything else is handed a [`Moment`] or a [`Now`].

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::names::{Moment, Nonce};

/// One reading of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since 1970-01-01T00:00:00Z, by the wall clock. Can jump.
    pub wall: Duration,
    /// Since the machine started, suspended time included (CLOCK_BOOTTIME). Never jumps.
    pub boot: Duration,
}

impl Now {
    /// The wall clock in whole seconds.
    pub fn unix_seconds(&self) -> i64 {
        i64::try_from(self.wall.as_secs()).unwrap_or(i64::MAX)
    }
}

/// Where time and nonces come from. Tests hand in a clock of their own.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Reads both clocks.
    fn now(&self) -> Now;

    /// Reads CLOCK_BOOTTIME alone: for durations.
    fn boot(&self) -> Duration {
        self.now().boot
    }

    /// A nonce that was never given out before, by any process.
    fn nonce(&self) -> Nonce;

    /// 256 bits that nobody can guess, for a secret of this process's own. Never made up from the time, as a nonce may be.
    fn secret(&self) -> io::Result<[u8; 32]> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(random)
    }

    /// Time and nonce for one attempt.
    fn moment(&self) -> Moment {
        self.moment_at(&self.now())
    }

    /// The same, for an attempt that starts `now`: the clocks need not be read again.
    fn moment_at(&self, now: &Now) -> Moment {
        Moment { unix_seconds: now.unix_seconds(), nonce: self.nonce() }
    }
}

/// The machine's clocks and the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: read(ClockId::Realtime), boot: read(ClockId::Boottime) }
    }

    fn boot(&self) -> Duration {
        read(ClockId::Boottime)
    }

    fn nonce(&self) -> Nonce {
        nonce_at(read(ClockId::Realtime))
    }

    fn moment_at(&self, now: &Now) -> Moment {
        Moment { unix_seconds: now.unix_seconds(), nonce: nonce_at(now.wall) }
    }
}

/// The operating system gives no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEntropy;

impl fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gives no randomness")
    }
}

impl std::error::Error for NoEntropy {}

/// 256 bits that nobody can guess: for what must not be known, where a nonce must only be new.
///
/// # Errors
/// There is none to be had. Nothing else stands in for it.
pub fn entropy() -> Result<[u8; 32], NoEntropy> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

/// The time is mixed in, so that a machine restored from a snapshot, with the same reserve, does not repeat itself; and
/// stands in where the operating system gives no randomness.
fn nonce_at(wall: Duration) -> Nonce {
    let random = RANDOM.with_borrow_mut(Reserve::next);
    Nonce::from_bytes((random ^ wall.as_nanos()).to_le_bytes())
}

thread_local! {
    static RANDOM: RefCell<Reserve> = const { RefCell::new(Reserve { bytes: [0; Reserve::BYTES], used: Reserve::BYTES }) };
}

/// Randomness of the operating system, fetched for many nonces at a time: one system call a request is one too many.
struct Reserve {
    bytes: [u8; Self::BYTES],
    used: usize,
}

impl Reserve {
    /// 32 nonces.
    const BYTES: usize = 512;

    fn next(&mut self) -> u128 {
        if self.used + 16 > Self::BYTES {
            if getrandom::fill(&mut self.bytes).is_err() {
                // Asked again for the next one: what is here was handed out before.
                return 0;
            }
            self.used = 0;
        }
        let mut random = [0; 16];
        if let Some(next) = self.bytes.get_mut(self.used..self.used + 16) {
            random.copy_from_slice(next);
            next.fill(0);
        }
        self.used += 16;
        u128::from_le_bytes(random)
    }
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
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
