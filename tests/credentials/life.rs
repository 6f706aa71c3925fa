//! The life of a credential under a clock that the test moves: renewed before its end, and outages that nobody notices
//! until there is nothing left to serve.

use std::time::Duration;

use countersign::sandbox::{Failure, Outcome};
use tokio::time::Instant;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Proxy, REGIONS, request, soon};

const MINUTE: Duration = Duration::from_secs(60);

async fn status(proxy: &Proxy) -> u16 {
    proxy.get(ECS, REGIONS).await.status
}

/// Waits until STS was asked so often.
async fn asked(sandboxed: &Sandboxed, calls: u64) {
    soon("STS to be asked", async {
        while sandboxed.sts_calls("AssumeRoleWithOIDC") < calls {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_credential_is_renewed_before_its_end_and_no_request_fails_meanwhile() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.kit().start().await;
    assert_eq!(status(&proxy).await, 200);
    // An hour's credential is refreshed when a quarter of it is left, give or take a fifth of that.
    sandboxed.clock.pass(40 * MINUTE);
    assert_eq!((status(&proxy).await, sandboxed.sts_calls("AssumeRoleWithOIDC")), (200, 1));
    sandboxed.clock.pass(9 * MINUTE);
    assert_eq!(status(&proxy).await, 200);
    let fetched = "countersign_credential_refresh_total{role=\"default\",outcome=\"fetched\"}";
    soon("the second", async { while proxy.metric(fetched).await < 2.0 {} }).await;
    // As a laptop that slept for a day: the first request waits for a new one.
    sandboxed.clock.pass(24 * 60 * MINUTE);
    assert_eq!((status(&proxy).await, sandboxed.sts_calls("AssumeRoleWithOIDC")), (200, 3));
    let refused: Vec<_> =
        sandboxed.sandbox.verdicts().into_iter().filter(|verdict| verdict.status != 200).collect();
    assert_eq!(refused, [], "nothing was signed with what had ended");
}

#[tokio::test]
async fn a_credential_that_ends_while_a_body_is_waited_for_signs_nothing() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.kit().start().await;
    let headers =
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 22\r\nExpect: 100-continue\r\n";
    let mut caller = proxy.caller().await;
    caller.send(request("POST", ECS, "/", headers)).await;
    let interim = soon("a go-ahead", caller.reader.until(b"\r\n\r\n")).await.unwrap();
    assert_eq!(interim, b"HTTP/1.1 100 Continue");
    sandboxed.clock.pass(2 * 60 * MINUTE);
    caller.send("Action=DescribeRegions").await;
    assert_eq!(caller.answer().await.status, 200);
    let refused: Vec<_> =
        sandboxed.sandbox.verdicts().into_iter().filter(|verdict| verdict.status != 200).collect();
    assert_eq!(refused, [], "nothing was signed with what had ended");
}

#[tokio::test]
async fn what_the_cloud_revokes_or_calls_expired_is_replaced_and_no_caller_sees_it() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.kit().start().await;
    assert_eq!(status(&proxy).await, 200);
    sandboxed.sandbox.faults().revoke_tokens();
    assert_eq!(status(&proxy).await, 200);
    assert_eq!(sandboxed.sts_calls("AssumeRoleWithOIDC"), 2);
    sandboxed.clock.pass(5 * MINUTE);
    sandboxed.sandbox.faults().expire_after(Some(4 * MINUTE));
    assert_eq!(status(&proxy).await, 200);
    assert_eq!(sandboxed.sts_calls("AssumeRoleWithOIDC"), 3);
    let refused = |code: &str| {
        let verdicts = sandboxed.sandbox.verdicts();
        verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused(code.to_owned())).count()
    };
    assert_eq!((refused("InvalidAccessKeyId.NotFound"), refused("InvalidSecurityToken.Expired")), (1, 1));
}

#[tokio::test]
async fn an_outage_of_sts_is_nobodys_problem_while_a_credential_lives() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.kit().start().await;
    assert_eq!(status(&proxy).await, 200);
    sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    sandboxed.clock.pass(55 * MINUTE);
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(status(&proxy).await, 200);
        assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    }
    asked(&sandboxed, 2).await;
    assert_eq!(proxy.admin("/readyz").await.status, 200);
}

#[tokio::test]
async fn without_a_credential_requests_are_refused_at_once_and_served_again_when_sts_is_back() {
    let sandboxed = Sandboxed::start().await;
    sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    let proxy = sandboxed.kit().start().await;
    asked(&sandboxed, 1).await;
    // The first five seconds a request waits.
    sandboxed.clock.pass(Duration::from_secs(6));
    let mut times = Vec::new();
    for _ in 0..11 {
        let begun = Instant::now();
        let answer = proxy.get(ECS, REGIONS).await;
        times.push(begun.elapsed());
        assert_eq!(answer.verdict(), (503, "credentials_unavailable".to_owned()), "{answer:?}");
        let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&after), "{after}");
        assert!(answer.text().contains("Countersign.CredentialsUnavailable"), "{answer:?}");
    }
    // The median: other tests want the processor too.
    times.sort_unstable();
    assert!(times[5] < Duration::from_millis(50), "{times:?}");
    assert_eq!(proxy.admin("/readyz").await.status, 503);
    sandboxed.sandbox.faults().heal();
    soon("STS's return", async { while status(&proxy).await != 200 {} }).await;
    assert_eq!(proxy.admin("/readyz").await.status, 200);
}

#[tokio::test]
async fn what_sts_refuses_for_good_is_said_at_once() {
    let sandboxed = Sandboxed::start().await;
    sandboxed.sandbox.faults().fail_sts(Failure::new(403, "NoPermission"), None);
    let proxy = sandboxed.kit().start().await;
    asked(&sandboxed, 1).await;
    let begun = Instant::now();
    let answer = proxy.get(ECS, REGIONS).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(answer.verdict(), (503, "credentials_refused".to_owned()), "{answer:?}");
    assert!(answer.text().contains("NoPermission") && answer.text().contains("trust policy"), "{answer:?}");
    // A changed token file ends the wait for the next attempt.
    sandboxed.sandbox.faults().heal();
    proxy.place.write("token", &sandboxed.sandbox.oidc_token());
    soon("another attempt", async { while status(&proxy).await != 200 {} }).await;
}
