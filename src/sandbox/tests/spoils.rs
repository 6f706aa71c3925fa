//! What carries a credential, wrong in every way; and what has an address of its own, slow, throttled and down.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{Read, Visit};
use super::plain::{listener, send, try_send};
use crate::sandbox::{Counterpart, CredentialsUri, Failure, Metadata, News, Spoil, Vault};

const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const ROLE: &str = "/latest/meta-data/ram/security-credentials/App";

async fn uri(visit: &Visit) -> Counterpart<CredentialsUri> {
    visit.sandbox.credentials_uri(listener().await, CredentialsUri::new("/c", "reader")).unwrap()
}

async fn get<R>(room: &Counterpart<R>, path: &str) -> Read {
    send(room.address(), &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await
}

/// The answer of a credentials URI, spoilt.
async fn spoilt(visit: &Visit, uri: &Counterpart<CredentialsUri>, spoil: Spoil) -> Read {
    visit.sandbox.faults().spoil("uri", spoil, Some(1));
    get(uri, "/c").await
}

#[tokio::test]
async fn an_answer_is_wrong_as_a_whole() {
    let visit = Visit::new().await;
    let uri = uri(&visit).await;
    let whole = get(&uri, "/c").await;
    let page = spoilt(&visit, &uri, Spoil::Html).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (502, "text/html;charset=utf-8"));
    let half = spoilt(&visit, &uri, Spoil::Truncated).await;
    assert!(
        half.status == 200 && half.body.len() == whole.body.len() / 2 && whole.body.starts_with(&half.body)
    );
    assert_eq!(spoilt(&visit, &uri, Spoil::Empty).await.body.len(), 0);
    let huge = spoilt(&visit, &uri, Spoil::Huge).await;
    assert!(huge.body.len() == 65_537 && huge.json() == whole.json());
    let nested = spoilt(&visit, &uri, Spoil::Nested).await;
    assert!(nested.body.len() == 65_536 && nested.body.iter().all(|byte| *byte == b'['));
    let redirect = spoilt(&visit, &uri, Spoil::Redirect).await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (302, "/followed"));
    visit.sandbox.faults().spoil("uri", Spoil::Cut, Some(1));
    assert!(try_send(uri.address(), "GET /c HTTP/1.1\r\nHost: a\r\n\r\n").await.is_none());
    // Each was spoilt once.
    assert_eq!(get(&uri, "/c").await.body, whole.body);
}

#[tokio::test]
async fn a_member_of_an_answer_is_wrong() {
    let visit = Visit::new().await;
    let uri = uri(&visit).await;
    let whole = get(&uri, "/c").await.json();
    for (spoil, name, value) in [
        (Spoil::Mistyped, "AccessKeyId", json!(42)),
        (Spoil::Expired, "Expiration", json!("2024-03-07T07:59:05Z")),
        (Spoil::Endless, "Expiration", json!("2099-01-01T00:00:00Z")),
        (Spoil::Unsuccessful, "Code", json!("AssumeRoleUnauthorized")),
        (
            Spoil::LineBreak,
            "SecurityToken",
            json!(format!("{}\r\nX-Injected: 1", whole["SecurityToken"].as_str().unwrap())),
        ),
    ] {
        let mut expected = whole.clone();
        expected[name] = value;
        assert_eq!(spoilt(&visit, &uri, spoil).await.json(), expected, "{spoil}");
    }
    let incomplete = spoilt(&visit, &uri, Spoil::Incomplete).await.json();
    assert_eq!(
        (incomplete.get("AccessKeySecret"), &incomplete["AccessKeyId"]),
        (None, &whole["AccessKeyId"])
    );
    let blank = spoilt(&visit, &uri, Spoil::Blank).await.json();
    assert_eq!((&blank["AccessKeySecret"], &blank["SecurityToken"]), (&json!(""), &Value::Null));
}

#[tokio::test]
async fn every_source_can_be_spoilt_whatever_it_calls_the_members() {
    let visit = Visit::new().await;
    let faults = visit.sandbox.faults();
    let ecs = visit.sandbox.metadata(listener().await, Metadata::new("App")).unwrap();
    faults.spoil("metadata", Spoil::Incomplete, None);
    // What carries no credential stays as it is.
    assert_eq!(get(&ecs, "/latest/meta-data/ram/security-credentials/").await.text(), "App");
    assert_eq!(get(&ecs, ROLE).await.json().get("AccessKeySecret"), None);
    assert!(faults.mend("metadata") && !faults.mend("metadata"));
    assert!(get(&ecs, ROLE).await.json()["AccessKeySecret"].is_string());

    let arn = "acs:ram::1000000000000001:role/reader";
    let vault = visit.sandbox.vault(listener().await, Vault::new("t").sts_role("app", arn)).unwrap();
    let ask = "GET /v1/alicloud/creds/app HTTP/1.1\r\nHost: a\r\nX-Vault-Token: t\r\n\r\n";
    faults.spoil("vault", Spoil::Mistyped, Some(1));
    assert_eq!(send(vault.address(), ask).await.json()["data"]["access_key"], 42);
    faults.spoil("vault", Spoil::Incomplete, Some(1));
    assert_eq!(send(vault.address(), ask).await.json()["data"].get("secret_key"), None);

    let assume = [
        ("Action", "AssumeRole"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("RoleArn", arn),
        ("RoleSessionName", "alice"),
    ];
    faults.spoil("sts", Spoil::AnotherRole, Some(1));
    let answer = visit.rpc(&visit.user(), STS, &assume).await.json();
    let other = "acs:ram::1000000000000001:assumed-role/another/alice";
    assert_eq!(answer["AssumedRoleUser"]["Arn"], other);
    faults.spoil("sts", Spoil::Expired, Some(1));
    let answer = visit.rpc(&visit.user(), STS, &assume).await.json();
    assert_eq!(answer["Credentials"]["Expiration"], "2024-03-07T07:59:05Z");
    faults.spoil("sts", Spoil::Html, Some(1));
    assert_eq!(visit.rpc(&visit.user(), STS, &assume[..2]).await.status, 400);
    // In XML as well, for what is wrong as a whole.
    let xml: Vec<_> = assume.into_iter().filter(|(name, _)| *name != "Format").collect();
    assert_eq!(visit.rpc(&visit.user(), STS, &xml).await.status, 502);

    visit.sandbox.manage_user("ops", None);
    let secret = [
        ("Action", "GetSecretValue"),
        ("Version", "2016-01-20"),
        ("Format", "JSON"),
        ("SecretName", "acs/ram/user/ops"),
    ];
    visit.sandbox.manage_user("weekly", Some(Duration::from_secs(604_800)));
    let weekly = secret.map(|(name, value)| match name {
        "SecretName" => (name, "acs/ram/user/weekly"),
        _ => (name, value),
    });
    faults.spoil("kms", Spoil::LineBreak, Some(1));
    let answer = visit.rpc(&visit.user(), "kms.cn-hangzhou.aliyuncs.com", &weekly).await.json();
    let data: Value = serde_json::from_str(answer["SecretData"].as_str().unwrap()).unwrap();
    assert!(data["AccessKeySecret"].as_str().unwrap().ends_with("\r\nX-Injected: 1"), "{data}");
    for (spoil, date) in [(Spoil::Expired, "2024-03-07T07:59:05Z"), (Spoil::Endless, "2099-01-01T00:00:00Z")]
    {
        faults.spoil("kms", spoil, Some(1));
        let answer = visit.rpc(&visit.user(), "kms.cn-hangzhou.aliyuncs.com", &weekly).await.json();
        assert_eq!(answer["NextRotationDate"], date, "{spoil}");
    }

    faults.spoil("kms", Spoil::Blank, Some(1));
    let answer = visit.rpc(&visit.user(), "kms.cn-hangzhou.aliyuncs.com", &secret).await.json();
    let data: Value = serde_json::from_str(answer["SecretData"].as_str().unwrap()).unwrap();
    assert_eq!(data["AccessKeySecret"], "");
}

#[tokio::test]
async fn what_has_an_address_of_its_own_fails_and_throttles_in_its_own_words() {
    let visit = Visit::new().await;
    let faults = visit.sandbox.faults();
    let uri = uri(&visit).await;
    let vault = visit.sandbox.vault(listener().await, Vault::new("t")).unwrap();
    let ecs = visit.sandbox.metadata(listener().await, Metadata::new("App")).unwrap();
    ["uri", "vault", "metadata"].iter().for_each(|product| faults.throttle(product));
    let answer = get(&uri, "/c").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "1"));
    assert_eq!(answer.json()["Code"], "TooManyRequests");
    assert_eq!(
        get(&vault, "/v1/alicloud/creds/app").await.json(),
        json!({ "errors": ["Too Many Requests"] })
    );
    assert!(get(&ecs, ROLE).await.text().contains("<h1>429 - Too Many Requests</h1>"));
    faults.fail_product("uri", Failure::new(503, "ServiceUnavailable"));
    assert_eq!(get(&uri, "/c").await.status, 503);
    faults.heal();
    assert_eq!(get(&uri, "/c").await.status, 200);
    faults.go_dark(true);
    assert!(try_send(uri.address(), "GET /c HTTP/1.1\r\nHost: a\r\n\r\n").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_comes_in_its_time_and_a_hanging_one_not_at_all() {
    let visit = Visit::new().await;
    let faults = visit.sandbox.faults();
    let uri = uri(&visit).await;
    let start = Instant::now();
    faults.delay("uri", Some(Duration::from_secs(7)));
    get(&uri, "/c").await;
    assert_eq!(start.elapsed().as_secs(), 7);
    faults.delay("uri", None);
    faults.spoil("uri", Spoil::Hang, Some(1));
    let hanging = tokio::time::timeout(Duration::from_secs(3_600), get(&uri, "/c")).await;
    assert!(hanging.is_err());
    assert_eq!(get(&uri, "/c").await.status, 200);
}

#[tokio::test]
async fn that_an_answer_was_spoilt_is_told() {
    let visit = Visit::new().await;
    let uri = uri(&visit).await;
    spoilt(&visit, &uri, Spoil::LineBreak).await;
    let told = News::Failed {
        product: "uri".to_owned(),
        action: "credential".to_owned(),
        code: "line-break".to_owned(),
        left: None,
    };
    assert!(visit.ear.heard().contains(&(told, 0)));
}
