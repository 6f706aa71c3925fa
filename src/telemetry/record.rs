//! What is remembered of one request, for its access line and the metrics.

use std::time::Duration;

use crate::clock::Now;
use crate::names::{Action, Endpoint, Host, RoleName, Scheme};

/// One request, as far as it came. Holds no path, no query, no header and no body.
#[derive(Debug)]
pub struct Record {
    /// When its head was whole.
    pub begun: Now,
    /// The method. Empty: none that is taken.
    pub method: &'static str,
    /// The host that it named, once that was known to be a host's name. A caller's word, and nothing more.
    pub named: Option<Host>,
    /// Where it went, once that was known.
    pub endpoint: Option<Endpoint>,
    /// What it asked for, once that was known.
    pub action: Option<Action>,
    /// The scheme it was signed with.
    pub scheme: Option<Scheme>,
    /// The role it was signed as.
    pub role: RoleName,
    /// The status that the caller got. Zero: none.
    pub status: u16,
    /// The refusal's code, if it was refused.
    pub refusal: Option<&'static str>,
    /// How it ended.
    pub outcome: Outcome,
    /// Bytes of the request's body.
    pub request_bytes: u64,
    /// Bytes of the answer's body.
    pub response_bytes: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// From the first attempt to the head of the answer.
    pub upstream: Option<Duration>,
    /// The cloud's own id for it.
    pub request_id: RequestId,
}

impl Record {
    /// Nothing known but the time and the role.
    pub fn begin(begun: Now, role: RoleName) -> Self {
        Self {
            begun,
            method: "",
            named: None,
            endpoint: None,
            action: None,
            scheme: None,
            role,
            status: 0,
            refusal: None,
            outcome: Outcome::Refused,
            request_bytes: 0,
            response_bytes: 0,
            attempts: 0,
            upstream: None,
            request_id: RequestId::default(),
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The cloud's answer was passed on whole.
    Forwarded,
    /// Nothing was forwarded, or nothing came back.
    Refused,
    /// It was cut short after something of it was sent: by the cloud, or by the end of the process.
    Truncated,
    /// The caller closed its connection first.
    CallerGone,
}

impl Outcome {
    /// The word in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::Refused => "refused",
            Self::Truncated => "truncated",
            Self::CallerGone => "caller_gone",
        }
    }
}

/// The cloud's id of a request, cut to what a log line takes: 64 letters, digits and dashes.
#[derive(Clone, Copy, Debug)]
pub struct RequestId {
    length: u8,
    bytes: [u8; 64],
}

impl Default for RequestId {
    fn default() -> Self {
        Self { length: 0, bytes: [0; 64] }
    }
}

impl RequestId {
    /// Takes what is harmless of a header's value.
    pub fn new(value: &[u8]) -> Self {
        let mut id = Self::default();
        let harmless = value.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b'-');
        for (slot, byte) in id.bytes.iter_mut().zip(harmless) {
            *slot = *byte;
            id.length += 1;
        }
        id
    }

    /// The id. Empty: the cloud sent none.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}
