//! What a serving process asks of the operating system.

use std::future::Future;
use std::io;
use std::time::Duration;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::Exit;
use super::offline::Failed;

/// As many open files as the system allows, and no way for a secret to reach a core file or another process of the
/// same user. What is refused is reported: the proxy works without, less well or less safely.
pub(super) fn harden() {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: files.maximum, maximum: files.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "core files could not be switched off");
    }
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "this process's memory could not be closed to other processes");
    }
}

/// Signals closer together than this are one: `timeout` sends its own to the process and to its group.
const APART: Duration = Duration::from_millis(200);

/// The signals that end a process in an orderly way: from a supervisor, from a keyboard, and from a terminal that goes.
pub(super) struct Ending {
    terminate: Signal,
    interrupt: Signal,
    /// `None` where whoever started the process said to ignore it, as `nohup` does.
    hangup: Option<Signal>,
}

impl Ending {
    pub(super) fn watch() -> io::Result<Self> {
        let hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hangup })
    }

    /// Waits for the next of them, and says which.
    pub(super) async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            Some(_) = async { self.hangup.as_mut()?.recv().await } => SignalKind::hangup(),
        }
    }

    /// Waits for a second one, of somebody who does not want to wait any longer.
    pub(super) async fn second(&mut self) {
        apart(async || {
            self.next().await;
        })
        .await;
    }
}

/// Waits for a signal that is not a part of the first, which has just come.
async fn apart(mut next: impl AsyncFnMut()) {
    let first = Instant::now();
    loop {
        next().await;
        if first.elapsed() >= APART {
            return;
        }
    }
}

/// Whether hang-ups were already ignored when the process started.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is the first signal, SIGHUP.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Runs `work` on this thread, and ends with it: a name look-up or a file that hangs on another thread is not waited for.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(outcome)
}

/// The same for a command that fetches: a signal ends it with the programs that it has started, which are in groups of their
/// own and hear nothing of a terminal's. `work` must not hold this thread: nobody would hear the signal.
pub(super) fn block_on_fetch<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let work = async {
        let mut ending = Ending::watch().map_err(failed)?;
        tokio::select! {
            outcome = work => outcome,
            signal = ending.next() => Err(signalled(signal)),
        }
    };
    block_on(work).map_err(failed)?
}

fn failed(error: io::Error) -> Failed {
    (Exit::Failed, error.to_string())
}

fn signalled(signal: SignalKind) -> Failed {
    let number = signal.as_raw_value();
    (Exit::Signalled(u8::try_from(number).unwrap_or(u8::MAX)), "ended by a signal".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn signals_at_once_are_one_and_a_later_one_is_a_second() {
        let begun = Instant::now();
        apart(async || tokio::time::sleep(Duration::from_millis(90)).await).await;
        assert_eq!(begun.elapsed(), Duration::from_millis(270), "those after 90 and 180 ms do not count");
        let begun = Instant::now();
        apart(async || tokio::time::sleep(Duration::from_millis(200)).await).await;
        assert_eq!(begun.elapsed(), Duration::from_millis(200));
    }

    #[test]
    fn what_hangs_on_another_thread_is_not_waited_for() {
        let (release, hangs) = mpsc::channel::<()>();
        let hanging = async {
            tokio::task::spawn_blocking(move || hangs.recv());
            "done"
        };
        assert_eq!(block_on(hanging).unwrap(), "done");
        // Only now does it end: had it been waited for, this line would never be reached.
        drop(release);
    }
}
