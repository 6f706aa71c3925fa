//! Model Studio's keys: the one of the SDK's own variable, and short-lived ones that are minted from a long-lived one.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::answer::{self, ANSWER_BYTES_MAX};
use super::carry::{Boxed, Carry, FORM, Method, Outbound, Receiver};
use super::credential::{Fetched, Proof};
use super::error::{AnswerError, FetchError};
use super::grammar;
use super::refused::{Class, LOOK_UP, Meanings, QUOTA, Row};
use super::source::Source;
use super::variables::{Variable, Variables};
use crate::clock::Clock;
use crate::names::{Host, calendar};
use crate::secret::ApiKey;

/// How long a minted key is to live: the longest that Model Studio grants.
const LIFE: Duration = Duration::from_secs(1_800);
/// What Model Studio may add to that and be believed.
const GRANT_SLACK: Duration = Duration::from_secs(300);
/// For connecting, and for all of a call: as for STS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The key in `DASHSCOPE_API_KEY`.
#[derive(Debug)]
pub(super) struct KeyVariable(pub(super) Arc<Variables>);

impl KeyVariable {
    fn read(&self) -> Result<Fetched, FetchError> {
        let name = Variable::DashScopeApiKey;
        let text = self.0.value(name).ok_or(FetchError::NoSource("set DASHSCOPE_API_KEY"))?;
        let key = grammar::api_key(text.to_owned()).ok_or_else(|| FetchError::BadVariable(name.name()))?;
        Ok(Fetched { proof: Proof::ApiKey(key), life: None, role: None })
    }
}

impl Source for KeyVariable {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(std::future::ready(self.read()))
    }

    fn name(&self) -> &'static str {
        "environment"
    }

    /// A process cannot see its environment change from outside.
    fn is_fixed(&self) -> bool {
        true
    }
}

/// Mints short-lived keys (`POST /api/v1/tokens`) from a key that another source has. They have all of its rights, and end
/// by themselves.
#[derive(Debug)]
pub(super) struct Minted {
    /// Where the key is, that mints.
    pub(super) from: Arc<dyn Source>,
    /// The host of that key's region. It goes nowhere else.
    pub(super) host: Host,
    pub(super) carry: Arc<dyn Carry>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What its refusals mean.
const MEANINGS: Meanings = Meanings { tables: &[ROWS, QUOTA], advice: LOOK_UP };
const ROWS: &[Row] = &[(
    "InvalidApiKey",
    Class::Permanent,
    "replace the key of Model Studio, or name the region that it belongs to",
)];

#[derive(Deserialize)]
struct Granted {
    token: Zeroizing<String>,
    expires_at: i64,
}

impl Minted {
    async fn mint(&self) -> Result<Fetched, FetchError> {
        let Proof::ApiKey(key) = self.from.fetch().await?.proof else { return Err(FetchError::Broken) };
        let asked_at = self.clock.now();
        let outbound = Outbound {
            to: Receiver::Endpoint(self.host),
            method: Method::Post,
            path_and_query: Zeroizing::new(format!("/api/v1/tokens?expire_in_seconds={}", LIFE.as_secs())),
            headers: vec![
                ("content-type", Zeroizing::new(FORM.to_owned())),
                ("authorization", Zeroizing::new(format!("Bearer {}", key.expose()))),
            ],
            body: Zeroizing::default(),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: CALL_TIMEOUT,
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        let name = || self.host.to_string();
        let answer = self.carry.carry(outbound).await.map_err(|error| FetchError::NoAnswer(name(), error))?;
        let bad = |error| FetchError::BadAnswer(name(), error);
        match answer.status {
            200 => {}
            300..=399 => return Err(bad(AnswerError::Redirect(answer.status))),
            _ => return Err(FetchError::Refused(answer::refused(self.host.as_str(), &answer, &MEANINGS))),
        }
        let Granted { token, expires_at } = answer::json(&answer.body).map_err(bad)?;
        let key: ApiKey =
            grammar::api_key((*token).clone()).ok_or_else(|| bad(AnswerError::Malformed("token")))?;
        let server = answer.date.as_deref().and_then(|date| calendar::parse_http(date.as_bytes()));
        let left = expires_at.checked_sub(server.unwrap_or_else(|| asked_at.unix_seconds()));
        let length = left.and_then(|left| u64::try_from(left).ok()).map(Duration::from_secs);
        let length = length.filter(|length| !length.is_zero()).ok_or_else(|| bad(AnswerError::Expired))?;
        let life = Some((asked_at, length.min(LIFE + GRANT_SLACK)));
        Ok(Fetched { proof: Proof::ApiKey(key), life, role: None })
    }
}

impl Source for Minted {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.mint())
    }

    fn name(&self) -> &'static str {
        "model_studio"
    }

    fn mark(&self) -> Boxed<'_, Option<u64>> {
        self.from.mark()
    }
}
