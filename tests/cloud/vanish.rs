//! A cloud that vanishes at every point of a request: how often it is asked, what it has done, and what the caller is told.
//!
//! The table is that of connections lost once. What it counts at the server are requests that were taken to their end: a
//! server that goes before has done nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::kit::door::{Door, Doors, How};
use crate::kit::tls::Identity;
use crate::kit::{
    Answer, ECS, Ended, Kit, Moved, OSS, Proxy, Reply, Seen, Step, Upstream, get, request, with_body,
};

const MIB: usize = 1024 * 1024;
const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf";

/// Where the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// A new one, before TLS.
    BeforeTls,
    /// A new one, with its TLS session or without one.
    BeforeHead,
    /// A kept one, between two requests.
    Idle,
    /// The head was read.
    AfterHead,
    /// A half of the body was read, too.
    MidBody,
    /// The request was read to its end.
    AfterBody,
    /// The answer's first line went out, too.
    AfterStatus,
    /// The answer's head went out, and a part of its body.
    MidAnswer,
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Interface, section 5: a byte was written and none came back. What only reads, or bears a ClientToken, and has a
    /// body of 64 KiB at most, is sent again.
    Again,
    /// The same, for all other calls: whether it took effect is not known, and so it is not sent again.
    Ambiguous,
    /// Nothing was written: there is no TLS session. No rule sends again what was never sent.
    NoTls,
    /// A byte of the answer came, so the cloud has taken the request; what came is no answer.
    Broken,
    /// The answer has begun, and the caller sees that it does not end.
    Cut,
    /// It was noticed before anything was written. It costs the call nothing.
    Unharmed,
    /// This call has no such point.
    None,
}

use Fate::{Again, Ambiguous, Broken, Cut, NoTls, None as Na, Unharmed};

#[rustfmt::skip]
const TABLE: [(Point, [Fate; 8]); 8] = [
    //                    Describe  Describe   Create     Create     Create,    OSS GET    PUT        PUT
    //                              in a form             in a form  token                 1 MiB      in chunks
    (Point::BeforeTls,   [NoTls,    NoTls,     NoTls,     NoTls,     NoTls,     NoTls,     NoTls,     NoTls]),
    (Point::BeforeHead,  [Again,    Again,     Ambiguous, Ambiguous, Again,     Again,     Ambiguous, Ambiguous]),
    (Point::Idle,        [Unharmed, Unharmed,  Unharmed,  Unharmed,  Unharmed,  Unharmed,  Unharmed,  Unharmed]),
    (Point::AfterHead,   [Again,    Again,     Ambiguous, Ambiguous, Again,     Again,     Ambiguous, Ambiguous]),
    (Point::MidBody,     [Na,       Again,     Na,        Ambiguous, Again,     Na,        Ambiguous, Ambiguous]),
    (Point::AfterBody,   [Again,    Again,     Ambiguous, Ambiguous, Again,     Again,     Ambiguous, Ambiguous]),
    (Point::AfterStatus, [Broken,   Broken,    Broken,    Broken,    Broken,    Broken,    Broken,    Broken]),
    (Point::MidAnswer,   [Cut,      Cut,       Cut,       Cut,       Cut,       Cut,       Cut,       Cut]),
];

/// In the order of the table.
fn calls() -> [(&'static str, String); 8] {
    let form =
        |body: &str| with_body("POST", ECS, "/", "Content-Type: application/x-www-form-urlencoded\r\n", body);
    let chunk = format!("{:x}\r\n{}\r\n", MIB / 16, "x".repeat(MIB / 16));
    let chunked =
        request("PUT", OSS, "/k", "Transfer-Encoding: chunked\r\n") + &chunk.repeat(16) + "0\r\n\r\n";
    [
        ("Describe", get(ECS, "/?Action=DescribeInstances&Version=2014-05-26")),
        ("Describe in a form", form("Action=DescribeInstances")),
        ("Create", get(ECS, "/?Action=CreateInstance&Version=2014-05-26")),
        ("Create in a form", form("Action=CreateInstance")),
        ("Create with a ClientToken", form("Action=CreateInstance&ClientToken=c-1")),
        ("OSS GET", get(OSS, "/k")),
        ("PUT", with_body("PUT", OSS, "/k", "", &"x".repeat(MIB))),
        ("PUT in chunks", chunked),
    ]
}

/// One cell: where it happens, how, and on what kind of connection.
#[derive(Clone, Copy, Debug)]
struct Case {
    point: Point,
    how: How,
    is_tls: bool,
    is_kept: bool,
}

impl Case {
    /// The steps of the end itself.
    fn ends(self) -> Step {
        match self.how {
            How::Orderly => Step::Farewell,
            How::Unannounced => Step::Close,
            How::Reset => Step::Reset,
        }
    }

    /// The answer to the request that is lost.
    fn loses(self, seen: &Seen) -> Reply {
        let half =
            seen.header("content-length").map_or(MIB / 2, |length| length.parse::<usize>().unwrap() / 2);
        match self.point {
            Point::AfterHead => Reply::to_head([self.ends()]),
            Point::MidBody => Reply::to_head([Step::Take(half), self.ends()]),
            Point::AfterBody => Reply::steps([self.ends()]),
            Point::AfterStatus => Reply::new("HTTP/1.1 200 OK\r\n").then(self.ends()),
            Point::MidAnswer => Reply::new(HALF).then(self.ends()),
            Point::BeforeTls | Point::BeforeHead | Point::Idle => Reply::ok(),
        }
    }

    /// A cloud that does this to the request behind the first, or to the first; and a proxy before it, whose clock moves on
    /// with each loss.
    async fn start(self) -> (Upstream, Proxy) {
        let clock = Moved::new();
        let passing = Arc::clone(&clock);
        let at = usize::from(self.is_kept);
        let identity = Identity::new();
        let door = move |connection: usize| match self.point {
            Point::BeforeTls if connection == 0 => Door::Shut(self.how),
            Point::BeforeHead if connection == 0 => Door::ShutBehindTls(self.how),
            _ => Door::Open,
        };
        let doors = Doors::new(self.is_tls.then(|| identity.acceptor.clone()), door);
        let upstream = Upstream::start_behind(doors, move |seen, index| {
            if index == 0 && self.point == Point::Idle {
                return Reply::ok().then(self.ends());
            }
            if index != at {
                return Reply::ok();
            }
            passing.pass(Duration::from_secs(2));
            self.loses(seen)
        })
        .await;
        let kit = Kit::new().access().clock(clock);
        let proxy = if self.is_tls {
            kit.elsewhere(identity.dial(upstream.address)).start().await
        } else {
            kit.before(&upstream).await
        };
        (upstream, proxy)
    }
}

/// Every way of losing a connection that there is.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (point, _) in TABLE {
        for is_tls in [true, false] {
            for is_kept in [true, false] {
                let is_there = match point {
                    Point::BeforeTls => is_tls && !is_kept,
                    Point::BeforeHead => !is_kept,
                    Point::Idle => is_kept,
                    _ => true,
                };
                let ways: &[How] = if is_tls {
                    &[How::Orderly, How::Unannounced, How::Reset]
                } else {
                    &[How::Orderly, How::Reset]
                };
                let of = |how: &How| Case { point, how: *how, is_tls, is_kept };
                cases.extend(ways.iter().filter(|_| is_there).map(of));
            }
        }
    }
    cases
}

/// What proves an attempt to be of its own: its nonce, if its scheme has one, its date and its signature.
fn proof(seen: &Seen) -> [String; 3] {
    let either = |header: &str, parameter: &str| {
        seen.header(header).or_else(|| seen.parameter(parameter)).unwrap_or_default()
    };
    [
        either("x-acs-signature-nonce", "SignatureNonce"),
        seen.header("x-oss-date").unwrap_or_else(|| either("x-acs-date", "Timestamp")),
        either("authorization", "Signature"),
    ]
}

/// Sends the call over a connection of the wanted kind, and reads its answer.
async fn send(case: Case, call: &str, upstream: &Upstream, proxy: &Proxy) -> Answer {
    let mut caller = proxy.caller().await;
    if case.is_kept {
        let host = if call.contains(OSS) { OSS } else { ECS };
        caller.send(get(host, "/?Action=DescribeZones&Version=2014-05-26&prefix=x")).await;
        assert_eq!(caller.answer().await.status, 200);
        if case.point == Point::Idle {
            upstream.until("the end of the kept connection", |log| log.over == 1).await;
        }
    }
    caller.send(call).await;
    caller.answer().await
}

#[tokio::test]
async fn whatever_vanishes_when_each_call_is_sent_as_often_as_it_may_be() {
    let (mut cells, mut sent) = (0, 0);
    let (mut nonces, mut signatures) = (BTreeSet::new(), BTreeSet::new());
    for case in cases() {
        let (_, fates) = TABLE.iter().find(|(point, _)| *point == case.point).unwrap();
        for ((name, call), fate) in calls().iter().zip(fates).filter(|(_, fate)| **fate != Na) {
            let name = format!("{name}, {case:?}");
            let (upstream, proxy) = case.start().await;
            let answer = send(case, call, &upstream, &proxy).await;
            let line = proxy.access_lines(1 + usize::from(case.is_kept)).await.pop().unwrap();
            // Attempts as the proxy counts them, executions as the server does, what the caller is told.
            let after_body = usize::from(matches!(
                case.point,
                Point::AfterBody | Point::AfterStatus | Point::MidAnswer | Point::Idle
            ));
            let (attempts, executions, status, code, cut) = match fate {
                Again => (2, 1 + after_body, 200, "", None),
                Ambiguous => (1, after_body, 502, "upstream_reset_ambiguous", None),
                NoTls => (1, 0, 502, "upstream_tls", None),
                Broken => (1, 1, 502, "upstream_protocol", None),
                Cut => (1, 1, 200, "", Some(Ended::Reset)),
                Unharmed => (1, 1, 200, "", None),
                Na => unreachable!("filtered"),
            };
            let all = upstream.requests();
            let seen = &all[usize::from(case.is_kept)..];
            assert_eq!(
                (answer.status, answer.code().as_str(), answer.cut),
                (status, code, cut),
                "{name}: {answer:?}"
            );
            assert_eq!(line["attempts"], attempts, "{name}: {line}");
            // A connection that ended before its request was read has seen none.
            let unseen = usize::from(matches!(case.point, Point::BeforeTls | Point::BeforeHead));
            assert_eq!(seen.len() + unseen, attempts, "{name}");
            assert_eq!(seen.iter().filter(|seen| seen.is_whole).count(), executions, "{name}");
            check_connections(case, &upstream, &name);

            let proofs: Vec<_> = seen.iter().map(proof).collect();
            if let [first, second] = proofs.as_slice() {
                assert!(first[1] < second[1] && first[2] != second[2], "{name}: dated anew: {proofs:?}");
                assert!(executions == 1 || seen[0].body.len() == seen[1].body.len(), "{name}");
            }
            // Of OSS's scheme the date is all that makes two signatures differ.
            for [nonce, _, signature] in proofs.into_iter().filter(|_| !call.contains(OSS)) {
                sent += 1;
                assert!(!nonce.is_empty() && nonces.insert(nonce), "{name}: a nonce was used twice");
                assert!(signatures.insert(signature), "{name}: a signature was used twice");
            }
            cells += 1;
        }
    }
    assert!(cells >= 350, "{cells}");
    assert_eq!((nonces.len(), signatures.len()), (sent, sent));
}

/// That the first attempt went over the kept connection, if there was one to be kept, and the second over a new one.
fn check_connections(case: Case, upstream: &Upstream, name: &str) {
    let connections: Vec<usize> = upstream.requests().iter().map(|seen| seen.connection).collect();
    let expected = match (case.is_kept, case.point) {
        (true, Point::Idle) => vec![0, 1],
        (true, _) => vec![0, 0, 1],
        (false, Point::BeforeTls | Point::BeforeHead) => vec![1],
        (false, _) => vec![0, 1],
    };
    assert!(expected.starts_with(&connections), "{name}: {connections:?}");
}
