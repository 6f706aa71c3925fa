//! A directory of a test's own, gone with it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::witness;

/// A directory below `target`, for settings, tokens and logs.
pub(crate) struct Place {
    path: PathBuf,
    /// The files that the test itself wrote: tokens are among them.
    written: Mutex<Vec<PathBuf>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        witness::listen();
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("place-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        // Whatever the umask is: no socket is bound in a directory that others can write to.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        Self { path, written: Mutex::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that nobody else can write: settings that others can write are refused.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        self.written.lock().unwrap().push(path.clone());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Every line of `access.log`: so many, or more. A thread writes them, which on a busy machine may not have its turn before
    /// the proxy has ended.
    pub(crate) async fn access_lines(&self, at_least: usize) -> Vec<serde_json::Value> {
        let text = super::soon("the access lines", async {
            loop {
                let text = self.read("access.log");
                if text.lines().count() >= at_least && text.ends_with('\n') {
                    return text;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await;
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path.join(name)).unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_file())
                && !self.written.lock().unwrap().contains(&path)
            {
                witness::heard(&path.display().to_string(), &std::fs::read(&path).unwrap_or_default());
            }
        }
        // A directory left over harms nothing.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
