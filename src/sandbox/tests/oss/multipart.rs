//! Uploads in parts.

use super::super::client::{Read, Visit};
use super::{all, bytes, call, get, md5, one, put, refusal};

async fn begin(visit: &Visit, key: &str, headers: &[(&str, &str)]) -> String {
    one(&call(visit, ("POST", key, "uploads"), headers, b"").await, "UploadId")
}

async fn part(visit: &Visit, key: &str, id: &str, number: u16, body: &[u8]) -> Read {
    call(visit, ("PUT", key, &format!("partNumber={number}&uploadId={id}")), &[], body).await
}

fn list(parts: &[(u16, &str)]) -> String {
    let part = |(number, etag): &(u16, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    format!(
        "<CompleteMultipartUpload>{}</CompleteMultipartUpload>",
        parts.iter().map(part).collect::<String>()
    )
}

async fn complete(visit: &Visit, key: &str, id: &str, parts: &[(u16, &str)]) -> Read {
    call(visit, ("POST", key, &format!("uploadId={id}")), &[], list(parts).as_bytes()).await
}

#[tokio::test]
async fn parts_become_one_object_in_the_order_of_their_numbers() {
    let visit = Visit::new().await;
    let key = "a//b%2F 中+";
    let id = begin(&visit, key, &[("content-type", "text/x-one"), ("x-oss-meta-a", "b")]).await;
    let (first, second, third) = (bytes(102_400), bytes(150_000), b"the end".to_vec());
    // Numbers may have gaps, and parts may come in any order, and again.
    let last = part(&visit, key, &id, 9, &third).await;
    part(&visit, key, &id, 2, &first).await;
    let two = part(&visit, key, &id, 2, &second).await;
    let one_ = part(&visit, key, &id, 1, &first).await;
    assert_eq!(last.header("content-md5"), md5(&third));
    assert!(!last.header("x-oss-hash-crc64ecma").is_empty());
    assert_eq!(get(&visit, key).await.code(), "NoSuchKey", "not before it is complete");
    let answer = complete(
        &visit,
        key,
        &id,
        &[
            (1, one_.header("etag")),
            // Some callers leave the quotation marks out.
            (2, two.header("etag").trim_matches('"')),
            (9, last.header("etag")),
        ],
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let etag = one(&answer, "ETag").replace("&quot;", "\"");
    assert!(etag.ends_with("-3\"") && etag.len() == 36, "{etag}");

    let whole = [first, second, third].concat();
    let read = get(&visit, key).await;
    assert!(read.body == whole, "{} bytes came back", read.body.len());
    assert_eq!((read.header("etag"), read.header("x-oss-object-type")), (etag.as_str(), "Multipart"));
    assert_eq!((read.header("content-type"), read.header("x-oss-meta-a")), ("text/x-one", "b"));
    assert!(!read.headers.contains_key("content-md5"));
    // The same bytes in one go have the same sum.
    let plain = put(&visit, "plain", &whole).await;
    assert_eq!(read.header("x-oss-hash-crc64ecma"), plain.header("x-oss-hash-crc64ecma"));
    assert_eq!(answer.header("x-oss-hash-crc64ecma"), plain.header("x-oss-hash-crc64ecma"));
    // Over the seam of two parts, and of two blocks.
    for from in [102_390, 131_070] {
        let range = format!("bytes={from}-{}", from + 19);
        let read = call(&visit, ("GET", key, ""), &[("range", &range)], b"").await;
        assert_eq!(read.body, whole[from..from + 20]);
    }
    let again = part(&visit, key, &id, 1, b"late").await;
    assert_eq!(refusal(&again), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn an_upload_that_cannot_be_completed_says_why_and_goes_on() {
    let visit = Visit::new().await;
    let id = begin(&visit, "k", &[]).await;
    let small = part(&visit, "k", &id, 1, b"small").await;
    let last = part(&visit, "k", &id, 2, b"last").await;
    let (small, last) = (small.header("etag"), last.header("etag"));
    for (parts, code) in [
        (vec![(1, small), (2, last)], "EntityTooSmall"),
        (vec![(2, last), (1, small)], "InvalidPartOrder"),
        (vec![(1, small), (1, small)], "InvalidPartOrder"),
        (vec![(3, last)], "InvalidPart"),
        (vec![(2, small)], "InvalidPart"),
        (vec![], "MalformedXML"),
    ] {
        assert_eq!(refusal(&complete(&visit, "k", &id, &parts).await), (400, code.to_owned()), "{parts:?}");
    }
    let answer = call(&visit, ("POST", "k", &format!("uploadId={id}")), &[], b"<Complete").await;
    assert_eq!(refusal(&answer), (400, "MalformedXML".to_owned()));
    let other = complete(&visit, "another-key", &id, &[(2, last)]).await;
    assert_eq!((refusal(&other), one(&other, "UploadId")), ((404, "NoSuchUpload".to_owned()), id.clone()));
    assert_eq!(complete(&visit, "k", &id, &[(2, last)]).await.status, 200);
    assert_eq!(get(&visit, "k").await.text(), "last");
}

#[tokio::test]
async fn all_parts_are_taken_without_a_list_when_so_told() {
    let visit = Visit::new().await;
    let id = begin(&visit, "k", &[]).await;
    let first = bytes(102_400);
    part(&visit, "k", &id, 3, &first).await;
    part(&visit, "k", &id, 4, b"!").await;
    let (query, all) = (format!("uploadId={id}"), [("x-oss-complete-all", "yes")]);
    let both = call(&visit, ("POST", "k", &query), &all, list(&[(3, "x")]).as_bytes()).await;
    assert_eq!(refusal(&both), (400, "InvalidArgument".to_owned()));
    assert_eq!(call(&visit, ("POST", "k", &query), &all, b"").await.status, 200);
    assert_eq!(get(&visit, "k").await.body, [first.as_slice(), b"!"].concat());
}

#[tokio::test]
async fn an_aborted_upload_is_gone_with_its_parts() {
    let visit = Visit::new().await;
    let id = begin(&visit, "k", &[]).await;
    part(&visit, "k", &id, 1, b"part").await;
    let query = format!("uploadId={id}");
    assert_eq!(call(&visit, ("DELETE", "", ""), &[], b"").await.code(), "BucketNotEmpty");
    assert_eq!(call(&visit, ("DELETE", "k", &query), &[], b"").await.status, 204);
    for method in ["DELETE", "GET"] {
        assert_eq!(call(&visit, (method, "k", &query), &[], b"").await.code(), "NoSuchUpload");
    }
    assert_eq!(call(&visit, ("DELETE", "", ""), &[], b"").await.status, 204);
}

#[tokio::test]
async fn numbers_and_sums_of_parts_are_held_to_their_rules() {
    let visit = Visit::new().await;
    let id = begin(&visit, "k", &[]).await;
    for number in ["0", "10001", "STR", "-1"] {
        let query = format!("partNumber={number}&uploadId={id}");
        let answer = call(&visit, ("PUT", "k", &query), &[], b"x").await;
        let named = (one(&answer, "ArgumentName"), one(&answer, "ArgumentValue"));
        assert_eq!(refusal(&answer), (400, "InvalidArgument".to_owned()));
        assert_eq!(named, ("PartNumber".to_owned(), number.to_owned()));
    }
    let query = format!("partNumber=10000&uploadId={id}");
    let wrong = call(&visit, ("PUT", "k", &query), &[("content-md5", &md5(b"other"))], b"x").await;
    assert_eq!(wrong.code(), "InvalidDigest");
    assert_eq!(call(&visit, ("PUT", "k", &query), &[("content-md5", &md5(b"x"))], b"x").await.status, 200);
}

#[tokio::test]
async fn the_parts_of_an_upload_are_listed_in_pages() {
    let visit = Visit::new().await;
    let id = begin(&visit, "中", &[]).await;
    for number in [7, 1, 300] {
        part(&visit, "中", &id, number, &bytes(u32::from(number))).await;
    }
    let page = async |more: &str| {
        let query = format!("uploadId={id}&encoding-type=url{more}");
        call(&visit, ("GET", "中", &query), &[], b"").await
    };
    let first = page("&max-parts=2").await;
    assert_eq!(
        (all(&first, "PartNumber"), one(&first, "Key")),
        (vec!["1".into(), "7".into()], "%E4%B8%AD".into())
    );
    assert_eq!(
        (one(&first, "IsTruncated"), one(&first, "NextPartNumberMarker")),
        ("true".into(), "7".into())
    );
    let second = page("&max-parts=2&part-number-marker=7").await;
    assert_eq!(
        (all(&second, "PartNumber"), all(&second, "Size")),
        (vec!["300".to_owned()], vec!["300".to_owned()])
    );
    assert_eq!(one(&second, "IsTruncated"), "false");
    assert_eq!(all(&page("").await, "Size"), ["1", "7", "300"]);
    assert_eq!(page("&max-parts=1001").await.code(), "InvalidArgument");
}

#[tokio::test]
async fn an_object_is_not_written_over_where_that_is_forbidden() {
    let visit = Visit::new().await;
    let forbidden = [("x-oss-forbid-overwrite", "true")];
    let exists = (409, "FileAlreadyExists".to_owned());
    let id = begin(&visit, "k", &forbidden).await;
    let etag = part(&visit, "k", &id, 1, b"parts").await;
    put(&visit, "k", b"first").await;
    assert_eq!(refusal(&call(&visit, ("PUT", "k", ""), &forbidden, b"second").await), exists);
    assert_eq!(refusal(&call(&visit, ("POST", "k", "uploads"), &forbidden, b"").await), exists);
    let list = list(&[(1, etag.header("etag"))]);
    let query = format!("uploadId={id}");
    assert_eq!(refusal(&call(&visit, ("POST", "k", &query), &forbidden, list.as_bytes()).await), exists);
    let copy = [("x-oss-forbid-overwrite", "true"), ("x-oss-copy-source", "/demo/k")];
    assert_eq!(refusal(&call(&visit, ("PUT", "k", ""), &copy, b"").await), exists);
    assert_eq!(get(&visit, "k").await.text(), "first");
    assert_eq!(call(&visit, ("PUT", "new", ""), &forbidden, b"fresh").await.status, 200);
}
