//! One call to a place that takes and gives JSON or a form: CloudSSO, OAuth.

use std::time::Duration;

use zeroize::Zeroizing;

use super::answer::ANSWER_BYTES_MAX;
use super::carry::{Answer, Carry, FORM, Method, Outbound, Receiver};
use super::error::{AnswerError, FetchError};
use crate::names::Place;
use crate::secret::BearerToken;

/// For connecting, and for all of a call: as for STS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Where.
    pub place: &'a Place,
    /// The target, which begins with `/`.
    pub target: &'a str,
    /// What the call is let in with.
    pub bearer: Option<&'a BearerToken>,
    /// What is sent along.
    pub body: AskBody,
}

/// What is sent along.
pub enum AskBody {
    /// Nothing: the call reads.
    Read,
    /// A POST of JSON; of nothing, where it is empty.
    Json(Zeroizing<String>),
    /// A POST of a form, encoded.
    Form(Zeroizing<String>),
}

impl std::fmt::Debug for AskBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Read => "Read",
            Self::Json(_) => "Json(…)",
            Self::Form(_) => "Form(…)",
        })
    }
}

/// Asks, and brings the answer whatever its status; a redirect is none that can be used.
///
/// # Errors
/// No answer came, or a redirect.
pub async fn ask(carry: &dyn Carry, asked: Ask<'_>) -> Result<Answer, FetchError> {
    let plain = |text: &str| Zeroizing::new(text.to_owned());
    let mut headers = vec![("accept", plain("application/json"))];
    if let Some(token) = asked.bearer {
        headers.push(("authorization", Zeroizing::new(format!("Bearer {}", token.expose()))));
    }
    let (method, kind, mut body) = match asked.body {
        AskBody::Read => (Method::Get, None, Zeroizing::default()),
        AskBody::Json(body) => (Method::Post, Some("application/json"), body),
        AskBody::Form(body) => (Method::Post, Some(FORM), body),
    };
    headers.extend(kind.map(|kind| ("content-type", plain(kind))));
    let outbound = Outbound {
        to: Receiver::Place(asked.place.clone()),
        method,
        path_and_query: plain(asked.target),
        headers,
        body: Zeroizing::new(std::mem::take(&mut *body).into_bytes()),
        connect_timeout: CONNECT_TIMEOUT,
        timeout: CALL_TIMEOUT,
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let name = || asked.place.authority();
    let answer = carry.carry(outbound).await.map_err(|error| FetchError::NoAnswer(name(), error))?;
    match answer.status {
        300..=399 => Err(FetchError::BadAnswer(name(), AnswerError::Redirect(answer.status))),
        _ => Ok(answer),
    }
}
