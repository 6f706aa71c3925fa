//! Requests that come before the answer to the one before them.

use crate::kit::{ECS, Ended, Kit, OSS, REGIONS, Reply, Step, Upstream, get, request, with_body};

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_with_bodies_between_them() {
    let upstream = Upstream::start(|seen, _| Reply::body(&seen.target())).await;
    let proxy = Kit::new().before(&upstream).await;
    let put = |index: usize| with_body("PUT", OSS, &format!("/{index}"), "", "GET / HTTP/1.1\r\n\r\n");
    let chunked = |index: usize| {
        request("PUT", OSS, &format!("/{index}"), "Transfer-Encoding: chunked\r\n")
            + "5\r\nhello\r\n0\r\n\r\n"
    };
    let held =
        |index: usize| with_body("POST", ECS, &format!("{REGIONS}&N={index}"), "Content-Type: a/b\r\n", "hi");
    let bare = |index: usize| get(OSS, &format!("/{index}"));
    let kinds: [&dyn Fn(usize) -> String; 4] = [&bare, &put, &chunked, &held];
    let mut cases = 0;
    for first in kinds {
        for second in kinds {
            for cut in [false, true] {
                let all: Vec<String> = [first, second, first, &bare, second]
                    .iter()
                    .enumerate()
                    .map(|(index, kind)| kind(index))
                    .collect();
                let bytes = all.concat();
                let cuts: Vec<usize> = if cut { (1..bytes.len()).step_by(7).collect() } else { Vec::new() };
                let mut caller = proxy.caller().await;
                caller.send_cut(bytes.as_bytes(), &cuts).await;
                for (index, request) in all.iter().enumerate() {
                    let answer = caller.answer().await;
                    assert_eq!(answer.text(), request.split(' ').nth(1).unwrap(), "{index} of {bytes}");
                    assert!(!answer.says_close());
                }
                assert!(caller.reader.buffer.is_empty());
                cases += 1;
            }
        }
    }
    assert!(cases >= 32);
}

#[tokio::test]
async fn two_of_each_kind_over_one_connection_use_one_connection_to_the_cloud() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(get(ECS, REGIONS) + &get(ECS, REGIONS)).await;
        assert_eq!([caller.answer().await.status, caller.answer().await.status], [200, 200]);
    }
    assert_eq!((upstream.requests().len(), upstream.log().connections), (4, 1));
}

#[tokio::test]
async fn what_comes_behind_a_request_that_closes_is_never_answered() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("GET", ECS, REGIONS, "Connection: close\r\n") + &get(ECS, REGIONS)).await;
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.says_close(), caller.end().await), (200, true, Ended::Closed));
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_decision_in_the_middle_keeps_the_rest() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let denied = with_body("PUT", "evil.oss-cn-hangzhou.aliyuncs.com", "/k", "", "hello");
    let mut caller = proxy.caller().await;
    caller.send(get(ECS, REGIONS) + &denied + &get(ECS, REGIONS)).await;
    let mut verdicts = Vec::new();
    for _ in 0..3 {
        verdicts.push(caller.answer().await.verdict());
    }
    let ok = (200, String::new());
    assert_eq!(verdicts, [ok.clone(), (403, "host_not_allowed".to_owned()), ok]);
}

#[tokio::test]
async fn a_refusal_behind_a_body_that_came_later_takes_nothing_of_the_next_request() {
    let upstream = Upstream::start(|seen, _| match seen.method().as_str() {
        "PUT" => Reply::steps([Step::Close]),
        _ => Reply::body(&seen.target()),
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let denied = format!("Action=CreateAccessKey&Padding={}", "x".repeat(1000));
    // What lies in this body must never be read as a request.
    let hidden = format!("{}{}", "y".repeat(900), request("DELETE", OSS, "/hidden", ""));
    for (first, body, verdict) in [
        (
            request("POST", "sts.aliyuncs.com", "/", &format!("{form}Content-Length: {}\r\n", denied.len())),
            denied.as_str(),
            (403, "operation_denied"),
        ),
        (
            request("PUT", OSS, "/k", "Content-Length: 2000\r\n"),
            &*"x".repeat(2000),
            (502, "upstream_reset_ambiguous"),
        ),
    ] {
        upstream.forget();
        let mut caller = proxy.caller().await;
        let (now, later) = body.split_at(100);
        caller.send(first + now).await;
        // The rest arrives when the head was read; with the next request behind it.
        assert!(caller.is_silent_for(std::time::Duration::from_millis(50)).await);
        caller.send(later.to_owned() + &with_body("POST", OSS, "/next", "", &hidden)).await;
        assert_eq!(caller.answer().await.verdict(), (verdict.0, verdict.1.to_owned()));
        let next = caller.answer().await;
        assert_eq!((next.status, next.text().as_str()), (200, "/next"), "{next:?}");
        assert!(caller.reader.buffer.is_empty());
        assert!(!upstream.requests().iter().any(|seen| seen.method() == "DELETE"));
        assert_eq!(upstream.last().body, hidden.as_bytes());
    }
}

#[tokio::test]
async fn a_head_that_cannot_be_parsed_is_refused_without_regard_to_the_one_before_it() {
    let upstream = Upstream::start(|_, _| Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("HEAD", OSS, "/k", "")).await;
    assert_eq!(caller.try_answer(true).await.unwrap().status, 200);
    caller.send("GET / HTTP/1.1\r\nBad Header: x\r\n\r\n").await;
    let answer = caller.answer().await;
    assert_eq!((answer.verdict(), answer.cut), ((400, "bad_header".to_owned()), None), "{answer:?}");
    assert!(!answer.body.is_empty());
}
