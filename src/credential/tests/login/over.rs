//! What is said when a human must log in: before it is so, when it is so, and no longer than it is so.

use super::*;

#[tokio::test(start_paused = true)]
async fn where_nobody_has_logged_in_the_commands_are_named() {
    let (stage, _) = stage(None);
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!((refusal.code(), stage.cloud.count()), ("login_required", 0));
    let text = refusal.to_string();
    for command in ["countersign login --role default --cloudsso URL", "--oauth intl", "--saml FILE"] {
        assert!(text.contains(command), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_over_names_the_command_and_sends_nothing() {
    for session in [cloud_sso(NOW), cloud_sso(NOW - 1)] {
        let (stage, _) = stage(Some(&session));
        let refusal = stage.open().wait().await.unwrap_err();
        assert_eq!((refusal.code(), stage.cloud.count()), ("login_required", 0));
        let text = refusal.to_string();
        assert!(text.contains("run `countersign login --role default`"), "{text}");
        assert!(text.contains("account 1000000000000001") && !text.contains("canary"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_cloud_takes_no_more_needs_a_new_login() {
    for (session, status, body) in [
        (cloud_sso(NOW + 9_999), 401, r#"{"ErrorCode":"InvalidAccessToken","RequestId":"R-1"}"#),
        (cloud_sso(NOW + 9_999), 403, "<html>no</html>"),
        (oauth(NOW), 400, r#"{"error":"invalid_grant","error_description":"x","requestId":"R-1"}"#),
    ] {
        let (stage, _) = stage(Some(&session));
        stage.cloud.play(move |_| Reply::answer(status, body));
        let refusal = stage.open().wait().await.unwrap_err();
        assert_eq!(refusal.code(), "login_required", "{status} {body}");
        assert!(refusal.to_string().contains("run `countersign login --role default`"), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_login_mends_that_a_configuration_is_not_assigned() {
    let (stage, _) = stage(Some(&cloud_sso(NOW + 9_999)));
    let body = r#"{"ErrorCode":"NoPermission","ErrorMessage":"m","RequestId":"R-1"}"#;
    stage.cloud.play(move |_| Reply::answer(403, body));
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused", "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn who_logs_in_need_not_restart_anything() {
    let (stage, shelf) = stage(None);
    stage.cloud.play(|_| Reply::answer(200, granted_by_cloud_sso("STS.Sso1", NOW + 7_200)));
    let cell = stage.open();
    cell.wait().await.unwrap_err();
    stage.until(30.0).await;
    shelf.put(Some(&cloud_sso(NOW + 28_800)));
    stage.until(32.0).await;
    assert_eq!(id_of(&cell.live(&stage.clock.now()).expect("a credential")), "STS.Sso1");
}

#[tokio::test(start_paused = true)]
async fn it_is_told_half_an_hour_ahead_and_once() {
    let (stage, shelf) = stage(Some(&cloud_sso(NOW + 7_200)));
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| {
        let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
        Reply::answer(200, granted_by_cloud_sso(&format!("STS.{now}"), now + 3_600))
    });
    let _cell = stage.open();
    let ends = "the login ends in 30 min; run `countersign login --role default`";
    stage.until(7_200.0 - 1_801.0).await;
    assert_eq!(stage.ear.heard("the login ends"), 0);
    stage.until(7_200.0 - 1_760.0).await;
    assert_eq!(stage.ear.heard(ends), 1);
    stage.until(7_190.0).await;
    assert_eq!(stage.ear.heard("the login ends"), 1);
    // A new login has an end of its own.
    shelf.put(Some(&cloud_sso(NOW + 7_190 + 3_600)));
    stage.until(7_190.0 + 1_700.0).await;
    assert_eq!(stage.ear.heard("the login ends"), 1);
    stage.until(7_190.0 + 1_900.0).await;
    assert_eq!(stage.ear.heard("the login ends"), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_has_logged_in_again_meanwhile_is_not_warned() {
    let (stage, shelf) = stage(Some(&cloud_sso(NOW + 2_400)));
    // The credential lives longer than the session, so nothing looks at the session for its sake.
    stage.cloud.play(|_| Reply::answer(200, granted_by_cloud_sso("STS.Sso1", NOW + 43_200)));
    let _cell = stage.open();
    stage.until(60.0).await;
    shelf.put(Some(&cloud_sso(NOW + 28_800)));
    stage.until(2_400.0).await;
    assert_eq!(stage.ear.heard("the login ends"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_session_is_told_of_and_a_new_login_mends_it() {
    let (stage, shelf) = stage(None);
    *shelf.text.lock().unwrap() = Some(b"{\"kind\":\"cloudsso\"".to_vec());
    let cell = stage.open();
    let refusal = cell.wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused");
    shelf.put(Some(&saml(NOW + 3_600)));
    stage.until(5.0).await;
    assert!(cell.live(&stage.clock.now()).is_some());
}

#[test]
fn accounts_cannot_be_held_to_where_a_login_alone_says_which() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (mut stage, _) = stage(Some(&cloud_sso(NOW + 28_800)));
        let accounts = vec!["1000000000000001".to_owned()];
        let config = RoleConfig { source: SourceConfig::Login, accounts, ..RoleConfig::default() };
        stage.role("default", config);
        assert_eq!(stage.try_open().unwrap_err(), [BadRole::UnknownAccount(RoleName::new("default"))]);
    });
}
