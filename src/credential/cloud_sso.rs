//! CloudSSO's credentials: an access token that a human has logged in for, exchanged for an account's triple.

use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::answer;
use super::ask::{Ask, AskBody, ask};
use super::carry::{Answer, Carry};
use super::credential::Fetched;
use super::error::FetchError;
use super::refused::{Meanings, Refused};
use super::short_lived::ShortLived;
use crate::clock::Clock;
use crate::names::Place;
use crate::secret::BearerToken;

/// What to do about a refusal that is not that a login is over.
const MEANINGS: Meanings = Meanings::of_a_login(
    "check that CloudSSO assigns this account and access configuration to you, or log in for others",
);

/// What of an account is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The account's number.
    pub account: String,
    /// The access configuration's id.
    pub access_configuration: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Granted {
    cloud_credential: ShortLived,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Failure {
    error_code: Option<String>,
    request_id: Option<String>,
}

/// The triple of an assignment: `POST /cloud-credentials`.
///
/// # Errors
/// [`FetchError::Refused`], of which [`is_over`] tells whether the token is not taken any more.
pub(super) async fn credentials(
    (carry, clock): (&dyn Carry, &dyn Clock),
    place: &Place,
    token: &BearerToken,
    wanted: &Assignment,
) -> Result<Fetched, FetchError> {
    let asked_at = clock.now();
    let body = json!({"AccountId": wanted.account, "AccessConfigurationId": wanted.access_configuration})
        .to_string();
    let body = AskBody::Json(Zeroizing::new(body));
    let answer = ask(carry, Ask { place, target: "/cloud-credentials", bearer: Some(token), body }).await?;
    let name = place.authority();
    if answer.status != 200 {
        return Err(FetchError::Refused(refusal(&name, &answer)));
    }
    let bad = |error| FetchError::BadAnswer(name.clone(), error);
    let Granted { cloud_credential } = answer::object(&answer.body).map_err(bad)?;
    cloud_credential.fetched((place, &answer), asked_at, false).map_err(bad)
}

/// Whether a refusal says that the login is over. That a configuration is not assigned is said with 403 too, and no login
/// mends it.
pub(super) fn is_over(refused: &Refused) -> bool {
    refused.status == 401 || refused.status == 403 && refused.code != "NoPermission"
}

/// What CloudSSO says when it refuses.
pub fn refusal(host: &str, answer: &Answer) -> Refused {
    let Failure { error_code, request_id } = answer::json(&answer.body).unwrap_or_default();
    answer::refused_with(host, answer, (error_code, request_id), &MEANINGS)
}
