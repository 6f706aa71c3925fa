//! The shell in every order that tasks can run in: the product's own `cell` and `flight`, built on tasks, timers and locks whose
//! order shuttle chooses (`sync`). An order in which somebody waits for ever ends the test.

#[expect(dead_code, unreachable_pub, clippy::duplicate_mod, reason = "the same source on other primitives")]
#[path = "../../cell.rs"]
mod cell;
#[expect(clippy::duplicate_mod, reason = "the same source on other primitives")]
#[path = "../../flight.rs"]
mod flight;
mod sync;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::shuttle::future::{block_on, spawn, yield_now};
use tokio::sync::Notify;

use super::super::{Boxed, FetchError, Fetched, Observer, Source, Use};
use super::super::{age, chance, claims, credential, error, no_credential, observer, refused, source, state};
use crate::clock::{Clock, Now};
use crate::names::{AccessKeyId, Nonce, RoleName};
use crate::secret::Secret;
use cell::Cell;
use sync::{Handle, Timers};

/// Orders that each test tries.
const ORDERS: usize = 500;
/// What a credential lives for.
const LIFE: Duration = Duration::from_secs(3_600);
const STALE: Duration = Duration::from_secs(3_000);

/// Tries `test` in many orders, some of them chosen to have few changes of turn, where faults of order lie.
fn in_every_order(timers: Timers, test: impl Fn() + Send + Sync + Copy + 'static) {
    let once = move || {
        sync::begin(timers);
        test();
    };
    ::shuttle::check_random(once, ORDERS);
    ::shuttle::check_pct(once, ORDERS, 3);
}

/// The time that the shim of the timers keeps.
#[derive(Debug, Default)]
struct Clockwork(AtomicU64);

impl Clock for Clockwork {
    fn now(&self) -> Now {
        let passed = sync::passed();
        Now { wall: Duration::from_secs(super::WALL) + passed, boot: Duration::from_secs(10_000) + passed }
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_bytes(u128::from(self.0.fetch_add(1, Ordering::Relaxed)).to_le_bytes())
    }
}

/// A source that takes its time, fails now and then if it may, and is never asked twice at once.
#[derive(Debug)]
struct Slow {
    may_fail: bool,
    is_asked: AtomicBool,
    asked: AtomicU64,
    granted: Mutex<Vec<String>>,
    answered: Notify,
    gone: Arc<Notify>,
}

impl Slow {
    fn new(may_fail: bool) -> Self {
        let (is_asked, asked) = (AtomicBool::new(false), AtomicU64::new(0));
        let (granted, answered, gone) = (Mutex::default(), Notify::new(), Arc::default());
        Self { may_fail, is_asked, asked, granted, answered, gone }
    }
}

impl Source for Slow {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(async {
            let turn = Turn::take(&self.is_asked);
            let number = self.asked.fetch_add(1, Ordering::Relaxed);
            let asked_at = Clockwork::default().now();
            sync::point();
            // Not always: who yields is put behind all others.
            if sync::throws(2) {
                yield_now().await;
            }
            drop(turn);
            self.answered.notify_one();
            if self.may_fail && sync::throws(2) {
                return Err(FetchError::TooSlow("stub", Duration::from_secs(15)));
            }
            let id = format!("STS.{number}");
            self.granted.lock().unwrap().push(id.clone());
            let fetched = Fetched::pair(AccessKeyId::new(id), Secret::new("secret".to_owned()), None);
            Ok(Fetched { life: Some((asked_at, LIFE)), ..fetched })
        })
    }

    fn name(&self) -> &'static str {
        "slow"
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.gone.notify_one();
    }
}

/// Takes its time to hear now and then, so that others have their turn in the middle of a step.
#[derive(Debug)]
struct SlowEar;

impl Observer for SlowEar {
    fn observe(&self, _: &RoleName, _: &observer::Event<'_>) {
        if sync::throws(2) {
            ::shuttle::thread::yield_now();
        }
    }
}

/// That nobody else has.
struct Turn<'a>(&'a AtomicBool);

impl<'a> Turn<'a> {
    fn take(taken: &'a AtomicBool) -> Self {
        assert!(!taken.swap(true, Ordering::Relaxed), "the source is asked twice at once");
        Self(taken)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn open(source: &Arc<Slow>) -> Arc<Cell> {
    let named = (RoleName::new("default"), Use::Signing);
    let clock = Arc::new(Clockwork::default());
    Arc::new(Cell::new(named, Arc::clone(source) as _, clock, Arc::new(SlowEar), &Handle))
}

fn live(cell: &Cell) -> Option<u64> {
    cell.live(&Clockwork::default().now()).map(|live| live.generation())
}

#[test]
fn whoever_waits_is_given_the_one_credential() {
    in_every_order(Timers::Stopped, || {
        block_on(async {
            let source = Arc::new(Slow::new(false));
            let cell = open(&source);
            let waiter = |cell: Arc<Cell>| spawn(async move { cell.wait().await.unwrap().generation() });
            let waiters = [waiter(Arc::clone(&cell)), waiter(Arc::clone(&cell)), waiter(Arc::clone(&cell))];
            for waiter in waiters {
                let generation = waiter.await.unwrap();
                assert_eq!(live(&cell), Some(generation));
            }
            assert_eq!(source.asked.load(Ordering::Relaxed), 1);
        });
    });
}

#[test]
fn everybody_who_was_rejected_is_given_the_next_one_and_readers_always_have_one() {
    in_every_order(Timers::Stopped, || {
        block_on(async {
            let source = Arc::new(Slow::new(false));
            let cell = open(&source);
            let old = cell.wait().await.unwrap().generation();
            let rejected = |cell: Arc<Cell>| {
                spawn(async move { cell.renew(old).await.map(|credential| credential.generation()) })
            };
            let reader = |cell: Arc<Cell>| {
                spawn(async move {
                    let mut last = old;
                    for _ in 0..4 {
                        let generation = live(&cell).expect("one lives all the time");
                        assert!(generation >= last, "an older one came back");
                        last = generation;
                        yield_now().await;
                    }
                })
            };
            let rejecting = [rejected(Arc::clone(&cell)), rejected(Arc::clone(&cell))];
            let reading = [reader(Arc::clone(&cell)), reader(Arc::clone(&cell))];
            cell.reject(old);
            for rejected in rejecting {
                assert!(rejected.await.unwrap().expect("the next one") > old);
            }
            for reader in reading {
                reader.await.unwrap();
            }
            assert_eq!(source.asked.load(Ordering::Relaxed), 2, "one forced refresh");
        });
    });
}

#[test]
fn a_stale_credential_is_replaced_once_however_many_use_it() {
    in_every_order(Timers::Stopped, || {
        block_on(async {
            let source = Arc::new(Slow::new(false));
            let cell = open(&source);
            let old = cell.wait().await.unwrap().generation();
            sync::pass(STALE);
            let user = |cell: Arc<Cell>| {
                spawn(async move {
                    assert!(live(&cell).is_some());
                    cell.freshest().await.unwrap().generation()
                })
            };
            let users = [user(Arc::clone(&cell)), user(Arc::clone(&cell))];
            for user in users {
                assert!(user.await.unwrap() > old, "who has time for it is given the next one");
            }
            assert_eq!(source.asked.load(Ordering::Relaxed), 2);
        });
    });
}

#[test]
fn whoever_is_served_a_stale_credential_has_the_next_one_fetched() {
    in_every_order(Timers::Stopped, || {
        block_on(async {
            let source = Arc::new(Slow::new(false));
            let cell = open(&source);
            cell.wait().await.unwrap();
            source.answered.notified().await;
            sync::pass(STALE);
            let user = |cell: Arc<Cell>| spawn(async move { assert!(live(&cell).is_some()) });
            for user in [user(Arc::clone(&cell)), user(Arc::clone(&cell))] {
                user.await.unwrap();
            }
            source.answered.notified().await;
            assert_eq!(source.asked.load(Ordering::Relaxed), 2);
        });
    });
}

#[test]
fn a_cell_that_is_dropped_ends_its_task_and_lets_go_of_its_source() {
    in_every_order(Timers::Stopped, || {
        block_on(async {
            let source = Arc::new(Slow::new(false));
            let gone = Arc::clone(&source.gone);
            let cell = open(&source);
            drop(source);
            let waiting = Arc::clone(&cell);
            let waiter = spawn(async move { waiting.wait().await.map(drop) });
            if sync::throws(2) {
                yield_now().await;
            }
            drop(cell);
            waiter.await.unwrap().unwrap();
            gone.notified().await;
        });
    });
}

#[test]
fn with_timers_and_failures_everybody_comes_to_an_end_and_nothing_is_asked_twice_at_once() {
    in_every_order(Timers::Running, || {
        block_on(async {
            let source = Arc::new(Slow::new(true));
            let cell = open(&source);
            let user = |cell: Arc<Cell>| {
                spawn(async move {
                    for _ in 0..3 {
                        match cell.wait().await {
                            Ok(credential) => drop(cell.renew(credential.generation()).await),
                            Err(refusal) => assert!(refusal.retry_after().is_some()),
                        }
                    }
                })
            };
            let users = [user(Arc::clone(&cell)), user(Arc::clone(&cell))];
            for user in users {
                user.await.unwrap();
            }
            let status = cell.status(&Clockwork::default().now());
            let (asked, granted) =
                (source.asked.load(Ordering::Relaxed), source.granted.lock().unwrap().len());
            assert!(status.refreshed + status.failed <= asked && status.refreshed <= granted as u64);
        });
    });
}
