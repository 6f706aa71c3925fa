//! The world around the machine: two clocks, timers that stop in suspend, a source of many moods. Does what the shell does.

use std::sync::Arc;
use std::time::Duration;

use super::super::super::age::{Age, Life, Use};
use super::super::super::chance::Chance;
use super::super::super::credential::{Credential, Fetched};
use super::super::super::error::FetchError;
use super::super::super::refused::{OF_STS, Refused};
use super::super::super::state::{Brought, Ended, Event, Patience, Serve, State, Then};
use super::rules::{Rules, Seen};
use super::{Happening, Mood, ms};
use crate::clock::Now;
use crate::names::AccessKeyId;
use crate::secret::{Secret, SecurityToken};

/// An attempt that runs.
#[derive(Clone, Copy, Debug)]
struct Flight {
    /// How it ends, which was settled when it started.
    mood: Mood,
    asked_at: Now,
    /// By the timers.
    ends_at: Duration,
    mark: u64,
    may_repeat: bool,
}

pub(super) struct World {
    used: Use,
    dice: u64,
    state: State,
    now: Now,
    /// What timers count: not the time that the machine slept.
    timers: Duration,
    mood: Mood,
    takes: Duration,
    mark: u64,
    flight: Option<Flight>,
    /// When the task wakes, by the timers, and whether with a mark.
    wakes: Option<(Duration, bool)>,
    /// What requests are served, and what they were served before.
    current: Option<Arc<Credential>>,
    before: Option<Arc<Credential>>,
    rules: Rules,
}

impl World {
    pub(super) fn new(used: Use, is_fixed: bool, dice: u64) -> Self {
        let now = Now { wall: Duration::from_secs(1_800_000_000), boot: Duration::from_secs(10_000) };
        Self {
            used,
            dice,
            state: State::new("world"),
            now,
            timers: Duration::ZERO,
            mood: Mood::Grants(3_600),
            takes: Duration::ZERO,
            mark: 1,
            flight: None,
            wakes: Some((Duration::ZERO, false)),
            current: None,
            before: None,
            rules: Rules::new(is_fixed),
        }
    }

    pub(super) const fn seen(&self) -> &Seen {
        &self.rules.seen
    }

    /// What a request is given without waiting.
    pub(super) fn served(&self) -> Option<&Arc<Credential>> {
        self.current.as_ref().filter(|current| current.age(&self.now) != Age::Expired)
    }

    pub(super) fn let_happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Passes(milliseconds) => self.pass(ms(milliseconds)),
            Happening::WallSteps(seconds) => {
                let wall = self.now.wall.as_secs().saturating_add_signed(seconds);
                self.now.wall = Duration::new(wall, self.now.wall.subsec_nanos());
                self.rules.clocks_step();
                Ok(())
            }
            Happening::Suspends(seconds) => {
                self.now.wall += Duration::from_secs(seconds);
                self.now.boot += Duration::from_secs(seconds);
                self.rules.clocks_step();
                Ok(())
            }
            Happening::Request => self.request(),
            Happening::Rejects { is_old } => {
                let rejected = if is_old { &self.before } else { &self.current };
                let Some(generation) = rejected.as_ref().map(|rejected| rejected.generation()) else {
                    return Ok(());
                };
                self.step(Event::Rejected(generation))
            }
            Happening::FileChanges => {
                self.mark += 1;
                self.rules.file_changes(&self.now);
                Ok(())
            }
            Happening::Turns(mood, takes) => {
                (self.mood, self.takes) = (mood, ms(takes));
                Ok(())
            }
        }
    }

    /// Lets time pass, and what is due in it happen in its order.
    fn pass(&mut self, time: Duration) -> Result<(), String> {
        let end = self.timers + time;
        loop {
            let flight_ends = self.flight.map(|flight| flight.ends_at);
            let wakes = self.wakes.map(|(at, _)| at);
            let Some(next) = flight_ends.into_iter().chain(wakes).min().filter(|next| *next <= end) else {
                self.advance(end);
                return Ok(());
            };
            self.advance(next);
            if let Some(flight) = self.flight.take_if(|flight| flight.ends_at == next) {
                let ended = self.end(flight);
                self.step(Event::Ended(ended))?;
            } else if let Some((_, is_watching)) = self.wakes.take() {
                let mark = Some(self.mark);
                self.step(if is_watching { Event::Marked(mark) } else { Event::Woken })?;
            }
        }
    }

    fn advance(&mut self, to: Duration) {
        let passed = to.saturating_sub(self.timers);
        self.timers += passed;
        self.now.wall += passed;
        self.now.boot += passed;
    }

    /// As `Cell::live`, and `Cell::wait` where that has nothing.
    fn request(&mut self) -> Result<(), String> {
        match self.served().map(|served| served.age(&self.now)) {
            Some(Age::Stale) if self.state.wakes_from().is_some_and(|from| self.now.boot >= from) => {
                self.wake()?;
            }
            Some(_) => {}
            None => {
                let patience = self.state.left_of(Duration::from_secs(5), &self.now);
                self.rules.waits(&patience, &self.now)?;
                if let Patience::Left(_) = patience {
                    self.wake()?;
                }
            }
        }
        self.rules.is_served(self.served(), &self.now)
    }

    /// Wakes the task. The shell wakes none that flies; should it, nothing may come of it.
    fn wake(&mut self) -> Result<(), String> {
        match self.wakes.take() {
            Some((_, true)) => self.step(Event::Marked(Some(self.mark))),
            Some((_, false)) => self.step(Event::Woken),
            None => self.step(Event::Woken),
        }
    }

    fn step(&mut self, event: Event) -> Result<(), String> {
        let was_served = self.served().cloned();
        self.rules.before(&event);
        let step = self.state.step(event, &self.now);
        match &step.serve {
            Some(Serve::This(credential)) => self.before = self.current.replace(Arc::clone(credential)),
            Some(Serve::Nothing) => self.current = None,
            None => {}
        }
        self.rules.after(&step, was_served.as_ref(), self.current.as_ref(), &self.now)?;
        match step.then {
            Then::Fetch { may_repeat } => {
                let ends_at = self.timers + self.takes;
                let flight =
                    Flight { mood: self.mood, asked_at: self.now, ends_at, mark: self.mark, may_repeat };
                if self.flight.replace(flight).is_some() {
                    return Err("a second attempt was started".to_owned());
                }
            }
            Then::Sleep { at_most, is_watching } => self.wakes = Some((self.timers + at_most, is_watching)),
            Then::Await(_) => self.wake()?,
            Then::Go => {}
        }
        if self.flight.is_some() == self.wakes.is_some() {
            return Err("the task neither flies nor sleeps, or both".to_owned());
        }
        Ok(())
    }

    fn throw(&mut self) -> Chance {
        // Xorshift: any dice will do that fall alike when a case is tried again.
        self.dice = (self.dice | 1).wrapping_mul(6_364_136_223_846_793_005).rotate_left(17);
        Chance::from_u32((self.dice >> 32) as u32)
    }

    fn end(&mut self, flight: Flight) -> Ended {
        let outcome = match flight.mood {
            Mood::Grants(lives) => Ok(self.grant(None, Some((flight.asked_at, Duration::from_secs(lives))))),
            Mood::Repeats => Ok(self.repeat(flight.asked_at)),
            Mood::GrantsUnknown => Ok(self.grant(None, None)),
            Mood::GrantsExpired => Ok(self.grant(None, Some((flight.asked_at, Duration::ZERO)))),
            Mood::Fails => Err(FetchError::TooSlow("stub", Duration::from_secs(15))),
            Mood::Throttles(asked) => Err(refused(400, "Throttling.User", asked)),
            Mood::Refuses => Err(refused(403, "NoPermission", None)),
            Mood::Fumbles => Err(refused(400, "SignatureNonceUsed", None)),
        };
        let was_repeated = flight.may_repeat && matches!(flight.mood, Mood::Fumbles);
        let is_fixed = self.rules.is_fixed;
        Ended { outcome, was_repeated, mark: Some(flight.mark), is_fixed, chance: self.throw() }
    }

    fn grant(&mut self, id: Option<AccessKeyId>, life: Option<(Now, Duration)>) -> Brought {
        let number = self.throw();
        let id = id.unwrap_or_else(|| AccessKeyId::new(format!("STS.{number:?}")));
        let token = SecurityToken::new("token".to_owned()).ok();
        let fetched = Fetched { life, ..Fetched::pair(id, Secret::new("secret".to_owned()), token) };
        let life = life.map(|(at, length)| Life::new(at, length, self.used, self.throw()));
        let credential = Arc::new(Credential::absorb(fetched, life, self.used));
        Brought { credential, again_after: Some(Duration::from_secs(900)) }
    }

    /// What is served, as its source gives it out once more: the same end, and less until then.
    fn repeat(&mut self, asked_at: Now) -> Brought {
        let Some(current) = self.current.clone() else { return self.grant(None, None) };
        let id = current.access_key().map(|key| key.id().clone());
        let life = current.life().map(|life| (asked_at, life.expires_at().saturating_sub(asked_at.wall)));
        self.grant(id, life)
    }
}

fn refused(status: u16, code: &str, asked: Option<u64>) -> FetchError {
    let (host, request_id) = ("sts.aliyuncs.com".to_owned(), String::new());
    let retry_after = asked.map(Duration::from_secs);
    let (class, advice) = OF_STS.of((status, code), retry_after);
    FetchError::Refused(Refused {
        host,
        status,
        code: code.to_owned(),
        request_id,
        retry_after,
        class,
        advice,
    })
}
