//! Rows 23 to 41: which endpoint a request names.

use super::{Row, all_are_refused, bad, row, silent};
use crate::kit::{ECS, REGIONS, get};

fn target(target: &str) -> String {
    get(ECS, target)
}

#[tokio::test]
async fn a_host_that_is_missing_repeated_or_no_plain_name_is_refused() {
    let mut rows = vec![
        bad("23", format!("GET {REGIONS} HTTP/1.1\r\n\r\n"), "missing_host"),
        bad("23 in HTTP/1.0", format!("GET {REGIONS} HTTP/1.0\r\n\r\n"), "missing_host"),
        bad("24", format!("GET / HTTP/1.1\r\nHost: {ECS}\r\nHost: evil.test\r\n\r\n"), "duplicate_host"),
        bad("24 equal", format!("GET / HTTP/1.1\r\nHost: {ECS}\r\nhost: {ECS}\r\n\r\n"), "duplicate_host"),
        bad("40 UTF-8", get("ecs。cn-hangzhou。aliyuncs。com", "/"), "bad_header"),
    ];
    let hosts = [
        "",
        "a b",
        "a, b",
        "ecs",
        ".",
        "..",
        "ecs..aliyuncs.com",
        ".aliyuncs.com",
        "-ecs.aliyuncs.com",
        "ecs-.aliyuncs.com",
        "ecs.cn-hangzhou.aliyuncs.com@evil.test",
        "evil@ecs.cn-hangzhou.aliyuncs.com",
        "attacker.test://ecs.cn-hangzhou.aliyuncs.com",
        "evil.test/.cn-hangzhou.aliyuncs.com",
        "evil.test#.aliyuncs.com",
        "evil.test?.aliyuncs.com",
        "evil.test\\.aliyuncs.com",
        "ecs%2ecn-hangzhou.aliyuncs.com",
        "ecs.cn-hangzhou.aliyuncs.com.",
        "ecs_cn.aliyuncs.com",
        "ecs.xn--cn-hangzhou-.aliyuncs.com",
        "ecs.cn-hangzhou.aliyuncs.com:80",
        "ecs.cn-hangzhou.aliyuncs.com:8443",
        "ecs.cn-hangzhou.aliyuncs.com:0443",
        "ecs.cn-hangzhou.aliyuncs.com:99999",
        "ecs.cn-hangzhou.aliyuncs.com:443x",
        "ecs.cn-hangzhou.aliyuncs.com:",
        "ecs.cn-hangzhou.aliyuncs.com:443:443",
        "1684301000",
        "[::ffff:100.100.100.200]",
        "[::1]",
    ];
    rows.extend(
        hosts.map(|host| bad(format!("25 to 31, 37: {host:?}"), get(host, REGIONS), "bad_authority")),
    );
    let long = format!("{}.aliyuncs.com", ["a"; 130].join("."));
    rows.push(bad("254 characters", get(&long, "/"), "bad_authority"));
    assert!(rows.len() >= 36);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_host_that_is_not_to_be_signed_for_is_denied_and_the_connection_kept() {
    let unknown = [
        "100.100.100.200",
        "0x64.0x64.0x64.0xc8",
        "127.0.0.1",
        "evil.test",
        "ecs.cn-nowhere.aliyuncs.com",
        "ecs.cn-hangzhou.aliyuncs.com.evil.test",
        "aliyuncs.com",
        "ecs.xn--80ak6aa92e.com",
        "ecs-cn-hangzhou.aliyuncs.com.cn",
        "evil-bucket.oss-cn-hangzhou.aliyuncs.com",
        "bkt1.bkt1.oss-cn-hangzhou.aliyuncs.com",
    ];
    let mut rows: Vec<Row> =
        unknown.iter().map(|host| row(*host, get(host, REGIONS), 403, "host_not_allowed")).collect();
    let never = ["123456.cn-hangzhou.fc.aliyuncs.com", "1234567890123456.cn-hangzhou.fc.aliyuncs.com"];
    rows.extend(never.map(|host| row(host, get(host, "/"), 403, "never_sign_host")));
    let own = |host: String| bad(format!("its own {host}"), get(&host, REGIONS), "no_endpoint");
    let (upstream, proxy) = silent().await;
    let port = proxy.forward().port();
    rows.push(own(format!("127.0.0.1:{port}")));
    rows.push(own(format!("LocalHost:{port}")));
    rows.push(own(format!("[::1]:{port}")));
    assert!(rows.len() >= 16);
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_target_that_is_neither_a_path_nor_the_hosts_own_address_is_refused() {
    let absolute = |rest: &str| target(&format!("http://{ECS}{rest}"));
    let foreign = format!("GET http://{ECS}{REGIONS} HTTP/1.1\r\nHost: evil.test\r\n\r\n");
    let rows = vec![
        bad("33", foreign, "authority_mismatch"),
        bad("33 the other way", target("http://evil.test/"), "authority_mismatch"),
        bad("33 by port", target(&format!("http://{ECS}:443/")), "authority_mismatch"),
        bad("34 user", target(&format!("http://u:p@{ECS}/")), "bad_authority"),
        bad("34 ftp", target(&format!("ftp://{ECS}/")), "bad_target"),
        bad("https", target(&format!("https://{ECS}/")), "bad_target"),
        bad("35 authority", target("evil.test:80"), "bad_target"),
        bad("35 no slash", target("foo"), "bad_target"),
        bad("asterisk", target("*"), "bad_target"),
        bad("no authority", target("http:///x"), "bad_authority"),
        bad("fragment", target("/a#b"), "bad_target"),
        bad("fragment in absolute form", absolute("/a#b"), "bad_target"),
        bad("fragment at once", absolute("#b"), "bad_target"),
        row(
            "36",
            format!("CONNECT {ECS}:443 HTTP/1.1\r\nHost: {ECS}:443\r\n\r\n"),
            405,
            "method_not_allowed",
        ),
        row(
            "36 with bytes",
            format!("CONNECT {ECS}:443 HTTP/1.1\r\nHost: {ECS}\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
            405,
            "method_not_allowed",
        ),
        row("TRACE", format!("TRACE / HTTP/1.1\r\nHost: {ECS}\r\n\r\n"), 405, "method_not_allowed"),
        row("lower case", format!("get / HTTP/1.1\r\nHost: {ECS}\r\n\r\n"), 405, "method_not_allowed"),
        row("BREW", format!("BREW / HTTP/1.1\r\nHost: {ECS}\r\n\r\n"), 405, "method_not_allowed"),
    ];
    assert!(rows.len() >= 18);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
    let answer = proxy.call(format!("CONNECT {ECS}:443 HTTP/1.1\r\nHost: {ECS}\r\n\r\n")).await;
    assert_eq!(answer.header("allow").unwrap(), "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
    // Python's clients ask for a tunnel in HTTP/1.0 and without a Host.
    let answer = proxy.call(format!("CONNECT {ECS}:443 HTTP/1.0\r\n\r\n")).await;
    assert_eq!(answer.verdict(), (405, "method_not_allowed".to_owned()));
    assert!(answer.text().contains("call `http://` endpoints"), "{answer:?}");
    let answer = proxy.call(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
    assert_eq!(answer.verdict(), (400, "bad_request_line".to_owned()));
    assert!(answer.text().contains("use `http://`"), "{answer:?}");
}

#[tokio::test]
async fn a_host_that_is_not_known_is_named_with_the_one_that_was_meant() {
    let (upstream, proxy) = silent().await;
    for (host, says) in [
        ("ecs.cn-hangzou.aliyuncs.com", "did you mean `ecs.cn-hangzhou.aliyuncs.com`?"),
        ("nothing.nowhere.aliyuncs.com", "update countersign"),
        ("example.com", "only Alibaba Cloud's own endpoints and the hosts under [hosts] are signed for"),
    ] {
        let answer = proxy.get(host, "/").await;
        assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()), "{host}");
        let text = answer.text();
        assert!(text.contains(host) && text.contains(says), "{text}");
    }
    assert_eq!(upstream.log().connections, 0);
}

#[tokio::test]
async fn a_path_that_can_be_read_in_two_ways_is_refused_except_as_an_objects_key() {
    let paths = ["/a/../b", "/..", "/a/.", "/a/%2e%2E/b", "/%2e", "/a%00b", "/a%0d%0ab", "/a%7f"];
    let mut rows: Vec<Row> = paths.iter().map(|path| bad(*path, target(path), "bad_path")).collect();
    let oss = crate::kit::OSS;
    for (path, code) in
        [("/100%", "bad_path"), ("/%4", "bad_path"), ("/a?b=%zz", "bad_path"), ("/a\\b", "bad_path")]
    {
        rows.push(bad(format!("ECS {path}"), target(path), code));
        rows.push(bad(format!("OSS {path}"), get(oss, path), code));
    }
    for path in ["/ключ", "/a?b=ключ"] {
        rows.push(bad(format!("ECS {path}"), target(path), "bad_path"));
        rows.push(bad(format!("OSS {path}"), get(oss, path), "bad_path"));
    }
    assert!(rows.len() >= 20);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn the_port_of_http_may_be_spelled_out_in_the_target_where_host_leaves_it_out() {
    let upstream = crate::kit::Upstream::start(|_, _| crate::kit::Reply::ok()).await;
    let proxy = crate::kit::Kit::new().before(&upstream).await;
    let ask = |authority: &str, host: &str| {
        proxy.call(format!("GET http://{authority}{REGIONS} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    };
    assert_eq!(ask(&format!("{ECS}:80"), ECS).await.status, 200);
    assert_eq!(upstream.last().header("host").as_deref(), Some(ECS));
    upstream.forget();
    let with_80 = format!("{ECS}:80");
    for (authority, host, code) in [
        (with_80.as_str(), "evil.test", "authority_mismatch"),
        ("evil.test:80", ECS, "authority_mismatch"),
        (&format!("{ECS}:8080"), ECS, "authority_mismatch"),
        (&format!("{ECS}:80:80"), ECS, "bad_authority"),
        (&with_80, &with_80, "bad_authority"),
    ] {
        let answer = ask(authority, host).await;
        assert_eq!(answer.verdict(), (400, code.to_owned()), "{authority} {host}");
    }
    assert_eq!(upstream.requests().len(), 0);
}
