//! Binds TCP ports and unix sockets.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net as unix;
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};

use super::Stream;

/// Connections that may wait to be accepted: as many as may be open.
pub(super) const BACKLOG: i32 = 1024;
/// Read and write for owner and group; who else may connect is the directory's business.
const SOCKET_MODE: u32 = 0o660;

/// Where callers connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An address and a port. Port 0: a free one.
    Tcp(SocketAddr),
    /// A path.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Why an address could not be bound.
#[derive(Debug)]
pub struct BindError {
    address: Address,
    cause: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.cause)?;
        match self.cause.kind() {
            io::ErrorKind::AddrInUse => {
                f.write_str("; another process does: stop it, or choose another address")
            }
            io::ErrorKind::PermissionDenied => {
                f.write_str("; choose a port from 1024 up, or a directory of your own")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// A bound listener, not yet part of a runtime.
#[derive(Debug)]
pub enum Listening {
    /// On a TCP port.
    Tcp(std::net::TcpListener),
    /// On a unix socket; it is removed when the listener goes.
    Unix(unix::UnixListener, SocketFile),
}

/// The socket in the file system, removed when the last listener goes.
#[derive(Clone, Debug)]
pub struct SocketFile(#[expect(dead_code, reason = "held for its drop")] std::sync::Arc<RemoveOnDrop>);

#[derive(Debug)]
struct RemoveOnDrop(PathBuf);

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        // Gone already, or not ours to remove: either way nothing is left to do.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Binds `address` once for each of `workers`, which share its connections.
pub fn bind(address: &Address, workers: usize) -> Result<Vec<Listening>, BindError> {
    let failed = |cause| BindError { address: address.clone(), cause };
    match address {
        Address::Tcp(wanted) => bind_tcp(*wanted, workers).map_err(failed),
        Address::Unix(path) => bind_unix(path, workers).map_err(failed),
    }
}

fn bind_tcp(wanted: SocketAddr, workers: usize) -> io::Result<Vec<Listening>> {
    // The first is bound alone, since a shared port would hide that another process has it already.
    let alone = tcp_socket(wanted, Share::Alone)?;
    if workers == 1 {
        return Ok(vec![Listening::Tcp(alone.into())]);
    }
    let bound = alone.local_addr()?.as_socket().unwrap_or(wanted);
    drop(alone);
    (0..workers)
        .map(|_| tcp_socket(bound, Share::Workers).map(|socket| Listening::Tcp(socket.into())))
        .collect()
}

/// Whom a port is shared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Alone,
    /// The other workers.
    Workers,
    /// Nobody, and packets come from this machine alone.
    Within,
}

/// Binds an address of this machine that others could send packets to: one that was added to `lo` is answered for on every
/// interface. Only what this machine itself sends arrives.
pub fn bind_within(address: SocketAddr) -> Result<Listening, BindError> {
    let bound = tcp_socket(address, Share::Within).map(|socket| Listening::Tcp(socket.into()));
    bound.map_err(|cause| BindError { address: Address::Tcp(address), cause })
}

fn tcp_socket(address: SocketAddr, share: Share) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Never both families at once: whoever binds `[::]` would listen on IPv4 unawares.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(share == Share::Workers)?;
    if share == Share::Within {
        socket.bind_device(Some(b"lo"))?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

fn bind_unix(path: &Path, workers: usize) -> io::Result<Vec<Listening>> {
    refuse_open_directory(path)?;
    remove_stale(path)?;
    // Bound under another name and renamed, so that nobody connects before the mode is set.
    // A short name: the longest path that a socket may have leaves no room for a longer one.
    let hidden = path.with_file_name(format!(".{}", std::process::id()));
    remove_stale(&hidden)?;
    let listener = unix::UnixListener::bind(&hidden)?;
    std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    std::fs::rename(&hidden, path)?;
    listener.set_nonblocking(true)?;
    let file = SocketFile(std::sync::Arc::new(RemoveOnDrop(path.to_owned())));
    let mut listeners = Vec::with_capacity(workers);
    for _ in 1..workers {
        listeners.push(Listening::Unix(listener.try_clone()?, file.clone()));
    }
    listeners.push(Listening::Unix(listener, file));
    Ok(listeners)
}

/// In a directory where anybody may rename files, anybody could put a socket of their own in our place.
fn refuse_open_directory(path: &Path) -> io::Result<()> {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mode = std::fs::metadata(directory)?.permissions().mode();
    let (is_open, is_sticky) = (mode & 0o022 != 0, mode & 0o1000 != 0);
    if is_open && !is_sticky {
        let message = "its directory is writable for others, who could replace the socket: use one with mode 0755 or less";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(())
}

/// Removes a socket that nobody listens on. Anything else in its place stays, and is an error.
fn remove_stale(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a file of that name that is no socket",
        )),
        Ok(_) => match unix::UnixStream::connect(path) {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(_) => std::fs::remove_file(path),
        },
    }
}

impl Listening {
    /// The address that was bound, with the port that the system chose.
    pub fn local_address(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Some),
            Self::Unix(..) => Ok(None),
        }
    }

    /// Makes it part of the current runtime.
    pub(super) fn into_acceptor(self) -> io::Result<Acceptor> {
        Ok(match self {
            Self::Tcp(listener) => Acceptor::Tcp(TcpListener::from_std(listener)?),
            Self::Unix(listener, file) => Acceptor::Unix(file, UnixListener::from_std(listener)?),
        })
    }
}

/// A listener in a runtime.
#[derive(Debug)]
pub(super) enum Acceptor {
    Tcp(TcpListener),
    /// The file first: it goes while the socket still answers, so that a successor's is never taken for it.
    Unix(#[expect(dead_code, reason = "held for its drop")] SocketFile, UnixListener),
}

impl Acceptor {
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(_, listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}
