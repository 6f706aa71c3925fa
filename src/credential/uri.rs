//! Asks a credentials URI: whoever answers there (a sidecar, an agent, a broker) hands out a credential as one flat object.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::at_place::Call;
use super::carry::{Boxed, Carry};
use super::credential::Fetched;
use super::declined::Declined;
use super::error::FetchError;
use super::flat_answer::{self, Advice};
use super::source::{AGAIN_AFTER, Source};
use crate::clock::Clock;
use crate::names::{BadUrl, Place};

const DECLINED: &str = "check the path of the credentials URI, and what its server lets this machine have";
const NO_SUCCESS: &str = "look into the log of the credentials URI's server";

/// What is asked. Its target may hold a secret, which is never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CredentialsUri {
    place: Place,
    target: Box<str>,
}

impl CredentialsUri {
    /// Takes a URL as the SDKs' variable has it.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        Place::parse(url).map(|(place, target)| Self { place, target: target.into() })
    }

    /// Whom it leads to.
    pub const fn place(&self) -> &Place {
        &self.place
    }
}

impl fmt::Debug for CredentialsUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialsUri({})", self.place)
    }
}

/// The source.
#[derive(Debug)]
pub(super) struct Uri {
    pub(super) uri: CredentialsUri,
    pub(super) carry: Arc<dyn Carry>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Uri {
    async fn ask(&self) -> Result<Fetched, FetchError> {
        let CredentialsUri { place, target } = &self.uri;
        let asked_at = self.clock.now();
        let answer = Call::get(place, target).make(&*self.carry).await?;
        // Of the SDKs some take every 2xx: a credential that comes with another status is one that somebody logs as an error.
        match answer.status {
            200 => flat_answer::read(place, &answer, asked_at, (Advice(NO_SUCCESS), true)),
            _ => Err(FetchError::Declined(Declined::by_status(place, &answer, DECLINED).coded(&answer))),
        }
    }
}

impl Source for Uri {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.ask())
    }

    fn name(&self) -> &'static str {
        "uri"
    }

    fn again_after(&self) -> Option<Duration> {
        Some(AGAIN_AFTER)
    }
}
