//! One call at a place that the operator named: the metadata server, a credentials URI, Vault.

use std::time::Duration;

use tokio::time::timeout;
use zeroize::Zeroizing;

use super::answer::ANSWER_BYTES_MAX;
use super::carry::{Answer, Carry, CarryError, Method, Outbound, Receiver};
use super::error::{AnswerError, FetchError};
use crate::names::Place;

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For connecting, TLS included.
    pub(super) connect: Duration,
    /// For all of it.
    pub(super) whole: Duration,
}

/// As for STS: whoever is asked over a network answers within this, or not at all.
pub(super) const LIMITS: Limits = Limits { connect: Duration::from_secs(2), whole: Duration::from_secs(5) };

/// One call.
pub(super) struct Call<'a> {
    pub(super) to: &'a Place,
    pub(super) method: Method,
    /// The target. May hold what proves the call.
    pub(super) target: &'a str,
    /// By names in lower case. May hold what proves the call.
    pub(super) headers: Vec<(&'static str, Zeroizing<String>)>,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) limits: Limits,
}

impl<'a> Call<'a> {
    /// Reads, and says nothing besides.
    pub(super) fn get(to: &'a Place, target: &'a str) -> Self {
        let (headers, body) = (Vec::new(), Zeroizing::default());
        Self { to, method: Method::Get, target, headers, body, limits: LIMITS }
    }

    /// Makes it. A redirect is no answer: it would lead the call's proof, or our trust, to somebody else.
    pub(super) async fn make(self, carry: &dyn Carry) -> Result<Answer, FetchError> {
        let to = self.to;
        no_redirect(to, self.carried(carry).await?)
    }

    /// The same for whom one redirect or another says more.
    pub(super) async fn carried(self, carry: &dyn Carry) -> Result<Answer, FetchError> {
        let Self { to, method, target, headers, body, limits } = self;
        let outbound = Outbound {
            to: Receiver::Place(to.clone()),
            method,
            path_and_query: Zeroizing::new(target.to_owned()),
            headers,
            body,
            connect_timeout: limits.connect,
            timeout: limits.whole,
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        // Whoever carries knows the limit; that it holds is not left to trust.
        let carried = timeout(limits.whole, carry.carry(outbound)).await;
        carried
            .unwrap_or(Err(CarryError::TimedOut))
            .map_err(|error| FetchError::NoAnswer(to.to_string(), error))
    }
}

/// An answer, unless it is a redirect.
pub(super) fn no_redirect(from: &Place, answer: Answer) -> Result<Answer, FetchError> {
    match answer.status {
        300..=399 => Err(FetchError::BadAnswer(from.to_string(), AnswerError::Redirect(answer.status))),
        _ => Ok(answer),
    }
}
