//! Calls that carry their own proof: STS exchanges a token for a credential, and no credential of ours has a part in it.

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Kit, Reply, Upstream, get, request, with_body};

const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const WAITING_FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n";

/// The call, named and asked for in every way there is. `more`: its further parameters.
fn calls(action: &str, more: &str) -> Vec<(&'static str, String)> {
    let header = format!("x-acs-action: {action}\r\n");
    let form = |target: &str, headers: &str, body: &str| with_body("POST", STS, target, headers, body);
    let named = format!("Action={action}&{more}");
    vec![
        ("all in the query", get(STS, &format!("/?{named}"))),
        ("named by a header", request("GET", STS, &format!("/?{more}"), &header)),
        ("all in a form", form("/", FORM, &named)),
        ("named by the query of a form", form(&format!("/?Action={action}"), FORM, more)),
        ("a form named by a header", form("/", &format!("{FORM}{header}"), more)),
        ("a form that waits", form("/", WAITING_FORM, &named)),
        ("a form that waits, named by a header", form("/", &format!("{WAITING_FORM}{header}"), more)),
        ("signed with a dummy key", form("/?AccessKeyId=d&Signature=x&Version=2015-04-01", FORM, &named)),
    ]
}

#[tokio::test]
async fn a_token_is_exchanged_by_a_proxy_that_has_no_credential() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.bare().start().await;
    let more = format!(
        "OIDCProviderArn=acs:ram::1000000000000001:oidc-provider/rrsa&RoleArn=acs:ram::1000000000000001:role/app\
         &RoleSessionName=session&Format=JSON&OIDCToken={}",
        sandboxed.sandbox.oidc_token()
    );
    let calls = calls("AssumeRoleWithOIDC", &more);
    let count = calls.len();
    for (name, call) in calls {
        let answer = proxy.call(call).await;
        assert_eq!(answer.verdict(), (200, String::new()), "{name}: {answer:?}");
        assert!(answer.text().contains("\"SecurityToken\":"), "{name}: {answer:?}");
    }
    assert_eq!(sandboxed.sts_calls("AssumeRoleWithOIDC"), count as u64);
    let verdicts = sandboxed.sandbox.verdicts();
    assert!(verdicts.iter().all(|verdict| verdict.access_key_id.is_none()), "{verdicts:?}");
}

#[tokio::test]
async fn the_answer_to_a_token_that_is_not_taken_is_the_clouds() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.bare().start().await;
    let more = "SAMLProviderArn=acs%3Aram%3A%3A1000000000000001%3Asaml-provider%2Fidp&SAMLAssertion=bm90LXNhbWw%3D\
                &RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Fapp&Format=JSON";
    for (name, call) in calls("AssumeRoleWithSAML", more) {
        let answer = proxy.call(call).await;
        assert_eq!(answer.verdict(), (401, String::new()), "{name}: {answer:?}");
        assert!(answer.text().contains("AuthenticationFail.SAMLAssertion.Invalid"), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn such_a_call_leaves_unsigned_with_its_name_and_version_as_parameters() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    for kit in [Kit::without_credentials(), Kit::new()] {
        let proxy = kit.before(&upstream).await;
        for (name, call) in calls("AssumeRoleWithOIDC", "OIDCToken=t") {
            assert_eq!(proxy.call(call).await.verdict(), (200, String::new()), "{name}");
            let seen = upstream.last();
            for (parameter, value) in [
                ("Action", Some("AssumeRoleWithOIDC")),
                ("Version", Some("2015-04-01")),
                ("OIDCToken", Some("t")),
                ("AccessKeyId", None),
                ("Signature", None),
                ("SecurityToken", None),
            ] {
                assert_eq!(seen.parameter(parameter).as_deref(), value, "{name}: {parameter}");
            }
            assert_eq!(seen.header("authorization"), None, "{name}");
        }
    }
}

#[tokio::test]
async fn every_other_call_needs_a_credential_before_its_body_is_asked_for() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::without_credentials().before(&upstream).await;
    // Only a form to STS that waits might still turn out to name such a call: it is asked for.
    for (host, target, headers, interims) in [
        (STS, "/?Action=GetCallerIdentity", FORM, &[][..]),
        (STS, "/?Action=GetCallerIdentity", WAITING_FORM, &[]),
        (STS, "/", WAITING_FORM, &[100]),
        (ECS, "/?Action=AssumeRoleWithOIDC", WAITING_FORM, &[]),
        (ECS, "/", WAITING_FORM, &[]),
    ] {
        let body = if target == "/" { "Action=GetCallerIdentity" } else { "a=b" };
        let answer = proxy.call(with_body("POST", host, target, headers, body)).await;
        let name = format!("{host}{target}");
        assert_eq!(answer.verdict(), (503, "no_credentials".to_owned()), "{name}: {answer:?}");
        assert_eq!(answer.interims, interims, "{name}");
    }
    assert_eq!(upstream.log().connections, 0);
}
