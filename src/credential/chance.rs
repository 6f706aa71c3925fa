//! Randomness for jitter, taken from the clock's nonces: one more place that reads it is none.

use std::time::Duration;

use crate::clock::Clock;

/// One throw: a fraction between zero and one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance(u32);

impl Chance {
    /// A new throw.
    pub fn throw(clock: &dyn Clock) -> Self {
        // FNV-1a over the nonce's text: good enough to spread delays, whatever form the nonce has.
        let hash = clock
            .nonce()
            .as_str()
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self(hash)
    }

    /// The fraction `n / u32::MAX`, for tests and for sources that know what they want.
    pub const fn from_u32(n: u32) -> Self {
        Self(n)
    }

    /// The duration that lies this far between `from` and `to`. Gives `from` when `to` is not longer.
    pub fn between(self, from: Duration, to: Duration) -> Duration {
        let span = to.saturating_sub(from).as_nanos();
        let part = span.saturating_mul(u128::from(self.0)) / u128::from(u32::MAX);
        from + Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_throw_lies_between_its_ends_and_reaches_both_halves() {
        let (from, to) = (Duration::from_secs(1), Duration::from_secs(3));
        let throws: Vec<_> = (0..200).map(|_| Chance::throw(&SystemClock).between(from, to)).collect();
        assert!(throws.iter().all(|throw| (from..=to).contains(throw)));
        let low = throws.iter().filter(|throw| **throw < Duration::from_secs(2)).count();
        assert!((50..=150).contains(&low), "{low} of 200 in the lower half");
        assert_eq!((Chance(0).between(from, to), Chance(u32::MAX).between(from, to)), (from, to));
    }
}
