//! Writes the outgoing head: the request line, what stays of the caller's headers, what the scheme adds.

use super::Unsigned;
use super::encode::write_pair;
use super::text::Text;
use crate::names::decimal;
use crate::wire::{Field, Framing, Parameter, Signed};

/// A few items on the stack: what a scheme adds is known and short.
pub(super) struct Few<T, const N: usize> {
    items: [T; N],
    count: usize,
}

impl<T: Copy, const N: usize> Few<T, N> {
    pub(super) const fn new(filler: T) -> Self {
        Self { items: [filler; N], count: 0 }
    }

    /// Adds an item. `N` is the longest list that the scheme can make.
    pub(super) fn push(&mut self, item: T) {
        debug_assert!(self.count < N, "the list is longer than the scheme can make it");
        if let Some(slot) = self.items.get_mut(self.count) {
            *slot = item;
            self.count += 1;
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or_default()
    }
}

/// What a scheme adds to a request.
#[derive(Clone, Copy, Default)]
pub(super) struct Additions<'a> {
    /// Parameters that go to the end of the query, encoded on the way unless they are already.
    pub(super) parameters: &'a [Parameter<'a>],
    /// Headers.
    pub(super) fields: &'a [Field<'a>],
}

/// Writes everything. `authorization` writes the value of that header, and nothing for a scheme without one.
pub(super) fn write(
    unsigned: &Unsigned<'_>,
    additions: Additions<'_>,
    authorization: impl FnOnce(&mut Text),
    buffer: Vec<u8>,
) -> Signed {
    let mut text = Text::over(buffer);
    let out = &mut text;
    request_line(out, unsigned, additions.parameters);
    line(out, b"Host", unsigned.endpoint.host().as_bytes());
    for field in unsigned.headers.iter().chain(additions.fields) {
        line(out, field.name, field.value);
    }
    if unsigned.expects_continue {
        line(out, b"Expect", b"100-continue");
    }
    match unsigned.framing {
        Framing::None => {}
        Framing::Length(length) => {
            out.put(b"Content-Length: ");
            out.put(decimal(length, &mut [0; 20]));
            out.put(b"\r\n");
        }
        Framing::Chunked => line(out, b"Transfer-Encoding", b"chunked"),
    }
    let before = out.len();
    out.put(b"Authorization: ");
    let empty = out.len();
    authorization(out);
    if out.len() == empty {
        out.truncate(before);
    } else {
        out.put(b"\r\n");
    }
    out.put(b"\r\n");
    Signed::seal(text.into_bytes(), *unsigned.endpoint)
}

fn request_line(out: &mut Text, unsigned: &Unsigned<'_>, added: &[Parameter<'_>]) {
    out.put(unsigned.method.as_bytes());
    out.push(b' ');
    out.put(if unsigned.path.is_empty() { b"/" } else { unsigned.path });
    let mut separator = b'?';
    for parameter in unsigned.query {
        out.push(separator);
        separator = b'&';
        out.put(parameter.raw);
    }
    for parameter in added {
        out.push(separator);
        separator = b'&';
        if parameter.raw.is_empty() {
            write_pair(out, parameter);
        } else {
            out.put(parameter.raw);
        }
    }
    out.put(b" HTTP/1.1\r\n");
}

fn line(out: &mut Text, name: &[u8], value: &[u8]) {
    out.put(name);
    out.put(b": ");
    out.put(value);
    out.put(b"\r\n");
}
