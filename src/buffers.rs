//! Buffers that a worker's connections share: taken when bytes are about to move, given back when none are.

use std::future::{Future, poll_fn};
use std::io;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

/// A head, and an answer that fits beside it, seldom need more.
const SMALL: usize = 8 * 1024;
/// For bodies. Not 64 KiB: on loopback, where the largest segment carries 65,483 bytes, every such write would go out
/// as one full packet and one of 53 bytes, at twice the cost.
const LARGE: usize = 56 * 1024;
/// How many of each are kept. The rest of a burst's memory goes back to the system.
const SMALL_KEPT: usize = 256;
const LARGE_KEPT: usize = 16;
/// How many bodies move in large pieces at once. The others move in small ones, at about half the speed: a thousand callers
/// that take an answer a byte at a time would each hold a full buffer. Counted are those that hold bytes which somebody
/// does not take; who waits for bytes holds none.
const LARGE_LENT: usize = 128;

/// One per worker.
#[derive(Debug, Default)]
pub struct Buffers {
    small: Mutex<Vec<Vec<u8>>>,
    large: Mutex<Large>,
}

#[derive(Debug, Default)]
struct Large {
    kept: Vec<Vec<u8>>,
    lent: usize,
}

/// A buffer for a piece of a body. Goes back where it came from.
#[derive(Debug)]
pub struct BodyBuffer<'a> {
    bytes: Vec<u8>,
    is_large: bool,
    buffers: &'a Buffers,
}

impl Buffers {
    /// An empty buffer for a head.
    pub fn small(&self) -> Vec<u8> {
        lock(&self.small).pop().unwrap_or_else(|| Vec::with_capacity(SMALL))
    }

    /// An empty buffer for a piece of a body: a large one, unless too many are in use.
    pub fn body(&self) -> BodyBuffer<'_> {
        let large = {
            let mut large = lock(&self.large);
            let is_left = large.lent < LARGE_LENT;
            large.lent += usize::from(is_left);
            is_left.then(|| large.kept.pop())
        };
        let (bytes, is_large) = match large {
            Some(kept) => (kept.unwrap_or_else(|| Vec::with_capacity(LARGE)), true),
            None => (self.small(), false),
        };
        BodyBuffer { bytes, is_large, buffers: self }
    }

    /// Reads a piece of a body. As long as there is nothing to read, no buffer is held.
    pub async fn read<R: AsyncRead + Unpin>(&self, reader: &mut R) -> (io::Result<usize>, BodyBuffer<'_>) {
        poll_fn(|context| {
            let mut buffer = self.body();
            let read = pin!(reader.read_buf(&mut *buffer)).poll(context);
            read.map(|read| (read, buffer))
        })
        .await
    }

    /// Gives a small buffer back. One that has grown past its kind, or never was one, is freed.
    pub fn put(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut small = lock(&self.small);
        if (SMALL..LARGE).contains(&buffer.capacity()) && small.len() < SMALL_KEPT {
            small.push(buffer);
        }
    }
}

impl Drop for BodyBuffer<'_> {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        if !self.is_large {
            return self.buffers.put(bytes);
        }
        bytes.clear();
        let mut large = lock(&self.buffers.large);
        large.lent -= 1;
        if bytes.capacity() == LARGE && large.kept.len() < LARGE_KEPT {
            large.kept.push(bytes);
        }
    }
}

impl Deref for BodyBuffer<'_> {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for BodyBuffer<'_> {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

fn lock<T>(shelf: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn who_waits_for_bytes_holds_no_buffer() {
        let buffers = Buffers::default();
        let mut pipes: Vec<_> = (0..=LARGE_LENT).map(|_| tokio::io::duplex(LARGE)).collect();
        let mut waiting: Vec<_> =
            pipes.iter_mut().map(|(_, reader)| Box::pin(buffers.read(reader))).collect();
        for read in &mut waiting {
            let polled = poll_fn(|context| std::task::Poll::Ready(read.as_mut().poll(context))).await;
            assert!(polled.is_pending());
        }
        let (mut writer, mut reader) = tokio::io::duplex(LARGE);
        writer.write_all(&[b'x'; LARGE]).await.unwrap();
        let (read, buffer) = buffers.read(&mut reader).await;
        assert_eq!((read.unwrap(), buffer.len()), (LARGE, LARGE), "in one piece");
        drop(waiting);
    }

    #[test]
    fn so_many_bodies_move_in_large_pieces_and_the_next_in_small_ones_until_one_is_done() {
        let buffers = Buffers::default();
        let mut lent: Vec<_> = (0..LARGE_LENT + 2).map(|_| buffers.body()).collect();
        let capacities: Vec<_> = lent.iter().map(|buffer| buffer.capacity()).collect();
        assert_eq!(capacities[..LARGE_LENT], [LARGE; LARGE_LENT]);
        assert_eq!(capacities[LARGE_LENT..], [SMALL; 2]);
        lent.truncate(LARGE_LENT);
        assert_eq!(buffers.body().capacity(), SMALL);
        lent.truncate(LARGE_LENT - 1);
        for _ in 0..2 {
            assert_eq!(buffers.body().capacity(), LARGE, "one after the other");
        }
        // However it has grown meanwhile, its place is free again.
        lent[0].reserve(10 * LARGE);
        drop(lent);
        let again: Vec<_> = (0..LARGE_LENT).map(|_| buffers.body()).collect();
        assert!(again.iter().all(|buffer| buffer.capacity() == LARGE && buffer.is_empty()));
    }
}
