//! How it ends: within the time to drain, and at once on a second signal.

use std::time::Duration;

use rustix::process::Signal;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::kit::program::Program;
use crate::kit::{Caller, Ended, OSS, Reply, Step, Upstream, get, request, soon};

/// So many workers that one connection is hardly ever the first one's.
const WORKERS: usize = 32;

/// Workers that are idle, and one with an upload that has stopped half-way.
async fn busy(drain_timeout: &str, uploads: usize) -> (Program, Vec<Caller>) {
    let upstream = Upstream::start(|_, _| Reply::steps([Step::AwaitEnd])).await;
    let top = format!("workers = {WORKERS}\ndrain_timeout = \"{drain_timeout}\"");
    let program = Program::start(&top, "", &upstream).await;
    let mut callers = Vec::new();
    for _ in 0..uploads {
        let mut caller = Caller::connect(program.forward).await;
        caller.send(request("PUT", OSS, "/half", "Content-Length: 10\r\n") + "hello").await;
        callers.push(caller);
    }
    upstream.until("every upload", |log| log.requests.len() == uploads).await;
    (program, callers)
}

/// Waits until nothing new is taken.
async fn closed(program: &Program) {
    while TcpStream::connect(program.forward).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn whatever_its_workers_are_doing_it_ends_when_the_time_to_drain_is_over() {
    for uploads in [1, 2 * WORKERS] {
        let (mut program, callers) = busy("1s", uploads).await;
        let begun = Instant::now();
        program.signal();
        let status = program.end().await;
        let took = begun.elapsed();
        assert_eq!(status.code(), Some(0));
        assert!((Duration::from_millis(700)..Duration::from_millis(1_500)).contains(&took), "{took:?}");
        drop(callers);
    }
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let (mut program, callers) = busy("1h", 1).await;
    let begun = Instant::now();
    program.signal();
    // Two signals at the same time are one: the first must have been acted on.
    soon("the listeners' end", closed(&program)).await;
    // Those that come with the first are a part of it; this goes on until one is not.
    let status = soon("the end of the process", async {
        loop {
            program.signal();
            if let Some(status) = program.ended_within(Duration::from_millis(20)).await {
                return status;
            }
        }
    })
    .await;
    assert_eq!(status.code(), Some(1));
    assert!(begun.elapsed() >= Duration::from_millis(200), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(callers);
}

#[tokio::test]
async fn a_hang_up_drains_as_the_other_signals_do_and_what_comes_with_it_is_no_second_one() {
    let (mut program, callers) = busy("1s", 1).await;
    let begun = Instant::now();
    for signal in [Signal::HUP, Signal::TERM, Signal::HUP, Signal::TERM] {
        program.send(signal);
    }
    let status = program.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed() >= Duration::from_millis(700), "{:?}", begun.elapsed());
    drop(callers);
}

#[tokio::test]
async fn an_answer_that_the_deadline_cuts_does_not_look_whole() {
    // Toward HTTP/1.0 the end of the connection is the end of the answer, and nothing else says so.
    let half = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let upstream = Upstream::start(move |_, _| Reply::new(half).then(Step::AwaitEnd)).await;
    let mut program = Program::start("drain_timeout = \"100ms\"", "", &upstream).await;
    let mut caller = Caller::connect(program.forward).await;
    caller.send(get(OSS, "/k").replacen("HTTP/1.1", "HTTP/1.0", 1)).await;
    soon("the half", caller.reader.until(b"\r\n\r\nhalf")).await.unwrap();
    program.signal();
    assert_eq!(caller.end().await, Ended::Reset);
    assert_eq!(program.end().await.code(), Some(0));
}

#[expect(clippy::too_many_lines, reason = "one drain, and everything that it has to wait for")]
#[tokio::test]
async fn everything_that_has_begun_before_a_signal_is_answered_and_nothing_new_is_taken() {
    const EACH: usize = 10;
    const LARGE: usize = 8 * 1024 * 1024;
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
    let upstream = Upstream::start(move |seen, _| match seen.target().as_str() {
        "/large" => Reply::new(&large).then(Step::Flood(LARGE)),
        _ => Reply::body(&seen.method()),
    })
    .await;
    let mut program = Program::start("workers = 2\ndrain_timeout = \"20s\"", "", &upstream).await;
    let (mut idle, mut half, mut uploading, mut downloading) = (vec![], vec![], vec![], vec![]);
    let head = get(OSS, "/k");
    for index in 0..EACH {
        let mut caller = Caller::connect(program.forward).await;
        caller.send(get(OSS, "/idle")).await;
        assert_eq!(caller.answer().await.status, 200);
        idle.push(caller);
        let mut caller = Caller::connect(program.forward).await;
        // Cut everywhere: behind the first byte, and before the last.
        caller.send(&head[..1 + index * (head.len() - 2) / (EACH - 1)]).await;
        half.push(caller);
        let mut caller = Caller::connect(program.forward).await;
        caller.send(request("PUT", OSS, "/upload", "Content-Length: 10\r\n") + &"x".repeat(index)).await;
        uploading.push(caller);
        let mut caller = Caller::connect(program.forward).await;
        caller.send(get(OSS, "/large")).await;
        soon("an answer's head", caller.reader.until(b"\r\n\r\n")).await.unwrap();
        downloading.push(caller);
    }
    let uploads = |log: &crate::kit::upstream::Log| {
        log.requests.iter().filter(|seen| seen.target() == "/upload").count() == EACH
    };
    upstream.until("every upload", uploads).await;

    let begun = Instant::now();
    program.signal();
    for caller in &mut idle {
        assert_eq!(caller.end().await, Ended::Closed);
    }
    soon("the listeners' end", closed(&program)).await;
    for (index, caller) in half.iter_mut().enumerate() {
        caller.send(&head[1 + index * (head.len() - 2) / (EACH - 1)..]).await;
    }
    for (index, caller) in uploading.iter_mut().enumerate() {
        caller.send("x".repeat(10 - index)).await;
    }
    for (method, caller) in half
        .iter_mut()
        .map(|caller| ("GET", caller))
        .chain(uploading.iter_mut().map(|caller| ("PUT", caller)))
    {
        let answer = caller.answer().await;
        assert_eq!(
            (answer.status, answer.text().as_str(), answer.says_close()),
            (200, method, true),
            "{answer:?}"
        );
    }
    for caller in &mut downloading {
        let mut count = 0;
        let length = crate::kit::reader::Framing::Length(LARGE);
        soon("the rest", caller.reader.body(length, &mut |piece| count += piece.len())).await.unwrap();
        assert_eq!(count, LARGE);
    }
    let status = program.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(18), "{:?}", begun.elapsed());
}
