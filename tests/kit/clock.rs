//! A clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use countersign::clock::{Clock, Now, SystemClock};
use countersign::names::Nonce;
use tokio::time::Instant;

/// The machine's clocks, moved.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// Where they stood, and since when tokio's time counts instead of theirs.
    from: Option<(Now, Instant)>,
    wall: AtomicI64,
    boot: AtomicI64,
}

impl Moved {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The machine's clocks of this moment, which go on with tokio's time: a test that pauses it passes hours in a moment.
    pub(crate) fn with_timers() -> Arc<Self> {
        Arc::new(Self { from: Some((SystemClock.now(), Instant::now())), ..Self::default() })
    }

    /// A wall clock that is wrong by so many seconds.
    pub(crate) fn wrong_by(seconds: i64) -> Arc<Self> {
        Arc::new(Self { wall: AtomicI64::new(seconds), ..Self::default() })
    }

    /// Sets the wall clock, by so many seconds.
    pub(crate) fn step(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).unwrap();
        self.wall.fetch_add(seconds, Ordering::Relaxed);
        self.boot.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> Now {
        let now = match &self.from {
            None => SystemClock.now(),
            Some((from, since)) => {
                let gone = since.elapsed();
                Now { wall: from.wall + gone, boot: from.boot + gone }
            }
        };
        let moved = |time: Duration, by: &AtomicI64| {
            let by = by.load(Ordering::Relaxed);
            let distance = Duration::from_secs(by.unsigned_abs());
            if by < 0 { time - distance } else { time + distance }
        };
        Now { wall: moved(now.wall, &self.wall), boot: moved(now.boot, &self.boot) }
    }

    fn nonce(&self) -> Nonce {
        SystemClock.nonce()
    }
}

/// The true time, in whole seconds since 1970.
pub(crate) fn unix_seconds() -> i64 {
    i64::try_from(SystemClock.now().wall.as_secs()).unwrap()
}
