//! Profiles of the aliyun CLI that a human has logged in for, and those that ask a URI.

use super::*;

/// 2027-01-15T08:00:00Z, the tests' now, and an hour later.
const NOW: i64 = 1_800_000_000;
const SSO: &str = r#""mode":"CloudSSO","cloud_sso_sign_in_url":"https://signin-cn-shanghai.alibabacloudsso.com/start/login","cloud_sso_account_id":"1000000000000001","cloud_sso_access_config":"ac-1","access_token":"canary-access""#;
const OAUTH: &str = r#""mode":"OAuth","oauth_site_type":"INTL","oauth_access_token":"canary-access","oauth_refresh_token":"canary-refresh""#;
const TRIPLE: &str = r#""access_key_id":"STS.file","access_key_secret":"canary","sts_token":"canary-t""#;

fn stage(fields: &str) -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let file = stage.token.0.join("config.json");
    std::fs::write(&file, format!(r#"{{"current":"p","profiles":[{{"name":"p",{fields}}}]}}"#)).unwrap();
    let config = RoleConfig { source: SourceConfig::Cli, config_file: Some(file), ..RoleConfig::default() };
    stage.role("default", config);
    stage
}

async fn id_of(stage: &Stage) -> String {
    stage.open().wait().await.unwrap().access_key().unwrap().id().as_str().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_access_token_of_a_login_brings_a_triple_and_the_refresh_token_is_never_used() {
    let sso = r#"{"CloudCredential":{"AccessKeyId":"STS.sso","AccessKeySecret":"canary","SecurityToken":"t","Expiration":"2027-01-15T09:00:00Z"},"RequestId":"R"}"#;
    let oauth = r#"{"requestId":"R","accessKeyId":"STS.oauth","accessKeySecret":"canary","securityToken":"t","expiration":"2027-01-15T09:00:00Z"}"#;
    for (fields, expire, answer, id, host, target, body) in [
        (
            SSO,
            "cloud_sso_access_token_expire",
            sso,
            "STS.sso",
            "signin-cn-shanghai.alibabacloudsso.com",
            "/cloud-credentials",
            r#"{"AccessConfigurationId":"ac-1","AccountId":"1000000000000001"}"#,
        ),
        (
            OAUTH,
            "oauth_access_token_expire",
            oauth,
            "STS.oauth",
            "oauth.alibabacloud.com",
            "/v1/exchange",
            "",
        ),
    ] {
        let stage =
            stage(&format!(r#"{fields},"{expire}":{},{TRIPLE},"sts_expiration":{}"#, NOW + 3_600, NOW + 200));
        stage.cloud.play(move |_| Reply::answer(200, answer));
        assert_eq!(id_of(&stage).await, id);
        let call = stage.cloud.calls().remove(0);
        assert_eq!((call.host.as_str(), call.target.as_str(), call.body.as_str()), (host, target, body));
        assert_eq!(call.header("authorization"), Some("Bearer canary-access"));
        assert!(!format!("{call:?}").contains("canary-refresh"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_triple_that_lives_is_taken_without_asking_anybody() {
    for (fields, left) in [(SSO, 3_600), (OAUTH, 400)] {
        let stage = stage(&format!(r#"{fields},{TRIPLE},"sts_expiration":{}"#, NOW + left));
        let credential = stage.open().wait().await.unwrap();
        assert_eq!(credential.life().unwrap().length().as_secs(), left.unsigned_abs());
        assert_eq!(stage.cloud.count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_little_is_left_of_a_triple_is_used_where_no_other_is_to_be_had() {
    for (fields, status) in [(SSO, 403), (SSO, 502), (OAUTH, 401), (OAUTH, 503)] {
        let stage = stage(&format!(r#"{fields},{TRIPLE},"sts_expiration":{}"#, NOW + 200));
        stage.cloud.play(move |_| Reply::answer(status, ""));
        let credential = stage.open().wait().await.unwrap();
        assert_eq!(credential.access_key().unwrap().id().as_str(), "STS.file", "{status}");
        assert_eq!((credential.life().unwrap().length().as_secs(), stage.cloud.count()), (200, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn no_login_mends_that_a_configuration_is_not_assigned() {
    let stage = stage(SSO);
    let body = r#"{"ErrorCode":"NoPermission","ErrorMessage":"m","RequestId":"R-1"}"#;
    stage.cloud.play(move |_| Reply::answer(403, body));
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused", "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_over_asks_for_a_new_one_by_its_command() {
    let over = |fields: &str, expire: &str| {
        format!(r#"{fields},"{expire}":{},{TRIPLE},"sts_expiration":{}"#, NOW - 1, NOW - 1)
    };
    for (fields, status, calls) in [
        (over(SSO, "cloud_sso_access_token_expire"), 200, 0),
        (over(OAUTH, "oauth_access_token_expire"), 200, 0),
        (SSO.to_owned(), 401, 1),
        (OAUTH.to_owned(), 403, 1),
        (SSO.replace("\"access_token\"", "\"other\""), 200, 0),
    ] {
        let stage = stage(&fields);
        stage.cloud.play(move |_| Reply::refusal(status, "InvalidAccessToken"));
        let refusal = stage.open().wait().await.unwrap_err();
        let text = refusal.to_string();
        assert_eq!((refusal.code(), stage.cloud.count()), ("login_required", calls), "{fields}");
        assert!(
            text.contains("`aliyun configure`")
                && text.contains("`countersign login`")
                && !text.contains("canary"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_whole_is_not_used() {
    let whole = r#"{"accessKeyId":"STS.x","accessKeySecret":"s","securityToken":"t","expiration":"2027-01-15T09:00:00Z"}"#;
    for (answer, code) in [
        (String::new(), "not_json"),
        ("<html>".to_owned(), "not_json"),
        (whole[..60].to_owned(), "not_json"),
        (whole.replace("\"s\"", "\"\""), "incomplete"),
        (whole.replace("\"t\"", "\"a\\r\\nX: 1\""), "malformed_credential"),
        (whole.replace("T09", "T07"), "source_expired"),
        ("x".repeat(65_537), "answer_too_long"),
    ] {
        let stage = stage(OAUTH);
        let told = answer.clone();
        stage.cloud.play(move |_| Reply::answer(200, told.clone()));
        let cell = stage.open();
        stage.until(stage.clock.elapsed().as_secs_f64() + 0.1).await;
        assert_eq!(
            cell.status(&stage.clock.now()).failure.expect("it fails").code(),
            code,
            "{}",
            answer.len()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_uri_of_a_profile_is_asked() {
    let fields = r#""mode":"CredentialsURI","credentials_uri":"http://127.0.0.1:8080/?user=dev""#;
    let stage = stage(fields);
    stage.cloud.play(|seen| {
        assert_eq!((seen.host.as_str(), seen.target.as_str()), ("127.0.0.1:8080", "/?user=dev"));
        Reply::answer(200, r#"{"Code":"Success","AccessKeyId":"STS.uri","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2027-01-15T09:00:00Z"}"#)
    });
    assert_eq!(id_of(&stage).await, "STS.uri");
}
