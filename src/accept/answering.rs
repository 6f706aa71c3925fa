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

/// How many are kept for the next request: half a megabyte of them. Those of a burst beyond that are freed.
const KEPT: usize = 128;

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

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::{Semaphore, watch};
    use tokio::time::timeout;

    use super::super::{Limits, Phase, Shared, Stream};
    use super::*;
    use crate::refusal::Code;
    use crate::wire::HeadLimits;

    /// Answers when it is let; of what the gate refused it panics.
    struct Scripted(Semaphore);

    impl Application for Scripted {
        async fn handle(&self, _: &mut Caller, gate: Result<(), Refusal>) -> Next {
            assert!(gate.is_ok(), "the panic that the test asks for");
            self.0.acquire().await.unwrap().forget();
            Next::Keep
        }

        fn turn_away(&self, _: bool) -> Vec<u8> {
            Vec::new()
        }
    }

    fn scripted(lets: usize) -> (Arc<Scripted>, Answering<Scripted>) {
        (Arc::new(Scripted(Semaphore::new(lets))), Answering::default())
    }

    /// A connected caller, and its own side.
    async fn caller() -> (Box<Caller>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (own, accepted) =
            tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let long = Duration::from_secs(60);
        let shared = Shared {
            limits: Limits {
                head: HeadLimits { head: 1024, headers: 10, uri: 1024 },
                connections: 1,
                first_byte_timeout: long,
                head_timeout: long,
                keep_alive_timeout: long,
            },
            buffers: Arc::default(),
            open: Arc::default(),
            phase: watch::channel(Phase::Serving).1,
        };
        (Box::new(Caller::new(Stream::Tcp(accepted.unwrap().0), &shared)), own.unwrap())
    }

    #[tokio::test]
    async fn what_panicked_is_never_lent_again() {
        let (application, answering) = scripted(1);
        let answering = Arc::new(answering);
        let (application_of_it, answering_of_it) = (Arc::clone(&application), Arc::clone(&answering));
        let (first, _peer) = caller().await;
        let panicking = tokio::spawn(async move {
            let refusal = Refusal::new(Code::BadHeader, "", "");
            answering_of_it.answer(&application_of_it, first, Err(refusal)).await.1
        });
        assert!(panicking.await.unwrap_err().is_panic());
        assert_eq!(lock(&answering.idle).len(), 0);
        let (second, _peer) = caller().await;
        assert_eq!(answering.answer(&application, second, Ok(())).await.1, Next::Keep);
        assert_eq!(lock(&answering.idle).len(), 1);
    }

    #[tokio::test]
    async fn what_is_dropped_half_way_resets_its_caller_and_is_never_lent_again() {
        let (application, answering) = scripted(0);
        let (first, mut peer) = caller().await;
        let cut = timeout(Duration::from_millis(1), answering.answer(&application, first, Ok(()))).await;
        assert!(cut.is_err());
        assert_eq!(lock(&answering.idle).len(), 0);
        let end = peer.read(&mut [0; 8]).await.map_err(|error| error.kind());
        assert_eq!(end, Err(io::ErrorKind::ConnectionReset));
    }

    #[tokio::test]
    async fn after_a_burst_so_many_are_kept_and_no_more() {
        let (application, answering) = scripted(0);
        let (application, answering) = (&application, Arc::new(answering));
        let mut burst = tokio::task::JoinSet::new();
        let mut peers = Vec::new();
        for _ in 0..KEPT + 3 {
            let (caller, peer) = caller().await;
            peers.push(peer);
            let (application, answering) = (Arc::clone(application), Arc::clone(&answering));
            burst.spawn(async move { answering.answer(&application, caller, Ok(())).await.1 });
        }
        application.0.add_permits(KEPT + 3);
        while let Some(next) = burst.join_next().await {
            assert_eq!(next.unwrap(), Next::Keep);
        }
        assert_eq!(lock(&answering.idle).len(), KEPT);
    }
}
