//! Kept connections, bounded in number, idle time and age. One pool a worker, newest first.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::connection::Connection;
use crate::names::Host;

/// Below what the cloud's own front ends keep, so that it is mostly we who close.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// After this a connection is not used again, so that a change of addresses is noticed.
const AGE_MAX: Duration = Duration::from_secs(300);
/// A call that may have an effect goes out on a connection that idled for less than this.
const FRESH_MAX: Duration = Duration::from_secs(5);
/// Up to this, what the runtime has heard of the socket is fresh enough for a call that can be sent again, and the
/// system is not asked.
const JUST_USED: Duration = Duration::from_millis(10);

/// The idle connections of a worker.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Idle>);

#[derive(Debug, Default)]
struct Idle {
    /// The one that idled longest first.
    by_host: FxHashMap<Host, VecDeque<Connection>>,
}

impl Pool {
    /// The connection to `host` that was used last, if it is still good. `may_be_sent_twice`: as of the call it is for.
    pub(super) fn take(&self, host: &Host, may_be_sent_twice: bool, now: Instant) -> Option<Connection> {
        let idle_max = if may_be_sent_twice { IDLE_MAX } else { FRESH_MAX };
        loop {
            let mut connection = self.pop(host)?;
            let idled = now - connection.used;
            if idled > IDLE_MAX || now - connection.opened > AGE_MAX {
                continue;
            }
            if idled > idle_max {
                // Good enough for a call that can be sent again; the ones below idled even longer.
                self.put(*host, connection);
                return None;
            }
            if connection.is_quiet(!may_be_sent_twice || idled >= JUST_USED) {
                connection.is_reused = true;
                return Some(connection);
            }
        }
    }

    fn pop(&self, host: &Host) -> Option<Connection> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.by_host.get_mut(host)?.pop_back()
    }

    /// Keeps a connection whose last answer was read to its end.
    pub(super) fn put(&self, host: Host, connection: Connection) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.by_host.entry(host).or_default().push_back(connection);
    }

    /// Closes the connection that has idled longest, whichever host it leads to.
    pub(super) fn close_oldest(&self) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = idle.by_host.values_mut().filter(|kept| !kept.is_empty());
        if let Some(kept) = oldest.min_by_key(|kept| kept.front().map(|connection| connection.used)) {
            kept.pop_front();
        }
    }

    /// Closes what has idled too long or grown too old, and forgets hosts without connections.
    pub(super) fn sweep(&self, now: Instant) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.by_host.retain(|_, kept| {
            kept.retain(|connection| now - connection.used <= IDLE_MAX && now - connection.opened <= AGE_MAX);
            !kept.is_empty()
        });
    }
}
