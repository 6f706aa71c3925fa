//! Sends: the signed head and the body go out, the answer's head comes in.

use std::os::fd::AsFd;
use std::pin::pin;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::Instant;

use super::attempt::{Attempt, Heard};
use super::connection::Connection;
use super::failure::BodyFault;
use super::upload::{Outgoing, Upload};
use super::watch::{Read, read_watching};
use super::write::Pieces;
use super::{Arrived, CallerSide, Failure, Timeouts};
use crate::buffers::BodyBuffer;
use crate::deadline::Elapsed;
use crate::wire::{AnswerHead, BadAnswer, Method, Signed};

/// Sends the signed head, and waits for the answer's, which comes where that was.
pub(super) async fn send<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
    connection: Connection,
    signed: Signed,
    outgoing: Outgoing<'_>,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<Arrived, Failure> {
    let mut attempt = Attempt::new(connection);
    match exchange(&mut attempt, signed, outgoing, side, timeouts).await {
        Ok((answer, heard)) => {
            let Attempt { connection, buffer, is_broken, .. } = attempt;
            Ok(Arrived {
                connection,
                buffer,
                answer,
                is_request_whole: heard == Heard::Nothing,
                is_broken,
                ended: None,
                patience: None,
            })
        }
        Err(failure) => {
            side.buffers.put(attempt.buffer);
            Err(failure)
        }
    }
}

/// The request goes out, as far as nothing of an answer stops it.
async fn write<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
    attempt: &mut Attempt,
    head: &[u8],
    outgoing: Outgoing<'_>,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<Heard, Failure> {
    match outgoing {
        Outgoing::Whole(body) => attempt.write(Pieces::new(head, body), true, side, timeouts.idle).await,
        Outgoing::Streamed(upload) if upload.came_whole() && upload.prefix() == 0 => {
            attempt.write(Pieces::new(head, b""), true, side, timeouts.idle).await
        }
        // Most of it is gone, and a part must never be sent for the whole.
        Outgoing::Streamed(upload) if upload.is_done() && !upload.came_whole() => {
            Err(Failure::Lost { was_reused: attempt.connection.is_reused })
        }
        Outgoing::Streamed(upload) => stream(attempt, (head, None), upload, side, timeouts).await,
        Outgoing::Opened(opening, upload) => {
            stream(attempt, (head, Some(opening)), upload, side, timeouts).await
        }
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
    attempt: &mut Attempt,
    signed: Signed,
    outgoing: Outgoing<'_>,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<(AnswerHead, Heard), Failure> {
    let written = write(attempt, signed.head(), outgoing, side, timeouts).await;
    // The head is gone, and where it was there is room for the answer's.
    let mut buffer = signed.into_buffer();
    let heard = match written {
        Ok(heard) => heard,
        Err(failure) => {
            side.buffers.put(buffer);
            return Err(failure);
        }
    };
    buffer.clear();
    buffer.append(&mut attempt.buffer);
    attempt.buffer = buffer;
    // Even where the request could not be written, an answer may have come first, and says why.
    match answer(attempt, side, timeouts).await {
        Ok(answer) => Ok((answer, heard)),
        Err(Failure::CallerGone) => Err(Failure::CallerGone),
        // Of a request that was not taken to its end, nobody knows what became of it.
        Err(_) if heard == Heard::Answer && attempt.buffer.is_empty() => {
            Err(Failure::Lost { was_reused: attempt.connection.is_reused })
        }
        Err(failure) => Err(failure),
    }
}

/// What comes next while a body goes out.
enum Next<'a> {
    /// More of the body.
    Piece(BodyBuffer<'a>),
    /// Something of the answer.
    Heard,
    /// The connection ended: no answer will come, and what is left of the body is not worth reading.
    NoAnswer,
}

/// Sends the head and passes the caller's body on as it arrives, and watches for an answer that comes before its end.
/// `opening`: what goes out in place of the part that was read already.
async fn stream<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
    attempt: &mut Attempt,
    (head, opening): (&[u8], Option<&[u8]>),
    upload: &mut Upload,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<Heard, Failure> {
    let buffers = side.buffers;
    let mut body = buffers.body();
    if let Some(opening) = opening {
        body.extend_from_slice(opening);
    } else if upload.is_dechunked() {
        let read = upload.prefix_data(side.head, |run| body.extend_from_slice(run));
        read.map_err(|fault| Failure::Body(BodyFault::Malformed(fault)))?;
    } else {
        body.extend_from_slice(side.head.behind().get(..upload.prefix()).unwrap_or_default());
    }
    let mut head = head;
    let mut patience = Instant::now() + timeouts.body_idle;
    loop {
        let pieces = Pieces::new(std::mem::take(&mut head), &body);
        let heard = attempt.write(pieces, upload.is_done(), side, timeouts.idle).await?;
        if heard == Heard::Answer || upload.is_done() {
            return Ok(heard);
        }
        drop(body);
        let next = async {
            tokio::select! {
                biased;
                read = attempt.connection.read_buf(&mut attempt.buffer) => {
                    Ok(if matches!(read, Ok(count) if count > 0) { Next::Heard } else { Next::NoAnswer })
                }
                (read, piece) = buffers.read(side.stream) => match read {
                    Ok(0) | Err(_) => Err(Failure::CallerGone),
                    Ok(_) => Ok(Next::Piece(piece)),
                },
            }
        };
        // Only what comes of the body starts the wait anew.
        match side.deadline.by(patience, next).await {
            Err(Elapsed) => return Err(Failure::Body(BodyFault::Timeout)),
            Ok(Err(failure)) => return Err(failure),
            Ok(Ok(Next::NoAnswer)) => return Ok(Heard::Answer),
            Ok(Ok(Next::Heard)) => {
                if attempt.hear(side, timeouts.idle).await? == Heard::Answer {
                    return Ok(Heard::Answer);
                }
                body = buffers.body();
            }
            Ok(Ok(Next::Piece(piece))) => {
                body = piece;
                patience = Instant::now() + timeouts.body_idle;
            }
        }
        let faulty = |fault| Failure::Body(BodyFault::Malformed(fault));
        if upload.is_dechunked() {
            let mut data = buffers.body();
            let used = upload.advance(&body, |run| data.extend_from_slice(run)).map_err(faulty)?;
            side.head.buffer().extend_from_slice(body.get(used..).unwrap_or_default());
            body = data;
        } else {
            let used = upload.advance(&body, |_| {}).map_err(faulty)?;
            // What was read beyond the end begins the caller's next request.
            side.head.buffer().extend_from_slice(body.get(used..).unwrap_or_default());
            body.truncate(used);
        }
    }
}

/// Reads until the head of the real answer is there. Watches the caller meanwhile: once it is gone, so is the request.
async fn answer<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
    attempt: &mut Attempt,
    side: &mut CallerSide<'_, S>,
    timeouts: &Timeouts,
) -> Result<AnswerHead, Failure> {
    let to_head = side.head.method() == Some(Method::Head);
    let end = Instant::now() + timeouts.head;
    loop {
        if let Some(head) = attempt.head(to_head)? {
            return Ok(head);
        }
        let Attempt { connection, buffer, .. } = &mut *attempt;
        if buffer.len() == buffer.capacity() {
            buffer.reserve(buffer.len());
        }
        let waited = {
            let caller = (&mut *side.stream, &mut *side.head);
            // Pinned here: what is handed over by value has its place twice.
            let waiting = pin!(read_watching(connection, (buffer, side.buffers), caller));
            side.deadline.by(end, waiting).await
        };
        match waited {
            Ok(Ok(Read::Some)) => {}
            Ok(Ok(Read::End | Read::Broken)) if buffer.is_empty() => {
                return Err(Failure::Lost { was_reused: connection.is_reused });
            }
            Ok(Ok(Read::End | Read::Broken)) => return Err(Failure::Protocol(BadAnswer::Syntax)),
            Ok(Err(failure)) => return Err(failure),
            Err(Elapsed) => return Err(Failure::HeadTimeout),
        }
    }
}
