//! What a body stands for that came as GZIP (RFC 1952).

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// The head of fixed length, and what of it is the same for all.
const HEAD: usize = 10;
/// The check of the text, and its length.
const TAIL: usize = 8;

// The bits of the flags (§2.3.1): what follows the head.
const CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// The text of one member, of `max` bytes at most.
///
/// # Errors
/// It is not that, or longer; and so much of it is known.
pub fn gunzipped(body: &[u8], max: usize) -> Result<Vec<u8>, Vec<u8>> {
    let (deflated, length) = parts(body).ok_or_else(Vec::new)?;
    let text = decompress_to_vec_with_limit(deflated, max).map_err(|fault| fault.output)?;
    // Behind the member there may be another.
    if u32::try_from(text.len()) == Ok(length) { Ok(text) } else { Err(text) }
}

/// What is deflated, and how long it says to be.
fn parts(body: &[u8]) -> Option<(&[u8], u32)> {
    let (body, tail) = body.split_at_checked(body.len().checked_sub(TAIL)?)?;
    let (&[0x1f, 0x8b, 8, flags, ..], mut rest) = body.split_first_chunk::<HEAD>()? else { return None };
    if flags & EXTRA != 0 {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            rest = rest.get(memchr::memchr(0, rest)? + 1..)?;
        }
    }
    if flags & CRC != 0 {
        rest = rest.get(2..)?;
    }
    Some((rest, u32::from_le_bytes(*tail.last_chunk()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello hello hello hello' | gzip -n`.
    const HELLO: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9W\xc8@'\x01\xe3Q=\x8d\x17\0\0\0";
    const TEXT: &[u8] = b"hello hello hello hello";

    #[test]
    fn a_member_is_read_with_whatever_its_head_has() {
        assert_eq!(gunzipped(HELLO, 100).as_deref(), Ok(TEXT));
        let mut full = HELLO[..10].to_vec();
        full[3] = CRC | EXTRA | NAME | COMMENT;
        full.extend_from_slice(b"\x03\0abcname\0comment\0\x01\x02");
        full.extend_from_slice(&HELLO[10..]);
        assert_eq!(gunzipped(&full, 100).as_deref(), Ok(TEXT));
    }

    #[test]
    fn what_is_longer_or_cut_or_two_is_not_taken_for_whole() {
        assert_eq!(gunzipped(HELLO, TEXT.len()).as_deref(), Ok(TEXT));
        assert_eq!(gunzipped(HELLO, 10), Err(TEXT[..10].to_vec()));
        // `printf hello | gzip -n`.
        let other = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
        assert_eq!(gunzipped(other, 100).as_deref(), Ok(&b"hello"[..]));
        assert_eq!(gunzipped(&[HELLO, other].concat(), 100), Err(TEXT.to_vec()));
        for end in 0..HELLO.len() {
            assert!(gunzipped(&HELLO[..end], 100).is_err(), "{end}");
        }
        assert_eq!(gunzipped(b"no gzip at all, not even at its beginning", 100), Err(Vec::new()));
    }
}
