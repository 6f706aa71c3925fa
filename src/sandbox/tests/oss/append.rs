//! Appending.

use super::super::client::Visit;
use super::{bytes, call, get, put, refusal};

#[tokio::test]
async fn each_appending_says_where_the_next_begins() {
    let visit = Visit::new().await;
    let (first, second) = (bytes(70_000), b"more".to_vec());
    let headers = [("content-type", "text/x-log"), ("x-oss-meta-a", "b")];
    let answer = call(&visit, ("POST", "log", "append&position=0"), &headers, &first).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-oss-next-append-position")), (200, "70000"));
    let before = answer.header("etag").to_owned();
    visit.clock.advance(5);
    let answer = call(&visit, ("POST", "log", "append&position=70000"), &[], &second).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-oss-next-append-position")), (200, "70004"));
    assert_ne!(answer.header("etag"), before);

    let whole = [first, second].concat();
    let read = get(&visit, "log").await;
    assert!(read.body == whole, "{} bytes came back", read.body.len());
    assert_eq!(read.header("x-oss-object-type"), "Appendable");
    assert_eq!(read.header("x-oss-next-append-position"), "70004");
    assert_eq!((read.header("content-type"), read.header("x-oss-meta-a")), ("text/x-log", "b"));
    assert_eq!(read.header("last-modified"), "Thu, 07 Mar 2024 08:09:10 GMT");
    let plain = put(&visit, "plain", &whole).await;
    for sum in [read.header("x-oss-hash-crc64ecma"), answer.header("x-oss-hash-crc64ecma")] {
        assert_eq!(sum, plain.header("x-oss-hash-crc64ecma"));
    }
}

#[tokio::test]
async fn an_appending_elsewhere_than_at_the_end_is_told_where_that_is() {
    let visit = Visit::new().await;
    let elsewhere = (409, "PositionNotEqualToLength".to_owned());
    let answer = call(&visit, ("POST", "log", "append&position=3"), &[], b"x").await;
    assert_eq!((refusal(&answer), answer.header("x-oss-next-append-position")), (elsewhere.clone(), "0"));
    call(&visit, ("POST", "log", "append&position=0"), &[], b"12345").await;
    for position in [0, 4, 6] {
        let query = format!("append&position={position}");
        let answer = call(&visit, ("POST", "log", &query), &[], b"x").await;
        assert_eq!((refusal(&answer), answer.header("x-oss-next-append-position")), (elsewhere.clone(), "5"));
        assert_eq!(answer.header("x-oss-ec"), "0026-00000016");
    }
    assert_eq!(get(&visit, "log").await.text(), "12345");
}

#[tokio::test]
async fn what_was_not_appended_to_cannot_be_and_positions_are_numbers() {
    let visit = Visit::new().await;
    put(&visit, "k", b"12345").await;
    let answer = call(&visit, ("POST", "k", "append&position=5"), &[], b"x").await;
    assert_eq!(refusal(&answer), (409, "ObjectNotAppendable".to_owned()));
    for (query, ec) in [
        ("append", "0016-00000501"),
        ("append&position=x", "0016-00000502"),
        ("append&position=-1", "0016-00000502"),
    ] {
        let answer = call(&visit, ("POST", "new", query), &[], b"x").await;
        assert_eq!((refusal(&answer), answer.header("x-oss-ec")), ((400, "InvalidArgument".to_owned()), ec));
    }
    // Deleted, it begins anew.
    call(&visit, ("DELETE", "k", ""), &[], b"").await;
    assert_eq!(call(&visit, ("POST", "k", "append&position=0"), &[], b"x").await.status, 200);
}
