//! Settings as an operator meets them: precedence, mistakes, origins, and the pages written from the table of keys.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail")]

mod mistakes;
mod pages;
mod precedence;
mod roles;
mod trust;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::config::{Flags, Loaded, load};

/// A directory to start in, with a settings file if one is written; gone when dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("settings-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(text: &str) -> Self {
        let place = Self::new();
        place.write("countersign.toml", text);
        place
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        // Whatever the umask is: a settings file that others can write would be refused.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(&self, flags: &Flags, environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        load(flags, &environment, &self.0)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A directory left over harms nothing; it is below `target`.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a file and an environment amount to.
fn loaded(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    Place::with(text).load(&Flags::default(), environment)
}

/// The mistakes of a file and an environment; none if there are none.
fn mistakes(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    loaded(text, environment).err().unwrap_or_default()
}
