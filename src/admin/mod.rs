//! Health, readiness and metrics, on a listener of their own. Nothing here changes anything.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// A probe sends its head at once.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// What the process says about itself.
pub trait State: Send + Sync + fmt::Debug + 'static {
    /// Whether traffic may come, and a text that says what is missing.
    fn readiness(&self) -> (bool, String);

    /// The metrics, in Prometheus' text form.
    fn metrics(&self) -> String;
}

/// Answers until it is dropped.
pub async fn serve(listener: std::net::TcpListener, state: Arc<dyn State>) -> io::Result<()> {
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, address, &*state);
                async move { Ok::<_, Infallible>(answer) }
            });
            // A probe that breaks off has nothing to be told.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn answer(request: &Request<Incoming>, address: SocketAddr, state: &dyn State) -> Response<Full<Bytes>> {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if address.ip().is_loopback() && !is_no_name(host) {
        return text(StatusCode::MISDIRECTED_REQUEST, "the Host header must be an address or localhost\n");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is taken\n");
        refused.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => {
            let (is_ready, message) = state.readiness();
            text(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, message)
        }
        "/metrics" => {
            let mut metrics = text(StatusCode::OK, state.metrics());
            let kind = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            metrics.headers_mut().insert(CONTENT_TYPE, kind);
            metrics
        }
        _ => text(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics\n"),
    }
}

/// A page that rebinds its own name to this machine sends that name; addresses and `localhost` cannot be rebound.
fn is_no_name(host: &str) -> bool {
    let (is_no_name, behind) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, behind)) => (name.parse::<Ipv6Addr>().is_ok(), behind),
            None => return false,
        },
        None => {
            let (name, behind) = host.split_at(host.find(':').unwrap_or(host.len()));
            (name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok(), behind)
        }
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_no_name && (behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port))
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_page_could_rebind_is_told_from_an_address() {
        for host in ["127.0.0.1:9465", "localhost:9465", "LOCALHOST", "[::1]:9465", "[::1]", "10.0.0.7"] {
            assert!(is_no_name(host), "{host}");
        }
        for host in [
            "rebind.test:9465",
            "",
            ":9465",
            "localhost.evil.test",
            "127.0.0.1.evil.test",
            "[::1].evil.test",
            "[::1]evil.test:9465",
            "[::1",
            "[]",
            "[localhost]",
            "[127.0.0.1]",
            "::1",
            "localhost:evil.test",
            "127.0.0.1:9465:80",
            "user@localhost",
        ] {
            assert!(!is_no_name(host), "{host}");
        }
    }
}
