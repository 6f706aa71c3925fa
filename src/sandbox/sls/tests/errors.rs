//! What is refused, and where memory ends.

use super::*;

#[tokio::test]
async fn what_is_wrong_with_a_signature_is_said_in_the_codes_of_log_service() {
    let visit = with_logstore().await;
    let right = version_1(&visit, HOST, ("GET", "/logstores"), b"", &[]);
    let with = |name: &str, value: &str| right.with_header(name, value);
    for (heard, status, code) in [
        (with("authorization", ""), 401, "Unauthorized"),
        (with("authorization", "LOG nobody:c2ln"), 401, "Unauthorized"),
        (with("authorization", "SLS a:b"), 401, "Unauthorized"),
        (with("x-log-apiversion", "0.4.0"), 401, "SignatureNotMatch"),
        (with("x-log-apiversion", ""), 400, "MissingAPIVersion"),
        (with("x-log-signaturemethod", ""), 400, "MissingSignatureMethod"),
        (with("x-log-signaturemethod", "hmac-md5"), 400, "InvalidSignatureMethod"),
        (with("date", ""), 400, "MissingDate"),
        (with("date", "2024-03-07"), 400, "InvalidDateFormat"),
        (with("date", "Thu, 07 Mar 2024 07:09:05 GMT"), 400, "RequestTimeExpired"),
    ] {
        assert_eq!(verdict(&visit.send(&heard).await), (status, code.to_owned()));
    }
}

#[tokio::test]
async fn logs_that_cannot_be_read_are_not_taken() {
    let visit = with_logstore().await;
    let log = group(&[(NOW, "m")]);
    for (body, (name, value), status, code) in [
        (log.as_slice(), ("content-type", "application/json"), 415, "InvalidContentType"),
        (&log, ("x-log-bodyrawsize", "9"), 400, "InvalidBodyRawSize"),
        (&log, ("x-log-bodyrawsize", "many"), 400, "InvalidBodyRawSize"),
        (&log, ("x-log-bodyrawsize", "99999999"), 400, "PostBodyTooLarge"),
        (&log, ("x-log-compresstype", "zstd"), 400, "InvalidCompressType"),
        (&log, ("x-log-compresstype", "lz4"), 400, "PostBodyUncompressError"),
        (&log, ("x-log-compresstype", "deflate"), 400, "PostBodyUncompressError"),
        (b"\x0a\x05", ("x-log-topic", "a"), 400, "PostBodyInvalid"),
    ] {
        let more = [("content-type", "application/x-protobuf"), (name, value)];
        let more = if name == "content-type" { &more[1..] } else { &more };
        let told = visit.send(&version_1(&visit, HOST, PUT, body, more)).await;
        assert_eq!(verdict(&told), (status, code.to_owned()), "{name}: {value}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_said_in_its_own_codes() {
    let visit = with_logstore().await;
    for ((method, target), body, status, code) in [
        (("POST", "/"), r#"{"projectName":"shop"}"#, 400, "ProjectAlreadyExist"),
        (("POST", "/"), r#"{"projectName":"other"}"#, 400, "ParameterInvalid"),
        (("POST", "/"), "{", 400, "PostBodyInvalid"),
        (("POST", "/logstores"), r#"{"logstoreName":"access","ttl":1}"#, 400, "LogStoreAlreadyExist"),
        (("POST", "/logstores"), r#"{"logstoreName":"A","ttl":1}"#, 400, "LogStoreInfoInvalid"),
        (
            ("POST", "/logstores"),
            r#"{"logstoreName":"more","ttl":1,"shardCount":11}"#,
            400,
            "LogStoreInfoInvalid",
        ),
        (("POST", "/logstores"), r#"{"logstoreName":"more"}"#, 400, "LogStoreInfoInvalid"),
        (("GET", "/logstores/none"), "", 404, "LogStoreNotExist"),
        (("POST", "/logstores/access/index"), r#"{"line":{}}"#, 400, "IndexAlreadyExist"),
        (("POST", "/logstores/access/index"), "{}", 400, "IndexInfoInvalid"),
        (("GET", "/logstores/access/shards/2?type=cursor&from=begin"), "", 400, "ShardNotExist"),
        (("GET", "/logstores/access/shards/0?type=cursor&from=then"), "", 400, "ParameterInvalid"),
        (("GET", "/logstores/access/shards/0?type=log&cursor=MA%3D%3D&count=0"), "", 400, "ParameterInvalid"),
        (("GET", "/logstores/access?type=log&from=2&to=1"), "", 400, "InvalidTimeRange"),
        (
            ("GET", "/logstores/access?type=histogram&from=0&to=9223372036854775807"),
            "",
            400,
            "InvalidTimeRange",
        ),
        (("GET", "/logstores/access?type=log&from=1&to=2&line=101"), "", 400, "InvalidLine"),
        (("GET", "/logstores/access?type=log&from=1&to=2&offset=100001"), "", 400, "InvalidOffset"),
        (
            ("GET", "/logstores/access?type=log&from=1&to=2&query=*%7Cselect%201"),
            "",
            400,
            "InvalidQueryString",
        ),
        (("GET", "/dashboards"), "", 404, "InvalidAPI"),
    ] {
        assert_eq!(
            verdict(&sent(&visit, (method, target), body).await),
            (status, code.to_owned()),
            "{target}"
        );
    }
    assert_eq!(sent(&visit, ("DELETE", "/logstores/access/index"), "").await.status, 200);
    let blind = sent(&visit, ("GET", "/logstores/access?type=log&from=1&to=2"), "").await;
    assert_eq!(verdict(&blind), (400, "IndexConfigNotExist".into()));
}

#[tokio::test]
async fn logs_end_where_the_memory_for_them_does() {
    let visit = with_logstore().await;
    let large = group(&[(NOW, &"x".repeat(8_000_000))]);
    let (packed, size) = (lz4::packed(&large), large.len().to_string());
    let more = [("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", &*size)];
    let mut taken = 0;
    let full = loop {
        let answer = put(&visit, PUT, &packed, &more).await;
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
    };
    assert_eq!((taken, verdict(&full)), (8, (403, "WriteQuotaExceed".into())));
    // What goes with its logstore makes room.
    assert_eq!(sent(&visit, ("DELETE", "/logstores/access"), "").await.status, 200);
    sent(&visit, ("POST", "/logstores"), r#"{"logstoreName":"access","ttl":1}"#).await;
    assert_eq!(put(&visit, PUT, &packed, &more).await.status, 200);
}

/// A tag of a megabyte that a hundred thousand logs share: written with each of them, they would take 100 GB.
#[tokio::test]
async fn what_logs_share_is_kept_once_however_many_they_are() {
    let visit = with_logstore().await;
    let log = Writer::default().number(1, NOW.unsigned_abs());
    let logs = (0..100_000).fold(Writer::default(), |group, _| group.message(1, &log));
    let tag = Writer::default().text(1, "host").text(2, &"x".repeat(1_000_000)).finish();
    let large = logs.bytes(6, &tag).finish();
    let (packed, size) = (lz4::packed(&large), large.len().to_string());
    let more = [("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", &*size)];
    assert_eq!(put(&visit, PUT, &packed, &more).await.status, 200);
    let search = format!("/logstores/access?from={NOW}&to={}", NOW + 9);
    let page = sent(&visit, ("GET", &format!("{search}&type=log&offset=5&line=2")), "").await;
    assert_eq!((page.header("x-log-count"), page.header("x-log-processed-rows")), ("2", "100000"));
    let histogram = sent(&visit, ("GET", &format!("{search}&type=histogram")), "").await;
    assert_eq!(histogram.header("x-log-count"), "100000");
}
