//! A thousand processes that start in one moment, and the quota of the account that they share.

use std::collections::VecDeque;

use super::*;

const CELLS: usize = 1_000;
/// STS's quota of an account.
const CALLS_A_SECOND: usize = 100;

/// The account: grants so many calls in any second, and throttles the rest.
#[derive(Debug, Default)]
struct Account(Mutex<VecDeque<Duration>>);

impl Account {
    fn grants(&self, now: Duration) -> bool {
        let mut granted = self.0.lock().unwrap();
        while granted.front().is_some_and(|at| *at + Duration::from_secs(1) <= now) {
            granted.pop_front();
        }
        let grants = granted.len() < CALLS_A_SECOND;
        if grants {
            granted.push_back(now);
        }
        grants
    }
}

/// A process's way to it. Each has its own pace, so nothing here keeps them apart but what a cell does when it is throttled.
#[derive(Debug)]
struct Process {
    account: Arc<Account>,
    clock: Arc<TestClock>,
    calls: AtomicU64,
}

impl Source for Process {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.now();
        let outcome = if self.account.grants(now.boot) {
            let id = AccessKeyId::new(format!("STS.{number}"));
            let fetched = Fetched::pair(id, Secret::new("secret".to_owned()), None);
            Ok(Fetched { life: Some((now, Duration::from_secs(3_600))), ..fetched })
        } else {
            let (host, request_id) = ("sts.aliyuncs.com".to_owned(), String::new());
            let code = "Throttling.User".to_owned();
            Err(FetchError::Refused(Refused {
                host,
                status: 400,
                code,
                request_id,
                retry_after: None,
                class: Class::Throttled,
                advice: "",
            }))
        };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            outcome
        })
    }

    fn name(&self) -> &'static str {
        "process"
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_processes_at_once_are_all_ready_within_thirty_seconds_and_none_presses() {
    let (clock, account) = (TestClock::new(), Arc::new(Account::default()));
    let runtime = tokio::runtime::Handle::current();
    let fleet: Vec<_> = (0..CELLS)
        .map(|_| {
            let (account, clock) = (Arc::clone(&account), Arc::clone(&clock));
            let process = Arc::new(Process { account, clock: Arc::clone(&clock), calls: AtomicU64::new(0) });
            let named = (RoleName::new("default"), Use::Signing);
            let cell = Cell::new(named, Arc::clone(&process) as _, clock, Arc::new(Unobserved), &runtime);
            (cell, process)
        })
        .collect();

    tokio::time::sleep(Duration::from_secs(30)).await;

    let ready = fleet.iter().filter(|(cell, _)| cell.live(&clock.now()).is_some()).count();
    let calls: Vec<_> = fleet.iter().map(|(_, process)| process.calls.load(Ordering::Relaxed)).collect();
    let most = calls.iter().max().unwrap();
    assert_eq!(ready, CELLS, "after {} calls, {most} at most of one", calls.iter().sum::<u64>());
    assert!(*most <= 10, "one made {most} calls");
}
