//! What is wrong with a key file.

use std::fmt;

/// Why a key file gives no key. Holds its path and nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFileError {
    /// It cannot be read, in the operating system's words.
    Unreadable(String, std::io::ErrorKind),
    /// It is a directory, a pipe or a device.
    NotAFile(String),
    /// It is longer than 16 KiB.
    TooLong(String),
    /// It is no JSON object of texts.
    NotJson(String),
    /// It lacks what is named.
    Lacks(String, &'static str),
    /// It holds a credential of STS, whose token these products have no place for.
    Temporary(String),
    /// The named part has characters, or a length, that none has.
    Malformed(String, &'static str),
}

impl KeyFileError {
    /// Whether it stays until somebody changes the file. One that cannot be read may still be about to be mounted.
    pub(super) const fn is_permanent(&self) -> bool {
        !matches!(self, Self::Unreadable(..))
    }

    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "key_file_unreadable",
            Self::NotAFile(_) => "key_file_not_a_file",
            Self::TooLong(_) => "key_file_too_long",
            Self::NotJson(_) => "key_file_not_json",
            Self::Lacks(..) => "key_file_incomplete",
            Self::Temporary(_) => "key_file_temporary",
            Self::Malformed(..) => "key_file_malformed",
        }
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, kind) => {
                write!(f, "the key file {path} cannot be read ({kind}); check the path and its permissions")
            }
            Self::NotAFile(path) => write!(f, "{path} is no file; name the key file itself"),
            Self::TooLong(path) => write!(f, "the key file {path} is longer than 16 KiB; check what it is"),
            Self::NotJson(path) => {
                write!(f, "the key file {path} is no JSON object of texts; check who writes it")
            }
            Self::Lacks(path, wanted) => write!(f, "the key file {path} lacks {wanted}; add what is missing"),
            Self::Temporary(path) => write!(
                f,
                "the key file {path} holds a credential of STS, and the product takes no security token; write a long-lived AccessKey"
            ),
            Self::Malformed(path, part) => write!(
                f,
                "the key file {path} is malformed: \"{part}\" has characters or a length that none has; write it anew"
            ),
        }
    }
}
