//! The file with a credentials URI: made once, for its owner alone, and kept, so that programs that were told the URI
//! outlive a restart.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::uri;
use crate::clock::Clock;

/// A URI of ours has less than a tenth of it.
const BYTES_MAX: u64 = 1_024;
/// A secret that somebody else made up: as long as ours at least.
const SECRET_LENGTHS: std::ops::RangeInclusive<usize> = 22..=128;

/// Why there is no secret. Never repeats what is in the file.
#[derive(Debug)]
pub struct PathFileError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// **Action:** let this process read and write there, or name another file.
    Failed(io::Error),
    /// **Action:** `chmod go=` the file: whoever can read it is handed the credential.
    Open,
    /// **Action:** name a file of this process's own.
    Foreign,
    /// **Action:** delete it, for another to be made; or name the right one.
    NotOurs,
}

impl fmt::Display for PathFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.why {
            Why::Failed(error) => {
                write!(f, "{error}; let this process read and write there, or name another file")
            }
            Why::Open => f.write_str("others can read it, and with it the credential; `chmod go=` it"),
            Why::Foreign => f.write_str("it belongs to another user, who could change it; name another file"),
            Why::NotOurs => f.write_str("it holds no credentials URI; delete it, or name another file"),
        }
    }
}

impl std::error::Error for PathFileError {}

/// The secret of a file, which is made if it is not there. A URI of another address is written anew with the same secret;
/// a secret that stands alone was put there by somebody, and stays as it is.
pub(super) fn open(
    path: &Path,
    address: SocketAddr,
    clock: &dyn Clock,
) -> Result<Zeroizing<String>, PathFileError> {
    let failed = |why| PathFileError { path: path.to_owned(), why };
    let found = match read(path) {
        Ok(text) => Some(text),
        Err(Why::Failed(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(why) => return Err(failed(why)),
    };
    let secret = match &found {
        Some(text) => Zeroizing::new(secret_of(text).ok_or_else(|| failed(Why::NotOurs))?.to_owned()),
        None => made(clock).map_err(|error| failed(Why::Failed(error)))?,
    };
    let whole = Zeroizing::new(format!("http://{address}{}/{}\n", uri::PATH, *secret));
    if found.is_none_or(|text| text.contains("://") && *text != *whole) {
        write(path, &whole).map_err(|error| failed(Why::Failed(error)))?;
    }
    Ok(secret)
}

/// 128 bits that nobody can guess.
fn made(clock: &dyn Clock) -> io::Result<Zeroizing<String>> {
    let random = Zeroizing::new(clock.secret()?);
    let half = random.get(..16).unwrap_or_default();
    Ok(Zeroizing::new(data_encoding::HEXLOWER.encode(half)))
}

/// The last part of the URI in there, or what stands there alone.
fn secret_of(text: &str) -> Option<&str> {
    let secret = text.trim_end().rsplit('/').next()?;
    let is_plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (SECRET_LENGTHS.contains(&secret.len()) && is_plain).then_some(secret)
}

fn read(path: &Path) -> Result<Zeroizing<String>, Why> {
    // A pipe would be waited for.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(Why::Failed)?;
    let found = file.metadata().map_err(Why::Failed)?;
    if !found.is_file() || found.len() > BYTES_MAX {
        return Err(Why::NotOurs);
    }
    if found.uid() != rustix::process::geteuid().as_raw() && found.uid() != 0 {
        return Err(Why::Foreign);
    }
    // Of a group it may be read where somebody else made it so: a mounted Secret has a group.
    if found.mode() & 0o027 != 0 {
        return Err(Why::Open);
    }
    let mut text = Zeroizing::new(String::new());
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(|_| Why::NotOurs)?;
    Ok(text)
}

/// A reader sees a whole file, or none.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let next = Path::new(&name);
    match fs::remove_file(next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(next)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(next, path)
}
