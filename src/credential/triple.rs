//! A credential in plain text, for programs that must hold one themselves: of a vended role's alone, and opened by `vend`
//! alone (`tests/tidy.rs`).

use std::fmt;

use crate::names::AccessKeyId;
use crate::secret::{Secret, SecurityToken};

/// Id, secret and token of one and the same credential, borrowed from it.
#[derive(Clone, Copy)]
pub struct Triple<'a> {
    /// The AccessKey's id.
    pub access_key_id: &'a AccessKeyId,
    /// The AccessKey's secret.
    pub access_key_secret: &'a Secret,
    /// The STS token. `None`: the key is long-lived.
    pub security_token: Option<&'a SecurityToken>,
}

impl fmt::Debug for Triple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Triple({})", self.access_key_id)
    }
}
