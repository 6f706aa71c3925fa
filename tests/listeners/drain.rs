//! The end: what has begun is finished, what idles is closed, and nothing new is taken.

use std::time::Duration;

use tokio::net::TcpStream;

use crate::kit::{Caller, ECS, Ended, Gate, Kit, OSS, REGIONS, Reply, Step, Upstream, get, request, soon};

#[tokio::test]
async fn what_has_begun_is_answered_and_what_idles_is_closed() {
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |seen, _| {
        if seen.target() == "/slow" { Reply::ok().after(Step::Wait(waits.clone())) } else { Reply::ok() }
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let (address, admin) = (proxy.forward(), proxy.sidecar.admin);
    let mut idle = proxy.caller().await;
    idle.send(get(ECS, REGIONS)).await;
    assert_eq!(idle.answer().await.status, 200);
    let mut new = proxy.caller().await;
    let mut busy = proxy.caller().await;
    busy.send(get(OSS, "/slow")).await;
    let mut uploading = proxy.caller().await;
    uploading.send(request("PUT", OSS, "/slow", "Content-Length: 10\r\n") + "hello").await;
    upstream.until("both requests", |log| log.requests.len() == 3).await;

    let draining = tokio::spawn(proxy.sidecar.drain(Duration::from_secs(8)));
    assert_eq!(idle.end().await, Ended::Closed);
    assert_eq!(new.end().await, Ended::Closed);
    assert!(TcpStream::connect(address).await.is_err(), "nobody is taken any more");
    let mut probe = Caller::connect(admin).await;
    probe.send(get(&admin.to_string(), "/readyz")).await;
    let answer = probe.answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (503, "draining\n"));
    assert!(busy.is_silent_for(Duration::from_millis(30)).await && !draining.is_finished());

    gate.open();
    gate.open();
    uploading.send("world").await;
    for caller in [&mut busy, &mut uploading] {
        let answer = caller.answer().await;
        assert_eq!(
            (answer.status, answer.text().as_str(), answer.says_close()),
            (200, "ok", true),
            "{answer:?}"
        );
        assert_eq!(caller.end().await, Ended::Closed);
    }
    assert!(soon("the drain", draining).await.unwrap());
    assert!(TcpStream::connect(admin).await.is_err());
}

#[tokio::test]
async fn a_head_that_is_half_here_is_waited_for() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut half = proxy.caller().await;
    let head = get(ECS, REGIONS);
    half.send(&head[..20]).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let draining = tokio::spawn(proxy.sidecar.drain(Duration::from_secs(8)));
    assert!(half.is_silent_for(Duration::from_millis(30)).await);
    half.send(&head[20..]).await;
    let answer = half.answer().await;
    assert_eq!((answer.status, answer.says_close()), (200, true));
    assert_eq!(half.end().await, Ended::Closed);
    assert!(soon("the drain", draining).await.unwrap());
}

#[tokio::test]
async fn pipelined_requests_that_are_here_are_finished_one_by_one_until_the_one_that_closes() {
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| Reply::ok().after(Step::Wait(waits.clone()))).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/1") + &get(OSS, "/2")).await;
    upstream.until("the first", |log| log.requests.len() == 1).await;
    let draining = tokio::spawn(proxy.sidecar.drain(Duration::from_secs(8)));
    tokio::time::sleep(Duration::from_millis(20)).await;
    gate.open();
    let answer = caller.answer().await;
    assert!(answer.says_close(), "so that the second is known to be unanswered: {answer:?}");
    assert_eq!(caller.end().await, Ended::Closed);
    assert!(soon("the drain", draining).await.unwrap());
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn what_was_sent_before_the_end_is_answered_though_nobody_has_looked_at_it_yet() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut kept = proxy.caller().await;
    kept.send(get(ECS, REGIONS)).await;
    assert_eq!(kept.answer().await.status, 200);
    // From here on nobody else runs until the drain begins: the system has these requests, and the proxy has not.
    kept.send_at_once(get(OSS, "/kept").as_bytes());
    let mut new: Vec<Caller> = (0..5).map(|_| Caller::connect_at_once(proxy.forward())).collect();
    for (index, caller) in new.iter_mut().enumerate() {
        caller.send_at_once(get(OSS, &format!("/new-{index}")).as_bytes());
    }
    let silent = Caller::connect_at_once(proxy.forward());
    let draining = tokio::spawn(proxy.sidecar.drain(Duration::from_secs(8)));
    new.push(kept);
    for caller in &mut new {
        let answer = caller.answer().await;
        assert_eq!((answer.status, answer.says_close()), (200, true), "{answer:?}");
        assert_eq!(caller.end().await, Ended::Closed);
    }
    let mut silent = silent;
    assert_eq!(silent.end().await, Ended::Closed);
    assert!(soon("the drain", draining).await.unwrap());
}
