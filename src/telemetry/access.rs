//! Access lines: one a request, collected in a buffer and written many at a time.
//!
//! They do not go through `tracing`: a line there costs twenty times as much, and three allocations.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Record;
use super::outlet::Outlet;
use crate::names::{Endpoint, calendar, write_decimal};

/// Lines are handed over when this much has gathered …
const FULL: usize = 48 * 1024;
/// … or this long after the last time, whichever comes first.
pub const FLUSH_EVERY: Duration = Duration::from_millis(200);
/// The most that waits to be written: more than a thousand lines, for as long as whoever reads them stands still.
const WAITING_MAX: usize = 512 * 1024;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: `key=value`.
    Text,
    /// For machines: one JSON object.
    Json,
}

/// Writes the lines of all workers, on a thread of its own: a pipe that nobody reads stops no request.
#[derive(Debug)]
pub struct AccessWriter {
    format: Format,
    outlet: Arc<Outlet>,
    logs: Mutex<Vec<Arc<AccessLog>>>,
}

impl AccessWriter {
    /// Writes to `sink`.
    pub fn start(format: Format, sink: Box<dyn Write + Send>) -> io::Result<Self> {
        let outlet = Arc::new(Outlet::start("access", sink, WAITING_MAX)?);
        Ok(Self { format, outlet, logs: Mutex::default() })
    }

    /// The log of one more worker.
    pub fn log(&self) -> Arc<AccessLog> {
        let lines = Mutex::new(Vec::with_capacity(FULL + 1024));
        let log = Arc::new(AccessLog { format: self.format, lines, outlet: Arc::clone(&self.outlet) });
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&log));
        log
    }

    /// How many lines were dropped because those before them were not taken in time, or could not be written.
    pub fn dropped(&self) -> u64 {
        self.outlet.lost()
    }

    /// How many were dropped since this was last asked. `None`: none.
    pub fn newly_dropped(&self) -> Option<u64> {
        self.outlet.newly_lost()
    }

    /// Waits until every line is written, but no longer than `limit`. Blocks. Returns whether all are.
    pub fn finish(&self, limit: Duration) -> bool {
        let flush = || {
            let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            // Every one of them, also behind one that could not.
            logs.iter().filter(|log| !log.flush()).count() == 0
        };
        let is_all = flush();
        if self.outlet.finish(limit / 2) && is_all {
            return true;
        }
        // What there was no room for goes into the room that writing the rest has made.
        flush() && self.outlet.finish(limit / 2)
    }
}

/// One worker's access log.
pub struct AccessLog {
    format: Format,
    lines: Mutex<Vec<u8>>,
    outlet: Arc<Outlet>,
}

impl AccessLog {
    /// Adds a line for a request that ended at `ended`, by CLOCK_BOOTTIME. Never waits for whoever reads: when too much
    /// is waiting, the line is dropped and counted.
    pub fn add(&self, record: &Record, ended: Duration) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= FULL && !self.hand_over(&mut lines) {
            self.outlet.lose(1);
            return;
        }
        let line = Line { record, ended };
        match self.format {
            Format::Text => line.text(&mut lines),
            Format::Json => line.json(&mut lines),
        }
        if lines.len() >= FULL {
            self.hand_over(&mut lines);
        }
    }

    /// Hands over what has gathered, and returns whether there was room for it. To be called every [`FLUSH_EVERY`].
    pub fn flush(&self) -> bool {
        self.hand_over(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn hand_over(&self, lines: &mut Vec<u8>) -> bool {
        let is_taken = lines.is_empty() || self.outlet.take(lines);
        if is_taken {
            lines.clear();
        }
        is_taken
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

#[cfg(test)]
mod tests {
    use super::super::outlet::tests::Slow;
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::names::RoleName;

    /// Far more than fits, at about 100 bytes a line.
    const LINES: u64 = 40_000;

    #[test]
    fn lines_that_nobody_takes_are_dropped_and_counted_and_the_rest_is_whole() {
        let (sink, go, seen) = Slow::new();
        let writer = AccessWriter::start(Format::Json, Box::new(sink)).unwrap();
        let (log, other) = (writer.log(), writer.log());
        let record = Record::begin(SystemClock.now(), RoleName::new("default"));
        for _ in 0..LINES {
            log.add(&record, record.begun.boot);
        }
        other.add(&record, record.begun.boot);
        let dropped = writer.dropped();
        assert!((1..LINES).contains(&dropped), "{dropped}");
        assert_eq!((writer.newly_dropped(), writer.newly_dropped()), (Some(dropped), None));
        assert!(!writer.finish(Duration::from_millis(1)), "nobody has taken them yet");
        drop(go);
        assert!(writer.finish(Duration::from_secs(10)));
        let written = String::from_utf8(seen.try_iter().flatten().collect()).unwrap();
        assert!(written.lines().all(|line| line.starts_with('{') && line.ends_with('}')));
        assert_eq!(written.lines().count() as u64 + dropped, LINES + 1);
    }
}
