//! Rows 53 to 60: a page in a browser never makes us sign, and what is no browser is not taken for one.

use super::{all_are_refused, row, silent};
use crate::kit::{Caller, ECS, request, with_body};

const STOP: &str = "/?Action=StopInstance&InstanceId=i-1&Version=2014-05-26";

#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn what_only_a_browser_sends_is_refused_without_a_word_to_the_page() {
    let (upstream, proxy) = silent().await;
    let host = format!("127.0.0.1:{}", proxy.pinned().port());
    let get = |headers: &str| request("GET", &host, STOP, headers);
    let browser = |name: &str, request: String| row(name, request, 403, "browser_request").pinned();
    let rows = vec![
        browser(
            "53",
            get("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nReferer: http://evil/\r\n"),
        ),
        browser("53 by referer alone", get("Referer: http://evil/\r\n")),
        browser("same origin", get("Sec-Fetch-Site: same-origin\r\n")),
        browser("navigation", get("Sec-Fetch-Mode: navigate\r\n")),
        browser("an image", get("Sec-Fetch-Dest: image\r\n")),
        browser(
            "54",
            with_body("POST", &host, "/", "Origin: https://evil.test\r\nContent-Type: text/plain\r\n", "a=b"),
        ),
        browser("55", with_body("POST", &host, "/", "Origin: null\r\nContent-Type: text/plain\r\n", "a=b")),
        browser(
            "58",
            request(
                "OPTIONS",
                &host,
                "/",
                "Origin: https://evil.test\r\nAccess-Control-Request-Method: POST\r\n",
            ),
        ),
        browser(
            "58 without an origin",
            request("OPTIONS", &host, "/", "Access-Control-Request-Method: POST\r\n"),
        ),
        browser(
            "59",
            request(
                "GET",
                &host,
                "/",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            ),
        ),
        row(
            "53 forward",
            request("GET", ECS, STOP, "Sec-Fetch-Site: cross-site\r\n"),
            403,
            "browser_request",
        ),
    ];
    assert!(rows.len() >= 11);
    for row in &rows {
        let address = if row.on == super::On::Pinned { proxy.pinned() } else { proxy.forward() };
        let mut caller = Caller::connect(address).await;
        caller.send(&row.request).await;
        let answer = caller.answer().await;
        assert!(!answer.head.to_lowercase().contains("access-control"), "{answer:?}");
        assert_eq!(
            answer.header("cross-origin-resource-policy").as_deref(),
            Some("same-origin"),
            "{answer:?}"
        );
    }
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_pinned_listener_answers_to_its_own_names_only() {
    let (upstream, proxy) = silent().await;
    let port = proxy.pinned().port();
    let foreign = |name: &str, host: String| {
        row(name, request("GET", &host, STOP, "X-Countersign: 1\r\n"), 421, "bad_authority").pinned()
    };
    let rows = vec![
        foreign("56", format!("rebind.test:{port}")),
        foreign("57", format!("0.0.0.0:{port}")),
        foreign("another port", format!("127.0.0.1:{}", port ^ 1)),
        foreign("another name of this machine", format!("127.0.0.2:{port}")),
        foreign("another endpoint", "ecs.cn-beijing.aliyuncs.com".to_owned()),
        foreign("a tenant of something without tenants", format!("a.b.localhost:{port}")),
        foreign("another port of the endpoint", format!("{ECS}:8443")),
    ];
    assert!(rows.len() >= 7);
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn a_program_that_fetches_like_a_browser_is_served() {
    let (upstream, proxy) = silent().await;
    let host = format!("127.0.0.1:{}", proxy.pinned().port());
    let headers = "sec-fetch-mode: cors\r\nsec-fetch-dest: empty\r\ncontent-type: text/plain;charset=UTF-8\r\naccept: */*\r\n";
    let mut caller = Caller::connect(proxy.pinned()).await;
    caller.send(with_body("POST", &host, "/?Action=DescribeRegions", headers, "")).await;
    assert_eq!(caller.answer().await.status, 200);
    assert_eq!(upstream.requests().len(), 1);
}
