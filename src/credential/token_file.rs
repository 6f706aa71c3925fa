//! Reads an OIDC token file: anew each time, because the kubelet replaces it.

use std::fs::{Metadata, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use serde::Deserialize;

use super::error::TokenFileError;
use crate::secret::SecurityToken;

/// The longest token that STS takes, in characters; all are ASCII.
const TOKEN_MAX: usize = 20_000;
/// The most that is read, white space around the token included.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// "Others may read", in a file's mode.
const OTHERS_READ: u32 = 0o004;

/// A token, and what there is to say about its file.
#[derive(Debug)]
pub(super) struct TokenFile {
    /// Without the line end that editors and `echo` leave behind.
    pub(super) token: SecurityToken,
    /// Everybody on the machine can read it, and no kubelet put it there.
    pub(super) is_open: bool,
    /// When it ends by its own word, in whole seconds since 1970. Not verified: STS does that.
    pub(super) expires_at: Option<i64>,
}

/// Reads the file. Blocks; a local file takes microseconds, a network file system may take for ever.
pub(super) fn read(path: &Path) -> Result<TokenFile, TokenFileError> {
    let name = || path.display().to_string();
    let unreadable = |error: std::io::Error| TokenFileError::Unreadable(name(), error.kind());
    // Opening a pipe would wait for whoever writes to it. What was opened is judged: it cannot be swapped between.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(TokenFileError::NotAFile(name()));
    }
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(4_096));
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(TokenFileError::Empty(name()));
    }
    if text.len() > TOKEN_MAX || bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(TokenFileError::TooLong(name()));
    }
    if !is_token(text) {
        return Err(TokenFileError::NotAToken(name()));
    }
    let text = std::str::from_utf8(text).map_err(|_| TokenFileError::NotAToken(name()))?;
    let token = SecurityToken::new(text.to_owned()).map_err(|_| TokenFileError::NotAToken(name()))?;
    let is_open = metadata.mode() & OTHERS_READ != 0 && !is_kubelets(path);
    Ok(TokenFile { token, is_open, expires_at: expires_at(text) })
}

/// A mark that changes when the file does. `None` while it cannot be looked at.
pub(super) fn mark(path: &Path) -> Option<u64> {
    let metadata: Metadata = std::fs::metadata(path).ok()?;
    let mut hasher = DefaultHasher::new();
    (metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec())
        .hash(&mut hasher);
    Some(hasher.finish())
}

/// Three parts of base64url joined with dots. A half-written token fails here and costs no call.
fn is_token(text: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        !part.is_empty()
            && part.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    text.split(|&byte| byte == b'.').filter(|part| is_part(part)).count() == 3
        && text.iter().filter(|&&byte| byte == b'.').count() == 2
}

/// The kubelet swaps the whole volume by the link `..data`, and gives files that the pod's users must read mode 0644.
fn is_kubelets(path: &Path) -> bool {
    path.parent().is_some_and(|directory| directory.join("..data").exists())
}

/// The claim `exp` of the token's second part.
fn expires_at(token: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let claims = base64url(token.split('.').nth(1)?)?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.exp)
}

/// Decodes base64url, padded or not.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len()), 0_u32, 0_u32);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    Some(bytes)
}
