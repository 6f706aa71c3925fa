//! A connection that is lost: what is sent again, and what is not because nobody knows whether it took effect.

use std::collections::BTreeSet;

use crate::kit::{ECS, Ended, Kit, OSS, Reply, Seen, Step, Upstream, get, request, with_body};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// When it is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lost {
    /// Between two requests, before the proxy could know.
    WhileIdle,
    /// When the head was read, by a reset.
    AfterHead,
    /// When the whole request was read, in an orderly way.
    AfterAll,
    /// In the middle of the answer's head.
    MidHead,
    /// In the middle of the answer's body.
    MidAnswer,
}

/// A call, and whether it may be sent again.
fn calls() -> Vec<(&'static str, String, bool)> {
    let ecs = |query: &str| get(ECS, &format!("/?{query}"));
    let large = "x".repeat(70_000);
    vec![
        ("Describe", ecs("Action=DescribeRegions"), true),
        ("List", ecs("Action=ListTagResources"), true),
        ("Create", ecs("Action=CreateInstance"), false),
        ("Delete", ecs("Action=DeleteInstance"), false),
        ("Describe that only begins so", ecs("Action=Describer&Version=2014-05-26"), false),
        ("Create with ClientToken", ecs("Action=CreateInstance&ClientToken=c-1"), true),
        ("Create with an empty ClientToken", ecs("Action=CreateInstance&ClientToken="), false),
        ("Create in a form", with_body("POST", ECS, "/", FORM, "Action=CreateInstance"), false),
        (
            "Create with ClientToken in a form",
            with_body("POST", ECS, "/", FORM, "Action=CreateInstance&ClientToken=c-1"),
            true,
        ),
        (
            "Describe with a held body",
            with_body("POST", ECS, "/?Action=DescribeRegions", "Content-Type: a/b\r\n", "{}"),
            true,
        ),
        (
            "Describe with a body past 64 KiB",
            with_body("POST", ECS, "/?Action=DescribeRegions", "Content-Type: a/b\r\n", &large),
            false,
        ),
        ("OSS GET", get(OSS, "/k"), true),
        ("OSS HEAD", request("HEAD", OSS, "/k", ""), true),
        ("OSS PUT", with_body("PUT", OSS, "/k", "", "hello"), false),
        ("OSS DELETE", request("DELETE", OSS, "/k", ""), false),
        ("OSS POST", with_body("POST", OSS, "/?delete", "", "hello"), false),
    ]
}

/// Loses the connection once, at the request with this index.
fn script(lost: Lost, at: usize) -> impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static {
    move |seen, index| {
        let is_head = seen.method() == "HEAD";
        let whole =
            if is_head { Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") } else { Reply::ok() };
        match lost {
            _ if index + 1 == at && lost == Lost::WhileIdle => whole.then(Step::Close),
            _ if index != at => whole,
            Lost::WhileIdle => whole,
            Lost::AfterHead => Reply::to_head([Step::Reset]),
            Lost::AfterAll => Reply::steps([Step::Close]),
            Lost::MidHead => Reply::new("HTTP/1.1 200 OK\r\nContent-").then(Step::Close),
            Lost::MidAnswer => {
                Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nab").then(Step::Close)
            }
        }
    }
}

fn nonce(seen: &Seen) -> Option<String> {
    seen.header("x-acs-signature-nonce").or_else(|| seen.parameter("SignatureNonce"))
}

#[tokio::test]
async fn what_only_reads_is_sent_again_and_what_may_have_happened_is_not() {
    let mut cases = 0;
    for lost in [Lost::AfterHead, Lost::AfterAll, Lost::MidHead] {
        for is_reused in [false, true] {
            for (name, call, may_be_sent_twice) in calls() {
                let name = format!("{name}, {lost:?}, reused: {is_reused}");
                let at = usize::from(is_reused);
                let upstream = Upstream::start(script(lost, at)).await;
                let proxy = Kit::new().before(&upstream).await;
                let mut caller = proxy.caller().await;
                if is_reused {
                    let host = if call.contains(OSS) { OSS } else { ECS };
                    caller.send(get(host, "/?Action=DescribeZones&prefix=x")).await;
                    caller.try_answer(false).await.unwrap();
                }
                caller.send(&call).await;
                let answer = caller.try_answer(call.starts_with("HEAD")).await.unwrap();
                let seen = &upstream.requests()[at..];
                let expected = match (lost, may_be_sent_twice) {
                    // A byte of an answer came: it was taken, and the answer is what is broken.
                    (Lost::MidHead, _) => (1, 502, "upstream_protocol"),
                    (_, true) => (2, 200, ""),
                    (_, false) => (1, 502, "upstream_reset_ambiguous"),
                };
                assert_eq!(
                    (seen.len(), answer.status, answer.code().as_str()),
                    expected,
                    "{name}: {answer:?}"
                );
                let nonces: BTreeSet<_> = seen.iter().filter_map(nonce).collect();
                assert!(call.contains(OSS) || nonces.len() == seen.len(), "{name}: {nonces:?}");
                if let [first, second] = seen {
                    assert!(lost != Lost::AfterAll || first.body == second.body, "{name}");
                    assert_ne!(first.connection, second.connection, "{name}");
                }
                cases += 1;
            }
        }
    }
    assert!(cases >= 96);
}

#[tokio::test]
async fn an_answer_that_has_begun_is_never_asked_for_again() {
    for (name, call, _) in calls().into_iter().filter(|(name, ..)| *name != "OSS HEAD") {
        let upstream = Upstream::start(script(Lost::MidAnswer, 0)).await;
        let proxy = Kit::new().before(&upstream).await;
        let answer = proxy.call(&call).await;
        assert_eq!((answer.status, answer.cut), (200, Some(Ended::Reset)), "{name}");
        assert_eq!(upstream.requests().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_connection_that_ended_while_it_idled_costs_no_call_anything() {
    for (name, call, _) in calls() {
        let upstream = Upstream::start(script(Lost::WhileIdle, 1)).await;
        let proxy = Kit::new().before(&upstream).await;
        let mut caller = proxy.caller().await;
        let host = if call.contains(OSS) { OSS } else { ECS };
        caller.send(get(host, "/?Action=DescribeZones&prefix=x")).await;
        caller.answer().await;
        caller.send(&call).await;
        let answer = caller.try_answer(call.starts_with("HEAD")).await.unwrap();
        assert_eq!((answer.status, upstream.requests().len()), (200, 2), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_lost_twice_is_given_up() {
    for lost in [Lost::AfterHead, Lost::AfterAll] {
        let upstream = Upstream::start(move |_, _| match lost {
            Lost::AfterHead => Reply::to_head([Step::Reset]),
            _ => Reply::steps([Step::Close]),
        })
        .await;
        let proxy = Kit::new().before(&upstream).await;
        for host in [ECS, OSS] {
            upstream.forget();
            let answer = proxy.get(host, "/?Action=DescribeRegions").await;
            let expected = (502, "upstream_reset_ambiguous".to_owned());
            assert_eq!((answer.verdict(), upstream.requests().len()), (expected, 2), "{host} {lost:?}");
        }
    }
}

#[tokio::test]
async fn a_body_that_came_behind_its_head_is_sent_once_whatever_becomes_of_it() {
    let skewed = "HTTP/1.1 403 Forbidden\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 48\r\n\r\n\
                  <Error><Code>RequestTimeTooSkewed</Code></Error>";
    let hash = "Content-Type: a/b\r\nx-acs-content-sha256: 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\r\n";
    let body = "x".repeat(30);
    for (name, head, expected) in [
        ("a complaint", request("PUT", OSS, "/k", "Content-Length: 30\r\n"), (403, "")),
        (
            "a lost connection",
            request("POST", ECS, "/?Action=DescribeRegions", &format!("{hash}Content-Length: 30\r\n")),
            (502, "upstream_reset_ambiguous"),
        ),
    ] {
        for now in [0, 5] {
            let upstream = Upstream::start(move |seen, _| match seen.method().as_str() {
                "PUT" => Reply::new(skewed),
                "POST" => Reply::steps([Step::Close]),
                _ => Reply::body("next"),
            })
            .await;
            let proxy = Kit::new().before(&upstream).await;
            let mut caller = proxy.caller().await;
            let (first, later) = body.split_at(now);
            caller.send(head.clone() + first).await;
            upstream.until("the head", |log| log.requests.len() == 1).await;
            caller.send(later).await;
            let answer = caller.answer().await;
            assert_eq!((answer.status, answer.code().as_str()), expected, "{name}, {now}: {answer:?}");
            let seen = upstream.requests();
            assert_eq!((seen.len(), seen[0].body.as_slice()), (1, body.as_bytes()), "{name}, {now}");
            caller.send(get(OSS, "/next")).await;
            assert_eq!(caller.answer().await.text(), "next", "{name}, {now}");
        }
    }
}

#[tokio::test]
async fn what_is_sent_again_goes_over_a_connection_of_its_own() {
    // Five are kept, and all of them break at their next request, as behind a firewall that forgot them.
    let upstream = Upstream::start(|seen, _| match seen.target().as_str() {
        "/again" if seen.connection < 5 => Reply::to_head([Step::Reset]),
        _ => Reply::ok(),
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut callers = Vec::new();
    for _ in 0..5 {
        let mut caller = proxy.caller().await;
        caller.send(request("PUT", OSS, "/k", "Content-Length: 5\r\n")).await;
        callers.push(caller);
    }
    upstream.until("five uploads", |log| log.requests.len() == 5).await;
    for caller in &mut callers {
        caller.send("hello").await;
        assert_eq!(caller.answer().await.status, 200);
    }
    let answer = proxy.get(OSS, "/again").await;
    assert_eq!((answer.status, upstream.requests().len(), upstream.log().connections), (200, 7, 6));
}
