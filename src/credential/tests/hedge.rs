//! Two STS hosts: when the second is asked, and what counts.

use super::*;
use crate::names::SessionName;

const REGIONAL: &str = "sts.cn-hangzhou.aliyuncs.com";
const CENTRAL: &str = "sts.aliyuncs.com";

fn regional() -> Stage {
    let mut stage = Stage::new();
    stage.variables.push(("ALIBABA_CLOUD_STS_REGION", "cn-hangzhou".to_owned()));
    stage
}

fn play(
    stage: &Stage,
    first: impl Fn() -> Reply + Send + 'static,
    second: impl Fn(&TestClock) -> Reply + Send + 'static,
) {
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| if seen.host == REGIONAL { first() } else { second(&clock) });
}

fn hosts(stage: &Stage) -> Vec<(String, u64)> {
    stage.cloud.calls().into_iter().map(|seen| (seen.host, seen.at.as_secs())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_host_that_swallows_everything_or_never_answers_costs_two_seconds() {
    for reply in [Reply::black_hole, Reply::silent] {
        let stage = regional();
        play(&stage, reply, |clock| grant(clock, 900));
        stage.open().wait().await.unwrap();
        assert_eq!(hosts(&stage), [(REGIONAL.to_owned(), 0), (CENTRAL.to_owned(), 2)]);
        assert!(stage.clock.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_be_reached_costs_nothing() {
    let stage = regional();
    play(&stage, Reply::unreachable, |clock| grant(clock, 900));
    stage.open().wait().await.unwrap();
    assert_eq!(hosts(&stage), [(REGIONAL.to_owned(), 0), (CENTRAL.to_owned(), 0)]);
}

#[tokio::test(start_paused = true)]
async fn only_the_second_hosts_success_counts() {
    let stage = regional();
    let clock = Arc::clone(&stage.clock);
    let slow = move || grant(&clock, 900).after(Duration::from_secs(4));
    play(&stage, slow, |_| Reply::refusal(403, "NoPermission"));
    let credential = stage.open().wait().await.unwrap();
    assert_eq!((stage.clock.elapsed().as_secs(), stage.cloud.count()), (4, 2));
    assert!(credential.role().is_some());
}

#[tokio::test(start_paused = true)]
async fn when_both_fail_the_first_hosts_failure_is_told() {
    let stage = regional();
    play(&stage, Reply::unreachable, |_| Reply::refusal(403, "NoPermission"));
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_unavailable");
    assert!(
        refusal.to_string().contains(REGIONAL) && refusal.to_string().contains("connection refused"),
        "{refusal}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_answer_and_asks_nobody_else() {
    let stage = regional();
    play(&stage, || Reply::refusal(503, "ServiceUnavailable"), |clock| grant(clock, 900));
    let cell = stage.open();
    stage.until(0.4).await;
    assert_eq!(hosts(&stage), [(REGIONAL.to_owned(), 0)]);
    drop(cell);
}

#[tokio::test(start_paused = true)]
async fn a_host_is_given_up_after_five_seconds_and_an_attempt_has_two_calls_at_most() {
    let stage = regional();
    play(&stage, Reply::silent, |_| Reply::silent());
    let cell = stage.open();
    cell.wait().await.unwrap_err();
    stage.until(6.9).await;
    assert_eq!(stage.cloud.count(), 2, "two in flight and no third");
    assert_eq!(cell.status(&stage.clock.now()).failed, 0);
    stage.until(7.1).await;
    assert_eq!(cell.status(&stage.clock.now()).failure.unwrap().code(), "timed_out");
}

#[tokio::test(start_paused = true)]
async fn all_roles_together_make_at_most_twenty_calls_a_second() {
    let mut stage = Stage::new();
    for number in 0..60 {
        let session_name = SessionName::parse(&format!("session-{number}"));
        stage.role(&format!("r{number}"), RoleConfig { session_name, ..RoleConfig::default() });
    }
    let credentials = stage.try_open().unwrap();
    stage.until(3.5).await;
    let at: Vec<_> = stage.cloud.calls().iter().map(|seen| seen.at).collect();
    assert_eq!((at.len(), credentials.iter().count()), (61, 61));
    assert!(at.windows(21).all(|calls| calls[20] - calls[0] >= Duration::from_secs(1)), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_role_far_back_in_the_line_gets_its_credential_too() {
    // At twenty a second the last waits far longer than one attempt may take, and longer than a second host is not asked.
    const ROLES: usize = 600;
    let mut stage = Stage::new();
    for index in 1..ROLES {
        let role_arn = RoleArn::parse(ROLE);
        let session_name = SessionName::parse(&format!("session-{index}"));
        stage.role(&format!("r{index}"), RoleConfig { role_arn, session_name, ..RoleConfig::default() });
    }
    let _credentials = stage.try_open().unwrap();
    stage.until(ROLES as f64 / 20.0 + 5.0).await;
    assert_eq!(stage.ear.heard("fetched"), ROLES, "{:?}", stage.ear.0.lock().unwrap().last());
    assert_eq!(stage.cloud.count(), ROLES, "one call for each, and no second host");
}

#[tokio::test(start_paused = true)]
async fn roles_that_will_not_call_take_no_turn_from_one_that_will() {
    let mut stage = Stage::new();
    for index in 0..600 {
        let oidc_token_file = Some("/nowhere/token".into());
        let session_name = SessionName::parse(&format!("session-{index}"));
        stage.role(
            &format!("a{index}"),
            RoleConfig { oidc_token_file, session_name, ..RoleConfig::default() },
        );
    }
    let _credentials = stage.try_open().unwrap();
    stage.until(1.0).await;
    assert_eq!((stage.ear.heard("fetched"), stage.cloud.count()), (1, 1), "the one with a token");
}
