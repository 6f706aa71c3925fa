//! Credentials: how they are come by, what they open, when they end.

use super::client::{Visit, key_of};
use crate::sandbox::Outcome;

const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
const REGIONS: [(&str, &str); 2] = [("Action", "DescribeRegions"), ("Version", "2014-05-26")];

#[tokio::test]
async fn an_assumed_role_opens_a_product_until_it_expires() {
    let visit = Visit::new().await;
    let key = visit.role_key(&[("DurationSeconds", "900")]).await;
    assert!(key.id.starts_with("STS."));
    let token = key.token.clone().unwrap();
    assert!(
        (650..750).contains(&token.len()) && ['+', '/', '='].iter().all(|sign| token.contains(*sign)),
        "{token}"
    );

    let answer = visit.acs3(&key, ("POST", ECS, "/"), "DescribeRegions").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["Regions"]["Region"][0]["RegionId"], "cn-hangzhou");
    assert_eq!(answer.header("x-acs-request-id"), answer.json()["RequestId"].as_str().unwrap());

    visit.clock.advance(899);
    assert_eq!(visit.rpc(&key, ECS, &REGIONS).await.status, 200);
    visit.clock.advance(1);
    let answer = visit.rpc(&key, ECS, &REGIONS).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "InvalidSecurityToken.Expired"));
    assert_eq!(answer.header("content-type"), "text/xml;charset=utf-8");
}

#[tokio::test]
async fn an_oidc_token_buys_a_credential_without_a_signature() {
    let visit = Visit::new().await;
    let token = visit.sandbox.oidc_token();
    let pairs = |token: &str| {
        [
            ("Action", "AssumeRoleWithOIDC".to_owned()),
            ("Version", "2015-04-01".to_owned()),
            ("Format", "JSON".to_owned()),
            ("Timestamp", "2024-03-07T08:09:05Z".to_owned()),
            ("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/ack".to_owned()),
            ("RoleArn", "acs:ram::1000000000000001:role/app".to_owned()),
            ("RoleSessionName", "app".to_owned()),
            ("OIDCToken", token.to_owned()),
        ]
    };
    let ask = async |token: &str| {
        let pairs = pairs(token);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visit.form(STS, &pairs).await
    };
    let answer = ask(&token).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["OIDCTokenInfo"]["ClientIds"], "sts.aliyuncs.com");
    assert_eq!(answer.json()["Credentials"]["Expiration"], "2024-03-07T09:09:05Z");

    let key = key_of(&answer);
    let who = visit.rpc(
        &key,
        STS,
        &[("Action", "GetCallerIdentity"), ("Version", "2015-04-01"), ("Format", "JSON")],
    );
    assert_eq!(who.await.json()["Arn"], "acs:ram::1000000000000001:assumed-role/app/app");

    let answer = ask(&format!("{token}x")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "AuthenticationFail.OIDCToken.Invalid")
    );
    visit.clock.advance(3_600);
    assert_eq!(ask(&token).await.code(), "AuthenticationFail.OIDCToken.Expired");
    assert_eq!(visit.sandbox.counters().sts_calls["AssumeRoleWithOIDC"], 3);
    assert_eq!(visit.sandbox.verdicts()[0].outcome, Outcome::Unsigned);
}

#[tokio::test]
async fn a_wrong_parameter_is_named_in_the_clouds_words() {
    let visit = Visit::new().await;
    let arn = ("RoleArn", "acs:ram::1000000000000001:role/reader");
    let name = ("RoleSessionName", "alice");
    let long = format!("{{\"Statement\":\"{}\"}}", "x".repeat(2_048));
    let cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![name], "MissingParameter.RoleArn"),
        (vec![("RoleArn", "reader"), name], "InvalidParameter.RoleArn"),
        (vec![arn, ("RoleSessionName", "a")], "InvalidParameter.RoleSessionName"),
        (vec![arn, ("RoleSessionName", "a b")], "InvalidParameter.RoleSessionName"),
        (vec![arn, name, ("DurationSeconds", "899")], "InvalidParameter.DurationSeconds"),
        (vec![arn, name, ("DurationSeconds", "43201")], "InvalidParameter.DurationSeconds"),
        (vec![arn, name, ("Policy", "{")], "InvalidParameter.PolicyGrammar"),
        (vec![arn, name, ("Policy", &long)], "InvalidParameter.PolicySize"),
    ];
    for (mut pairs, expected) in cases {
        pairs.extend([("Action", "AssumeRole"), ("Version", "2015-04-01")]);
        let answer = visit.rpc(&visit.user(), STS, &pairs).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, expected));
    }
}

#[tokio::test]
async fn a_request_sent_twice_is_refused_the_second_time() {
    let visit = Visit::new().await;
    let request = visit.rpc_request(&visit.user(), ECS, &REGIONS);
    assert_eq!(visit.send(&request).await.status, 200);
    assert_eq!(visit.send(&request).await.code(), "SignatureNonceUsed");
    assert_eq!(visit.sandbox.counters().refused["SignatureNonceUsed"], 1);
}

#[tokio::test]
async fn a_wrong_secret_shows_what_the_cloud_signed() {
    let visit = Visit::new().await;
    let mut key = visit.user();
    key.secret.push('x');
    let answer = visit.rpc(&key, ECS, &REGIONS).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "SignatureDoesNotMatch"));
    assert!(
        answer.text().contains("server string to sign is:POST&amp;%2F&amp;AccessKeyId%3DLTAI5t"),
        "{answer:?}"
    );
    let verdict = visit.sandbox.verdicts().pop().unwrap();
    assert_eq!(verdict.outcome, Outcome::Refused("SignatureDoesNotMatch".to_owned()));
    assert_eq!(verdict.access_key_id, Some(key.id));
}
