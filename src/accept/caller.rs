//! A connected caller: the request it is at, and how it is read, answered and let go.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::task::yield_now;

use super::{Phase, Shared, Stream};
use crate::buffers::{BodyBuffer, Buffers};
use crate::deadline::{Deadline, Elapsed};
use crate::wire::Head;

/// A connected caller, and the request it is at.
#[derive(Debug)]
pub struct Caller {
    /// The connection.
    pub stream: Stream,
    /// The request's head, and what arrived behind it.
    pub head: Head,
    /// The connection's timer.
    pub deadline: Deadline,
    /// The worker's buffers.
    pub buffers: Arc<Buffers>,
    phase: watch::Receiver<Phase>,
    /// Whether a request is being answered. A connection that is given up meanwhile is reset.
    pub(super) is_answering: bool,
}

/// Why a wait for the next bytes ended without any.
pub(super) enum WaitEnd {
    TooLong,
    Gone,
    /// The process ends.
    Ending,
}

impl Drop for Caller {
    /// At the end of a drain, or by a panic, an answer can be dropped half sent: it must not look whole.
    fn drop(&mut self) {
        if self.is_answering {
            self.stream.reset_on_close();
        }
    }
}

impl Caller {
    /// One that has said nothing yet.
    pub(super) fn new(stream: Stream, shared: &Shared) -> Self {
        Self {
            stream,
            head: Head::new(),
            deadline: Deadline::new(),
            buffers: Arc::clone(&shared.buffers),
            phase: shared.phase.clone(),
            is_answering: false,
        }
    }

    /// Whether this answer should be the connection's last: the process is about to end.
    pub fn is_draining(&self) -> bool {
        *self.phase.borrow() >= Phase::Draining
    }

    /// Waits until the time to drain is over: what has not begun at the cloud by then is refused.
    pub fn over(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut phase = self.phase.clone();
        async move {
            // Without a sender the process is gone, and so is whoever would wait.
            let _ = phase.wait_for(|phase| *phase == Phase::Over).await;
        }
    }

    /// More of the body, in a buffer of `buffers`. None of it: the caller is gone.
    ///
    /// # Errors
    /// [`Elapsed`] when nothing came for as long as `limit`.
    pub async fn read_body<'a>(
        &mut self,
        buffers: &'a Buffers,
        limit: Duration,
    ) -> Result<BodyBuffer<'a>, Elapsed> {
        // After an error nothing is in it either.
        let (_, piece) = self.deadline.within(limit, buffers.read(&mut self.stream)).await?;
        Ok(piece)
    }

    /// Writes a whole answer of ours, within `limit`.
    ///
    /// # Errors
    /// Any of the socket's, and [`io::ErrorKind::TimedOut`].
    pub async fn write(&mut self, answer: &[u8], limit: Duration) -> io::Result<()> {
        let written = self.deadline.within(limit, self.stream.write_all(answer)).await;
        written.unwrap_or_else(|Elapsed| Err(io::ErrorKind::TimedOut.into()))
    }

    pub(super) async fn wait_readable(&mut self, limit: Duration) -> Result<(), WaitEnd> {
        let Self { stream, deadline, phase, head, .. } = self;
        // Between two requests nothing is lost by ending; in the middle of a head the caller is waited for.
        let end = if head.is_empty() { Phase::Draining } else { Phase::Over };
        // Each is pinned here: what is handed over by value has its place twice, in every connection that idles.
        let mut ending = pin!(async {
            let _ = phase.wait_for(|phase| *phase >= end).await;
            // The system may have bytes that the runtime has not heard of: it looks while others run.
            yield_now().await;
        });
        let wait = pin!(async {
            tokio::select! {
                biased;
                ready = stream.readable() => ready.map_err(|_| WaitEnd::Gone),
                () = &mut ending => Err(WaitEnd::Ending),
            }
        });
        deadline.within(limit, wait).await.unwrap_or(Err(WaitEnd::TooLong))
    }

    /// Closes in the order that lets the last answer arrive: a close with unread bytes would reset the connection, and
    /// the caller might never see why.
    pub(super) async fn linger(&mut self) {
        /// Bytes and time that are spent on a caller that keeps sending.
        const BYTES_MAX: usize = 256 * 1024;
        const PATIENCE: Duration = Duration::from_millis(500);
        let _ = self.stream.shutdown().await;
        let mut scratch = self.buffers.small();
        let mut read = 0;
        let Self { stream, deadline, .. } = self;
        let drain = async {
            while read < BYTES_MAX {
                scratch.clear();
                if stream.readable().await.is_err() {
                    return;
                }
                match stream.try_read(&mut scratch) {
                    Ok(0) => return,
                    Ok(count) => read += count,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        };
        let _ = deadline.within(PATIENCE, drain).await;
        self.buffers.put(scratch);
    }
}
