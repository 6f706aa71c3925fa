//! Chunks inside a body (`aws-chunked`): read alike however they are cut, agree with a second reading of the grammar, never
//! give more than was announced, and end nowhere but at their end. The first two bytes say what is announced.
#![no_main]

use countersign::wire::{AwsChunks, Malformed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [high, low, body @ ..] = bytes else { return };
    let length = u64::from(u16::from_be_bytes([*high, *low]));
    let at_once = read(body, length, body.len().max(1));
    for step in [1, 2, 3, 7] {
        assert_eq!(at_once, read(body, length, step), "in pieces of {step}");
    }
    assert_eq!(at_once.clone().ok(), by_line(body, length), "a second reading");
    if let Ok((data, is_done)) = at_once {
        assert!(data.len() as u64 <= length, "no more than was announced");
        if is_done {
            assert_eq!(data.len() as u64, length);
            let more = [body, b"x"].concat();
            assert_eq!(read(&more, length, more.len()), Err(Malformed::Chunk), "nothing follows the end");
        }
    }
    // The input as data, framed as SDKs do.
    let signature = format!(";chunk-signature={}", "0a".repeat(32));
    for extension in ["", signature.as_str()] {
        let mut framed = Vec::new();
        for piece in body.chunks(usize::from(*low).max(1)) {
            framed.extend_from_slice(format!("{:x}{extension}\r\n", piece.len()).as_bytes());
            framed.extend_from_slice(piece);
            framed.extend_from_slice(b"\r\n");
        }
        framed.extend_from_slice(format!("0{extension}\r\nx-amz-checksum-crc32:AA==\r\n\r\n").as_bytes());
        assert_eq!(read(&framed, body.len() as u64, 13), Ok((body.to_vec(), true)));
    }
});

fn read(body: &[u8], length: u64, step: usize) -> Result<(Vec<u8>, bool), Malformed> {
    let (mut chunks, mut data) = (AwsChunks::new(length), Vec::new());
    for piece in body.chunks(step) {
        chunks.advance(piece, |run| data.extend_from_slice(run))?;
    }
    Ok((data, chunks.is_done()))
}

/// Up to the CR LF that ends a line. `Ok(None)`: it has not come yet.
fn line(rest: &[u8]) -> Result<Option<(&[u8], &[u8])>, ()> {
    match rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        None => Ok(None),
        Some(at) if rest[at] == b'\n' => Err(()),
        Some(at) => match rest.get(at + 1) {
            None => Ok(None),
            Some(b'\n') => Ok(Some((&rest[..at], &rest[at + 2..]))),
            Some(_) => Err(()),
        },
    }
}

/// The grammar, line by line. `None`: it does not hold.
fn by_line(body: &[u8], length: u64) -> Option<(Vec<u8>, bool)> {
    let (mut data, mut rest, mut left) = (Vec::new(), body, length);
    loop {
        let until = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let digits = rest[..until].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let after = &rest[digits..until];
        let is_whole_number = until < rest.len() || !after.is_empty();
        if digits > 16 || digits == 0 && is_whole_number {
            return None;
        }
        if !after.is_empty() && (after[0] != b';' || after.len() > 257) {
            return None;
        }
        let text = std::str::from_utf8(&rest[..digits]).ok()?;
        let Some((_, next)) = line(rest).ok()? else { return Some((data, false)) };
        let size = u64::from_str_radix(text, 16).ok()?;
        rest = next;
        if size == 0 {
            break;
        }
        left = left.checked_sub(size)?;
        let taken = rest.len().min(usize::try_from(size).unwrap_or(usize::MAX));
        data.extend_from_slice(&rest[..taken]);
        rest = &rest[taken..];
        if (taken as u64) < size {
            return Some((data, false));
        }
        match rest {
            [b'\r', b'\n', next @ ..] => rest = next,
            [] | [b'\r'] => return Some((data, false)),
            _ => return None,
        }
    }
    if left > 0 {
        return None;
    }
    let mut trailer_bytes = 0;
    loop {
        let until = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        trailer_bytes += until;
        if trailer_bytes > 4096 {
            return None;
        }
        match line(rest).ok()? {
            None => return Some((data, false)),
            Some(([], [])) => return Some((data, true)),
            Some(([], _)) => return None,
            Some((_, next)) => rest = next,
        }
    }
}
