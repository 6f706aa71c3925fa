//! Writes two pieces as one.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;

use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Writes all of `first` and then all of `second`, in one system call where the socket takes them, and flushes.
pub(super) async fn write_both<W: AsyncWrite + Unpin>(
    writer: &mut W,
    first: &[u8],
    second: &[u8],
) -> io::Result<()> {
    let (mut first, mut second) = (first, second);
    while !first.is_empty() && !second.is_empty() {
        let parts = [IoSlice::new(first), IoSlice::new(second)];
        let written = poll_fn(|context| Pin::new(&mut *writer).poll_write_vectored(context, &parts)).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        match first.get(written..) {
            Some(rest) => first = rest,
            None => {
                second = second.get(written - first.len()..).unwrap_or_default();
                first = &[];
            }
        }
    }
    for rest in [first, second] {
        if !rest.is_empty() {
            writer.write_all(rest).await?;
        }
    }
    writer.flush().await
}
