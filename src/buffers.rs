//! Buffers that a worker's connections share: taken when bytes are about to move, given back when none are.

use std::sync::{Mutex, PoisonError};

/// A head, and an answer that fits beside it, seldom need more.
const SMALL: usize = 8 * 1024;
/// For bodies. Not 64 KiB: on loopback, where the largest segment carries 65,483 bytes, every such write would go out
/// as one full packet and one of 53 bytes, at twice the cost.
const LARGE: usize = 56 * 1024;
/// How many of each are kept. The rest of a burst's memory goes back to the system.
const SMALL_KEPT: usize = 256;
const LARGE_KEPT: usize = 16;

/// One per worker.
#[derive(Debug, Default)]
pub struct Buffers {
    small: Mutex<Vec<Vec<u8>>>,
    large: Mutex<Vec<Vec<u8>>>,
}

impl Buffers {
    /// An empty buffer for a head.
    pub fn small(&self) -> Vec<u8> {
        take(&self.small).unwrap_or_else(|| Vec::with_capacity(SMALL))
    }

    /// An empty buffer for a body.
    pub fn large(&self) -> Vec<u8> {
        take(&self.large).unwrap_or_else(|| Vec::with_capacity(LARGE))
    }

    /// Gives a buffer back. One that has grown past its kind, or never was one, is freed.
    pub fn put(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let (shelf, kept) = match buffer.capacity() {
            SMALL..LARGE => (&self.small, SMALL_KEPT),
            LARGE => (&self.large, LARGE_KEPT),
            _ => return,
        };
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.len() < kept {
            shelf.push(buffer);
        }
    }
}

fn take(shelf: &Mutex<Vec<Vec<u8>>>) -> Option<Vec<u8>> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner).pop()
}
