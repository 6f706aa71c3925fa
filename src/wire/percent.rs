//! What percent-encoded text stands for, byte by byte, without a copy.

use std::fmt;

/// How text was written, and so how it must be read before it is encoded anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As it is: what we add ourselves.
    Plain,
    /// A query or form component: `+` is a space, `%XX` is a byte (`dec` and `FDEC` in the schemes' specifications).
    Form,
    /// A path: `%XX` is a byte, `+` is itself (`PDEC`).
    Path,
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
static UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        table[byte] = c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    table
};

/// Whether a byte stands for itself in every canonical form: `A–Z a–z 0–9 - _ . ~` (RFC 3986, unreserved).
#[inline]
pub fn is_unreserved(byte: u8) -> bool {
    UNRESERVED.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The bytes that `text` stands for. A `%` without two hexadecimal digits stands for itself.
pub fn decoded(text: &[u8], spelling: Spelling) -> Decoded<'_> {
    Decoded { rest: text, spelling }
}

/// The iterator of [`decoded`].
#[derive(Clone)]
pub struct Decoded<'a> {
    rest: &'a [u8],
    spelling: Spelling,
}

impl<'a> Decoded<'a> {
    /// The text that is not decoded yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl fmt::Debug for Decoded<'_> {
    /// Never the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoded({} bytes left)", self.rest.len())
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match (first, self.spelling) {
            (_, Spelling::Plain) => Some(first),
            (b'+', Spelling::Form) => Some(b' '),
            (b'%', _) => match rest {
                [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    self.rest = after;
                    Some(hex_value(*high) << 4 | hex_value(*low))
                }
                _ => Some(b'%'),
            },
            _ => Some(first),
        }
    }
}

const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spelled: &str, spelling: Spelling) -> Vec<u8> {
        decoded(spelled.as_bytes(), spelling).collect()
    }

    #[test]
    fn a_plus_is_a_space_in_a_form_and_itself_elsewhere() {
        assert_eq!(text("a+b%2B%2f", Spelling::Form), b"a b+/");
        assert_eq!(text("a+b%2B%2f", Spelling::Path), b"a+b+/");
        assert_eq!(text("a+b%2B", Spelling::Plain), b"a+b%2B");
    }

    #[test]
    fn an_escape_that_is_not_one_stands_for_itself() {
        assert_eq!(text("%", Spelling::Form), b"%");
        assert_eq!(text("%4", Spelling::Form), b"%4");
        assert_eq!(text("%g1%00", Spelling::Form), b"%g1\0");
    }
}
