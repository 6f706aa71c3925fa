//! OSS: signature V1 by a setting, URLs signed with a dummy key, and the dialect of S3.

use std::time::Duration;

use countersign::clock::Clock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::kit::{KEY_ID, Kit, Moved, OSS, Reply, SECRET, Seen, TOKEN, Upstream, request, with_body};

const V1: &str = "[product.oss]\nscheme = \"oss-v1\"";

pub(crate) fn mac1(key: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn mac256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for triple in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| group << 8 | usize::from(*triple.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = char::from(DIGITS[group >> (18 - 6 * at) & 63]);
            text.push(if at <= triple.len() { digit } else { '=' });
        }
    }
    text
}

/// Whether V1's signature of a request to the bucket `bkt1` holds, whose signed part of path and query is `resource`.
fn is_v1(seen: &Seen, resource: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let mut oss: Vec<_> = seen.headers().into_iter().filter(|(name, _)| name.starts_with("x-oss-")).collect();
    oss.sort();
    let oss: String =
        oss.iter().map(|(name, value)| format!("{name}:{}\n", String::from_utf8_lossy(value))).collect();
    let text = format!(
        "{}\n{}\n{}\n{}\n{oss}/bkt1{resource}",
        seen.method(),
        header("content-md5"),
        header("content-type"),
        header("date")
    );
    header("authorization") == format!("OSS {KEY_ID}:{}", base64(&mac1(SECRET, &text)))
}

/// Whether SigV4 holds, by the headers that it lists.
fn is_s3(seen: &Seen) -> bool {
    let authorization = seen.header("authorization").unwrap();
    let part = |name: &str| {
        let from = authorization.split_once(name).unwrap().1;
        from.split(", ").next().unwrap().to_owned()
    };
    let (names, date) = (part("SignedHeaders="), seen.header("x-amz-date").unwrap());
    let scope = format!("{}/oss-cn-hangzhou/s3/aws4_request", &date[..8]);
    assert_eq!(part("Credential="), format!("{KEY_ID}/{scope}"));
    let headers: String =
        names.split(';').map(|name| format!("{name}:{}\n", seen.header(name).unwrap())).collect();
    let target = seen.target();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut query: Vec<String> = query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| if piece.contains('=') { piece.to_owned() } else { format!("{piece}=") })
        .collect();
    query.sort();
    let hash = seen.header("x-amz-content-sha256").unwrap();
    let canonical = format!("{}\n{path}\n{}\n{headers}\n{names}\n{hash}", seen.method(), query.join("&"));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac256(&key, part);
    }
    for must in ["host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
        assert!(names.split(';').any(|name| name == must), "{must} is not signed");
    }
    part("Signature=") == hex(&mac256(&key, &text))
}

#[tokio::test]
async fn a_setting_has_every_request_leave_with_signature_v1() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().settings(V1).before(&upstream).await;
    let dummy = "Authorization: OSS dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n";
    let v2 = "Authorization: OSS2 AccessKeyId:dummy,Signature:c2ln\r\nx-oss-date: 20200101T000000Z\r\n";
    let v4 = "Authorization: OSS4-HMAC-SHA256 Credential=dummy/20200101/r/oss/aliyun_v4_request,Signature=0\r\n\
              x-oss-content-sha256: UNSIGNED-PAYLOAD\r\nx-oss-security-token: dummy\r\n";
    for proof in ["", dummy, v2, v4] {
        for (method, target, headers, resource) in [
            ("GET", "/dir/a%20b%2Bc", "", "/dir/a b+c"),
            ("GET", "/?prefix=a&acl", "", "/?acl"),
            (
                "PUT",
                "/k?x-oss-process=a%2Fb&partNumber=1",
                "Content-Type: text/plain\r\nx-oss-meta-b: 1\r\nX-Oss-Meta-A: 2\r\n",
                "/k?partNumber=1&x-oss-process=a/b",
            ),
        ] {
            let answer = proxy.call(request(method, OSS, target, &format!("{headers}{proof}"))).await;
            assert_eq!(answer.status, 200, "{target} {proof}: {answer:?}");
            let seen = upstream.last();
            assert_eq!(seen.target(), target);
            assert_eq!(seen.header("x-oss-security-token").as_deref(), Some(TOKEN));
            assert!(is_v1(&seen, resource), "{target} {proof}: {:?}", seen.lower());
            assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
        }
    }
    // Without it, a caller's V1 leaves as V4.
    let proxy = Kit::new().before(&upstream).await;
    assert_eq!(proxy.call(request("GET", OSS, "/k", dummy)).await.status, 200);
    assert!(upstream.last().header("authorization").unwrap().starts_with("OSS4-HMAC-SHA256 "));
}

#[tokio::test]
async fn a_url_signed_with_a_dummy_key_leaves_signed_in_a_header_until_its_time_is_over() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let clock = Moved::new();
    let proxy = Kit::new().clock(clock.clone()).before(&upstream).await;
    let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
    let ends = now + 3600;
    let date = crate::kit::date::iso(now).replace(['-', ':'], "");
    let v4 = format!(
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date={date}&x-oss-expires=3600\
         &x-oss-credential=dummy%2F20200101%2Fr%2Foss%2Faliyun_v4_request&x-oss-security-token=dummy&x-oss-signature=dummy"
    );
    let v2 = format!(
        "x-oss-signature-version=OSS2&x-oss-access-key-id=dummy&x-oss-expires={ends}&x-oss-signature=dummy"
    );
    let s3 = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=dummy&X-Amz-Date={date}&X-Amz-Expires=3600\
         &X-Amz-SignedHeaders=host&X-Amz-Security-Token=dummy&X-Amz-Signature=dummy"
    );
    let v1 = format!("OSSAccessKeyId=dummy&Expires={ends}&Signature=dummy&security-token=dummy");
    let rows = [(&v4, "OSS4-"), (&v2, "OSS4-"), (&v1, "OSS4-"), (&s3, "AWS4-")];
    for (query, scheme) in rows {
        for (method, body) in [("GET", ""), ("PUT", "data")] {
            let target = format!("/a%2Fb?response-content-type=text%2Fplain&{query}");
            let answer = proxy.call(with_body(method, OSS, &target, "Content-Type: a/b\r\n", body)).await;
            assert_eq!(answer.status, 200, "{query}: {answer:?}");
            let seen = upstream.last();
            assert_eq!(seen.target(), "/a%2Fb?response-content-type=text%2Fplain", "{query}");
            assert!(seen.header("authorization").unwrap().starts_with(scheme), "{query}");
            assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
            assert_eq!(seen.body, body.as_bytes());
        }
    }
    clock.pass(Duration::from_secs(3602));
    upstream.forget();
    for (query, _) in rows {
        let answer = proxy.call(request("GET", OSS, &format!("/k?{query}"), "")).await;
        assert_eq!(answer.verdict(), (400, "presigned_url".to_owned()), "{query}");
        assert!(answer.text().contains("expired"), "{}", answer.text());
    }
    let both = "Authorization: OSS dummy:c2ln\r\n";
    let answer = proxy
        .call(request("GET", OSS, &format!("/k?OSSAccessKeyId=d&Expires={}&Signature=s", ends + 9999), both))
        .await;
    assert_eq!(answer.verdict(), (400, "presigned_url".to_owned()));
    assert_eq!(upstream.requests().len(), 0);
}

const AWS: &str = "Authorization: AWS4-HMAC-SHA256 Credential=dummy/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, \
                   Signature=0\r\nx-amz-date: 20200101T000000Z\r\nx-amz-security-token: dummy\r\n";

#[tokio::test]
async fn the_dialect_of_s3_is_signed_in_its_own_way() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    for (method, target, headers, body) in [
        ("GET", "/dir/a%20b", "", ""),
        ("GET", "/?list-type=2&prefix=a%2Fb&delimiter=%2F&acl", "", ""),
        (
            "PUT",
            "/k",
            "x-amz-content-sha256: e3b0\r\nx-amz-meta-a: b\r\nContent-Type: text/plain\r\n",
            "data",
        ),
    ] {
        let asked = with_body(method, OSS, target, &format!("{AWS}{headers}User-Agent: a\r\n"), body);
        assert_eq!(proxy.call(asked).await.status, 200, "{target}");
        let seen = upstream.last();
        assert_eq!(seen.target(), target);
        assert_eq!(seen.header("x-amz-content-sha256").as_deref(), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(seen.header("x-amz-security-token").as_deref(), Some(TOKEN));
        assert!(is_s3(&seen), "{target}: {}", seen.lower());
        assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
        assert_eq!(seen.body, body.as_bytes());
    }
}

#[tokio::test]
async fn delete_objects_gets_the_md5_that_oss_demands() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let own = "Content-MD5: eB5eJF1ptWaXm4bijSPyxw==\r\n";
    for (headers, expected) in [("", "XUFAKrxLKna5cZ2REBfFkg=="), (own, "eB5eJF1ptWaXm4bijSPyxw==")] {
        let asked = with_body("POST", OSS, "/?delete", &format!("{AWS}{headers}"), "hello");
        assert_eq!(proxy.call(asked).await.status, 200);
        let seen = upstream.last();
        assert_eq!(seen.header("content-md5").as_deref(), Some(expected));
        assert_eq!((seen.body.as_slice(), is_s3(&seen)), (&b"hello"[..], true));
    }
}

fn aws_chunks(text: &str, signature: &str) -> String {
    let chunk =
        |piece: &[u8]| format!("{:x}{signature}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece));
    let trailer = "x-amz-checksum-crc32: AAAAAA==\r\n";
    text.as_bytes().chunks(70_000).map(chunk).collect::<String>() + &format!("0{signature}\r\n{trailer}\r\n")
}

#[tokio::test]
async fn aws_chunks_are_taken_out_on_the_way_however_they_are_cut() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let signature = format!(";chunk-signature={}", "0a".repeat(32));
    let long = "0123456789abcdef".repeat(20_000);
    for body in ["", "hello", &long] {
        for (signature, hash) in [
            ("", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            (&*signature, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
        ] {
            for coding in ["aws-chunked", "aws-chunked,gzip", "gzip, aws-chunked"] {
                let headers = format!(
                    "{AWS}x-amz-content-sha256: {hash}\r\nContent-Encoding: {coding}\r\nx-amz-trailer: x-amz-checksum-crc32\r\n\
                     x-amz-sdk-checksum-algorithm: CRC32\r\nx-amz-decoded-content-length: {}\r\n",
                    body.len()
                );
                let whole = with_body("PUT", OSS, "/k", &headers, &aws_chunks(body, signature));
                let name = format!("{} bytes, {hash}, {coding}", body.len());
                upstream.forget();
                let mut caller = proxy.caller().await;
                caller.send_cut(whole.as_bytes(), &[whole.len() / 2, whole.len() - 1]).await;
                assert_eq!(caller.answer().await.status, 200, "{name}");
                let seen = upstream.last();
                assert!(seen.body == body.as_bytes(), "{name}: {} bytes", seen.body.len());
                assert_eq!(seen.header("content-length"), Some(body.len().to_string()), "{name}");
                let coding = coding.contains("gzip").then(|| "gzip".to_owned());
                assert_eq!(seen.header("content-encoding"), coding, "{name}");
                for name in ["x-amz-trailer", "x-amz-sdk-checksum-algorithm", "x-amz-decoded-content-length"]
                {
                    assert_eq!(seen.header(name), None, "{name}");
                }
                assert!(is_s3(&seen), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn aws_chunks_that_are_not_what_was_announced_never_look_whole() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let hash = "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n";
    let answer = proxy.call(with_body("PUT", OSS, "/k", &format!("{AWS}{hash}"), "0\r\n\r\n")).await;
    assert_eq!(answer.verdict(), (400, "bad_header".to_owned()));
    for (length, body) in
        [(4, "5\r\nhello\r\n0\r\n\r\n"), (6, "5\r\nhello\r\n0\r\n\r\n"), (5, "5\r\nhello\r\n"), (5, "hello")]
    {
        let headers = format!("{AWS}{hash}x-amz-decoded-content-length: {length}\r\n");
        let answer = proxy.call(with_body("PUT", OSS, "/k", &headers, body)).await;
        assert_eq!(answer.verdict(), (400, "bad_chunk".to_owned()), "{body} of {length}");
    }
    assert!(upstream.requests().iter().all(|seen| !seen.is_whole));
}

#[tokio::test]
async fn a_bucket_in_the_path_of_an_s3_host_moves_into_the_host() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let rows =
        format!("[connect_to]\n\"*.s3.oss-cn-hangzhou.aliyuncs.com\" = \"http://{}\"", upstream.address);
    let proxy = Kit::new().settings(&rows).start().await;
    for target in ["/bkt1/dir/k?versionId=a", "/bkt1"] {
        let answer = proxy.call(request("GET", "s3.oss-cn-hangzhou.aliyuncs.com", target, "")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert_eq!(seen.header("host").as_deref(), Some("bkt1.s3.oss-cn-hangzhou.aliyuncs.com"));
        assert_eq!(seen.target(), if target == "/bkt1" { "/" } else { "/dir/k?versionId=a" });
        assert!(is_s3(&seen), "{}", seen.lower());
    }
    let answer = proxy.call(request("GET", "s3.oss-cn-hangzhou.aliyuncs.com", "/evil/k", "")).await;
    assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()));
    let source = "x-amz-copy-source: /evil/k\r\n";
    let answer = proxy.call(request("PUT", "bkt1.s3.oss-cn-hangzhou.aliyuncs.com", "/k", source)).await;
    assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()));
}
