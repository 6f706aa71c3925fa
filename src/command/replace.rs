//! Writes a file as a whole, for those who read it meanwhile.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Replaces `path`, with these rights: a reader sees the old text or the new one. What lies in the way is neither written
/// to nor followed.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let next = Path::new(&name);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let written = || {
        match fs::remove_file(next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(next)?;
        file.write_all(text.as_bytes())?;
        fs::rename(next, path)
    };
    written().map_err(named)
}
