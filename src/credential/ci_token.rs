//! OIDC tokens of CI platforms: GitHub's, asked for at its request URL, and others', which stand in a variable.

use std::sync::Arc;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::answer;
use super::at_place::Call;
use super::carry::Carry;
use super::claims::Claims;
use super::declined::Declined;
use super::error::{AnswerError, FetchError};
use super::token_file;
use super::variables::{Variable, Variables};
use crate::names::Place;
use crate::secret::SecurityToken;
use crate::sign::percent;
use crate::wire::Spelling;

/// Where a job's token is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CiToken {
    /// Behind GitHub's request URL.
    GitHub {
        /// Whom it is made out to. `None`: whom GitHub chooses, the owner of the repository.
        audience: Option<Box<str>>,
    },
    /// In the variable of this name.
    Variable(Box<str>),
}

/// The longest time after its end, in seconds, that a token is still sent: clocks differ, and STS has the better one.
const SLACK: i64 = 300;

/// What GitHub's variables are there for, and how they come about.
pub(super) const NO_GITHUB: &str = "oidc_token = \"github\" finds no ACTIONS_ID_TOKEN_REQUEST_URL and \
     ACTIONS_ID_TOKEN_REQUEST_TOKEN; give the job `permissions: id-token: write`, and start countersign within it";

const DECLINED: &str = "give the job `permissions: id-token: write`; its request token ends with the job";

#[derive(Deserialize)]
struct Issued {
    value: Option<Zeroizing<String>>,
}

/// Asks GitHub for a token. Another one each time: it lives for minutes.
pub(super) async fn from_github(
    audience: Option<&str>,
    variables: &Variables,
    carry: &Arc<dyn Carry>,
) -> Result<SecurityToken, FetchError> {
    let value = |variable| variables.value(variable).ok_or(FetchError::NoSource(NO_GITHUB));
    let (url, proof) = (value(Variable::GitHubRequestUrl)?, value(Variable::GitHubRequestToken)?);
    let bad = |variable: Variable| FetchError::BadVariable(variable.name());
    let (place, target) = Place::parse(url).map_err(|_| bad(Variable::GitHubRequestUrl))?;
    // It would become lines of a head.
    if !proof.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad(Variable::GitHubRequestToken));
    }
    let target = with_audience(target, audience);
    let headers = vec![
        ("accept", Zeroizing::new("application/json".to_owned())),
        ("authorization", Zeroizing::new(format!("Bearer {proof}"))),
    ];
    let answer = Call { headers, ..Call::get(&place, &target) }.make(&**carry).await?;
    if answer.status != 200 {
        return Err(FetchError::Declined(Declined::by_status(&place, &answer, DECLINED)));
    }
    let bad = |error| FetchError::BadAnswer(place.to_string(), error);
    let Issued { value } = answer::object(&answer.body).map_err(bad)?;
    let text = value.filter(|text| !text.is_empty()).ok_or_else(|| bad(AnswerError::Incomplete))?;
    token_file::token(text.as_bytes()).ok_or_else(|| bad(AnswerError::Malformed("the OIDC token")))
}

fn with_audience(target: &str, audience: Option<&str>) -> String {
    let Some(audience) = audience else { return target.to_owned() };
    let mut written = Vec::new();
    percent(&mut written, audience.as_bytes(), Spelling::Plain);
    let sign = if target.contains('?') { '&' } else { '?' };
    format!("{target}{sign}audience={}", String::from_utf8_lossy(&written))
}

/// The token in a variable, as it was at start. `now`: seconds since 1970 by the cloud's clock, as far as that is known.
pub(super) fn from_variable(
    name: &str,
    variables: &Variables,
    now: i64,
) -> Result<SecurityToken, FetchError> {
    let text = variables.named(name).ok_or_else(|| {
        FetchError::LoginRequired(format!(
            "{name} is not set, where the job's OIDC token should be; have the platform set it (GitLab: `id_tokens`)"
        ))
    })?;
    let token = token_file::token(text.trim().as_bytes()).ok_or_else(|| {
        FetchError::LoginRequired(format!(
            "{name} holds no OIDC token; have the platform set it anew (GitLab: `id_tokens`), and start countersign then"
        ))
    })?;
    match Claims::of(token.expose()).and_then(|claims| claims.exp) {
        Some(end) if end.saturating_add(SLACK) <= now => Err(over(name)),
        _ => Ok(token),
    }
}

/// That the token of a variable is over: a process never sees another one.
pub(super) fn over(name: &str) -> FetchError {
    FetchError::LoginRequired(format!(
        "the OIDC token in {name} has ended, and a process keeps the variables that it was started with; start countersign \
         again with a new one, or let the platform renew a file (oidc_token_file)"
    ))
}
