//! Reads what STS answers, and trusts none of it.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::carry::Answer;
use super::error::{AnswerError, FetchError};
use super::grammar;
use super::refused::{Meanings, OF_STS, Refused};
use crate::names::{AccessKeyId, RoleArn};
use crate::secret::{Secret, SecurityToken};
use crate::sign::parse_iso;

/// The longest answer that is looked at. Real ones have 1 to 3 KiB.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest code or RequestId that is kept. The longest code in the documentation has 58 characters.
const WORD_MAX: usize = 96;

/// A credential as STS granted it.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) access_key_id: AccessKeyId,
    pub(super) secret: Secret,
    pub(super) security_token: SecurityToken,
    /// Whole seconds since 1970, by the cloud's clock.
    pub(super) expires_at: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Success {
    credentials: Option<Credentials>,
    assumed_role_user: Option<AssumedRoleUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
    security_token: Option<String>,
    expiration: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    arn: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Failure {
    // Model Studio writes both in lower case.
    #[serde(alias = "code")]
    code: Option<String>,
    #[serde(alias = "request_id")]
    request_id: Option<String>,
}

/// The credential in an answer, if it is whole and one of `role`.
pub(super) fn read(host: &str, role: &RoleArn, answer: &Answer) -> Result<Granted, FetchError> {
    let bad = |error| FetchError::BadAnswer(host.to_owned(), error);
    match answer.status {
        200 => granted(role, &answer.body).map_err(bad),
        300..=399 => Err(bad(AnswerError::Redirect(answer.status))),
        _ => Err(FetchError::Refused(refused(host, answer, &OF_STS))),
    }
}

fn granted(role: &RoleArn, body: &[u8]) -> Result<Granted, AnswerError> {
    let Success { credentials, assumed_role_user } = json(body)?;
    let credentials = credentials.ok_or(AnswerError::Incomplete)?;
    let user = assumed_role_user.and_then(|user| user.arn).ok_or(AnswerError::Incomplete)?;
    let (id, secret) = (present(credentials.access_key_id)?, present(credentials.access_key_secret)?);
    let (token, expiration) = (present(credentials.security_token)?, present(credentials.expiration)?);
    // Whatever comes of it, the secret's text is wiped from here on.
    let (id, secret, token) = (grammar::id(id), grammar::secret(secret), grammar::token(token));
    if !is_session_of(role, &user) {
        return Err(AnswerError::RoleMismatch);
    }
    Ok(Granted {
        access_key_id: id.ok_or(AnswerError::Malformed("AccessKeyId"))?,
        secret: secret.ok_or(AnswerError::Malformed("AccessKeySecret"))?,
        security_token: token.ok_or(AnswerError::Malformed("SecurityToken"))?,
        expires_at: parse_iso(&expiration).ok_or(AnswerError::BadExpiration)?,
    })
}

/// A part that is there.
pub(super) fn present(text: Option<String>) -> Result<String, AnswerError> {
    text.filter(|text| !text.is_empty()).ok_or(AnswerError::Incomplete)
}

/// What an answer says, if it says that.
///
/// serde_json stops 128 levels deep, so depth cannot exhaust the stack; the length is judged before.
///
/// # Errors
/// It is no JSON, or not of this form.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, AnswerError> {
    if body.len() > ANSWER_BYTES_MAX {
        return Err(AnswerError::TooLong);
    }
    let text = std::str::from_utf8(body).map_err(|_| AnswerError::NotUtf8)?;
    serde_json::from_str(text).map_err(|_| AnswerError::NotJson)
}

/// The same of an answer that must be an object: a list would be read in the order of the parts.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, AnswerError> {
    if body.len() <= ANSWER_BYTES_MAX && !body.trim_ascii_start().starts_with(b"{") {
        return Err(std::str::from_utf8(body).map_or(AnswerError::NotUtf8, |_| AnswerError::NotJson));
    }
    json(body)
}

/// Whether `user`, `acs:ram::ACCOUNT:assumed-role/NAME/SESSION`, is a session of `role`, `acs:ram::ACCOUNT:role/NAME`.
/// RAM takes a role's name in any letter case and answers with its own spelling.
fn is_session_of(role: &RoleArn, user: &str) -> bool {
    let asked = role.as_str().split_once(":role/");
    let given = user
        .split_once(":assumed-role/")
        .and_then(|(account, rest)| Some((account, rest.split_once('/')?.0)));
    match (asked, given) {
        (Some((account, name)), Some((given_account, given_name))) => {
            account == given_account && name.eq_ignore_ascii_case(given_name)
        }
        _ => false,
    }
}

/// A refusal, explained by what its codes mean where it comes from.
pub(super) fn refused(host: &str, answer: &Answer, meanings: &Meanings) -> Refused {
    // A gateway's HTML has neither code nor id; the status decides then.
    let Failure { code, request_id } = json(&answer.body).unwrap_or_default();
    refused_with(host, answer, (code, request_id), meanings)
}

/// The same of an answer that calls code and RequestId by other names.
pub(super) fn refused_with(
    host: &str,
    answer: &Answer,
    (code, request_id): (Option<String>, Option<String>),
    meanings: &Meanings,
) -> Refused {
    let (status, code, retry_after) = (answer.status, word(code), retry_after(answer));
    let (class, advice) = meanings.of((status, &code), retry_after);
    Refused { host: host.to_owned(), status, code, request_id: word(request_id), class, advice, retry_after }
}

/// The code of an answer, if it has one.
pub(super) fn code(answer: &Answer) -> String {
    let Failure { code, .. } = object(&answer.body).unwrap_or_default();
    word(code)
}

/// Keeps what can be a code or an id, so that nothing that a stranger wrote gets into a log.
fn word(text: Option<String>) -> String {
    let fits = |text: &String| {
        text.len() <= WORD_MAX
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    text.filter(fits).unwrap_or_default()
}

/// `Retry-After` in seconds, or `x-acs-retry-after` in milliseconds; the longer of both.
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
    let seconds = number(&answer.retry_after).map(|seconds| Duration::from_secs(seconds.into()));
    let milliseconds = number(&answer.acs_retry_after).map(|millis| Duration::from_millis(millis.into()));
    seconds.max(milliseconds)
}
