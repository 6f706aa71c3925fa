//! One step of the machine: what each event does to the state, and what the shell is to do about it.

use std::sync::Arc;
use std::time::Duration;

use super::State;
use super::due::Due;
use super::event::{Brought, Ended, Event, Serve, Step, Then, Told};
use super::rejection::Verdict;
use crate::clock::Now;
use crate::credential::age::{Age, Life};
use crate::credential::backoff::{self, Failure};
use crate::credential::chance::Chance;
use crate::credential::credential::Credential;
use crate::credential::error::{AnswerError, FetchError};
use crate::credential::refused::Class;

/// Timers stop while the machine is suspended: so no sleep is longer than this, and a laptop that wakes without a
/// request in sight has a fresh credential within a minute.
const NAP_MAX: Duration = Duration::from_secs(60);
/// How often a file is looked at while a permanent failure is waited out.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// An answer that brings what we have already is no failure; there will be another one before its end. When it is asked for:
const UNCHANGED: (Duration, Duration) = (Duration::from_secs(240), Duration::from_secs(360));
/// Two answers that name the same end, read with clocks and dates of whole seconds.
const SAME_END: Duration = Duration::from_secs(2);

impl State {
    /// What `event` does `now`.
    pub(crate) fn step(&mut self, event: Event, now: &Now) -> Step {
        match event {
            Event::Woken => Step::then(self.next(now)),
            Event::Marked(mark) => {
                if mark != self.mark && matches!(self.due, Due::After { .. }) {
                    self.due = Due::AtOnce;
                }
                Step::then(self.next(now))
            }
            Event::Ended(ended) => {
                let mut step = self.end(ended, now);
                step.then = self.next(now);
                step
            }
            Event::Rejected(generation) => self.reject(generation, now),
        }
    }

    /// Starts an attempt if one is due, and else says how long to sleep.
    fn next(&mut self, now: &Now) -> Then {
        if self.due == Due::InFlight {
            return Then::Go;
        }
        let left = self.until_due(now);
        if left == Some(Duration::ZERO) {
            self.due = Due::InFlight;
            self.started += 1;
            self.first_attempt.get_or_insert(now.boot);
            return Then::Fetch { may_repeat: !self.was_repeated };
        }
        let is_watching = self.mark.is_some();
        let longest = if is_watching { MARK_EVERY } else { NAP_MAX };
        Then::Sleep { at_most: left.unwrap_or(longest).min(longest), is_watching }
    }

    fn end(&mut self, ended: Ended, now: &Now) -> Step {
        let Ended { outcome, was_repeated, mark, is_fixed, chance } = ended;
        self.was_repeated |= was_repeated;
        match outcome.and_then(|brought| self.judge(brought, now)) {
            Ok(brought) if self.has_already(&brought.credential, now) => self.keep(now, chance),
            Ok(brought) => self.succeed(brought, now),
            Err(error) => self.fail(error, (mark, is_fixed), now, chance),
        }
    }

    /// Refuses what is of no use.
    fn judge(&self, brought: Brought, now: &Now) -> Result<Brought, FetchError> {
        let credential = &brought.credential;
        if self.rejections.is_suspect(credential)
            && let Some(key) = credential.access_key()
        {
            return Err(FetchError::SameKey(key.id().clone()));
        }
        if credential.age(now) == Age::Expired {
            return Err(FetchError::BadAnswer(self.source.to_owned(), AnswerError::Expired));
        }
        Ok(brought)
    }

    /// Whether this is the credential that is served, given out once more before the next one is there.
    fn has_already(&self, brought: &Credential, now: &Now) -> bool {
        let Some(current) = self.current.as_ref().filter(|current| current.age(now) != Age::Expired) else {
            return false;
        };
        let id = |credential: &Credential| credential.access_key().map(|key| key.id().clone());
        let ends = (current.life().map(Life::expires_at), brought.life().map(Life::expires_at));
        let (Some(ours), Some(theirs)) = ends else { return false };
        id(current).is_some() && id(current) == id(brought) && ours.abs_diff(theirs) <= SAME_END
    }

    fn succeed(&mut self, brought: Brought, now: &Now) -> Step {
        let Brought { credential, again_after } = brought;
        let expires_at = credential.life().map(Life::expires_at);
        let is_pair = credential.access_key().is_some_and(|key| key.security_token().is_none());
        let mut tell = vec![Told::Refreshed { expires_at }];
        if credential.life().is_none() && is_pair {
            tell.push(Told::LongLivedKey);
        }
        self.current = Some(Arc::clone(&credential));
        self.since = now.boot;
        self.recover();
        self.due = Due::ByAge { again_after };
        Step { serve: Some(Serve::This(credential)), tell, then: Then::Go }
    }

    /// Goes on with the credential that is served: its life counts from when it was first had.
    fn keep(&mut self, now: &Now, chance: Chance) -> Step {
        let life = self.current.as_ref().and_then(|current| current.life());
        let left = life.map_or(UNCHANGED.0, |life| life.until_expired(now));
        let delay = chance.between(UNCHANGED.0, UNCHANGED.1).min(left / 2).max(self.pause());
        self.recover();
        self.due = Due::After { at: Some(now.boot.saturating_add(delay)), is_cut: true };
        Step::then(Then::Go)
    }

    /// Forgets the failures.
    fn recover(&mut self) {
        self.first_attempt = None;
        self.empty_since = None;
        self.failures = 0;
        self.failure = None;
        self.was_repeated = false;
        self.mark = None;
        self.refreshed += 1;
    }

    fn fail(
        &mut self,
        error: FetchError,
        (mark, is_fixed): (Option<u64>, bool),
        now: &Now,
        chance: Chance,
    ) -> Step {
        let (class, error) = (error.class(), Arc::new(error));
        let is_live = self.current.as_ref().is_some_and(|current| current.age(now) != Age::Expired);
        let empty_for = if is_live {
            self.empty_since = None;
            None
        } else {
            Some(now.boot.saturating_sub(*self.empty_since.get_or_insert(now.boot)))
        };
        let failure = Failure {
            class,
            before: self.failures,
            empty_for,
            asked: error.retry_after(),
            has_waited: matches!(*error, FetchError::Inner(_)),
        };
        let is_for_ever = class == Class::Permanent && is_fixed;
        let retry_in = (!is_for_ever).then(|| backoff::delay(&failure, chance));
        self.due = Due::After {
            at: retry_in.map(|delay| now.boot.saturating_add(delay)),
            is_cut: is_live && matches!(class, Class::Passing | Class::Once),
        };
        self.mark = mark.filter(|_| class == Class::Permanent);
        self.failures = self.failures.saturating_add(1);
        self.failed += 1;
        self.failure = Some(Arc::clone(&error));
        Step { serve: None, tell: vec![Told::Failed { error, retry_in, is_live }], then: Then::Go }
    }

    fn reject(&mut self, generation: u64, now: &Now) -> Step {
        let Some(current) = self.current.as_ref().filter(|current| current.generation() == generation) else {
            // It has been replaced already, or taken away.
            return Step::then(Then::Go);
        };
        // An attempt that runs anyway serves as the forced one.
        let is_in_flight = self.due == Due::InFlight;
        let goal = self.coming();
        match self.rejections.judge(current, now) {
            Verdict::Forces => {
                if !is_in_flight {
                    self.due = Due::AtOnce;
                }
                Step { serve: None, tell: vec![Told::Rejected], then: Then::Await(goal) }
            }
            Verdict::Forced { .. } if is_in_flight || self.due == Due::AtOnce => {
                Step::then(Then::Await(goal))
            }
            // Its one attempt has failed. A credential with an end is served until then. One without is served until
            // refused: this is the second time, and not the same hiccup.
            Verdict::Forced { is_long_ago: true } if current.ends_unannounced() => {
                self.current = None;
                Step { serve: Some(Serve::Nothing), tell: vec![Told::Ended], then: Then::Go }
            }
            Verdict::Forced { .. } | Verdict::TooSoon => Step::then(Then::Go),
        }
    }
}
