//! Listens to everything that any of these tests makes the product say, and ends the whole run if a secret is in it.
//!
//! What is said: every event at the level `trace`, of every library too; every answer and every line of access; what a
//! panic says; what comes of a start that fails. A test need not ask for it, and cannot forget it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

use super::canary;

/// What was logged last, for tests that want to see that it was listened to.
const KEPT_MAX: usize = 16 * 1024 * 1024;
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Begins to listen. Once is enough, and any part of the kit may be first.
pub(crate) fn listen() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(Event::default)
            .init();
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            heard("a panic", info.to_string().as_bytes());
            usual(info);
        }));
    });
}

/// What was logged so far.
pub(crate) fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Ends the run if there is a secret in what was said.
#[expect(clippy::exit, reason = "past the harness, and without unwinding, which the product might survive")]
pub(crate) fn heard(what: &str, bytes: &[u8]) {
    if let Some(found) = canary::found_in(bytes) {
        // Not through a macro: the harness would keep it to itself.
        let test = std::thread::current().name().unwrap_or("a thread").to_owned();
        let _ = writeln!(io::stderr(), "\nA SECRET LEAKED into {what}, in {test}: {found}");
        std::process::exit(101);
    }
}

/// One event of the log, which comes in pieces.
#[derive(Default)]
struct Event(RefCell<Vec<u8>>);

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let event = self.0.get_mut();
        heard("the log", event);
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        let over = (log.len() + event.len()).saturating_sub(KEPT_MAX).min(log.len());
        log.drain(..over);
        log.append(event);
    }
}
