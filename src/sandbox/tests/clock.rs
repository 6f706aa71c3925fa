//! A clock that stands until a test moves it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{Clock, Now};
use crate::names::Nonce;

/// Stands at a moment of 2024 until it is moved. Its nonces count up.
#[derive(Debug)]
pub(crate) struct StandingClock {
    at: Mutex<Duration>,
    nonces: AtomicU64,
}

impl StandingClock {
    pub(crate) fn new() -> Self {
        Self { at: Mutex::new(Duration::from_secs(1_709_798_945)), nonces: AtomicU64::new(0) }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        *self.at.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += Duration::from_secs(seconds);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Now {
        let at = *self.at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Now { wall: at, boot: at }
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_bytes(u128::from(self.nonces.fetch_add(1, Ordering::Relaxed)).to_be_bytes())
    }
}
