//! Connections that are kept: how many, and which give way.

use std::collections::BTreeSet;

use crate::kit::{Caller, ECS, Gate, Kit, OSS, Reply, Step, Upstream, get};

fn call() -> String {
    get(ECS, "/?Action=DescribeRegions")
}

/// One answer each, all of them asked for before the first is given.
async fn all_at_once(callers: &mut [Caller], gate: &Gate, upstream: &Upstream) {
    for caller in &mut *callers {
        caller.send(call()).await;
    }
    let asked = callers.len();
    upstream.until("every request to arrive", |log| log.requests.len() == asked).await;
    for _ in 0..asked {
        gate.open();
    }
    for caller in callers {
        assert_eq!(caller.answer().await.status, 200);
    }
}

#[tokio::test]
async fn as_many_connections_are_kept_as_callers_may_be_connected() {
    const CALLERS: usize = 60;
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Upstream::start(move |_, _| Reply::ok().after(Step::Wait(held.clone()))).await;
    let limit = format!("[limits]\nconnections = {CALLERS}\n");
    let proxy = Kit::new().settings(&limit).before(&upstream).await;
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        callers.push(proxy.caller().await);
    }
    all_at_once(&mut callers, &gate, &upstream).await;
    assert_eq!(upstream.log().connections, CALLERS);
    upstream.forget();
    all_at_once(&mut callers, &gate, &upstream).await;
    let log = upstream.log();
    let used: BTreeSet<_> = log.requests.iter().map(|seen| seen.connection).collect();
    assert_eq!((log.connections, used.len(), log.over), (0, CALLERS, 0), "opened, used, closed");
}

#[tokio::test]
async fn beyond_that_the_connection_that_idled_longest_gives_way() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Upstream::start(move |_, _| Reply::ok().after(Step::Wait(held.clone()))).await;
    let proxy = Kit::new().settings("[limits]\nconnections = 2\n").before(&upstream).await;
    let mut callers = [proxy.caller().await, proxy.caller().await];
    for (index, caller) in callers.iter_mut().enumerate() {
        caller.send(call()).await;
        upstream.until("the request to arrive", |log| log.requests.len() > index).await;
    }
    for caller in &mut callers {
        gate.open();
        assert_eq!(caller.answer().await.status, 200);
    }
    // Connection 0 was put back first, and so has idled longest. OSS needs a third, and that is not opened beside both.
    for target in ["/a", "/b"] {
        callers[0].send(get(OSS, target)).await;
        upstream.until("one connection to be closed", |log| log.over == 1).await;
        gate.open();
        assert_eq!(callers[0].answer().await.status, 200);
    }
    gate.open();
    callers[0].send(call()).await;
    assert_eq!(callers[0].answer().await.status, 200);
    let connections: Vec<_> = upstream.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections[2..], [2, 2, 1], "OSS twice, then ECS on what was left");
    assert_eq!(proxy.metric("countersign_upstream_connections_open").await, 2.0);
}
