//! Asks a running countersign for a credential, at the unix socket of a desk.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::plain::Handed;
use super::process;
use crate::clock::Clock;
use crate::names::RoleName;

/// A little longer than a desk waits for its cell.
const PATIENCE: Duration = Duration::from_secs(7);
/// STS's largest token has a few thousand bytes.
const BYTES_MAX: usize = 64 * 1024;

/// Why nobody handed anything over.
#[derive(Debug)]
pub enum Unasked {
    /// Nobody is there, or somebody who has no desk for this role. **Action:** fetch it oneself.
    Absent,
    /// Somebody is there, and refuses. **Action:** the sentence says what to change.
    Refused {
        /// The socket.
        socket: PathBuf,
        /// What was said, or what happened.
        why: String,
    },
}

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no countersign hands out this role's credential"),
            Self::Refused { socket, why } => write!(f, "{}: {why}", socket.display()),
        }
    }
}

impl std::error::Error for Unasked {}

/// Asks for a role's credential. `owners`: whose socket it must be; a stranger's could hand over a credential of the
/// stranger's, and so read what is done with it. `None`: whose ever it is.
pub async fn ask(
    socket: &Path,
    role: &RoleName,
    owners: Option<&[u32]>,
    clock: &dyn Clock,
) -> Result<Handed, Unasked> {
    let refused = |why: String| Unasked::Refused { socket: socket.to_owned(), why };
    let stream = match UnixStream::connect(socket).await {
        Ok(stream) => stream,
        Err(error) if is_absent(&error) => return Err(Unasked::Absent),
        Err(error) => return Err(refused(error.to_string())),
    };
    let peer = stream.peer_cred().map_err(|error| refused(error.to_string()))?;
    if owners.is_some_and(|owners| !owners.contains(&peer.uid())) {
        let uid = peer.uid();
        return Err(refused(format!(
            "user {uid} listens there, and is not believed; name the socket in the settings"
        )));
    }
    match tokio::time::timeout(PATIENCE, exchange(stream, role)).await {
        Ok(Ok((StatusCode::OK, body))) => {
            let handed = Handed::read(&body, clock.now().unix_seconds());
            handed.ok_or_else(|| refused("what was handed over is no credential, or is over".to_owned()))
        }
        Ok(Ok((StatusCode::NOT_FOUND, _))) => Err(Unasked::Absent),
        Ok(Ok((status, body))) => Err(refused(said(status, &body))),
        Ok(Err(error)) => Err(refused(error)),
        Err(_) => Err(refused("there was no answer in time".to_owned())),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

async fn exchange(stream: UnixStream, role: &RoleName) -> Result<(StatusCode, Bytes), String> {
    let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let driver = tokio::spawn(driver);
    let request = Request::get(process::path(role)).header(HOST, "localhost").body(Empty::<Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
    driver.abort();
    Ok((status, body.map_err(|error| error.to_string())?.to_bytes()))
}

/// The sentence of a denial, which is ours and holds no secret; of anything else, the status.
fn said(status: StatusCode, body: &[u8]) -> String {
    let body = serde_json::from_slice::<serde_json::Value>(body).ok();
    let message = body.as_ref().and_then(|body| body.get("Message")?.as_str());
    match message {
        Some(message) => message.chars().filter(|shown| !shown.is_control()).take(200).collect(),
        None => format!("it answered {status}"),
    }
}
