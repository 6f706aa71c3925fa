//! What the cloud has rejected, and what that forces: one attempt a generation, and one in ten seconds.

use std::time::Duration;

use crate::clock::Now;
use crate::credential::credential::Credential;
use crate::names::AccessKeyId;

/// A rejected credential forces an attempt at most this often: one rejection must not become a storm.
const FORCED_EVERY: Duration = Duration::from_secs(10);

/// Outlives successes: so a cloud that rejects everything is no storm either.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    /// The generation that forced the last attempt, and when.
    forced: Option<(u64, Duration)>,
    /// The key that is not to be taken again: its generation was rejected.
    suspect: Option<AccessKeyId>,
}

/// What a rejection of the current credential comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the first of its generation, and forces an attempt.
    Forces,
    /// Its generation has forced one already.
    Forced {
        /// Not within the last seconds.
        is_long_ago: bool,
    },
    /// Another one was forced a moment ago.
    TooSoon,
}

impl Rejections {
    pub(super) fn judge(&mut self, current: &Credential, now: &Now) -> Verdict {
        let is_recent = self.forced.is_some_and(|(_, at)| now.boot < at + FORCED_EVERY);
        match self.forced {
            Some((generation, _)) if generation == current.generation() => {
                Verdict::Forced { is_long_ago: !is_recent }
            }
            _ if is_recent => Verdict::TooSoon,
            _ => {
                self.forced = Some((current.generation(), now.boot));
                self.suspect = current.access_key().map(|key| key.id().clone());
                Verdict::Forces
            }
        }
    }

    /// Whether this is the very key that the cloud rejected.
    pub(super) fn is_suspect(&self, credential: &Credential) -> bool {
        let id = credential.access_key().map(|key| key.id());
        id.is_some() && self.suspect.as_ref() == id
    }
}
