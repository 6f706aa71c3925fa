//! Each limit at its number, and one past it.

use super::{all_are_refused, row, silent};
use crate::kit::{Caller, ECS, Ended, Kit, OSS, REGIONS, Reply, Upstream, get, request, with_body};

/// A request whose head has this length.
pub(super) fn head_of(length: usize) -> String {
    let short = request("GET", ECS, REGIONS, "X-Pad: \r\n");
    request("GET", ECS, REGIONS, &format!("X-Pad: {}\r\n", "a".repeat(length - short.len())))
}

/// A request with this many headers, `Host` among them.
pub(super) fn headers(count: usize) -> String {
    request("GET", ECS, REGIONS, &(1..count).map(|index| format!("X-{index}: 1\r\n")).collect::<String>())
}

/// A request whose target has this length.
pub(super) fn target_of(length: usize) -> String {
    get(ECS, &format!("{REGIONS}&X={}", "a".repeat(length - REGIONS.len() - 3)))
}

#[tokio::test]
async fn a_head_at_its_limits_passes_and_one_past_them_is_refused() {
    let (upstream, proxy) = silent().await;
    let rows = vec![
        row("a head of 32 KiB and 1", head_of(32 * 1024 + 1), 431, "head_too_large"),
        row("a head of 50 KiB", head_of(50 * 1024), 431, "head_too_large"),
        row("a head of 200 KiB", head_of(200 * 1024), 431, "head_too_large"),
        row("101 headers", headers(101), 431, "head_too_large"),
        row("1200 headers", headers(1200), 431, "head_too_large"),
        row("a target of 8 KiB and 1", target_of(8 * 1024 + 1), 414, "uri_too_long"),
        row("a target of 40 KiB", target_of(40 * 1024), 414, "uri_too_long"),
    ];
    all_are_refused(&proxy, &upstream, rows).await;
    for request in [head_of(32 * 1024), headers(100), target_of(8 * 1024)] {
        let answer = proxy.call(&request).await;
        assert_eq!(answer.status, 200, "{} bytes: {answer:?}", request.len());
    }
}

#[tokio::test]
async fn a_held_body_at_its_limit_passes_and_one_past_it_is_refused() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let limits = "[limits]\nheld_body = \"4KiB\"\nheld_bodies = \"6KiB\"";
    let proxy = Kit::new().settings(limits).before(&upstream).await;
    let json = "Content-Type: application/json\r\n";
    let held = |length: usize| with_body("POST", ECS, REGIONS, json, &"x".repeat(length));
    assert_eq!(proxy.call(held(4096)).await.status, 200);
    upstream.forget();
    let chunks = format!("{:x}\r\n{}\r\n0\r\n\r\n", 4097, "x".repeat(4097));
    let chunked = request("POST", ECS, REGIONS, &format!("{json}Transfer-Encoding: chunked\r\n")) + &chunks;
    for (name, request) in [("length", held(4097)), ("chunked", chunked)] {
        let mut caller = proxy.caller().await;
        caller.send(request).await;
        assert_eq!(caller.answer().await.verdict(), (413, "body_too_large".to_owned()), "{name}");
        assert_eq!(caller.end().await, Ended::Closed, "{name}");
    }
    // Two of 4 KiB are more than all together may have; the memory is free again once the first has gone.
    let mut first = proxy.caller().await;
    first.send(&held(4096)[..held(4096).len() - 1]).await;
    let mut second = proxy.caller().await;
    while {
        second.send(held(4096)).await;
        second.answer().await.status == 200
    } {}
    assert_eq!(proxy.call(held(4096)).await.verdict(), (503, "overloaded".to_owned()));
    drop(first);
    crate::kit::soon("memory", async { while proxy.call(held(4096)).await.status != 200 {} }).await;
    // What streams has no limit.
    assert_eq!(proxy.put(OSS, "/k", &"x".repeat(100_000)).await.status, 200);
}

#[tokio::test]
async fn a_connection_past_the_limit_is_told_to_come_back() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().settings("[limits]\nconnections = 3").before(&upstream).await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut caller = proxy.caller().await;
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200);
        kept.push(caller);
    }
    for address in [proxy.forward(), proxy.pinned()] {
        let mut late = Caller::connect(address).await;
        let answer = late.answer().await;
        assert_eq!(
            (answer.verdict(), answer.header("retry-after").is_some()),
            ((503, "overloaded".to_owned()), true)
        );
        assert_eq!(late.end().await, Ended::Closed);
        // One that has said already what it wants can read why it does not get it.
        let mut late = Caller::connect(address).await;
        late.send(get(ECS, REGIONS)).await;
        let answer = late.answer().await;
        assert_eq!(answer.verdict(), (503, "overloaded".to_owned()), "{answer:?}");
        assert!(answer.text().contains("\"Countersign.Overloaded\""), "{answer:?}");
        assert_eq!(late.end().await, Ended::Closed);
    }
    assert_eq!(proxy.metric("countersign_refusals_total{code=\"overloaded\"}").await, 4.0);
    kept.pop();
    let served = async { while proxy.get(ECS, REGIONS).await.status != 200 {} };
    crate::kit::soon("a place", served).await;
}

#[tokio::test]
async fn who_announces_much_and_sends_nothing_takes_nothing_from_others() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let mut silent = Vec::new();
    for _ in 0..9 {
        let mut caller = proxy.caller().await;
        caller.send(request("POST", ECS, "/", &format!("{form}Content-Length: 8388608\r\n")) + "A").await;
        silent.push(caller);
    }
    assert!(silent[8].is_silent_for(std::time::Duration::from_millis(50)).await);
    let answer = proxy.call(with_body("POST", ECS, "/", form, "Action=DescribeRegions")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_held_bodys_limit_is_of_its_data_however_it_is_cut() {
    let upstream = Upstream::start(|seen, _| Reply::body(&seen.target())).await;
    let proxy = Kit::new().settings("[limits]\nheld_body = \"2KiB\"").before(&upstream).await;
    let json = "Content-Type: application/json\r\n";
    let body = "x".repeat(2048);
    let counted = with_body("POST", ECS, REGIONS, json, &body) + &get(OSS, "/next");
    let chunks = "1\r\nx\r\n".repeat(2048) + "0\r\n\r\n";
    let chunked = request("POST", ECS, REGIONS, &format!("{json}Transfer-Encoding: chunked\r\n"))
        + &chunks
        + &get(OSS, "/next");
    for (name, bytes) in [("counted", counted), ("chunked", chunked)] {
        let head = bytes.find("\r\n\r\n").unwrap() + 4;
        for cuts in [vec![], vec![head], vec![head + 7, head + 900]] {
            let mut caller = proxy.caller().await;
            caller.send_cut(bytes.as_bytes(), &cuts).await;
            let statuses = [caller.answer().await.status, caller.answer().await.status];
            assert_eq!(statuses, [200, 200], "{name} {cuts:?}");
        }
    }
    let over = with_body("POST", ECS, REGIONS, json, &(body + "x"));
    assert_eq!(proxy.call(over).await.verdict(), (413, "body_too_large".to_owned()));
    let over = request("POST", ECS, REGIONS, &format!("{json}Transfer-Encoding: chunked\r\n"))
        + &"1\r\nx\r\n".repeat(2049)
        + "0\r\n\r\n";
    assert_eq!(proxy.call(over).await.verdict(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_form_of_more_fields_than_anyone_sends_is_refused_before_it_is_sorted() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = |fields: usize| "Action=DescribeRegions".to_owned() + &"&a=1".repeat(fields - 1);
    let answer = proxy.call(with_body("POST", ECS, "/", form, &body(10_001))).await;
    assert_eq!(answer.verdict(), (413, "body_too_large".to_owned()), "{answer:?}");
    assert_eq!(upstream.log().connections, 0);
    let answer = proxy.call(with_body("POST", ECS, "/", form, &body(10_000))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
