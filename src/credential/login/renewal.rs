//! OAuth's tokens, renewed: one process at a time, and the new pair is kept before it is used.
//!
//! A refresh token is good for one use. Whoever lost the new one would have to log in again, and so would whoever used an
//! old one while another process had renewed it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Desk;
use super::session::{OAuthSession, Session};
use crate::credential::credential::Fetched;
use crate::credential::error::FetchError;
use crate::credential::oauth;

/// An access token with less left than this is renewed first, as Alibaba Cloud's SDKs do.
const RENEWED_BEFORE: i64 = 1_200;
/// How long another process is waited for, and how often it is looked whether it is done. It makes one call of 5 s.
const LOCK_PATIENCE: Duration = Duration::from_secs(8);
const LOCK_LOOKED_AT: Duration = Duration::from_millis(50);

/// The triple of a session; its tokens are renewed if they are about to end, or are not taken.
pub(super) async fn by_oauth(desk: &Arc<Desk>, session: OAuthSession) -> Result<Fetched, FetchError> {
    let is_due = session.access_ends_at - RENEWED_BEFORE <= desk.clock.now().unix_seconds();
    let (session, was_renewed) =
        if is_due { (renewed(desk, session).await?, true) } else { (session, false) };
    match exchanged(desk, &session).await {
        Err(FetchError::Refused(refused)) if refused.status == 401 && !was_renewed => {
            let session = renewed(desk, session).await?;
            exchanged(desk, &session).await
        }
        outcome => outcome,
    }
}

async fn exchanged(desk: &Desk, session: &OAuthSession) -> Result<Fetched, FetchError> {
    let place = desk.place(&session.url)?;
    oauth::exchange((&*desk.carry, &*desk.clock), &place, &session.access_token).await
}

/// The session with new tokens. On a task of its own: given up between the answer and the disk, the login would be lost.
async fn renewed(desk: &Arc<Desk>, seen: OAuthSession) -> Result<OAuthSession, FetchError> {
    let task = tokio::spawn(renew(Arc::clone(desk), seen));
    task.await.unwrap_or(Err(FetchError::Broken))
}

async fn renew(desk: Arc<Desk>, seen: OAuthSession) -> Result<OAuthSession, FetchError> {
    let _lock = timeout(LOCK_PATIENCE, lock(&desk)).await.map_err(|_| {
        let busy = "another process holds the lock of this login; end it, or wait".to_owned();
        FetchError::LoginStore(busy)
    })??;
    let session = match desk.load().await?.ok_or_else(|| desk.nobody())? {
        // Another process has renewed it, or somebody has logged in again.
        Session::OAuth(other) if other.access_token.expose() != seen.access_token.expose() => {
            return Ok(other);
        }
        Session::OAuth(session) => session,
        // Somebody has logged in otherwise, which the next fetch will see.
        other => return Err(desk.over(&other)),
    };
    let place = desk.place(&session.url)?;
    let form = [
        ("client_id", session.client_id.as_str()),
        ("grant_type", "refresh_token"),
        ("refresh_token", session.refresh_token.expose()),
    ];
    let tokens = match oauth::tokens((&*desk.carry, &*desk.clock), &place, &form).await {
        Err(FetchError::Refused(refused)) if refused.code == "invalid_grant" => {
            return Err(desk.over(&Session::OAuth(session)));
        }
        outcome => outcome?,
    };
    let renewed = OAuthSession {
        access_token: tokens.access,
        access_ends_at: tokens.access_ends_at,
        refresh_token: tokens.refresh.unwrap_or(session.refresh_token),
        ..session
    };
    let renewed = Session::OAuth(renewed);
    match desk.look(move |desk| desk.logins.save(&desk.role, &renewed).map(|()| renewed)).await? {
        Session::OAuth(session) => Ok(session),
        _ => Err(FetchError::Broken),
    }
}

async fn lock(desk: &Arc<Desk>) -> Result<Box<dyn Send>, FetchError> {
    loop {
        if let Some(lock) = desk.look(|desk| desk.logins.lock(&desk.role)).await? {
            return Ok(lock);
        }
        sleep(LOCK_LOOKED_AT).await;
    }
}
