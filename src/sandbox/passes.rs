//! What is given out at random and shown again later: tokens, codes, each good until its end and standing for something.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many of a kind are remembered. Past it the oldest go.
const REMEMBERED: usize = 10_000;

/// Those of one kind that were given out.
pub(crate) struct Passes<T>(Mutex<VecDeque<Pass<T>>>);

struct Pass<T> {
    text: String,
    /// Since 1970, in whole seconds.
    end: i64,
    stands_for: T,
}

impl<T> Default for Passes<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Passes<T> {
    /// Never what was given out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passes({} given out)", self.given().len())
    }
}

impl<T> Passes<T> {
    fn given(&self) -> MutexGuard<'_, VecDeque<Pass<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers one that was given out.
    pub(crate) fn add(&self, text: &str, end: i64, stands_for: T) {
        let mut given = self.given();
        if given.len() == REMEMBERED {
            given.pop_front();
        }
        given.push_back(Pass { text: text.to_owned(), end, stands_for });
    }

    /// What one stands for, unless it is over.
    pub(crate) fn get(&self, text: &str, now: i64) -> Option<T>
    where
        T: Clone,
    {
        let given = self.given();
        given.iter().find(|pass| pass.text == text && now < pass.end).map(|pass| pass.stands_for.clone())
    }

    /// The same of one that is good only once.
    pub(crate) fn take(&self, text: &str, now: i64) -> Option<T> {
        let mut given = self.given();
        let at = given.iter().position(|pass| pass.text == text && now < pass.end)?;
        given.remove(at).map(|pass| pass.stands_for)
    }

    /// Has one stand for something else. False when there is none, or it is over.
    pub(crate) fn set(&self, text: &str, now: i64, stands_for: T) -> bool {
        let mut given = self.given();
        let found = given.iter_mut().find(|pass| pass.text == text && now < pass.end);
        found.map(|pass| pass.stands_for = stands_for).is_some()
    }

    /// Forgets them all.
    pub(crate) fn forget(&self) {
        self.given().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_good_until_its_end_and_the_oldest_make_room() {
        let passes = Passes::default();
        passes.add("a", 10, 1);
        assert_eq!((passes.get("a", 9), passes.get("a", 10), passes.get("b", 9)), (Some(1), None, None));
        assert!(passes.set("a", 9, 2) && !passes.set("a", 10, 3));
        assert_eq!((passes.take("a", 9), passes.take("a", 9)), (Some(2), None));
        (0..=REMEMBERED).for_each(|number| passes.add(&number.to_string(), 10, 0));
        assert_eq!((passes.get("0", 9), passes.get("1", 9)), (None, Some(0)));
        passes.forget();
        assert_eq!(passes.get("1", 9), None);
    }

    #[test]
    fn nothing_prints_what_was_given_out() {
        let passes = Passes::default();
        passes.add("canary", 10, "canary");
        assert!(!format!("{passes:?}").contains("canary"));
    }
}
