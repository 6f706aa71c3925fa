//! Sessions in files: one a role, 0600 in a directory of 0700, replaced in one step; and a lock beside each.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;
use zeroize::Zeroizing;

use crate::credential::{SESSION_BYTES_MAX, Session, Unkept};
use crate::names::RoleName;

/// What group and others may do, in a mode.
const OTHERS: u32 = 0o077;
/// What group and others may change.
const OTHERS_WRITE: u32 = 0o022;

/// The files of all roles.
#[derive(Clone, Debug)]
pub(super) struct Files {
    directory: PathBuf,
}

impl Files {
    pub(super) const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// A role's name is made of letters, digits, `-` and `_`: it cannot lead out of the directory.
    fn path(&self, role: &RoleName, kind: &str) -> PathBuf {
        self.directory.join(format!("{role}.{kind}"))
    }

    fn session_path(&self, role: &RoleName) -> PathBuf {
        self.path(role, "login.json")
    }

    pub(super) fn has(&self, role: &RoleName) -> bool {
        fs::symlink_metadata(self.session_path(role)).is_ok()
    }

    /// The session of a role. A file that others can read is not: whatever is in there may be known to them.
    pub(super) fn read(&self, role: &RoleName) -> Result<Option<Session>, Unkept> {
        let path = self.session_path(role);
        let unkept = |what: &str| Unkept(format!("{}: {what}", path.display()));
        let file = match open(&path, OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unkept(&format!("it cannot be read: {error}"))),
        };
        let metadata = file.metadata().map_err(|error| unkept(&error.to_string()))?;
        if !metadata.is_file() {
            return Err(unkept("it is no file; remove it"));
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err(unkept("it belongs to another user; remove it, and log in again"));
        }
        if metadata.mode() & OTHERS != 0 {
            return Err(unkept(
                "others can read it; log out, and log in again, since they may know what is in it",
            ));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(8 * 1024));
        let most = SESSION_BYTES_MAX as u64 + 1;
        file.take(most).read_to_end(&mut text).map_err(|error| unkept(&error.to_string()))?;
        Session::read(&text).map(Some).ok_or_else(|| unkept("it holds no login; log in again"))
    }

    /// Writes the file beside, and puts it in place in one step: nobody ever reads half of one, and none is lost.
    pub(super) fn write(&self, role: &RoleName, text: &[u8]) -> Result<(), Unkept> {
        self.prepare()?;
        let (path, beside) =
            (self.session_path(role), self.path(role, &format!("{}.new", std::process::id())));
        let written = || -> io::Result<()> {
            // Left behind by a process of the same number that ended in here.
            remove(&beside)?;
            let mut file = open(&beside, OpenOptions::new().write(true).create_new(true).mode(0o600))?;
            file.write_all(text)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(&self.directory)?.sync_all()
        };
        written().map_err(|error| {
            let _ = fs::remove_file(&beside);
            Unkept(format!("{}: the login cannot be kept there: {error}", path.display()))
        })
    }

    /// Whether there was one.
    pub(super) fn remove(&self, role: &RoleName) -> Result<bool, Unkept> {
        let path = self.session_path(role);
        remove(&path)
            .map_err(|error| Unkept(format!("{}: the login cannot be removed: {error}", path.display())))
    }

    /// Keeps other processes out until what this gives is dropped. `None`: one is in.
    pub(super) fn lock(&self, role: &RoleName) -> Result<Option<Box<dyn Send>>, Unkept> {
        let file = self.lock_file(role)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.unlocked(role, &error)),
        }
    }

    /// The same, and waits for whoever is in. Nobody is for longer than a call takes.
    pub(super) fn wait_and_lock(&self, role: &RoleName) -> Result<File, Unkept> {
        let file = self.lock_file(role)?;
        file.lock().map_err(|error| self.unlocked(role, &error))?;
        Ok(file)
    }

    /// Changes the mark of what no file of ours holds.
    pub(super) fn touch(&self, role: &RoleName) -> Result<(), Unkept> {
        let mut file = self.lock_file(role)?;
        // A byte more or less: the mark holds the length too, where the clock of the file system is coarse.
        let is_empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
        let touched = if is_empty { file.write_all(b"\n") } else { file.set_len(0) };
        touched.map_err(|error| self.unlocked(role, &error))
    }

    /// What changes with the session's file, and when somebody touched the lock.
    pub(super) fn marks(&self, role: &RoleName) -> u64 {
        let mut hasher = DefaultHasher::new();
        for path in [self.session_path(role), self.path(role, "lock")] {
            let seen = fs::metadata(path).ok();
            let seen = seen.map(|of| (of.dev(), of.ino(), of.size(), of.mtime(), of.mtime_nsec(), of.mode()));
            seen.hash(&mut hasher);
        }
        hasher.finish()
    }

    fn lock_file(&self, role: &RoleName) -> Result<File, Unkept> {
        self.prepare()?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        open(&self.path(role, "lock"), &mut options).map_err(|error| self.unlocked(role, &error))
    }

    fn unlocked(&self, role: &RoleName, error: &io::Error) -> Unkept {
        Unkept(format!("{}: it cannot be locked: {error}", self.path(role, "lock").display()))
    }

    /// Makes the directory, and refuses one in which others could put what they like.
    pub(super) fn prepare(&self) -> Result<(), Unkept> {
        let unkept = |what: String| Unkept(format!("{}: {what}", self.directory.display()));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)
            .map_err(|error| unkept(format!("it cannot be made: {error}; set `directory` under [login]")))?;
        let metadata = fs::metadata(&self.directory).map_err(|error| unkept(error.to_string()))?;
        if metadata.uid() != geteuid().as_raw() {
            return Err(unkept("it belongs to another user; set `directory` under [login]".to_owned()));
        }
        if metadata.mode() & OTHERS_WRITE != 0 {
            return Err(unkept("others can write there; take the right away: chmod 0700".to_owned()));
        }
        Ok(())
    }
}

/// Follows no link, and does not wait for whoever writes to a pipe.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default()).open(path)
}

fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
