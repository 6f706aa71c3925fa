//! The life of one role's credential as a pure machine: a state, an event and a moment make the next state and what is to be
//! done. It reads no clock, waits for nothing and throws no dice: time and chance come with the event.
//!
//! `cell` and `flight` are the shell around it. They keep the promise that it asks of them: that an attempt is made when it
//! says so, and its outcome is told.

mod due;
mod event;
mod rejection;
mod step;

use std::sync::Arc;
use std::time::Duration;

use due::Due;
pub(super) use event::{Brought, Ended, Event, Serve, Then};
#[cfg(test)]
pub(super) use event::{Step, Told};
use rejection::Rejections;

use super::age::Age;
use super::credential::Credential;
use super::error::FetchError;
use super::refused::Class;
use crate::clock::Now;

/// All that is remembered of a role. Times are of the boot clock, which never jumps.
#[derive(Debug)]
pub(super) struct State {
    /// A word for the source.
    source: &'static str,
    /// The last credential that was brought. May have expired: that is judged at each use.
    current: Option<Arc<Credential>>,
    /// When it was brought.
    since: Duration,
    due: Due,
    rejections: Rejections,
    /// When the first attempt since the last success was started.
    first_attempt: Option<Duration>,
    /// Since when there has been nothing to serve.
    empty_since: Option<Duration>,
    /// Failures since the last success, and the last of them.
    failures: u32,
    failure: Option<Arc<FetchError>>,
    /// Whether the one repetition at once was used since the last success.
    was_repeated: bool,
    /// The source's mark when a permanent failure came.
    mark: Option<u64>,
    /// Attempts that were started; that brought a credential; that did not.
    started: u64,
    refreshed: u64,
    failed: u64,
}

/// How long a request may wait for a credential.
#[derive(Debug)]
pub(super) enum Patience {
    /// So long.
    Left(Duration),
    /// Not at all: it is refused, with the last failure and the whole seconds after which it may ask again.
    Over(Option<Arc<FetchError>>, Duration),
}

/// What a client is told to wait at most: within that the next attempt is made, or none before a restart.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

impl State {
    /// Of a role that nothing was fetched for yet: an attempt is due at once.
    pub(super) fn new(source: &'static str) -> Self {
        Self {
            source,
            current: None,
            since: Duration::ZERO,
            due: Due::AtOnce,
            rejections: Rejections::default(),
            first_attempt: None,
            empty_since: None,
            failures: 0,
            failure: None,
            was_repeated: false,
            mark: None,
            started: 0,
            refreshed: 0,
            failed: 0,
        }
    }

    /// How much longer a request may wait that waits `patience` from the start of the first attempt since the last success.
    pub(super) fn left_of(&self, patience: Duration, now: &Now) -> Patience {
        let first_attempt = self.first_attempt.unwrap_or(now.boot);
        let left = (first_attempt + patience).saturating_sub(now.boot);
        if !left.is_zero() && !self.is_failing_for_good() {
            return Patience::Left(left);
        }
        let until = self.until_due(now).unwrap_or(RETRY_AFTER_MAX);
        let whole = Duration::from_secs(until.as_secs() + u64::from(until.subsec_nanos() > 0));
        Patience::Over(self.failure.clone(), whole.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX))
    }

    /// Whether the last attempt failed in a way that does not pass.
    pub(super) fn is_failing_for_good(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.class() == Class::Permanent)
    }

    /// Of a stale credential the attempt that is to replace it, by its number, where it is in flight or due: worth a moment to
    /// who starts a credential of its own from it.
    pub(super) fn replacement(&self, now: &Now) -> Option<u64> {
        let is_stale = self.current.as_ref().is_some_and(|current| current.age(now) == Age::Stale);
        (is_stale && self.until_due(now) == Some(Duration::ZERO)).then(|| self.coming())
    }

    /// The attempt in flight, or else the next one, by its number.
    const fn coming(&self) -> u64 {
        match self.due {
            Due::InFlight => self.started,
            _ => self.started + 1,
        }
    }

    /// From when on a request that is served a stale credential should wake the task. `None`: it need not.
    pub(super) fn wakes_from(&self) -> Option<Duration> {
        match self.due {
            Due::InFlight => None,
            Due::AtOnce => Some(Duration::ZERO),
            Due::ByAge { .. } => Some(self.since + self.pause()),
            Due::After { at, .. } => at,
        }
    }

    /// Why the last attempt failed, if it did.
    pub(super) const fn failure(&self) -> Option<&Arc<FetchError>> {
        self.failure.as_ref()
    }

    /// Attempts that brought a credential.
    pub(super) const fn refreshed(&self) -> u64 {
        self.refreshed
    }

    /// Attempts that did not.
    pub(super) const fn failed(&self) -> u64 {
        self.failed
    }

    /// Attempts that have ended.
    pub(super) const fn ended(&self) -> u64 {
        self.refreshed + self.failed
    }
}
