//! Reads HTTP/1.1 off a connection, naively: the tests' own reading of what the product wrote.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The end of the connection, in whichever way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// An orderly end.
    Closed,
    /// A reset.
    Reset,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

/// A connection, and what has arrived of what nobody has read yet.
pub(crate) struct Reader<S> {
    pub(crate) stream: S,
    pub(crate) buffer: Vec<u8>,
    /// Bytes that have arrived.
    pub(crate) total: usize,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new(), total: 0 }
    }

    pub(crate) async fn more(&mut self) -> Result<usize, Ended> {
        self.buffer.reserve(64 * 1024);
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err(Ended::Closed),
            Ok(count) => {
                self.total += count;
                Ok(count)
            }
            Err(_) => Err(Ended::Reset),
        }
    }

    /// What stands before `mark`, which is taken away too.
    pub(crate) async fn until(&mut self, mark: &[u8]) -> Result<Vec<u8>, Ended> {
        loop {
            if let Some(at) = find(&self.buffer, mark) {
                let found = self.buffer.drain(..at + mark.len()).collect::<Vec<u8>>();
                return Ok(found[..at].to_vec());
            }
            self.more().await?;
        }
    }

    /// A body, handed over piece by piece. On an error, what came before it has been handed over.
    pub(crate) async fn body(&mut self, framing: Framing, data: &mut impl FnMut(&[u8])) -> Result<(), Ended> {
        match framing {
            Framing::Length(length) => self.exactly(length, data).await,
            Framing::Chunked => loop {
                let line = String::from_utf8(self.until(b"\r\n").await?).unwrap();
                let size = usize::from_str_radix(line.split(';').next().unwrap(), 16).unwrap();
                if size == 0 {
                    // Trailers, which only answers may have.
                    while !self.until(b"\r\n").await?.is_empty() {}
                    return Ok(());
                }
                self.exactly(size, data).await?;
                assert_eq!(self.until(b"\r\n").await?, b"", "after a chunk");
            },
            Framing::UntilClose => loop {
                data(&self.buffer);
                self.buffer.clear();
                match self.more().await {
                    Ok(_) => {}
                    Err(Ended::Closed) => return Ok(()),
                    Err(Ended::Reset) => return Err(Ended::Reset),
                }
            },
        }
    }

    async fn exactly(&mut self, length: usize, data: &mut impl FnMut(&[u8])) -> Result<(), Ended> {
        let mut left = length;
        loop {
            let piece = self.buffer.len().min(left);
            data(&self.buffer[..piece]);
            self.buffer.drain(..piece);
            left -= piece;
            if left == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }
}

/// The headers of a head, names in lower case.
pub(crate) fn headers(head: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines = head.split(|&byte| byte == b'\n').skip(1);
    let split = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = line.iter().position(|&byte| byte == b':').unwrap();
        (
            String::from_utf8(line[..colon].to_ascii_lowercase()).unwrap(),
            line[colon + 1..].trim_ascii().to_vec(),
        )
    };
    lines.map(split).collect()
}

/// How the body behind a head ends. `otherwise`: what holds when the head does not say.
pub(crate) fn framing(head: &[u8], otherwise: Framing) -> Framing {
    let headers = headers(head);
    let value = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value);
    if value("transfer-encoding").is_some() {
        return Framing::Chunked;
    }
    value("content-length")
        .map_or(otherwise, |value| Framing::Length(std::str::from_utf8(value).unwrap().parse().unwrap()))
}

pub(crate) fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}
