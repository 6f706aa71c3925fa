//! What the machine is told, and what it answers.

use std::sync::Arc;
use std::time::Duration;

use crate::credential::chance::Chance;
use crate::credential::credential::Credential;
use crate::credential::error::FetchError;
use crate::credential::observer;

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A sleep is over, or somebody wants a credential.
    Woken,
    /// What the source reads from a file has this mark now.
    Marked(Option<u64>),
    /// The attempt in flight is over.
    Ended(Ended),
    /// The cloud has rejected the credential of this generation.
    Rejected(u64),
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Result<Brought, FetchError>,
    /// Whether the one repetition at once was used.
    pub(crate) was_repeated: bool,
    /// The source's mark before it was asked.
    pub(crate) mark: Option<u64>,
    /// Whether the source would give the same for ever, so that asking again is of no use.
    pub(crate) is_fixed: bool,
    /// Spreads the attempt after this one.
    pub(crate) chance: Chance,
}

/// What an attempt brought.
#[derive(Debug)]
pub(crate) struct Brought {
    pub(crate) credential: Arc<Credential>,
    /// When to ask again, where the credential does not say when it ends.
    pub(crate) again_after: Option<Duration>,
}

/// What is to be done: first what is served, then what is told, then the rest.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) serve: Option<Serve>,
    pub(crate) tell: Vec<Told>,
    pub(crate) then: Then,
}

/// A change of what requests are served.
#[derive(Debug)]
pub(crate) enum Serve {
    /// This one from now on.
    This(Arc<Credential>),
    /// None.
    Nothing,
}

/// What the one who brought the event is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Ask the source, and tell how it [`Ended`].
    Fetch {
        /// A second time at once, where that is likely to mend the first.
        may_repeat: bool,
    },
    /// Come back when so much time has passed or somebody calls.
    Sleep {
        at_most: Duration,
        /// With the source's mark.
        is_watching: bool,
    },
    /// Wait until so many attempts have ended; the one that is wanted has been asked for.
    Await(u64),
    /// Nothing.
    Go,
}

/// What there is to say: [`observer::Event`], which borrows.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Refreshed { expires_at: Option<Duration> },
    LongLivedKey,
    Failed { error: Arc<FetchError>, retry_in: Option<Duration>, is_live: bool },
    Rejected,
    Ended,
}

impl Told {
    pub(crate) fn event(&self) -> observer::Event<'_> {
        use observer::Event;
        match self {
            Self::Refreshed { expires_at } => Event::Refreshed { expires_at: *expires_at },
            Self::LongLivedKey => Event::LongLivedKey,
            Self::Failed { error, retry_in, is_live } => {
                Event::RefreshFailed { error, retry_in: *retry_in, is_live: *is_live }
            }
            Self::Rejected => Event::Rejected,
            Self::Ended => Event::Ended,
        }
    }
}

impl Step {
    pub(super) const fn then(then: Then) -> Self {
        Self { serve: None, tell: Vec::new(), then }
    }
}
