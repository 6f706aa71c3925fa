//! Names and paths in Vault. They become part of a target, so nothing in them may mean anything there.

use std::fmt;

/// The name of a role in Vault.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultName(Box<str>);

impl VaultName {
    /// Takes 1 to 128 letters, digits, `-`, `_` and `.`, not all of them dots.
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text).then(|| Self(text.into()))
    }

    /// As it was written.
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where something is mounted in Vault, or a namespace: names with `/` between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultPath(Box<str>);

impl VaultPath {
    /// Takes up to 512 characters of names as [`VaultName`] has them, without a `/` at either end.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= 512 && text.split('/').all(is_name)).then(|| Self(text.into()))
    }

    /// As it was written.
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VaultPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && text.bytes().any(|byte| byte != b'.')
}
