//! A caller over a raw socket: sends bytes as they are, reads answers as they come.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::door::Socket;
use super::reader::{Ended, Framing, Reader, framing, headers};
use super::{soon, witness};

/// What is searched of a body: no error is longer, and objects are what the tests put there.
const SEARCHED_MAX: usize = 64 * 1024;

pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection to the proxy.
pub(crate) struct Caller {
    pub(crate) reader: Reader<Box<dyn Wire>>,
    /// Over TCP.
    socket: Option<Socket>,
}

/// An answer, as far as it came.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The statuses of the interim answers before it.
    pub(crate) interims: Vec<u16>,
    /// How the connection ended, if it did so before the body's end.
    pub(crate) cut: Option<Ended>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.text().chars().take(2_000).collect();
        write!(f, "{}\n\n{start}\n(after {:?}, cut: {:?})", self.head, self.interims, self.cut)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let value = headers(self.head.as_bytes()).into_iter().find(|(found, _)| found == name)?.1;
        Some(String::from_utf8(value).unwrap())
    }

    /// The refusal's code. Empty: none of ours.
    pub(crate) fn code(&self) -> String {
        self.header("x-countersign-error").unwrap_or_default()
    }

    /// Status and refusal, as most tests compare them.
    pub(crate) fn verdict(&self) -> (u16, String) {
        (self.status, self.code())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn says_close(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

impl Caller {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (stream, socket) = Socket::of(stream);
        Self { reader: Reader::new(Box::new(stream)), socket: Some(socket) }
    }

    /// Connects without letting anybody else run.
    pub(crate) fn connect_at_once(address: SocketAddr) -> Self {
        let stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nonblocking(true).unwrap();
        let (stream, socket) = Socket::of(TcpStream::from_std(stream).unwrap());
        Self { reader: Reader::new(Box::new(stream)), socket: Some(socket) }
    }

    pub(crate) async fn connect_unix(path: &Path) -> Self {
        Self { reader: Reader::new(Box::new(UnixStream::connect(path).await.unwrap())), socket: None }
    }

    /// Sends a little without letting anybody else run.
    pub(crate) fn send_at_once(&mut self, bytes: &[u8]) {
        self.socket.as_mut().expect("a connection over TCP").write(bytes);
    }

    /// Goes, by a reset. To go in the orderly way is to be dropped.
    pub(crate) fn reset(self) {
        self.socket.expect("a connection over TCP").reset_on_close();
    }

    /// Sends. A connection that the other side has closed already is no failure: the answer tells.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.reader.stream.write_all(bytes.as_ref()).await;
        let _ = self.reader.stream.flush().await;
    }

    /// Sends piece by piece, and lets everybody else run in between.
    pub(crate) async fn send_cut(&mut self, bytes: &[u8], cuts: &[usize]) {
        let mut from = 0;
        for &cut in cuts.iter().chain([&bytes.len()]) {
            self.send(&bytes[from..cut.max(from)]).await;
            from = cut.max(from);
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The next answer, to a request that was no `HEAD`.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.try_answer(false).await.expect("an answer")
    }

    /// The next answer. `None`: the connection ended before one began.
    pub(crate) async fn try_answer(&mut self, to_head: bool) -> Option<Answer> {
        soon("an answer", self.read_answer(to_head)).await
    }

    /// The same, however long it takes.
    pub(crate) async fn read_answer(&mut self, to_head: bool) -> Option<Answer> {
        let mut interims = Vec::new();
        loop {
            let head = String::from_utf8(self.reader.until(b"\r\n\r\n").await.ok()?).unwrap();
            let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
            if status < 200 {
                interims.push(status);
                continue;
            }
            let framing = if to_head || status == 204 || status == 304 {
                Framing::Length(0)
            } else {
                framing(head.as_bytes(), Framing::UntilClose)
            };
            let mut body = Vec::new();
            let cut = self.reader.body(framing, &mut |piece| body.extend_from_slice(piece)).await.err();
            witness::heard("an answer's head", head.as_bytes());
            witness::heard("an answer", &body[..body.len().min(SEARCHED_MAX)]);
            return Some(Answer { status, head, body, interims, cut });
        }
    }

    /// How the connection ends, and that nothing comes before that.
    pub(crate) async fn end(&mut self) -> Ended {
        let ended = soon("the end of the connection", self.reader.more()).await;
        assert_eq!(self.reader.buffer.escape_ascii().to_string(), "", "before the end of the connection");
        ended.unwrap_err()
    }

    /// Whether nothing comes, and no end either, for a while.
    pub(crate) async fn is_silent_for(&mut self, while_: Duration) -> bool {
        self.reader.buffer.is_empty() && tokio::time::timeout(while_, self.reader.more()).await.is_err()
    }
}
