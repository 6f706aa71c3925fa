//! A cloud that records what arrives and answers as it is told, however wrong. Plain HTTP, behind `[connect_to]`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::caller::Wire;
use super::door::{Doors, Socket, Visit};
use super::pattern::Pattern;
use super::reader::{Framing, Reader, find, framing, headers};
use super::soon;

/// A body longer than this is counted and not kept.
const KEPT: usize = 1024 * 1024;

/// One request, as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Which connection it came over, from 0.
    pub(crate) connection: usize,
    pub(crate) head: Vec<u8>,
    /// Its data, without chunk framing.
    pub(crate) body: Vec<u8>,
    pub(crate) body_bytes: usize,
    pub(crate) is_whole: bool,
    /// Whether its body is so far the pattern of the target's number.
    pub(crate) is_pattern: bool,
}

impl Seen {
    fn first_line(&self) -> String {
        let line = self.head.split(|&byte| byte == b'\r').next().unwrap();
        String::from_utf8(line.to_vec()).unwrap()
    }

    pub(crate) fn method(&self) -> String {
        self.first_line().split(' ').next().unwrap().to_owned()
    }

    pub(crate) fn target(&self) -> String {
        self.first_line().split(' ').nth(1).unwrap().to_owned()
    }

    pub(crate) fn headers(&self) -> Vec<(String, Vec<u8>)> {
        headers(&self.head)
    }

    /// The value of a header that may be there once at most.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut all = self.headers();
        all.retain(|(found, _)| found == name);
        assert!(all.len() <= 1, "{name} is there {} times", all.len());
        all.pop().map(|(_, value)| String::from_utf8(value).unwrap())
    }

    /// A parameter of query or form, as it was written.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let target = self.target();
        let query = target.split_once('?').map_or("", |(_, query)| query).to_owned();
        let text = format!("{query}&{}", String::from_utf8_lossy(&self.body));
        let mut found = text.split('&').filter_map(|pair| pair.split_once('=')).filter(|pair| pair.0 == name);
        let value = found.next().map(|(_, value)| value.to_owned());
        assert_eq!(found.count(), 0, "{name} is there twice");
        value
    }

    /// Head and body as one text, in lower case, to search for what must not be there.
    pub(crate) fn lower(&self) -> String {
        let all = [self.head.as_slice(), b"\r\n\r\n", &self.body].concat();
        String::from_utf8_lossy(&all).to_lowercase()
    }
}

/// What the upstream does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// So many bytes of nothing in particular, as fast as they are taken.
    Flood(usize),
    /// So many bytes of a pattern, likewise.
    Pattern(Pattern, usize),
    /// Until the test says so.
    Wait(Gate),
    /// So many bytes of what comes behind the head are read, or more.
    Take(usize),
    /// An end: over TLS without a word of it.
    Close,
    /// An end that TLS announces.
    Farewell,
    Reset,
    /// Waits for the proxy to end the connection; bytes are read and thrown away.
    AwaitEnd,
}

/// What a test opens when it is time.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets one more through.
    pub(crate) fn open(&self) {
        self.0.add_permits(1);
    }

    pub(crate) async fn wait(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

/// How one request is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// Before the body is read.
    early: Vec<Step>,
    steps: Vec<Step>,
    ignores_body: bool,
}

impl Reply {
    /// Once the whole request is there.
    pub(crate) fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self::default().then(Step::Send(bytes.as_ref().to_vec()))
    }

    pub(crate) fn ok() -> Self {
        Self::body("ok")
    }

    pub(crate) fn body(text: &str) -> Self {
        Self::status("200 OK", text)
    }

    pub(crate) fn status(status: &str, body: &str) -> Self {
        Self::new(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// Nothing but these steps, once the head is there; the body stays unread.
    pub(crate) fn to_head(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { early: steps.into_iter().collect(), steps: Vec::new(), ignores_body: true }
    }

    /// Nothing but these steps, once the whole request is there.
    pub(crate) fn steps(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { early: Vec::new(), steps: steps.into_iter().collect(), ignores_body: false }
    }

    /// First this, before the body is read.
    pub(crate) fn after(mut self, step: Step) -> Self {
        self.early.push(step);
        self
    }

    /// First these steps, and then those of another reply.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// Decides by the request's head, and by how many came before it.
type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) connections: usize,
    /// Bytes that arrived on all of them.
    pub(crate) bytes: usize,
    pub(crate) requests: Vec<Seen>,
    /// Connections that the proxy ended.
    pub(crate) ended: usize,
    /// Connections that are over, whoever ended them.
    pub(crate) over: usize,
    /// Bytes of floods that were taken.
    pub(crate) flooded: usize,
    /// How many connections there were ever: their numbers outlive what is forgotten.
    numbered: usize,
}

/// The recording upstream. Its connections end with the test's runtime.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
    script: Arc<Script>,
}

impl Upstream {
    pub(crate) async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_behind(Doors::open(), script).await
    }

    /// Behind doors of its own: over TLS, or closed in somebody's face.
    pub(crate) async fn start_behind(
        doors: Doors,
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Self { address, log: Arc::default(), script: Arc::new(script) };
        let accepting = upstream.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let connection = {
                    let mut log = accepting.lock();
                    log.connections += 1;
                    log.numbered += 1;
                    log.numbered - 1
                };
                let (upstream, doors) = (accepting.clone(), doors.clone());
                tokio::spawn(async move {
                    if let Some(visit) = doors.let_in(stream, connection).await {
                        upstream.serve(visit, connection).await;
                    }
                    upstream.lock().over += 1;
                });
            }
        });
        upstream
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    pub(crate) fn log(&self) -> Log {
        self.lock().clone()
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.lock().requests.clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.lock().requests.last().cloned().expect("a request")
    }

    /// Forgets what happened so far.
    pub(crate) fn forget(&self) {
        let mut log = self.lock();
        *log = Log { numbered: log.numbered, ..Log::default() };
    }

    /// Waits until what has happened satisfies.
    pub(crate) async fn until(&self, what: &str, is: impl Fn(&Log) -> bool) {
        soon(what, async {
            while !is(&self.lock()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    async fn serve(&self, Visit { stream, socket }: Visit, connection: usize) {
        let mut reader = Reader::new(stream);
        loop {
            while find(&reader.buffer, b"\r\n\r\n").is_none() {
                match reader.more().await {
                    Ok(count) => self.lock().bytes += count,
                    Err(_) => {
                        self.lock().ended += 1;
                        return;
                    }
                }
            }
            let head = reader.until(b"\r\n\r\n").await.unwrap();
            let framing = framing(&head, Framing::Length(0));
            let seen =
                Seen { connection, head, body: Vec::new(), body_bytes: 0, is_whole: false, is_pattern: true };
            let mut pattern = Pattern::of_target(&seen.target());
            let index = {
                let mut log = self.lock();
                log.requests.push(seen.clone());
                log.requests.len() - 1
            };
            let reply = (self.script)(&seen, index);
            if !self.perform((&mut reader, &socket), &reply.early).await || reply.ignores_body {
                return;
            }
            if reply.early.is_empty() && seen.header("expect").is_some() {
                let _ = reader.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            }
            let keep = &mut |piece: &[u8]| {
                let mut log = self.lock();
                let Some(seen) = log.requests.get_mut(index) else { return };
                seen.body_bytes += piece.len();
                seen.is_pattern &= pattern.is_next(piece);
                if seen.body_bytes <= KEPT {
                    seen.body.extend_from_slice(piece);
                }
            };
            if reader.body(framing, keep).await.is_err() {
                self.lock().ended += 1;
                return;
            }
            if let Some(seen) = self.lock().requests.get_mut(index) {
                seen.is_whole = true;
            }
            if !self.perform((&mut reader, &socket), &reply.steps).await {
                return;
            }
        }
    }

    /// Whether the connection goes on.
    async fn perform(&self, (reader, socket): (&mut Reader<Box<dyn Wire>>, &Socket), steps: &[Step]) -> bool {
        for step in steps {
            match step {
                Step::Send(bytes) => {
                    let sent = reader.stream.write_all(bytes).await;
                    if sent.is_err() || reader.stream.flush().await.is_err() {
                        return false;
                    }
                }
                Step::Flood(bytes) => {
                    let piece = vec![b'x'; 64 * 1024];
                    if !self.flood(reader, *bytes, |max| &piece[..max.min(piece.len())]).await {
                        return false;
                    }
                }
                Step::Pattern(pattern, bytes) => {
                    let mut pattern = *pattern;
                    if !self.flood(reader, *bytes, |max| pattern.next(max.min(64 * 1024))).await {
                        return false;
                    }
                }
                Step::Wait(gate) => gate.wait().await,
                Step::Take(count) => while reader.buffer.len() < *count && reader.more().await.is_ok() {},
                Step::Close => return false,
                Step::Farewell => {
                    let _ = reader.stream.shutdown().await;
                    return false;
                }
                Step::Reset => {
                    socket.reset_on_close();
                    return false;
                }
                Step::AwaitEnd => {
                    while reader.more().await.is_ok() {
                        reader.buffer.clear();
                    }
                    self.lock().ended += 1;
                    return false;
                }
            }
        }
        true
    }

    /// Sends so many bytes, of which `next` has the next ones. Returns whether all were taken.
    async fn flood<'a>(
        &self,
        reader: &mut Reader<Box<dyn Wire>>,
        bytes: usize,
        mut next: impl FnMut(usize) -> &'a [u8],
    ) -> bool {
        let mut left = bytes;
        while left > 0 {
            let mut piece = next(left);
            left -= piece.len();
            while !piece.is_empty() {
                let Ok(count) = reader.stream.write(piece).await else {
                    self.lock().ended += 1;
                    return false;
                };
                piece = &piece[count..];
                self.lock().flooded += count;
            }
        }
        reader.stream.flush().await.is_ok()
    }
}
