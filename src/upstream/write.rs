//! Writes two pieces as one.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWrite;

use crate::deadline::{Deadline, Elapsed};

/// A head and what goes out behind it, as far as they are not written yet.
pub(super) struct Pieces<'a> {
    first: &'a [u8],
    second: &'a [u8],
}

impl<'a> Pieces<'a> {
    pub(super) const fn new(first: &'a [u8], second: &'a [u8]) -> Self {
        Self { first, second }
    }

    /// Writes as much as the writer takes, both pieces in one system call where it can. `Ready(true)` once everything is
    /// written and flushed, `Ready(false)` when a part of it was: there is progress, and the next call waits.
    pub(super) fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        writer: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        let mut writer = Pin::new(writer);
        let mut has_written = false;
        loop {
            let written = match (self.first, self.second) {
                ([], []) => return writer.poll_flush(context).map_ok(|()| true),
                ([], rest) | (rest, []) => writer.as_mut().poll_write(context, rest),
                (first, second) => {
                    writer.as_mut().poll_write_vectored(context, &[IoSlice::new(first), IoSlice::new(second)])
                }
            };
            match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => self.advance(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if has_written => return Poll::Ready(Ok(false)),
                Poll::Pending => return Poll::Pending,
            }
            has_written = true;
        }
    }

    fn advance(&mut self, count: usize) {
        let behind = count.saturating_sub(self.first.len());
        self.first = self.first.get(count..).unwrap_or_default();
        self.second = self.second.get(behind..).unwrap_or_default();
    }
}

/// Writes all of it, and waits no longer than `limit` for the writer to take some.
pub(super) async fn write_all<W: AsyncWrite + Unpin>(
    writer: &mut W,
    mut pieces: Pieces<'_>,
    (deadline, limit): (&mut Deadline, Duration),
) -> io::Result<()> {
    loop {
        let writing = poll_fn(|context| pieces.poll_write(writer, context));
        match deadline.within(limit, writing).await {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => return Err(error),
            Err(Elapsed) => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn pieces_arrive_in_order_however_little_the_other_side_takes() {
        let (mut near, mut far) = tokio::io::duplex(3);
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.unwrap();
            all
        });
        let mut deadline = Deadline::new();
        for (first, second) in [(&b"head"[..], &b"body of more"[..]), (b"", b"x"), (b"y", b""), (b"", b"")] {
            let pieces = Pieces::new(first, second);
            write_all(&mut near, pieces, (&mut deadline, Duration::from_secs(1))).await.unwrap();
        }
        drop(near);
        assert_eq!(reading.await.unwrap(), b"headbody of morexy");
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_is_for_each_step_and_not_for_the_whole() {
        let (mut near, mut far) = tokio::io::duplex(1);
        let reading = tokio::spawn(async move {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(2)).await;
                far.read_u8().await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let begun = Instant::now();
        let mut deadline = Deadline::new();
        let written =
            write_all(&mut near, Pieces::new(b"0123", b"4567"), (&mut deadline, Duration::from_secs(3)))
                .await;
        assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        assert_eq!(begun.elapsed().as_secs(), 13, "ten seconds of progress, and three without");
        reading.abort();
    }
}
