//! An answer: its head is here, its body follows. It is looked at, or passed on, or both.

use std::fmt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::connection::Connection;
use super::send::{CallerSide, Read, read_watching};
use super::write::write_both;
use super::{Failure, Timeouts, Upstream};
use crate::deadline::Elapsed;
use crate::names::Host;
use crate::wire::{AnswerFraming, AnswerHead, Progress, Toward};

/// An answer whose head has arrived.
pub struct Arrived {
    pub(super) connection: Connection,
    pub(super) buffer: Vec<u8>,
    pub(super) answer: AnswerHead,
    /// Whether every byte of the request went out before the answer came.
    pub(super) is_request_whole: bool,
}

impl fmt::Debug for Arrived {
    /// Never the bytes: an answer may hold what only its caller may see.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arrived({:?}, {} bytes)", self.answer, self.buffer.len())
    }
}

/// How passing an answer on ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Bytes of its body that reached the caller.
    pub body_bytes: u64,
    /// What becomes of the caller's connection.
    pub end: End,
}

/// The end of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Whole, and the caller's connection can serve again.
    Keep,
    /// Whole, and the caller was told that the connection ends.
    Close,
    /// Cut short by the cloud, or silent too long. The caller must not take it for whole.
    Truncated,
    /// The caller is gone.
    CallerGone,
}

impl Arrived {
    /// The status.
    pub const fn status(&self) -> u16 {
        self.answer.status
    }

    /// The value of a header.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.answer.field(&self.buffer, name)
    }

    /// Whether every byte of the request went out before the answer came.
    pub const fn is_request_whole(&self) -> bool {
        self.is_request_whole
    }

    /// Reads a short body to its end, and returns as much of it as has arrived. It can still be passed on afterwards.
    pub async fn peek(&mut self, max: usize, timeouts: &Timeouts) -> &[u8] {
        let is_short = !matches!(self.answer.framing, AnswerFraming::Length(length) if length > max as u64);
        let from = self.answer.length;
        while is_short && self.buffer.len() - from < max && !self.is_body_here() {
            let reading = self.connection.read_buf(&mut self.buffer);
            match tokio::time::timeout(timeouts.idle, reading).await {
                Ok(Ok(count)) if count > 0 => {}
                // What is missing will be missed when it is passed on.
                _ => break,
            }
        }
        self.buffer.get(from..).unwrap_or_default()
    }

    fn is_body_here(&self) -> bool {
        let mut progress = self.answer.framing.progress();
        let body = self.buffer.get(self.answer.length..).unwrap_or_default();
        // A malformed body is whole in the sense that nothing more of it is wanted here.
        progress.advance(body, |_| {}).is_err() || progress.is_done()
    }

    /// Passes the answer on. `closes`: the caller's connection ends with it in any case.
    pub async fn relay<S: AsyncRead + AsyncWrite + Unpin>(
        mut self,
        upstream: &Upstream,
        host: &Host,
        closes: bool,
        side: &mut CallerSide<'_, S>,
    ) -> Relayed {
        let framing = self.answer.framing;
        let unchunks = framing == AnswerFraming::Chunked && side.head.is_http_1_0();
        let closes = closes || unchunks || framing == AnswerFraming::UntilClose || !self.is_request_whole;
        let toward = Toward {
            keeps_length: matches!(framing, AnswerFraming::Length(_) | AnswerFraming::None),
            is_chunked: framing == AnswerFraming::Chunked && !unchunks,
            closes,
        };
        let mut out = side.buffers.small();
        self.answer.write(&self.buffer, toward, &mut out);
        let mut body = Relay { progress: framing.progress(), unchunks, body_bytes: 0, has_rest: false };
        let end = self.pass(&mut body, &out, upstream.timeouts(), side).await;
        side.buffers.put(out);
        side.buffers.put(self.buffer);
        let is_reusable = self.answer.keeps_alive && self.is_request_whole && !body.has_rest;
        if end == End::Keep && is_reusable {
            upstream.keep(host, self.connection);
        }
        let end = if end == End::Keep && closes { End::Close } else { end };
        Relayed { body_bytes: body.body_bytes, end }
    }

    async fn pass<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        body: &mut Relay,
        head: &[u8],
        timeouts: &Timeouts,
        side: &mut CallerSide<'_, S>,
    ) -> End {
        let first = self.buffer.get(self.answer.length..).unwrap_or_default();
        if let Some(end) = body.write(head, first, side).await {
            return end;
        }
        let is_event_stream =
            self.field("content-type").is_some_and(|value| value.starts_with(b"text/event-stream"));
        let mut buffer = side.buffers.large();
        let end = loop {
            buffer.clear();
            let reading =
                read_watching(&mut self.connection, &mut buffer, (&mut *side.stream, &mut *side.head));
            // Events may be hours apart; everything else comes steadily or not at all.
            let read = if is_event_stream {
                reading.await
            } else {
                match side.deadline.within(timeouts.idle, reading).await {
                    Ok(read) => read,
                    Err(Elapsed) => break End::Truncated,
                }
            };
            match read {
                Ok(Read::Some) => {}
                Ok(Read::End) => break body.at_end(),
                Err(Failure::CallerGone) => break End::CallerGone,
                Err(_) => break End::Truncated,
            }
            if let Some(end) = body.write(&[], &buffer, side).await {
                break end;
            }
        };
        side.buffers.put(buffer);
        end
    }
}

/// Where the body of an answer stands.
struct Relay {
    progress: Progress,
    unchunks: bool,
    body_bytes: u64,
    /// Bytes came after the end: they belong to no request of ours.
    has_rest: bool,
}

impl Relay {
    /// Writes `head` and the part of `bytes` that belongs to the body. `Some` when that was the end.
    async fn write<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        head: &[u8],
        bytes: &[u8],
        side: &mut CallerSide<'_, S>,
    ) -> Option<End> {
        let mut data = self.unchunks.then(|| side.buffers.large());
        let mut count = 0;
        let read = self.progress.advance(bytes, |run| {
            count += run.len() as u64;
            if let Some(data) = &mut data {
                data.extend_from_slice(run);
            }
        });
        // What came before a fault is passed on, so that the caller sees as much as there was.
        let used = *read.as_ref().unwrap_or(&0);
        let raw = bytes.get(..used).unwrap_or_default();
        let written = write_both(side.stream, head, data.as_deref().unwrap_or(raw)).await;
        if let Some(data) = data {
            side.buffers.put(data);
        }
        self.body_bytes += count;
        self.has_rest = used < bytes.len();
        match (written, read) {
            (Err(_), _) => Some(End::CallerGone),
            (_, Err(_)) => Some(End::Truncated),
            (Ok(()), Ok(_)) => self.progress.is_done().then_some(End::Keep),
        }
    }

    /// The connection ended. Only an answer that says so may end like this.
    const fn at_end(&self) -> End {
        match self.progress {
            Progress::UntilClose => End::Keep,
            Progress::Counted(_) | Progress::Chunked(_) => End::Truncated,
        }
    }
}

/// Tells a caller that waits for `100 Continue` to go on.
pub async fn tell_to_continue<S: AsyncWrite + Unpin>(stream: &mut S) -> Result<(), Failure> {
    stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.map_err(|_| Failure::CallerGone)
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::Instant;

    use super::*;
    use crate::upstream::connection::Transport;

    #[tokio::test]
    async fn an_answer_is_not_printed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let buffer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary".to_vec();
        let answer = AnswerHead::parse(&buffer, false).unwrap().unwrap();
        let connection = Connection::new(Transport::Plain(stream), Instant::now());
        let printed = format!("{:?}", Arrived { connection, buffer, answer, is_request_whole: true });
        assert!(!printed.contains("canary") && !printed.contains("99, 97, 110"), "{printed}");
    }
}
