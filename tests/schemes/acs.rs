//! ACS4, and the variants of ACS3 that leave as its usual form: checked by a second reading.

use sha2::{Digest, Sha256};

use super::oss::{hex, mac256};
use crate::kit::{ECS, Judge, KEY_ID, Kit, Proxy, Reply, SECRET, Seen, TOKEN, Upstream, request, with_body};

const ACS3: &str = "ACS3-HMAC-SHA256";
/// What every SDK of either version adds with a dummy key, but for `Authorization`.
const DUMMY: &str = "x-acs-action: DescribeRegions\r\nx-acs-version: 2014-05-26\r\nx-acs-date: 2020-01-01T00:00:00Z\r\n\
    x-acs-signature-nonce: stale\r\nx-acs-security-token: dummy\r\nx-acs-accesskey-id: dummy\r\n\
    x-acs-credentials-provider: static_ak\r\n";

fn authorization(algorithm: &str, scope: &str) -> String {
    format!("Authorization: {algorithm} Credential=dummy{scope},SignedHeaders=host,Signature=00\r\n{DUMMY}")
}

fn acs4(scope: &str) -> String {
    authorization("ACS4-HMAC-SHA256", &format!("/20200101/{scope}/aliyun_v4_request"))
}

async fn started() -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let everything = format!("[connect_to]\n\"*\" = \"http://{}\"\n", upstream.address);
    let proxy = Kit::new().settings(&everything).start().await;
    (upstream, proxy)
}

/// Whether ACS4 holds in the scope `region/product`, where the query is signed as `query`.
fn is_acs4(seen: &Seen, scope: &str, query: &str) -> bool {
    let mut headers: Vec<(String, String)> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-acs-") || name == "host" || name == "content-type")
        .map(|(name, value)| (name, String::from_utf8(value).unwrap()))
        .collect();
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    assert!(names.contains("x-acs-security-token") && names.contains("x-acs-signature-nonce"), "{names}");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let hash = hex(&Sha256::digest(&seen.body));
    let target = seen.target();
    let path = target.split('?').next().unwrap();
    let canonical = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{hash}", seen.method());
    let text = format!("ACS4-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let day = seen.header("x-acs-date").unwrap()[..10].replace('-', "");
    let mut key = format!("aliyun_v4{SECRET}").into_bytes();
    for part in format!("{day}/{scope}/aliyun_v4_request").split('/') {
        key = mac256(&key, part);
    }
    let signature = hex(&mac256(&key, &text));
    let credential = format!("{KEY_ID}/{day}/{scope}/aliyun_v4_request");
    let expected =
        format!("ACS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}");
    assert!(!seen.lower().contains("dummy") && !seen.lower().contains("stale"), "{}", seen.lower());
    assert_eq!(seen.header("x-acs-security-token").as_deref(), Some(TOKEN));
    assert_eq!(seen.header("x-acs-credentials-provider"), None);
    seen.header("authorization") == Some(expected)
}

#[tokio::test]
async fn acs4_is_kept_for_the_region_and_product_that_the_caller_signed_for() {
    let (upstream, proxy) = started().await;
    for scope in ["cn-hangzhou/Ecs", "center/Ecs", "ap-southeast-1/r-kvstore"] {
        let answer = proxy.call(request("POST", ECS, "/?b=a+b&a=%2A&E=&N%2f=1", &acs4(scope))).await;
        assert_eq!(answer.status, 200, "{scope}: {answer:?}");
        let seen = upstream.last();
        assert!(is_acs4(&seen, scope, "E=&N%2F=1&a=%2A&b=a%20b"), "{}", seen.lower());
        assert_eq!(seen.target(), "/?b=a+b&a=%2A&E=&N%2f=1");
    }
    // Named by its path alone, as ACS3 would be.
    let bare = "Authorization: ACS4-HMAC-SHA256 Credential=d/20200101/cn-hangzhou/CS/aliyun_v4_request,\
        SignedHeaders=host,Signature=00\r\n";
    let answer = proxy.call(request("GET", "cs.cn-hangzhou.aliyuncs.com", "/clusters", bare)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let seen = upstream.last();
    assert_eq!(seen.header("x-acs-action").as_deref(), Some("DescribeClusters"));
    assert!(is_acs4(&seen, "cn-hangzhou/CS", ""), "{}", seen.lower());
}

#[tokio::test]
async fn acs4_covers_a_body_by_the_callers_hash_or_our_own() {
    let (upstream, proxy) = started().await;
    let hash = hex(&Sha256::digest(b"{}"));
    let json = "Content-Type: application/json\r\n";
    let dummy = acs4("cn-hangzhou/Ecs");
    let sm3 = authorization("ACS4-HMAC-SM3", "/20200101/cn-hangzhou/Ecs/aliyun_v4_request");
    for headers in [
        format!("{dummy}{json}x-acs-content-sha256: {hash}\r\n"),
        format!("{dummy}{json}"),
        // What is no hash is none, and SM3's is another one.
        format!("{dummy}{json}x-acs-content-sha256: 0123\r\n"),
        format!("{sm3}{json}x-acs-content-sm3: {}\r\n", "0".repeat(64)),
        format!("{sm3}{json}x-acs-content-sha256: {}\r\n", "0".repeat(64)),
    ] {
        let answer = proxy.call(with_body("POST", ECS, "/", &headers, "{}")).await;
        assert_eq!(answer.status, 200, "{headers}: {answer:?}");
        let seen = upstream.last();
        assert_eq!(seen.header("x-acs-content-sha256").as_deref(), Some(&*hash), "{headers}");
        assert_eq!(seen.header("x-acs-content-sm3"), None);
        assert!(is_acs4(&seen, "cn-hangzhou/Ecs", ""), "{}", seen.lower());
    }
    // The caller's hash is used unseen: what it says of another body is between it and the cloud.
    let other = format!("{dummy}{json}x-acs-content-sha256: {}\r\n", "0".repeat(64));
    assert_eq!(proxy.call(with_body("POST", ECS, "/", &other, "{}")).await.status, 200);
    assert_eq!(upstream.last().header("x-acs-content-sha256"), Some("0".repeat(64)));
}

#[tokio::test]
async fn a_scope_that_cannot_be_meant_is_refused_and_so_is_a_private_clouds_dialect() {
    let (upstream, proxy) = started().await;
    let cloud4 = authorization("CLOUD4-HMAC-SHA256", "/20200101/cn-hangzhou/Ecs/cloud_v4_request");
    let bare = authorization("ACS4-HMAC-SHA256", "");
    for (headers, status, code) in [
        (acs4("cn-nowhere/Ecs"), 400, "bad_header"),
        (acs4("cn-hangzhou/E_cs"), 400, "bad_header"),
        (acs4("cn-hangzhou/"), 400, "bad_header"),
        (acs4("Ecs"), 400, "bad_header"),
        (acs4(&format!("cn-hangzhou/{}", "a".repeat(33))), 400, "bad_header"),
        (bare, 400, "bad_header"),
        (cloud4, 501, "scheme_unavailable"),
    ] {
        let answer = proxy.call(request("GET", ECS, "/", &headers)).await;
        assert_eq!((answer.status, answer.header("x-countersign-error").as_deref()), (status, Some(code)));
    }
    // What takes nothing but ACS4 needs a caller that names the product.
    let searchagent = "searchagent.cn-hangzhou.aliyuncs.com";
    let named = "x-acs-action: A\r\nx-acs-version: 2026-05-15\r\n";
    let answer = proxy.call(request("GET", searchagent, "/a", named)).await;
    assert_eq!(answer.header("x-countersign-error").as_deref(), Some("scheme_unavailable"), "{answer:?}");
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn the_other_variants_of_acs3_leave_as_its_usual_form() {
    let (upstream, proxy) = started().await;
    let judge = Judge::new().await;
    let hash = hex(&Sha256::digest(b"{}"));
    let json = "Content-Type: application/json\r\n";
    for (algorithm, more) in [
        ("ACS3-HMAC-SM3", format!("x-acs-content-sm3: {}\r\n", "0".repeat(64))),
        // Of another kind, whatever it is called.
        ("ACS3-HMAC-SM3", format!("x-acs-content-sha256: {}\r\n", "0".repeat(64))),
        ("ACS3-RSA-SHA256", format!("x-acs-content-sha256: {hash}\r\n")),
        ("ACS3-RSA-SHA256", String::new()),
    ] {
        let headers = format!("{}{json}{more}", authorization(algorithm, ""));
        let answer = proxy.call(with_body("POST", ECS, "/", &headers, "{}")).await;
        assert_eq!(answer.status, 200, "{algorithm}: {answer:?}");
        let seen = upstream.last();
        assert_eq!(judge.scheme(&seen).await, Ok(ACS3), "{algorithm}");
        assert_eq!(seen.header("x-acs-content-sm3"), None, "{algorithm}");
        assert_eq!(seen.header("x-acs-content-sha256").as_deref(), Some(&*hash), "{algorithm}");
        assert!(!seen.lower().contains("dummy") && !seen.lower().contains("stale"), "{}", seen.lower());
        assert!(seen.header("authorization").unwrap().starts_with("ACS3-HMAC-SHA256 "), "{algorithm}");
        let without = request("GET", ECS, "/", &authorization(algorithm, ""));
        assert_eq!(proxy.call(without).await.status, 200, "{algorithm}");
        assert_eq!(judge.scheme(&upstream.last()).await, Ok(ACS3), "{algorithm}");
    }
    // Its hash is of the wrong kind: the body is held, within the limit of what is held.
    let small =
        format!("[limits]\nheld_body = \"4KiB\"\n[connect_to]\n\"*\" = \"http://{}\"\n", upstream.address);
    let proxy = Kit::new().settings(&small).start().await;
    let large = "x".repeat(5000);
    let sm3 =
        format!("{}{json}x-acs-content-sm3: {}\r\n", authorization("ACS3-HMAC-SM3", ""), "0".repeat(64));
    let answer = proxy.call(with_body("POST", ECS, "/", &sm3, &large)).await;
    assert_eq!(answer.header("x-countersign-error").as_deref(), Some("body_too_large"), "{answer:?}");
    let known = format!("x-acs-content-sha256: {}\r\n", hex(&Sha256::digest(large.as_bytes())));
    let sha256 = format!("{}{json}{known}", authorization("ACS3-HMAC-SHA256", ""));
    assert_eq!(proxy.call(with_body("POST", ECS, "/", &sha256, &large)).await.status, 200);
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let header = "Authorization: ACS4-HMAC-SHA256 Credential=any/20260131/cn-hangzhou/Ecs/aliyun_v4_request";
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions";
    let (text, signature) = super::page::example_of("ACS4", &["--nonce", "n-1", "-H", header, url]);
    let mut key = b"aliyun_v4testsecret".to_vec();
    for part in ["20260131", "cn-hangzhou", "Ecs", "aliyun_v4_request"] {
        key = mac256(&key, part);
    }
    assert_eq!(hex(&mac256(&key, &text)), signature);
}
