//! Refusals speak the dialect that the caller's SDK parses.

use serde_json::Value;

use crate::kit::{Caller, ECS, Kit, OSS, Reply, Upstream, clock, date, get, request};

#[tokio::test]
async fn a_refusal_is_json_or_xml_as_its_caller_reads_it() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let rows = [
        (get(ECS, "/?Action=CreateAccessKey"), "json", "OperationDenied"),
        (get(ECS, "/?Action=CreateAccessKey&Format=JSON"), "json", "OperationDenied"),
        (get(ECS, "/?Action=CreateAccessKey&Format=XML"), "xml", "OperationDenied"),
        (get("evil.test", "/"), "json", "HostNotAllowed"),
        (get(OSS, "/k%"), "oss", "BadPath"),
        (get("evil.oss-cn-hangzhou.aliyuncs.com", "/k"), "oss", "HostNotAllowed"),
        (request("GET", OSS, "/k", "Content-Length: x\r\n"), "oss", "BadContentLength"),
        (request("GET", OSS, "/k", "Origin: http://evil.test\r\n"), "oss", "BrowserRequest"),
    ];
    for (request, dialect, code) in rows {
        let answer = proxy.call(&request).await;
        let id =
            answer.header(if dialect == "oss" { "x-oss-request-id" } else { "x-acs-request-id" }).unwrap();
        let text = answer.text();
        if dialect == "json" {
            assert!(answer.header("content-type").unwrap().starts_with("application/json"), "{request}");
            let body: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (&body["Code"], &body["RequestId"]),
                (&format!("Countersign.{code}").into(), &id.into()),
                "{request}"
            );
            assert!(body["Message"].as_str().is_some_and(|message| !message.is_empty()), "{request}");
        } else {
            assert_eq!(answer.header("content-type").as_deref(), Some("application/xml"), "{request}");
            for part in [
                format!("<Code>Countersign.{code}</Code>"),
                format!("<RequestId>{id}</RequestId>"),
                "<Message>".to_owned(),
            ] {
                assert!(text.starts_with("<?xml") && text.contains(&part), "{request}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn the_callers_of_a_listener_that_is_pinned_to_oss_read_xml_whatever_they_sent() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let listen = "[[listen]]\naddress = \"127.0.0.1:0\"\nendpoint = \"oss.cn-hangzhou\"\n";
    let proxy = Kit::new().listen(listen).before(&upstream).await;
    let own = proxy.forward().to_string();
    for request in [
        get(&own, "/evil/k"),
        get("evil.test", "/"),
        get(&own, "/bkt1/%"),
        format!("GET / HTTP/1.1\nHost: {own}\n\n"),
    ] {
        let mut caller = Caller::connect(proxy.forward()).await;
        caller.send(&request).await;
        let answer = caller.answer().await;
        assert!(answer.text().starts_with("<?xml"), "{request}: {answer:?}");
    }
}

#[tokio::test]
async fn the_refusal_of_a_head_has_no_body() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(request("HEAD", "evil.oss-cn-hangzhou.aliyuncs.com", "/k", "")).await;
        let answer = caller.try_answer(true).await.unwrap();
        assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()));
        assert_ne!(answer.header("content-length").as_deref(), Some("0"));
    }
}

#[tokio::test]
async fn a_refusal_is_dated() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    // Without a date, `alibabacloud-oss-v2` tells its caller of the date, and of nothing that it was refused for.
    for request in [get(ECS, "/?Action=CreateAccessKey"), get("evil.oss-cn-hangzhou.aliyuncs.com", "/k")] {
        let before = clock::unix_seconds();
        let date = proxy.call(&request).await.header("date").unwrap_or_default();
        let possible: Vec<String> = (before..=clock::unix_seconds()).map(date::http).collect();
        assert!(possible.contains(&date), "{request}: {date:?}");
    }
}
