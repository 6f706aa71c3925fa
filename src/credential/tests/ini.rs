//! Profiles of the SDKs' ini file: what each type leads to, and what a file that is not as it should be is told.

use super::*;

/// One section a type, as the SDKs document them.
const ALL: &str = include_str!("../../../tests/data/profiles/credentials");

/// A role that takes a section of a file with this text.
fn stage_with(text: &str, profile: Option<&str>) -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let file = stage.token.0.join("credentials");
    std::fs::write(&file, text.replace("TOKEN-FILE", &stage.token.path().display().to_string())).unwrap();
    let (profile, credentials_file) = (profile.map(str::to_owned), Some(file));
    let config = RoleConfig { source: SourceConfig::Ini, profile, credentials_file, ..RoleConfig::default() };
    stage.role("default", config);
    stage
}

async fn taken(stage: &Stage) -> (String, Option<String>) {
    let credential = stage.open().wait().await.unwrap();
    let key = credential.access_key().unwrap();
    (key.id().as_str().to_owned(), key.security_token().map(|token| token.expose().to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_pair_and_a_triple_stand_in_the_file() {
    assert_eq!(taken(&stage_with(ALL, None)).await, ("LTAI5tFAKEini".to_owned(), None));
    let (id, token) = taken(&stage_with(ALL, Some("p_sts"))).await;
    assert_eq!((id.as_str(), token.as_deref()), ("STS.NFAKEini", Some("CAISini")));
    let mut stage = stage_with(ALL, None);
    stage.variables.push(("ALIBABA_CLOUD_PROFILE", "p_hash".to_owned()));
    assert_eq!(taken(&stage).await.0, "LTAI5tFAKEhash");
}

#[tokio::test(start_paused = true)]
async fn a_hash_or_a_semicolon_in_a_value_is_a_part_of_it() {
    let text = "# first\n\n; second\r\n[default] ; third\r\nTYPE=sts\n  access_key_id =  STS.x  \naccess_key_secret = a#b;c=d\nsecurity_token=t#u ; v";
    let error = stage_with(text, None).failure().await;
    assert_eq!(error.code(), "profile_malformed", "a token with spaces in it is none: {error}");
    let text = text.replace("t#u ; v", "t#u;v");
    assert_eq!(taken(&stage_with(&text, None)).await.1.as_deref(), Some("t#u;v"));
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_and_a_token_exchanged_as_the_section_says() {
    let stage = stage_with(ALL, Some("p_arn"));
    taken(&stage).await;
    let call = stage.cloud.calls().remove(0);
    assert_eq!(parameter(&call.target, "AccessKeyId").unwrap(), "LTAI5tFAKEini0002");
    assert_eq!(parameter(&call.body, "RoleArn").as_deref(), Some(ROLE));
    assert_eq!(parameter(&call.body, "RoleSessionName").as_deref(), Some("ss"));
    assert_eq!(parameter(&call.body, "Policy").as_deref(), Some(r#"{"Version":"1","Statement":[]}"#));
    assert_eq!(parameter(&call.body, "DurationSeconds").as_deref(), Some("3600"));
    let stage = stage_with(ALL, Some("p_oidc"));
    taken(&stage).await;
    let call = stage.cloud.calls().remove(0);
    assert_eq!(parameter(&call.body, "OIDCToken").as_deref(), Some(TokenFile::TOKEN));
}

#[tokio::test(start_paused = true)]
async fn either_file_below_home_is_found_and_the_first_is_taken() {
    let mut stage = Stage::with_variables(&[]);
    stage.role("default", RoleConfig { source: SourceConfig::Ini, ..RoleConfig::default() });
    let home = stage.token.0.clone();
    stage.variables.push(("HOME", home.display().to_string()));
    std::fs::create_dir(home.join(".alibabacloud")).unwrap();
    assert_eq!(stage.failure().await.code(), "profile_unreadable");
    let text = |id: &str| format!("[default]\ntype=access_key\naccess_key_id={id}\naccess_key_secret=s\n");
    std::fs::write(home.join(".alibabacloud/credentials.ini"), text("second")).unwrap();
    assert_eq!(taken(&stage).await.0, "second");
    std::fs::write(home.join(".alibabacloud/credentials"), text("first")).unwrap();
    assert_eq!(taken(&stage).await.0, "first");
    std::fs::write(home.join("other"), text("named")).unwrap();
    stage.variables.push(("ALIBABA_CLOUD_CREDENTIALS_FILE", home.join("other").display().to_string()));
    assert_eq!(taken(&stage).await.0, "named");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_used_and_what_is_not_whole_is_told_apart() {
    let long = format!(
        "[default]\ntype=sts\naccess_key_id=x\naccess_key_secret=s\nsecurity_token={}",
        "t".repeat(9_000)
    );
    for (text, profile, code, words) in [
        (ALL, Some("p_bearer"), "profile_not_taken", "signs nothing"),
        (ALL, Some("p_rsa"), "profile_not_taken", "use a RAM role"),
        (ALL, Some("nowhere"), "profile_missing", "no such profile"),
        ("", None, "profile_missing", "no such profile"),
        ("[default]\n", None, "profile_incomplete", "type"),
        ("[default]\ntype = magic\n", None, "profile_not_taken", "\"magic\""),
        (
            "[default]\ntype = sts\naccess_key_id = x\naccess_key_secret = s\n",
            None,
            "profile_incomplete",
            "security_token",
        ),
        ("[default]\nenable = false\ntype = access_key\n", None, "profile_not_taken", "enable"),
        (
            "[default]\ntype = access_key\naccess_key_id = a/b\naccess_key_secret = canary\n",
            None,
            "profile_malformed",
            "access_key_id",
        ),
        (long.as_str(), None, "profile_malformed", "security_token"),
        ("[default]\ntype = access_key\naccess_key_id", None, "profile_not_ini", "line 3"),
        ("[default\ntype = access_key", None, "profile_not_ini", "line 1"),
        ("[default] type = x", None, "profile_not_ini", "line 1"),
        ("<html>", None, "profile_not_ini", "line 1"),
        ("{\"current\":\"default\"}", None, "profile_not_json", "config_file"),
        (&"x".repeat((1 << 20) + 1), None, "profile_too_long", "longer"),
    ] {
        let error = stage_with(text, profile).failure().await;
        assert!(error.code() == code && error.to_string().contains(words), "{code}: {error}");
        assert_eq!(error.class(), Class::Permanent);
    }
    let stage = stage_with("", None);
    std::fs::write(stage.token.0.join("credentials"), b"[default]\ntype = \xff\n").unwrap();
    assert_eq!(stage.failure().await.code(), "profile_not_ini");
}
