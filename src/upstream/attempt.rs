//! One attempt while it lasts: its connection, what goes out, and what has come of an answer meanwhile.

use std::future::poll_fn;
use std::os::fd::AsFd;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::Failure;
use super::connection::Connection;
use super::watch::{CallerSide, PIPELINED_MAX, Read, has_hung_up, poll_into};
use super::write::{Pieces, write_all};
use crate::deadline::Elapsed;
use crate::wire::AnswerHead;

/// Interim answers that are read before the real one. One is usual, two are seen.
const INTERIM_MAX: u32 = 10;

/// What there is of an answer while its request is still going out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing yet that ends the request.
    Nothing,
    /// The answer has begun, or will never come: the rest of the request is not wanted.
    Answer,
}

/// One step of a write that is watched.
enum Step {
    /// Everything is out.
    Done,
    /// Some of it is.
    Progress,
    /// Something of an answer came in, or its end.
    Heard(Read),
    /// It cannot be written. The answer, if there is one, says why.
    Failed,
}

/// One attempt on one connection, and what has come of its answer.
pub(super) struct Attempt {
    pub(super) connection: Connection,
    /// What has come of the answer.
    pub(super) buffer: Vec<u8>,
    interims: u32,
    /// Whether the connection broke while the request went out: the system tells once only.
    pub(super) is_broken: bool,
}

impl Attempt {
    /// Before anything is written.
    pub(super) const fn new(connection: Connection) -> Self {
        Self { connection, buffer: Vec::new(), interims: 0, is_broken: false }
    }

    /// The answer's head, if it has arrived. Interim answers that nobody waits for are passed over.
    pub(super) fn head(&mut self, to_head: bool) -> Result<Option<AnswerHead>, Failure> {
        while !self.buffer.is_empty() {
            match AnswerHead::parse(&self.buffer, to_head).map_err(Failure::Protocol)? {
                Some(head) if head.is_interim() => self.pass_over(&head)?,
                other => return Ok(other),
            }
        }
        Ok(None)
    }

    fn pass_over(&mut self, interim: &AnswerHead) -> Result<(), Failure> {
        self.interims += 1;
        if self.interims > INTERIM_MAX {
            return Err(Failure::TooManyInterim);
        }
        self.buffer.drain(..interim.length);
        Ok(())
    }

    /// Says what the bytes that came while the request goes out are, and passes `100 Continue` on to a caller that waits
    /// for it.
    pub(super) async fn hear<S: AsyncWrite + Unpin>(
        &mut self,
        side: &mut CallerSide<'_, S>,
        limit: Duration,
    ) -> Result<Heard, Failure> {
        loop {
            match AnswerHead::parse(&self.buffer, false) {
                Ok(None) => return Ok(Heard::Nothing),
                Ok(Some(head)) if head.is_interim() => {
                    self.pass_over(&head)?;
                    if head.status == 100 && side.head.expects_continue() {
                        let go = Pieces::new(b"HTTP/1.1 100 Continue\r\n\r\n", b"");
                        let written = write_all(side.stream, go, (side.deadline, limit)).await;
                        written.map_err(|_| Failure::CallerGone)?;
                    }
                }
                // What cannot be read is judged when the answer is read.
                Ok(Some(_)) | Err(_) => return Ok(Heard::Answer),
            }
        }
    }

    /// Writes, and watches for an answer that comes before everything is out: a cloud that refuses a request may read no
    /// more of it. `watches_caller`: nothing more of this request is to come from the caller, so its end means that it is
    /// gone. The limit is for each step, not for the whole.
    pub(super) async fn write<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
        &mut self,
        mut pieces: Pieces<'_>,
        watches_caller: bool,
        side: &mut CallerSide<'_, S>,
        limit: Duration,
    ) -> Result<Heard, Failure> {
        loop {
            let (connection, answer) = (&mut self.connection, &mut self.buffer);
            let (stream, head) = (&mut *side.stream, &mut *side.head);
            let step = poll_fn(|context| {
                // Before anything is written: making the connection, or fetching a credential, may have outlasted the caller.
                while watches_caller && head.buffer().len() < PIPELINED_MAX {
                    match poll_into(stream, context, head.buffer()) {
                        Poll::Ready(Read::Some) => {}
                        Poll::Ready(Read::End | Read::Broken) => {
                            return Poll::Ready(Err(Failure::CallerGone));
                        }
                        Poll::Pending => break,
                    }
                }
                if watches_caller && head.buffer().len() >= PIPELINED_MAX && has_hung_up(stream) {
                    return Poll::Ready(Err(Failure::CallerGone));
                }
                match pieces.poll_write(connection, context) {
                    Poll::Ready(Ok(true)) => return Poll::Ready(Ok(Step::Done)),
                    Poll::Ready(Ok(false)) => return Poll::Ready(Ok(Step::Progress)),
                    Poll::Ready(Err(_)) => return Poll::Ready(Ok(Step::Failed)),
                    Poll::Pending => {}
                }
                poll_into(connection, context, answer).map(|read| Ok(Step::Heard(read)))
            });
            match side.deadline.within(limit, step).await {
                Ok(Ok(Step::Done)) => return Ok(Heard::Nothing),
                Ok(Ok(Step::Progress)) => {}
                Ok(Ok(Step::Heard(Read::Some))) => {
                    if self.hear(side, limit).await? == Heard::Answer {
                        return Ok(Heard::Answer);
                    }
                }
                Ok(Ok(Step::Heard(Read::End))) => return Ok(Heard::Answer),
                Ok(Ok(Step::Heard(Read::Broken) | Step::Failed)) => {
                    self.is_broken = true;
                    return Ok(Heard::Answer);
                }
                Ok(Err(failure)) => return Err(failure),
                Err(Elapsed) => return Err(Failure::HeadTimeout),
            }
        }
    }
}
