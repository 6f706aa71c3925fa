//! Remembers the nonces of the last minutes, so that a request sent twice is refused the second time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::SKEW_ALLOWED;

/// How many nonces are held. About as many as this verifier can check in the fifteen minutes that they matter.
const REMEMBERED: usize = 1_000_000;

/// The nonces seen.
#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    at: HashMap<String, i64>,
    in_order: VecDeque<(String, i64)>,
}

impl Nonces {
    /// Notes a nonce of a key. False when it was noted less than fifteen minutes before.
    pub(crate) fn is_new(&self, access_key_id: &str, nonce: &str, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.in_order.front().is_some_and(|(_, at)| now - at > SKEW_ALLOWED)
            || seen.at.len() >= REMEMBERED
        {
            let Some((oldest, at)) = seen.in_order.pop_front() else { break };
            if seen.at.get(&oldest) == Some(&at) {
                seen.at.remove(&oldest);
            }
        }
        let name = format!("{access_key_id} {nonce}");
        if seen.at.contains_key(&name) {
            return false;
        }
        seen.at.insert(name.clone(), now);
        seen.in_order.push_back((name, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_used_up_for_fifteen_minutes_and_for_its_key_only() {
        let nonces = Nonces::default();
        assert!(nonces.is_new("one", "n", 1_000));
        assert!(!nonces.is_new("one", "n", 1_900));
        assert!(nonces.is_new("two", "n", 1_900));
        assert!(nonces.is_new("one", "n", 1_901));
        assert!(!nonces.is_new("one", "n", 1_901));
    }
}
