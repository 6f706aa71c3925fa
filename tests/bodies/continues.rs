//! `Expect: 100-continue`, of bodies that are held and of bodies that stream.

use std::time::Duration;

use crate::kit::{ECS, Gate, Kit, OSS, REGIONS, Reply, Step, Upstream, request};

const JSON: &str = "Content-Type: application/json\r\nContent-Length: 5\r\nExpect: 100-continue\r\n";
const PUT: &str = "Content-Length: 5\r\nExpect: 100-continue\r\n";

#[tokio::test]
async fn a_held_body_is_asked_for_by_us_and_no_expectation_goes_out() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("POST", ECS, REGIONS, JSON)).await;
    let interim = crate::kit::soon("a go-ahead", caller.reader.until(b"\r\n\r\n")).await.unwrap();
    assert_eq!(interim, b"HTTP/1.1 100 Continue");
    assert_eq!(upstream.log().connections, 0);
    caller.send("hello").await;
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.interims), (200, vec![]));
    let seen = upstream.last();
    assert_eq!((seen.body.as_slice(), seen.header("expect")), (&b"hello"[..], None));
}

#[tokio::test]
async fn a_streamed_body_is_asked_for_by_the_cloud_alone() {
    let gate = Gate::new();
    let waits = gate.clone();
    let go = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
    let upstream = Upstream::start(move |_, _| {
        Reply::ok().after(Step::Wait(waits.clone())).after(Step::Send(go.clone()))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("PUT", OSS, "/k", PUT)).await;
    upstream.until("the head", |log| log.requests.len() == 1).await;
    assert_eq!(upstream.last().header("expect").as_deref(), Some("100-continue"));
    assert!(caller.is_silent_for(Duration::from_millis(50)).await, "a go-ahead that the cloud did not give");
    gate.open();
    let interim = crate::kit::soon("a go-ahead", caller.reader.until(b"\r\n\r\n")).await.unwrap();
    assert_eq!(interim, b"HTTP/1.1 100 Continue");
    caller.send("hello").await;
    assert_eq!(caller.answer().await.status, 200);
    assert_eq!(upstream.last().body, b"hello");
}

#[tokio::test]
async fn a_refusal_by_the_cloud_comes_instead_of_the_go_ahead() {
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied";
    let upstream =
        Upstream::start(move |_, _| Reply::to_head([Step::Send(refused.into()), Step::AwaitEnd])).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("PUT", OSS, "/k", PUT)).await;
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.text().as_str(), answer.interims), (403, "denied", vec![]));
    upstream.until("the end", |log| log.ended == 1).await;
}

#[tokio::test]
async fn a_body_that_does_not_wait_for_the_go_ahead_is_taken() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    for request_ in [request("POST", ECS, REGIONS, JSON), request("PUT", OSS, "/k", PUT)] {
        let answer = proxy.call(request_ + "hello").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(upstream.last().body, b"hello");
    }
    // Without a body there is nothing to wait for.
    let answer = proxy.call(request("GET", ECS, REGIONS, "Expect: 100-continue\r\n")).await;
    assert_eq!((answer.status, upstream.last().header("expect")), (200, None));
}

#[tokio::test]
async fn whoever_is_refused_is_not_asked_for_a_body() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::without_credentials().before(&upstream).await;
    for (host, target, expected) in [
        ("evil.test", "/", (403, "host_not_allowed")),
        (ECS, "/?Action=CreateAccessKey", (403, "operation_denied")),
        (ECS, REGIONS, (503, "no_credentials")),
    ] {
        let answer = proxy.call(request("POST", host, target, JSON)).await;
        assert_eq!((answer.verdict(), answer.interims.len()), ((expected.0, expected.1.to_owned()), 0));
        assert!(answer.says_close(), "its body is not read: {answer:?}");
    }
    assert_eq!(upstream.log().connections, 0);
}
