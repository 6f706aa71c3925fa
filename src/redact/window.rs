//! The same for a text that comes in pieces and is not held whole.

use std::fmt;

use super::Known;

/// What is held back of a text that goes on: no value is longer, in any encoding. A token has a kilobyte at most, and in
/// spaced hexadecimal inside base64 four.
const HELD: usize = 16 * 1024;
/// So much is gathered before it is searched.
const SEARCHED: usize = 64 * 1024;

/// A text on its way, of which the end is held back.
pub struct Window {
    known: Known,
    /// What did not go on yet, as it came.
    came: Vec<u8>,
    /// The beginning of the same, as it is known to be masked: by a value that began in what has gone on.
    masked: Vec<u8>,
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Window({:?}, {} bytes)", self.known, self.came.len())
    }
}

impl Window {
    /// At the beginning of a text.
    pub const fn new(known: Known) -> Self {
        Self { known, came: Vec::new(), masked: Vec::new() }
    }

    /// Takes the next piece, and appends to `out` what can go on: of the whole text as many bytes as came. What cannot be
    /// searched goes on as asterisks.
    pub fn push(&mut self, piece: &[u8], is_last: bool, out: &mut Vec<u8>) {
        self.came.extend_from_slice(piece);
        if self.came.len() < SEARCHED && !is_last {
            return;
        }
        let mut masked = match self.known.mask(&self.came) {
            Ok(masked) => masked.unwrap_or_else(|| self.came.clone()),
            Err(_) => vec![b'*'; self.came.len()],
        };
        for ((masked, before), came) in masked.iter_mut().zip(&self.masked).zip(&self.came) {
            if before != came {
                *masked = *before;
            }
        }
        let goes = if is_last { masked.len() } else { masked.len().saturating_sub(HELD) };
        out.extend(masked.drain(..goes));
        self.came.drain(..goes);
        self.masked = masked;
        // Many callers may wait for slow upstreams at once.
        self.came.shrink_to_fit();
        self.masked.shrink_to_fit();
    }
}
