//! What is wrong with the file that Vault's token is in.

use std::fmt;
use std::io::ErrorKind;

/// Why there is no token in the file. Holds its path and nothing of what is in it. All of it may pass: whoever renews the token
/// may be about to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultTokenError {
    /// It cannot be read, in the operating system's words.
    Unreadable(String, ErrorKind),
    /// It is a directory, a pipe or a device.
    NotAFile(String),
    /// It is empty, or holds what no token is made of, or more of it than a token has.
    NotAToken(String),
}

impl VaultTokenError {
    pub(in crate::credential) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "vault_token_unreadable",
            Self::NotAFile(_) => "vault_token_not_a_file",
            Self::NotAToken(_) => "vault_token_not_a_token",
        }
    }
}

impl fmt::Display for VaultTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, kind) => write!(f, "{path} with Vault's token cannot be read ({kind})")?,
            Self::NotAFile(path) => write!(f, "{path} is no file with a token of Vault's")?,
            Self::NotAToken(path) => write!(f, "{path} holds no token of Vault's")?,
        }
        f.write_str("; have Vault's agent write one there, or write that of `vault login`")
    }
}
