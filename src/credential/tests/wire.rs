//! The calls as STS sees them, checked against the documented request and not against our own signer's code.

use super::super::exchange::{self, Exchange};
use super::*;
use crate::names::Moment;
use crate::sign::parse_iso;

#[test]
fn assume_role_is_the_request_that_the_go_sdk_sends() {
    let role = RoleArn::parse("acs:ram::1000000000000001:role/fakerole").unwrap();
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let form = vec![("ExternalId", text("ext-1")), ("RoleSessionName", text("sess-cli"))];
    let exchange = Exchange { action: "AssumeRole", role, duration: Duration::from_secs(900), form };
    let (access_key_id, secret) =
        (AccessKeyId::new("LTAI5tFAKEsourceAKID0001"), Secret::new("FAKEsourceSECRET0001".to_owned()));
    let fetched = Fetched::pair(access_key_id, secret, None);
    let signer = Credential::absorb(fetched, None, Use::Signing);
    let nonce = Nonce::from_text("1b29fa15d8a7f9ee639fc4c9ea48f714").unwrap();
    let moment = Moment { unix_seconds: parse_iso("2026-11-22T00:30:45Z").unwrap(), nonce };

    let (target, body) = exchange::write(&exchange, signer.access_key(), &moment);

    assert_eq!(parameter(&target, "Signature").unwrap(), "gBV1jbv31B94Slr1apdIaFcC4Gk=");
    assert!(target.ends_with("&Signature=gBV1jbv31B94Slr1apdIaFcC4Gk%3D"), "{}", *target);
    assert_eq!(
        std::str::from_utf8(&body).unwrap(),
        "DurationSeconds=900&RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Ffakerole\
         &ExternalId=ext-1&RoleSessionName=sess-cli"
    );
    for (name, value) in [("Action", "AssumeRole"), ("Format", "JSON"), ("Version", "2015-04-01")] {
        assert_eq!(parameter(&target, name).as_deref(), Some(value));
    }
}

#[tokio::test(start_paused = true)]
async fn an_oidc_token_goes_in_the_body_trimmed_and_unsigned() {
    let stage = Stage::new();
    stage.open().wait().await.unwrap();
    let seen = &stage.cloud.calls()[0];
    assert_eq!(seen.method, Method::Post);
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(parameter(&seen.body, "OIDCToken").as_deref(), Some(TokenFile::TOKEN));
    assert!(!seen.target.contains("canary"), "{}", seen.target);
    for absent in ["Signature", "AccessKeyId", "SecurityToken", "OIDCToken"] {
        assert_eq!(parameter(&seen.target, absent), None, "{absent}");
    }
    for (name, value) in [
        ("RoleArn", ROLE),
        ("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/rrsa"),
        ("RoleSessionName", "countersign"),
        ("DurationSeconds", "3600"),
    ] {
        assert_eq!(parameter(&seen.body, name).as_deref(), Some(value));
    }
    assert_eq!(parameter(&seen.target, "Timestamp").as_deref(), Some("2027-01-15T08:00:00Z"));
}

#[tokio::test(start_paused = true)]
async fn the_clouds_date_corrects_the_next_timestamp() {
    let stage = Stage::new();
    let (clock, mut calls) = (Arc::clone(&stage.clock), 0);
    stage.cloud.play(move |_| {
        calls += 1;
        let date = Some(http_date(1_800_001_200));
        if calls == 1 {
            Reply::refusal(400, "InvalidTimeStamp.Expired").with(|answer| answer.date = date)
        } else {
            grant(&clock, 1_200 + 3_600).with(|answer| answer.date = date)
        }
    });
    let credential = stage.open().wait().await.unwrap();
    let times: Vec<_> =
        stage.cloud.calls().iter().map(|seen| parameter(&seen.target, "Timestamp").unwrap()).collect();
    assert_eq!(times, ["2027-01-15T08:00:00Z", "2027-01-15T08:20:00Z"]);
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(3_600));
    assert!(stage.ear.heard("clock is 1200 s behind") >= 1);
}
