//! The time and the nonce of one attempt.

use std::fmt;

/// What `clock.rs` hands to everything that must not read a clock. One per attempt: a resent request gets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// Never used before.
    pub nonce: Nonce,
}

/// 128 random bits as 32 lower-case hexadecimal digits, as most SDKs send them; at most 36 characters when given by hand.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce {
    length: u8,
    text: [u8; Self::CAPACITY],
}

impl Nonce {
    /// The length of a UUID with its dashes, the longest form that an SDK sends.
    const CAPACITY: usize = 36;

    /// Spells 16 random bytes.
    pub fn from_bytes(random: [u8; 16]) -> Self {
        let mut text = [0; Self::CAPACITY];
        for (pair, byte) in text.chunks_exact_mut(2).zip(random) {
            pair.copy_from_slice(&hex_digits(byte));
        }
        Self { length: 32, text }
    }

    /// A nonce given by hand, for reproducing a signature. `None` unless 1 to 36 visible ASCII characters.
    pub fn from_text(given: &str) -> Option<Self> {
        let mut text = [0; Self::CAPACITY];
        text.get_mut(..given.len())?.copy_from_slice(given.as_bytes());
        let visible = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then_some(Self { length: u8::try_from(given.len()).ok()?, text })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The same, for the wire.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.length)).unwrap_or_default()
    }
}

const fn hex_digits(byte: u8) -> [u8; 2] {
    const fn digit(nibble: u8) -> u8 {
        if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
    }
    [digit(byte >> 4), digit(byte & 15)]
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({})", self.as_str())
    }
}
