//! Where a body of either framing ends.

use super::{Chunks, Framing, Malformed, chunks::Side};

/// How much of a body was seen.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// A counted body, with this many bytes to come.
    Counted(u64),
    /// A chunked one.
    Chunked(Chunks),
    /// An answer that ends when the connection does.
    UntilClose,
}

impl Progress {
    /// At the start of a request's body.
    pub const fn of_request(framing: Framing) -> Self {
        match framing {
            Framing::None => Self::Counted(0),
            Framing::Length(length) => Self::Counted(length),
            Framing::Chunked => Self::Chunked(Chunks::new(Side::Request)),
        }
    }

    /// Whether the body is whole. One that ends with the connection never is.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Counted(left) => *left == 0,
            Self::Chunked(chunks) => chunks.is_done(),
            Self::UntilClose => false,
        }
    }

    /// Reads on, hands each run of data (without chunk framing) to `data`, and returns how many of `bytes` belong
    /// to the body.
    pub fn advance<'a>(
        &mut self,
        bytes: &'a [u8],
        mut data: impl FnMut(&'a [u8]),
    ) -> Result<usize, Malformed> {
        match self {
            Self::Counted(left) => {
                let run = bytes.get(..usize::try_from(*left).unwrap_or(usize::MAX)).unwrap_or(bytes);
                *left -= run.len() as u64;
                data(run);
                Ok(run.len())
            }
            Self::Chunked(chunks) => chunks.advance(bytes, data),
            Self::UntilClose => {
                data(bytes);
                Ok(bytes.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_body_takes_its_bytes_and_no_more() {
        let mut progress = Progress::of_request(Framing::Length(5));
        let mut data = Vec::new();
        assert_eq!(progress.advance(b"abc", |run| data.extend_from_slice(run)), Ok(3));
        assert!(!progress.is_done());
        assert_eq!(progress.advance(b"deGET", |run| data.extend_from_slice(run)), Ok(2));
        assert!(progress.is_done());
        assert_eq!(data, b"abcde");
    }

    #[test]
    fn a_request_without_a_body_is_done_at_once() {
        assert!(Progress::of_request(Framing::None).is_done());
        assert!(Progress::of_request(Framing::Length(0)).is_done());
        assert!(!Progress::of_request(Framing::Chunked).is_done());
    }
}
