//! Where lines leave the process: a thread of its own writes them, so that whoever makes a line never waits for whoever
//! reads it.

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How soon a sink that takes nothing right now is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(10);

/// Whole lines, on their way to a file or a pipe. What there is no room for is lost, and counted.
pub(super) struct Outlet(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// That something waits, that all was written, or that the end has come.
    changed: Condvar,
    /// The most that waits. As much again may be half written.
    waiting_max: usize,
    lost: AtomicU64,
    /// How many of the lost have been told of.
    told: AtomicU64,
}

struct State {
    waiting: Vec<u8>,
    is_writing: bool,
    is_closed: bool,
}

impl Outlet {
    /// Starts the thread, which writes to `sink` until the outlet is dropped.
    pub(super) fn start(name: &str, sink: Box<dyn Write + Send>, waiting_max: usize) -> io::Result<Self> {
        let waiting = Vec::with_capacity(waiting_max);
        let shared = Arc::new(Shared {
            state: Mutex::new(State { waiting, is_writing: false, is_closed: false }),
            changed: Condvar::new(),
            waiting_max,
            lost: AtomicU64::new(0),
            told: AtomicU64::new(0),
        });
        let writing = Arc::clone(&shared);
        // Not joined: it may hang in a write for ever, and must not hold the process.
        thread::Builder::new().name(name.to_owned()).spawn(move || writing.write(sink))?;
        Ok(Self(shared))
    }

    /// Takes all of `lines`, or nothing when there is no room.
    pub(super) fn take(&self, lines: &[u8]) -> bool {
        let mut state = self.0.lock();
        if state.waiting.len() + lines.len() > self.0.waiting_max {
            return false;
        }
        state.waiting.extend_from_slice(lines);
        drop(state);
        self.0.changed.notify_all();
        true
    }

    /// Counts lines that were lost for want of room.
    pub(super) fn lose(&self, lines: u64) {
        self.0.lost.fetch_add(lines, Ordering::Relaxed);
    }

    /// How many lines were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// How many were lost since this was last asked. `None`: none.
    pub(super) fn newly_lost(&self) -> Option<u64> {
        let lost = self.lost();
        let told = self.0.told.swap(lost, Ordering::Relaxed);
        lost.checked_sub(told).filter(|count| *count > 0)
    }

    /// Waits until all that waits is written, but no longer than `limit`. Returns whether it is.
    pub(super) fn finish(&self, limit: Duration) -> bool {
        let state = self.0.lock();
        let is_busy = |state: &mut State| state.is_writing || !state.waiting.is_empty();
        let waited = self.0.changed.wait_timeout_while(state, limit, is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut sink: Box<dyn Write + Send>) {
        // Changes places with what waits, so that both grow once and never again.
        let mut batch = Vec::with_capacity(self.waiting_max);
        loop {
            let state = self.lock();
            let is_idle = |state: &mut State| state.waiting.is_empty() && !state.is_closed;
            let mut state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
            if state.waiting.is_empty() {
                return;
            }
            mem::swap(&mut state.waiting, &mut batch);
            state.is_writing = true;
            drop(state);
            let written = write_patiently(&mut *sink, &batch);
            if let Some(rest) = batch.get(written..).filter(|rest| !rest.is_empty()) {
                let lines = rest.iter().filter(|byte| **byte == b'\n').count();
                self.lost.fetch_add(lines as u64, Ordering::Relaxed);
                // What comes next must not be glued to half a line.
                let is_cut =
                    written.checked_sub(1).and_then(|at| batch.get(at)).is_some_and(|byte| *byte != b'\n');
                if is_cut {
                    write_patiently(&mut *sink, b"\n");
                }
            }
            batch.clear();
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }
}

/// Writes, and returns how much was. A sink that another process made non-blocking is waited for like any other.
fn write_patiently(sink: &mut dyn Write, bytes: &[u8]) -> usize {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match sink.write(rest) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(RETRY_AFTER),
            Err(_) => break,
        }
    }
    let _ = sink.flush();
    written
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outlet({} bytes at most)", self.0.waiting_max)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Long enough for a thread to be scheduled on the busiest machine.
    const LONG: Duration = Duration::from_secs(10);

    /// A reader that a test makes wait: each write is let through by one message, or by the end of the sender.
    pub(crate) struct Slow {
        may_write: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Slow {
        pub(crate) fn new() -> (Self, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>) {
            let ((go, may_write), (written, seen)) = (mpsc::channel(), mpsc::channel());
            (Self { may_write, written }, go, seen)
        }
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.may_write.recv();
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_reads_slowly_gets_whole_lines_in_order_and_makes_nobody_wait() {
        let (sink, go, seen) = Slow::new();
        let outlet = Outlet::start("test", Box::new(sink), 16).unwrap();
        let taken: Vec<u8> = (b'a'..=b'z').filter(|letter| outlet.take(&[*letter; 4])).collect();
        // At least what waits, and at most as much again that the thread is at.
        assert!((4..=8).contains(&taken.len()), "{taken:?}");
        assert!(!outlet.finish(Duration::from_millis(1)), "nothing was written yet");
        drop(go);
        assert!(outlet.finish(LONG));
        let written: Vec<u8> = seen.try_iter().flatten().collect();
        assert_eq!(written, taken.iter().flat_map(|letter| [*letter; 4]).collect::<Vec<u8>>());
        assert!(outlet.take(b"more"));
    }

    /// Takes five bytes, then is full for a moment; breaks for good at the given byte.
    struct Small {
        taken: Vec<u8>,
        is_full: bool,
        breaks_at: usize,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.is_full = !self.is_full;
            if self.is_full {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if self.taken.len() == self.breaks_at {
                self.breaks_at = usize::MAX;
                return Err(io::ErrorKind::StorageFull.into());
            }
            let count = bytes.len().min(5);
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            let _ = self.written.send(self.taken.clone());
            Ok(())
        }
    }

    #[test]
    fn a_sink_that_is_full_for_a_moment_loses_nothing_and_one_that_breaks_glues_no_lines_together() {
        for (breaks_at, expected, lost) in
            [(usize::MAX, &b"line one\nline two\nmore\n"[..], 0), (10, b"line one\nl\nmore\n", 1)]
        {
            let (written, seen) = mpsc::channel();
            let sink = Small { taken: Vec::new(), is_full: false, breaks_at, written };
            let outlet = Outlet::start("test", Box::new(sink), 64).unwrap();
            assert!(outlet.take(b"line one\nline two\n") && outlet.finish(LONG));
            assert!(outlet.take(b"more\n") && outlet.finish(LONG));
            assert_eq!(seen.try_iter().last().as_deref(), Some(expected), "{breaks_at}");
            assert_eq!(outlet.lost(), lost, "{breaks_at}");
        }
    }

    #[test]
    fn what_is_lost_is_told_once() {
        let outlet = Outlet::start("test", Box::new(io::sink()), 16).unwrap();
        assert_eq!(outlet.newly_lost(), None);
        outlet.lose(2);
        outlet.lose(1);
        assert_eq!((outlet.newly_lost(), outlet.newly_lost(), outlet.lost()), (Some(3), None, 3));
    }

    #[test]
    fn lines_that_cannot_be_written_count_as_lost() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let outlet = Outlet::start("test", Box::new(Broken), 64).unwrap();
        assert!(outlet.take(b"one\ntwo\n") && outlet.finish(LONG));
        assert_eq!(outlet.lost(), 2);
    }
}
