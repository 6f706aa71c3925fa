//! From the first request to the next credential: one fetch at a time, ageing, suspend.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_thousand_first_requests_make_one_call() {
    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| grant(&clock, 3_600).after(Duration::from_secs(1)));
    let cell = stage.open();

    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let cell = Arc::clone(&cell);
        waiting.spawn(async move { cell.wait().await.map(|credential| credential.generation()) });
    }
    let generations: Vec<_> = waiting.join_all().await.into_iter().map(Result::unwrap).collect();

    assert_eq!((generations.len(), stage.cloud.count()), (1_000, 1));
    assert!(generations.iter().all(|generation| *generation == generations[0]));
}

/// Answers when it is told to.
#[derive(Debug, Default)]
struct Gate {
    open: tokio::sync::Notify,
    asked: AtomicU64,
}

impl Source for Gate {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            self.open.notified().await;
            let (access_key_id, secret) = (AccessKeyId::new("LTAI-gate"), Secret::new("s".to_owned()));
            Ok(Fetched::pair(access_key_id, secret, None))
        })
    }

    fn name(&self) -> &'static str {
        "gate"
    }
}

#[test]
fn requests_on_runtimes_of_other_threads_get_the_same_credential() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (home, source) = (runtime(), Arc::new(Gate::default()));
    let (clock, observer) = (Arc::new(crate::clock::SystemClock), Arc::new(Unobserved));
    let named = (RoleName::new("default"), Use::Signing);
    let cell = Cell::new(named, Arc::clone(&source) as _, clock, observer, home.handle());
    let cell = Arc::new(cell);
    let ask =
        |cell: Arc<Cell>| move || runtime().block_on(async move { cell.wait().await.unwrap().generation() });

    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(ask(Arc::clone(&cell)))).collect();
    let generations: Vec<_> = home.block_on(async {
        source.open.notify_one();
        let joined = tokio::task::spawn_blocking(|| {
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        joined.await.unwrap()
    });

    assert_eq!(generations, vec![generations[0]; 4]);
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_refreshed_before_it_is_stale_as_often_as_its_life_says() {
    for (life, fewest, most) in [(900, 120, 138), (1_800, 60, 69), (3_600, 30, 35), (43_200, 2, 3)] {
        let mut stage = Stage::new();
        let duration = Some(Duration::from_secs(life));
        stage.role("default", RoleConfig { duration, ..RoleConfig::default() });
        let clock = Arc::clone(&stage.clock);
        stage.cloud.play(move |_| grant(&clock, i64::try_from(life).unwrap()));
        let cell = stage.open();
        for minute in 1..=1_440 {
            stage.until(f64::from(minute) * 60.0).await;
            assert!(cell.live(&stage.clock.now()).is_some(), "L={life}: empty in minute {minute}");
        }
        let calls = stage.cloud.count();
        assert!((fewest..=most).contains(&calls), "L={life}: {calls} calls in a day");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_credential_is_served_while_one_fetch_runs() {
    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    let mut calls = 0;
    stage.cloud.play(move |_| {
        calls += 1;
        grant(&clock, 900).after(if calls == 1 { Duration::ZERO } else { Duration::from_secs(4) })
    });
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    while stage.cloud.count() < 2 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cell.live(&stage.clock.now()).unwrap();
    }
    let asked = stage.cloud.calls()[1].at.as_secs();
    assert!((630..=720).contains(&asked), "refreshed after {asked} s");
    for _ in 0..100 {
        assert_eq!(cell.live(&stage.clock.now()).map(|live| live.generation()), Some(first));
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(cell.live(&stage.clock.now()).unwrap().generation() > first);
    assert_eq!(stage.cloud.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_suspend_the_first_request_waits_for_one_refresh() {
    let stage = Stage::new();
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    stage.until(100.0).await;

    stage.clock.suspend(7_200);
    assert!(cell.live(&stage.clock.now()).is_none(), "expired while asleep");
    let before = stage.clock.elapsed();
    let second = cell.wait().await.unwrap().generation();

    assert!(second > first);
    assert!(stage.clock.elapsed() - before < Duration::from_millis(100), "did not wait for a timer");
    assert_eq!(stage.cloud.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_request_waking_from_suspend_is_noticed_within_a_minute() {
    let stage = Stage::new();
    let cell = stage.open();
    cell.wait().await.unwrap();
    stage.until(90.0).await;
    stage.clock.suspend(7_200);
    stage.until(151.0).await;
    assert!(cell.live(&stage.clock.now()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_costs_one_refresh_and_no_request() {
    let stage = Stage::new();
    // The cloud's clock does not jump with ours.
    let (clock, shift) = (Arc::clone(&stage.clock), Arc::new(AtomicI64::new(0)));
    let seen = Arc::clone(&shift);
    stage.cloud.play(move |_| {
        let jump = seen.load(Ordering::Relaxed);
        let now = i64::try_from(clock.now().wall.as_secs()).unwrap() - jump;
        let id = format!("STS.{}", clock.nonce().as_str());
        let reply = Reply::answer(200, credential_json("app", &id, now + 3_600));
        reply.with(|answer| answer.date = Some(http_date(now)))
    });
    let cell = stage.open();
    cell.wait().await.unwrap();
    for jump in [7_200, -14_400] {
        stage.clock.shift_wall(jump);
        shift.fetch_add(jump, Ordering::Relaxed);
        let credential = cell.wait().await.unwrap();
        assert!(credential.age(&stage.clock.now()) != Age::Expired);
    }
    assert_eq!(stage.cloud.count(), 2, "ahead: one refresh; back: none");
    let length = cell.wait().await.unwrap().life().unwrap().length();
    assert_eq!(length, Duration::from_secs(3_600), "measured by the cloud's own clock");
    assert!(stage.ear.heard("clock is 7200 s ahead of") >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_does_not_end_the_cell() {
    #[derive(Debug, Default)]
    struct Faulty(AtomicU64);
    impl Source for Faulty {
        fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
            assert!(self.0.fetch_add(1, Ordering::Relaxed) > 0, "the first time it breaks");
            let (access_key_id, secret) = (AccessKeyId::new("LTAI-mended"), Secret::new("s".to_owned()));
            let fetched = Fetched::pair(access_key_id, secret, None);
            Box::pin(std::future::ready(Ok(fetched)))
        }
        fn name(&self) -> &'static str {
            "faulty"
        }
    }
    let (clock, runtime) = (TestClock::new(), tokio::runtime::Handle::current());
    let source = Arc::new(Faulty::default());
    let named = (RoleName::new("default"), Use::Signing);
    let cell = Cell::new(named, source, clock, Arc::new(Unobserved), &runtime);
    assert_eq!(cell.wait().await.unwrap().access_key().unwrap().id().as_str(), "LTAI-mended");
}

/// As a metadata service: six hours each, the next one an hour before the end, and until then the same.
#[derive(Debug)]
struct Rotating {
    clock: Arc<TestClock>,
    asked: Mutex<Vec<u64>>,
}

impl Source for Rotating {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        let (passed, now) = (self.clock.elapsed(), self.clock.now());
        self.asked.lock().unwrap().push(passed.as_secs());
        let number = passed.as_secs() / (5 * 3_600);
        let ends = Duration::from_secs((number * 5 + 6) * 3_600);
        let id = AccessKeyId::new(format!("STS.{number}"));
        let fetched = Fetched::pair(id, Secret::new("s".to_owned()), None);
        Box::pin(std::future::ready(Ok(Fetched { life: Some((now, ends - passed)), ..fetched })))
    }

    fn name(&self) -> &'static str {
        "rotating"
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_brings_the_same_again_is_no_failure_and_asked_for_every_five_minutes() {
    let clock = TestClock::new();
    let source = Arc::new(Rotating { clock: Arc::clone(&clock), asked: Mutex::default() });
    let (runtime, ear) = (tokio::runtime::Handle::current(), Arc::new(Ear::default()));
    tokio::time::sleep(Duration::from_secs(2 * 3_600)).await;
    let named = (RoleName::new("default"), Use::Vending);
    let cell =
        Cell::new(named, Arc::clone(&source) as _, Arc::clone(&clock) as _, Arc::clone(&ear) as _, &runtime);
    let first = cell.wait().await.unwrap().generation();
    tokio::time::sleep(Duration::from_secs(3 * 3_600 - 1)).await;
    assert_eq!(cell.live(&clock.now()).unwrap().generation(), first);
    assert!(cell.status(&clock.now()).failure.is_none());
    tokio::time::sleep(Duration::from_secs(360)).await;
    assert!(
        cell.live(&clock.now()).unwrap().generation() > first,
        "the next one is taken as soon as it is seen"
    );

    let asked = source.asked.lock().unwrap().clone();
    // Of the four hours that were left when it came, it is to be replaced with 70 minutes left, or a tenth of that earlier.
    assert!((9_779..=10_201).contains(&(asked[1] - asked[0])), "{asked:?}");
    let gaps: Vec<_> = asked[1..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| (239..=361).contains(gap)), "{gaps:?}");
    assert_eq!(ear.heard("fetched"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_credential_without_an_end_is_asked_for_again_when_its_source_says() {
    #[derive(Debug, Default)]
    struct Process(AtomicU64);
    impl Source for Process {
        fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            // It fails once, and what it brought before is served on.
            let outcome = match number {
                1 => Err(FetchError::TooSlow("stub", Duration::from_secs(15))),
                _ => Ok(Fetched::pair(AccessKeyId::new("LTAI-same"), Secret::new("s".to_owned()), None)),
            };
            Box::pin(std::future::ready(outcome))
        }
        fn name(&self) -> &'static str {
            "process"
        }
        fn again_after(&self) -> Option<Duration> {
            Some(Duration::from_secs(900))
        }
    }
    let (clock, runtime, source) =
        (TestClock::new(), tokio::runtime::Handle::current(), Arc::new(Process::default()));
    let named = (RoleName::new("default"), Use::Signing);
    let cell =
        Cell::new(named, Arc::clone(&source) as _, Arc::clone(&clock) as _, Arc::new(Unobserved), &runtime);
    for minute in 0..60 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(cell.live(&clock.now()).is_some(), "minute {minute}");
    }
    assert_eq!(source.0.load(Ordering::Relaxed), 5, "at 0, 15 (and once more), 30 and 45 minutes");
}
