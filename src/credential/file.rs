//! A file of the operator's that holds a secret: read whole and anew each time, since others replace it.

use std::fs::{Metadata, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::error::FetchError;

/// "Others may read", in a file's mode.
const OTHERS_READ: u32 = 0o004;
/// "Others may write".
const OTHERS_WRITE: u32 = 0o002;

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The operating system says so.
    Unreadable(ErrorKind),
    /// It is a directory, a pipe or a device.
    NotAFile,
    /// It is longer than what it is for.
    TooLong,
}

/// What a file holds.
pub(super) struct Contents {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Everybody on the machine can read it, and no kubelet put it there.
    pub(super) is_open: bool,
    /// Everybody on the machine can write it.
    pub(super) is_writable: bool,
}

/// Reads at most `max` bytes. Blocks; a local file takes microseconds, a network file system may take for ever.
pub(super) fn read(path: &Path, max: u64) -> Result<Contents, Unread> {
    let unreadable = |error: std::io::Error| Unread::Unreadable(error.kind());
    // Opening a pipe would wait for whoever writes to it. What was opened is judged: it cannot be swapped between.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Unread::NotAFile);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(4_096));
    file.take(max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max {
        return Err(Unread::TooLong);
    }
    let is_open = metadata.mode() & OTHERS_READ != 0 && !is_kubelets(path);
    Ok(Contents { bytes, is_open, is_writable: metadata.mode() & OTHERS_WRITE != 0 })
}

/// The kubelet swaps the whole volume by the link `..data`, and gives files that the pod's users must read mode 0644.
fn is_kubelets(path: &Path) -> bool {
    path.parent().is_some_and(|directory| directory.join("..data").exists())
}

/// A mark that changes when the file does. `None` while it cannot be looked at.
pub(super) fn mark(path: &Path) -> Option<u64> {
    let metadata: Metadata = std::fs::metadata(path).ok()?;
    let mut hasher = DefaultHasher::new();
    (metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec())
        .hash(&mut hasher);
    Some(hasher.finish())
}

/// A file, looked at on a thread that may block: one on a network file system must not stop the requests of this one.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    /// Held while it is looked at: a file system that hangs holds one thread, and not one more each time.
    turn: Arc<Semaphore>,
}

impl File {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Looks at it.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Path) -> T + Send + 'static,
    ) -> Result<T, FetchError> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| FetchError::Broken)?;
        let path = self.path.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            look(&path)
        });
        looking.await.map_err(|_| FetchError::Broken)
    }

    /// A mark of it, for [`super::Source::mark`].
    pub(super) async fn mark(&self) -> Option<u64> {
        self.look(mark).await.ok().flatten()
    }
}

/// A mark of several together, those that are not there included.
pub(super) async fn mark_of_all(files: &[File]) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.mark().await.hash(&mut hasher);
    }
    (!files.is_empty()).then(|| hasher.finish())
}
