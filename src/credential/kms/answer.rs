//! Reads what KMS answers to `GetSecretValue`, and trusts none of it.

use std::mem::take;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::credential::answer;
use crate::credential::carry::Answer;
use crate::credential::error::{AnswerError, FetchError};
use crate::credential::grammar;
use crate::credential::refused::{Class, LOOK_UP, Meanings, QUOTA, Row, SIGNED};
use crate::names::{AccessKeyId, KmsSecretName, calendar};
use crate::secret::Secret;

/// The type of the secrets that are RAM users' AccessKeys.
const MANAGED: &str = "RAMCredentials";

/// What its refusals mean.
const MEANINGS: Meanings = Meanings { tables: &[ROWS, SIGNED, QUOTA], advice: LOOK_UP };

const CHECK: &str = "check kms_secret_name and kms_region: KMS does not take the call as it is";
const GRANT: &str = "give the role that kms_role names the right to kms:GetSecretValue of this secret, and to kms:Decrypt \
     with the key that it is encrypted with";
const UNAVAILABLE: &str = "wait; KMS is not available";
const FAULT: &str = "wait; KMS has a fault of its own";

/// Source: the error table of `GetSecretValue` in KMS's API reference, and the codes of OpenAPI that stand for the same.
const ROWS: &[Row] = &[
    (
        "Rejected.Throttling",
        Class::Throttled,
        "the quota of such calls of KMS is used up; spread them, or ask for a larger quota",
    ),
    ("ServiceUnavailable*", Class::Passing, UNAVAILABLE),
    ("InternalFailure", Class::Passing, FAULT),
    ("InternalError", Class::Passing, FAULT),
    (
        "Forbidden.ResourceNotFound",
        Class::Permanent,
        "check kms_secret_name and kms_region: KMS keeps no such secret there",
    ),
    ("Forbidden.NoPermission", Class::Permanent, GRANT),
    ("NoPermission", Class::Permanent, GRANT),
    (
        "Rejected.Unavailable",
        Class::Permanent,
        "look at the secret in KMS: it, its key or its KMS instance is disabled, expired or about to be deleted",
    ),
    ("InvalidParameter*", Class::Permanent, CHECK),
    ("MissingParameter*", Class::Permanent, CHECK),
];

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
    // Of any type: see `rotation`.
    automatic_rotation: Option<Value>,
    next_rotation_date: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretData {
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
}

/// The key in an answer, if that is the secret that was asked for, and whole.
pub(super) fn read(host: &str, secret_name: &KmsSecretName, answer: &Answer) -> Result<Kept, FetchError> {
    let bad = |error| FetchError::BadAnswer(host.to_owned(), error);
    match answer.status {
        200 => {}
        300..=399 => return Err(bad(AnswerError::Redirect(answer.status))),
        _ => return Err(FetchError::Refused(answer::refused(host, answer, &MEANINGS))),
    }
    let answered: Answered = answer::object(&answer.body).map_err(bad)?;
    let name = answer::present(answered.secret_name).map_err(bad)?;
    if name != secret_name.as_str() {
        return Err(bad(AnswerError::OtherSecret));
    }
    if answer::present(answered.secret_type).map_err(bad)? != MANAGED {
        return Err(FetchError::NotManaged(name));
    }
    let data = answered.secret_data.filter(|data| !data.is_empty()).ok_or(AnswerError::Incomplete);
    let (access_key_id, secret) = data.and_then(|data| key_in(data.as_bytes())).map_err(bad)?;
    let rotation = rotation(text(&answered.automatic_rotation), text(&answered.next_rotation_date));
    Ok(Kept { access_key_id, secret, rotation })
}

/// The key in the text that a secret is.
fn key_in(data: &[u8]) -> Result<(AccessKeyId, Secret), AnswerError> {
    let SecretData { access_key_id, access_key_secret } = answer::object(data)?;
    let mut secret = access_key_secret.filter(|text| !text.is_empty()).ok_or(AnswerError::Incomplete)?;
    let id = answer::present(access_key_id).map(grammar::id)?;
    // It is moved, not copied, to where it is wiped too.
    let secret = grammar::secret(take(&mut *secret));
    Ok((
        id.ok_or(AnswerError::Malformed("AccessKeyId"))?,
        secret.ok_or(AnswerError::Malformed("AccessKeySecret"))?,
    ))
}

fn text(value: &Option<Value>) -> Option<&str> {
    value.as_ref()?.as_str()
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
