//! The file of an OIDC token.

use std::sync::atomic::{AtomicU64, Ordering};

/// A token file, removed with the value.
#[derive(Debug)]
pub(super) struct TokenFile(pub(super) std::path::PathBuf);

impl TokenFile {
    pub(super) const TOKEN: &'static str = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjIwODI3NjIwMDB9.canary-jwt";

    pub(super) fn new(text: &str) -> Self {
        static FILES: AtomicU64 = AtomicU64::new(1);
        let name = format!("countersign-{}-{}", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap();
        let file = Self(directory);
        file.write(text);
        file
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.0.join("token")
    }

    pub(super) fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
