//! A text that is put together of short pieces, and written over for the next signature.

use std::fmt;

/// The most bytes that are kept from one signature to the next.
const KEPT_MAX: usize = 256 * 1024;
/// How far the memory is ahead. What a buffer had before is not known to be bytes, and making it so costs time.
const STEP: usize = 1024;

/// What is written so far, in memory that is ahead of it: a signature is made of a hundred pieces of about ten bytes, and
/// two copies of eight bytes cost a third of what it takes to make a `Vec` longer and to call `memcpy`.
#[derive(Default)]
pub(super) struct Text {
    memory: Vec<u8>,
    end: usize,
}

impl Text {
    /// Writes over what a buffer holds.
    pub(super) const fn over(memory: Vec<u8>) -> Self {
        Self { memory, end: 0 }
    }

    /// The buffer with what was written and nothing else.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.memory.truncate(self.end);
        self.memory
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.memory.get(..self.end).unwrap_or_default()
    }

    pub(super) const fn len(&self) -> usize {
        self.end
    }

    /// Begins anew. A form of megabytes is rare, and its text is not kept for the next request.
    pub(super) fn clear(&mut self) {
        self.end = 0;
        self.memory.truncate(KEPT_MAX);
        self.memory.shrink_to(KEPT_MAX);
    }

    /// Takes back what was written behind `end`.
    pub(super) fn truncate(&mut self, end: usize) {
        self.end = self.end.min(end);
    }

    /// Appends a byte.
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// Appends a piece.
    #[inline]
    pub(super) fn put(&mut self, piece: &[u8]) {
        if let Some(slot) = self.next(piece.len()) {
            copy(slot, piece);
        }
    }

    /// Appends a piece in lower case.
    #[inline]
    pub(super) fn put_lower(&mut self, piece: &[u8]) {
        if let Some(slot) = self.next(piece.len()) {
            slot.iter_mut().zip(piece).for_each(|(slot, byte)| *slot = byte.to_ascii_lowercase());
        }
    }

    /// Puts all of it in lower case.
    pub(super) fn make_lower(&mut self) {
        self.memory.get_mut(..self.end).unwrap_or_default().make_ascii_lowercase();
    }

    /// The next bytes, to be written to.
    #[inline]
    fn next(&mut self, length: usize) -> Option<&mut [u8]> {
        let (from, end) = (self.end, self.end + length);
        if end > self.memory.len() {
            self.grow(end);
        }
        self.end = end;
        self.memory.get_mut(from..end)
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        self.memory.resize(end.next_multiple_of(STEP), 0);
    }
}

/// Copies a piece to where there is room for exactly that. A short one is copied as its two ends, which may overlap.
#[inline]
fn copy(slot: &mut [u8], piece: &[u8]) {
    match piece.len() {
        0 => {}
        1..4 => slot.iter_mut().zip(piece).for_each(|(slot, byte)| *slot = *byte),
        4..8 => copy_ends::<4>(slot, piece),
        8..16 => copy_ends::<8>(slot, piece),
        16..=32 => copy_ends::<16>(slot, piece),
        _ => slot.copy_from_slice(piece),
    }
}

#[inline]
fn copy_ends<const N: usize>(slot: &mut [u8], piece: &[u8]) {
    if let (Some(slot), Some(piece)) = (slot.first_chunk_mut::<N>(), piece.first_chunk()) {
        *slot = *piece;
    }
    if let (Some(slot), Some(piece)) = (slot.last_chunk_mut::<N>(), piece.last_chunk()) {
        *slot = *piece;
    }
}

impl fmt::Debug for Text {
    /// Never what it says: a token may be in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_every_length_are_appended_whole_over_what_was_there() {
        let piece: Vec<u8> = (0..100).map(|byte| byte + b'A').collect();
        for length in 0..piece.len() {
            let mut text = Text::over(vec![0xff; 40]);
            text.put(b"before");
            text.put(&piece[..length]);
            text.push(b'.');
            text.put_lower(&piece[..length]);
            let lower = piece[..length].to_ascii_lowercase();
            assert_eq!(text.as_bytes(), [b"before", &piece[..length], b".", &lower].concat(), "{length}");
            assert_eq!(text.len(), 7 + 2 * length);
            text.truncate(3);
            assert_eq!(text.into_bytes(), b"bef");
        }
    }

    #[test]
    fn a_text_of_megabytes_is_not_kept() {
        let mut text = Text::default();
        text.put(&[b'x'; 2 * KEPT_MAX]);
        text.clear();
        assert_eq!((text.as_bytes(), text.memory.capacity()), (&b""[..], KEPT_MAX));
    }
}
