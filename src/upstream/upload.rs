//! A caller's body: how much of it was seen, and where it ends.

use std::fmt;

use crate::wire::{AwsChunks, Head, Malformed, Progress};

/// A body on its way through.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    progress: Progress,
    /// The chunks inside the body, which do not go out.
    inside: Option<AwsChunks>,
    /// How long the body is without them.
    inside_length: Option<u64>,
    /// How many bytes behind the head belong to the body.
    prefix: usize,
    /// Whether those are all of it.
    came_whole: bool,
    /// How many bytes of data were seen.
    bytes: u64,
}

impl Upload {
    /// Looks at the part of the body that came with the head, so that a fault in it is found before anything is sent.
    /// `inside`: how long the body is without the framing of `aws-chunked`, if it has that.
    pub fn begin(head: &Head, inside: Option<u64>) -> Result<Self, Malformed> {
        Self::begin_with(head, inside, |_| {})
    }

    /// The same, handing the data to `data`.
    pub fn begin_with<'a>(
        head: &'a Head,
        inside: Option<u64>,
        data: impl FnMut(&'a [u8]),
    ) -> Result<Self, Malformed> {
        let progress = Progress::of_request(head.framing());
        let chunks = inside.map(AwsChunks::new);
        let mut upload =
            Self { progress, inside: chunks, inside_length: inside, prefix: 0, came_whole: false, bytes: 0 };
        upload.prefix = upload.advance(head.behind(), data)?;
        upload.came_whole = upload.is_done();
        Ok(upload)
    }

    /// The data of what came with the head, once more: what goes out of it, where that is not all of its bytes.
    pub fn prefix_data<'a>(&self, head: &'a Head, data: impl FnMut(&'a [u8])) -> Result<(), Malformed> {
        Self::begin_with(head, self.inside_length, data).map(|_| ())
    }

    /// Reads on: hands the data in `bytes` to `data` and returns how many of them belong to the body.
    pub fn advance<'a>(
        &mut self,
        bytes: &'a [u8],
        mut data: impl FnMut(&'a [u8]),
    ) -> Result<usize, Malformed> {
        let Self { progress, inside, bytes: count, .. } = self;
        let Some(chunks) = inside else {
            return progress.advance(bytes, |run| {
                *count += run.len() as u64;
                data(run);
            });
        };
        let mut fault = None;
        let used = progress.advance(bytes, |run| {
            let read = chunks.advance(run, |run| {
                *count += run.len() as u64;
                data(run);
            });
            if let Err(first) = read {
                fault.get_or_insert(first);
            }
        })?;
        // An end before that of the chunks is none.
        match fault {
            Some(fault) => Err(fault),
            None if progress.is_done() && !chunks.is_done() => Err(Malformed::Chunk),
            None => Ok(used),
        }
    }

    /// Whether what goes out is less than what arrives.
    pub const fn is_dechunked(&self) -> bool {
        self.inside.is_some()
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
    /// These bytes in place of what was read of the caller's body, and the rest as it arrives.
    Opened(&'a [u8], &'a mut Upload),
}

impl fmt::Debug for Outgoing<'_> {
    /// Never the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(body) => write!(f, "Whole({} bytes)", body.len()),
            Self::Streamed(upload) => write!(f, "Streamed({upload:?})"),
            Self::Opened(opening, upload) => write!(f, "Opened({} bytes, {upload:?})", opening.len()),
        }
    }
}
