//! Chunk framing: reads alike however it is cut, agrees with a second reading of the strict grammar, and reads back what
//! it writes.
#![no_main]

use countersign::wire::{Chunks, Malformed, Side, write_chunk};
use libfuzzer_sys::fuzz_target;

/// What was read: the data, how many bytes belong to the body, whether it ended.
type Read = (Vec<u8>, usize, bool);

fuzz_target!(|bytes: &[u8]| {
    for side in [Side::Request, Side::Answer] {
        let at_once = read(side, bytes, bytes.len().max(1));
        for step in [1, 2, 3, 7] {
            assert_eq!(at_once, read(side, bytes, step), "{side:?} in pieces of {step}");
        }
        if let Ok((data, consumed, is_done)) = &at_once {
            assert!(*consumed <= bytes.len() && data.len() <= *consumed);
            assert!(*is_done || *consumed == bytes.len(), "only a whole body leaves bytes");
            if *is_done {
                assert!(bytes[..*consumed].ends_with(b"\r\n"), "a body ends with a line");
                assert_eq!(read(side, &bytes[..*consumed], 1), Ok((data.clone(), *consumed, true)));
            }
        }
        if side == Side::Request {
            assert_eq!(at_once.ok(), strictly(bytes), "a second reading");
        }
    }
    // A caller's body that is accepted is one of the cloud's too, and the same.
    if let Ok(of_caller) = read(Side::Request, bytes, 5) {
        assert_eq!(read(Side::Answer, bytes, 5), Ok(of_caller));
    }
    write_and_read(bytes);
});

fn read(side: Side, bytes: &[u8], step: usize) -> Result<Read, Malformed> {
    let (mut chunks, mut data, mut consumed) = (Chunks::new(side), Vec::new(), 0);
    for piece in bytes.chunks(step) {
        let used = chunks.advance(piece, |run| data.extend_from_slice(run))?;
        consumed += used;
        if used < piece.len() {
            assert!(chunks.is_done());
            break;
        }
    }
    Ok((data, consumed, chunks.is_done()))
}

/// The grammar, line by line: sizes of 1 to 16 hexadecimal digits, no extension, no trailer. `None`: it does not hold.
fn strictly(bytes: &[u8]) -> Option<Read> {
    let mut data = Vec::new();
    let mut rest = bytes;
    let unfinished = |data| Some((data, bytes.len(), false));
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > 16 || digits == 0 && !rest.is_empty() {
            return None;
        }
        let size = match digits {
            0 => 0,
            _ => u64::from_str_radix(std::str::from_utf8(&rest[..digits]).ok()?, 16).ok()?,
        };
        rest = &rest[digits..];
        let end: &[u8] = if digits > 0 && size == 0 { b"\r\n\r\n" } else { b"\r\n" };
        match line_end(rest, end)? {
            Some(after) => rest = after,
            None => return unfinished(data),
        }
        if size == 0 {
            return Some((data, bytes.len() - rest.len(), true));
        }
        let length = rest.len().min(usize::try_from(size).unwrap_or(usize::MAX));
        data.extend_from_slice(&rest[..length]);
        rest = &rest[length..];
        if (length as u64) < size {
            return unfinished(data);
        }
        match line_end(rest, b"\r\n")? {
            Some(after) => rest = after,
            None => return unfinished(data),
        }
    }
}

/// What follows `end`. `Some(None)`: only a part of it has come; `None`: something else has.
fn line_end<'a>(rest: &'a [u8], end: &[u8]) -> Option<Option<&'a [u8]>> {
    match rest.strip_prefix(end) {
        Some(after) => Some(Some(after)),
        None if end.starts_with(rest) => Some(None),
        None => None,
    }
}

/// Takes the input for data, cut where its own bytes say.
fn write_and_read(bytes: &[u8]) {
    let (mut written, mut rest) = (Vec::new(), bytes);
    while let [first, ..] = rest {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(*first)));
        write_chunk(&mut written, piece);
        rest = if piece.is_empty() { &rest[1..] } else { after };
        if piece.is_empty() {
            // A byte that asks for nothing is written by itself: of nothing no chunk may be made.
            write_chunk(&mut written, first_of(first));
        }
    }
    written.extend_from_slice(b"0\r\n\r\n");
    let length = written.len();
    written.extend_from_slice(b"GET / HTTP/1.1\r\n");
    assert_eq!(read(Side::Request, &written, 4096), Ok((bytes.to_vec(), length, true)));
}

fn first_of(byte: &u8) -> &[u8] {
    std::slice::from_ref(byte)
}
