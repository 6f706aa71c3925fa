//! Reads what KMS answers to `GetSecretValue`, and trusts none of it.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::answer;
use super::carry::Answer;
use super::error::{AnswerError, FetchError};
use super::grammar;
use super::kms::KmsSecret;
use crate::names::{AccessKeyId, calendar};
use crate::secret::Secret;

/// The type of the secrets that are RAM users' AccessKeys.
const MANAGED: &str = "RAMCredentials";

/// A key that KMS keeps.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) access_key_id: AccessKeyId,
    pub(super) secret: Secret,
    pub(super) rotation: Rotation,
}

/// When KMS changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    /// At this second since 1970, by the cloud's clock.
    At(i64),
    /// When somebody asks for that, or at a time that it does not tell.
    Unknown,
    /// Not at all, although it should: something is wrong there.
    Invalid,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    secret_name: Option<String>,
    secret_type: Option<String>,
    /// JSON in a text.
    secret_data: Option<Zeroizing<String>>,
    automatic_rotation: Option<String>,
    next_rotation_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
}

/// The key in an answer, if that is the secret that was asked for, and whole.
pub(super) fn read(host: &str, secret: &KmsSecret, answer: &Answer) -> Result<Kept, FetchError> {
    let bad = |error| FetchError::BadAnswer(host.to_owned(), error);
    match answer.status {
        200 => {}
        300..=399 => return Err(bad(AnswerError::Redirect(answer.status))),
        _ => return Err(FetchError::Refused(answer::refused(host, answer))),
    }
    let answered: Answered = answer::object(&answer.body).map_err(bad)?;
    let name = answer::present(answered.secret_name).map_err(bad)?;
    if name != secret.as_str() {
        return Err(bad(AnswerError::OtherSecret));
    }
    if answer::present(answered.secret_type).map_err(bad)? != MANAGED {
        return Err(FetchError::NotManaged(name));
    }
    let data = answered.secret_data.filter(|data| !data.is_empty()).ok_or(AnswerError::Incomplete);
    let (access_key_id, secret) = data.and_then(|data| pair(data.as_bytes())).map_err(bad)?;
    let rotation = rotation(answered.automatic_rotation.as_deref(), answered.next_rotation_date.as_deref());
    Ok(Kept { access_key_id, secret, rotation })
}

fn pair(data: &[u8]) -> Result<(AccessKeyId, Secret), AnswerError> {
    let Pair { access_key_id, access_key_secret } = answer::object(data)?;
    // Whatever comes of it, the secret's text is wiped from here on.
    let secret = answer::present(access_key_secret).map(grammar::secret);
    let id = answer::present(access_key_id).map(grammar::id)?;
    let secret = secret?;
    Ok((
        id.ok_or(AnswerError::Malformed("AccessKeyId"))?,
        secret.ok_or(AnswerError::Malformed("AccessKeySecret"))?,
    ))
}

/// A key is good whatever is said of the next one: what cannot be read is as good as not told.
fn rotation(automatic: Option<&str>, next: Option<&str>) -> Rotation {
    match automatic {
        Some("Enabled") => {
            next.and_then(calendar::parse_iso_fraction).map_or(Rotation::Unknown, Rotation::At)
        }
        Some("Invalid") => Rotation::Invalid,
        _ => Rotation::Unknown,
    }
}
