//! Bodies on their way up: held ones go out whole, others as they come.

use crate::kit::{ECS, Gate, Judge, Kit, OSS, REGIONS, Reply, Step, Upstream, request, with_body};

const JSON: &str = "Content-Type: application/json\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

fn chunks(text: &str, size: usize) -> String {
    let chunk = |piece: &[u8]| format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece));
    text.as_bytes().chunks(size).map(chunk).collect::<String>() + "0\r\n\r\n"
}

#[tokio::test]
async fn a_body_arrives_as_it_was_sent_and_framed_as_it_must_be() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let judge = Judge::new().await;
    let long = "0123456789abcdef".repeat(20_000);
    let mut cases = 0;
    for body in ["", "x", "hello", &long] {
        for is_held in [true, false] {
            let (method, host, target, headers) =
                if is_held { ("POST", ECS, REGIONS, JSON) } else { ("PUT", OSS, "/k", "") };
            let length = with_body(method, host, target, headers, body);
            let head = request(method, host, target, &format!("{headers}{CHUNKED}"));
            for (framing, whole) in [
                ("length", length),
                ("one chunk", head.clone() + &chunks(body, usize::MAX)),
                ("many chunks", head + &chunks(body, 1000)),
            ] {
                let name = format!("held: {is_held}, {} bytes, {framing}", body.len());
                upstream.forget();
                let mut caller = proxy.caller().await;
                // So that head and body come apart, and the body too.
                caller.send_cut(whole.as_bytes(), &[whole.len() / 2, whole.len() - 1]).await;
                assert_eq!(caller.answer().await.status, 200, "{name}");
                let seen = upstream.last();
                assert!(seen.body == body.as_bytes(), "{name}: {} bytes", seen.body.len());
                let is_chunked = seen.header("transfer-encoding").is_some();
                let length = seen.header("content-length");
                assert_eq!(is_chunked, !is_held && framing != "length", "{name}");
                assert_eq!(length, (!is_chunked).then(|| body.len().to_string()), "{name}");
                assert!(judge.scheme(&seen).await.is_ok(), "{name}: {:?}", judge.scheme(&seen).await);
                cases += 1;
            }
        }
    }
    assert!(cases >= 24);
}

#[tokio::test]
async fn a_streamed_body_moves_on_before_its_end_and_a_held_one_does_not() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut streamed = proxy.caller().await;
    streamed.send(request("PUT", OSS, "/k", "Content-Length: 10\r\n") + "hello").await;
    upstream
        .until("the first half", |log| log.requests.first().is_some_and(|seen| seen.body == b"hello"))
        .await;
    streamed.send("world").await;
    assert_eq!(streamed.answer().await.status, 200);
    assert_eq!(upstream.last().body, b"helloworld");

    upstream.forget();
    let mut held = proxy.caller().await;
    held.send(request("POST", ECS, REGIONS, &format!("{JSON}Content-Length: 10\r\n")) + "hello").await;
    assert!(held.is_silent_for(std::time::Duration::from_millis(50)).await);
    assert_eq!(upstream.log().bytes, 0);
    held.send("world").await;
    assert_eq!(held.answer().await.status, 200);
}

#[tokio::test]
async fn an_answer_that_comes_before_the_end_of_an_upload_is_passed_on_and_ends_the_connection() {
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied";
    let upstream =
        Upstream::start(move |_, _| Reply::to_head([Step::Send(refused.into()), Step::AwaitEnd])).await;
    let proxy = Kit::new().before(&upstream).await;
    for (name, sent) in
        [("nothing", ""), ("a part", "hello"), ("more than buffers hold", &*"x".repeat(3_000_000))]
    {
        let mut caller = proxy.caller().await;
        caller.send(request("PUT", OSS, "/k", "Content-Length: 4000000\r\n") + sent).await;
        let answer = caller.answer().await;
        assert_eq!((answer.status, answer.text().as_str()), (403, "denied"), "{name}");
        assert!(answer.says_close(), "{name}: {answer:?}");
    }
    upstream.until("the end of each", |log| log.ended == 3).await;
}

#[tokio::test]
async fn an_early_answer_over_tls_is_passed_on_at_once() {
    // TLS takes more than a socket does, and so hides that nobody reads.
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied";
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| {
        Reply::to_head([Step::Wait(waits.clone()), Step::Send(refused.into()), Step::Wait(Gate::new())])
    })
    .await;
    let proxy = Kit::new().before_tls(&upstream, true).await;
    let mut caller = proxy.caller().await;
    caller.send(request("PUT", OSS, "/k", "Content-Length: 64000000\r\n")).await;
    let piece = "x".repeat(64 * 1024);
    // Until nothing more is taken: every buffer on the way is full.
    let full = std::time::Duration::from_millis(300);
    while tokio::time::timeout(full, caller.send(&piece)).await.is_ok() {}
    gate.open();
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (403, "denied"));
}

#[tokio::test]
async fn interim_answers_in_the_middle_of_an_upload_do_not_end_it() {
    let go = "HTTP/1.1 100 Continue\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let working = "HTTP/1.1 102 Processing\r\n\r\n";
    for (name, pieces) in [
        ("in two pieces", vec![&go[..9], &go[9..]]),
        ("another one first", vec![hints, go]),
        ("all in one", vec![working, go, hints]),
        ("asked for by nobody", vec![go, go]),
    ] {
        let (early, gate) = (Gate::new(), Gate::new());
        let mut reply = Reply::ok();
        for piece in &pieces {
            reply = reply.after(Step::Send(piece.as_bytes().to_vec())).after(Step::Wait(early.clone()));
        }
        reply = reply.after(Step::Wait(gate.clone()));
        let upstream = Upstream::start(move |_, _| reply.clone()).await;
        let proxy = Kit::new().before(&upstream).await;
        let mut caller = proxy.caller().await;
        caller.send(request("PUT", OSS, "/k", "Content-Length: 10\r\n") + "hello").await;
        for _ in &pieces {
            assert!(caller.is_silent_for(std::time::Duration::from_millis(30)).await, "{name}");
            early.open();
        }
        gate.open();
        caller.send("world").await;
        let answer = caller.answer().await;
        assert_eq!((answer.status, answer.interims.as_slice()), (200, &[][..]), "{name}: {answer:?}");
        assert_eq!(upstream.last().body, b"helloworld", "{name}");
    }
}

#[tokio::test]
async fn an_early_answer_on_a_connection_that_is_closed_at_once_is_passed_on() {
    let refused = "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad";
    let upstream =
        Upstream::start(move |_, _| Reply::to_head([Step::Send(refused.into()), Step::Close])).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("PUT", OSS, "/k", "Content-Length: 10\r\n") + "hello").await;
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.text().as_str(), answer.says_close()), (400, "bad", true));
}

#[tokio::test]
async fn a_fault_that_a_streamed_body_shows_late_aborts_the_request() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    for (fault, code) in [
        ("3;a=b\r\nabc\r\n0\r\n\r\n", "chunk_extension"),
        ("3\nabc\n0\n\n", "bad_chunk"),
        ("0\r\nx-acs-security-token: evil\r\n\r\n", "trailers"),
        ("zz\r\n", "bad_chunk"),
    ] {
        upstream.forget();
        let mut caller = proxy.caller().await;
        caller.send(request("PUT", OSS, "/k", CHUNKED) + "5\r\nhello\r\n").await;
        upstream
            .until("the good part", |log| log.requests.first().is_some_and(|seen| seen.body == b"hello"))
            .await;
        caller.send(fault).await;
        let answer = caller.answer().await;
        assert_eq!((answer.verdict(), answer.says_close()), ((400, code.to_owned()), true), "{fault:?}");
        caller.end().await;
        upstream.until("the abort", |log| log.ended == 1).await;
        assert!(!upstream.last().is_whole, "{fault:?}");
    }
}
