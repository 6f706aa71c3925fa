//! Every source × every answer that is wrong: what a caller is told, that nothing was signed meanwhile, and that the next
//! request is served once the answer is right again. Through the whole proxy, against the sandbox's counterpart of each.

mod ci;
mod logins;
mod metadata;
mod profiles;
mod programs;
mod sts;
mod uri;
mod vault;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use countersign::sandbox::{Counterpart, Failure, Spoil};
use tokio::net::TcpListener;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{Answer, ECS, Kit, Moved, Proxy, REGIONS, witness};

const ROLE: &str = "acs:ram::1000000000000001:role/app";

/// A source that is set up rightly, and what is in its way.
struct Source {
    kit: Kit,
    /// Who answers wrongly: a message names it.
    place: String,
    /// What a message must not hold.
    secrets: Vec<String>,
    /// Counterparts, which play for as long as they are held.
    held: Vec<Box<dyn Any>>,
}

impl Source {
    fn new(kit: Kit, place: impl Into<String>) -> Self {
        Self { kit, place: place.into(), secrets: Vec::new(), held: Vec::new() }
    }

    fn secret(mut self, text: &str) -> Self {
        self.secrets.push(text.to_owned());
        self
    }

    fn holding<R: 'static>(mut self, counterpart: Counterpart<R>) -> Self {
        self.held.push(Box::new(counterpart));
        self
    }
}

/// What a caller is told: the refusal's code, and words of it.
pub(crate) type Told = (&'static str, &'static str);

const UNAVAILABLE: &str = "credentials_unavailable";
const REFUSED: &str = "credentials_refused";
const LOGIN: &str = "login_required";

const NOT_JSON: &str = "its answer is not the JSON that it should be; check who answers in its place";

/// The answers that are wrong for every source that is asked over a network.
pub(crate) const WRONG: [(Spoil, Told); 13] = [
    (Spoil::Html, (UNAVAILABLE, "answered 502")),
    (Spoil::Truncated, (UNAVAILABLE, NOT_JSON)),
    (Spoil::Empty, (UNAVAILABLE, NOT_JSON)),
    (Spoil::Huge, (UNAVAILABLE, "its answer is too long to be one; check the network")),
    (Spoil::Nested, (UNAVAILABLE, NOT_JSON)),
    (Spoil::Mistyped, (UNAVAILABLE, NOT_JSON)),
    (Spoil::Expired, (UNAVAILABLE, "its answer had expired when it came; check who answers")),
    (Spoil::Incomplete, (UNAVAILABLE, "its answer lacks a part of the credential; check who answers")),
    (Spoil::Blank, (UNAVAILABLE, "its answer lacks a part of the credential; check who answers")),
    (Spoil::LineBreak, (UNAVAILABLE, "its answer is malformed: SecurityToken has characters")),
    (Spoil::Redirect, (UNAVAILABLE, "it answered 302, a redirect, which is not followed; check who")),
    (Spoil::Hang, (UNAVAILABLE, "it did not answer in time; check the network")),
    (Spoil::Cut, (UNAVAILABLE, "the connection broke")),
];

/// Tries each answer of `product` that is wrong on a source of its own. `but`: what is told otherwise, or, with no words,
/// cannot be wrong with this source.
async fn each<S: Future<Output = Source>>(
    product: &str,
    but: &[(Spoil, Told)],
    source: impl Fn(Arc<Sandboxed>) -> S,
) {
    let others = but.iter().filter(|(spoil, _)| WRONG.iter().all(|(known, _)| known != spoil));
    let mut tried = 0;
    for (spoil, told) in WRONG.iter().chain(others) {
        let told = but.iter().find(|(other, _)| other == spoil).map_or(*told, |(_, told)| *told);
        if told.1.is_empty() {
            continue;
        }
        let sandboxed = Arc::new(Sandboxed::under(Moved::with_timers()).await);
        let source = source(sandboxed.clone()).await;
        sandboxed.sandbox.faults().spoil(product, *spoil, None);
        let mend = || assert!(sandboxed.sandbox.faults().mend(product));
        one(&format!("{product} {spoil}"), &sandboxed, source, told, mend).await;
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

/// The same of what is said no with: status and code.
async fn each_no<S: Future<Output = Source>>(
    product: &str,
    rows: &[(u16, &str, Told)],
    source: impl Fn(Arc<Sandboxed>) -> S,
) {
    for &(status, code, told) in rows {
        let sandboxed = Arc::new(Sandboxed::under(Moved::with_timers()).await);
        let source = source(sandboxed.clone()).await;
        let faults = sandboxed.sandbox.faults();
        let failure = Failure::new(status, code);
        match product {
            "sts" => faults.fail_sts(failure, None),
            _ => faults.fail_product(product, failure),
        }
        one(&format!("{product} {status} {code}"), &sandboxed, source, told, || faults.heal()).await;
    }
}

/// One source, whose counterpart answers wrongly until it is mended.
async fn one(what: &str, sandboxed: &Sandboxed, source: Source, told: Told, mend: impl FnOnce()) {
    let Source { kit, place, secrets, held } = source;
    let before = sandboxed.sandbox.verdicts().len();
    let proxy = kit.start().await;
    let answer = until(what, &proxy, |answer| answer.text().contains(told.1)).await;
    let text = answer.text();
    assert_eq!(answer.verdict(), (503, told.0.to_owned()), "{what}: {text}");
    let is_named = text.contains(&place) || told.0 == LOGIN;
    assert!(is_named, "{what} does not name {place}: {text}");
    assert!(text.contains("; "), "{what} names no fix: {text}");
    assert!(answer.header("retry-after").is_some(), "{what}: {answer:?}");
    let verdicts = sandboxed.sandbox.verdicts();
    let signed = verdicts[before..].iter().filter(|verdict| verdict.action == "DescribeRegions");
    assert_eq!(signed.count(), 0, "{what}: something was signed");
    assert_eq!(proxy.admin("/readyz").await.status, 503, "{what}");
    mend();
    let answer = until(what, &proxy, |answer| answer.status == 200).await;
    assert!(answer.header("x-countersign-error").is_none());
    assert_eq!(proxy.admin("/readyz").await.status, 200, "{what}");
    for part in secrets.iter().map(String::as_str).chain(["X-Injected"]) {
        assert!(!text.contains(part) && !witness::log().contains(part), "{what}: {part} is told");
    }
    drop(held);
}

/// Asks until the answer is as expected, for longer than anything that fails is waited out.
async fn until(what: &str, proxy: &Proxy, is_expected: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..200 {
        let answer = proxy.get(ECS, REGIONS).await;
        if is_expected(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let answer = proxy.get(ECS, REGIONS).await;
    panic!("{what}: {answer:?} {}", answer.text())
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
