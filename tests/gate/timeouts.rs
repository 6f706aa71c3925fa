//! How long a caller is waited for. The waits are short here, and real: sockets do not know paused time.

use std::time::Duration;

use tokio::time::Instant;

use crate::kit::{ECS, Ended, Gate, Kit, OSS, Proxy, REGIONS, Reply, Step, Upstream, get, request};

const JSON: &str = "Content-Type: application/json\r\nContent-Length: 5\r\n";

async fn short(limit: &str) -> (Upstream, Proxy) {
    limited(&format!("{limit} = \"100ms\"")).await
}

async fn limited(line: &str) -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().settings(&format!("[limits]\n{line}")).before(&upstream).await;
    (upstream, proxy)
}

/// Whether about the limit has passed: not much less, and not the default.
fn is_about(begun: Instant) -> bool {
    (Duration::from_millis(90)..Duration::from_secs(4)).contains(&begun.elapsed())
}

#[tokio::test]
async fn a_connection_without_a_byte_is_closed_without_a_word() {
    let (_upstream, proxy) = short("first_byte_timeout").await;
    let mut caller = proxy.caller().await;
    let begun = Instant::now();
    assert_eq!(caller.end().await, Ended::Closed);
    assert!(is_about(begun), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let (_upstream, proxy) = short("keep_alive_timeout").await;
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200);
    }
    let begun = Instant::now();
    assert_eq!(caller.end().await, Ended::Closed);
    assert!(is_about(begun), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_head_that_drips_is_refused_at_its_deadline_and_not_a_byte_later() {
    let (upstream, proxy) = short("head_timeout").await;
    let mut caller = proxy.caller().await;
    let begun = Instant::now();
    let head = get(ECS, REGIONS);
    // A byte every 20 ms: were the clock started anew by each, this would go on for more than a second.
    let answer = async {
        for byte in head.as_bytes() {
            caller.send([*byte]).await;
            if !caller.is_silent_for(Duration::from_millis(20)).await {
                break;
            }
        }
        caller.answer().await
    }
    .await;
    assert_eq!(answer.verdict(), (408, "head_timeout".to_owned()));
    assert!(is_about(begun) && begun.elapsed() < Duration::from_millis(1000), "{:?}", begun.elapsed());
    assert_eq!((caller.end().await, upstream.log().connections), (Ended::Closed, 0));
}

#[tokio::test]
async fn a_body_that_stops_is_refused_and_the_cloud_never_sees_it_end() {
    let (upstream, proxy) = short("body_idle_timeout").await;
    let mut held = proxy.caller().await;
    held.send(request("POST", ECS, REGIONS, JSON) + "ab").await;
    assert_eq!(held.answer().await.verdict(), (408, "body_timeout".to_owned()));
    assert_eq!((held.end().await, upstream.log().connections), (Ended::Closed, 0));

    for framing in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        upstream.forget();
        let mut streamed = proxy.caller().await;
        let body = if framing.starts_with('C') { "ab" } else { "2\r\nab\r\n" };
        streamed.send(request("PUT", OSS, "/k", framing) + body).await;
        assert_eq!(streamed.answer().await.verdict(), (408, "body_timeout".to_owned()), "{framing}");
        assert_eq!(streamed.end().await, Ended::Closed);
        upstream.until("the end of the upload", |log| log.ended == 1).await;
        assert!(!upstream.last().is_whole, "{framing}");
    }
}

#[tokio::test]
async fn a_body_that_drips_is_waited_for() {
    // Each pause is far below the limit, and all of them together are above it.
    let (upstream, proxy) = limited("body_idle_timeout = \"500ms\"").await;
    for request_ in [request("POST", ECS, REGIONS, JSON), request("PUT", OSS, "/k", "Content-Length: 5\r\n")]
    {
        let mut caller = proxy.caller().await;
        caller.send(request_).await;
        for byte in *b"hello" {
            assert!(caller.is_silent_for(Duration::from_millis(120)).await);
            caller.send([byte]).await;
        }
        assert_eq!(caller.answer().await.status, 200);
        assert_eq!(upstream.last().body, b"hello");
    }
}

#[tokio::test]
async fn a_cloud_that_is_silent_is_not_waited_for_without_end() {
    let script = |seen: &crate::kit::Seen, _: usize| match seen.target().as_str() {
        "/stalls" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").then(Step::AwaitEnd),
        "/events" => {
            Reply::new("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nhalf").then(Step::AwaitEnd)
        }
        _ => Reply::steps([Step::AwaitEnd]),
    };
    let upstream = Upstream::start(script).await;
    let settings = "[upstream]\nhead_timeout = \"150ms\"\nidle_timeout = \"150ms\"";
    let proxy = Kit::new().settings(settings).before(&upstream).await;

    let answer = proxy.get(OSS, "/never").await;
    assert_eq!(answer.verdict(), (504, "upstream_head_timeout".to_owned()));
    let answer = proxy.get(OSS, "/stalls").await;
    assert_eq!((answer.status, answer.text(), answer.cut), (200, "half".to_owned(), Some(Ended::Reset)));
    upstream.until("the end of both requests", |log| log.ended == 2).await;
    assert_eq!(proxy.metric("countersign_refusals_total{code=\"upstream_idle_timeout\"}").await, 1.0);

    // Events may be hours apart.
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/events")).await;
    let head = crate::kit::soon("a head", caller.reader.until(b"\r\n\r\n4\r\nhalf\r\n")).await.unwrap();
    assert!(head.starts_with(b"HTTP/1.1 200"));
    assert!(caller.is_silent_for(Duration::from_millis(400)).await);
}

#[tokio::test]
async fn an_answers_head_that_drips_is_waited_for_until_its_deadline_and_no_longer() {
    let slow = Gate::new();
    let drip = |text: &str| {
        let steps = text.bytes().flat_map(|byte| [Step::Send(vec![byte]), Step::Wait(slow.clone())]);
        Reply::steps(steps.collect::<Vec<_>>())
    };
    let (head, interims) =
        (drip("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), drip(&"HTTP/1.1 103 E\r\n\r\n".repeat(9)));
    let script = move |seen: &crate::kit::Seen, _: usize| {
        if seen.target() == "/head" { head.clone() } else { interims.clone() }
    };
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().settings("[upstream]\nhead_timeout = \"300ms\"").before(&upstream).await;
    for target in ["/head", "/interims"] {
        let mut caller = proxy.caller().await;
        let begun = Instant::now();
        caller.send(get(OSS, target)).await;
        // A byte every 50 ms: were the clock started anew by each, this would go on for more than a second.
        while caller.is_silent_for(Duration::from_millis(50)).await {
            slow.open();
        }
        assert_eq!(caller.answer().await.verdict(), (504, "upstream_head_timeout".to_owned()), "{target}");
        assert!(begun.elapsed() < Duration::from_millis(900), "{target}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_caller_that_reads_nothing_keeps_no_connection_to_the_cloud() {
    let length = 64 * 1024 * 1024;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let upstream = Upstream::start(move |_, _| Reply::new(&head).then(Step::Flood(length))).await;
    let proxy = Kit::new().settings("[upstream]\nidle_timeout = \"200ms\"").before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/k")).await;
    upstream.until("the end of what nobody reads", |log| log.ended == 1).await;
    assert!(upstream.log().flooded < length, "{}", upstream.log().flooded);
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.cut), (200, Some(Ended::Reset)), "what it got must not look whole");
}

#[tokio::test]
async fn a_cloud_that_does_not_read_is_given_up_once_and_not_waited_for_again() {
    let upstream = Upstream::start(|_, _| Reply::to_head([Step::Wait(Gate::new())])).await;
    let settings =
        "[upstream]\nhead_timeout = \"5s\"\nidle_timeout = \"200ms\"\n[limits]\nheld_body = \"32MiB\"";
    let proxy = Kit::new().settings(settings).before(&upstream).await;
    let body = "x".repeat(16 * 1024 * 1024);
    let begun = Instant::now();
    let held = crate::kit::with_body("POST", ECS, REGIONS, "Content-Type: a/b\r\n", &body);
    let answer = proxy.call(held).await;
    assert_eq!(answer.verdict(), (504, "upstream_head_timeout".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_caller_that_goes_while_its_held_body_goes_out_takes_its_request_with_it() {
    let upstream = Upstream::start(|_, _| Reply::to_head([Step::Wait(Gate::new())])).await;
    let proxy = Kit::new().settings("[limits]\nheld_body = \"32MiB\"").access().before(&upstream).await;
    let mut caller = proxy.caller().await;
    let body = "x".repeat(16 * 1024 * 1024);
    caller
        .send(crate::kit::with_body("POST", ECS, "/?Action=DescribeRegions", "Content-Type: a/b\r\n", &body))
        .await;
    upstream.until("the head", |log| log.requests.len() == 1).await;
    drop(caller);
    let gone = "countersign_requests_total{product=\"ecs\",action=\"DescribeRegions\",region=\"cn-hangzhou\",status=\"0\",outcome=\"caller_gone\"}";
    crate::kit::soon("the end", async { while proxy.metric(gone).await < 1.0 {} }).await;
    assert_eq!(upstream.requests().len(), 1, "nobody waits for a second attempt");
}
