//! Form uploads to OSS: the fields in front of the file are written anew, the file streams.

use serde_json::{Value, json};

use super::oss::{base64, hex, mac1, mac256};
use crate::kit::{KEY_ID, Kit, OSS, Proxy, Reply, SECRET, Seen, TOKEN, Upstream, request, with_body};

const TYPE: &str = "Content-Type: multipart/form-data; boundary=\"a'b\"\r\n";

fn part(name: &str, value: &str) -> String {
    format!("--a'b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(content: &str) -> String {
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
    format!("--a'b\r\n{disposition}\r\nContent-Type: text/plain\r\n\r\n{content}\r\n--a'b--\r\n")
}

const CONDITIONS: &str =
    r#"[["starts-with","$key","dir/"],{"x-oss-date":"20200101T000000Z"},["eq","$x-oss-credential","d"]]"#;

fn policy() -> String {
    base64(format!(r#"{{"expiration":"2020-01-01T00:00:00.000Z","conditions":{CONDITIONS}}}"#).as_bytes())
}

/// What SDKs put in front of the file with a dummy key, in both versions.
fn dummies() -> [String; 2] {
    let v1 = [("OSSAccessKeyId", "dummy"), ("policy", &policy()), ("Signature", "dummy")];
    let v4 = [
        ("X-OSS-Signature-Version", "OSS4-HMAC-SHA256"),
        ("policy", &policy()),
        ("x-oss-credential", "dummy/20200101/r/oss/aliyun_v4_request"),
        ("x-oss-date", "20200101T000000Z"),
        ("x-oss-security-token", "dummy"),
        ("x-oss-signature", "dummy"),
    ];
    [v1.map(|(name, value)| part(name, value)).concat(), v4.map(|(name, value)| part(name, value)).concat()]
}

/// The parts of what arrived, by a reading of its own: names and values, the file last.
fn parts(seen: &Seen) -> Vec<(String, String)> {
    let body = String::from_utf8(seen.body.clone()).unwrap();
    let body = body.strip_prefix("--a'b\r\n").unwrap().strip_suffix("\r\n--a'b--\r\n").unwrap();
    body.split("\r\n--a'b\r\n")
        .map(|part| {
            let (head, value) = part.split_once("\r\n\r\n").unwrap();
            let name = head.split_once("name=\"").unwrap().1.split('"').next().unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn value(parts: &[(String, String)], name: &str) -> String {
    let mut found = parts.iter().filter(|(known, _)| known == name);
    let value = found.next().unwrap_or_else(|| panic!("no {name} in {parts:?}")).1.clone();
    assert!(found.next().is_none(), "{name} twice");
    value
}

fn decoded(text: &str) -> Value {
    serde_json::from_slice(&data_encoding::BASE64.decode(text.as_bytes()).unwrap()).unwrap()
}

/// Whether V4's signature of the form holds; and the policy.
fn signed_v4(seen: &Seen) -> Value {
    assert_eq!(seen.header("authorization"), None);
    let parts = parts(seen);
    let (policy, date) = (value(&parts, "policy"), value(&parts, "x-oss-date"));
    let scope = format!("{}/cn-hangzhou/oss/aliyun_v4_request", &date[..8]);
    assert_eq!(value(&parts, "x-oss-credential"), format!("{KEY_ID}/{scope}"));
    assert_eq!(value(&parts, "x-oss-signature-version"), "OSS4-HMAC-SHA256");
    assert_eq!(value(&parts, "x-oss-security-token"), TOKEN);
    let mut key = format!("aliyun_v4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac256(&key, part);
    }
    assert_eq!(value(&parts, "x-oss-signature"), hex(&mac256(&key, &policy)));
    let policy = decoded(&policy);
    let conditions = policy["conditions"].as_array().unwrap();
    for name in ["x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-security-token"] {
        assert!(conditions.contains(&json!({ name: value(&parts, name) })), "{name}: {policy}");
    }
    policy
}

async fn proxy() -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    (upstream, proxy)
}

#[tokio::test]
async fn a_form_leaves_with_our_signature_and_its_callers_own_terms() {
    let (upstream, proxy) = proxy().await;
    let content = "the file\r\n--a'c\r\nwith lines".repeat(3);
    for dummy in dummies() {
        let form =
            [&part("key", "dir/${filename}"), &*dummy, &part("x-oss-meta-a", "b"), &file(&content)].concat();
        let whole = with_body("POST", OSS, "/", &format!("{TYPE}Content-MD5: c3RhbGU=\r\n"), &form);
        // Whole at once, and in two pieces cut in the head of a field, in the fields, and in the file.
        for cut in [None, Some(form.len() - 40), Some(form.len() / 2), Some(20)] {
            let mut caller = proxy.caller().await;
            let at = whole.len() - cut.unwrap_or(0);
            caller.send_cut(whole.as_bytes(), &[at]).await;
            assert_eq!(caller.answer().await.status, 200, "{cut:?}");
            let seen = upstream.last();
            let expected = json!([["starts-with", "$key", "dir/"]]);
            let policy = signed_v4(&seen);
            assert_eq!(policy["conditions"].as_array().unwrap()[..1], expected.as_array().unwrap()[..]);
            assert_eq!(policy["expiration"], "2020-01-01T00:00:00.000Z", "the caller's own is kept");
            let parts = parts(&seen);
            assert_eq!(parts[0], ("key".to_owned(), "dir/${filename}".to_owned()));
            assert_eq!(parts[1], ("x-oss-meta-a".to_owned(), "b".to_owned()));
            assert_eq!(parts.last().unwrap(), &("file".to_owned(), content.clone()));
            assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
            assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string()));
            assert_eq!(seen.header("content-md5"), None);
            assert_eq!(seen.header("content-type").as_deref(), TYPE.trim().strip_prefix("Content-Type: "));
        }
    }
}

#[tokio::test]
async fn a_form_that_nobody_signed_gets_a_policy_for_its_bucket() {
    let (upstream, proxy) = proxy().await;
    for form in [[part("key", "k"), file("x")].concat(), file("x")] {
        assert_eq!(proxy.call(with_body("POST", OSS, "/", TYPE, &form)).await.status, 200);
        let policy = signed_v4(&upstream.last());
        assert_eq!(policy["conditions"][0], json!({"bucket": "bkt1"}));
        assert_eq!(policy["conditions"].as_array().unwrap().len(), 5);
        let ends = policy["expiration"].as_str().unwrap();
        assert!(ends.ends_with('Z') && ends > "2026", "{ends}");
    }
}

#[tokio::test]
async fn by_setting_a_form_leaves_with_version_1() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().settings("[product.oss]\nscheme = \"oss-v1\"").before(&upstream).await;
    for dummy in dummies() {
        let form = [&part("key", "dir/a"), &*dummy, &file("x")].concat();
        assert_eq!(proxy.call(with_body("POST", OSS, "/", TYPE, &form)).await.status, 200);
        let seen = upstream.last();
        let parts = parts(&seen);
        let policy = value(&parts, "policy");
        assert_eq!(value(&parts, "OSSAccessKeyId"), KEY_ID);
        assert_eq!(value(&parts, "x-oss-security-token"), TOKEN);
        assert_eq!(value(&parts, "Signature"), base64(&mac1(SECRET, &policy)));
        assert_eq!(decoded(&policy)["conditions"], json!([["starts-with", "$key", "dir/"]]));
        assert_eq!(seen.header("authorization"), None);
    }
}

#[tokio::test]
async fn a_file_larger_than_any_body_that_is_held_streams() {
    let (upstream, proxy) = proxy().await;
    let content = "0123456789abcdef".repeat(600_000);
    let form = [part("key", "k"), file(&content)].concat();
    assert_eq!(proxy.call(with_body("POST", OSS, "/", TYPE, &form)).await.status, 200);
    let seen = upstream.last();
    assert!(seen.is_whole && seen.body_bytes > content.len(), "{}", seen.body_bytes);
}

#[tokio::test]
async fn a_caller_that_waits_for_100_continue_gets_it_and_the_form_goes_out() {
    let (upstream, proxy) = proxy().await;
    let form = [part("key", "k"), file("x")].concat();
    let whole = with_body("POST", OSS, "/", &format!("{TYPE}Expect: 100-continue\r\n"), &form);
    let (head, body) = whole.split_at(whole.len() - form.len());
    let mut caller = proxy.caller().await;
    caller.send(head).await;
    let interim = crate::kit::soon("a go-ahead", caller.reader.until(b"\r\n\r\n")).await.unwrap();
    assert_eq!(interim, b"HTTP/1.1 100 Continue");
    caller.send(body).await;
    assert_eq!(caller.answer().await.status, 200);
    assert_eq!(upstream.last().header("expect"), None);
    signed_v4(&upstream.last());
}

#[tokio::test]
async fn a_form_in_chunks_is_held_and_leaves_with_its_length() {
    let (upstream, proxy) = proxy().await;
    let form = [part("key", "k"), file("x")].concat();
    let chunks = format!("{:x}\r\n{form}\r\n0\r\n\r\n", form.len());
    let head = request("POST", OSS, "/", &format!("{TYPE}Transfer-Encoding: chunked\r\n"));
    assert_eq!(proxy.call(format!("{head}{chunks}")).await.status, 200);
    let seen = upstream.last();
    signed_v4(&seen);
    assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string()));
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused_and_nothing_leaves() {
    let (upstream, proxy) = proxy().await;
    let twice = [part("key", "a"), part("Key", "b"), file("x")].concat();
    let two_policies = [part("policy", &policy()), part("policy", &policy()), file("x")].concat();
    let no_file = format!("{}--a'b--\r\n", part("key", "k"));
    let bad_policy = [part("policy", "e30="), file("x")].concat();
    let long = [part("key", &"k".repeat(70_000)), file("x")].concat();
    let (good, no_boundary) = (file("x"), "Content-Type: multipart/form-data\r\n");
    for (content_type, form, expected) in [
        (TYPE, &*twice, (400, "duplicate_field")),
        (TYPE, &two_policies, (400, "duplicate_field")),
        (TYPE, &no_file, (400, "bad_form")),
        (TYPE, "no form at all", (400, "bad_form")),
        (TYPE, &bad_policy, (400, "bad_form")),
        (TYPE, &long, (413, "body_too_large")),
        (no_boundary, &good, (400, "bad_form")),
    ] {
        let answer = proxy.call(with_body("POST", OSS, "/", content_type, form)).await;
        assert_eq!(answer.verdict(), (expected.0, expected.1.to_owned()), "{form:.80}");
        assert!(answer.text().contains("Countersign."), "{}", answer.text());
    }
    let s3 = format!("{TYPE}x-amz-date: 20200101T000000Z\r\n");
    let answer = proxy.call(with_body("POST", OSS, "/", &s3, &good)).await;
    assert_eq!(answer.verdict(), (501, "scheme_unavailable".to_owned()));
    assert_eq!(upstream.requests().len(), 0);
    // At an object's path it is a body like any other.
    assert_eq!(proxy.call(with_body("POST", OSS, "/k?append&position=0", TYPE, &good)).await.status, 200);
    assert!(upstream.last().header("authorization").unwrap().starts_with("OSS4-HMAC-SHA256 "));
    assert_eq!(upstream.last().body, good.as_bytes());
}
