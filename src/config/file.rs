//! The settings file: which one it is, and whether it may be believed.

use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags, access};

/// A settings file has a hundred lines; what is far longer is something else, and is not parsed.
pub(super) const BYTES_MAX: u64 = 1 << 20;

/// Where a file is looked for when the command line names none, nearest first.
pub(super) const SEARCHED: [&str; 2] = ["countersign.toml", "/etc/countersign/countersign.toml"];

/// A settings file, read.
#[derive(Debug)]
pub(super) struct Source {
    /// As messages spell it.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A file that cannot be used: its name, and what to do.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) name: String,
    pub(super) text: String,
}

/// Reads the file that the command line names, or else the first that exists. `Ok(None)`: there is none.
pub(super) fn find(named: Option<&Path>, working_directory: &Path) -> Result<Option<Source>, Unusable> {
    let searched: Vec<&Path> = match named {
        Some(path) => vec![path],
        None => SEARCHED.iter().map(Path::new).collect(),
    };
    for path in searched {
        let (name, path) = (path.display().to_string(), working_directory.join(path));
        match read(&path, BYTES_MAX) {
            Ok(text) => return Ok(Some(Source { name, path, text })),
            // Not a link that leads nowhere: whoever put it there believes it to be in force.
            Err(Unread::Missing) if named.is_none() => {}
            Err(unread) => return Err(Unusable { name, text: unread.to_string() }),
        }
    }
    Ok(None)
}

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// **Action:** correct the path, or make the file.
    Missing,
    /// **Action:** correct the link, or make the file that it leads to.
    Dangling,
    /// **Action:** let this process read it.
    Failed(std::io::ErrorKind),
    /// A pipe or a device may hang, or never end. **Action:** name a file.
    NotAFile(u64),
    /// **Action:** `chmod go-w`: whoever can write it decides where signed requests go.
    Writable,
    /// **Action:** name the right file.
    TooLong(u64),
    /// **Action:** save it as UTF-8.
    NotText,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Dangling => {
                f.write_str("it is a link to a file that is not there; correct it or take it away")
            }
            Self::Failed(kind) => write!(f, "the file cannot be read: {kind}"),
            Self::NotAFile(most) => write!(
                f,
                "it is a directory, a pipe or a device; name a regular file of at most {most} bytes"
            ),
            Self::Writable => {
                f.write_str("the file can be written by its group or by everybody; `chmod go-w` it")
            }
            Self::TooLong(most) => write!(f, "the file is longer than {most} bytes"),
            Self::NotText => f.write_str("the file is not UTF-8 text"),
        }
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            kind => Self::Failed(kind),
        }
    }
}

/// Reads a file that the process is to trust.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<String, Unread> {
    String::from_utf8(read_bytes(path, bytes_max)?).map_err(|_| Unread::NotText)
}

/// The same for bytes. The same open file is judged and read: it cannot be swapped between.
pub(super) fn read_bytes(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Unread> {
    /// Writing by the group, and by everybody.
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let mut options = std::fs::OpenOptions::new();
    // Opening a pipe would wait for whoever writes to it.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = options.read(true).custom_flags(nonblocking).open(path).map_err(|error| {
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        match Unread::from(error) {
            Unread::Missing if is_link => Unread::Dangling,
            unread => unread,
        }
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(Unread::NotAFile(bytes_max));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(Unread::Writable);
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bytes_max) {
        return Err(Unread::TooLong(bytes_max));
    }
    Ok(bytes)
}

/// Whether this process can append to a file, or make it. Does neither. `Err`: the file, why not, and what to do.
pub fn check_appendable(path: &Path) -> Result<(), String> {
    let name = path.display();
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(format!("{name} is a directory; name a file")),
        Ok(_) => access(path, Access::WRITE_OK).map_err(|error| {
            let kind = std::io::Error::from(error).kind();
            format!("{name} cannot be written ({kind}); let this process write it, or name another file")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(path);
            check_directory(directory).map_err(|text| format!("{name} cannot be made: {text}"))
        }
        Err(error) => Err(format!("{name} cannot be looked at ({}); correct the path", error.kind())),
    }
}

/// Whether this process can make a file in a directory. `Err`: why not, and what to do.
pub fn check_directory(directory: &Path) -> Result<(), String> {
    let name = directory.display();
    match std::fs::metadata(directory) {
        Ok(found) if !found.is_dir() => Err(format!("{name} is no directory; name another")),
        Ok(_) => access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
            let kind = std::io::Error::from(error).kind();
            format!(
                "the directory {name} cannot be written ({kind}); let this process write it, or name another"
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("there is no directory {name}; make it, or name another"))
        }
        Err(error) => Err(format!("the directory {name} cannot be looked at ({})", error.kind())),
    }
}
