//! RocketMQ 4 over HTTP, checked by a second reading of its signature.

use super::mns::assert_is_an_error;
use super::oss::{base64, mac1};
use crate::kit::{KEY_ID, Kit, Proxy, Reply, SECRET, Seen, Step, TOKEN, Upstream, get, request, with_body};

const HOST: &str = "1234567890123456.mqrest.cn-hangzhou.aliyuncs.com";
const DUMMY: &str = "Authorization: MQ dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
    x-mq-version: 2015-06-06\r\nsecurity-token: dummy\r\nContent-Type: text/xml;charset=utf-8\r\n";

async fn proxy(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    kit.settings(&format!("[connect_to]\n\"{HOST}\" = \"{url}\"\n")).start().await
}

fn holds(seen: &Seen) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let mut lines: Vec<String> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-mq-"))
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8(value).unwrap()))
        .collect();
    lines.sort();
    let text = format!(
        "{}\n{}\n{}\n{}\n{}{}",
        seen.method(),
        header("content-md5"),
        header("content-type"),
        header("date"),
        lines.concat(),
        seen.target()
    );
    assert_eq!(header("security-token"), TOKEN);
    header("authorization") == format!("MQ {KEY_ID}:{}", base64(&mac1(SECRET, &text)))
}

#[tokio::test]
async fn what_nobody_signed_is_signed_to_the_byte_and_names_the_protocols_version() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for target in [
        "/topics/T/messages?consumer=GID_1&numOfMessages=3&waitseconds=30&ns=MQ_INST_1_abc&tag=a%7C%7cb+c",
        "/topics/any%2ftopic/messages?ns=any",
    ] {
        assert_eq!(proxy.call(get(HOST, target)).await.status, 200, "{target}");
        let seen = upstream.last();
        assert_eq!(seen.target(), target);
        assert_eq!(seen.header("x-mq-version").as_deref(), Some("2015-06-06"));
        assert_eq!((seen.header("content-md5"), seen.header("x-mq-date")), (None, None));
        assert!(holds(&seen), "{}", seen.lower());
    }
}

#[tokio::test]
async fn what_a_dummy_key_signed_is_signed_anew_with_the_callers_md5_and_streams() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    let (target, md5) = ("/topics/T/messages?ns=X", "OTFmMjM1M2M3Y2MzNzQwMGI4MjRmNWEwZGE0YzkxOTA=");
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: {HOST}\r\n{DUMMY}x-mq-date: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
         Content-MD5: {md5}\r\nContent-Length: 10\r\n\r\n"
    );
    let mut caller = proxy.caller().await;
    caller.send(head).await;
    upstream.until("the head goes out before the body comes", |log| log.requests.len() == 1).await;
    caller.send("<Message/>").await;
    assert_eq!(caller.answer().await.status, 200);
    let seen = upstream.last();
    assert_eq!(seen.header("content-md5").as_deref(), Some(md5));
    assert_eq!(seen.header("x-mq-date"), seen.header("date"));
    assert!(holds(&seen) && seen.body == b"<Message/>", "{}", seen.lower());
    assert!(!seen.lower().contains("dummy") && !seen.lower().contains("2020"), "{}", seen.lower());
}

#[tokio::test]
async fn what_may_not_be_signed_is_refused_as_its_sdks_read_it() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for (host, headers, status, code) in [
        ("9999999999999999.mqrest.cn-hangzhou.aliyuncs.com", "", 403, "host_not_allowed"),
        ("9999999999999999.mqrest.cn-hangzhou-internal.aliyuncs.com", "", 403, "host_not_allowed"),
        (HOST, "x-mq-a: 1\r\nX-MQ-A: 1\r\n", 400, "duplicate_field"),
        (HOST, "x_mq_date: 1\r\n", 400, "underscore_header"),
    ] {
        let answer = proxy.call(request("GET", host, "/topics/T/messages?consumer=G", headers)).await;
        assert_eq!(answer.status, status, "{host} {headers}: {answer:?}");
        assert_eq!(answer.header("x-countersign-error").as_deref(), Some(code), "{host} {headers}");
        assert_is_an_error(&answer, "x-mq-request-id");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_message_that_was_perhaps_consumed_is_never_asked_for_again() {
    let upstream = Upstream::start(|_, _| Reply::steps([Step::Close])).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for (sent, target) in ["/topics/T/messages?consumer=G", "/unknown"].into_iter().enumerate() {
        let answer = proxy.call(get(HOST, target)).await;
        assert_eq!(answer.status, 502, "{target}: {answer:?}");
        assert_eq!(upstream.requests().len(), sent + 1, "{target}");
        assert_is_an_error(&answer, "x-mq-request-id");
    }
}

#[tokio::test]
async fn access_lines_and_metrics_name_the_operation() {
    let upstream = Upstream::start(|_, _| {
        Reply::new("HTTP/1.1 200 OK\r\nx-mq-request-id: id-of-mq\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let proxy = proxy(Kit::new().access(), &upstream).await;
    let calls = [
        ("POST", "/topics/T/messages?ns=X", Some("PublishMessage")),
        ("GET", "/topics/T/messages?consumer=G&numOfMessages=1&trans=order", Some("ConsumeMessage")),
        ("GET", "/topics/T/messages?consumer=G&trans=pop", Some("ConsumeHalfMessage")),
        ("DELETE", "/topics/T/messages?consumer=G", Some("AckMessage")),
        ("DELETE", "/topics/T/messages?consumer=G&trans=commit", Some("CommitMessage")),
        ("DELETE", "/topics/T/messages?consumer=G&trans=rollback", Some("RollbackMessage")),
        ("PUT", "/topics/T/messages?consumer=G", None),
    ];
    for (method, target, _) in calls {
        let sent = with_body(method, HOST, target, DUMMY, "<ReceiptHandles/>");
        assert_eq!(proxy.call(sent).await.status, 200, "{target}");
    }
    let labels = "product=\"ons-http\",action=\"PublishMessage\",region=\"cn-hangzhou\",status=\"200\",outcome=\"forwarded\"";
    assert_eq!(proxy.metric(&format!("countersign_requests_total{{{labels}}}")).await, 1.0);
    assert_eq!(proxy.metric("countersign_signatures_total{scheme=\"MQ-HMAC-SHA1\"}").await, 7.0);
    let lines = proxy.access_lines(calls.len()).await;
    for (line, (method, target, action)) in lines.iter().zip(calls) {
        assert_eq!(line["action"].as_str(), action, "{method} {target}: {line}");
        assert_eq!(line["request_id"].as_str(), Some("id-of-mq"));
    }
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let url = "https://1234567890123456.mqrest.cn-hangzhou.aliyuncs.com/topics/my-topic/messages\
               ?consumer=GID_1&ns=MQ_INST_1&waitseconds=30";
    let (text, signature) = super::page::example("RocketMQ over HTTP", url);
    assert_eq!(base64(&mac1("testsecret", &text)), signature);
}
