//! A cloud in memory for the flows, a directory for the files, real sockets for the browser.

mod device;
mod files;
mod loopback;
mod portal;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::*;
use crate::clock::{Clock, Now};
use crate::credential::{Answer, Boxed, Carry, CarryError, Outbound};
use crate::names::Nonce;

const URL: &str = "https://signin-cn-shanghai.alibabacloudsso.com/start/login";
const CLIENT: &str = "app-vaz16tltdxs96audqf35";
const NOW: u64 = 1_800_000_000;

/// On tokio's paused time.
#[derive(Debug)]
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Now {
        Now { wall: Duration::from_secs(NOW) + self.0.elapsed(), boot: self.0.elapsed() }
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_bytes([7; 16])
    }
}

type Play = Box<dyn FnMut(&str, &str) -> (u16, String) + Send>;

/// Answers by target and body, and keeps what was asked.
struct Cloud {
    play: Mutex<Play>,
    /// Target, authorization and body.
    seen: Mutex<Vec<(String, String, String)>>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cloud")
    }
}

impl Cloud {
    /// The status 0 stands for no answer at all.
    fn new(play: impl FnMut(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        Self { play: Mutex::new(Box::new(play)), seen: Mutex::default() }
    }

    fn seen(&self) -> Vec<(String, String, String)> {
        self.seen.lock().unwrap().clone()
    }
}

impl Carry for Cloud {
    fn carry(&self, outbound: Outbound) -> Boxed<'_, Result<Answer, CarryError>> {
        let header = |name: &str| outbound.headers.iter().find(|(given, _)| *given == name);
        let bearer = header("authorization").map(|(_, value)| value.to_string()).unwrap_or_default();
        let body = String::from_utf8(outbound.body.to_vec()).unwrap();
        let target = outbound.path_and_query.to_string();
        let (status, text) = (self.play.lock().unwrap())(&target, &body);
        self.seen.lock().unwrap().push((target, bearer, body));
        let body = Zeroizing::new(text.into_bytes());
        let answer = Answer { status, date: None, retry_after: None, acs_retry_after: None, body };
        let unreachable = CarryError::Unreachable("connection refused".to_owned());
        Box::pin(std::future::ready(if status == 0 { Err(unreachable) } else { Ok(answer) }))
    }
}

/// A directory that goes with the value.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let name =
            format!("countersign-login-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
