//! `credential/sync`, as shuttle has it. Time is a number: a timer that is over moves it, and whether one is over before others
//! had their turn is chance.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
pub(super) use std::sync::PoisonError;
use std::time::Duration;

pub(super) use shuttle::future::AbortHandle;
use shuttle::future::{JoinError, JoinHandle, yield_now};
use shuttle::rand::Rng;
pub(super) use shuttle::sync::atomic::{AtomicU64, Ordering};
pub(super) use shuttle::sync::{Mutex, MutexGuard};
pub(super) use tokio::sync::{Notify, watch};

/// Whether timers ever end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timers {
    /// Never: whoever is not woken by another waits for ever, and shuttle sees it.
    Stopped,
    /// After some turns of others.
    Running,
}

thread_local! {
    // All tasks of one order run on one thread.
    static TIMERS: Cell<Timers> = const { Cell::new(Timers::Stopped) };
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A new order begins.
pub(super) fn begin(timers: Timers) {
    TIMERS.set(timers);
    PASSED.set(Duration::ZERO);
}

pub(super) fn passed() -> Duration {
    PASSED.get()
}

pub(super) fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time);
}

/// Yes, one time in so many.
pub(super) fn throws(one_in: u32) -> bool {
    shuttle::rand::thread_rng().gen_range(0..one_in) == 0
}

/// Where the order may change, and need not.
pub(super) fn point() {
    AtomicU64::new(0).load(Ordering::Relaxed);
}

pub(super) async fn sleep(time: Duration) {
    if TIMERS.get() == Timers::Stopped {
        std::future::pending::<()>().await;
    }
    let end = passed() + time;
    while !throws(3) {
        yield_now().await;
    }
    PASSED.set(passed().max(end));
}

pub(super) async fn timeout<F: Future>(time: Duration, future: F) -> Result<F::Output, ()> {
    tokio::select! {
        biased;
        output = future => Ok(output),
        () = sleep(time) => Err(()),
    }
}

/// A place for one value that many read.
#[derive(Debug)]
pub(super) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    pub(super) fn empty() -> Self {
        Self(Mutex::new(None))
    }

    pub(super) fn load(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn store(&self, value: Option<Arc<T>>) {
        *self.0.lock().unwrap() = value;
    }
}

/// Where the cell's task runs.
#[derive(Debug)]
pub(super) struct Handle;

impl Handle {
    pub(super) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        shuttle::future::spawn(future)
    }
}

/// Tasks that end with it.
pub(super) struct JoinSet<T>(Vec<JoinHandle<T>>);

impl<T: Send + 'static> JoinSet<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn spawn(&mut self, future: impl Future<Output = T> + Send + 'static) {
        self.0.push(shuttle::future::spawn(future));
    }

    pub(super) async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        let joined = self.0.last_mut()?.await;
        self.0.pop();
        Some(joined)
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
