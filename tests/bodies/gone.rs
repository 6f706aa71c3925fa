//! Callers that vanish at every point of a request: it is cancelled and not sent again, and nothing of it stays.

use std::sync::Arc;

use crate::kit::door::{Door, Doors};
use crate::kit::tls::Identity;
use crate::kit::{
    Caller, ECS, Gate, Kit, OSS, Proxy, Reply, Seen, Step, Sts, Upstream, get, request, soon, with_body,
};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "Content-Type: application/json\r\n";
/// What nobody reads to its end, and no two sockets hold.
const FLOOD: usize = 64 * 1024 * 1024;

/// How a caller goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In the orderly way.
    Closes,
    Resets,
    /// It closes its sending half only, which is taken for the end.
    HalfCloses,
}

/// How far a request has come before its caller goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    /// Nothing of it is at the cloud.
    Nothing,
    /// It is at the cloud, with so many bytes of its body.
    Cloud(usize),
    /// The caller has read this much of the answer.
    Answer(&'static str),
}

/// What is sent before the caller goes, how far that comes, and the attempts that are written down. None: there is no line,
/// since there was no request.
fn points() -> Vec<(&'static str, String, Reached, Option<u64>)> {
    let put = |target: &str, sent: &str| request("PUT", OSS, target, "Content-Length: 9\r\n") + sent;
    let chunked = request("PUT", OSS, "/waits", "Transfer-Encoding: chunked\r\n");
    let form = with_body("POST", ECS, "/", FORM, "Action=CreateInstance&Waits=1");
    let half_held =
        request("POST", ECS, "/?Action=CreateInstance", &format!("{JSON}Content-Length: 2048\r\n"));
    let more = get(OSS, "/waits").repeat(1_000);
    vec![
        ("before a byte", String::new(), Reached::Nothing, None),
        ("in the head", "GET / HTTP/1.1\r\nHost: e".to_owned(), Reached::Nothing, None),
        ("in a held body", half_held + &"x".repeat(2047), Reached::Nothing, Some(0)),
        ("after the head of an upload", put("/waits", ""), Reached::Cloud(0), Some(1)),
        ("in an upload", put("/waits", "half"), Reached::Cloud(4), Some(1)),
        ("in an upload in chunks", chunked.clone() + "4\r\nhalf\r\n", Reached::Cloud(4), Some(1)),
        ("behind a read", get(OSS, "/waits"), Reached::Cloud(0), Some(1)),
        ("behind a call", get(ECS, "/?Action=CreateInstance&Waits=1"), Reached::Cloud(0), Some(1)),
        ("behind a form", form, Reached::Cloud(29), Some(1)),
        ("behind an upload", put("/waits", "123456789"), Reached::Cloud(9), Some(1)),
        ("behind an upload in chunks", chunked + "4\r\nhalf\r\n0\r\n\r\n", Reached::Cloud(4), Some(1)),
        ("in an answer's body", get(OSS, "/half"), Reached::Answer("half"), Some(1)),
        ("in an answer that nobody reads", get(OSS, "/flood"), Reached::Answer("xx"), Some(1)),
        // Behind so many more requests the caller's end cannot be read.
        (
            "behind a call with many behind it",
            get(ECS, "/?Action=CreateInstance&Waits=1") + &more,
            Reached::Cloud(0),
            Some(1),
        ),
        ("in an answer with many behind it", get(OSS, "/half") + &more, Reached::Answer("half"), Some(1)),
        ("in an answer to an upload", put("/half", "123456789"), Reached::Answer("half"), Some(1)),
    ]
}

fn script(seen: &Seen, _: usize) -> Reply {
    match seen.target().as_str() {
        "/half" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").then(Step::AwaitEnd),
        "/flood" => Reply::new(format!("HTTP/1.1 200 OK\r\nContent-Length: {FLOOD}\r\n\r\n"))
            .then(Step::Flood(FLOOD))
            .then(Step::AwaitEnd),
        "/healthy" | "/?Action=DescribeRegions" => Reply::ok(),
        _ => Reply::steps([Step::AwaitEnd]),
    }
}

/// Sends, and waits until that has come as far as it can.
async fn arrive(proxy: &Proxy, upstream: &Upstream, sent: &str, reached: Reached) -> Caller {
    let mut caller = proxy.caller().await;
    caller.send(sent).await;
    match reached {
        Reached::Nothing => {}
        Reached::Cloud(bytes) => {
            let is_there = |seen: &Seen| seen.body_bytes == bytes;
            upstream.until("the request", |log| log.requests.first().is_some_and(is_there)).await;
        }
        Reached::Answer(part) => {
            soon("half an answer", caller.reader.until(part.as_bytes())).await.unwrap();
        }
    }
    caller
}

#[tokio::test]
async fn a_caller_that_goes_takes_its_request_with_it_and_leaves_nothing_behind() {
    for (name, sent, reached, attempts) in points() {
        for way in [Way::Closes, Way::Resets, Way::HalfCloses] {
            let name = format!("{name}, {way:?}");
            let upstream = Upstream::start(script).await;
            // Room for one connection and one held body: what is not given back is missed by the next.
            let limits = "[limits]\nconnections = 1\nheld_body = \"2KiB\"\nheld_bodies = \"2KiB\"";
            let proxy = Kit::new().settings(limits).access().before(&upstream).await;
            let mut caller = arrive(&proxy, &upstream, &sent, reached).await;
            let half_closed = match way {
                Way::Closes => {
                    drop(caller);
                    None
                }
                Way::Resets => {
                    caller.reset();
                    None
                }
                Way::HalfCloses => {
                    tokio::io::AsyncWriteExt::shutdown(&mut caller.reader.stream).await.unwrap();
                    Some(caller)
                }
            };
            let is_at_cloud = reached != Reached::Nothing;
            if is_at_cloud {
                upstream.until(&name, |log| log.ended == 1 && log.over == 1).await;
            }
            let held = with_body("POST", ECS, "/?Action=DescribeRegions", JSON, &"x".repeat(2048));
            soon(&name, async { while proxy.call(&held).await.status != 200 {} }).await;
            let requests = upstream.requests();
            assert_eq!(
                requests.len(),
                1 + usize::from(is_at_cloud),
                "{name}: sent once, and the healthy one"
            );
            // The healthy one's connection is kept, and no other.
            assert_eq!(proxy.metric("countersign_upstream_connections_open").await, 1.0, "{name}");
            drop(half_closed);
            let lines = proxy.access_lines(1 + usize::from(attempts.is_some())).await;
            check_line(&name, &lines, reached, attempts);
        }
    }
}

/// That there is one line of a caller that is gone, or none.
fn check_line(name: &str, lines: &[serde_json::Value], reached: Reached, attempts: Option<u64>) {
    let gone: Vec<_> = lines.iter().filter(|line| line["outcome"] == "caller_gone").collect();
    let Some(attempts) = attempts else {
        assert_eq!(gone, Vec::<&serde_json::Value>::new(), "{name}");
        return;
    };
    let status = if matches!(reached, Reached::Answer(_)) { 200 } else { 0 };
    assert_eq!(gone.len(), 1, "{name}: {lines:?}");
    assert_eq!((&gone[0]["status"], &gone[0]["attempts"]), (&status.into(), &attempts.into()), "{name}");
}

#[tokio::test]
async fn what_was_not_sent_when_its_caller_went_is_never_sent() {
    let (late, identity) = (Gate::new(), Identity::new());
    let door = Door::Late(late.clone());
    let doors = Doors::new(Some(identity.acceptor.clone()), move |_| door.clone());
    let upstream = Upstream::start_behind(doors, |_, _| Reply::ok()).await;
    let proxy = Kit::new().elsewhere(identity.dial(upstream.address)).start().await;
    let form = with_body("POST", ECS, "/", FORM, "Action=CreateInstance");
    for (gone, call) in [get(ECS, "/?Action=CreateInstance"), form].into_iter().enumerate() {
        let mut caller = proxy.caller().await;
        caller.send(call).await;
        upstream.until("a connection", |log| log.connections == gone + 1).await;
        drop(caller);
        late.open();
        upstream.until("its end", |log| log.over == gone + 1).await;
        assert_eq!(upstream.requests().len(), 0, "a request of a caller that was gone");
    }
}

#[tokio::test]
async fn whoever_goes_while_a_credential_is_fetched_has_sent_nothing() {
    let (sts, gate) = (Sts::default(), Gate::new());
    let (granting, waits) = (sts.clone(), gate.clone());
    let upstream = Upstream::start(move |seen, _| match Sts::is_asked(seen) {
        true => Reply::steps([Step::Wait(waits.clone())]).and(granting.grant()),
        false => Reply::ok(),
    })
    .await;
    let proxy = Arc::new(Kit::new().assuming().before(&upstream).await);
    let mut caller = proxy.caller().await;
    caller.send(get(ECS, "/?Action=CreateInstance")).await;
    let mut many = proxy.caller().await;
    many.send(get(ECS, "/?Action=CreateInstance") + &get(OSS, "/k").repeat(1_000)).await;
    let mut other = proxy.caller().await;
    other.send(get(ECS, "/?Action=DescribeRegions")).await;
    upstream.until("a fetch", |log| log.requests.len() == 1).await;
    drop((caller, many));
    gate.open();
    assert_eq!(other.answer().await.status, 200);
    let gone = "countersign_requests_total{product=\"ecs\",action=\"CreateInstance\",region=\"cn-hangzhou\",status=\"0\",outcome=\"caller_gone\"}";
    soon("the end of the request", async { while proxy.metric(gone).await < 2.0 {} }).await;
    let asked: Vec<String> = upstream.requests().iter().skip(1).map(Seen::target).collect();
    assert_eq!(asked, ["/?Action=DescribeRegions"]);
}
