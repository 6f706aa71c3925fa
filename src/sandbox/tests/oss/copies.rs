//! Copies, whole and as parts.

use super::super::client::Visit;
use super::{all, bytes, call, get, one, put, refusal};
use crate::sandbox::encode::percent;

#[tokio::test]
async fn a_copy_has_the_bytes_and_headers_of_its_source() {
    let visit = Visit::new().await;
    let (key, body) = ("a//ü+%2F", bytes(200_000));
    let headers = [("content-type", "text/x-one"), ("x-oss-meta-a", "b"), ("cache-control", "no-cache")];
    let source = call(&visit, ("PUT", key, ""), &headers, &body).await;
    for (target, name) in [
        ("slashes kept", format!("/demo/{}", crate::sandbox::encode::percent_path(key.as_bytes()))),
        ("slashes encoded", format!("/demo/{}", percent(key.as_bytes()))),
        ("no slash before", format!("demo/{}", percent(key.as_bytes()))),
    ] {
        visit.clock.advance(1);
        let answer = call(&visit, ("PUT", target, ""), &[("x-oss-copy-source", &name)], b"").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(one(&answer, "ETag").replace("&quot;", "\""), source.header("etag"));
        let read = get(&visit, target).await;
        assert!(read.body == body, "{} bytes came back", read.body.len());
        assert_eq!((read.header("content-type"), read.header("cache-control")), ("text/x-one", "no-cache"));
        assert_eq!((read.header("x-oss-meta-a"), read.header("etag")), ("b", source.header("etag")));
        assert!(read.header("last-modified") > source.header("date"), "{}", read.header("last-modified"));
    }
    // Its own bytes: the source can go.
    call(&visit, ("DELETE", key, ""), &[], b"").await;
    assert!(get(&visit, "slashes kept").await.body == body);
}

#[tokio::test]
async fn a_copy_takes_new_headers_where_it_is_told_to() {
    let visit = Visit::new().await;
    call(&visit, ("PUT", "k", ""), &[("x-oss-meta-a", "old"), ("content-type", "text/x-old")], b"body").await;
    let told = |directive| {
        [
            ("x-oss-copy-source", "/demo/k"),
            ("x-oss-metadata-directive", directive),
            ("x-oss-meta-b", "new"),
            ("content-type", "text/x-new"),
        ]
    };
    // Onto itself, which is how metadata is changed.
    assert_eq!(call(&visit, ("PUT", "k", ""), &told("REPLACE"), b"").await.status, 200);
    let read = get(&visit, "k").await;
    assert_eq!((read.text(), read.header("content-type")), ("body".to_owned(), "text/x-new"));
    assert_eq!((read.header("x-oss-meta-b"), read.headers.contains_key("x-oss-meta-a")), ("new", false));
    let answer = call(&visit, ("PUT", "k", ""), &told("MERGE"), b"").await;
    assert_eq!(refusal(&answer), (400, "InvalidArgument".to_owned()));
}

#[tokio::test]
async fn a_source_that_is_not_there_or_not_named_is_told() {
    let visit = Visit::new().await;
    for (source, refused) in [
        ("/demo/nothing", (404, "NoSuchKey")),
        ("/no-such-bucket/k", (404, "NoSuchBucket")),
        ("/demo/", (400, "InvalidArgument")),
        ("demo", (400, "InvalidArgument")),
        ("/demo/k?versionId=x", (501, "NotImplemented")),
    ] {
        let answer = call(&visit, ("PUT", "t", ""), &[("x-oss-copy-source", source)], b"").await;
        assert_eq!(refusal(&answer), (refused.0, refused.1.to_owned()), "{source}");
    }
}

#[tokio::test]
async fn a_copy_is_made_only_where_its_conditions_hold() {
    let visit = Visit::new().await;
    let etag = put(&visit, "k", b"body").await.header("etag").to_owned();
    let (then, before) = ("Thu, 07 Mar 2024 08:09:05 GMT", "Thu, 07 Mar 2024 08:09:04 GMT");
    for (name, value, status) in [
        ("if-match", etag.as_str(), 200),
        ("if-match", "\"0\"", 412),
        ("if-none-match", "\"0\"", 200),
        ("if-none-match", etag.as_str(), 304),
        ("if-unmodified-since", then, 200),
        ("if-unmodified-since", before, 412),
        ("if-modified-since", before, 200),
        ("if-modified-since", then, 304),
    ] {
        let name = format!("x-oss-copy-source-{name}");
        let headers = [("x-oss-copy-source", "/demo/k"), (name.as_str(), value)];
        let answer = call(&visit, ("PUT", "t", ""), &headers, b"").await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {value}");
        let expected = if status == 200 { 204 } else { 404 };
        assert_eq!(call(&visit, ("GET", "t", ""), &[], b"").await.status == 200, expected == 204, "{name}");
        call(&visit, ("DELETE", "t", ""), &[], b"").await;
    }
}

#[tokio::test]
async fn a_part_can_be_a_stretch_of_another_object() {
    let visit = Visit::new().await;
    let source = bytes(300_000);
    put(&visit, "source/ü", &source).await;
    let id = one(&call(&visit, ("POST", "joined", "uploads"), &[], b"").await, "UploadId");
    let copy = async |number: u16, range: Option<&str>| {
        let query = format!("partNumber={number}&uploadId={id}");
        let mut headers = vec![("x-oss-copy-source", "/demo/source%2F%C3%BC")];
        headers.extend(range.map(|range| ("x-oss-copy-source-range", range)));
        call(&visit, ("PUT", "joined", &query), &headers, b"").await
    };
    let stretch = copy(1, Some("bytes=65530-200000")).await;
    assert_eq!(
        (stretch.status.as_u16(), stretch.header("content-range")),
        (200, "bytes 65530-200000/300000")
    );
    // `oss2` reads the ETag of the head, `alibabacloud-oss-v2` that of the body.
    assert_eq!(one(&stretch, "ETag").replace("&quot;", "\""), stretch.header("etag"));
    copy(2, None).await;
    // One that cannot be met stands for the whole.
    let whole = copy(3, Some("bytes=0-300000")).await;
    assert_eq!((whole.status.as_u16(), whole.header("content-range")), (200, ""));
    let listed = call(&visit, ("GET", "joined", &format!("uploadId={id}")), &[], b"").await;
    assert_eq!(all(&listed, "Size"), ["134471", "300000", "300000"]);
    let query = format!("uploadId={id}");
    call(&visit, ("POST", "joined", &query), &[("x-oss-complete-all", "yes")], b"").await;
    let expected = [&source[65_530..=200_000], &source, &source].concat();
    let read = get(&visit, "joined").await;
    assert!(read.body == expected, "{} bytes came back", read.body.len());
    let plain = put(&visit, "plain", &expected).await;
    assert_eq!(read.header("x-oss-hash-crc64ecma"), plain.header("x-oss-hash-crc64ecma"));
}
