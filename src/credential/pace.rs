//! At most 20 STS calls in any second, over all roles of the process: a fifth of an account's quota.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Most calls within [`WINDOW`].
const CALLS_MAX: usize = 20;
const WINDOW: Duration = Duration::from_secs(1);

/// The times of the last calls. One for the whole process.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<VecDeque<Duration>>);

impl Pace {
    /// Returns when one more call may be made, in the order of asking.
    pub(super) async fn take(&self, clock: &dyn Clock) {
        let wait = self.reserve(clock.now().boot);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Books the next free place; says how far away it is.
    fn reserve(&self, now: Duration) -> Duration {
        let mut booked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = if booked.len() < CALLS_MAX { None } else { booked.pop_front() };
        let at = oldest.map_or(now, |oldest| now.max(oldest + WINDOW));
        booked.push_back(at);
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_has_more_than_twenty_calls() {
        let pace = Pace::default();
        let mut calls: Vec<Duration> = Vec::new();
        for step in 0..100 {
            let now = Duration::from_millis(step * 7);
            calls.push(now + pace.reserve(now));
        }
        assert!(calls.windows(CALLS_MAX + 1).all(|calls| calls[CALLS_MAX] - calls[0] >= WINDOW), "{calls:?}");
        assert!(calls[99] < Duration::from_secs(5), "no slower than it has to be");
    }
}
