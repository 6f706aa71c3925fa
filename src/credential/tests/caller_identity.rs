//! Whose a long-lived key is: asked once, never of what ends by itself, and no key of an account itself ever signs.

use super::*;

const KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFAKE0001"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret")];

fn asked(stage: &Stage) -> usize {
    let calls = stage.cloud.calls();
    calls.iter().filter(|call| call.target.contains("Action=GetCallerIdentity")).count()
}

#[tokio::test(start_paused = true)]
async fn a_long_lived_key_signs_once_sts_has_said_that_it_is_a_users() {
    let stage = Stage::with_variables(&KEY);
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    assert_eq!(credential.access_key().unwrap().id().as_str(), "LTAI5tFAKE0001");
    let calls = stage.cloud.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(parameter(&calls[0].target, "Action").as_deref(), Some("GetCallerIdentity"));
    assert_eq!(parameter(&calls[0].target, "AccessKeyId").as_deref(), Some("LTAI5tFAKE0001"));
    assert!(parameter(&calls[0].target, "Signature").is_some());
    // Rejected by the cloud once, it is read again, and STS is not asked again.
    cell.reject(credential.generation());
    stage.until(30.0).await;
    assert_eq!(asked(&stage), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_account_itself_is_refused_with_advice_and_never_signs() {
    let stage = Stage::with_variables(&KEY);
    stage.cloud.play(|_| Reply::answer(200, identity_json("Account", "acs:ram::1000000000000001:root")));
    let cell = stage.open();
    let missing = cell.wait().await.unwrap_err();
    assert_eq!(missing.code(), "credentials_refused");
    let text = missing.to_string();
    assert!(text.contains("of the account itself (root)") && text.contains("use a RAM role"), "{text}");
    assert!(!text.contains("LTAI5tFAKE0001"), "the id is shortened: {text}");
    stage.until(3_600.0).await;
    assert!(cell.live(&stage.clock.now()).is_none());
    // Whose a key is never changes.
    assert_eq!(asked(&stage), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_say_a_users_key_is_no_leave_to_sign() {
    for (body, word) in [
        (identity_json("Unheard", "acs:ram::1000000000000001:user/a"), "IdentityType"),
        (identity_json("RAMUser", "acs:ram::2000000000000002:user/a"), "Arn"),
        (identity_json("RAMUser", "acs:ram::1000000000000001:user/a\\r\\nX: 1"), "Arn"),
        (r#"{"AccountId":"1","Arn":"acs:ram::1:user/a"}"#.to_owned(), "lacks a part"),
        (r#"{"IdentityType":"RAMUser","Arn":"acs:ram::1:user/a"}"#.to_owned(), "lacks a part"),
        ("<html>502</html>".to_owned(), "not the JSON"),
        (String::new(), "not the JSON"),
    ] {
        let stage = Stage::with_variables(&KEY);
        let shown = body.clone();
        stage.cloud.play(move |_| Reply::answer(200, body.clone()));
        let missing = stage.open().wait().await.unwrap_err();
        assert_eq!(missing.code(), "credentials_unavailable", "{shown}");
        assert!(missing.to_string().contains(word), "{shown}: {missing}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_sts_is_away_a_long_lived_key_waits_and_signs_when_it_is_back() {
    let stage = Stage::with_variables(&KEY);
    stage.cloud.play(|_| Reply::unreachable());
    let cell = stage.open();
    let missing = cell.wait().await.unwrap_err();
    assert_eq!(missing.code(), "credentials_unavailable");
    stage.cloud.play(|_| Reply::answer(200, identity_json("RAMUser", "acs:ram::1000000000000001:user/a")));
    let back = stage.clock.elapsed();
    cell.wait().await.ok();
    stage.until(back.as_secs_f64() + 2.0).await;
    assert!(cell.live(&stage.clock.now()).is_some(), "within two seconds");
}

#[tokio::test(start_paused = true)]
async fn that_sts_says_no_is_no_answer_for_ever() {
    let stage = Stage::with_variables(&KEY);
    stage.cloud.play(|_| Reply::answer(403, r#"{"Code":"NoPermission"}"#));
    let cell = stage.open();
    assert_eq!(cell.wait().await.unwrap_err().code(), "credentials_refused");
    stage.cloud.play(|_| Reply::answer(200, identity_json("RAMUser", "acs:ram::1000000000000001:user/a")));
    stage.until(80.0).await;
    assert!(cell.live(&stage.clock.now()).is_some(), "within a minute or so");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_a_triple_or_about_a_key_that_only_assumes_a_role() {
    let triple = [KEY[0], KEY[1], ("ALIBABA_CLOUD_SECURITY_TOKEN", "canary-token")];
    let stage = Stage::with_variables(&triple);
    stage.open().wait().await.unwrap();
    assert_eq!(stage.cloud.count(), 0);

    let mut stage = Stage::with_variables(&KEY);
    stage.role("default", RoleConfig { assume: vec![step("app")], ..RoleConfig::default() });
    stage.open().wait().await.unwrap();
    assert_eq!((stage.cloud.count(), asked(&stage)), (1, 0));
}
