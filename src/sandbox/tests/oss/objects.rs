//! Buckets and objects, with keys that only OSS allows.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::client::{Read, Visit, request};
use super::DEMO;
use crate::sandbox::encode::{base64, percent};
use crate::sandbox::heard::Heard;

fn put(key: &str, body: &[u8]) -> Heard {
    Heard { body: body.to_vec(), ..request("PUT", DEMO, key, "") }
}

async fn get(visit: &Visit, key: &str, headers: &[(&str, &str)]) -> Read {
    let mut heard = request("GET", DEMO, key, "");
    heard.headers.extend(headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())));
    visit.oss(&visit.user(), heard).await
}

#[tokio::test]
async fn an_object_comes_back_as_it_went_in() {
    let visit = Visit::new().await;
    let key = visit.role_key(&[]).await;
    let mut heard = put("/a//b%2Fc/%E4%BD%A0+%2B%20..", b"123456789");
    heard.headers.push(("content-md5".to_owned(), b"JfnnlDI7RTiF9RgfG2JNCw==".to_vec()));
    heard.headers.push(("content-type".to_owned(), b"text/plain".to_vec()));
    heard.headers.push(("x-oss-meta-owner".to_owned(), "你 好".as_bytes().to_vec()));
    let answer = visit.oss(&key, heard).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("etag"), "\"25F9E794323B453885F5181F1B624D0B\"");
    assert_eq!(answer.header("x-oss-hash-crc64ecma"), "11051210869376104954");
    assert_eq!(answer.header("x-oss-request-id").len(), 24);

    // The same key, spelled otherwise.
    let answer = get(&visit, "/a%2F/b/c/%e4%bd%a0%2B+%20%2E%2E", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (200, b"123456789".as_slice()), "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/plain");
    assert_eq!(answer.header("last-modified"), "Thu, 07 Mar 2024 08:09:05 GMT");
    assert_eq!(answer.headers["x-oss-meta-owner"].as_bytes(), "你 好".as_bytes());

    let head = request("HEAD", DEMO, "/a//b/c/%E4%BD%A0%2B%2B%20..", "");
    let answer = visit.oss(&key, head).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-length"), answer.body.len()), (200, "9", 0));
}

/// The head of a request as text, with further lines.
fn head(heard: &Heard, more: &str) -> String {
    let lines =
        heard.headers.iter().map(|(name, value)| format!("{name}: {}\r\n", String::from_utf8_lossy(value)));
    format!("{} {} HTTP/1.1\r\n{}{more}\r\n", heard.method, heard.path, lines.collect::<String>())
}

#[tokio::test]
async fn an_upload_waits_for_a_go_ahead_that_a_refused_one_does_not_get() {
    let visit = Visit::new().await;
    let more = "expect: 100-continue\r\ntransfer-encoding: chunked\r\nconnection: close\r\n";
    let mut stream = visit.connect(DEMO).await;
    let signed = visit.oss_request(&visit.user(), put("/waits", b""));
    stream.write_all(head(&signed, more).as_bytes()).await.unwrap();
    let mut go_ahead = [0; 25];
    stream.read_exact(&mut go_ahead).await.unwrap();
    assert_eq!(&go_ahead, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(get(&visit, "/waits", &[]).await.text(), "abcdefg");

    let mut key = visit.user();
    key.secret.push('x');
    let mut stream = visit.connect(DEMO).await;
    let signed = visit.oss_request(&key, put("/waits", b""));
    stream.write_all(head(&signed, more).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_no_object() {
    let visit = Visit::new().await;
    let mut stream = visit.connect(DEMO).await;
    let signed = visit.oss_request(&visit.user(), put("/broken", b""));
    stream.write_all(head(&signed, "content-length: 10\r\n").as_bytes()).await.unwrap();
    stream.write_all(b"abc").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    // Whether the sandbox still says so or just hangs up is its client's loss.
    let _ = stream.read_to_string(&mut answer).await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(get(&visit, "/broken", &[]).await.code(), "NoSuchKey");
}

#[tokio::test]
async fn a_refused_upload_can_read_why_after_sending_it_all() {
    let visit = Visit::new().await;
    let mut key = visit.user();
    key.secret.push('x');
    let mut stream = visit.connect(DEMO).await;
    let signed = visit.oss_request(&key, put("/refused", b""));
    let more = "content-length: 16777216\r\nconnection: close\r\n";
    stream.write_all(head(&signed, more).as_bytes()).await.unwrap();
    for _ in 0..256 {
        stream.write_all(&[7; 65_536]).await.unwrap();
    }
    // TLS may keep the last records back, and reading does not send them.
    stream.flush().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("<Code>SignatureDoesNotMatch</Code>"), "{answer}");
}

#[tokio::test]
async fn a_range_is_a_part_and_a_range_that_cannot_be_is_the_whole() {
    let visit = Visit::new().await;
    visit.oss(&visit.user(), put("/r", b"0123456789")).await;
    let answer = get(&visit, "/r", &[("range", "bytes=2-4")]).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (206, "234"));
    assert_eq!(answer.header("content-range"), "bytes 2-4/10");
    assert_eq!(get(&visit, "/r", &[("range", "bytes=2-40")]).await.text(), "0123456789");
    let standard = async |range: &str| {
        get(&visit, "/r", &[("range", range), ("x-oss-range-behavior", "standard")]).await
    };
    let answer = standard("bytes=7-40").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (206, "789"));
    let answer = standard("bytes=10-40").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (416, "InvalidRange"));
}

#[tokio::test]
async fn a_large_object_comes_back_from_its_file() {
    let visit = Visit::new().await;
    let body: Vec<u8> = (0..3 * 1024 * 1024_u32).map(|at| (at % 251) as u8).collect();
    assert_eq!(visit.oss(&visit.user(), put("/large", &body)).await.status, 200);
    let answer = get(&visit, "/large", &[]).await;
    assert!(answer.body == body, "{} bytes came back", answer.body.len());
    let answer = get(&visit, "/large", &[("range", "bytes=1048570-1048579")]).await;
    assert_eq!(answer.body, body[1_048_570..1_048_580]);
}

#[tokio::test]
async fn a_body_that_is_not_what_its_md5_says_leaves_no_object() {
    let visit = Visit::new().await;
    let mut heard = put("/digest", b"123456789");
    heard.headers.push(("content-md5".to_owned(), base64(&[0; 16]).into_bytes()));
    assert_eq!(visit.oss(&visit.user(), heard).await.code(), "InvalidDigest");
    assert_eq!(get(&visit, "/digest", &[]).await.code(), "NoSuchKey");
    let answer = visit.oss(&visit.user(), request("HEAD", DEMO, "/digest", "")).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-oss-ec")), (404, "0026-00000001"));
    assert!(!answer.header("x-oss-err").is_empty() && answer.body.is_empty());
}

#[tokio::test]
async fn a_listing_pages_through_every_key_once_in_both_versions() {
    let visit = Visit::new().await;
    for key in ["a", "b/1", "b/2", "c/x/1", "d&<", "e"] {
        visit.oss(&visit.user(), put(&format!("/{}", percent(key.as_bytes())), b"x")).await;
    }
    for (version, ask, next) in
        [("", "marker", "NextMarker"), ("list-type=2&", "continuation-token", "NextContinuationToken")]
    {
        let (mut at, mut seen) = (String::new(), Vec::new());
        for _ in 0..10 {
            let query = format!("{version}delimiter=%2F&max-keys=2&encoding-type=url&{ask}={at}");
            let text = visit.oss(&visit.user(), request("GET", DEMO, "/", &query)).await.text();
            let all = |tag: &str| {
                let opening = format!("<{tag}>");
                let parts = text.split(opening.as_str()).skip(1);
                parts.map(|part| part.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
            };
            let prefixes = text.matches("<CommonPrefixes><Prefix>").count();
            seen.extend(all("Key"));
            seen.extend(all("Prefix").into_iter().rev().take(prefixes).rev());
            match all(next).first() {
                Some(next) => at = next.clone(),
                None => break,
            }
        }
        assert_eq!(seen, ["a", "b%2F", "d%26%3C", "c%2F", "e"], "{version}");
    }
    let text = visit.oss(&visit.user(), request("GET", DEMO, "/", "prefix=d")).await.text();
    assert!(
        text.contains("<Key>d&amp;&lt;</Key>") && text.contains("<IsTruncated>false</IsTruncated>"),
        "{text}"
    );
}

#[tokio::test]
async fn a_bucket_is_made_listed_and_deleted_only_when_empty() {
    let visit = Visit::new().await;
    let host = "made-here.oss-cn-hangzhou.aliyuncs.com";
    let call = async |method: &str, host: &str, path: &str| {
        visit.oss(&visit.user(), request(method, host, path, "")).await
    };
    assert_eq!(call("GET", host, "/").await.code(), "NoSuchBucket");
    assert_eq!(call("PUT", host, "/").await.status, 200);
    let text = call("GET", "oss-cn-hangzhou.aliyuncs.com", "/").await.text();
    assert!(text.contains("<Name>demo</Name>") && text.contains("<Name>made-here</Name>"), "{text}");
    assert_eq!(call("PUT", host, "/k").await.status, 200);
    assert_eq!(call("DELETE", host, "/").await.code(), "BucketNotEmpty");
    assert_eq!(call("DELETE", host, "/k").await.status, 204);
    assert_eq!(call("DELETE", host, "/").await.status, 204);
    assert_eq!(call("PUT", "Bad_Name.oss-cn-hangzhou.aliyuncs.com", "/").await.code(), "InvalidBucketName");
    assert_eq!(
        call("GET", "oss-cn-hangzhou.aliyuncs.com", "/demo/k").await.code(),
        "SecondLevelDomainForbidden"
    );
}

#[tokio::test]
async fn what_is_not_signed_or_not_played_is_told_apart() {
    let visit = Visit::new().await;
    assert_eq!(visit.send(&request("GET", DEMO, "/k", "")).await.code(), "AccessDenied");
    let answer = visit.oss(&visit.user(), request("GET", DEMO, "/k", "acl")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (501, "NotImplemented"));
    let mut key = visit.user();
    key.secret.push('x');
    let answer = visit.oss(&key, request("GET", DEMO, "/k", "")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "SignatureDoesNotMatch"));
    for element in ["StringToSign", "StringToSignBytes", "CanonicalRequest", "SignatureProvided", "HostId"] {
        assert!(answer.text().contains(&format!("<{element}>")), "{element}");
    }
}
