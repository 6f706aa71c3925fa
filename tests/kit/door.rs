//! How a connection to the recording upstream begins: in the clear or over TLS, or not at all.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::caller::Wire;
use super::upstream::Gate;

/// What happens to whoever connects.
#[derive(Clone, Debug)]
pub(crate) enum Door {
    Open,
    /// Opened when the test says so.
    Late(Gate),
    /// Closed before a byte was exchanged.
    Shut(How),
    /// Closed once the TLS session stands; in the clear, as above.
    ShutBehindTls(How),
}

/// How an end looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// As it should: TLS says it first.
    Orderly,
    /// TLS does not say it first.
    Unannounced,
    Reset,
}

/// The doors of an upstream, by the number of the connection.
#[derive(Clone)]
pub(crate) struct Doors {
    tls: Option<TlsAcceptor>,
    of: Arc<dyn Fn(usize) -> Door + Send + Sync>,
}

/// A connection that was let in.
pub(crate) struct Visit {
    pub(crate) stream: Box<dyn Wire>,
    pub(crate) socket: Socket,
}

/// The socket below a connection.
pub(crate) struct Socket(std::net::TcpStream);

impl Socket {
    /// Of a connection, which lasts until both are gone.
    pub(crate) fn of(stream: TcpStream) -> (TcpStream, Self) {
        let stream = stream.into_std().unwrap();
        let socket = Self(stream.try_clone().unwrap());
        (TcpStream::from_std(stream).unwrap(), socket)
    }

    /// Writes what the socket has room for in any case.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        std::io::Write::write_all(&mut self.0, bytes).unwrap();
    }

    /// Makes the end of the connection a reset.
    pub(crate) fn reset_on_close(&self) {
        socket2::SockRef::from(&self.0).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
}

impl Doors {
    /// In the clear, and open to all.
    pub(crate) fn open() -> Self {
        Self::new(None, |_| Door::Open)
    }

    pub(crate) fn new(tls: Option<TlsAcceptor>, of: impl Fn(usize) -> Door + Send + Sync + 'static) -> Self {
        Self { tls, of: Arc::new(of) }
    }

    pub(super) async fn let_in(&self, stream: TcpStream, connection: usize) -> Option<Visit> {
        let door = (self.of)(connection);
        let (stream, socket) = Socket::of(stream);
        match &door {
            Door::Shut(how) => return shut(Visit { stream: Box::new(stream), socket }, *how).await,
            Door::Late(gate) => gate.wait().await,
            Door::Open | Door::ShutBehindTls(_) => {}
        }
        let stream: Box<dyn Wire> = match &self.tls {
            Some(tls) => Box::new(tls.accept(stream).await.ok()?),
            None => Box::new(stream),
        };
        let visit = Visit { stream, socket };
        match door {
            Door::ShutBehindTls(how) => shut(visit, how).await,
            _ => Some(visit),
        }
    }
}

async fn shut(mut visit: Visit, how: How) -> Option<Visit> {
    match how {
        How::Orderly => visit.stream.shutdown().await.ok()?,
        How::Unannounced => {}
        How::Reset => visit.socket.reset_on_close(),
    }
    None
}
