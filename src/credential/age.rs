//! How old a credential is: a pure function of its life and the clocks.
//!
//! Freshness is judged at each use and never by a timer alone: a timer stops while the machine is suspended, and the
//! wall clock can jump. Both clocks are asked, and the one that has run further wins.

use std::time::Duration;

use super::chance::Chance;
use crate::clock::Now;

/// What is left of a life when it ends for us: time for a request in flight, and for clocks that still differ a little.
const MARGIN_MAX: Duration = Duration::from_secs(30);
/// A short life keeps nine tenths of itself.
const MARGIN_SHARE: u32 = 10;
/// Each minute of lead is a minute of STS outage survived, and costs almost no calls.
const LEAD_SHARE: u32 = 4;
const LEAD_MIN: Duration = Duration::from_secs(60);
const LEAD_MAX: Duration = Duration::from_secs(3_600);
/// A fleet that started together must not refresh together: ± a fifth of the lead.
const JITTER_SHARE: u32 = 5;

/// SDKs that are handed a credential ask for the next one by rules of their own, the most demanding when an hour is
/// left of it (the metadata client of the Node SDK): what they are given must have more.
const VENDED_LEAD_PERCENT: u32 = 55;
const VENDED_LEAD_MAX: Duration = Duration::from_secs(70 * 60);
/// Only earlier, so that it still has more: a tenth of the lead.
const VENDED_JITTER_SHARE: u32 = 10;
/// A success is followed by the next one no sooner than this, or than half a life: short answers must not spin.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What a credential is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To sign with. Its secret is keyed and wiped.
    Signing,
    /// To be handed to programs that sign for themselves, besides. Its secret is kept for that, and it is replaced early
    /// enough for those programs.
    Vending,
}

/// How a credential may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Use it.
    Fresh,
    /// Use it, and fetch the next one.
    Stale,
    /// Not to be used.
    Expired,
}

/// From when to when a credential lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    fetched_at: Now,
    length: Duration,
    refresh_after: Duration,
    expired_after: Duration,
}

impl Life {
    /// A life of `length`, counted from `fetched_at`. `chance` spreads the refresh within its jitter.
    pub fn new(fetched_at: Now, length: Duration, used: Use, chance: Chance) -> Self {
        let half = length / 2;
        let signing = (length / LEAD_SHARE).clamp(LEAD_MIN, LEAD_MAX).min(half);
        let lead = match used {
            Use::Signing => {
                let jitter = signing / JITTER_SHARE;
                chance.between(signing - jitter, signing + jitter).min(half)
            }
            Use::Vending => {
                let lead = (length * VENDED_LEAD_PERCENT / 100).min(VENDED_LEAD_MAX).max(signing);
                chance.between(lead, lead + lead / VENDED_JITTER_SHARE)
            }
        };
        let refresh_after = length.saturating_sub(lead).max(PAUSE_MAX.min(half));
        let margin = MARGIN_MAX.min(length / MARGIN_SHARE);
        Self { fetched_at, length, refresh_after, expired_after: length - margin }
    }

    /// How old it is.
    pub fn age(&self, now: &Now) -> Age {
        let elapsed = self.elapsed(now);
        if elapsed >= self.expired_after {
            Age::Expired
        } else if elapsed >= self.refresh_after {
            Age::Stale
        } else {
            Age::Fresh
        }
    }

    /// Both clocks when it was asked for.
    pub const fn fetched_at(&self) -> Now {
        self.fetched_at
    }

    /// Its whole length, as the cloud gave it.
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// The cloud's own end of it, by our wall clock, since 1970-01-01T00:00:00Z.
    pub fn expires_at(&self) -> Duration {
        self.fetched_at.wall.saturating_add(self.length)
    }

    /// How long until it is [`Age::Stale`]. Zero when it is.
    pub fn until_refresh(&self, now: &Now) -> Duration {
        self.refresh_after.saturating_sub(self.elapsed(now))
    }

    /// How long until it is [`Age::Expired`]. Zero when it is.
    pub fn until_expired(&self, now: &Now) -> Duration {
        self.expired_after.saturating_sub(self.elapsed(now))
    }

    /// What lies at least between the success that brought it and the next one.
    pub(super) fn pause(&self) -> Duration {
        PAUSE_MAX.min(self.length / 2)
    }

    /// By the clock that has run further. A wall clock that was set back does not lengthen a life.
    fn elapsed(&self, now: &Now) -> Duration {
        let wall = now.wall.saturating_sub(self.fetched_at.wall);
        let boot = now.boot.saturating_sub(self.fetched_at.boot);
        wall.max(boot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Now = Now { wall: Duration::from_secs(1_800_000_000), boot: Duration::from_secs(500) };

    fn after(wall: u64, boot: u64) -> Now {
        Now { wall: START.wall + Duration::from_secs(wall), boot: START.boot + Duration::from_secs(boot) }
    }

    #[test]
    fn the_numbers_hold_for_every_length() {
        let seconds = Duration::from_secs;
        // use, length, earliest and latest refresh, expired at.
        for (used, length, earliest, latest, expired) in [
            (Use::Signing, 20, 10.0, 12.0, 18),
            (Use::Signing, 60, 30.0, 36.0, 54),
            (Use::Signing, 900, 630.0, 720.0, 870),
            (Use::Signing, 3_600, 2_520.0, 2_880.0, 3_570),
            (Use::Signing, 43_200, 38_880.0, 40_320.0, 43_170),
            (Use::Vending, 20, 10.0, 10.0, 18),
            (Use::Vending, 60, 30.0, 30.0, 54),
            (Use::Vending, 240, 94.8, 108.0, 216),
            (Use::Vending, 900, 355.5, 405.0, 870),
            (Use::Vending, 3_600, 1_422.0, 1_620.0, 3_570),
            (Use::Vending, 7_200, 2_844.0, 3_240.0, 7_170),
            (Use::Vending, 43_200, 38_580.0, 39_000.0, 43_170),
        ] {
            for step in 0..=100_u32 {
                let life = Life::new(START, seconds(length), used, Chance::from_u32(u32::MAX / 100 * step));
                let refresh = life.until_refresh(&START).as_secs_f64();
                let within = earliest - 1e-6 <= refresh && refresh <= latest + 1e-6;
                assert!(within, "L={length}, {used:?}: refresh after {refresh}");
                assert_eq!(life.until_expired(&START), seconds(expired), "L={length}");
                assert!(refresh >= (length as f64 / 2.0).min(30.0), "L={length}: spins");
            }
        }
    }

    #[test]
    fn the_clock_that_ran_further_ends_a_life() {
        let life = Life::new(START, Duration::from_secs(900), Use::Signing, Chance::from_u32(0));
        assert_eq!(life.age(&after(0, 0)), Age::Fresh);
        assert_eq!(life.age(&after(869, 869)), Age::Stale);
        assert_eq!(life.age(&after(870, 870)), Age::Expired);
        assert_eq!(life.age(&after(0, 870)), Age::Expired, "suspended, or the wall clock was set back");
        assert_eq!(life.age(&after(7_200, 10)), Age::Expired, "the wall clock jumped ahead");
        let back = Now { wall: START.wall - Duration::from_secs(7_200), boot: START.boot };
        assert_eq!(life.age(&back), Age::Fresh, "the wall clock jumped back");
    }
}
