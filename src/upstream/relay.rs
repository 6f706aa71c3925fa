//! The body of an answer on its way to the caller.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::End;
use super::watch::CallerSide;
use super::write::{Pieces, write_all};
use crate::wire::{AnswerFraming, Progress, write_chunk};

/// The end of a body in chunks, without trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// What is done to the framing of a body on its way to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reframing {
    /// Nothing.
    None,
    /// Chunks are taken apart, for a caller that does not know them.
    Unchunk,
    /// Chunks are made of a body that ends with the connection.
    Chunk,
}

/// Writes the data of a body anew on its way, as many bytes as it was. It may hold some back until more comes.
pub trait Rewrite: Send {
    /// Takes a run of data, and appends what can go on.
    fn rewrite(&mut self, run: &[u8], out: &mut Vec<u8>);

    /// The body is whole: appends what was held back.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// Where the body of an answer stands.
pub(super) struct Relay {
    progress: Progress,
    reframing: Reframing,
    /// `None`: the data goes on as it is.
    rewriting: Option<Box<dyn Rewrite>>,
    /// Bytes of data that were passed on.
    pub(super) body_bytes: u64,
    /// Bytes came after the end: they belong to no request of ours.
    pub(super) has_rest: bool,
    /// How long the caller may take nothing.
    limit: Duration,
}

impl Relay {
    /// At the start of a body. `limit`: how long the caller may take nothing.
    pub(super) const fn begin(framing: AnswerFraming, reframing: Reframing, limit: Duration) -> Self {
        let progress = framing.progress();
        Self { progress, reframing, rewriting: None, body_bytes: 0, has_rest: false, limit }
    }

    /// The same for a body whose data is written anew. What frames it is then ours.
    pub(super) fn rewriting(self, rewriting: Option<Box<dyn Rewrite>>) -> Self {
        let reframing = match (&rewriting, self.reframing, self.progress) {
            (Some(_), Reframing::None, Progress::Chunked(_)) => Reframing::Chunk,
            (Some(_), Reframing::None, _) => Reframing::Unchunk,
            (_, reframing, _) => reframing,
        };
        Self { reframing, rewriting, ..self }
    }

    /// Writes `head` and the part of `bytes` that belongs to the body. `Some` when that was the end. A short body is copied
    /// behind the head: writing one piece costs the system less than gathering two.
    pub(super) async fn write<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        head: &mut Vec<u8>,
        bytes: &[u8],
        side: &mut CallerSide<'_, S>,
    ) -> Option<End> {
        let buffers = side.buffers;
        let mut framed = (self.reframing != Reframing::None).then(|| buffers.body());
        let chunks = self.reframing == Reframing::Chunk;
        let (mut count, mut rewritten) = (0, Vec::new());
        let rewriting = &mut self.rewriting;
        let read = self.progress.advance(bytes, |run| match (rewriting.as_mut(), &mut framed) {
            (Some(rewriting), _) => rewriting.rewrite(run, &mut rewritten),
            (None, framed) => {
                count += run.len() as u64;
                match framed {
                    Some(framed) if chunks => write_chunk(framed, run),
                    Some(framed) => framed.extend_from_slice(run),
                    None => {}
                }
            }
        });
        if let (Some(rewriting), Some(framed)) = (&mut self.rewriting, &mut framed) {
            let is_done = self.progress.is_done() && read.is_ok();
            if is_done {
                rewriting.finish(&mut rewritten);
            }
            count = rewritten.len() as u64;
            match chunks {
                true => write_chunk(framed, &rewritten),
                false => framed.extend_from_slice(&rewritten),
            }
            if is_done && chunks {
                framed.extend_from_slice(LAST_CHUNK);
            }
        }
        // What a fault came with is not passed on: the caller has to miss it.
        let used = *read.as_ref().unwrap_or(&0);
        let raw = bytes.get(..used).unwrap_or_default();
        let body = framed.as_ref().map_or(raw, |framed| framed.as_slice());
        let pieces = if !head.is_empty() && head.len() + body.len() <= head.capacity() {
            head.extend_from_slice(body);
            Pieces::new(head, b"")
        } else {
            Pieces::new(head, body)
        };
        let written = write_all(side.stream, pieces, (side.deadline, self.limit)).await;
        drop(framed);
        if written.is_ok() && read.is_ok() {
            self.body_bytes += count;
        }
        self.has_rest = used < bytes.len();
        match (written, read) {
            (Err(_), _) => Some(End::CallerGone),
            (_, Err(_)) => Some(End::Truncated),
            (Ok(()), Ok(_)) => self.progress.is_done().then_some(End::Keep),
        }
    }

    /// The connection ended in the orderly way. Only an answer that says so may end like this.
    pub(super) async fn at_end<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        side: &mut CallerSide<'_, S>,
    ) -> End {
        if !matches!(self.progress, Progress::UntilClose) {
            return End::Truncated;
        }
        let (mut rewritten, mut framed) = (Vec::new(), Vec::new());
        if let Some(rewriting) = &mut self.rewriting {
            rewriting.finish(&mut rewritten);
        }
        let (rest, last) = if self.reframing == Reframing::Chunk {
            write_chunk(&mut framed, &rewritten);
            (&framed, LAST_CHUNK)
        } else {
            (&rewritten, &b""[..])
        };
        match write_all(side.stream, Pieces::new(rest, last), (side.deadline, self.limit)).await {
            Ok(()) => {
                self.body_bytes += rewritten.len() as u64;
                End::Keep
            }
            Err(_) => End::CallerGone,
        }
    }
}
