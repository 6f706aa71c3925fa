//! Reads a triple that another than STS answers with, a metadata server, a credentials URI, Vault, CloudSSO or OAuth, and
//! trusts none of it.

use std::time::Duration;

use serde::Deserialize;

use super::answer;
use super::carry::Answer;
use super::credential::{Fetched, Proof};
use super::error::AnswerError;
use super::grammar;
use crate::clock::Now;
use crate::names::{Place, calendar};

/// No credential of STS lives longer: a role's longest session is 12 hours; and a little for the clocks. What claims to is
/// asked for again after that.
const LIFE_MAX: Duration = Duration::from_secs(12 * 3_600 + 300);

/// The four texts of one, as they stood in the answer. OAuth's names are read in camel case by four clients and in Pascal
/// case by one; the service's own are not published.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ShortLived {
    #[serde(alias = "accessKeyId")]
    pub(super) access_key_id: Option<String>,
    #[serde(alias = "accessKeySecret")]
    pub(super) access_key_secret: Option<String>,
    #[serde(alias = "securityToken")]
    pub(super) security_token: Option<String>,
    #[serde(alias = "expiration")]
    pub(super) expiration: Option<String>,
}

impl ShortLived {
    /// The credential, if it is whole and its end is still to come. One that does not tell its end is no mistake where
    /// `may_be_endless`.
    pub(super) fn fetched(
        self,
        (place, answer): (&Place, &Answer),
        asked_at: Now,
        may_be_endless: bool,
    ) -> Result<Fetched, AnswerError> {
        let Self { access_key_id, access_key_secret, security_token, expiration } = self;
        // Whatever comes of it, the texts are wiped from here on.
        let secret = answer::present(access_key_secret).map(grammar::secret);
        let token = answer::present(security_token).map(grammar::token);
        let id = answer::present(access_key_id).map(grammar::id)?;
        let (secret, token) = (secret?, token?);
        let proof = Proof::AccessKey {
            id: id.ok_or(AnswerError::Malformed("AccessKeyId"))?,
            secret: secret.ok_or(AnswerError::Malformed("AccessKeySecret"))?,
            security_token: Some(token.ok_or(AnswerError::Malformed("SecurityToken"))?),
        };
        let life = match answer::present(expiration) {
            Ok(text) => Some((asked_at, length((place, answer), &asked_at, &text)?)),
            Err(_) if may_be_endless => None,
            Err(error) => return Err(error),
        };
        Ok(Fetched { proof, life, role: None })
    }
}

/// How long a credential lives from `asked_at` that ends at `expiration`: by the clock of who answered where TLS proves who
/// that is, because ours may be wrong, and else by ours.
fn length(
    (place, answer): (&Place, &Answer),
    asked_at: &Now,
    expiration: &str,
) -> Result<Duration, AnswerError> {
    let expires_at = calendar::parse_iso_fraction(expiration).ok_or(AnswerError::BadExpiration)?;
    let date = answer.date.as_deref().filter(|_| place.is_tls());
    let server = date.and_then(|date| calendar::parse_http(date.as_bytes()));
    let left = expires_at.checked_sub(server.unwrap_or_else(|| asked_at.unix_seconds()));
    let left = left.and_then(|left| u64::try_from(left).ok()).map(Duration::from_secs);
    let left = left.filter(|left| !left.is_zero()).ok_or(AnswerError::Expired)?;
    Ok(left.min(LIFE_MAX))
}
