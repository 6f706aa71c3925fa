//! Access lines: one a request, collected in a buffer and written many at a time.
//!
//! They do not go through `tracing`: a line there costs twenty times as much, and three allocations.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Record;
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

    /// Adds a line for a request that ended at `ended`, by CLOCK_BOOTTIME.
    pub fn add(&self, record: &Record, ended: Duration) {
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

/// What a line calls a value, with all that stands before the value in either form.
#[derive(Clone, Copy)]
struct Key {
    text: &'static str,
    json: &'static str,
}

macro_rules! key {
    ($name:literal) => {
        Key { text: concat!(" ", $name, "="), json: concat!(",\"", $name, "\":") }
    };
}

/// Every value in a line is a number, a word of ours, or checked to be letters, digits, dots, dashes and underscores:
/// none needs escaping. Nothing here goes through the formatting machinery, which would cost more than the signature.
struct Line<'a> {
    record: &'a Record,
    /// By CLOCK_BOOTTIME.
    ended: Duration,
}

impl Line<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(&calendar::iso(self.record.begun.unix_seconds()));
        out.extend_from_slice(b"\",\"method\":\"");
        out.extend_from_slice(self.record.method.as_bytes());
        out.push(b'"');
        self.words(|key, value| {
            out.extend_from_slice(key.json.as_bytes());
            out.push(b'"');
            out.extend_from_slice(value);
            out.push(b'"');
        });
        self.numbers(|key, number| {
            out.extend_from_slice(key.json.as_bytes());
            number.write(out);
        });
        out.extend_from_slice(b"}\n");
    }

    fn text(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&calendar::iso(self.record.begun.unix_seconds()));
        out.push(b' ');
        let method = if self.record.method.is_empty() { "-" } else { self.record.method };
        out.extend_from_slice(method.as_bytes());
        self.words(|key, value| {
            out.extend_from_slice(key.text.as_bytes());
            out.extend_from_slice(value);
        });
        self.numbers(|key, number| {
            out.extend_from_slice(key.text.as_bytes());
            number.write(out);
        });
        out.push(b'\n');
    }

    /// Every word that there is.
    fn words(&self, mut each: impl FnMut(Key, &[u8])) {
        let record = self.record;
        let mut word = |key, value: &[u8]| {
            if !value.is_empty() {
                each(key, value);
            }
        };
        let endpoint = record.endpoint.as_ref();
        word(key!("product"), endpoint.map_or(b"", |endpoint| endpoint.product().code.as_bytes()));
        word(key!("action"), record.action.as_ref().map_or(b"", |action| action.as_bytes()));
        word(
            key!("region"),
            endpoint.and_then(Endpoint::region).map_or(b"", |region| region.id().as_bytes()),
        );
        word(key!("network"), endpoint.map_or(b"", |endpoint| endpoint.network().name().as_bytes()));
        let host = endpoint.map(Endpoint::host).or(record.named.as_ref());
        word(key!("host"), host.map_or(b"", |host| host.as_bytes()));
        word(key!("scheme"), record.scheme.map_or(b"", |scheme| scheme.name().as_bytes()));
        word(key!("role"), record.role.as_str().as_bytes());
        word(key!("outcome"), record.outcome.name().as_bytes());
        word(key!("refusal"), record.refusal.unwrap_or_default().as_bytes());
        word(key!("request_id"), record.request_id.as_bytes());
    }

    fn numbers(&self, mut each: impl FnMut(Key, Number)) {
        let record = self.record;
        each(key!("status"), Number::Whole(u64::from(record.status)));
        each(key!("request_bytes"), Number::Whole(record.request_bytes));
        each(key!("response_bytes"), Number::Whole(record.response_bytes));
        each(key!("attempts"), Number::Whole(u64::from(record.attempts)));
        each(key!("seconds"), Number::Seconds(self.ended.saturating_sub(record.begun.boot)));
        if let Some(upstream) = record.upstream {
            each(key!("upstream_seconds"), Number::Seconds(upstream));
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
