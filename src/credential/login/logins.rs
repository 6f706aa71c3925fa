//! Where sessions are kept, as this room asks for it. `login` implements it: with files, and with the system's keyring.

use std::fmt;

use super::session::Session;
use crate::names::RoleName;

/// Keeps one session a role, for several processes at once. Every function may block.
pub trait Logins: Send + Sync + fmt::Debug {
    /// What the last login of `role` left. `None`: nobody has logged in, or somebody has logged out.
    fn load(&self, role: &RoleName) -> Result<Option<Session>, Unkept>;

    /// Takes the place of what [`Logins::load`] gave, where that was. Once this returns it outlives the machine.
    fn save(&self, role: &RoleName, session: &Session) -> Result<(), Unkept>;

    /// Keeps every other process from renewing the session of `role`, until what this gives is dropped. `None`: another
    /// has it now.
    fn lock(&self, role: &RoleName) -> Result<Option<Box<dyn Send>>, Unkept>;

    /// A mark that changes when somebody logs in or out.
    fn mark(&self, role: &RoleName) -> Option<u64>;
}

/// Why a session cannot be read or kept, and what to do. Holds nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unkept(pub String);

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unkept {}

/// Keeps nothing: for whoever has no roles that a human logs in for.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLogins;

impl Logins for NoLogins {
    fn load(&self, _: &RoleName) -> Result<Option<Session>, Unkept> {
        Ok(None)
    }

    fn save(&self, _: &RoleName, _: &Session) -> Result<(), Unkept> {
        Err(Unkept("there is no place to keep a login in".to_owned()))
    }

    fn lock(&self, _: &RoleName) -> Result<Option<Box<dyn Send>>, Unkept> {
        Ok(Some(Box::new(())))
    }

    fn mark(&self, _: &RoleName) -> Option<u64> {
        None
    }
}
