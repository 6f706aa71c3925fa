//! Reads what the AliCloud engine answers, and trusts none of it.

use std::mem;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::clock::Now;
use crate::credential::answer;
use crate::credential::carry::Answer;
use crate::credential::credential::Fetched;
use crate::credential::error::AnswerError;
use crate::credential::short_lived::ShortLived;
use crate::names::Place;

/// What an answer with status 200 is.
pub(super) enum Lease {
    /// A session of a RAM role.
    Session(Fetched),
    /// A RAM user's AccessKey.
    User,
    /// Something for another to open.
    Wrapped,
}

#[derive(Deserialize)]
struct Leased {
    lease_duration: Option<u32>,
    data: Option<Data>,
    wrap_info: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Data {
    access_key: Option<String>,
    secret_key: Option<Zeroizing<String>>,
    security_token: Option<String>,
    expiration: Option<String>,
}

/// What an answer is. A session ends when STS says so, or with its lease where that is shorter: the engine makes both
/// equal, and whoever runs Vault may have limited the lease.
pub(super) fn read((place, answer): (&Place, &Answer), asked_at: Now) -> Result<Lease, AnswerError> {
    let Leased { lease_duration, data, wrap_info } = answer::object(&answer.body)?;
    if wrap_info.is_some() {
        return Ok(Lease::Wrapped);
    }
    let Data { access_key, secret_key, security_token, expiration } = data.ok_or(AnswerError::Incomplete)?;
    // Nothing and an empty text say the same.
    let is_there = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    let is_pair = is_there(access_key.as_deref()) && is_there(secret_key.as_ref().map(|text| text.as_str()));
    if is_pair && !is_there(security_token.as_deref()) && !is_there(expiration.as_deref()) {
        return Ok(Lease::User);
    }
    let access_key_secret = secret_key.map(|mut text| mem::take(&mut *text));
    let given = ShortLived { access_key_id: access_key, access_key_secret, security_token, expiration };
    let mut fetched = given.fetched((place, answer), asked_at, false)?;
    let lease =
        lease_duration.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds.into()));
    if let (Some((_, life)), Some(lease)) = (&mut fetched.life, lease) {
        *life = lease.min(*life);
    }
    Ok(Lease::Session(fetched))
}
