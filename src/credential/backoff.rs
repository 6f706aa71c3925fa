//! When to try again after a failure. Pure: the numbers of a credential's life, one function.

use std::time::Duration;

use super::chance::Chance;
use super::refused::Class;

/// The first failure's longest delay, while a credential lives or the cloud throttles.
const BASE: Duration = Duration::from_secs(1);
/// The longest delay then: an outage is not the caller's problem, and STS is not to be pressed.
const CAP: Duration = Duration::from_secs(30);
/// The longest that a throttled first credential waits of its own accord: of a thousand processes that start at once and
/// share a quota of 100 calls a second the unluckiest is ready within 22 s, and with the longer one not even within 30.
const EMPTY_THROTTLED_CAP: Duration = Duration::from_secs(16);
/// Full jitter can throw zero; two calls in one instant would teach nothing.
const FLOOR: Duration = Duration::from_millis(100);
/// With nothing to serve we are back within two seconds of STS, …
const EMPTY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(1_500));
/// … for so long, …
const EMPTY_QUICK_FOR: Duration = Duration::from_secs(120);
/// … and within this after that.
const EMPTY_CAP: Duration = Duration::from_secs(5);
/// The longest that `Retry-After` may hold us back.
const ASKED_CAP: Duration = Duration::from_secs(60);
/// A permanent refusal is tried this often, ± a fifth: loud, not a storm, and a mend shows in a minute.
const PERMANENT: (Duration, Duration) = (Duration::from_secs(48), Duration::from_secs(72));

/// What is known when an attempt has failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    /// What kind of failure it was.
    pub(super) class: Class,
    /// How many attempts failed before it since the last success.
    pub(super) before: u32,
    /// For how long there has been nothing to serve. `None`: a credential lives.
    pub(super) empty_for: Option<Duration>,
    /// How long the cloud asked us to wait.
    pub(super) asked: Option<Duration>,
    /// Whether the attempt itself was a wait: for the role that this one is assumed from.
    pub(super) has_waited: bool,
}

/// How long to wait before the next attempt.
pub(super) fn delay(failure: &Failure, chance: Chance) -> Duration {
    match (failure.class, failure.empty_for) {
        (Class::Permanent, _) => chance.between(PERMANENT.0, PERMANENT.1),
        (Class::Throttled, _) => {
            let asked = failure.asked.unwrap_or_default().min(ASKED_CAP);
            let cap = if failure.empty_for.is_some() { EMPTY_THROTTLED_CAP } else { CAP };
            full_jitter(failure.before, cap, chance).max(asked)
        }
        (Class::Passing | Class::Once, None) => full_jitter(failure.before, CAP, chance),
        // The inner role has a back-off of its own; a second one on top would only lose the moment it ends.
        (Class::Passing, Some(_)) if failure.has_waited => FLOOR,
        (Class::Passing | Class::Once, Some(empty)) if empty < EMPTY_QUICK_FOR => {
            chance.between(EMPTY.0, EMPTY.1)
        }
        (Class::Passing | Class::Once, Some(_)) => chance.between(FLOOR, EMPTY_CAP),
    }
}

/// Anything between nothing and `1 s · 2^before`, at most `cap`.
fn full_jitter(before: u32, cap: Duration, chance: Chance) -> Duration {
    let longest = BASE.saturating_mul(1_u32.checked_shl(before).unwrap_or(u32::MAX)).min(cap);
    chance.between(FLOOR, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortest and longest delay.
    fn range(class: Class, before: u32, empty: Option<u64>, asked: Option<u64>) -> (f64, f64) {
        let empty_for = empty.map(Duration::from_secs);
        let asked = asked.map(Duration::from_secs);
        let failure = Failure { class, before, empty_for, asked, has_waited: false };
        let at = |n| delay(&failure, Chance::from_u32(n)).as_secs_f64();
        (at(0), at(u32::MAX))
    }

    #[test]
    fn every_row_of_the_table_holds() {
        let full = [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0];
        for (before, longest) in (0..).zip(full) {
            assert_eq!(range(Class::Passing, before, None, None), (0.1, longest), "live, {before} before");
            assert_eq!(range(Class::Throttled, before, None, None), (0.1, longest), "{before} before");
            assert_eq!(range(Class::Throttled, before, Some(500), None), (0.1, longest.min(16.0)));
        }
        assert_eq!(range(Class::Passing, 99, None, None), (0.1, 30.0));
        assert_eq!(range(Class::Passing, 9, Some(0), None), (0.5, 1.5));
        assert_eq!(range(Class::Once, 9, Some(119), None), (0.5, 1.5));
        assert_eq!(range(Class::Passing, 99, Some(120), None), (0.1, 5.0));
        assert_eq!(range(Class::Permanent, 9, None, None), (48.0, 72.0));
        assert_eq!(range(Class::Permanent, 0, Some(7), Some(1)), (48.0, 72.0));
        assert_eq!(range(Class::Throttled, 0, None, Some(20)), (20.0, 20.0));
        assert_eq!(range(Class::Throttled, 0, None, Some(3_600)), (60.0, 60.0));
    }
}
