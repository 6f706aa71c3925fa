//! One attempt: the signed head and the body go out, the answer's head comes in.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::connection::Connection;
use super::failure::BodyFault;
use super::write::write_both;
use super::{Arrived, Failure, Timeouts};
use crate::buffers::Buffers;
use crate::deadline::{Deadline, Elapsed};
use crate::wire::{AnswerHead, Head, Malformed, Method, Progress, Signed};

/// Interim answers that are read before the real one. One is usual, two are seen.
const INTERIM_MAX: u32 = 10;
/// Bytes of a pipelined request that are kept while an answer is waited for.
const PIPELINED_MAX: usize = 32 * 1024;

/// The caller's side of an exchange, as far as carrying it needs.
#[derive(Debug)]
pub struct CallerSide<'a, S> {
    /// The connection.
    pub stream: &'a mut S,
    /// The request, and what arrived behind its head.
    pub head: &'a mut Head,
    /// The connection's timer.
    pub deadline: &'a mut Deadline,
    /// The worker's buffers.
    pub buffers: &'a Buffers,
}

/// A body on its way through.
#[derive(Debug)]
pub struct Upload {
    progress: Progress,
    /// How many bytes behind the head belong to the body.
    prefix: usize,
    /// How many bytes of data were seen.
    bytes: u64,
}

impl Upload {
    /// Looks at the part of the body that came with the head, so that a fault in it is found before anything is sent.
    pub fn begin(head: &Head) -> Result<Self, Malformed> {
        Self::begin_with(head, |_| {})
    }

    /// The same, handing the data to `data`.
    pub fn begin_with<'a>(head: &'a Head, mut data: impl FnMut(&'a [u8])) -> Result<Self, Malformed> {
        let mut progress = Progress::of_request(head.framing());
        let mut bytes = 0;
        let prefix = progress.advance(head.behind(), |run| {
            bytes += run.len() as u64;
            data(run);
        })?;
        Ok(Self { progress, prefix, bytes })
    }

    /// Reads on: hands the data in `bytes` to `data` and returns how many of them belong to the body.
    pub fn advance<'a>(
        &mut self,
        bytes: &'a [u8],
        mut data: impl FnMut(&'a [u8]),
    ) -> Result<usize, Malformed> {
        let count = &mut self.bytes;
        self.progress.advance(bytes, |run| {
            *count += run.len() as u64;
            data(run);
        })
    }

    /// Bytes of data so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the whole body came with the head, so that it can be sent twice.
    pub fn is_whole(&self) -> bool {
        self.progress.is_done()
    }

    /// How many bytes behind the head are part of the body.
    pub const fn prefix(&self) -> usize {
        self.prefix
    }
}

/// What goes out behind the head.
pub enum Outgoing<'a> {
    /// A body that is known whole, or none.
    Whole(&'a [u8]),
    /// The caller's body, as it arrives.
    Streamed(&'a mut Upload),
}

impl fmt::Debug for Outgoing<'_> {
    /// Never the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(body) => write!(f, "Whole({} bytes)", body.len()),
            Self::Streamed(upload) => write!(f, "Streamed({upload:?})"),
        }
    }
}

/// How an upload ended.
enum Sent {
    /// Every byte is out.
    All,
    /// An answer began before that.
    Answered,
}

/// Sends, and waits for the answer's head.
pub(super) async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: Connection,
    signed: &Signed,
    outgoing: Outgoing<'_>,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<Arrived, Failure> {
    let lost = Failure::Lost { was_reused: connection.is_reused };
    let mut buffer = side.buffers.small();
    let first = match &outgoing {
        Outgoing::Whole(body) => body,
        Outgoing::Streamed(upload) => side.head.behind().get(..upload.prefix).unwrap_or_default(),
    };
    let writing = write_both(&mut connection, signed.head(), first);
    let has_written = matches!(side.deadline.within(timeouts.head, writing).await, Ok(Ok(())));
    let mut is_whole = has_written;
    if let (true, Outgoing::Streamed(upload)) = (has_written, outgoing)
        && !upload.is_whole()
    {
        let sent = stream(&mut connection, upload, side, (&mut buffer, timeouts)).await?;
        is_whole = matches!(sent, Sent::All);
    }
    // Even where the request could not be written, an answer may have come first, and says why.
    match answer(&mut connection, &mut buffer, side, timeouts).await {
        Ok(answer) => Ok(Arrived { connection, buffer, answer, is_request_whole: is_whole }),
        Err(failure) => {
            side.buffers.put(buffer);
            Err(if has_written { failure } else { lost })
        }
    }
}

/// Passes the caller's body on as it arrives, and watches for an answer that comes before its end.
async fn stream<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection,
    upload: &mut Upload,
    side: &mut CallerSide<'_, S>,
    (answer, timeouts): (&mut Vec<u8>, &Timeouts),
) -> Result<Sent, Failure> {
    let mut body = side.buffers.large();
    let result = loop {
        body.clear();
        let step = match step(connection, &mut body, side, (&mut *answer, timeouts)).await {
            Ok(step) => step,
            Err(failure) => break Err(failure),
        };
        if matches!(step, Step::Answered) {
            // An interim answer is passed on, and the upload continues.
            match relay_interim(answer, side).await {
                Ok(true) => continue,
                Ok(false) => break Ok(Sent::Answered),
                Err(failure) => break Err(failure),
            }
        }
        let used = match upload.advance(&body, |_| {}) {
            Ok(used) => used,
            Err(fault) => break Err(Failure::Body(BodyFault::Malformed(fault))),
        };
        let (used, rest) = body.split_at_checked(used).unwrap_or((&body, &[]));
        match write_watching(connection, used, answer, (side.deadline, timeouts.idle)).await {
            Sent::All => {}
            Sent::Answered => break Ok(Sent::Answered),
        }
        if upload.progress.is_done() {
            // What was read beyond the end begins the caller's next request.
            side.head.buffer().extend_from_slice(rest);
            break Ok(Sent::All);
        }
    };
    side.buffers.put(body);
    result
}

enum Step {
    /// More of the body is in the buffer.
    Body,
    /// Something of an answer has arrived.
    Answered,
}

async fn step<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection,
    body: &mut Vec<u8>,
    side: &mut CallerSide<'_, S>,
    (answer, timeouts): (&mut Vec<u8>, &Timeouts),
) -> Result<Step, Failure> {
    let stream = &mut *side.stream;
    let next = async {
        tokio::select! {
            biased;
            // An end or an error here means that no answer will come; what is left of the body is not worth reading.
            _ = connection.read_buf(answer) => Ok(Step::Answered),
            read = stream.read_buf(body) => match read {
                Ok(0) | Err(_) => Err(Failure::CallerGone),
                Ok(_) => Ok(Step::Body),
            },
        }
    };
    match side.deadline.within(timeouts.body_idle, next).await {
        Ok(step) => step,
        Err(Elapsed) => Err(Failure::Body(BodyFault::Timeout)),
    }
}

/// Passes a `100 Continue` on. Whether the buffer is empty again, so that the upload goes on.
async fn relay_interim<S: AsyncRead + AsyncWrite + Unpin>(
    answer: &mut Vec<u8>,
    side: &mut CallerSide<'_, S>,
) -> Result<bool, Failure> {
    let Ok(Some(head)) = AnswerHead::parse(answer, false) else { return Ok(false) };
    if head.status != 100 || head.length != answer.len() {
        return Ok(false);
    }
    answer.clear();
    let passed = side.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
    passed.map(|()| true).map_err(|_| Failure::CallerGone)
}

/// Writes, unless an answer begins first. A cloud that refuses an upload may answer and read no more.
async fn write_watching(
    connection: &mut Connection,
    bytes: &[u8],
    answer: &mut Vec<u8>,
    (deadline, limit): (&mut Deadline, Duration),
) -> Sent {
    let mut rest = bytes;
    let writing = poll_fn(|context| {
        while !rest.is_empty() {
            match Pin::new(&mut *connection).poll_write(context, rest) {
                Poll::Ready(Ok(count)) if count > 0 => rest = rest.get(count..).unwrap_or_default(),
                Poll::Ready(_) => return Poll::Ready(false),
                Poll::Pending => return poll_answer(connection, context, answer),
            }
        }
        Pin::new(&mut *connection).poll_flush(context).map(|flushed| flushed.is_ok())
    });
    match deadline.within(limit, writing).await {
        Ok(true) => Sent::All,
        // A write that fails or hangs: the answer, if there is one, says why.
        Ok(false) | Err(Elapsed) => Sent::Answered,
    }
}

/// While a write waits: `Ready(false)` once anything of an answer is here, or the end.
fn poll_answer(connection: &mut Connection, context: &mut Context<'_>, answer: &mut Vec<u8>) -> Poll<bool> {
    let mut bytes = [0; 1024];
    let mut buffer = ReadBuf::new(&mut bytes);
    let read = Pin::new(connection).poll_read(context, &mut buffer);
    answer.extend_from_slice(buffer.filled());
    read.map(|_| false)
}

/// Reads until the head of the real answer is there. Watches the caller meanwhile: once it is gone, so is the request.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection,
    buffer: &mut Vec<u8>,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<AnswerHead, Failure> {
    let to_head = side.head.method() == Some(Method::Head);
    let mut interims = 0;
    loop {
        match AnswerHead::parse(buffer, to_head).map_err(Failure::Protocol)? {
            Some(head) if head.is_interim() => {
                interims += 1;
                if interims > INTERIM_MAX {
                    return Err(Failure::TooManyInterim);
                }
                buffer.drain(..head.length);
                continue;
            }
            Some(head) => return Ok(head),
            None => {}
        }
        if buffer.len() == buffer.capacity() {
            buffer.reserve(buffer.len());
        }
        let waiting = read_watching(connection, buffer, (&mut *side.stream, &mut *side.head));
        match side.deadline.within(timeouts.head, waiting).await {
            Ok(Ok(Read::Some)) => {}
            Ok(Ok(Read::End)) if buffer.is_empty() => {
                return Err(Failure::Lost { was_reused: connection.is_reused });
            }
            Ok(Ok(Read::End)) => return Err(Failure::Protocol(crate::wire::BadAnswer::Syntax)),
            Ok(Err(failure)) => return Err(failure),
            Err(Elapsed) => return Err(Failure::HeadTimeout),
        }
    }
}

/// What a read brought.
pub(super) enum Read {
    /// Bytes.
    Some,
    /// The end, orderly or not.
    End,
}

/// Reads from the cloud, and fails as soon as the caller is gone. What the caller sends meanwhile is its next request.
pub(super) async fn read_watching<S: AsyncRead + Unpin>(
    connection: &mut Connection,
    buffer: &mut Vec<u8>,
    (stream, head): (&mut S, &mut Head),
) -> Result<Read, Failure> {
    loop {
        let pipelined = head.buffer();
        if pipelined.len() == pipelined.capacity() {
            pipelined.reserve(pipelined.len().max(1024));
        }
        let may_watch = pipelined.len() < PIPELINED_MAX;
        tokio::select! {
            biased;
            read = connection.read_buf(buffer) => {
                return Ok(if matches!(read, Ok(count) if count > 0) { Read::Some } else { Read::End });
            }
            sent = stream.read_buf(pipelined), if may_watch => {
                if matches!(sent, Ok(0) | Err(_)) {
                    return Err(Failure::CallerGone);
                }
            }
        }
    }
}
