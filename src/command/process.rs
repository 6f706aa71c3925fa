//! What a serving process asks of the operating system.

use std::future::Future;
use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

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

/// The two signals that end a process in an orderly way: from a supervisor, and from a keyboard.
pub(super) struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    pub(super) fn watch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Runs `work` on this thread, and ends with it: a name look-up or a file that hangs on another thread is not waited for.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

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
