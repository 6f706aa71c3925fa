//! What requests see while STS fails: nothing before the credential ends, a refusal at once after that.

use super::*;

/// Lets STS fail from `from` to `to`, in seconds, with what `failure` makes.
fn outage(stage: &Stage, life: i64, (from, to): (u64, u64), failure: impl Fn() -> Reply + Send + 'static) {
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(
        move |seen| {
            if (from..to).contains(&seen.at.as_secs()) { failure() } else { grant(&clock, life) }
        },
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_felt_before_the_credential_ends_and_refused_at_once_after() {
    let stage = Stage::new();
    outage(&stage, 900, (100, 980), || Reply::refusal(503, "ServiceUnavailable"));
    let cell = stage.open();
    cell.wait().await.unwrap();
    for tenth in 1..8_700 {
        stage.until(f64::from(tenth) / 10.0).await;
        assert!(cell.live(&stage.clock.now()).is_some(), "refused at {} s", f64::from(tenth) / 10.0);
    }
    for second in 871..980 {
        stage.until(f64::from(second)).await;
        let before = stage.clock.elapsed();
        let refusal = cell.wait().await.unwrap_err();
        assert_eq!(stage.clock.elapsed(), before, "at {second} s a request hung");
        assert_eq!(refusal.code(), "credentials_unavailable");
        assert!((1..=2).contains(&refusal.retry_after().unwrap().as_secs()), "{refusal:?}");
        assert!(refusal.to_string().contains("ServiceUnavailable"), "{refusal}");
    }
    stage.until(982.0).await;
    assert!(cell.live(&stage.clock.now()).is_some(), "not back two seconds after STS");
}

#[tokio::test(start_paused = true)]
async fn attempts_thin_out_as_the_table_says() {
    let stage = Stage::new();
    outage(&stage, 900, (100, 10_000), || Reply::refusal(503, "ServiceUnavailable"));
    let cell = stage.open();
    stage.until(2_000.0).await;
    let at: Vec<f64> = stage.cloud.calls().iter().map(|seen| seen.at.as_secs_f64()).collect();
    assert!(
        at.iter().any(|at| (870.0..870.01).contains(at)),
        "the delay is cut when the credential ends: {at:?}"
    );
    let gaps = |from: f64, to: f64| {
        let within: Vec<f64> = at.iter().copied().filter(|at| (from..to).contains(at)).collect();
        assert!(within.len() >= 4, "{within:?}");
        within.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    assert!(gaps(600.0, 870.0).iter().all(|gap| *gap <= 30.1), "while one lives");
    assert!(gaps(870.0, 985.0).iter().all(|gap| (0.49..1.6).contains(gap)), "for two minutes");
    assert!(gaps(995.0, 2_000.0).iter().all(|gap| *gap <= 5.1), "from then on");
    let (count, late) = (gaps(995.0, 2_000.0).len(), gaps(870.0, 985.0).len());
    assert!((250..=700).contains(&count) && (80..=170).contains(&late), "{count}, {late}");
    assert!(stage.ear.heard("the one at hand still lives") >= 4);
    drop(cell);
}

#[tokio::test(start_paused = true)]
async fn a_cold_start_waits_five_seconds_and_not_longer() {
    let stage = Stage::new();
    outage(&stage, 900, (0, 60), || Reply::refusal(500, "InternalError"));
    let cell = stage.open();
    let refusal = cell.wait().await.unwrap_err();
    let waited = stage.clock.elapsed();
    assert!((Duration::from_millis(4_990)..=Duration::from_millis(5_010)).contains(&waited), "{waited:?}");
    assert_eq!(refusal.code(), "credentials_unavailable");
    cell.wait().await.unwrap_err();
    assert!(stage.clock.elapsed() - waited < Duration::from_millis(5), "the next one is refused at once");
    stage.until(62.0).await;
    cell.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_first_answer_that_comes_in_time_is_waited_for() {
    let stage = Stage::new();
    outage(&stage, 900, (0, 3), || Reply::refusal(500, "InternalError"));
    stage.open().wait().await.unwrap();
    assert!(stage.clock.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_refusal_is_told_at_once_and_tried_once_a_minute() {
    let stage = Stage::new();
    outage(&stage, 900, (0, 601), || Reply::refusal(403, "NoPermission"));
    let cell = stage.open();
    let refusal = cell.wait().await.unwrap_err();
    assert!(stage.clock.elapsed() < Duration::from_millis(5), "did not wait");
    assert_eq!(refusal.code(), "credentials_refused");
    let text = refusal.to_string();
    assert!(text.contains("NoPermission") && text.contains("trust policy") && text.contains("R-1"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    stage.until(600.0).await;
    let calls = stage.cloud.count();
    assert!((9..=13).contains(&calls), "{calls} calls in ten minutes");
    stage.until(675.0).await;
    cell.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_changed_token_file_ends_a_permanent_back_off() {
    let stage = Stage::new();
    outage(&stage, 900, (0, 10), || Reply::refusal(401, "AuthenticationFail.OIDCToken.Invalid"));
    let cell = stage.open();
    cell.wait().await.unwrap_err();
    stage.until(11.0).await;
    cell.wait().await.unwrap_err();
    stage.token.write("a.b.changed");
    stage.until(13.0).await;
    cell.wait().await.unwrap();
    assert_eq!(stage.cloud.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn throttling_is_heard_and_waited_out() {
    type Hint = fn(&mut Answer);
    let hints: [(Hint, f64, f64); 4] = [
        (|answer| answer.retry_after = Some("20".to_owned()), 20.0, 20.1),
        (|answer| answer.acs_retry_after = Some("7500".to_owned()), 7.5, 7.6),
        (|answer| answer.retry_after = Some("3600".to_owned()), 60.0, 60.1),
        (|_| {}, 0.1, 1.1),
    ];
    for (hint, earliest, latest) in hints {
        let stage = Stage::new();
        outage(&stage, 900, (0, 1), move || Reply::refusal(400, "Throttling.User").with(hint));
        let _cell = stage.open();
        while stage.cloud.count() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let second = stage.cloud.calls()[1].at.as_secs_f64();
        assert!((earliest..=latest).contains(&second), "{second} s, not {earliest} to {latest}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_more_attempt_mends_is_tried_once_at_once() {
    for code in ["SignatureNonceUsed", "InvalidTimeStamp.Expired", "AuthenticationFail.OIDCToken.Expired"] {
        let stage = Stage::new();
        outage(&stage, 900, (0, 3), move || Reply::refusal(400, code));
        stage.open().wait().await.unwrap();
        let calls = stage.cloud.calls();
        assert_eq!(calls[0].at, calls[1].at, "{code}: at once");
        for late in [2, 3] {
            assert!(
                calls[late].at - calls[late - 1].at >= Duration::from_millis(500),
                "{code}: and not again"
            );
        }
        assert!(
            parameter(&calls[0].target, "SignatureNonce") != parameter(&calls[1].target, "SignatureNonce")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn short_answers_do_not_make_us_spin() {
    let stage = Stage::new();
    outage(&stage, 60, (0, 0), Reply::unreachable);
    let _cell = stage.open();
    stage.until(600.0).await;
    let calls = stage.cloud.count();
    assert!((16..=20).contains(&calls), "{calls} calls in ten minutes for lives of a minute");
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_for_its_first_attempt_and_no_longer_than_a_request_after_that() {
    let stage = Stage::new();
    stage.cloud.play(|_| Reply::refusal(503, "ServiceUnavailable"));
    let error = stage.open().wait_for_an_attempt().await.unwrap_err();
    assert!(error.to_string().contains("ServiceUnavailable"), "{error}");
    assert_eq!(stage.clock.elapsed().as_secs(), 5, "what passes may pass meanwhile");

    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    // Slower than a request waits, on either host.
    stage.cloud.play(move |_| grant(&clock, 900).after(Duration::from_secs(4)));
    let mut stage = stage;
    stage.role(
        "outer",
        RoleConfig {
            source: SourceConfig::Role(RoleName::new("default")),
            assume: vec![step("app")],
            ..RoleConfig::default()
        },
    );
    assert!(stage.open_role("outer").wait_for_an_attempt().await.is_ok());
    assert_eq!(stage.clock.elapsed().as_secs(), 8);
}
