//! Rows 1 to 22: framing and syntax.

use super::{Row, all_are_refused, bad, row, silent};
use crate::kit::{ECS, OSS, REGIONS, get, request};

/// A body of this kind is held: its signature needs it.
const JSON: &str =
    "Content-Type: application/json\r\nx-acs-action: DescribeRegions\r\nx-acs-version: 2014-05-26\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

fn post(headers: &str, body: &str) -> String {
    request("POST", ECS, REGIONS, headers) + body
}

/// A held body in chunks.
fn chunked(body: &str) -> String {
    request("POST", ECS, "/", &format!("{JSON}{CHUNKED}")) + body
}

#[tokio::test]
async fn a_body_whose_length_is_stated_twice_or_unreadably_is_refused() {
    let length = |value: &str| post(&format!("Content-Length:{value}\r\n"), "abc");
    let mut rows = vec![
        bad(
            "1",
            post(&format!("Content-Length: 3\r\n{CHUNKED}"), "3\r\nabc\r\n0\r\n\r\n"),
            "ambiguous_framing",
        ),
        bad(
            "2",
            post(&format!("{CHUNKED}Content-Length: 3\r\n"), "3\r\nabc\r\n0\r\n\r\n"),
            "ambiguous_framing",
        ),
        bad("3", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "duplicate_content_length"),
        bad("4", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "duplicate_content_length"),
        bad(
            "a bad one twice",
            post("Content-Length: x\r\nContent-Length: 3\r\n", "abc"),
            "duplicate_content_length",
        ),
    ];
    for value in
        [" +3", " 0x3", " -1", " 3, 3", " 1 3", "", " ", " 0003", " 00", " 3.0", " 18446744073709551616"]
    {
        rows.push(bad(format!("5, 6: {value}"), length(value), "bad_content_length"));
    }
    assert!(rows.len() >= 16);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_transfer_coding_other_than_one_final_chunked_is_refused() {
    let coded = |headers: &str| post(headers, "0\r\n\r\n");
    let old = |headers: &str| coded(headers).replacen("HTTP/1.1", "HTTP/1.0", 1);
    let rows = vec![
        row("7", coded("Transfer-Encoding: gzip, chunked\r\n"), 501, "transfer_coding"),
        row("gzip alone", coded("Transfer-Encoding: gzip\r\n"), 501, "transfer_coding"),
        row("after chunked", coded("Transfer-Encoding: chunked, gzip\r\n"), 501, "transfer_coding"),
        row("a parameter", coded("Transfer-Encoding: chunked;q=1\r\n"), 501, "transfer_coding"),
        bad("8", coded("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), "transfer_coding"),
        bad("8 in one", coded("Transfer-Encoding: identity, chunked\r\n"), "transfer_coding"),
        bad("identity", coded("Transfer-Encoding: identity\r\n"), "transfer_coding"),
        bad("9", coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "transfer_coding"),
        bad("9 in one", coded("Transfer-Encoding: chunked, chunked\r\n"), "transfer_coding"),
        bad("none", coded("Transfer-Encoding:\r\n"), "transfer_coding"),
        bad("10", old("Transfer-Encoding: chunked\r\n"), "transfer_coding"),
        bad("10 with gzip", old("Transfer-Encoding: gzip\r\n"), "transfer_coding"),
    ];
    assert!(rows.len() >= 12);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_chunk_that_two_readers_would_read_otherwise_is_refused() {
    let streamed = |body: &str| request("PUT", OSS, "/k", CHUNKED) + body;
    let rows = vec![
        bad("11", chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), "chunk_extension"),
        bad("11 at the last", chunked("3\r\nabc\r\n0;a\r\n\r\n"), "chunk_extension"),
        bad("12 space", chunked("3 \r\nabc\r\n0\r\n\r\n"), "bad_chunk"),
        bad("12 zeros", chunked("00000000000000000003\r\nabc\r\n0\r\n\r\n"), "bad_chunk"),
        bad("13", chunked("3\nabc\n0\n\n"), "bad_chunk"),
        bad("13 at the data", chunked("3\r\nabc\n0\r\n\r\n"), "bad_chunk"),
        bad("sign", chunked("+3\r\nabc\r\n0\r\n\r\n"), "bad_chunk"),
        bad("prefix", chunked("0x3\r\nabc\r\n0\r\n\r\n"), "bad_chunk"),
        bad("no size", chunked("\r\nabc\r\n0\r\n\r\n"), "bad_chunk"),
        bad("too much data", chunked("3\r\nabcd\r\n0\r\n\r\n"), "bad_chunk"),
        bad(
            "19",
            chunked("3\r\nabc\r\n0\r\nx-acs-security-token: evil\r\nContent-Length: 9\r\n\r\n"),
            "trailers",
        ),
        bad("toward OSS 11", streamed("3;a=b\r\nabc\r\n0\r\n\r\n"), "chunk_extension").streamed(),
        bad("toward OSS 13", streamed("3\nabc\n0\n\n"), "bad_chunk").streamed(),
        bad("toward OSS 19", streamed("3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n"), "trailers").streamed(),
    ];
    assert!(rows.len() >= 14);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_head_that_is_not_strictly_http_is_refused() {
    let first = |line: &str| format!("{line}\r\nHost: {ECS}\r\n\r\n");
    let header = |bytes: &[u8]| {
        let head = format!("GET {REGIONS} HTTP/1.1\r\nHost: {ECS}\r\n");
        [head.as_bytes(), bytes, b"\r\n\r\n"].concat()
    };
    let rows = vec![
        bad("14", format!("GET / HTTP/1.1\nHost: {ECS}\n\n"), "bare_lf"),
        bad("15", format!("GET {REGIONS} HTTP/1.1\r\nHost: {ECS}\nX: 1\r\n\r\n"), "bare_lf"),
        bad("15 at the end", format!("GET {REGIONS} HTTP/1.1\r\nHost: {ECS}\r\n\n"), "bare_lf"),
        bad("16", header(b"X: 1\r\n 2"), "bad_header"),
        bad("16 by tab", header(b"X: 1\r\n\t2"), "bad_header"),
        bad("17", post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "abcde"), "bad_header"),
        bad("18 zero", header(b"X: a\x00b"), "bad_header"),
        bad("18 control", header(b"X: a\x01b"), "bad_header"),
        bad("18 delete", header(b"X: a\x7fb"), "bad_header"),
        bad("18 not UTF-8", header(b"X: \xff\xfe"), "bad_header"),
        bad("18 UTF-8 elsewhere than toward OSS", header("X: ключ".as_bytes()), "bad_header"),
        bad(
            "UTF-8 metadata elsewhere than toward OSS",
            header("x-oss-meta-a: ключ".as_bytes()),
            "bad_header",
        ),
        bad("a bare CR", header(b"X: a\rb"), "bad_header"),
        bad("no name", header(b": a"), "bad_header"),
        bad("no colon", header(b"X"), "bad_header"),
        bad("two empty lines before", format!("\r\n\r\n{}", get(ECS, REGIONS)), "bad_request_line"),
        bad("HTTP/2.0", first("GET / HTTP/2.0"), "bad_request_line"),
        bad("HTTP/1.2", first("GET / HTTP/1.2"), "bad_request_line"),
        bad("no version", first("GET /"), "bad_request_line"),
        bad("lower case", first("GET / http/1.1"), "bad_request_line"),
        bad("two spaces", first("GET  / HTTP/1.1"), "bad_request_line"),
        bad("a method and a version that are none", first("BREW / HTTP/3.0"), "bad_request_line"),
        bad("an h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad_request_line"),
        row("417", header(b"Expect: 200-ok"), 417, "expectation"),
    ];
    assert!(rows.len() >= 24);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn what_the_signature_depends_on_cannot_be_named_as_a_header_of_one_hop() {
    let names = |names: &str| request("GET", ECS, REGIONS, &format!("Connection: {names}\r\n"));
    let mut rows: Vec<Row> = vec![bad(
        "21",
        request(
            "GET",
            ECS,
            REGIONS,
            "Connection: close, x-acs-action, authorization\r\nx-acs-action: DescribeRegions\r\nAuthorization: x\r\n",
        ),
        "connection_names_protected_header",
    )];
    for name in [
        "host",
        "Date",
        "X-OSS-Meta-A",
        "content-type",
        "Content-Length",
        "transfer-encoding",
        "X-ACS-Version",
    ] {
        rows.push(bad(format!("21 {name}"), names(name), "connection_names_protected_header"));
    }
    assert!(rows.len() >= 8);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn what_follows_a_refused_request_is_never_read() {
    let (upstream, proxy) = silent().await;
    let smuggled = get(ECS, "/?Action=DeleteInstance&Version=2014-05-26");
    let mut caller = proxy.caller().await;
    caller.send(post(&format!("Content-Length: 3\r\n{CHUNKED}"), "0\r\n\r\n") + &smuggled).await;
    assert_eq!(caller.answer().await.verdict(), (400, "ambiguous_framing".to_owned()));
    caller.end().await;
    // A decision keeps the connection, but not if its body is still to come: nobody knows where it ends.
    let mut caller = proxy.caller().await;
    caller
        .send(request("PUT", "evil.oss-cn-hangzhou.aliyuncs.com", "/k", "Content-Length: 5\r\n") + "ab")
        .await;
    let answer = caller.answer().await;
    assert_eq!((answer.verdict(), answer.says_close()), ((403, "host_not_allowed".to_owned()), true));
    caller.send("cde".to_owned() + &smuggled).await;
    caller.end().await;
    assert_eq!(upstream.log().bytes, 0);
}
