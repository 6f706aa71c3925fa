//! An answer as it arrives: its status, and how much of its body is still to come.

use memchr::memmem;

use crate::fail;

/// Where an answer is.
#[derive(Default)]
pub struct Reading {
    /// The head so far, if it came in pieces.
    head: Vec<u8>,
    /// Body bytes to come. `None`: the head is not whole.
    left: Option<u64>,
}

impl Reading {
    /// Takes bytes; says whether the answer is whole. Any but one whole 200 ends the run.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        let left = match self.left {
            Some(left) => left.checked_sub(bytes.len() as u64),
            None if self.head.is_empty() => match memmem::find(bytes, b"\r\n\r\n") {
                Some(at) => length(&bytes[..at + 2]).checked_sub((bytes.len() - at - 4) as u64),
                None => {
                    self.head.extend_from_slice(bytes);
                    return false;
                }
            },
            None => {
                self.head.extend_from_slice(bytes);
                let Some(at) = memmem::find(&self.head, b"\r\n\r\n") else { return false };
                let left = length(&self.head[..at + 2]).checked_sub((self.head.len() - at - 4) as u64);
                self.head.clear();
                left
            }
        };
        let Some(left) = left else { fail("an answer is longer than it says") };
        self.left = (left > 0).then_some(left);
        if left > 0 {
            return false;
        }
        true
    }
}

/// The body's length, by a head that must be a 200's.
fn length(head: &[u8]) -> u64 {
    if !head.starts_with(b"HTTP/1.1 200 ") {
        fail(format_args!("an answer is {}", head.escape_ascii()));
    }
    let mut rest = head;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        rest = &rest[at + 1..];
        if rest.get(..15).is_some_and(|name| name.eq_ignore_ascii_case(b"content-length:")) {
            let digits =
                rest[15..].iter().filter(|byte| **byte != b' ').take_while(|byte| byte.is_ascii_digit());
            return digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        }
    }
    fail(format_args!("an answer without Content-Length: {}", head.escape_ascii()))
}
