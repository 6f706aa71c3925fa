//! What the upstream has counted.

use std::cell::{Cell, RefCell};
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_bench::verify::{Scheme, verify};

/// Counts since they were asked for the last time, and what is to be done.
pub struct State {
    requests: Cell<u64>,
    connections: Cell<u64>,
    body_bytes: Cell<u64>,
    verified: Cell<[u64; 3]>,
    wrong: Cell<u64>,
    /// What was wrong first.
    fault: RefCell<String>,
    /// When STS was called, in milliseconds since 1970.
    sts_calls: RefCell<Vec<u128>>,
    verify_one_of: Cell<u64>,
    /// Seconds that a credential of STS lives.
    pub life: Cell<u64>,
    /// Credentials issued since the start.
    pub issued: Cell<u64>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            requests: Cell::default(),
            connections: Cell::default(),
            body_bytes: Cell::default(),
            verified: Cell::default(),
            wrong: Cell::default(),
            fault: RefCell::default(),
            sts_calls: RefCell::default(),
            verify_one_of: Cell::default(),
            life: Cell::new(3600),
            issued: Cell::default(),
        }
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

impl State {
    /// A connection that brought a request. One that only asks for counts is none.
    pub fn connected(&self) {
        self.connections.set(self.connections.get() + 1);
    }

    /// A request arrived whole. `body`: what was kept of it, if that was all.
    pub fn arrived(&self, head: &[u8], body: Option<&[u8]>, body_bytes: u64) {
        let number = self.requests.get();
        self.requests.set(number + 1);
        self.body_bytes.set(self.body_bytes.get() + body_bytes);
        let one_of = self.verify_one_of.get();
        if one_of != 0 && number.is_multiple_of(one_of) {
            self.verify(head, body);
        }
    }

    fn verify(&self, head: &[u8], body: Option<&[u8]>) {
        match verify(head, body) {
            Ok(scheme) => {
                let mut verified = self.verified.get();
                let index = match scheme {
                    Scheme::Acs3 => 0,
                    Scheme::Rpc => 1,
                    Scheme::Oss => 2,
                };
                verified[index] += 1;
                self.verified.set(verified);
            }
            Err(fault) => {
                if self.wrong.replace(self.wrong.get() + 1) == 0 {
                    self.fault.replace(fault);
                }
            }
        }
    }

    /// STS was called.
    pub fn sts_called(&self) {
        self.sts_calls.borrow_mut().push(now_ms());
    }

    /// Answers a control request, if it is one.
    pub fn control(&self, target: &str) -> Option<String> {
        let (what, value) = target.strip_prefix("/.bench/")?.split_once('/').unwrap_or((&target[8..], "0"));
        let number = value.parse().unwrap_or(0);
        match what {
            "verify" => self.verify_one_of.set(number),
            "life" => self.life.set(number),
            _ => {}
        }
        let [acs3, rpc, oss] = self.verified.take();
        let text = format!(
            "{{\"requests\":{},\"connections\":{},\"body_bytes\":{},\"acs3\":{acs3},\"rpc\":{rpc},\"oss\":{oss},\
             \"wrong\":{},\"fault\":{:?},\"sts_calls\":{:?}}}",
            self.requests.take(),
            self.connections.take(),
            self.body_bytes.take(),
            self.wrong.take(),
            self.fault.take(),
            self.sts_calls.take(),
        );
        Some(text)
    }
}
