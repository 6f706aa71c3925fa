//! CloudSSO's device flow: a code that a human confirms in whatever browser, and the wait for that (RFC 8628, with PKCE).

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::pkce::Pkce;
use super::portal::Portal;
use crate::credential::{Answer, AnswerError, Class, FetchError, answer_json, cloud_sso_refusal};
use crate::names::Place;
use crate::secret::BearerToken;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What RFC 8628 says where the answer does not.
const INTERVAL: u64 = 5;
/// What RFC 8628 has a client add when it is told to slow down.
const SLOWER_BY: Duration = Duration::from_secs(5);
/// What an answer may ask for and be believed.
const INTERVAL_MAX: u64 = 60;
const LIFE_MAX: u64 = 3_600;
/// The longest life of an access token that is believed. CloudSSO's last for up to a day.
const SESSION_MAX: i64 = 31 * 24 * 3_600;

/// A code that waits to be confirmed.
pub struct Device {
    code: Zeroizing<String>,
    /// What the human compares.
    pub user_code: String,
    /// Where the human goes. Of the web, so that opening it does nothing else.
    pub url: String,
    interval: Duration,
    life: Duration,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.url)
    }
}

/// How a wait ended.
#[derive(Debug)]
pub enum Waited {
    /// The human has logged in, until this moment by our wall clock, in seconds since 1970.
    LoggedIn(BearerToken, i64),
    /// The human has said no.
    Denied,
    /// The code's time is up.
    TooLate,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Authorized {
    device_code: Option<Zeroizing<String>>,
    user_code: Option<String>,
    verification_uri: Option<String>,
    verification_uri_complete: Option<String>,
    expires_in: Option<u64>,
    interval: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Granted {
    access_token: Option<String>,
    expires_in: Option<i64>,
}

impl Device {
    /// Reads the answer of a portal.
    pub(super) fn read(body: &[u8], portal: &Place) -> Result<Self, AnswerError> {
        let given: Authorized = answer_json(body)?;
        let url = given.verification_uri_complete.filter(|url| !url.is_empty()).or(given.verification_uri);
        let url = url.ok_or(AnswerError::Incomplete)?;
        let (place, _) = Place::parse(&url).map_err(|_| AnswerError::Malformed("VerificationUri"))?;
        if portal.is_tls() && !place.is_tls() {
            return Err(AnswerError::Malformed("VerificationUri"));
        }
        Ok(Self {
            code: given.device_code.filter(|code| !code.is_empty()).ok_or(AnswerError::Incomplete)?,
            user_code: given.user_code.unwrap_or_default(),
            url,
            interval: Duration::from_secs(given.interval.unwrap_or(INTERVAL).clamp(1, INTERVAL_MAX)),
            life: Duration::from_secs(given.expires_in.unwrap_or(LIFE_MAX).min(LIFE_MAX)),
        })
    }

    /// Asks as often as it may until the human has decided: `POST /token`. `waiting` hears, before each time, how long the
    /// code is still good for.
    ///
    /// # Errors
    /// The portal refuses, or what it gives cannot be used. A fault of the network or of the portal is waited out.
    pub async fn wait(
        &self,
        portal: &Portal<'_>,
        pkce: &Pkce,
        mut waiting: impl FnMut(Duration),
    ) -> Result<Waited, FetchError> {
        let until = Instant::now() + self.life;
        let mut interval = self.interval;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Waited::TooLate);
            }
            waiting(left);
            sleep(interval.min(left)).await;
            let asked_at = portal.clock.now().unix_seconds();
            let answer = match self.poll(portal, pkce).await {
                Ok(answer) if answer.status == 200 => return granted(portal, &answer, asked_at),
                Ok(answer) => answer,
                Err(FetchError::NoAnswer(..)) => continue,
                Err(error) => return Err(error),
            };
            let refused = cloud_sso_refusal(&portal.name(), &answer);
            match refused.code.as_str() {
                "AuthorizationPending" | "authorization_pending" => {}
                "SlowDown" | "slow_down" => interval += SLOWER_BY,
                "AccessDenied" | "access_denied" => return Ok(Waited::Denied),
                "InvalidDeviceCodeError" | "ExpiredToken" | "expired_token" => return Ok(Waited::TooLate),
                _ if refused.class == Class::Throttled => interval += SLOWER_BY,
                _ if refused.class == Class::Passing => {}
                _ => return Err(FetchError::Refused(refused)),
            }
        }
    }

    async fn poll(&self, portal: &Portal<'_>, pkce: &Pkce) -> Result<Answer, FetchError> {
        let body = json!({
            "ClientId": portal.client_id,
            "CodeVerifier": pkce.verifier(),
            "DeviceCode": *self.code,
            "GrantType": GRANT_TYPE,
        });
        portal.post("/token", Zeroizing::new(body.to_string())).await
    }
}

fn granted(portal: &Portal<'_>, answer: &Answer, asked_at: i64) -> Result<Waited, FetchError> {
    let Granted { access_token, expires_in } =
        answer_json(&answer.body).map_err(|error| portal.bad(error))?;
    let token = access_token.ok_or_else(|| portal.bad(AnswerError::Incomplete))?;
    let token = BearerToken::new(token).map_err(|_| portal.bad(AnswerError::Malformed("AccessToken")))?;
    let life = expires_in.filter(|life| *life > 0);
    let life = life.ok_or_else(|| portal.bad(AnswerError::BadExpiration))?;
    Ok(Waited::LoggedIn(token, asked_at.saturating_add(life.min(SESSION_MAX))))
}
