//! Clocks that are wrong, or are set while requests are on their way: of this machine, while the cloud's goes on.

use std::time::Duration;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Moved, Proxy, REGIONS};

async fn are_served(proxy: &Proxy, requests: usize, when: &str) {
    for _ in 0..requests {
        let answer = proxy.get(ECS, REGIONS).await;
        assert_eq!(answer.status, 200, "{when}: {answer:?}");
    }
}

#[tokio::test]
async fn a_wall_clock_that_is_set_by_an_hour_in_the_middle_of_a_run_fails_no_request() {
    let sandboxed = Sandboxed::start().await;
    let clock = Moved::new();
    let proxy = sandboxed.kit().clock(clock.clone()).start().await;
    are_served(&proxy, 3, "at first").await;
    for (count, step) in [3_600, -3_600, -3_600, 3_600, 3_600].into_iter().enumerate() {
        clock.step(step);
        are_served(&proxy, 3, &format!("after step {count}, of {step} s")).await;
    }
    // Ahead by an hour, an hour's credential has ended; set back, nothing has.
    let calls = sandboxed.sts_calls("AssumeRoleWithOIDC");
    assert!(calls <= 4, "{calls} calls");
}

#[tokio::test]
async fn a_machine_whose_clock_is_wrong_by_an_hour_from_the_start_is_served() {
    for wrong_by in [3_600, -3_600] {
        let sandboxed = Sandboxed::start().await;
        let clock = Moved::wrong_by(wrong_by);
        let proxy = sandboxed.kit().clock(clock.clone()).start().await;
        are_served(&proxy, 3, &format!("wrong by {wrong_by} s")).await;
        // A machine that sleeps past the end of its credential: the first request waits for the next one.
        sandboxed.clock.pass(Duration::from_secs(7_200));
        clock.pass(Duration::from_secs(7_200));
        are_served(&proxy, 3, &format!("wrong by {wrong_by} s, after its sleep")).await;
    }
}
