//! What the aliyun CLI keeps of a human's login, by CloudSSO or OAuth: a triple, and an access token that brings another
//! while it lives. The refresh token is not even read: it rotates, and whoever uses it logs the CLI out.

use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::error::ProfileFault;
use crate::clock::Now;
use crate::credential::answer;
use crate::credential::at_place::{Call, LIMITS};
use crate::credential::carry::{Answer, Carry, Method};
use crate::credential::credential::Fetched;
use crate::credential::declined::Declined;
use crate::credential::error::{AnswerError, FetchError};
use crate::credential::flat_answer;
use crate::credential::grammar;
use crate::names::Place;
use crate::secret::SecurityToken;

/// A triple with less left than this, in seconds, is replaced where it can be: what is asked for next must be there in time.
const LEFT_MIN: u64 = 300;

const DECLINED: &str = "check what the login may do, and its site";

/// What a login left.
#[derive(Debug)]
pub(in crate::credential) struct Session {
    /// The triple, and when it ends, in seconds since 1970.
    pub(super) triple: Option<(Fetched, u64)>,
    /// The access token, and when it ends by the file's word.
    pub(super) token: Option<(SecurityToken, Option<u64>)>,
    pub(super) place: Place,
    pub(super) kind: Kind,
}

/// By what the login was.
#[derive(Debug)]
pub(in crate::credential) enum Kind {
    /// An account and an access configuration of CloudSSO.
    CloudSso(String, String),
    /// OAuth.
    OAuth,
}

/// The place of OAuth's token end.
pub(super) fn oauth_place(site: &str) -> Result<Place, ProfileFault> {
    let url = match () {
        () if site.eq_ignore_ascii_case("CN") => "https://oauth.aliyun.com",
        () if site.eq_ignore_ascii_case("INTL") => "https://oauth.alibabacloud.com",
        () => return Err(ProfileFault::Malformed("oauth_site_type")),
    };
    Place::parse(url).map(|(place, _)| place).map_err(|_| ProfileFault::Malformed("oauth_site_type"))
}

/// An access token out of the file.
pub(super) fn token(
    text: Option<&str>,
    ends_at: Option<i64>,
    name: &'static str,
) -> Result<Option<(SecurityToken, Option<u64>)>, ProfileFault> {
    let Some(text) = text else { return Ok(None) };
    let token = grammar::token(text.to_owned()).ok_or(ProfileFault::Malformed(name))?;
    Ok(Some((token, seconds(ends_at))))
}

/// A time in the file. The CLI writes 0 where it knows none.
pub(super) fn seconds(time: Option<i64>) -> Option<u64> {
    time.and_then(|time| u64::try_from(time).ok()).filter(|time| *time > 0)
}

/// The names as CloudSSO and some clients of OAuth have them, and as the others do.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Given {
    #[serde(alias = "accessKeyId")]
    access_key_id: Option<String>,
    #[serde(alias = "accessKeySecret")]
    access_key_secret: Option<String>,
    #[serde(alias = "securityToken")]
    security_token: Option<String>,
    #[serde(alias = "expiration")]
    expiration: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct OfCloudSso {
    cloud_credential: Given,
}

impl Session {
    /// The credential. `None`: the login is over.
    pub(super) async fn fetch(self, carry: &dyn Carry, now: Now) -> Result<Option<Fetched>, FetchError> {
        let Self { triple, token, place, kind } = self;
        let left = |ends_at: u64| ends_at.saturating_sub(now.wall.as_secs());
        let token = token.filter(|(_, ends_at)| ends_at.is_none_or(|ends_at| left(ends_at) > 0));
        let least = if token.is_some() { LEFT_MIN } else { 0 };
        if let Some((mut pair, ends_at)) = triple.filter(|(_, ends_at)| left(*ends_at) > least) {
            pair.life = Some((now, std::time::Duration::from_secs(left(ends_at))));
            return Ok(Some(pair));
        }
        let Some((token, _)) = token else { return Ok(None) };
        let (target, body) = match &kind {
            Kind::CloudSso(account, configuration) => (
                "/cloud-credentials",
                json!({"AccountId": account, "AccessConfigurationId": configuration}).to_string(),
            ),
            Kind::OAuth => ("/v1/exchange", String::new()),
        };
        let plain = |text: &str| Zeroizing::new(text.to_owned());
        let headers = vec![
            ("accept", plain("application/json")),
            ("authorization", Zeroizing::new(format!("Bearer {}", token.expose()))),
            ("content-type", plain("application/json")),
        ];
        let body = Zeroizing::new(body.into_bytes());
        let call = Call { to: &place, method: Method::Post, target, headers, body, limits: LIMITS };
        let answer = call.make(carry).await?;
        match answer.status {
            200 => granted(&place, &answer, now, &kind)
                .map(Some)
                .map_err(|error| FetchError::BadAnswer(place.to_string(), error)),
            // The token is not taken any more, whatever the file says of its end.
            401 | 403 => Ok(None),
            _ => Err(FetchError::Declined(Declined::by_status(&place, &answer, DECLINED))),
        }
    }
}

fn granted(place: &Place, answer: &Answer, asked_at: Now, kind: &Kind) -> Result<Fetched, AnswerError> {
    let given = match kind {
        Kind::CloudSso(..) => answer::object::<OfCloudSso>(&answer.body)?.cloud_credential,
        Kind::OAuth => answer::object::<Given>(&answer.body)?,
    };
    let (id, secret) = (answer::present(given.access_key_id)?, answer::present(given.access_key_secret)?);
    let (token, expiration) = (answer::present(given.security_token)?, answer::present(given.expiration)?);
    // Whatever comes of it, the secret's text is wiped from here on.
    let (id, secret, token) = (grammar::id(id), grammar::secret(secret), grammar::token(token));
    let length = flat_answer::length(place, answer, &asked_at, &expiration)?;
    let mut pair = Fetched::pair(
        id.ok_or(AnswerError::Malformed("AccessKeyId"))?,
        secret.ok_or(AnswerError::Malformed("AccessKeySecret"))?,
        Some(token.ok_or(AnswerError::Malformed("SecurityToken"))?),
    );
    pair.life = Some((asked_at, length));
    Ok(pair)
}
