//! One connection after another, and on each one request after another, until it is drained.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, unconstrained, yield_now};
use tokio::time::{Instant, timeout};

use super::answering::Answering;
use super::caller::{Caller, WaitEnd};
use super::gate::refusal_of;
use super::listen::{Acceptor, BACKLOG};
use super::{Listening, Stream};
use crate::buffers::Buffers;
use crate::refusal::{Code, Refusal};
use crate::wire::HeadLimits;

/// Connections over the limit that are told so at the same time.
const TURNED_AWAY_MAX: usize = 64;
/// The least time between two warnings that connections cannot be accepted: it is tried a hundred times a second.
const WARN_EVERY: Duration = Duration::from_secs(10);
/// How long the last refusals may take, once everything else is about to be cut.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How far the process is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Requests are taken.
    Serving,
    /// No more connections and, on those there are, no more requests are taken; what has begun is answered.
    Draining,
    /// The time for that is over: what is not answered is cut.
    Over,
}

/// What bounds a caller. The defaults, and the reasons, are in the settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of a head.
    pub head: HeadLimits,
    /// Open connections, over all listeners and workers.
    pub connections: usize,
    /// From the connection to its first byte.
    pub first_byte_timeout: Duration,
    /// From the first byte of a head to its last.
    pub head_timeout: Duration,
    /// Between two requests.
    pub keep_alive_timeout: Duration,
}

/// What becomes of a connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next request is read.
    Keep,
    /// It is closed.
    Close,
    /// It is reset: an answer was cut short, and must not look whole.
    Abort,
}

/// What is done with requests.
pub trait Application: Send + Sync + 'static {
    /// Answers one request. `gate`: whether its head holds to the grammar; if not, what to answer.
    /// Leaves the head finished, so that the next request can be read, whenever it returns [`Next::Keep`].
    fn handle(&self, caller: &mut Caller, gate: Result<(), Refusal>) -> impl Future<Output = Next> + Send;

    /// What a connection that is one too many is answered with, whatever it would have asked; or, if it `is_told` nothing,
    /// would be.
    fn turn_away(&self, is_told: bool) -> Vec<u8>;
}

/// What the connections of a process share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The limits.
    pub limits: Limits,
    /// The worker's buffers.
    pub buffers: Arc<Buffers>,
    /// How many connections are open.
    pub open: Arc<AtomicUsize>,
    /// How far the process is from its end.
    pub phase: watch::Receiver<Phase>,
}

/// Accepts until the drain, then waits for the last connection to end, or until the time for that is over and cuts it.
pub async fn serve<A: Application>(
    listening: Listening,
    (application, answering): (Arc<A>, Arc<Answering<A>>),
    shared: Shared,
) -> io::Result<()> {
    let mut door = Door {
        acceptor: listening.into_acceptor()?,
        application,
        answering,
        shared: Arc::new(shared),
        connections: JoinSet::new(),
        turned_away: Arc::new(Semaphore::new(TURNED_AWAY_MAX)),
    };
    let mut phase = door.shared.phase.clone();
    let mut warned = None;
    loop {
        let accepted = tokio::select! {
            accepted = door.acceptor.accept() => accepted,
            Some(_) = door.connections.join_next() => continue,
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => break,
        };
        match accepted {
            Ok(stream) => door.take(stream),
            Err(error) => {
                // Out of file descriptors, or a connection that ended while it waited. Neither is a reason to stop.
                if warned.is_none_or(|warned: Instant| warned.elapsed() >= WARN_EVERY) {
                    warned = Some(Instant::now());
                    tracing::warn!(%error, "connections cannot be accepted");
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    door.take_the_last().await;
    let Door { acceptor, mut connections, .. } = door;
    drop(acceptor);
    tokio::select! {
        () = all_of(&mut connections) => return Ok(()),
        _ = phase.wait_for(|phase| *phase == Phase::Over) => {}
    }
    // Heads that are not whole are refused now, and that is a matter of one write.
    let _ = timeout(LAST_WORDS, all_of(&mut connections)).await;
    connections.shutdown().await;
    Ok(())
}

/// What a request is told of which nothing was sent when the time to drain was over.
pub fn ending() -> Refusal {
    let sentence = "the process ends, and nothing of the request was sent";
    Refusal::new(Code::Draining, sentence, "send it again").retry_after(Duration::from_secs(1))
}

async fn all_of(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

/// A listener that is served.
struct Door<A> {
    acceptor: Acceptor,
    application: Arc<A>,
    answering: Arc<Answering<A>>,
    shared: Arc<Shared>,
    connections: JoinSet<()>,
    turned_away: Arc<Semaphore>,
}

impl<A: Application> Door<A> {
    fn take(&mut self, stream: Stream) {
        let Some(place) = Place::take(&self.shared) else {
            self.turn_away(stream);
            return;
        };
        let (application, answering) = (Arc::clone(&self.application), Arc::clone(&self.answering));
        let shared = Arc::clone(&self.shared);
        let caller = Box::new(Caller::new(stream, &self.shared));
        self.connections.spawn(async move {
            connection(caller, (&application, &answering), &shared).await;
            drop(place);
        });
    }

    /// Tells a caller that it is one too many, and closes in the order that lets it see that.
    fn turn_away(&mut self, stream: Stream) {
        // More than these at once get no answer: whatever is done for them, there must be a bound.
        let place = Arc::clone(&self.turned_away).try_acquire_owned().ok();
        let answer = self.application.turn_away(place.is_some());
        let Some(place) = place else { return };
        let mut caller = Caller::new(stream, &self.shared);
        self.connections.spawn(async move {
            if caller.write(&answer, Duration::from_millis(100)).await.is_ok() {
                caller.linger().await;
            }
            drop(place);
        });
    }

    /// Takes the connections that the system has made by now: their callers may have sent requests, and would be reset.
    async fn take_the_last(&mut self) {
        // The runtime learns of them while others run.
        yield_now().await;
        for _ in 0..BACKLOG {
            let accepted = {
                let mut accepting = pin!(unconstrained(self.acceptor.accept()));
                poll_fn(|context| Poll::Ready(accepting.as_mut().poll(context))).await
            };
            match accepted {
                Poll::Ready(Ok(stream)) => self.take(stream),
                Poll::Ready(Err(_)) => {}
                Poll::Pending => return,
            }
        }
    }
}

/// One of the connections that may be open.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(shared: &Shared) -> Option<Self> {
        let before = shared.open.fetch_add(1, Ordering::Relaxed);
        let place = Self(Arc::clone(&shared.open));
        (before < shared.limits.connections).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connection<A: Application>(
    caller: Box<Caller>,
    (application, answering): (&Arc<A>, &Answering<A>),
    shared: &Shared,
) {
    let mut caller = caller;
    let mut patience = shared.limits.first_byte_timeout;
    loop {
        let Some(gate) = next_request(&mut caller, shared, patience).await else { break };
        // Looked at and not borrowed, or the connection would keep a place for it.
        let is_sound = matches!(gate, Ok(()));
        let next;
        (caller, next) = answering.answer(application, caller, gate).await;
        match next {
            Next::Keep if is_sound => {}
            Next::Abort => {
                caller.stream.reset_on_close();
                break;
            }
            Next::Keep | Next::Close => {
                caller.linger().await;
                break;
            }
        }
        patience = shared.limits.keep_alive_timeout;
    }
    caller.buffers.put(std::mem::take(caller.head.buffer()));
}

/// Reads until a head is whole or cannot become one. `None`: the caller is gone, or was silent too long.
async fn next_request(
    caller: &mut Caller,
    shared: &Shared,
    patience: Duration,
) -> Option<Result<(), Refusal>> {
    let limits = &shared.limits;
    let mut begun = None;
    loop {
        if !caller.head.is_empty() {
            match caller.head.parse(&limits.head) {
                Ok(true) => return Some(Ok(())),
                Ok(false) => {}
                Err(malformed) => return Some(Err(refusal_of(malformed))),
            }
        }
        let left = match (caller.head.is_empty(), begun) {
            (true, _) => {
                // No buffer while a connection idles.
                caller.buffers.put(std::mem::take(caller.head.buffer()));
                patience
            }
            (false, None) => {
                begun = Some(Instant::now());
                limits.head_timeout
            }
            (false, Some(begun)) => limits.head_timeout.saturating_sub(begun.elapsed()),
        };
        match caller.wait_readable(left).await {
            Ok(()) => {}
            Err(_) if caller.head.is_empty() => return None,
            Err(WaitEnd::TooLong) => {
                let sentence = "the head did not arrive within `limits.head_timeout`";
                return Some(Err(Refusal::new(Code::HeadTimeout, sentence, "send it at once")));
            }
            Err(WaitEnd::Ending) => return Some(Err(ending())),
            Err(WaitEnd::Gone) => return None,
        }
        if caller.head.buffer().capacity() == 0 {
            *caller.head.buffer() = caller.buffers.small();
        }
        let Caller { stream, head, .. } = &mut *caller;
        let buffer = head.buffer();
        if buffer.len() == buffer.capacity() {
            buffer.reserve(buffer.len());
        }
        // Read through the poll interface, once: it notices a short read, and so spares the next wait a system call
        // that would find nothing. A socket can be called readable without being so; then it is waited for again.
        let mut reading = pin!(stream.read_buf(buffer));
        match poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
            Poll::Ready(Ok(count)) if count > 0 => {}
            Poll::Ready(_) => return None,
            Poll::Pending => {}
        }
    }
}
