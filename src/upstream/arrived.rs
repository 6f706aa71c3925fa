//! An answer: its head is here, its body follows. It is looked at, or passed on, or both.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::Instant;

use super::connection::Connection;
use super::relay::{Reframing, Relay};
use super::watch::{CallerSide, Read, read_watching};
use super::{Failure, Timeouts, Upstream};
use crate::deadline::Elapsed;
use crate::names::Host;
use crate::wire::{AnswerFraming, AnswerHead, Toward};

/// An answer whose head has arrived.
#[derive(Debug)]
pub struct Arrived {
    pub(super) connection: Connection,
    pub(super) buffer: Vec<u8>,
    pub(super) answer: AnswerHead,
    /// Whether every byte of the request went out before the answer came.
    pub(super) is_request_whole: bool,
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
    /// Cut short by the cloud. The caller must not take it for whole.
    Truncated,
    /// The cloud was silent too long in the middle of it. The caller must not take it for whole.
    Silent,
    /// The caller is gone, or takes nothing more.
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

    /// Reads a short body to its end, and returns as much of it as has arrived. It can still be passed on afterwards.
    pub async fn peek(&mut self, max: usize, timeouts: &Timeouts) -> &[u8] {
        let is_short = !matches!(self.answer.framing, AnswerFraming::Length(length) if length > max as u64);
        let from = self.answer.length;
        let end = Instant::now() + timeouts.head;
        while is_short && self.buffer.len() - from < max && !self.is_body_here() {
            let reading = self.connection.read_buf(&mut self.buffer);
            match tokio::time::timeout_at(end, reading).await {
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
        let reframing = match framing {
            AnswerFraming::Chunked if side.head.is_http_1_0() => Reframing::Unchunk,
            // In chunks, the caller can tell the end from a break, and its connection can serve again.
            AnswerFraming::UntilClose if !side.head.is_http_1_0() => Reframing::Chunk,
            _ => Reframing::None,
        };
        let ends_by_closing = match framing {
            AnswerFraming::Chunked | AnswerFraming::UntilClose => side.head.is_http_1_0(),
            AnswerFraming::Length(_) | AnswerFraming::None => false,
        };
        let closes = closes || ends_by_closing || !self.is_request_whole;
        let toward = Toward {
            keeps_length: matches!(framing, AnswerFraming::Length(_) | AnswerFraming::None),
            is_chunked: matches!(framing, AnswerFraming::Chunked | AnswerFraming::UntilClose)
                && !ends_by_closing,
            closes,
        };
        let mut out = side.buffers.small();
        self.answer.write(&self.buffer, toward, &mut out);
        let mut body = Relay::begin(framing, reframing, upstream.timeouts().idle);
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
                    Err(Elapsed) => break End::Silent,
                }
            };
            match read {
                Ok(Read::Some) => {}
                Ok(Read::End) => break body.at_end(side).await,
                Ok(Read::Broken) => break End::Truncated,
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
