//! Limits that are set, and bounds that are not: each at its number, and one past it.

use std::time::Duration;

use super::limits::{head_of, headers, target_of};
use crate::kit::{
    Caller, ECS, Ended, Gate, Kit, OSS, Proxy, REGIONS, Reply, Seen, Step, Upstream, get, request, soon,
    with_body,
};

const JSON: &str = "Content-Type: application/json\r\n";

async fn limited(limits: &str) -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().settings(&format!("[limits]\n{limits}")).before(&upstream).await;
    (upstream, proxy)
}

#[tokio::test]
async fn what_is_set_holds_to_the_byte_at_either_end_of_what_may_be_set() {
    const KIB: usize = 1024;
    let large = "head = \"60KiB\"\nuri = \"60KiB\"\nheaders = 1000";
    // The settings, what is at the limit, what is one past it, and what that is told.
    let rows = [
        ("head = \"1KiB\"\nuri = \"256B\"", head_of(KIB), head_of(KIB + 1), (431, "head_too_large")),
        (large, head_of(60 * KIB), head_of(60 * KIB + 1), (431, "head_too_large")),
        ("headers = 1", headers(1), headers(2), (431, "head_too_large")),
        (large, headers(1000), headers(1001), (431, "head_too_large")),
        ("uri = \"256B\"", target_of(256), target_of(257), (414, "uri_too_long")),
        (
            "head = \"60KiB\"\nuri = \"40KiB\"",
            target_of(40 * KIB),
            target_of(40 * KIB + 1),
            (414, "uri_too_long"),
        ),
    ];
    for (limits, at, past, verdict) in rows {
        let (upstream, proxy) = limited(limits).await;
        for step in [usize::MAX, 1021] {
            let cuts = |request: &str| (1..request.len()).step_by(step).skip(1).collect::<Vec<_>>();
            let mut caller = proxy.caller().await;
            caller.send_cut(past.as_bytes(), &cuts(&past)).await;
            let answer = caller.answer().await;
            assert_eq!(answer.verdict(), (verdict.0, verdict.1.to_owned()), "{limits}: {answer:?}");
            assert_eq!((caller.end().await, upstream.requests().len()), (Ended::Closed, 0), "{limits}");
            let mut caller = proxy.caller().await;
            caller.send_cut(at.as_bytes(), &cuts(&at)).await;
            assert_eq!(caller.answer().await.status, 200, "{limits}");
            upstream.forget();
        }
    }
}

#[tokio::test]
async fn held_bodies_fill_their_memory_to_the_byte_and_give_it_back() {
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| Reply::ok().after(Step::Wait(waits.clone()))).await;
    let limits = "[limits]\nheld_body = \"4KiB\"\nheld_bodies = \"8KiB\"";
    let proxy = Kit::new().settings(limits).before(&upstream).await;
    let held = |length: usize| with_body("POST", ECS, REGIONS, JSON, &"x".repeat(length));
    for _ in 0..2 {
        upstream.forget();
        let mut full = Vec::new();
        for length in [4096, 4095, 1] {
            let mut caller = proxy.caller().await;
            caller.send(held(length)).await;
            full.push(caller);
        }
        upstream.until("8 KiB at the cloud", |log| log.requests.len() == 3).await;
        let answer = proxy.call(held(1)).await;
        assert_eq!(answer.verdict(), (503, "overloaded".to_owned()), "{answer:?}");
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
        // One without a body takes nothing, and neither does one that streams.
        for request in [get(ECS, REGIONS), with_body("PUT", OSS, "/k", "", &"x".repeat(9000))] {
            gate.open();
            let mut caller = proxy.caller().await;
            caller.send(request).await;
            full.push(caller);
        }
        for _ in 0..3 {
            gate.open();
        }
        for mut caller in full {
            assert_eq!(caller.answer().await.status, 200);
        }
    }
}

#[tokio::test]
async fn connections_are_counted_over_all_workers_and_listeners() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let kit = Kit::new().top("workers = 3").settings("[limits]\nconnections = 12");
    let proxy = kit.before(&upstream).await;
    let mut kept = Vec::new();
    for index in 0..12 {
        let address = if index % 2 == 0 { proxy.forward() } else { proxy.pinned() };
        let mut caller = Caller::connect(address).await;
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200, "{index}");
        kept.push(caller);
    }
    for address in [proxy.forward(), proxy.pinned()] {
        let mut late = Caller::connect(address).await;
        assert_eq!(late.answer().await.verdict(), (503, "overloaded".to_owned()));
        assert_eq!(late.end().await, Ended::Closed);
    }
    drop(kept.pop());
    soon("a place", async { while proxy.get(ECS, REGIONS).await.status != 200 {} }).await;
}

#[tokio::test]
async fn more_than_can_be_told_are_turned_away_without_a_word_and_all_are_counted() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().settings("[limits]\nconnections = 1").before(&upstream).await;
    let mut kept = proxy.caller().await;
    kept.send(get(ECS, REGIONS)).await;
    assert_eq!(kept.answer().await.status, 200);
    // All at once, so that none of those that are told is done before the last is here.
    let late: Vec<Caller> = (0..70).map(|_| Caller::connect_at_once(proxy.forward())).collect();
    let mut told = 0;
    for mut caller in late {
        match caller.try_answer(false).await {
            Some(answer) => {
                assert_eq!(answer.verdict(), (503, "overloaded".to_owned()));
                told += 1;
            }
            None => assert!(caller.reader.buffer.is_empty()),
        }
    }
    assert_eq!(told, 64);
    assert_eq!(proxy.metric("countersign_refusals_total{code=\"overloaded\"}").await, 70.0);
    kept.send(get(ECS, REGIONS)).await;
    assert_eq!(kept.answer().await.status, 200, "whoever is served is served on");
}

#[tokio::test]
async fn whoever_is_just_in_time_is_served() {
    let limits = "first_byte_timeout = \"1s\"\nhead_timeout = \"1s\"\nbody_idle_timeout = \"1s\"\nkeep_alive_timeout = \"1s\"";
    let (_upstream, proxy) = limited(limits).await;
    let mut caller = proxy.caller().await;
    let put = request("PUT", OSS, "/k", "Content-Length: 10\r\n");
    // A fifth of a limit before each step: all together are past every one of them.
    for _ in 0..2 {
        for piece in [&put[..1], &put[1..], "hello", "world"] {
            assert!(caller.is_silent_for(Duration::from_millis(300)).await, "before {piece:?}");
            caller.send(piece).await;
        }
        assert_eq!(caller.answer().await.status, 200);
    }
}

#[tokio::test]
async fn a_body_is_sent_again_up_to_64_kib_and_not_a_byte_more() {
    for (length, attempts, status) in [(64 * 1024, 2, 200), (64 * 1024 + 1, 1, 502)] {
        let upstream = Upstream::start(|_, index| match index {
            0 => Reply::steps([Step::Close]),
            _ => Reply::ok(),
        })
        .await;
        let proxy = Kit::new().before(&upstream).await;
        let call = with_body("POST", ECS, REGIONS, JSON, &"x".repeat(length));
        assert_eq!(
            (proxy.call(call).await.status, upstream.requests().len()),
            (status, attempts),
            "{length}"
        );
    }
}

#[tokio::test]
async fn an_answers_head_at_its_bounds_passes_and_one_past_them_does_not() {
    const LINES: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
    let script = |seen: &Seen, _: usize| {
        let target = seen.target();
        let (kind, number) = target[1..].split_once('-').unwrap();
        let number: usize = number.parse().unwrap();
        let more = match kind {
            "bytes" => format!("X: {}\r\n", "a".repeat(number - LINES.len() - "X: \r\n\r\n".len())),
            _ => "X: 1\r\n".repeat(number - 1),
        };
        Reply::new(format!("{LINES}{more}\r\nok"))
    };
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().before(&upstream).await;
    for (target, is_passed) in
        [("/bytes-65536", true), ("/bytes-65537", false), ("/headers-200", true), ("/headers-201", false)]
    {
        let expected = if is_passed { (200, "") } else { (502, "upstream_protocol") };
        let answer = proxy.get(OSS, target).await;
        assert_eq!(answer.verdict(), (expected.0, expected.1.to_owned()), "{target}");
        assert_eq!(answer.text() == "ok", is_passed, "{target}");
    }
}

#[tokio::test]
async fn a_chunks_size_has_16_digits_at_most_and_nothing_stands_around_it() {
    let (upstream, proxy) = limited("").await;
    let chunked = |host: &str, body: &str| {
        let (method, target) = if host == ECS { ("POST", REGIONS) } else { ("PUT", "/k") };
        let headers = if host == ECS { JSON } else { "" };
        request(method, host, target, &format!("{headers}Transfer-Encoding: chunked\r\n")) + body
    };
    for host in [ECS, OSS] {
        let answer = proxy.call(chunked(host, "0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n")).await;
        assert_eq!((answer.status, upstream.last().body.as_slice()), (200, &b"abc"[..]), "{host}");
        upstream.forget();
        for (body, code) in [
            ("00000000000000003\r\nabc\r\n0\r\n\r\n", "bad_chunk"),
            ("3\r\nabc\r\n00000000000000000\r\n\r\n", "bad_chunk"),
            ("3;\r\nabc\r\n0\r\n\r\n", "chunk_extension"),
            ("3\r\nabc\r\n0\r\na:\r\n\r\n", "trailers"),
        ] {
            let answer = proxy.call(chunked(host, body)).await;
            assert_eq!(answer.verdict(), (400, code.to_owned()), "{host}, {body:?}");
            assert_eq!(upstream.requests().len(), 0, "{host}, {body:?}");
        }
    }
}
