//! What a job's token end answers, and what STS makes of it.

use std::time::Duration;

use super::GitHub;
use crate::sandbox::Counterpart;
use crate::sandbox::tests::client::{Read, Visit};
use crate::sandbox::tests::plain::{listener, send};

async fn ask(github: &Counterpart<GitHub>, target: &str, proof: &str) -> Read {
    let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {proof}\r\n\r\n");
    send(github.address(), &head).await
}

/// The code with which STS refuses the token of an answer; empty when it takes it.
async fn exchanged(visit: &Visit, answer: &Read) -> String {
    let token = answer.json()["value"].as_str().unwrap().to_owned();
    let asked = [
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/github"),
        ("OIDCToken", &token),
        ("RoleArn", "acs:ram::1000000000000001:role/deployer"),
        ("RoleSessionName", "job"),
    ];
    let answer = visit.form("sts.cn-hangzhou.aliyuncs.com", &asked).await;
    if answer.status == 200 { String::new() } else { answer.code() }
}

#[tokio::test]
async fn a_token_is_for_the_audience_that_is_asked_for_and_sts_takes_only_its_own() {
    let visit = Visit::new().await;
    let github = visit.sandbox.github(listener().await, GitHub::new("proof")).unwrap();
    let own = ask(&github, "/idtoken?api-version=2.0&audience=sts.aliyuncs.com", "proof").await;
    assert_eq!((own.status.as_u16(), exchanged(&visit, &own).await.as_str()), (200, ""));
    for other in ["/idtoken?api-version=2.0", "/idtoken?audience=sts.example"] {
        let answer = ask(&github, other, "proof").await;
        assert_eq!(
            exchanged(&visit, &answer).await,
            "AuthenticationFail.OIDCToken.AudienceNotMatch",
            "{other}"
        );
    }
    github.room().last(Duration::ZERO);
    let ended = ask(&github, "/idtoken?audience=sts.aliyuncs.com", "proof").await;
    assert_eq!(exchanged(&visit, &ended).await, "AuthenticationFail.OIDCToken.Expired");
}

#[tokio::test]
async fn without_the_jobs_proof_there_is_none() {
    let visit = Visit::new().await;
    let github = visit.sandbox.github(listener().await, GitHub::new("proof")).unwrap();
    for (target, proof, status) in [("/idtoken", "other", 401), ("/idtoken", "", 401), ("/", "proof", 404)] {
        let answer = ask(&github, target, proof).await;
        assert_eq!(answer.status, status, "{target} {proof}");
        assert!(answer.json().get("value").is_none());
    }
}
