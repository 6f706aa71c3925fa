//! The chunked transfer coding: finds the end of a body, and the data in it, one run of bytes at a time.

use std::io::Write;

use super::Malformed;

/// A size line is at most this long: 16 hexadecimal digits say every length there is.
const SIZE_DIGITS_MAX: u8 = 16;
/// What a peer may send in extensions or trailers before it is taken for broken. Real ones fit in a line or two.
const IGNORED_BYTES_MAX: u16 = 8 * 1024;

/// Whose body it is, and so how strict the grammar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A caller's: what the cloud might read otherwise than we do is refused.
    Request,
    /// The cloud's: extensions and trailers are legal, and passed over.
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first digit of a size, or further on in it.
    Size {
        digits: u8,
        value: u64,
    },
    /// In an extension, up to the CR.
    Extension {
        value: u64,
    },
    /// After the size line's CR.
    SizeLf {
        value: u64,
    },
    /// In the data.
    Data {
        left: u64,
    },
    /// After the data.
    DataCr,
    DataLf,
    /// At the start of the line after the last chunk.
    LastLine,
    /// In a trailer line.
    Trailer,
    /// After a trailer line's CR.
    TrailerLf,
    /// After the last CR.
    LastLf,
    Done,
}

/// Where a chunked body stands.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    state: State,
    side: Side,
    ignored: u16,
}

impl Chunks {
    /// At the start of a body.
    pub const fn new(side: Side) -> Self {
        Self { state: State::Size { digits: 0, value: 0 }, side, ignored: 0 }
    }

    /// Whether the last byte of the body was seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Reads on, hands each run of data to `data`, and returns how many of `bytes` belong to the body.
    /// Fewer than all only when the body ends there.
    pub fn advance<'a>(
        &mut self,
        bytes: &'a [u8],
        mut data: impl FnMut(&'a [u8]),
    ) -> Result<usize, Malformed> {
        let mut at = 0;
        while let (Some(&byte), false) = (bytes.get(at), self.is_done()) {
            if let State::Data { left } = self.state {
                let rest = bytes.get(at..).unwrap_or_default();
                let run = rest.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(rest);
                data(run);
                at += run.len();
                let left = left - run.len() as u64;
                self.state = if left == 0 { State::DataCr } else { State::Data { left } };
                continue;
            }
            self.state = self.step(byte)?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<State, Malformed> {
        let ignore =
            |ignored: u16, next: State| (ignored < IGNORED_BYTES_MAX).then_some(next).ok_or(Malformed::Chunk);
        match (self.state, byte) {
            (State::Size { digits, value }, _) if byte.is_ascii_hexdigit() && digits < SIZE_DIGITS_MAX => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0);
                Ok(State::Size { digits: digits + 1, value: value << 4 | u64::from(digit) })
            }
            (State::Size { digits, value }, b'\r') if digits > 0 => Ok(State::SizeLf { value }),
            (State::Size { digits, value }, b';') if digits > 0 => match self.side {
                Side::Request => Err(Malformed::ChunkExtension),
                Side::Answer => Ok(State::Extension { value }),
            },
            (State::Extension { value }, b'\r') => Ok(State::SizeLf { value }),
            (State::Extension { value }, _) if byte != b'\n' => {
                self.ignored = self.ignored.saturating_add(1);
                ignore(self.ignored, State::Extension { value })
            }
            (State::SizeLf { value: 0 }, b'\n') => Ok(State::LastLine),
            (State::SizeLf { value }, b'\n') => Ok(State::Data { left: value }),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size { digits: 0, value: 0 }),
            (State::LastLine, b'\r') => Ok(State::LastLf),
            (State::LastLf, b'\n') => Ok(State::Done),
            (State::LastLine, b'\n') => Err(Malformed::Chunk),
            (State::LastLine, _) if self.side == Side::Request => Err(Malformed::Trailers),
            (State::Trailer, b'\r') => Ok(State::TrailerLf),
            (State::TrailerLf, b'\n') => Ok(State::LastLine),
            (State::LastLine | State::Trailer, _) if byte != b'\n' => {
                self.ignored = self.ignored.saturating_add(1);
                ignore(self.ignored, State::Trailer)
            }
            _ => Err(Malformed::Chunk),
        }
    }
}

/// Appends `data` as one chunk. Of nothing it makes nothing: an empty chunk would be the last.
pub fn write_chunk(out: &mut Vec<u8>, data: &[u8]) {
    if !data.is_empty() {
        // Writing to a `Vec` cannot fail.
        let _ = write!(out, "{:x}\r\n", data.len());
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body in pieces of `step` bytes: the data, how much was consumed, whether it ended.
    fn read(side: Side, body: &[u8], step: usize) -> Result<(Vec<u8>, usize, bool), Malformed> {
        let (mut chunks, mut data, mut consumed) = (Chunks::new(side), Vec::new(), 0);
        for piece in body.chunks(step) {
            consumed += chunks.advance(piece, |run| data.extend_from_slice(run))?;
        }
        Ok((data, consumed, chunks.is_done()))
    }

    #[test]
    fn a_body_reads_alike_however_it_is_cut() {
        let body = b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
        for step in 1..=body.len() {
            let (data, consumed, done) = read(Side::Request, body, step).unwrap();
            assert_eq!((data.as_slice(), consumed, done), (&b"hello0123456789"[..], 30, true), "{step}");
        }
    }

    #[test]
    fn a_callers_body_is_held_to_the_strict_grammar() {
        for (body, fault) in [
            (&b"3;a=b\r\nabc\r\n0\r\n\r\n"[..], Malformed::ChunkExtension),
            (b"3 \r\nabc\r\n0\r\n\r\n", Malformed::Chunk),
            (b"00000000000000000003\r\nabc\r\n0\r\n\r\n", Malformed::Chunk),
            (b"00000000000000003\r\nabc\r\n0\r\n\r\n", Malformed::Chunk),
            (b"3\nabc\n0\n\n", Malformed::Chunk),
            (b"\r\n", Malformed::Chunk),
            (b"3\r\nabcd\r\n", Malformed::Chunk),
            (b"3\r\nabc\n0\r\n\r\n", Malformed::Chunk),
            (b"0\r\nx-acs-security-token: evil\r\n\r\n", Malformed::Trailers),
            (b"0\r\n\n", Malformed::Chunk),
            (b"-1\r\n", Malformed::Chunk),
            (b"0x3\r\n", Malformed::Chunk),
        ] {
            assert_eq!(read(Side::Request, body, 1).err(), Some(fault), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn a_size_has_sixteen_digits_at_most() {
        let body = b"0000000000000003\r\nabc\r\n0\r\n\r\n";
        assert_eq!(read(Side::Request, body, 5), Ok((b"abc".to_vec(), body.len(), true)));
    }

    #[test]
    fn the_clouds_extensions_and_trailers_are_passed_over() {
        let body = b"3;a=b\r\nabc\r\n0\r\nx: 1\r\ny: 2\r\n\r\n";
        assert_eq!(read(Side::Answer, body, 2), Ok((b"abc".to_vec(), body.len(), true)));
        let of_extension = |length: usize| [b"3;".as_slice(), &vec![b'a'; length]].concat();
        assert!(read(Side::Answer, &of_extension(8 * 1024 - 1), 100).is_ok());
        assert_eq!(read(Side::Answer, &of_extension(8 * 1024), 100).err(), Some(Malformed::Chunk));
    }
}
