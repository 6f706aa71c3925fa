//! The default chain: where a credential is looked for when the settings name no source. The first place that has one
//! answers, and if that one fails, its failure is the answer: nobody wants to be somebody else because a file is broken.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::carry::Boxed;
use super::claims::OidcToken;
use super::credential::Fetched;
use super::error::FetchError;
use super::source::Source;

/// One place in the chain, as a report tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is called: `environment triple`, `oidc`, `cli`.
    pub name: &'static str,
    /// Whether it answers.
    pub standing: Standing,
}

/// Whether a place in the chain answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the one that is asked.
    Answers,
    /// It has something, and one before it answers.
    Behind,
    /// It has nothing; why.
    Absent(String),
}

/// A place in the chain, as it was resolved.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: &'static str,
    /// Whom to ask whether something is there now; nobody where the environment says so. Or why nothing is.
    pub(super) source: Result<Option<Arc<dyn Source>>, String>,
}

/// Looks at every place, and says how it stands.
pub(super) async fn report(places: &[Place]) -> Vec<Link> {
    let (mut links, mut is_answered) = (Vec::with_capacity(places.len()), false);
    for Place { name, source } in places {
        let absence = match source {
            Ok(Some(source)) => source.absence().await,
            Ok(None) => None,
            Err(why) => Some(why.clone()),
        };
        let standing = match absence {
            Some(why) => Standing::Absent(why),
            None if is_answered => Standing::Behind,
            None => Standing::Answers,
        };
        is_answered |= standing == Standing::Answers;
        links.push(Link { name, standing });
    }
    links
}

/// The part of the chain that may change while the process runs: files that are written, a machine that gets a role.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) sources: Vec<Arc<dyn Source>>,
    /// What to say when none has anything.
    pub(super) advice: &'static str,
    /// The one that has given a credential. From then on no other is asked: whom we sign as does not change by itself.
    pub(super) found: OnceLock<usize>,
}

impl Chain {
    fn found(&self) -> Option<&Arc<dyn Source>> {
        self.found.get().and_then(|at| self.sources.get(*at))
    }

    async fn ask(&self) -> Result<Fetched, FetchError> {
        if let Some(found) = self.found() {
            return found.fetch().await;
        }
        for (at, source) in self.sources.iter().enumerate() {
            if source.absence().await.is_some() {
                continue;
            }
            let fetched = source.fetch().await?;
            self.found.get_or_init(|| at);
            return Ok(fetched);
        }
        Err(FetchError::NoSource(self.advice))
    }
}

impl Source for Chain {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.ask())
    }

    fn name(&self) -> &'static str {
        self.found().map_or("auto", |found| found.name())
    }

    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        match self.found() {
            Some(found) => found.oidc_token(),
            None => Box::pin(std::future::ready(None)),
        }
    }

    fn again_after(&self) -> Option<Duration> {
        self.found().and_then(|found| found.again_after())
    }

    fn attempt_timeout(&self) -> Duration {
        let of_each = self.sources.iter().map(|source| source.attempt_timeout());
        of_each.max().unwrap_or_default()
    }

    /// Of every file, those that are not there yet included.
    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(async {
            if let Some(found) = self.found() {
                return found.mark().await;
            }
            let mut hasher = DefaultHasher::new();
            for source in &self.sources {
                source.mark().await.hash(&mut hasher);
            }
            Some(hasher.finish())
        })
    }
}
