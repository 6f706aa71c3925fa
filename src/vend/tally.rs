//! How often what was handed out, and how often not.

use std::sync::atomic::{AtomicU64, Ordering};

use super::desk::Kind;

/// What became of a request for a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Handed,
    /// Whoever asked may not, or asked for what is not there.
    Denied,
    /// There was none.
    Unavailable,
}

const OUTCOMES: [(Outcome, &str); 3] =
    [(Outcome::Handed, "handed"), (Outcome::Denied, "denied"), (Outcome::Unavailable, "unavailable")];

/// Counts by kind and outcome, over all desks.
#[derive(Debug, Default)]
pub struct Tally([[AtomicU64; OUTCOMES.len()]; Kind::ALL.len()]);

impl Tally {
    pub(super) fn count(&self, kind: Kind, outcome: Outcome) {
        if let Some(count) = self.0.get(kind as usize).and_then(|counts| counts.get(outcome as usize)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Kind, outcome and count of each.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        Kind::ALL.iter().zip(&self.0).flat_map(|(kind, counts)| {
            let named = OUTCOMES.iter().zip(counts);
            named.map(|((_, outcome), count)| (kind.name(), *outcome, count.load(Ordering::Relaxed)))
        })
    }
}
