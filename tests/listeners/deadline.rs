//! The end of the end: what is not answered when the time to drain is over is cut, so that nobody takes it for whole, and
//! written down.

use std::time::Duration;

use tokio::time::Instant;

use crate::kit::{
    Caller, ECS, Ended, Kit, OSS, Proxy, Reply, Seen, Step, Upstream, get, request, soon, with_body,
};

const LIMIT: Duration = Duration::from_millis(600);
const FLOOD: usize = 64 * 1024 * 1024;

fn script(seen: &Seen, _: usize) -> Reply {
    match seen.target().as_str() {
        "/half" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").then(Step::AwaitEnd),
        "/flood" => {
            Reply::new(format!("HTTP/1.1 200 OK\r\nContent-Length: {FLOOD}\r\n\r\n")).then(Step::Flood(FLOOD))
        }
        _ => Reply::steps([Step::AwaitEnd]),
    }
}

/// One of each that will not end: what has begun, its action, the status that it has got.
async fn unending(proxy: &Proxy) -> Vec<(Caller, &'static str, u16)> {
    let json = "Content-Type: application/json\r\nContent-Length: 9\r\n";
    let requests = [
        (request("PUT", OSS, "/upload", "Content-Length: 9\r\n") + "half", "PutObject", 0),
        (request("POST", ECS, "/?Action=CreateInstance", json) + "half", "CreateInstance", 0),
        (with_body("POST", ECS, "/?Action=RunInstances", json.split_at(32).0, "{}"), "RunInstances", 0),
        (get(OSS, "/waits"), "GetObject", 0),
        (get(OSS, "/half"), "GetObject", 200),
        (get(OSS, "/flood"), "GetObject", 200),
    ];
    let mut callers = Vec::new();
    for (request, action, status) in requests {
        let mut caller = proxy.caller().await;
        caller.send(request).await;
        callers.push((caller, action, status));
    }
    callers
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_reset_and_written_down() {
    for workers in [1, 3] {
        let upstream = Upstream::start(script).await;
        let proxy = Kit::new().top(&format!("workers = {workers}")).access().before(&upstream).await;
        let callers = unending(&proxy).await;
        upstream.until("what is sent", |log| log.requests.len() == 5).await;
        let mut half = proxy.caller().await;
        half.send("GET / HT").await;
        // One that its own worker has seen all of, so that the others are seen too.
        tokio::time::sleep(Duration::from_millis(50)).await;

        let Proxy { sidecar, place, .. } = proxy;
        let begun = Instant::now();
        let draining = tokio::spawn(sidecar.drain(LIMIT));
        let answer = half.answer().await;
        assert_eq!(answer.verdict(), (503, "draining".to_owned()), "{answer:?}");
        assert!(answer.says_close() && answer.header("retry-after").is_some(), "{answer:?}");
        let waited = begun.elapsed();
        assert!(waited >= LIMIT * 3 / 4, "cut after {waited:?}");
        assert!(!soon("the drain", draining).await.unwrap(), "not everything was answered");
        assert!(begun.elapsed() < LIMIT + Duration::from_millis(500), "{:?}", begun.elapsed());

        let mut expected = vec![(String::new(), 503, "refused", "draining".to_owned())];
        for (mut caller, action, status) in callers {
            if action == "CreateInstance" {
                // What is held is not sent before it is whole, and its caller can be told.
                let answer = caller.answer().await;
                assert_eq!(answer.verdict(), (503, "draining".to_owned()), "{answer:?}");
                expected.push((action.to_owned(), 503, "refused", "draining".to_owned()));
                continue;
            }
            let end = soon("the end of each", async {
                loop {
                    match caller.reader.more().await {
                        Ok(_) => caller.reader.buffer.clear(),
                        Err(ended) => break ended,
                    }
                }
            });
            assert_eq!(end.await, Ended::Reset, "{action}");
            expected.push((action.to_owned(), status, "truncated", "draining".to_owned()));
        }
        let mut lines: Vec<_> = place.access_lines(expected.len()).await.iter().map(fields).collect();
        lines.sort();
        expected.sort();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(a, status, outcome, code)| (a, status, outcome.to_owned(), code))
            .collect();
        assert_eq!(lines, expected, "{workers} workers");
        upstream.until("the end of each", |log| log.over == 5).await;
    }
}

#[tokio::test]
async fn what_waits_for_a_credential_until_the_end_is_told_so() {
    let upstream = Upstream::start(|_, _| Reply::steps([Step::AwaitEnd])).await;
    let proxy = Kit::new().assuming().access().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(ECS, "/?Action=CreateInstance")).await;
    upstream.until("a fetch", |log| log.requests.len() == 1).await;
    let Proxy { sidecar, place, .. } = proxy;
    let draining = tokio::spawn(sidecar.drain(LIMIT));
    let answer = caller.answer().await;
    assert_eq!(answer.verdict(), (503, "draining".to_owned()), "{answer:?}");
    assert!(!soon("the drain", draining).await.unwrap());
    let lines = place.access_lines(1).await;
    assert_eq!((&lines[0]["status"], &lines[0]["attempts"]), (&503.into(), &0.into()));
}

/// Action, status, outcome and refusal of a line.
fn fields(line: &serde_json::Value) -> (String, u16, String, String) {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let status = line["status"].as_u64().unwrap();
    (text("action"), u16::try_from(status).unwrap(), text("outcome"), text("refusal"))
}
