//! What a credentials URI answers, and to whom not.

use std::time::Duration;

use super::CredentialsUri;
use crate::sandbox::tests::client::{Key, Visit};
use crate::sandbox::tests::plain::{listener, send};

#[tokio::test]
async fn the_path_hands_out_a_credential_that_opens_the_cloud_and_nothing_else_does() {
    let visit = Visit::new().await;
    let room = CredentialsUri::new("/v1/creds/0f", "reader")
        .lasting(Duration::from_secs(900), Duration::from_secs(60));
    let uri = visit.sandbox.credentials_uri(listener().await, room).unwrap();
    assert_eq!(uri.url("/v1/creds/0f"), format!("http://{}/v1/creds/0f", uri.address()));
    let ask = async |method: &str, path: &str| {
        send(uri.address(), &format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
    };
    let answer = ask("GET", "/v1/creds/0f").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    assert_eq!((text("Code"), text("Expiration")), ("Success".to_owned(), "2024-03-07T08:24:05Z".to_owned()));
    let key =
        Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: Some(text("SecurityToken")) };
    let who = visit.acs3(&key, ("POST", "sts.cn-hangzhou.aliyuncs.com", "/"), "GetCallerIdentity").await;
    assert_eq!(who.json()["Arn"], "acs:ram::1000000000000001:assumed-role/reader/uri");

    assert_eq!(ask("GET", "/v1/creds/0f").await.json()["AccessKeyId"], text("AccessKeyId"));
    uri.room().rotate();
    assert_ne!(ask("GET", "/v1/creds/0f").await.json()["AccessKeyId"], text("AccessKeyId"));
    for (method, path, status, code) in
        [("GET", "/v1/creds/0e", 404, "NotFound"), ("DELETE", "/v1/creds/0f", 405, "MethodNotAllowed")]
    {
        let answer = ask(method, path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
    }
    let asked = visit.sandbox.verdicts();
    assert_eq!(asked.iter().filter(|verdict| verdict.product == "uri").count(), 5);
}
