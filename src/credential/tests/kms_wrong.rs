//! What goes wrong with a secret of KMS: each told with what to do, and without a word of it.

use super::kms::{HOURLY, body, stage, sts};
use super::matrix::{self, Right};
use super::*;

const PAIR: &str = r#"{"AccessKeyId":"LTAI5tFAKE0001","AccessKeySecret":"canary-secret"}"#;

/// The answer whose `SecretData` is this.
fn around(data: &str) -> String {
    let right = serde_json::from_str(&body("LTAI5tFAKE0001", HOURLY));
    let mut right: serde_json::Value = right.unwrap();
    right["SecretData"] = data.into();
    right.to_string()
}

/// The same wrong pair, where a pair stands in an answer: JSON in a text. What is no pair at all stays as it is.
fn wrapped(mut row: matrix::Wrong) -> matrix::Wrong {
    if let Ok(answer) = &mut row.reply.outcome
        && answer.status == 200
        && let Ok(text) = std::str::from_utf8(&answer.body)
        && !text.is_empty()
        && !row.what.contains("64 KiB")
    {
        answer.body = Zeroizing::new(around(text).into_bytes());
    }
    row
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_there_is_told_with_what_to_do() {
    let right = Right { body: PAIR, needed: "AccessKeySecret", token: "canary-secret", end: None };
    let rows: Vec<_> = matrix::wrong(&right).into_iter().map(wrapped).collect();
    assert!(rows.len() >= 18);
    let clock = Arc::new(Mutex::new(TestClock::new()));
    let (of_stage, of_sts) = (Arc::clone(&clock), clock);
    let staged = move || {
        let stage = stage();
        *of_stage.lock().unwrap() = Arc::clone(&stage.clock);
        stage
    };
    matrix::run_rows(rows, staged, move |seen| sts(&of_sts.lock().unwrap(), seen)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_secret_of_a_users_key_is_not_used() {
    let right = body("LTAI5tFAKE0001", HOURLY);
    let with = |from: &str, to: &str| {
        assert!(right.contains(from), "{from}");
        right.replacen(from, to, 1)
    };
    for (what, body, code, class, says) in [
        (
            "another type",
            with("RAMCredentials", "Generic"),
            "not_managed",
            Class::Permanent,
            "acs/ram/user/ops-user: it is not of the type RAMCredentials; name one that is",
        ),
        (
            "another secret",
            with("acs/ram/user/ops-user", "acs/ram/user/canary"),
            "other_secret",
            Class::Permanent,
            "another secret than was asked for",
        ),
        ("no type", with("\"SecretType\"", "\"X\""), "incomplete", Class::Passing, "lacks a part"),
        ("no name", with("\"SecretName\"", "\"X\""), "incomplete", Class::Passing, "lacks a part"),
        ("no data", with("\"SecretData\"", "\"X\""), "incomplete", Class::Passing, "lacks a part"),
        (
            "data that is a number",
            with("\"SecretData\":", "\"SecretData\":5,\"X\":"),
            "not_json",
            Class::Passing,
            "not the JSON",
        ),
        ("empty data", around(""), "incomplete", Class::Passing, "lacks a part"),
        ("data that is no JSON", around("canary"), "not_json", Class::Passing, "not the JSON"),
        (
            "an id with a line end",
            around(r#"{"AccessKeyId":"canary\r\nX: 1","AccessKeySecret":"canary-secret"}"#),
            "malformed_credential",
            Class::Passing,
            "AccessKeyId",
        ),
        ("half of it", right[..right.len() / 2].to_owned(), "not_json", Class::Passing, "not the JSON"),
    ] {
        let stage = stage();
        let clock = Arc::clone(&stage.clock);
        stage.cloud.play(move |seen| sts(&clock, seen).unwrap_or_else(|| Reply::answer(200, body.as_str())));
        let failure = stage.failure().await;
        assert_eq!((failure.code(), failure.class()), (code, class), "{what}: {failure}");
        assert!(failure.to_string().contains(says), "{what}: {failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_kms_names_the_fix_and_only_what_may_pass_is_asked_again_soon() {
    for (status, code, class, says) in [
        (404, "Forbidden.ResourceNotFound", Class::Permanent, "check kms_secret_name and kms_region"),
        (403, "Forbidden.NoPermission", Class::Permanent, "the right to kms:GetSecretValue"),
        (409, "Rejected.Unavailable", Class::Permanent, "look at the secret in KMS"),
        (429, "Rejected.Throttling", Class::Throttled, "spread them"),
        (400, "Rejected.Throttling", Class::Throttled, "spread them"),
        (503, "ServiceUnavailableTemporary", Class::Passing, "wait; KMS is not available"),
        (500, "InternalFailure", Class::Passing, "wait; KMS has a fault of its own"),
        // What `--sandbox-fault fail=kms` answers, and what STS calls by the same codes.
        (503, "ServiceUnavailable", Class::Passing, "wait; KMS is not available"),
        (500, "InternalError", Class::Passing, "wait; KMS has a fault of its own"),
        (400, "InvalidParameter", Class::Permanent, "check kms_secret_name and kms_region"),
        (400, "MissingParameter", Class::Permanent, "check kms_secret_name and kms_region"),
        (403, "NoPermission", Class::Permanent, "the right to kms:GetSecretValue"),
        (404, "EntityNotExist.Role", Class::Permanent, "look the code up"),
        (400, "InvalidTimeStamp.Expired", Class::Once, "set this machine's clock; the cloud takes"),
        (400, "NeverHeardOf", Class::Permanent, "look the code up"),
        (502, "", Class::Passing, "wait; it is tried again"),
    ] {
        let stage = stage();
        let clock = Arc::clone(&stage.clock);
        stage.cloud.play(move |seen| sts(&clock, seen).unwrap_or_else(|| Reply::refusal(status, code)));
        let failure = stage.failure().await;
        let text = failure.to_string();
        assert_eq!(failure.class(), class, "{text}");
        assert!(text.starts_with("kms.cn-hangzhou.aliyuncs.com answered ") && text.contains(says), "{text}");
        assert!(code.is_empty() || text.contains(code), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_credential_to_read_it_with_the_reader_is_told_of() {
    let stage = stage();
    stage.cloud.play(|_| Reply::refusal(403, "NoPermission"));
    let missing = stage.open().wait().await.unwrap_err();
    assert_eq!(missing.code(), "credentials_refused");
    let text = missing.to_string();
    assert!(text.contains("role `reader`") && text.contains("trust policy"), "{text}");
}
