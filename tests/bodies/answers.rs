//! Answers on their way down: framing, the versions of HTTP, and what is taken out of a head.

use crate::kit::{Ended, Gate, Kit, OSS, Proxy, Reply, Seen, Step, Upstream, get, request};

/// Answers by the path: each is one way of framing.
fn script(seen: &Seen, _: usize) -> Reply {
    match seen.target().as_str() {
        "/204" => Reply::new("HTTP/1.1 204 No Content\r\nx-oss-request-id: R\r\n\r\n"),
        "/304" => Reply::new("HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nContent-Length: 7\r\n\r\n"),
        "/head" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
        "/chunked" => Reply::new(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx-t: 1\r\n\r\n",
        ),
        "/close" => Reply::new("HTTP/1.1 200 OK\r\n\r\nhello world").then(Step::Close),
        "/old" => Reply::new("HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nhello world").then(Step::Close),
        "/empty" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        _ => Reply::body("hello world"),
    }
}

async fn proxy() -> (Upstream, Proxy) {
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().before(&upstream).await;
    (upstream, proxy)
}

#[tokio::test]
async fn each_way_of_framing_reaches_each_kind_of_caller_whole() {
    let (_upstream, proxy) = proxy().await;
    let whole = "hello world";
    // Path, status, body.
    let rows = [
        ("/", 200, whole),
        ("/chunked", 200, whole),
        ("/close", 200, whole),
        ("/old", 200, whole),
        ("/empty", 200, ""),
        ("/204", 204, ""),
        ("/304", 304, ""),
    ];
    for (path, status, body) in rows {
        let mut caller = proxy.caller().await;
        caller.send(get(OSS, path)).await;
        let answer = caller.answer().await;
        assert_eq!(
            (answer.status, answer.text().as_str(), answer.cut),
            (status, body, None),
            "{path}: {answer:?}"
        );
        assert!(!answer.says_close(), "{path}: {answer:?}");
        caller.send(get(OSS, "/")).await;
        assert_eq!(caller.answer().await.text(), whole, "after {path}");

        let mut old = proxy.caller().await;
        old.send(get(OSS, path).replacen("HTTP/1.1", "HTTP/1.0", 1)).await;
        let answer = old.answer().await;
        assert_eq!((answer.status, answer.text().as_str(), answer.cut), (status, body, None), "1.0 {path}");
        assert!(answer.header("transfer-encoding").is_none(), "1.0 {path}: {answer:?}");
        assert_eq!(old.end().await, Ended::Closed, "1.0 {path}");
    }
}

#[tokio::test]
async fn the_answer_to_a_head_has_no_body_and_its_length_stays() {
    let (_upstream, proxy) = proxy().await;
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(request("HEAD", OSS, "/head", "")).await;
        let answer = caller.try_answer(true).await.unwrap();
        assert_eq!(
            (answer.status, answer.header("content-length").as_deref()),
            (200, Some("7")),
            "{answer:?}"
        );
    }
    caller.send(get(OSS, "/")).await;
    assert_eq!(caller.answer().await.text(), "hello world");
}

#[tokio::test]
async fn the_first_event_of_a_stream_arrives_before_the_second_is_sent() {
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| {
        let first = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n";
        Reply::new(first).then(Step::Wait(waits.clone())).then(Step::Send(b"7\r\ndata: 2\r\n0\r\n\r\n".to_vec()))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/events")).await;
    crate::kit::soon("the first event", caller.reader.until(b"data: 1\r\n")).await.unwrap();
    assert!(caller.is_silent_for(std::time::Duration::from_millis(30)).await);
    gate.open();
    crate::kit::soon("the second event", caller.reader.until(b"data: 2\r\n0\r\n\r\n")).await.unwrap();
}

#[tokio::test]
async fn what_is_of_one_hop_or_only_for_browsers_is_not_passed_on_and_the_rest_is() {
    let head = "HTTP/1.1 200 Fine Then\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nAlt-Svc: h3\r\nSet-Cookie: a=b\r\n\
        Access-Control-Allow-Origin: *\r\nX-Countersign-Error: forged\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\n\
        x-oss-request-id: R\r\nServer: AliyunOSS\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\nETag: \"e\"\r\nx-oss-meta-n: \
        ключ\r\nContent-Length: 2\r\n\r\nok";
    let upstream = Upstream::start(move |_, _| Reply::new(head)).await;
    let proxy = Kit::new().before(&upstream).await;
    let answer = proxy.get(OSS, "/k").await;
    let lower = answer.head.to_lowercase();
    assert!(lower.starts_with("http/1.1 200 fine then\r\n"), "{lower}");
    for gone in
        ["keep-alive", "alt-svc", "set-cookie", "access-control", "x-countersign", "proxy-auth", "upgrade"]
    {
        assert!(!lower.contains(gone), "{gone}: {lower}");
    }
    for kept in [
        "x-oss-request-id: r",
        "server: aliyunoss",
        "date: wed, 01",
        "etag: \"e\"",
        "ключ",
        "content-length: 2",
    ] {
        assert!(lower.contains(kept), "{kept}: {lower}");
    }
}

#[tokio::test]
async fn an_answers_connection_header_names_what_stays_behind_and_a_204_has_no_length() {
    let upstream = Upstream::start(|seen, _| match seen.target().as_str() {
        "/204" => Reply::new("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").then(Step::Close),
        _ => Reply::new(
            "HTTP/1.1 200 OK\r\nConnection: x-a\r\nX-A: 1\r\nConnection: keep-alive, x-b\r\nx-B: 2\r\nx-c: 3\r\nContent-Length: 2\r\n\r\nok",
        ),
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let answer = proxy.get(OSS, "/").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
    let values = ["x-a", "x-b", "x-c"].map(|name| answer.header(name));
    assert_eq!(values, [None, None, Some("3".to_owned())]);
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(get(OSS, "/204")).await;
        let answer = caller.answer().await;
        assert_eq!((answer.status, answer.header("content-length"), answer.cut), (204, None, None));
    }
}

#[tokio::test]
async fn an_error_that_never_ends_is_passed_on_and_ends_with_its_caller() {
    let drip = Gate::new();
    let steps = drip.clone();
    let upstream = Upstream::start(move |_, _| {
        let mut reply = Reply::new("HTTP/1.1 403 Forbidden\r\nContent-Type: text/event-stream\r\n\r\nx");
        for _ in 0..50 {
            reply = reply.then(Step::Wait(steps.clone())).then(Step::Send(b"x".to_vec()));
        }
        reply.then(Step::AwaitEnd)
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/")).await;
    let head = crate::kit::soon("a head", caller.reader.until(b"\r\n\r\n")).await.unwrap();
    assert!(head.starts_with(b"HTTP/1.1 403"));
    drop(caller);
    for _ in 0..50 {
        drip.open();
    }
    upstream.until("the end of what nobody reads", |log| log.ended == 1).await;
}
