//! Where credentials come from. A source fetches one and remembers none.

use std::fmt;
use std::time::Duration;

use super::carry::Boxed;
use super::claims::OidcToken;
use super::credential::Fetched;
use super::error::FetchError;

/// What an attempt may take where only hosts are asked.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// When one is asked for again that does not say when it ends, where whoever gives it may have another by then.
pub(super) const AGAIN_AFTER: Duration = Duration::from_secs(15 * 60);

/// Fetches credentials of one kind for one role. Never caches, never retries, never asks how old anything is:
/// the cell does.
pub trait Source: Send + Sync + fmt::Debug {
    /// Fetches one. May be called again at any time, never twice at once.
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>>;

    /// Waits for its turn, where many share a quota of calls. Asked before each fetch, and no part of the time that one may
    /// take: with a thousand roles the last one's turn is long after the first one's.
    fn turn(&self) -> Boxed<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// A word for logs: `environment`, `oidc`.
    fn name(&self) -> &'static str;

    /// Whether it gives the same answer for ever, as far as it knows when it has been asked: then asking again is of no use.
    fn is_fixed(&self) -> bool {
        false
    }

    /// After how long it is asked again for what it brought last, where nothing says when that ends. `None`: when the cloud has
    /// rejected it, and not before.
    fn again_after(&self) -> Option<Duration> {
        None
    }

    /// The OIDC token that it exchanges, as that says of itself, for whoever writes the trust policy. `None`: there is no
    /// such token, or none that can be read.
    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        Box::pin(std::future::ready(None))
    }

    /// Why it has nothing to give as things stand, for the default chain, which goes on to the next one then. `None`:
    /// something is there, whatever comes of asking for it.
    fn absence(&self) -> Boxed<'_, Option<String>> {
        Box::pin(std::future::ready(None))
    }

    /// For one attempt, all hosts and the repetition at once included.
    fn attempt_timeout(&self) -> Duration {
        ATTEMPT_TIMEOUT
    }

    /// A mark of what it reads from a file. When that changes, a permanent failure is worth another attempt at once.
    /// `None`: it reads no file. Never blocks whoever polls it, and may take for ever.
    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(std::future::ready(None))
    }
}

/// The source of a role for which nothing was configured.
#[derive(Debug)]
pub(super) struct Nothing(
    /// What to set.
    pub(super) &'static str,
);

impl Source for Nothing {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(std::future::ready(Err(FetchError::NoSource(self.0))))
    }

    fn name(&self) -> &'static str {
        "none"
    }

    fn is_fixed(&self) -> bool {
        true
    }
}
