//! Carries countersign's own calls, to STS, Model Studio and wherever else credentials come from, on hyper: endpoints over
//! the same routes as everything else, places of the operator's directly, and both with the same trust.

use std::future::Future;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use zeroize::Zeroizing;

use crate::credential::{Answer, Boxed, Carry, CarryError, Method, Outbound, Receiver};
use crate::upstream::{Dialler, Trust};

/// What the cloud sees as the client.
const AGENT: &str = concat!("countersign/", env!("CARGO_PKG_VERSION"));

/// One connection a call: there are a few an hour.
#[derive(Debug)]
pub struct OwnCalls {
    dialler: Arc<Dialler>,
    /// Whom a place's certificate must be vouched for by.
    trust: Trust,
}

impl OwnCalls {
    /// Dials as `dialler` does for everything else; a place over TLS must be vouched for by `trust`.
    pub const fn new(dialler: Arc<Dialler>, trust: Trust) -> Self {
        Self { dialler, trust }
    }

    async fn exchange(&self, outbound: Outbound) -> Result<Answer, CarryError> {
        let connection = match &outbound.to {
            Receiver::Endpoint(host) => self.dialler.open(host, outbound.connect_timeout).await,
            Receiver::Place(place) => {
                self.dialler.open_place(place, &self.trust, outbound.connect_timeout).await
            }
        };
        // Also when the time to connect was up: nothing was sent, so another host may be asked at once.
        let connection = connection.map_err(|failure| CarryError::Unreachable(failure.to_string()))?;
        let broken = |error: hyper::Error| CarryError::Broken(error.to_string());
        let (mut sender, driver) =
            hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.map_err(broken)?;
        let _driver = Abort(tokio::spawn(driver));

        let value =
            |text: &str| HeaderValue::from_str(text).map_err(|error| CarryError::Broken(error.to_string()));
        let mut request = Request::builder()
            .method(match outbound.method {
                Method::Get => hyper::Method::GET,
                Method::Post => hyper::Method::POST,
                Method::Put => hyper::Method::PUT,
            })
            .uri(outbound.path_and_query.as_str())
            .header(HOST, value(&outbound.to.authority())?)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT_ENCODING, "identity");
        for (name, text) in &outbound.headers {
            let mut value = value(text)?;
            value.set_sensitive(true);
            request = request.header(HeaderName::from_static(name), value);
        }
        let request = request
            .body(Full::new(Bytes::copy_from_slice(&outbound.body)))
            .map_err(|error| CarryError::Broken(error.to_string()))?;
        let response = sender.send_request(request).await.map_err(broken)?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (status, date) = (response.status().as_u16(), header("date"));
        let (retry_after, acs_retry_after) = (header("retry-after"), header("x-acs-retry-after"));
        let body = Limited::new(response.into_body(), outbound.answer_bytes_max).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                CarryError::TooLong
            } else {
                CarryError::Broken(error.to_string())
            }
        })?;
        let body = Zeroizing::new(body.to_bytes().to_vec());
        Ok(Answer { status, date, retry_after, acs_retry_after, body })
    }
}

impl Carry for OwnCalls {
    fn carry(&self, outbound: Outbound) -> Boxed<'_, Result<Answer, CarryError>> {
        let limit = outbound.timeout;
        Box::pin(async move { within(limit, self.exchange(outbound)).await })
    }
}

async fn within<T>(
    limit: std::time::Duration,
    exchange: impl Future<Output = Result<T, CarryError>>,
) -> Result<T, CarryError> {
    tokio::time::timeout(limit, exchange).await.unwrap_or(Err(CarryError::TimedOut))
}

/// Ends the connection's task with the call, also when the call is given up.
struct Abort<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Abort<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
