//! Model Studio: a request leaves with its key, and the key goes to its own hosts alone.

use crate::kit::canary::API_KEY;
use crate::kit::{ECS, Kit, Proxy, REGIONS, Reply, Step, Upstream, get, request, with_body};

const HOST: &str = "dashscope.aliyuncs.com";
const CHAT: &str = "/compatible-mode/v1/chat/completions";
const JSON: &str = "Content-Type: application/json\r\n";

/// A proxy with a role, the variable's key, and an upstream for every host that is called here.
async fn before(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    let hosts = [HOST, "dashscope-intl.aliyuncs.com", "ws1.cn-beijing.maas.aliyuncs.com"];
    let rows = hosts.map(|host| format!("\"{host}\" = \"{url}\"\n")).concat();
    kit.connect_to(&url).settings(&rows).start().await
}

#[tokio::test]
async fn whatever_a_client_puts_in_the_keys_place_the_real_one_leaves_and_all_else_is_left_alone() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(Kit::new().variable("DASHSCOPE_API_KEY", API_KEY), &upstream).await;
    for proof in [
        "",
        "Authorization: Bearer sk-dummy\r\n",
        "Authorization: Bearer dummy\r\nX-DashScope-SSE: enable\r\n",
        "x-api-key: dummy\r\nanthropic-version: 2023-06-01\r\n",
        "api-key: dummy\r\n",
        "Authorization: ACS3-HMAC-SHA256 Credential=dummy\r\nx-acs-security-token: dummy\r\n",
    ] {
        for host in [HOST, "dashscope-intl.aliyuncs.com", "ws1.cn-beijing.maas.aliyuncs.com"] {
            let body = r#"{"model":"qwen-plus","stream":true}"#;
            let target = format!("{CHAT}?a=b%20c&Signature=s");
            let answer = proxy.call(with_body("POST", host, &target, &format!("{JSON}{proof}"), body)).await;
            assert_eq!(answer.status, 200, "{host} {proof}: {answer:?}");
            let seen = upstream.last();
            assert_eq!(seen.header("authorization"), Some(format!("Bearer {API_KEY}")), "{proof}");
            assert_eq!(seen.header("host").as_deref(), Some(host));
            assert_eq!((seen.target(), seen.body.as_slice()), (target, body.as_bytes()));
            assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
            let kept = ["x-dashscope-sse", "anthropic-version"];
            assert_eq!(
                kept.iter().filter(|name| proof.to_lowercase().contains(*name)).count(),
                kept.iter().filter(|name| seen.header(name).is_some()).count(),
                "{}",
                seen.lower()
            );
        }
    }
    // Nobody else's request has it.
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    assert!(!upstream.last().lower().contains(&API_KEY.to_lowercase()));
}

#[tokio::test]
async fn an_answer_in_events_passes_as_it_comes() {
    let gate = crate::kit::Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        Reply::new(format!("{head}9\r\ndata: a\n\n\r\n"))
            .then(Step::Wait(waits.clone()))
            .then(Step::Send(b"9\r\ndata: b\n\n\r\n0\r\n\r\n".to_vec()))
    })
    .await;
    let proxy = before(Kit::new().variable("DASHSCOPE_API_KEY", API_KEY), &upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(with_body("POST", HOST, CHAT, JSON, "{}")).await;
    let first = crate::kit::soon("the first event", caller.reader.until(b"data: a\n\n")).await.unwrap();
    assert!(String::from_utf8_lossy(&first).contains("text/event-stream"), "{first:?}");
    gate.open();
    crate::kit::soon("the second event", caller.reader.until(b"data: b\n\n")).await.unwrap();
}

#[tokio::test]
async fn without_a_key_or_for_an_unlisted_workspace_nothing_leaves() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(Kit::new(), &upstream).await;
    let answer =
        proxy.call(request("GET", HOST, "/api/v1/tasks/1", "Authorization: Bearer sk-own\r\n")).await;
    assert_eq!(answer.verdict(), (503, "no_credentials".to_owned()));
    assert!(answer.text().contains("DASHSCOPE_API_KEY"), "{}", answer.text());
    let answer = proxy.call(get("ws2.cn-beijing.maas.aliyuncs.com", "/")).await;
    assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()));
    assert_eq!(upstream.requests().len(), 0);
    // A key that is none is told, and not sent.
    let proxy = before(Kit::new().variable("DASHSCOPE_API_KEY", "sk canary"), &upstream).await;
    let answer = proxy.call(get(HOST, "/api/v1/tasks/1")).await;
    assert_eq!(answer.verdict(), (503, "credentials_refused".to_owned()));
    assert!(!answer.text().contains("canary"), "{}", answer.text());
    assert_eq!(upstream.requests().len(), 0);
}
