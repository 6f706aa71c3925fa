//! Takes connections for a desk, one answer each, until it is told to stop.

use std::convert::Infallible;
use std::io;
use std::os::unix::net as unix;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::desk::Desk;

/// Programs that start together ask together: what a large pod runs, with room.
const CONNECTIONS_MAX: usize = 256;
/// A client sends its head at once, and those of metadata give up after a second: whoever holds every connection open and
/// says nothing must not keep them out for that long.
const HEAD_TIMEOUT: Duration = Duration::from_millis(500);
/// The longest head that a client was seen to send has 500 bytes. The least that hyper takes.
const HEAD_MAX: usize = 8 * 1024;

/// A bound listener.
#[derive(Debug)]
pub enum Listening {
    /// On a TCP port.
    Tcp(std::net::TcpListener),
    /// On a unix socket.
    Unix(unix::UnixListener),
}

enum Acceptor {
    Tcp(TcpListener),
    Unix(UnixListener),
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Acceptor {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => Ok(Stream::Tcp(listener.accept().await?.0)),
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// Serves until the sender of `stop` is dropped, and then until what has begun is answered.
pub async fn serve(listening: Listening, desk: Arc<Desk>, mut stop: watch::Receiver<()>) -> io::Result<()> {
    let acceptor = match listening {
        Listening::Tcp(listener) => Acceptor::Tcp(TcpListener::from_std(listener)?),
        Listening::Unix(listener) => Acceptor::Unix(UnixListener::from_std(listener)?),
    };
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut open = JoinSet::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((place, acceptor.accept().await?))
        };
        tokio::select! {
            // Nothing is sent: it ends with its sender.
            _ = stop.changed() => break,
            Some(_) = open.join_next(), if !open.is_empty() => {}
            accepted = accepted => match accepted {
                Ok((place, stream)) => {
                    let (desk, stop) = (Arc::clone(&desk), stop.clone());
                    open.spawn(async move {
                        match stream {
                            Stream::Tcp(stream) => talk(stream, None, desk, stop).await,
                            Stream::Unix(stream) => {
                                let uid = stream.peer_cred().ok().map(|peer| peer.uid());
                                talk(stream, uid, desk, stop).await;
                            }
                        }
                        drop(place);
                    });
                }
                // As many files are open as may be.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
    while open.join_next().await.is_some() {}
    Ok(())
}

/// One request and its answer. No connection is kept: clients ask once in a while, and one that is closed while they
/// write to it would be an error that they do not try again after.
async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    uid: Option<u32>,
    desk: Arc<Desk>,
    mut stop: watch::Receiver<()>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(&request.into_parts().0, uid).await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // Whoever breaks off has nothing to be told.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
