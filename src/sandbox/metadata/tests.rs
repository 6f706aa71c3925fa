//! What official clients send to the metadata server, and what it answers.

use std::time::Duration;

use super::Metadata;
use crate::sandbox::Counterpart;
use crate::sandbox::tests::client::{Key, Read, Visit};
use crate::sandbox::tests::plain::{listener, send};

const LIST: &str = "/latest/meta-data/ram/security-credentials/";
const TTL: &str = "X-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN: &str = "X-aliyun-ecs-metadata-token";

async fn put(ecs: &Counterpart<Metadata>, headers: &str) -> Read {
    send(ecs.address(), &format!("PUT /latest/api/token HTTP/1.1\r\nHost: 100.100.100.200\r\n{headers}\r\n"))
        .await
}

async fn get(ecs: &Counterpart<Metadata>, path: &str, headers: &str) -> Read {
    send(ecs.address(), &format!("GET {path} HTTP/1.1\r\nHost: 100.100.100.200\r\n{headers}\r\n")).await
}

fn key(answer: &Read) -> Key {
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: Some(text("SecurityToken")) }
}

#[tokio::test]
async fn a_token_opens_the_role_and_its_credential_and_that_opens_the_cloud() {
    let visit = Visit::new().await;
    let ecs = visit.sandbox.metadata(listener().await, Metadata::new("App").hardened()).unwrap();
    // As the Java SDK does: without Content-Length.
    let token = put(&ecs, &format!("{TTL}: 21600\r\n")).await;
    assert_eq!((token.status.as_u16(), token.header("content-type")), (200, "text/plain"));
    assert!(token.text().len() > 40 && !token.text().ends_with('\n'));
    let shown = format!("{TOKEN}: {}\r\n", token.text());
    assert_eq!(get(&ecs, LIST, &shown).await.text(), "App");
    let answer = get(&ecs, &format!("{LIST}App"), &shown).await;
    assert_eq!(answer.header("content-type"), "text/plain");
    assert_eq!(answer.json()["Code"], "Success");
    assert_eq!(answer.json()["LastUpdated"], "2024-03-07T08:09:05Z");
    assert_eq!(answer.json()["Expiration"], "2024-03-07T14:09:05Z");
    assert!(answer.text().starts_with("{\n  \"AccessKeyId\" : \"STS."), "{}", answer.text());
    let host = ("POST", "sts.cn-hangzhou.aliyuncs.com", "/");
    let who = visit.acs3(&key(&answer), host, "GetCallerIdentity").await.json();
    let arn = who["Arn"].as_str().unwrap();
    assert!(arn.starts_with("acs:ram::1000000000000001:assumed-role/App/vm-ram-i-"), "{arn}");
}

#[tokio::test]
async fn every_spelling_that_official_clients_use_is_understood() {
    let visit = Visit::new().await;
    let ecs = visit.sandbox.metadata(listener().await, Metadata::new("App").hardened()).unwrap();
    // Go appends a question mark and writes names as it likes; Node writes them in lower case; ossfs's manual spells `Ram`.
    let go = "PUT /latest/api/token? HTTP/1.1\r\nHost: 100.100.100.200\r\nContent-Length: 0\r\n\
              X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds: 21600\r\n\r\n";
    let token = send(ecs.address(), go).await.text();
    for (path, header) in [
        (format!("{LIST}?"), "X-Aliyun-Ecs-Metadata-Token"),
        (LIST.to_owned(), "x-aliyun-ecs-metadata-token"),
        ("/latest/meta-data/Ram/security-credentials/".to_owned(), TOKEN),
    ] {
        assert_eq!(get(&ecs, &path, &format!("{header}: {token}\r\n")).await.text(), "App", "{path}");
    }
    assert_eq!(get(&ecs, &format!("{LIST}App?"), &format!("{TOKEN}: {token}\r\n")).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_its_status() {
    let visit = Visit::new().await;
    let hardened = visit.sandbox.metadata(listener().await, Metadata::new("App").hardened()).unwrap();
    for headers in [
        String::new(),
        format!("{TTL}: 0\r\n"),
        format!("{TTL}: 21601\r\n"),
        format!("{TTL}: 1.5\r\n"),
        format!("{TTL}: abc\r\n"),
    ] {
        assert_eq!(put(&hardened, &headers).await.status, 400, "{headers}");
    }
    let forwarded = format!("{TTL}: 60\r\nX-Forwarded-For: 10.0.0.1\r\n");
    assert_eq!(put(&hardened, &forwarded).await.status, 403);
    assert_eq!(get(&hardened, "/latest/api/token", "").await.status, 405);
    let answer = get(&hardened, LIST, "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (403, "text/html"));
    assert!(answer.text().contains("<title>403 - Forbidden</title>"), "{}", answer.text());
    assert_eq!(get(&hardened, LIST, &format!("{TOKEN}: made-up\r\n")).await.status, 401);
    let token = put(&hardened, &format!("{TTL}: 60\r\n")).await.text();
    let shown = format!("{TOKEN}: {token}\r\n");
    assert_eq!(get(&hardened, &format!("{LIST}Other"), &shown).await.status, 404);
    assert_eq!(get(&hardened, "/latest/user-data", &shown).await.status, 404);
    let post = format!("POST {LIST} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n{shown}\r\n");
    assert_eq!(send(hardened.address(), &post).await.status, 405);
    visit.clock.advance(59);
    assert_eq!(get(&hardened, LIST, &shown).await.status, 200);
    visit.clock.advance(1);
    assert_eq!(get(&hardened, LIST, &shown).await.status, 401);
    let shown = format!("{TOKEN}: {}\r\n", put(&hardened, &format!("{TTL}: 60\r\n")).await.text());
    hardened.room().forget_tokens();
    assert_eq!(get(&hardened, LIST, &shown).await.status, 401);
    let refused: Vec<_> = visit.sandbox.verdicts().into_iter().map(|verdict| verdict.status).collect();
    assert_eq!(refused.iter().filter(|status| **status == 400).count(), 5);
}

#[tokio::test]
async fn an_instance_that_is_not_hardened_takes_requests_without_a_token_but_none_with_a_wrong_one() {
    let visit = Visit::new().await;
    let ecs = visit.sandbox.metadata(listener().await, Metadata::new("App")).unwrap();
    assert_eq!(get(&ecs, LIST, "").await.text(), "App");
    assert_eq!(get(&ecs, LIST, &format!("{TOKEN}: made-up\r\n")).await.status, 401);
    ecs.room().attach(None);
    assert_eq!(get(&ecs, LIST, "").await.status, 404);
    assert_eq!(get(&ecs, &format!("{LIST}App"), "").await.status, 404);
    ecs.room().attach(Some("Another"));
    assert_eq!(get(&ecs, LIST, "").await.text(), "Another");

    let old = visit.sandbox.metadata(listener().await, Metadata::new("App").without_tokens()).unwrap();
    assert_eq!(put(&old, &format!("{TTL}: 60\r\n")).await.status, 404);
    assert_eq!(get(&old, &format!("{LIST}App"), "").await.json()["Code"], "Success");
}

#[tokio::test]
async fn the_same_credential_stands_until_its_lead_and_both_are_good_then() {
    let visit = Visit::new().await;
    let life = (Duration::from_secs(600), Duration::from_secs(60));
    let ecs = visit.sandbox.metadata(listener().await, Metadata::new("App").lasting(life.0, life.1)).unwrap();
    let fetch = async || key(&get(&ecs, &format!("{LIST}App"), "").await);
    let first = fetch().await;
    visit.clock.advance(539);
    assert_eq!(fetch().await.id, first.id);
    visit.clock.advance(1);
    let second = fetch().await;
    assert_ne!(second.id, first.id);
    let host = ("POST", "sts.cn-hangzhou.aliyuncs.com", "/");
    for key in [&first, &second] {
        assert_eq!(visit.acs3(key, host, "GetCallerIdentity").await.status, 200);
    }
    visit.clock.advance(60);
    assert_eq!(visit.acs3(&first, host, "GetCallerIdentity").await.code(), "InvalidSecurityToken.Expired");
    ecs.room().rotate();
    let third = fetch().await;
    assert_ne!(third.id, second.id);
    visit.sandbox.faults().revoke_tokens();
    assert_ne!(fetch().await.id, third.id);
}
