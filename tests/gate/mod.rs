//! What is refused: each row with its status and code, however its bytes are cut, with nothing sent to the cloud.

mod authority;
mod bounds;
mod browsers;
mod catalogue;
mod framing;
mod limits;
mod neighbours;
mod operations;
mod timeouts;

use crate::kit::{Caller, Ended, Kit, Proxy, Reply, Upstream, get};

/// A listener.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Forward,
    Pinned,
}

/// What a request gets: its name here, the request, and the verdict.
struct Row {
    name: String,
    on: On,
    request: Vec<u8>,
    verdict: (u16, &'static str),
    /// Its fault is in a body that streams: were the bytes cut, the cloud would see what came before it.
    is_streamed: bool,
}

fn row(name: impl Into<String>, request: impl AsRef<[u8]>, status: u16, code: &'static str) -> Row {
    let request = request.as_ref().to_vec();
    Row { name: name.into(), on: On::Forward, request, verdict: (status, code), is_streamed: false }
}

/// Refused as a fault of the bytes.
fn bad(name: impl Into<String>, request: impl AsRef<[u8]>, code: &'static str) -> Row {
    row(name, request, 400, code)
}

impl Row {
    fn pinned(self) -> Self {
        Self { on: On::Pinned, ..self }
    }

    fn streamed(self) -> Self {
        Self { is_streamed: true, ..self }
    }

    fn has_body(&self) -> bool {
        !self.request.ends_with(b"\r\n\r\n")
    }

    /// The ways to cut it: whole, byte by byte, and at three places that look random and are always the same.
    fn cuts(&self) -> Vec<Vec<usize>> {
        let length = self.request.len();
        if self.is_streamed {
            return vec![Vec::new()];
        }
        let step = if length > 2048 { 1021 } else { 1 };
        let mut seed = length as u64 ^ 0x9e37_79b9;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % length
        };
        let mut scattered = vec![random(), random(), random()];
        scattered.sort_unstable();
        vec![Vec::new(), (1..length).step_by(step).collect(), scattered]
    }
}

/// A proxy of which nothing must reach the cloud.
async fn silent() -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    (upstream, proxy)
}

/// Every row gets its verdict, in every way of cutting it, and the connection ends or stays as its status says.
async fn all_are_refused(proxy: &Proxy, upstream: &Upstream, rows: Vec<Row>) {
    for row in rows {
        for cuts in row.cuts() {
            let address = if row.on == On::Pinned { proxy.pinned() } else { proxy.forward() };
            let mut caller = Caller::connect(address).await;
            caller.send_cut(&row.request, &cuts).await;
            let to_head = row.request.starts_with(b"HEAD ");
            let answer =
                caller.try_answer(to_head).await.unwrap_or_else(|| panic!("{}: no answer", row.name));
            let name = format!("{}, cut at {} places: {answer:?}", row.name, cuts.len());
            assert_eq!(answer.verdict(), (row.verdict.0, row.verdict.1.to_owned()), "{name}");
            assert!(to_head || answer.text().contains("Countersign."), "{name}");
            let is_body_here = cuts.is_empty() || !row.has_body();
            let keeps = matches!(row.verdict.0, 403 | 421) && is_body_here;
            if keeps {
                assert!(!answer.says_close(), "{name}");
                is_kept(&mut caller, row.on).await;
            } else if !matches!(row.verdict.0, 403 | 421) {
                assert!(answer.says_close(), "{name}");
                assert_eq!(caller.end().await, Ended::Closed, "{name}");
            }
            let log = upstream.log();
            assert_eq!((log.connections, log.bytes), (0, 0), "{name}");
        }
    }
}

/// The connection serves on: the next request is refused by a decision, which needs no cloud.
async fn is_kept(caller: &mut Caller, on: On) {
    caller.send(get("unlisted.oss-cn-hangzhou.aliyuncs.com", "/")).await;
    let expected = if on == On::Pinned { (421, "bad_authority") } else { (403, "host_not_allowed") };
    assert_eq!(caller.answer().await.verdict(), (expected.0, expected.1.to_owned()));
}
