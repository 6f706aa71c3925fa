//! What the tests stand on: a proxy in this process, a caller on one side of it, a cloud of our own on the other.

pub(crate) mod caller;
pub(crate) mod canary;
pub(crate) mod clock;
pub(crate) mod date;
pub(crate) mod door;
pub(crate) mod judge;
pub(crate) mod names;
pub(crate) mod pattern;
pub(crate) mod place;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod reader;
pub(crate) mod sandboxed;
pub(crate) mod sts;
pub(crate) mod terminal;
pub(crate) mod tls;
pub(crate) mod upstream;
pub(crate) mod vault;
pub(crate) mod witness;

pub(crate) use caller::{Answer, Caller};
pub(crate) use clock::Moved;
pub(crate) use judge::Judge;
pub(crate) use names::Names;
pub(crate) use place::Place;
pub(crate) use proxy::{Kit, Proxy};
pub(crate) use reader::Ended;
pub(crate) use sts::Sts;
pub(crate) use upstream::{Gate, Reply, Seen, Step, Upstream};

use std::future::Future;
use std::time::Duration;

/// The credential of the proxies that do not fetch one. Nobody else's, and so a canary too.
pub(crate) const KEY_ID: &str = "STS.TestsKeyId4Canary";
pub(crate) const SECRET: &str = "CanarySecret9vZq1";
pub(crate) const TOKEN: &str = "CanaryToken7hBw3+/x=";

pub(crate) const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
pub(crate) const OSS: &str = "bkt1.oss-cn-hangzhou.aliyuncs.com";
/// What the pinned listener stands for, and is asked in most tests.
pub(crate) const REGIONS: &str = "/?Action=DescribeRegions&Version=2014-05-26";

/// Far longer than anything here takes, even on a busy machine; and a test that hangs still ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for what must happen soon.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// A request without a body.
pub(crate) fn get(host: &str, target: &str) -> String {
    request("GET", host, target, "")
}

/// A request without a body, with more headers, each ended by CR LF.
pub(crate) fn request(method: &str, host: &str, target: &str, headers: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n")
}

/// A request with a body of known length.
pub(crate) fn with_body(method: &str, host: &str, target: &str, headers: &str, body: &str) -> String {
    format!(
        "{}{body}",
        request(method, host, target, &format!("{headers}Content-Length: {}\r\n", body.len()))
    )
}
