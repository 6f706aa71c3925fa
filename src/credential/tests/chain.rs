//! Roles assumed from roles: shared cells, order of refreshes, and whose failure is told.

use super::*;

const KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFAKE0001"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret")];

/// `default` by OIDC, `audit` from it by one more step.
fn chain() -> Stage {
    let mut stage = Stage::new();
    let assume = vec![AssumeConfig {
        external_id: Some("x-1".to_owned()),
        policy: Some(r#"{"Version": "1"}"#.to_owned()),
        source_identity: Some("audit".to_owned()),
        duration: Some(Duration::from_secs(900)),
        ..step("reader")
    }];
    let source = SourceConfig::Role(RoleName::new("default"));
    stage.role("audit", RoleConfig { source, assume, ..RoleConfig::default() });
    stage
}

/// Grants what is asked for as long as is asked.
fn grants(clock: &Arc<TestClock>) -> impl FnMut(&Seen) -> Reply + Send + 'static {
    let (clock, mut count) = (Arc::clone(clock), 0);
    move |seen| {
        count += 1;
        let role = parameter(&seen.body, "RoleArn").unwrap();
        let seconds: i64 = parameter(&seen.body, "DurationSeconds").unwrap().parse().unwrap();
        let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
        let id = format!("STS.{}.{count}", role.rsplit('/').next().unwrap());
        Reply::answer(200, credential_json(role.rsplit('/').next().unwrap(), &id, now + seconds))
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_is_signed_with_the_inner_credential_and_carries_its_terms() {
    let stage = chain();
    stage.cloud.play(grants(&stage.clock));
    let credential = stage.open_role("audit").wait().await.unwrap();
    assert_eq!(credential.role().unwrap().as_str(), "acs:ram::1000000000000001:role/reader");
    let calls = stage.cloud.calls();
    assert_eq!(calls.len(), 2, "the roles share the inner credential");
    let seen = &calls[1];
    assert_eq!(parameter(&seen.target, "AccessKeyId").as_deref(), Some("STS.app.1"));
    assert_eq!(parameter(&seen.target, "SecurityToken").as_deref(), Some("canary-token+/="));
    for (name, value) in [
        ("ExternalId", "x-1"),
        ("Policy", r#"{"Version": "1"}"#),
        ("SourceIdentity", "audit"),
        ("DurationSeconds", "900"),
    ] {
        assert_eq!(parameter(&seen.body, name).as_deref(), Some(value));
    }
}

#[tokio::test(start_paused = true)]
async fn steps_follow_one_another_from_an_access_key() {
    let mut stage = Stage::with_variables(&KEY);
    let assume = vec![step("one"), step("two")];
    stage.role("default", RoleConfig { assume, ..RoleConfig::default() });
    stage.cloud.play(grants(&stage.clock));
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.role().unwrap().as_str(), "acs:ram::1000000000000001:role/two");
    let signers: Vec<_> =
        stage.cloud.calls().iter().map(|seen| parameter(&seen.target, "AccessKeyId").unwrap()).collect();
    assert_eq!(signers, ["LTAI5tFAKE0001", "STS.one.1"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_only_assumes_a_role_is_not_what_the_role_signs_with() {
    let mut stage = Stage::with_variables(&KEY);
    stage.role("default", RoleConfig { assume: vec![step("app")], ..RoleConfig::default() });
    stage.cloud.play(grants(&stage.clock));
    stage.open().wait().await.unwrap();
    let heard = stage.ear.0.lock().unwrap().clone();
    let (of_base, own): (Vec<_>, Vec<_>) = heard.iter().partition(|line| line.starts_with("base of default"));
    assert_eq!(own, ["default: credential fetched"]);
    assert!(of_base.len() == 2 && of_base[1].contains("long-lived"), "{of_base:?}");
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_with_the_base_is_told_as_it_is() {
    let mut stage = Stage::with_variables(&KEY[..1]);
    let environment = SourceConfig::Environment;
    stage.role(
        "default",
        RoleConfig { source: environment, assume: vec![step("app")], ..RoleConfig::default() },
    );
    let refusal = stage.open().wait().await.unwrap_err().to_string();
    let missing = "ALIBABA_CLOUD_ACCESS_KEY_ID is set and ALIBABA_CLOUD_ACCESS_KEY_SECRET is not";
    assert!(refusal.contains(missing), "{refusal}");
    assert!(stage.ear.heard(missing) >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_role_of_its_own_speaks_for_itself_though_others_are_assumed_from_it() {
    let stage = chain();
    stage.cloud.play(grants(&stage.clock));
    stage.open_role("audit").wait().await.unwrap();
    let mut heard = stage.ear.0.lock().unwrap().clone();
    heard.retain(|line| line.contains("fetched"));
    assert_eq!(heard, ["default: credential fetched", "audit: credential fetched"]);
}

#[tokio::test(start_paused = true)]
async fn an_outer_role_is_never_fetched_with_an_inner_one_that_is_due() {
    let stage = chain();
    stage.cloud.play(grants(&stage.clock));
    let audit = stage.open_role("audit");
    for minute in 1..=600 {
        stage.until(f64::from(minute) * 60.0).await;
        assert!(audit.live(&stage.clock.now()).is_some(), "empty in minute {minute}");
    }
    // When the inner credential's refresh was due, in order of generation.
    let calls = stage.cloud.calls();
    let inner: Vec<_> =
        calls.iter().filter(|seen| seen.body.contains("OIDCToken")).map(|seen| seen.at).collect();
    assert!(inner.len() > 10 && calls.len() > 50);
    for seen in calls.iter().filter(|seen| !seen.body.contains("OIDCToken")) {
        let newest = inner.iter().rev().find(|at| **at <= seen.at).unwrap();
        assert!(
            seen.at - *newest <= Duration::from_secs(2_881),
            "signed with a stale credential at {:?}",
            seen.at
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_inner_credential_is_renewed_and_the_step_taken_again() {
    let stage = chain();
    let (mut grants, mut has_rejected) = (grants(&stage.clock), false);
    stage.cloud.play(move |seen| {
        if !has_rejected && seen.target.contains("STS.app.1") {
            has_rejected = true;
            return Reply::refusal(400, "InvalidSecurityToken.Expired");
        }
        grants(seen)
    });
    stage.open_role("audit").wait().await.unwrap();
    let signers: Vec<_> = stage
        .cloud
        .calls()
        .iter()
        .map(|seen| parameter(&seen.target, "AccessKeyId").unwrap_or_default())
        .collect();
    assert_eq!(signers, ["", "STS.app.1", "", "STS.app.2"]);
}

#[tokio::test(start_paused = true)]
async fn an_access_key_that_sts_does_not_know_is_told_as_what_it_is() {
    let mut stage = Stage::with_variables(&KEY);
    stage.role("default", RoleConfig { assume: vec![step("app")], ..RoleConfig::default() });
    stage.cloud.play(|_| Reply::refusal(404, "InvalidAccessKeyId.NotFound"));
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused");
    assert!(refusal.to_string().contains("InvalidAccessKeyId.NotFound"), "{refusal}");
    assert_eq!(stage.cloud.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_inner_refusal_is_the_outer_roles_refusal() {
    let stage = chain();
    stage.cloud.play(|_| Reply::refusal(403, "AuthenticationFail.NoPermission"));
    let refusal = stage.open_role("audit").wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused");
    let text = refusal.to_string();
    assert!(
        text.contains("`audit`") && text.contains("`default`") && text.contains("trust policy"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_a_chain_is_back_within_two_seconds_too() {
    // Each end finds the outer role at another point of its wait for the inner one.
    for end in 60..90 {
        let stage = chain();
        let mut grants = grants(&stage.clock);
        stage.cloud.play(move |seen| {
            if seen.at.as_secs() < end { Reply::refusal(503, "ServiceUnavailable") } else { grants(seen) }
        });
        let audit = stage.open_role("audit");
        stage.until(end as f64 - 1.0).await;
        let before = stage.clock.elapsed();
        assert_eq!(audit.wait().await.unwrap_err().code(), "credentials_unavailable");
        assert_eq!(stage.clock.elapsed(), before);
        let failed = audit.status(&stage.clock.now()).failed;
        assert!((5..=10).contains(&failed), "waits instead of failing: {failed} failures in {end} s");

        stage.until(end as f64 + 2.0).await;
        assert!(audit.live(&stage.clock.now()).is_some(), "outage of {end} s");
        let calls = stage.cloud.calls();
        let (inner, outer) = (&calls[calls.len() - 2], &calls[calls.len() - 1]);
        assert!(inner.body.contains("OIDCToken") && !outer.body.contains("OIDCToken"));
        let later = outer.at - inner.at;
        assert!(later < Duration::from_millis(250), "one back-off, not two: {later:?} after {end} s");
    }
}

#[tokio::test(start_paused = true)]
async fn after_suspend_the_inner_credential_is_refreshed_before_the_step_is_taken() {
    let stage = chain();
    stage.cloud.play(grants(&stage.clock));
    let audit = stage.open_role("audit");
    audit.wait().await.unwrap();
    stage.until(10.0).await;
    // The outer credential has expired then, and the inner one is stale.
    stage.clock.suspend(2_900);
    audit.wait().await.unwrap();
    let signers: Vec<_> = stage
        .cloud
        .calls()
        .iter()
        .map(|seen| parameter(&seen.target, "AccessKeyId").unwrap_or_default())
        .collect();
    assert_eq!(signers, ["", "STS.app.1", "", "STS.app.3"]);
}
