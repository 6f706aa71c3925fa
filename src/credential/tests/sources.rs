//! Environment and token file: what is taken, what is refused, and what stays meanwhile.

use super::*;

const KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFAKE0001"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret")];

#[tokio::test(start_paused = true)]
async fn auto_prefers_a_triple_then_oidc_then_a_key() {
    let mut stage = Stage::new();
    stage.variables.extend(KEY.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(stage.open().source_name(), "oidc");
    stage.variables.push(("ALIBABA_CLOUD_SECURITY_TOKEN", "canary-token".to_owned()));
    assert_eq!(stage.open().source_name(), "environment");

    let stage = Stage::with_variables(&KEY);
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.access_key().unwrap().id().as_str(), "LTAI5tFAKE0001");
    assert!(credential.access_key().unwrap().security_token().is_none() && credential.life().is_none());
    assert_eq!((stage.ear.heard("long-lived"), stage.cloud.count()), (1, 1), "STS is asked whose it is");
    assert!(!format!("{credential:?}").contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn without_any_source_the_refusal_says_what_to_set() {
    // An id without its secret is no credential.
    for variables in [&[][..], &KEY[..1]] {
        let stage = Stage::with_variables(variables);
        let cell = stage.open();
        let refusal = cell.wait().await.unwrap_err();
        assert_eq!((refusal.code(), refusal.retry_after()), ("no_credentials", None));
        assert!(refusal.to_string().contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{refusal}");
        assert_eq!(refusal.to_string().contains("ALIBABA_CLOUD_ROLE_ARN"), variables.is_empty(), "{refusal}");
        stage.until(600.0).await;
        assert_eq!(cell.status(&stage.clock.now()).failed, 1, "nothing to ask again");
    }
}

#[tokio::test(start_paused = true)]
async fn of_half_a_key_the_half_that_is_missing_is_named() {
    for (given, missing) in
        [(0, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"), (1, "ALIBABA_CLOUD_ACCESS_KEY_ID is not")]
    {
        for source in [SourceConfig::Auto, SourceConfig::Environment] {
            let mut stage = Stage::with_variables(&KEY[given..=given]);
            stage.role("default", RoleConfig { source, ..RoleConfig::default() });
            let refusal = stage.open().wait().await.unwrap_err();
            assert_eq!(refusal.code(), "no_credentials");
            let text = refusal.to_string();
            assert!(text.contains(missing) && !text.contains("canary"), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_environment_is_held_to_what_keys_are_made_of() {
    let long = "t".repeat(9_000);
    for (name, value) in [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI,SignedHeaders=host"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI/x"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", long.as_str()),
    ] {
        let mut variables: Vec<_> = KEY.into_iter().filter(|(other, _)| *other != name).collect();
        variables.push((name, value));
        let refusal = Stage::with_variables(&variables).open().wait().await.unwrap_err();
        assert!(refusal.code() == "credentials_refused" && refusal.to_string().contains(name), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_variable_with_a_line_end_is_refused_by_its_name() {
    for (name, value) in [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI\r\nX-Evil: 1"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary secret"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "canary\n"),
    ] {
        let mut variables: Vec<_> = KEY.into_iter().filter(|(other, _)| *other != name).collect();
        variables.push((name, value));
        let refusal = Stage::with_variables(&variables).open().wait().await.unwrap_err();
        let text = refusal.to_string();
        assert_eq!(refusal.code(), "credentials_refused");
        assert!(text.contains(name) && !text.contains("canary") && !text.contains("Evil"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_file_is_read_at_every_exchange() {
    let stage = Stage::new();
    let cell = stage.open();
    cell.wait().await.unwrap();
    stage.token.write("eyJh.second.part\r\n");
    stage.until(3_000.0).await;
    let tokens: Vec<_> =
        stage.cloud.calls().iter().map(|seen| parameter(&seen.body, "OIDCToken").unwrap()).collect();
    assert_eq!(tokens, [TokenFile::TOKEN, "eyJh.second.part"]);
}

#[tokio::test(start_paused = true)]
async fn a_broken_token_file_keeps_the_credential_and_is_told_apart() {
    let stage = Stage::new();
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    stage.token.write("");
    stage.until(2_900.0).await;
    let failure = || cell.status(&stage.clock.now()).failure.unwrap().code();
    assert_eq!(failure(), "token_file_empty");
    let mut at = 2_900.0;
    for (text, code) in [
        ("eyJhbGciOiJSUzI1NiJ9.eyJle", "token_file_not_a_token"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJleHAi.", "token_file_not_a_token"),
        ("a.b.c d", "token_file_not_a_token"),
        (&format!("a.b.{}", "c".repeat(20_000)), "token_file_too_long"),
        (&format!("a.b.{}", "c".repeat(2 << 20)), "token_file_too_long"),
    ] {
        stage.token.write(text);
        at += 35.0;
        stage.until(at).await;
        assert_eq!(failure(), code);
    }
    std::fs::remove_file(stage.token.path()).unwrap();
    stage.until(at + 35.0).await;
    assert_eq!(failure(), "token_file_unreadable");
    std::fs::create_dir(stage.token.path()).unwrap();
    stage.until(at + 70.0).await;
    assert_eq!(failure(), "token_file_not_a_file");
    assert_eq!((stage.cloud.count(), cell.live(&stage.clock.now()).unwrap().generation()), (1, first));

    std::fs::remove_dir(stage.token.path()).unwrap();
    // Nobody writes to it: opening it in the usual way would never end.
    let (mode, pipe) = (rustix::fs::Mode::from_raw_mode(0o600), rustix::fs::FileType::Fifo);
    rustix::fs::mknodat(rustix::fs::CWD, stage.token.path(), pipe, mode, 0).unwrap();
    stage.until(at + 105.0).await;
    assert_eq!(failure(), "token_file_not_a_file");

    std::fs::remove_file(stage.token.path()).unwrap();
    stage.token.write(TokenFile::TOKEN);
    stage.until(at + 140.0).await;
    assert!(cell.live(&stage.clock.now()).unwrap().generation() > first, "mended");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_says_it_has_expired_is_sent_and_told() {
    let stage = Stage::new();
    // {"exp":1700000000}
    stage.token.write("eyJh.eyJleHAiOjE3MDAwMDAwMDB9.c2ln");
    stage.open().wait().await.unwrap();
    assert_eq!((stage.ear.heard("the OIDC token has expired"), stage.cloud.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_file_that_everybody_can_read_is_told_unless_the_kubelet_put_it_there() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(stage.token.path(), readable).unwrap();
    stage.open().wait().await.unwrap();
    assert_eq!(stage.ear.heard("can read the OIDC token file"), 1);

    std::fs::create_dir(stage.token.0.join("..data")).unwrap();
    stage.open().wait().await.unwrap();
    assert_eq!(stage.ear.heard("can read the OIDC token file"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_kubelets_swap_during_refreshes_is_never_felt() {
    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| grant(&clock, 60));
    std::fs::remove_file(stage.token.path()).unwrap();
    std::os::unix::fs::symlink("..data/token", stage.token.path()).unwrap();
    let swap = |number: u32| {
        let (name, new) = (format!("..{number}"), stage.token.0.join("..new"));
        std::fs::create_dir(stage.token.0.join(&name)).unwrap();
        std::fs::write(stage.token.0.join(&name).join("token"), format!("a.b.{number}\n")).unwrap();
        std::os::unix::fs::symlink(&name, &new).unwrap();
        std::fs::rename(&new, stage.token.0.join("..data")).unwrap();
    };
    swap(0);
    let cell = stage.open();
    for number in 1..=100 {
        stage.until(f64::from(number) * 31.0).await;
        swap(number);
        assert!(cell.live(&stage.clock.now()).is_some(), "after swap {number}");
    }
    let status = cell.status(&stage.clock.now());
    assert!(
        status.failed == 0 && status.refreshed > 80,
        "{} failed, {} did not",
        status.failed,
        status.refreshed
    );
}
