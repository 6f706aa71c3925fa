//! Reading from the cloud with an eye on the caller: once it is gone, so is its request.

use std::future::{Future, poll_fn};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::time::sleep;

use super::Failure;
use super::connection::Connection;
use crate::buffers::{BodyBuffer, Buffers};
use crate::deadline::Deadline;
use crate::wire::Head;

/// Bytes of pipelined requests that are kept while an answer is waited for. Behind more of them the caller's end is not read.
pub(super) const PIPELINED_MAX: usize = 32 * 1024;
/// How often it is looked for then.
const LOOK_EVERY: Duration = Duration::from_millis(250);

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

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Bytes.
    Some,
    /// The end, in the orderly way: what has no length of its own is whole.
    End,
    /// A reset, or an end that TLS did not announce: whatever was being read may go on.
    Broken,
}

impl Read {
    fn of(read: &std::io::Result<usize>) -> Self {
        match read {
            Ok(0) => Self::End,
            Ok(_) => Self::Some,
            Err(_) => Self::Broken,
        }
    }
}

/// Reads from the cloud, and fails as soon as the caller is gone. As long as nothing comes, an empty buffer is with the
/// others: a thousand requests that wait for their answers hold none.
pub(super) async fn read_watching<S: AsyncRead + AsFd + Unpin>(
    connection: &mut Connection,
    (buffer, buffers): (&mut Vec<u8>, &Buffers),
    caller: (&mut S, &mut Head),
) -> Result<Read, Failure> {
    let reading = poll_fn(|context| {
        if buffer.capacity() == 0 {
            *buffer = buffers.small();
        }
        let read = pin!(connection.read_buf(buffer)).poll(context);
        if read.is_pending() && buffer.is_empty() {
            buffers.put(std::mem::take(buffer));
        }
        read
    });
    let read = watching(reading, caller).await?;
    Ok(Read::of(&read))
}

/// The same for a piece of a body, which comes in a buffer of its own.
pub(super) async fn read_piece_watching<'a, S: AsyncRead + AsFd + Unpin>(
    connection: &mut Connection,
    buffers: &'a Buffers,
    caller: (&mut S, &mut Head),
) -> Result<(Read, BodyBuffer<'a>), Failure> {
    let (read, piece) = watching(buffers.read(connection), caller).await?;
    Ok((Read::of(&read), piece))
}

/// Waits for what is being read, unless the caller goes. What that sends meanwhile is its next request.
async fn watching<S: AsyncRead + AsFd + Unpin, T>(
    reading: impl Future<Output = T>,
    (stream, head): (&mut S, &mut Head),
) -> Result<T, Failure> {
    let mut reading = pin!(reading);
    loop {
        let pipelined = head.buffer();
        if pipelined.len() == pipelined.capacity() {
            pipelined.reserve(pipelined.len().max(1024));
        }
        let may_watch = pipelined.len() < PIPELINED_MAX;
        tokio::select! {
            biased;
            read = &mut reading => return Ok(read),
            sent = stream.read_buf(pipelined), if may_watch => {
                if matches!(sent, Ok(0) | Err(_)) {
                    return Err(Failure::CallerGone);
                }
            }
            () = async { sleep(LOOK_EVERY).await }, if !may_watch => {
                if has_hung_up(stream) {
                    return Err(Failure::CallerGone);
                }
            }
        }
    }
}

/// Whether the other side has closed or reset its connection, also behind bytes that nobody reads.
pub(super) fn has_hung_up(stream: &impl AsFd) -> bool {
    let asked = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    let mut sockets = [PollFd::new(stream, PollFlags::RDHUP)];
    let at_once = Timespec::default();
    let polled = poll(&mut sockets, Some(&at_once));
    polled.is_ok() && sockets.iter().any(|socket| socket.revents().intersects(asked))
}

/// Appends what has arrived, a little at a time: mostly nothing has.
pub(super) fn poll_into<R: AsyncRead + Unpin>(
    reader: &mut R,
    context: &mut Context<'_>,
    into: &mut Vec<u8>,
) -> Poll<Read> {
    let mut bytes = [const { MaybeUninit::uninit() }; 1024];
    let mut buffer = ReadBuf::uninit(&mut bytes);
    let read = std::task::ready!(Pin::new(reader).poll_read(context, &mut buffer));
    into.extend_from_slice(buffer.filled());
    Poll::Ready(Read::of(&read.map(|()| buffer.filled().len())))
}
