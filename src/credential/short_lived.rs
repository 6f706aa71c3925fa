//! Reads a triple that another than STS answers with, and trusts none of it.

use std::time::Duration;

use super::carry::Answer;
use super::credential::{Fetched, Proof};
use super::error::AnswerError;
use super::grammar;
use crate::clock::Now;
use crate::names::calendar;

/// The four texts of one, as they stood in the answer.
#[derive(Default)]
pub(super) struct ShortLived {
    pub(super) access_key_id: Option<String>,
    pub(super) access_key_secret: Option<String>,
    pub(super) security_token: Option<String>,
    pub(super) expiration: Option<String>,
}

/// The credential, if it is whole and its end is still to come, by the answer's own clock where it tells that.
pub(super) fn fetched(given: ShortLived, answer: &Answer, asked_at: Now) -> Result<Fetched, AnswerError> {
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    // Whatever comes of it, the texts are wiped from here on.
    let secret = present(given.access_key_secret).map(grammar::secret).ok_or(AnswerError::Incomplete);
    let token = present(given.security_token).map(grammar::token).ok_or(AnswerError::Incomplete);
    let id = present(given.access_key_id).map(grammar::id).ok_or(AnswerError::Incomplete)?;
    let expiration = present(given.expiration).ok_or(AnswerError::Incomplete)?;
    let (secret, token) = (secret?, token?);
    let expires_at = calendar::parse_iso(&expiration).ok_or(AnswerError::BadExpiration)?;
    let server = answer.date.as_deref().and_then(|date| calendar::parse_http(date.as_bytes()));
    let left = expires_at.checked_sub(server.unwrap_or_else(|| asked_at.unix_seconds()));
    let length = left.and_then(|left| u64::try_from(left).ok()).filter(|left| *left > 0);
    let length = Duration::from_secs(length.ok_or(AnswerError::Expired)?);
    Ok(Fetched {
        proof: Proof::AccessKey {
            id: id.ok_or(AnswerError::Malformed("AccessKeyId"))?,
            secret: secret.ok_or(AnswerError::Malformed("AccessKeySecret"))?,
            security_token: Some(token.ok_or(AnswerError::Malformed("SecurityToken"))?),
        },
        life: Some((asked_at, length)),
        role: None,
    })
}
