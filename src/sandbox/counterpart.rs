//! What a credential comes from besides STS and KMS: each a room of its own, over plain HTTP, on an address of its own.
//!
//! The real ones are the metadata server at 100.100.100.200, portals, other people's servers: no endpoint of the table
//! leads there, so whoever embeds the sandbox says where each listens.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::Sandbox;
use super::answer::{Answer, set};
use super::cloud::Cloud;
use super::cloud_sso::CloudSso;
use super::date;
use super::error::Error;
use super::github::GitHub;
use super::heard::Heard;
use super::ledger::{Outcome, Verdict};
use super::metadata::Metadata;
use super::news::News;
use super::oauth::OAuth;
use super::oidc::Issuer;
use super::place::Place;
use super::serve;
use super::spoil;
use super::uri::CredentialsUri;
use super::vault::Vault;

/// The largest body that any of them takes. Theirs are forms and small JSON.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What faults and verdicts call them.
pub const COUNTERPARTS: [&str; 6] = ["cloudsso", "github", "metadata", "oauth", "uri", "vault"];

/// One of them, running. It stops, and closes its connections, when it is dropped.
#[derive(Debug)]
pub struct Counterpart<R> {
    address: SocketAddr,
    room: Arc<R>,
    accepting: JoinHandle<()>,
}

impl<R> Drop for Counterpart<R> {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl<R> Counterpart<R> {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path there, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The room itself, for what can be changed while it runs.
    pub fn room(&self) -> &R {
        &self.room
    }
}

/// Each of them begins to play on a listener. What it is asked is written down among [`verdicts`](Sandbox::verdicts), by the
/// product that is named here; so are its [`faults`](Sandbox::faults).
impl Sandbox {
    /// The metadata server of an ECS instance: `metadata`.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn metadata(&self, listener: TcpListener, room: Metadata) -> io::Result<Counterpart<Metadata>> {
        self.play(listener, room)
    }

    /// CloudSSO's portal, page and interface: `cloudsso`. Its sign-in URL is the counterpart's with any path.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn cloud_sso(&self, listener: TcpListener, room: CloudSso) -> io::Result<Counterpart<CloudSso>> {
        self.play(listener, room)
    }

    /// OAuth's page (`/oauth2/v1/auth`), tokens (`/v1/token`) and exchange (`/v1/exchange`): `oauth`.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn oauth(&self, listener: TcpListener, room: OAuth) -> io::Result<Counterpart<OAuth>> {
        self.play(listener, room)
    }

    /// Where a job of GitHub Actions asks for an OIDC token (`/idtoken`): `github`.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn github(&self, listener: TcpListener, room: GitHub) -> io::Result<Counterpart<GitHub>> {
        self.play(listener, room)
    }

    /// Vault and its AliCloud engine: `vault`.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn vault(&self, listener: TcpListener, room: Vault) -> io::Result<Counterpart<Vault>> {
        self.play(listener, room)
    }

    /// What hands out credentials at a URI: `uri`.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn credentials_uri(
        &self,
        listener: TcpListener,
        room: CredentialsUri,
    ) -> io::Result<Counterpart<CredentialsUri>> {
        self.play(listener, room)
    }

    fn play<R: Room>(&self, listener: TcpListener, room: R) -> io::Result<Counterpart<R>> {
        let address = listener.local_addr()?;
        let room = Arc::new(room);
        let (cloud, issuer) = (self.cloud.clone(), self.issuer.clone());
        let stage = Stage { cloud, issuer, address, room: room.clone() };
        let serving = serve::accept(listener, self.cloud.clone(), move |stream| serve(stream, stage.clone()));
        Ok(Counterpart { address, room, accepting: tokio::spawn(serving) })
    }
}

/// What one of them does with a request.
pub(crate) trait Room: fmt::Debug + Send + Sync + 'static {
    /// What faults and verdicts call it.
    const PRODUCT: &'static str;

    /// What a request asks, by its method and path.
    fn action(heard: &Heard) -> &'static str;

    /// What it is answered.
    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error>;

    /// An error in its own words.
    fn refusal(error: &Error, request_id: &str) -> Answer;
}

/// One request, and what it is answered with.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) issuer: &'a Issuer,
    pub(crate) heard: &'a Heard,
    /// `http://HOST:PORT`, as the caller reached it.
    pub(crate) origin: &'a str,
    pub(crate) request_id: &'a str,
}

struct Stage<R> {
    cloud: Arc<Cloud>,
    issuer: Arc<Issuer>,
    address: SocketAddr,
    room: Arc<R>,
}

impl<R> Clone for Stage<R> {
    fn clone(&self) -> Self {
        let Self { cloud, issuer, address, room } = self;
        Self { cloud: cloud.clone(), issuer: issuer.clone(), address: *address, room: room.clone() }
    }
}

async fn serve<R: Room>(stream: TcpStream, stage: Stage<R>) {
    let service = service_fn(|request| answer(stage.clone(), request));
    // An error here is the client's end of the connection.
    let _ = serve::http().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer<R: Room>(stage: Stage<R>, request: Request<Incoming>) -> io::Result<Answer> {
    let cloud = &*stage.cloud;
    if cloud.faults.is_dark() {
        cloud.ledger.tell(&News::HungUp);
        return Err(io::Error::other("the sandbox is dark"));
    }
    let (parts, body) = request.into_parts();
    let mut heard = serve::heard(&parts);
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(io::Error::other)?;
    heard.body = body.to_bytes().to_vec();
    if let Some(delay) = cloud.faults.delay_of(R::PRODUCT) {
        tokio::time::sleep(delay).await;
    }
    let host = heard.header("host").unwrap_or_else(|| stage.address.to_string());
    let (origin, request_id) = (format!("http://{host}"), cloud.request_id());
    let scene =
        Scene { cloud, issuer: &stage.issuer, heard: &heard, origin: &origin, request_id: &request_id };
    let action = R::action(&heard);
    let (outcome, reply) = match cloud.faults.product_failure(R::PRODUCT) {
        Some(error) => (Outcome::Failed(error.code.clone()), Err(error)),
        None => match stage.room.answer(action, &scene) {
            Ok(answer) => (Outcome::Unsigned, Ok(answer)),
            Err(error) => (Outcome::Refused(error.code.clone()), Err(error)),
        },
    };
    let mut answer = reply.unwrap_or_else(|error| refusal::<R>(&error, &request_id));
    answer = spoil::apply(cloud, R::PRODUCT, answer).await;
    set(&mut answer, "date", &date::gmt(cloud.now()));
    let place = Place::own(&host, R::PRODUCT);
    cloud.ledger.note(Verdict::new(&place, action, None, outcome, answer.status().as_u16()));
    Ok(answer)
}

fn refusal<R: Room>(error: &Error, request_id: &str) -> Answer {
    let mut answer = R::refusal(error, request_id);
    if let Some(wait) = error.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    answer
}
