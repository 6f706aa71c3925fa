//! Where sessions are kept: in the operating system's keyring, or in a file where somebody asked for one.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use super::file::Files;
use super::keyring;
use crate::credential::{Logins, Session, Unkept};
use crate::names::RoleName;

/// What keeps a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// The operating system's keyring.
    Keyring,
    /// A file that nobody else can read.
    File,
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "the keyring",
            Self::File => "a file",
        })
    }
}

/// The sessions of all roles. A file is looked for first: there is one only where somebody asked for it.
#[derive(Clone, Debug)]
pub struct Sessions {
    files: Option<Files>,
}

impl Sessions {
    /// `directory`: where files and locks are. `None`: the machine has no place for them.
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self { files: directory.map(Files::new) }
    }

    fn files(&self) -> Result<&Files, Unkept> {
        self.files.as_ref().ok_or_else(|| {
            Unkept("there is no home directory to keep logins in; set `directory` under [login]".to_owned())
        })
    }

    /// Whether the session of a role is in a file.
    pub fn is_in_file(&self, role: &RoleName) -> bool {
        self.files.as_ref().is_some_and(|files| files.has(role))
    }

    /// Whether a session could be kept, before there is one.
    ///
    /// # Errors
    /// It could not.
    pub fn check(&self, keeper: Keeper) -> Result<(), Unkept> {
        self.files()?.prepare()?;
        if keeper == Keeper::Keyring { keyring::check() } else { Ok(()) }
    }

    /// Keeps a session where it was asked to be, and nowhere else.
    ///
    /// # Errors
    /// It cannot be kept there.
    pub fn keep(&self, role: &RoleName, session: &Session, keeper: Keeper) -> Result<(), Unkept> {
        // Whoever renews the session before this one would put it back.
        let _lock = self.files()?.wait_and_lock(role)?;
        match keeper {
            Keeper::File => self.files()?.write(role, &session.write())?,
            Keeper::Keyring => {
                keyring::write(role, &session.write())?;
                self.files()?.remove(role)?;
            }
        }
        if keeper == Keeper::File {
            // What is in a keyring that cannot be reached is not used: files come first.
            let _ = keyring::remove(role);
        }
        self.files()?.touch(role)
    }

    /// Forgets a session wherever it is kept. Whether there was one.
    ///
    /// # Errors
    /// It may still be there.
    pub fn forget(&self, role: &RoleName) -> Result<bool, Unkept> {
        let Some(files) = &self.files else { return keyring::remove(role) };
        let _lock = files.wait_and_lock(role)?;
        let had_file = files.remove(role)?;
        let had_entry = keyring::remove(role);
        // Somebody who asked for a file may have no keyring at all.
        let had_entry = if had_file { had_entry.unwrap_or(false) } else { had_entry? };
        if had_file || had_entry {
            files.touch(role)?;
        }
        Ok(had_file || had_entry)
    }
}

impl Logins for Sessions {
    fn load(&self, role: &RoleName) -> Result<Option<Session>, Unkept> {
        if let Some(files) = &self.files
            && let Some(session) = files.read(role)?
        {
            return Ok(Some(session));
        }
        let Some(text) = keyring::read(role)? else { return Ok(None) };
        let unread = || {
            let again = format!("countersign login --role {role}");
            Unkept(format!("what the keyring has for role `{role}` is no login; run `{again}`"))
        };
        Session::read(&text).map(Some).ok_or_else(unread)
    }

    fn save(&self, role: &RoleName, session: &Session) -> Result<(), Unkept> {
        if self.is_in_file(role) {
            self.files()?.write(role, &session.write())
        } else {
            keyring::write(role, &session.write())
        }
    }

    fn lock(&self, role: &RoleName) -> Result<Option<Box<dyn Send>>, Unkept> {
        self.files()?.lock(role)
    }

    fn mark(&self, role: &RoleName) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        self.files.as_ref().map(|files| files.marks(role)).hash(&mut hasher);
        Some(hasher.finish())
    }
}

/// Where logins are kept when no setting says so: the XDG Base Directory Specification's place for state.
pub fn directory(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = environment.get(name).map(PathBuf::from);
        // The specification: a relative path is to be ignored.
        path.filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("countersign"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_kept_with_the_users_other_state() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            directory(&pairs.collect()).map(|path| path.display().to_string())
        };
        let home = ("HOME", "/home/alice");
        assert_eq!(of(&[home]).as_deref(), Some("/home/alice/.local/state/countersign"));
        assert_eq!(of(&[home, ("XDG_STATE_HOME", "/state")]).as_deref(), Some("/state/countersign"));
        assert_eq!(
            of(&[home, ("XDG_STATE_HOME", "state")]).as_deref(),
            Some("/home/alice/.local/state/countersign")
        );
        assert_eq!(of(&[("HOME", "")]), None);
    }
}
