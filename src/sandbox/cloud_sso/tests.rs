//! A login of a device, step by step, as the official command line makes it.

use std::time::Duration;

use serde_json::{Value, json};

use super::CloudSso;
use crate::sandbox::Counterpart;
use crate::sandbox::tests::client::{Key, Read, Visit};
use crate::sandbox::tests::plain::{listener, send};

const CLIENT: &str = "app-vaz16tltdxs96audqf35";
const VERIFIER: &str = "XBAKDJPexNp0CM8adf939e22cd3ae154558ee667f3b04602";
const CHALLENGE: &str = "yNJK4K_F3qROrfBZe-HdkgJuccREDy6IC5zhe3hdU88";

async fn post(sso: &Counterpart<CloudSso>, path: &str, token: &str, body: &Value) -> Read {
    let body = body.to_string();
    let authorization =
        if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: sso.example\r\nContent-Type: application/json\r\n{authorization}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    send(sso.address(), &request).await
}

async fn get(sso: &Counterpart<CloudSso>, path: &str, token: &str) -> Read {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: sso.example\r\nAuthorization: Bearer {token}\r\n\r\n");
    send(sso.address(), &request).await
}

async fn begin(sso: &Counterpart<CloudSso>) -> Value {
    let body = json!({
        "ClientId": CLIENT, "CodeChallenge": CHALLENGE, "CodeChallengeMethod": "S256",
        "PortalUrl": "https://signin-cn-shanghai.alibabacloudsso.com/start/login",
    });
    let answer = post(sso, "/device-authorization", "", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn poll(device: &Value) -> Value {
    json!({
        "ClientId": CLIENT, "CodeVerifier": VERIFIER, "DeviceCode": device["DeviceCode"],
        "GrantType": "urn:ietf:params:oauth:grant-type:device_code",
    })
}

async fn decide(sso: &Counterpart<CloudSso>, code: &str, decision: &str) -> Read {
    let form = format!("user_code={code}&decision={decision}");
    let request = format!(
        "POST /device/login HTTP/1.1\r\nHost: sso.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    send(sso.address(), &request).await
}

async fn login(sso: &Counterpart<CloudSso>) -> String {
    let device = begin(sso).await;
    decide(sso, device["UserCode"].as_str().unwrap(), "approve").await;
    let answer = post(sso, "/token", "", &poll(&device)).await;
    answer.json()["AccessToken"].as_str().unwrap().to_owned()
}

fn error(answer: &Read) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["ErrorCode"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_device_waits_until_a_person_lets_it_in_on_the_page() {
    let visit = Visit::new().await;
    let sso = visit.sandbox.cloud_sso(listener().await, CloudSso::default().interval(1)).unwrap();
    let device = begin(&sso).await;
    assert_eq!((&device["ExpiresIn"], &device["Interval"]), (&json!(600), &json!(1)));
    let pending = post(&sso, "/token", "", &poll(&device)).await;
    assert_eq!(error(&pending), (400, "AuthorizationPending".to_owned()));

    let code = device["UserCode"].as_str().unwrap();
    let complete = device["VerificationUriComplete"].as_str().unwrap();
    assert_eq!(complete, format!("http://sso.example/device/login?user_code={code}"));
    let page = get(&sso, complete.strip_prefix("http://sso.example").unwrap(), "").await;
    assert_eq!(page.header("content-type"), "text/html;charset=utf-8");
    assert!(page.text().contains(&format!("name=\"user_code\" value=\"{code}\"")), "{}", page.text());
    assert!(page.text().contains("<form method=\"post\" action=\"/device/login\">"));
    assert_eq!(decide(&sso, &code.to_lowercase(), "approve").await.status, 200);
    assert_eq!(decide(&sso, code, "deny").await.status, 400);

    let answer = post(&sso, "/token", "", &poll(&device)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["ExpiresIn"]), (200, &json!(28_800)));
    let again = post(&sso, "/token", "", &poll(&device)).await;
    assert_eq!(error(&again), (400, "InvalidDeviceCodeError".to_owned()));
}

#[tokio::test]
async fn a_login_opens_the_accounts_page_by_page_and_their_credentials_open_the_cloud() {
    let visit = Visit::new().await;
    let room = CloudSso::default()
        .account("1000000000000001", "one", &[("ac-1", "Admin"), ("ac-2", "ReadOnly")])
        .account("1000000000000002", "two", &[("ac-2", "ReadOnly")])
        .account("1000000000000003", "three", &[])
        .pages_of(2);
    let sso = visit.sandbox.cloud_sso(listener().await, room).unwrap();
    let token = login(&sso).await;
    let accounts = "/access-assignments/accounts?MaxResults=100";
    let first = get(&sso, accounts, &token).await.json();
    assert_eq!((first["Accounts"].as_array().unwrap().len(), &first["IsTruncated"]), (2, &json!(true)));
    let next = first["NextToken"].as_str().unwrap();
    let second = get(&sso, &format!("{accounts}&NextToken={next}"), &token).await.json();
    assert_eq!(second["Accounts"], json!([{ "AccountId": "1000000000000003", "DisplayName": "three" }]));
    assert_eq!((&second["IsTruncated"], &second["NextToken"]), (&json!(false), &json!("")));
    let configurations = "/access-assignments/access-configurations?AccountId=1000000000000001";
    let one = get(&sso, &format!("{configurations}&MaxResults=1"), &token).await.json();
    assert_eq!(one["AccessConfigurationsForAccount"][0]["AccessConfigurationName"], "Admin");
    assert_eq!(one["IsTruncated"], true);

    let ask = |account: &str, configuration: &str| json!({ "AccountId": account, "AccessConfigurationId": configuration });
    let answer = post(&sso, "/cloud-credentials", &token, &ask("1000000000000002", "ac-2")).await.json();
    let text = |name: &str| answer["CloudCredential"][name].as_str().unwrap().to_owned();
    assert_eq!(text("Expiration"), "2024-03-07T09:09:05Z");
    let key =
        Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: Some(text("SecurityToken")) };
    let who =
        visit.acs3(&key, ("POST", "sts.cn-hangzhou.aliyuncs.com", "/"), "GetCallerIdentity").await.json();
    assert_eq!(who["Arn"], "acs:ram::1000000000000002:assumed-role/AliyunReservedSSO-ReadOnly/alice");
    let refused = post(&sso, "/cloud-credentials", &token, &ask("1000000000000002", "ac-1")).await;
    assert_eq!(error(&refused), (403, "NoPermission".to_owned()));
    // As one official SDK sends it.
    let empty = post(&sso, "/cloud-credentials", &token, &json!({})).await;
    assert_eq!(error(&empty), (400, "InvalidParameter".to_owned()));
}

#[tokio::test]
async fn a_login_ends() {
    let visit = Visit::new().await;
    let room = CloudSso::default().lasting(Duration::from_secs(60));
    let sso = visit.sandbox.cloud_sso(listener().await, room).unwrap();
    let accounts = "/access-assignments/accounts";
    let over = (401, "InvalidAccessToken".to_owned());
    assert_eq!(error(&get(&sso, accounts, "made-up").await), over);
    let token = login(&sso).await;
    visit.clock.advance(59);
    assert_eq!(get(&sso, accounts, &token).await.status, 200);
    visit.clock.advance(1);
    assert_eq!(error(&get(&sso, accounts, &token).await), over);
    let token = login(&sso).await;
    sso.room().log_everybody_out();
    assert_eq!(error(&get(&sso, accounts, &token).await), over);
}

#[tokio::test]
async fn a_device_that_is_not_what_it_was_is_not_let_in() {
    let visit = Visit::new().await;
    let sso = visit.sandbox.cloud_sso(listener().await, CloudSso::default()).unwrap();
    let device = begin(&sso).await;
    let code = device["UserCode"].as_str().unwrap();
    decide(&sso, code, "approve").await;
    let with = |name: &str, value: &str| {
        let mut body = poll(&device);
        body[name] = json!(value);
        body
    };
    for (name, value) in [("ClientId", "app-another"), ("CodeVerifier", "another"), ("GrantType", "password")]
    {
        let answer = post(&sso, "/token", "", &with(name, value)).await;
        assert_eq!(error(&answer), (400, "InvalidParameter".to_owned()), "{name}");
    }
    let gone = (400, "InvalidDeviceCodeError".to_owned());
    assert_eq!(error(&post(&sso, "/token", "", &with("DeviceCode", "another")).await), gone);
    visit.clock.advance(600);
    assert_eq!(error(&post(&sso, "/token", "", &poll(&device)).await), gone);

    let device = begin(&sso).await;
    decide(&sso, device["UserCode"].as_str().unwrap(), "deny").await;
    let answer = post(&sso, "/token", "", &poll(&device)).await;
    assert_eq!(error(&answer), (403, "AccessDenied".to_owned()));
    let body = json!({ "ClientId": CLIENT, "CodeChallenge": VERIFIER, "CodeChallengeMethod": "plain", "PortalUrl": "x" });
    assert_eq!(error(&post(&sso, "/device-authorization", "", &body).await).0, 400);
}
