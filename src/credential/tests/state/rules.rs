//! The table of a credential's life, reckoned once more and naively, and held against every step of the machine.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::super::super::credential::Credential;
use super::super::super::refused::Class;
use super::super::super::state::{Event, Patience, Serve, Step, Then, Told};
use super::ms;
use crate::clock::Now;
use crate::names::AccessKeyId;

const SECOND: Duration = Duration::from_secs(1);
/// Sleeps and lives are reckoned in nanoseconds, and the table in shares of them.
const SLACK: Duration = ms(2);

/// How often what came up, so that no rule is held by never being tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    attempts: u32,
    successes: u32,
    kept: u32,
    failures: u32,
    forced: u32,
    cut_at_the_end: u32,
    refused_at_once: u32,
    taken_away: u32,
    after_a_step_of_the_clocks: u32,
    woken_by_the_file: u32,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        self.attempts += other.attempts;
        self.successes += other.successes;
        self.kept += other.kept;
        self.failures += other.failures;
        self.forced += other.forced;
        self.cut_at_the_end += other.cut_at_the_end;
        self.refused_at_once += other.refused_at_once;
        self.taken_away += other.taken_away;
        self.after_a_step_of_the_clocks += other.after_a_step_of_the_clocks;
        self.woken_by_the_file += other.woken_by_the_file;
    }

    pub(super) fn assert_everything_came_up(&self) {
        let all = [
            self.attempts,
            self.successes,
            self.kept,
            self.failures,
            self.forced,
            self.cut_at_the_end,
            self.refused_at_once,
            self.taken_away,
            self.after_a_step_of_the_clocks,
            self.woken_by_the_file,
        ];
        assert!(all.iter().all(|count| *count > 0), "{self:?}");
    }
}

/// What the attempt after a failure has to keep to.
#[derive(Clone, Copy, Debug)]
struct Gap {
    from: Duration,
    /// As it was told.
    delay: Duration,
    /// Ends with the credential, should that end first.
    is_cut: bool,
    is_for_good: bool,
    /// Not later than so.
    latest: Duration,
}

/// What an event was, before the machine took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Was {
    Ended,
    Rejected,
    Other,
}

pub(super) struct Rules {
    pub(super) seen: Seen,
    pub(super) is_fixed: bool,
    was: Was,
    is_in_flight: bool,
    /// Whether what is in flight, or wanted, was forced.
    is_forced: bool,
    success: Option<Duration>,
    was_kept: bool,
    first_start: Option<Duration>,
    failures: u32,
    empty_since: Option<Duration>,
    gap: Option<Gap>,
    has_file_changed: bool,
    /// Since the last success's attempt was started, and since the last failure.
    have_clocks_stepped: (bool, bool),
    /// Since the last attempt was started.
    have_stepped_since_start: bool,
    forced: HashSet<u64>,
    forced_at: Option<Duration>,
    suspect: Option<AccessKeyId>,
}

impl Rules {
    pub(super) fn new(is_fixed: bool) -> Self {
        Self {
            seen: Seen::default(),
            is_fixed,
            was: Was::Other,
            is_in_flight: false,
            is_forced: false,
            success: None,
            was_kept: false,
            first_start: None,
            failures: 0,
            empty_since: None,
            gap: None,
            has_file_changed: false,
            have_clocks_stepped: (false, false),
            have_stepped_since_start: false,
            forced: HashSet::new(),
            forced_at: None,
            suspect: None,
        }
    }

    pub(super) fn clocks_step(&mut self) {
        self.have_clocks_stepped = (true, true);
        self.have_stepped_since_start = true;
    }

    pub(super) fn file_changes(&mut self, now: &Now) {
        self.has_file_changed = true;
        if let Some(gap) = self.gap.as_mut().filter(|gap| gap.is_for_good && !self.is_in_flight) {
            gap.latest = gap.latest.min(now.boot - gap.from + SECOND);
        }
    }

    /// Nobody waits longer than five seconds from the first attempt, nor for what does not pass.
    pub(super) fn waits(&mut self, patience: &Patience, now: &Now) -> Result<(), String> {
        let waited = self.first_start.map_or(Duration::ZERO, |first| now.boot - first);
        let must_not = waited >= 5 * SECOND || self.gap.is_some_and(|gap| gap.is_for_good);
        match patience {
            Patience::Left(_) if must_not => Err("a request waits that must be refused".to_owned()),
            Patience::Left(left) => check(*left <= 5 * SECOND - waited, || format!("waits {left:?}")),
            Patience::Over(..) if !must_not => Err("a request is refused that may wait".to_owned()),
            Patience::Over(_, retry) => {
                self.seen.refused_at_once += 1;
                check((SECOND..=60 * SECOND).contains(retry), || format!("retry after {retry:?}"))
            }
        }
    }

    /// Nothing that has ended is handed out.
    pub(super) fn is_served(&self, served: Option<&Arc<Credential>>, now: &Now) -> Result<(), String> {
        match served {
            Some(served) => {
                check(!is_over(served, now), || "an expired credential was handed out".to_owned())
            }
            None => Ok(()),
        }
    }

    pub(super) fn before(&mut self, event: &Event) {
        self.was = match event {
            Event::Ended(_) => Was::Ended,
            Event::Rejected(_) => Was::Rejected,
            Event::Woken | Event::Marked(_) => Was::Other,
        };
    }

    /// `served` is what a request was given before the step, and `current` what the cell holds after it.
    pub(super) fn after(
        &mut self,
        step: &Step,
        served: Option<&Arc<Credential>>,
        current: Option<&Arc<Credential>>,
        now: &Now,
    ) -> Result<(), String> {
        let failed = step.tell.iter().find_map(|told| match told {
            Told::Failed { error, retry_in, is_live } => {
                Some((error.class(), error.retry_after(), *retry_in, *is_live))
            }
            _ => None,
        });
        match (self.was, &step.serve, failed) {
            (Was::Ended, Some(Serve::This(brought)), None) => self.succeeds(brought, now)?,
            (Was::Ended, None, None) => {
                check(served.is_some(), || "what is over was kept".to_owned())?;
                self.seen.kept += 1;
                self.was_kept = true;
                self.recovers(now);
            }
            (Was::Ended, None, Some(failed)) => self.fails(failed, served.is_some(), now)?,
            (Was::Rejected, Some(Serve::Nothing), None) => self.is_taken_away(served, now)?,
            (Was::Rejected | Was::Other, None, None) => {}
            (was, serve, failed) => return Err(format!("after {was:?}: {serve:?}, {failed:?}")),
        }
        if step.tell.iter().any(|told| matches!(told, Told::Rejected)) {
            self.forces(current, now)?;
        }
        match step.then {
            Then::Fetch { .. } => self.starts(current, now),
            Then::Sleep { at_most, .. } => {
                check(!at_most.is_zero() && at_most <= 60 * SECOND, || format!("sleeps {at_most:?}"))
            }
            Then::Await(_) | Then::Go => Ok(()),
        }
    }

    fn succeeds(&mut self, brought: &Arc<Credential>, now: &Now) -> Result<(), String> {
        check(!is_over(brought, now), || "what is over is served".to_owned())?;
        let id = brought.access_key().map(|key| key.id());
        check(id != self.suspect.as_ref(), || "the key that was rejected is served again".to_owned())?;
        self.seen.successes += 1;
        self.success = Some(now.boot);
        self.was_kept = false;
        self.have_clocks_stepped.0 = self.have_stepped_since_start;
        self.recovers(now);
        Ok(())
    }

    fn recovers(&mut self, now: &Now) {
        self.is_in_flight = false;
        self.is_forced = false;
        self.failures = 0;
        self.empty_since = None;
        self.gap = None;
        self.first_start = None;
        self.success = Some(now.boot);
    }

    fn fails(
        &mut self,
        (class, asked, retry_in, is_live): (Class, Option<Duration>, Option<Duration>, bool),
        was_live: bool,
        now: &Now,
    ) -> Result<(), String> {
        self.seen.failures += 1;
        check(is_live == was_live, || "a failure is told wrongly, or took a credential away".to_owned())?;
        self.empty_since = if is_live { None } else { self.empty_since.or(Some(now.boot)) };
        let empty_for = self.empty_since.map(|since| now.boot - since);
        let doubled = (SECOND * 2_u32.pow(self.failures.min(10))).min(30 * SECOND);
        let (shortest, longest) = match (class, empty_for) {
            (Class::Permanent, _) => (48 * SECOND, 72 * SECOND),
            (Class::Throttled, _) => {
                let asked = asked.unwrap_or_default().min(60 * SECOND);
                let most = if empty_for.is_some() { doubled.min(16 * SECOND) } else { doubled };
                (asked, most.max(asked))
            }
            (_, None) => (Duration::ZERO, doubled),
            (_, Some(empty)) if empty < 120 * SECOND => (ms(500), ms(1_500)),
            (_, Some(_)) => (Duration::ZERO, 5 * SECOND),
        };
        let is_for_good = class == Class::Permanent;
        let for_ever = is_for_good && self.is_fixed;
        check(retry_in.is_none() == for_ever, || format!("{class:?}: again in {retry_in:?}"))?;
        let within = retry_in.is_none_or(|delay| (shortest..=longest).contains(&delay));
        check(within, || format!("{class:?}: again in {retry_in:?}, not {shortest:?} to {longest:?}"))?;
        let delay = retry_in.unwrap_or(Duration::MAX / 2);
        let is_cut = is_live && matches!(class, Class::Passing | Class::Once);
        self.gap = Some(Gap { from: now.boot, delay, is_cut, is_for_good, latest: delay });
        self.failures += 1;
        self.is_in_flight = false;
        self.is_forced = false;
        self.have_clocks_stepped.1 = false;
        Ok(())
    }

    fn is_taken_away(&mut self, served: Option<&Arc<Credential>>, now: &Now) -> Result<(), String> {
        self.seen.taken_away += 1;
        let has_no_end = served.is_some_and(|served| served.life().is_none());
        let long_ago = self.forced_at.is_some_and(|at| now.boot - at >= 10 * SECOND);
        check(has_no_end && long_ago, || "a good credential was taken away".to_owned())
    }

    fn forces(&mut self, current: Option<&Arc<Credential>>, now: &Now) -> Result<(), String> {
        let current = current.ok_or("nothing was rejected")?;
        self.seen.forced += 1;
        let is_first = self.forced.insert(current.generation());
        check(is_first, || "a generation forces a second attempt".to_owned())?;
        let soon = self.forced_at.is_some_and(|at| now.boot - at < 10 * SECOND);
        check(!soon, || "two are forced within ten seconds".to_owned())?;
        self.forced_at = Some(now.boot);
        self.suspect = current.access_key().map(|key| key.id().clone());
        self.is_forced = true;
        Ok(())
    }

    fn starts(&mut self, current: Option<&Arc<Credential>>, now: &Now) -> Result<(), String> {
        check(!self.is_in_flight, || "a second attempt was started".to_owned())?;
        self.seen.attempts += 1;
        self.is_in_flight = true;
        let live = current.filter(|current| !is_over(current, now));
        let has_ended = current.is_some() && live.is_none();
        let may_be_early = self.is_forced || self.is_first();
        match (self.gap, self.success) {
            _ if may_be_early => {}
            (Some(gap), _) => self.follows_a_failure(&gap, has_ended, now)?,
            (None, Some(success)) => self.follows_a_success(success, current, live, now)?,
            (None, None) => {}
        }
        self.has_file_changed = false;
        self.have_stepped_since_start = false;
        if self.have_clocks_stepped.0 && has_ended {
            self.seen.after_a_step_of_the_clocks += 1;
        }
        self.first_start.get_or_insert(now.boot);
        Ok(())
    }

    fn is_first(&self) -> bool {
        self.success.is_none() && self.gap.is_none()
    }

    fn follows_a_failure(&mut self, gap: &Gap, has_ended: bool, now: &Now) -> Result<(), String> {
        let waited = now.boot - gap.from;
        let is_cut = gap.is_cut && has_ended;
        let by_file = gap.is_for_good && self.has_file_changed;
        let is_early = waited + SLACK < gap.delay;
        self.seen.cut_at_the_end += u32::from(is_early && is_cut);
        self.seen.woken_by_the_file += u32::from(is_early && by_file);
        check(!is_early || is_cut || by_file, || format!("again after {waited:?}, and not {:?}", gap.delay))?;
        // Timers stop in suspend.
        let is_late = waited > gap.latest + SLACK && !self.have_clocks_stepped.1;
        check(!is_late, || format!("not again before {waited:?}, and not after {:?}", gap.latest))
    }

    fn follows_a_success(
        &self,
        success: Duration,
        current: Option<&Arc<Credential>>,
        live: Option<&Arc<Credential>>,
        now: &Now,
    ) -> Result<(), String> {
        let waited = now.boot - success;
        let Some(life) = current.and_then(|current| current.life()) else {
            // Nobody knows when it ends: the world's source is asked again every quarter of an hour.
            return check(waited + SLACK >= 900 * SECOND || current.is_none(), || {
                format!("again after {waited:?}")
            });
        };
        let pause = (30 * SECOND).min(life.length() / 2);
        if live.is_some() {
            check(waited + SLACK >= pause, || format!("two successes within {waited:?}"))?;
        }
        let is_in_time = live.is_some() || self.have_clocks_stepped.0 || self.was_kept;
        check(is_in_time || life.length() < 60 * SECOND, || "not refreshed before its end".to_owned())
    }
}

/// Whether it has ended, by the clock that has run further.
fn is_over(credential: &Credential, now: &Now) -> bool {
    credential.life().is_some_and(|life| {
        let from = life.fetched_at();
        let passed = now.boot.saturating_sub(from.boot).max(now.wall.saturating_sub(from.wall));
        passed + (30 * SECOND).min(life.length() / 10) >= life.length()
    })
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
