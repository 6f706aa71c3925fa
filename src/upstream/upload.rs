//! A caller's body: how much of it was seen, and where it ends.

use std::fmt;

use crate::wire::{Head, Malformed, Progress};

/// A body on its way through.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    progress: Progress,
    /// How many bytes behind the head belong to the body.
    prefix: usize,
    /// Whether those are all of it.
    came_whole: bool,
    /// How many bytes of data were seen.
    bytes: u64,
}

impl Upload {
    /// Looks at the part of the body that came with the head, so that a fault in it is found before anything is sent.
    pub fn begin(head: &Head) -> Result<Self, Malformed> {
        Self::begin_with(head, |_| {})
    }

    /// The same, handing the data to `data`.
    pub fn begin_with<'a>(head: &'a Head, mut data: impl FnMut(&'a [u8])) -> Result<Self, Malformed> {
        let mut progress = Progress::of_request(head.framing());
        let mut bytes = 0;
        let prefix = progress.advance(head.behind(), |run| {
            bytes += run.len() as u64;
            data(run);
        })?;
        Ok(Self { progress, prefix, came_whole: progress.is_done(), bytes })
    }

    /// Reads on: hands the data in `bytes` to `data` and returns how many of them belong to the body.
    pub fn advance<'a>(
        &mut self,
        bytes: &'a [u8],
        mut data: impl FnMut(&'a [u8]),
    ) -> Result<usize, Malformed> {
        let count = &mut self.bytes;
        self.progress.advance(bytes, |run| {
            *count += run.len() as u64;
            data(run);
        })
    }

    /// Bytes of data so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the body was seen to its end, wherever it is by now.
    pub fn is_done(&self) -> bool {
        self.progress.is_done()
    }

    /// Whether the whole body came with the head and still lies behind it, so that it can be sent twice. There may be none.
    pub const fn came_whole(&self) -> bool {
        self.came_whole
    }

    /// How many bytes behind the head are part of the body. What came later never went into the head's buffer.
    pub const fn prefix(&self) -> usize {
        self.prefix
    }
}

/// What goes out behind the head.
pub enum Outgoing<'a> {
    /// A body that is known whole, or none.
    Whole(&'a [u8]),
    /// The caller's body, as it arrives.
    Streamed(&'a mut Upload),
}

impl fmt::Debug for Outgoing<'_> {
    /// Never the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(body) => write!(f, "Whole({} bytes)", body.len()),
            Self::Streamed(upload) => write!(f, "Streamed({upload:?})"),
        }
    }
}
