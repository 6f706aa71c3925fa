//! A connection to an endpoint, in the clear or over TLS.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

/// Either kind of connection.
#[derive(Debug)]
pub(super) enum Transport {
    /// To a loopback address that the operator named, or the sandbox's own tests.
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection and its history.
#[derive(Debug)]
pub struct Connection {
    pub(super) transport: Transport,
    /// When it was made.
    pub(super) opened: Instant,
    /// When it was last used.
    pub(super) used: Instant,
    /// Whether it has carried a request before.
    pub(super) is_reused: bool,
    counted: Option<Counted>,
}

/// One of the connections that are open, for as long as it is: in the worker's count, and in that of all workers.
#[derive(Debug)]
struct Counted([Arc<AtomicU64>; 2]);

impl Drop for Counted {
    fn drop(&mut self) {
        for open in &self.0 {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Connection {
    pub(super) fn new(transport: Transport, now: Instant) -> Self {
        Self { transport, opened: now, used: now, is_reused: false, counted: None }
    }

    /// Counts this connection in `open` until it is closed.
    pub(super) fn count(&mut self, open: [&Arc<AtomicU64>; 2]) {
        for open in open {
            open.fetch_add(1, Ordering::Relaxed);
        }
        self.counted = Some(Counted(open.map(Arc::clone)));
    }

    /// Whether nothing has arrived since the last answer. An idle connection on which there is anything to read was
    /// closed by the other side, or holds bytes that belong to no request.
    ///
    /// What the runtime has heard of is always looked at, and what TLS has decrypted but nobody has read. The system is
    /// asked only if `asks_system`: it knows of the bytes that arrived since the runtime last looked, and that costs a
    /// system call.
    pub(super) fn is_quiet(&mut self, asks_system: bool) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        // Outside the runtime's budget, which would make a busy connection look like a quiet one.
        let reading = unconstrained(poll_fn(|context| {
            Poll::Ready(Pin::new(&mut *self).poll_read(context, &mut buffer).is_pending())
        }));
        let is_pending = pin!(reading).poll(&mut Context::from_waker(Waker::noop()));
        matches!(is_pending, Poll::Ready(true)) && (!asks_system || self.is_quiet_to_the_system())
    }

    fn is_quiet_to_the_system(&self) -> bool {
        let socket = match &self.transport {
            Transport::Plain(socket) => socket,
            Transport::Tls(stream) => stream.get_ref().0,
        };
        let mut byte = [0];
        let flags = rustix::net::RecvFlags::PEEK | rustix::net::RecvFlags::DONTWAIT;
        matches!(rustix::net::recv(socket, &mut byte, flags), Err(rustix::io::Errno::AGAIN))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(context),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
