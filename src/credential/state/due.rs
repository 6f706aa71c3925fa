//! When the next attempt is due.

use std::time::Duration;

use super::State;
use crate::clock::Now;
use crate::credential::age::Life;

/// What the next attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// For the one that is in flight: there is never a second.
    InFlight,
    /// For nothing: none was made yet, or the cloud has rejected the credential.
    AtOnce,
    /// For the credential to become stale. One without an end is asked for again after so long, if at all.
    ByAge { again_after: Option<Duration> },
    /// For a time, as after a failure. `None`: there is none before a restart.
    After {
        at: Option<Duration>,
        /// Not longer than the credential lives.
        is_cut: bool,
    },
}

impl State {
    /// How long until an attempt is due; of one in flight, nothing. `None`: never, as things stand.
    pub(super) fn until_due(&self, now: &Now) -> Option<Duration> {
        let life = self.current.as_ref().map(|current| current.life());
        match (self.due, life) {
            (Due::InFlight | Due::AtOnce, _) | (Due::ByAge { .. }, None) => Some(Duration::ZERO),
            (Due::ByAge { .. }, Some(Some(life))) => {
                let pause = (self.since + self.pause()).saturating_sub(now.boot);
                // The pause is for what lives: who has nothing to serve need not fear to spin, there is a success between.
                Some(life.until_refresh(now).max(pause).min(life.until_expired(now)))
            }
            (Due::ByAge { again_after }, Some(None)) => {
                again_after.map(|after| (self.since + after).saturating_sub(now.boot))
            }
            (Due::After { at, is_cut }, life) => {
                let left = at?.saturating_sub(now.boot);
                match life.flatten() {
                    Some(life) if is_cut => Some(left.min(life.until_expired(now))),
                    _ => Some(left),
                }
            }
        }
    }

    /// What lies at least between the success that brought the credential and the next one.
    pub(super) fn pause(&self) -> Duration {
        let life = self.current.as_ref().and_then(|current| current.life());
        life.map(Life::pause).unwrap_or_default()
    }
}
