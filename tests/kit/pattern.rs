//! Bytes that tell their place: a body that was cut, repeated or mixed with another is not what it should be.

use std::sync::OnceLock;

/// A prime, so that no buffer's size divides it.
const PERIOD: usize = 65_521;

/// A stream of them, without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    at: usize,
}

impl Pattern {
    /// Each number has a stream of its own.
    pub(crate) fn of(number: usize) -> Self {
        Self { at: number * 7919 % PERIOD }
    }

    /// That of the number in a target; without one, the first.
    pub(crate) fn of_target(target: &str) -> Self {
        let digits: String = target.chars().filter(char::is_ascii_digit).take(9).collect();
        Self::of(digits.parse().unwrap_or(0))
    }

    /// What comes next, but no more than `max`.
    pub(crate) fn next(&mut self, max: usize) -> &'static [u8] {
        let (from, count) = (self.at, max.min(PERIOD));
        self.at = (from + count) % PERIOD;
        &twice()[from..from + count]
    }

    /// Whether these bytes come next.
    pub(crate) fn is_next(&mut self, bytes: &[u8]) -> bool {
        bytes.chunks(PERIOD).all(|piece| piece == self.next(piece.len()))
    }
}

/// A period and the next one, so that every piece is in one piece.
fn twice() -> &'static [u8] {
    static TWICE: OnceLock<Vec<u8>> = OnceLock::new();
    TWICE.get_or_init(|| {
        let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut once = Vec::with_capacity(2 * PERIOD);
        for _ in 0..PERIOD {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            once.push(state.to_le_bytes()[3]);
        }
        once.extend_from_within(..);
        once
    })
}
