//! The unix socket that `countersign credential` asks: the kernel says as which user, and only those listed are answered.

use hyper::Method;
use hyper::http::request::Parts;

use super::denial::Denial;
use super::gate::judge_headers;
use super::uri::PATH;
use crate::names::RoleName;

/// Who may ask.
#[derive(Debug)]
pub struct Process {
    uids: Vec<u32>,
}

impl Process {
    /// These users; without any, the one that this process runs as.
    pub fn new(mut uids: Vec<u32>) -> Self {
        if uids.is_empty() {
            uids.push(rustix::process::geteuid().as_raw());
        }
        Self { uids }
    }

    /// `uid`: whom the kernel names as the other end. `None`: nobody.
    pub(super) fn judge(&self, asked: &Parts, role: &RoleName, uid: Option<u32>) -> Result<(), Denial> {
        if !uid.is_some_and(|uid| self.uids.contains(&uid)) {
            return Err(Denial::Forbidden("your user is not among the `uids` of this socket"));
        }
        judge_headers(&asked.headers)?;
        if asked.uri.path() != path(role) {
            return Err(Denial::NotFound);
        }
        if asked.method == Method::GET { Ok(()) } else { Err(Denial::Method("GET")) }
    }
}

/// Where a role's credential is asked for, so that nobody is handed another's.
pub(super) fn path(role: &RoleName) -> String {
    format!("{PATH}/{role}")
}
