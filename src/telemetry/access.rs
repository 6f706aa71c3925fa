//! Access lines: one a request, collected in a buffer and written many at a time.
//!
//! They do not go through `tracing`: a line there costs twenty times as much, and three allocations.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Record;
use crate::clock::Now;
use crate::names::{Endpoint, calendar, write_decimal};

/// Lines are written when this much has gathered …
const FULL: usize = 48 * 1024;
/// … or this long after the last writing, whichever comes first.
pub const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: `key=value`.
    Text,
    /// For machines: one JSON object.
    Json,
}

/// One worker's access log.
pub struct AccessLog {
    format: Format,
    state: Mutex<State>,
}

struct State {
    lines: Vec<u8>,
    sink: Box<dyn Write + Send>,
}

impl AccessLog {
    /// Writes to `sink`.
    pub fn new(format: Format, sink: Box<dyn Write + Send>) -> Self {
        Self { format, state: Mutex::new(State { lines: Vec::with_capacity(FULL + 1024), sink }) }
    }

    /// Adds a line.
    pub fn add(&self, record: &Record, ended: Now) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line { record, ended };
        match self.format {
            Format::Text => line.text(&mut state.lines),
            Format::Json => line.json(&mut state.lines),
        }
        if state.lines.len() >= FULL {
            state.flush();
        }
    }

    /// Writes what has gathered. To be called every [`FLUSH_EVERY`], and at the end.
    pub fn flush(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).flush();
    }
}

impl State {
    fn flush(&mut self) {
        if !self.lines.is_empty() {
            // A log that cannot be written must not stop requests; there is nowhere else to say so.
            let _ = self.sink.write_all(&self.lines).and_then(|()| self.sink.flush());
            self.lines.clear();
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.flush();
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessLog({:?})", self.format)
    }
}

/// Every value in a line is a number, a word of ours, or checked to be letters, digits, dots, dashes and underscores:
/// none needs escaping. Nothing here goes through the formatting machinery, which would cost more than the signature.
struct Line<'a> {
    record: &'a Record,
    ended: Now,
}

impl Line<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let method = self.record.method.as_bytes();
        for part in [b"{\"time\":\"", &iso(self.record.begun)[..], b"\",\"method\":\"", method, b"\""] {
            out.extend_from_slice(part);
        }
        self.words(|key, value| {
            for part in [b",\"", key.as_bytes(), b"\":\"", value, b"\""] {
                out.extend_from_slice(part);
            }
        });
        self.numbers(|key, number| {
            for part in [b",\"", key.as_bytes(), b"\":"] {
                out.extend_from_slice(part);
            }
            number.write(out);
        });
        out.extend_from_slice(b"}\n");
    }

    fn text(&self, out: &mut Vec<u8>) {
        let method = if self.record.method.is_empty() { "-" } else { self.record.method };
        for part in [&iso(self.record.begun)[..], b" ", method.as_bytes()] {
            out.extend_from_slice(part);
        }
        self.words(|key, value| {
            for part in [b" ", key.as_bytes(), b"=", value] {
                out.extend_from_slice(part);
            }
        });
        self.numbers(|key, number| {
            for part in [b" ", key.as_bytes(), b"="] {
                out.extend_from_slice(part);
            }
            number.write(out);
        });
        out.push(b'\n');
    }

    /// Every word that there is.
    fn words(&self, mut each: impl FnMut(&str, &[u8])) {
        let record = self.record;
        let endpoint = record.endpoint.as_ref();
        let words: [(&str, &[u8]); 10] = [
            ("product", endpoint.map_or(b"", |endpoint| endpoint.product().code.as_bytes())),
            ("action", record.action.as_ref().map_or(b"", |action| action.as_bytes())),
            ("region", endpoint.and_then(Endpoint::region).map_or(b"", |region| region.id().as_bytes())),
            ("network", endpoint.map_or(b"", |endpoint| endpoint.network().name().as_bytes())),
            ("host", endpoint.map_or(b"", |endpoint| endpoint.host().as_bytes())),
            ("scheme", record.scheme.map_or(b"", |scheme| scheme.name().as_bytes())),
            ("role", record.role.as_str().as_bytes()),
            ("outcome", record.outcome.name().as_bytes()),
            ("refusal", record.refusal.unwrap_or_default().as_bytes()),
            ("request_id", record.request_id.as_bytes()),
        ];
        for (key, value) in words {
            if !value.is_empty() {
                each(key, value);
            }
        }
    }

    fn numbers(&self, mut each: impl FnMut(&str, Number)) {
        let record = self.record;
        each("status", Number::Whole(u64::from(record.status)));
        each("request_bytes", Number::Whole(record.request_bytes));
        each("response_bytes", Number::Whole(record.response_bytes));
        each("attempts", Number::Whole(u64::from(record.attempts)));
        each("seconds", Number::Seconds(self.ended.boot.saturating_sub(record.begun.boot)));
        if let Some(upstream) = record.upstream {
            each("upstream_seconds", Number::Seconds(upstream));
        }
    }
}

#[derive(Clone, Copy)]
enum Number {
    Whole(u64),
    /// To the microsecond.
    Seconds(Duration),
}

impl Number {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Whole(value) => write_decimal(out, value),
            Self::Seconds(duration) => {
                write_decimal(out, duration.as_secs());
                out.push(b'.');
                let micros = duration.subsec_micros();
                for power in [100_000, 10_000, 1_000, 100, 10, 1] {
                    // The remainder is below ten.
                    out.push(b'0' + (micros / power % 10) as u8);
                }
            }
        }
    }
}

fn iso(now: Now) -> [u8; 20] {
    calendar::iso(i64::try_from(now.wall.as_secs()).unwrap_or(i64::MAX))
}
