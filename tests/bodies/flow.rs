//! Large bodies: whoever is slow slows down the other side, and nothing in between grows.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use crate::kit::{Kit, OSS, Reply, Step, Upstream, get, request};

const MIB: usize = 1024 * 1024;
const LARGE: usize = 64 * MIB;
/// What the sockets of two loopback connections hold at most under Linux's own limits: 4 MiB to send and 6 MiB to
/// receive each. What the proxy holds beside that is two buffers of 56 KiB.
const SOCKETS: usize = 20 * MIB;

#[tokio::test]
async fn a_large_answer_passes_whole_and_waits_for_a_slow_reader() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
    let upstream = Upstream::start(move |_, _| Reply::new(&head).then(Step::Flood(LARGE))).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/large")).await;
    // Until nothing moves any more.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = upstream.log().flooded;
        if now > 0 && now == before {
            break;
        }
        before = now;
    }
    assert!(before < SOCKETS, "{before} bytes were taken from the cloud, and nobody has read one");
    crate::kit::soon("a head", caller.reader.until(b"\r\n\r\n")).await.unwrap();
    let mut count = 0;
    let framing = crate::kit::reader::Framing::Length(LARGE);
    crate::kit::soon("64 MiB", caller.reader.body(framing, &mut |piece| count += piece.len())).await.unwrap();
    assert_eq!(count, LARGE);
    caller.send(get(OSS, "/large")).await;
    crate::kit::soon("another head", caller.reader.until(b"\r\n\r\n")).await.unwrap();
}

#[tokio::test]
async fn a_large_upload_passes_whole_and_waits_for_a_slow_cloud() {
    let gate = crate::kit::Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| Reply::ok().after(Step::Wait(waits.clone()))).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("PUT", OSS, "/large", &format!("Content-Length: {LARGE}\r\n"))).await;
    let sent = Cell::new(0);
    let mut sending = pin!(async {
        let piece = vec![b'x'; 64 * 1024];
        while sent.get() < LARGE {
            caller.send(&piece).await;
            sent.set(sent.get() + piece.len());
        }
        caller
    });
    let mut before = usize::MAX;
    while before != sent.get() {
        before = sent.get();
        assert!(tokio::time::timeout(Duration::from_millis(100), &mut sending).await.is_err());
    }
    assert!(before < SOCKETS, "{before} bytes were taken, and the cloud has read none");
    gate.open();
    let mut caller = crate::kit::soon("64 MiB", sending).await;
    assert_eq!(caller.answer().await.status, 200);
    assert_eq!((upstream.last().body_bytes, upstream.last().is_whole), (LARGE, true));
}
