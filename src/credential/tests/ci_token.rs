//! OIDC tokens of CI platforms: where each is asked for, and what is done when it has ended.

use super::matrix::{self, Right};
use super::*;

const URL: (&str, &str) =
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.example/x/idtoken?api-version=2.0");
const PROOF: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary-proof");
const PROVIDER: &str = "acs:ram::1000000000000001:oidc-provider/ci";
const ISSUED: &str = r#"{"count":1,"value":"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjIwODI3NjIwMDB9.canary-jwt"}"#;

fn role(token: CiToken) -> RoleConfig {
    RoleConfig {
        source: SourceConfig::Oidc,
        role_arn: RoleArn::parse(ROLE),
        oidc_provider_arn: crate::names::OidcProviderArn::parse(PROVIDER),
        oidc_token: Some(token),
        ..RoleConfig::default()
    }
}

fn github(audience: Option<&str>) -> CiToken {
    CiToken::GitHub { audience: audience.map(Into::into) }
}

fn stage() -> Stage {
    let mut stage = Stage::with_variables(&[URL, PROOF]);
    stage.role("default", role(github(None)));
    stage
}

/// GitHub issues, STS grants.
fn play(stage: &Stage, seconds: i64) {
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| match seen.host.as_str() {
        "pipelines.example" => Reply::answer(200, ISSUED),
        _ => grant(&clock, seconds),
    });
}

#[tokio::test(start_paused = true)]
async fn a_token_of_github_is_asked_for_at_each_exchange_with_the_jobs_own_proof() {
    for (audience, target) in [
        (None, "/x/idtoken?api-version=2.0"),
        (Some("sts.aliyuncs.com"), "/x/idtoken?api-version=2.0&audience=sts.aliyuncs.com"),
        (Some("https://a/b&c"), "/x/idtoken?api-version=2.0&audience=https%3A%2F%2Fa%2Fb%26c"),
    ] {
        let mut stage = stage();
        stage.role("default", role(github(audience)));
        play(&stage, 3_600);
        let cell = stage.open();
        cell.wait().await.unwrap();
        stage.until(3_000.0).await;
        let calls = stage.cloud.calls();
        assert_eq!(calls.len(), 4, "one token an exchange");
        for pair in calls.chunks(2) {
            assert_eq!((pair[0].host.as_str(), pair[0].target.as_str()), ("pipelines.example", target));
            assert_eq!(
                (pair[0].method, pair[0].header("authorization")),
                (Method::Get, Some("Bearer canary-proof"))
            );
            assert_eq!(parameter(&pair[1].body, "OIDCToken").as_deref(), Some(TokenFile::TOKEN));
            assert_eq!(parameter(&pair[1].body, "OIDCProviderArn").as_deref(), Some(PROVIDER));
            assert!(pair[1].header("authorization").is_none() && !pair[1].target.contains("canary"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_at_github_is_told_with_what_to_do() {
    let token = TokenFile::TOKEN;
    let right = Right { body: ISSUED, needed: "value", token, end: None };
    let clock = TestClock::new();
    let others = move |seen: &Seen| (seen.host != "pipelines.example").then(|| grant(&clock, 3_600));
    matrix::run(&right, stage, others).await;
}

#[tokio::test(start_paused = true)]
async fn what_github_says_no_with_is_told() {
    let stage = stage();
    stage.cloud.play(|_| Reply::answer(403, r#"{"Code":"canary"}"#));
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused");
    let text = refusal.to_string();
    assert!(
        text.contains("403; give the job `permissions: id-token: write`") && !text.contains("canary"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn outside_of_a_job_it_is_said_what_is_missing_and_a_bad_variable_is_named() {
    for (variables, code, says) in [
        (&[][..], "no_credentials", "id-token: write"),
        (&[URL][..], "no_credentials", "id-token: write"),
        (
            &[("ACTIONS_ID_TOKEN_REQUEST_URL", "x"), PROOF],
            "credentials_refused",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
        ),
        (
            &[URL, ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary\r\nX: 1")],
            "credentials_refused",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        ),
    ] {
        let mut stage = Stage::with_variables(variables);
        stage.role("default", role(github(None)));
        let refusal = stage.open().wait().await.unwrap_err();
        let text = refusal.to_string();
        assert!(refusal.code() == code && text.contains(says) && !text.contains("canary"), "{text}");
        assert_eq!(stage.cloud.count(), 0);
    }
}

/// A token that ends at this second.
fn ending(at: u64) -> String {
    let claims = data_encoding::BASE64URL_NOPAD.encode(format!("{{\"exp\":{at}}}").as_bytes());
    format!("eyJhbGciOiJSUzI1NiJ9.{claims}.canary")
}

fn with_variable(value: Option<&str>) -> Stage {
    let mut stage =
        Stage::with_variables(&value.map(|value| ("CI_TOKEN", value)).into_iter().collect::<Vec<_>>());
    stage.role("default", role(CiToken::Variable("CI_TOKEN".into())));
    stage
}

#[tokio::test(start_paused = true)]
async fn a_token_in_a_variable_is_used_until_it_ends_and_then_it_is_said_what_to_do() {
    let token = ending(WALL + 3_000);
    let stage = with_variable(Some(&format!("{token}\n")));
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    assert_eq!(parameter(&stage.cloud.calls()[0].body, "OIDCToken").as_deref(), Some(token.as_str()));
    stage.until(2_900.0).await;
    assert_eq!(stage.cloud.count(), 2, "the token lives, and so it is exchanged again");
    assert!(cell.live(&stage.clock.now()).unwrap().generation() > first);
    stage.until(2_900.0 + 3_700.0).await;
    assert_eq!(stage.cloud.count(), 2, "a token that has ended is not sent");
    let refusal = cell.wait().await.unwrap_err();
    assert_eq!(refusal.code(), "login_required");
    let text = refusal.to_string();
    assert!(
        text.contains("the OIDC token in CI_TOKEN has ended") && text.contains("start countersign again"),
        "{text}"
    );
    assert!(!text.contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn when_sts_says_that_a_variables_token_has_ended_that_is_believed() {
    let stage = with_variable(Some(&ending(WALL + 3_000)));
    stage.cloud.play(|_| Reply::refusal(401, "AuthenticationFail.OIDCToken.Expired"));
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!((refusal.code(), stage.cloud.count()), ("login_required", 1));
}

#[tokio::test(start_paused = true)]
async fn a_variable_without_a_token_is_named() {
    let long = format!("a.b.{}", "c".repeat(20_000));
    for value in [None, Some("canary"), Some("a.b"), Some("a.b.c d"), Some("a.b.c\r\nX: 1"), Some(&long)] {
        let refusal = with_variable(value).open().wait().await.unwrap_err();
        let text = refusal.to_string();
        assert_eq!(refusal.code(), "login_required");
        assert!(
            text.contains("CI_TOKEN") && text.contains("id_tokens") && !text.contains("canary"),
            "{text}"
        );
    }
}
