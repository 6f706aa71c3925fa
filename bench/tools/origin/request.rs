//! What the upstream must know of a request: where its head ends, and how its body is framed.

use memchr::memmem;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes.
    Length(u64),
    /// Until its last chunk.
    Chunked,
}

/// The head's length with its empty line, once it is there.
pub fn head_length(bytes: &[u8]) -> Option<usize> {
    memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// The body's framing, by the head.
pub fn framing(head: &[u8]) -> Framing {
    let mut rest = head;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'c' | b'C') if begins(rest, b"content-length:") => {
                let digits =
                    rest[15..].iter().filter(|byte| **byte != b' ').take_while(|byte| byte.is_ascii_digit());
                return Framing::Length(digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')));
            }
            Some(b't' | b'T') if begins(rest, b"transfer-encoding:") => return Framing::Chunked,
            _ => {}
        }
    }
    Framing::Length(0)
}

fn begins(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// The target of a head's first line.
pub fn target(head: &[u8]) -> &str {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let target = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    std::str::from_utf8(target).unwrap_or_default()
}
