//! The well-formed requests beside those that are refused: they pass, and arrive signed.

use super::On;
use crate::kit::{Caller, ECS, Judge, Kit, OSS, REGIONS, Reply, Seen, Upstream, get, request, with_body};

const ACS3: &str = "ACS3-HMAC-SHA256";
const RPC: &str = "RPC1-HMAC-SHA1";
const OSS4: &str = "OSS4-HMAC-SHA256";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const JSON: &str =
    "Content-Type: application/json\r\nx-acs-action: DescribeRegions\r\nx-acs-version: 2014-05-26\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

/// A request, the scheme it leaves as, and what else must be true of what arrives.
struct Good {
    name: &'static str,
    on: On,
    request: String,
    scheme: &'static str,
    holds: fn(&Seen) -> bool,
}

fn good(name: &'static str, request: String, scheme: &'static str, holds: fn(&Seen) -> bool) -> Good {
    Good { name, on: On::Forward, request, scheme, holds }
}

fn lacks(seen: &Seen, words: &[&str]) -> bool {
    words.iter().all(|word| !seen.lower().contains(word))
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn plain() -> Vec<Good> {
    let ecs = |headers: &str| request("GET", ECS, REGIONS, headers);
    vec![
        good("by Host", get(ECS, REGIONS), ACS3, |seen| seen.target() == REGIONS),
        good("one empty line before", format!("\r\n{}", get(ECS, REGIONS)), ACS3, |_| true),
        good("31 port 443", get(&format!("{ECS}:443"), REGIONS), ACS3, |seen| {
            seen.header("host").unwrap() == ECS
        }),
        good("32", get("ECS.cn-Hangzhou.ALIYUNCS.com", REGIONS), ACS3, |seen| {
            seen.header("host").unwrap() == ECS
        }),
        good("absolute form", get(ECS, &format!("http://{ECS}{REGIONS}")), ACS3, |seen| {
            seen.target() == REGIONS
        }),
        good(
            "absolute form without a path",
            get(ECS, &format!("HTTP://{ECS}?Action=DescribeRegions")),
            ACS3,
            |seen| seen.target() == "/?Action=DescribeRegions",
        ),
        good("no version", get(ECS, "/?Action=DescribeRegions"), ACS3, |seen| {
            seen.header("x-acs-version").unwrap() == "2014-05-26"
        }),
        good("71 an encoded name", get(ECS, "/?Action=Describe%52egions"), ACS3, |seen| {
            seen.header("x-acs-action").unwrap() == "DescribeRegions"
        }),
        good(
            "the same name everywhere",
            request("GET", ECS, REGIONS, "x-acs-action: DescribeRegions\r\n"),
            ACS3,
            |_| true,
        ),
        good(
            "a form",
            with_body("POST", ECS, "/", FORM, "Action=DescribeRegions&RegionId=a%20b"),
            RPC,
            |_| true,
        ),
        good(
            "a form in chunks",
            request("POST", ECS, "/", &format!("{FORM}{CHUNKED}"))
                + "16\r\nAction=DescribeRegions\r\n0\r\n\r\n",
            RPC,
            |seen| {
                seen.header("content-length").unwrap() == "22" && seen.header("transfer-encoding").is_none()
            },
        ),
        good("JSON", with_body("POST", ECS, "/", JSON, "{}"), ACS3, |seen| seen.body == b"{}"),
        good(
            "JSON in chunks",
            request("POST", ECS, "/", &format!("{JSON}{CHUNKED}")) + "3\r\nabc\r\n0\r\n\r\n",
            ACS3,
            |seen| seen.body == b"abc" && seen.header("content-length").unwrap() == "3",
        ),
        good(
            "22",
            ecs("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"),
            ACS3,
            |seen| lacks(seen, &["\nupgrade:", "http2-settings", "\nconnection:"]),
        ),
        good(
            "hop by hop",
            ecs("Proxy-Connection: keep-alive\r\nTE: trailers\r\nConnection: x-mine\r\nX-Mine: 1\r\n"),
            ACS3,
            |seen| lacks(seen, &["proxy-connection", "\nte:", "x-mine"]),
        ),
        good(
            "41",
            ecs(
                "X-Forwarded-Host: evil.test\r\nForwarded: host=evil.test\r\nX-Original-URL: /x\r\nX-Rewrite-URL: /x\r\nVia: x\r\n",
            ),
            ACS3,
            |seen| lacks(seen, &["evil.test", "x-original-url", "x-rewrite-url", "\nvia:"]),
        ),
        good("OPTIONS", request("OPTIONS", ECS, REGIONS, ""), ACS3, |seen| seen.method() == "OPTIONS"),
    ]
}

fn toward_oss() -> Vec<Good> {
    vec![
        good(
            "PUT",
            with_body("PUT", OSS, "/dir/a%20b%2Bc?x=1", "x-oss-meta-a: b\r\n", "hello"),
            OSS4,
            |seen| {
                seen.target() == "/dir/a%20b%2Bc?x=1"
                    && seen.body == b"hello"
                    && seen.header("content-type").is_none()
            },
        ),
        good("PUT in chunks", request("PUT", OSS, "/k", CHUNKED) + "5\r\nhello\r\n0\r\n\r\n", OSS4, |seen| {
            seen.body == b"hello"
        }),
        good("an empty PUT", with_body("PUT", OSS, "/k", "", ""), OSS4, |seen| seen.body.is_empty()),
        good("18", with_body("PUT", OSS, "/k", "x-oss-meta-name: ключ\r\n", "x"), OSS4, |seen| {
            seen.lower().contains("ключ")
        }),
        good("dot segments in a key", get(OSS, "/a/../b/%2e%2e/c"), OSS4, |seen| {
            seen.target() == "/a/../b/%2e%2e/c"
        }),
        good("a list", get(OSS, "/?prefix=a%2Fb&max-keys=10"), OSS4, |_| true),
        good("sub-resources", get(OSS, "/k?acl"), OSS4, |seen| seen.target() == "/k?acl"),
        good("a range", request("GET", OSS, "/k", "Range: bytes=0-4\r\n"), OSS4, |seen| {
            seen.header("range").unwrap() == "bytes=0-4"
        }),
        good("service", get("oss-cn-hangzhou.aliyuncs.com", "/"), OSS4, |_| true),
    ]
}

/// Signed by their caller, with a key that is none.
#[expect(clippy::too_many_lines, reason = "one table")]
fn dummy_signed() -> Vec<Good> {
    let zeros = "0".repeat(64);
    let acs3 = format!(
        "Authorization: ACS3-HMAC-SHA256 Credential=LTAI5tDummy,SignedHeaders=host;x-acs-date,Signature={zeros}\r\n\
         x-acs-date: 2020-01-01T00:00:00Z\r\nx-acs-signature-nonce: n\r\nx-acs-security-token: theirs\r\n\
         x-acs-action: DescribeRegions\r\nx-acs-version: 2014-05-26\r\n"
    );
    let oss4 = format!(
        "Authorization: OSS4-HMAC-SHA256 Credential=LTAI5tDummy/20200101/cn-hangzhou/oss/aliyun_v4_request,Signature={zeros}\r\n\
         x-oss-date: 20200101T000000Z\r\nx-oss-content-sha256: UNSIGNED-PAYLOAD\r\nx-oss-security-token: theirs\r\n"
    );
    let rpc = "AccessKeyId=LTAI5tDummy&Signature=x%3D&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n\
               &Timestamp=2020-01-01T00%3A00%3A00Z&SecurityToken=theirs";
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let no_trace: fn(&Seen) -> bool =
        |seen| lacks(seen, &["ltai5tdummy", "theirs", "2020-01-01", "20200101"]);
    vec![
        good("ACS3", request("GET", ECS, "/", &acs3), ACS3, no_trace),
        good(
            "ACS3 with the caller's hash",
            with_body("POST", ECS, "/", &format!("{acs3}x-acs-content-sha256: {hash}\r\n"), "hello"),
            ACS3,
            |seen| seen.body == b"hello" && lacks(seen, &["ltai5tdummy", "theirs"]),
        ),
        good("RPC", get(ECS, &format!("{REGIONS}&{rpc}")), RPC, no_trace),
        good(
            "RPC in a form",
            with_body("POST", ECS, "/", FORM, &format!("Action=DescribeRegions&Version=2014-05-26&{rpc}")),
            RPC,
            no_trace,
        ),
        good("OSS V4", request("GET", OSS, "/k", &oss4), OSS4, no_trace),
        good(
            "OSS V1",
            request(
                "GET",
                OSS,
                "/k",
                "Authorization: OSS LTAI5tDummy:sig=\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n",
            ),
            OSS4,
            |seen| lacks(seen, &["ltai5tdummy", "2020"]),
        ),
        good(
            "66 a lone token",
            request("GET", ECS, REGIONS, "x-acs-security-token: theirs\r\n"),
            ACS3,
            no_trace,
        ),
        good(
            "68 by exact names",
            get(ECS, &format!("{REGIONS}&SecurityToken=theirs&AccessKeyId=LTAI5tDummy")),
            ACS3,
            no_trace,
        ),
        good(
            "69 in a form",
            with_body(
                "POST",
                ECS,
                "/",
                FORM,
                "Action=DescribeRegions&AccessKeyId=LTAI5tDummy&SecurityToken=theirs",
            ),
            RPC,
            no_trace,
        ),
        good(
            "an unknown scheme",
            request("GET", ECS, REGIONS, "Authorization: Bearer theirs\r\n"),
            ACS3,
            no_trace,
        ),
    ]
}

#[tokio::test]
async fn what_is_well_formed_passes_and_arrives_signed_by_us_alone() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let judge = Judge::new().await;
    let own = |host: &str| format!("{host}:{}", proxy.pinned().port());
    let mut rows: Vec<Good> = plain().into_iter().chain(toward_oss()).chain(dummy_signed()).collect();
    for (name, host) in [
        ("own", own("127.0.0.1")),
        ("localhost", own("LOCALHOST")),
        ("IPv6", own("[::1]")),
        ("the endpoint", ECS.to_owned()),
    ] {
        rows.push(Good {
            on: On::Pinned,
            ..good(name, get(&host, REGIONS), ACS3, |seen| seen.header("host").unwrap() == ECS)
        });
    }
    assert!(rows.len() >= 40);
    for row in rows {
        for cut in [false, true] {
            let name = format!("{} (cut: {cut})", row.name);
            upstream.forget();
            let mut caller =
                Caller::connect(if row.on == On::Pinned { proxy.pinned() } else { proxy.forward() }).await;
            let cuts: Vec<usize> = if cut { (1..row.request.len()).collect() } else { Vec::new() };
            caller.send_cut(row.request.as_bytes(), &cuts).await;
            let answer = caller.answer().await;
            assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()), "{name}: {answer:?}");
            let seen = upstream.last();
            assert_eq!(judge.scheme(&seen).await, Ok(row.scheme), "{name}: {}", seen.lower());
            assert!((row.holds)(&seen), "{name}: {}", seen.lower());
            super::is_kept(&mut caller, row.on).await;
        }
    }
}
