//! Says half an hour ahead that a human will have to log in again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::Desk;
use crate::credential::observer::Event;

/// How long before a session's end it is told.
const AHEAD: i64 = 30 * 60;
/// How often it is looked whether it is time. Timers stop while the machine is suspended, so no sleep is longer.
const LOOKED_AT: Duration = Duration::from_secs(30);
/// No session is known to end.
const NEVER: i64 = i64::MAX;

/// Watches the end of the session that is in use.
#[derive(Debug)]
pub(super) struct Warning {
    ends_at: Arc<AtomicI64>,
    watching: AbortHandle,
}

impl Warning {
    /// Watches on `runtime`, until it is dropped.
    pub(super) fn start(desk: Arc<Desk>, runtime: &Handle) -> Self {
        let ends_at = Arc::new(AtomicI64::new(NEVER));
        let watching = runtime.spawn(watch(desk, Arc::clone(&ends_at))).abort_handle();
        Self { ends_at, watching }
    }

    /// The session that is in use ends then.
    pub(super) fn expect(&self, ends_at: Option<i64>) {
        self.ends_at.store(ends_at.unwrap_or(NEVER), Ordering::Relaxed);
    }
}

impl Drop for Warning {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn watch(desk: Arc<Desk>, ends_at: Arc<AtomicI64>) {
    let mut warned_of = None;
    loop {
        let end = ends_at.load(Ordering::Relaxed);
        let is_due = desk.clock.now().unix_seconds() >= end.saturating_sub(AHEAD);
        if is_due && warned_of != Some(end) {
            // Somebody may have logged in again meanwhile. A store that fails is told of when it is next fetched from.
            if let Ok(Some(session)) = desk.load().await {
                let fresh = session.ends_at().unwrap_or(NEVER);
                if fresh == end {
                    warned_of = Some(end);
                    let left = u64::try_from(end - desk.clock.now().unix_seconds()).unwrap_or(0);
                    let (in_, command) = (Duration::from_secs(left), session.command(&desk.role));
                    desk.observer.observe(&desk.role, &Event::LoginEnds { in_, command: &command });
                } else {
                    ends_at.store(fresh, Ordering::Relaxed);
                }
            }
        }
        tokio::time::sleep(LOOKED_AT).await;
    }
}
