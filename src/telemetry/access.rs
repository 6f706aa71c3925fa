//! Access lines: one a request, collected in a buffer and written many at a time.
//!
//! They do not go through `tracing`: a line there costs twenty times as much, and three allocations.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Record;
use crate::clock::Now;
use crate::names::calendar;

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
        // Writing to a `Vec` cannot fail.
        let _ = match self.format {
            Format::Text => line.text(&mut state.lines),
            Format::Json => line.json(&mut state.lines),
        };
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
/// none needs escaping.
struct Line<'a> {
    record: &'a Record,
    ended: Now,
}

impl Line<'_> {
    fn json(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let record = self.record;
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(&iso(record.begun));
        write!(out, "\",\"method\":\"{}\"", record.method)?;
        for (key, value) in self.words() {
            if !value.is_empty() {
                write!(out, ",\"{key}\":\"{value}\"")?;
            }
        }
        for (key, value) in self.numbers() {
            write!(out, ",\"{key}\":{value}")?;
        }
        write!(out, ",\"seconds\":{:.6}", self.seconds())?;
        if let Some(seconds) = record.upstream_seconds {
            write!(out, ",\"upstream_seconds\":{seconds:.6}")?;
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    fn text(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let record = self.record;
        out.extend_from_slice(&iso(record.begun));
        write!(out, " {} {}", if record.method.is_empty() { "-" } else { record.method }, record.status)?;
        for (key, value) in self.words() {
            if !value.is_empty() {
                write!(out, " {key}={value}")?;
            }
        }
        for (key, value) in self.numbers() {
            if key != "status" {
                write!(out, " {key}={value}")?;
            }
        }
        write!(out, " seconds={:.6}", self.seconds())?;
        if let Some(seconds) = record.upstream_seconds {
            write!(out, " upstream_seconds={seconds:.6}")?;
        }
        out.push(b'\n');
        Ok(())
    }

    fn words(&self) -> [(&'static str, &str); 10] {
        let record = self.record;
        let endpoint = record.endpoint.as_ref();
        [
            ("product", endpoint.map_or("", |endpoint| endpoint.product().code)),
            ("action", record.action.as_ref().map_or("", |action| action.as_str())),
            ("region", endpoint.and_then(|endpoint| endpoint.region()).map_or("", |region| region.id())),
            ("network", endpoint.map_or("", |endpoint| endpoint.network().name())),
            ("host", endpoint.map_or("", |endpoint| endpoint.host().as_str())),
            ("scheme", record.scheme.map_or("", |scheme| scheme.name())),
            ("role", record.role.as_str()),
            ("outcome", record.outcome.name()),
            ("refusal", record.refusal.unwrap_or_default()),
            ("request_id", record.request_id.as_str()),
        ]
    }

    fn numbers(&self) -> [(&'static str, u64); 4] {
        [
            ("status", u64::from(self.record.status)),
            ("request_bytes", self.record.request_bytes),
            ("response_bytes", self.record.response_bytes),
            ("attempts", u64::from(self.record.attempts)),
        ]
    }

    fn seconds(&self) -> f64 {
        self.ended.boot.saturating_sub(self.record.begun.boot).as_secs_f64()
    }
}

fn iso(now: Now) -> [u8; 20] {
    calendar::iso(i64::try_from(now.wall.as_secs()).unwrap_or(i64::MAX))
}
