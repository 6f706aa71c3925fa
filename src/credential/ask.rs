//! One call to a place that takes and gives JSON or a form: CloudSSO, OAuth.

use zeroize::Zeroizing;

use super::at_place::{Call, LIMITS};
use super::carry::{Answer, Carry, FORM, Method};
use super::error::FetchError;
use crate::names::Place;
use crate::secret::BearerToken;

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
    let body = Zeroizing::new(std::mem::take(&mut *body).into_bytes());
    let (to, target) = (asked.place, asked.target);
    Call { to, method, target, headers, body, limits: LIMITS }.make(carry).await
}
