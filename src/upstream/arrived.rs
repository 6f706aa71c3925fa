//! An answer: its head is here, its body follows. It is looked at, or passed on, or both.

use std::fmt;
use std::os::fd::AsFd;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::connection::Connection;
use super::relay::{Reframing, Relay, Rewrite};
use super::watch::{CallerSide, Read, read_piece_watching, read_watching};
use super::{Failure, Timeouts, Upstream};
use crate::deadline::Elapsed;
use crate::names::Host;
use crate::wire::{AnswerFraming, AnswerHead, Toward};

/// An answer whose head has arrived.
pub struct Arrived {
    pub(super) connection: Connection,
    pub(super) buffer: Vec<u8>,
    pub(super) answer: AnswerHead,
    /// Whether every byte of the request went out before the answer came.
    pub(super) is_request_whole: bool,
    /// Whether the connection broke while the request went out. Its end is then no orderly one, however it looks.
    pub(super) is_broken: bool,
    /// How the connection ended, if that was seen when the body was looked at: it is seen once only.
    pub(super) ended: Option<Read>,
    /// Until when a short body is waited for, once it was looked at.
    pub(super) patience: Option<Instant>,
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

    /// The cloud's id of the request. Empty: it sent none.
    pub fn request_id(&self) -> &[u8] {
        self.answer.request_id(&self.buffer)
    }

    /// The value of a header.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.answer.field(&self.buffer, name)
    }

    /// Reads a short body to its end, and returns as much of it as has arrived. It can still be passed on afterwards.
    /// What is slow, long, or a stream of events is not waited for, and neither is anything once the caller is gone. Of an
    /// error, events are waited for: there will be one.
    pub async fn peek<S: AsyncRead + AsFd + Unpin>(
        &mut self,
        max: usize,
        side: &mut CallerSide<'_, S>,
    ) -> &[u8] {
        /// The cloud sends its errors with their heads.
        const PATIENCE: Duration = Duration::from_secs(2);
        let is_short = match self.answer.framing {
            AnswerFraming::Length(length) => length <= max as u64,
            AnswerFraming::None | AnswerFraming::Chunked | AnswerFraming::UntilClose => {
                !self.is_event_stream() || self.status() >= 400
            }
        };
        let from = self.answer.length;
        let end = *self.patience.get_or_insert_with(|| Instant::now() + PATIENCE);
        while is_short && self.ended.is_none() && self.buffer.len() - from < max && !self.is_body_here() {
            let into = (&mut self.buffer, side.buffers);
            let reading = read_watching(&mut self.connection, into, (&mut *side.stream, &mut *side.head));
            match side.deadline.by(end, pin!(reading)).await {
                Ok(Ok(Read::Some)) => {}
                Ok(Ok(end)) => {
                    self.ended = Some(end);
                    break;
                }
                // What is missing will be missed when it is passed on.
                Ok(Err(_)) | Err(Elapsed) => break,
            }
        }
        self.buffer.get(from..).unwrap_or_default()
    }

    fn is_event_stream(&self) -> bool {
        self.field("content-type").is_some_and(|value| value.starts_with(b"text/event-stream"))
    }

    fn is_body_here(&self) -> bool {
        let mut progress = self.answer.framing.progress();
        let body = self.buffer.get(self.answer.length..).unwrap_or_default();
        // A malformed body is whole in the sense that nothing more of it is wanted here.
        progress.advance(body, |_| {}).is_err() || progress.is_done()
    }

    /// Passes the answer on. `closes`: the caller's connection ends with it in any case.
    pub async fn relay<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
        mut self,
        upstream: &Upstream,
        host: &Host,
        (closes, rewriting): (bool, Option<Box<dyn Rewrite>>),
        side: &mut CallerSide<'_, S>,
    ) -> Relayed {
        let framing = self.answer.framing;
        let knows_chunks = !side.head.is_http_1_0();
        let reframing = match framing {
            AnswerFraming::Chunked if !knows_chunks => Reframing::Unchunk,
            // In chunks, the caller can tell the end from a break, and its connection can serve again.
            AnswerFraming::UntilClose if knows_chunks => Reframing::Chunk,
            _ => Reframing::None,
        };
        let has_no_length = matches!(framing, AnswerFraming::Chunked | AnswerFraming::UntilClose);
        let closes = closes || has_no_length && !knows_chunks || !self.is_request_whole;
        let toward = Toward {
            // A 204 has no length; the answers to HEAD and 304 state that of the body they do not have.
            keeps_length: match framing {
                AnswerFraming::Length(_) => true,
                AnswerFraming::None => self.answer.status != 204,
                AnswerFraming::Chunked | AnswerFraming::UntilClose => false,
            },
            is_chunked: has_no_length && knows_chunks,
            closes,
        };
        let mut out = side.buffers.small();
        self.answer.write(&self.buffer, toward, &mut out);
        let mut body = Relay::begin(framing, reframing, upstream.timeouts().idle).rewriting(rewriting);
        let end = self.pass(&mut body, &mut out, upstream.timeouts(), side).await;
        side.buffers.put(out);
        side.buffers.put(self.buffer);
        let is_reusable = self.answer.keeps_alive && self.is_request_whole && !body.has_rest;
        if end == End::Keep && is_reusable {
            upstream.keep(host, self.connection);
        }
        let end = if end == End::Keep && closes { End::Close } else { end };
        Relayed { body_bytes: body.body_bytes, end }
    }

    async fn pass<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
        &mut self,
        body: &mut Relay,
        head: &mut Vec<u8>,
        timeouts: &Timeouts,
        side: &mut CallerSide<'_, S>,
    ) -> End {
        let first = self.buffer.get(self.answer.length..).unwrap_or_default();
        if let Some(end) = body.write(head, first, side).await {
            return end;
        }
        let is_event_stream = self.is_event_stream();
        // The rest may take long, and needs neither.
        side.buffers.put(std::mem::take(head));
        side.buffers.put(std::mem::take(&mut self.buffer));
        let buffers = side.buffers;
        loop {
            let ended = self.ended.take();
            let (connection, watched) = (&mut self.connection, (&mut *side.stream, &mut *side.head));
            let reading = async {
                match ended {
                    Some(end) => Ok((end, None)),
                    None => {
                        let read = read_piece_watching(connection, buffers, watched).await;
                        read.map(|(read, piece)| (read, Some(piece)))
                    }
                }
            };
            // Events may be hours apart; everything else comes steadily or not at all.
            let read = if is_event_stream {
                reading.await
            } else {
                match side.deadline.within(timeouts.idle, pin!(reading)).await {
                    Ok(read) => read,
                    Err(Elapsed) => break End::Silent,
                }
            };
            let piece = match read {
                Ok((Read::Some, Some(piece))) => piece,
                Ok((Read::End, _)) if !self.is_broken => break body.at_end(side).await,
                Err(Failure::CallerGone) => break End::CallerGone,
                Ok(_) | Err(_) => break End::Truncated,
            };
            if let Some(end) = body.write(&mut Vec::new(), &piece, side).await {
                break end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::upstream::connection::Transport;

    #[tokio::test]
    async fn an_answer_is_not_printed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let buffer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary".to_vec();
        let answer = AnswerHead::parse(&buffer, false).unwrap().unwrap();
        let connection = Connection::new(Transport::Plain(stream), Instant::now());
        let arrived = Arrived {
            connection,
            buffer,
            answer,
            is_request_whole: true,
            is_broken: false,
            ended: None,
            patience: None,
        };
        let printed = format!("{arrived:?}");
        assert!(!printed.contains("canary") && !printed.contains("99, 97, 110"), "{printed}");
    }
}
