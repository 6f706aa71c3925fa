//! A credentials URI: what is taken, when it is asked again, and what goes wrong there.

use super::matrix::{self, Right};
use super::*;

const URL: &str = "http://127.0.0.1:9120/v1/canary-path?x=1";
/// An hour after the clock of these tests begins.
const BODY: &str = r#"{"Code":"Success","AccessKeyId":"STS.NFAKE0001","AccessKeySecret":"canary-secret",
    "SecurityToken":"canary-token+/=","Expiration":"2027-01-15T09:00:00Z"}"#;

fn stage() -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let uri = Some(CredentialsUri::parse(URL).unwrap());
    stage.role("default", RoleConfig { source: SourceConfig::Uri(uri), ..RoleConfig::default() });
    stage
}

#[tokio::test(start_paused = true)]
async fn the_uri_is_asked_as_it_was_written_and_its_answer_taken_whole() {
    let stage = stage();
    stage.cloud.play(|_| Reply::answer(200, BODY));
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    let key = credential.access_key().unwrap();
    assert_eq!(key.id().as_str(), "STS.NFAKE0001");
    assert_eq!(key.security_token().map(|token| token.expose()), Some("canary-token+/="));
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(3_600));
    let [call] = &stage.cloud.calls()[..] else { panic!("one call") };
    assert_eq!((call.host.as_str(), call.target.as_str()), ("127.0.0.1:9120", "/v1/canary-path?x=1"));
    assert!(call.method == Method::Get && call.headers.is_empty() && call.body.is_empty());
    assert_eq!(cell.source_name(), "uri");
}

#[tokio::test(start_paused = true)]
async fn the_variable_names_it_where_the_settings_do_not() {
    let mut stage = Stage::with_variables(&[("ALIBABA_CLOUD_CREDENTIALS_URI", "https://broker.example/c")]);
    stage.role("default", RoleConfig { source: SourceConfig::Uri(None), ..RoleConfig::default() });
    stage.cloud.play(|_| Reply::answer(200, BODY));
    stage.open().wait().await.unwrap();
    assert_eq!(stage.cloud.calls()[0].host, "broker.example");

    stage.variables.clear();
    let refusal = stage.open().wait().await.unwrap_err();
    assert_eq!(refusal.code(), "no_credentials");
    assert!(refusal.to_string().contains("ALIBABA_CLOUD_CREDENTIALS_URI"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn every_form_that_a_server_may_choose_is_taken() {
    for (what, body) in [
        ("as another client's server writes it", include_str!("data/credentials_uri.json").to_owned()),
        ("no Code", BODY.replace("\"Code\":\"Success\",", "")),
        ("milliseconds", BODY.replace("09:00:00Z", "09:00:00.123Z")),
        ("further members", BODY.replace("{", "{\"Arn\":{\"x\":[1]},")),
    ] {
        let stage = stage();
        stage.cloud.play(move |_| Reply::answer(200, body.as_str()));
        assert!(stage.open().wait().await.is_ok(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_without_an_end_is_asked_for_again_after_a_quarter_of_an_hour_and_served_meanwhile() {
    let without = BODY.replace(",\n    \"SecurityToken\"", ",\"SecurityToken\"");
    let at = without.find(",\"Expiration\"").unwrap();
    let without = format!("{}}}", &without[..at]);
    for body in [without, BODY.replace("2027-01-15T09:00:00Z", "")] {
        let stage = stage();
        let mut count = 0;
        stage.cloud.play(move |_| {
            count += 1;
            if count < 3 { Reply::answer(200, body.as_str()) } else { Reply::unreachable() }
        });
        let cell = stage.open();
        assert!(cell.wait().await.unwrap().life().is_none());
        stage.until(899.0).await;
        assert_eq!(stage.cloud.count(), 1);
        stage.until(901.0).await;
        assert_eq!(stage.cloud.count(), 2);
        stage.until(4_000.0).await;
        assert!(cell.live(&stage.clock.now()).is_some() && stage.cloud.count() > 2, "until it is refused");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_credential_again_is_no_failure_and_the_next_one_is_taken_within_minutes() {
    let stage = stage();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| match clock.elapsed().as_secs() {
        ..3_100 => Reply::answer(200, BODY),
        _ => Reply::answer(200, BODY.replace("0001", "0002").replace("09:00:00", "10:00:00")),
    });
    let cell = stage.open();
    cell.wait().await.unwrap();
    stage.until(3_095.0).await;
    let asked = stage.cloud.count();
    assert!((2..=6).contains(&asked), "{asked}");
    stage.until(3_100.0 + 361.0).await;
    let credential = cell.live(&stage.clock.now()).unwrap();
    assert_eq!(credential.access_key().unwrap().id().as_str(), "STS.NFAKE0002");
    assert_eq!(stage.ear.heard("no new credential"), 0);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_there_is_told_with_what_to_do() {
    let right = Right {
        body: BODY,
        needed: "AccessKeySecret",
        token: "canary-token+/=",
        end: Some("2027-01-15T09:00:00Z"),
    };
    matrix::run(&right, stage, |_| None).await;
}

#[tokio::test(start_paused = true)]
async fn a_credential_with_another_status_or_code_is_not_used_and_not_told() {
    let failed = BODY.replace("Success", "AssumeRoleUnauthorized");
    for (status, body, class, says) in [
        (201, BODY, Class::Permanent, "http://127.0.0.1:9120 answered 201 with Success; check the path"),
        (204, "", Class::Permanent, "answered 204; check the path"),
        (
            403,
            include_str!("data/credentials_uri.403.json"),
            Class::Permanent,
            "403 with Forbidden; check the path",
        ),
        (404, "canary", Class::Permanent, "404; check the path"),
        (408, "", Class::Passing, "408; wait"),
        (429, "", Class::Throttled, "429; wait"),
        (
            503,
            include_str!("data/credentials_uri.503.json"),
            Class::Passing,
            "503 with ServiceUnavailable; wait",
        ),
        (200, &failed, Class::Permanent, "200 with AssumeRoleUnauthorized; look into the log"),
    ] {
        let stage = stage();
        let body = body.to_owned();
        stage.cloud.play(move |_| Reply::answer(status, body.as_str()));
        let cell = stage.open();
        stage.until(0.1).await;
        let failure = cell.status(&stage.clock.now()).failure.unwrap();
        let text = failure.to_string();
        assert_eq!((failure.class(), failure.code()), (class, "refused"), "{text}");
        assert!(text.contains(says) && !text.contains("canary"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_patience_is_given_it() {
    let stage = stage();
    stage.cloud.play(|_| Reply::answer(503, "").with(|answer| answer.retry_after = Some("20".to_owned())));
    let _cell = stage.open();
    stage.until(19.0).await;
    assert_eq!(stage.cloud.count(), 1);
    stage.until(52.0).await;
    assert!(stage.cloud.count() >= 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_shortens_no_life_where_tls_proves_whose_date_it_is() {
    // Their clock: 20 minutes to go. Ours: an hour.
    let date = http_date(1_800_000_000 + 2_400);
    for (url, length) in [("https://127.0.0.1:9120/x", 1_200), ("http://127.0.0.1:9120/x", 3_600)] {
        let mut stage = stage();
        let uri = Some(CredentialsUri::parse(url).unwrap());
        stage.role("default", RoleConfig { source: SourceConfig::Uri(uri), ..RoleConfig::default() });
        let date = date.clone();
        stage.cloud.play(move |_| Reply::answer(200, BODY).with(|answer| answer.date = Some(date.clone())));
        let credential = stage.open().wait().await.unwrap();
        assert_eq!(credential.life().unwrap().length(), Duration::from_secs(length), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_uri_that_is_none_or_leads_back_here_is_a_mistake_of_the_settings() {
    let role = RoleName::new("default");
    let own = "http://127.0.0.1:9110/canary";
    let place = Place::parse(own).unwrap().0;
    const NAME: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
    for (configured, variable, expected) in [
        (Some(own), None, BadRole::OwnListener(role.clone(), place.clone(), None)),
        (None, Some(own), BadRole::OwnListener(role.clone(), place, Some(NAME))),
        (None, Some("unix:/run/x"), BadRole::BadVariable(role.clone(), NAME)),
        (None, Some("http://user:canary@127.0.0.1/"), BadRole::BadVariable(role, NAME)),
    ] {
        let variables: Vec<_> = variable.map(|value| (NAME, value)).into_iter().collect();
        let mut stage = Stage::with_variables(&variables);
        let uri = configured.map(|url| CredentialsUri::parse(url).unwrap());
        stage.role("default", RoleConfig { source: SourceConfig::Uri(uri), ..RoleConfig::default() });
        let mistakes = stage.try_open().unwrap_err();
        let text = mistakes[0].to_string();
        assert!(!text.contains("canary") && !format!("{mistakes:?}").contains("canary"), "{text}");
        assert_eq!(mistakes, [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_cannot_be_told_from_there() {
    let mut stage = stage();
    let source = SourceConfig::Uri(Some(CredentialsUri::parse(URL).unwrap()));
    let accounts = vec!["1000000000000001".to_owned()];
    stage.role("default", RoleConfig { source, accounts, ..RoleConfig::default() });
    assert_eq!(stage.try_open().unwrap_err(), [BadRole::UnknownAccount(RoleName::new("default"))]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_no_credential_has_is_believed_for_the_longest_session_and_a_little() {
    let stage = stage();
    stage.cloud.play(|_| Reply::answer(200, BODY.replace("2027-", "2099-")));
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(12 * 3_600 + 300));
}
