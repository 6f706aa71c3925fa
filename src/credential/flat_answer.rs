//! Reads a credential as the metadata server and a credentials URI write it, one flat object.

use serde::Deserialize;

use super::answer;
use super::carry::Answer;
use super::credential::Fetched;
use super::declined::Declined;
use super::error::FetchError;
use super::short_lived::ShortLived;
use crate::clock::Now;
use crate::names::Place;

#[derive(Deserialize)]
struct Flat {
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(flatten)]
    given: ShortLived,
}

/// What to do about a `Code` that is not `Success`.
pub(super) struct Advice(pub(super) &'static str);

/// The credential in an answer with status 200. One without an expiration is no mistake where `may_be_endless`.
pub(super) fn read(
    place: &Place,
    answer: &Answer,
    asked_at: Now,
    (Advice(advice), may_be_endless): (Advice, bool),
) -> Result<Fetched, FetchError> {
    let bad = |error| FetchError::BadAnswer(place.to_string(), error);
    let Flat { code, given } = answer::object(&answer.body).map_err(bad)?;
    if code.is_some_and(|code| code != "Success") {
        return Err(FetchError::Declined(Declined::for_good(place, answer, advice).coded(answer)));
    }
    given.fetched((place, answer), asked_at, may_be_endless).map_err(bad)
}
