//! The memory that answering takes: lent to a connection while it answers, and used again by the next one.
//!
//! A request on its way is kilobytes of state, and a connection mostly waits for one. What answers is therefore no part of
//! a connection's task: it is a piece of work that never ends, is handed one request after the other, from whichever
//! connection, and is polled by that connection's task.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::Caller;
use super::serve::{Application, Next};
use crate::refusal::Refusal;

/// How many are kept for the next request. Those of a burst beyond that are freed.
const KEPT: usize = 256;

/// What answers the requests of one worker, whichever listener they came to.
pub struct Answering<A> {
    idle: Mutex<Vec<Answerer<A>>>,
}

/// Where a request is put for the answerer, and where it puts the outcome.
type Desk<A> = Mutex<Option<Paper<A>>>;

enum Paper<A> {
    Asked(Arc<A>, Box<Caller>, Result<(), Refusal>),
    Answered(Box<Caller>, Next),
}

struct Answerer<A> {
    desk: Arc<Desk<A>>,
    work: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<A> Default for Answering<A> {
    fn default() -> Self {
        Self { idle: Mutex::default() }
    }
}

impl<A: Application> Answering<A> {
    /// Has one request answered. Dropped before its end, so is the answer, and with it the caller.
    pub(super) async fn answer(
        &self,
        application: &Arc<A>,
        caller: Box<Caller>,
        gate: Result<(), Refusal>,
    ) -> (Box<Caller>, Next) {
        let kept = lock(&self.idle).pop();
        let mut answerer = kept.unwrap_or_else(Answerer::new);
        *lock(&answerer.desk) = Some(Paper::Asked(Arc::clone(application), caller, gate));
        let answered = poll_fn(|context| {
            let _ = answerer.work.as_mut().poll(context);
            let mut desk = lock(&answerer.desk);
            match desk.take() {
                Some(Paper::Answered(caller, next)) => Poll::Ready((caller, next)),
                other => {
                    *desk = other;
                    Poll::Pending
                }
            }
        })
        .await;
        // Only from here: one that panicked, or was dropped in the middle, must not be used again.
        let mut idle = lock(&self.idle);
        if idle.len() < KEPT {
            idle.push(answerer);
        }
        answered
    }
}

impl<A: Application> Answerer<A> {
    fn new() -> Self {
        let desk = Arc::new(Desk::default());
        let work = Box::pin(work(Arc::clone(&desk)));
        Self { desk, work }
    }
}

async fn work<A: Application>(desk: Arc<Desk<A>>) {
    loop {
        // Whoever puts a request here polls at once, so that nobody need be woken.
        let asked = poll_fn(|_| {
            let mut desk = lock(&desk);
            match desk.take() {
                Some(Paper::Asked(application, caller, gate)) => Poll::Ready((application, caller, gate)),
                other => {
                    *desk = other;
                    Poll::Pending
                }
            }
        });
        let (application, mut caller, gate) = asked.await;
        caller.is_answering = true;
        let next = application.handle(&mut caller, gate).await;
        caller.is_answering = false;
        *lock(&desk) = Some(Paper::Answered(caller, next));
    }
}

impl<A> fmt::Debug for Answering<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
