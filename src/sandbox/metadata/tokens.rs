//! The tokens of the metadata server's version 2, and how long each is good.

use std::collections::VecDeque;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sandbox::cloud::Cloud;
use crate::sandbox::encode::base64;

/// How long a token can be asked to live, in seconds.
pub(super) const LIVES: RangeInclusive<i64> = 1..=21_600;

/// How many are remembered. Past it the oldest go.
const REMEMBERED: usize = 10_000;

/// Those that were given out, with their ends.
#[derive(Default)]
pub(super) struct Tokens(Mutex<VecDeque<(String, i64)>>);

impl fmt::Debug for Tokens {
    /// Never a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({} given out)", self.given().len())
    }
}

impl Tokens {
    fn given(&self) -> MutexGuard<'_, VecDeque<(String, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives one out that lives so many seconds.
    pub(super) fn issue(&self, cloud: &Cloud, life: i64) -> String {
        let token = base64(&cloud.random(40));
        let mut given = self.given();
        if given.len() == REMEMBERED {
            given.pop_front();
        }
        given.push_back((token.clone(), cloud.now().saturating_add(life)));
        token
    }

    pub(super) fn knows(&self, token: &str, now: i64) -> bool {
        self.given().iter().any(|(known, end)| known == token && now < *end)
    }

    pub(super) fn forget(&self) {
        self.given().clear();
    }
}
