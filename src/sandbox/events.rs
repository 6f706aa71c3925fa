//! An answer that comes piece by piece, as a model writes it.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::{Sleep, sleep};

/// How long a model takes for the next piece: long enough that nobody takes two for one.
const PACE: Duration = Duration::from_millis(150);

/// The pieces that are left.
pub(crate) struct Events {
    left: VecDeque<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({} left)", self.left.len())
    }
}

impl Events {
    pub(crate) fn new(pieces: impl IntoIterator<Item = String>) -> Self {
        Self { left: pieces.into_iter().map(Bytes::from).collect(), pause: None }
    }

    /// The next piece: the first at once, every other after a pause.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(context));
        }
        self.pause = Some(Box::pin(sleep(PACE)));
        Poll::Ready(self.left.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_piece_comes_by_itself_and_in_its_time() {
        let mut events = Events::new(["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        let start = Instant::now();
        let mut heard = Vec::new();
        while let Some(piece) = poll_fn(|context| events.poll_next(context)).await {
            heard.push((piece, start.elapsed().as_millis() / PACE.as_millis()));
        }
        assert_eq!(heard, [(Bytes::from("a"), 0), (Bytes::from("b"), 1), (Bytes::from("c"), 2)]);
    }
}
