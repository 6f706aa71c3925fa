//! Where the browser comes back to with OAuth's code: a listener on 127.0.0.1, for as long as the login takes.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue, REFERRER_POLICY,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::authorize::CALLBACK;
use super::page::{DONE, FAILED, STRANGE};
use crate::wire::parameters;

/// Those that the aliyun CLI's application is registered with. The first free one is taken.
pub const PORTS: RangeInclusive<u16> = 12_345..=12_349;
/// A browser sends its head at once.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// A browser opens a few; more at once are refused.
const CONNECTIONS_MAX: usize = 16;
/// How long the page waits for the tokens, and how long the browser may take to read it.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(20);
const PAGE_PATIENCE: Duration = Duration::from_millis(500);
/// Real codes have under 100 characters.
const CODE_BYTES_MAX: usize = 2_048;

/// The listener.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// What the browser brought back, and the page that it waits for.
pub struct Callback {
    /// The code. `None`: the human, or the site, has said no.
    pub code: Option<Zeroizing<String>>,
    page: oneshot::Sender<bool>,
    connections: JoinSet<()>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({})", if self.code.is_some() { "a code" } else { "no code" })
    }
}

/// Who waits for the one right answer.
struct Waiting {
    state: Zeroizing<String>,
    port: u16,
    tell: Mutex<Option<oneshot::Sender<Brought>>>,
}

type Brought = (Option<Zeroizing<String>>, oneshot::Sender<bool>);

impl Loopback {
    /// Listens on the first free port of these.
    ///
    /// # Errors
    /// None is free.
    pub async fn bind(ports: impl IntoIterator<Item = u16>) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for port in ports {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(listener) => {
                    let port = listener.local_addr()?.port();
                    return Ok(Self { listener, port });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the browser that brings `state` back. Whoever comes with another, or with none, changes nothing.
    pub async fn callback(self, state: Zeroizing<String>) -> Callback {
        let (tell, mut told) = oneshot::channel();
        let waiting = Arc::new(Waiting { state, port: self.port, tell: Mutex::new(Some(tell)) });
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                // The sender lives in `waiting` until it has sent.
                Ok((code, page)) = &mut told => return Callback { code, page, connections },
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if connections.len() < CONNECTIONS_MAX => {
                        connections.spawn(serve(TokioIo::new(stream), Arc::clone(&waiting)));
                    }
                    // Closed, or out of descriptors for a moment.
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

impl Callback {
    /// Shows the browser how the login ended, and stops listening.
    pub async fn finish(self, is_logged_in: bool) {
        let Self { page, mut connections, .. } = self;
        // A browser that has gone is told nothing.
        let _ = page.send(is_logged_in);
        let _ = timeout(PAGE_PATIENCE, async { while connections.join_next().await.is_some() {} }).await;
    }
}

async fn serve(stream: TokioIo<tokio::net::TcpStream>, waiting: Arc<Waiting>) {
    let service = service_fn(move |request| {
        let waiting = Arc::clone(&waiting);
        async move { Ok::<_, Infallible>(waiting.answer(&request).await) }
    });
    // A browser that breaks off has nothing to be told.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .keep_alive(false)
        .serve_connection(stream, service)
        .await;
}

impl Waiting {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
        if request.uri().path() != CALLBACK {
            return page(StatusCode::NOT_FOUND, STRANGE);
        }
        if request.method() != Method::GET || host != Some(&format!("127.0.0.1:{}", self.port)) {
            return page(StatusCode::BAD_REQUEST, STRANGE);
        }
        let query = request.uri().query().unwrap_or_default();
        let is_ours = one(query, "state").is_some_and(|state| is_same(&state, &self.state));
        let (code, is_refused) = (one(query, "code"), one(query, "error").is_some());
        let tell = match (is_ours, &code, is_refused) {
            (true, Some(_), false) | (true, None, true) => {
                self.tell.lock().unwrap_or_else(PoisonError::into_inner).take()
            }
            _ => None,
        };
        // The browser may ask twice; the second time it belongs to nothing.
        let Some(tell) = tell else { return page(StatusCode::BAD_REQUEST, STRANGE) };
        let (show, shown) = oneshot::channel();
        let was_heard = tell.send((code, show)).is_ok();
        match timeout(OUTCOME_PATIENCE, shown).await {
            Ok(Ok(true)) if was_heard => page(StatusCode::OK, DONE),
            _ => page(StatusCode::OK, FAILED),
        }
    }
}

/// The value of a parameter that is there once, and is visible ASCII.
fn one(query: &str, name: &str) -> Option<Zeroizing<String>> {
    let mut found = parameters(query.as_bytes()).filter(|parameter| parameter.is(name));
    let value: Vec<u8> = found.next()?.decoded_value().take(CODE_BYTES_MAX + 1).collect();
    let fits = (1..=CODE_BYTES_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    let value = Zeroizing::new(String::from_utf8(value).ok()?);
    (fits && found.next().is_none()).then_some(value)
}

/// Takes as long for a state that is nearly right as for any other.
fn is_same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

fn page(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        // The page needs nothing, and its address holds the code.
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
