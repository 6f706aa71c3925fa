//! How a token of Vault's is come by: from a file, and by the login of a pod.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_token_in_a_file_is_shown_and_read_anew_each_time() {
    let stage = stage(FILE);
    stage.token.write("hvs.first\n");
    stage.cloud.play(|_| Reply::answer(200, BODY));
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    let key = credential.access_key().unwrap();
    assert_eq!(key.id().as_str(), "STS.NFAKE0001");
    assert_eq!(key.security_token().map(|token| token.expose()), Some("canary-token+/="));
    let call = stage.cloud.calls().remove(0);
    assert_eq!((call.host.as_str(), call.target.as_str()), ("vault.example:8200", CREDS));
    assert!(call.method == Method::Get && call.body.is_empty());
    let shown = ["x-vault-token", "x-vault-namespace", "x-vault-request"].map(|name| call.header(name));
    assert_eq!(shown, [Some("hvs.first"), Some("ops"), Some("true")]);
    stage.token.write("hvs.second");
    stage.until(3_000.0).await;
    assert_eq!(stage.cloud.calls()[1].header("x-vault-token"), Some("hvs.second"));
    assert_eq!(cell.source_name(), "vault");
}

#[tokio::test(start_paused = true)]
async fn a_pod_logs_in_once_and_once_more_when_its_login_is_no_longer_taken() {
    let stage = stage(POD);
    let clock = Arc::clone(&stage.clock);
    let mut logins = 0;
    stage.cloud.play(move |seen| {
        if seen.target == LOGIN {
            logins += 1;
            let named = LOGGED_IN.replace("canary-login", &format!("hvs.{logins}"));
            // One that never ends.
            return Reply::answer(200, named.replace("600", "0"));
        }
        let taken = if clock.elapsed() > Duration::from_secs(600) { "hvs.2" } else { "hvs.1" };
        match seen.header("x-vault-token") == Some(taken) {
            true => creds(&clock, 600),
            false => Reply::answer(403, r#"{"errors":["permission denied"]}"#),
        }
    });
    let cell = stage.open();
    cell.wait().await.unwrap();
    let call = stage.cloud.calls().remove(0);
    let body = format!(r#"{{"role":"pods","jwt":"{}"}}"#, TokenFile::TOKEN);
    assert_eq!((call.method, call.body.as_str()), (Method::Post, body.as_str()));
    let shown = ["x-vault-token", "x-vault-namespace", "content-type"].map(|name| call.header(name));
    assert_eq!(shown, [None, Some("ops"), Some("application/json")]);
    stage.until(1_000.0).await;
    assert_eq!(targets(&stage), [LOGIN, CREDS, CREDS, CREDS, LOGIN, CREDS]);
    assert_eq!(stage.ear.heard("no new credential"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_login_is_renewed_when_four_fifths_of_its_life_are_over() {
    let stage = stage(POD);
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| match seen.target.as_str() {
        LOGIN => Reply::answer(200, LOGGED_IN.replace("600", "1000")),
        _ => creds(&clock, 400),
    });
    let _cell = stage.open();
    let logins = |stage: &Stage| targets(stage).iter().filter(|target| *target == LOGIN).count();
    stage.until(799.0).await;
    assert_eq!(logins(&stage), 1);
    stage.until(990.0).await;
    assert_eq!(logins(&stage), 2);
    assert_eq!(stage.ear.heard("no new credential"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_may_log_in_at_a_mount_of_its_own() {
    let stage = stage(|stage| VaultConfig { namespace: None, ..config(pod_at("clusters/east", stage)) });
    stage.cloud.play(|seen| match seen.target.as_str() {
        CREDS => Reply::answer(200, BODY),
        _ => Reply::answer(200, LOGGED_IN),
    });
    stage.open().wait().await.unwrap();
    assert_eq!(targets(&stage), ["/v1/auth/clusters/east/login", CREDS]);
    assert!(stage.cloud.calls().iter().all(|call| call.header("x-vault-namespace").is_none()));
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_with_a_login_is_told_with_what_to_do() {
    let right = Right { body: LOGGED_IN, needed: "client_token", token: "canary-login", end: None };
    let creds = |seen: &Seen| (seen.target == CREDS).then(|| Reply::answer(200, BODY));
    matrix::run(&right, || stage(POD), creds).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_without_a_token_is_told_and_one_that_comes_is_shown_at_once() {
    let long = "x".repeat(8 * 1024 + 1);
    for (wrong, code) in [
        (Some(""), "vault_token_not_a_token"),
        (Some("two words"), "vault_token_not_a_token"),
        (Some("a\u{e9}"), "vault_token_not_a_token"),
        (Some("canary\r\nX-Evil: 1"), "vault_token_not_a_token"),
        (Some(&long), "vault_token_not_a_token"),
        (None, "vault_token_unreadable"),
    ] {
        let stage = stage(FILE);
        match wrong {
            Some(wrong) => stage.token.write(wrong),
            None => std::fs::remove_file(stage.token.path()).unwrap(),
        }
        stage.cloud.play(|_| Reply::answer(200, BODY));
        let cell = stage.open();
        stage.until(0.4).await;
        let failure = cell.status(&stage.clock.now()).failure.unwrap();
        assert_eq!((failure.code(), stage.cloud.count()), (code, 0), "{wrong:?}");
        let text = failure.to_string();
        assert!(text.contains("`vault login`"), "{text}");
        assert!(!["canary", "Evil", "two words"].iter().any(|leak| text.contains(leak)), "{text}");
        stage.token.write("hvs.new-and-good");
        stage.until(3.0).await;
        assert!(cell.live(&stage.clock.now()).is_some(), "{wrong:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_is_not_shown_for_a_minute_unless_its_file_changes() {
    let stage = stage(FILE);
    stage.token.write("hvs.over");
    stage.cloud.play(|seen| match seen.header("x-vault-token") {
        Some("hvs.new") => Reply::answer(200, BODY),
        _ => Reply::answer(
            403,
            r#"{"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]}"#,
        ),
    });
    let cell = stage.open();
    stage.until(40.0).await;
    assert_eq!(stage.cloud.count(), 1);
    stage.token.write("hvs.new");
    stage.until(43.0).await;
    assert!(cell.live(&stage.clock.now()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_everybody_can_read_is_warned_of() {
    for (config, mode, told) in
        [(FILE, 0o604, "the file with Vault's token"), (POD, 0o604, "the OIDC token file"), (FILE, 0o600, "")]
    {
        let stage = stage(config);
        std::fs::set_permissions(stage.token.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        stage.cloud.play(|seen| match seen.target.as_str() {
            LOGIN => Reply::answer(200, LOGGED_IN),
            _ => Reply::answer(200, BODY),
        });
        stage.open().wait().await.unwrap();
        let heard = stage.ear.heard("every user of this machine can read");
        assert_eq!(heard, usize::from(!told.is_empty()));
        assert!(told.is_empty() || stage.ear.heard(told) == 1);
    }
}
