//! The task that fetches for one cell: waits until an attempt is due, makes it, and says when the next one is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use super::age::{Age, Life};
use super::backoff::{self, Failure};
use super::cell::Shared;
use super::chance::Chance;
use super::credential::{Credential, Fetched};
use super::error::{AnswerError, FetchError};
use super::memory::Memory;
use super::observer::Event;
use super::refused::Class;
use super::source::Source;
use crate::clock::Now;

/// One attempt, all hosts and the repetition at once included.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// Timers stop while the machine is suspended: so no sleep is longer than this, and a laptop that wakes without a
/// request in sight has a fresh credential within a minute.
const NAP_MAX: Duration = Duration::from_secs(60);
/// How often a file is looked at while a permanent failure is waited out, and how long a look may take.
const MARK_EVERY: Duration = Duration::from_secs(1);

/// Runs until it is aborted.
pub(super) async fn fly(shared: Arc<Shared>) {
    loop {
        let due = shared.due_in(&shared.clock.now());
        if due == Some(Duration::ZERO) {
            shared.attempt().await;
            continue;
        }
        let watches = shared.memory().mark.is_some();
        let nap = due.unwrap_or(NAP_MAX).min(if watches { MARK_EVERY } else { NAP_MAX });
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = shared.wake.notified() => {}
        }
        if watches && let Ok(mark) = tokio::time::timeout(MARK_EVERY, shared.source.mark()).await {
            let mut memory = shared.memory();
            if mark != memory.mark {
                memory.forget_back_off();
            }
        }
    }
}

impl Shared {
    /// How long until an attempt is due. `None`: never, as things stand.
    fn due_in(&self, now: &Now) -> Option<Duration> {
        let current = self.current.load();
        let life = current.as_ref().map(|credential| credential.life());
        let memory = self.memory();
        if memory.is_forced {
            return Some(Duration::ZERO);
        }
        if memory.failure.is_some() {
            let back_off = memory.retry_at?.saturating_sub(now.boot);
            return match life.flatten() {
                Some(life) if memory.is_cut_at_expiry => Some(back_off.min(life.until_expired(now))),
                _ => Some(back_off),
            };
        }
        match life {
            None => Some(Duration::ZERO),
            Some(life) => life.map(|life| life.until_refresh(now)),
        }
    }

    async fn attempt(&self) {
        let may_repeat = {
            let mut memory = self.memory();
            memory.start(&self.clock.now());
            !memory.was_repeated
        };
        self.is_in_flight.store(true, Ordering::Relaxed);
        let Asked { outcome, was_repeated, mark } = self.fetch(may_repeat).await;
        self.memory().was_repeated |= was_repeated;
        match outcome.and_then(|fetched| self.absorb(fetched)) {
            Ok(credential) => self.succeed(credential),
            Err(error) => self.fail(error, mark),
        }
        self.is_in_flight.store(false, Ordering::Relaxed);
        self.ended.send_modify(|count| *count += 1);
    }

    /// Asks the source, on a task of its own: a fault in a source must not end this one.
    async fn fetch(&self, may_repeat: bool) -> Asked {
        let mut tasks = JoinSet::new();
        let source = Arc::clone(&self.source);
        tasks.spawn(async move {
            source.turn().await;
            tokio::time::timeout(ATTEMPT_TIMEOUT, ask(source, may_repeat)).await
        });
        let failed = |error| Asked { outcome: Err(error), was_repeated: false, mark: None };
        match tasks.join_next().await {
            Some(Ok(Ok(asked))) => asked,
            Some(Ok(Err(_elapsed))) => failed(FetchError::TooSlow),
            Some(Err(_)) | None => failed(FetchError::Broken),
        }
    }

    fn absorb(&self, fetched: Fetched) -> Result<Credential, FetchError> {
        if let Some(id) = fetched.access_key_id().filter(|id| self.memory().is_suspect(id)) {
            return Err(FetchError::SameKey(id.clone()));
        }
        let life =
            fetched.life.map(|(at, length)| Life::new(at, length, self.used, Chance::throw(&*self.clock)));
        if life.is_some_and(|life| life.until_expired(&self.clock.now()).is_zero()) {
            return Err(FetchError::BadAnswer(self.source.name().to_owned(), AnswerError::Expired));
        }
        Ok(Credential::absorb(fetched, life, self.used))
    }

    fn succeed(&self, credential: Credential) {
        let expires_at = credential.life().map(Life::expires_at);
        let is_pair = credential.access_key().is_some_and(|key| key.security_token().is_none());
        let is_long_lived = credential.life().is_none() && is_pair;
        self.current.store(Some(Arc::new(credential)));
        self.memory().succeed();
        self.retry_at.store(0, Ordering::Relaxed);
        self.observer.observe(&self.role, &Event::Refreshed { expires_at });
        if is_long_lived {
            self.observer.observe(&self.role, &Event::LongLivedKey);
        }
    }

    fn fail(&self, error: FetchError, mark: Option<u64>) {
        let now = self.clock.now();
        let current = self.current.load_full();
        let is_live = current.as_ref().is_some_and(|credential| credential.age(&now) != Age::Expired);
        let error = Arc::new(error);
        let retry_in = self.remember(&error, is_live, &now);
        self.memory().mark = mark.filter(|_| error.class() == Class::Permanent);
        let retry_at = retry_in.map_or(Duration::MAX, |delay| now.boot.saturating_add(delay));
        self.retry_at.store(u64::try_from(retry_at.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.observer.observe(&self.role, &Event::RefreshFailed { error: &error, retry_in, is_live });
    }

    /// Notes a failure; says when the next attempt is due, if ever.
    fn remember(&self, error: &Arc<FetchError>, is_live: bool, now: &Now) -> Option<Duration> {
        let class = error.class();
        let mut memory = self.memory();
        let memory: &mut Memory = &mut memory;
        let empty_for = if is_live {
            memory.empty_since = None;
            None
        } else {
            Some(now.boot.saturating_sub(*memory.empty_since.get_or_insert(now.boot)))
        };
        let has_waited = matches!(**error, FetchError::Inner(_));
        let (before, asked) = (memory.failures, error.retry_after());
        let failure = Failure { class, before, empty_for, asked, has_waited };
        let delay = backoff::delay(&failure, Chance::throw(&*self.clock));
        let retry_in = if class == Class::Permanent && self.source.is_fixed() { None } else { Some(delay) };
        memory.retry_at = retry_in.map(|delay| now.boot.saturating_add(delay));
        memory.is_cut_at_expiry = is_live && matches!(class, Class::Passing | Class::Once);
        memory.is_in_flight = false;
        memory.failures = memory.failures.saturating_add(1);
        memory.failed += 1;
        memory.failure = Some(Arc::clone(error));
        retry_in
    }
}

/// What came of asking a source.
struct Asked {
    outcome: Result<Fetched, FetchError>,
    was_repeated: bool,
    mark: Option<u64>,
}

/// One fetch, and a second one at once where that is likely to mend the first.
async fn ask(source: Arc<dyn Source>, may_repeat: bool) -> Asked {
    // Taken before the source reads: a change while it does is a change after the failure.
    let mark = source.mark().await;
    match source.fetch().await {
        Err(error) if may_repeat && error.class() == Class::Once => {
            Asked { outcome: source.fetch().await, was_repeated: true, mark }
        }
        outcome => Asked { outcome, was_repeated: false, mark },
    }
}
