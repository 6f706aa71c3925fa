//! Log Service: its two versions, with and without a project, streamed and held, checked by a second reading.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::oss::{base64, hex, mac1, mac256};
use crate::kit::{KEY_ID, Kit, Proxy, Reply, SECRET, Seen, Sts, TOKEN, Upstream, get, request, with_body};

const PROJECT: &str = "project-1.cn-hangzhou.log.aliyuncs.com";
const REGION: &str = "cn-hangzhou.log.aliyuncs.com";
const V1: &str = "Authorization: LOG dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
    x-log-date: Wed, 01 Jan 2020 00:00:00 GMT\r\nx-log-apiversion: 0.6.0\r\nx-acs-security-token: dummy\r\n";
const V4: &str = "Authorization: SLS4-HMAC-SHA256 Credential=dummy/20200101/r/sls/aliyun_v4_request,Signature=0\r\n\
    x-log-date: 20200101T000000Z\r\nx-log-apiversion: 0.6.0\r\nx-acs-security-token: dummy\r\n";

async fn proxy(upstream: &Upstream) -> Proxy {
    before(Kit::new(), upstream).await
}

async fn before(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    let dedicated = "*.cn-qingdao-acdr-ut-1.log.aliyuncs.com";
    let hosts = ["*.cn-hangzhou.log.aliyuncs.com", REGION, "*.log-global.aliyuncs.com", dedicated];
    let rows = hosts.map(|host| format!("\"{host}\" = \"{url}\"\n")).concat();
    // They go on with the table that was begun.
    kit.connect_to(&url).settings(&rows).start().await
}

/// The lines of the headers that either version signs.
fn lines(seen: &Seen, is_more: impl Fn(&str) -> bool) -> (String, String) {
    let mut all: Vec<(String, String)> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| {
            let is_listed = name.starts_with("x-log-") || name.starts_with("x-acs-");
            is_listed && !name.starts_with("x-log-meta-") || is_more(name)
        })
        .map(|(name, value)| (name, String::from_utf8(value).unwrap()))
        .collect();
    all.sort();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    (all.iter().map(|(name, value)| format!("{name}:{value}\n")).collect(), names.join(";"))
}

/// Whether version 1 holds, where path and query are signed as `resource`.
fn is_v1(seen: &Seen, resource: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let (headers, names) = lines(seen, |_| false);
    assert!(names.contains("x-acs-security-token") && names.contains("x-log-apiversion"), "{names}");
    assert!(!names.contains("x-log-date"), "{names}");
    let text = format!(
        "{}\n{}\n{}\n{}\n{headers}{resource}",
        seen.method(),
        header("content-md5"),
        header("content-type"),
        header("date")
    );
    let mac = match &*header("x-log-signaturemethod") {
        "hmac-sha1" => mac1(SECRET, &text),
        "hmac-sha256" => mac256(SECRET.as_bytes(), &text),
        other => panic!("{other}"),
    };
    header("authorization") == format!("LOG {KEY_ID}:{}", base64(&mac))
}

/// Whether version 4 holds, where the query is signed as `query`.
fn is_v4(seen: &Seen, query: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let (headers, names) = lines(seen, |name| name == "host" || name == "content-type");
    let (date, hash) = (header("x-log-date"), header("x-log-content-sha256"));
    let target = seen.target();
    let path = target.split('?').next().unwrap();
    let canonical = format!("{}\n{path}\n{query}\n{headers}\n{names}\n{hash}", seen.method());
    let region = header("host").split('.').rev().nth(3).unwrap().to_owned();
    let scope = format!("{}/{region}/sls/aliyun_v4_request", &date[..8]);
    let text = format!("SLS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = format!("aliyun_v4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac256(&key, part);
    }
    let signature = hex(&mac256(&key, &text));
    header("authorization") == format!("SLS4-HMAC-SHA256 Credential={KEY_ID}/{scope},Signature={signature}")
}

#[tokio::test]
async fn what_nobody_signed_leaves_with_version_1_and_says_what_the_protocol_wants() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    for (host, target, resource) in [
        (PROJECT, "/", "/"),
        (
            PROJECT,
            "/logstores?size=10&logstoreName=&a%2Bb=c+d%2F",
            "/logstores?a+b=c d/&logstoreName=&size=10",
        ),
        (REGION, "/", "/"),
        (REGION, "/?offset=0", "/?offset=0"),
    ] {
        let answer = proxy.call(get(host, target)).await;
        assert_eq!(answer.status, 200, "{host} {target}: {answer:?}");
        let seen = upstream.last();
        assert_eq!((seen.target().as_str(), seen.header("host").as_deref()), (target, Some(host)));
        assert_eq!(seen.header("x-log-bodyrawsize").as_deref(), Some("0"));
        assert_eq!(seen.header("x-acs-security-token").as_deref(), Some(TOKEN));
        assert!(is_v1(&seen, resource), "{}", seen.lower());
    }
    let body = with_body("POST", PROJECT, "/logstores", "Content-Type: application/json\r\n", "{}");
    assert_eq!(proxy.call(body).await.status, 200);
    let seen = upstream.last();
    assert_eq!(seen.header("x-log-bodyrawsize").as_deref(), Some("2"));
    assert!(is_v1(&seen, "/logstores") && seen.body == b"{}", "{}", seen.lower());
    // Compressed, only the caller knows how long it was.
    let compressed = with_body("POST", PROJECT, "/logstores/l/shards/lb", "x-log-compresstype: lz4\r\n", "x");
    assert_eq!(proxy.call(compressed).await.status, 200);
    assert_eq!(upstream.last().header("x-log-bodyrawsize"), None);
}

#[tokio::test]
async fn version_1_keeps_the_callers_hash_and_its_md5_if_it_is_one() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let md5 = hex(&Md5::digest(b"logs")).to_uppercase();
    for (method, named) in
        [("", "hmac-sha1"), ("hmac-sha1", "hmac-sha1"), ("hmac-sha256", "hmac-sha256"), ("md5", "hmac-sha1")]
    {
        for (sent, kept) in [(&*md5, Some(&*md5)), ("bG9ncw==", None), ("", None)] {
            let named_method = if method.is_empty() {
                String::new()
            } else {
                format!("x-log-signaturemethod: {method}\r\n")
            };
            let headers = format!("{V1}{named_method}Content-MD5: {sent}\r\nx-log-meta-a: b\r\n");
            let answer =
                proxy.call(with_body("POST", PROJECT, "/logstores/a%2Fb/shards/lb", &headers, "logs")).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let seen = upstream.last();
            assert_eq!(seen.header("content-md5").as_deref(), kept);
            assert_eq!(seen.header("x-log-signaturemethod").as_deref(), Some(named));
            assert_eq!(seen.header("x-log-bodyrawsize"), None);
            assert!(is_v1(&seen, "/logstores/a%2Fb/shards/lb"), "{}", seen.lower());
            assert!(!seen.lower().contains("dummy") && seen.body == b"logs", "{}", seen.lower());
        }
    }
}

#[tokio::test]
async fn version_4_is_kept_and_hashes_a_body_that_nobody_hashed() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let (hash, nothing) = (hex(&Sha256::digest(b"logs")), hex(&Sha256::digest(b"")));
    for (sent, kept) in [(&*hash, &*hash), (&*nothing, &*nothing), ("", &*hash), ("0123", &*hash)] {
        let claim = if sent.is_empty() { String::new() } else { format!("x-log-content-sha256: {sent}\r\n") };
        let headers = format!("{V4}{claim}x-log-signaturemethod: hmac-sha1\r\nContent-Type: a/b\r\n");
        let target = "/logstores/l/objects/a%20b?z&b=c+d&B=%2f";
        let answer = proxy.call(with_body("PUT", PROJECT, target, &headers, "logs")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert_eq!(seen.header("x-log-content-sha256").as_deref(), Some(kept));
        assert_eq!(seen.header("x-log-signaturemethod"), None);
        assert!(is_v4(&seen, "B=%2F&b=c%20d&z"), "{}", seen.lower());
        assert!(!seen.lower().contains("dummy") && seen.body == b"logs", "{}", seen.lower());
    }
    assert_eq!(proxy.call(request("GET", REGION, "/", V4)).await.status, 200);
    let seen = upstream.last();
    assert_eq!(seen.header("x-log-content-sha256"), Some(nothing));
    assert!(is_v4(&seen, ""), "{}", seen.lower());
}

#[tokio::test]
async fn what_two_readers_could_read_differently_or_nobody_listed_is_refused() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let global = "project-1.log-global.aliyuncs.com";
    for (host, headers, status, code) in [
        ("theirs.cn-hangzhou.log.aliyuncs.com", "", 403, "host_not_allowed"),
        (PROJECT, "x-log-a: 1\r\nX-Log-A: 1\r\n", 400, "duplicate_field"),
        (PROJECT, "x_log_date: 1\r\n", 400, "underscore_header"),
        (PROJECT, "x-log-signature_method: 1\r\nx_log_signaturemethod: 1\r\n", 400, "underscore_header"),
        (global, V4, 501, "scheme_unavailable"),
    ] {
        let answer = proxy.call(request("GET", host, "/logstores", headers)).await;
        assert_eq!(answer.status, status, "{host} {headers}: {answer:?}");
        assert_eq!(answer.header("x-countersign-error").as_deref(), Some(code), "{host} {headers}");
    }
    assert!(upstream.requests().is_empty());
    assert_eq!(proxy.call(get(global, "/logstores")).await.status, 200);
    assert!(is_v1(&upstream.last(), "/logstores"));
}

#[tokio::test]
async fn a_token_that_log_service_calls_expired_is_refreshed_and_the_request_sent_again() {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream = Upstream::start(move |seen, _| {
        if Sts::is_asked(seen) {
            return granting.grant();
        }
        let expired = r#"{"errorCode":"SecurityToken.Expired","errorMessage":"m"}"#;
        let is_first = seen.lower().contains("canarytoken0");
        if is_first { Reply::status("401 Unauthorized", expired) } else { Reply::ok() }
    })
    .await;
    let proxy = before(Kit::new().assuming(), &upstream).await;
    assert_eq!(proxy.call(get(PROJECT, "/logstores")).await.status, 200);
    assert_eq!(sts.calls(), 2);
}

#[tokio::test]
async fn a_region_that_takes_version_4_alone_gets_it_with_what_the_protocol_wants() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let host = "project-1.cn-qingdao-acdr-ut-1.log.aliyuncs.com";
    for body in ["", "{}"] {
        let answer = proxy.call(with_body("POST", host, "/logstores", "", body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert!(is_v4(&seen, "") && seen.body == body.as_bytes(), "{}", seen.lower());
        assert_eq!(seen.header("x-log-apiversion").as_deref(), Some("0.6.0"));
        assert_eq!(seen.header("x-log-bodyrawsize"), Some(body.len().to_string()));
    }
    // Whoever signed chose.
    assert_eq!(proxy.call(request("GET", host, "/logstores", V1)).await.status, 200);
    assert!(is_v1(&upstream.last(), "/logstores"));
}

#[tokio::test]
async fn a_request_of_log_service_may_be_as_long_as_it_takes_them() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(Kit::new().settings("[limits]\nheld_body = \"1KiB\"\n"), &upstream).await;
    let most = 10 << 20;
    let body = "x".repeat(most);
    assert_eq!(proxy.call(with_body("POST", PROJECT, "/logstores/l", V4, &body)).await.status, 200);
    assert_eq!(upstream.last().body_bytes, most);
    let head = request("POST", PROJECT, "/logstores/l", &format!("{V4}Content-Length: {}\r\n", most + 1));
    let answer = proxy.call(head).await;
    assert_eq!(answer.verdict(), (413, "body_too_large".to_owned()));
    // Other products' bodies are held to the setting.
    let json = "Content-Type: application/json\r\n";
    let ecs = with_body("POST", crate::kit::ECS, crate::kit::REGIONS, json, &"x".repeat(1025));
    assert_eq!(proxy.call(ecs).await.verdict(), (413, "body_too_large".to_owned()));
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let url = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores?size=10";
    let (text, signature) = super::page::example("Log Service", url);
    assert_eq!(base64(&mac1("testsecret", &text)), signature);
}

#[tokio::test]
async fn a_refusal_is_one_that_the_hosts_own_sdk_reads_be_the_host_known_or_not() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    for (host, content_type, says) in [
        (
            "theirs.cn-hangzhou.log.aliyuncs.com",
            "application/json",
            "\"errorCode\":\"Countersign.HostNotAllowed\"",
        ),
        (
            "theirs.cn-nowhere.log.aliyuncs.com",
            "application/json",
            "\"errorCode\":\"Countersign.HostNotAllowed\"",
        ),
        ("inst-9.cn-nowhere.ots.aliyuncs.com", "application/x-protobuf", "Countersign.HostNotAllowed"),
        (
            "service.cn-nowhere.maxcompute.aliyun.com",
            "application/xml",
            "<Code>Countersign.HostNotAllowed</Code>",
        ),
    ] {
        let answer = proxy.call(get(host, "/logstores")).await;
        assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()), "{host}: {answer:?}");
        assert!(answer.header("content-type").unwrap().starts_with(content_type), "{host}: {answer:?}");
        assert!(answer.text().contains(says), "{host}: {}", answer.text());
    }
    assert!(upstream.requests().is_empty());
}
