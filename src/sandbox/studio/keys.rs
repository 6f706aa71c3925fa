//! The API keys that Model Studio knows: those that were made known, and short-lived ones that were made of them.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sandbox::fault::Faults;

/// How many short-lived keys are remembered. Past it the oldest go.
const REMEMBERED: usize = 10_000;

/// All of them.
#[derive(Default)]
pub(crate) struct ApiKeys(Mutex<Known>);

#[derive(Default)]
struct Known {
    lasting: HashSet<String>,
    issued: VecDeque<Issued>,
}

struct Issued {
    key: String,
    issued_at: i64,
    expires_at: i64,
    /// How often everything had been revoked when it was issued.
    revocations: u64,
}

impl fmt::Debug for ApiKeys {
    /// Never a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        write!(f, "ApiKeys({} lasting, {} issued)", known.lasting.len(), known.issued.len())
    }
}

impl ApiKeys {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a key known that does not end.
    pub(crate) fn admit(&self, key: &str) {
        self.known().lasting.insert(key.to_owned());
    }

    /// Remembers a short-lived key.
    pub(super) fn issue(&self, key: &str, (now, expires_at): (i64, i64), faults: &Faults) {
        let mut known = self.known();
        if known.issued.len() == REMEMBERED {
            known.issued.pop_front();
        }
        known.issued.push_back(Issued {
            key: key.to_owned(),
            issued_at: now,
            expires_at,
            revocations: faults.revocations(),
        });
    }

    /// Whether a key opens anything at this moment.
    pub(super) fn opens(&self, key: &str, now: i64, faults: &Faults) -> bool {
        let known = self.known();
        let early = faults.early_expiry();
        known.lasting.contains(key)
            || known.issued.iter().any(|issued| {
                let is_early = early.is_some_and(|age| now >= issued.issued_at.saturating_add(age));
                issued.key == key
                    && now < issued.expires_at
                    && !is_early
                    && issued.revocations >= faults.revocations()
            })
    }

    /// Whether a key is one that short-lived ones can be made of.
    pub(super) fn is_lasting(&self, key: &str) -> bool {
        self.known().lasting.contains(key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_short_lived_key_ends_with_its_time_with_a_revocation_and_past_the_most() {
        let (keys, faults) = (ApiKeys::default(), Faults::default());
        keys.admit("sk-1");
        keys.issue("st-1", (1_000, 1_060), &faults);
        let opens = |key: &str, now: i64| keys.opens(key, now, &faults);
        assert!(
            opens("sk-1", 9_999) && opens("st-1", 1_059) && !opens("st-1", 1_060) && !opens("st-2", 1_000)
        );
        faults.expire_after(Some(Duration::from_secs(10)));
        assert!(opens("st-1", 1_009) && !opens("st-1", 1_010));
        faults.heal();
        faults.revoke_tokens();
        assert!(!opens("st-1", 1_009) && opens("sk-1", 1_009));
        (0..REMEMBERED).for_each(|number| keys.issue(&format!("st-n{number}"), (1_000, 2_000), &faults));
        assert!(opens("st-n0", 1_000));
        keys.issue("st-last", (1_000, 2_000), &faults);
        assert!(!opens("st-n0", 1_000) && opens("st-last", 1_000));
        assert!(!format!("{keys:?}").contains("st-"));
    }
}
