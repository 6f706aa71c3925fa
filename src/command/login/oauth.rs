//! A login by OAuth: the browser comes back to a port of this machine with a code, which is redeemed for tokens.

use std::time::Duration;

use tokio::time::timeout;

use super::super::Exit;
use super::super::offline::Failed;
use super::terminal::Progress;
use super::{Desk, browser};
use crate::credential::Session;
use crate::login::{Authorization, Loopback, PORTS, Site, SiteName, redeem};

/// How long a human may take. The listener is open for no longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Logs in, and has `keep` keep the session before the browser is told that all is well.
pub(super) async fn log_in(
    desk: &Desk<'_>,
    name: SiteName,
    keep: &dyn Fn(&Session) -> Result<(), Failed>,
) -> Result<Session, Failed> {
    let failed = |error: &dyn std::fmt::Display| (Exit::Failed, error.to_string());
    let site = site(desk, name);
    let loopback = Loopback::bind(PORTS).await.map_err(|error| {
        let ports = format!("{} to {}", PORTS.start(), PORTS.end());
        (
            Exit::Unavailable,
            format!("none of the ports {ports} of 127.0.0.1 is free: {error}; free one of them"),
        )
    })?;
    let authorization = Authorization::new(&site, loopback.port()).map_err(|error| failed(&error))?;
    browser::show(&authorization.url, desk.opens_browser);
    let mut progress = Progress::new();
    progress.waiting(PATIENCE);
    let callback = timeout(PATIENCE, loopback.callback(authorization.state.clone())).await;
    progress.end();
    let callback = callback.map_err(|_| failed(&"no browser came back in time; log in again"))?;
    let redeemed = match &callback.code {
        Some(code) => {
            let with = (&*desk.surroundings.carry, &*desk.surroundings.clock);
            redeem(with, &site, &authorization, code).await.map_err(|error| failed(&error))
        }
        None => Err(failed(&"the login was refused in the browser")),
    };
    let outcome = redeemed.map(Session::OAuth).and_then(|session| keep(&session).map(|()| session));
    callback.finish(outcome.is_ok()).await;
    outcome
}

/// The site, as far as the settings do not say otherwise.
fn site(desk: &Desk<'_>, name: SiteName) -> Site {
    let login = &desk.settings.login;
    let mut site = Site::new(name);
    let set = |place: &mut String, setting: &Option<String>| {
        if let Some(setting) = setting {
            place.clone_from(setting);
        }
    };
    set(&mut site.client_id, &login.oauth_client_id);
    set(&mut site.sign_in_url, &login.oauth_sign_in_url);
    set(&mut site.url, &login.oauth_url);
    site
}
