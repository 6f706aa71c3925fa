//! Reads a credential as the metadata server and a credentials URI write it, one flat object, and trusts none of it.

use std::time::Duration;

use serde::Deserialize;

use super::answer;
use super::carry::Answer;
use super::credential::{Fetched, Proof};
use super::declined::Declined;
use super::error::{AnswerError, FetchError};
use super::grammar;
use crate::clock::Now;
use crate::names::{Place, calendar};

/// No credential of STS lives longer: a role's longest session is 12 hours; and a little for the clocks. What claims to is
/// asked for again after that.
const LIFE_MAX: Duration = Duration::from_secs(12 * 3_600 + 300);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Flat {
    code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
    security_token: Option<String>,
    expiration: Option<String>,
}

/// What to do about a `Code` that is not `Success`.
pub(super) struct Advice(pub(super) &'static str);

/// The credential in an answer with status 200. One without an expiration is no mistake where `may_be_endless`.
pub(super) fn read(
    place: &Place,
    answer: &Answer,
    asked_at: Now,
    (Advice(advice), may_be_endless): (Advice, bool),
) -> Result<Fetched, FetchError> {
    let bad = |error| FetchError::BadAnswer(place.to_string(), error);
    let Flat { code, access_key_id, access_key_secret, security_token, expiration } =
        answer::object(&answer.body).map_err(bad)?;
    if code.is_some_and(|code| code != "Success") {
        return Err(FetchError::Declined(Declined::for_good(place, answer, advice)));
    }
    let present = |text| answer::present(text).map_err(bad);
    let (id, secret) = (present(access_key_id)?, present(access_key_secret)?);
    let token = present(security_token)?;
    // Whatever comes of it, the secret's text is wiped from here on.
    let (id, secret, token) = (grammar::id(id), grammar::secret(secret), grammar::token(token));
    let malformed = |part| move || bad(AnswerError::Malformed(part));
    let proof = Proof::AccessKey {
        id: id.ok_or_else(malformed("AccessKeyId"))?,
        secret: secret.ok_or_else(malformed("AccessKeySecret"))?,
        security_token: Some(token.ok_or_else(malformed("SecurityToken"))?),
    };
    let life = match expiration.filter(|text| !text.is_empty()) {
        Some(text) => Some((asked_at, length(place, answer, &asked_at, &text).map_err(bad)?)),
        None if may_be_endless => None,
        None => return Err(bad(AnswerError::Incomplete)),
    };
    Ok(Fetched { proof, life, role: None })
}

/// How long a credential lives from `asked_at` that ends at `expiration`: by the clock of who answered where TLS proves who
/// that is, because ours may be wrong, and else by ours.
pub(super) fn length(
    place: &Place,
    answer: &Answer,
    asked_at: &Now,
    expiration: &str,
) -> Result<Duration, AnswerError> {
    let expires_at = calendar::parse_iso_fraction(expiration).ok_or(AnswerError::BadExpiration)?;
    let date = answer.date.as_deref().filter(|_| place.is_tls());
    let server = date.and_then(|date| calendar::parse_http(date.as_bytes()));
    let now = server.unwrap_or_else(|| i64::try_from(asked_at.wall.as_secs()).unwrap_or(i64::MAX));
    let left = expires_at.checked_sub(now).and_then(|left| u64::try_from(left).ok());
    let left = left.map(Duration::from_secs).filter(|left| !left.is_zero());
    left.map(|left| left.min(LIFE_MAX)).ok_or(AnswerError::Expired)
}
