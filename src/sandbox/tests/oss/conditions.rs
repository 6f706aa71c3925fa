//! Conditions on a read, and what a caller can ask of an answer's head.

use super::super::client::Visit;
use super::{bytes, call, put};

const THEN: &str = "Thu, 07 Mar 2024 08:09:05 GMT";
const BEFORE: &str = "Thu, 07 Mar 2024 08:09:04 GMT";

#[tokio::test]
async fn an_object_is_read_only_where_the_conditions_hold() {
    let visit = Visit::new().await;
    let etag = put(&visit, "k", b"body").await.header("etag").to_owned();
    let bare = etag.trim_matches('"').to_lowercase();
    for (headers, status) in [
        (vec![("if-match", etag.as_str())], 200),
        (vec![("if-match", bare.as_str())], 200),
        (vec![("if-match", "\"0\"")], 412),
        (vec![("if-none-match", etag.as_str())], 304),
        (vec![("if-none-match", "\"0\"")], 200),
        (vec![("if-modified-since", BEFORE)], 200),
        (vec![("if-modified-since", THEN)], 304),
        (vec![("if-modified-since", "yesterday")], 200),
        (vec![("if-unmodified-since", THEN)], 200),
        (vec![("if-unmodified-since", BEFORE)], 412),
        // What fails wins over what is known already.
        (vec![("if-none-match", etag.as_str()), ("if-unmodified-since", BEFORE)], 412),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = call(&visit, (method, "k", ""), &headers, b"").await;
            assert_eq!(answer.status.as_u16(), status, "{method} {headers:?}");
            match status {
                304 => assert_eq!((answer.body.len(), answer.header("etag")), (0, etag.as_str())),
                412 if method == "GET" => {
                    assert_eq!(answer.code(), "PreconditionFailed");
                    assert!(answer.text().contains("<Condition>if-"), "{}", answer.text());
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_caller_chooses_headers_of_the_answer() {
    let visit = Visit::new().await;
    let headers = [
        ("content-type", "text/x-one"),
        ("content-disposition", "attachment"),
        ("content-language", "de"),
        ("content-encoding", "identity"),
        ("cache-control", "no-cache"),
        ("expires", "Fri, 08 Mar 2024 00:00:00 GMT"),
    ];
    call(&visit, ("PUT", "k", ""), &headers, b"body").await;
    let answer = call(&visit, ("GET", "k", ""), &[], b"").await;
    for (name, value) in headers {
        assert_eq!(answer.header(name), value);
    }
    let query = "response-content-type=text%2Fx-two&response-content-disposition=inline&response-content-language=fr\
                 &response-content-encoding=x&response-cache-control=no-store&response-expires=never";
    let answer = call(&visit, ("GET", "k", query), &[], b"").await;
    assert_eq!(
        (answer.header("content-type"), answer.header("content-disposition")),
        ("text/x-two", "inline")
    );
    assert_eq!((answer.header("content-language"), answer.header("content-encoding")), ("fr", "x"));
    assert_eq!((answer.header("cache-control"), answer.header("expires")), ("no-store", "never"));
}

#[tokio::test]
async fn the_short_head_names_only_size_date_and_etag() {
    let visit = Visit::new().await;
    call(&visit, ("PUT", "k", ""), &[("x-oss-meta-a", "b")], b"body").await;
    let answer = call(&visit, ("HEAD", "k", "objectMeta"), &[], b"").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-length")), (200, "4"));
    assert_eq!((answer.header("last-modified"), answer.header("etag").len()), (THEN, 34));
    assert!(!answer.headers.contains_key("x-oss-meta-a") && !answer.headers.contains_key("content-type"));
}

#[tokio::test]
async fn the_end_of_an_object_and_nothing_of_an_empty_one() {
    let visit = Visit::new().await;
    let body = bytes(200_000);
    put(&visit, "k", &body).await;
    put(&visit, "empty", b"").await;
    let range = async |key: &str, range: &str, behaviour: &str| {
        let headers = [("range", range), ("x-oss-range-behavior", behaviour)];
        call(&visit, ("GET", key, ""), &headers, b"").await
    };
    let answer = range("k", "bytes=-70000", "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-range")), (206, "bytes 130000-199999/200000"));
    assert!(answer.body == body[130_000..]);
    assert_eq!(range("k", "bytes=-300000", "").await.body.len(), 200_000);
    assert_eq!(range("empty", "bytes=-1", "").await.status, 200);
    assert_eq!(range("empty", "bytes=0-", "standard").await.status, 416);
    assert_eq!(range("k", "bytes=0-1,5-6", "standard").await.status, 416);
    assert_eq!(range("k", "bytes=0-1,5-6", "").await.body.len(), 200_000);
}
