//! `aws-chunked`: the chunks, signed or not, and trailers that SDKs of Amazon S3 put inside a body. What is in them passes,
//! their framing does not: OSS does not know it.
//!
//! ```text
//! SIZE[;chunk-signature=HEX] CR LF data CR LF …  0[;chunk-signature=HEX] CR LF [name:value CR LF …] CR LF
//! ```
//!
//! Signatures and checksums in it are those of a dummy key and of the caller's side; they are passed over. What a caller
//! announced must come: a body that is shorter or longer inside than `x-amz-decoded-content-length` says is refused.

use super::Malformed;

const SIZE_DIGITS_MAX: u8 = 16;
/// A signature takes 85 bytes.
const EXTENSION_BYTES_MAX: u16 = 256;
/// A checksum, its signature, and room.
const TRAILER_BYTES_MAX: u16 = 4 * 1024;

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
        bytes: u16,
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
    LastLine {
        bytes: u16,
    },
    /// In a trailer line.
    Trailer {
        bytes: u16,
    },
    /// After a trailer line's CR.
    TrailerLf {
        bytes: u16,
    },
    /// After the last CR.
    LastLf,
    Done,
}

/// Where such a body stands.
#[derive(Clone, Copy, Debug)]
pub struct AwsChunks {
    state: State,
    /// Bytes of data that are still to come.
    left: u64,
}

impl AwsChunks {
    /// At the start of a body that is `length` bytes inside.
    pub const fn new(length: u64) -> Self {
        Self { state: State::Size { digits: 0, value: 0 }, left: length }
    }

    /// Whether its last byte was seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Reads on, and hands each run of data to `data`.
    ///
    /// # Errors
    /// [`Malformed::Chunk`]: the grammar does not hold, or the length is not the one that was announced.
    pub fn advance<'a>(&mut self, bytes: &'a [u8], mut data: impl FnMut(&'a [u8])) -> Result<(), Malformed> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if let State::Data { left } = self.state {
                let rest = bytes.get(at..).unwrap_or_default();
                let run = rest.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(rest);
                data(run);
                at += run.len();
                let left = left - run.len() as u64;
                self.state = if left == 0 { State::DataCr } else { State::Data { left } };
                continue;
            }
            self.state = self.step(byte).ok_or(Malformed::Chunk)?;
            at += 1;
        }
        Ok(())
    }

    /// `None`: this byte cannot stand here.
    fn step(&mut self, byte: u8) -> Option<State> {
        match (self.state, byte) {
            (State::Size { digits, value }, _) if byte.is_ascii_hexdigit() && digits < SIZE_DIGITS_MAX => {
                let digit = char::from(byte).to_digit(16)?;
                Some(State::Size { digits: digits + 1, value: value << 4 | u64::from(digit) })
            }
            (State::Size { digits, value }, b'\r') if digits > 0 => Some(State::SizeLf { value }),
            (State::Size { digits, value }, b';') if digits > 0 => Some(State::Extension { value, bytes: 0 }),
            (State::Extension { value, .. }, b'\r') => Some(State::SizeLf { value }),
            (State::Extension { value, bytes }, _) if byte != b'\n' && bytes < EXTENSION_BYTES_MAX => {
                Some(State::Extension { value, bytes: bytes + 1 })
            }
            (State::SizeLf { value: 0 }, b'\n') => (self.left == 0).then_some(State::LastLine { bytes: 0 }),
            (State::SizeLf { value }, b'\n') => {
                self.left = self.left.checked_sub(value)?;
                Some(State::Data { left: value })
            }
            (State::DataCr, b'\r') => Some(State::DataLf),
            (State::DataLf, b'\n') => Some(State::Size { digits: 0, value: 0 }),
            (State::LastLine { .. }, b'\r') => Some(State::LastLf),
            (State::LastLf, b'\n') => Some(State::Done),
            (State::Trailer { bytes }, b'\r') => Some(State::TrailerLf { bytes }),
            (State::TrailerLf { bytes }, b'\n') => Some(State::LastLine { bytes }),
            (State::LastLine { bytes } | State::Trailer { bytes }, _)
                if byte != b'\n' && bytes < TRAILER_BYTES_MAX =>
            {
                Some(State::Trailer { bytes: bytes + 1 })
            }
            // Nothing may follow the end.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body in pieces of `step` bytes: the data, and whether it ended.
    fn read(body: &[u8], length: u64, step: usize) -> Result<(Vec<u8>, bool), Malformed> {
        let (mut chunks, mut data) = (AwsChunks::new(length), Vec::new());
        for piece in body.chunks(step) {
            chunks.advance(piece, |run| data.extend_from_slice(run))?;
        }
        Ok((data, chunks.is_done()))
    }

    fn signed(size: &str) -> String {
        format!("{size};chunk-signature={}\r\n", "0a".repeat(32))
    }

    #[test]
    fn each_kind_reads_alike_however_it_is_cut() {
        let (five, none) = (signed("5"), signed("0"));
        for body in [
            "5\r\nhello\r\n0\r\n\r\n".to_owned(),
            "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n".to_owned(),
            format!("{five}hello\r\n{none}\r\n"),
            format!("{five}hello\r\n{none}x-amz-checksum-crc32c:a==\r\nx-amz-trailer-signature:0a\r\n\r\n"),
        ] {
            for step in 1..=body.len() {
                let read = read(body.as_bytes(), 5, step);
                assert_eq!(read, Ok((b"hello".to_vec(), true)), "{body} in pieces of {step}");
            }
        }
    }

    #[test]
    fn many_signed_chunks_pass() {
        let body = format!("{}x\r\n", signed("1")).repeat(1000) + &signed("0") + "\r\n";
        assert_eq!(read(body.as_bytes(), 1000, 77), Ok((vec![b'x'; 1000], true)));
    }

    #[test]
    fn what_was_not_announced_or_does_not_hold_to_the_grammar_is_refused() {
        let long = format!("1;{}\r\nx\r\n0\r\n\r\n", "a".repeat(257));
        let trailers = format!("1\r\nx\r\n0\r\n{}\r\n\r\n", "a".repeat(4097));
        for (body, length) in [
            ("5\r\nhello\r\n0\r\n\r\n", 4),
            ("5\r\nhello\r\n0\r\n\r\n", 6),
            ("5\r\nhello\r\n0\r\n\r\nx", 5),
            ("5\r\nhelloX\r\n0\r\n\r\n", 5),
            ("5\nhello\r\n0\r\n\r\n", 5),
            ("\r\n", 0),
            ("0\r\n\n", 0),
            ("-1\r\n", 1),
            ("ffffffffffffffff\r\n", 5),
            ("00000000000000005\r\nhello\r\n", 5),
            (&long, 1),
            (&trailers, 1),
        ] {
            assert_eq!(read(body.as_bytes(), length, 3).err(), Some(Malformed::Chunk), "{body} of {length}");
        }
        assert_eq!(read(b"5\r\nhel", 5, 2), Ok((b"hel".to_vec(), false)));
    }
}
