//! The log of everything but requests, on standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::Format;
use super::outlet::Outlet;

/// The most that waits to be written: an hour of everything that an outage has to say.
const WAITING_MAX: usize = 256 * 1024;
/// How long the end of the process waits for whoever takes the last lines of the log.
pub const LAST_LINES: Duration = Duration::from_millis(300);

/// The log, which ends with this value: the last lines are waited for, though not for long.
#[derive(Debug)]
pub struct Log(Arc<Outlet>);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish(LAST_LINES);
    }
}

/// Starts it. `directives`: what `RUST_LOG` says. The level is `info` unless that says otherwise.
///
/// A thread of its own writes, so that a pipe that nobody reads stops nothing; what it does not take is dropped, and
/// said to be. A second start in one process changes nothing.
pub fn start(format: Format, directives: Option<&str>) -> io::Result<Log> {
    let outlet = Arc::new(Outlet::start("log", Box::new(io::stderr()), WAITING_MAX)?);
    let events = Arc::clone(&outlet);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(move || Event { format, outlet: Arc::clone(&events) })
        .with_target(false)
        .with_ansi(io::stderr().is_terminal());
    let layer = match format {
        Format::Text => layer.boxed(),
        Format::Json => layer.json().flatten_event(true).boxed(),
    };
    let filter = filter(directives.unwrap_or_default());
    let _ = tracing_subscriber::registry().with(layer).with(filter).try_init();
    Ok(Log(outlet))
}

/// Levels, and levels of parts of the program: `debug`, `warn,countersign::upstream=debug`. What cannot be read is passed
/// over: also a word that is neither a level nor a part of ours, which would silence everything else. The crate's own `EnvFilter` brings regular expressions, half a megabyte of them, for what no log of ours has.
fn filter(directives: &str) -> Targets {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"_:=-".contains(&byte);
    let each = directives
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty() && !part.starts_with('=') && part.bytes().all(is_known))
        .filter(|part| part.contains("=") || part.contains("::") || part.parse::<LevelFilter>().is_ok());
    let read: Vec<Targets> = each.filter_map(|part| part.parse().ok()).collect();
    if read.is_empty() {
        return Targets::new().with_default(LevelFilter::INFO);
    }
    read.into_iter().fold(Targets::new(), |all, one| {
        let all = match one.default_level() {
            Some(level) => all.with_default(level),
            None => all,
        };
        all.with_targets(one.iter())
    })
}

/// Takes one event, which comes as one piece.
struct Event {
    format: Format,
    outlet: Arc<Outlet>,
}

impl Event {
    /// That lines are missing here: not through `tracing`, which is in the middle of an event.
    fn gap(&self, count: u64) -> String {
        let words = "lines of this log were dropped, because nobody read it in time";
        match self.format {
            Format::Text => format!("WARN {words} count={count}\n"),
            Format::Json => format!("{{\"level\":\"WARN\",\"message\":\"{words}\",\"count\":{count}}}\n"),
        }
    }
}

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.outlet.take(bytes) {
            self.outlet.lose(1);
        } else if let Some(count) = self.outlet.newly_lost()
            && !self.outlet.take(self.gap(count).as_bytes())
        {
            self.outlet.lose(count);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::outlet::tests::Slow;
    use super::*;

    #[test]
    fn the_level_is_info_unless_something_readable_says_otherwise() {
        use tracing::Level;
        for (directives, expected) in [
            ("", [Some(Level::INFO); 2]),
            ("no level at all", [Some(Level::INFO); 2]),
            ("inof", [Some(Level::INFO); 2]),
            ("debug", [Some(Level::DEBUG); 2]),
            ("WARN, =,countersign::upstream=trace", [Some(Level::WARN), Some(Level::TRACE)]),
            ("countersign::upstream=debug", [None, Some(Level::DEBUG)]),
            ("off", [None; 2]),
        ] {
            let filter = filter(directives);
            let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
            let most = |target: &str| {
                levels
                    .into_iter()
                    .filter(|level| filter.would_enable(target, level))
                    .max_by_key(|level| LevelFilter::from(*level))
            };
            let found = [most("countersign::accept"), most("countersign::upstream::pool")];
            assert_eq!(found, expected, "{directives:?}");
        }
    }

    #[test]
    fn a_log_with_a_gap_says_so_once_it_is_read_again() {
        let (sink, go, seen) = Slow::new();
        let outlet = Arc::new(Outlet::start("test", Box::new(sink), 200).unwrap());
        let mut event = Event { format: Format::Json, outlet: Arc::clone(&outlet) };
        for _ in 0..10 {
            event.write_all(&[b'x'; 100]).unwrap();
        }
        drop(go);
        assert!(outlet.finish(Duration::from_secs(10)));
        event.write_all(b"y\n").unwrap();
        assert!(outlet.finish(Duration::from_secs(10)));
        let written = String::from_utf8(seen.try_iter().flatten().collect()).unwrap();
        let (before, gap) = written.split_once("y\n").unwrap();
        let kept = before.len() / 100;
        let gap: serde_json::Value = serde_json::from_str(gap).unwrap();
        assert_eq!((gap["level"].as_str(), gap["count"].as_u64()), (Some("WARN"), Some(10 - kept as u64)));
    }
}
