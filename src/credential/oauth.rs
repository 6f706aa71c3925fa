//! Alibaba Cloud's OAuth: tokens for a code or for the token before, and a triple for an access token.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::answer;
use super::ask::{Ask, AskBody, ask};
use super::carry::{Answer, Carry};
use super::credential::Fetched;
use super::error::{AnswerError, FetchError};
use super::refused::Meanings;
use super::short_lived::ShortLived;
use crate::clock::Clock;
use crate::names::Place;
use crate::secret::BearerToken;
use crate::sign::percent;
use crate::wire::Spelling;

/// The longest life of an access token that is believed. Real ones live for three hours.
const LIFE_MAX: i64 = 366 * 24 * 3_600;

/// What to do about a refusal that is not that a login is over.
const MEANINGS: Meanings =
    Meanings::of_a_login("check that the OAuth application may be used in this account, or log in again");

/// What an exchange for tokens brings.
#[derive(Debug)]
pub struct Tokens {
    /// What calls are let in with.
    pub access: BearerToken,
    /// By our wall clock, in seconds since 1970.
    pub access_ends_at: i64,
    /// What the next exchange is made with; only the last one that was given out is taken. `None`: none was given.
    pub refresh: Option<BearerToken>,
}

#[derive(Deserialize)]
struct Given {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    error: Option<String>,
    #[serde(rename = "requestId")]
    request_id: Option<String>,
}

/// Asks for tokens: `POST /v1/token`. `form` is what of it differs by the kind of grant.
///
/// # Errors
/// [`FetchError::Refused`] with the code `invalid_grant` where a code or token is not taken any more.
pub async fn tokens(
    (carry, clock): (&dyn Carry, &dyn Clock),
    place: &Place,
    form: &[(&str, &str)],
) -> Result<Tokens, FetchError> {
    let asked_at = clock.now().unix_seconds();
    let body = AskBody::Form(encoded(form));
    let answer = ask(carry, Ask { place, target: "/v1/token", bearer: None, body }).await?;
    check(place, &answer)?;
    let bad = |error| FetchError::BadAnswer(place.authority(), error);
    let Given { access_token, refresh_token, expires_in } = answer::json(&answer.body).map_err(bad)?;
    let refresh = refresh_token.filter(|text| !text.is_empty()).map(BearerToken::new);
    let access = access_token.map(BearerToken::new).ok_or_else(|| bad(AnswerError::Incomplete))?;
    let life = expires_in.filter(|life| *life > 0).ok_or_else(|| bad(AnswerError::BadExpiration))?;
    Ok(Tokens {
        access: access.map_err(|_| bad(AnswerError::Malformed("access_token")))?,
        access_ends_at: asked_at.saturating_add(life.min(LIFE_MAX)),
        refresh: refresh.transpose().map_err(|_| bad(AnswerError::Malformed("refresh_token")))?,
    })
}

/// The triple that an access token stands for: `POST /v1/exchange`.
///
/// # Errors
/// [`FetchError::Refused`] with 401 where the token is not taken any more.
pub(super) async fn exchange(
    (carry, clock): (&dyn Carry, &dyn Clock),
    place: &Place,
    token: &BearerToken,
) -> Result<Fetched, FetchError> {
    let asked_at = clock.now();
    let body = AskBody::Json(Zeroizing::default());
    let answer = ask(carry, Ask { place, target: "/v1/exchange", bearer: Some(token), body }).await?;
    check(place, &answer)?;
    let bad = |error| FetchError::BadAnswer(place.authority(), error);
    let given: ShortLived = answer::object(&answer.body).map_err(bad)?;
    given.fetched((place, &answer), asked_at, false).map_err(bad)
}

fn check(place: &Place, answer: &Answer) -> Result<(), FetchError> {
    if answer.status == 200 {
        return Ok(());
    }
    let Failure { error, request_id } = answer::json(&answer.body).unwrap_or_default();
    let refused = answer::refused_with(&place.authority(), answer, (error, request_id), &MEANINGS);
    Err(FetchError::Refused(refused))
}

/// `name=value`, joined with `&`.
pub fn encoded(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    let mut text = Vec::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push(b'&');
        }
        percent(&mut text, name.as_bytes(), Spelling::Plain);
        text.push(b'=');
        percent(&mut text, value.as_bytes(), Spelling::Plain);
    }
    // Percent-encoding leaves ASCII.
    Zeroizing::new(String::from_utf8(text).unwrap_or_default())
}
