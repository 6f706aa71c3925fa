//! Reads an OIDC token file: anew each time, because the kubelet replaces it.

use std::path::Path;

use super::claims::Claims;
use super::error::TokenFileError;
use super::file::{self, Contents, Unread};
use crate::secret::SecurityToken;

/// The longest token that STS takes, in characters; all are ASCII.
const TOKEN_MAX: usize = 20_000;
/// The most that is read, white space around the token included.
const FILE_BYTES_MAX: u64 = 64 * 1024;

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
    let Contents { bytes, is_open, .. } = file::read(path, FILE_BYTES_MAX).map_err(|why| match why {
        Unread::Unreadable(kind) => TokenFileError::Unreadable(name(), kind),
        Unread::NotAFile => TokenFileError::NotAFile(name()),
        Unread::TooLong => TokenFileError::TooLong(name()),
    })?;
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(TokenFileError::Empty(name()));
    }
    if text.len() > TOKEN_MAX {
        return Err(TokenFileError::TooLong(name()));
    }
    let token = token(text).ok_or_else(|| TokenFileError::NotAToken(name()))?;
    let expires_at = Claims::of(token.expose()).and_then(|claims| claims.exp);
    Ok(TokenFile { token, is_open, expires_at })
}

/// A whole token, wherever it stood.
pub(super) fn token(text: &[u8]) -> Option<SecurityToken> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= TOKEN_MAX)?;
    if is_token(text.as_bytes()) { SecurityToken::new(text.to_owned()).ok() } else { None }
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
