//! The one place that remembers a credential: a cell per role.
//!
//! The machine of `state` says what is to be done and when; this is the shell that lets many use it at once. Requests read
//! the credential without waiting. One task per cell, `flight`, does all the fetching, so that at most one attempt is in
//! flight whatever the number of callers. A cell is bounded: one credential, one failure, one task.

use std::sync::Arc;
use std::time::Duration;

use super::age::{Age, Use};
use super::claims::OidcToken;
use super::credential::Credential;
use super::error::FetchError;
use super::flight;
use super::no_credential::NoCredential;
use super::observer::Observer;
use super::refused::Class;
use super::source::Source;
use super::state::{Event, Patience, Serve, State, Then};
use super::sync::{
    AbortHandle, ArcSwapOption, AtomicU64, Handle, Mutex, MutexGuard, Notify, Ordering, PoisonError, timeout,
    watch,
};
use crate::clock::{Clock, Now};
use crate::names::RoleName;

/// How long a request waits for a first credential, counted from the start of the first attempt since the last
/// success: long enough for a cold start, and an outage costs each of its requests nothing.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long an attempt of an outer role waits for this one. Leaves a third of the attempt's 15 s for its own call.
const INNER_PATIENCE: Duration = Duration::from_secs(10);

/// A role's credential, and whatever it takes to have it live.
#[derive(Debug)]
pub struct Cell {
    shared: Arc<Shared>,
    flight: AbortHandle,
}

/// What requests and the fetching task share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) role: RoleName,
    pub(super) used: Use,
    pub(super) source: Arc<dyn Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    /// What is served. May have expired: each reader judges.
    pub(super) current: ArcSwapOption<Credential>,
    /// From when on who is served a stale credential wakes the task, in milliseconds of the boot clock.
    wakes_from: AtomicU64,
    /// Wakes the task.
    pub(super) wake: Notify,
    /// How many attempts have ended. Every waiter listens.
    ended: watch::Sender<u64>,
    state: Mutex<State>,
}

/// What there is to say about a role, for readiness, metrics and the status page.
#[derive(Clone, Debug)]
pub struct Status {
    /// The live credential.
    pub live: Option<Arc<Credential>>,
    /// Why the last attempt failed, if it did.
    pub failure: Option<Arc<FetchError>>,
    /// Attempts that brought a credential.
    pub refreshed: u64,
    /// Attempts that did not.
    pub failed: u64,
}

impl Cell {
    /// Starts fetching on `runtime` at once, and goes on until the cell is dropped.
    pub fn new(
        (role, used): (RoleName, Use),
        source: Arc<dyn Source>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        runtime: &Handle,
    ) -> Self {
        let state = State::new(source.name());
        let shared = Arc::new(Shared {
            role,
            used,
            source,
            clock,
            observer,
            current: ArcSwapOption::empty(),
            wakes_from: AtomicU64::new(0),
            wake: Notify::new(),
            ended: watch::Sender::new(0),
            state: Mutex::new(state),
        });
        let flight = runtime.spawn(flight::fly(Arc::clone(&shared))).abort_handle();
        Self { shared, flight }
    }

    /// The credential, unless it has expired. Never waits; asks for the next one behind the caller's back when it is
    /// time, whatever the timers did while the machine slept.
    pub fn live(&self, now: &Now) -> Option<Arc<Credential>> {
        self.shared.live(now)
    }

    /// The credential; waits for the attempt in flight until five seconds after the first attempt since the last
    /// success was started, and is refused at once after that or after a permanent failure.
    ///
    /// May be called on any runtime.
    pub async fn wait(&self) -> Result<Arc<Credential>, NoCredential> {
        self.wait_at_most(PATIENCE).await
    }

    /// The same with another patience than five seconds: for callers who themselves give up earlier.
    pub async fn wait_at_most(&self, patience: Duration) -> Result<Arc<Credential>, NoCredential> {
        let mut ended = self.shared.ended.subscribe();
        loop {
            ended.mark_unchanged();
            let now = self.shared.clock.now();
            if let Some(credential) = self.shared.live(&now) {
                return Ok(credential);
            }
            let left = self.shared.left_of(patience, &now)?;
            self.shared.wake.notify_one();
            // Whether an attempt ended or the time is up: the loop looks at what is there then.
            let _ = timeout(left, ended.changed()).await;
        }
    }

    /// The same, but that a first attempt that is still in flight then is waited for: for a command, whose caller asks once.
    pub async fn wait_for_an_attempt(&self) -> Result<Arc<Credential>, NoCredential> {
        match self.wait().await {
            Err(NoCredential::Unavailable { cause: None, .. }) => {}
            outcome => return outcome,
        }
        let mut ended = self.shared.ended.subscribe();
        let _ = timeout(self.shared.source.attempt_timeout(), ended.wait_for(|count| *count > 0)).await;
        self.wait().await
    }

    /// The cloud has rejected the credential of this generation. Brings the one after it, for the request to be signed
    /// and sent once more; `None` when there is none, and then the cloud's answer is the caller's.
    ///
    /// A generation forces one attempt, and a cell one in ten seconds; every caller of that generation waits for the
    /// same one. Meanwhile, and after a failure, the rejected credential is served on until its own end: one wrong
    /// answer must not take away a good one.
    pub async fn renew(&self, rejected: u64) -> Option<Arc<Credential>> {
        let mut ended = self.shared.ended.subscribe();
        if let Then::Await(goal) = self.shared.step(Event::Rejected(rejected)) {
            timeout(PATIENCE, ended.wait_for(|count| *count >= goal)).await.ok()?.ok()?;
        }
        self.live(&self.shared.clock.now()).filter(|credential| credential.generation() != rejected)
    }

    /// The same of a request that cannot be sent once more: the next one is to be signed with another credential, and
    /// nobody waits for it.
    pub fn reject(&self, rejected: u64) {
        self.shared.step(Event::Rejected(rejected));
    }

    /// What there is to say about it.
    pub fn status(&self, now: &Now) -> Status {
        let live = self.shared.live(now);
        let state = self.shared.state();
        Status {
            live,
            failure: state.failure().cloned(),
            refreshed: state.refreshed(),
            failed: state.failed(),
        }
    }

    /// The OIDC token at the bottom of it, if there is one that can be read.
    pub async fn oidc_token(&self) -> Option<OidcToken> {
        self.shared.source.oidc_token().await
    }

    /// A word for where the credential comes from.
    pub fn source_name(&self) -> &'static str {
        self.shared.source.name()
    }

    /// The credential, for a role that is assumed from this one: a refresh that is due is waited for, so that the outer
    /// credential does not start from one about to end; and a passing failure is waited out for a while, so that after
    /// an outage the outer attempt goes on the moment this cell is live.
    pub(super) async fn freshest(&self) -> Result<Arc<Credential>, NoCredential> {
        let mut ended = self.shared.ended.subscribe();
        let from = self.shared.clock.now();
        let replacement = self.shared.state().replacement(&from);
        if let Some(goal) = replacement {
            self.shared.wake.notify_one();
            let _ = timeout(PATIENCE, ended.wait_for(|count| *count >= goal)).await;
        }
        loop {
            ended.mark_unchanged();
            let outcome = self.wait().await;
            let left = (from.boot + INNER_PATIENCE).saturating_sub(self.shared.clock.now().boot);
            if outcome.is_ok() || left.is_zero() || outcome.as_ref().is_err_and(NoCredential::is_permanent) {
                return outcome;
            }
            let _ = timeout(left, ended.changed()).await;
        }
    }

    /// Whether the last attempt failed in a way that does not pass.
    pub(super) fn is_failing_for_good(&self) -> bool {
        self.shared.state().is_failing_for_good()
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        self.flight.abort();
    }
}

impl Shared {
    fn live(&self, now: &Now) -> Option<Arc<Credential>> {
        let credential = self.current.load();
        let credential = credential.as_ref()?;
        match credential.age(now) {
            Age::Fresh => Some(Arc::clone(credential)),
            Age::Stale => {
                if now.boot.as_millis() >= u128::from(self.wakes_from.load(Ordering::Relaxed)) {
                    self.wake.notify_one();
                }
                Some(Arc::clone(credential))
            }
            Age::Expired => None,
        }
    }

    /// One step of the machine: does at once what others are to see, and returns what is left to its caller.
    pub(super) fn step(&self, event: Event) -> Then {
        let now = self.clock.now();
        let mut state = self.state();
        let step = state.step(event, &now);
        // What requests see changes in the order of the steps: still behind the lock. And who is served a credential must
        // already know when to wake the task for the next one.
        let wakes_from = state.wakes_from().map_or(u64::MAX, whole_millis);
        self.wakes_from.store(wakes_from, Ordering::Relaxed);
        match step.serve {
            Some(Serve::This(credential)) => self.current.store(Some(credential)),
            Some(Serve::Nothing) => self.current.store(None),
            None => {}
        }
        let ended = state.ended();
        drop(state);
        for told in &step.tell {
            self.observer.observe(&self.role, &told.event());
        }
        if matches!(step.then, Then::Await(_)) {
            self.wake.notify_one();
        }
        // Another step may have been quicker, and have told of more.
        self.ended.send_if_modified(|count| std::mem::replace(count, ended.max(*count)) < ended);
        step.then
    }

    /// How much longer a request of such patience may wait, or why not at all.
    fn left_of(&self, patience: Duration, now: &Now) -> Result<Duration, NoCredential> {
        let patience = self.state().left_of(patience, now);
        match patience {
            Patience::Left(left) => Ok(left),
            Patience::Over(failure, retry_after) => Err(self.no_credential(failure, retry_after)),
        }
    }

    fn no_credential(&self, failure: Option<Arc<FetchError>>, retry_after: Duration) -> NoCredential {
        let role = self.role.clone();
        match failure {
            Some(cause) if cause.class() == Class::Permanent => match &*cause {
                // What the role below lacks, somebody has to see to there.
                FetchError::Inner(inner) if inner.is_for_its_own_role(&role) => (**inner).clone(),
                FetchError::NoSource(advice) => NoCredential::NoSource { role, advice },
                FetchError::LoginRequired(_) => NoCredential::LoginRequired { role, cause, retry_after },
                _ => NoCredential::Refused { role, cause, retry_after },
            },
            cause => NoCredential::Unavailable { role, cause, retry_after },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; should it ever, what is in it is still consistent enough to go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
