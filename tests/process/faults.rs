//! `--sandbox-fault`: what the miniature cloud does wrong, what it says of it, and how the proxy gets over it.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use countersign::clock::{Clock, SystemClock};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use super::check::run;
use crate::kit::program::countersign;
use crate::kit::{Caller, ECS, Place, REGIONS, get, soon};

const FREE: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

/// A proxy beside a cloud, and what they say.
struct Watched {
    lines: Lines<BufReader<ChildStderr>>,
    /// Every line so far.
    said: Vec<Value>,
    address: SocketAddr,
    _child: Child,
    _place: Place,
}

impl Watched {
    async fn start(faults: &[&str]) -> Self {
        let place = Place::new();
        let faults = faults.iter().flat_map(|fault| ["--sandbox-fault", fault]);
        let arguments: Vec<&str> = ["run", "--sandbox"].into_iter().chain(FREE).chain(faults).collect();
        let mut command = countersign(&place, &arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut watched = Self { lines, said: Vec::new(), address, _child: child, _place: place };
        let listening = watched.until("listening").await;
        watched.address = listening["address"].as_str().unwrap().parse().unwrap();
        watched
    }

    /// The first line with this message, whenever it was or will be said.
    async fn until(&mut self, message: &str) -> Value {
        soon(message, async {
            loop {
                if let Some(line) = self.said.iter().find(|line| line["message"] == message) {
                    return line.clone();
                }
                let line = self.lines.next_line().await.unwrap().expect("it runs");
                self.said.push(serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}")));
            }
        })
        .await
    }

    async fn ask(&self) -> (u16, String) {
        let mut caller = Caller::connect(self.address).await;
        caller.send(get(ECS, REGIONS)).await;
        let answer = caller.answer().await;
        (answer.status, answer.text())
    }
}

const BEGINS: &str = "sandbox: a fault begins";
const OVER: &str = "sandbox: the fault is over";

#[tokio::test]
async fn a_product_fails_until_its_fault_is_over() {
    let mut watched = Watched::start(&["fail=ecs"]).await;
    let (status, text) = watched.ask().await;
    assert!(
        status == 503 && text.contains("\"ServiceUnavailable\""),
        "the cloud's own answer: {status} {text}"
    );
    let told = watched.until("sandbox: a call was failed, as it was told").await;
    assert_eq!((&told["product"], &told["code"]), (&"ecs".into(), &"ServiceUnavailable".into()));

    let mut watched = Watched::start(&["fail=ecs,for=3"]).await;
    assert_eq!(watched.until(BEGINS).await["seconds"], 3);
    assert_eq!(watched.ask().await.0, 503);
    assert_eq!(watched.until(OVER).await["fault"], "fail=ecs");
    assert_eq!(watched.ask().await.0, 200);
}

#[tokio::test]
async fn a_product_is_throttled_and_says_when_to_come_again() {
    let mut watched = Watched::start(&["throttle=ecs"]).await;
    let mut caller = Caller::connect(watched.address).await;
    caller.send(get(ECS, REGIONS)).await;
    let answer = caller.answer().await;
    assert!(answer.status == 400 && answer.text().contains("Throttling.User"), "{}", answer.text());
    assert_eq!(
        (answer.header("x-acs-retry-after"), answer.header("retry-after")),
        (Some("1000".to_owned()), Some("1".to_owned()))
    );
    watched.until("sandbox: a call was throttled, as it was told").await;
}

#[tokio::test]
async fn a_credential_is_told_by_the_end_of_its_key() {
    let mut watched = Watched::start(&[]).await;
    assert_eq!(watched.ask().await.0, 200);
    let told = watched.until("sandbox: STS issued a credential").await;
    assert_eq!(told["role"], "acs:ram::1000000000000001:assumed-role/demo/sandbox-default");
    assert_eq!((told["key"].as_str().unwrap().chars().count(), &told["seconds"]), (5, &3600.into()));
    for line in &watched.said {
        let line = line.to_string();
        assert!(!line.contains("STS.N") && !line.contains("CAIS"), "{line}");
    }
}

#[tokio::test]
async fn sts_fails_as_often_as_it_was_told_and_then_no_more() {
    // More than one request waits for, and fewer than it takes to give up.
    let mut watched = Watched::start(&["fail-sts=2"]).await;
    let (status, text) = watched.ask().await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(watched.until(OVER).await["fault"], "fail-sts");
    let last = watched.said.iter().find(|line| line["left"] == 0).unwrap();
    assert_eq!((&last["action"], &last["product"]), (&"AssumeRoleWithOIDC".into(), &"sts".into()));
    let (status, text) = Watched::start(&["fail-sts=1000"]).await.ask().await;
    assert!(status == 503 && text.contains("Countersign.CredentialsUnavailable"), "{text}");
}

#[tokio::test]
async fn sts_is_as_slow_as_it_was_told() {
    let begun = SystemClock.boot();
    let waited = || SystemClock.boot() - begun;
    let watched = Watched::start(&["delay-sts=1"]).await;
    let (status, text) = watched.ask().await;
    assert!(status == 200 && waited() >= Duration::from_secs(1), "{status} {text} {:?}", waited());
}

#[tokio::test]
async fn a_shifted_clock_is_answered_and_got_over_in_one_request() {
    for shift in ["skew=1800", "skew=-86400"] {
        let mut watched = Watched::start(&[shift]).await;
        let (status, text) = watched.ask().await;
        assert_eq!(status, 200, "{text}");
        let told =
            watched.until("sandbox: a request was refused that is dated far from the cloud's clock").await;
        assert_eq!(told["code"], "InvalidTimeStamp.Expired");
        let mended =
            watched.until("this machine's clock is off by so much: requests are dated by the cloud's").await;
        let expected: i64 = shift.split('=').nth(1).unwrap().parse().unwrap();
        assert!((mended["seconds"].as_i64().unwrap() - expected).abs() <= 2, "{mended}");
    }
}

#[tokio::test]
async fn an_expired_credential_is_replaced_in_one_request() {
    let mut watched = Watched::start(&["expire-tokens=2"]).await;
    watched.until("credential fetched").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (status, text) = watched.ask().await;
    assert_eq!(status, 200, "{text}");
    watched.until("sandbox: an expired security token was refused").await;
}

#[tokio::test]
async fn a_revoked_credential_is_replaced_in_one_request() {
    let mut watched = Watched::start(&["revoke,after=3"]).await;
    watched.until("credential fetched").await;
    watched.until(BEGINS).await;
    let (status, text) = watched.ask().await;
    assert_eq!(status, 200, "{text}");
    watched.until("sandbox: an AccessKey was refused that is unknown or revoked").await;
}

#[tokio::test]
async fn a_dark_cloud_hangs_up_and_comes_back() {
    let mut watched = Watched::start(&["dark"]).await;
    assert_eq!(watched.ask().await.0, 503, "not even a credential is there");
    watched.until("sandbox: hung up without an answer, as it was told").await;

    let mut watched = Watched::start(&["dark,for=1"]).await;
    assert_eq!(watched.until(OVER).await["fault"], "dark");
    assert_eq!(watched.ask().await.0, 200);
}

#[tokio::test]
async fn a_fault_that_cannot_be_is_a_mistake_of_usage() {
    let place = Place::new();
    for (faults, expected) in [
        (&["fail=ecs,until=3"][..], "write expire-tokens=SECONDS"),
        (&["fail=ecs", "throttle=ecs"], "are on at the same time"),
    ] {
        let faults = faults.iter().flat_map(|fault| ["--sandbox-fault", fault]);
        let arguments: Vec<&str> = ["run", "--sandbox", "--check"].into_iter().chain(faults).collect();
        let (code, told) = run(&place, &arguments, &[]).await;
        assert!(code == Some(64) && told.contains(expected), "{code:?} {told}");
    }
}
