//! The switches, one after the other.

use std::time::Duration;

use super::client::{Visit, request};
use crate::sandbox::{Failure, News, Outcome};

const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
const WHO: [(&str, &str); 3] =
    [("Action", "GetCallerIdentity"), ("Version", "2015-04-01"), ("Format", "JSON")];
const REGIONS: [(&str, &str); 2] = [("Action", "DescribeRegions"), ("Version", "2014-05-26")];

#[tokio::test]
async fn sts_fails_as_often_as_it_is_told() {
    let visit = Visit::new().await;
    visit.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), Some(1));
    let answer = visit.rpc(&visit.user(), STS, &WHO).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "ServiceUnavailable"));
    assert_eq!(visit.rpc(&visit.user(), STS, &WHO).await.status, 200);

    visit.sandbox.faults().fail_sts(Failure::throttled(Duration::from_millis(1_500)), None);
    for _ in 0..2 {
        let answer = visit.rpc(&visit.user(), STS, &WHO).await;
        assert_eq!((answer.code().as_str(), answer.header("x-acs-retry-after")), ("Throttling.User", "1500"));
    }
    visit.sandbox.faults().heal();
    assert_eq!(visit.rpc(&visit.user(), STS, &WHO).await.status, 200);
    assert_eq!(visit.sandbox.counters().sts_calls["GetCallerIdentity"], 5);
}

#[tokio::test]
async fn tokens_end_early_or_are_revoked() {
    let visit = Visit::new().await;
    visit.sandbox.faults().expire_after(Some(Duration::from_secs(60)));
    let key = visit.role_key(&[]).await;
    visit.clock.advance(59);
    assert_eq!(visit.rpc(&key, ECS, &REGIONS).await.status, 200);
    visit.clock.advance(1);
    assert_eq!(visit.rpc(&key, ECS, &REGIONS).await.code(), "InvalidSecurityToken.Expired");
    let list = request("GET", "demo.oss-cn-hangzhou.aliyuncs.com", "/", "");
    assert_eq!(visit.oss(&key, list.clone()).await.code(), "SecurityTokenExpired");

    visit.sandbox.faults().heal();
    visit.sandbox.faults().revoke_tokens();
    let answer = visit.rpc(&key, ECS, &REGIONS).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "InvalidAccessKeyId.NotFound"));
    assert_eq!(visit.oss(&key, list.clone()).await.code(), "InvalidAccessKeyId");
    let key = visit.role_key(&[]).await;
    assert_eq!(visit.oss(&key, list).await.status, 200);
}

#[tokio::test]
async fn a_lifetime_that_the_cloud_chooses_is_in_its_answer() {
    let visit = Visit::new().await;
    visit.sandbox.faults().issue_for(Some(Duration::from_secs(5)));
    let key = visit.role_key(&[("DurationSeconds", "3600")]).await;
    visit.clock.advance(5);
    assert_eq!(visit.rpc(&key, ECS, &REGIONS).await.code(), "InvalidSecurityToken.Expired");
}

#[tokio::test]
async fn a_skewed_cloud_says_so_by_its_date() {
    let visit = Visit::new().await;
    visit.sandbox.faults().skew_clock(901);
    let answer = visit.rpc(&visit.user(), ECS, &REGIONS).await;
    assert_eq!(answer.code(), "InvalidTimeStamp.Expired");
    assert_eq!(answer.header("date"), "Thu, 07 Mar 2024 08:24:06 GMT");
    let list = request("GET", "demo.oss-cn-hangzhou.aliyuncs.com", "/", "");
    let answer = visit.oss(&visit.user(), list).await;
    assert_eq!(answer.code(), "RequestTimeTooSkewed");
    assert!(answer.text().contains("<ServerTime>2024-03-07T08:24:06.000Z</ServerTime>"), "{}", answer.text());
}

#[tokio::test]
async fn a_product_can_fail_alone() {
    let visit = Visit::new().await;
    visit.sandbox.faults().throttle("ecs");
    assert_eq!(visit.rpc(&visit.user(), ECS, &REGIONS).await.code(), "Throttling.User");
    assert_eq!(visit.rpc(&visit.user(), STS, &WHO).await.status, 200);
    assert_eq!(visit.sandbox.verdicts()[0].outcome, Outcome::Failed("Throttling.User".to_owned()));
}

#[tokio::test]
async fn oss_has_its_own_word_for_too_many_requests() {
    let visit = Visit::new().await;
    visit.sandbox.faults().throttle("oss");
    let list = request("GET", "demo.oss-cn-hangzhou.aliyuncs.com", "/", "");
    let answer = visit.oss(&visit.user(), list.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "TotalQpsLimitExceeded"));
    visit.sandbox.faults().heal_product("oss");
    assert_eq!(visit.oss(&visit.user(), list).await.status, 200);
}

#[tokio::test]
async fn a_shifted_clock_leaves_an_oidc_token_as_good_as_it_was() {
    let visit = Visit::new().await;
    let token = visit.sandbox.oidc_token();
    visit.sandbox.faults().skew_clock(86_400);
    let pairs = [
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/ack"),
        ("RoleArn", "acs:ram::1000000000000001:role/app"),
        ("RoleSessionName", "app"),
        ("OIDCToken", &token),
    ];
    let answer = visit.form(STS, &pairs).await;
    assert_eq!(answer.json()["Credentials"]["Expiration"], "2024-03-08T09:09:05Z");
}

#[tokio::test]
async fn what_happens_is_told_without_what_is_secret() {
    let visit = Visit::new().await;
    let faults = visit.sandbox.faults();
    let key = visit.role_key(&[("DurationSeconds", "900")]).await;
    let end = format!("…{}", &key.id[key.id.len() - 4..]);
    faults.expire_after(Some(Duration::from_secs(1)));
    visit.clock.advance(1);
    visit.rpc(&key, ECS, &REGIONS).await;
    faults.fail_sts(Failure::new(503, "ServiceUnavailable"), Some(1));
    visit.rpc(&visit.user(), STS, &WHO).await;
    faults.throttle("oss");
    visit.oss(&key, request("GET", "demo.oss-cn-hangzhou.aliyuncs.com", "/", "")).await;
    faults.go_dark(true);
    visit.try_send(&visit.rpc_request(&key, ECS, &REGIONS)).await;
    // What goes well is nobody's news.
    faults.heal();
    visit.rpc(&visit.user(), ECS, &REGIONS).await;

    let heard: Vec<News> = visit.ear.heard().into_iter().map(|(news, _)| news).collect();
    let text = String::from;
    let expected = [
        News::Issued {
            arn: text("acs:ram::1000000000000001:assumed-role/reader/alice"),
            key: end.clone(),
            lifetime: Duration::from_secs(900),
        },
        News::Refused {
            host: text("ecs.cn-hangzhou.aliyuncs.com"),
            product: text("ecs"),
            action: text("DescribeRegions"),
            code: text("InvalidSecurityToken.Expired"),
            key: Some(end),
        },
        News::Failed {
            product: text("sts"),
            action: text("GetCallerIdentity"),
            code: text("ServiceUnavailable"),
            left: Some(0),
        },
        News::Failed {
            product: text("oss"),
            action: text("GET"),
            code: text("TotalQpsLimitExceeded"),
            left: None,
        },
        News::HungUp,
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn a_dark_sandbox_hangs_up_and_a_dropped_one_listens_no_more() {
    let visit = Visit::new().await;
    let call = visit.rpc_request(&visit.user(), ECS, &REGIONS);
    visit.sandbox.faults().go_dark(true);
    assert!(visit.try_send(&call).await.is_none());
    visit.sandbox.faults().go_dark(false);
    assert_eq!(visit.send(&call).await.status, 200);

    let address = visit.sandbox.address();
    drop(visit);
    // Aborting takes a turn of the runtime.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
