//! The default chain: who answers, who does not and why, and that nobody steps in for one that fails.

use super::*;

const KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFAKEenv"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret")];
const CLI: &str = r#"{"current":"c","profiles":[{"name":"c","mode":"StsToken","access_key_id":"STS.cli","access_key_secret":"s","sts_token":"t"}]}"#;
const INI: &str =
    "[default]\ntype = sts\naccess_key_id = STS.ini\naccess_key_secret = s\nsecurity_token = t\n";

/// A role without settings, on a machine with a `HOME`.
fn stage(variables: &[(&'static str, &str)]) -> Stage {
    let mut stage = Stage::with_variables(variables);
    let home = stage.token.0.clone();
    stage.variables.push(("HOME", home.display().to_string()));
    std::fs::create_dir(home.join(".aliyun")).unwrap();
    std::fs::create_dir(home.join(".alibabacloud")).unwrap();
    stage
}

fn write(stage: &Stage, name: &str, text: &str) {
    std::fs::write(stage.token.0.join(name), text).unwrap();
}

fn cli(stage: &Stage, text: &str) {
    write(stage, ".aliyun/config.json", text);
}

fn ini(stage: &Stage, text: &str) {
    write(stage, ".alibabacloud/credentials", text);
}

async fn id_of(cell: &Cell) -> String {
    cell.wait().await.unwrap().access_key().unwrap().id().as_str().to_owned()
}

/// The chain as it is reported: `+` answers, `=` is behind, else why it has nothing.
async fn told(stage: &Stage) -> Vec<String> {
    let credentials = stage.try_open().unwrap();
    let links = credentials.chain(&RoleName::new("default")).await.unwrap();
    let told = |link: Link| match link.standing {
        Standing::Answers => format!("{} +", link.name),
        Standing::Behind => format!("{} =", link.name),
        Standing::Absent(why) => format!("{}: {why}", link.name),
    };
    links.into_iter().map(told).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_place_that_has_something_answers() {
    let stage = stage(&[]);
    ini(&stage, INI);
    let cell = stage.open();
    assert_eq!((id_of(&cell).await.as_str(), cell.source_name()), ("STS.ini", "ini"));
    cli(&stage, CLI);
    let cell = stage.open();
    assert_eq!((id_of(&cell).await.as_str(), cell.source_name()), ("STS.cli", "cli"));
    let told = told(&stage).await;
    assert!(told.contains(&"cli +".to_owned()) && told.contains(&"ini =".to_owned()), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_environment_is_before_every_file() {
    let stage = stage(&KEY);
    cli(&stage, CLI);
    assert_eq!(id_of(&stage.open()).await, "LTAI5tFAKEenv");
    let told = told(&stage).await;
    assert_eq!(told[0], "environment triple: the AccessKey of the environment has no security token");
    assert!(
        told[1].starts_with("oidc: not set: role_arn (ALIBABA_CLOUD_ROLE_ARN), oidc_provider_arn"),
        "{}",
        told[1]
    );
    assert_eq!(told[2..4], ["environment AccessKey +", "cli ="]);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_environment_assumes_the_role_that_a_variable_names() {
    let mut stage = stage(&KEY);
    stage.variables.push(("ALIBABA_CLOUD_ROLE_ARN", ROLE.to_owned()));
    assert!(id_of(&stage.open()).await.starts_with("STS.0"));
    let call = stage.cloud.calls().remove(0);
    assert_eq!(parameter(&call.target, "AccessKeyId").as_deref(), Some("LTAI5tFAKEenv"));
    assert_eq!(parameter(&call.body, "RoleArn").as_deref(), Some(ROLE));
    // Steps that are written are what is meant, and all that is.
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| {
        assert!(parameter(&seen.body, "RoleArn").unwrap().ends_with("/own"));
        let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
        Reply::answer(200, credential_json("own", "STS.own", now + 900))
    });
    stage.role("default", RoleConfig { assume: vec![step("own")], ..RoleConfig::default() });
    assert_eq!(id_of(&stage.open()).await, "STS.own");
    // A triple is a session already, and stays what it is.
    stage.variables.push(("ALIBABA_CLOUD_SECURITY_TOKEN", "canary-token".to_owned()));
    stage.role("default", RoleConfig::default());
    assert_eq!(id_of(&stage.open()).await, "LTAI5tFAKEenv");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_there_and_fails_is_an_error_and_nobody_steps_in() {
    for broken in [
        "{",
        r#"{"current":"gone","profiles":[{"name":"x"}]}"#,
        r#"{"current":"c","profiles":[{"name":"c","mode":"RamRoleArn"}]}"#,
    ] {
        let stage = stage(&[]);
        ini(&stage, INI);
        cli(&stage, broken);
        let cell = stage.open();
        assert_eq!(cell.wait().await.unwrap_err().code(), "credentials_refused", "{broken}");
        // Mended by whoever it belongs to.
        cli(&stage, CLI);
        stage.until(stage.clock.elapsed().as_secs_f64() + 1.5).await;
        assert_eq!(id_of(&cell).await, "STS.cli");
    }
    let stage = stage(&[("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI1")]);
    cli(&stage, CLI);
    let refusal = stage.open().wait().await.unwrap_err();
    assert!(refusal.to_string().contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_nobody_has_filled_in_is_no_profile() {
    for blank in [
        r#"{"current":"default","profiles":[{"name":"default","mode":"AK","access_key_id":"","access_key_secret":"","region_id":""}]}"#,
        r#"{"current":"","profiles":[],"meta_path":""}"#,
        r#"{"current":"default","profiles":[{"name":"default","mode":""}]}"#,
    ] {
        let stage = stage(&[]);
        cli(&stage, blank);
        ini(&stage, INI);
        assert_eq!(id_of(&stage.open()).await, "STS.ini", "{blank}");
        assert!(told(&stage).await[3].ends_with("has no profile with anything in it"));
    }
}

#[tokio::test(start_paused = true)]
async fn whom_we_sign_as_does_not_change_by_itself() {
    let stage = stage(&[]);
    ini(&stage, INI);
    let cell = stage.open();
    let first = cell.wait().await.unwrap();
    cli(&stage, CLI);
    std::fs::remove_file(stage.token.0.join(".alibabacloud/credentials")).unwrap();
    // The cloud rejects it, and its source is gone: the other profile is somebody else's.
    assert!(cell.renew(first.generation()).await.is_none());
    let failure = cell.status(&stage.clock.now()).failure.unwrap();
    assert_eq!(failure.code(), "profile_unreadable", "{failure}");
}

#[tokio::test(start_paused = true)]
async fn while_nothing_was_found_a_file_that_comes_is_found_within_a_second() {
    let stage = stage(&[]);
    let cell = stage.open();
    let refusal = cell.wait().await.unwrap_err();
    assert_eq!(refusal.code(), "no_credentials");
    assert!(refusal.to_string().contains("aliyun configure"), "{refusal}");
    stage.until(30.0).await;
    ini(&stage, INI);
    stage.until(31.5).await;
    assert_eq!(cell.live(&stage.clock.now()).unwrap().access_key().unwrap().id().as_str(), "STS.ini");
}

#[tokio::test(start_paused = true)]
async fn the_clis_file_is_passed_over_where_a_variable_says_so() {
    for variable in ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"] {
        for (value, id) in [("TRUE", "STS.ini"), ("1", "STS.cli")] {
            let mut stage = stage(&[]);
            stage.variables.push((variable, value.to_owned()));
            cli(&stage, CLI);
            ini(&stage, INI);
            assert_eq!(id_of(&stage.open()).await, id, "{variable}={value}");
            // Whoever names the file in the settings means it.
            let config_file = Some(stage.token.0.join(".aliyun/config.json"));
            stage.role("default", RoleConfig { config_file, ..RoleConfig::default() });
            assert_eq!(id_of(&stage.open()).await, "STS.cli");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_credentials_uri_is_asked_when_nothing_before_it_is_there() {
    let mut stage = stage(&[]);
    stage.variables.push(("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/canary".to_owned()));
    stage.cloud.play(|seen| {
        assert_eq!(seen.target, "/canary");
        Reply::answer(
            200,
            r#"{"Code":"Success","AccessKeyId":"STS.uri","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2027-01-15T09:00:00Z"}"#,
        )
    });
    let cell = stage.open();
    assert_eq!((id_of(&cell).await.as_str(), cell.source_name()), ("STS.uri", "uri"));
    assert_eq!(told(&stage).await[6], "uri +");
    ini(&stage, INI);
    assert_eq!(id_of(&stage.open()).await, "STS.ini");
    stage.variables.pop();
    assert_eq!(told(&stage).await[6], "uri: ALIBABA_CLOUD_CREDENTIALS_URI is not set");
}

#[tokio::test(start_paused = true)]
async fn a_role_whose_settings_name_its_source_has_no_chain() {
    let mut stage = stage(&KEY);
    stage.role("named", RoleConfig { source: SourceConfig::Environment, ..RoleConfig::default() });
    let credentials = stage.try_open().unwrap();
    assert_eq!(credentials.chain(&RoleName::new("named")).await, None);
    assert!(credentials.chain(&RoleName::new("default")).await.is_some());
}
