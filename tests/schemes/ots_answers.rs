//! Tablestore's answers: signed for the caller, where the cloud signed them and the caller can tell.

use super::oss::{base64, mac1};
use super::ots::{INSTANCE, V2, V4, before, key4, proxy};
use crate::kit::{Answer, KEY_ID, Kit, Moved, Reply, SECRET, Seen, Upstream, with_body};

/// What the cloud covers of its answer.
const HEADERS: [(&str, &str); 4] = [
    ("x-ots-contentmd5", "RLr/gSYYyIMfXcdAAAAAAA=="),
    ("x-ots-contenttype", "protocol buffer"),
    ("x-ots-date", "2026-01-31T12:00:00.123456Z"),
    ("x-ots-requestid", "0005f7b2-0000"),
];

fn signed(key: &str, path: &str) -> String {
    let lines: String = HEADERS.map(|(name, value)| format!("{name}:{value}\n")).concat();
    base64(&mac1(key, &format!("{lines}{path}")))
}

/// The cloud's answer to a request, signed with its key unless `spoil` says otherwise.
fn reply(seen: &Seen, status: &str, spoil: impl Fn(String) -> Option<String>) -> Reply {
    let key = match seen.header("x-ots-signdate") {
        Some(day) => key4(SECRET, &day, "cn-hangzhou"),
        None => SECRET.to_owned(),
    };
    let proof = spoil(format!("OTS {KEY_ID}:{}", signed(&key, &seen.target())));
    let proof = proof.map(|proof| format!("authorization: {proof}\r\n")).unwrap_or_default();
    // In another order, and in other letters, than they are signed.
    let lines: String =
        HEADERS.iter().rev().map(|(name, value)| format!("{}: {value}\r\n", name.to_uppercase())).collect();
    Reply::new(format!("HTTP/1.1 {status}\r\n{proof}{lines}Content-Length: 4\r\n\r\nrows"))
}

fn proof(answer: &Answer) -> Option<String> {
    for (name, value) in HEADERS {
        assert_eq!(answer.header(name).as_deref(), Some(value), "{answer:?}");
    }
    assert_eq!(answer.text(), "rows");
    answer.header("authorization")
}

#[tokio::test]
async fn an_answer_is_signed_with_the_callers_key_in_its_own_version() {
    let upstream = Upstream::start(|seen, _| reply(seen, "200 OK", Some)).await;
    let proxy = proxy(&upstream).await;
    let v4_key = key4("dummy", "20200101", "cn-dummy");
    let own_id = V2.replace("accesskeyid: dummy", "accesskeyid: LTAI-mine");
    for (headers, id, key) in
        [(V2, "dummy", "dummy"), (V4, "dummy", &*v4_key), (&*own_id, "LTAI-mine", "dummy")]
    {
        let answer = proxy.call(with_body("POST", INSTANCE, "/GetRow", headers, "key")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(proof(&answer), Some(format!("OTS {id}:{}", signed(key, "/GetRow"))), "{headers}");
    }
}

#[tokio::test]
async fn an_error_that_the_cloud_signed_is_signed_as_well() {
    let upstream = Upstream::start(|seen, _| reply(seen, "400 Bad Request", Some)).await;
    let answer = proxy(&upstream).await.call(with_body("POST", INSTANCE, "/GetRow", V2, "key")).await;
    assert_eq!(
        (answer.status, proof(&answer)),
        (400, Some(format!("OTS dummy:{}", signed("dummy", "/GetRow"))))
    );
}

#[tokio::test]
async fn nothing_is_vouched_for_that_the_cloud_did_not_vouch_for() {
    let spoilt: [fn(String) -> Option<String>; 4] = [
        |_| None,
        |proof| Some(proof.replace(KEY_ID, "LTAI-another")),
        |proof| Some(format!("{}AAAA=", &proof[..proof.len() - 5])),
        |_| Some("OTS".to_owned()),
    ];
    for spoil in spoilt {
        let upstream = Upstream::start(move |seen, _| reply(seen, "200 OK", spoil)).await;
        let proxy = proxy(&upstream).await;
        for headers in [V2, V4] {
            let answer = proxy.call(with_body("POST", INSTANCE, "/GetRow", headers, "key")).await;
            assert_eq!((answer.status, proof(&answer)), (200, None), "{headers}");
        }
    }
}

#[tokio::test]
async fn a_caller_that_did_not_sign_gets_no_signature_and_the_clouds_own_never_passes() {
    let upstream = Upstream::start(|seen, _| reply(seen, "200 OK", Some)).await;
    let proxy = proxy(&upstream).await;
    // A day that is none was signed with no key that could be made.
    let odd = V4.replace("signdate: 20200101", "signdate: 2020");
    let long = V2.replace("accesskeyid: dummy", &format!("accesskeyid: {}", "x".repeat(1000)));
    for headers in ["", &odd, &long] {
        let answer = proxy.call(with_body("POST", INSTANCE, "/GetRow", headers, "key")).await;
        assert_eq!((answer.status, proof(&answer)), (200, None), "{headers}");
    }
}

#[tokio::test]
async fn a_clock_that_tablestore_complains_of_is_set_by_its_own_date() {
    let upstream = Upstream::start(|seen, _| {
        let complaint = "\n\rOTSAuthFailed\x120Mismatch between system time and x-ots-date: t, s";
        let head = format!(
            "HTTP/1.1 403 Forbidden\r\nx-ots-date: 2050-01-31T12:00:00.123456Z\r\nContent-Length: {}",
            complaint.len()
        );
        let is_right = seen.header("x-ots-date").unwrap().starts_with("2050-");
        if !is_right { Reply::new(format!("{head}\r\n\r\n{complaint}")) } else { Reply::ok() }
    })
    .await;
    let proxy = before(Kit::new().clock(Moved::new()), &upstream).await;
    assert_eq!(proxy.call(with_body("POST", INSTANCE, "/PutRow", "", "row")).await.status, 200);
    assert!(upstream.last().header("x-ots-date").unwrap().starts_with("2050-01-31T12:00:"));
}
