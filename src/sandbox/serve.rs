//! The sandbox's network: TLS on one address, HTTP/1.1 inside, every product behind it. What has an address of its own
//! is in `counterpart`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::answer::{Answer, Dialect, set};
use super::cloud::Cloud;
use super::date;
use super::error::Error;
use super::heard::Heard;
use super::news::News;
use super::oidc::Issuer;
use super::{datahub, echo, fc, mns, mq, odps, open_api, oss, ots, sls, spoil, studio};

/// Connections at a time. As many as the proxy takes, which is its only client.
const CONNECTIONS: usize = 1_024;

/// How long a client may take over a head, and idle before it: longer than the proxy keeps a connection.
const HEAD: Duration = Duration::from_secs(60);

/// How long a client may take over its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The largest body of a call that is not OSS: twice what the proxy will hold, so that the proxy's limit shows first.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Takes connections until it is dropped, and drops them then.
pub(crate) async fn accept<F>(listener: TcpListener, cloud: Arc<Cloud>, serve: impl Fn(TcpStream) -> F + Send)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            arrived = listener.accept(), if connections.len() < CONNECTIONS => match arrived {
                Ok((stream, _)) => {
                    cloud.ledger.connected();
                    // Answers are small and waited for; when this fails they are merely late.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(stream));
                }
                // Out of file descriptors, most likely: some connection has to end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves every product over TLS.
pub(crate) async fn products(
    listener: TcpListener,
    tls: TlsAcceptor,
    cloud: Arc<Cloud>,
    issuer: Arc<Issuer>,
) {
    let serve = |stream| serve(stream, tls.clone(), cloud.clone(), issuer.clone());
    accept(listener, cloud.clone(), serve).await;
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, cloud: Arc<Cloud>, issuer: Arc<Issuer>) {
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await else { return };
    let service = service_fn(|request| answer(cloud.clone(), issuer.clone(), request));
    // An error here is the client's end of the connection.
    let _ = http().serve_connection(TokioIo::new(stream), service).await;
}

/// HTTP/1.1 without a date: that is the cloud's own, which may be shifted.
pub(crate) fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.auto_date_header(false).timer(TokioTimer::new()).header_read_timeout(HEAD);
    http
}

async fn answer(cloud: Arc<Cloud>, issuer: Arc<Issuer>, request: Request<Incoming>) -> io::Result<Answer> {
    if cloud.faults.is_dark() {
        cloud.ledger.tell(&News::HungUp);
        return Err(io::Error::other("the sandbox is dark"));
    }
    let (parts, body) = request.into_parts();
    let mut heard = heard(&parts);
    let place = cloud.place(&heard.header("host").unwrap_or_default());
    if let Some(delay) = cloud.faults.delay_of(&place.product) {
        tokio::time::sleep(delay).await;
    }
    let mut answer = if place.product == "oss" {
        oss::answer(&cloud, &place, &heard, body).await
    } else if let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await {
        heard.body = body.to_bytes().to_vec();
        match place.product.as_str() {
            "mns" => mns::answer(&cloud, &place, &heard).await,
            "dashscope" => studio::answer(&cloud, &place, &heard),
            "fc" => fc::answer(&cloud, &place, &heard),
            "apigateway" | "dataplus" | "fc-trigger" => echo::answer(&cloud, &place, &heard),
            "ons-http" => mq::answer(&cloud, &place, &heard).await,
            "datahub-data" => datahub::answer(&cloud, &place, &heard),
            "sls" => sls::answer(&cloud, &place, &heard),
            "odps" => odps::answer(&cloud, &place, &heard),
            "ots" => ots::answer(&cloud, &place, &heard),
            _ => open_api::answer(&cloud, &issuer, &place, &heard),
        }
    } else {
        let error =
            Error::new(413, "RequestEntityTooLarge", "The body is larger than 16 MiB, or ended early.");
        let mut answer = Dialect::of(&heard).error(&error, &place.product, &place.host, &cloud.request_id());
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    };
    answer = spoil::apply(&cloud, &place.product, answer).await;
    set(&mut answer, "date", &date::gmt(cloud.now()));
    Ok(answer)
}

/// A request's head as it arrived.
pub(crate) fn heard(parts: &Parts) -> Heard {
    Heard {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: Vec::new(),
    }
}
