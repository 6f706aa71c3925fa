//! Profiles of the aliyun CLI: what each mode leads to, and what a file that is not as it should be is told.

use std::path::PathBuf;

use super::*;

/// One profile a mode, as the CLI writes them.
const ALL: &str = include_str!("../../../tests/data/profiles/config.json");

/// A role that takes a profile of a file with this text.
fn stage_with(text: &str, profile: Option<&str>) -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let file = stage.token.0.join("config.json");
    std::fs::write(&file, text.replace("TOKEN-FILE", &stage.token.path().display().to_string())).unwrap();
    let profile = profile.map(str::to_owned);
    let config =
        RoleConfig { source: SourceConfig::Cli, profile, config_file: Some(file), ..RoleConfig::default() };
    stage.role("default", config);
    stage
}

fn config_file(stage: &Stage) -> PathBuf {
    stage.token.0.join("config.json")
}

/// A file with one profile, which is current.
fn one(fields: &str) -> String {
    format!(r#"{{"current":"p","profiles":[{{"name":"p",{fields}}}]}}"#)
}

async fn id_of(stage: &Stage) -> String {
    let credential = stage.open().wait().await.unwrap();
    credential.access_key().unwrap().id().as_str().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_taken_from_the_profile_that_is_current_or_named() {
    let stage = stage_with(ALL, None);
    assert_eq!(id_of(&stage).await, "LTAI5tFAKEprofile0001");
    assert_eq!(stage.ear.heard("long-lived"), 1);
    let mut stage = stage_with(ALL, None);
    stage.variables.push(("ALIBABA_CLOUD_PROFILE", "sts".to_owned()));
    let credential = stage.open().wait().await.unwrap();
    let key = credential.access_key().unwrap();
    assert_eq!(
        (key.id().as_str(), key.security_token().unwrap().expose()),
        ("STS.NFAKEprofile", "CAISprofileFAKE")
    );
    assert!(credential.life().is_none() && stage.cloud.count() == 0);
    let mut stage = stage_with(ALL, Some("ak"));
    stage.variables.push(("ALIBABA_CLOUD_PROFILE", "sts".to_owned()));
    assert_eq!(id_of(&stage).await, "LTAI5tFAKEprofile0001", "a setting is above a variable");
}

#[tokio::test(start_paused = true)]
async fn the_file_is_found_below_home_or_by_its_variable() {
    let mut stage = Stage::with_variables(&[]);
    stage.role("default", RoleConfig { source: SourceConfig::Cli, ..RoleConfig::default() });
    let error = stage.failure().await;
    assert!(error.to_string().contains("HOME is not set"), "{error}");
    let home = stage.token.0.clone();
    stage.variables.push(("HOME", home.display().to_string()));
    std::fs::create_dir(home.join(".aliyun")).unwrap();
    std::fs::write(home.join(".aliyun/config.json"), ALL).unwrap();
    assert_eq!(id_of(&stage).await, "LTAI5tFAKEprofile0001");
    std::fs::write(
        home.join("other.json"),
        one(r#""mode":"AK","access_key_id":"other","access_key_secret":"s""#),
    )
    .unwrap();
    stage.variables.push(("ALIBABA_CLOUD_CONFIG_FILE", home.join("other.json").display().to_string()));
    assert_eq!(id_of(&stage).await, "other");
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_as_the_profile_says_it() {
    let stage = stage_with(ALL, Some("ramrolearn"));
    assert!(id_of(&stage).await.starts_with("STS.0"));
    let calls = stage.cloud.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.host, "sts.cn-hangzhou.aliyuncs.com");
    assert_eq!(parameter(&call.target, "AccessKeyId").unwrap(), "LTAI5tFAKEprofile0001");
    assert_eq!(parameter(&call.target, "SecurityToken"), None);
    for (name, value) in [
        ("RoleArn", ROLE),
        ("RoleSessionName", "sess-cli"),
        ("DurationSeconds", "900"),
        ("ExternalId", "ext-1"),
    ] {
        assert_eq!(parameter(&call.body, name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_settings_are_above_the_profile_and_the_profile_above_the_variables() {
    let mut stage = stage_with(ALL, Some("ramrolearn"));
    stage.variables.push(("ALIBABA_CLOUD_STS_REGION", "cn-wuhan".to_owned()));
    stage.variables.push(("ALIBABA_CLOUD_ROLE_SESSION_NAME", "of-variable".to_owned()));
    let config = RoleConfig {
        sts: vec!["sts-vpc.cn-hangzhou.aliyuncs.com".to_owned()],
        duration: Some(Duration::from_secs(1_800)),
        ..stage.roles[&RoleName::new("default")].clone()
    };
    stage.role("default", config);
    id_of(&stage).await;
    let call = stage.cloud.calls().remove(0);
    assert_eq!(call.host, "sts-vpc.cn-hangzhou.aliyuncs.com");
    assert_eq!(parameter(&call.body, "DurationSeconds").unwrap(), "1800");
    assert_eq!(parameter(&call.body, "RoleSessionName").unwrap(), "sess-cli");
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_profiles_is_gone_from_its_first_credential_on() {
    let stage = stage_with(ALL, Some("chain"));
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| {
        let role = parameter(&seen.body, "RoleArn").unwrap();
        let name = role.rsplit('/').next().unwrap().to_owned();
        let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
        Reply::answer(200, credential_json(&name, &format!("STS.of-{name}"), now + 900))
    });
    assert_eq!(id_of(&stage).await, "STS.of-second");
    let calls = stage.cloud.calls();
    let signers: Vec<_> = calls.iter().map(|call| parameter(&call.target, "AccessKeyId").unwrap()).collect();
    assert_eq!(signers, ["LTAI5tFAKEprofile0001", "STS.of-app"]);
    assert_eq!(parameter(&calls[1].target, "SecurityToken").as_deref(), Some("canary-token+/="));
}

#[tokio::test(start_paused = true)]
async fn a_token_file_of_the_profile_is_exchanged() {
    let stage = stage_with(ALL, Some("oidc"));
    id_of(&stage).await;
    let call = stage.cloud.calls().remove(0);
    assert_eq!(parameter(&call.body, "OIDCToken").as_deref(), Some(TokenFile::TOKEN));
    assert_eq!(parameter(&call.body, "DurationSeconds").as_deref(), Some("1800"));
}

#[tokio::test(start_paused = true)]
async fn an_external_profile_runs_its_program_and_asks_again_where_no_end_is_said() {
    let stage = stage_with(ALL, Some("ext"));
    stage
        .machine
        .prints(r#"{"mode":"StsToken","access_key_id":"STS.x","access_key_secret":"s","sts_token":"t"}"#);
    let cell = stage.open();
    assert_eq!(cell.wait().await.unwrap().access_key().unwrap().id().as_str(), "STS.x");
    assert_eq!(stage.machine.run.lock().unwrap().concat(), ["bin/print-sts", "--profile", "a b"]);
    stage.until(890.0).await;
    assert_eq!(stage.machine.count(), 1);
    stage.until(910.0).await;
    assert_eq!(stage.machine.count(), 2);
    let mut stage = stage_with(ALL, Some("ext"));
    stage.variables.push(("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "1".to_owned()));
    assert_eq!((stage.failure().await.code(), stage.machine.count()), ("profile_forbidden", 0));
}

#[tokio::test(start_paused = true)]
async fn a_mode_is_read_in_any_letter_case_and_recognised_where_it_is_missing() {
    let pair = r#""access_key_id":"LTAI1","access_key_secret":"s""#;
    let arn = format!(r#""ram_role_arn":"{ROLE}""#);
    // A long-lived key costs the question whose it is, and a role its call.
    for (fields, calls) in [
        (format!(r#""mode":"ak",{pair}"#), 1),
        (format!(r#""mode":"RAMROLEARN",{pair},{arn}"#), 1),
        (pair.to_owned(), 1),
        (format!(r#""mode":"",{pair},"sts_token":"t",{arn},"process_command":"x""#), 0),
        (format!(r#"{pair},{arn},"process_command":"x""#), 1),
        (
            format!(
                r#"{arn},"oidc_provider_arn":"acs:ram::1000000000000001:oidc-provider/x","oidc_token_file":"TOKEN-FILE","bearer_token":"b""#
            ),
            1,
        ),
    ] {
        let stage = stage_with(&one(&fields), None);
        stage.open().wait().await.unwrap();
        assert_eq!(stage.cloud.count(), calls, "{fields}");
    }
    let stage = stage_with(&one(r#""process_command":"x","bearer_token":"b""#), None);
    stage.machine.prints(r#"{"mode":"AK","access_key_id":"LTAI1","access_key_secret":"s"}"#);
    stage.open().wait().await.unwrap();
    assert_eq!(stage.machine.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_used_is_refused_with_advice() {
    for (profile, words) in [
        ("rsa", "use a RAM role"),
        ("bearer", "signs nothing"),
        ("nowhere", "there is no such profile; set `profile` or ALIBABA_CLOUD_PROFILE"),
    ] {
        let error = stage_with(ALL, Some(profile)).failure().await;
        assert!(error.to_string().contains(words) && error.class() == Class::Permanent, "{error}");
    }
    let error = stage_with(&one(r#""mode":"Anonymous""#), None).failure().await;
    assert!(error.to_string().contains("no credential"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_circle_of_profiles_is_refused_by_its_own_profiles() {
    let chain = |name: &str, source: &str| {
        format!(
            r#"{{"name":"{name}","mode":"ChainableRamRoleArn","source_profile":"{source}","ram_role_arn":"{ROLE}","ram_session_name":"ss"}}"#
        )
    };
    let profiles = [chain("a", "b"), chain("b", "c"), chain("c", "b"), chain("self", "self")].join(",");
    let text = format!(r#"{{"profiles":[{profiles}]}}"#);
    for (profile, circle) in [("a", r#""b" → "c" → "b""#), ("self", r#""self" → "self""#)] {
        let error = stage_with(&text, Some(profile)).failure().await;
        assert!(error.to_string().contains(circle) && error.code() == "profile_circle", "{error}");
    }
    let long: Vec<_> = (0..9).map(|at| chain(&format!("p{at}"), &format!("p{}", at + 1))).collect();
    let error = stage_with(&format!(r#"{{"profiles":[{}]}}"#, long.join(",")), Some("p0")).failure().await;
    assert!(error.to_string().contains("more than 8"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_as_the_cli_writes_it_is_told_apart() {
    let pair = r#""access_key_id":"LTAI1","access_key_secret":"canary""#;
    let long = "t".repeat(9_000);
    for (text, code) in [
        ("", "profile_not_json"),
        ("{\"current\":\"ak\",\n\"profiles\":[{\"na", "profile_not_json"),
        ("<html>", "profile_not_json"),
        (r#"{"current":7}"#, "profile_not_json"),
        (r#"{"current":"p","profiles":{}}"#, "profile_not_json"),
        (r#"{"profiles":[]}"#, "profile_missing"),
        (r#"{"current":"p","profiles":null}"#, "profile_missing"),
        (r#"{"current":"p","profiles":[7,{"name":8}]}"#, "profile_missing"),
        (&one(r#""mode":"AK""#), "profile_incomplete"),
        (&one(r#""region_id":"x""#), "profile_incomplete"),
        (&one(&format!(r#""mode":"StsToken",{pair}"#)), "profile_incomplete"),
        (&one(&format!(r#""mode":"RamRoleArn",{pair}"#)), "profile_incomplete"),
        (&one(r#""mode":"ChainableRamRoleArn""#), "profile_incomplete"),
        (&one(r#""mode":"External""#), "profile_incomplete"),
        (&one(r#""mode":"AK","access_key_id":7,"access_key_secret":"canary""#), "profile_malformed"),
        (&one(&format!(r#""mode":"StsToken",{pair},"sts_token":"canary\r\nX: 1""#)), "profile_malformed"),
        (&one(&format!(r#""mode":"StsToken",{pair},"sts_token":"{long}""#)), "profile_malformed"),
        (&one(&format!(r#""mode":"RamRoleArn",{pair},"ram_role_arn":"arn:aws:x""#)), "profile_malformed"),
        (
            &one(&format!(r#""mode":"RamRoleArn",{pair},"ram_role_arn":"{ROLE}","expired_seconds":60"#)),
            "profile_malformed",
        ),
        (
            &one(&format!(r#""mode":"RamRoleArn",{pair},"ram_role_arn":"{ROLE}","sts_region":"evil.test/""#)),
            "profile_not_sts",
        ),
        (
            &one(&format!(
                r#""mode":"RamRoleArn",{pair},"ram_role_arn":"{ROLE}","sts_endpoint":"sts.evil.test""#
            )),
            "profile_not_sts",
        ),
        (&one(r#""mode":"Magic""#), "profile_not_taken"),
        (&"x".repeat((1 << 20) + 1), "profile_too_long"),
    ] {
        let error = stage_with(text, None).failure().await;
        assert_eq!((error.code(), error.class()), (code, Class::Permanent), "{}: {error}", text.len());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_file_or_cannot_be_read_is_told_and_waited_for() {
    let stage = stage_with(ALL, None);
    std::fs::remove_file(config_file(&stage)).unwrap();
    let error = stage.failure().await;
    assert_eq!((error.code(), error.class()), ("profile_unreadable", Class::Passing));
    let cell = stage.open();
    std::fs::create_dir(config_file(&stage)).unwrap();
    assert_eq!(stage.failure().await.code(), "profile_not_a_file");
    std::fs::remove_dir(config_file(&stage)).unwrap();
    std::fs::write(config_file(&stage), ALL).unwrap();
    stage.until(5.0).await;
    assert!(cell.live(&stage.clock.now()).is_some(), "mended");
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_is_mended_is_used_within_a_second_and_a_rejected_key_is_read_anew() {
    let key = |id: &str| one(&format!(r#""mode":"AK","access_key_id":"{id}","access_key_secret":"s""#));
    let stage = stage_with("{", None);
    let cell = stage.open();
    assert_eq!(cell.wait().await.unwrap_err().code(), "credentials_refused");
    std::fs::write(config_file(&stage), key("LTAI1")).unwrap();
    stage.until(1.5).await;
    let first = cell.live(&stage.clock.now()).expect("mended");
    std::fs::write(config_file(&stage), key("LTAI2")).unwrap();
    let second = cell.renew(first.generation()).await.unwrap();
    assert_eq!(second.access_key().unwrap().id().as_str(), "LTAI2");
}

#[tokio::test(start_paused = true)]
async fn accounts_are_held_against_what_the_profile_says() {
    let cases =
        [("ak", vec![], "profile_account"), ("ramrolearn", vec![], ""), ("ak", vec![step("app")], "")];
    for (profile, assume, code) in cases {
        let mut stage = stage_with(ALL, Some(profile));
        let accounts = vec!["1000000000000001".to_owned()];
        let config = RoleConfig { accounts, assume, ..stage.roles[&RoleName::new("default")].clone() };
        stage.role("default", config);
        match code {
            "" => assert!(stage.open().wait().await.is_ok(), "{profile}"),
            code => assert_eq!(stage.failure().await.code(), code, "{profile}"),
        }
    }
    let mut stage = stage_with(ALL, Some("chain"));
    let accounts = vec!["2000000000000002".to_owned()];
    stage.role("default", RoleConfig { accounts, ..stage.roles[&RoleName::new("default")].clone() });
    assert_eq!((stage.failure().await.code(), stage.cloud.count()), ("profile_account", 0));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_everybody_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let stage = stage_with(ALL, None);
    std::fs::set_permissions(config_file(&stage), std::fs::Permissions::from_mode(0o600)).unwrap();
    id_of(&stage).await;
    assert_eq!(stage.ear.heard("can read the file of the profile"), 0);
    std::fs::set_permissions(config_file(&stage), std::fs::Permissions::from_mode(0o644)).unwrap();
    id_of(&stage).await;
    assert_eq!(stage.ear.heard("can read the file of the profile"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_everybody_could_have_written_into_the_file_is_not_run() {
    use std::os::unix::fs::PermissionsExt;
    for (profile, code) in [("ext", Some("profile_writable")), ("ak", None)] {
        let stage = stage_with(ALL, Some(profile));
        stage.machine.prints(r#"{"mode":"AK","access_key_id":"LTAI5tprinted","access_key_secret":"s"}"#);
        let mode =
            |mode| std::fs::set_permissions(config_file(&stage), std::fs::Permissions::from_mode(mode));
        mode(0o666).unwrap();
        let outcome = stage.open().wait().await;
        match code {
            Some(code) => {
                let text = outcome.unwrap_err().to_string();
                assert!(text.contains("chmod go-w"), "{text}");
                assert_eq!((stage.failure().await.code(), stage.machine.count()), (code, 0));
                mode(0o664).unwrap();
                assert_eq!(id_of(&stage).await, "LTAI5tprinted", "a group is not everybody");
            }
            None => assert!(outcome.is_ok(), "a key in it may be read with a warning"),
        }
    }
}
