//! What a cell remembers besides its credential: attempts, failures, and what the cloud rejected.

use std::sync::Arc;
use std::time::Duration;

use super::credential::Credential;
use super::error::FetchError;
use crate::clock::Now;
use crate::names::AccessKeyId;

/// A rejected credential forces an attempt at most this often: one rejection must not become a storm.
const FORCED_EVERY: Duration = Duration::from_secs(10);

/// Behind the cell's lock. Times are of the boot clock, which never jumps.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Attempts started since the cell was made.
    pub(super) started: u64,
    /// Whether one has started and not ended.
    pub(super) is_in_flight: bool,
    /// When the first attempt since the last success was started.
    pub(super) first_attempt: Option<Duration>,
    /// Since when there has been nothing to serve.
    pub(super) empty_since: Option<Duration>,
    /// Failures since the last success.
    pub(super) failures: u32,
    /// The last of them.
    pub(super) failure: Option<Arc<FetchError>>,
    /// When the next attempt after a failure is due. `None` beside a failure: never.
    pub(super) retry_at: Option<Duration>,
    /// Whether that is cut short when the credential expires.
    pub(super) is_cut_at_expiry: bool,
    /// Whether the one repetition at once was used since the last success.
    pub(super) was_repeated: bool,
    /// The source's mark when a permanent failure came.
    pub(super) mark: Option<u64>,
    /// Attempts that brought a credential.
    pub(super) refreshed: u64,
    /// Attempts that did not.
    pub(super) failed: u64,
    /// An attempt is wanted whatever the credential's age.
    pub(super) is_forced: bool,
    /// The generation that forced the last one, and when.
    forced: Option<(u64, Duration)>,
    /// The key that is not to be taken again: its generation was rejected.
    suspect: Option<AccessKeyId>,
}

/// What to do about a rejected generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has been replaced already.
    Newer,
    /// Nothing more can be done now.
    No,
    /// It is not to be served any more.
    End,
    /// Wait until so many attempts have ended.
    Await {
        /// The count to wait for.
        goal: u64,
        /// Whether this caller is the first with this generation.
        is_first: bool,
    },
}

impl Memory {
    /// Judges a rejection of generation `rejected`, while `current` is in the cell.
    pub(super) fn reject(&mut self, rejected: u64, current: &Credential, now: &Now) -> Verdict {
        if current.generation() != rejected {
            return Verdict::Newer;
        }
        // An attempt that runs anyway serves as the forced one; one that is wanted has not started yet.
        let goal = if self.is_in_flight { self.started } else { self.started + 1 };
        let is_recent = self.forced.is_some_and(|(_, at)| now.boot < at + FORCED_EVERY);
        match self.forced {
            Some((generation, _)) if generation == rejected => {
                if self.is_forced || self.is_in_flight {
                    return Verdict::Await { goal, is_first: false };
                }
                // Its one attempt has failed. A credential with an end is served until then. One without is served
                // until refused: this is the second time, and not the same hiccup.
                if current.ends_unannounced() && !is_recent { Verdict::End } else { Verdict::No }
            }
            _ if is_recent => Verdict::No,
            _ => {
                self.forced = Some((rejected, now.boot));
                self.suspect = current.access_key().map(|key| key.id().clone());
                self.is_forced = !self.is_in_flight;
                Verdict::Await { goal, is_first: true }
            }
        }
    }

    /// Whether a source has brought the very key that the cloud rejected.
    pub(super) fn is_suspect(&self, id: &AccessKeyId) -> bool {
        self.suspect.as_ref() == Some(id)
    }

    /// An attempt starts.
    pub(super) fn start(&mut self, now: &Now) {
        self.started += 1;
        self.is_in_flight = true;
        self.is_forced = false;
        self.first_attempt.get_or_insert(now.boot);
    }

    /// An attempt brought a credential: only counts, and what was rejected, outlive it.
    pub(super) fn succeed(&mut self) {
        *self = Self {
            started: self.started,
            refreshed: self.refreshed + 1,
            failed: self.failed,
            forced: self.forced,
            suspect: self.suspect.take(),
            ..Self::default()
        };
    }

    /// Lets the next attempt start at once.
    pub(super) fn forget_back_off(&mut self) {
        if self.failure.is_some() {
            self.retry_at = Some(Duration::ZERO);
        }
    }

    /// What to tell a client to wait: until the next attempt, in whole seconds, 1 to 60.
    pub(super) fn until_retry(&self, now: &Now) -> Duration {
        let longest = Duration::from_secs(60);
        let left = self.retry_at.map_or(longest, |at| at.saturating_sub(now.boot));
        let rounded = Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0));
        rounded.clamp(Duration::from_secs(1), longest)
    }
}
